//! `cargo xtask kill`: what `204` promises, put to the test. The whole runtime is killed again and again under load;
//! at the end every acknowledged event must be in D1 and in the raw log, exactly once.
//!
//! The senders behave as the pixel does: a request that was not answered with 204 is sent again, with the same ids.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail, ensure};
use clap::Args as ClapArgs;
use control::demo;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::bench::connection::Connection;
use crate::bench::dice::Dice;
use crate::command::{Step, answer, done, heading, seconds, succeeds};
use crate::node::Node;
use crate::project::Project;
use crate::{accounts, bundle, database, runtime, setup};

/// Longest life of a runtime between two kills, ms. The shortest is none: it may be killed as soon as it answers.
const LONGEST_LIFE_MS: u64 = 3_000;
/// Most events of one request.
const MOST_EVENTS: u64 = 12;
/// How long a sender waits after a request that failed.
const PAUSE: Duration = Duration::from_millis(50);
/// An object sends what was not acknowledged again after 30 s, then 60 s, 120 s and so on; an event that several kills
/// have hit may wait for the fourth of these.
const PATIENCE: Duration = Duration::from_secs(420);

/// How hard to try.
#[derive(ClapArgs, Debug)]
pub(crate) struct Args {
    /// Events to have acknowledged
    #[arg(long, default_value_t = 20_000)]
    events: u64,
    /// Kills
    #[arg(long, default_value_t = 12)]
    kills: u64,
    /// Visitors the events belong to
    #[arg(long, default_value_t = 400)]
    visitors: u64,
    /// Connections that send at once
    #[arg(long, default_value_t = 6)]
    connections: u64,
    /// Of the moments of the kills and the events' contents; default: the clock
    #[arg(long)]
    seed: Option<u64>,
    /// Run what is built already
    #[arg(long)]
    no_build: bool,
}

/// Runs the test.
///
/// # Errors
/// An acknowledged event is missing or stored twice, or the runtime does not come back.
pub(crate) fn run(project: &Project, args: &Args) -> Result<()> {
    let seed = match args.seed {
        Some(seed) => seed,
        None => SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs(),
    };
    heading("Setting up");
    let ready = setup::ensure(project)?;
    if !args.no_build {
        bundle::everything(project, &ready)?;
    }
    let own =
        Project { state: project.target().join("kill").join(seed.to_string()), port: free_ports()?, ..project.clone() };
    if own.state.exists() {
        fs::remove_dir_all(&own.state).with_context(|| format!("removing {}", own.state.display()))?;
    }
    fs::create_dir_all(&own.state).with_context(|| format!("creating {}", own.state.display()))?;
    database::migrate(&own, &ready.node)?;
    accounts::ensure(&own, &ready.node)?;

    heading(&format!("Killing (seed {seed})"));
    let outcome = under_load(&own, &ready.node, args, seed);
    let verdict = outcome.and_then(|acknowledged| drain(&own, &ready.node, &acknowledged));
    runtime::end_running(&own)?;
    match verdict {
        Ok(()) => {
            fs::remove_dir_all(&own.state).with_context(|| format!("removing {}", own.state.display()))?;
            Ok(())
        }
        Err(error) => Err(error.context(format!("the state is kept for a look: {}", own.state.display()))),
    }
}

/// Two free ports in a row, below the range from which systems take outgoing ones.
pub(crate) fn free_ports() -> Result<u16> {
    let free = |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
    (12_000..28_000)
        .step_by(2)
        .find(|port| free(*port) && free(port + 1))
        .context("no two free ports in a row between 12000 and 28000")
}

/// What the senders share.
struct Load {
    /// Ids that were answered with 204.
    acknowledged: Mutex<BTreeSet<String>>,
    /// How many of them there are.
    count: AtomicU64,
    /// Requests that were not answered with 204 and sent again.
    repeated: AtomicU64,
    /// Events each life of the runtime may take, so that the load lasts until the last kill.
    allowance: AtomicU64,
    /// No new requests; those begun are finished.
    enough: AtomicBool,
}

/// Kills and restarts the runtime while senders load it; the acknowledged ids.
fn under_load(own: &Project, node: &Node, args: &Args, seed: u64) -> Result<BTreeSet<String>> {
    runtime::start(own, node, true)?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, own.port + 1));
    let share = args.events / (args.kills + 1) + MOST_EVENTS * args.connections;
    let load = Load {
        acknowledged: Mutex::new(BTreeSet::new()),
        count: AtomicU64::new(0),
        repeated: AtomicU64::new(0),
        allowance: AtomicU64::new(share),
        enough: AtomicBool::new(false),
    };
    let started = Instant::now();
    let killed = thread::scope(|scope| {
        for sender in 0..args.connections {
            let load = &load;
            scope.spawn(move || send(load, address, args, seed, sender));
        }
        let killed = kill_often(own, node, args, seed, &load, share);
        load.enough.store(true, Ordering::Relaxed);
        killed
    });
    killed?;
    let acknowledged = load.acknowledged.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done(&format!(
        "{} kills; {} events acknowledged, {} requests sent again ({})",
        args.kills,
        acknowledged.len(),
        load.repeated.into_inner(),
        seconds(started.elapsed())
    ));
    Ok(acknowledged)
}

