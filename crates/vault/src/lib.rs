//! Seals small secrets (signing keys, OAuth tokens) for storage in a database, and opens them again.
//!
//! A sealed secret is AES-256-GCM (NIST SP 800-38D) over the plaintext, with the tenant and the purpose as additional
//! authenticated data: a value copied into another tenant's row, or into another column, does not open. Key and nonce
//! are arguments; nothing here makes randomness, reads a clock or keeps a key.
//!
//! # Text format
//!
//! `v1.<nonce>.<ciphertext and tag>`, both in unpadded URL-safe base64. The part before the first dot names the
//! scheme. A scheme in which each value has a data key of its own, wrapped by a key-encryption key, takes the next
//! version (`v2.<key id>.<wrapped key>.<nonce>.<ciphertext>`), so rows of both kinds can stand side by side while they
//! are rewritten.

use std::fmt;

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit, Nonce};
use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE_NO_PAD};

/// Bytes in a key.
pub const KEY_BYTES: usize = 32;

/// Bytes in a nonce (SP 800-38D §5.2.1.1 recommends 96 bits).
///
/// Random nonces are safe for 2³² values under one key (SP 800-38D §8.3), far more secrets than a deployment holds.
pub const NONCE_BYTES: usize = 12;

/// The longest secret that is sealed: generous for a key or token, and far below a database row's limit.
pub const MAX_SECRET_BYTES: usize = 16 * 1024;

const VERSION: &str = "v1";

/// Keys are pasted by people: standard or URL-safe alphabet, padded or not.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Why a secret could not be sealed or opened.
///
/// A wrong key, a wrong tenant or purpose and a changed text are one answer: telling them apart helps only an attacker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The key text is not base64 of exactly 32 bytes.
    #[error("the vault key must be base64 of {KEY_BYTES} bytes; make one with `openssl rand -base64 32`")]
    BadKey,
    /// The sealed text does not have this format, or is of a version this build does not know.
    #[error("the sealed secret is not in a known format, found version {version:?}", version = Version(.found))]
    UnknownFormat {
        /// The first bytes of what stood where the version belongs, zero-filled.
        found: [u8; 4],
    },
    /// The text did not authenticate under this key, tenant and purpose.
    #[error("the sealed secret does not open with this key for this tenant and purpose")]
    Refused,
    /// The secret is longer than [`MAX_SECRET_BYTES`].
    #[error("the secret has {found} bytes, at most {MAX_SECRET_BYTES} can be sealed")]
    TooLong {
        /// Its length in bytes.
        found: usize,
    },
}

struct Version<'a>(&'a [u8; 4]);

impl fmt::Debug for Version<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = String::from_utf8_lossy(self.0);
        fmt::Debug::fmt(text.trim_end_matches('\0'), f)
    }
}

/// A sealing key. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; KEY_BYTES]);

impl Key {
    /// The key made of these bytes.
    #[must_use]
    pub fn new(bytes: [u8; KEY_BYTES]) -> Self {
        Self(bytes)
    }

    /// Reads a key from base64 (either alphabet, padding optional, surrounding white space ignored).
    ///
    /// # Errors
    /// [`VaultError::BadKey`] when it is not base64 of exactly 32 bytes.
    pub fn from_base64(text: &str) -> Result<Self, VaultError> {
        let standard = text.trim().replace('-', "+").replace('_', "/");
        let bytes = LENIENT.decode(standard).map_err(|_| VaultError::BadKey)?;
        bytes.try_into().map(Self).map_err(|_| VaultError::BadKey)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// What a secret belongs to. It opens only under the same context it was sealed under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context<'a> {
    /// The tenant whose secret it is.
    pub tenant: &'a str,
    /// What the secret is for, with whatever tells it from its neighbours (`site-secret/<site key>`).
    pub purpose: &'a str,
}

impl Context<'_> {
    /// The additional authenticated data. Lengths stand before the parts, so no two contexts share an encoding.
    fn authenticated_data(&self) -> Vec<u8> {
        let mut data = Vec::with_capacity(VERSION.len() + 16 + self.tenant.len() + self.purpose.len());
        data.extend_from_slice(VERSION.as_bytes());
        for part in [self.tenant, self.purpose] {
            data.extend_from_slice(&(part.len() as u64).to_be_bytes());
            data.extend_from_slice(part.as_bytes());
        }
        data
    }
}

