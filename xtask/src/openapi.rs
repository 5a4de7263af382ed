//! The API's OpenAPI document and the client types made from it. Both are checked in, because the site is built from
//! them without a Rust compiler.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command::{done, logged};
use crate::node::Node;
use crate::project::Project;
use crate::setup;

/// Writes the document and the types.
///
/// # Errors
/// The API does not compile, or the generator fails.
pub(crate) fn write(project: &Project) -> Result<()> {
    let node = setup::ensure(project)?.node;
    let path = document(project);
    fs::write(&path, generate(project)?).with_context(|| format!("writing {}", path.display()))?;
    done("site/src/api/openapi.json");
    types(project, &node)?;
    done("site/src/api/schema.ts");
    Ok(())
}

/// What of the two is not what the API's code makes.
///
/// # Errors
/// As [`write`].
pub(crate) fn stale(project: &Project, node: &Node) -> Result<Vec<&'static str>> {
    let mut stale = Vec::new();
    if fs::read(document(project)).unwrap_or_default() != generate(project)? {
        stale.push("site/src/api/openapi.json");
    }
    let schema = project.site().join("src/api/schema.ts");
    let before = fs::read(&schema).unwrap_or_default();
    types(project, node)?;
    if fs::read(&schema).unwrap_or_default() != before {
        fs::write(&schema, before).with_context(|| format!("restoring {}", schema.display()))?;
        stale.push("site/src/api/schema.ts");
    }
    Ok(stale)
}

/// Where it is checked in.
pub(crate) fn document(project: &Project) -> PathBuf {
    project.site().join("src/api/openapi.json")
}

fn generate(project: &Project) -> Result<Vec<u8>> {
    let output = Command::new("cargo")
        .args(["run", "--quiet", "--package", "api", "--example", "openapi"])
        .current_dir(&project.root)
        .output()
        .context("starting cargo")?;
    if !output.status.success() {
        bail!("the OpenAPI document cannot be made:\n{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(output.stdout)
}

fn types(project: &Project, node: &Node) -> Result<()> {
    logged(project, "openapi-types", node.npm(&project.site()).args(["run", "generate"]))
        .context("making the site's client types failed")
}
