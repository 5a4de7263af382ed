//! Building what is deployed: each Worker's wasm and script, and the site.

use std::collections::BTreeSet;
use std::fmt::{self, Display};
use std::path::{Path, PathBuf};
use std::thread;

use anyhow::{Result, anyhow};
use clap::ValueEnum;

use crate::command::{Step, done, heading, logged, quiet};
use crate::openapi;
use crate::project::Project;
use crate::rules::{self, Package};
use crate::setup::{self, Ready};
use crate::stamp::{self, Inputs};
use crate::toolchain::{self, Strategy};
use crate::turn;

/// Raise it when the way of building changes, so that what was built the old way is built again.
const RECIPE: u32 = 2;

/// The eight scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Worker {
    /// The front door
    Api,
    /// Takes events
    Collect,
    /// Runs agents
    Agents,
    /// Talks to outside accounts
    Connectors,
    /// Sinks, rollups, retention
    Cron,
    /// Hosts the Durable Objects
    Durable,
    /// Computes what takes long
    Science,
    /// Hosts the practice provider
    Sandbox,
}

impl Worker {
    /// All of them, the largest first: it is the longest to optimise.
    pub(crate) const ALL: [Self; 8] = [
        Self::Api,
        Self::Science,
        Self::Cron,
        Self::Durable,
        Self::Collect,
        Self::Connectors,
        Self::Agents,
        Self::Sandbox,
    ];

    /// Its name, and its folder's.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Collect => "collect",
            Self::Agents => "agents",
            Self::Connectors => "connectors",
            Self::Cron => "cron",
            Self::Durable => "durable",
            Self::Science => "science",
            Self::Sandbox => "sandbox",
        }
    }

    /// The crate's name: the folder's, but where a crate below has taken it.
    fn package(self) -> &'static str {
        match self {
            Self::Science => "science-host",
            Self::Sandbox => "sandbox-host",
            _ => self.name(),
        }
    }

    /// The crate's folder.
    pub(crate) fn folder(self, project: &Project) -> PathBuf {
        match self {
            Self::Durable => project.root.join("durable"),
            _ => project.root.join("workers").join(self.name()),
        }
    }

    /// The compiled module.
    pub(crate) fn wasm(self, project: &Project) -> PathBuf {
        self.folder(project).join("build/index_bg.wasm")
    }

    /// The script around it.
    pub(crate) fn script(self, project: &Project) -> PathBuf {
        self.folder(project).join("build/index.js")
    }
}

impl Display for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// `cargo xtask build`: all Workers and the site, or one Worker.
///
/// # Errors
/// Set-up or a build fails.
pub(crate) fn run(project: &Project, only: Option<Worker>) -> Result<()> {
    heading("Setting up");
    let ready = setup::ensure(project)?;
    heading("Building");
    match only {
        Some(worker) => workers(project, &ready, &[worker]),
        None => everything(project, &ready),
    }
}

/// All Workers and the site, as far as they changed.
///
/// # Errors
/// A build fails.
pub(crate) fn everything(project: &Project, ready: &Ready) -> Result<()> {
    workers(project, ready, &Worker::ALL)?;
    site(project, ready)
}

/// The given Workers, as far as they changed.
///
/// # Errors
/// A build fails.
pub(crate) fn workers(project: &Project, ready: &Ready, wanted: &[Worker]) -> Result<()> {
    let _turn = turn::take(project)?;
    let packages = rules::packages(project)?;
    let mut stale = Vec::new();
    for worker in wanted {
        let hash = inputs(project, &packages, *worker, ready.strategy)?;
        let built = worker.wasm(project).is_file() && worker.script(project).is_file();
        if !(built && stamp::is_current(project, &step(*worker), &hash)) {
            stale.push((*worker, hash));
        }
    }
    if stale.is_empty() {
        done("Workers: unchanged");
        return Ok(());
    }
    let names: Vec<&str> = stale.iter().map(|(worker, _)| worker.name()).collect();
    let line = Step::start(&format!("Workers: {}", names.join(", ")));
    // Cargo lets one compile at a time, so these take turns there while the others' wasm is bound and optimised.
    let results = thread::scope(|scope| {
        let running: Vec<_> =
            stale.iter().map(|(worker, hash)| scope.spawn(move || build(project, ready, *worker, hash))).collect();
        let mut left = names.clone();
        let mut results = Vec::new();
        for (handle, (worker, _)) in running.into_iter().zip(&stale) {
            results.push(handle.join().unwrap_or_else(|_| Err(anyhow!("the build of {worker} panicked"))));
            left.retain(|name| *name != worker.name());
            line.detail(&format!("{} to go ({})", left.len(), left.join(", ")));
        }
        results
    });
    let failed: Result<Vec<()>> = results.into_iter().collect();
    match failed {
        Ok(_) => line.finish(),
        Err(error) => {
            line.abandon();
            return Err(error);
        }
    }
    Ok(())
}

fn build(project: &Project, ready: &Ready, worker: Worker, hash: &str) -> Result<()> {
    let mut command = toolchain::worker_build(project, &ready.node, ready.strategy, &worker.folder(project))?;
    logged(project, &step(worker), &mut command)
        .map_err(|error| error.context(format!("building the Worker {worker} failed")))?;
    stamp::set(project, &step(worker), hash)
}

fn step(worker: Worker) -> String {
    format!("worker-{worker}")
}

/// Everything a Worker's bytes depend on: its crate, the crates of ours below it, all versions, the tools.
fn inputs(project: &Project, packages: &[Package], worker: Worker, strategy: Strategy) -> Result<String> {
    let mut inputs = Inputs::new(&format!("{RECIPE} {}", strategy.describe()));
    for folder in folders(packages, worker.package()) {
        // Tests and benchmarks of a crate are no part of what is built on it.
        inputs = inputs.add_but(project, &folder, &["tests", "benches"])?;
    }
    for shared in ["Cargo.lock", "Cargo.toml", "tools/package-lock.json", "migrations-clickhouse", "migrations-d1"] {
        inputs = inputs.add(project, &project.root.join(shared))?;
    }
    if worker == Worker::Api {
        inputs = inputs.add(project, &openapi::document(project))?;
    }
    Ok(inputs.finish())
}

/// The folders of a package and of every package of ours that it builds on.
fn folders(packages: &[Package], name: &str) -> BTreeSet<PathBuf> {
    let mut folders = BTreeSet::new();
    let mut waiting = vec![name];
    while let Some(name) = waiting.pop() {
        let Some(package) = packages.iter().find(|package| package.name == name) else {
            continue; // not ours: Cargo.lock stands for it
        };
        if folders.insert(package.folder.clone()) {
            waiting.extend(package.built_on().map(|dependency| dependency.name.as_str()));
        }
    }
    folders
}

/// The site's static files, if a source of theirs changed.
///
/// # Errors
/// The site's build fails.
pub(crate) fn site(project: &Project, ready: &Ready) -> Result<()> {
    let _turn = turn::take(project)?;
    let folder = project.site();
    let hash = Inputs::new("npm run build").add(project, &folder)?.finish();
    let page: &Path = &folder.join("dist/index.html");
    if page.is_file() && stamp::is_current(project, "site", &hash) {
        done("site: unchanged");
        return Ok(());
    }
    let mut command = ready.node.npm(&folder);
    command.args(["run", "build"]);
    quiet(project, "site", "site", &mut command)?;
    stamp::set(project, "site", &hash)
}
