//! How a weekly budget is best divided over the channels of a fit, in whole minor units.

use std::collections::BTreeSet;

use mmm::Posterior;
use mmm::budget::{self, Bounds, divide, in_minor_units};
use problem::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::Figure;
use super::{Fitting, LEVEL};

/// Draws whose mean curve is divided over; gains are then taken over all draws.
const CURVES: usize = 100;

/// What is wanted of a week's money.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[schema(as = BudgetGoal)]
pub enum Goal {
    /// The most outcome for this money.
    Spend {
        /// Minor units a week, above 0.
        #[schema(minimum = 1)]
        total_minor: i64,
    },
    /// The most revenue whose return on ad spend, over all channels together, is at least this.
    TargetRoas {
        /// Revenue for each unit of spend, above 0.
        #[schema(exclusive_minimum = 0.0)]
        roas: f64,
    },
    /// The most orders whose cost, over all channels together, is at most this.
    TargetCpa {
        /// Minor units an order, above 0.
        #[schema(exclusive_minimum = 0.0)]
        cpa_minor: f64,
    },
}

/// Least and greatest spend of a channel a week, minor units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BudgetBounds)]
pub struct BoundsOf {
    /// The channel's name.
    pub channel: String,
    /// Least; 0 when missing.
    #[serde(default)]
    #[schema(minimum = 0)]
    pub min: i64,
    /// Greatest; twice the highest week seen when missing.
    #[serde(default)]
    #[schema(minimum = 0)]
    pub max: Option<i64>,
}

/// How is a week's money best divided?
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BudgetQuestion)]
pub struct BudgetQuestion {
    /// What is wanted.
    pub goal: Goal,
    /// Bounds of channels.
    #[serde(default)]
    pub bounds: Vec<BoundsOf>,
}

impl BudgetQuestion {
    /// Checks what can be checked without a fit.
    ///
    /// # Errors
    /// 422 naming what is out of bounds.
    pub fn check(&self) -> Result<(), Problem> {
        let positive = |field: &str, number: f64| {
            if number.is_finite() && number > 0.0 && number < 9e15 {
                Ok(())
            } else {
                Err(Problem::invalid_field(field, format!("it must be above 0, found {number}")))
            }
        };
        match self.goal {
            Goal::Spend { total_minor } => positive("/goal/total_minor", total_minor as f64)?,
            Goal::TargetRoas { roas } => positive("/goal/roas", roas)?,
            Goal::TargetCpa { cpa_minor } => positive("/goal/cpa_minor", cpa_minor)?,
        }
        let mut seen = BTreeSet::new();
        for bounds in &self.bounds {
            let least = bounds.max.is_none_or(|max| max >= bounds.min && max < 9_000_000_000_000_000);
            if bounds.min < 0 || !least {
                let detail = format!("the bounds of {} must be 0 or more, `min` not above `max`", bounds.channel);
                return Err(Problem::invalid_field("/bounds", detail));
            }
            if !seen.insert(bounds.channel.as_str()) {
                return Err(Problem::invalid_field("/bounds", format!("{} stands there twice", bounds.channel)));
            }
        }
        Ok(())
    }
}

/// The best division found, beside the present one. What money brings is a week's, the spend kept up.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = BudgetAnswer)]
pub struct Budget {
    /// ISO 4217 code of amounts.
    pub currency: String,
    /// Spend a week: the parts add up to it.
    pub total: i64,
    /// What it brings: minor units or orders.
    pub outcome: Figure,
    /// What is spent a week at present.
    pub present_total: i64,
    /// What that brings.
    pub present_outcome: Figure,
    /// What the division brings more than the present spend.
    pub gain: Figure,
    /// Probability that it brings more; ½ where it is the present spend.
    pub probability: f64,
    /// By channel, in the study's order.
    pub channels: Vec<Share>,
}

