//! `science truth`: how far each attribution model is from what channels truly added, where that is known: in the
//! simulated shop.
//!
//! Everything a model or the combination learns from is what a shop could know: visits, orders, and which audience cells
//! were kept from which channel. The truth is only compared with.

use std::collections::BTreeMap;

use ::attribution::{
    ChannelCredit, Channels, DIRECT_CHANNEL, Estimate, Holdout as Found, Incremental, MAX_ORDER, MarkovTally, Measured,
    Nulls, Order, Parameters, Paths, ShapleyRateTally, Stacked, Stacking, Tally, Touch, Touches, Walk, attribute,
    distance, holdout, models, window_ms,
};
use anyhow::{Context, Result, bail, ensure};
use chrono::NaiveDate;
use clap::Args as ClapArgs;
use serde_json::{Map, Value, json};
use simulator::{CELLS, CHANNELS, Config, DIRECT, Holdout, Panel, Truth};

const EXAMPLE: &str = "Example:
  science truth --seed 1 --days 120 --visitors 4000
  science truth --seed 1 --seeds 12 --summary

In the first half of the days each tested channel is kept from a share of the audience cells, drawn by lot; in the second
half nothing is, and there every model's credit, and the combination calibrated by those tests, is compared with what each
channel truly added.";

const DAY_MS: i64 = 86_400_000;
/// Days between a holdout's begin and its reading: orders on their way when it began would hide its effect.
const SETTLE_DAYS: u32 = 10;
/// Seed of the combination's draws.
const DRAWS: u64 = 1;

/// Attribution models against the simulated shop's truth
#[derive(ClapArgs, Debug)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Args {
    /// The first shop
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many shops, one seed each
    #[arg(long, default_value_t = 1)]
    seeds: u64,
    /// Days: one half for the tests, one to judge by
    #[arg(long, default_value_t = 120)]
    days: u32,
    /// New visitors a day, on average
    #[arg(long, default_value_t = 4_000.0)]
    visitors: f64,
    /// The last day
    #[arg(long, default_value = "2026-10-31")]
    until: NaiveDate,
    /// Share of the cells a tested channel is kept from
    #[arg(long, default_value_t = 0.2)]
    holdout: f64,
    /// Channels that are tested; all ads and mails unless given, since nobody can keep search engines from people
    #[arg(long, value_delimiter = ',')]
    tested: Vec<String>,
    /// How far an order looks back, days
    #[arg(long, default_value_t = 30)]
    window: i64,
    /// Probability the intervals are to hold
    #[arg(long, default_value_t = 0.9)]
    level: f64,
    /// Prior scale of how far channels' factors differ
    #[arg(long, default_value_t = Stacking::default().spread)]
    spread: f64,
    /// How many tests' worth the prior for equal weights is
    #[arg(long, default_value_t = Stacking::default().evenness)]
    evenness: f64,
    /// Add each model calibrated by the same tests, but by itself
    #[arg(long)]
    alone: bool,
    /// Leave the shops out, only say the means over them
    #[arg(long)]
    summary: bool,
}

