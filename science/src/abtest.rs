//! `science abtest`: experiments judged, split, planned and read out.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::{Args as ClapArgs, ValueEnum};
use experiment::bayesian::{Posterior, Prior, posterior};
use experiment::frequentist::{self, Tail, Test};
use experiment::plan::{Design, Looks, Method, Metric, duration};
use experiment::readout::{Measured, Settings, read_out};
use experiment::{Difference, Effect, Interval, Refused, Statistic, effect, rate, sequential, split, statistic};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::input;

const EXAMPLE: &str = r#"Example:
  science abtest --input vector.json

where vector.json holds one comparison of a control `a` and a variant `b`
  {"kind": "proportion", "a": {"n": 250000, "sum": 5000}, "b": {"n": 250500, "sum": 5275}}
or several, and visitors against the split that was planned
  {"cases": [{"name": "revenue", "kind": "mean", "a": {"n": 3407, "sum": 1396.87, "sum_squares": 52377.9767},
                                                 "b": {"n": 3461, "sum": 2422.7, "sum_squares": 134698.29}}],
   "srm": [{"users": [1000, 1200], "weights": [0.5, 0.5]}]}
or sample sizes wanted
  {"sample_size": [{"p": 0.02, "mde_rel": 0.1, "alpha": 0.05, "power": 0.8, "visitors_a_day": 4000}]}
or a whole experiment to read out
  {"readout": {"visitors": [20000, 20000], "weights": [1, 1], "metrics": [{"key": "orders", "role": "goal",
     "statistics": [{"kind": "proportion", "n": 20000, "sum": 1000}, {"kind": "proportion", "n": 20000, "sum": 1250}]}]}}

Kinds and their sums:
  proportion          n, sum
  mean                n, sum, sum_squares
  mean_cuped          n, post_sum, post_sum_squares, pre_sum, pre_sum_squares, post_pre_sum
  ratio               n, numerator_sum, numerator_sum_squares, denominator_sum, denominator_sum_squares, product_sum
  ratio_cuped         post and pre (each a ratio), numerator_numerator, numerator_denominator,
                      denominator_numerator, denominator_denominator: sums of products of during and before
  quantile            n, n_star, level, value, lower, upper
  quantile_clustered  these, n_clusters, main_sum, main_sum_squares, denominator_sum, denominator_sum_squares, product_sum

Results are keyed TEST|DIFFERENCE|ALPHA; a bound that is null is infinite."#;

/// Experiments: frequentist, always-valid and Bayesian; split; sample sizes; readout
#[derive(ClapArgs, Debug)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Args {
    /// A JSON file; `-` is standard input
    #[arg(long)]
    input: PathBuf,
    /// False alarms allowed
    #[arg(long, num_args = 1.., value_delimiter = ',', default_values_t = [0.05, 0.01])]
    alpha: Vec<f64>,
    /// What a difference is counted in
    #[arg(long, value_enum, num_args = 1.., value_delimiter = ',', default_values_t = [Unit::Relative, Unit::Absolute])]
    difference: Vec<Unit>,
    /// Units around which the always-valid interval is tightest
    #[arg(long, default_value_t = sequential::TUNING)]
    tuning: f64,
    /// Standard deviations of normal priors on the relative lift, beside the flat one
    #[arg(long, num_args = 1.., value_delimiter = ',', default_values_t = [0.3, 0.1])]
    prior: Vec<f64>,
    /// Less is better, as of a bounce rate
    #[arg(long)]
    lower_is_better: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Unit {
    /// Of the control's mean
    Relative,
    /// The metric's own
    Absolute,
}

/// What answers one entry of a list.
type Answer<'a> = dyn Fn(&Value) -> Result<Value> + 'a;

