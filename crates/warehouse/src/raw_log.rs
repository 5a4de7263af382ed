//! The raw log: gzip NDJSON, one object a batch, each event in exactly one object.
//!
//! The embedded warehouse decides which: an event's row keeps the key of the object that was to carry it when the row
//! was first inserted (`raw_key`). Whoever writes a batch writes its own object with the events whose rows name it,
//! and, for events that an earlier attempt claimed, makes sure that attempt's object is there, rebuilt from the rows
//! if it is not. Writing an object twice writes the same events.

use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;
use std::io::Write;

/// Why an object could not be made.
#[derive(Debug, thiserror::Error)]
pub enum RawLogError {
    /// An event could not be written as JSON.
    #[error("an event could not be encoded: {0}")]
    Encode(#[from] serde_json::Error),
    /// The compressor failed.
    #[error("the raw log object could not be compressed: {0}")]
    Compress(#[from] std::io::Error),
}

/// Key of a batch's object: tenant and UTC day of writing lead, so that a day of a tenant lists with one prefix.
/// `batch` is a fresh id.
#[must_use]
pub fn key(tenant_id: &str, site: &str, written_at: i64, batch: &str) -> String {
    let day = calendar::format_day(written_at.div_euclid(calendar::DAY_MS));
    format!("events/{tenant_id}/{site}/{day}/{batch}.ndjson.gz")
}

/// The object's bytes: a line an event, gzipped.
///
/// # Errors
/// [`RawLogError`] when an event cannot be encoded.
pub fn object<T: Serialize>(events: impl IntoIterator<Item = T>) -> Result<Vec<u8>, RawLogError> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    for event in events {
        serde_json::to_writer(&mut gzip, &event)?;
        gzip.write_all(b"\n")?;
    }
    Ok(gzip.finish()?)
}

#[cfg(test)]
mod tests {
    use super::{key, object};
    use flate2::read::GzDecoder;
    use std::io::Read;

    #[test]
    fn keys_lead_with_tenant_and_day() {
        assert_eq!(key("demo", "shop", 1_793_059_200_000, "b"), "events/demo/shop/2026-10-27/b.ndjson.gz");
        assert_eq!(key("demo", "shop", 951_782_400_000, "b"), "events/demo/shop/2000-02-29/b.ndjson.gz");
    }

    #[test]
    fn an_object_reads_back_line_by_line() {
        let bytes = object(["a\n", "ü"]).unwrap();
        let mut text = String::new();
        GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).unwrap();
        assert_eq!(text, "\"a\\n\"\n\"ü\"\n");
    }
}
