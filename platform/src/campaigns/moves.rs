//! Every change of a campaign: asked of the rules, written as one commit.

use campaign::approval::{self, Decision, Kind as ApprovalKind, PolicyFacts};
use campaign::calendar::Kind;
use campaign::check::{self, Circumstances};
use campaign::status::{self, Refused};
use campaign::{Document, Event, Finding, Severity, Status, guard, snapshot};
use control::audit::Entry;
use serde_json::{Value, json};
use worker::Env;

use super::publications::{CHANGE, END, PAUSE, PUBLISH, RESUME, ROLLBACK};
use super::rows::{self, Advance};
use super::{Campaign, Refusal, approvals, calendar, limits, load, publications, unreadable};
use crate::database::{Statement, TenantDb};
use crate::error::{Error, Result};
use crate::{log, publication_object, random};

/// Who makes a change, when, and for which entry of the calendar.
#[derive(Clone, Copy, Debug)]
pub struct By<'a> {
    /// As in the audit log: a user's id, `key:<id>`, `agent:<name>`, `policy` or `system`.
    pub actor: &'a str,
    /// UTC ms.
    pub now: i64,
    /// The due entry of the calendar that is carried out with this, which is then done.
    pub entry: Option<&'a str>,
}

impl<'a> By<'a> {
    /// Somebody who asked for it.
    #[must_use]
    pub fn new(actor: &'a str, now: i64) -> Self {
        Self { actor, now, entry: None }
    }
}

/// What the caller who comes second is told has changed.
const WHAT: &str = "the campaign";

/// How often the end of a publication is written anew because the campaign was edited in between.
const ATTEMPTS: usize = 8;

/// A change that the rules allow: the commit it becomes.
struct Move<'a> {
    campaign: &'a Campaign,
    action: &'static str,
    advance: Advance<'a>,
    statements: Vec<Statement>,
    after: Value,
}

impl<'a> Move<'a> {
    /// Moves the status; all else stays.
    fn to(campaign: &'a Campaign, status: Status, action: &'static str, now: i64) -> Self {
        let row = &campaign.row;
        let advance =
            Advance { status, detail: "", approval_id: &row.approval_id, live_snapshot_id: &row.live_snapshot_id, now };
        Self { campaign, action, advance, statements: Vec::new(), after: json!({}) }
    }

    fn with(mut self, statement: Statement) -> Self {
        self.statements.push(statement);
        self
    }

    async fn commit(self, database: &TenantDb, by: &By<'_>) -> std::result::Result<(), Refusal> {
        let row = &self.campaign.row;
        let mut statements = rows::advance(row, &self.advance);
        statements.extend(self.statements);
        if let Some(entry) = by.entry {
            statements.extend(calendar::close(entry, "done", ""));
        }
        let mut after = self.after;
        if let Value::Object(after) = &mut after {
            after.insert("status".to_owned(), json!(self.advance.status));
            after.insert("version".to_owned(), json!(row.version + 1));
        }
        let entry = Entry {
            actor: by.actor.to_owned(),
            action: self.action,
            entity: format!("campaign:{}", row.id),
            before: Some(json!({ "status": row.status, "version": row.version, "document": self.campaign.hash })),
            after: Some(after),
            at: by.now,
        };
        Ok(database.commit(WHAT, &statements, &[entry]).await?)
    }
}

/// Stores a new campaign; returns its id. The document's ids are fresh, its channels and assets the site's own.
///
/// # Errors
/// As [`TenantDb::commit`].
pub async fn create(database: &TenantDb, site: &str, document: &Document, by: &By<'_>) -> Result<String> {
    let id = random::uuid();
    let entry = Entry {
        actor: by.actor.to_owned(),
        action: "campaign.create",
        entity: format!("campaign:{id}"),
        before: None,
        after: Some(json!({
            "site": site,
            "name": document.name,
            "document": snapshot::hash(document).map_err(unreadable)?,
        })),
        at: by.now,
    };
    database.commit(WHAT, &rows::insert(&id, site, document, by.actor, by.now), &[entry]).await?;
    Ok(id)
}

