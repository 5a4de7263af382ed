//! The sinks behind one trait. Each is idempotent by (tenant, event id); the embedded warehouse comes first, because
//! it decides which raw-log object carries an event and holds the rows the others are checked against.

use event::Event;
use platform::clickhouse::ClickHouse;
use platform::session_object::Change;
use platform::{Error, Param, Result, Statement, TenantDb, raw_log};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use warehouse::embedded::{self, Batch, Link, Value};
use worker::Env;

/// One tenant's and site's share of a queue batch.
pub(crate) struct Share<'a> {
    pub(crate) env: &'a Env,
    pub(crate) database: &'a TenantDb,
    pub(crate) site: &'a str,
    /// The raw-log object that new events will stand in.
    pub(crate) raw_key: &'a str,
    pub(crate) batch: &'a Batch<Change>,
}

impl Share<'_> {
    fn ids(&self) -> Result<Param> {
        let ids: BTreeSet<&str> = self
            .batch
            .events
            .iter()
            .map(|event| event.id.as_str())
            .chain(self.batch.changes.iter().map(|change| change.id.as_str()))
            .collect();
        serde_json::to_string(&ids).map(Param::Text).map_err(|e| Error::corrupt("event ids", e))
    }
}

/// A place that keeps events.
pub(crate) trait Sink {
    /// Writes the share. Doing it again changes nothing.
    async fn write(&self, share: &Share<'_>) -> Result<()>;
}

/// D1: events, sessions, identities.
pub(crate) struct Embedded;

impl Sink for Embedded {
    async fn write(&self, share: &Share<'_>) -> Result<()> {
        let mut statements: Vec<Statement> = share
            .batch
            .statements(share.raw_key)
            .map_err(|e| Error::corrupt("events", e))?
            .into_iter()
            .map(bind)
            .collect();
        for link in new_links(share).await? {
            statements.extend(embedded::join(share.site, &link).into_iter().map(bind));
        }
        share.database.transaction(&statements).await
    }
}

/// R2: the raw log.
pub(crate) struct RawLog;

#[derive(Deserialize)]
struct RawKey {
    id: String,
    raw_key: String,
}

impl Sink for RawLog {
    async fn write(&self, share: &Share<'_>) -> Result<()> {
        if share.batch.events.is_empty() {
            return Ok(());
        }
        let claims: Vec<RawKey> = share.database.rows(embedded::RAW_KEYS, &[share.ids()?]).await?;
        let mut mine = BTreeSet::new();
        let mut others = BTreeSet::new();
        for claim in claims {
            if claim.raw_key == share.raw_key {
                mine.insert(claim.id);
            } else {
                others.insert(claim.raw_key);
            }
        }
        if !mine.is_empty() {
            let events = share.batch.events.iter().filter(|event| mine.contains(&event.id));
            put(share.env, share.raw_key, events).await?;
        }
        // An earlier attempt claimed these events. If it died before it wrote its object, write it in its place.
        for key in others {
            if !raw_log::exists(share.env, &key).await? {
                let events: Vec<Event> = share
                    .database
                    .rows(&embedded::select_events("raw_key = ?2 ORDER BY seq"), &[key.as_str().into()])
                    .await?;
                put(share.env, &key, events.iter()).await?;
            }
        }
        Ok(())
    }
}

async fn put<'a>(env: &Env, key: &str, events: impl Iterator<Item = &'a Event>) -> Result<()> {
    let object = warehouse::raw_log::object(events).map_err(|e| Error::corrupt("raw log", e))?;
    raw_log::put(env, key, object).await
}

/// ClickHouse, fed from the embedded rows so that the latest revision goes out whatever the message carried.
pub(crate) struct Columnar(pub(crate) ClickHouse);

impl Sink for Columnar {
    async fn write(&self, share: &Share<'_>) -> Result<()> {
        let condition = "id IN (SELECT value FROM json_each(?2))";
        let rows: Vec<Event> = share.database.rows(&embedded::select_events(condition), &[share.ids()?]).await?;
        self.insert(warehouse::clickhouse::EVENTS, &rows).await?;
        let keys: BTreeSet<String> =
            embedded::links(&share.batch.events).into_iter().flat_map(|link| [link.visitor, link.other]).collect();
        if keys.is_empty() {
            return Ok(());
        }
        // A join moves every key of the person, not only those of the batch.
        let sql = "SELECT tenant_id, site, key, person FROM identities WHERE tenant_id = ?1 AND site = ?2 \
             AND person IN (SELECT person FROM identities WHERE tenant_id = ?1 AND site = ?2 \
               AND key IN (SELECT value FROM json_each(?3)))";
        let keys = serde_json::to_string(&keys).map_err(|e| Error::corrupt("identity keys", e))?;
        let mut identities: Vec<serde_json::Map<String, serde_json::Value>> =
            share.database.rows(sql, &[share.site.into(), Param::Text(keys)]).await?;
        let version = platform::clock::now_ms();
        for row in &mut identities {
            row.insert("version".to_owned(), version.into());
        }
        self.insert(warehouse::clickhouse::IDENTITIES, &identities).await
    }
}

impl Columnar {
    async fn insert<T: serde::Serialize>(&self, table: &str, rows: &[T]) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let ndjson = warehouse::clickhouse::rows(rows).map_err(|e| Error::corrupt("ClickHouse rows", e))?;
        self.0.insert(table, &warehouse::clickhouse::token(&ndjson), &ndjson).await
    }
}

#[derive(Deserialize)]
struct Identity {
    key: String,
    person: String,
}

/// The links that are not yet one person; a returning visitor's are, and cost one look-up.
async fn new_links(share: &Share<'_>) -> Result<Vec<Link>> {
    let links = embedded::links(&share.batch.events);
    if links.is_empty() {
        return Ok(Vec::new());
    }
    let keys: BTreeSet<&str> = links.iter().flat_map(|link| [link.visitor.as_str(), link.other.as_str()]).collect();
    let keys = serde_json::to_string(&keys).map_err(|e| Error::corrupt("identity keys", e))?;
    let known: Vec<Identity> =
        share.database.rows(embedded::KNOWN_IDENTITIES, &[share.site.into(), Param::Text(keys)]).await?;
    let person: BTreeMap<String, String> = known.into_iter().map(|row| (row.key, row.person)).collect();
    let joined =
        |link: &Link| person.get(&link.visitor).is_some_and(|visitor| person.get(&link.other) == Some(visitor));
    Ok(links.into_iter().filter(|link| !joined(link)).collect())
}

/// A domain statement for the platform.
pub(crate) fn bind(statement: embedded::Statement) -> Statement {
    let params = statement
        .values
        .into_iter()
        .map(|value| match value {
            Value::Text(text) => Param::Text(text),
            Value::Integer(number) => Param::Int(number),
        })
        .collect();
    Statement::new(statement.sql, params)
}
