//! Members and invitations.

use control::{Membership, User};
use platform::{Param, Statement, TenantDb};
use serde::Deserialize;

/// A member's place, as the gate reads it on every request.
#[derive(Clone, Debug, Deserialize)]
pub struct Standing {
    /// The role's name.
    pub role: String,
    /// The user's status.
    pub status: String,
}

/// What the user is in the tenant; `None` when not a member.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn standing(database: &TenantDb, user_id: &str) -> platform::Result<Option<Standing>> {
    let sql = "SELECT m.role, u.status FROM memberships m JOIN users u ON u.id = m.user_id \
               WHERE m.tenant_id = ?1 AND m.user_id = ?2";
    database.first(sql, &[user_id.into()]).await
}

/// A member.
#[derive(Clone, Debug, Deserialize)]
pub struct MemberRecord {
    /// User id.
    pub user_id: String,
    /// Address.
    pub email: String,
    /// Name.
    pub name: String,
    /// The role's name.
    pub role: String,
    /// Since when, UTC ms.
    pub created_at: i64,
}

const MEMBERS: &str = "SELECT m.user_id, u.email, u.name, m.role, m.created_at FROM memberships m \
                       JOIN users u ON u.id = m.user_id WHERE m.tenant_id = ?1";

/// Every member, oldest first.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn members(database: &TenantDb) -> platform::Result<Vec<MemberRecord>> {
    database.rows(&format!("{MEMBERS} ORDER BY m.created_at, m.user_id"), &[]).await
}

/// The condition that the tenant has an admin besides this user, and that the user is what was seen: of two admins who
/// remove each other at once, one comes too late.
#[must_use]
pub fn require_place(user_id: &str, role: &str, another_admin: bool) -> Vec<Statement> {
    let mut conditions = vec![Statement::require(
        "SELECT 1 FROM memberships WHERE tenant_id = ?1 AND user_id = ?2 AND role = ?3",
        vec![user_id.into(), role.into()],
    )];
    if another_admin {
        conditions.push(Statement::require(
            "SELECT 1 FROM memberships WHERE tenant_id = ?1 AND user_id <> ?2 AND role = 'admin'",
            vec![user_id.into()],
        ));
    }
    conditions
}

/// Gives a member another role.
#[must_use]
pub fn set_role(user_id: &str, role: &str) -> Statement {
    Statement::new(
        "UPDATE memberships SET role = ?3 WHERE tenant_id = ?1 AND user_id = ?2",
        vec![user_id.into(), role.into()],
    )
}

/// Takes a member out. The person stays: they may belong to other tenants, and the audit log names them.
#[must_use]
pub fn remove(user_id: &str) -> Statement {
    Statement::new("DELETE FROM memberships WHERE tenant_id = ?1 AND user_id = ?2", vec![user_id.into()])
}

/// An invitation.
#[derive(Clone, Debug, Deserialize)]
pub struct InvitationRecord {
    /// Stable id.
    pub id: String,
    /// Who is invited.
    pub email: String,
    /// As what.
    pub role: String,
    /// By whom.
    pub invited_by: String,
    /// UTC ms.
    pub created_at: i64,
    /// UTC ms.
    pub expires_at: i64,
    /// UTC ms.
    pub accepted_at: Option<i64>,
    /// UTC ms.
    pub revoked_at: Option<i64>,
}

const INVITATION: &str =
    "SELECT id, email, role, invited_by, created_at, expires_at, accepted_at, revoked_at FROM invitations";

/// The latest 200 invitations, newest first.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn invitations(database: &TenantDb) -> platform::Result<Vec<InvitationRecord>> {
    let sql = format!("{INVITATION} WHERE tenant_id = ?1 ORDER BY created_at DESC, id DESC LIMIT 200");
    database.rows(&sql, &[]).await
}

/// The invitation of this id.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn invitation(database: &TenantDb, id: &str) -> platform::Result<Option<InvitationRecord>> {
    database.first(&format!("{INVITATION} WHERE tenant_id = ?1 AND id = ?2"), &[id.into()]).await
}

/// Stores an invitation and revokes an open one to the same address, so that one link at a time works.
#[must_use]
pub fn invite(record: &InvitationRecord, token_hash: &str) -> Vec<Statement> {
    vec![
        Statement::new(
            "UPDATE invitations SET revoked_at = ?3 \
             WHERE tenant_id = ?1 AND email = ?2 AND accepted_at IS NULL AND revoked_at IS NULL",
            vec![record.email.as_str().into(), record.created_at.into()],
        ),
        Statement::new(
            "INSERT INTO invitations (id, tenant_id, email, role, token_hash, invited_by, created_at, expires_at) \
             VALUES (?2, ?1, ?3, ?4, ?5, ?6, ?7, ?8)",
            vec![
                record.id.as_str().into(),
                record.email.as_str().into(),
                record.role.as_str().into(),
                token_hash.into(),
                record.invited_by.as_str().into(),
                record.created_at.into(),
                record.expires_at.into(),
            ],
        ),
    ]
}

/// The condition that an invitation is still open.
#[must_use]
pub fn require_open(id: &str, now: i64) -> Statement {
    Statement::require(
        "SELECT 1 FROM invitations WHERE tenant_id = ?1 AND id = ?2 AND accepted_at IS NULL AND revoked_at IS NULL \
         AND expires_at > ?3",
        vec![id.into(), now.into()],
    )
}

/// Takes an invitation back.
#[must_use]
pub fn revoke(id: &str, now: i64) -> Statement {
    Statement::new(
        "UPDATE invitations SET revoked_at = ?3 WHERE tenant_id = ?1 AND id = ?2",
        vec![id.into(), now.into()],
    )
}

/// Marks an invitation as accepted and stores the place it gives, with the person when they are new.
#[must_use]
pub fn accept(id: &str, now: i64, new_user: Option<&User>, member: &Membership) -> Vec<Statement> {
    let mut statements = vec![require_open(id, now)];
    if let Some(user) = new_user {
        // A user belongs to no tenant; naming the one that invites keeps the rule that every statement names its own.
        statements.push(Statement::new(
            "INSERT INTO users (id, email, name, password_hash, status, created_at) \
             SELECT ?2, ?3, ?4, ?5, ?6, ?7 FROM tenants WHERE id = ?1",
            vec![
                Param::from(user.id.as_str()),
                user.email.as_str().into(),
                user.name.as_str().into(),
                user.password_hash.as_str().into(),
                user.status.as_str().into(),
                user.created_at.into(),
            ],
        ));
    }
    statements.push(Statement::new(
        "INSERT INTO memberships (tenant_id, user_id, role, created_at) VALUES (?1, ?2, ?3, ?4)",
        vec![member.user_id.as_str().into(), member.role.as_str().into(), member.created_at.into()],
    ));
    statements.push(Statement::new(
        "UPDATE invitations SET accepted_at = ?3 WHERE tenant_id = ?1 AND id = ?2",
        vec![id.into(), now.into()],
    ));
    statements
}
