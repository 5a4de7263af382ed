//! `cargo xtask bench collect`: what an event costs, beside the least that a Worker and a durable row can cost.
//!
//! All servers are workerd processes on this machine, reached through their own ports without a development proxy, one
//! measured after the other. A rate is that of a saturated server: as many requests are under way as there are
//! connections. The load comes from the same machine, so on two cores the rates are a lower bound; CPU is counted for
//! the workerd process alone.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail, ensure};
use clap::Args as ClapArgs;
use control::demo;
use serde::Serialize;
use serde_json::{Value, json};

use crate::bench::connection::Connection;
use crate::bench::dice::Dice;
use crate::command::{Step, answer, done, heading};
use crate::kill::free_ports;
use crate::node::Node;
use crate::project::Project;
use crate::{accounts, bundle, database, runtime, setup};

/// Visitors that come again and again.
const RETURNING: u64 = 500;
/// Events in a batched request.
const BATCH: u64 = 20;
/// Requests before the clock starts, so that modules are compiled and the returning visitors' objects exist.
const WARM_UP: u64 = 1_000;
/// How long what is behind an answer (alarms, queue, sinks) may go on after the load.
const LONGEST_REST: Duration = Duration::from_secs(90);
/// A process that uses less than this share of a core is at rest.
const AT_REST: f64 = 0.06;

/// How much load.
#[derive(ClapArgs, Debug)]
pub(crate) struct Args {
    /// Connections that send at once
    #[arg(long, default_value_t = 8)]
    connections: u64,
    /// Seconds of load for each row of the table
    #[arg(long, default_value_t = 6)]
    seconds: u64,
    /// Most requests of new visitors for each row: each is an object, and an object is files
    #[arg(long, default_value_t = 4_000)]
    requests: u64,
    /// Run what is built already
    #[arg(long)]
    no_build: bool,
}

/// Whose requests.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Visitors {
    Returning,
    New,
}

/// One row of the table.
#[derive(Clone, Debug, Serialize)]
struct Measured {
    server: &'static str,
    visitors: Visitors,
    events_per_request: u64,
    requests: u64,
    seconds: f64,
    requests_per_s: f64,
    events_per_s: f64,
    p50_ms: f64,
    p99_ms: f64,
    /// CPU of workerd while the load lasted, per event, µs. Includes what ran behind the answers meanwhile.
    cpu_us_under_load: f64,
    /// CPU of workerd until it was at rest again, per event, µs: everything the event caused.
    cpu_us_in_all: f64,
}

/// Runs the benchmark.
///
/// # Errors
/// A server does not start, or answers anything but 204.
pub(crate) fn run(project: &Project, args: &Args) -> Result<()> {
    ensure!(
        fs::exists("/proc/self/stat").unwrap_or(false),
        "the benchmark reads CPU time from /proc, which this system does not have"
    );
    heading("Setting up");
    let ready = setup::ensure(project)?;
    if !args.no_build {
        bundle::everything(project, &ready)?;
    }
    let folder = project.target().join("bench");
    let state = folder.join("state");
    if state.exists() {
        fs::remove_dir_all(&state).with_context(|| format!("removing {}", state.display()))?;
    }
    fs::create_dir_all(&state).with_context(|| format!("creating {}", state.display()))?;

    heading("Measuring");
    let mut rows = reference(project, &ready.node, args, &state)?;
    rows.extend(ours(project, &ready.node, args, &state)?);
    fs::remove_dir_all(&state).with_context(|| format!("removing {}", state.display()))?;

    print_table(&rows);
    let ratios = ratios(&rows);
    println!();
    for (what, value) in &ratios {
        println!("  {what:<66} {value:>7.2}");
    }
    let path = folder.join("collect.json");
    let report = json!({
        "measured_at": now_ms(),
        "connections": args.connections,
        "cores": thread::available_parallelism().map_or(0, usize::from),
        "rows": rows,
        "ratios": ratios.iter().map(|(what, value)| json!({ "what": what, "value": value })).collect::<Vec<_>>(),
    });
    fs::write(&path, serde_json::to_string_pretty(&report)?).with_context(|| format!("writing {}", path.display()))?;
    println!();
    done(&format!("also in {}", path.display()));
    Ok(())
}