/// Simulates, tests, learns and compares.
///
/// # Errors
/// An option is out of bounds, or a channel is not the shop's.
pub(crate) fn run(args: &Args) -> Result<Value> {
    ensure!(args.seeds > 0, "--seeds must be at least 1");
    ensure!((4 * SETTLE_DAYS..=3_650).contains(&args.days), "--days must lie between {} and 3650", 4 * SETTLE_DAYS);
    ensure!((1.0..=1e5).contains(&args.visitors), "--visitors must lie between 1 and 100000");
    ensure!((0.02..=0.98).contains(&args.holdout), "--holdout must lie between 0.02 and 0.98");
    let tested = tested(args)?;
    let mut shops = Vec::new();
    let mut sums: BTreeMap<String, Sum> = BTreeMap::new();
    let (mut nearest, mut nearest_with_direct, mut nearest_of_value) = (0_u64, 0_u64, 0_u64);
    for seed in args.seed..args.seed.saturating_add(args.seeds) {
        let shop = Shop::new(args, seed, &tested)?;
        let judged = shop.judged();
        for (id, one) in &judged.models {
            let sum = sums.entry(id.clone()).or_default();
            sum.add(one);
        }
        let beats = |of: fn(&Distances) -> f64| {
            let own = judged.models.iter().find(|(id, _)| id == COMBINED).map(|(_, one)| of(one));
            let single = judged.models.iter().filter(|(id, _)| single(id)).map(|(_, one)| of(one));
            u64::from(own.is_some_and(|own| single.fold(f64::INFINITY, f64::min) > own))
        };
        nearest += beats(|one| one.orders);
        nearest_with_direct += beats(|one| one.orders_with_direct);
        nearest_of_value += beats(|one| one.value);
        for (id, inside) in [("inside", judged.inside), ("inside_share", judged.inside_share)] {
            let sum = sums.entry(id.to_owned()).or_default();
            sum.shops += 1.0;
            sum.total.orders += inside;
        }
        if !args.summary {
            shops.push(shop.answer(&judged));
        }
    }
    let inside = |id: &str| sums.get(id).map(|sum| sum.total.orders / sum.shops);
    let mean: Map<String, Value> = sums
        .iter()
        .filter(|(id, _)| !id.starts_with("inside"))
        .map(|(id, sum)| (id.clone(), sum.total.over(sum.shops).answer()))
        .collect();
    Ok(json!({
        "days": args.days, "visitors_per_day": args.visitors, "until": args.until.to_string(), "holdout": args.holdout,
        "tested": tested, "level": args.level,
        "shops": args.seeds,
        "mean_distance": mean,
        "combination_nearest": {
            "orders": nearest, "orders_with_direct": nearest_with_direct, "value": nearest_of_value,
        },
        "truth_inside_interval": { "orders": inside("inside"), "share": inside("inside_share") },
        "each": shops,
    }))
}

/// The combination's id.
const COMBINED: &str = "calibrated";
/// What is put before the id of a model that was calibrated alone.
const ALONE: &str = "calibrated:";

/// Whether that is a model as it stands.
fn single(id: &str) -> bool {
    !id.starts_with(COMBINED)
}

fn tested(args: &Args) -> Result<Vec<&'static str>> {
    if args.tested.is_empty() {
        let can_be_kept = CHANNELS.iter().filter(|channel| channel.ads.is_some() || channel.medium == "email");
        return Ok(can_be_kept.map(|channel| channel.id).collect());
    }
    args.tested
        .iter()
        .map(|id| match CHANNELS.iter().find(|channel| channel.id == id) {
            Some(channel) if channel.id != DIRECT => Ok(channel.id),
            Some(_) => bail!("--tested: nobody can be kept from coming directly"),
            None => {
                let known: Vec<&str> = CHANNELS.iter().map(|channel| channel.id).collect();
                bail!("--tested: {id:?} is not a channel of the shop; those are {}", known.join(", "))
            }
        })
        .collect()
}

/// What the models are asked about: the visits and orders of one audience cell in one period.
struct Cell {
    orders: Vec<Order>,
    paths: Paths,
    touches: Touches,
}

/// Orders, and touches with whose they are.
type Rows = (Vec<Order>, Vec<(String, Touch)>);

/// A period, cut into audience cells.
struct Period {
    channels: Channels,
    cells: Vec<Cell>,
    window_ms: i64,
}

