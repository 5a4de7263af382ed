//! Who decides, on what, and when nobody needs to: the rules of the one approval path.

use serde::{Deserialize, Serialize};

use crate::diff::{Change, Diff};
use crate::guard::{Autonomy, Guardrails};

/// Who decides where the tenant's limits let agents act.
pub const POLICY: &str = "policy";

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A campaign that is not out.
    Campaign,
    /// Another document for one that is.
    Change,
}

impl Kind {
    /// The name it is stored and sent by.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Campaign => "campaign",
            Self::Change => "change",
        }
    }
}

/// How a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nobody has decided.
    Pending,
    /// Somebody agreed.
    Approved,
    /// Somebody refused.
    Rejected,
    /// The document was edited, or the request taken back, before it was used.
    Void,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Approved, Self::Rejected, Self::Void];

    /// The name it is stored and sent by.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Void => "void",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// A decision somebody is about to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision<'a> {
    /// How the request stands.
    pub state: State,
    /// Who asked for it: a person, or for a request by an API key the person who made the key.
    pub requested_by: &'a str,
    /// Who decides.
    pub decided_by: &'a str,
    /// Hash of the document the request froze.
    pub requested_hash: &'a str,
    /// Hash of the document the decider looked at.
    pub seen_hash: &'a str,
    /// Hash of the campaign's document now.
    pub document_hash: &'a str,
}

/// Why a decision does not count, in words for a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Undecidable {
    /// It is decided, or void.
    #[error("this request is {} already", .state.as_str())]
    Closed {
        /// How it stands.
        state: State,
    },
    /// Nobody decides on what they asked for themselves.
    #[error("you requested this yourself, or through an API key you made; somebody else must decide")]
    OwnRequest,
    /// The decider saw another document.
    #[error("the document has changed since you looked at it; load the request again")]
    SeenOther,
    /// The campaign was edited past the request.
    #[error("the campaign was edited after this was requested; it must be submitted again")]
    Edited,
}

/// Whether a decision counts. Whether the decider's role may decide at all is for the permission table.
///
/// # Errors
/// The first reason why it does not.
pub fn decide(decision: &Decision<'_>) -> Result<(), Undecidable> {
    if decision.state != State::Pending {
        return Err(Undecidable::Closed { state: decision.state });
    }
    if decision.requested_by == decision.decided_by {
        return Err(Undecidable::OwnRequest);
    }
    if decision.requested_hash != decision.document_hash {
        return Err(Undecidable::Edited);
    }
    if decision.requested_hash != decision.seen_hash {
        return Err(Undecidable::SeenOther);
    }
    Ok(())
}

/// What the policy looks at.
#[derive(Clone, Debug)]
pub struct PolicyFacts<'a> {
    /// UTC ms.
    pub now: i64,
    /// The tenant's limits.
    pub guardrails: &'a Guardrails,
    /// Who asks: the policy serves `agent:<name>` alone.
    pub requested_by: &'a str,
    /// What is asked for.
    pub kind: Kind,
    /// What would become different.
    pub diff: &'a Diff,
    /// When the policy last let a budget of this campaign be raised, UTC ms.
    pub last_raise_at: Option<i64>,
}

/// Time between two raises by the policy, in ms. Small steps in quick succession would be a large one; nightly runs are
/// a day apart, less what one starts earlier than the other.
pub const BETWEEN_RAISES_MS: i64 = 20 * 60 * 60 * 1000;

/// Why people must decide, in words for a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NeedsPeople {
    /// Agents may not act.
    #[error("agents may not act by themselves here: autonomy is `{}`", .autonomy.as_str())]
    Autonomy {
        /// The level that is set.
        autonomy: Autonomy,
    },
    /// Not an agent's.
    #[error("only agents' changes are decided by policy")]
    NotAnAgent,
    /// Nothing of it is out.
    #[error("a first publication is for people to decide")]
    FirstPublication,
    /// Something else than budgets down or a little up, and things coming to rest.
    #[error("{label} is for people to decide")]
    Beyond {
        /// The change.
        label: String,
    },
    /// A budget moves too far.
    #[error("{label} would change by {percent} %; agents may change it by {limit} %")]
    TooFar {
        /// The change.
        label: String,
        /// By how much, in whole percent, rounded up.
        percent: i64,
        /// The limit, in whole percent.
        limit: i64,
    },
    /// The last raise is too recent.
    #[error("a budget of this campaign was raised by policy less than 20 hours ago")]
    TooSoon,
    /// Nothing would change.
    #[error("nothing would change")]
    Nothing,
}

