//! What each channel's money brought, how a budget is best divided and which of several plans is the better one: the
//! question, the fit in pieces, the answers. The method is crate `mmm`'s.

mod answer;
mod budget;
mod history;
mod scenario;

use mmm::fit::{Draw, Settings, Walk, advance};
use mmm::{Data, Model, Posterior, Spec};
use problem::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use answer::{Answer, Brought, CurvePoint, Figure, Measured, Part, Quality, Week};
pub use budget::{BoundsOf, Budget, BudgetQuestion, Division, Goal, Share};
pub use history::History;
pub use scenario::{ChannelSpend, Plan, PlanChannel, PlanOutcome, PlannedSpend, Scenario, ScenarioQuestion};

/// How much of the draws every interval and band holds.
pub const LEVEL: f64 = 0.9;
/// Most weeks that are learnt from: three years.
pub const MOST_WEEKS: usize = 156;
/// Fewest weeks with spend.
pub const FEWEST_WEEKS: usize = mmm::MIN_PERIODS;
/// Most experiments and most days of promotion that can be named.
const MOST_NAMED: usize = 200;

/// What counts as an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = MixOutcome)]
pub enum Outcome {
    /// Revenue, minor units.
    #[default]
    Revenue,
    /// Orders.
    Orders,
}

impl Outcome {
    /// The metric of the catalog.
    #[must_use]
    pub fn metric(self) -> &'static str {
        match self {
            Self::Revenue => "revenue",
            Self::Orders => "orders",
        }
    }
}

/// What the spend is told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = MixBy)]
pub enum By {
    /// Channel group.
    #[default]
    Channel,
    /// Platform.
    Source,
}

impl By {
    /// The dimension of the catalog.
    #[must_use]
    pub fn dimension(self) -> metrics::Dimension {
        match self {
            Self::Channel => metrics::Dimension::Channel,
            Self::Source => metrics::Dimension::Source,
        }
    }
}

/// What did each channel bring?
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = MixQuestion)]
pub struct Question {
    /// What counts; revenue when missing.
    pub outcome: Outcome,
    /// What the spend is told apart by; the channel group when missing.
    pub by: By,
    /// Most weeks of history, 26 to 156; 156 when missing.
    #[schema(minimum = 26, maximum = 156)]
    pub weeks: usize,
    /// Days, `YYYY-MM-DD`, on which something was on that lifts the outcome, such as a sale.
    #[schema(max_items = 200)]
    pub promotions: Vec<String>,
    /// What experiments measured; the fit is calibrated by them.
    #[schema(max_items = 200)]
    pub experiments: Vec<Lift>,
}

impl Default for Question {
    fn default() -> Self {
        Self {
            outcome: Outcome::default(),
            by: By::default(),
            weeks: MOST_WEEKS,
            promotions: Vec::new(),
            experiments: Vec::new(),
        }
    }
}

impl Question {
    /// Checks what can be checked without the shop's figures.
    ///
    /// # Errors
    /// 422 naming `/weeks`, `/promotions` or `/experiments`.
    pub fn check(&self) -> Result<(), Problem> {
        if !(FEWEST_WEEKS..=MOST_WEEKS).contains(&self.weeks) {
            let detail = format!("it must be {FEWEST_WEEKS} to {MOST_WEEKS} weeks, found {}", self.weeks);
            return Err(Problem::invalid_field("/weeks", detail));
        }
        for (field, found) in [("/promotions", self.promotions.len()), ("/experiments", self.experiments.len())] {
            if found > MOST_NAMED {
                return Err(Problem::invalid_field(field, format!("at most {MOST_NAMED}, found {found}")));
            }
        }
        let day = |field: &'static str, day: &str| {
            calendar::parse_day(field, day).map_err(|error| Problem::invalid_field(field, error.to_string()))
        };
        for promotion in &self.promotions {
            day("/promotions", promotion)?;
        }
        for lift in &self.experiments {
            let (from, to) = (day("/experiments", &lift.from)?, day("/experiments", &lift.to)?);
            let good = lift.lift.is_finite() && lift.standard_error > 0.0 && lift.standard_error.is_finite();
            if to < from || !good || !(lift.scale >= 0.0 && lift.scale.is_finite()) {
                let detail = "`from` must not be after `to`, `standard_error` must be above 0 and `scale` 0 or more";
                return Err(Problem::invalid_field("/experiments", detail));
            }
        }
        Ok(())
    }
}

