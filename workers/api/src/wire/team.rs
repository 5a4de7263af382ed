//! Members, invitations and what is answered about them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who belongs to the tenant, and who was asked to.
#[derive(Debug, Serialize, ToSchema)]
pub struct Team {
    /// Oldest first.
    pub members: Vec<Member>,
    /// The latest 200, newest first.
    pub invitations: Vec<Invitation>,
}

/// A member.
#[derive(Debug, Serialize, ToSchema)]
pub struct Member {
    /// The user's id.
    pub user_id: String,
    /// Address.
    pub email: String,
    /// Name.
    pub name: String,
    /// admin, marketer, analyst or approver.
    pub role: String,
    /// Since when, UTC ms.
    pub joined_at: i64,
    /// Whether this is who asks.
    pub is_me: bool,
}

/// An invitation; its link is shown when it is made and never again.
#[derive(Debug, Serialize, ToSchema)]
pub struct Invitation {
    /// Stable id.
    pub id: String,
    /// Who is invited.
    pub email: String,
    /// As what.
    pub role: String,
    /// open, accepted, revoked or expired.
    pub status: String,
    /// By whom: a user's id.
    pub invited_by: String,
    /// UTC ms.
    pub created_at: i64,
    /// Until when it can be accepted, UTC ms.
    pub expires_at: i64,
}

/// Whom to invite.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewInvitation {
    /// The address; an open invitation to it is replaced.
    pub email: String,
    /// As what: admin, marketer, analyst or approver.
    pub role: String,
}

/// An invitation that was made.
#[derive(Serialize, ToSchema)]
pub struct InvitationCreated {
    /// Stable id.
    pub id: String,
    /// The link to send to whom is invited. It is shown this once.
    pub link: String,
    /// Until when it works, UTC ms.
    pub expires_at: i64,
}

/// A member's new role.
#[derive(Debug, Deserialize, ToSchema)]
pub struct RoleChange {
    /// admin, marketer, analyst or approver.
    pub role: String,
}

/// What a link's token stands for.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitationShown {
    /// Name of the tenant that invites.
    pub tenant: String,
    /// Who is invited.
    pub email: String,
    /// As what.
    pub role: String,
    /// Whether the address has an account already: then its password is asked for, else a name and a new password.
    pub has_account: bool,
    /// Until when it can be accepted, UTC ms.
    pub expires_at: i64,
}

/// A link's token.
#[derive(Deserialize, ToSchema)]
pub struct InvitationToken {
    /// What stands behind `token=` in the link.
    pub token: String,
}

impl std::fmt::Debug for InvitationToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InvitationToken(…)")
    }
}

/// Accepting an invitation.
#[derive(Deserialize, ToSchema)]
pub struct Acceptance {
    /// What stands behind `token=` in the link.
    pub token: String,
    /// The name to go by; needed when the address has no account yet, else not looked at.
    #[serde(default)]
    pub name: Option<String>,
    /// The account's password; a new one of at least 8 characters when the address has no account yet.
    pub password: String,
}

impl std::fmt::Debug for Acceptance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Acceptance(…)")
    }
}