/// Starts the two reference Workers and measures them.
fn reference(project: &Project, node: &Node, args: &Args, state: &std::path::Path) -> Result<Vec<Measured>> {
    let port = free_ports()?;
    let mut child = node
        .command()
        .arg(project.npm_tools().join("bench/reference.mjs"))
        .arg(state)
        .args([port.to_string(), (port + 1).to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .context("starting tools/bench/reference.mjs")?;
    let measured = measure_reference(&mut child, port, args);
    // It ends with its standard input.
    drop(child.stdin.take());
    child.wait().context("waiting for the reference Workers to end")?;
    measured
}

fn measure_reference(child: &mut Child, port: u16, args: &Args) -> Result<Vec<Measured>> {
    let mut line = String::new();
    BufReader::new(child.stdout.take().context("the reference Workers have no output")?)
        .read_line(&mut line)
        .context("waiting for the reference Workers")?;
    let ready: Value = serde_json::from_str(&line).context("the reference Workers did not start")?;
    let workerd = ready.get("workerd_pid").and_then(Value::as_u64).context("no workerd_pid")?;
    let server = |name, port| Server { name, address: local(port), workerd };
    let (bare, row) = (server("bare Worker", port), server("one row", port + 1));
    Ok(vec![
        bare.measure(args, Visitors::Returning, 1)?,
        row.measure(args, Visitors::Returning, 1)?,
        row.measure(args, Visitors::New, 1)?,
    ])
}

/// Starts the product and measures its collector.
fn ours(project: &Project, node: &Node, args: &Args, state: &std::path::Path) -> Result<Vec<Measured>> {
    let own = Project { state: state.join("adroit"), port: free_ports()?, ..project.clone() };
    fs::create_dir_all(&own.state).with_context(|| format!("creating {}", own.state.display()))?;
    database::migrate(&own, node)?;
    accounts::ensure(&own, node)?;
    runtime::start(&own, node, true)?;
    let measured = measure_ours(&own, args);
    runtime::end_running(&own)?;
    measured
}

fn measure_ours(own: &Project, args: &Args) -> Result<Vec<Measured>> {
    let path = own.state.join("runtime.json");
    let status: Value =
        serde_json::from_str(&fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?)?;
    let workerd = status.get("workerd_pid").and_then(Value::as_u64).context("runtime.json names no workerd")?;
    let collect = Server { name: "collect", address: local(own.port + 1), workerd };
    Ok(vec![
        collect.measure(args, Visitors::Returning, 1)?,
        collect.measure(args, Visitors::New, 1)?,
        collect.measure(args, Visitors::Returning, BATCH)?,
        collect.measure(args, Visitors::New, BATCH)?,
    ])
}

fn local(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// Something that takes events.
struct Server {
    name: &'static str,
    address: SocketAddr,
    workerd: u64,
}

impl Server {
    fn measure(&self, args: &Args, visitors: Visitors, events: u64) -> Result<Measured> {
        let what = format!(
            "{}, {} visitors, {events} event{} a request",
            self.name,
            match visitors {
                Visitors::Returning => "returning",
                Visitors::New => "new",
            },
            if events == 1 { "" } else { "s" },
        );
        let step = Step::start(&what);
        // A name for this row's visitors, so that the new ones are new.
        let row = now_ms();
        let warm_up = if visitors == Visitors::Returning { WARM_UP } else { WARM_UP / 10 };
        self.load(args.connections, warm_up, Duration::from_secs(60), visitors, events, row)?;
        self.rest()?;

        let (cpu_before, started) = (cpu(self.workerd)?, Instant::now());
        let most = if visitors == Visitors::New { args.requests } else { u64::MAX };
        let mut times =
            self.load(args.connections, most, Duration::from_secs(args.seconds), visitors, events, row + 1)?;
        let (took, cpu_under_load) = (started.elapsed().as_secs_f64(), cpu(self.workerd)? - cpu_before);
        self.rest()?;
        let cpu_in_all = cpu(self.workerd)? - cpu_before;
        step.finish();

        times.sort_unstable();
        let requests = times.len() as u64;
        let count = (requests * events) as f64;
        Ok(Measured {
            server: self.name,
            visitors,
            events_per_request: events,
            requests,
            seconds: took,
            requests_per_s: requests as f64 / took,
            events_per_s: count / took,
            p50_ms: percentile(&times, 50),
            p99_ms: percentile(&times, 99),
            cpu_us_under_load: cpu_under_load * 1e6 / count,
            cpu_us_in_all: cpu_in_all * 1e6 / count,
        })
    }

    /// Sends until the number of requests or the time is reached; how long each took, µs.
    fn load(
        &self,
        connections: u64,
        most: u64,
        longest: Duration,
        visitors: Visitors,
        events: u64,
        row: u64,
    ) -> Result<Vec<u64>> {
        let next = AtomicU64::new(0);
        let times = Mutex::new(Vec::new());
        let failure = Mutex::new(None);
        let until = Instant::now() + longest;
        thread::scope(|scope| {
            for sender in 0..connections {
                let (next, times, failure) = (&next, &times, &failure);
                scope.spawn(move || {
                    let mut connection = Connection::new(self.address, Duration::from_secs(30));
                    let mut dice = Dice::new(row ^ (sender << 40));
                    let mut own = Vec::new();
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= most || Instant::now() >= until {
                            break;
                        }
                        let visitor = match visitors {
                            Visitors::Returning => format!("bench-{}", dice.below(RETURNING)),
                            Visitors::New => format!("bench-{row}-{number}"),
                        };
                        let body = body(&visitor, row, number, events);
                        let started = Instant::now();
                        let answer = connection.post("/attribution/collect", body.as_bytes());
                        own.push(u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX));
                        let problem = match answer {
                            Ok(204) => continue,
                            Ok(status) => format!("answered {status}"),
                            Err(error) => error.to_string(),
                        };
                        lock(failure).get_or_insert(problem);
                        break;
                    }
                    lock(times).append(&mut own);
                });
            }
        });
        if let Some(problem) = lock(&failure).take() {
            bail!("{} on {}: {problem}", self.name, self.address);
        }
        Ok(std::mem::take(&mut *lock(&times)))
    }

    /// Waits until workerd has nothing to do any more: half of a second with hardly any CPU, four times in a row.
    fn rest(&self) -> Result<()> {
        let started = Instant::now();
        let mut quiet = 0;
        while quiet < 4 && started.elapsed() < LONGEST_REST {
            let before = cpu(self.workerd)?;
            thread::sleep(Duration::from_millis(500));
            let used = (cpu(self.workerd)? - before) / 0.5;
            quiet = if used < AT_REST { quiet + 1 } else { 0 };
        }
        Ok(())
    }
}

/// A request as the pixel sends it: one event, or a batch of one visitor's.
fn body(visitor: &str, row: u64, number: u64, events: u64) -> String {
    let now = now_ms();
    let event = |place: u64| {
        json!({
            "site": demo::SITE_KEY, "id": format!("bench-{row}-{number}-{place}"), "event": "pageview", "ts": now,
            "sid": visitor, "anonymous_id": format!("a-{visitor}"),
            "url": format!("https://shop.example/p/{}?utm_source=google&utm_medium=cpc&utm_campaign=brand", number % 50),
            "ref": "https://www.google.com/", "props": { "title": "A product" },
        })
    };
    if events == 1 {
        return event(0).to_string();
    }
    json!({ "site": demo::SITE_KEY, "sent_at": now, "batch": (0..events).map(event).collect::<Vec<_>>() }).to_string()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(0))
}

