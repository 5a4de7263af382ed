//! `cargo xtask bench`: what the product costs, measured. Each part is a module; this file only dispatches.

mod collect;
pub(crate) mod connection;
pub(crate) mod dice;
mod science;

use anyhow::Result;
use clap::{Args as ClapArgs, Subcommand};

use crate::project::Project;

/// What to measure.
#[derive(ClapArgs, Debug)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

/// A part of the product that can be measured.
#[derive(Debug, Subcommand)]
enum What {
    /// `POST /attribution/collect` beside bare Workers
    Collect(collect::Args),
    /// The marketing science, native and in wasm, beside the packages people use
    Science(science::Args),
}

/// Runs the benchmark.
///
/// # Errors
/// As the part says.
pub(crate) fn run(project: &Project, args: &Args) -> Result<()> {
    match &args.what {
        What::Collect(args) => collect::run(project, args),
        What::Science(args) => science::run(project, args),
    }
}
