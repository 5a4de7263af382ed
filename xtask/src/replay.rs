//! `cargo xtask replay FILE --map MAP`: a real clickstream or order file through `/attribution/collect`, with its
//! original times.
//!
//! An event's id is made from its row, so replaying a file again doubles nothing.

mod map;
pub(crate) mod sender;

use std::collections::BTreeMap;
use std::env;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Lines, Read};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Args as ClapArgs;
use event::Origin;
use event::admit::{Arrival, admit};
use flate2::read::MultiGzDecoder;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use self::map::{Map, Reader, Row};
use self::sender::{Pace, Sender, Sent};
use crate::command::note;
use crate::project::Project;

/// Events shown by `--dry-run`.
const SHOWN: usize = 3;

/// What to replay, and where to.
#[derive(ClapArgs, Debug)]
pub(crate) struct Args {
    /// The file: delimited text, gzipped or not
    file: PathBuf,
    /// How its rows become events: a TOML file, or the name of one in xtask/replay-maps
    #[arg(long)]
    map: PathBuf,
    /// Site key
    #[arg(long, default_value = control::demo::SITE_KEY)]
    site: String,
    /// The site's signing secret (or ADROIT_SITE_SECRET); the local demo site needs none
    #[arg(long)]
    secret: Option<String>,
    /// Where the collector is; default: the local runtime
    #[arg(long)]
    url: Option<String>,
    /// Stop after this many events
    #[arg(long)]
    limit: Option<usize>,
    /// Events in a request
    #[arg(long, default_value_t = 500)]
    batch: usize,
    /// Requests under way at once
    #[arg(long, default_value_t = 2)]
    connections: usize,
    /// Most events a second. A local runtime takes more than it stores in the same time; what waits there longer than
    /// half a minute is handed over again and makes it slower still
    #[arg(long)]
    rate: Option<f64>,
    /// Read and judge every row, send nothing
    #[arg(long)]
    dry_run: bool,
}

/// What was found in the file.
#[derive(Debug, Default)]
struct Found {
    rows: u64,
    skipped: u64,
    unreadable: BTreeMap<String, u64>,
}

/// Replays.
///
/// # Errors
/// The file or the map cannot be read, or the collector does not take the events.
pub(crate) fn run(project: &Project, args: &Args) -> Result<()> {
    let path = map_path(project, &args.map);
    let text = fs::read_to_string(&path).with_context(|| format!("reading the map {}", path.display()))?;
    let map = Map::parse(&text).with_context(|| format!("in {}", path.display()))?;
    let title = map.title.clone();
    let (file, bar) = open(&args.file)?;
    let seen = Mutex::new(Found::default());
    let events = Events::start(file, map, &seen)?.take(args.limit.unwrap_or(usize::MAX));

    println!("{title}");
    if args.dry_run {
        judge(events);
        bar.finish_and_clear();
        print_read(&seen);
        return Ok(());
    }
    let url = args.url.clone().unwrap_or_else(|| project.url());
    let secret = args.secret.clone().or_else(|| env::var("ADROIT_SITE_SECRET").ok());
    let sender = Sender::new(&url, &args.site, secret.as_deref())?;
    let pace = Pace { batch: args.batch, connections: args.connections };
    let started = Instant::now();
    let rate = args.rate.filter(|rate| *rate > 0.0);
    let events = events.zip(0_u32..).map(move |(event, number)| {
        if let Some(rate) = rate {
            thread::sleep(Duration::from_secs_f64(f64::from(number) / rate).saturating_sub(started.elapsed()));
        }
        event
    });
    // The bar follows the bytes read, so the number of events need not be known.
    let sent = sender.send_all(events, pace, &ProgressBar::hidden())?;
    bar.finish_and_clear();
    print_read(&seen);
    print_sent(&sent);
    Ok(())
}

/// A path as given, else a name among the maps that come with the project.
fn map_path(project: &Project, given: &Path) -> PathBuf {
    if given.is_file() {
        return given.to_owned();
    }
    let shipped = project.root.join("xtask/replay-maps").join(given);
    [shipped.clone(), shipped.with_extension("toml")]
        .into_iter()
        .find(|path| path.is_file())
        .unwrap_or_else(|| given.to_owned())
}

/// The file's text, ungzipped where its first two bytes say so, and a bar that follows the bytes read.
fn open(path: &Path) -> Result<(Box<dyn Read + Send>, ProgressBar)> {
    let context = || format!("reading {}", path.display());
    let file = File::open(path).with_context(context)?;
    let bar = ProgressBar::new(file.metadata().with_context(context)?.len());
    bar.set_style(ProgressStyle::with_template("  {bar:30} {percent:>3} % of {total_bytes}, {eta} to go")?);
    let mut bytes = BufReader::new(bar.wrap_read(file));
    let gzipped = bytes.fill_buf().with_context(context)?.starts_with(&[0x1f, 0x8b]);
    let text: Box<dyn Read + Send> = if gzipped { Box::new(MultiGzDecoder::new(bytes)) } else { Box::new(bytes) };
    Ok((text, bar))
}