/// A channel's part.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = BudgetShare)]
pub struct Share {
    /// Its name.
    pub name: String,
    /// Minor units a week.
    pub spend: i64,
    /// What is spent a week at present.
    pub present: i64,
    /// What the spend brings.
    pub outcome: Figure,
    /// What the next minor unit would bring.
    pub marginal_return: f64,
    /// Which bound holds the spend back, `min` or `max`; null for none.
    pub bound: Option<String>,
    /// Whether the spend is above every week seen, where the curve is mostly assumed.
    pub beyond: bool,
}

/// A division of whole minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Division(pub Vec<i64>);

impl Fitting {
    /// The best division of a week's money.
    ///
    /// # Errors
    /// 422 naming what cannot be met.
    pub fn budget(&self, question: &BudgetQuestion) -> Result<Budget, Problem> {
        question.check()?;
        let model = self.model()?;
        self.divide(&self.posterior(&model)?, question)
    }

    pub(super) fn divide(&self, posterior: &Posterior<'_>, question: &BudgetQuestion) -> Result<Budget, Problem> {
        let goal = match (question.goal, self.question.outcome) {
            (Goal::Spend { total_minor }, _) => budget::Goal::Spend(total_minor as f64),
            (Goal::TargetRoas { roas }, super::Outcome::Revenue) => budget::Goal::Return(roas),
            (Goal::TargetCpa { cpa_minor }, super::Outcome::Orders) => budget::Goal::CostPerOutcome(cpa_minor),
            (Goal::TargetRoas { .. }, _) => {
                return Err(Problem::invalid_field("/goal/kind", "the study is of orders: set `target_cpa`"));
            }
            (Goal::TargetCpa { .. }, _) => {
                return Err(Problem::invalid_field("/goal/kind", "the study is of revenue: set `target_roas`"));
            }
        };
        let bounds = self.bounds(question)?;
        let room: f64 = bounds.iter().map(|bounds| bounds.high).sum();
        if let budget::Goal::Spend(total) = goal
            && total > room
        {
            let detail = format!(
                "the bounds leave room for {room:.0} a week; where none is set it is twice the highest week seen, for \
                 beyond it the curves are guessed"
            );
            return Err(Problem::invalid_field("/goal/total_minor", detail));
        }
        let present = self.present();
        let curves: Vec<_> = (0..bounds.len()).map(|at| posterior.curves(at, CURVES)).collect();
        let now: Vec<f64> = present.iter().map(|spend| *spend as f64).collect();
        let found = divide(&curves, &bounds, goal, std::slice::from_ref(&now)).map_err(|error| match error {
            budget::Error::Bounds | budget::Error::TooLittle { .. } => {
                Problem::invalid_field("/bounds", error.to_string())
            }
            budget::Error::Goal | budget::Error::OutOfReach { .. } => {
                Problem::invalid_field("/goal", error.to_string())
            }
        })?;
        let total = match question.goal {
            Goal::Spend { total_minor } => total_minor,
            // A unit more could miss the target.
            _ => found.total.floor() as i64,
        };
        let Division(mut spend) = whole(&found.spend, total, &bounds)
            .ok_or_else(|| Problem::invalid_field("/goal", "no money is left to divide under this goal"))?;
        let within = |spend: &[i64]| {
            spend.iter().zip(&bounds).all(|(spend, bounds)| (bounds.low..=bounds.high).contains(&(*spend as f64)))
        };
        // The curves divided over are of some draws: what all draws hold against leaving things as they are is not advised.
        let as_f64 = |spend: &[i64]| -> Vec<f64> { spend.iter().map(|spend| *spend as f64).collect() };
        let mut gain = posterior.gain(&now, &as_f64(&spend), LEVEL);
        if gain.difference.mean <= 0.0 && present.iter().sum::<i64>() == total && within(&present) {
            spend.clone_from(&present);
            gain = posterior.gain(&now, &now, LEVEL);
        }
        let nothing = vec![0.0; spend.len()];
        let brings = |spend: &[f64]| Figure::from(posterior.gain(&nothing, spend, LEVEL).difference);
        let channels = spend
            .iter()
            .enumerate()
            .map(|(at, own)| {
                let mut alone = nothing.clone();
                if let Some(alone) = alone.get_mut(at) {
                    *alone = *own as f64;
                }
                let bounds = bounds.get(at).copied().unwrap_or(Bounds { low: 0.0, high: 0.0 });
                let bound = if *own as f64 >= bounds.high {
                    Some("max".to_owned())
                } else if bounds.low > 0.0 && *own as f64 <= bounds.low {
                    Some("min".to_owned())
                } else {
                    None
                };
                Share {
                    name: self.spec.channels.get(at).map(|channel| channel.name.clone()).unwrap_or_default(),
                    spend: *own,
                    present: present.get(at).copied().unwrap_or_default(),
                    outcome: brings(&alone),
                    marginal_return: curves.get(at).map_or(0.0, |curve| {
                        // Of the first unit, where there is none: an S-curve has no slope at 0, a concave one no end of it.
                        budget::Response::slope(curve, (*own as f64).max(1.0))
                    }),
                    bound,
                    beyond: *own as f64 > self.highest(at),
                }
            })
            .collect();
        Ok(Budget {
            currency: self.currency.clone(),
            total,
            outcome: brings(&as_f64(&spend)),
            present_total: present.iter().sum(),
            present_outcome: brings(&now),
            gain: gain.difference.into(),
            probability: gain.probability,
            channels,
        })
    }

