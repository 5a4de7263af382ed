//! Questions in words and in SQL.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// A question in words.
#[derive(Debug, Deserialize, ToSchema)]
pub struct Ask {
    /// The question, at most 500 characters.
    pub question: String,
    /// The site; the tenant's first one when absent.
    pub site: Option<String>,
    /// The question it follows, as the answer's `question` said it: "and by device?" is then asked of that one.
    pub after: Option<String>,
}

/// A question in SQL.
#[derive(Debug, Deserialize, ToSchema)]
pub struct RunSql {
    /// One SELECT over the tables of `GET /query/schema`.
    pub sql: String,
    /// The site; the tenant's first one when absent.
    pub site: Option<String>,
}

/// What somebody thinks of an answer.
#[derive(Debug, Deserialize, ToSchema)]
pub struct AnswerFeedback {
    /// The `hash` of the answer.
    pub hash: String,
    /// `up` or `down`; after `down` the question is understood anew.
    pub verdict: String,
    /// What is wrong with it, in words, at most 1,000 characters.
    pub comment: Option<String>,
    /// The site; the tenant's first one when absent.
    pub site: Option<String>,
}

/// Which site.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OfSite {
    /// The site; the tenant's first one when absent.
    pub site: Option<String>,
}

/// A column of an answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnswerColumn {
    /// Its name in the SQL.
    pub name: String,
    /// What to call it.
    pub label: String,
    /// `date`, `text`, `money` (minor units), `count`, `ratio`, `percent` (a fraction) or `value` where it is not known.
    pub unit: String,
    /// ISO 4217, for amounts.
    pub currency: Option<String>,
}

/// A metric in an answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnswerDefinition {
    /// Metric id.
    pub id: String,
    /// What people call it.
    pub label: String,
    /// What it says, with its traps.
    pub description: String,
    /// The formula, in words.
    pub formula: String,
}

/// Days an answer is about.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnswerDays {
    /// First day, `YYYY-MM-DD`.
    pub from: String,
    /// Last day; it belongs to the days.
    pub to: String,
}

/// How an answer is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AnswerChart {
    /// One figure.
    Kpi,
    /// Over time.
    Line,
    /// By a key.
    Bar,
    /// Rows.
    Table,
}

/// Where an answer's SQL came from.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnswerCache {
    /// Whether the SQL was kept from before.
    pub hit: bool,
    /// How often it was asked since it was made.
    pub hits: i64,
    /// `load`: made ahead; `grammar`: understood from the words; `model`: written by a language model.
    pub origin: String,
    /// UTC ms.
    pub created_at: i64,
    /// UTC ms.
    pub expires_at: i64,
}

/// The answer to a question in words.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuestionAnswer {
    /// The question that is answered, in its normal form: what was asked, or what it became after the one it follows.
    pub question: String,
    /// Names the question, for feedback.
    pub hash: String,
    /// What was understood.
    pub title: String,
    /// The SQL that ran. Its parameters are the tenant, the site and the days.
    pub sql: String,
    /// `d1` or `clickhouse`.
    pub engine: String,
    /// The columns.
    pub columns: Vec<AnswerColumn>,
    /// The rows, each a list in the order of the columns.
    pub rows: Vec<Vec<Value>>,
    /// How it is drawn.
    pub chart: AnswerChart,
    /// The metrics in it.
    pub definitions: Vec<AnswerDefinition>,
    /// The days; null where the SQL says them itself.
    pub days: Option<AnswerDays>,
    /// The days it is compared with.
    pub compared: Option<AnswerDays>,
    /// Time zone of the days.
    pub time_zone: String,
    /// Where the SQL came from.
    pub cache: AnswerCache,
}

/// The answer to a question in SQL.
#[derive(Debug, Serialize, ToSchema)]
pub struct SqlAnswer {
    /// The SQL that ran: the text, narrowed to the site.
    pub sql: String,
    /// `d1` or `clickhouse`.
    pub engine: String,
    /// The tables it read.
    pub tables: Vec<String>,
    /// The columns.
    pub columns: Vec<AnswerColumn>,
    /// The rows, each a list in the order of the columns.
    pub rows: Vec<Vec<Value>>,
    /// Most rows it could give.
    pub limit: u64,
    /// Whether there may be more rows than the limit.
    pub truncated: bool,
    /// How it may be drawn.
    pub chart: AnswerChart,
}

/// A column SQL may name.
#[derive(Debug, Serialize, ToSchema)]
pub struct SchemaColumn {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub description: String,
    /// `money` or `count` where it counts something.
    pub unit: Option<String>,
}

/// A table SQL may name.
#[derive(Debug, Serialize, ToSchema)]
pub struct SchemaTable {
    /// Its name.
    pub name: String,
    /// What a row is.
    pub description: String,
    /// Its columns.
    pub columns: Vec<SchemaColumn>,
}

/// What SQL may say.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuerySchema {
    /// The tables.
    pub tables: Vec<SchemaTable>,
    /// The functions.
    pub functions: Vec<String>,
    /// The rules, one sentence each.
    pub rules: Vec<String>,
    /// Changes whenever stored SQL has to be made anew.
    pub schema_version: String,
}

/// A question whose SQL is there already.
#[derive(Debug, Serialize, ToSchema)]
pub struct Suggestion {
    /// Names the question.
    pub hash: String,
    /// The question.
    pub question: String,
    /// What was understood.
    pub title: String,
    /// `load`, `grammar` or `model`.
    pub origin: String,
    /// How often it was asked.
    pub hits: i64,
}

/// Questions to begin with, those most asked first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Suggestions {
    /// The rows.
    pub rows: Vec<Suggestion>,
}
