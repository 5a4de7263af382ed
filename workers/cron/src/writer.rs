//! The writer: parcels from the `events` queue go into every sink, then their objects are told.
//!
//! Nothing is acknowledged before every sink has it. A failure leaves the messages to the queue's retries and, should
//! the queue lose them, to the object, which sends again what was not acknowledged.

use crate::sinks::{Columnar, Embedded, RawLog, Share, Sink};
use crate::{attributions, rewards};
use calendar::Zone;
use futures::{StreamExt, stream};
use platform::clickhouse::ClickHouse;
use platform::queue::{self, Received};
use platform::session_object::{self, Ack, Change, Parcel};
use platform::{Error, Result, TenantDb, clock, directory, random};
use std::collections::{BTreeMap, BTreeSet};
use warehouse::embedded::Batch;
use wasm_bindgen::JsValue;
use worker::{Env, MessageBatch, MessageExt, QueueRetryOptionsBuilder};

/// Seconds before a failed parcel is tried again.
const RETRY_S: u32 = 5;

/// Writes a queue batch, each tenant's site on its own: one that fails does not hold up the others.
pub(crate) async fn write(batch: &MessageBatch<JsValue>, env: &Env) {
    let mut shares: BTreeMap<(String, String), Vec<(worker::RawMessage, Parcel)>> = BTreeMap::new();
    for Received { message, body } in queue::received::<Parcel>(batch) {
        match body {
            Ok(parcel) => {
                shares.entry((parcel.tenant_id.clone(), parcel.site.clone())).or_default().push((message, parcel));
            }
            Err(error) => {
                // Its object still holds the events; the message goes to the dead letters for people to look at.
                platform::log::error("cron", "-", "a message of the events queue is unreadable", &error);
                message.retry();
            }
        }
    }
    for ((tenant, site), messages) in shares {
        let (messages, parcels): (Vec<_>, Vec<_>) = messages.into_iter().unzip();
        match write_share(env, &tenant, &site, &parcels).await {
            Ok(()) => messages.iter().for_each(queue::done),
            Err(error) => {
                platform::log::error("cron", &tenant, "writing events to the sinks failed", &error);
                let options = QueueRetryOptionsBuilder::new().with_delay_seconds(RETRY_S).build();
                messages.iter().for_each(|message| message.retry_with_options(&options));
            }
        }
    }
}

async fn write_share(env: &Env, tenant: &str, site: &str, parcels: &[Parcel]) -> Result<()> {
    let row = directory::site(env, site)
        .await?
        .filter(|row| row.tenant_id == tenant)
        .ok_or_else(|| Error::corrupt("parcel", format!("site {site} is not this tenant's")))?;
    let zone = Zone::parse(&row.time_zone).map_err(|e| Error::corrupt("site time zone", e))?;
    let batch = gather(parcels, zone);
    let raw_key = warehouse::raw_log::key(tenant, site, clock::now_ms(), &random::uuid());
    let database = TenantDb::new(env, tenant)?;
    let share = Share { env, database: &database, site, raw_key: &raw_key, batch: &batch };
    Embedded.write(&share).await?;
    RawLog.write(&share).await?;
    if let Some(server) = ClickHouse::configured(env)? {
        Columnar(server).write(&share).await?;
    }
    // The events are stored with the marks of what is to be settled: the timetable makes up for what fails here.
    if let Err(error) = attributions::settle(&database, &row).await {
        platform::log::error("cron", tenant, "settling attributions failed; the timetable will", &error);
    }
    rewards::pass_on(env, &database, site, &batch.events).await?;
    let acknowledgements = stream::iter(parcels)
        .map(async |parcel| {
            let events = parcel.events.iter().map(|event| (event.id.clone(), event.revision));
            let changes = parcel.changes.iter().map(|change| (change.id.clone(), change.revision));
            let ack = Ack { stored: events.chain(changes).collect() };
            session_object::ack(env, tenant, site, &parcel.visitor, &ack).await
        })
        .buffer_unordered(session_object::PARALLEL)
        .collect::<Vec<_>>()
        .await;
    acknowledgements.into_iter().collect()
}

/// Puts the parcels together: each event once, in its latest revision, with its place on the site's wall clock.
fn gather(parcels: &[Parcel], zone: Zone) -> Batch<Change> {
    let mut batch =
        Batch { events: Vec::new(), changes: Vec::new(), changed_sessions: BTreeSet::new(), absorbed: BTreeSet::new() };
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for event in parcels.iter().flat_map(|parcel| &parcel.events) {
        let mut event_here = event.clone();
        event_here.local_hour = zone.local_hour(event.t);
        match places.get(event.id.as_str()).and_then(|place| batch.events.get_mut(*place)) {
            Some(held) if held.revision >= event.revision => {}
            Some(held) => *held = event_here,
            None => {
                places.insert(&event.id, batch.events.len());
                batch.events.push(event_here);
            }
        }
    }
    for parcel in parcels {
        batch.changed_sessions.extend(parcel.changes.iter().map(|change| change.session_id.clone()));
        batch.changes.extend(parcel.changes.iter().cloned());
        batch.absorbed.extend(parcel.absorbed.iter().cloned());
    }
    // The last assignment of an event must win within one statement too.
    batch.changes.sort_by(|a, b| (&a.id, b.revision).cmp(&(&b.id, a.revision)));
    batch.changes.dedup_by(|later, first| later.id == first.id);
    batch
}