/// Replaces a campaign's document; what was requested or approved and not used is void. The same document again
/// changes nothing.
///
/// # Errors
/// [`Refusal`]; [`Error::Stale`] when the campaign has moved on.
pub async fn edit(
    database: &TenantDb,
    campaign: &Campaign,
    document: &Document,
    by: &By<'_>,
) -> std::result::Result<(), Refusal> {
    let hash = snapshot::hash(document)?;
    let then = campaign.standing().edited(hash.clone())?;
    if hash == campaign.hash {
        return Ok(());
    }
    let mut change = Move::to(campaign, then.status, "campaign.edit", by.now);
    change.advance.approval_id = "";
    change.statements = rows::replace(&campaign.row.id, document);
    change.statements.push(approvals::void(&campaign.row.id));
    change.statements.push(calendar::close_launches(&campaign.row.id, "cancelled", "the campaign was edited"));
    change.after = json!({ "document": hash });
    change.commit(database, by).await
}

/// Deletes a campaign that was never published.
///
/// # Errors
/// [`Refusal`]; [`Error::Stale`] when the campaign has moved on.
pub async fn delete(database: &TenantDb, campaign: &Campaign, by: &By<'_>) -> std::result::Result<(), Refusal> {
    if !campaign.publications.is_empty() {
        let words = "a campaign that was published is kept with its figures; end it instead";
        return Err(Refusal::Conflict(words.to_owned()));
    }
    let row = &campaign.row;
    let entry = Entry {
        actor: by.actor.to_owned(),
        action: "campaign.delete",
        entity: format!("campaign:{}", row.id),
        before: Some(
            json!({ "status": row.status, "version": row.version, "name": row.name, "document": campaign.hash }),
        ),
        after: None,
        at: by.now,
    };
    Ok(database.commit(WHAT, &rows::delete(row), &[entry]).await?)
}

/// Puts what is wanted before the approvers; returns the request's id. `findings` is what was found in the document: a
/// blocking one forbids it, as do the document's own rules, which are asked here in any case.
///
/// # Errors
/// [`Refusal`]; [`Error::Stale`] when the campaign has moved on.
pub async fn submit(
    database: &TenantDb,
    campaign: &Campaign,
    reason: &str,
    run_id: &str,
    findings: &[Finding],
    by: &By<'_>,
) -> std::result::Result<String, Refusal> {
    let then = campaign.standing().after(Event::Submit)?;
    let row = &campaign.row;
    let circumstances = Circumstances { now: by.now, site_currency: &row.currency };
    if let Some(blocking) =
        blocking(findings).or_else(|| blocking(&check::document(&campaign.document, &circumstances)))
    {
        return Err(Refusal::Findings(blocking));
    }
    let out = campaign.status.is_out();
    let (approval_id, snapshot_id) = (random::uuid(), random::uuid());
    let request = approvals::Request {
        id: &approval_id,
        site: &row.site,
        kind: if out { ApprovalKind::Change } else { ApprovalKind::Campaign },
        campaign_id: &row.id,
        snapshot_id: &snapshot_id,
        snapshot_hash: &campaign.hash,
        base_snapshot_id: if out { &row.live_snapshot_id } else { "" },
        diff: &campaign.diff()?,
        title: &row.name,
        reason,
        requested_by: by.actor,
        run_id,
        now: by.now,
    };
    let mut change = Move::to(campaign, then.status, "campaign.submit", by.now)
        .with(rows::insert_snapshot(&snapshot_id, &row.id, &campaign.document, by.actor, by.now)?)
        .with(approvals::void(&row.id))
        .with(approvals::insert(&request)?);
    change.advance.approval_id = &approval_id;
    change.after = json!({ "approval": approval_id, "document": campaign.hash, "run": run_id });
    change.commit(database, by).await?;
    Ok(approval_id)
}

/// Takes a request, or an approval that was not used, back.
///
/// # Errors
/// [`Refusal`]; [`Error::Stale`] when the campaign has moved on.
pub async fn withdraw(database: &TenantDb, campaign: &Campaign, by: &By<'_>) -> std::result::Result<(), Refusal> {
    let then = campaign.standing().after(Event::Withdraw)?;
    let mut change = Move::to(campaign, then.status, "campaign.withdraw", by.now)
        .with(approvals::void(&campaign.row.id))
        .with(calendar::close_launches(&campaign.row.id, "cancelled", "the campaign was withdrawn"));
    change.advance.approval_id = "";
    change.commit(database, by).await
}

/// A decision.
#[derive(Clone, Copy, Debug)]
pub struct Verdict<'a> {
    /// The request that is decided.
    pub approval_id: &'a str,
    /// Yes or no.
    pub approve: bool,
    /// Hash of the document the decider looked at.
    pub seen_hash: &'a str,
    /// What they say about it.
    pub comment: &'a str,
}

