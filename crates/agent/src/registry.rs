//! The six agents by name: what they are, whether an input fits, and one step of a run. Adding an agent is one line in
//! [`each_agent`].

use control::Permission;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::analyst::AnalystAgent;
use crate::compliance::ComplianceAgent;
use crate::creative::CreativeAgent;
use crate::optimizer::Optimizer;
use crate::pacer::BudgetPacer;
use crate::planner::ChannelPlanner;
use crate::proposal::Proposal;
use crate::run::{Agent, Brief, Step, Transcript};

/// What an agent is.
#[derive(Clone, Debug, PartialEq)]
pub struct Description {
    /// Its stable name.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// What it does, in a sentence.
    pub about: &'static str,
    /// JSON Schema of its input.
    pub input_schema: Value,
    /// What whoever starts it must be allowed.
    pub permission: Permission,
}

/// An input that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// JSON pointer within the input.
    pub pointer: String,
    /// For a person.
    pub reason: String,
}

/// Applies a generic function to the agent of a name; `None` when there is none.
macro_rules! each_agent {
    ($name:expr, $function:ident($($argument:expr),*)) => {
        each_agent!(@match $name, $function, ($($argument),*), CreativeAgent, ComplianceAgent, ChannelPlanner, BudgetPacer, Optimizer, AnalystAgent)
    };
    (@match $name:expr, $function:ident, $arguments:tt, $($agent:ident),*) => {
        match $name {
            $(<$agent as Agent>::NAME => Some(each_agent!(@call $function, $agent, $arguments)),)*
            _ => None,
        }
    };
    (@call $function:ident, $agent:ident, ($($argument:expr),*)) => { $function::<$agent>($($argument),*) };
}

/// Names in the order people should see them: a campaign's way.
pub const NAMES: [&str; 6] = [
    ChannelPlanner::NAME,
    CreativeAgent::NAME,
    ComplianceAgent::NAME,
    BudgetPacer::NAME,
    Optimizer::NAME,
    AnalystAgent::NAME,
];

/// Every agent.
#[must_use]
pub fn agents() -> Vec<Description> {
    NAMES.iter().filter_map(|name| find(name)).collect()
}

/// The agent of a name.
#[must_use]
pub fn find(name: &str) -> Option<Description> {
    each_agent!(name, describe())
}

fn describe<A: Agent>() -> Description {
    Description {
        name: A::NAME,
        title: A::TITLE,
        about: A::ABOUT,
        input_schema: A::input_schema(),
        permission: A::PERMISSION,
    }
}

/// Whether an input fits the agent of that name; `None` when there is no such agent.
#[must_use]
pub fn check(name: &str, input: &Value) -> Option<Result<(), Misfit>> {
    each_agent!(name, check_input(input))
}

fn check_input<A: Agent>(input: &Value) -> Result<(), Misfit> {
    read::<A::Input>(input).map(|_| ())
}

fn read<T: DeserializeOwned>(input: &Value) -> Result<T, Misfit> {
    serde_path_to_error::deserialize(input.clone()).map_err(|error| {
        use serde_path_to_error::Segment;
        let pointer = error
            .path()
            .iter()
            .map(|segment| match segment {
                Segment::Seq { index } => format!("/{index}"),
                Segment::Map { key } | Segment::Enum { variant: key } => {
                    format!("/{}", key.replace('~', "~0").replace('/', "~1"))
                }
                Segment::Unknown => "/?".to_owned(),
            })
            .collect();
        Misfit { pointer, reason: error.inner().to_string() }
    })
}

/// One step of a run of the agent of that name; an unknown agent or an unreadable input is refused.
#[must_use]
pub fn step(name: &str, brief: &Brief<Value>, transcript: &Transcript) -> Step<Proposal> {
    each_agent!(name, step_of(brief, transcript))
        .unwrap_or_else(|| Step::Refused(format!("there is no agent called {name}")))
}

fn step_of<A: Agent>(brief: &Brief<Value>, transcript: &Transcript) -> Step<Proposal> {
    let input = match read::<A::Input>(&brief.input) {
        Ok(input) => input,
        Err(misfit) => return Step::Refused(format!("{} {}", misfit.pointer, misfit.reason).trim().to_owned()),
    };
    match A::step(&brief.with(input), transcript) {
        Step::Need(need) => Step::Need(need),
        Step::Done(proposal) => Step::Done(proposal.into()),
        Step::Refused(reason) => Step::Refused(reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::need::Need;
    use crate::run::Fallback;
    use serde_json::json;

    #[test]
    fn every_agent_is_found_by_its_name_and_explains_its_input() {
        let agents = agents();
        assert_eq!(agents.len(), NAMES.len());
        for agent in agents {
            let properties = agent.input_schema["properties"].as_object().unwrap();
            assert!(!agent.title.is_empty() && !agent.about.is_empty(), "{}", agent.name);
            assert!(properties.values().all(|property| property["description"].is_string()), "{}", agent.name);
        }
        assert!(find("nobody").is_none());
    }

    #[test]
    fn an_input_that_does_not_fit_names_its_place() {
        let misfit = check("optimizer", &json!({ "campaign_id": "c", "days": "many" })).unwrap().unwrap_err();
        assert_eq!(misfit.pointer, "/days");
        assert!(check("planner", &json!({})).unwrap().is_err());
        assert_eq!(check("analyst", &json!({ "site": "s" })), Some(Ok(())));
        assert_eq!(check("nobody", &json!({})), None);
    }

    #[test]
    fn a_run_begins_with_a_need() {
        let inputs = json!({ "campaign_id": "c", "objective": "sales", "budget_daily": 100, "landing_url": "https://s.example/" });
        for name in NAMES {
            let brief = Brief {
                run_id: "r".into(),
                site: "s".into(),
                started_at: 0,
                fallback: Fallback::Builtin,
                input: inputs.clone(),
            };
            assert!(
                matches!(step(name, &brief, &Transcript::default()), Step::Need(Need::Site | Need::Brand)),
                "{name}"
            );
        }
    }
}
