//! One turn of a conversation, whatever protocol it came by: what was asked, doing it, and telling what happens.
//!
//! What is asked is an agent, a tool by its name, or a question in words. Doing it is a call of the API; an agent's run
//! is followed until it is over. What then waits for a person is looked up, never believed.

use std::time::Duration;

use capability::words;
use protocol::a2a::{APPROVAL, PROPOSAL, Waiting, summary};
use serde_json::{Map, Value, json};
use worker::Delay;

use super::{Answered, DOCUMENT, Inside, approval_page, registry};
use crate::answer::Answer;

/// Between two looks at a run.
pub(super) const POLL: Duration = Duration::from_millis(400);

/// After so many looks without an end a turn stops following: five minutes. The run goes on.
pub(super) const MOST_LOOKS: u32 = 750;

/// What was asked.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Intent {
    /// An agent.
    Agent {
        /// Which.
        agent: String,
        /// What it shall look at.
        context: Map<String, Value>,
    },
    /// A tool of the registry.
    Tool {
        /// Which.
        name: String,
        /// With what.
        arguments: Map<String, Value>,
    },
    /// A question in words.
    Ask {
        /// The words.
        question: String,
        /// About which site.
        site: Option<String>,
        /// The question it follows.
        after: Option<String>,
    },
    /// Nothing that can be done; what to say instead.
    Help(String),
}

/// What happens in a turn.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Said {
    /// A tool is used.
    Began {
        /// Its name.
        tool: String,
        /// With what.
        input: Value,
    },
    /// The run that is followed, as it is now.
    Run(Value),
    /// The tool answered.
    Ended(Value),
    /// The tool could not do it: in words, and as the API said it where it was the API that refused.
    Failed(String, Option<Value>),
    /// Words.
    Text(String),
    /// Something waits for a person.
    Waits(Vec<Waiting>),
}

/// Whether questions in words can be answered here.
fn answers_questions() -> bool {
    DOCUMENT.get("paths").and_then(|paths| paths.get("/query/ask")?.get("post")).is_some()
}

