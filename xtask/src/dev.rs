//! `cargo xtask dev`: from a clone to a running, filled product.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use control::demo as shop;
use control::{SiteKey, snippet};

use crate::command::{done, heading, note};
use crate::project::Project;
use crate::{accounts, bundle, database, demo, runtime, setup};

/// What lives in the state folder. Emptying it removes these and nothing else: the folder may be anybody's.
const KEPT: [&str; 7] = ["v3", "secrets.json", "migrations", "accounts", "demo", "runtime.json", "runtime.log"];

/// How to start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    /// Empty the state folder first.
    pub(crate) fresh: bool,
    /// Send the demo shop's visitors.
    pub(crate) demo: bool,
    /// Return when ready.
    pub(crate) detach: bool,
}

/// Sets up, builds, migrates, starts, seeds; then serves until interrupted, or returns.
///
/// # Errors
/// Any step fails.
pub(crate) fn run(project: &Project, options: Options) -> Result<()> {
    heading("Setting up");
    let ready = setup::ensure(project)?;
    done("tools and packages");

    heading("Building");
    bundle::everything(project, &ready)?;

    heading("Starting");
    if runtime::end_running(project)? {
        note("ended the runtime that was running");
    }
    if options.fresh {
        empty(&project.state)?;
    }
    fs::create_dir_all(&project.state).with_context(|| format!("creating {}", project.state.display()))?;
    database::migrate(project, &ready.node)?;
    accounts::ensure(project, &ready.node)?;
    let mut running = runtime::start(project, &ready.node, options.detach)?;
    let id = running.id();
    if !options.detach {
        // The terminal's Ctrl-C reaches the runtime by itself, a `kill` of this process does not. Waiting below ends
        // once the runtime has ended.
        ctrlc::set_handler(move || runtime::end(id)).context("listening for Ctrl-C")?;
    }

    if options.demo {
        visitors(project)?;
    }
    print_welcome(project)?;
    if options.detach {
        println!("  log        {}\n  stop       cargo xtask stop\n", runtime::log(project).display());
        return Ok(());
    }
    println!("  Ctrl-C ends it.\n");
    running.show_log();
    running.wait()?;
    Ok(())
}

/// Sends the demo shop's traffic once per state folder, through the public endpoints.
fn visitors(project: &Project) -> Result<()> {
    let mark = project.state.join("demo");
    if mark.is_file() {
        done("demo shop: there already");
        return Ok(());
    }
    heading("Filling the demo shop");
    demo::seed(&project.url()).context("the demo shop could not be filled")?;
    fs::write(&mark, "").with_context(|| format!("writing {}", mark.display()))
}

fn print_welcome(project: &Project) -> Result<()> {
    let url = project.url();
    let tag = snippet::snippet(&url, &SiteKey::new(shop::SITE_KEY)?);
    println!("\nAdroit is ready\n");
    println!("  open       {url}");
    println!("  login      {} / {}", shop::EMAIL, shop::PASSWORD);
    println!("  pixel      {tag}");
    Ok(())
}

fn empty(state: &Path) -> Result<()> {
    for name in KEPT {
        let path = state.join(name);
        let removed = if path.is_dir() {
            fs::remove_dir_all(&path)
        } else if path.exists() {
            fs::remove_file(&path)
        } else {
            Ok(())
        };
        removed.with_context(|| format!("removing {}", path.display()))?;
    }
    note(&format!("emptied {}", state.display()));
    Ok(())
}
