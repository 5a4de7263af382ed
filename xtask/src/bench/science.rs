//! `cargo xtask bench science`: the `science` command on generated files, native and as a WASI program under Node, beside
//! the packages people use for the same, where they can be installed. One process at a time, one thread each.
//!
//! Ours is timed as a whole process: starting, reading the file and printing are in it. A package is timed at its method
//! alone. Peak memory is the process's high-water mark, looked at every two milliseconds.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Args as ClapArgs;
use serde::{Deserialize, Serialize};

use crate::bench::dice::Dice;
use crate::command::{Step, answer, done, heading, note, quiet, succeeds};
use crate::node::{self, Node};
use crate::project::Project;
use crate::turn;

/// The target of a program for Node's WASI.
const WASI: &str = "wasm32-wasip1";
/// Arms and what is drawn of them: every pull is a decision and, a moment later, its outcome.
const BANDIT: [&str; 9] =
    ["bandit", "--arms", "0.02,0.025,0.03", "--horizon", "100000", "--seeds", "20", "--policy", "thompson"];
const PULLS: u64 = 100_000 * 20;

/// How long it may take.
#[derive(ClapArgs, Debug)]
pub(crate) struct Args {
    /// Only cases whose name contains this
    #[arg(long)]
    only: Option<String>,
    /// Leave the other packages out
    #[arg(long)]
    alone: bool,
    /// With the packages' settings that take minutes: ChannelAttribution's tight one, AutoARIMA
    #[arg(long)]
    patient: bool,
}

/// Something to compute.
struct Case {
    name: &'static str,
    /// Arguments of `science`; the input's path is added where there is one.
    command: &'static [&'static str],
    input: Option<Input>,
    /// How many of what is counted, for the time of one: series, decisions.
    units: u64,
    beside: &'static [Beside],
}

/// The same with another package.
struct Beside {
    name: &'static str,
    /// Arguments of `tools/bench/packages.py`: before and after the file.
    package: &'static str,
    arguments: &'static [&'static str],
    /// What share of the case's units it is given, as a divisor: it would take too long for all.
    part: u64,
    patient: bool,
}

/// A generated file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Input {
    /// One row a journey: how many, and over how many channels.
    Journeys(u64, u64),
    /// Weekly series of five years.
    Series(u64),
}

