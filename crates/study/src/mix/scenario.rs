//! Plans for the weeks to come, side by side: what each would bring, and which is the better one.
//!
//! Two plans are compared draw by draw: whatever curves a draw has, both are judged by the same ones, and what would come
//! anyway and the chance of the weeks to come are the same in both and fall out. So the interval of a difference is
//! narrower than the two plans' own intervals look beside each other.

use std::collections::BTreeSet;

use calendar::format_day;
use mmm::Posterior;
use problem::{FieldError, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::Figure;
use super::budget::{BoundsOf, BudgetQuestion, Goal};
use super::history::promotion_days;
use super::{Fitting, LEVEL, Outcome};

/// Most weeks a plan may hold.
const MOST_WEEKS: usize = 52;
/// Most characters of a plan's name.
const LONGEST_NAME: usize = 60;
/// Most channels that are named in a plan: more than are ever told apart.
const MOST_CHANNELS: usize = 30;
/// The most a channel may be given a week, minor units: far beyond every budget, and still exact as a float.
const MOST_SPEND: i64 = 9_000_000_000_000_000;
/// Seed of the errors to come: the same for every plan.
const SEED: u64 = 1;

/// Which of these plans is the better one?
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ScenarioQuestion)]
pub struct ScenarioQuestion {
    /// Weeks ahead, from the first week on that the media mix does not know: 1 to 52.
    #[serde(default = "eight")]
    #[schema(minimum = 1, maximum = 52)]
    pub weeks: usize,
    /// The plans; the others are compared with the first.
    #[schema(min_items = 2, max_items = 5)]
    pub plans: Vec<Plan>,
}

/// Two months, by which most of what spend carries over has come.
const fn eight() -> usize {
    8
}

/// A plan: the same spend in each week.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ScenarioPlan)]
pub struct Plan {
    /// What it is called; each is called otherwise.
    #[schema(min_length = 1, max_length = 60)]
    pub name: String,
    /// What is spent a week.
    pub spend: PlannedSpend,
}

/// What a plan spends a week.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[schema(as = PlannedSpend)]
pub enum PlannedSpend {
    /// As now: the mean of the last eight weeks.
    Present {},
    /// As given; channels that are not named stay as they are now.
    Given {
        /// Channels with what each gets.
        #[schema(max_items = 30)]
        channels: Vec<ChannelSpend>,
    },
    /// As `/planning/budget` recommends it.
    Recommended {
        /// What is wanted of a week's money.
        goal: Goal,
        /// Least and greatest spend of channels.
        #[serde(default)]
        bounds: Vec<BoundsOf>,
    },
}

/// What a channel gets a week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ScenarioSpend)]
pub struct ChannelSpend {
    /// The channel's name.
    pub channel: String,
    /// Minor units a week, 0 or more.
    #[schema(minimum = 0)]
    pub spend_minor: i64,
}

impl ScenarioQuestion {
    /// Checks what can be checked without a fit.
    ///
    /// # Errors
    /// 422 naming what is out of bounds.
    pub fn check(&self) -> Result<(), Problem> {
        if !(1..=MOST_WEEKS).contains(&self.weeks) {
            return Err(Problem::invalid_field(
                "/weeks",
                format!("it must be 1 to {MOST_WEEKS}, found {}", self.weeks),
            ));
        }
        if !(2..=5).contains(&self.plans.len()) {
            return Err(Problem::invalid_field("/plans", format!("2 to 5 plans, found {}", self.plans.len())));
        }
        let mut names = BTreeSet::new();
        for (at, plan) in self.plans.iter().enumerate() {
            let name = plan.name.trim();
            let field = format!("/plans/{at}/name");
            if name.is_empty() || name.chars().count() > LONGEST_NAME {
                return Err(Problem::invalid_field(field, format!("it must be 1 to {LONGEST_NAME} characters")));
            }
            if !names.insert(name) {
                return Err(Problem::invalid_field(field, format!("another plan is called {name}, too")));
            }
            match &plan.spend {
                PlannedSpend::Present {} => {}
                PlannedSpend::Given { channels } => {
                    if channels.len() > MOST_CHANNELS {
                        let detail = format!("at most {MOST_CHANNELS} channels, found {}", channels.len());
                        return Err(Problem::invalid_field(format!("/plans/{at}/spend/channels"), detail));
                    }
                    let mut seen = BTreeSet::new();
                    for (place, given) in channels.iter().enumerate() {
                        let field = |name: &str| format!("/plans/{at}/spend/channels/{place}/{name}");
                        if !(0..=MOST_SPEND).contains(&given.spend_minor) {
                            let detail = format!("it must be 0 to {MOST_SPEND}, found {}", given.spend_minor);
                            return Err(Problem::invalid_field(field("spend_minor"), detail));
                        }
                        if !seen.insert(given.channel.as_str()) {
                            let detail = format!("{} stands there twice", given.channel);
                            return Err(Problem::invalid_field(field("channel"), detail));
                        }
                    }
                }
                PlannedSpend::Recommended { goal, bounds } => {
                    let asked = BudgetQuestion { goal: *goal, bounds: bounds.clone() };
                    asked.check().map_err(|problem| within(problem, at))?;
                }
            }
        }
        Ok(())
    }
}

