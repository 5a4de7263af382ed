//! The audit log: one entry for every change of state, chained, so that an entry changed, removed or slipped in later
//! shows.
//!
//! An entry's hash covers the hash before it, its number and all it says. Storage keeps the rows append-only; the chain
//! proves that nobody went round storage. Its end is recorded beside it, so that entries cut off at the end are missed,
//! too. What it cannot prove is that nobody with write access to the database made the log and that record anew.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// The actor of what the product does by itself.
pub const SYSTEM: &str = "system";

/// A change, told to the log in the change's own transaction.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Who: a user's id, `key:<id>`, `agent:<name>`, `policy` or `system`.
    pub actor: String,
    /// What was done, as `noun.verb`.
    pub action: &'static str,
    /// To what, as `kind:id`.
    pub entity: String,
    /// How it was, where that matters. Never a secret.
    pub before: Option<Value>,
    /// How it became. Never a secret.
    pub after: Option<Value>,
    /// UTC ms.
    pub at: i64,
}

/// An entry as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// 1-based within the tenant, without gaps.
    pub number: i64,
    /// Stable id.
    pub id: String,
    /// Who.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// To what.
    pub entity: String,
    /// JSON, or empty.
    pub before_json: String,
    /// JSON, or empty.
    pub after_json: String,
    /// UTC ms.
    pub at: i64,
    /// SHA-256 over the entry and the hash before it, hex; empty for entries older than the chain.
    pub hash: String,
}

/// The end of a tenant's chain, to which the next entry is linked. A new chain starts at the default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Head {
    /// Number of the last entry.
    pub number: i64,
    /// Its hash.
    pub hash: String,
}

/// Links an entry to the chain's end. `id` is fresh.
#[must_use]
pub fn link(tenant: &str, head: &Head, id: String, entry: &Entry) -> Link {
    let text = |value: &Option<Value>| value.as_ref().map(Value::to_string).unwrap_or_default();
    let mut link = Link {
        number: head.number + 1,
        id,
        actor: entry.actor.clone(),
        action: entry.action.to_owned(),
        entity: entry.entity.clone(),
        before_json: text(&entry.before),
        after_json: text(&entry.after),
        at: entry.at,
        hash: String::new(),
    };
    link.hash = hash(tenant, &head.hash, &link);
    link
}

/// The hash of an entry that follows `previous`.
///
/// Each part stands behind its length, so that no two entries share an encoding.
#[must_use]
pub fn hash(tenant: &str, previous: &str, link: &Link) -> String {
    let mut digest = Sha256::new();
    let (number, at) = (link.number.to_string(), link.at.to_string());
    for part in [
        previous,
        tenant,
        &number,
        &link.id,
        &link.actor,
        &link.action,
        &link.entity,
        &link.before_json,
        &link.after_json,
        &at,
    ] {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part.as_bytes());
    }
    hex::encode(digest.finalize())
}

/// What is wrong with a chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// A number is missing or stands twice.
    #[error("entry {expected} is missing: entry {found} stands in its place")]
    Gap {
        /// The number that should have come.
        expected: i64,
        /// The one that came.
        found: i64,
    },
    /// An entry does not hash to what it says.
    #[error("entry {number} was changed after it was written")]
    Changed {
        /// Its number.
        number: i64,
    },
    /// The last entries are gone.
    #[error("the log ends with entry {found} although {recorded} were written: the last ones were cut off")]
    CutOff {
        /// The last entry there is.
        found: i64,
        /// How many were written.
        recorded: i64,
    },
    /// It goes on where it was recorded to end.
    #[error("the log was recorded to end with entry {recorded}, but entry {found} is its last one")]
    Beyond {
        /// The last entry there is.
        found: i64,
        /// How many were written.
        recorded: i64,
    },
}

impl Broken {
    /// The number of the first entry that is not as it was.
    #[must_use]
    pub const fn at(&self) -> i64 {
        match self {
            Self::Gap { expected, .. } => *expected,
            Self::Changed { number } => *number,
            Self::CutOff { found, .. } => *found + 1,
            Self::Beyond { recorded, .. } => *recorded + 1,
        }
    }
}

/// Checks a stretch of the chain, in order, that follows `head`; returns its end.
///
/// Entries older than the chain (an empty hash) are allowed before the first hashed one, never after it.
///
/// # Errors
/// [`Broken`] at the first entry that does not fit.
pub fn verify<'a>(tenant: &str, mut head: Head, links: impl IntoIterator<Item = &'a Link>) -> Result<Head, Broken> {
    for link in links {
        let expected = head.number + 1;
        if link.number != expected {
            return Err(Broken::Gap { expected, found: link.number });
        }
        let older_than_the_chain = link.hash.is_empty() && head.hash.is_empty();
        if !older_than_the_chain && link.hash != hash(tenant, &head.hash, link) {
            return Err(Broken::Changed { number: link.number });
        }
        head = Head { number: link.number, hash: link.hash.clone() };
    }
    Ok(head)
}

