//! D1, one tenant at a time.
//!
//! In every statement `?1` is the tenant: [`TenantDb`] binds it, callers bind from `?2` on. A statement that does not
//! mention `?1` is refused before it runs, so a query cannot forget its tenant.
//!
//! A change of state goes through [`TenantDb::commit`]: the change and its audit entries are one transaction, and a
//! [`Statement::require`] in front makes it depend on what the caller saw.

use crate::error::{Error, Result};
use crate::random;
use control::audit::{self, Entry, Head};
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;
use worker::{D1Database, Env};

/// Name of the binding.
pub const BINDING: &str = "DB";

/// A bound value.
#[derive(Debug, Clone, PartialEq)]
pub enum Param {
    /// SQL NULL.
    Null,
    /// A whole number; D1 keeps 53 bits of it.
    Int(i64),
    /// A floating-point number.
    Real(f64),
    /// Text.
    Text(String),
}

impl From<i64> for Param {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}
impl From<&str> for Param {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}
impl From<String> for Param {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}
impl From<Option<i64>> for Param {
    fn from(value: Option<i64>) -> Self {
        value.map_or(Self::Null, Self::Int)
    }
}

impl Param {
    #[expect(clippy::cast_precision_loss, reason = "D1 has no wider number; values stay below 2^53")]
    fn to_js(&self) -> JsValue {
        match self {
            Self::Null => JsValue::NULL,
            Self::Int(value) => JsValue::from_f64(*value as f64),
            Self::Real(value) => JsValue::from_f64(*value),
            Self::Text(value) => JsValue::from_str(value),
        }
    }
}

/// A statement and its values from `?2` on.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// SQL in which `?1` is the tenant.
    pub sql: String,
    /// Values of `?2`, `?3`, …
    pub params: Vec<Param>,
}

impl Statement {
    /// A statement with its values.
    pub fn new(sql: impl Into<String>, params: Vec<Param>) -> Self {
        Self { sql: sql.into(), params }
    }

    /// A condition: the transaction fails with [`Error::Stale`] unless the query has a row.
    ///
    /// SQLite raises errors from expressions only in a few functions; reading malformed JSON is one.
    pub fn require(query: &str, params: Vec<Param>) -> Self {
        Self { sql: format!("SELECT json(CASE WHEN EXISTS ({query}) THEN '1' ELSE '{STALE}' END)"), params }
    }
}

/// No JSON, so reading it as such fails.
const STALE: &str = "stale";

/// What SQLite says of it.
const MALFORMED: &str = "malformed JSON";

/// How often a commit is tried while others append to the audit log.
const ATTEMPTS: usize = 16;

/// The database as one tenant sees it.
pub struct TenantDb {
    database: D1Database,
    tenant: String,
}

impl TenantDb {
    /// Opens the database for a tenant.
    ///
    /// # Errors
    /// [`Error::Setting`] when the binding is missing or the tenant is empty.
    pub fn new(env: &Env, tenant: &str) -> Result<Self> {
        if tenant.is_empty() {
            return Err(Error::setting("tenant", "is empty"));
        }
        Ok(Self { database: open(env)?, tenant: tenant.to_owned() })
    }

    /// The tenant whose data this sees.
    #[must_use]
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// Rows of a query.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when D1 fails, [`Error::Corrupt`] when a row is not a `T`.
    pub async fn rows<T: DeserializeOwned>(&self, sql: &str, params: &[Param]) -> Result<Vec<T>> {
        let answer = self.prepare(sql, params)?.all().await.map_err(|e| failed(sql, &e))?;
        answer.results().map_err(|e| Error::corrupt(describe(sql), e))
    }

    /// The first row of a query.
    ///
    /// # Errors
    /// As [`TenantDb::rows`].
    pub async fn first<T: DeserializeOwned>(&self, sql: &str, params: &[Param]) -> Result<Option<T>> {
        Ok(self.rows(sql, params).await?.into_iter().next())
    }

    /// Runs one statement; returns how many rows it changed.
    ///
    /// # Errors
    /// As [`TenantDb::rows`].
    pub async fn run(&self, sql: &str, params: &[Param]) -> Result<usize> {
        let answer = self.prepare(sql, params)?.run().await.map_err(|e| failed(sql, &e))?;
        let meta = answer.meta().map_err(|e| Error::corrupt(describe(sql), e))?;
        Ok(meta.and_then(|meta| meta.changes).unwrap_or(0))
    }

