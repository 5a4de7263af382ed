//! People and their place in tenants.

use serde::{Deserialize, Serialize};

use crate::role::Role;

/// A row of `users`. One person may be a member of several tenants.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Stable id.
    pub id: String,
    /// Unique over all users, compared without case.
    pub email: String,
    /// What people call them.
    pub name: String,
    /// A PHC string, see [`crate::password`].
    pub password_hash: String,
    /// `active`, or anything else to refuse the login.
    pub status: String,
    /// UTC milliseconds.
    pub created_at: i64,
}

/// The status of a user who may sign in.
pub const ACTIVE: &str = "active";

impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Neither the hash nor the address belongs in a log line.
        f.debug_struct("User").field("id", &self.id).field("status", &self.status).finish_non_exhaustive()
    }
}

/// A row of `memberships`: what one user is in one tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The tenant.
    pub tenant_id: String,
    /// The user.
    pub user_id: String,
    /// What the user may do there.
    pub role: Role,
    /// UTC milliseconds.
    pub created_at: i64,
}

/// The form an email address is looked up and stored in: trimmed, lower case.
///
/// Whether an address works is only learnt by writing to it, so nothing else is checked.
#[must_use]
pub fn normalize_email(email: &str) -> String {
    email.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_however_it_is_typed() {
        assert_eq!(normalize_email(" Admin@Demo.Test "), "admin@demo.test");
    }

    #[test]
    fn a_user_in_a_log_line_shows_no_address_and_no_hash() {
        let user = User {
            id: "u1".into(),
            email: "a@b.test".into(),
            name: "Ann".into(),
            password_hash: "$argon2id$x".into(),
            status: ACTIVE.into(),
            created_at: 0,
        };
        let text = format!("{user:?}");
        assert!(text.contains("u1") && !text.contains("b.test") && !text.contains("argon2"), "{text}");
    }
}
