//! The rules: ways of sharing credit that look only at the journey in hand, and their declarative form.

use serde::{Deserialize, Serialize};

use crate::{
    AttributionError, Journey, Outcome, Tally, Touch, TouchKind,
    credit::normalise,
    model::{Descriptor, Model, Parameter, Parameters, Scorer},
    path::{ChannelCredit, ChannelId, Path, entry},
};

/// The channel group of a visit nobody referred.
pub const DIRECT_CHANNEL: &str = "Direct";

const DAY_MS: f64 = 86_400_000.0;

const HALF_LIFE: Parameter =
    Parameter { id: "half_life", label: "Half-life", default: 7.0, unit: "days", min: 0.1, max: 365.0 };

/// How the touches of a journey share its credit.
///
/// The declarative form is JSON: `{"rule": "position", "first": 0.3, "last": 0.5}`. A custom rule is another rule whose
/// weights are changed for some touches: `{"rule": "custom", "base": {"rule": "linear"}, "adjust": [{"when": {"kind":
/// "view"}, "factor": 0.25}, {"when": {"channels": ["Direct"]}, "factor": 0.1}]}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "snake_case", deny_unknown_fields)]
pub enum Rule {
    /// All to the first touch.
    First,
    /// All to the last touch.
    Last,
    /// All to the last touch that is not [`DIRECT_CHANNEL`]; to the last one when all are.
    LastNonDirect,
    /// The same to every touch.
    Linear,
    /// A part to the first touch, a part to the last, the rest shared by those between. One touch takes all; two take
    /// in the proportion of their parts.
    Position {
        /// The first touch's part, 0 to 1.
        first: f64,
        /// The last touch's part, 0 to 1; both parts together are at most 1.
        last: f64,
    },
    /// Weight 2^(−age / half-life), ages counted back from the journey's last touch.
    Decay {
        /// Days in which a touch loses half its weight.
        half_life_days: f64,
    },
    /// The same to every channel of the journey however often it was met, shared by its touches: the Shapley value of
    /// the game in which a set of channels earns the conversions of the journeys that need no other channel.
    Channels,
    /// Another rule's weights, changed for some touches.
    Custom {
        /// What it starts from.
        base: Box<Rule>,
        /// Applied one after the other; factors multiply.
        adjust: Vec<Adjustment>,
    },
}

/// A change of weight for some touches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adjustment {
    /// Which touches.
    pub when: Condition,
    /// Their weight is multiplied by this; 0 takes them out.
    pub factor: f64,
}

/// Which touches are meant: those that satisfy everything that is set.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Condition {
    /// The channel is one of these.
    pub channels: Option<Vec<String>>,
    /// The campaign is one of these.
    pub campaigns: Option<Vec<String>>,
    /// Seen or clicked.
    pub kind: Option<TouchKind>,
    /// Where in the journey.
    pub place: Option<Place>,
    /// At least so many days before the journey's last touch.
    pub min_age_days: Option<f64>,
    /// At most so many days before the journey's last touch.
    pub max_age_days: Option<f64>,
}

/// A place in a journey. A single touch is first and last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The first touch.
    First,
    /// Neither first nor last.
    Middle,
    /// The last touch.
    Last,
}

/// What a rule sees of a touch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step<'a> {
    /// Channel group, or whatever the journey is made of.
    pub channel: &'a str,
    /// Campaign; empty when unknown.
    pub campaign: &'a str,
    /// Seen or clicked.
    pub kind: TouchKind,
    /// Days between this touch and the journey's last.
    pub age_days: f64,
}

impl Rule {
    /// 40/20/40, the usual position-based rule.
    pub const POSITION_40_20_40: Self = Self::Position { first: 0.4, last: 0.4 };

