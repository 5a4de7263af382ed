//! Filling the demo shop: two months of simulated visitors and ad spend, through the public endpoints, and a first
//! report by the analyst.
//!
//! Events have the same ids whenever a day is simulated, so seeding again after an interruption doubles nothing.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use control::demo;
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::blocking::{Client, Response};
use serde_json::{Value, json};
use simulator::{Config, Shop, spend_csv};

use crate::command::{done, seconds};
use crate::replay::sender::{Pace, Sender};

/// Requests under way at once. The local runtime works on one core, so more would only wait there.
const CONNECTIONS: usize = 3;
/// Events in a request: large enough that requests cost little, small enough that the bar moves.
const BATCH: usize = 250;
/// Most events on their way to the warehouse. The collector takes events faster than the sinks, as it should; but what
/// waits longer than an object's patience is handed over again, and two months of visitors at once would wait longer.
const ON_THE_WAY: usize = 4_000;
/// How long nothing may arrive in the sinks before waiting is given up: longer than an object waits before it hands
/// over again what was lost on the way.
const PATIENCE: Duration = Duration::from_secs(150);
/// Between two looks at what is still under way.
const PAUSE: Duration = Duration::from_millis(400);

/// Sends the demo shop's traffic and ad spend, waits until the figures are there, and has the analyst write its first
/// summary.
///
/// # Errors
/// The runtime does not take it, or takes longer than it reasonably may.
pub(crate) fn seed(base_url: &str) -> Result<()> {
    let started = Instant::now();
    let now_ms = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?;
    let shop = Shop::new(Config::demo(now_ms));
    let api = Api::log_in(base_url)?;

    let (days, visitors, people) = (shop.days(), shop.visitors(), shop.distinct_events_of_people());
    let csv = spend_csv(shop.spend());
    let bar = progress(shop.events().len(), "sending")?;
    let sender = Sender::new(base_url, demo::SITE_KEY, None)?;
    let pace = Pace { batch: BATCH, connections: CONNECTIONS };
    let (stored, over) = (&AtomicUsize::new(0), &AtomicBool::new(false));
    let sent = thread::scope(|scope| {
        let (api, days) = (&api, &days);
        scope.spawn(move || {
            while !over.load(Ordering::Relaxed) {
                thread::sleep(PAUSE);
                // A look that fails is no news; sending itself tells whether the runtime is still there.
                if let Ok(now) = api.stored(days) {
                    stored.store(now, Ordering::Relaxed);
                }
            }
        });
        let paced = shop.into_iter().enumerate().map(move |(number, event)| {
            let mut since = Instant::now();
            let mut last = 0;
            loop {
                let now = stored.load(Ordering::Relaxed);
                if now > last {
                    (last, since) = (now, Instant::now());
                }
                // Machines' events are not counted, so the difference is a little too large: the wait has an end.
                if number < now + number / 20 + ON_THE_WAY || since.elapsed() > PATIENCE {
                    return event;
                }
                thread::sleep(Duration::from_millis(20));
            }
        });
        let sent = sender.send_all(paced, pace, &bar);
        over.store(true, Ordering::Relaxed);
        sent
    })?;
    bar.finish_and_clear();
    if sent.accepted != sent.sent {
        bail!("the collector refused some of the demo's events: {:?}", sent.rejected);
    }
    done(&format!("{} events of {visitors} visitors ({})", sent.accepted, seconds(sent.took)));

    let import = api.import_spend(csv)?;
    api.wait_for_events(people, &days)?;
    let rows = api.finished("imports", &import, "done")?;
    let rows = rows.get("rows_loaded").and_then(Value::as_u64).unwrap_or(0);
    done(&format!("ad spend: {rows} campaign days"));

    let answer =
        api.post("/agents/run", json!({ "agent": "analyst", "context": { "site": demo::SITE_KEY } }).to_string())?;
    api.finished("agents/runs", &id_of(&answer)?, "succeeded")?;
    done("the analyst's first summary");
    done(&format!("demo shop filled ({})", seconds(started.elapsed())));
    Ok(())
}

fn progress(length: usize, what: &str) -> Result<ProgressBar> {
    let bar = ProgressBar::new(length as u64).with_message(what.to_owned());
    bar.set_style(ProgressStyle::with_template("  {msg:10} {bar:30} {pos}/{len} events, {eta} to go")?);
    Ok(bar)
}