const fn channel_attribution(name: &'static str, arguments: &'static [&'static str], patient: bool) -> Beside {
    Beside { name, package: "channel_attribution", arguments, part: 1, patient }
}

const fn statsforecast(name: &'static str, arguments: &'static [&'static str], part: u64, patient: bool) -> Beside {
    Beside { name, package: "statsforecast", arguments, part, patient }
}

const MILLION: Input = Input::Journeys(1_000_000, 8);
const WIDE: Input = Input::Journeys(500_000, 20);
const CASES: [Case; 8] = [
    Case {
        name: "Markov order 1, 1,000,000 journeys, 8 channels",
        command: &["attribution", "--model", "markov", "--order", "1"],
        input: Some(MILLION),
        units: 1,
        beside: &[
            channel_attribution("ChannelAttribution, default", &["1"], false),
            channel_attribution("ChannelAttribution, tight", &["1", "tight"], true),
        ],
    },
    Case {
        name: "Markov order 2",
        command: &["attribution", "--model", "markov", "--order", "2"],
        input: Some(MILLION),
        units: 1,
        beside: &[],
    },
    Case {
        name: "Markov order 3",
        command: &["attribution", "--model", "markov", "--order", "3"],
        input: Some(MILLION),
        units: 1,
        beside: &[
            channel_attribution("ChannelAttribution, default", &["3"], false),
            channel_attribution("ChannelAttribution, tight", &["3", "tight"], true),
        ],
    },
    Case {
        name: "Markov order 4",
        command: &["attribution", "--model", "markov", "--order", "4"],
        input: Some(MILLION),
        units: 1,
        beside: &[],
    },
    Case {
        name: "Shapley, 500,000 journeys, 20 channels",
        command: &["attribution", "--model", "shapley"],
        input: Some(WIDE),
        units: 1,
        beside: &[],
    },
    Case {
        name: "Shapley by rate, 20 channels",
        command: &["attribution", "--model", "shapley-rate"],
        input: Some(WIDE),
        units: 1,
        beside: &[],
    },
    Case { name: "Bandit: a decision and its outcome", command: &BANDIT, input: None, units: PULLS, beside: &[] },
    Case {
        name: "Forecast, 1,000 weekly series",
        command: &["forecast", "--horizon", "13", "--season", "52"],
        input: Some(Input::Series(1_000)),
        units: 1_000,
        beside: &[
            statsforecast("statsforecast AutoETS", &["AutoETS", "100"], 10, false),
            statsforecast("statsforecast AutoARIMA", &["AutoARIMA", "20"], 50, true),
        ],
    },
];

/// One row of the table.
#[derive(Debug, Serialize)]
struct Row {
    what: String,
    how: String,
    seconds: f64,
    /// Seconds for one of the case's units.
    each: f64,
    peak_mb: Option<f64>,
}

/// Runs the benchmark.
///
/// # Errors
/// `science` cannot be built, or refuses a generated file.
pub(crate) fn run(project: &Project, args: &Args) -> Result<()> {
    heading("Setting up");
    let programs = Programs::build(project)?;
    let packages = if args.alone { None } else { packages(project) };
    let folder = project.target().join("bench/science");
    fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;

    heading("Measuring");
    let mut rows = Vec::new();
    for case in CASES.iter().filter(|case| args.only.as_ref().is_none_or(|only| case.name.contains(only))) {
        let file = case.input.map(|input| input.written(&folder)).transpose()?;
        let mut row = |how: &str, units: u64, spent: Spent| {
            let (seconds, peak_mb) = (spent.seconds, spent.peak_bytes.map(|bytes| bytes as f64 / 1e6));
            rows.push(Row { what: case.name.into(), how: how.into(), seconds, each: seconds / units as f64, peak_mb });
        };
        row("native", case.units, step(case.name, "native", || programs.native(case, file.as_deref()))?);
        if let Some(wasi) = &programs.wasi {
            let spent = step(case.name, "wasm", || programs.in_wasm(project, wasi, &folder, case, file.as_deref()))?;
            row("wasm", case.units, spent);
        }
        for beside in case.beside.iter().filter(|beside| args.patient || !beside.patient) {
            if let (Some(packages), Some(file)) = (&packages, &file) {
                let spent = step(case.name, beside.name, || beside.run(project, packages, file))?;
                row(beside.name, (case.units / beside.part).max(1), spent);
            }
        }
    }
    print_table(&rows);
    let path = folder.join("science.json");
    fs::write(&path, serde_json::to_string_pretty(&rows)?).with_context(|| format!("writing {}", path.display()))?;
    println!();
    done(&format!("also in {}", path.display()));
    Ok(())
}

fn step<T>(case: &str, how: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let step = Step::start(&format!("{case}: {how}"));
    let result = work();
    match result {
        Ok(_) => step.finish(),
        Err(_) => step.abandon(),
    }
    result
}

/// What a run took.
#[derive(Clone, Copy, Debug)]
struct Spent {
    seconds: f64,
    peak_bytes: Option<u64>,
}

/// `science`, built for this machine and for WASI.
struct Programs {
    native: PathBuf,
    wasi: Option<PathBuf>,
    node: Node,
}

impl Programs {
    fn build(project: &Project) -> Result<Self> {
        let _turn = turn::take(project)?;
        let node = node::ensure(project)?;
        let cargo = |target: &[&str]| {
            let mut command = Command::new("cargo");
            command.current_dir(&project.root).args(["build", "--release", "-p", "science"]).args(target);
            command
        };
        quiet(project, "science, native", "bench-science", &mut cargo(&[]))?;
        let native = project.target().join("release/science");
        let can = succeeds(Command::new("rustup").args(["target", "add", WASI]));
        let built = if can {
            quiet(project, "science, wasm", "bench-science-wasm", &mut cargo(&["--target", WASI]))
        } else {
            Err(anyhow::anyhow!("rustup cannot add {WASI}"))
        };
        let wasi = match built {
            Ok(()) => Some(project.target().join(WASI).join("release/science.wasm")),
            Err(error) => {
                note(&format!("no figures for wasm: {error:#}"));
                None
            }
        };
        Ok(Self { native, wasi, node })
    }

    fn native(&self, case: &Case, file: Option<&Path>) -> Result<Spent> {
        let mut command = Command::new(&self.native);
        command.args(case.command);
        if let Some(file) = file {
            command.arg("--input").arg(file);
        }
        let (spent, _) = watched(&mut command)?;
        Ok(spent)
    }

    /// Compiling the program is not in it: a Worker is compiled once.
    fn in_wasm(
        &self,
        project: &Project,
        program: &Path,
        folder: &Path,
        case: &Case,
        file: Option<&Path>,
    ) -> Result<Spent> {
        #[derive(Deserialize)]
        struct Said {
            seconds: f64,
            memory_bytes: u64,
        }
        let mut command = self.node.command();
        command.args(["--no-warnings".as_ref(), project.npm_tools().join("bench/wasi.mjs").as_os_str()]);
        command.arg(program).arg(folder).args(case.command);
        if let Some(name) = file.and_then(Path::file_name) {
            command.arg("--input").arg(Path::new("/data").join(name));
        }
        let (_, errors) = watched(&mut command)?;
        let said: Said = serde_json::from_str(errors.lines().last().unwrap_or_default())
            .with_context(|| format!("tools/bench/wasi.mjs said: {errors}"))?;
        Ok(Spent { seconds: said.seconds, peak_bytes: Some(said.memory_bytes) })
    }
}

/// Installs the packages, if that is possible here.
fn packages(project: &Project) -> Option<PathBuf> {
    let step = Step::start("the packages to compare with");
    let mut install = Command::new("python3");
    let found = answer(install.arg(project.npm_tools().join("python.py")).arg("science"));
    if found.is_some() {
        step.finish();
    } else {
        step.abandon();
        note("the packages to compare with cannot be installed: only our own figures");
    }
    found.map(PathBuf::from)
}

impl Beside {
    fn run(&self, project: &Project, packages: &Path, file: &Path) -> Result<Spent> {
        #[derive(Deserialize)]
        struct Said {
            seconds: f64,
        }
        let mut command = Command::new("python3");
        command.env("PYTHONPATH", packages).env("OMP_NUM_THREADS", "1").env("OPENBLAS_NUM_THREADS", "1");
        command.arg(project.npm_tools().join("bench/packages.py")).arg(self.package).arg(file).args(self.arguments);
        let output = command.stderr(Stdio::inherit()).output().context("starting python3")?;
        ensure!(output.status.success(), "{} ended with {}", self.name, output.status);
        let said = String::from_utf8_lossy(&output.stdout);
        let said: Said = serde_json::from_str(said.lines().last().unwrap_or_default())
            .with_context(|| format!("{} said: {said}", self.name))?;
        Ok(Spent { seconds: said.seconds, peak_bytes: None })
    }
}

/// Runs a program to its end; its time, its peak memory and what it wrote to standard error.
fn watched(command: &mut Command) -> Result<(Spent, String)> {
    let started = Instant::now();
    let spawned = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
    let mut child = spawned.with_context(|| format!("starting {}", command.get_program().display()))?;
    let mut errors = child.stderr.take().context("no standard error")?;
    let reader = thread::spawn(move || std::io::read_to_string(&mut errors));
    let path = format!("/proc/{}/status", child.id());
    let mut peak = None;
    let status = loop {
        // Gone once the process has ended, and absent where there is no /proc: then nothing is said of memory.
        peak = fs::read_to_string(&path).ok().as_deref().and_then(high_water).or(peak);
        if let Some(status) = child.try_wait().context("waiting for a program")? {
            break status;
        }
        thread::sleep(Duration::from_millis(2));
    };
    let seconds = started.elapsed().as_secs_f64();
    let errors = reader.join().ok().and_then(std::result::Result::ok).unwrap_or_default();
    ensure!(status.success(), "{} ended with {status}: {errors}", command.get_program().display());
    Ok((Spent { seconds, peak_bytes: peak }, errors))
}

/// `VmHWM` of `/proc/PID/status` (proc(5)), bytes.
fn high_water(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kb| kb * 1024)
}

impl Input {
    /// The file, made where it is not there yet: the same every time.
    fn written(self, folder: &Path) -> Result<PathBuf> {
        let path = folder.join(match self {
            Self::Journeys(journeys, channels) => format!("journeys-{journeys}-{channels}.csv"),
            Self::Series(series) => format!("series-{series}.csv"),
        });
        if !path.exists() {
            let partial = path.with_extension("partial");
            let file = File::create(&partial).with_context(|| format!("creating {}", partial.display()))?;
            let mut out = BufWriter::new(file);
            match self {
                Self::Journeys(journeys, channels) => write_journeys(&mut out, journeys, channels),
                Self::Series(series) => write_series(&mut out, series),
            }
            .and_then(|()| out.flush())
            .with_context(|| format!("writing {}", partial.display()))?;
            fs::rename(&partial, &path).with_context(|| format!("writing {}", path.display()))?;
        }
        Ok(path)
    }
}

/// Journeys of 4.5 touches on average, a fifth of which convert; a channel is often followed by itself.
fn write_journeys(out: &mut impl Write, journeys: u64, channels: u64) -> std::io::Result<()> {
    writeln!(out, "path,total_conversions,total_conversion_value,total_null")?;
    let mut dice = Dice::new(journeys ^ (channels << 32));
    let mut path = String::new();
    for _ in 0..journeys {
        path.clear();
        let mut channel = dice.below(channels);
        loop {
            let _ = write!(path, "{}Channel {channel}", if path.is_empty() { "" } else { " > " });
            if dice.below(9) < 2 {
                break;
            }
            channel = if dice.below(4) == 0 { channel } else { dice.below(channels) };
        }
        if dice.below(5) == 0 {
            writeln!(out, "{path},1,{}.{:02},0", 10 + dice.below(190), dice.below(100))?;
        } else {
            writeln!(out, "{path},0,0,1")?;
        }
    }
    Ok(())
}

/// Weekly series with a level, a trend, a season of 52 weeks and noise, five years each.
fn write_series(out: &mut impl Write, series: u64) -> std::io::Result<()> {
    writeln!(out, "unique_id,ds,y")?;
    let mut dice = Dice::new(series);
    for name in 0..series {
        let level = 100.0 + dice.below(10_000) as f64;
        let trend = (dice.below(200) as f64 - 60.0) / 100.0 * level / 260.0;
        let (swing, shift) = (dice.below(40) as f64 / 100.0, dice.below(52) as f64);
        let mut wander = 0.0;
        for week in 0..260_u32 {
            // A sum of uniforms is near enough to normal for load.
            let noise = (0..4).map(|_| dice.below(1_000) as f64 / 1_000.0 - 0.5).sum::<f64>();
            wander = 0.8 * wander + noise;
            let season = ((f64::from(week) + shift) / 52.0 * std::f64::consts::TAU).sin();
            let value = level * (1.0 + swing * season + 0.04 * wander) + trend * f64::from(week);
            writeln!(out, "S{name},{},{:.2}", day(week), value.max(0.0))?;
        }
    }
    Ok(())
}

/// The Monday of a week since January 2020, ISO 8601.
fn day(week: u32) -> impl std::fmt::Display {
    let first = chrono::NaiveDate::from_ymd_opt(2020, 1, 6).unwrap_or_default();
    first + chrono::Days::new(u64::from(week) * 7)
}

fn print_table(rows: &[Row]) {
    println!("\n  {:<48} {:<28} {:>9} {:>12} {:>8}", "what", "how", "s", "µs each", "peak MB");
    for row in rows {
        let peak = row.peak_mb.map_or_else(|| "–".to_owned(), |peak| format!("{peak:.1}"));
        println!("  {:<48} {:<28} {:>9.3} {:>12.2} {peak:>8}", row.what, row.how, row.seconds, row.each * 1e6);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_high_water_mark_is_read() {
        assert_eq!(high_water("Name:\tx\nVmPeak:\t  99 kB\nVmHWM:\t    3072 kB\n"), Some(3_145_728));
        assert_eq!(high_water("Name:\tx\n"), None);
    }

    #[test]
    fn journeys_have_the_shape_the_table_says() {
        let mut out = Vec::new();
        write_journeys(&mut out, 20_000, 8).unwrap();
        let text = String::from_utf8(out).unwrap();
        let touches = text.matches("Channel").count() as f64 / 20_000.0;
        let converted =
            text.lines().filter(|line| line.ends_with(",0") && !line.contains(",0,0,")).count() as f64 / 20_000.0;
        assert_eq!(text.lines().count(), 20_001);
        assert!((4.3..4.7).contains(&touches), "{touches}");
        assert!((0.18..0.22).contains(&converted), "{converted}");
    }

    #[test]
    fn series_are_five_years_of_weeks() {
        let mut out = Vec::new();
        write_series(&mut out, 3).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.lines().count(), 1 + 3 * 260);
        assert!(text.contains("S0,2020-01-06,") && text.contains("S2,2024-12-23,"));
    }
}
