//! The audit log: one row for every change of state, written in the change's own transaction where there is one.

use platform::{Param, Statement, TenantDb, random};
use serde::Deserialize;
use serde_json::Value;

/// A change.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// Who: a user's id.
    pub actor: &'a str,
    /// What was done, as `noun.verb`.
    pub action: &'a str,
    /// To what, as `kind:id`.
    pub entity: String,
    /// How it was, where that matters.
    pub before: Option<Value>,
    /// How it became.
    pub after: Option<Value>,
    /// UTC ms.
    pub at: i64,
}

impl Entry<'_> {
    /// The statement that stores it.
    #[must_use]
    pub fn statement(&self) -> Statement {
        let text = |value: &Option<Value>| Param::Text(value.as_ref().map(Value::to_string).unwrap_or_default());
        Statement::new(
            "INSERT INTO audit_logs (id, tenant_id, actor, action, entity, before_json, after_json, at) \
             VALUES (?2, ?1, ?3, ?4, ?5, ?6, ?7, ?8)",
            vec![
                random::uuid().into(),
                self.actor.into(),
                self.action.into(),
                self.entity.as_str().into(),
                text(&self.before),
                text(&self.after),
                self.at.into(),
            ],
        )
    }
}

/// A stored change.
#[derive(Debug, Deserialize)]
pub struct AuditRecord {
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
}

/// At most `limit` rows, newest first, after the last one of the page before (its time and id).
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn page(database: &TenantDb, after: Option<(i64, String)>, limit: i64) -> platform::Result<Vec<AuditRecord>> {
    let (t, id) = after.unwrap_or((i64::MAX >> 11, String::new()));
    let sql = "SELECT id, actor, action, entity, before_json, after_json, at FROM audit_logs \
               WHERE tenant_id = ?1 AND (at < ?2 OR (at = ?2 AND id < ?3)) ORDER BY at DESC, id DESC LIMIT ?4";
    database.rows(sql, &[t.into(), id.into(), limit.into()]).await
}
