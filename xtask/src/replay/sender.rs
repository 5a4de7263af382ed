//! Sending events to `/attribution/collect`: batches within the wire's limits, a few connections, resending what was
//! not stored, and an honest count of what came of it.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use event::{signature, wire};
use indicatif::ProgressBar;
use reqwest::blocking::Client;
use serde_json::{Value, json};

/// Room that the envelope around a batch takes, and some.
const ENVELOPE: usize = 1024;
/// How often a request is repeated when the collector is busy or gone; with the growing waits, about 25 s in all.
const ATTEMPTS: u32 = 8;

/// Where to and how.
pub(crate) struct Sender {
    client: Client,
    url: String,
    site: String,
    secret: Option<Vec<u8>>,
}

/// How much at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Most events in a request.
    pub(crate) batch: usize,
    /// Requests under way at once.
    pub(crate) connections: usize,
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    /// Events handed over, each counted once.
    pub(crate) sent: u64,
    /// Events the collector keeps.
    pub(crate) accepted: u64,
    /// Events refused, by field and reason.
    pub(crate) rejected: BTreeMap<String, u64>,
    /// Requests that were answered.
    pub(crate) requests: u64,
    /// Requests sent again.
    pub(crate) repeated: u64,
    /// From the first request to the last answer.
    pub(crate) took: Duration,
}

/// What one request came to.
enum Answer {
    Taken,
    PartlyTaken {
        accepted: u64,
        rejected: Vec<String>,
    },
    Refused(Vec<String>),
    /// Nothing is lost by sending it again.
    Busy(String),
}

impl Sender {
    /// A sender to the collector behind `base_url`. With a secret, requests are signed as the site's server's.
    ///
    /// # Errors
    /// The HTTP client cannot be made.
    pub(crate) fn new(base_url: &str, site: &str, secret: Option<&str>) -> Result<Self> {
        let client = Client::builder().timeout(Duration::from_secs(120)).build().context("making an HTTP client")?;
        Ok(Self {
            client,
            url: format!("{}/attribution/collect", base_url.trim_end_matches('/')),
            site: site.to_owned(),
            secret: secret.map(|secret| secret.as_bytes().to_vec()),
        })
    }

    /// Sends all events. They are taken from the source in order; requests under way at once may overtake each other.
    ///
    /// # Errors
    /// The collector cannot be reached, or refuses whole requests (unknown site, wrong signature).
    pub(crate) fn send_all<I>(&self, events: I, pace: Pace, bar: &ProgressBar) -> Result<Sent>
    where
        I: Iterator<Item = Value> + Send,
    {
        let started = Instant::now();
        let source = Mutex::new(Batches { events, held_back: None, most: pace.batch.clamp(1, wire::MAX_EVENTS) });
        let total = Mutex::new(Sent::default());
        let failure: Mutex<Option<anyhow::Error>> = Mutex::new(None);
        thread::scope(|scope| {
            for _ in 0..pace.connections.max(1) {
                scope.spawn(|| {
                    while !held(&failure, |failure| failure.is_some()) {
                        let Some(batch) = held(&source, Batches::next) else {
                            return;
                        };
                        match self.send(&batch) {
                            Ok(sent) => {
                                bar.inc(sent.sent);
                                held(&total, |total| total.add(sent));
                            }
                            Err(error) => {
                                held(&failure, |failure| failure.get_or_insert(error).to_string());
                            }
                        }
                    }
                });
            }
        });
        if let Some(error) = held(&failure, Option::take) {
            return Err(error);
        }
        let mut total = held(&total, std::mem::take);
        total.took = started.elapsed();
        Ok(total)
    }

    fn send(&self, batch: &[Value]) -> Result<Sent> {
        let body = json!({ "site": self.site, "batch": batch }).to_string();
        let count = batch.len() as u64;
        let mut repeated = 0;
        loop {
            let answer = self.request(&body)?;
            let (accepted, reasons) = match answer {
                Answer::Taken => (count, Vec::new()),
                Answer::PartlyTaken { accepted, rejected } => (accepted, rejected),
                Answer::Refused(reasons) => (0, reasons),
                Answer::Busy(said) => {
                    repeated += 1;
                    if repeated >= u64::from(ATTEMPTS) {
                        bail!("the collector did not take a request after {ATTEMPTS} attempts; the last time: {said}");
                    }
                    thread::sleep(Duration::from_millis(100 << repeated.min(7)));
                    continue;
                }
            };
            let mut rejected = BTreeMap::new();
            for reason in reasons {
                *rejected.entry(reason).or_default() += 1;
            }
            return Ok(Sent { sent: count, accepted, rejected, requests: 1, repeated, took: Duration::ZERO });
        }
    }

