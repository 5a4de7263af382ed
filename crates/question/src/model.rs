//! What a language model is asked when the grammar does not understand a question, and how its answer is read.
//!
//! The model sees the logical schema, the catalog and the question; never a row, so nothing a stranger wrote into an
//! event can instruct it. What it answers is text that goes through [`crate::sandbox`] like anybody's.

use metrics::Dialect;
use model::{Message, OutputSchema, Request, Role};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::plan::{Chart, Prepared, Source};
use crate::{sandbox, schema};

/// Most tokens of an answer: SQL of [`sandbox::MAX_LENGTH`] bytes is refused anyway, and questions take a tenth of it.
const MAX_TOKENS: u32 = 1_200;
/// Longest title, characters.
const MAX_TITLE: usize = 120;

/// The request for a normalised question. `today` is the site's day, `YYYY-MM-DD`; `draw` is 0, and another number
/// where an answer before was no good and another one is wanted.
#[must_use]
pub fn request(question: &str, currency: &str, today: &str, draw: u64) -> Request {
    Request {
        messages: vec![
            Message::new(Role::System, instructions(currency, today)),
            Message::new(Role::User, format!("The question: {question}")),
        ],
        tools: Vec::new(),
        schema: Some(OutputSchema { name: "sql".to_owned(), schema: form() }),
        max_tokens: MAX_TOKENS,
        seed: draw,
    }
}

fn form() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["title", "sql"],
        "properties": {
            "title": { "type": "string", "description": "what the rows say, in a few words" },
            "sql": { "type": ["string", "null"], "description": "one SELECT; null where the tables cannot answer the question" },
        },
    })
}

/// Schema, functions, metrics, rules.
fn instructions(currency: &str, today: &str) -> String {
    let mut text = String::from(
        "You write one SQL SELECT for SQLite that answers a question about an online shop. Where the tables cannot \
         answer it, or it asks for anything else, `sql` is null.\n\nTables:\n",
    );
    for table in schema::TABLES {
        let columns: Vec<String> =
            table.columns.iter().map(|column| format!("{} ({})", column.name, column.description)).collect();
        text.push_str(&format!("- {}: {}. Columns: {}\n", table.name, table.description, columns.join("; ")));
    }
    text.push_str("\nMetrics, defined once:\n");
    for metric in metrics::catalog::metrics() {
        text.push_str(&format!("- {}: {}\n", metric.label, metric.formula));
    }
    let functions: Vec<&str> = sandbox::functions().collect();
    text.push_str(&format!(
        "\nFunctions: {}. `/` divides exactly. Joins need ON with a.x = b.y. No recursion, no parameters, no other \
         tables. Amounts are minor units of {currency}. Days are text; today is {today}, which is not over: \"the last \
         30 days\" ends yesterday. Name every column. At most {} rows.\n",
        functions.join(", "),
        sandbox::MAX_ROWS,
    ));
    text
}

/// What a model wrote, once the sandbox has let it through.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// What it says the rows say; empty where it does not.
    title: String,
    /// What may run.
    pub sql: sandbox::Rewritten,
}

impl Written {
    /// The question made ready: drawn by its rows, with the columns of its SQL.
    #[must_use]
    pub fn prepare(self, question: &str) -> Prepared {
        let title = if self.title.is_empty() { question.to_owned() } else { self.title };
        Prepared {
            title,
            chart: Chart::Table,
            columns: Vec::new(),
            meanings: Vec::new(),
            source: Source::Sandboxed(self.sql),
        }
    }
}

/// Why there is no SQL in an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// The model says that the tables cannot answer the question.
    #[error("the tables cannot answer it")]
    Declined,
    /// It can be sent back with this.
    #[error("{0}")]
    Faulty(String),
}

/// Reads an answer and sends its SQL through the sandbox.
///
/// # Errors
/// [`Unusable`], in words that can be sent back and shown.
pub fn read(answer: &str, dialect: Dialect) -> Result<Written, Unusable> {
    #[derive(Deserialize)]
    struct Form {
        #[serde(default)]
        title: String,
        sql: Option<String>,
    }
    let form: Form = serde_json::from_str(unfenced(answer))
        .map_err(|_| Unusable::Faulty("the answer is not of the form asked for".to_owned()))?;
    let sql = form.sql.unwrap_or_default();
    let sql = sql.trim().trim_end_matches(';').trim();
    if sql.is_empty() {
        return Err(Unusable::Declined);
    }
    let sql = sandbox::rewrite(sql, dialect).map_err(|refusal| Unusable::Faulty(refusal.to_string()))?;
    let title = form.title.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(MAX_TITLE).collect();
    Ok(Written { title, sql })
}

/// Without the code fence that some models put around JSON they were asked for.
fn unfenced(answer: &str) -> &str {
    let text = answer.trim();
    let Some(inside) = text.strip_prefix("```").and_then(|text| text.strip_suffix("```")) else { return text };
    inside.strip_prefix("json").unwrap_or(inside).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(sql: &str) -> String {
        json!({ "title": " Orders\n by  day ", "sql": sql }).to_string()
    }

    #[test]
    fn an_answer_is_read_with_or_without_a_fence_and_passes_the_sandbox() {
        let sql = "SELECT day, COUNT(*) AS orders FROM orders GROUP BY day;";
        for answer in [says(sql), format!("```json\n{}\n```", says(sql)), format!("```\n{}```", says(sql))] {
            let written = read(&answer, Dialect::D1).unwrap();
            assert!(written.sql.sql.contains("tenant_id = ?1"), "{answer}: {}", written.sql.sql);
            let prepared = written.prepare("orders, daily");
            assert_eq!(prepared.title, "Orders by day");
            assert!(matches!(prepared.source, Source::Sandboxed(_)));
        }
        let untitled = read(r#"{"sql": "SELECT COUNT(*) AS n FROM orders"}"#, Dialect::D1).unwrap();
        assert_eq!(untitled.prepare("how many").title, "how many");
    }

    #[test]
    fn what_is_no_answer_says_why() {
        for answer in [r#"{"title": "", "sql": null}"#, r#"{"title": "", "sql": " ; "}"#] {
            assert_eq!(read(answer, Dialect::D1), Err(Unusable::Declined));
        }
        for (answer, why) in [
            ("SELECT 1".to_owned(), "form"),
            ("[1]".to_owned(), "form"),
            (String::new(), "form"),
            (says("DELETE FROM orders"), "only SELECT"),
            (says("SELECT email FROM users"), "users"),
            (says("SELECT tenant_id FROM orders"), "tenant_id"),
            (says("SELECT 1 FROM orders; DROP TABLE orders"), "one statement"),
        ] {
            let Err(Unusable::Faulty(reason)) = read(&answer, Dialect::D1) else { panic!("{answer}") };
            assert!(reason.contains(why), "{answer}: {reason}");
        }
    }

    #[test]
    fn the_request_names_every_table_and_no_tenant() {
        let asked = request("who buys twice", "EUR", "2026-11-20", 0);
        let text: String = asked.messages.iter().map(|message| message.text.as_str()).collect();
        for table in schema::TABLES {
            assert!(text.contains(table.name));
        }
        assert!(text.contains("who buys twice") && !text.contains("tenant"));
        assert_ne!(asked, request("who buys twice", "EUR", "2026-11-20", 1));
    }
}
