//! Running other programs behind a progress line, their full output in a log file.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::IsTerminal;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};

use crate::project::Project;

/// How many of a failed program's last lines are shown.
const SHOWN_LINES: usize = 40;

/// Prints a finished step.
pub(crate) fn done(what: &str) {
    println!("  ✓ {what}");
}

/// Prints something a person should know.
pub(crate) fn note(what: &str) {
    println!("  • {what}");
}

/// Prints the heading of a group of steps.
pub(crate) fn heading(what: &str) {
    println!("{what}");
}

/// A progress line that ends as a finished step. Where nobody watches, it prints start and end only.
pub(crate) struct Step {
    line: ProgressBar,
    started: Instant,
    what: String,
}

impl Step {
    /// Starts the line.
    pub(crate) fn start(what: &str) -> Self {
        let line = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("  {spinner} {msg} ({elapsed})") {
            line.set_style(style);
        }
        line.set_message(what.to_owned());
        line.enable_steady_tick(Duration::from_millis(120));
        if !std::io::stderr().is_terminal() {
            println!("  … {what}");
        }
        Self { line, started: Instant::now(), what: what.to_owned() }
    }

    /// Shows what is being done right now.
    pub(crate) fn detail(&self, detail: &str) {
        self.line.set_message(format!("{}: {detail}", self.what));
    }

    /// Ends the line as done.
    pub(crate) fn finish(self) {
        self.line.finish_and_clear();
        done(&format!("{} ({})", self.what, seconds(self.started.elapsed())));
    }

    /// Ends the line without saying so: an error follows.
    pub(crate) fn abandon(self) {
        self.line.finish_and_clear();
    }
}

/// A duration as people say it: `0.4 s`, `12 s`, `3 min 20 s`.
pub(crate) fn seconds(duration: Duration) -> String {
    let total = duration.as_secs();
    if total >= 60 {
        format!("{} min {} s", total / 60, total % 60)
    } else if total >= 10 {
        format!("{total} s")
    } else {
        format!("{:.1} s", duration.as_secs_f64())
    }
}

/// The command as a person would type it.
pub(crate) fn shown(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Runs a program behind a progress line. Its output goes to `target/logs/<log>.log`; the last lines are in the error.
///
/// # Errors
/// The program cannot be started or fails.
pub(crate) fn quiet(project: &Project, what: &str, log: &str, command: &mut Command) -> Result<()> {
    let step = Step::start(what);
    let result = logged(project, log, command);
    match &result {
        Ok(()) => step.finish(),
        Err(_) => step.abandon(),
    }
    result.with_context(|| format!("{what} failed"))
}

/// Runs a program with its output in a log file and no progress line.
///
/// # Errors
/// The program cannot be started or fails.
pub(crate) fn logged(project: &Project, log: &str, command: &mut Command) -> Result<()> {
    let folder = project.logs();
    fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    let path = folder.join(format!("{log}.log"));
    let file = File::create(&path).with_context(|| format!("creating {}", path.display()))?;
    let status = command
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file)
        .status()
        .with_context(|| missing(command))?;
    if status.success() {
        return Ok(());
    }
    bail!(
        "`{}` ended with {status}; its last lines (all of them: {}):\n{}",
        shown(command),
        path.display(),
        last_lines(&path, SHOWN_LINES)
    )
}

/// A program's standard output, trimmed, if it ran and succeeded.
pub(crate) fn answer(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Whether a program runs and succeeds.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The end of a text file, or nothing where it cannot be read.
pub(crate) fn last_lines(path: &Path, count: usize) -> String {
    let bytes = fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    lines.get(lines.len().saturating_sub(count)..).unwrap_or_default().join("\n")
}

fn missing(command: &Command) -> String {
    format!("`{}` could not be started", shown(command))
}
