//! The set-up as a whole: what every other command asks for before it begins.

use anyhow::Result;

use crate::command::{done, heading};
use crate::node::{self, Node};
use crate::project::Project;
use crate::toolchain::{self, Strategy};
use crate::{browser, turn};

/// What a set-up machine offers.
pub(crate) struct Ready {
    /// The Node to run tools with.
    pub(crate) node: Node,
    /// How Workers are compiled.
    pub(crate) strategy: Strategy,
}

/// Sets up what building and running need. Says nothing where all is there.
///
/// # Errors
/// Something is missing that cannot be installed; the message says how to mend it.
pub(crate) fn ensure(project: &Project) -> Result<Ready> {
    let _turn = turn::take(project)?;
    let node = node::ensure(project)?;
    let strategy = toolchain::ensure(project)?;
    toolchain::ensure_tools(project)?;
    node::install(project, &node, &project.site(), "npm packages of site/")?;
    Ok(Ready { node, strategy })
}

/// `cargo xtask setup`: everything, the tests' browser too, and another look for a better compiler.
///
/// # Errors
/// As [`ensure`].
pub(crate) fn run(project: &Project) -> Result<()> {
    heading("Setting up");
    if toolchain::chosen(project) != Some(Strategy::Unwind) {
        toolchain::forget(project);
    }
    let ready = ensure(project)?;
    node::install(project, &ready.node, &project.test_clients(), "npm packages of tests/clients/")?;
    done(&format!("compiler: {}", ready.strategy.describe()));
    done("worker-build, wasm-bindgen, wrangler, wasm-opt, esbuild, the site's packages");
    if let Some(path) = browser::ensure(project) {
        done(&format!("Chromium: {}", path.display()));
    }
    Ok(())
}