fn kill_often(own: &Project, node: &Node, args: &Args, seed: u64, load: &Load, share: u64) -> Result<()> {
    let mut dice = Dice::new(seed);
    for number in 1..=args.kills {
        let life = Duration::from_millis(dice.below(LONGEST_LIFE_MS));
        thread::sleep(life);
        kill(own)?;
        println!(
            "  ✗ kill {number} after {} ms, {} acknowledged",
            life.as_millis(),
            load.count.load(Ordering::Relaxed)
        );
        load.allowance.fetch_add(share, Ordering::Relaxed);
        runtime::start(own, node, true)?;
    }
    // The rest of the load, in the last life.
    load.allowance.store(u64::MAX, Ordering::Relaxed);
    let step = Step::start("the rest of the load");
    let started = Instant::now();
    while load.count.load(Ordering::Relaxed) < args.events {
        ensure!(started.elapsed() < PATIENCE, "the load does not come to its end");
        thread::sleep(PAUSE);
    }
    step.finish();
    Ok(())
}

/// SIGKILL to the runtime and to workerd in one call: nothing gets to clean up.
fn kill(own: &Project) -> Result<()> {
    let path = own.state.join("runtime.json");
    let status: Value =
        serde_json::from_str(&fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?)?;
    let ids: Vec<String> =
        ["pid", "workerd_pid"].iter().filter_map(|name| status.get(name)?.as_u64()).map(|id| id.to_string()).collect();
    ensure!(ids.len() == 2, "{} names no processes", path.display());
    ensure!(succeeds(Command::new("kill").arg("-KILL").args(&ids)), "killing {} failed", ids.join(" and "));
    let started = Instant::now();
    while ids.iter().any(|id| lives(id)) {
        ensure!(started.elapsed() < Duration::from_secs(10), "process {} survives SIGKILL", ids.join(" or "));
        thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

fn lives(id: &str) -> bool {
    answer(Command::new("ps").args(["-o", "stat=", "-p", id]))
        .is_some_and(|state| !state.is_empty() && !state.starts_with('Z'))
}

/// One sender: a request after the other, each until it is acknowledged.
fn send(load: &Load, address: SocketAddr, args: &Args, seed: u64, sender: u64) {
    let mut dice = Dice::new(seed ^ ((sender + 1) << 32));
    let mut connection = Connection::new(address, Duration::from_secs(10));
    let mut number = 0;
    while !load.enough.load(Ordering::Relaxed) {
        if load.count.load(Ordering::Relaxed) >= load.allowance.load(Ordering::Relaxed) {
            thread::sleep(PAUSE);
            continue;
        }
        let (ids, body) = request(&mut dice, args.visitors, sender, &mut number);
        loop {
            match connection.post("/attribution/collect", body.as_bytes()) {
                Ok(204) => break,
                // A sender gives up on nothing: the test is about what becomes of its events.
                Ok(_) | Err(_) => {
                    load.repeated.fetch_add(1, Ordering::Relaxed);
                    thread::sleep(PAUSE);
                }
            }
        }
        load.count.fetch_add(ids.len() as u64, Ordering::Relaxed);
        load.acknowledged.lock().unwrap_or_else(std::sync::PoisonError::into_inner).extend(ids);
    }
}

/// A few events of one or two visitors, with times within the last day.
fn request(dice: &mut Dice, visitors: u64, sender: u64, number: &mut u64) -> (Vec<String>, String) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64);
    let (first, second) = (dice.below(visitors), dice.below(visitors));
    let mut ids = Vec::new();
    let events: Vec<Value> = (0..=dice.below(MOST_EVENTS))
        .map(|_| {
            *number += 1;
            let id = format!("kill-{sender}-{number}");
            ids.push(id.clone());
            let visitor = if dice.below(4) == 0 { second } else { first };
            let mut event = json!({
                "id": id, "sid": format!("kill-{visitor}"), "ts": now - dice.below(86_400_000),
                "event": "pageview", "url": format!("https://shop.example/{}", dice.below(50)),
            });
            if let (0, Some(event)) = (dice.below(20), event.as_object_mut()) {
                event.insert("event".to_owned(), json!("purchase"));
                event.insert("value".to_owned(), json!("12.50"));
                event.insert("order_id".to_owned(), json!(format!("order-{id}")));
                event.insert("user_id".to_owned(), json!(format!("user-{}", visitor % 97)));
            }
            event
        })
        .collect();
    (ids, json!({ "site": demo::SITE_KEY, "batch": events }).to_string())
}

