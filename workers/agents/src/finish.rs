//! The one commit a run ends with: its status and outcome, its proposals, its last events, what it used, and one audit
//! entry. It rests on the run not having ended, and the proposals' ids derive from the run's, so that doing it
//! again changes nothing.

use crate::run::store::EventRow;
use agent::{Answer, Proposal, RunEvent, Transcript};
use control::audit::{Entry, SYSTEM};
use platform::run_object::QUEUE;
use platform::{Error, Param, Result, Statement, TenantDb};
use serde_json::json;

/// How a run ended.
#[derive(Debug, Clone)]
pub(crate) enum Ending {
    /// With a proposal.
    Succeeded {
        /// What it proposes.
        proposal: Box<Proposal>,
        /// How the proposal stands from the start.
        filed: Filed,
    },
    /// It failed.
    Failed {
        /// Why, for a person.
        reason: String,
        /// Whether it is put among the dead letters, to be tried again.
        dead_letter: bool,
    },
    /// Somebody stopped it.
    Cancelled {
        /// Who.
        by: String,
    },
}

/// How a proposal stands from the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Filed {
    /// People decide.
    Open,
    /// It is a report: nothing to decide.
    Report,
    /// It has become a request for approval by itself.
    Requested {
        /// The request.
        approval_id: String,
    },
}

impl Ending {
    /// Its status, as it is stored.
    pub(crate) const fn status(&self) -> &'static str {
        match self {
            Self::Succeeded { .. } => "succeeded",
            Self::Failed { .. } => "failed",
            Self::Cancelled { .. } => "cancelled",
        }
    }

    /// The run's last event.
    pub(crate) fn event(&self) -> RunEvent {
        match self {
            Self::Succeeded { proposal, .. } => RunEvent::Succeeded { title: proposal.told().title.clone() },
            Self::Failed { reason, .. } => RunEvent::Failed { reason: reason.clone() },
            Self::Cancelled { by } => RunEvent::Cancelled { by: by.clone() },
        }
    }

    /// The last event of a run whose row says that it ended.
    pub(crate) fn event_of_row(status: &str, detail: &str, title: &str) -> RunEvent {
        match status {
            "succeeded" => RunEvent::Succeeded { title: title.to_owned() },
            "cancelled" => RunEvent::Cancelled { by: detail.to_owned() },
            _ => RunEvent::Failed { reason: detail.to_owned() },
        }
    }
}

/// The id of a run's proposal.
pub(crate) fn proposal_id(run_id: &str) -> String {
    format!("{run_id}-1")
}

/// What models used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Used {
    /// The model that answered last.
    pub(crate) model: String,
    /// Tokens read.
    pub(crate) tokens_in: i64,
    /// Tokens written.
    pub(crate) tokens_out: i64,
    /// Millionths of a US dollar.
    pub(crate) cost_micros: i64,
}

impl Used {
    /// Adds up a transcript; what was kept from an equal request costs nothing again.
    pub(crate) fn of(transcript: &Transcript, cost: impl Fn(&model::ModelAnswer) -> i64) -> Self {
        let mut used = Self::default();
        for entry in &transcript.entries {
            let Answer::Model(answer) = &entry.answer else { continue };
            used.model.clone_from(&answer.model);
            if answer.cached {
                continue;
            }
            used.tokens_in += answer.usage.tokens_in;
            used.tokens_out += answer.usage.tokens_out;
            used.cost_micros += cost(answer);
        }
        used
    }
}

/// A run that ends.
pub(crate) struct Finishing<'a> {
    pub(crate) run_id: &'a str,
    pub(crate) site: &'a str,
    pub(crate) agent: &'a str,
    pub(crate) campaign_id: &'a str,
    pub(crate) ending: &'a Ending,
    pub(crate) used: &'a Used,
    pub(crate) attempts: i64,
    /// Events that D1 does not have, the last one included.
    pub(crate) events: &'a [EventRow],
    pub(crate) now: i64,
}