/// Seals a secret into the text format above.
///
/// The nonce must be fresh randomness for every call: a nonce used twice under one key reveals both plaintexts.
///
/// # Errors
/// [`VaultError::TooLong`] for a secret over [`MAX_SECRET_BYTES`].
pub fn seal(key: &Key, nonce: [u8; NONCE_BYTES], context: Context<'_>, secret: &[u8]) -> Result<String, VaultError> {
    if secret.len() > MAX_SECRET_BYTES {
        return Err(VaultError::TooLong { found: secret.len() });
    }
    let aad = context.authenticated_data();
    let payload = Payload { msg: secret, aad: &aad };
    let ciphertext = Aes256Gcm::new(&key.0.into())
        .encrypt(&Nonce::from(nonce), payload)
        // The cipher refuses only what is longer than 64 GiB.
        .map_err(|_| VaultError::TooLong { found: secret.len() })?;
    Ok(format!("{VERSION}.{}.{}", URL_SAFE_NO_PAD.encode(nonce), URL_SAFE_NO_PAD.encode(ciphertext)))
}

/// Opens a sealed secret.
///
/// # Errors
/// [`VaultError::UnknownFormat`] when the text is not of this format, [`VaultError::Refused`] when it does not
/// authenticate under this key and context.
pub fn open(key: &Key, context: Context<'_>, sealed: &str) -> Result<Vec<u8>, VaultError> {
    let unknown = || {
        let mut found = [0; 4];
        for (slot, byte) in found.iter_mut().zip(sealed.bytes().take_while(|b| *b != b'.')) {
            *slot = byte;
        }
        VaultError::UnknownFormat { found }
    };
    let mut parts = sealed.split('.');
    let (Some(VERSION), Some(nonce), Some(ciphertext), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(unknown());
    };
    let nonce: [u8; NONCE_BYTES] =
        URL_SAFE_NO_PAD.decode(nonce).ok().and_then(|bytes| bytes.try_into().ok()).ok_or_else(unknown)?;
    let ciphertext = URL_SAFE_NO_PAD.decode(ciphertext).map_err(|_| unknown())?;
    let aad = context.authenticated_data();
    let payload = Payload { msg: &ciphertext, aad: &aad };
    Aes256Gcm::new(&key.0.into()).decrypt(&Nonce::from(nonce), payload).map_err(|_| VaultError::Refused)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KEY: Key = Key([7; KEY_BYTES]);
    const HOME: Context<'static> = Context { tenant: "acme", purpose: "site-secret/shop" };

    #[test]
    fn the_stored_format_does_not_change() {
        // Rows in the database hold this; a change here needs a new version and a migration. The value was computed
        // with another implementation (OpenSSL, through Node).
        let sealed = seal(&KEY, [1; NONCE_BYTES], HOME, b"secret").unwrap();
        assert_eq!(sealed, "v1.AQEBAQEBAQEBAQEB.BYTqxfXLHSJMRRITFnhRG4f9RdgcPw");
        assert_eq!(open(&KEY, HOME, &sealed).unwrap(), b"secret");
    }

    #[test]
    fn a_key_reads_from_either_alphabet_with_or_without_padding() {
        let bytes = [0xfb; KEY_BYTES];
        let padded = base64::engine::general_purpose::STANDARD.encode(bytes);
        for text in [
            padded.clone(),
            padded.trim_end_matches('=').to_owned(),
            URL_SAFE_NO_PAD.encode(bytes),
            format!("  {padded}\n"),
        ] {
            assert_eq!(Key::from_base64(&text), Ok(Key::new(bytes)), "{text:?}");
        }
        for text in ["", "short", "AAAA", "not base64 at all!", &"A".repeat(64)] {
            assert_eq!(Key::from_base64(text), Err(VaultError::BadKey), "{text:?}");
        }
    }

    #[test]
    fn a_key_is_never_printed() {
        assert_eq!(format!("{KEY:?}"), "Key(…)");
    }

    #[test]
    fn an_unknown_version_is_named() {
        let error = open(&KEY, HOME, "v9.a.b").unwrap_err();
        assert_eq!(error.to_string(), "the sealed secret is not in a known format, found version \"v9\"");
    }

    #[test]
    fn a_secret_over_the_limit_is_refused() {
        let long = vec![0; MAX_SECRET_BYTES + 1];
        let found = MAX_SECRET_BYTES + 1;
        assert_eq!(seal(&KEY, [0; NONCE_BYTES], HOME, &long), Err(VaultError::TooLong { found }));
    }

    proptest! {
        #[test]
        fn what_was_sealed_opens(
            key in any::<[u8; KEY_BYTES]>(), nonce in any::<[u8; NONCE_BYTES]>(),
            tenant in ".{0,20}", purpose in ".{0,20}", secret in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let context = Context { tenant: &tenant, purpose: &purpose };
            let key = Key::new(key);
            let sealed = seal(&key, nonce, context, &secret).unwrap();
            prop_assert_eq!(open(&key, context, &sealed).unwrap(), secret);
        }

        #[test]
        fn another_context_or_key_does_not_open(
            nonce in any::<[u8; NONCE_BYTES]>(), other_key in any::<[u8; KEY_BYTES]>(),
            tenant in "[a-z]{0,6}", purpose in "[a-z]{0,6}", other_tenant in "[a-z]{0,6}", other_purpose in "[a-z]{0,6}",
        ) {
            let context = Context { tenant: &tenant, purpose: &purpose };
            let other = Context { tenant: &other_tenant, purpose: &other_purpose };
            let sealed = seal(&KEY, nonce, context, b"secret").unwrap();
            prop_assert_eq!(open(&KEY, other, &sealed).is_ok(), context == other);
            prop_assert_eq!(open(&Key::new(other_key), context, &sealed).is_ok(), Key::new(other_key) == KEY);
        }

        #[test]
        fn moving_letters_between_tenant_and_purpose_does_not_open(joined in "[a-z]{2,12}", cut in 0usize..12, other in 0usize..12) {
            let (cut, other) = (cut % joined.len(), other % joined.len());
            prop_assume!(cut != other);
            let at = |at: usize| joined.split_at(at);
            let (tenant, purpose) = at(cut);
            let sealed = seal(&KEY, [0; NONCE_BYTES], Context { tenant, purpose }, b"secret").unwrap();
            let (tenant, purpose) = at(other);
            prop_assert_eq!(open(&KEY, Context { tenant, purpose }, &sealed), Err(VaultError::Refused));
        }

        #[test]
        fn a_changed_text_does_not_open(secret in proptest::collection::vec(any::<u8>(), 0..60), at in any::<prop::sample::Index>(), with in "[A-Za-z0-9_.-]") {
            let sealed = seal(&KEY, [9; NONCE_BYTES], HOME, &secret).unwrap();
            let at = at.index(sealed.len());
            let mut tampered = sealed.clone();
            tampered.replace_range(at..=at, &with);
            prop_assume!(tampered != sealed);
            prop_assert!(open(&KEY, HOME, &tampered).is_err());
        }

        #[test]
        fn any_text_is_answered(text in ".{0,80}") {
            prop_assert!(open(&KEY, HOME, &text).is_err());
        }
    }
}