    /// Checks the numbers of the rule and of all it is made of.
    ///
    /// # Errors
    /// [`AttributionError::BadRule`], which names the field.
    pub fn check(&self) -> Result<(), AttributionError> {
        let within = |field: &'static str, found: f64, min: f64, max: f64| {
            if (min..=max).contains(&found) {
                Ok(())
            } else {
                Err(AttributionError::BadRule { field, found, min, max })
            }
        };
        match self {
            Self::First | Self::Last | Self::LastNonDirect | Self::Linear | Self::Channels => Ok(()),
            Self::Position { first, last } => {
                within("first", *first, 0.0, 1.0)?;
                within("last", *last, 0.0, 1.0 - first)
            }
            Self::Decay { half_life_days } => within("half_life_days", *half_life_days, 1e-3, 3_650.0),
            Self::Custom { base, adjust } => {
                for one in adjust {
                    within("factor", one.factor, 0.0, 1e6)?;
                }
                base.check()
            }
        }
    }

    /// One weight per touch, earliest first. Only their proportions matter; when none is positive all share alike.
    #[must_use]
    pub fn weights(&self, steps: &[Step<'_>]) -> Vec<f64> {
        let only = |chosen: Option<usize>| -> Vec<f64> {
            (0..steps.len()).map(|at| if Some(at) == chosen { 1.0 } else { 0.0 }).collect()
        };
        let end = steps.len().checked_sub(1);
        match self {
            Self::First => only(Some(0)),
            Self::Last => only(end),
            Self::LastNonDirect => only(steps.iter().rposition(|step| step.channel != DIRECT_CHANNEL).or(end)),
            Self::Linear => vec![1.0; steps.len()],
            Self::Position { first, last } => match steps.len() {
                0 => Vec::new(),
                1 => vec![1.0],
                2 => vec![*first, *last],
                count => {
                    let between = (1.0 - first - last).max(0.0) / (count - 2) as f64;
                    let mut weights = vec![between; count];
                    if let Some(weight) = weights.first_mut() {
                        *weight = *first;
                    }
                    if let Some(weight) = weights.last_mut() {
                        *weight = *last;
                    }
                    weights
                }
            },
            Self::Decay { half_life_days } => {
                steps.iter().map(|step| (-step.age_days / half_life_days).exp2()).collect()
            }
            Self::Channels => {
                let same = |step: &Step<'_>| steps.iter().filter(|other| other.channel == step.channel).count();
                steps.iter().map(|step| 1.0 / same(step) as f64).collect()
            }
            Self::Custom { base, adjust } => {
                let mut weights = base.weights(steps);
                for (at, (weight, step)) in weights.iter_mut().zip(steps).enumerate() {
                    for one in adjust.iter().filter(|one| one.when.holds(step, at, steps.len())) {
                        *weight *= one.factor;
                    }
                }
                weights
            }
        }
    }
}

impl Condition {
    fn holds(&self, step: &Step<'_>, at: usize, count: usize) -> bool {
        let among = |names: &Option<Vec<String>>, name: &str| {
            names.as_ref().is_none_or(|names| names.iter().any(|one| one == name))
        };
        among(&self.channels, step.channel)
            && among(&self.campaigns, step.campaign)
            && self.kind.is_none_or(|kind| kind == step.kind)
            && self.place.is_none_or(|place| match place {
                Place::First => at == 0,
                Place::Last => at + 1 == count,
                Place::Middle => at > 0 && at + 1 < count,
            })
            && self.min_age_days.is_none_or(|days| step.age_days >= days)
            && self.max_age_days.is_none_or(|days| step.age_days <= days)
    }
}

impl Scorer for Rule {
    fn weights(&self, journey: &Journey<'_>) -> Vec<f64> {
        // Ages are counted from the last touch, not from the order: the proportions are the same, and the last
        // weight is always 1, so a short half-life cannot round every weight to 0.
        let newest = journey.touches.last().map_or(0, |touch| touch.t);
        let step = |touch: &&'_ Touch| -> f64 { newest.saturating_sub(touch.t) as f64 / DAY_MS };
        let steps: Vec<Step<'_>> = journey
            .touches
            .iter()
            .map(|touch| Step {
                channel: &touch.channel,
                campaign: &touch.campaign,
                kind: touch.kind,
                age_days: step(touch),
            })
            .collect();
        Rule::weights(self, &steps)
    }
}

/// A rule over aggregated paths. Paths have no times: every touch counts as a day after the one before it, so that a
/// half-life in days is a half-life in touches.
#[derive(Debug, Clone)]
pub struct RuleTally {
    rule: Rule,
    credits: Vec<ChannelCredit>,
}