/// Whether a change needs nobody's decision: an agent's, of what is out, under autonomy `act`, where budgets move by at
/// most [`Guardrails::act_budget_change`] each and all else is ads and ad sets coming to rest.
///
/// # Errors
/// The first reason why people must decide.
pub fn policy(facts: &PolicyFacts<'_>) -> Result<(), NeedsPeople> {
    let rails = facts.guardrails;
    if rails.autonomy != Autonomy::Act {
        return Err(NeedsPeople::Autonomy { autonomy: rails.autonomy });
    }
    if !facts.requested_by.starts_with("agent:") {
        return Err(NeedsPeople::NotAnAgent);
    }
    if facts.kind != Kind::Change {
        return Err(NeedsPeople::FirstPublication);
    }
    if facts.diff.is_empty() {
        return Err(NeedsPeople::Nothing);
    }
    let mut raises = false;
    for change in facts.diff.changes() {
        raises |= within(change, rails.act_budget_change)?;
    }
    let too_soon = facts.last_raise_at.is_some_and(|last| facts.now.saturating_sub(last) < BETWEEN_RAISES_MS);
    if raises && too_soon {
        return Err(NeedsPeople::TooSoon);
    }
    Ok(())
}

/// Whether a change raises a budget, if the policy allows it at all.
fn within(change: &Change, limit: f64) -> Result<bool, NeedsPeople> {
    let label = || change.label.clone();
    // Paths of ad sets and their ads; the last step is the member.
    let member = change.path.rsplit('/').next().unwrap_or_default();
    let steps = change.path.split('/').count();
    match (member, steps) {
        ("budget_daily", 4) => {
            let (Some(before), Some(after)) = (change.before.as_i64(), change.after.as_i64()) else {
                return Err(NeedsPeople::Beyond { label: label() });
            };
            let moved = after.abs_diff(before);
            #[expect(
                clippy::cast_precision_loss,
                reason = "budgets are far below 2^52 minor units; a limit is a fraction"
            )]
            let allowed = before as f64 * limit;
            #[expect(clippy::cast_precision_loss, reason = "as above")]
            if moved as f64 > allowed {
                let percent = percent_up(moved, before);
                return Err(NeedsPeople::TooFar { label: label(), percent, limit: whole_percent(limit) });
            }
            Ok(after > before)
        }
        ("status", 4 | 6) if change.after == "paused" => Ok(false),
        _ => Err(NeedsPeople::Beyond { label: label() }),
    }
}

/// A ratio in whole percent, rounded up.
fn percent_up(part: u64, whole: i64) -> i64 {
    let whole = u128::from(whole.unsigned_abs().max(1));
    i64::try_from((u128::from(part) * 100).div_ceil(whole)).unwrap_or(i64::MAX)
}