/// A problem of a division, as one of a plan's.
fn within(problem: Problem, plan: usize) -> Problem {
    if problem.errors.is_empty() {
        return problem;
    }
    let named = problem.errors.into_iter();
    Problem::invalid(
        named.map(|error| FieldError::new(format!("/plans/{plan}/spend{}", error.field), error.detail)).collect(),
    )
}

/// Plans side by side. Amounts are minor units; figures are over all the weeks unless they say otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Scenario)]
pub struct Scenario {
    /// What counts.
    pub outcome: Outcome,
    /// ISO 4217 code of amounts.
    pub currency: String,
    /// Weeks ahead.
    pub weeks: usize,
    /// First day of the first of them, `YYYY-MM-DD`: the day after the weeks the media mix knows.
    pub from: String,
    /// Last day of the last one.
    pub to: String,
    /// How much of the draws an interval holds: a fraction.
    pub level: f64,
    /// The plans, as they were asked for.
    pub plans: Vec<PlanOutcome>,
}

/// What a plan would bring.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = PlanOutcome)]
pub struct PlanOutcome {
    /// Its name.
    pub name: String,
    /// Spend a week.
    pub spend_a_week: i64,
    /// Spend over all the weeks.
    pub spend: i64,
    /// All that would come: what comes anyway, what earlier spend still brings, and what the plan brings; minor units or
    /// orders. The interval holds the chance of the weeks to come, too.
    pub outcome: Figure,
    /// What the plan's spend brings of it within the weeks; what works on after them is not counted.
    pub brought: Figure,
    /// The same by channel, in the study's order.
    pub channels: Vec<PlanChannel>,
    /// What it brings more than the first plan; null for that one. Draw by draw, both by the same curves: the interval is
    /// narrower than those of the two outcomes.
    pub difference: Option<Figure>,
    /// Probability that it brings more than the first plan, ½ where both bring the same; null for that one.
    pub probability: Option<f64>,
    /// What to keep in mind before believing it, in words.
    pub warnings: Vec<String>,
}

/// A channel's part of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = PlanChannel)]
pub struct PlanChannel {
    /// Its name.
    pub name: String,
    /// Spend a week.
    pub spend: i64,
    /// What is spent a week at present.
    pub present: i64,
    /// What the spend brings within the weeks.
    pub brought: Figure,
    /// What the next minor unit a week would bring a week, kept up for good.
    pub marginal_return: Figure,
    /// Whether the spend is above every week seen, where the curve is mostly assumed.
    pub beyond: bool,
}