impl Period {
    /// Orders from `from_ms` to before `to_ms`, and the touches known by then.
    fn new(panel: &Panel, (from_ms, to_ms): (i64, i64), window_days: i64) -> Result<Self> {
        let window_ms = window_ms(window_days).context("--window")?;
        let mut channels = Channels::default();
        for channel in &CHANNELS {
            channels.id(name(channel.id))?;
        }
        let mut rows: Vec<Rows> = vec![Rows::default(); CELLS];
        for (number, person) in panel.people().iter().enumerate() {
            let Some((orders, touches)) = rows.get_mut(person.cell) else { continue };
            let who = number.to_string();
            for (at, order) in person.orders.iter().enumerate().filter(|(_, order)| (from_ms..to_ms).contains(&order.t))
            {
                let (id, value_minor) = (format!("{number}-{at}"), order.value_minor);
                orders.push(Order { id, person: who.clone(), t: order.t, value_minor });
            }
            let earliest = from_ms - window_ms;
            for (at, visit) in
                person.visits.iter().enumerate().filter(|(_, visit)| (earliest..to_ms).contains(&visit.t))
            {
                let (id, channel) = (format!("{number}-{at}"), name(visit.channel).to_owned());
                touches.push((who.clone(), Touch { id, t: visit.t, channel, ..Touch::default() }));
            }
        }
        let mut cells = Vec::with_capacity(CELLS);
        for (orders, touches) in rows {
            let touches: Touches = touches.into_iter().collect();
            let key = |touch: &Touch| touch.channel.clone();
            let paths = Paths::of(&orders, &touches, key, window_ms, from_ms, &mut channels)?;
            cells.push(Cell { orders, paths, touches });
        }
        Ok(Self { channels, cells, window_ms })
    }

    /// Orders by cell.
    fn orders(&self) -> Vec<f64> {
        self.cells.iter().map(|cell| cell.orders.len() as f64).collect()
    }

    /// What each model credits each channel with, over all cells and over those of each subset.
    fn credits(&self, subsets: &[Vec<bool>]) -> Result<Credits> {
        let everywhere = vec![true; self.cells.len()];
        let subsets: Vec<&[bool]> = std::iter::once(&everywhere).chain(subsets).map(Vec::as_slice).collect();
        let mut by_subset: Vec<Vec<Vec<ChannelCredit>>> = vec![Vec::new(); subsets.len()];
        let mut ids = Vec::new();
        for model in models() {
            ids.push(model.descriptor().id.to_owned());
            let mut sums = vec![vec![ChannelCredit::default(); CHANNELS.len()]; subsets.len()];
            for (at, cell) in self.cells.iter().enumerate() {
                let attributed = attribute(model, &Parameters::new(), &cell.orders, &cell.touches, self.window_ms)?;
                for credit in attributed.iter().flat_map(|one| &one.credits) {
                    let channel = CHANNELS.iter().position(|channel| name(channel.id) == credit.touch.channel);
                    for (sum, subset) in sums.iter_mut().zip(&subsets) {
                        let Some(sum) = channel.and_then(|channel| sum.get_mut(channel)) else { continue };
                        if subset.get(at).copied().unwrap_or(false) {
                            sum.conversions += credit.share;
                            sum.value += credit.value_minor as f64;
                        }
                    }
                }
            }
            for (all, sums) in by_subset.iter_mut().zip(sums) {
                all.push(sums);
            }
        }
        for order in 1..=MAX_ORDER {
            ids.push(format!("markov_{order}"));
            for (all, subset) in by_subset.iter_mut().zip(&subsets) {
                all.push(self.tallied(MarkovTally::new(order, Nulls::Counted, Walk::Unlimited)?, subset)?);
            }
        }
        let rate = self.tallied(ShapleyRateTally::new(), &everywhere)?;
        let mut by_subset = by_subset.into_iter();
        Ok(Credits { ids, all: by_subset.next().unwrap_or_default(), of: by_subset.collect(), rate })
    }

    fn tallied(&self, mut tally: impl Tally, subset: &[bool]) -> Result<Vec<ChannelCredit>> {
        for (cell, _) in self.cells.iter().zip(subset).filter(|(_, counted)| **counted) {
            cell.paths.count(&self.channels, &mut tally)?;
        }
        let mut credits = tally.credits()?;
        credits.resize(CHANNELS.len(), ChannelCredit::default());
        Ok(credits)
    }
}

/// What the models credit, by model, then channel.
struct Credits {
    /// The models', those of the rate form of Shapley aside: it may be negative, and is not combined.
    ids: Vec<String>,
    all: Vec<Vec<ChannelCredit>>,
    /// The same for each subset of the cells.
    of: Vec<Vec<Vec<ChannelCredit>>>,
    rate: Vec<ChannelCredit>,
}

