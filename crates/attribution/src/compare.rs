//! Every model over the same orders, side by side, each figure with its interval, and how far the models disagree.
//!
//! The catalog's models credit each order as [`crate::attribute`] does, so the comparison shows the report's own figures.
//! The Markov chain learns from paths: one for each order, and one without an order for the touches that no order
//! followed. Intervals resample orders and journeys (see [`crate::Bootstrap`]); the catalog's models see the same
//! resamples.

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, Poisson};
use serde::Serialize;

use crate::{
    AttributionError, Bootstrap, ChannelCredit, Channels, Disagreement, Intervals, Markov, MarkovTally, Nulls, Order,
    Outcome, Parameters, Paths, Touch, Touches, Transition, Walk, attribute, bootstrap, disagreement, models,
    path::entry,
};

/// What to compare over.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparing {
    /// How far an order looks back, ms.
    pub window_ms: i64,
    /// Where the range begins, UTC ms: earlier touches count for the orders they led to, and for nothing else.
    pub since: i64,
    /// Parameters of the rules that have them.
    pub parameters: Parameters,
    /// How many touches the Markov chain remembers, 1 to [`crate::MAX_ORDER`].
    pub order: usize,
    /// Resamples for the intervals, 20 to 10,000.
    pub replicates: usize,
    /// What the intervals hold, a fraction.
    pub level: f64,
    /// The same seed gives the same intervals.
    pub seed: u64,
}

/// What one model says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compared {
    /// Stable id: of the catalog, or `markov`.
    pub id: &'static str,
    /// What people call it.
    pub label: &'static str,
    /// How it shares credit, in plain words.
    pub description: &'static str,
    /// Whether it learns from the journeys.
    pub data_driven: bool,
    /// By channel.
    pub credits: Vec<ChannelCredit>,
    /// By channel.
    pub intervals: Vec<Intervals>,
}

/// All models on the same orders. Values in minor units.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// The channels, or whatever was asked for, in the order of all lists.
    pub channels: Vec<String>,
    /// Those of the catalog, then `markov`.
    pub models: Vec<Compared>,
    /// By channel.
    pub disagreement: Vec<Disagreement>,
    /// Orders with a touch, and journeys without an order.
    pub journeys: Outcome,
    /// Orders that no touch led to: nobody's merit.
    pub untouched: Outcome,
    /// What the chain says besides.
    pub markov: Markov,
    /// The chain of order 1: what follows what.
    pub transitions: Vec<Transition>,
}

const MARKOV: (&str, &str, &str) = (
    "markov",
    "Markov chain",
    "Learns what usually follows what, also from journeys without an order, and credits each channel with the orders \
     that would be lost without it.",
);

/// A model's credits and their intervals, by channel.
type Resampled = (Vec<ChannelCredit>, Vec<Intervals>);

/// What an order's touches got of it.
#[derive(Debug, Default)]
struct Shared {
    parts: Vec<(usize, ChannelCredit)>,
}