impl Intent {
    /// Reads what was asked from a text and from data beside it. Data says it outright (`agent`, `tool` or `question`);
    /// a text that begins with a slash names a tool or, after `/run`, an agent; every other text is a question, which may
    /// follow the one named in `after`.
    pub(super) fn of(text: &str, data: &Map<String, Value>) -> Self {
        let named = |name: &str| data.get(name).and_then(Value::as_str).map(str::to_owned);
        let object = |name: &str| data.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
        let site = named("site");
        let about = |mut context: Map<String, Value>| {
            if let Some(site) = &site {
                context.entry("site").or_insert_with(|| site.clone().into());
            }
            context
        };
        if let Some(agent) = named("agent") {
            return Self::Agent { agent, context: about(object("context")) };
        }
        if let Some(name) = named("tool") {
            return Self::tool(&name, |_| object("arguments"), site.as_deref());
        }
        let text = named("question").unwrap_or_else(|| text.trim().to_owned());
        if let Some(command) = text.strip_prefix('/') {
            let (name, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
            if name == "run" {
                let (agent, rest) = rest.trim().split_once(char::is_whitespace).unwrap_or((rest.trim(), ""));
                let inputs = agent::registry::find(agent).map_or(Value::Null, |agent| agent.input_schema);
                return Self::Agent { agent: agent.to_owned(), context: about(words::arguments(rest, &inputs)) };
            }
            return Self::tool(name, |schema| words::arguments(rest, schema), site.as_deref());
        }
        if text.is_empty() {
            return Self::Help(help());
        }
        let after = named("after");
        if answers_questions() { Self::Ask { question: text, site, after } } else { Self::Help(help()) }
    }

    /// A tool with what it is given; one that is about a site is about the conversation's, unless another is named.
    fn tool(name: &str, given: impl FnOnce(&Value) -> Map<String, Value>, site: Option<&str>) -> Self {
        match registry().get(name) {
            Some(tool) => {
                let mut arguments = given(&tool.input_schema());
                let of_a_site = tool.arguments.iter().any(|argument| argument.name == "site");
                if let (true, Some(site)) = (of_a_site, site) {
                    arguments.entry("site").or_insert_with(|| site.into());
                }
                Self::Tool { name: name.to_owned(), arguments }
            }
            None => Self::Help(format!("There is no tool called {name}. {}", help())),
        }
    }

    /// The tool that does it and its input, as callers are shown them.
    pub(super) fn shown(&self) -> Option<(String, Value)> {
        Some(match self {
            Self::Agent { agent, context } => ("agents_run".to_owned(), json!({ "agent": agent, "context": context })),
            Self::Tool { name, arguments } => (name.clone(), arguments.clone().into()),
            Self::Ask { question, site, after } => ("query_ask".to_owned(), asking(question, site, after)),
            Self::Help(_) => return None,
        })
    }

    /// Whether a person should be asked before it is done: a tool that changes something. Starting an agent is what the
    /// person asked for in so many words, and changes nothing but its own run.
    pub(super) fn changes_something(&self) -> bool {
        match self {
            Self::Tool { name, .. } => {
                registry().get(name).is_some_and(|capability| capability.effect != capability::Effect::Read)
            }
            Self::Agent { .. } | Self::Ask { .. } | Self::Help(_) => false,
        }
    }
}

/// What can be said here.
fn help() -> String {
    let mut ways = vec!["/run followed by an agent's name", "/ followed by a tool's name and its arguments"];
    if answers_questions() {
        ways.insert(0, "a question about the shop's figures");
    }
    format!("You can say: {}.", ways.join("; "))
}

/// The body of a question.
fn asking(question: &str, site: &Option<String>, after: &Option<String>) -> Value {
    let mut body = json!({ "question": question });
    for (name, value) in [("site", site), ("after", after)] {
        if let Some(value) = value {
            protocol::json_rpc::set(&mut body, name, value.as_str());
        }
    }
    body
}

/// Starts a run.
pub(super) async fn start(
    inside: &Inside,
    agent: &str,
    context: &Map<String, Value>,
    conversation: Option<&str>,
) -> Answer<Answered> {
    let mut context = Value::Object(context.clone());
    if let Some(conversation) = conversation {
        protocol::json_rpc::set(&mut context, "context_id", conversation);
    }
    inside.post("/agents/run", &json!({ "agent": agent, "context": context })).await
}

/// A run as it is now, `None` when there is none.
pub(super) async fn look(inside: &Inside, id: &str) -> Answer<Option<Value>> {
    let answered = inside.get(&format!("/agents/runs/{}", escaped(id))).await?;
    Ok((!answered.failed()).then_some(answered.body))
}

/// An id as a path segment.
pub(super) fn escaped(id: &str) -> String {
    const KEPT: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'_');
    percent_encoding::utf8_percent_encode(id, KEPT).to_string()
}

/// Whether a run is over.
pub(super) fn is_over(run: &Value) -> bool {
    run.get("ended_at").is_some_and(|ended| !ended.is_null())
}

/// What of a run waits for a person: proposals nobody has decided about, and approvals that are still pending.
pub(super) async fn waiting(inside: &Inside, run: &Value) -> Answer<Vec<Waiting>> {
    let mut all = Vec::new();
    for proposal in rows(run, "proposals") {
        match asked_of(proposal) {
            Some(Asked::Decision) => all.push(undecided(inside, proposal)),
            Some(Asked::Approval(id)) => all.extend(pending(inside, id, text(proposal, "title")).await?),
            None => {}
        }
    }
    Ok(all)
}

/// What of each of these runs waits for a person, as [`waiting`] of each, in three questions: the tenant's latest
/// proposals and its pending approvals.
pub(super) async fn waiting_of_all(inside: &Inside, runs: Vec<Value>) -> Answer<Vec<(Value, Vec<Waiting>)>> {
    let open = inside.get("/agents/proposals?status=open&limit=200").await?;
    let accepted = inside.get("/agents/proposals?status=accepted&limit=200").await?;
    let approvals = inside.get("/approvals?status=pending").await?;
    let proposals: Vec<&Value> = rows(&open.body, "rows").chain(rows(&accepted.body, "rows")).collect();
    let wait = |proposal: &&Value| match asked_of(proposal)? {
        Asked::Decision => Some(undecided(inside, proposal)),
        Asked::Approval(id) => {
            let pending = rows(&approvals.body, "rows").find(|approval| text(approval, "id") == id)?;
            Some(approval_waiting(inside, pending, text(proposal, "title")))
        }
    };
    let of = |run: &Value| {
        let id = text(run, "id");
        proposals.iter().filter(|proposal| text(proposal, "run_id") == id).filter_map(wait).collect()
    };
    Ok(runs
        .into_iter()
        .map(|run| {
            let waiting = of(&run);
            (run, waiting)
        })
        .collect())
}

