//! The only way to call a Run object, which carries out one run of an agent: its binding, its name, its paths and the
//! bodies that cross; and the row a run begins with, which the API and the cron Worker write alike.

use crate::database::{Param, Statement};
use crate::error::{Error, Result};
use crate::{log, object};
use control::audit::Entry;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wasm_bindgen::JsValue;
use worker::{Env, Method, Request, RequestInit, Response};

/// Name of the binding.
pub const BINDING: &str = "RUNS";
/// Takes a [`Nudge`]; answers 204 once the object is sure to look at its row.
pub const NUDGE: &str = "/nudge";
/// Takes a [`Cancel`]; answers 204 once the object knows that it is to stop.
pub const CANCEL: &str = "/cancel";
/// Takes a [`Follow`]; answers with server-sent events: `id` is the event's number, `event` its type, `data` the JSON of
/// `agent::RunEvent`. The stream ends after the run's last event.
pub const STREAM: &str = "/stream";
/// The `queue` of dead letters that are runs.
pub const QUEUE: &str = "agent-runs";

/// The object's name. The length of what precedes makes it unambiguous whatever the parts hold.
#[must_use]
pub fn name(tenant_id: &str, run_id: &str) -> String {
    object::name(tenant_id, run_id)
}

/// There is work for a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nudge {
    /// Owner.
    pub tenant_id: String,
    /// Run.
    pub run_id: String,
}

/// A run is to stop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancel {
    /// Owner.
    pub tenant_id: String,
    /// Run.
    pub run_id: String,
    /// Who says so, as in the audit log.
    pub by: String,
}

/// Somebody wants to watch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Follow {
    /// Owner.
    pub tenant_id: String,
    /// Run.
    pub run_id: String,
    /// The last event they have seen, 0 for none.
    pub after: i64,
}

/// A run to begin.
#[derive(Debug, Clone)]
pub struct NewRun<'a> {
    /// Fresh id.
    pub id: &'a str,
    /// Site key.
    pub site: &'a str,
    /// Which agent.
    pub agent: &'a str,
    /// The agent's input, a JSON object.
    pub input: &'a Value,
    /// The campaign it is about, empty for none.
    pub campaign_id: &'a str,
    /// Groups the runs of one conversation, empty for none.
    pub context_id: &'a str,
    /// Who asks, as in the audit log.
    pub requested_by: &'a str,
    /// UTC ms.
    pub now: i64,
}

impl NewRun<'_> {
    /// The statement that stores it and its audit entry.
    #[must_use]
    pub fn stored(&self) -> (Statement, Entry) {
        let text = |text: &str| Param::from(text);
        let statement = Statement::new(
            "INSERT INTO agent_runs (id, tenant_id, site, agent, input, status, requested_by, created_at, campaign_id, \
             context_id) VALUES (?2, ?1, ?3, ?4, ?5, 'queued', ?6, ?7, ?8, ?9)",
            vec![
                text(self.id),
                text(self.site),
                text(self.agent),
                self.input.to_string().into(),
                text(self.requested_by),
                self.now.into(),
                text(self.campaign_id),
                text(self.context_id),
            ],
        );
        let entry = Entry {
            actor: self.requested_by.to_owned(),
            action: "agent_run.request",
            entity: format!("agent_run:{}", self.id),
            before: None,
            after: Some(json!({ "agent": self.agent, "site": self.site, "campaign_id": self.campaign_id })),
            at: self.now,
        };
        (statement, entry)
    }
}

/// Tells a run's object to look at its row.
///
/// # Errors
/// [`Error::Unavailable`] when the object did not confirm.
pub async fn nudge(env: &Env, tenant_id: &str, run_id: &str) -> Result<()> {
    let nudge = Nudge { tenant_id: tenant_id.to_owned(), run_id: run_id.to_owned() };
    confirmed(object::call(env, BINDING, &name(tenant_id, run_id), NUDGE, &nudge).await?)
}

/// Tells a run's object to look, and no more than logs when it does not answer: the row is the truth, and the cron
/// Worker's sweep makes up for a nudge that is lost.
pub async fn wake(env: &Env, tenant_id: &str, run_id: &str) {
    if let Err(error) = nudge(env, tenant_id, run_id).await {
        log::error("agents", tenant_id, "a run was not nudged; the sweep will", &error);
    }
}

/// Tells a run's object to stop.
///
/// # Errors
/// [`Error::Unavailable`] when the object did not confirm.
pub async fn cancel(env: &Env, tenant_id: &str, run_id: &str, by: &str) -> Result<()> {
    let cancel = Cancel { tenant_id: tenant_id.to_owned(), run_id: run_id.to_owned(), by: by.to_owned() };
    confirmed(object::call(env, BINDING, &name(tenant_id, run_id), CANCEL, &cancel).await?)
}

/// Opens a run's live stream.
///
/// # Errors
/// [`Error::Unavailable`] when the object did not answer with one.
pub async fn follow(env: &Env, tenant_id: &str, run_id: &str, after: i64) -> Result<Response> {
    let failed = |e: worker::Error| Error::unavailable("a run object", e);
    let follow = Follow { tenant_id: tenant_id.to_owned(), run_id: run_id.to_owned(), after };
    let json = serde_json::to_string(&follow).map_err(|e| Error::corrupt("message to a run object", e))?;
    let mut init = RequestInit::new();
    init.with_method(Method::Post).with_body(Some(JsValue::from_str(&json)));
    let request = Request::new_with_init(&format!("https://run{STREAM}"), &init).map_err(failed)?;
    let namespace = env.durable_object(BINDING).map_err(|e| Error::setting(BINDING, e))?;
    let stub = namespace.get_by_name(&name(tenant_id, run_id)).map_err(failed)?;
    let response = stub.fetch_with_request(request).await.map_err(failed)?;
    match response.status_code() {
        200 => Ok(response),
        status => Err(Error::unavailable("a run object", format!("answered {status}"))),
    }
}

fn confirmed(answer: object::Answer) -> Result<()> {
    match answer.status {
        204 => Ok(()),
        status => Err(Error::unavailable("a run object", format!("answered {status}: {}", answer.body))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_different_runs_never_meet() {
        assert_ne!(name("a/b", "c"), name("a", "b/c"));
    }

    #[test]
    fn what_crosses_is_pinned() {
        let follow = Follow { tenant_id: "t".into(), run_id: "r".into(), after: 3 };
        assert_eq!(serde_json::to_string(&follow).unwrap(), r#"{"tenant_id":"t","run_id":"r","after":3}"#);
    }
}