#[expect(clippy::cast_possible_truncation, reason = "a fraction up to 1 in percent")]
fn whole_percent(fraction: f64) -> i64 {
    (fraction * 100.0).round() as i64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::diff;
    use crate::document::{Delivery, Document};
    use crate::samples;

    fn decision() -> Decision<'static> {
        Decision {
            state: State::Pending,
            requested_by: "anna",
            decided_by: "ben",
            requested_hash: "h",
            seen_hash: "h",
            document_hash: "h",
        }
    }

    #[test]
    fn somebody_else_decides_on_exactly_what_they_saw() {
        assert_eq!(decide(&decision()), Ok(()));
        for (decision, expected) in [
            (Decision { decided_by: "anna", ..decision() }, Undecidable::OwnRequest),
            (Decision { seen_hash: "x", ..decision() }, Undecidable::SeenOther),
            (Decision { document_hash: "x", ..decision() }, Undecidable::Edited),
            (Decision { document_hash: "x", seen_hash: "x", ..decision() }, Undecidable::Edited),
            (Decision { state: State::Void, ..decision() }, Undecidable::Closed { state: State::Void }),
            (Decision { state: State::Approved, ..decision() }, Undecidable::Closed { state: State::Approved }),
        ] {
            assert_eq!(decide(&decision), Err(expected));
        }
    }

    fn rails() -> Guardrails {
        Guardrails { autonomy: Autonomy::Act, act_budget_change: 0.2, ..Guardrails::initial("EUR") }
    }

    fn ask(edit: impl Fn(&mut Document), rails: &Guardrails) -> Result<(), NeedsPeople> {
        let live = samples::campaign();
        let mut wanted = live.clone();
        edit(&mut wanted);
        let diff = diff::between(Some(&live), &wanted);
        policy(&PolicyFacts {
            now: 0,
            guardrails: rails,
            requested_by: "agent:pacer",
            kind: Kind::Change,
            diff: &diff,
            last_raise_at: None,
        })
    }

    #[test]
    fn the_policy_lets_budgets_move_a_little_and_things_come_to_rest() {
        let rails = rails();
        assert_eq!(ask(|d| d.ad_sets[0].budget_daily = 2_400, &rails), Ok(()));
        assert_eq!(ask(|d| d.ad_sets[0].budget_daily = 1_600, &rails), Ok(()));
        assert_eq!(ask(|d| d.ad_sets[1].ads[0].status = Delivery::Paused, &rails), Ok(()));
        assert_eq!(ask(|d| d.ad_sets[0].status = Delivery::Paused, &rails), Ok(()));
        let label = || "Daily budget of ad set “Search”".to_owned();
        let too_far = |percent| Err(NeedsPeople::TooFar { label: label(), percent, limit: 20 });
        assert_eq!(ask(|d| d.ad_sets[0].budget_daily = 2_401, &rails), too_far(21));
        assert_eq!(ask(|d| d.ad_sets[0].budget_daily = 1_000, &rails), too_far(50));
    }

    #[test]
    fn the_policy_leaves_everything_else_to_people() {
        type Edit = fn(&mut Document);
        let edits: [Edit; 8] = [
            |d| d.name = "x".into(),
            |d| d.budget_total = None,
            |d| d.end_at = Some(2_000_000_000_000),
            |d| d.ad_sets[1].ads[1].status = Delivery::Active,
            |d| d.ad_sets[1].ads[0].creative.primary_text = "x".into(),
            |d| drop(d.ad_sets.pop()),
            |d| drop(d.ad_sets[1].ads.pop()),
            |d| d.ad_sets[0].audience.countries.push("CH".into()),
        ];
        for edit in edits {
            assert!(matches!(ask(edit, &rails()), Err(NeedsPeople::Beyond { .. })));
        }
        assert_eq!(ask(|_| {}, &rails()), Err(NeedsPeople::Nothing));
        let propose = Guardrails { autonomy: Autonomy::Propose, ..rails() };
        let smaller = |d: &mut Document| d.ad_sets[0].budget_daily = 1_900;
        assert_eq!(ask(smaller, &propose), Err(NeedsPeople::Autonomy { autonomy: Autonomy::Propose }));
    }

    #[test]
    fn the_policy_serves_agents_and_what_is_live_and_raises_once_a_day() {
        let live = samples::campaign();
        let mut wanted = live.clone();
        wanted.ad_sets[0].budget_daily = 2_100;
        let diff = diff::between(Some(&live), &wanted);
        let rails = rails();
        let facts = PolicyFacts {
            now: BETWEEN_RAISES_MS,
            guardrails: &rails,
            requested_by: "agent:pacer",
            kind: Kind::Change,
            diff: &diff,
            last_raise_at: Some(0),
        };
        assert_eq!(policy(&facts), Ok(()));
        assert_eq!(policy(&PolicyFacts { last_raise_at: Some(1), ..facts.clone() }), Err(NeedsPeople::TooSoon));
        assert_eq!(policy(&PolicyFacts { requested_by: "anna", ..facts.clone() }), Err(NeedsPeople::NotAnAgent));
        let first = PolicyFacts { kind: Kind::Campaign, ..facts };
        assert_eq!(policy(&first), Err(NeedsPeople::FirstPublication));
    }

    proptest! {
        #[test]
        fn what_the_policy_approves_stays_within_the_limit(
            live in samples::documents(),
            wanted in samples::documents(),
            budgets in prop::collection::vec(0..2_000_i64, 4),
            limit in 0.0..1.0_f64,
        ) {
            let rails = Guardrails { act_budget_change: limit, ..rails() };
            // Both an arbitrary document and one in which only budgets move.
            let mut moved = live.clone();
            for (set, budget) in moved.ad_sets.iter_mut().zip(budgets) {
                set.budget_daily = budget;
            }
            for wanted in [wanted, moved] {
                let diff = diff::between(Some(&live), &wanted);
                let facts = PolicyFacts {
                    now: 0,
                    guardrails: &rails,
                    requested_by: "agent:optimizer",
                    kind: Kind::Change,
                    diff: &diff,
                    last_raise_at: None,
                };
                if policy(&facts).is_ok() {
                    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
                    let most = live.budget_daily() as f64 * (1.0 + limit);
                    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
                    let after = wanted.budget_daily() as f64;
                    prop_assert!(after <= most + 1e-6);
                }
            }
        }
    }
}
