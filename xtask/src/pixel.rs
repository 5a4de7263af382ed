//! The pixel: `pixel/p.js` minified into `pixel/p.min.js`, which is checked in because `collect` is built from it.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command::done;
use crate::node::Node;
use crate::project::Project;
use crate::setup;

/// The oldest JavaScript that browsers still in use understand.
const LANGUAGE: &str = "es2015";

/// The minified pixel.
pub(crate) fn minified(project: &Project) -> PathBuf {
    project.root.join("workers/collect/pixel/p.min.js")
}

/// Writes the minified pixel.
///
/// # Errors
/// esbuild fails, for instance on a syntax error.
pub(crate) fn write(project: &Project) -> Result<()> {
    let node = setup::ensure(project)?.node;
    let path = minified(project);
    fs::write(&path, minify(project, &node)?).with_context(|| format!("writing {}", path.display()))?;
    done("workers/collect/pixel/p.min.js");
    Ok(())
}

/// Whether the checked-in file is what its source makes.
///
/// # Errors
/// esbuild fails, or the file cannot be read.
pub(crate) fn is_current(project: &Project, node: &Node) -> Result<bool> {
    let path = minified(project);
    let checked_in = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
    Ok(checked_in == minify(project, node)?)
}

fn minify(project: &Project, node: &Node) -> Result<Vec<u8>> {
    let output = Command::new(project.npm_tools().join("node_modules/.bin/esbuild"))
        .arg("workers/collect/pixel/p.js")
        .args(["--minify", &format!("--target={LANGUAGE}")])
        .current_dir(&project.root)
        .env("PATH", node.path())
        .output()
        .context("starting esbuild")?;
    if !output.status.success() {
        bail!("esbuild cannot minify the pixel: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(output.stdout)
}
