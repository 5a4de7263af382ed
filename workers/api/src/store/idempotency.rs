//! What requests under an `Idempotency-Key` answered. Bookkeeping of requests, not of the tenant's things: the audit
//! log tells of the changes themselves.

use platform::{Param, TenantDb};
use serde::Deserialize;

/// A kept answer, or the place of one that is under way.
#[derive(Clone, Debug, Deserialize)]
pub struct KeptRecord {
    /// What makes the request the same.
    pub request_hash: String,
    /// `None` while the first request runs.
    pub status: Option<u16>,
    /// JSON object of the answer's headers.
    pub headers: String,
    /// The answer's body, sealed.
    pub body_sealed: String,
    /// UTC ms; tells attempts apart.
    pub created_at: i64,
}

const RESERVE: &str = "INSERT INTO idempotency_keys (tenant_id, actor, key, created_at, request_hash) \
               VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING";

const FIND: &str = "SELECT request_hash, status, headers, body_sealed, created_at FROM idempotency_keys \
               WHERE tenant_id = ?1 AND actor = ?2 AND key = ?3";

const TAKE_OVER: &str = "UPDATE idempotency_keys SET created_at = ?4, request_hash = ?5, status = NULL, headers = '{}', \
               body_sealed = '' WHERE tenant_id = ?1 AND actor = ?2 AND key = ?3 AND created_at = ?6";

const KEEP: &str = "UPDATE idempotency_keys SET status = ?5, headers = ?6, body_sealed = ?7 \
               WHERE tenant_id = ?1 AND actor = ?2 AND key = ?3 AND created_at = ?4";

const FREE: &str = "DELETE FROM idempotency_keys WHERE tenant_id = ?1 AND actor = ?2 AND key = ?3 AND created_at = ?4";

/// A request's place: who sent it, under which key, when.
#[derive(Clone, Debug)]
pub struct Place<'a> {
    /// Who.
    pub actor: &'a str,
    /// The key.
    pub key: &'a str,
    /// UTC ms.
    pub at: i64,
}

impl Place<'_> {
    fn params(&self, more: impl IntoIterator<Item = Param>) -> Vec<Param> {
        [self.actor.into(), self.key.into(), self.at.into()].into_iter().chain(more).collect()
    }
}

/// Takes the place if it is free; says whether it was.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn reserve(database: &TenantDb, place: &Place<'_>, request_hash: &str) -> platform::Result<bool> {
    Ok(database.run(RESERVE, &place.params([request_hash.into()])).await? > 0)
}

/// What stands in the place.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn find(database: &TenantDb, actor: &str, key: &str) -> platform::Result<Option<KeptRecord>> {
    database.first(FIND, &[actor.into(), key.into()]).await
}

/// Takes the place of an attempt of that time which crashed or is forgotten; says whether nobody else did.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn take_over(
    database: &TenantDb,
    place: &Place<'_>,
    request_hash: &str,
    earlier: i64,
) -> platform::Result<bool> {
    Ok(database.run(TAKE_OVER, &place.params([request_hash.into(), earlier.into()])).await? > 0)
}

/// Keeps an answer, unless the place was taken over.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn keep(
    database: &TenantDb,
    place: &Place<'_>,
    status: u16,
    headers: &str,
    body_sealed: &str,
) -> platform::Result<()> {
    let more = [i64::from(status).into(), headers.into(), body_sealed.into()];
    database.run(KEEP, &place.params(more)).await.map(|_| ())
}

/// Frees the place after an answer that is not kept.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn free(database: &TenantDb, place: &Place<'_>) -> platform::Result<()> {
    database.run(FREE, &place.params([])).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::{Connection, OptionalExtension as _, ToSql};

    /// The tables as the migrations make them.
    fn database() -> Connection {
        let database = Connection::open_in_memory().unwrap();
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations-d1");
        let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        for file in files {
            database.execute_batch(&std::fs::read_to_string(file).unwrap()).unwrap();
        }
        database
    }

    fn run(database: &Connection, sql: &str, place: &Place<'_>, more: &[&dyn ToSql]) -> usize {
        let mut values: Vec<&dyn ToSql> = vec![&"t", &place.actor, &place.key, &place.at];
        values.extend_from_slice(more);
        database.execute(sql, values.as_slice()).unwrap()
    }

    fn kept(database: &Connection, place: &Place<'_>) -> Option<(String, Option<u16>)> {
        let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        database.query_row(FIND, ("t", place.actor, place.key), read).optional().unwrap()
    }

    #[test]
    fn a_place_is_taken_once_and_an_answer_is_kept_by_whoever_holds_it() {
        let database = database();
        let first = Place { actor: "ann", key: "k", at: 1 };
        assert_eq!(run(&database, RESERVE, &first, &[&"hash"]), 1);
        assert_eq!(run(&database, RESERVE, &Place { at: 2, ..first.clone() }, &[&"hash"]), 0);
        assert_eq!(run(&database, RESERVE, &Place { actor: "bob", ..first.clone() }, &[&"other"]), 1);
        assert_eq!(kept(&database, &first), Some(("hash".to_owned(), None)));
        assert_eq!(run(&database, KEEP, &first, &[&201, &"{}", &"sealed"]), 1);
        assert_eq!(kept(&database, &first), Some(("hash".to_owned(), Some(201))));
    }

    #[test]
    fn whoever_takes_over_leaves_nothing_to_the_one_that_crashed() {
        let database = database();
        let (crashed, second, third) = (
            Place { actor: "ann", key: "k", at: 1 },
            Place { actor: "ann", key: "k", at: 70_000 },
            Place { actor: "ann", key: "k", at: 70_001 },
        );
        assert_eq!(run(&database, RESERVE, &crashed, &[&"hash"]), 1);
        // Of two that find it crashed, one takes over.
        assert_eq!(run(&database, TAKE_OVER, &second, &[&"hash", &1]), 1);
        assert_eq!(run(&database, TAKE_OVER, &third, &[&"hash", &1]), 0);
        // The first one was not dead after all: its answer is not kept, and it does not free the place.
        assert_eq!(run(&database, KEEP, &crashed, &[&201, &"{}", &"sealed"]), 0);
        assert_eq!(run(&database, FREE, &crashed, &[]), 0);
        assert_eq!(kept(&database, &second), Some(("hash".to_owned(), None)));
        assert_eq!(run(&database, FREE, &second, &[]), 1);
        assert_eq!(kept(&database, &second), None);
    }
}