/// Approves or rejects a request of the campaign.
///
/// # Errors
/// [`Refusal`]; [`Error::Stale`] when the campaign or the request has moved on.
pub async fn decide(
    database: &TenantDb,
    campaign: &Campaign,
    verdict: &Verdict<'_>,
    by: &By<'_>,
) -> std::result::Result<(), Refusal> {
    let row = approvals::find(database, verdict.approval_id).await?.filter(|row| row.campaign_id == campaign.row.id);
    let request = row.ok_or(Refused::NothingPending)?;
    approval::decide(&Decision {
        state: request.state()?,
        requested_by: &request.answerable,
        decided_by: by.actor,
        requested_hash: &request.snapshot_hash,
        seen_hash: verdict.seen_hash,
        document_hash: &campaign.hash,
    })?;
    let event = if verdict.approve { Event::Approve } else { Event::Reject };
    let then = campaign.standing().after(event)?;
    let action = if verdict.approve { "campaign.approve" } else { "campaign.reject" };
    let mut change = Move::to(campaign, then.status, action, by.now);
    change.statements = approvals::decide(&request.id, verdict.approve, by.actor, verdict.comment, by.now);
    if !verdict.approve {
        change.advance.approval_id = "";
        change.advance.detail = verdict.comment;
    }
    change.after = json!({ "approval": request.id, "document": request.snapshot_hash, "comment": verdict.comment });
    change.commit(database, by).await
}

/// Looks at the limits before anything is queued, so that a refusal comes at once; the object looks again, last.
async fn within_limits(
    database: &TenantDb,
    campaign: &Campaign,
    document: &Document,
    now: i64,
) -> std::result::Result<(), Refusal> {
    let gathered = limits::gather(database, &campaign.row.id, document).await?;
    let facts = gathered.facts(now);
    guard::not_stopped(facts.guardrails)?;
    Ok(guard::limits(&facts)?)
}

