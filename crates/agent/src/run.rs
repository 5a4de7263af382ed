//! The trait, the transcript, and how an agent asks.
//!
//! An agent is written from top to bottom as if every answer were there: `let site = ask.site()?;`. The first answer
//! that is missing leaves it through `?` as a [`Stop::Need`]. That makes `step` a function of the transcript alone.

use campaign::Brand;
use control::Permission;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::need::ModelRequest;
use crate::need::{
    Answer, CampaignFacts, ChannelFacts, Figures, GuardrailFacts, HourRow, ImageFacts, InsightRow, Level, Need,
    ProductFacts, SiteFacts,
};
use crate::proposal::Proposal;
use model::ModelAnswer;

/// Most answers a run may ask for; an agent that needs more goes round in circles.
pub const MOST_STEPS: usize = 60;

/// What a run was asked, by whom does not matter to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Brief<I> {
    /// The run's id; ids and seeds of what it makes derive from it.
    pub run_id: String,
    /// Site key.
    pub site: String,
    /// When it began, UTC ms: the run's only clock, however long it takes.
    pub started_at: i64,
    /// What to do when the configured model fails or its answer is refused.
    pub fallback: Fallback,
    /// The agent's own input.
    pub input: I,
}

impl<I> Brief<I> {
    /// The brief with another input.
    #[must_use]
    pub fn with<J>(&self, input: J) -> Brief<J> {
        Brief {
            run_id: self.run_id.clone(),
            site: self.site.clone(),
            started_at: self.started_at,
            fallback: self.fallback,
            input,
        }
    }

    /// A number to seed draws with: the same for the same run.
    #[must_use]
    pub fn seed(&self) -> u64 {
        use sha2::Digest as _;
        let digest = sha2::Sha256::digest(self.run_id.as_bytes());
        digest.iter().take(8).fold(0_u64, |seed, byte| (seed << 8) | u64::from(*byte))
    }
}

/// What to do when the configured model fails or its answer is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fallback {
    /// Use the built-in model instead, and say so.
    #[default]
    Builtin,
    /// Refuse: the run fails with the reason.
    Refuse,
}

/// A need and its answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// What was asked for.
    pub need: Need,
    /// What came.
    pub answer: Answer,
}

/// The answers so far, in the order they were asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Transcript {
    /// The entries.
    pub entries: Vec<Entry>,
}

impl Transcript {
    /// The answer to a need, if it is there.
    #[must_use]
    pub fn answer(&self, need: &Need) -> Option<&Answer> {
        self.entries.iter().find(|entry| entry.need == *need).map(|entry| &entry.answer)
    }
}

/// What an agent says when it is shown the transcript.
#[derive(Clone, Debug, PartialEq)]
pub enum Step<P> {
    /// It cannot go on without this.
    Need(Need),
    /// It is done.
    Done(P),
    /// It cannot do what it was asked, and says why, for a person.
    Refused(String),
}

/// Why an agent stopped on its way.
#[derive(Clone, Debug, PartialEq)]
pub enum Stop {
    /// It needs this first.
    Need(Need),
    /// It cannot do what it was asked; why, for a person.
    Refused(String),
}

impl Stop {
    /// A refusal.
    pub fn refused(reason: impl Into<String>) -> Self {
        Self::Refused(reason.into())
    }
}

/// An agent.
pub trait Agent {
    /// What it is asked.
    type Input: Serialize + DeserializeOwned;
    /// What it proposes.
    type Proposal: Into<Proposal>;

    /// Its stable name: `analyst`.
    const NAME: &'static str;
    /// Its name for people.
    const TITLE: &'static str;
    /// What it does, in a sentence.
    const ABOUT: &'static str;
    /// What whoever starts it must be allowed.
    const PERMISSION: Permission = Permission::RunAgents;

    /// JSON Schema (2020-12) of its input.
    fn input_schema() -> Value;

    /// The agent, from top to bottom; it leaves through `?` where an answer is missing.
    ///
    /// # Errors
    /// [`Stop`]: what it needs first, or why it cannot do what it was asked.
    fn work(brief: &Brief<Self::Input>, ask: &Ask<'_>) -> Result<Self::Proposal, Stop>;

    /// What comes next, given the answers so far.
    fn step(brief: &Brief<Self::Input>, transcript: &Transcript) -> Step<Self::Proposal> {
        match Self::work(brief, &Ask { transcript }) {
            Ok(proposal) => Step::Done(proposal),
            Err(Stop::Need(_)) if transcript.entries.len() >= MOST_STEPS => {
                Step::Refused(format!("the agent asked for more than {MOST_STEPS} things without coming to an end"))
            }
            Err(Stop::Need(need)) => Step::Need(need),
            Err(Stop::Refused(reason)) => Step::Refused(reason),
        }
    }
}

/// How an agent asks: each question answers from the transcript, or stops the agent with the need.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    transcript: &'a Transcript,
}

/// Stands for "the runtime answered something else than was asked", which only a fault of ours can bring about.
fn mismatch(need: &Need) -> Stop {
    Stop::refused(format!("{} could not be read", need.describe()))
}