/// Reads what is asked and answers in its shape.
///
/// # Errors
/// The input cannot be read or says something impossible; the message names the case and the field.
pub(crate) fn run(args: &Args) -> Result<Value> {
    let asked: Value = serde_json::from_reader(std::io::BufReader::new(input::open(&args.input)?))
        .with_context(|| format!("{} is not JSON", args.input.display()))?;
    if let Value::Array(cases) = &asked {
        return Ok(Value::Array(cases.iter().map(|case| compare(case, args)).collect::<Result<_>>()?));
    }
    if asked.get("a").is_some() {
        return compare(&asked, args);
    }
    let mut answer = Map::new();
    let each = |name: &str, one: &Answer| -> Result<Option<Value>> {
        let Some(list) = asked.get(name) else { return Ok(None) };
        let list = list.as_array().with_context(|| format!("{name} is not a list"))?;
        let found =
            list.iter().enumerate().map(|(place, asked)| one(asked).with_context(|| format!("{name}[{place}]")));
        Ok(Some(Value::Array(found.collect::<Result<_>>()?)))
    };
    let parts: [(&str, &Answer); 4] = [
        ("cases", &|case| compare(case, args)),
        ("srm", &ratio_mismatch),
        ("sample_size", &sample_size),
        ("ztest", &two_rates),
    ];
    for (name, one) in parts {
        if let Some(found) = each(name, one)? {
            answer.insert(name.to_owned(), found);
        }
    }
    if let Some(experiment) = asked.get("readout") {
        answer.insert("readout".to_owned(), readout(experiment).context("readout")?);
    }
    if answer.is_empty() {
        bail!("there is nothing to do: none of `a` and `b`, `cases`, `srm`, `sample_size`, `ztest`, `readout`");
    }
    Ok(Value::Object(answer))
}

fn read<T: DeserializeOwned>(value: &Value) -> Result<T> {
    Ok(serde_json::from_value(value.clone())?)
}

fn compare(case: &Value, args: &Args) -> Result<Value> {
    let name = case.get("name").and_then(Value::as_str).unwrap_or("the comparison");
    let kind = case.get("kind").and_then(Value::as_str).with_context(|| format!("{name}: `kind` is missing"))?;
    let measured = |field: &str| -> Result<Statistic> {
        let mut sums = case.get(field).and_then(Value::as_object).context("it is not an object")?.clone();
        sums.insert("kind".to_owned(), kind.into());
        read(&Value::Object(sums))
    };
    let control = measured("a").with_context(|| format!("{name}: a"))?;
    let variant = measured("b").with_context(|| format!("{name}: b"))?;
    let (a, b) = statistic::pair(&control, &variant)?;
    let mut results = Map::new();
    for difference in &args.difference {
        let difference = match difference {
            Unit::Relative => Difference::Relative,
            Unit::Absolute => Difference::Absolute,
        };
        let found = effect(&control, &variant, difference);
        for alpha in &args.alpha {
            let mut put = |test: &str, result: Result<Value, Refused>| {
                let result = result.unwrap_or_else(|refused| json!({ "errorMessage": refused.to_string() }));
                results.insert(format!("{test}|{}|{alpha}", difference.as_str()), result);
            };
            let tails = [("two_sided", Tail::TwoSided), ("greater", Tail::Greater), ("lesser", Tail::Lesser)];
            for (test, tail) in tails {
                put(
                    test,
                    found
                        .clone()
                        .and_then(|effect| Ok(tested(&effect, frequentist::test(&effect, tail, *alpha, 0.0)?))),
                );
            }
            put(
                "sequential_two_sided",
                found
                    .clone()
                    .and_then(|effect| Ok(tested(&effect, sequential::test(&effect, *alpha, args.tuning, 0.0)?))),
            );
            let flat = std::iter::once(("bayes_flat".to_owned(), Prior::Flat));
            let normal =
                args.prior.iter().map(|sd| (format!("bayes_N(0,{sd}^2)"), Prior::Normal { mean: 0.0, sd: *sd }));
            for (test, prior) in flat.chain(normal) {
                put(
                    &test,
                    found.clone().and_then(|effect| {
                        Ok(believed(&effect, &posterior(&effect, prior, *alpha, args.lower_is_better)?))
                    }),
                );
            }
        }
    }
    Ok(json!({
        "name": case.get("name"),
        "kind": kind,
        "derived": {
            "mean_a": a.mean, "mean_b": b.mean, "var_a": a.variance, "var_b": b.variance,
            "unadjusted_mean_a": a.unadjusted_mean, "theta": a.theta,
        },
        "results": results,
    }))
}

fn bounds(interval: Interval) -> Value {
    json!([interval.low, interval.high])
}

fn tested(effect: &Effect, test: Test) -> Value {
    json!({
        "expected": effect.estimate,
        "ci": bounds(test.interval),
        "uplift": { "dist": "normal", "mean": effect.estimate, "stddev": effect.standard_error },
        "pValue": test.p_value,
        "errorMessage": null,
    })
}