/// What an experiment measured of one channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MixLift)]
pub struct Lift {
    /// The channel's name, as the answer has it.
    pub channel: String,
    /// First day on which its spend was another, `YYYY-MM-DD`; whole weeks are taken.
    pub from: String,
    /// The last one.
    pub to: String,
    /// What it is compared with: the recorded spend times this; 0 when missing, no spend at all.
    #[serde(default)]
    pub scale: f64,
    /// Outcome with the recorded spend less outcome with the other one, in minor units or orders.
    pub lift: f64,
    /// Its standard error, above 0.
    pub standard_error: f64,
}

/// How long the fit walks. The same figures always give the same answer: the seed is fixed.
const SETTINGS: Settings = Settings { seed: 1, chains: 4, warmup: 2_000, draws: 200, thin: 40 };
/// What one piece may cost: sweeps times periods times channels times what each looks at. Five channels over 156 weeks
/// take about 20 pieces of some 2,000 sweeps, each about 0.1 s natively: short, because a Worker has no clock that runs
/// while it computes, and a budget question waits for the piece at work.
const PIECE: usize = 120_000_000;

/// A fit on its way: all that the next piece and later budget questions need.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fitting {
    question: Question,
    currency: String,
    /// First local day of the first week.
    first_day: i64,
    /// By channel: the names that were put together, one where none were.
    merged: Vec<Vec<String>>,
    spec: Spec,
    data: Data,
    walk: Walk,
    draws: Vec<Draw>,
}

impl Fitting {
    /// A fit that has not begun, over the shop's weeks.
    ///
    /// # Errors
    /// 409 in words where there is too little to learn from; 422 naming `/experiments`.
    pub fn new(question: Question, currency: &str, history: History) -> Result<Self, Problem> {
        question.check()?;
        let set = history::set(&question, history)?;
        let fitting = Self {
            currency: currency.to_owned(),
            first_day: set.first_day,
            merged: set.merged,
            spec: set.spec,
            data: set.data,
            walk: Walk::new(SETTINGS).map_err(|error| Problem::internal(error.to_string()))?,
            draws: Vec::new(),
            question,
        };
        fitting.model()?;
        Ok(fitting)
    }

    /// Draws one piece more.
    ///
    /// # Errors
    /// The state is not one of this fit.
    pub fn advance(&mut self) -> Result<(), Problem> {
        let (model, piece) = (self.model()?, self.piece());
        let draws = advance(&model, &mut self.walk, piece).map_err(|error| refused(&error))?;
        self.draws.extend(draws);
        Ok(())
    }

    /// Sweeps of one piece.
    fn piece(&self) -> usize {
        let channels = self.spec.channels.len();
        let waves: usize = self.spec.seasons.iter().map(|season| 2 * season.order).sum();
        let columns = 2 + self.spec.turns + waves + self.spec.controls.len();
        let sweep = self.data.outcome.len() * (channels + 2) * (2 * channels + 3 * columns + 10);
        (PIECE / sweep.max(1)).clamp(100, 20_000)
    }

    /// Whether nothing is left to draw.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.walk.is_done()
    }

    /// How much is done, 0 to 1.
    #[must_use]
    pub fn progress(&self) -> f64 {
        self.walk.done() as f64 / self.walk.total().max(1) as f64
    }

    fn model(&self) -> Result<Model, Problem> {
        Model::new(self.spec.clone(), self.data.clone()).map_err(|error| refused(&error))
    }

    fn posterior<'a>(&'a self, model: &'a Model) -> Result<Posterior<'a>, Problem> {
        Posterior::new(model, &self.draws).map_err(|error| Problem::internal(error.to_string()))
    }
}

/// What the model refuses, for people.
fn refused(error: &mmm::Error) -> Problem {
    match error {
        mmm::Error::NoChannel { .. } => Problem::invalid_field("/experiments", error.to_string()),
        mmm::Error::Foreign => Problem::internal(error.to_string()),
        _ => Problem::conflict(format!("the media mix cannot be learnt from these weeks: {error}")),
    }
}

#[cfg(test)]
mod tests;