/// What `tools/stored.mjs` finds in the state folder.
#[derive(Debug, Deserialize)]
struct Stored {
    /// Event ids, one a row.
    d1: Vec<String>,
    /// Event ids, one a line of the raw log.
    r2: Vec<String>,
    /// Sum of `sessions.events`.
    in_sessions: u64,
    /// Events that Session objects have not had acknowledged.
    unacknowledged: u64,
}

fn look(own: &Project, node: &Node) -> Result<Stored> {
    let output = node
        .command()
        .arg("--no-warnings")
        .arg(own.root.join("tools/bench/stored.mjs"))
        .arg(&own.state)
        .output()
        .context("starting tools/bench/stored.mjs")?;
    if !output.status.success() {
        bail!("reading the stores failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    serde_json::from_slice(&output.stdout).context("reading what tools/bench/stored.mjs found")
}

/// Waits until the objects have nothing left to hand over, then compares.
fn drain(own: &Project, node: &Node, acknowledged: &BTreeSet<String>) -> Result<()> {
    let step = Step::start("waiting until everything is handed over");
    let started = Instant::now();
    let stored = loop {
        let stored = look(own, node)?;
        step.detail(&format!("{} in D1, {} to go", stored.d1.len(), stored.unacknowledged));
        if stored.unacknowledged == 0 {
            break stored;
        }
        if started.elapsed() > PATIENCE {
            step.abandon();
            bail!(
                "{} events were not handed over within {}; {}",
                stored.unacknowledged,
                seconds(PATIENCE),
                compare(acknowledged, &stored).line
            );
        }
        thread::sleep(Duration::from_secs(2));
    };
    step.finish();
    let verdict = compare(acknowledged, &stored);
    println!("{}", verdict.line);
    ensure!(verdict.good, "acknowledged and stored events differ; the first: {:?}", verdict.examples);
    ensure!(
        stored.in_sessions == stored.d1.len() as u64,
        "sessions count {} events, D1 holds {}",
        stored.in_sessions,
        stored.d1.len()
    );
    Ok(())
}

struct Verdict {
    line: String,
    good: bool,
    examples: Vec<String>,
}

fn compare(acknowledged: &BTreeSet<String>, stored: &Stored) -> Verdict {
    let times = |ids: &[String]| -> BTreeMap<String, u64> {
        let mut times = BTreeMap::new();
        for id in ids {
            *times.entry(id.clone()).or_default() += 1;
        }
        times
    };
    let (d1, r2) = (times(&stored.d1), times(&stored.r2));
    let lost: Vec<&String> = acknowledged.iter().filter(|id| !d1.contains_key(*id) || !r2.contains_key(*id)).collect();
    let twice: Vec<&String> = d1.iter().chain(&r2).filter(|(_, times)| **times > 1).map(|(id, _)| id).collect();
    // Everything sent was acknowledged in the end, so an id beyond those would come from nowhere.
    let strange: Vec<&String> = d1.keys().chain(r2.keys()).filter(|id| !acknowledged.contains(*id)).collect();
    let mut line = format!(
        "acknowledged={} d1={} r2={} lost={} duplicated={}",
        acknowledged.len(),
        stored.d1.len(),
        stored.r2.len(),
        lost.len(),
        twice.len()
    );
    if !strange.is_empty() {
        line.push_str(&format!(" unknown={}", strange.len()));
    }
    let examples = lost.iter().chain(&twice).chain(&strange).take(5).map(|id| (*id).clone()).collect();
    Verdict { line, good: lost.is_empty() && twice.is_empty() && strange.is_empty(), examples }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_lost_a_doubled_and_a_strange_event_are_each_found() {
        let acknowledged: BTreeSet<String> = ids(&["a", "b", "c"]).into_iter().collect();
        let stored = |d1: &[&str], r2: &[&str]| Stored { d1: ids(d1), r2: ids(r2), in_sessions: 0, unacknowledged: 0 };
        let line = |d1: &[&str], r2: &[&str]| {
            let verdict = compare(&acknowledged, &stored(d1, r2));
            (verdict.good, verdict.line)
        };
        let all = ["a", "b", "c"];
        assert_eq!(line(&all, &all), (true, "acknowledged=3 d1=3 r2=3 lost=0 duplicated=0".to_owned()));
        assert_eq!(line(&all, &["a", "b"]), (false, "acknowledged=3 d1=3 r2=2 lost=1 duplicated=0".to_owned()));
        assert_eq!(
            line(&all, &["a", "b", "c", "c"]),
            (false, "acknowledged=3 d1=3 r2=4 lost=0 duplicated=1".to_owned())
        );
        assert_eq!(
            line(&["a", "b", "c", "x"], &all),
            (false, "acknowledged=3 d1=4 r2=3 lost=0 duplicated=0 unknown=1".to_owned())
        );
    }
}
