//! `science bandit`: policies against known truths, and who is the best of counts that are given.

use std::path::PathBuf;
use std::time::Instant;

use ::bandit::belief::{Belief, Values};
use ::bandit::best::{exact, shares};
use ::bandit::posterior::Counts;
use ::bandit::simulate::{Delay, Pending, Policy, Run, Scenario, Segment, Visitors, run as play};
use anyhow::{Context, Result, ensure};
use clap::{Args as ClapArgs, ValueEnum};
use rand::SeedableRng as _;
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::input;

const EXAMPLE: &str = r#"Examples:
  science bandit --arms 0.02,0.025,0.03 --horizon 100000 --seeds 2000 --policy thompson
  science bandit --arms 0.02,0.025,0.03 --horizon 20000 --seeds 2000 --policy survival --delay 2000
  science bandit --arms 0.02,0.05 --horizon 40000 --seeds 500 --policy discounted --drift-at 20000
  science bandit --segment 0.6=0.06,0.03 --segment 0.4=0.03,0.06 --irrelevant 3 --seeds 200 --policy linear
  science bandit --input arms.json

where arms.json holds [visitors, conversions] of each arm: P(best) by quadrature, expected loss, floored shares
  [{"name": "two", "arms": [[10000, 200], [10000, 230]]}]"#;

