//! Session tokens: JWTs signed with HS256 (RFC 7519, RFC 7518 §3.2).
//!
//! A token says who the caller is, in which tenant, in which role, and until when. Only HS256 is ever accepted, so a
//! token cannot choose its own algorithm. The clock is an argument.

use std::fmt;

use chrono::{DateTime, Duration, Utc};
use jwt_compact::alg::{Hs256, Hs256Key};
use jwt_compact::prelude::*;
use serde::{Deserialize, Serialize};

use crate::role::Role;

/// How long a token is good for: a working day, so that nobody signs in twice and a stolen one dies overnight.
pub const LIFETIME_MS: i64 = 12 * 60 * 60 * 1000;

/// The shortest signing secret in bytes: the hash's own size (RFC 7518 §3.2).
pub const MIN_SECRET_BYTES: usize = 32;

/// Who a request is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The user's id (`sub`).
    pub user_id: String,
    /// The tenant's id (`tid`).
    pub tenant_id: String,
    /// The role in that tenant (`role`).
    pub role: Role,
    /// When the token was made (`iat`), UTC milliseconds, whole seconds.
    pub issued_at: i64,
    /// When it stops being good (`exp`), UTC milliseconds, whole seconds.
    pub expires_at: i64,
}

#[derive(Serialize, Deserialize)]
struct Custom {
    sub: String,
    tid: String,
    role: Role,
}

/// A signing key. Never printed.
#[derive(Clone)]
pub struct TokenKey(Hs256Key);

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenKey(…)")
    }
}

/// Why a token was not made or not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The signing secret is too short to be safe.
    #[error("the token secret has {found} bytes, at least {MIN_SECRET_BYTES} are needed")]
    WeakSecret {
        /// Its length in bytes.
        found: usize,
    },
    /// The time lies outside what a token can carry.
    #[error("the time {0} ms is outside the calendar")]
    BadTime(i64),
    /// It is not a token of ours: not a JWT, another algorithm, a wrong signature, or missing claims.
    #[error("the session token is not valid")]
    Invalid,
    /// It was a token of ours and its time is over, or has not begun.
    #[error("the session has expired")]
    Expired,
    /// The claims could not be written.
    #[error("the session token could not be made")]
    Unwritable,
}

impl TokenKey {
    /// The key made of this secret text.
    ///
    /// # Errors
    /// [`TokenError::WeakSecret`] below [`MIN_SECRET_BYTES`].
    pub fn new(secret: &str) -> Result<Self, TokenError> {
        let bytes = secret.trim().as_bytes();
        if bytes.len() < MIN_SECRET_BYTES {
            return Err(TokenError::WeakSecret { found: bytes.len() });
        }
        Ok(Self(Hs256Key::new(bytes)))
    }
}

fn time(ms: i64) -> Result<DateTime<Utc>, TokenError> {
    DateTime::from_timestamp_millis(ms).ok_or(TokenError::BadTime(ms))
}

/// Makes a token good from `now` (UTC ms) for [`LIFETIME_MS`], and says what is in it.
///
/// # Errors
/// [`TokenError::BadTime`] for a time outside the calendar.
pub fn issue(
    key: &TokenKey,
    now: i64,
    user_id: &str,
    tenant_id: &str,
    role: Role,
) -> Result<(String, Session), TokenError> {
    let issued_at = now.div_euclid(1000) * 1000;
    let expires_at = issued_at.saturating_add(LIFETIME_MS);
    let mut claims = Claims::new(Custom { sub: user_id.to_owned(), tid: tenant_id.to_owned(), role });
    claims.issued_at = Some(time(issued_at)?);
    claims.expiration = Some(time(expires_at)?);
    let token =
        Hs256.token(&Header::empty().with_token_type("JWT"), &claims, &key.0).map_err(|_| TokenError::Unwritable)?;
    let session = Session { user_id: user_id.to_owned(), tenant_id: tenant_id.to_owned(), role, issued_at, expires_at };
    Ok((token, session))
}

