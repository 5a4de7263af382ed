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
    /// With the packages that take minutes: ChannelAttribution's tight setting, AutoARIMA, PyMC-Marketing
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
    /// Visitors and conversions of five variants, so often.
    Standings(u64),
    /// Two years of purchases of so many customers.
    Purchases(u64),
    /// Weeks of five channels' spend and the revenue, and a promotion now and then.
    Mix(u64),
}

const fn channel_attribution(name: &'static str, arguments: &'static [&'static str], patient: bool) -> Beside {
    Beside { name, package: "channel_attribution", arguments, part: 1, patient }
}

const fn statsforecast(name: &'static str, arguments: &'static [&'static str], part: u64, patient: bool) -> Beside {
    Beside { name, package: "statsforecast", arguments, part, patient }
}

const fn lifetimes(arguments: &'static [&'static str]) -> Beside {
    Beside { name: "lifetimes, no intervals", package: "lifetimes", arguments, part: 1, patient: false }
}

const MILLION: Input = Input::Journeys(1_000_000, 8);
const WIDE: Input = Input::Journeys(500_000, 20);
const CASES: [Case; 12] = [
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
        name: "Bandit: shares of five variants from their counts",
        command: &["bandit"],
        input: Some(Input::Standings(2_000)),
        units: 2_000,
        beside: &[],
    },
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
    Case {
        name: "LTV by BG/NBD, 23,570 customers, 400 draws",
        command: &["ltv", "--model", "bgnbd"],
        input: Some(Input::Purchases(23_570)),
        units: 23_570,
        beside: &[lifetimes(&["bgnbd"])],
    },
    Case {
        name: "LTV by Pareto/NBD, 23,570 customers, 400 draws",
        command: &["ltv", "--model", "paretonbd"],
        input: Some(Input::Purchases(23_570)),
        units: 23_570,
        beside: &[lifetimes(&["paretonbd"])],
    },
    Case {
        name: "Media mix, 156 weeks, five channels, 4 chains",
        command: &["mmm"],
        input: Some(Input::Mix(156)),
        units: 1,
        beside: &[Beside {
            name: "PyMC-Marketing, 4 chains",
            package: "pymc_marketing",
            arguments: &[],
            part: 1,
            patient: true,
        }],
    },
];

/// What `science mmm` is told of the columns that [`write_mix`] writes.
const SPEC: &str = r#"{
  "date": "week", "outcome": "revenue",
  "channels": [{"name": "A_spend"}, {"name": "B_spend"}, {"name": "C_spend"}, {"name": "D_spend"}, {"name": "E_spend"}],
  "controls": [{"name": "promo"}], "seasons": [{"period": 52.18, "order": 2}]
}
"#;

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

impl Case {
    /// Whether what the columns are stands in a second file.
    fn has_spec(&self) -> bool {
        matches!(self.input, Some(Input::Mix(_)))
    }
}

/// The second file, beside the first.
fn spec_of(file: &Path) -> PathBuf {
    file.with_extension("json")
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
            if case.has_spec() {
                command.arg("--spec").arg(spec_of(file));
            }
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
            let inside = Path::new("/data").join(name);
            command.arg("--input").arg(&inside);
            if case.has_spec() {
                command.arg("--spec").arg(spec_of(&inside));
            }
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
            Self::Standings(times) => format!("standings-{times}.json"),
            Self::Purchases(customers) => format!("purchases-{customers}.csv"),
            Self::Mix(weeks) => format!("mix-{weeks}.csv"),
        });
        if !path.exists() {
            let partial = path.with_extension("partial");
            let file = File::create(&partial).with_context(|| format!("creating {}", partial.display()))?;
            let mut out = BufWriter::new(file);
            match self {
                Self::Journeys(journeys, channels) => write_journeys(&mut out, journeys, channels),
                Self::Series(series) => write_series(&mut out, series),
                Self::Standings(times) => write_standings(&mut out, times),
                Self::Purchases(customers) => write_purchases(&mut out, customers),
                Self::Mix(weeks) => fs::write(spec_of(&path), SPEC).and_then(|()| write_mix(&mut out, weeks)),
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
            writeln!(out, "S{name},{},{:.2}", date(u64::from(week) * 7), value.max(0.0))?;
        }
    }
    Ok(())
}

/// Five variants near one another, of some thousand visitors each.
fn write_standings(out: &mut impl Write, times: u64) -> std::io::Result<()> {
    let mut dice = Dice::new(times);
    for name in 0..times {
        let arms: [String; 5] = std::array::from_fn(|_| {
            let visitors = 2_000 + dice.below(8_000);
            format!("[{visitors}, {}]", visitors * (20 + dice.below(10)) / 1_000)
        });
        let (open, close) = (if name == 0 { "[" } else { "," }, if name + 1 == times { "]" } else { "" });
        writeln!(out, "{open}{{\"name\": \"{name}\", \"arms\": [{}]}}{close}", arms.join(", "))?;
    }
    Ok(())
}