/// Bandits: regret of a policy over many seeds, or who is the best
#[derive(ClapArgs, Debug)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Args {
    /// True rates of the arms
    #[arg(long, value_delimiter = ',', required_unless_present_any = ["input", "segment"], conflicts_with = "input")]
    arms: Vec<f64>,
    /// Instead of --arms: a kind of visitors, its share of them and the true rates of the arms among them,
    /// `0.6=0.06,0.03`; once for each kind
    #[arg(long, value_parser = segment, conflicts_with_all = ["arms", "input"])]
    segment: Vec<Segment>,
    /// Features of two levels that are known of a visitor and tell nothing
    #[arg(long, default_value_t = 0)]
    irrelevant: usize,
    /// Pulls of a run
    #[arg(long, default_value_t = 100_000)]
    horizon: u64,
    /// Runs, each of a seed of its own
    #[arg(long, default_value_t = 2_000)]
    seeds: u64,
    /// The first seed
    #[arg(long, default_value_t = 1)]
    first_seed: u64,
    /// How arms are chosen
    #[arg(long, value_enum, default_value_t = Chosen::Thompson)]
    policy: Chosen,
    /// Pulls until a conversion is known
    #[arg(long, default_value_t = 0)]
    delay: u64,
    /// Whether every conversion takes --delay pulls, or that many on average
    #[arg(long, value_enum, default_value_t = Shape::Fixed)]
    delay_shape: Shape,
    /// Longest delay reckoned with by survival; twice --delay (ten times, if exponential) unless given
    #[arg(long)]
    window: Option<f64>,
    /// Least share of each arm; 0.01 for the policy `floor`
    #[arg(long)]
    floor: Option<f64>,
    /// Pulls between renewals of the posterior; 1000 for the policy `batch`, 20 for `linear`
    #[arg(long)]
    batch: Option<u64>,
    /// What the past is worth after each pull; 0.9995 for the policy `discounted`
    #[arg(long)]
    discount: Option<f64>,
    /// Share of random pulls, for epsilon
    #[arg(long, default_value_t = 0.1)]
    epsilon: f64,
    /// From this pull on the rates stand in reverse order
    #[arg(long)]
    drift_at: Option<u64>,
    /// Pulls at which regret is told; 100, 1000, 5000, 10000, 20000, 50000, 100000 and the last unless given
    #[arg(long, value_delimiter = ',')]
    at: Vec<u64>,
    /// A JSON file of arms as they stand, instead of a simulation; `-` is standard input
    #[arg(long)]
    input: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Chosen {
    /// Thompson sampling; under --delay with the survival correction
    Thompson,
    /// Thompson sampling, pending pulls counted as far as they are known to have failed
    Survival,
    /// Thompson sampling, pending pulls counted as failures
    PendingAsFailure,
    /// Thompson sampling with a least share of each arm
    Floor,
    /// Thompson sampling, the posterior renewed in batches
    Batch,
    /// Thompson sampling that forgets
    Discounted,
    /// Linear Thompson sampling, by what is known of the visitor
    Linear,
    /// Upper confidence bounds
    Ucb1,
    /// The best mean, but for some random pulls
    Epsilon,
    /// All at random
    Uniform,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Shape {
    /// Every conversion takes as long
    Fixed,
    /// Exponential
    Exponential,
}

/// Runs what is asked.
///
/// # Errors
/// A number is out of bounds, or the input cannot be read.
pub(crate) fn run(args: &Args) -> Result<Value> {
    if let Some(path) = &args.input {
        return standings(path, args.floor.unwrap_or(0.01));
    }
    let (scenario, policy) = (scenario(args)?, policy(args)?);
    let mut checkpoints =
        if args.at.is_empty() { vec![100, 1_000, 5_000, 10_000, 20_000, 50_000, 100_000] } else { args.at.clone() };
    checkpoints.push(args.horizon);
    checkpoints.retain(|at| (1..=args.horizon).contains(at));
    checkpoints.sort_unstable();
    checkpoints.dedup();
    let start = Instant::now();
    let runs: Vec<Run> = (0..args.seeds)
        .map(|seed| {
            let mut random = Xoshiro256PlusPlus::seed_from_u64(args.first_seed.wrapping_add(seed));
            play(&scenario, policy, &checkpoints, &mut random)
        })
        .collect();
    let seconds = start.elapsed().as_secs_f64();
    let at = |place: usize| -> Vec<f64> {
        let mut values: Vec<f64> = runs.iter().filter_map(|run| run.regret.get(place).copied()).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let columns: Vec<Vec<f64>> = (0..checkpoints.len()).map(at).collect();
    let each = |of: &dyn Fn(&[f64]) -> f64| columns.iter().map(|values| of(values)).collect::<Vec<f64>>();
    let share = |of: fn(&Run) -> f64| mean(&runs.iter().map(of).collect::<Vec<_>>());
    Ok(json!({
        "policy": args.policy.to_possible_value().map(|value| value.get_name().to_owned()),
        "settings": format!("{policy:?}"),
        "arms": args.arms,
        "segments": args.segment.iter().map(|one| json!({ "share": one.share, "rates": one.rates })).collect::<Vec<_>>(),
        "irrelevant": args.irrelevant, "T": args.horizon, "runs": args.seeds,
        "delay": args.delay, "drift_at": args.drift_at,
        "t": checkpoints,
        "mean_regret": each(&mean),
        "se": each(&|values| (variance(values) / values.len() as f64).sqrt()),
        "p10": each(&|values| quantile(values, 0.1)),
        "p90": each(&|values| quantile(values, 0.9)),
        "share_of_best_arm": share(|run| run.best_share),
        "share_of_best_arm_last_tenth": share(|run| run.best_share_last),
        "seconds": seconds,
    }))
}

fn scenario(args: &Args) -> Result<Scenario> {
    // What is not said of a segment is said of all.
    let rates = args.segment.first().map_or(&args.arms, |segment| &segment.rates);
    ensure!(rates.len() >= 2, "--arms and --segment take two rates or more");
    ensure!(args.segment.iter().all(|one| one.rates.len() == rates.len()), "--segment: as many rates in each");
    ensure!(args.segment.iter().all(|one| one.share > 0.0 && one.share.is_finite()), "--segment: shares are above 0");
    if let Some(rate) =
        args.segment.iter().flat_map(|one| &one.rates).chain(rates).find(|rate| !(0.0..=1.0).contains(*rate))
    {
        anyhow::bail!("--arms, --segment: {rate} is not a rate between 0 and 1");
    }
    ensure!(args.horizon > 0 && args.seeds > 0, "--horizon and --seeds are 1 or more");
    let delay = match (args.delay, args.delay_shape) {
        (0, _) => Delay::None,
        (late, Shape::Fixed) => Delay::Fixed(late),
        (late, Shape::Exponential) => Delay::Exponential(late as f64),
    };
    let visitors = Visitors { segments: args.segment.clone(), irrelevant: args.irrelevant };
    Ok(Scenario { rates: rates.clone(), horizon: args.horizon, delay, drift_at: args.drift_at, visitors })
}

/// Reads `share=rate,rate,…`.
fn segment(text: &str) -> Result<Segment, String> {
    let (share, rates) = text.split_once('=').ok_or("must be share=rate,rate,…")?;
    let number = |text: &str| text.trim().parse::<f64>().map_err(|_| format!("`{text}` is no number"));
    Ok(Segment { share: number(share)?, rates: rates.split(',').map(number).collect::<Result<_, _>>()? })
}

fn policy(args: &Args) -> Result<Policy> {
    let only = |policy: Chosen, value: f64, otherwise: f64| if args.policy == policy { value } else { otherwise };
    let floor = args.floor.unwrap_or_else(|| only(Chosen::Floor, 0.01, 0.0));
    let keep = args.discount.unwrap_or_else(|| only(Chosen::Discounted, 0.9995, 1.0));
    let every = args.batch.unwrap_or(match args.policy {
        Chosen::Batch => 1_000,
        Chosen::Linear => 20,
        _ => 1,
    });
    ensure!(
        (0.0..=1.0 / args.segment.first().map_or(&args.arms, |one| &one.rates).len() as f64).contains(&floor),
        "--floor is 0 to 1 / number of arms"
    );
    ensure!(keep > 0.0 && keep <= 1.0, "--discount is above 0, at most 1");
    ensure!(every > 0, "--batch is 1 or more");
    ensure!((0.0..=1.0).contains(&args.epsilon), "--epsilon is 0 to 1");
    let survives = args.policy == Chosen::Survival
        || (args.delay > 0 && !matches!(args.policy, Chosen::PendingAsFailure | Chosen::Discounted));
    ensure!(!(survives && keep < 1.0), "--discount is not combined with the survival correction");
    let pending = if survives {
        let times = if args.delay_shape == Shape::Fixed { 2.0 } else { 10.0 };
        let window = args.window.unwrap_or(times * args.delay.max(1) as f64);
        ensure!(window > 0.0, "--window is above 0");
        Pending::Survival { window }
    } else {
        Pending::Failure
    };
    Ok(match args.policy {
        Chosen::Linear => Policy::Linear { floor, every, keep, pending },
        Chosen::Ucb1 => Policy::Ucb1,
        Chosen::Epsilon => Policy::Epsilon(args.epsilon),
        Chosen::Uniform => Policy::Uniform,
        _ => Policy::Thompson { floor, every, keep, pending },
    })
}

fn standings(path: &std::path::Path, floor: f64) -> Result<Value> {
    #[derive(Deserialize)]
    struct Case {
        #[serde(default)]
        name: String,
        arms: Vec<(f64, f64)>,
    }
    let asked: Value = serde_json::from_reader(std::io::BufReader::new(input::open(path)?))
        .with_context(|| format!("{} is not JSON", path.display()))?;
    let list = if asked.is_array() { asked } else { Value::Array(vec![asked]) };
    let cases: Vec<Case> = serde_json::from_value(list).context("arms: a list of [visitors, conversions]")?;
    let judged = |beliefs: &[Belief]| {
        let found = exact(beliefs);
        json!({
            "posterior_mean": beliefs.iter().map(Belief::mean).collect::<Vec<_>>(),
            "p_best": found.iter().map(|standing| standing.p_best).collect::<Vec<_>>(),
            "expected_loss": found.iter().map(|standing| standing.expected_loss).collect::<Vec<_>>(),
            "weights_floor": shares(&found, floor),
        })
    };
    let answer = cases.iter().map(|case| {
        let rates: Vec<Belief> = case.arms.iter().map(|(n, s)| Belief::rate(Counts::new(*s, *n))).collect();
        let values = case.arms.iter().map(|(n, s)| Values { n: *n, sum: *s, sum_squares: *s });
        let means: Vec<Belief> = values.map(|values| Belief::gaussian(&values, 0.0, 1e4)).collect();
        json!({
            "name": case.name, "arms": case.arms, "floor": floor,
            "gaussian_exact": judged(&means), "beta_1_1_exact": judged(&rates),
        })
    });
    Ok(Value::Array(answer.collect()))
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn variance(values: &[f64]) -> f64 {
    let middle = mean(values);
    values.iter().map(|value| (value - middle).powi(2)).sum::<f64>() / (values.len() as f64 - 1.0).max(1.0)
}

/// Of sorted values, interpolated.
fn quantile(sorted: &[f64], level: f64) -> f64 {
    let place = level * (sorted.len() as f64 - 1.0);
    let at = |place: f64| sorted.get(place as usize).copied().unwrap_or_default();
    at(place.floor()) + place.fract() * (at(place.ceil()) - at(place.floor()))
}
