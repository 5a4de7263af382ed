//! The raw log in R2: gzip NDJSON, the source for replay. An object is written once under its name and never changed;
//! writing the same object again is harmless.

use crate::error::{Error, Result};
use worker::{Env, HttpMetadata};

/// Name of the binding.
pub const BINDING: &str = "RAW";

/// Whether the object is there.
///
/// # Errors
/// [`Error::Unavailable`] when R2 fails.
pub async fn exists(env: &Env, key: &str) -> Result<bool> {
    let bucket = env.bucket(BINDING).map_err(|e| Error::setting(BINDING, e))?;
    let object = bucket.head(key).await.map_err(|e| Error::unavailable(format!("looking up {key}"), e))?;
    Ok(object.is_some())
}

/// Writes the object.
///
/// # Errors
/// [`Error::Unavailable`] when R2 fails.
pub async fn put(env: &Env, key: &str, gzip: Vec<u8>) -> Result<()> {
    let bucket = env.bucket(BINDING).map_err(|e| Error::setting(BINDING, e))?;
    let metadata = HttpMetadata {
        content_type: Some("application/x-ndjson".to_owned()),
        content_encoding: Some("gzip".to_owned()),
        ..HttpMetadata::default()
    };
    bucket
        .put(key, gzip)
        .http_metadata(metadata)
        .execute()
        .await
        .map(|_| ())
        .map_err(|e| Error::unavailable(format!("writing {key}"), e))
}