    /// Where a channel stands.
    pub(super) fn place(&self, channel: &str) -> Option<usize> {
        self.spec.channels.iter().position(|known| known.name == channel)
    }

    /// That a channel is not among these.
    pub(super) fn no_channel(&self, channel: &str) -> String {
        let names: Vec<&str> = self.spec.channels.iter().map(|channel| channel.name.as_str()).collect();
        format!("there is no channel {channel:?}; these are: {}", names.join(", "))
    }

    fn bounds(&self, question: &BudgetQuestion) -> Result<Vec<Bounds>, Problem> {
        let mut bounds: Vec<Bounds> = (0..self.spec.channels.len()).map(|at| self.reach(at)).collect();
        for asked in &question.bounds {
            let bounds = self
                .place(&asked.channel)
                .and_then(|at| bounds.get_mut(at))
                .ok_or_else(|| Problem::invalid_field("/bounds", self.no_channel(&asked.channel)))?;
            bounds.low = asked.min as f64;
            bounds.high = asked.max.map_or(bounds.high.max(bounds.low), |max| max as f64);
        }
        Ok(bounds)
    }
}

/// Whole minor units, exactly `total` together and within the bounds, which are whole numbers.
fn whole(parts: &[f64], total: i64, bounds: &[Bounds]) -> Option<Division> {
    let mut units = in_minor_units(parts, total)?;
    // Rounding may lift a part over its bound by a unit or two; it goes where there is room.
    for (unit, bounds) in units.iter_mut().zip(bounds) {
        *unit = (*unit).clamp(bounds.low as i64, bounds.high as i64);
    }
    let mut left = total - units.iter().sum::<i64>();
    for (unit, bounds) in units.iter_mut().zip(bounds) {
        let to = (*unit + left).clamp(bounds.low as i64, bounds.high as i64);
        left -= to - *unit;
        *unit = to;
    }
    (left == 0).then_some(Division(units))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_units_add_up_within_their_bounds() {
        let bounds =
            [Bounds { low: 0.0, high: 33.0 }, Bounds { low: 10.0, high: 40.0 }, Bounds { low: 0.0, high: 90.0 }];
        let Division(units) = whole(&[33.4, 33.3, 33.3], 100, &bounds).unwrap();
        assert_eq!(units.iter().sum::<i64>(), 100);
        assert!(units[0] <= 33 && units[1] <= 40);
        assert_eq!(whole(&[1.0, 1.0, 1.0], 164, &bounds), None);
        assert_eq!(whole(&[0.0, 10.0, 0.0], 10, &bounds).unwrap().0, [0, 10, 0]);
    }
}