/// Checks a token's signature and time and returns what it says.
///
/// # Errors
/// [`TokenError::Invalid`] or [`TokenError::Expired`].
pub fn verify(key: &TokenKey, now: i64, token: &str) -> Result<Session, TokenError> {
    let now = time(now)?;
    let untrusted = UntrustedToken::new(token).map_err(|_| TokenError::Invalid)?;
    let token: Token<Custom> = Hs256.validator(&key.0).validate(&untrusted).map_err(|_| TokenError::Invalid)?;
    let claims = token.claims();
    let clock = TimeOptions::new(Duration::zero(), || now);
    let (Some(issued_at), Some(expires_at)) = (claims.issued_at, claims.expiration) else {
        return Err(TokenError::Invalid);
    };
    claims.validate_expiration(&clock).map_err(|_| TokenError::Expired)?;
    Ok(Session {
        user_id: claims.custom.sub.clone(),
        tenant_id: claims.custom.tid.clone(),
        role: claims.custom.role,
        issued_at: issued_at.timestamp_millis(),
        expires_at: expires_at.timestamp_millis(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: i64 = 1_795_000_000_500;

    fn key() -> TokenKey {
        TokenKey::new("0123456789abcdef0123456789abcdef").unwrap()
    }

    #[test]
    fn a_token_reads_back_until_it_expires() {
        let (token, session) = issue(&key(), NOW, "u1", "t1", Role::Analyst).unwrap();
        assert_eq!(session.expires_at, 1_795_000_000_000 + LIFETIME_MS);
        assert_eq!(verify(&key(), NOW, &token), Ok(session.clone()));
        assert_eq!(verify(&key(), session.expires_at, &token), Ok(session.clone()));
        assert_eq!(verify(&key(), session.expires_at + 1, &token), Err(TokenError::Expired));
    }

    #[test]
    fn the_claims_have_their_registered_names_and_whole_seconds() {
        let (token, _) = issue(&key(), NOW, "u1", "t1", Role::Admin).unwrap();
        // Anyone with the secret and a JWT tool can read this; the test pins the wire form.
        let token = UntrustedToken::new(&token).unwrap();
        assert_eq!(token.algorithm(), "HS256");
        let claims: Claims<serde_json::Value> = token.deserialize_claims_unchecked().unwrap();
        assert_eq!(claims.custom, serde_json::json!({"sub": "u1", "tid": "t1", "role": "admin"}));
        assert_eq!(claims.issued_at.unwrap().timestamp(), 1_795_000_000);
        assert_eq!(claims.expiration.unwrap().timestamp(), 1_795_043_200);
    }

    #[test]
    fn a_token_of_somebody_else_is_refused() {
        // The example of RFC 7515 appendix A.1.
        let token = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(verify(&key(), NOW, token), Err(TokenError::Invalid));
    }

    #[test]
    fn an_unsigned_token_is_refused() {
        // {"alg":"none"} . {"sub":"u1","tid":"t1","role":"admin","iat":1,"exp":9999999999} . (nothing)
        let token =
            "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1MSIsInRpZCI6InQxIiwicm9sZSI6ImFkbWluIiwiaWF0IjoxLCJleHAiOjk5OTk5OTk5OTl9.";
        assert_eq!(verify(&key(), NOW, token), Err(TokenError::Invalid));
    }

    #[test]
    fn another_secret_is_refused() {
        let (token, _) = issue(&key(), NOW, "u1", "t1", Role::Admin).unwrap();
        let other = TokenKey::new("another secret of thirty-two bytes").unwrap();
        assert_eq!(verify(&other, NOW, &token), Err(TokenError::Invalid));
    }

    #[test]
    fn a_short_secret_is_refused_and_no_secret_is_printed() {
        assert_eq!(TokenKey::new("short").unwrap_err(), TokenError::WeakSecret { found: 5 });
        assert_eq!(format!("{:?}", key()), "TokenKey(…)");
    }

    proptest! {
        #[test]
        fn a_changed_token_is_refused(at in any::<prop::sample::Index>(), with in "[A-Za-z0-9_.-]") {
            let (token, _) = issue(&key(), NOW, "u1", "t1", Role::Analyst).unwrap();
            let at = at.index(token.len());
            let mut changed = token.clone();
            changed.replace_range(at..=at, &with);
            prop_assume!(changed != token);
            prop_assert!(verify(&key(), NOW, &changed).is_err());
        }

        #[test]
        fn any_text_is_answered(text in ".{0,120}") {
            prop_assert!(verify(&key(), NOW, &text).is_err());
        }
    }
}
