//! `Idempotency-Key`: a request sent twice under one key is done once (draft-ietf-httpapi-idempotency-key-header).
//!
//! A key belongs to whoever sent it, within a tenant. The first request reserves it and leaves its answer; later ones
//! are judged here against what is kept.

use sha2::{Digest as _, Sha256};

/// The request's header, in lower case.
pub const HEADER: &str = "idempotency-key";

/// The header of an answer that was given before.
pub const REPLAYED: &str = "idempotency-replayed";

/// The longest key, in characters.
pub const MAX_CHARS: usize = 255;

/// How long an answer is kept, ms: a day covers any client that is still trying.
pub const KEPT_MS: i64 = 24 * 60 * 60 * 1000;

/// After how long a first request without an answer counts as crashed, ms: no request takes a minute.
pub const CRASHED_MS: i64 = 60_000;

/// Why a header is no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It is empty.
    #[error("must not be empty")]
    Empty,
    /// It is longer than [`MAX_CHARS`].
    #[error("has {found} characters, at most {MAX_CHARS} are allowed")]
    TooLong {
        /// Its length in characters.
        found: usize,
    },
    /// It holds something else than visible ASCII characters.
    #[error("must consist of visible ASCII characters; a UUID is a good key")]
    NotVisible,
    /// It opens a quotation and does not close it.
    #[error("opens a quotation and does not close it")]
    Unclosed,
}

/// Reads the header.
///
/// The draft makes it a quoted string of structured fields (RFC 9651 §3.3.3); most clients send the bare characters.
/// Both name the same key.
///
/// # Errors
/// [`KeyError`] when it is not a key.
pub fn key(header: &str) -> Result<String, KeyError> {
    let header = header.trim();
    let key = match header.strip_prefix('"') {
        Some(rest) => unquoted(rest)?,
        None => header.to_owned(),
    };
    if key.is_empty() {
        return Err(KeyError::Empty);
    }
    let found = key.chars().count();
    if found > MAX_CHARS {
        return Err(KeyError::TooLong { found });
    }
    if !key.chars().all(|letter| letter.is_ascii_graphic()) {
        return Err(KeyError::NotVisible);
    }
    Ok(key)
}

fn unquoted(rest: &str) -> Result<String, KeyError> {
    let mut key = String::new();
    let mut letters = rest.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if letters.as_str().is_empty() => return Ok(key),
            '"' => return Err(KeyError::Unclosed),
            '\\' => key.push(letters.next().ok_or(KeyError::Unclosed)?),
            other => key.push(other),
        }
    }
    Err(KeyError::Unclosed)
}

/// What makes two requests the same: method, path with query, media type, body. SHA-256, hex; each part stands behind
/// its length.
#[must_use]
pub fn request_hash(method: &str, target: &str, media_type: &str, body: &[u8]) -> String {
    let mut digest = Sha256::new();
    for part in [method.as_bytes(), target.as_bytes(), media_type.as_bytes(), body] {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    hex::encode(digest.finalize())
}

/// What is kept under a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept<'a> {
    /// Of the first request.
    pub request_hash: &'a str,
    /// Whether its answer is there.
    pub answered: bool,
    /// When it came, UTC ms.
    pub created_at: i64,
}

/// What becomes of a request whose key is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Give the kept answer again.
    Replay,
    /// The key stands for another request: 422.
    OtherRequest,
    /// The first one is still under way: 409.
    Running,
    /// The first one crashed or is forgotten: take its place.
    TakeOver,
}

/// Judges a request against what is kept under its key.
#[must_use]
pub fn judge(kept: Kept<'_>, request_hash: &str, now: i64) -> Verdict {
    let age = now - kept.created_at;
    if age >= KEPT_MS {
        Verdict::TakeOver
    } else if kept.request_hash != request_hash {
        Verdict::OtherRequest
    } else if kept.answered {
        Verdict::Replay
    } else if age >= CRASHED_MS {
        Verdict::TakeOver
    } else {
        Verdict::Running
    }
}

/// Whether an answer of this status is kept. After a failure of ours, and after "later, please", trying again under
/// the same key is right.
#[must_use]
pub fn is_kept(status: u16) -> bool {
    status < 500 && status != 429
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_key_reads_the_same_quoted_and_bare() {
        assert_eq!(key("8e03978e-40d5-43dd"), Ok("8e03978e-40d5-43dd".to_owned()));
        assert_eq!(key(" \"8e03978e-40d5-43dd\" "), Ok("8e03978e-40d5-43dd".to_owned()));
        assert_eq!(key(r#""a\"b\\c""#), Ok(r#"a"b\c"#.to_owned()));
        for (header, error) in [
            ("", KeyError::Empty),
            ("\"\"", KeyError::Empty),
            ("\"abc", KeyError::Unclosed),
            ("\"a\"b\"", KeyError::Unclosed),
            ("\"a\\", KeyError::Unclosed),
            ("a b", KeyError::NotVisible),
            ("schlüssel", KeyError::NotVisible),
        ] {
            assert_eq!(key(header), Err(error), "{header:?}");
        }
        assert!(key(&"x".repeat(255)).is_ok());
        assert_eq!(key(&"x".repeat(256)), Err(KeyError::TooLong { found: 256 }));
    }

    #[test]
    fn a_request_is_judged_by_what_is_kept() {
        let kept = |answered| Kept { request_hash: "a", answered, created_at: 0 };
        for (kept, hash, now, verdict) in [
            (kept(true), "a", 1, Verdict::Replay),
            (kept(true), "b", 1, Verdict::OtherRequest),
            (kept(false), "a", 59_999, Verdict::Running),
            (kept(false), "b", 59_999, Verdict::OtherRequest),
            (kept(false), "a", 60_000, Verdict::TakeOver),
            // What crashed may have had its effect: another request does not take its place.
            (kept(false), "b", 60_000, Verdict::OtherRequest),
            (kept(true), "a", KEPT_MS - 1, Verdict::Replay),
            (kept(true), "b", KEPT_MS, Verdict::TakeOver),
        ] {
            assert_eq!(judge(kept, hash, now), verdict, "{kept:?} {hash} {now}");
        }
    }

    #[test]
    fn failures_of_ours_are_not_kept() {
        assert!([200, 201, 202, 204, 404, 409, 422].into_iter().all(is_kept));
        assert!(![429, 500, 503].into_iter().any(is_kept));
    }

    proptest! {
        #[test]
        fn any_header_is_answered(text in ".{0,300}") {
            if let Ok(key) = key(&text) {
                prop_assert!(!key.is_empty() && key.len() <= MAX_CHARS);
            }
        }

        #[test]
        fn quoting_changes_nothing(text in "[!-~]{1,255}") {
            prop_assume!(!text.starts_with('"'));
            let quoted = format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
            prop_assert_eq!(key(&quoted), key(&text));
        }

        #[test]
        fn moving_letters_between_parts_makes_another_request(a in "[a-z]{1,6}", b in "[a-z]{1,6}", cut in 0usize..12) {
            let joined = format!("{a}{b}");
            let (c, d) = joined.split_at(cut % joined.len());
            prop_assert_eq!(
                request_hash("POST", &a, "", b.as_bytes()) == request_hash("POST", c, "", d.as_bytes()),
                a == c
            );
        }
    }
}