/// Compares all models. `key` names what a touch counts for: its channel, source, campaign. `touches` are those of
/// everybody, buyers and others.
///
/// # Errors
/// Parameters, order, replicates or level are out of bounds, or there are too many channels.
pub fn compare(
    orders: &[Order],
    touches: &Touches,
    key: impl Fn(&Touch) -> String,
    how: &Comparing,
) -> Result<Comparison, AttributionError> {
    let mut channels = Channels::default();
    let paths = Paths::of(orders, touches, &key, how.window_ms, how.since, &mut channels)?;
    let journeys = Outcome {
        conversions: paths.converted.len() as f64,
        value: paths.converted.iter().map(|(_, outcome)| outcome.value).sum(),
        nulls: paths.nulls.values().sum(),
    };

    let mut answers: Vec<Compared> = Vec::new();
    let mut shared: Vec<Vec<Shared>> = Vec::new();
    for model in models() {
        let about = model.descriptor();
        let named = |id: &str| about.parameters.iter().any(|parameter| parameter.id == id);
        let parameters = how.parameters.only(named);
        let attributed = attribute(model, &parameters, orders, touches, how.window_ms)?;
        let mut orders = Vec::with_capacity(attributed.len());
        for one in attributed.iter().filter(|one| !one.credits.is_empty()) {
            let mut order = Shared::default();
            for credit in &one.credits {
                let channel = usize::from(channels.id(&key(credit.touch))?);
                let credit = ChannelCredit { conversions: credit.share, value: credit.value_minor as f64 };
                order.parts.push((channel, credit));
            }
            orders.push(order);
        }
        shared.push(orders);
        answers.push(compared((about.id, about.label, about.description), about.data_driven));
    }
    for ((credits, intervals), answer) in resampled(&shared, how)?.into_iter().zip(&mut answers) {
        (answer.credits, answer.intervals) = (credits, intervals);
    }

    let mut chain =
        Bootstrap::new(MarkovTally::new(how.order, Nulls::Counted, Walk::Unlimited)?, how.replicates, how.seed)?;
    let mut graph = MarkovTally::new(1, Nulls::Counted, Walk::Unlimited)?;
    paths.count(&channels, &mut chain)?;
    paths.count(&channels, &mut graph)?;
    let markov = chain.tally().solve();
    let mut answer = compared(MARKOV, true);
    answer.credits = chain.tally().credits_of(&markov);
    answer.intervals = chain.intervals(how.level)?;
    answers.push(answer);

    let count = channels.names().len();
    for answer in &mut answers {
        answer.credits.resize(count, ChannelCredit::default());
        answer.intervals.resize(count, Intervals::default());
    }
    let by_model: Vec<(String, Vec<ChannelCredit>)> =
        answers.iter().map(|answer| (answer.id.to_owned(), answer.credits.clone())).collect();
    Ok(Comparison {
        disagreement: disagreement(&by_model),
        transitions: graph.transitions(&channels),
        channels: channels.names().to_vec(),
        models: answers,
        journeys,
        untouched: paths.untouched,
        markov,
    })
}

fn compared((id, label, description): (&'static str, &'static str, &'static str), data_driven: bool) -> Compared {
    Compared { id, label, description, data_driven, credits: Vec::new(), intervals: Vec::new() }
}

/// Sums each model's credits, and resamples the orders for their intervals: the same resamples for all.
fn resampled(models: &[Vec<Shared>], how: &Comparing) -> Result<Vec<Resampled>, AttributionError> {
    bootstrap::check(how.replicates, how.level)?;
    let orders = models.first().map_or(0, Vec::len);
    let mut dice = ChaCha8Rng::seed_from_u64(how.seed);
    let once = Poisson::new(1.0).ok();
    let mut replicates: Vec<Vec<Vec<ChannelCredit>>> = vec![Vec::with_capacity(how.replicates); models.len()];
    for _ in 0..how.replicates {
        let times: Vec<f64> = (0..orders).map(|_| once.map_or(1.0, |once| once.sample(&mut dice))).collect();
        for (model, answers) in models.iter().zip(&mut replicates) {
            answers.push(summed(model, |order| times.get(order).copied().unwrap_or(0.0)));
        }
    }
    Ok(models
        .iter()
        .zip(replicates)
        .map(|(model, answers)| (summed(model, |_| 1.0), bootstrap::between(&answers, how.level)))
        .collect())
}

fn summed(orders: &[Shared], times: impl Fn(usize) -> f64) -> Vec<ChannelCredit> {
    let mut credits: Vec<ChannelCredit> = Vec::new();
    for (at, order) in orders.iter().enumerate() {
        let times = times(at);
        if times <= 0.0 {
            continue;
        }
        for (channel, part) in &order.parts {
            if let Some(credit) = entry(&mut credits, *channel) {
                credit.conversions += times * part.conversions;
                credit.value += times * part.value;
            }
        }
    }
    credits
}