fn believed(effect: &Effect, posterior: &Posterior) -> Value {
    json!({
        "expected": posterior.mean,
        "ci": bounds(posterior.interval),
        "uplift": { "dist": "normal", "mean": posterior.mean, "stddev": posterior.sd },
        "chanceToWin": posterior.chance_to_win,
        "risk": [posterior.risk_of_keeping, posterior.risk_of_shipping],
        "riskType": effect.difference.as_str(),
        "errorMessage": null,
    })
}

fn ratio_mismatch(asked: &Value) -> Result<Value> {
    #[derive(Deserialize)]
    struct Asked {
        users: Vec<u64>,
        weights: Vec<f64>,
    }
    let asked: Asked = read(asked)?;
    let found = split::test(&asked.users, &asked.weights)?;
    Ok(json!({
        "users": asked.users, "weights": asked.weights,
        "p": found.p_value, "enough": found.enough, "mismatch": found.mismatch,
    }))
}

fn sample_size(asked: &Value) -> Result<Value> {
    #[derive(Deserialize)]
    struct Asked {
        p: Option<f64>,
        mean: Option<f64>,
        sd: Option<f64>,
        mde_rel: f64,
        #[serde(default = "alpha")]
        alpha: f64,
        #[serde(default = "power")]
        power: f64,
        #[serde(default = "variants")]
        variants: u32,
        visitors_a_day: Option<f64>,
        #[serde(default = "share")]
        share: f64,
    }
    const fn alpha() -> f64 {
        0.05
    }
    const fn power() -> f64 {
        0.8
    }
    const fn variants() -> u32 {
        2
    }
    const fn share() -> f64 {
        1.0
    }
    let wanted: Asked = read(asked)?;
    let metric = match (wanted.p, wanted.mean, wanted.sd) {
        (Some(rate), None, None) => Metric::Proportion { rate },
        (None, Some(mean), Some(sd)) => Metric::Mean { mean, sd },
        _ => bail!("either `p`, or `mean` and `sd`"),
    };
    let design = |looks, method| Design {
        metric,
        alpha: wanted.alpha,
        power: wanted.power,
        variants: wanted.variants,
        looks,
        method,
    };
    let once = |method| design(Looks::Once, method).units(wanted.mde_rel);
    let unpooled = once(Method::Unpooled)?;
    let often = design(Looks::Any { tuning: 2.0 * unpooled }, Method::Unpooled).units(wanted.mde_rel)?;
    let mut answer = asked.as_object().cloned().unwrap_or_default();
    answer.insert("n_per_arm_unpooled".to_owned(), unpooled.into());
    if wanted.p.is_some() {
        answer.insert("n_per_arm_pooled".to_owned(), once(Method::Pooled)?.into());
        answer.insert("n_per_arm_arcsine_statsmodels".to_owned(), once(Method::Arcsine)?.into());
    }
    answer.insert("n_per_arm_always_valid".to_owned(), often.into());
    if let Some(visitors) = wanted.visitors_a_day {
        let took = duration(&design(Looks::Once, Method::Unpooled), wanted.mde_rel, visitors, wanted.share)?;
        answer.insert("duration".to_owned(), json!({ "total": took.total, "days": took.days, "weeks": took.weeks }));
    }
    Ok(Value::Object(answer))
}

fn two_rates(asked: &Value) -> Result<Value> {
    #[derive(Deserialize)]
    struct Asked {
        a: (f64, f64),
        b: (f64, f64),
    }
    let Asked { a, b } = read(asked)?;
    let found = rate::pooled(a, b)?;
    Ok(json!({
        "a": [a.0, a.1], "b": [b.0, b.1], "z_pooled": found.z, "p": found.p_value,
        "wilson_a": bounds(rate::wilson(a.0, a.1, 0.05)?), "wilson_b": bounds(rate::wilson(b.0, b.1, 0.05)?),
        "jeffreys_a": bounds(rate::jeffreys(a.0, a.1, 0.05)?), "jeffreys_b": bounds(rate::jeffreys(b.0, b.1, 0.05)?),
    }))
}

fn readout(asked: &Value) -> Result<Value> {
    #[derive(Deserialize)]
    struct Asked {
        visitors: Vec<u64>,
        weights: Vec<f64>,
        metrics: Vec<Measured>,
        #[serde(default)]
        settings: Settings,
    }
    let asked: Asked = read(asked)?;
    Ok(serde_json::to_value(read_out(&asked.visitors, &asked.weights, &asked.metrics, &asked.settings)?)?)
}