    /// Runs statements in one transaction: all or none.
    ///
    /// # Errors
    /// As [`TenantDb::rows`]; [`Error::Stale`] when a [`Statement::require`] found nothing. Nothing is changed then.
    pub async fn transaction(&self, statements: &[Statement]) -> Result<()> {
        let mut prepared = Vec::with_capacity(statements.len());
        for statement in statements {
            prepared.push(self.prepare(&statement.sql, &statement.params)?);
        }
        let first = statements.first().map_or("", |statement| statement.sql.as_str());
        let refused = |error: String| {
            if error.contains(MALFORMED) {
                Error::Stale { what: "what this rests on" }
            } else {
                Error::unavailable(describe(first), error)
            }
        };
        let answers = self.database.batch(prepared).await.map_err(|e| refused(e.to_string()))?;
        answers.iter().find_map(worker::D1Result::error).map_or(Ok(()), |error| Err(refused(error)))
    }

    /// Makes a change and tells the audit log of it, all or nothing. `what` names the thing for the caller who comes
    /// too late.
    ///
    /// The log is a chain, so of two commits at once one finds its place taken: it reads the new end and tries again.
    ///
    /// # Errors
    /// As [`TenantDb::rows`]; [`Error::Stale`] when a [`Statement::require`] found nothing. Nothing is changed then.
    pub async fn commit(&self, what: &'static str, statements: &[Statement], entries: &[Entry]) -> Result<()> {
        let ids: Vec<String> = entries.iter().map(|_| random::uuid()).collect();
        let mut outcome = Ok(());
        for _ in 0..ATTEMPTS {
            let mut all = statements.to_vec();
            let mut head: Head = self.first(HEAD, &[]).await?.unwrap_or_default();
            for (entry, id) in entries.iter().zip(&ids) {
                let link = audit::link(&self.tenant, &head, id.clone(), entry);
                head = Head { number: link.number, hash: link.hash.clone() };
                all.push(append(link));
            }
            outcome = self.transaction(&all).await;
            match &outcome {
                Err(Error::Unavailable { detail, .. }) if detail.contains(PLACE_TAKEN) => {}
                Err(Error::Stale { .. }) => return Err(Error::Stale { what }),
                _ => return outcome,
            }
        }
        outcome
    }

    fn prepare(&self, sql: &str, params: &[Param]) -> Result<worker::D1PreparedStatement> {
        if !sql.contains("?1") {
            return Err(Error::unavailable(describe(sql), "the statement does not name its tenant as ?1"));
        }
        let mut values = vec![JsValue::from_str(&self.tenant)];
        values.extend(params.iter().map(Param::to_js));
        self.database.prepare(sql).bind(&values).map_err(|e| failed(sql, &e))
    }
}

/// The recorded end, not the last row there is: what comes after entries that were cut off leaves their gap.
const HEAD: &str = "SELECT number, hash FROM audit_heads WHERE tenant_id = ?1";

/// What SQLite says when another commit has appended an entry of the same number.
const PLACE_TAKEN: &str = "audit_logs.tenant_id, audit_logs.number";

fn append(link: audit::Link) -> Statement {
    Statement::new(
        "INSERT INTO audit_logs (tenant_id, number, id, actor, action, entity, before_json, after_json, at, hash) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        vec![
            link.number.into(),
            link.id.into(),
            link.actor.into(),
            link.action.into(),
            link.entity.into(),
            link.before_json.into(),
            link.after_json.into(),
            link.at.into(),
            link.hash.into(),
        ],
    )
}

/// The bare database, for [`crate::directory`] alone.
pub(crate) fn open(env: &Env) -> Result<D1Database> {
    env.d1(BINDING).map_err(|e| Error::setting(BINDING, e))
}

pub(crate) fn failed(sql: &str, error: &worker::Error) -> Error {
    Error::unavailable(describe(sql), error)
}

/// A statement's first words: enough to find it, free of values.
fn describe(sql: &str) -> String {
    let words: Vec<&str> = sql.split_whitespace().take(8).collect();
    format!("the database on `{}`", words.join(" "))
}