/// Customers who come within twelve weeks, buy at a rate of their own and one day for the last time.
fn write_purchases(out: &mut impl Write, customers: u64) -> std::io::Result<()> {
    const DAYS: f64 = 728.0;
    writeln!(out, "customer_id,date,value")?;
    let mut dice = Dice::new(customers);
    let mut uniform = move || (dice.below(1 << 30) as f64 + 0.5) / f64::from(1 << 30);
    for customer in 0..customers {
        let (a_day, leaves, usual) = (-uniform().ln() / 90.0, uniform() * uniform(), 10.0 + 60.0 * uniform());
        let mut at = uniform() * 84.0;
        while at < DAYS {
            let value = usual * (0.5 + uniform());
            writeln!(out, "{customer},{},{value:.2}", date(at as u64))?;
            if uniform() < leaves {
                break;
            }
            at += -uniform().ln() / a_day;
        }
    }
    Ok(())
}

/// Five channels in flights, whose effect lasts some weeks and saturates.
fn write_mix(out: &mut impl Write, weeks: u64) -> std::io::Result<()> {
    // Usual spend a week, what is left of the effect a week later, and the most a week brings.
    const CHANNELS: [(f64, f64, f64); 5] = [
        (15_000.0, 0.3, 60_000.0),
        (11_000.0, 0.1, 40_000.0),
        (7_000.0, 0.4, 20_000.0),
        (6_000.0, 0.7, 15_000.0),
        (800.0, 0.2, 5_000.0),
    ];
    writeln!(out, "week,A_spend,B_spend,C_spend,D_spend,E_spend,promo,revenue")?;
    let mut dice = Dice::new(weeks);
    let mut lasting = [0.0_f64; 5];
    for week in 0..weeks {
        let promo = u64::from(dice.below(10) == 0);
        let season = (week as f64 / 52.18 * std::f64::consts::TAU).sin();
        let mut revenue = 140_000.0 + 120.0 * week as f64 + 15_000.0 * season + 20_000.0 * promo as f64;
        write!(out, "{}", date(week * 7))?;
        for ((usual, left, most), lasting) in CHANNELS.into_iter().zip(&mut lasting) {
            let on = dice.below(5) != 0;
            let spend = if on { usual * (0.4 + dice.below(1_200) as f64 / 1_000.0) } else { 0.0 };
            *lasting = spend + left * *lasting;
            revenue += most * *lasting / (*lasting + usual / (1.0 - left));
            write!(out, ",{spend:.2}")?;
        }
        revenue += (0..4).map(|_| dice.below(8_000) as f64 - 3_999.5).sum::<f64>();
        writeln!(out, ",{promo},{revenue:.2}")?;
    }
    Ok(())
}

/// A day since Monday, 6 January 2020, ISO 8601.
fn date(days: u64) -> impl std::fmt::Display {
    let first = chrono::NaiveDate::from_ymd_opt(2020, 1, 6).unwrap_or_default();
    first + chrono::Days::new(days)
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

    #[test]
    fn customers_buy_more_than_once_and_some_never_again() {
        let mut out = Vec::new();
        write_purchases(&mut out, 2_000).unwrap();
        let text = String::from_utf8(out).unwrap();
        let mut times = std::collections::HashMap::new();
        for line in text.lines().skip(1) {
            *times.entry(line.split(',').next().unwrap()).or_insert(0_u32) += 1;
        }
        let once = times.values().filter(|times| **times == 1).count();
        assert_eq!(times.len(), 2_000);
        assert!((600..1_200).contains(&once) && text.lines().count() > 6_000, "{once} of {}", text.lines().count());
    }

    #[test]
    fn a_mix_has_a_column_for_each_channel_its_spec_names() {
        let mut out = Vec::new();
        write_mix(&mut out, 156).unwrap();
        let text = String::from_utf8(out).unwrap();
        let spec: serde_json::Value = serde_json::from_str(SPEC).unwrap();
        let header: Vec<&str> = text.lines().next().unwrap().split(',').collect();
        for channel in spec["channels"].as_array().unwrap() {
            assert!(header.contains(&channel["name"].as_str().unwrap()), "{channel}");
        }
        assert!(text.lines().count() == 157 && text.lines().all(|line| line.split(',').count() == header.len()));
    }

    #[test]
    fn standings_are_one_json_document() {
        let mut out = Vec::new();
        write_standings(&mut out, 3).unwrap();
        let all: Vec<serde_json::Value> = serde_json::from_slice(&out).unwrap();
        assert!(all.len() == 3 && all[2]["arms"][4][0].as_u64().unwrap() >= 2_000);
    }
}