impl Finishing<'_> {
    /// Commits it; a run that has ended already stays as it is.
    ///
    /// # Errors
    /// A store that did not answer.
    pub(crate) async fn commit(&self, database: &TenantDb) -> Result<()> {
        let entry = Entry {
            actor: if self.agent.is_empty() { SYSTEM.to_owned() } else { format!("agent:{}", self.agent) },
            action: "agent_run.finish",
            entity: format!("agent_run:{}", self.run_id),
            before: None,
            after: Some(json!({ "status": self.ending.status() })),
            at: self.now,
        };
        match database.commit("the run", &self.statements()?, &[entry]).await {
            Err(Error::Stale { .. }) => Ok(()),
            outcome => outcome,
        }
    }

    fn statements(&self) -> Result<Vec<Statement>> {
        let text = |text: &str| Param::from(text);
        let mut output = String::new();
        let mut detail = String::new();
        let mut statements = vec![Statement::require(
            "SELECT 1 FROM agent_runs WHERE tenant_id = ?1 AND id = ?2 AND status IN ('queued', 'running')",
            vec![text(self.run_id)],
        )];
        match self.ending {
            Ending::Succeeded { proposal, filed } => {
                output = serde_json::to_string(proposal.told()).map_err(|e| Error::corrupt("outcome", e))?;
                statements.push(self.proposal(proposal, filed)?);
            }
            Ending::Failed { reason, dead_letter } => {
                detail.clone_from(reason);
                if *dead_letter {
                    statements.push(self.dead_letter(reason));
                }
            }
            Ending::Cancelled { by } => detail.clone_from(by),
        }
        statements.push(Statement::new(
            "UPDATE agent_runs SET status = ?3, output = ?4, detail = ?5, ended_at = ?6, model = ?7, tokens_in = ?8, \
             tokens_out = ?9, cost_micros = ?10, attempts = ?11 WHERE tenant_id = ?1 AND id = ?2",
            vec![
                text(self.run_id),
                text(self.ending.status()),
                output.into(),
                detail.into(),
                self.now.into(),
                text(&self.used.model),
                self.used.tokens_in.into(),
                self.used.tokens_out.into(),
                self.used.cost_micros.into(),
                self.attempts.into(),
            ],
        ));
        statements.extend(self.events.iter().map(|event| mirror(self.run_id, event)));
        Ok(statements)
    }

    fn proposal(&self, proposal: &Proposal, filed: &Filed) -> Result<Statement> {
        let text = |text: &str| Param::from(text);
        let payload = serde_json::to_string(proposal).map_err(|e| Error::corrupt("proposal", e))?;
        let (kind, status, approval, decided_by) = match filed {
            Filed::Open => (proposal.kind(), "open", "", String::new()),
            Filed::Report => ("report", "accepted", "", "system".to_owned()),
            Filed::Requested { approval_id } => {
                (proposal.kind(), "accepted", approval_id.as_str(), format!("agent:{}", self.agent))
            }
        };
        let decided_at = if status == "open" { Param::Null } else { self.now.into() };
        Ok(Statement::new(
            "INSERT INTO agent_proposals (id, tenant_id, site, run_id, campaign_id, kind, title, payload, status, \
             approval_id, created_at, decided_by, decided_at) \
             VALUES (?2, ?1, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) ON CONFLICT DO NOTHING",
            vec![
                proposal_id(self.run_id).into(),
                text(self.site),
                text(self.run_id),
                text(self.campaign_id),
                text(kind),
                text(&proposal.told().title),
                payload.into(),
                text(status),
                text(approval),
                self.now.into(),
                decided_by.into(),
                decided_at,
            ],
        ))
    }

    fn dead_letter(&self, reason: &str) -> Statement {
        Statement::new(
            "INSERT INTO dead_letters (id, tenant_id, queue, message, reason, attempts, failed_at) \
             VALUES (?2, ?1, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE SET reason = excluded.reason, \
             attempts = excluded.attempts, failed_at = excluded.failed_at, status = 'open', decided_by = '', \
             decided_at = NULL",
            vec![
                // One a run: failing again opens it again.
                format!("run-{}", self.run_id).into(),
                QUEUE.into(),
                json!({ "run_id": self.run_id, "agent": self.agent, "site": self.site }).to_string().into(),
                reason.into(),
                self.attempts.into(),
                self.now.into(),
            ],
        )
    }
}

/// The statement that copies an event to D1.
pub(crate) fn mirror(run_id: &str, event: &EventRow) -> Statement {
    Statement::new(
        "INSERT INTO agent_run_events (tenant_id, run_id, number, type, data, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
         ON CONFLICT DO NOTHING",
        vec![
            run_id.into(),
            event.number.into(),
            event.r#type.as_str().into(),
            event.data.as_str().into(),
            event.at.into(),
        ],
    )
}