/// What a proposal asks of a person.
enum Asked<'a> {
    /// To decide about it.
    Decision,
    /// To decide about the approval that came of it, if it is still pending.
    Approval(&'a str),
}

fn asked_of(proposal: &Value) -> Option<Asked<'_>> {
    match (text(proposal, "status"), text(proposal, "kind"), text(proposal, "approval_id")) {
        ("open", kind, _) if kind != "report" => Some(Asked::Decision),
        ("accepted", _, approval) if !approval.is_empty() => Some(Asked::Approval(approval)),
        _ => None,
    }
}

fn undecided(inside: &Inside, proposal: &Value) -> Waiting {
    Waiting {
        kind: PROPOSAL,
        id: text(proposal, "id").to_owned(),
        title: text(proposal, "title").to_owned(),
        url: format!("{}/agents/runs/{}", inside.origin(), text(proposal, "run_id")),
    }
}

fn approval_waiting(inside: &Inside, approval: &Value, title: &str) -> Waiting {
    let id = text(approval, "id");
    Waiting {
        kind: APPROVAL,
        id: id.to_owned(),
        title: approval.get("title").and_then(Value::as_str).unwrap_or(title).to_owned(),
        url: approval_page(inside.origin(), id),
    }
}

fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn rows<'a>(object: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    object.get(name).and_then(Value::as_array).into_iter().flatten()
}

/// Says for a caller what they decided about each proposal among what waits.
pub(super) async fn decide(inside: &Inside, waiting: &[Waiting], accept: bool) -> Answer<Vec<Answered>> {
    let mut answers = Vec::new();
    for one in waiting.iter().filter(|one| one.kind == PROPOSAL) {
        answers.push(decide_one(inside, &one.id, accept).await?);
    }
    Ok(answers)
}

/// Accepts or dismisses a proposal.
pub(super) async fn decide_one(inside: &Inside, id: &str, accept: bool) -> Answer<Answered> {
    let action = if accept { "accept" } else { "dismiss" };
    inside.post(&format!("/agents/proposals/{}/{action}", escaped(id)), &json!({})).await
}

/// The approval of this id, if it is still pending.
pub(super) async fn pending(inside: &Inside, id: &str, title: &str) -> Answer<Option<Waiting>> {
    let answered = inside.get(&format!("/approvals/{}", escaped(id))).await?;
    let pending = !answered.failed() && text(&answered.body, "status") == "pending";
    Ok(pending.then(|| approval_waiting(inside, &answered.body, title)))
}

/// A question's answer in words: its title and, where there is but one row, the row.
pub(super) fn answer_in_words(body: &Value) -> String {
    let title = body.get("title").and_then(Value::as_str).unwrap_or("Here is the answer");
    let rows = body.get("rows").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let columns = body.get("columns").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    match rows {
        [] => format!("{title}: there is nothing to count."),
        [only] => {
            let cells = only.as_array().map(Vec::as_slice).unwrap_or_default();
            let values: Vec<String> = columns
                .iter()
                .zip(cells)
                .map(|(column, cell)| {
                    let label = ["label", "name"].iter().find_map(|key| column.get(key)?.as_str()).unwrap_or_default();
                    format!("{label} {}", figure(cell, column))
                })
                .collect();
            format!("{title}: {}.", values.join(", "))
        }
        many => format!("{title}: {} rows.", many.len()),
    }
}

/// A cell as people read it: amounts in whole units, fractions as percent.
fn figure(cell: &Value, column: &Value) -> String {
    let text = |name: &str| column.get(name).and_then(Value::as_str).unwrap_or_default();
    match (cell, cell.as_f64(), text("unit")) {
        (Value::Null, ..) => "–".to_owned(),
        (_, Some(amount), "money") => {
            let exponent = event::money::exponent(text("currency"));
            let digits = usize::try_from(exponent).unwrap_or(2);
            format!("{:.digits$} {}", amount / 10_f64.powi(i32::try_from(exponent).unwrap_or(2)), text("currency"))
        }
        (_, Some(fraction), "percent") => format!("{:.2} %", fraction * 100.0),
        (_, Some(ratio), "ratio") => format!("{ratio:.2}"),
        (Value::String(text), ..) => text.clone(),
        (other, ..) => other.to_string(),
    }
}

