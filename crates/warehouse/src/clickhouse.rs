//! Rows for ClickHouse. Its tables keep the row with the highest revision of each (tenant, event id), so an event is
//! simply inserted again when its assignment changed.

use sha2::{Digest, Sha256};

/// Table of events.
pub const EVENTS: &str = "events";
/// Table of identities.
pub const IDENTITIES: &str = "identities";
/// Table of ad spend.
pub const AD_SPEND: &str = "ad_spend";

/// NDJSON of rows.
///
/// # Errors
/// When a row cannot be written as JSON.
pub fn rows<T: serde::Serialize>(rows: &[T]) -> Result<String, serde_json::Error> {
    let mut text = String::new();
    for row in rows {
        text.push_str(&serde_json::to_string(row)?);
        text.push('\n');
    }
    Ok(text)
}

/// The `insert_deduplication_token` of a block: the same rows give the same token, so a block that was inserted while
/// the answer got lost is not stored twice where the table keeps a deduplication log.
#[must_use]
pub fn token(ndjson: &str) -> String {
    hex::encode(Sha256::digest(ndjson.as_bytes()))
}