/// Queues work for the campaign's object with a change of status.
async fn queue(
    env: &Env,
    database: &TenantDb,
    mut change: Move<'_>,
    new: (&'static str, &str, &str),
    by: &By<'_>,
) -> std::result::Result<String, Refusal> {
    let (action, snapshot_id, approval_id) = new;
    let row = &change.campaign.row;
    let id = random::uuid();
    change.statements.push(publications::insert(&publications::New {
        id: &id,
        site: &row.site,
        campaign_id: &row.id,
        action,
        snapshot_id,
        approval_id,
        requested_by: by.actor,
        now: by.now,
    }));
    change.after = json!({ "publication": id, "snapshot": snapshot_id, "approval": approval_id });
    let campaign_id = row.id.clone();
    change.commit(database, by).await?;
    wake(env, database.tenant(), &campaign_id).await;
    Ok(id)
}

/// Tells the campaign's object that there is work. A failure is only logged: the rows are the truth, and the cron Worker
/// nudges what was forgotten.
pub async fn wake(env: &Env, tenant: &str, campaign_id: &str) {
    if let Err(error) = publication_object::nudge(env, tenant, campaign_id).await {
        log::error("platform", tenant, "nudging a publication object failed", &error);
    }
}

/// Publishes what is approved: the campaign, or a change of one that is out. Returns the publication's id.
///
/// # Errors
/// [`Refusal`]; [`Error::Stale`] when the campaign has moved on.
pub async fn publish(
    env: &Env,
    database: &TenantDb,
    campaign: &Campaign,
    by: &By<'_>,
) -> std::result::Result<String, Refusal> {
    let then = campaign.standing().after(Event::Publish)?;
    let request = campaign.approval.as_ref().ok_or(Refused::NotApproved)?;
    within_limits(database, campaign, &campaign.document, by.now).await?;
    let action = if campaign.status.is_out() { CHANGE } else { PUBLISH };
    let mut change = Move::to(campaign, then.status, "campaign.publish", by.now);
    if by.entry.is_none() {
        change = change.with(calendar::close_launches(&campaign.row.id, "cancelled", "the campaign was published"));
    }
    queue(env, database, change, (action, &request.snapshot_id, &request.id), by).await
}

/// Sets publishing for a time; returns the calendar entry's id.
///
/// # Errors
/// [`Refusal`]; [`Error::Stale`] when the campaign has moved on.
pub async fn schedule(
    database: &TenantDb,
    campaign: &Campaign,
    title: &str,
    at: i64,
    by: &By<'_>,
) -> std::result::Result<String, Refusal> {
    let then = campaign.standing().after(Event::Schedule)?;
    let row = &campaign.row;
    if row.end_at.is_some_and(|end| end <= at) {
        return Err(Refusal::Conflict("the campaign would be over by then; choose an earlier time".to_owned()));
    }
    let id = random::uuid();
    let mut change =
        Move::to(campaign, then.status, "campaign.schedule", by.now).with(calendar::insert(&calendar::New {
            id: &id,
            site: &row.site,
            campaign_id: &row.id,
            kind: Kind::Launch,
            title,
            at,
            created_by: by.actor,
            now: by.now,
        }));
    change.after = json!({ "entry": id, "at": at });
    change.commit(database, by).await?;
    Ok(id)
}

/// Takes a scheduled campaign off the calendar; `status` and `detail` are what becomes of its entry.
///
/// # Errors
/// [`Refusal`]; [`Error::Stale`] when the campaign has moved on.
pub async fn unschedule(
    database: &TenantDb,
    campaign: &Campaign,
    status: &str,
    detail: &str,
    by: &By<'_>,
) -> std::result::Result<(), Refusal> {
    let then = campaign.standing().after(Event::Unschedule)?;
    let mut change = Move::to(campaign, then.status, "campaign.unschedule", by.now).with(calendar::close_launches(
        &campaign.row.id,
        status,
        detail,
    ));
    change.advance.detail = detail;
    change.commit(database, by).await
}

/// Lets a live campaign rest. Returns the publication's id.
///
/// # Errors
/// [`Refusal`]; [`Error::Stale`] when the campaign has moved on.
pub async fn pause(
    env: &Env,
    database: &TenantDb,
    campaign: &Campaign,
    by: &By<'_>,
) -> std::result::Result<String, Refusal> {
    let then = campaign.standing().after(Event::Pause)?;
    let change = Move::to(campaign, then.status, "campaign.pause", by.now);
    queue(env, database, change, (PAUSE, &campaign.row.live_snapshot_id, ""), by).await
}

/// Lets a paused campaign run again, as it last was. Returns the publication's id.
///
/// # Errors
/// [`Refusal`]; [`Error::Stale`] when the campaign has moved on.
pub async fn resume(
    env: &Env,
    database: &TenantDb,
    campaign: &Campaign,
    by: &By<'_>,
) -> std::result::Result<String, Refusal> {
    let then = campaign.standing().after(Event::Resume)?;
    let document = campaign.live_document()?.ok_or_else(|| rows::missing("the live snapshot"))?;
    within_limits(database, campaign, &document, by.now).await?;
    let hash = snapshot::hash(&document)?;
    let approval = approvals::in_force(database, &campaign.row.id, &hash).await?.ok_or(Refused::NotApproved)?;
    let change = Move::to(campaign, then.status, "campaign.resume", by.now);
    queue(env, database, change, (RESUME, &campaign.row.live_snapshot_id, &approval.id), by).await
}

/// Ends a campaign for good. Returns the publication's id.
///
/// # Errors
/// [`Refusal`]; [`Error::Stale`] when the campaign has moved on.
pub async fn end(
    env: &Env,
    database: &TenantDb,
    campaign: &Campaign,
    by: &By<'_>,
) -> std::result::Result<String, Refusal> {
    let then = campaign.standing().after(Event::End)?;
    let row = &campaign.row;
    let failed =
        campaign.publications.iter().rev().find(|one| one.action == END).is_some_and(|one| one.status == "failed");
    if campaign.status == Status::Ended && !failed {
        return Err(Refused::State { status: Status::Ended, event: Event::End }.into());
    }
    // One that failed half way has no live snapshot; what it had begun with is what must go.
    let begun = campaign.publications.last().map_or("", |one| one.snapshot_id.as_str());
    let snapshot_id = if row.live_snapshot_id.is_empty() { begun } else { &row.live_snapshot_id };
    let change = Move::to(campaign, then.status, "campaign.end", by.now)
        .with(approvals::void(&row.id))
        .with(calendar::cancel_others(&row.id, by.entry.unwrap_or_default()));
    queue(env, database, change, (END, snapshot_id, ""), by).await
}

/// Restores what was live before, or takes the campaign back where there was nothing. What is wanted becomes what is
/// restored; an edit that was under way is dropped. Returns the publication's id.
///
/// # Errors
/// [`Refusal`]; [`Error::Stale`] when the campaign has moved on.
pub async fn rollback(
    env: &Env,
    database: &TenantDb,
    campaign: &Campaign,
    by: &By<'_>,
) -> std::result::Result<String, Refusal> {
    let then = campaign.standing().after(Event::Rollback)?;
    let row = &campaign.row;
    if campaign.open_publications().any(|one| one.moves_document()) {
        return Err(Refused::UnderWay.into());
    }
    let change = Move::to(campaign, then.status, "campaign.rollback", by.now).with(approvals::void(&row.id));
    let Some((snapshot_id, hash)) = campaign.restorable() else {
        return queue(env, database, change, (ROLLBACK, "", ""), by).await;
    };
    let earlier =
        rows::snapshot_of(database, snapshot_id).await?.ok_or_else(|| rows::missing("the earlier snapshot"))?;
    let document = snapshot::parse(&earlier.document)?;
    within_limits(database, campaign, &document, by.now).await?;
    let approval = approvals::in_force(database, &row.id, hash).await?.ok_or(Refused::NotApproved)?;
    let mut change = change;
    change.statements.extend(rows::replace(&row.id, &document));
    change.advance.approval_id = &approval.id;
    queue(env, database, change, (ROLLBACK, snapshot_id, &approval.id), by).await
}

/// How a publication ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// Carried out.
    Done,
    /// Not carried out, why in words.
    Failed(&'a str),
    /// Not carried out, and something may be running that is not to: the campaign is paused.
    FailedRunning(&'a str),
}

impl<'a> Outcome<'a> {
    const fn is_done(self) -> bool {
        matches!(self, Self::Done)
    }

    const fn words(self) -> &'a str {
        match self {
            Self::Done => "",
            Self::Failed(words) | Self::FailedRunning(words) => words,
        }
    }
}

/// Writes down that a publication is over: its row, the campaign's status, and what is live now. Where something may be
/// left running, a pause is queued in the same commit; it is the campaign's next publication. An edit in between is no
/// obstacle.
///
/// # Errors
/// [`Error::Stale`] when the publication was over already.
pub async fn finish(
    database: &TenantDb,
    campaign_id: &str,
    publication_id: &str,
    outcome: Outcome<'_>,
    by: &By<'_>,
) -> std::result::Result<(), Refusal> {
    for _ in 0..ATTEMPTS {
        let campaign = load(database, campaign_id).await?.ok_or_else(|| rows::missing("the campaign"))?;
        let publication = campaign.publications.iter().find(|one| one.id == publication_id && one.is_open());
        let publication = publication.ok_or(Error::Stale { what: "the publication" })?;
        let event = match (&*publication.action, outcome.is_done()) {
            (ROLLBACK, true) if publication.snapshot_id.is_empty() => Some(Event::RolledBack),
            (PUBLISH | CHANGE | ROLLBACK, true) => Some(Event::Published),
            (ROLLBACK, false) if publication.snapshot_id.is_empty() => None,
            (PUBLISH | CHANGE | ROLLBACK, false) => Some(Event::PublishFailed),
            (PAUSE, false) => Some(Event::PauseFailed),
            (RESUME, false) => Some(Event::ResumeFailed),
            _ => None,
        };
        // What was asked in between counts: a campaign that was ended meanwhile stays ended.
        let mut status = event.and_then(|event| status::next(campaign.status, event).ok()).unwrap_or(campaign.status);
        let pause_id = match outcome {
            Outcome::FailedRunning(_) => Some(random::uuid()),
            Outcome::Done | Outcome::Failed(_) => None,
        };
        if pause_id.is_some() {
            status = status::next(status, Event::Pause).unwrap_or(status);
        }
        let action = if outcome.is_done() { "publication.done" } else { "publication.fail" };
        let mut change = Move::to(&campaign, status, action, by.now);
        let detail = outcome.words();
        // A pause that followed from a failure does not take that failure's reason away.
        let follows = publication.action == PAUSE && publication.requested_by == by.actor && outcome.is_done();
        change.advance.detail = if follows { &campaign.row.detail } else { detail };
        change.statements = publications::close(publication_id, outcome.is_done(), detail, by.now);
        if let Some(id) = &pause_id {
            change.statements.push(publications::insert(&publications::New {
                id,
                site: &publication.site,
                campaign_id,
                action: PAUSE,
                snapshot_id: &publication.snapshot_id,
                approval_id: "",
                requested_by: by.actor,
                now: by.now,
            }));
        }
        match event {
            Some(Event::Published) => change.advance.live_snapshot_id = &publication.snapshot_id,
            Some(Event::RolledBack) => {
                change.advance.live_snapshot_id = "";
                change.advance.approval_id = "";
                change.statements.push(approvals::void(campaign_id));
            }
            _ => {}
        }
        change.after = json!({
            "publication": publication_id,
            "action": publication.action,
            "snapshot": publication.snapshot_id,
            "detail": detail,
            "pause": pause_id,
        });
        match change.commit(database, by).await {
            Err(Refusal::Platform(Error::Stale { .. })) => {}
            outcome => return outcome,
        }
    }
    Err(Error::Stale { what: WHAT }.into())
}

/// Makes `wanted` the campaign's document and puts it before the approvers in one go: how an agent's proposal becomes a
/// request. Returns the request's id.
///
/// # Errors
/// [`Refusal::Conflict`] while a person's own edit of what is live waits: it would be overwritten unseen.
pub async fn request_change(
    database: &TenantDb,
    campaign: &Campaign,
    wanted: &Document,
    reason: &str,
    run_id: &str,
    findings: &[Finding],
    by: &By<'_>,
) -> std::result::Result<String, Refusal> {
    let id = &campaign.row.id;
    if campaign.standing().has_change() {
        let words = "the campaign has a change that is not published yet; publish or undo it first";
        return Err(Refusal::Conflict(words.to_owned()));
    }
    // Refused before anything is written: what blocks a request must not leave an edit behind.
    if let Some(blocking) = blocking(findings) {
        return Err(Refusal::Findings(blocking));
    }
    if campaign.status.is_out() && snapshot::hash(wanted)? == campaign.hash {
        return Err(Refused::NoChange.into());
    }
    edit(database, campaign, wanted, by).await?;
    let edited = load(database, id).await?.ok_or_else(|| rows::missing("the campaign"))?;
    submit(database, &edited, reason, run_id, findings, by).await
}

fn blocking(findings: &[Finding]) -> Option<Vec<Finding>> {
    let blocking: Vec<Finding> =
        findings.iter().filter(|finding| finding.severity == Severity::Blocking).cloned().collect();
    (!blocking.is_empty()).then_some(blocking)
}

/// What became of an agent's change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acted {
    /// The request.
    pub approval_id: String,
    /// The publication, where the policy let it pass.
    pub publication_id: Option<String>,
    /// Why people must decide, where they must.
    pub needs_people: Option<String>,
}