impl Fitting {
    /// Plans side by side.
    ///
    /// # Errors
    /// 422 naming what cannot be planned.
    pub fn scenario(&self, question: &ScenarioQuestion) -> Result<Scenario, Problem> {
        question.check()?;
        let model = self.model()?;
        let posterior = self.posterior(&model)?;
        let weeks = question.weeks;
        let known = self.data.outcome.len();
        let promotions = promotion_days(&self.question, self.day(known), weeks)?;
        let controls = vec![promotions; self.spec.controls.len()];
        let plan = |spends: &[i64]| mmm::Plan {
            spend: spends.iter().map(|spend| vec![*spend as f64; weeks]).collect(),
            controls: controls.clone(),
        };
        let mut first: Option<mmm::Plan> = None;
        let mut plans = Vec::new();
        for (at, asked) in question.plans.iter().enumerate() {
            let spends = self.planned(&posterior, at, &asked.spend)?;
            let planned = plan(&spends);
            let failed = |error: mmm::Error| Problem::internal(error.to_string());
            let outlook = posterior.outlook(&planned, LEVEL, SEED).map_err(failed)?;
            let than_first =
                first.as_ref().map(|first| posterior.compare(first, &planned, LEVEL)).transpose().map_err(failed)?;
            let channels = self.plan_channels(&posterior, &spends, &outlook.brought);
            let spend_a_week: i64 = spends.iter().sum();
            plans.push(PlanOutcome {
                name: asked.name.trim().to_owned(),
                spend_a_week,
                spend: spend_a_week.saturating_mul(i64::try_from(weeks).unwrap_or(i64::MAX)),
                outcome: outlook.total.into(),
                brought: outlook.brought_together.into(),
                warnings: self.warnings(&channels),
                channels,
                difference: than_first.map(|found| found.difference.into()),
                probability: than_first.map(|found| found.probability),
            });
            first.get_or_insert(planned);
        }
        Ok(Scenario {
            outcome: self.question.outcome,
            currency: self.currency.clone(),
            weeks,
            from: format_day(self.day(known)),
            to: format_day(self.day(known + weeks) - 1),
            level: LEVEL,
            plans,
        })
    }

    /// What a plan spends a week, by channel.
    fn planned(&self, posterior: &Posterior<'_>, plan: usize, asked: &PlannedSpend) -> Result<Vec<i64>, Problem> {
        match asked {
            PlannedSpend::Present {} => Ok(self.present()),
            PlannedSpend::Given { channels } => {
                let mut spends = self.present();
                for (place, given) in channels.iter().enumerate() {
                    let spend = self.place(&given.channel).and_then(|at| spends.get_mut(at)).ok_or_else(|| {
                        let field = format!("/plans/{plan}/spend/channels/{place}/channel");
                        Problem::invalid_field(field, self.no_channel(&given.channel))
                    })?;
                    *spend = given.spend_minor;
                }
                Ok(spends)
            }
            PlannedSpend::Recommended { goal, bounds } => {
                let asked = BudgetQuestion { goal: *goal, bounds: bounds.clone() };
                let budget = self.divide(posterior, &asked).map_err(|problem| within(problem, plan))?;
                Ok(budget.channels.iter().map(|share| share.spend).collect())
            }
        }
    }

    fn plan_channels(&self, posterior: &Posterior<'_>, spends: &[i64], brought: &[mmm::Figure]) -> Vec<PlanChannel> {
        let parts = self.spec.channels.iter().zip(self.present()).zip(spends.iter().zip(brought));
        parts
            .enumerate()
            .map(|(at, ((channel, present), (spend, brought)))| {
                // Of the first unit, where there is none: an S-curve has no slope at 0, a concave one no end of it.
                let next = posterior.response(at, &[(*spend as f64).max(1.0)], LEVEL);
                PlanChannel {
                    name: channel.name.clone(),
                    spend: *spend,
                    present,
                    brought: (*brought).into(),
                    marginal_return: next.first().map(|next| next.marginal).unwrap_or_default().into(),
                    beyond: *spend as f64 > self.highest(at),
                }
            })
            .collect()
    }

    /// What is planned beyond all that was ever tried.
    fn warnings(&self, channels: &[PlanChannel]) -> Vec<String> {
        let beyond = channels.iter().enumerate().filter(|(_, channel)| channel.beyond);
        beyond
            .map(|(at, channel)| {
                let far = if channel.spend > self.most(at) { "more than twice as much" } else { "more" };
                format!(
                    "{} gets {far} a week than in any week so far: what it would bring there is assumed, not learnt",
                    channel.name
                )
            })
            .collect()
    }
}
