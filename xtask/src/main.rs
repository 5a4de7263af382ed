//! `cargo xtask`: the project's own command. It sets the machine up, builds the Workers and the site, runs them
//! locally, and tests and checks the whole.
//!
//! Every set-up step looks first and acts only where something is missing or has changed, so that any command can be
//! run at any time, interrupted, and run again.

mod accounts;
mod bench;
mod browser;
mod bundle;
mod check;
mod command;
mod database;
mod demo;
mod dev;
mod doctor;
mod kill;
mod node;
mod openapi;
mod pixel;
mod project;
mod replay;
mod rewrap;
mod rules;
mod runtime;
mod setup;
mod size;
mod stamp;
mod suite;
mod toolchain;
mod tour;
mod turn;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::bundle::Worker;
use crate::project::Project;

/// Sets up, builds, runs, tests and checks Adroit.
#[derive(Parser)]
#[command(name = "cargo xtask", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Install what building and running need; does nothing where all is there
    Setup,
    /// Say what is present, what is missing, and how to mend it
    Doctor,
    /// Build the Workers and the site
    Build {
        /// Only this Worker, without the site
        #[arg(long)]
        worker: Option<Worker>,
    },
    /// Set up, build, migrate, seed the demo shop and serve it
    Dev {
        /// Empty the state folder first
        #[arg(long)]
        fresh: bool,
        /// Skip the demo shop's visitors (its login and site are always there)
        #[arg(long)]
        no_demo: bool,
        /// Return when ready; `cargo xtask stop` ends it
        #[arg(long)]
        detach: bool,
    },
    /// End the local runtime
    Stop,
    /// Set up and run every test
    Test {
        /// Only suites whose name contains this: cargo, site, or the name of a file in tests/
        filter: Option<String>,
    },
    /// Formatting, lints, dependency rules, generated files
    Check,
    /// Print the size of everything that is shipped; fails over budget
    Size,
    /// Write the API's OpenAPI document and the site's typed client
    Openapi,
    /// Minify the pixel
    Pixel,
    /// Bring the stored secrets of your tenants under the current vault key
    Rewrap(rewrap::Args),
    /// Photograph every page of the site into docs/tour
    Tour(tour::Args),
    /// Fill the demo shop of the runtime that is running; doing it again the same day changes little
    Demo,
    /// Send a real clickstream or order file through the collector, with its original times
    Replay(replay::Args),
    /// Kill the runtime again and again under load; every acknowledged event must be stored exactly once
    Kill(kill::Args),
    /// Measure what the product costs, beside what it could cost
    Bench(bench::Args),
}

fn main() -> ExitCode {
    let task = Cli::parse().task;
    match Project::open().and_then(|project| perform(&project, task)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error}");
            for cause in error.chain().skip(1) {
                eprintln!("  because: {cause}");
            }
            ExitCode::FAILURE
        }
    }
}

fn perform(project: &Project, task: Task) -> anyhow::Result<()> {
    match task {
        Task::Setup => setup::run(project),
        Task::Doctor => doctor::run(project),
        Task::Build { worker } => bundle::run(project, worker),
        Task::Dev { fresh, no_demo, detach } => dev::run(project, dev::Options { fresh, demo: !no_demo, detach }),
        Task::Stop => runtime::stop(project),
        Task::Test { filter } => suite::run(project, filter.as_deref()),
        Task::Check => check::run(project),
        Task::Size => size::run(project),
        Task::Openapi => openapi::write(project),
        Task::Pixel => pixel::write(project),
        Task::Demo => demo::seed(&project.url()),
        Task::Tour(args) => tour::run(project, &args),
        Task::Rewrap(args) => rewrap::run(project, &args),
        Task::Replay(args) => replay::run(project, &args),
        Task::Kill(args) => kill::run(project, &args),
        Task::Bench(args) => bench::run(project, &args),
    }
}