/// An agent's change of a live campaign: requested like any other, and approved and published at once where the tenant's
/// limits let agents act. `by` is `agent:<name>`.
///
/// # Errors
/// [`Refusal`]. A change that was approved by policy and cannot be published stays approved, with the refusal returned.
pub async fn act_for_agent(
    env: &Env,
    database: &TenantDb,
    campaign: &Campaign,
    wanted: &Document,
    request: (&str, &str, &[Finding]),
    by: &By<'_>,
) -> std::result::Result<Acted, Refusal> {
    let (reason, run_id, findings) = request;
    let approval_id = request_change(database, campaign, wanted, reason, run_id, findings, by).await?;
    let id = &campaign.row.id;
    let requested = load(database, id).await?.ok_or_else(|| rows::missing("the campaign"))?;
    let row = requested.approval.as_ref().filter(|row| row.id == approval_id).ok_or(Refused::NothingPending)?;
    let limits = limits::load(database).await?;
    let facts = PolicyFacts {
        now: by.now,
        guardrails: &limits.guardrails,
        requested_by: by.actor,
        kind: if row.kind == ApprovalKind::Change.as_str() { ApprovalKind::Change } else { ApprovalKind::Campaign },
        diff: &row.difference()?,
        last_raise_at: approvals::last_raise_by_policy(database, id).await?,
    };
    if let Err(needs) = approval::policy(&facts) {
        return Ok(Acted { approval_id, publication_id: None, needs_people: Some(needs.to_string()) });
    }
    let policy = By::new(approval::POLICY, by.now);
    let verdict = Verdict {
        approval_id: &approval_id,
        approve: true,
        seen_hash: &row.snapshot_hash,
        comment: "within the limits in which agents act",
    };
    decide(database, &requested, &verdict, &policy).await?;
    let approved = load(database, id).await?.ok_or_else(|| rows::missing("the campaign"))?;
    let publication_id = publish(env, database, &approved, &policy).await?;
    Ok(Acted { approval_id, publication_id: Some(publication_id), needs_people: None })
}
