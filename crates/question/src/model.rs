//! What a language model is told when the grammar does not understand a question, and how its answer is read.
//!
//! The model sees the logical schema, the catalog and the question; never a row, so nothing a stranger wrote into an
//! event can instruct it. What it answers is text that goes through [`crate::sandbox`] like anybody's.

use crate::{sandbox, schema};

/// Most tokens of an answer.
pub const MAX_TOKENS: u32 = 800;

/// The instructions: schema, functions, metrics, rules.
#[must_use]
pub fn instructions(currency: &str, today: &str) -> String {
    let mut text = String::from(
        "You write one SQL SELECT for SQLite that answers a question about an online shop. Answer with the SQL alone, \
         or with the word NONE if the tables cannot answer it.\n\nTables:\n",
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

/// The SQL in an answer: without a code fence, without a closing semicolon; `None` where the model declines.
#[must_use]
pub fn read(answer: &str) -> Option<String> {
    let text = answer.trim();
    let text = match text.split_once("```") {
        Some((_, rest)) => {
            let inside = rest.split("```").next().unwrap_or_default();
            inside.strip_prefix("sqlite").or_else(|| inside.strip_prefix("sql")).unwrap_or(inside)
        }
        None => text,
    };
    let text = text.trim().trim_end_matches(';').trim();
    (!text.is_empty() && !text.eq_ignore_ascii_case("none")).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_with_or_without_a_fence() {
        for answer in
            ["SELECT 1", "```sql\nSELECT 1;\n```", "Here it is:\n```\nSELECT 1\n```\nThat counts.", " SELECT 1 ; "]
        {
            assert_eq!(read(answer).as_deref(), Some("SELECT 1"), "{answer}");
        }
        assert_eq!(read("NONE"), None);
        assert_eq!(read("``````"), None);
    }

    #[test]
    fn the_instructions_name_every_table_and_no_tenant() {
        let text = instructions("EUR", "2026-11-20");
        for table in schema::TABLES {
            assert!(text.contains(table.name));
        }
        assert!(!text.contains("tenant"));
    }
}