impl RuleTally {
    /// Nothing counted yet.
    ///
    /// # Errors
    /// [`AttributionError::BadRule`].
    pub fn new(rule: Rule) -> Result<Self, AttributionError> {
        rule.check()?;
        Ok(Self { rule, credits: Vec::new() })
    }
}

impl Tally for RuleTally {
    fn add(&mut self, path: Path<'_>, outcome: Outcome) -> Result<(), AttributionError> {
        if outcome.conversions <= 0.0 {
            return Ok(());
        }
        let mut give = |channel: ChannelId, share: f64| {
            if let Some(credit) = entry(&mut self.credits, usize::from(channel)) {
                credit.conversions += outcome.conversions * share;
                credit.value += outcome.value * share;
            }
        };
        // The commonest rules need no weights.
        match (&self.rule, path.touches) {
            (Rule::First, [channel, ..]) | (Rule::Last, [.., channel]) => give(*channel, 1.0),
            (Rule::Linear, touches) => touches.iter().for_each(|channel| give(*channel, 1.0 / touches.len() as f64)),
            (rule, touches) => {
                let last = touches.len().saturating_sub(1);
                let steps: Vec<Step<'_>> = touches
                    .iter()
                    .enumerate()
                    .map(|(at, channel)| Step {
                        channel: path.channels.name(*channel),
                        campaign: "",
                        kind: TouchKind::Click,
                        age_days: (last - at) as f64,
                    })
                    .collect();
                let shares = normalise(&rule.weights(&steps));
                touches.iter().zip(shares).for_each(|(channel, share)| give(*channel, share));
            }
        }
        Ok(())
    }

    fn credits(&self) -> Result<Vec<ChannelCredit>, AttributionError> {
        Ok(self.credits.clone())
    }
}

/// A rule in the catalog.
pub(crate) struct RuleModel {
    descriptor: Descriptor,
    rule: fn(&Parameters) -> Rule,
}

impl Model for RuleModel {
    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    fn fit(&self, _: &[Journey<'_>], parameters: &Parameters) -> Box<dyn Scorer> {
        Box::new((self.rule)(parameters))
    }
}

const fn described(id: &'static str, label: &'static str, description: &'static str) -> Descriptor {
    Descriptor { id, label, description, parameters: &[], data_driven: false }
}

/// The rules people choose from.
pub(crate) static RULES: [RuleModel; 7] = [
    RuleModel {
        descriptor: described(
            "first_touch",
            "First touch",
            "All credit goes to the first touch in the window: what brought people to the shop in the first place.",
        ),
        rule: |_| Rule::First,
    },
    RuleModel {
        descriptor: described(
            "last_touch",
            "Last touch",
            "All credit goes to the last touch before the order, direct visits included.",
        ),
        rule: |_| Rule::Last,
    },
    RuleModel {
        descriptor: described(
            "last_non_direct",
            "Last non-direct touch",
            "All credit goes to the last touch that was not a direct visit; when every touch was direct, to the last \
             one.",
        ),
        rule: |_| Rule::LastNonDirect,
    },
    RuleModel {
        descriptor: described("linear", "Linear", "Every touch in the window gets the same share."),
        rule: |_| Rule::Linear,
    },
    RuleModel {
        descriptor: described(
            "position_based",
            "Position-based 40/20/40",
            "40 % to the first touch, 40 % to the last, 20 % shared by those between; two touches get half each.",
        ),
        rule: |_| Rule::POSITION_40_20_40,
    },
    RuleModel {
        descriptor: Descriptor {
            parameters: &[HALF_LIFE],
            ..described(
                "time_decay",
                "Time decay",
                "The nearer a touch is to the order, the more it gets: its weight halves with every half-life that \
                 lies between.",
            )
        },
        rule: |parameters| Rule::Decay { half_life_days: parameters.get(&HALF_LIFE) },
    },
    RuleModel {
        descriptor: described(
            "shapley",
            "Shapley value",
            "Every channel of the journey gets the same share however often it was met: the fair division of a game \
             in which channels earn together what none of them would be credited with alone.",
        ),
        rule: |_| Rule::Channels,
    },
];
