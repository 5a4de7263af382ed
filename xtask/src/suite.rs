//! `cargo xtask test`: every test there is, one suite after the other, each in plain sight.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::ops::AddAssign;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::command::{done, heading, note, seconds, shown};
use crate::project::Project;
use crate::setup::Ready;
use crate::{browser, bundle, node, setup};

/// What came of some tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    passed: u64,
    failed: u64,
    skipped: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

/// Where a suite's counts stand.
enum Counts {
    /// In lines of its output: `test result: ok. 3 passed; ...`.
    Cargo,
    /// In a JSON report it writes.
    Vitest(PathBuf),
    /// In a TAP report it writes: `# pass 3`.
    Tap(PathBuf),
}

struct Suite {
    name: String,
    command: Command,
    counts: Counts,
}

/// Sets up, builds and runs the suites whose name contains `filter`. Ends the process with 1 if a test failed, after
/// one closing line with the sums.
///
/// # Errors
/// Set-up or build fails.
pub(crate) fn run(project: &Project, filter: Option<&str>) -> Result<()> {
    heading("Setting up");
    let ready = setup::ensure(project)?;
    let chromium = browser::ensure(project);
    node::install(project, &ready.node, &project.test_clients(), "npm packages of tests/clients/")?;
    done("tools and packages");
    heading("Building");
    bundle::everything(project, &ready)?;

    let reports = project.target().join("reports");
    fs::create_dir_all(&reports).with_context(|| format!("creating {}", reports.display()))?;
    let mut sum = Tally::default();
    let mut summary = Vec::new();
    for suite in suites(project, &ready, chromium, &reports)? {
        if filter.is_some_and(|filter| !suite.name.contains(filter)) {
            continue;
        }
        let started = Instant::now();
        println!("\n── {} ── {}", suite.name, shown(&suite.command));
        let tally = run_suite(suite.command, &suite.counts)?;
        summary.push(format!("{}: {tally} ({})", suite.name, seconds(started.elapsed())));
        sum += tally;
    }
    println!();
    if summary.is_empty() {
        note(&format!("no suite's name contains {:?}", filter.unwrap_or_default()));
    }
    for line in summary {
        println!("{line}");
    }
    println!("{sum}");
    if sum.failed > 0 {
        std::process::exit(1);
    }
    Ok(())
}

fn suites(
    project: &Project,
    ready: &Ready,
    chromium: Option<PathBuf>,
    reports: &std::path::Path,
) -> Result<Vec<Suite>> {
    let mut cargo = Command::new("cargo");
    cargo.args(["test", "--workspace", "--no-fail-fast"]).current_dir(&project.root);

    let report = reports.join("site.json");
    let mut site = ready.node.npm(&project.site());
    site.args(["test", "--", "--reporter=default", "--reporter=json"])
        .arg(format!("--outputFile.json={}", report.display()));

    let mut suites = vec![
        Suite { name: "cargo".to_owned(), command: cargo, counts: Counts::Cargo },
        Suite { name: "site".to_owned(), command: site, counts: Counts::Vitest(report) },
    ];
    let folder = project.root.join("tests");
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .with_context(|| format!("reading {}", folder.display()))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.to_string_lossy().ends_with(".test.mjs"))
        .collect();
    files.sort();
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let name = name.trim_end_matches(".test.mjs").to_owned();
        let report = reports.join(format!("{name}.tap"));
        let mut command = ready.node.command();
        command
            .args(["--test", "--test-reporter=spec", "--test-reporter-destination=stdout"])
            .arg("--test-reporter=tap")
            .arg(format!("--test-reporter-destination={}", report.display()))
            .arg(&file)
            .current_dir(&project.root)
            .env("ADROIT_XTASK", env::current_exe().context("finding this program")?)
            // Tests start runtimes of their own; they must not meet the developer's.
            .env_remove("ADROIT_STATE")
            .env_remove("ADROIT_PORT");
        if let Some(path) = &chromium {
            command.env("ADROIT_CHROMIUM", path);
        }
        suites.push(Suite { name, command, counts: Counts::Tap(report) });
    }
    Ok(suites)
}

/// Runs a suite with its output shown. One that fails without a failed test, for instance because it does not compile,
/// counts as one failure.
fn run_suite(mut command: Command, counts: &Counts) -> Result<Tally> {
    if let Counts::Vitest(report) | Counts::Tap(report) = counts {
        // An old report must not speak for this run. It may not exist.
        let _ = fs::remove_file(report);
    }
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("starting `{}`", shown(&command)))?;
    let mut tally = Tally::default();
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).lines() {
            let line = line.context("reading a suite's output")?;
            println!("{line}");
            if matches!(counts, Counts::Cargo) {
                tally += cargo_line(&line);
            }
        }
    }
    let status = child.wait().context("waiting for a suite")?;
    match counts {
        Counts::Cargo => {}
        Counts::Vitest(report) => tally += vitest_report(&fs::read_to_string(report).unwrap_or_default()),
        Counts::Tap(report) => tally += tap_report(&fs::read_to_string(report).unwrap_or_default()),
    }
    if !status.success() && tally.failed == 0 {
        tally.failed = 1;
    }
    Ok(tally)
}

/// `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s`
fn cargo_line(line: &str) -> Tally {
    let Some(rest) = line.trim().strip_prefix("test result: ") else {
        return Tally::default();
    };
    let count = |name: &str| {
        rest.split([';', '.'])
            .filter_map(|part| part.trim().strip_suffix(name))
            .find_map(|number| number.trim().parse().ok())
            .unwrap_or(0)
    };
    Tally { passed: count("passed"), failed: count("failed"), skipped: count("ignored") }
}

fn vitest_report(report: &str) -> Tally {
    let report: Value = serde_json::from_str(report).unwrap_or_default();
    let count = |name: &str| report.get(name).and_then(Value::as_u64).unwrap_or(0);
    Tally {
        passed: count("numPassedTests"),
        failed: count("numFailedTests"),
        skipped: count("numPendingTests") + count("numTodoTests"),
    }
}

fn tap_report(report: &str) -> Tally {
    let count = |name: &str| -> u64 {
        report
            .lines()
            .filter_map(|line| line.strip_prefix("# ")?.strip_prefix(name)?.trim().parse().ok())
            .next_back()
            .unwrap_or(0)
    };
    Tally {
        passed: count("pass "),
        failed: count("fail ") + count("cancelled "),
        skipped: count("skipped ") + count("todo "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargos_counts_are_read() {
        let line = "test result: FAILED. 12 passed; 2 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.00s";
        let tally = Tally { passed: 12, failed: 2, skipped: 1 };
        assert_eq!(cargo_line(line), tally);
        assert_eq!(cargo_line("test it_works ... ok"), Tally::default());
    }

    #[test]
    fn nodes_counts_are_read() {
        let report = "TAP version 13\nok 1 - a\n# tests 7\n# suites 0\n# pass 4\n# fail 1\n# cancelled 1\n# skipped 1\n# todo 0\n";
        let tally = Tally { passed: 4, failed: 2, skipped: 1 };
        assert_eq!(tap_report(report), tally);
    }

    #[test]
    fn vitests_counts_are_read() {
        let report = r#"{"numPassedTests":5,"numFailedTests":1,"numPendingTests":2,"numTodoTests":1}"#;
        let tally = Tally { passed: 5, failed: 1, skipped: 3 };
        assert_eq!(vitest_report(report), tally);
        assert_eq!(vitest_report("not json"), Tally::default());
    }
}
