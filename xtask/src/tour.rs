//! `cargo xtask tour`: pictures of every page of the site, taken of the running product in the middle of a shop's week.

use std::env;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::command::{done, heading};
use crate::project::Project;
use crate::{browser, bundle, setup};

/// What to photograph, and where.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only pages whose name contains this; the index stays as it is
    #[arg(long, default_value = "")]
    only: String,
    /// Keep the shop in this folder, and use the one that is there
    #[arg(long)]
    state: Option<PathBuf>,
    /// The front door's port; a free one when left out
    #[arg(long)]
    port: Option<u16>,
    /// Write the pictures here instead of docs/tour
    #[arg(long)]
    into: Option<PathBuf>,
}

/// Sets up, builds, and photographs every page into `docs/tour/`.
///
/// # Errors
/// Set-up or build fails, there is no Chromium, a route of the site is missing in the tour's table, or a page does not
/// come to show what it should.
pub(crate) fn run(project: &Project, args: &Args) -> Result<()> {
    heading("Setting up");
    let ready = setup::ensure(project)?;
    let Some(chromium) = browser::ensure(project) else {
        bail!("the tour needs a Chromium; install one or set ADROIT_CHROMIUM to its path");
    };
    done("tools and packages");
    heading("Building");
    bundle::everything(project, &ready)?;

    heading("Photographing");
    let mut command = ready.node.command();
    command
        .arg(project.root.join("tests/tour/tour.mjs"))
        .current_dir(&project.root)
        .env("ADROIT_XTASK", env::current_exe().context("finding this program")?)
        .env("ADROIT_CHROMIUM", chromium)
        .env("ADROIT_TOUR_ONLY", &args.only)
        // The developer's own runtime goes on.
        .env_remove("ADROIT_STATE")
        .env_remove("ADROIT_PORT");
    if let Some(port) = args.port {
        command.env("ADROIT_PORT", port.to_string());
    }
    // As everywhere: a relative path starts at the working directory.
    let here = env::current_dir().context("the working directory does not exist any more")?;
    for (name, path) in [("ADROIT_TOUR_STATE", &args.state), ("ADROIT_TOUR_INTO", &args.into)] {
        if let Some(path) = path {
            command.env(name, here.join(path));
        }
    }
    let status = command.status().context("starting the tour")?;
    if !status.success() {
        bail!("the tour ended early");
    }
    Ok(())
}