/// What the API refused.
fn refused(answered: Answered) -> Said {
    Said::Failed(answered.words(), Some(answered.body).filter(Value::is_object))
}

/// A turn that is being done.
pub(super) struct Turn {
    inside: Inside,
    intent: Intent,
    idempotency_key: Option<String>,
    /// The run that is followed, and how often it was looked at.
    run: Option<(Value, u32)>,
    over: bool,
}

impl Turn {
    /// Does this. A key makes a tool that creates something safe to repeat.
    pub(super) fn new(inside: Inside, intent: Intent, idempotency_key: Option<String>) -> Self {
        Self { inside, intent, idempotency_key, run: None, over: false }
    }

    /// What happens next; nothing when the turn is over.
    pub(super) async fn next(&mut self) -> Vec<Said> {
        if self.over {
            return Vec::new();
        }
        let mut said = Vec::new();
        let outcome = match self.run.take() {
            None => {
                // Told even when it breaks off: a failure without a beginning is refused by every client.
                said.extend(self.intent.shown().map(|(tool, input)| Said::Began { tool, input }));
                self.begin().await
            }
            Some((run, looks)) => self.follow(run, looks).await,
        };
        said.extend(outcome.unwrap_or_else(|refused| {
            self.over = true;
            let failed = refused.problem().detail.clone();
            platform::log::error("api", self.inside.tenant(), "a turn of a conversation", refused.problem());
            vec![Said::Failed(failed, None)]
        }));
        said
    }

    async fn begin(&mut self) -> Answer<Vec<Said>> {
        let intent = self.intent.clone();
        let mut said = Vec::new();
        self.over = true;
        match intent {
            Intent::Help(words) => said.push(Said::Text(words)),
            Intent::Agent { agent, context } => {
                let answered = start(&self.inside, &agent, &context, None).await?;
                if answered.failed() {
                    said.push(refused(answered));
                } else {
                    said.push(Said::Run(answered.body.clone()));
                    self.run = Some((answered.body, 0));
                    self.over = false;
                }
            }
            Intent::Ask { question, site, after } => {
                let answered = self.inside.post("/query/ask", &asking(&question, &site, &after)).await?;
                if answered.failed() {
                    said.push(refused(answered));
                } else {
                    let words = answer_in_words(&answered.body);
                    said.extend([Said::Ended(answered.body), Said::Text(words)]);
                }
            }
            Intent::Tool { name, mut arguments } => {
                let Some(capability) = registry().get(&name) else { return Ok(said) };
                if let (true, Some(key)) = (capability.creates(), self.idempotency_key.clone()) {
                    arguments.entry(capability::IDEMPOTENCY_KEY).or_insert_with(|| key.into());
                }
                match capability.request(&arguments) {
                    Err(refused) => said.push(Said::Failed(refused.to_string(), None)),
                    Ok(call) => {
                        said.extend(self.done(capability.title.as_str(), self.inside.call(&call).await?).await?)
                    }
                }
            }
        }
        Ok(said)
    }

    async fn done(&self, title: &str, answered: Answered) -> Answer<Vec<Said>> {
        if answered.failed() {
            return Ok(vec![refused(answered)]);
        }
        let approval = answered.pending_approval(self.inside.origin());
        let mut said = vec![Said::Ended(answered.body)];
        let id = approval.as_ref().and_then(|approval| approval.get("id")?.as_str());
        let waits = match id {
            Some(id) => pending(&self.inside, id, title).await?,
            None => None,
        };
        match waits {
            Some(waits) => {
                said.push(Said::Text(format!("{title}: this waits for a person's approval at {}", waits.url)));
                said.push(Said::Waits(vec![waits]));
            }
            None => said.push(Said::Text(format!("{title}: done."))),
        }
        Ok(said)
    }

