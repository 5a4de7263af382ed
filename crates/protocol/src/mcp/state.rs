//! What a client carries for us between a question and its answer (`requestState`).
//!
//! A request that needs more input is answered with questions and forgotten; the client repeats it with the answers and
//! with this text. So the text must be ours, unchanged, recent, and about the same caller and the same request: it is a
//! JSON value and its HMAC-SHA256 (RFC 2104), both base64url.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::Sha256;

use crate::json_rpc::Error;

/// How long a person may take to answer, in ms.
const LIFETIME_MS: i64 = 15 * 60_000;

/// Seals and opens states of one caller.
pub struct Sealer<'a> {
    key: &'a [u8],
    /// Whose states: tenant and user.
    subject: &'a str,
    now: i64,
}

#[derive(Deserialize, Serialize)]
struct Sealed {
    subject: String,
    request: String,
    data: Value,
    expires_at: i64,
}

impl<'a> Sealer<'a> {
    /// `key` signs, `subject` names the caller, `now` is UTC ms.
    #[must_use]
    pub fn new(key: &'a [u8], subject: &'a str, now: i64) -> Self {
        Self { key, subject, now }
    }

    /// A state for `request` (what is asked, with its arguments) that holds `data`.
    #[must_use]
    pub fn seal(&self, request: &str, data: &Value) -> String {
        let sealed = Sealed {
            subject: self.subject.to_owned(),
            request: request.to_owned(),
            data: data.clone(),
            expires_at: self.now.saturating_add(LIFETIME_MS),
        };
        let json = serde_json::to_vec(&sealed).unwrap_or_default();
        format!("{}.{}", URL_SAFE_NO_PAD.encode(&json), URL_SAFE_NO_PAD.encode(self.tag(&json)))
    }

    /// What a state holds.
    ///
    /// # Errors
    /// When it was changed, is over, or belongs to another caller or request; a caller cannot tell which.
    pub fn open(&self, request: &str, text: &str) -> Result<Value, Error> {
        self.opened(request, text).ok_or_else(|| {
            Error::params("`params.requestState` is not the one this request was answered with, or is too old; start again without it")
        })
    }

    fn opened(&self, request: &str, text: &str) -> Option<Value> {
        let (json, tag) = text.split_once('.')?;
        let (json, tag) = (URL_SAFE_NO_PAD.decode(json).ok()?, URL_SAFE_NO_PAD.decode(tag).ok()?);
        let mac = self.mac(&json)?;
        mac.verify_slice(&tag).ok()?;
        let sealed: Sealed = serde_json::from_slice(&json).ok()?;
        let good = sealed.subject == self.subject && sealed.request == request && sealed.expires_at > self.now;
        good.then_some(sealed.data)
    }

    fn mac(&self, json: &[u8]) -> Option<Hmac<Sha256>> {
        // Any length of key is good for HMAC.
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key).ok()?;
        mac.update(b"mcp request state\0");
        mac.update(json);
        Some(mac)
    }

    fn tag(&self, json: &[u8]) -> Vec<u8> {
        self.mac(json).map(|mac| mac.finalize().into_bytes().to_vec()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    const NOW: i64 = 1_795_000_000_000;

    #[test]
    fn a_state_opens_for_the_same_caller_and_request_until_it_is_over() {
        let sealer = Sealer::new(b"key", "t/u", NOW);
        let text = sealer.seal("tools/call x", &json!({"round": 1}));
        assert_eq!(sealer.open("tools/call x", &text).unwrap(), json!({"round": 1}));
        assert!(sealer.open("tools/call y", &text).is_err());
        assert!(Sealer::new(b"key", "t/v", NOW).open("tools/call x", &text).is_err());
        assert!(Sealer::new(b"other", "t/u", NOW).open("tools/call x", &text).is_err());
        assert!(Sealer::new(b"key", "t/u", NOW + LIFETIME_MS).open("tools/call x", &text).is_err());
    }

    proptest! {
        #[test]
        fn a_changed_state_is_refused(at in any::<prop::sample::Index>(), with in "[A-Za-z0-9_.-]") {
            let sealer = Sealer::new(b"key", "t/u", NOW);
            let text = sealer.seal("r", &json!({"round": 1}));
            let at = at.index(text.len());
            let mut changed = text.clone();
            changed.replace_range(at..=at, &with);
            // The last character of base64 holds bits that say nothing; the decoder refuses them where they are set.
            prop_assume!(changed != text);
            prop_assert!(sealer.open("r", &changed).is_err());
        }
    }
}
