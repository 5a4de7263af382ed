//! What an approval freezes: a document as canonical JSON, and its hash.
//!
//! Canonical means: one text for one document. Object keys are sorted, there is no space between tokens, every member
//! is written (an absent limit as `null`), and all numbers are integers; a document has no others.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::document::Document;

/// A document could not be written or read as JSON.
#[derive(Debug, thiserror::Error)]
#[error("the document is not what this version writes: {0}")]
pub struct Unreadable(#[from] serde_json::Error);

/// The document's canonical JSON.
///
/// # Errors
/// [`Unreadable`] never for a document made in Rust: its members are texts, integers and lists.
pub fn canonical(document: &Document) -> Result<String, Unreadable> {
    let mut text = String::new();
    write(&serde_json::to_value(document)?, &mut text)?;
    Ok(text)
}

/// SHA-256 over [`canonical`], lower-case hex.
///
/// # Errors
/// As [`canonical`].
pub fn hash(document: &Document) -> Result<String, Unreadable> {
    Ok(hex::encode(Sha256::digest(canonical(document)?.as_bytes())))
}

/// Reads a stored snapshot.
///
/// # Errors
/// [`Unreadable`] when it is no document.
pub fn parse(text: &str) -> Result<Document, Unreadable> {
    Ok(serde_json::from_str(text)?)
}

/// Writes a value with its keys in order of their UTF-8 bytes.
fn write(value: &Value, text: &mut String) -> Result<(), Unreadable> {
    match value {
        Value::Array(items) => {
            text.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                write(item, text)?;
            }
            text.push(']');
        }
        Value::Object(members) => {
            // Sorted here, whatever order the map keeps: serde_json's depends on a feature any crate may switch on.
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| name.as_str());
            text.push('{');
            for (at, (name, member)) in members.into_iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                text.push_str(&serde_json::to_string(name)?);
                text.push(':');
                write(member, text)?;
            }
            text.push('}');
        }
        scalar => text.push_str(&scalar.to_string()),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::samples;

    /// Fails on any number that is not an integer.
    fn integers_only(value: &Value) -> bool {
        match value {
            Value::Number(number) => number.is_i64() || number.is_u64(),
            Value::Array(items) => items.iter().all(integers_only),
            Value::Object(members) => members.values().all(integers_only),
            _ => true,
        }
    }

    #[test]
    fn the_hash_of_a_document_does_not_change() {
        // Stored approvals rest on it. Computed with Python:
        // hashlib.sha256(json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())
        assert_eq!(
            hash(&samples::campaign()).unwrap(),
            "e2f7c7d1b93cb0c3fdfabf2b81f5c5b9334997504e59127a2baa5ed1a85bc6cf"
        );
    }

    proptest! {
        #[test]
        fn canonical_text_is_the_document_and_nothing_else(document in samples::documents()) {
            let text = canonical(&document).unwrap();
            prop_assert_eq!(&parse(&text).unwrap(), &document);
            prop_assert_eq!(canonical(&parse(&text).unwrap()).unwrap(), text.clone());
            prop_assert!(integers_only(&serde_json::from_str(&text).unwrap()));
        }

        #[test]
        fn documents_have_equal_hashes_exactly_when_they_are_equal(
            one in samples::documents(),
            other in samples::documents(),
        ) {
            prop_assert_eq!(one == other, hash(&one).unwrap() == hash(&other).unwrap());
        }
    }
}