    async fn follow(&mut self, before: Value, looks: u32) -> Answer<Vec<Said>> {
        if !is_over(&before) {
            Delay::from(POLL).await;
        }
        let id = before.get("id").and_then(Value::as_str).unwrap_or_default();
        let Some(run) = look(&self.inside, id).await? else {
            self.over = true;
            return Ok(vec![Said::Failed("the run is gone".to_owned(), None)]);
        };
        let mut said = Vec::new();
        if run != before {
            said.push(Said::Run(run.clone()));
        }
        if is_over(&run) {
            self.over = true;
            let text = |name: &str| run.get(name).and_then(Value::as_str).unwrap_or_default();
            if text("status") == "succeeded" {
                let words = summary(run.get("output").unwrap_or(&Value::Null));
                let waits = waiting(&self.inside, &run).await?;
                said.extend([Said::Ended(run), Said::Text(words)]);
                if !waits.is_empty() {
                    said.push(Said::Waits(waits));
                }
            } else {
                let detail = text("detail");
                let why = if detail.is_empty() { format!("the run is {}", text("status")) } else { detail.to_owned() };
                said.push(Said::Failed(why, None));
            }
        } else if looks >= MOST_LOOKS {
            self.over = true;
            said.push(Said::Text("The agent is still at work; its run shows how far it is.".to_owned()));
        } else {
            self.run = Some((run, looks + 1));
            if said.is_empty() {
                // Nothing new: the caller is told that we are still here.
                said.push(Said::Text(String::new()));
            }
        }
        Ok(said)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Intent {
        Intent::of(text, &Map::new())
    }

    #[test]
    fn a_command_names_an_agent_or_a_tool() {
        let Intent::Agent { agent, context } = of("/run analyst from=2026-11-01 to=2026-11-07") else { panic!() };
        assert_eq!((agent.as_str(), context["to"].as_str()), ("analyst", Some("2026-11-07")));
        let Intent::Tool { name, arguments } = of(r#"/analytics_summary {"compare": "previous"}"#) else { panic!() };
        assert_eq!((name.as_str(), arguments["compare"].as_str()), ("analytics_summary", Some("previous")));
        let Intent::Agent { context, .. } = of("/run pacer campaign_id=c days=7") else { panic!() };
        assert_eq!(Value::from(context), json!({"campaign_id": "c", "days": 7}));
        assert!(matches!(of("/nothing"), Intent::Help(words) if words.contains("no tool called nothing")));
        assert!(matches!(of("  "), Intent::Help(_)));
    }

    #[test]
    fn data_says_it_outright_and_carries_the_site() {
        let data = json!({"agent": "analyst", "site": "s", "context": {"from": "2026-11-01"}});
        let Intent::Agent { context, .. } = Intent::of("whatever", data.as_object().unwrap()) else { panic!() };
        assert_eq!(Value::from(context), json!({"from": "2026-11-01", "site": "s"}));
    }

    #[test]
    fn a_tool_about_a_site_is_about_the_conversations() {
        let data = json!({"site": "s"});
        let site = |text: &str| {
            let Intent::Tool { arguments, .. } = Intent::of(text, data.as_object().unwrap()) else { panic!() };
            arguments.get("site").and_then(Value::as_str).map(str::to_owned)
        };
        assert_eq!(site("/analytics_summary").as_deref(), Some("s"));
        assert_eq!(site("/analytics_summary site=other").as_deref(), Some("other"));
        assert_eq!(site("/inbox_dismiss id=1"), None);
    }

    #[test]
    fn a_question_may_follow_another() {
        let data = json!({"site": "s", "after": "revenue last week"});
        let intent = Intent::of("and by device?", data.as_object().unwrap());
        let (tool, input) = intent.shown().unwrap();
        assert_eq!(tool, "query_ask");
        assert_eq!(input, json!({"question": "and by device?", "site": "s", "after": "revenue last week"}));
    }

    #[test]
    fn only_a_tool_that_changes_something_asks_first() {
        assert!(of("/inbox_dismiss id=1").changes_something());
        assert!(!of("/analytics_summary").changes_something());
        assert!(!of("/run analyst").changes_something());
    }

    #[test]
    fn one_row_is_told_and_many_are_counted() {
        let columns = json!([
            {"name": "revenue", "label": "Revenue", "unit": "money", "currency": "EUR"},
            {"name": "cvr", "label": "Conversion rate", "unit": "percent"},
            {"name": "cpa", "label": "CPA", "unit": "money", "currency": "EUR"},
        ]);
        let one = json!({"title": "Last week", "columns": columns, "rows": [[120_050, 0.0315, null]]});
        assert_eq!(answer_in_words(&one), "Last week: Revenue 1200.50 EUR, Conversion rate 3.15 %, CPA –.");
        let many = json!({"title": "By day", "columns": ["day"], "rows": [["a"], ["b"]]});
        assert_eq!(answer_in_words(&many), "By day: 2 rows.");
        assert_eq!(answer_in_words(&json!({"title": "T", "rows": []})), "T: there is nothing to count.");
    }
}