/// The API, signed in as the demo's user.
struct Api {
    client: Client,
    base_url: String,
    token: String,
}

impl Api {
    fn log_in(base_url: &str) -> Result<Self> {
        let client = Client::builder().timeout(Duration::from_secs(60)).build().context("making an HTTP client")?;
        let mut api = Self { client, base_url: base_url.trim_end_matches('/').to_owned(), token: String::new() };
        let login = json!({ "email": demo::EMAIL, "password": demo::PASSWORD });
        let answer = api.post("/auth/login", login.to_string())?;
        answer
            .get("token")
            .and_then(Value::as_str)
            .context("POST /auth/login answered without a token")?
            .clone_into(&mut api.token);
        Ok(api)
    }

    fn get(&self, path: &str) -> Result<Value> {
        let request = self.client.get(format!("{}{path}", self.base_url));
        read(&format!("GET {path}"), request.bearer_auth(&self.token).send())
    }

    fn post(&self, path: &str, body: String) -> Result<Value> {
        let kind = if body.starts_with('{') { "application/json" } else { "text/csv" };
        let mut request = self.client.post(format!("{}{path}", self.base_url)).header("content-type", kind);
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        read(&format!("POST {path}"), request.body(body).send())
    }

    /// Hands over the CSV; the import's id.
    fn import_spend(&self, csv: String) -> Result<String> {
        id_of(&self.post(&format!("/imports/ad-spend?site={}", demo::SITE_KEY), csv)?)
    }

    /// How many events of people the warehouse shows.
    fn stored(&self, (from, to): &(String, String)) -> Result<usize> {
        let site = demo::SITE_KEY;
        let answer =
            self.get(&format!("/analytics/timeseries?metric=events&gran=d&from={from}&to={to}&site={site}"))?;
        let points = answer.get("points").and_then(Value::as_array).context("the timeseries has no points")?;
        // Counts come as JSON numbers of whatever kind; below 2^53 they are exact.
        let stored: f64 = points.iter().filter_map(|point| point.get("value")?.as_f64()).sum();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a sum of counts")]
        let stored = stored as usize;
        Ok(stored)
    }

    /// Waits until the warehouse shows all events that people (not machines) sent.
    fn wait_for_events(&self, expected: usize, days: &(String, String)) -> Result<()> {
        let bar = progress(expected, "storing")?;
        let (mut most, mut since) = (0, Instant::now());
        loop {
            let stored = self.stored(days)?;
            bar.set_position(stored as u64);
            if stored >= expected {
                bar.finish_and_clear();
                done(&format!("{stored} events of people in the warehouse"));
                return Ok(());
            }
            if stored > most {
                (most, since) = (stored, Instant::now());
            }
            if since.elapsed() > PATIENCE {
                bail!(
                    "only {most} of {expected} events reached the warehouse, none in the last {}; look at the runtime's log",
                    seconds(PATIENCE)
                );
            }
            thread::sleep(PAUSE);
        }
    }

    /// Waits until a piece of background work has that status; its last state.
    fn finished(&self, resource: &str, id: &str, wanted: &str) -> Result<Value> {
        let started = Instant::now();
        loop {
            let state = self.get(&format!("/{resource}/{id}"))?;
            let status = state.get("status").and_then(Value::as_str).unwrap_or_default();
            if status == wanted {
                return Ok(state);
            }
            let detail = state.get("detail").and_then(Value::as_str).unwrap_or_default();
            if status == "failed" {
                bail!("{resource}/{id} failed: {detail}");
            }
            if started.elapsed() > PATIENCE {
                bail!("{resource}/{id} is still {status:?} after {}", seconds(PATIENCE));
            }
            thread::sleep(PAUSE);
        }
    }
}

fn id_of(answer: &Value) -> Result<String> {
    Ok(answer.get("id").and_then(Value::as_str).context("the answer has no id")?.to_owned())
}

fn read(what: &str, answer: reqwest::Result<Response>) -> Result<Value> {
    let answer = answer.with_context(|| what.to_owned())?;
    let status = answer.status();
    let text = answer.text().with_context(|| what.to_owned())?;
    if !status.is_success() {
        bail!("{what} answered {status}: {text}");
    }
    serde_json::from_str(&text).with_context(|| format!("{what} answered no JSON"))
}
