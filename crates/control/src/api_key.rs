//! API keys: what scripts and other agents sign in with.
//!
//! A key is random, so its SHA-256 is stored and nothing slower is needed. What it may do is the intersection of three
//! sets: its role's, its scopes', and what any key may hold at all.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use problem::FieldError;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::role::{Permission, Role};
use crate::tenant::display_name;

/// What every key begins with, so that a leaked one is recognised.
pub const PREFIX: &str = "adk_";

/// Bytes of randomness in a key.
pub const SECRET_BYTES: usize = 32;

/// Characters of a key that stay visible, to tell keys apart: the prefix and 8 more, which leaves 208 bits unknown.
const SHOWN_CHARS: usize = 12;

/// How often a key's last use is written down at most, ms.
pub const USE_INTERVAL_MS: i64 = 60_000;

/// The longest a key may be good for, ms: ten years. Without a bound a time could be given that storage rounds.
pub const MAX_LIFETIME_MS: i64 = 10 * 366 * 24 * 60 * 60 * 1000;

/// The actor of what a key does: `key:<id>`.
#[must_use]
pub fn actor(id: &str) -> String {
    format!("key:{id}")
}

/// A key at the only moment it is known.
#[derive(Clone, PartialEq, Eq)]
pub struct Minted {
    /// The key itself, shown once.
    pub key: String,
    /// Its first characters.
    pub prefix: String,
    /// What is stored of it.
    pub hash: String,
}

impl std::fmt::Debug for Minted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Minted").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

/// Makes a key of fresh randomness.
#[must_use]
pub fn mint(secret: [u8; SECRET_BYTES]) -> Minted {
    let key = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(secret));
    Minted { prefix: key.chars().take(SHOWN_CHARS).collect(), hash: hash(&key), key }
}

/// What is stored of a key: SHA-256, hex.
#[must_use]
pub fn hash(key: &str) -> String {
    hex::encode(Sha256::digest(key.as_bytes()))
}

/// Whether a bearer token is a key rather than a session token.
#[must_use]
pub fn is_key(token: &str) -> bool {
    token.starts_with(PREFIX)
}

/// Whether a key may hold this right at all.
///
/// A key may be in anybody's hands, so it gives no access to others, approves nothing, and cannot move the limits that
/// approvals rest on: with autonomy and caps in its hands an agent would approve its own changes.
#[must_use]
pub fn may_hold(permission: Permission) -> bool {
    !matches!(
        permission,
        Permission::CreateTenant
            | Permission::ManageTeam
            | Permission::ManageKeys
            | Permission::ApproveCampaigns
            | Permission::ManageGuardrails
    )
}

/// What a caller may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rights {
    /// A person: all that the role may.
    Person(Role),
    /// A key: what its role and its scopes both allow, and any key may.
    Key {
        /// At most this.
        role: Role,
        /// And of that only these.
        scopes: Vec<Permission>,
    },
}

impl Rights {
    /// Whether the caller may.
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        match self {
            Self::Person(role) => role.may(permission),
            Self::Key { role, scopes } => may_hold(permission) && role.may(permission) && scopes.contains(&permission),
        }
    }

    /// Whether a person is calling.
    #[must_use]
    pub fn is_person(&self) -> bool {
        matches!(self, Self::Person(_))
    }
}

/// Whether a key is good at `now` (UTC ms).
#[must_use]
pub fn is_good(expires_at: Option<i64>, revoked_at: Option<i64>, now: i64) -> bool {
    revoked_at.is_none() && expires_at.is_none_or(|end| now < end)
}

/// Whether a use at `now` should be written down.
#[must_use]
pub fn should_note_use(last_used_at: Option<i64>, now: i64) -> bool {
    last_used_at.is_none_or(|last| now - last >= USE_INTERVAL_MS)
}

/// A key as it is asked for.
#[derive(Clone, Debug, Deserialize)]
pub struct KeyForm {
    /// What people call it.
    pub name: String,
    /// The role's name.
    pub role: String,
    /// Names of permissions.
    pub scopes: Vec<String>,
    /// UTC ms; never when absent.
    pub expires_at: Option<i64>,
}

/// A key as it may be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewKey {
    /// What people call it.
    pub name: String,
    /// At most this.
    pub role: Role,
    /// In the permission table's order, each once.
    pub scopes: Vec<Permission>,
    /// UTC ms.
    pub expires_at: Option<i64>,
}

