//! Who is in a team and how people come and go: invitations, roles, and the admin a tenant never loses.

use problem::FieldError;
use sha2::{Digest as _, Sha256};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::role::Role;

/// How long an invitation is good for, ms: a week, so that a link in an old mailbox opens nothing.
pub const INVITATION_LIFETIME_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// Bytes of randomness in an invitation's token.
pub const TOKEN_BYTES: usize = 32;

/// The longest address, in characters (RFC 5321 §4.5.3.1.3, as corrected by erratum 1690).
const MAX_EMAIL_CHARS: usize = 254;

/// The token of a link, made of fresh randomness.
#[must_use]
pub fn invitation_token(random: [u8; TOKEN_BYTES]) -> String {
    URL_SAFE_NO_PAD.encode(random)
}

/// What is stored of a token: SHA-256, hex. Tokens are random, so nothing slower is needed.
#[must_use]
pub fn invitation_hash(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

/// The link that is sent to whom is invited. `origin` is the product's own, without a slash at the end.
#[must_use]
pub fn invitation_link(origin: &str, token: &str) -> String {
    format!("{origin}/invitation?token={token}")
}

/// Where an invitation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvitationState {
    /// It can be accepted.
    Open,
    /// It was.
    Accepted,
    /// It was taken back, or replaced by a newer one to the same address.
    Revoked,
    /// Its time is over.
    Expired,
}

impl InvitationState {
    /// Judges an invitation's times (UTC ms) at `now`.
    #[must_use]
    pub fn of(expires_at: i64, accepted_at: Option<i64>, revoked_at: Option<i64>, now: i64) -> Self {
        if accepted_at.is_some() {
            Self::Accepted
        } else if revoked_at.is_some() {
            Self::Revoked
        } else if now >= expires_at {
            Self::Expired
        } else {
            Self::Open
        }
    }

    /// The name it is sent by.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Accepted => "accepted",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
        }
    }
}

/// Checks an address to invite and returns it in the form it is stored in.
///
/// # Errors
/// Names `field` when it cannot be an address. Whether it is one is only learnt by writing to it.
pub fn address(field: &str, text: &str) -> Result<String, FieldError> {
    let address = crate::user::normalize_email(text);
    let parts = address.rsplit_once('@');
    let shaped = parts.is_some_and(|(name, host)| !name.is_empty() && !host.is_empty())
        && !address.chars().any(|letter| letter.is_whitespace() || letter.is_control());
    if !shaped {
        return Err(FieldError::new(field, format!("`{text}` is not an e-mail address such as ann@shop.example")));
    }
    let found = address.chars().count();
    if found > MAX_EMAIL_CHARS {
        let detail = format!("has {found} characters, at most {MAX_EMAIL_CHARS} are allowed");
        return Err(FieldError::new(field, detail));
    }
    Ok(address)
}

/// Why a member's place cannot be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TeamRefusal {
    /// People do not change their own role.
    #[error("nobody changes their own role; ask another admin")]
    OwnRole,
    /// The tenant would be left without an admin.
    #[error("this is the last admin; make somebody else an admin first")]
    LastAdmin,
}

/// Whether `actor` may give `member` the role `to`. `other_admins` counts the tenant's admins besides the member.
///
/// # Errors
/// [`TeamRefusal`].
pub fn change_role(actor: &str, member: &str, from: Role, to: Role, other_admins: usize) -> Result<(), TeamRefusal> {
    if actor == member {
        return Err(TeamRefusal::OwnRole);
    }
    keeps_an_admin(from, to == Role::Admin, other_admins)
}

/// Whether a member can be removed; an admin may leave while another stays.
///
/// # Errors
/// [`TeamRefusal::LastAdmin`].
pub fn remove(role: Role, other_admins: usize) -> Result<(), TeamRefusal> {
    keeps_an_admin(role, false, other_admins)
}

fn keeps_an_admin(from: Role, stays_admin: bool, other_admins: usize) -> Result<(), TeamRefusal> {
    if from == Role::Admin && !stays_admin && other_admins == 0 { Err(TeamRefusal::LastAdmin) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[test]
    fn an_invitation_can_be_accepted_once_and_for_a_week() {
        let state = |accepted, revoked, now| InvitationState::of(INVITATION_LIFETIME_MS, accepted, revoked, now);
        assert_eq!(state(None, None, INVITATION_LIFETIME_MS - 1), InvitationState::Open);
        assert_eq!(state(None, None, INVITATION_LIFETIME_MS), InvitationState::Expired);
        assert_eq!(state(None, Some(5), 6), InvitationState::Revoked);
        assert_eq!(state(Some(5), None, i64::MAX), InvitationState::Accepted);
    }

    #[test]
    fn a_link_carries_the_token_and_only_its_hash_is_kept() {
        let token = invitation_token([0xff; TOKEN_BYTES]);
        assert_eq!(token.len(), 43);
        assert!(token.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter)));
        assert_eq!(invitation_link("https://a.test", "x"), "https://a.test/invitation?token=x");
        // printf abc | sha256sum (FIPS 180-2 appendix B.1)
        assert_eq!(invitation_hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn an_address_has_a_name_and_a_host() {
        assert_eq!(address("/email", " Ann@Shop.Example "), Ok("ann@shop.example".to_owned()));
        for wrong in ["", "ann", "@shop.example", "ann@", "a b@shop.example", "ann@shop\n.example"] {
            assert_eq!(address("/email", wrong).unwrap_err().field, "/email", "{wrong:?}");
        }
        assert!(address("/email", &format!("{}@shop.example", "x".repeat(250))).is_err());
    }

    proptest! {
        #[test]
        fn a_tenant_never_loses_its_last_admin_and_nobody_changes_their_own_role(
            steps in proptest::collection::vec((0usize..4, 0usize..4, 0usize..5), 1..60)
        ) {
            // Members 0..4; the fifth "role" is removal.
            let mut team: BTreeMap<usize, Role> = [(0, Role::Admin), (1, Role::Admin), (2, Role::Analyst), (3, Role::Approver)].into();
            for (actor, member, to) in steps {
                if team.get(&actor) != Some(&Role::Admin) {
                    continue;
                }
                let Some(from) = team.get(&member).copied() else { continue };
                let other_admins = team.iter().filter(|(id, role)| **id != member && **role == Role::Admin).count();
                match Role::ALL.get(to) {
                    Some(role) => {
                        let outcome = change_role(&actor.to_string(), &member.to_string(), from, *role, other_admins);
                        prop_assert!(actor != member || outcome.is_err());
                        if outcome.is_ok() {
                            team.insert(member, *role);
                        }
                    }
                    None => {
                        if remove(from, other_admins).is_ok() {
                            team.remove(&member);
                        }
                    }
                }
                prop_assert!(team.values().any(|role| *role == Role::Admin));
            }
        }
    }
}
