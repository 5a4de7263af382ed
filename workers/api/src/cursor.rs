//! Page cursors: where the last page ended, as a text that callers only pass back.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use problem::Problem;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::answer::{Answer, internal};

/// Writes a cursor.
///
/// # Errors
/// 500 if the position cannot be written as JSON.
pub fn encode<T: Serialize>(position: &T) -> Answer<String> {
    let json = serde_json::to_vec(position).map_err(internal)?;
    Ok(URL_SAFE_NO_PAD.encode(json))
}

/// Reads a cursor, if one was given.
///
/// # Errors
/// 422 naming `cursor`.
pub fn decode<T: DeserializeOwned>(text: Option<&str>) -> Answer<Option<T>> {
    let Some(text) = text else { return Ok(None) };
    let position =
        URL_SAFE_NO_PAD.decode(text).ok().and_then(|json| serde_json::from_slice(&json).ok()).ok_or_else(|| {
            Problem::invalid_field("cursor", "is not a cursor of this list; leave it out to start over")
        })?;
    Ok(Some(position))
}

/// Cuts a list that was read one row too long to one page; says where the page ends when there is another.
///
/// # Errors
/// As [`encode`].
pub fn page<R, P: Serialize>(rows: &mut Vec<R>, limit: usize, position: impl Fn(&R) -> P) -> Answer<Option<String>> {
    if rows.len() <= limit {
        return Ok(None);
    }
    rows.truncate(limit);
    rows.last().map(|last| encode(&position(last))).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_nothing_else_does() {
        let cursor = encode(&(7_i64, "id/ü")).unwrap();
        assert_eq!(decode::<(i64, String)>(Some(&cursor)).unwrap(), Some((7, "id/ü".to_owned())));
        assert_eq!(decode::<(i64, String)>(None).unwrap(), None);
        for text in ["x", "", "W10", "!!"] {
            let refused = decode::<(i64, String)>(Some(text)).unwrap_err();
            assert_eq!(refused.problem().errors[0].field, "cursor");
        }
    }

    #[test]
    fn the_last_page_has_no_cursor() {
        let mut rows = vec![1, 2, 3];
        assert_eq!(page(&mut rows, 3, |row| *row).unwrap(), None);
        let cursor = page(&mut rows, 2, |row| *row).unwrap();
        assert_eq!((rows.len(), decode::<i64>(cursor.as_deref()).unwrap()), (2, Some(2)));
    }
}
