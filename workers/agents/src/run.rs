//! The life of a run: queued → running → succeeded or failed. A message that comes twice finds the run ended and does
//! nothing; one that comes back after a crash starts it again.

use crate::analyst;
use control::audit::{Entry, SYSTEM};
use platform::{Error, Param, Result, Statement, TenantDb, clock};
use serde::Deserialize;
use serde_json::json;
use worker::Env;

/// A message of the `agent-runs` queue.
#[derive(Debug, Deserialize)]
pub(crate) struct Request {
    pub(crate) run_id: String,
    pub(crate) tenant_id: String,
}

/// A stored run.
#[derive(Debug, Deserialize)]
pub(crate) struct Run {
    pub(crate) site: String,
    agent: String,
    pub(crate) input: String,
    status: String,
}

/// How a run ended.
pub(crate) enum Ending {
    /// What the agent said, as JSON.
    Succeeded(String),
    /// What was wrong with what it was asked, for a person.
    Failed(String),
}

/// Runs the run unless it has ended.
///
/// # Errors
/// A store that did not answer: trying again is right.
pub(crate) async fn run(env: &Env, request: &Request) -> Result<()> {
    let database = TenantDb::new(env, &request.tenant_id)?;
    let id = || Param::from(request.run_id.as_str());
    let stored: Option<Run> = database
        .first("SELECT site, agent, input, status FROM agent_runs WHERE tenant_id = ?1 AND id = ?2", &[id()])
        .await?;
    let Some(stored) = stored.filter(|run| run.status == "queued" || run.status == "running") else {
        return Ok(());
    };
    database
        .run(
            "UPDATE agent_runs SET status = 'running', started_at = COALESCE(started_at, ?3) WHERE tenant_id = ?1 AND id = ?2",
            &[id(), clock::now_ms().into()],
        )
        .await?;
    let ending = match stored.agent.as_str() {
        "analyst" => analyst::run(env, &database, &stored).await,
        other => Ok(Ending::Failed(format!("there is no agent called {other}"))),
    };
    let ending = match ending {
        Ok(ending) => ending,
        // What is unreadable now will be unreadable again: the run ends, and says so, instead of going round.
        Err(error @ Error::Corrupt { .. }) => {
            platform::log::error("agents", &request.tenant_id, "a run failed", &error);
            Ending::Failed("something is wrong on our side; it has been logged".to_owned())
        }
        Err(error) => return Err(error),
    };
    let (status, output, detail) = match ending {
        Ending::Succeeded(output) => ("succeeded", output, String::new()),
        Ending::Failed(detail) => ("failed", String::new(), detail),
    };
    database
        .commit(
            "the run",
            &[Statement::new(
                "UPDATE agent_runs SET status = ?3, output = ?4, detail = ?5, ended_at = ?6 WHERE tenant_id = ?1 AND id = ?2",
                vec![id(), status.into(), Param::Text(output), Param::Text(detail), clock::now_ms().into()],
            )],
            &[Entry {
                actor: SYSTEM.to_owned(),
                action: "agent_run.finish",
                entity: format!("agent_run:{}", request.run_id),
                before: None,
                after: Some(json!({ "status": status })),
                at: clock::now_ms(),
            }],
        )
        .await
}
