//! API keys and the vault's keys.

use control::api_key::KeyForm;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// All keys.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApiKeys {
    /// The latest 200, newest first.
    pub rows: Vec<ApiKey>,
    /// What a key can be given: every permission that some role has and keys may hold.
    pub scopes: Vec<KeyScope>,
}

/// A permission a key can be given.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyScope {
    /// Its name, as in `x-permission`.
    pub name: String,
    /// What it allows, in words.
    pub allows: String,
    /// The roles that have it; a key needs one of them.
    pub roles: Vec<String>,
}

/// A key without what it is made of.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApiKey {
    /// Stable id; the audit log calls the key `key:<id>`.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What it may do at most: admin, marketer, analyst or approver.
    pub role: String,
    /// And of that only these permissions.
    pub scopes: Vec<String>,
    /// Its first characters.
    pub prefix: String,
    /// active, expired or revoked.
    pub status: String,
    /// Who made it: a user's id.
    pub created_by: String,
    /// UTC ms.
    pub created_at: i64,
    /// When it stops being good, UTC ms; never when null.
    pub expires_at: Option<i64>,
    /// When it was used last, to the minute, UTC ms.
    pub last_used_at: Option<i64>,
}

/// A key to make.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewApiKey {
    /// What people call it.
    pub name: String,
    /// What it may do at most: admin, marketer, analyst or approver.
    pub role: String,
    /// And of that only these permissions. A key never manages team, keys or guardrails, approves, or creates tenants.
    pub scopes: Vec<String>,
    /// When it stops being good, UTC ms; never when absent.
    #[serde(default)]
    pub expires_at: Option<i64>,
}

impl From<NewApiKey> for KeyForm {
    fn from(key: NewApiKey) -> Self {
        Self { name: key.name, role: key.role, scopes: key.scopes, expires_at: key.expires_at }
    }
}

/// A key that was made.
#[derive(Serialize, ToSchema)]
pub struct ApiKeyCreated {
    /// What is kept of it.
    #[serde(flatten)]
    pub api_key: ApiKey,
    /// The key itself, for `Authorization: Bearer`. It is shown this once.
    pub key: String,
}

/// What rewrapping did to the tenant's sealed secrets.
#[derive(Debug, Serialize, ToSchema)]
pub struct Rewrapped {
    /// Id of the vault key they are under now.
    pub key_id: String,
    /// Secrets that were brought under it.
    pub rewrapped: i64,
    /// Secrets that were under it already.
    pub unchanged: i64,
    /// Secrets that open with none of the configured keys: table and id of each.
    pub failed: Vec<String>,
}