/// CPU time a process has used, seconds: fields 14 and 15 of `/proc/PID/stat` (proc(5)), in clock ticks.
fn cpu(process: u64) -> Result<f64> {
    let path = format!("/proc/{process}/stat");
    let text = fs::read_to_string(&path).with_context(|| format!("reading {path}: has workerd ended?"))?;
    // The second field is the program's name in parentheses and may hold anything; the third follows the last `)`.
    let after_name = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    let mut fields = after_name.split_whitespace().skip(11).map_while(|field| field.parse::<f64>().ok());
    let ticks = fields.next().zip(fields.next()).map(|(user, system)| user + system);
    Ok(ticks.with_context(|| format!("{path} has an unknown form"))? / ticks_per_second())
}

fn ticks_per_second() -> f64 {
    // 100 on every Linux that Rust runs on by default; asked all the same.
    answer(Command::new("getconf").arg("CLK_TCK")).and_then(|text| text.parse().ok()).unwrap_or(100.0)
}

/// The nearest-rank percentile of sorted times in µs, as ms.
fn percentile(sorted: &[u64], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(rank).copied().unwrap_or(0) as f64 / 1000.0
}

fn print_table(rows: &[Measured]) {
    println!(
        "\n  {:<12} {:<10} {:>9} {:>8} {:>9} {:>9} {:>8} {:>8} {:>12} {:>12}",
        "server",
        "visitors",
        "events/rq",
        "requests",
        "rq/s",
        "events/s",
        "p50 ms",
        "p99 ms",
        "CPU µs/event",
        "… in all"
    );
    for row in rows {
        let visitors = if row.visitors == Visitors::New { "new" } else { "returning" };
        println!(
            "  {:<12} {:<10} {:>9} {:>8} {:>9.0} {:>9.0} {:>8.2} {:>8.2} {:>12.0} {:>12.0}",
            row.server,
            visitors,
            row.events_per_request,
            row.requests,
            row.requests_per_s,
            row.events_per_s,
            row.p50_ms,
            row.p99_ms,
            row.cpu_us_under_load,
            row.cpu_us_in_all
        );
    }
}