/// What attribution calls a channel of the shop.
fn name(id: &'static str) -> &'static str {
    if id == DIRECT { DIRECT_CHANNEL } else { id }
}

/// A shop with its tests, what was learnt from them, and the truth of the time after.
struct Shop {
    seed: u64,
    tests: Vec<(&'static str, Found, Measured)>,
    stacked: Stacked,
    credits: Credits,
    combined: Vec<Incremental>,
    /// Each model calibrated alone, where that was asked for.
    alone: Vec<Vec<ChannelCredit>>,
    /// Of the tests' time.
    tested: Truth,
    truth: Truth,
}

impl Shop {
    fn new(args: &Args, seed: u64, tested: &[&'static str]) -> Result<Self> {
        let midnight = args.until.and_hms_opt(0, 0, 0).context("--until")?.and_utc().timestamp_millis();
        let now_ms = midnight + DAY_MS - 1;
        let config = Config { seed, now_ms, days: args.days, visitors_per_day: args.visitors };
        let to_day = args.days / 2;
        let kept = tested.iter().map(|channel| Holdout { channel, share: args.holdout, from_day: 0, to_day });
        let panel = Panel::new(config, &kept.collect::<Vec<_>>())
            .map_err(|unknown| anyhow::anyhow!("--tested: {:?} is not a channel of the shop", unknown.0))?;
        let at = |day: u32| panel.start_ms() + i64::from(day) * DAY_MS;
        let test = Period::new(&panel, (at(SETTLE_DAYS), at(to_day)), args.window)?;
        let tests = read(&panel, &test, tested)?;
        let measured: Vec<Measured> = tests.iter().map(|(_, _, measured)| measured.clone()).collect();
        let stacked = Stacked::learn(&measured, Stacking { spread: args.spread, evenness: args.evenness })?;

        let tested = panel.truth(at(SETTLE_DAYS), at(to_day));

        let judged = (at(to_day), now_ms + 1);
        let credits = Period::new(&panel, judged, args.window)?.credits(&[])?;
        let baseline: Vec<usize> = CHANNELS.iter().position(|channel| channel.id == DIRECT).into_iter().collect();
        let combined = stacked.apply(&credits.all, &baseline, args.level, DRAWS)?;
        let models = if args.alone { credits.all.len() } else { 0 };
        let alone = (0..models)
            .map(|model| {
                let alone = stacked.only(model).apply(&credits.all, &baseline, args.level, DRAWS)?;
                Ok(alone.iter().map(point).collect())
            })
            .collect::<Result<_>>()?;
        Ok(Self { seed, tests, stacked, credits, combined, alone, tested, truth: panel.truth(judged.0, judged.1) })
    }
}

/// The holdouts as the shop can read them: orders of cells with the channel against orders of cells without, and beside it
/// what the models credited the channel with in the cells that had it.
fn read(panel: &Panel, test: &Period, tested: &[&'static str]) -> Result<Vec<(&'static str, Found, Measured)>> {
    let exposed: Vec<Vec<bool>> =
        (0..tested.len()).map(|at| panel.held_out(at).iter().map(|kept| !kept).collect()).collect();
    let credits = test.credits(&exposed)?;
    let orders = test.orders();
    tested
        .iter()
        .zip(exposed.iter().zip(&credits.of))
        .map(|(channel, (exposed, credits))| {
            let of = |wanted: bool| -> Vec<f64> {
                orders
                    .iter()
                    .zip(exposed)
                    .filter(|(_, exposed)| **exposed == wanted)
                    .map(|(orders, _)| *orders)
                    .collect()
            };
            let found = holdout(&of(true), &of(false), 0.9).with_context(|| format!("the test of {channel}"))?;
            let number = CHANNELS.iter().position(|known| known.id == *channel).unwrap_or_default();
            let credited = |model: &Vec<ChannelCredit>| model.get(number).map_or(0.0, |credit| credit.conversions);
            let measured = Measured {
                channel: number,
                increment: found.total.value,
                standard_error: found.standard_error,
                credits: credits.iter().map(credited).collect(),
            };
            Ok((*channel, found, measured))
        })
        .collect()
}

fn point(incremental: &Incremental) -> ChannelCredit {
    ChannelCredit { conversions: incremental.conversions.value, value: incremental.value.value }
}

/// How far one answer is from the truth. Shares: total variation, half the sum of the channels' differences.
#[derive(Debug, Clone, Copy, Default)]
struct Distances {
    /// Shares of orders among the channels but direct.
    orders: f64,
    /// Shares of value among the channels but direct.
    value: f64,
    /// Shares of orders, what is credited to direct visits included: truly nothing.
    orders_with_direct: f64,
    /// The channels' mean difference in share of orders, a fraction.
    mean_error: f64,
    /// Sum of the channels' differences in orders, direct visits aside, over what they truly added together.
    absolute: f64,
    /// What the channels are credited with together, direct visits aside, over what they truly added together.
    credited: f64,
}

impl Distances {
    fn of(credits: &[ChannelCredit], truth: &[ChannelCredit]) -> Self {
        let without_direct = |credits: &[ChannelCredit]| -> Vec<ChannelCredit> {
            let known = credits.iter().zip(&CHANNELS).filter(|(_, channel)| channel.id != DIRECT);
            known.map(|(credit, _)| *credit).collect()
        };
        let by_value = |credits: &[ChannelCredit]| -> Vec<ChannelCredit> {
            credits.iter().map(|credit| ChannelCredit { conversions: credit.value, ..*credit }).collect()
        };
        // Shares of what is credited at all: a channel below 0 has none.
        let cut = |credits: &[ChannelCredit]| -> Vec<ChannelCredit> {
            let above = |credit: &ChannelCredit| ChannelCredit {
                conversions: credit.conversions.max(0.0),
                value: credit.value.max(0.0),
            };
            credits.iter().map(above).collect()
        };
        let (own, known) = (without_direct(credits), without_direct(truth));
        let all: f64 = known.iter().map(|credit| credit.conversions).sum();
        let apart: f64 = own.iter().zip(&known).map(|(own, known)| (own.conversions - known.conversions).abs()).sum();
        let orders = distance(&cut(&own), &known);
        Self {
            orders,
            value: distance(&by_value(&cut(&own)), &by_value(&known)),
            orders_with_direct: distance(&cut(credits), truth),
            mean_error: 2.0 * orders / own.len() as f64,
            absolute: apart / all,
            credited: own.iter().map(|credit| credit.conversions).sum::<f64>() / all,
        }
    }

    fn zip(self, other: Self, with: impl Fn(f64, f64) -> f64) -> Self {
        Self {
            orders: with(self.orders, other.orders),
            value: with(self.value, other.value),
            orders_with_direct: with(self.orders_with_direct, other.orders_with_direct),
            mean_error: with(self.mean_error, other.mean_error),
            absolute: with(self.absolute, other.absolute),
            credited: with(self.credited, other.credited),
        }
    }

    fn over(self, count: f64) -> Self {
        self.zip(self, |one, _| one / count)
    }

    fn answer(self) -> Value {
        json!({
            "orders": self.orders,
            "value": self.value,
            "orders_with_direct": self.orders_with_direct,
            "mean_error_in_points": 100.0 * self.mean_error,
            "absolute": self.absolute,
            "credited_over_true": self.credited,
        })
    }
}

/// Distances added up over shops.
#[derive(Debug, Default)]
struct Sum {
    shops: f64,
    total: Distances,
}

impl Sum {
    fn add(&mut self, one: &Distances) {
        self.shops += 1.0;
        self.total = self.total.zip(*one, |sum, one| sum + one);
    }
}

/// A shop's answers beside its truth.
struct Judged {
    models: Vec<(String, Distances)>,
    /// Share of the channels, direct aside, whose true orders lie in the combination's interval.
    inside: f64,
    /// The same of their shares.
    inside_share: f64,
}

impl Shop {
    fn truth(&self) -> Vec<ChannelCredit> {
        let known = self.truth.channels.iter();
        known
            .map(|channel| ChannelCredit {
                conversions: channel.incremental_orders as f64,
                value: channel.incremental_value_minor as f64,
            })
            .collect()
    }

    fn judged(&self) -> Judged {
        let truth = self.truth();
        let against = |credits: &[ChannelCredit]| Distances::of(credits, &truth);
        let mut models: Vec<(String, Distances)> = Vec::new();
        let ids = || self.credits.ids.iter();
        models.extend(ids().zip(&self.credits.all).map(|(id, credits)| (id.clone(), against(credits))));
        models.extend(ids().zip(&self.alone).map(|(id, alone)| (format!("{ALONE}{id}"), against(alone))));
        models.push(("shapley_rate".to_owned(), against(&self.credits.rate)));
        let combined: Vec<ChannelCredit> = self.combined.iter().map(point).collect();
        models.push((COMBINED.to_owned(), against(&combined)));

        let all: f64 = truth.iter().map(|channel| channel.conversions).sum();
        let holds = |interval: Estimate, true_value: f64| (interval.low..=interval.high).contains(&true_value);
        let marketing = || {
            let channels = self.combined.iter().zip(&truth).zip(&CHANNELS);
            channels.filter(|(_, channel)| channel.id != DIRECT).map(|(found, _)| found)
        };
        let count = marketing().count() as f64;
        let inside = marketing().filter(|(found, truth)| holds(found.conversions, truth.conversions)).count() as f64;
        let inside_share =
            marketing().filter(|(found, truth)| holds(found.share, truth.conversions / all)).count() as f64;
        Judged { models, inside: inside / count, inside_share: inside_share / count }
    }

    fn answer(&self, judged: &Judged) -> Value {
        let truth = self.truth();
        let all: f64 = truth.iter().map(|channel| channel.conversions).sum();
        let all_value: f64 = truth.iter().map(|channel| channel.value).sum();
        let channels =
            CHANNELS.iter().zip(&truth).zip(&self.combined).enumerate().map(|(at, ((channel, truth), found))| {
                let credited =
                    self.credits.ids.iter().zip(&self.credits.all).map(|(id, credits)| {
                        (id.clone(), json!(credits.get(at).copied().unwrap_or_default().conversions))
                    });
                let answer = json!({
                    "true_orders": truth.conversions,
                    "true_share": truth.conversions / all,
                    "true_value": truth.value,
                    "true_value_share": truth.value / all_value,
                    "credited_orders": credited.collect::<Map<String, Value>>(),
                    "calibrated": found,
                });
                (channel.id.to_owned(), answer)
            });
        let tests = self.tests.iter().map(|(channel, found, measured)| {
            let truth = self.tested.channels.get(measured.channel).map(|truth| truth.incremental_orders);
            let credited = self.credits.ids.iter().zip(&measured.credits);
            let said = json!({
                "credited_orders": credited.map(|(id, credit)| (id.clone(), json!(credit))).collect::<Map<String, Value>>(),
                "orders": found.total, "standard_error": found.standard_error, "p_value": found.p_value,
                "true_orders": truth,
            });
            ((*channel).to_owned(), said)
        });
        let weights = self.credits.ids.iter().zip(self.stacked.weights().iter().zip(self.stacked.factors()));
        let weights = weights.map(|(id, (weight, factor))| (id.clone(), json!({ "weight": weight, "factor": factor })));
        let distances = judged.models.iter().map(|(id, one)| (id.clone(), one.answer()));
        json!({
            "seed": self.seed,
            "orders": self.truth.orders,
            "tests": tests.collect::<Map<String, Value>>(),
            "combination": weights.collect::<Map<String, Value>>(),
            "distance": distances.collect::<Map<String, Value>>(),
            "channels": channels.collect::<Map<String, Value>>(),
        })
    }
}
