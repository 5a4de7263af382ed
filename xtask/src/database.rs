//! The local D1 database: migrations and plain SQL files, through wrangler, in the runtime's state folder. Only while
//! the runtime is down: it keeps the same files open.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::command::{done, quiet};
use crate::node::Node;
use crate::project::Project;
use crate::stamp::Inputs;

/// The binding in wrangler.toml.
const BINDING: &str = "DB";

/// Applies the migrations that are new since the last time.
///
/// # Errors
/// A migration fails.
pub(crate) fn migrate(project: &Project, node: &Node) -> Result<()> {
    let hash = Inputs::new("migrations-d1").add(project, &project.root.join("migrations-d1"))?.finish();
    let mark = project.state.join("migrations");
    if fs::read_to_string(&mark).is_ok_and(|applied| applied == hash) {
        done("database: unchanged");
        return Ok(());
    }
    let mut command = node.wrangler(project);
    command.args(["d1", "migrations", "apply", BINDING, "--local", "--persist-to"]).arg(&project.state);
    quiet(project, "database: migrations", "migrations", &mut command)?;
    fs::write(&mark, hash).with_context(|| format!("writing {}", mark.display()))
}

/// Runs a file of SQL.
///
/// # Errors
/// A statement fails.
pub(crate) fn execute(project: &Project, node: &Node, what: &str, file: &Path) -> Result<()> {
    let mut command = node.wrangler(project);
    command
        .args(["d1", "execute", BINDING, "--local", "--yes", "--persist-to"])
        .arg(&project.state)
        .arg("--file")
        .arg(file);
    quiet(project, what, "sql", &mut command)
}

/// A text as an SQL literal. Only for files written here from values made here; everything else binds parameters.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_keeps_quotes_inside() {
        assert_eq!(literal("O'Neil''s"), "'O''Neil''''s'");
    }
}