impl<'a> Ask<'a> {
    /// Asks from these answers.
    #[must_use]
    pub fn of(transcript: &'a Transcript) -> Self {
        Self { transcript }
    }

    fn get(&self, need: Need) -> Result<(&'a Answer, Need), Stop> {
        match self.transcript.answer(&need) {
            Some(Answer::Missing { reason }) => Err(Stop::refused(reason.clone())),
            Some(answer) => Ok((answer, need)),
            None => Err(Stop::Need(need)),
        }
    }

    /// The site.
    ///
    /// # Errors
    /// [`Stop`], as all of these.
    pub fn site(&self) -> Result<&'a SiteFacts, Stop> {
        match self.get(Need::Site)? {
            (Answer::Site(site), _) => Ok(site),
            (_, need) => Err(mismatch(&need)),
        }
    }

    /// The brand guidelines.
    ///
    /// # Errors
    /// [`Stop`].
    pub fn brand(&self) -> Result<&'a Brand, Stop> {
        match self.get(Need::Brand)? {
            (Answer::Brand(brand), _) => Ok(brand),
            (_, need) => Err(mismatch(&need)),
        }
    }

    /// A campaign.
    ///
    /// # Errors
    /// [`Stop`].
    pub fn campaign(&self, id: &str) -> Result<&'a CampaignFacts, Stop> {
        match self.get(Need::Campaign { id: id.to_owned() })? {
            (Answer::Campaign(campaign), _) => Ok(campaign),
            (_, need) => Err(mismatch(&need)),
        }
    }

    /// Figures of the catalog over local days, both included.
    ///
    /// # Errors
    /// [`Stop`].
    pub fn figures(&self, metrics: &[&str], from: &str, to: &str, by: Option<&str>) -> Result<&'a Figures, Stop> {
        let need = Need::Figures {
            metrics: metrics.iter().map(|&metric| metric.to_owned()).collect(),
            from: from.to_owned(),
            to: to.to_owned(),
            by: by.map(str::to_owned),
        };
        match self.get(need)? {
            (Answer::Figures(figures), _) => Ok(figures),
            (_, need) => Err(mismatch(&need)),
        }
    }

    /// What providers report of a campaign.
    ///
    /// # Errors
    /// [`Stop`].
    pub fn insights(
        &self,
        campaign_id: &str,
        level: Level,
        from_day: i64,
        to_day: i64,
    ) -> Result<&'a [InsightRow], Stop> {
        let need = Need::Insights { campaign_id: campaign_id.to_owned(), level, from_day, to_day };
        match self.get(need)? {
            (Answer::Insights { rows }, _) => Ok(rows),
            (_, need) => Err(mismatch(&need)),
        }
    }

    /// The site's page views by hour, over local days, both included.
    ///
    /// # Errors
    /// [`Stop`].
    pub fn page_views(&self, from_day: i64, to_day: i64) -> Result<&'a [HourRow], Stop> {
        match self.get(Need::PageViews { from_day, to_day })? {
            (Answer::PageViews { rows }, _) => Ok(rows),
            (_, need) => Err(mismatch(&need)),
        }
    }

    /// The guardrails.
    ///
    /// # Errors
    /// [`Stop`].
    pub fn guardrails(&self) -> Result<&'a GuardrailFacts, Stop> {
        match self.get(Need::Guardrails)? {
            (Answer::Guardrails(guardrails), _) => Ok(guardrails),
            (_, need) => Err(mismatch(&need)),
        }
    }

    /// The connected accounts.
    ///
    /// # Errors
    /// [`Stop`].
    pub fn channels(&self) -> Result<&'a [ChannelFacts], Stop> {
        match self.get(Need::Channels)? {
            (Answer::Channels { rows }, _) => Ok(rows),
            (_, need) => Err(mismatch(&need)),
        }
    }

    /// The uploaded images.
    ///
    /// # Errors
    /// [`Stop`].
    pub fn images(&self) -> Result<&'a [ImageFacts], Stop> {
        match self.get(Need::Images)? {
            (Answer::Images { rows }, _) => Ok(rows),
            (_, need) => Err(mismatch(&need)),
        }
    }

    /// The best-selling products.
    ///
    /// # Errors
    /// [`Stop`].
    pub fn products(&self) -> Result<&'a [ProductFacts], Stop> {
        match self.get(Need::Products)? {
            (Answer::Products { rows }, _) => Ok(rows),
            (_, need) => Err(mismatch(&need)),
        }
    }

    /// A model's answer, or why there is none.
    ///
    /// # Errors
    /// [`Stop`].
    pub fn model(&self, request: &ModelRequest) -> Result<Result<&'a ModelAnswer, &'a str>, Stop> {
        match self.get(Need::Model(Box::new(request.clone())))? {
            (Answer::Model(answer), _) => Ok(Ok(answer)),
            (Answer::ModelFailed { reason }, _) => Ok(Err(reason)),
            (_, need) => Err(mismatch(&need)),
        }
    }
}