    fn request(&self, body: &str) -> Result<Answer> {
        let mut request = self.client.post(&self.url).header("content-type", "application/json").body(body.to_owned());
        if let Some(secret) = &self.secret {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
            let signed = signature::sign(secret, i64::try_from(now).unwrap_or(0), body.as_bytes());
            request = request.header(signature::HEADER, signed);
        }
        let (status, text) =
            match request.send().and_then(|response| Ok((response.status().as_u16(), response.text()?))) {
                Ok(answer) => answer,
                Err(error) => return Ok(Answer::Busy(format!("{}: {error}", self.url))),
            };
        match status {
            204 => Ok(Answer::Taken),
            200 => {
                let body: Value =
                    serde_json::from_str(&text).with_context(|| format!("the collector answered no JSON: {text}"))?;
                Ok(Answer::PartlyTaken {
                    accepted: body.get("accepted").and_then(Value::as_u64).unwrap_or(0),
                    rejected: reasons(body.get("rejected")),
                })
            }
            422 => {
                let body: Value = serde_json::from_str(&text).unwrap_or_default();
                Ok(Answer::Refused(reasons(body.get("errors"))))
            }
            429 | 500..=599 => Ok(Answer::Busy(format!("{status} {text}"))),
            _ => bail!("{} answered {status}: {}", self.url, detail(&text)),
        }
    }
}

/// What a problem document says, or the text itself.
fn detail(text: &str) -> String {
    serde_json::from_str::<Value>(text)
        .ok()
        .and_then(|body| Some(body.get("detail")?.as_str()?.to_owned()))
        .unwrap_or_else(|| text.to_owned())
}

/// Field errors as `field: reason`, without the place in the batch, so that equal ones add up.
fn reasons(errors: Option<&Value>) -> Vec<String> {
    let text = |error: &Value, key: &str| error.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    errors
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|error| {
            let field = text(error, "field");
            let field = field.rsplit('/').next().unwrap_or_default();
            format!("{field}: {}", text(error, "detail"))
        })
        .collect()
}

impl Sent {
    fn add(&mut self, other: Self) {
        self.sent += other.sent;
        self.accepted += other.accepted;
        self.requests += other.requests;
        self.repeated += other.repeated;
        for (reason, count) in other.rejected {
            *self.rejected.entry(reason).or_default() += count;
        }
    }

    /// Events accepted per second.
    pub(crate) fn rate(&self) -> f64 {
        self.accepted as f64 / self.took.as_secs_f64().max(0.001)
    }
}

/// Cuts a stream of events into requests that the wire takes.
struct Batches<I> {
    events: I,
    held_back: Option<(Value, usize)>,
    most: usize,
}

impl<I: Iterator<Item = Value>> Batches<I> {
    fn next(&mut self) -> Option<Vec<Value>> {
        let mut batch = Vec::new();
        let mut size = ENVELOPE;
        while batch.len() < self.most {
            let Some((event, length)) = self.held_back.take().or_else(|| {
                let event = self.events.next()?;
                let length = event.to_string().len() + 1;
                Some((event, length))
            }) else {
                break;
            };
            if size + length > wire::MAX_BODY && !batch.is_empty() {
                self.held_back = Some((event, length));
                break;
            }
            size += length;
            batch.push(event);
        }
        (!batch.is_empty()).then_some(batch)
    }
}

/// Works on what a mutex guards; a thread that panicked while holding it has left consistent counts behind.
fn held<T, R>(mutex: &Mutex<T>, work: impl FnOnce(&mut T) -> R) -> R {
    let mut guard = mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    work(&mut guard)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_stay_within_the_limits_and_lose_nothing() {
        let events = (0..1_203).map(|n| json!({ "n": n, "text": "x".repeat(if n % 3 == 0 { 3_000 } else { 10 }) }));
        let mut batches = Batches { events, held_back: None, most: 500 };
        let mut numbers = Vec::new();
        while let Some(batch) = batches.next() {
            assert!(batch.len() <= wire::MAX_EVENTS);
            let body = json!({ "site": "a-site", "batch": batch }).to_string();
            assert!(body.len() <= wire::MAX_BODY, "{}", body.len());
            numbers.extend(batch.iter().map(|event| event["n"].as_u64().unwrap()));
        }
        assert_eq!(numbers, (0..1_203).collect::<Vec<_>>());
    }

    #[test]
    fn reasons_forget_the_place_in_the_batch() {
        let errors = json!([{ "field": "/batch/7/sid", "detail": "is missing" }, { "field": "/value", "detail": "is no amount" }]);
        assert_eq!(reasons(Some(&errors)), ["sid: is missing", "value: is no amount"]);
    }
}
