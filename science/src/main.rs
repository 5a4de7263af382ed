//! `science`: the methods of the pure crates on the command line, for analysts with a file and for whoever wants to
//! check our figures. A file or standard input in, JSON on standard output; what went wrong goes to standard error,
//! in words, with exit code 2.
//!
//! A method is a module with `Args` and `run`; this file only dispatches.

mod abtest;
mod attribution;
mod bandit;
mod forecast;
mod input;
mod ltv;
mod mmm;
mod truth;

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use serde_json::Value;

/// Marketing science: a file in, JSON out
#[derive(Parser)]
#[command(name = "science", version, max_term_width = 100, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    method: Method,
}

#[derive(Subcommand)]
enum Method {
    Abtest(abtest::Args),
    Attribution(attribution::Args),
    Bandit(bandit::Args),
    Forecast(forecast::Args),
    Ltv(ltv::Args),
    Mmm(mmm::Args),
    Truth(truth::Args),
}

fn main() -> ExitCode {
    match answer(&Cli::parse().method).and_then(|answer| print(&answer)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn answer(method: &Method) -> Result<Value> {
    match method {
        Method::Abtest(args) => abtest::run(args),
        Method::Attribution(args) => attribution::run(args),
        Method::Bandit(args) => bandit::run(args),
        Method::Forecast(args) => forecast::run(args),
        Method::Ltv(args) => ltv::run(args),
        Method::Mmm(args) => mmm::run(args),
        Method::Truth(args) => truth::run(args),
    }
}

/// Numbers are written with as many digits as tell them from their neighbours: read back, they are the same.
fn print(answer: &Value) -> Result<()> {
    let mut out = std::io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, answer).context("writing to standard output")?;
    writeln!(out).context("writing to standard output")
}