/// How the rows compare; each a quotient with what it means.
fn ratios(rows: &[Measured]) -> Vec<(String, f64)> {
    let find = |server: &str, visitors: Visitors, batched: bool| {
        rows.iter()
            .find(|row| row.server == server && row.visitors == visitors && (row.events_per_request > 1) == batched)
    };
    let mut found = Vec::new();
    let mut add = |what: &str, over: Option<f64>, under: Option<f64>| {
        if let (Some(over), Some(under)) = (over, under)
            && under > 0.0
        {
            found.push((what.to_owned(), over / under));
        }
    };
    let rate = |row: Option<&Measured>| row.map(|row| row.events_per_s);
    let cost = |row: Option<&Measured>| row.map(|row| row.cpu_us_in_all);
    let bare = find("bare Worker", Visitors::Returning, false);
    for (visitors, name) in [(Visitors::Returning, "returning"), (Visitors::New, "new")] {
        let (row, single, batch) =
            (find("one row", visitors, false), find("collect", visitors, false), find("collect", visitors, true));
        add(&format!("rate: one row / bare Worker, {name} visitors"), rate(row), rate(bare));
        add(&format!("rate: collect / one row, {name} visitors"), rate(single), rate(row));
        add(&format!("events/s: collect batched / one row, {name} visitors"), rate(batch), rate(row));
        add(&format!("CPU per event in all: collect / one row, {name} visitors"), cost(single), cost(row));
        add(&format!("CPU per event in all: collect batched / one row, {name} visitors"), cost(batch), cost(row));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_nearest_rank() {
        let times: Vec<u64> = (1..=200).map(|n| n * 1000).collect();
        assert_eq!((percentile(&times, 50), percentile(&times, 99)), (100.0, 198.0));
        assert_eq!(percentile(&[7_000], 99), 7.0);
        assert_eq!(percentile(&[], 50), 0.0);
    }

    #[test]
    fn requests_are_what_the_wire_takes() {
        for events in [1, BATCH] {
            let envelope = event::wire::parse(body("v", 1, 2, events).as_bytes()).unwrap();
            assert_eq!((envelope.site_key(), envelope.events.len() as u64), (Some(demo::SITE_KEY), events));
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_cpu_time_of_a_process_grows_with_its_work() {
        let own = u64::from(std::process::id());
        let before = cpu(own).unwrap();
        let started = Instant::now();
        let mut dice = Dice::new(1);
        while cpu(own).unwrap() <= before {
            std::hint::black_box((0..100_000).map(|_| dice.below(10)).sum::<u64>());
            assert!(started.elapsed() < Duration::from_secs(20), "no CPU time was counted");
        }
    }
}