impl KeyForm {
    /// Checks every field as of `now` (UTC ms).
    ///
    /// # Errors
    /// Every field that is wrong: among them a scope that the role does not have or no key may hold, since a key that
    /// silently does less than it says would be found out at night.
    pub fn check(self, now: i64) -> Result<NewKey, Vec<FieldError>> {
        let mut errors = Vec::new();
        let name = display_name("/name", &self.name).map_err(|error| errors.push(error)).ok();
        let role: Option<Role> =
            self.role.parse().map_err(|error| errors.push(FieldError::new("/role", format!("{error}")))).ok();
        if self.scopes.is_empty() {
            errors.push(FieldError::new("/scopes", "must name at least one permission"));
        }
        let mut scopes = Vec::new();
        for (at, text) in self.scopes.iter().enumerate() {
            match scope(text, role) {
                Ok(permission) => scopes.push(permission),
                Err(detail) => errors.push(FieldError::new(format!("/scopes/{at}"), detail)),
            }
        }
        scopes.sort();
        scopes.dedup();
        if self.expires_at.is_some_and(|end| end <= now || end - now > MAX_LIFETIME_MS) {
            let detail = "must lie in the future, at most ten years away (UTC ms); leave it out for never";
            errors.push(FieldError::new("/expires_at", detail));
        }
        match (name, role) {
            (Some(name), Some(role)) if errors.is_empty() => {
                Ok(NewKey { name, role, scopes, expires_at: self.expires_at })
            }
            _ => Err(errors),
        }
    }
}

fn scope(text: &str, role: Option<Role>) -> Result<Permission, String> {
    let permission: Permission = text.parse().map_err(|error| format!("{error}"))?;
    if !may_hold(permission) {
        return Err(format!("a key may never {}: that is for people", permission.describe()));
    }
    match role {
        Some(role) if !role.may(permission) => Err(format!("the role {role} may not {}", permission.describe())),
        _ => Ok(permission),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn form(role: &str, scopes: &[&str]) -> KeyForm {
        KeyForm {
            name: "Nightly report".to_owned(),
            role: role.to_owned(),
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
            expires_at: None,
        }
    }

    #[test]
    fn a_key_is_recognised_and_only_its_hash_is_kept() {
        let minted = mint([0; SECRET_BYTES]);
        assert_eq!(minted.key, "adk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
        assert_eq!(minted.prefix, "adk_AAAAAAAA");
        // printf 'adk_AAAA…' | sha256sum
        assert_eq!(minted.hash, hash(&minted.key));
        assert_eq!(minted.hash.len(), 64);
        assert!(is_key(&minted.key) && !is_key("eyJhbGciOiJIUzI1NiJ9.e30.x"));
        assert!(!format!("{minted:?}").contains(&minted.key));
    }

    #[test]
    fn no_key_manages_people_or_keys_approves_or_moves_the_limits() {
        let never = Permission::ALL.into_iter().filter(|permission| !may_hold(*permission)).collect::<Vec<_>>();
        assert_eq!(
            never,
            [
                Permission::CreateTenant,
                Permission::ManageTeam,
                Permission::ManageKeys,
                Permission::ApproveCampaigns,
                Permission::ManageGuardrails
            ]
        );
        // Even a row that was written with them.
        let all = Rights::Key { role: Role::Admin, scopes: Permission::ALL.to_vec() };
        assert!(never.into_iter().all(|permission| !all.may(permission)));
    }

    #[test]
    fn a_key_is_asked_for_with_what_it_can_have() {
        let key = form("marketer", &["read_campaigns", "edit_campaigns", "read_campaigns"]).check(0).unwrap();
        assert_eq!(key.scopes, [Permission::ReadCampaigns, Permission::EditCampaigns]);
        let fields = |form: KeyForm| -> Vec<String> {
            form.check(1_000).unwrap_err().into_iter().map(|error| error.field).collect()
        };
        assert_eq!(fields(form("analyst", &["read_analytics", "edit_campaigns"])), ["/scopes/1"]);
        assert_eq!(fields(form("admin", &["approve_campaigns", "manage_keys", "nonsense"])).len(), 3);
        assert_eq!(fields(form("boss", &[])), ["/role", "/scopes"]);
        let late = KeyForm { expires_at: Some(1_000), name: " ".to_owned(), ..form("admin", &["read_inbox"]) };
        assert_eq!(fields(late), ["/name", "/expires_at"]);
        let far = KeyForm { expires_at: Some(i64::MAX), ..form("admin", &["read_inbox"]) };
        assert_eq!(fields(far), ["/expires_at"]);
    }

    #[test]
    fn a_key_is_good_until_it_expires_or_is_revoked() {
        assert!(is_good(None, None, 5) && is_good(Some(6), None, 5));
        assert!(!is_good(Some(5), None, 5) && !is_good(None, Some(1), 5));
    }

    #[test]
    fn use_is_noted_once_a_minute() {
        assert!(should_note_use(None, 0) && should_note_use(Some(0), 60_000));
        assert!(!should_note_use(Some(0), 59_999));
    }

    proptest! {
        #[test]
        fn a_key_never_may_more_than_its_role(role in 0usize..4, picked in proptest::collection::vec(any::<bool>(), 25)) {
            let role = Role::ALL[role];
            let scopes: Vec<Permission> =
                Permission::ALL.into_iter().zip(&picked).filter_map(|(permission, on)| on.then_some(permission)).collect();
            let rights = Rights::Key { role, scopes: scopes.clone() };
            for permission in Permission::ALL {
                prop_assert_eq!(
                    rights.may(permission),
                    role.may(permission) && scopes.contains(&permission) && may_hold(permission)
                );
            }
        }
    }
}