/// The file's events, in its order.
struct Events<'a> {
    rows: Rows,
    reader: Reader,
    /// A first row that is no header.
    first: Option<(u64, Vec<String>)>,
    seen: &'a Mutex<Found>,
}

impl<'a> Events<'a> {
    fn start(file: Box<dyn Read + Send>, map: Map, seen: &'a Mutex<Found>) -> Result<Self> {
        let mut rows = Rows::new(file, &map);
        let first = rows.next().context("the file is empty")?.context("reading the first row")?;
        let reader = Reader::new(map, &first.1);
        let first = (!reader.has_header()).then_some(first);
        Ok(Self { rows, reader, first, seen })
    }

    fn found(&self, add: impl FnOnce(&mut Found)) {
        let mut seen = self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        add(&mut seen);
    }

    fn unreadable(&self, reason: String) {
        self.found(|seen| *seen.unreadable.entry(reason).or_default() += 1);
    }
}

impl Iterator for Events<'_> {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        loop {
            let (line, cells) = match self.first.take().map_or_else(|| self.rows.next(), |row| Some(Ok(row)))? {
                Ok(row) => row,
                Err(error) => {
                    self.unreadable(format!("the file ends early: {error}"));
                    return None;
                }
            };
            self.found(|seen| seen.rows += 1);
            match self.reader.read(line, cells) {
                Row::Event(event) => return Some(event),
                Row::Skipped => self.found(|seen| seen.skipped += 1),
                Row::Unreadable(reason) => self.unreadable(reason),
            }
        }
    }
}

/// Rows as cells, with the line each starts on.
enum Rows {
    Delimited(csv::ByteRecordsIntoIter<Box<dyn Read + Send>>),
    Blanks(u64, Lines<BufReader<Box<dyn Read + Send>>>),
}

impl Rows {
    fn new(file: Box<dyn Read + Send>, map: &Map) -> Self {
        match map.file.delimiter.as_bytes() {
            [delimiter] if *delimiter != b' ' => Self::Delimited(
                csv::ReaderBuilder::new()
                    .delimiter(*delimiter)
                    .has_headers(false)
                    .flexible(true)
                    .trim(csv::Trim::All)
                    .from_reader(file)
                    .into_byte_records(),
            ),
            _ => Self::Blanks(0, BufReader::new(file).lines()),
        }
    }
}

impl Iterator for Rows {
    type Item = Result<(u64, Vec<String>)>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Delimited(records) => Some(records.next()?.map_err(Into::into).map(|record| {
                // Files of the last century are not always UTF-8; what is not is replaced, and the row is kept.
                let cells = record.iter().map(|cell| String::from_utf8_lossy(cell).into_owned());
                (record.position().map_or(0, csv::Position::line), cells.collect())
            })),
            Self::Blanks(number, lines) => loop {
                *number += 1;
                let line = match lines.next()? {
                    Ok(line) => line,
                    Err(error) => return Some(Err(error.into())),
                };
                let cells: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
                if !cells.is_empty() {
                    return Some(Ok((*number, cells)));
                }
            },
        }
    }
}

/// Judges the events by the collector's own rules.
fn judge(events: impl Iterator<Item = Value>) {
    let arrival = Arrival {
        received_at: i64::MAX / 2,
        sent_at: None,
        origin: Origin::Server,
        user_agent: "",
        country: "",
        region: "",
        global_privacy_control: false,
        site_currency: control::demo::CURRENCY,
    };
    let mut sent = Sent::default();
    for event in events {
        if sent.sent < SHOWN as u64 {
            println!("  {event}");
        }
        sent.sent += 1;
        match admit(&event, &arrival, String::new) {
            Ok(_) => sent.accepted += 1,
            Err(refused) => {
                *sent.rejected.entry(format!("{}: {}", refused.field, refused.reason)).or_default() += 1;
            }
        }
    }
    note(&format!("{} events would be sent, {} of them accepted", sent.sent, sent.accepted));
    print_reasons("rejected", &sent.rejected);
}

fn print_read(seen: &Mutex<Found>) {
    let seen = seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    println!(
        "  read       {} rows, {} skipped as the map says, {} unreadable",
        seen.rows,
        seen.skipped,
        total(&seen.unreadable)
    );
    print_reasons("unreadable", &seen.unreadable);
}

fn print_sent(sent: &Sent) {
    println!("  sent       {} events in {} requests, {} of them repeated", sent.sent, sent.requests, sent.repeated);
    println!("  accepted   {}", sent.accepted);
    println!("  rejected   {}", total(&sent.rejected));
    print_reasons("rejected", &sent.rejected);
    println!("  speed      {:.0} events/s ({:.1} s)", sent.rate(), sent.took.as_secs_f64());
}

fn print_reasons(what: &str, reasons: &BTreeMap<String, u64>) {
    for (reason, count) in reasons {
        println!("    {count} {what}: {reason}");
    }
}

fn total(reasons: &BTreeMap<String, u64>) -> u64 {
    reasons.values().sum()
}
