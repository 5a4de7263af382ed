//! The readout: everything that can be said of an experiment so far, and what to do.

use crate::bayesian::{self, Posterior, Prior};
use crate::correction::{Correction, adjust};
use crate::effect::{Difference, Effect, effect};
use crate::frequentist::{self, Tail, Test};
use crate::guardrail::{self, Guardrail};
use crate::split::{self, Split};
use crate::statistic::Statistic;
use crate::{Refused, sequential};
use serde::{Deserialize, Serialize};

/// What a metric is there for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// It is to improve.
    Goal,
    /// It must not get worse by more than this, relative to the control.
    Guardrail {
        /// 0.01 tolerates one per cent.
        margin: f64,
    },
}

/// A metric as measured in every variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Stable name.
    pub key: String,
    /// What it is there for.
    pub role: Role,
    /// Whether less is better.
    #[serde(default)]
    pub lower_is_better: bool,
    /// The control's, then each variant's in order.
    pub statistics: Vec<Statistic>,
}

/// How it is judged.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// False alarms: 0.05.
    pub alpha: f64,
    /// What goals are counted in; guardrails are always relative.
    pub difference: Difference,
    /// Units around which the always-valid interval is tightest.
    pub tuning: f64,
    /// What is believed beforehand.
    pub prior: Prior,
    /// Over all goals and variants.
    pub correction: Correction,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            alpha: 0.05,
            difference: Difference::Relative,
            tuning: sequential::TUNING,
            prior: Prior::Flat,
            correction: Correction::HolmBonferroni,
        }
    }
}

/// What can be said of one metric in one variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Metric.
    pub metric: String,
    /// Variant: 1 is the first after the control.
    pub variant: usize,
    /// The effect; `None` where nothing can be said, for the reason beside it.
    pub effect: Option<Effect>,
    /// Why nothing can be said.
    pub refused: Option<String>,
    /// If it was looked at only now.
    pub fixed: Option<Test>,
    /// However often it was looked at.
    pub always: Option<Test>,
    /// p of `always` after the correction; `None` for a guardrail.
    pub adjusted_p: Option<f64>,
    /// The posterior.
    pub posterior: Option<Posterior>,
    /// The guardrail's verdict; `None` for a goal.
    pub guardrail: Option<Guardrail>,
    /// What it comes to.
    pub outcome: Outcome,
}

/// What a finding comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Surely better; of a guardrail: surely within its margin.
    Better,
    /// Surely worse.
    Worse,
    /// Not known yet.
    Undecided,
}

/// What to do with a variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Advice {
    /// Find out why the split is broken; believe nothing until then.
    MendSplit,
    /// A goal is better, none is worse, every guardrail is safe.
    Ship,
    /// A goal or a guardrail is worse.
    Stop,
    /// Wait.
    GoOn,
}

/// The readout.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Readout {
    /// Whether the traffic was split as planned.
    pub split: Split,
    /// Each metric in each variant.
    pub findings: Vec<Finding>,
    /// What to do with each variant after the control.
    pub advice: Vec<Advice>,
}

/// Reads out an experiment. Goals are judged always-valid, so it may be read out as often as one likes; guardrails by a
/// plain test, which rather warns too early.
///
/// # Errors
/// Visitors and weights do not match, or a setting is out of bounds. A single metric of which nothing can be said does
/// not fail the rest.
pub fn read_out(
    visitors: &[u64],
    weights: &[f64],
    metrics: &[Measured],
    settings: &Settings,
) -> Result<Readout, Refused> {
    let split = split::test(visitors, weights)?;
    crate::error_rate(settings.alpha)?;
    let mut findings = Vec::new();
    for metric in metrics {
        let Some((control, variants)) = metric.statistics.split_first() else { continue };
        for (place, variant) in variants.iter().enumerate() {
            findings.push(find(metric, place + 1, control, variant, settings));
        }
    }
    let goals: Vec<f64> = findings
        .iter()
        .filter(|finding| finding.guardrail.is_none())
        .filter_map(|finding| finding.always.map(|test| test.p_value))
        .collect();
    let mut adjusted = adjust(&goals, settings.correction).into_iter();
    for finding in &mut findings {
        let lower_is_better =
            metrics.iter().find(|metric| metric.key == finding.metric).is_some_and(|metric| metric.lower_is_better);
        finding.outcome = if let Some(guardrail) = finding.guardrail {
            match guardrail.verdict {
                guardrail::Verdict::Safe => Outcome::Better,
                guardrail::Verdict::Harmed => Outcome::Worse,
                guardrail::Verdict::Unclear => Outcome::Undecided,
            }
        } else if finding.always.is_some() {
            finding.adjusted_p = adjusted.next();
            let sure = finding.adjusted_p.is_some_and(|p| p < settings.alpha);
            match finding.effect {
                Some(effect) if sure && (effect.estimate > 0.0) != lower_is_better => Outcome::Better,
                Some(_) if sure => Outcome::Worse,
                _ => Outcome::Undecided,
            }
        } else {
            Outcome::Undecided
        };
    }
    let is_goal = |key: &str| metrics.iter().any(|metric| metric.key == key && metric.role == Role::Goal);
    let advice = (1..visitors.len())
        .map(|variant| {
            let of: Vec<&Finding> = findings.iter().filter(|finding| finding.variant == variant).collect();
            if split.mismatch {
                Advice::MendSplit
            } else if of.iter().any(|finding| finding.outcome == Outcome::Worse) {
                Advice::Stop
            } else if of.iter().any(|finding| is_goal(&finding.metric) && finding.outcome == Outcome::Better)
                && of.iter().all(|finding| is_goal(&finding.metric) || finding.outcome == Outcome::Better)
            {
                Advice::Ship
            } else {
                Advice::GoOn
            }
        })
        .collect();
    Ok(Readout { split, findings, advice })
}

fn find(metric: &Measured, variant: usize, control: &Statistic, measured: &Statistic, settings: &Settings) -> Finding {
    let nothing = |refused: Refused| Finding {
        metric: metric.key.clone(),
        variant,
        effect: None,
        refused: Some(refused.to_string()),
        fixed: None,
        always: None,
        adjusted_p: None,
        posterior: None,
        guardrail: None,
        outcome: Outcome::Undecided,
    };
    let found = || -> Result<Finding, Refused> {
        let difference = if metric.role == Role::Goal { settings.difference } else { Difference::Relative };
        let effect = effect(control, measured, difference)?;
        let guardrail = match metric.role {
            Role::Goal => None,
            Role::Guardrail { margin } => {
                Some(guardrail::judge(&effect, margin, metric.lower_is_better, settings.alpha)?)
            }
        };
        Ok(Finding {
            effect: Some(effect),
            refused: None,
            fixed: Some(frequentist::test(&effect, Tail::TwoSided, settings.alpha, 0.0)?),
            always: Some(sequential::test(&effect, settings.alpha, settings.tuning, 0.0)?),
            posterior: Some(bayesian::posterior(&effect, settings.prior, settings.alpha, metric.lower_is_better)?),
            guardrail,
            ..nothing(Refused::BaselineZero)
        })
    };
    found().unwrap_or_else(nothing)
}