/// Checks that a chain that holds up to `end` ends where it was recorded to end.
///
/// # Errors
/// [`Broken`] where it does not.
pub fn verify_end(end: &Head, recorded: &Head) -> Result<(), Broken> {
    let (found, recorded_number) = (end.number, recorded.number);
    match found.cmp(&recorded_number) {
        std::cmp::Ordering::Less => Err(Broken::CutOff { found, recorded: recorded_number }),
        std::cmp::Ordering::Greater => Err(Broken::Beyond { found, recorded: recorded_number }),
        std::cmp::Ordering::Equal if end.hash != recorded.hash => Err(Broken::Changed { number: found }),
        std::cmp::Ordering::Equal => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn chain(length: i64) -> Vec<Link> {
        let mut head = Head::default();
        (1..=length)
            .map(|n| {
                let entry = Entry {
                    actor: "u".to_owned(),
                    action: "campaign.edit",
                    entity: "campaign:1".to_owned(),
                    before: None,
                    after: Some(json!({ "n": n })),
                    at: n,
                };
                let next = link("t", &head, format!("id{n}"), &entry);
                head = Head { number: next.number, hash: next.hash.clone() };
                next
            })
            .collect()
    }

    #[test]
    fn the_hash_does_not_change() {
        // Stored chains rest on it. The value was computed with Python's hashlib.
        let links = chain(1);
        assert_eq!(links[0].hash, "778b86576c270002799bc02b5abd73eaf5db99f8b188f1dcb7c76e40d8e1553f");
    }

    #[test]
    fn an_untouched_chain_holds_whole_and_in_stretches() {
        let links = chain(5);
        let end = verify("t", Head::default(), &links).unwrap();
        assert_eq!(end.number, 5);
        let middle = verify("t", Head::default(), &links[..2]).unwrap();
        assert_eq!(verify("t", middle, &links[2..]), Ok(end));
    }

    #[test]
    fn any_change_shows_where_it_was_made() {
        type Tamper = fn(&mut Vec<Link>);
        let cases: [(&str, Tamper, Broken); 6] = [
            ("another actor", |l| l[2].actor = "x".to_owned(), Broken::Changed { number: 3 }),
            ("another value", |l| l[2].after_json = "{}".to_owned(), Broken::Changed { number: 3 }),
            ("a hash removed", |l| l[2].hash.clear(), Broken::Changed { number: 3 }),
            ("an entry removed", |l| drop(l.remove(2)), Broken::Gap { expected: 3, found: 4 }),
            (
                "an entry removed and the rest renumbered",
                |l| {
                    l.remove(2);
                    for link in &mut l[2..] {
                        link.number -= 1;
                    }
                },
                Broken::Changed { number: 3 },
            ),
            (
                "text moved between fields",
                |l| {
                    l[2].actor = String::new();
                    l[2].action = "ucampaign.edit".to_owned();
                },
                Broken::Changed { number: 3 },
            ),
        ];
        for (what, tamper, expected) in cases {
            let mut links = chain(5);
            tamper(&mut links);
            assert_eq!(verify("t", Head::default(), &links), Err(expected), "{what}");
        }
        assert_eq!(verify("other", Head::default(), &chain(1)), Err(Broken::Changed { number: 1 }));
    }

    #[test]
    fn a_chain_that_does_not_end_where_it_was_recorded_to_end_shows() {
        let whole = chain(5);
        let recorded = verify("t", Head::default(), &whole).unwrap();
        assert_eq!(verify_end(&recorded, &recorded), Ok(()));
        assert_eq!(verify_end(&Head::default(), &Head::default()), Ok(()), "a log without entries is whole");
        let cut = verify("t", Head::default(), &whole[..3]).unwrap();
        let missing = verify_end(&cut, &recorded).unwrap_err();
        assert_eq!((&missing, missing.at()), (&Broken::CutOff { found: 3, recorded: 5 }, 4));
        let emptied = verify_end(&Head::default(), &recorded).unwrap_err();
        assert_eq!(emptied.at(), 1);
        // Entries that fit the chain, but were not appended by the product.
        let added = verify_end(&recorded, &cut).unwrap_err();
        assert_eq!((&added, added.at()), (&Broken::Beyond { found: 5, recorded: 3 }, 4));
        let remade = Head { number: 5, hash: "0".repeat(64) };
        assert_eq!(verify_end(&remade, &recorded), Err(Broken::Changed { number: 5 }));
    }

    #[test]
    fn entries_older_than_the_chain_stand_before_it_only() {
        let mut links = chain(3);
        let old = Link { number: 1, hash: String::new(), ..links[0].clone() };
        assert!(verify("t", Head::default(), [&old]).is_ok());
        links[2].hash.clear();
        assert_eq!(verify("t", Head::default(), &links), Err(Broken::Changed { number: 3 }));
    }
}
