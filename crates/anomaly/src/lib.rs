//! What was not as usual, since when, and which segment moved it.
//!
//! [`watch`] judges each value by nothing but those before it, as a shop meets them; [`look_back`] judges a history that is
//! over, from both sides; [`change::changes`] finds levels that changed for good; [`contribution::contributions`] splits a
//! change over segments, exactly. Which of several figures deserve a look, and who is told, is not decided here.
//!
//! Pure: no clock, no randomness. Methods and their limits: `docs/science.md`.

pub mod change;
pub mod contribution;
mod usual;

use serde::Serialize;

pub use usual::{Scale, Usual};

/// Longest season.
pub const MAX_SEASON: usize = 366;

/// When a value is an anomaly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// Periods after which the pattern repeats: 7 for days, 24 for hours; 1 for none.
    pub season: usize,
    /// How distances from the usual are measured.
    pub scale: Scale,
    /// Robust standard deviations from the usual.
    pub threshold: f64,
    /// How many alerts are worth a look.
    pub budget: Option<Budget>,
}

impl Default for Options {
    fn default() -> Self {
        Self { season: 7, scale: Scale::Ratio, threshold: 4.0, budget: None }
    }
}

/// How many alerts are worth a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// At most this many
    pub alerts: usize,
    /// in this many periods.
    pub periods: usize,
}

/// Why nothing is judged.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{field} is {found}, it must be {wanted}")]
pub struct Error {
    /// Which option.
    pub field: &'static str,
    /// What it says.
    pub found: f64,
    /// What it may say.
    pub wanted: &'static str,
}

/// Whether anybody is to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// The first day of something unusual.
    Raised,
    /// The period before was unusual in the same direction: one alert is enough.
    Continues,
    /// There were as many alerts as the budget allows.
    OverBudget,
}

/// A value unlike those before.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Anomaly {
    /// Where in the series.
    pub at: usize,
    /// What was seen, in the series' unit.
    pub value: f64,
    /// What was usual.
    pub expected: f64,
    /// The least that would have been no anomaly.
    pub lower: f64,
    /// The most that would have been no anomaly.
    pub upper: f64,
    /// Robust standard deviations between the value and the usual; negative below.
    pub score: f64,
    /// Whether anybody is to be told.
    pub notice: Notice,
}

/// A history, judged.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Judged {
    /// Values that were judged: not those from which the usual was learnt first, nor known days, nor gaps.
    pub judged: usize,
    /// The values unlike the others, earliest first.
    pub anomalies: Vec<Anomaly>,
}

impl Judged {
    /// The share of judged values that were anomalies: what false alarms can be at most. `None` where none was judged.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        (self.judged > 0).then(|| self.anomalies.len() as f64 / self.judged as f64)
    }
}

/// Judges each value by those before it. `known` are places not to be judged nor learnt from: a sale, an outage that is
/// explained. Of a series with fewer than [`Usual::learns_from`] values nothing is judged.
///
/// # Errors
/// An option is out of bounds.
pub fn watch(observed: &[Option<f64>], known: &[usize], options: &Options) -> Result<Judged, Error> {
    let mut usual = Usual::new(options.season, options.scale, options.threshold)?;
    let mut judged = Judged::default();
    for (at, value) in observed.iter().enumerate() {
        let value = value.filter(|value| value.is_finite() && known.binary_search(&at).is_err());
        if let Some(judgement) = usual.see(value) {
            judged.judged += 1;
            if judgement.unusual {
                judged.note(at, value.unwrap_or_default(), &judgement, options.budget);
            }
        }
    }
    Ok(judged)
}

/// Judges a history that is over: what is usual at a place is the mean of what the values before and those after say, the
/// spread that of the whole history. It sees more clearly than [`watch`], and too late. `known` as there.
///
/// # Errors
/// An option is out of bounds.
pub fn look_back(observed: &[Option<f64>], known: &[usize], options: &Options) -> Result<Judged, Error> {
    let clean = |(at, value): (usize, &Option<f64>)| {
        value.filter(|value| value.is_finite() && known.binary_search(&at).is_err())
    };
    let values: Vec<Option<f64>> = observed.iter().enumerate().map(clean).collect();
    let mut judged = Judged::default();
    for (at, judgement) in usual::from_both_sides(&values, options)?.into_iter().enumerate() {
        let (Some(judgement), Some(value)) = (judgement, values.get(at).copied().flatten()) else { continue };
        judged.judged += 1;
        if judgement.unusual {
            judged.note(at, value, &judgement, options.budget);
        }
    }
    Ok(judged)
}

/// What is to be said of a value.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Judgement {
    /// What was usual, in the series' unit.
    pub expected: f64,
    /// The least that is no anomaly.
    pub lower: f64,
    /// The most that is no anomaly.
    pub upper: f64,
    /// Robust standard deviations between the value and the usual; negative below.
    pub score: f64,
    /// Whether the value is an anomaly.
    pub unusual: bool,
}

impl Judged {
    fn note(&mut self, at: usize, value: f64, judgement: &Judgement, budget: Option<Budget>) {
        let Judgement { expected, lower, upper, score, .. } = *judgement;
        let continues =
            self.anomalies.last().is_some_and(|before| before.at + 1 == at && (before.score > 0.0) == (score > 0.0));
        let spent = budget.is_some_and(|budget| {
            let raised = |before: &&Anomaly| before.notice == Notice::Raised && at - before.at < budget.periods;
            self.anomalies.iter().rev().filter(raised).count() >= budget.alerts
        });
        let notice = match (continues, spent) {
            (true, _) => Notice::Continues,
            (false, true) => Notice::OverBudget,
            (false, false) => Notice::Raised,
        };
        self.anomalies.push(Anomaly { at, value, expected, lower, upper, score, notice });
    }
}
