//! What attribution says about money: what a conversion costs, what the next one would, and how far models disagree.

use serde::Serialize;

use crate::ChannelCredit;

/// What a channel cost for what it is credited with. Money in the minor units, or whatever unit, the spend came in.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Cost {
    /// Spend.
    pub spend: f64,
    /// Spend per attributed conversion; `None` without one.
    pub per_conversion: Option<f64>,
    /// Attributed value per spend; `None` without spend.
    pub return_on_spend: Option<f64>,
}

impl Cost {
    /// What `spend` bought. A negative credit, which only the rate form of Shapley gives, has no cost per conversion.
    #[must_use]
    pub fn of(spend: f64, credit: ChannelCredit) -> Self {
        Self {
            spend,
            per_conversion: (credit.conversions > 0.0).then(|| spend / credit.conversions),
            return_on_spend: (spend > 0.0).then(|| credit.value / spend),
        }
    }
}

/// What more spend brought, between two periods of equal length: an average over the change, not a curve. Both periods'
/// season, prices and other channels are in it; where those moved, an experiment or the media-mix model knows better.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Marginal {
    /// Spend of the later period less that of the earlier.
    pub spend: f64,
    /// Change of spend per change of attributed conversions; `None` when they did not move the same way.
    pub per_conversion: Option<f64>,
    /// Change of attributed value per change of spend.
    pub return_on_spend: f64,
}

impl Marginal {
    /// From one period to the next; `None` unless spend changed by at least `least_change`, a fraction of the earlier:
    /// a small change divides noise by nearly nothing.
    #[must_use]
    pub fn between(before: (f64, ChannelCredit), after: (f64, ChannelCredit), least_change: f64) -> Option<Self> {
        let spend = after.0 - before.0;
        if spend == 0.0 || spend.abs() < least_change * before.0.abs() {
            return None;
        }
        let conversions = after.1.conversions - before.1.conversions;
        let value = after.1.value - before.1.value;
        Some(Self {
            spend,
            per_conversion: (spend * conversions > 0.0).then(|| spend / conversions),
            return_on_spend: value / spend,
        })
    }
}

/// How far models disagree about a channel.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Disagreement {
    /// Fewest conversions any model credits.
    pub low: f64,
    /// Which model.
    pub low_model: String,
    /// Most conversions any model credits.
    pub high: f64,
    /// Which model.
    pub high_model: String,
    /// The models' average.
    pub mean: f64,
    /// (high − low) / mean: 0 when all agree, 1 when the range is as large as the figure itself. `None` when the mean is
    /// not positive.
    pub spread: Option<f64>,
}

/// The disagreement about each channel, by number. Without models there is none.
#[must_use]
pub fn disagreement(models: &[(String, Vec<ChannelCredit>)]) -> Vec<Disagreement> {
    let channels = models.iter().map(|(_, credits)| credits.len()).max().unwrap_or(0);
    let about = |channel: usize| {
        let found: Vec<(&str, f64)> = models
            .iter()
            .map(|(name, credits)| (name.as_str(), credits.get(channel).map_or(0.0, |credit| credit.conversions)))
            .collect();
        let (low_model, low) = found.iter().copied().min_by(|a, b| a.1.total_cmp(&b.1))?;
        let (high_model, high) = found.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1))?;
        let mean = found.iter().map(|(_, conversions)| conversions).sum::<f64>() / found.len() as f64;
        Some(Disagreement {
            low,
            low_model: low_model.to_owned(),
            high,
            high_model: high_model.to_owned(),
            mean,
            spread: (mean > 0.0).then(|| (high - low) / mean),
        })
    };
    (0..channels).filter_map(about).collect()
}

/// How much of all credit lies elsewhere under another model, 0 to 1 for credits that are not negative: half the sum of
/// the channels' differences in share (total variation).
#[must_use]
pub fn distance(one: &[ChannelCredit], other: &[ChannelCredit]) -> f64 {
    let sum = |credits: &[ChannelCredit]| credits.iter().map(|credit| credit.conversions).sum::<f64>();
    let (all_one, all_other) = (sum(one), sum(other));
    if all_one == 0.0 || all_other == 0.0 {
        return if all_one == all_other { 0.0 } else { 1.0 };
    }
    let share = |credits: &[ChannelCredit], at: usize, all: f64| credits.get(at).map_or(0.0, |c| c.conversions / all);
    let channels = one.len().max(other.len());
    (0..channels).map(|at| (share(one, at, all_one) - share(other, at, all_other)).abs()).sum::<f64>() / 2.0
}

/// How many conversions platforms claimed twice at the least, when only their sums are known: what they claim together
/// beyond all there were.
#[must_use]
pub fn at_least_double(claimed: impl IntoIterator<Item = f64>, conversions: f64) -> f64 {
    (claimed.into_iter().sum::<f64>() - conversions).max(0.0)
}
