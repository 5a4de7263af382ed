//! Seals small secrets (signing keys, OAuth tokens) for storage in a database, and opens them again.
//!
//! Every secret has a data key of its own: AES-256-GCM (NIST SP 800-38D) over the plaintext under the data key, and over
//! the data key under a key-encryption key. Both carry the tenant and the purpose as additional authenticated data: a
//! value copied into another tenant's row, or into another column, does not open. Keys and randomness are arguments;
//! nothing here makes randomness, reads a clock or keeps a key.
//!
//! A [`Keyring`] holds one current key-encryption key, which seals, and any number of older ones, which only open. To
//! change the key: make the new one current and keep the old one for opening, [`rewrap`] what is stored, drop the old
//! one. Rewrapping does not touch the encrypted secret, only its data key's wrapping.
//!
//! # Text format
//!
//! `v2.<key id>.<wrapped key>.<nonce>.<ciphertext and tag>`; the binary parts in unpadded URL-safe base64. The key id is
//! what [`Key::id`] tells, the wrapped key is a nonce and the encrypted data key with its tag. The part before the first
//! dot names the scheme. Values of the scheme before, `v1.<nonce>.<ciphertext and tag>`, where the key-encryption key
//! itself encrypted the secret, still open; rewrapping makes them `v2`.

use std::fmt;

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit, Nonce};
use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

/// Bytes in a key.
pub const KEY_BYTES: usize = 32;

/// Bytes in a nonce (SP 800-38D §5.2.1.1 recommends 96 bits).
///
/// Random nonces are safe for 2³² values under one key (SP 800-38D §8.3), far more secrets than a deployment holds.
const NONCE_BYTES: usize = 12;

/// Bytes of fresh randomness that sealing takes: a data key and two nonces.
pub const FRESH_BYTES: usize = KEY_BYTES + 2 * NONCE_BYTES;

/// The longest secret that is sealed: an answer that shows a key once is the longest there is, and far below a database
/// row's limit of 2 MB.
pub const MAX_SECRET_BYTES: usize = 512 * 1024;

const V1: &str = "v1";
const V2: &str = "v2";

/// What a data key's wrapping is authenticated as, so that it is never mistaken for a secret.
const WRAPPING: &str = "v2 data key";

/// Keys are pasted by people: standard or URL-safe alphabet, padded or not.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Why a secret could not be sealed or opened.
///
/// A wrong tenant or purpose and a changed text are one answer: telling them apart helps only an attacker.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
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
    /// The key that wrapped it is not on the keyring.
    #[error("the secret was sealed with the vault key {id}, which is not configured; add it to VAULT_KEYS_OLD")]
    UnknownKey {
        /// The key's id.
        id: KeyId,
    },
    /// The text did not authenticate under its key, this tenant and purpose.
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

/// A key's public name: 8 characters, URL-safe base64.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyId(String);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A key-encryption key. Never printed.
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

    /// The key's name in what it sealed: 48 bits of a hash of it, which tells keys apart and reveals nothing of them.
    #[must_use]
    pub fn id(&self) -> KeyId {
        let mut digest = Sha256::new();
        digest.update(b"adroit vault key id");
        digest.update(self.0);
        let digest = digest.finalize();
        KeyId(URL_SAFE_NO_PAD.encode(digest.get(..6).unwrap_or_default()))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// The keys of a deployment: one seals, all open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyring {
    current: Key,
    old: Vec<Key>,
}

impl Keyring {
    /// A ring of the key that seals and those that only open.
    #[must_use]
    pub fn new(current: Key, old: Vec<Key>) -> Self {
        Self { current, old }
    }

    /// Reads a ring from base64: the current key, and the old ones separated by commas.
    ///
    /// # Errors
    /// [`VaultError::BadKey`] when one of them is not a key.
    pub fn from_base64(current: &str, old: &str) -> Result<Self, VaultError> {
        let old =
            old.split(',').filter(|text| !text.trim().is_empty()).map(Key::from_base64).collect::<Result<_, _>>()?;
        Ok(Self { current: Key::from_base64(current)?, old })
    }

    /// The current key's id.
    #[must_use]
    pub fn current_id(&self) -> KeyId {
        self.current.id()
    }

    fn all(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.current).chain(&self.old)
    }

    fn find(&self, id: &str) -> Result<&Key, VaultError> {
        self.all().find(|key| key.id().0 == id).ok_or_else(|| VaultError::UnknownKey { id: KeyId(id.to_owned()) })
    }
}

impl From<Key> for Keyring {
    fn from(current: Key) -> Self {
        Self::new(current, Vec::new())
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
    fn authenticated_data(&self, scheme: &str) -> Vec<u8> {
        let mut data = Vec::with_capacity(scheme.len() + 16 + self.tenant.len() + self.purpose.len());
        data.extend_from_slice(scheme.as_bytes());
        for part in [self.tenant, self.purpose] {
            data.extend_from_slice(&(part.len() as u64).to_be_bytes());
            data.extend_from_slice(part.as_bytes());
        }
        data
    }
}

/// Seals a secret into the text format above, under the ring's current key.
///
/// `fresh` must be fresh randomness for every call: a nonce used twice under one key reveals both plaintexts.
///
/// # Errors
/// [`VaultError::TooLong`] for a secret over [`MAX_SECRET_BYTES`].
pub fn seal(
    ring: &Keyring,
    fresh: [u8; FRESH_BYTES],
    context: Context<'_>,
    secret: &[u8],
) -> Result<String, VaultError> {
    if secret.len() > MAX_SECRET_BYTES {
        return Err(VaultError::TooLong { found: secret.len() });
    }
    let (data_key, nonces) = fresh.split_at(KEY_BYTES);
    let (wrapping, nonce) = nonces.split_at(NONCE_BYTES);
    let data_key = Key(data_key.try_into().map_err(|_| VaultError::BadKey)?);
    let ciphertext = encrypt(&data_key, nonce, &context.authenticated_data(V2), secret)?;
    let wrapped = wrap(&ring.current, wrapping, context, &data_key)?;
    Ok(v2(&ring.current.id(), &wrapped, &URL_SAFE_NO_PAD.encode(nonce), &URL_SAFE_NO_PAD.encode(ciphertext)))
}

/// Opens a sealed secret.
///
/// # Errors
/// [`VaultError::UnknownFormat`] when the text is not of a known format, [`VaultError::UnknownKey`] when the key that
/// wrapped it is not on the ring, [`VaultError::Refused`] when it does not authenticate under this context.
pub fn open(ring: &Keyring, context: Context<'_>, sealed: &str) -> Result<Vec<u8>, VaultError> {
    match parse(sealed)? {
        Sealed::V1 { nonce, ciphertext } => {
            // The first scheme does not say which key sealed it.
            let aad = context.authenticated_data(V1);
            let opened = ring.all().find_map(|key| decrypt(key, &nonce, &aad, &ciphertext).ok());
            opened.ok_or(VaultError::Refused)
        }
        Sealed::V2 { id, wrapped, nonce, ciphertext } => {
            let data_key = unwrap_key(ring.find(id)?, context, wrapped, sealed)?;
            let (nonce, ciphertext) = (decoded(nonce, sealed)?, decoded(ciphertext, sealed)?);
            decrypt(&data_key, &nonce, &context.authenticated_data(V2), &ciphertext)
        }
    }
}

/// Brings a sealed secret under the ring's current key; `None` when it is there already. A `v2` value keeps its
/// encrypted secret byte for byte, a `v1` value is opened and sealed anew.
///
/// `fresh` must be fresh randomness for every call.
///
/// # Errors
/// As [`open`].
pub fn rewrap(
    ring: &Keyring,
    fresh: [u8; FRESH_BYTES],
    context: Context<'_>,
    sealed: &str,
) -> Result<Option<String>, VaultError> {
    match parse(sealed)? {
        Sealed::V1 { .. } => seal(ring, fresh, context, &open(ring, context, sealed)?).map(Some),
        Sealed::V2 { id, .. } if ring.current.id().0 == id => Ok(None),
        Sealed::V2 { id, wrapped, nonce, ciphertext } => {
            let data_key = unwrap_key(ring.find(id)?, context, wrapped, sealed)?;
            let wrapping = fresh.get(KEY_BYTES..KEY_BYTES + NONCE_BYTES).unwrap_or_default();
            let wrapped = wrap(&ring.current, wrapping, context, &data_key)?;
            Ok(Some(v2(&ring.current.id(), &wrapped, nonce, ciphertext)))
        }
    }
}

/// A sealed text taken apart.
enum Sealed<'a> {
    V1 { nonce: Vec<u8>, ciphertext: Vec<u8> },
    V2 { id: &'a str, wrapped: &'a str, nonce: &'a str, ciphertext: &'a str },
}

fn parse(sealed: &str) -> Result<Sealed<'_>, VaultError> {
    let mut parts = sealed.split('.');
    match [parts.next(), parts.next(), parts.next(), parts.next(), parts.next(), parts.next()] {
        [Some(V1), Some(nonce), Some(ciphertext), None, ..] => {
            Ok(Sealed::V1 { nonce: decoded(nonce, sealed)?, ciphertext: decoded(ciphertext, sealed)? })
        }
        [Some(V2), Some(id), Some(wrapped), Some(nonce), Some(ciphertext), None] => {
            Ok(Sealed::V2 { id, wrapped, nonce, ciphertext })
        }
        _ => Err(unknown(sealed)),
    }
}

fn unknown(sealed: &str) -> VaultError {
    let mut found = [0; 4];
    for (slot, byte) in found.iter_mut().zip(sealed.bytes().take_while(|b| *b != b'.')) {
        *slot = byte;
    }
    VaultError::UnknownFormat { found }
}

fn decoded(part: &str, sealed: &str) -> Result<Vec<u8>, VaultError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| unknown(sealed))
}

fn v2(id: &KeyId, wrapped: &str, nonce: &str, ciphertext: &str) -> String {
    format!("{V2}.{id}.{wrapped}.{nonce}.{ciphertext}")
}

fn wrap(key: &Key, nonce: &[u8], context: Context<'_>, data_key: &Key) -> Result<String, VaultError> {
    let mut wrapped = nonce.to_vec();
    wrapped.extend(encrypt(key, nonce, &context.authenticated_data(WRAPPING), &data_key.0)?);
    Ok(URL_SAFE_NO_PAD.encode(wrapped))
}

fn unwrap_key(key: &Key, context: Context<'_>, wrapped: &str, sealed: &str) -> Result<Key, VaultError> {
    let wrapped = decoded(wrapped, sealed)?;
    let (nonce, ciphertext) = wrapped.split_at_checked(NONCE_BYTES).ok_or_else(|| unknown(sealed))?;
    let data_key = decrypt(key, nonce, &context.authenticated_data(WRAPPING), ciphertext)?;
    data_key.try_into().map(Key).map_err(|_| VaultError::Refused)
}

fn encrypt(key: &Key, nonce: &[u8], aad: &[u8], msg: &[u8]) -> Result<Vec<u8>, VaultError> {
    let nonce: [u8; NONCE_BYTES] = nonce.try_into().map_err(|_| VaultError::Refused)?;
    // The cipher refuses only what is longer than 64 GiB.
    Aes256Gcm::new(&key.0.into())
        .encrypt(&Nonce::from(nonce), Payload { msg, aad })
        .map_err(|_| VaultError::TooLong { found: msg.len() })
}

fn decrypt(key: &Key, nonce: &[u8], aad: &[u8], msg: &[u8]) -> Result<Vec<u8>, VaultError> {
    let nonce: [u8; NONCE_BYTES] = nonce.try_into().map_err(|_| VaultError::Refused)?;
    Aes256Gcm::new(&key.0.into()).decrypt(&Nonce::from(nonce), Payload { msg, aad }).map_err(|_| VaultError::Refused)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KEY: Key = Key([7; KEY_BYTES]);
    const OLD: Key = Key([8; KEY_BYTES]);
    const HOME: Context<'static> = Context { tenant: "acme", purpose: "site-secret/shop" };

    /// Both sealed by another implementation (OpenSSL, through Node): `v1` with a nonce of ones; `v2` with a data key of
    /// threes, a wrapping nonce of ones and a nonce of twos.
    const SEALED_V1: &str = "v1.AQEBAQEBAQEBAQEB.BYTqxfXLHSJMRRITFnhRG4f9RdgcPw";
    const SEALED_V2: &str = "v2.fQ8rqR7Y.AQEBAQEBAQEBAQEBdeKKtJO87w3S198iczRzMqv4F_cblDgQWzJAYWW3NbjjgYF0A1ewdMHAaQGBFf7c.AgICAgICAgICAgIC.MTMEohyJng9yVMGcULw_hzJkzIPc7g";

    fn ring() -> Keyring {
        KEY.into()
    }

    fn fresh() -> [u8; FRESH_BYTES] {
        let mut bytes = [3; FRESH_BYTES];
        bytes[KEY_BYTES..KEY_BYTES + NONCE_BYTES].fill(1);
        bytes[KEY_BYTES + NONCE_BYTES..].fill(2);
        bytes
    }

    #[test]
    fn the_stored_format_does_not_change() {
        // Rows in the database hold this; a change here needs a new version and a migration.
        assert_eq!(seal(&ring(), fresh(), HOME, b"secret").unwrap(), SEALED_V2);
        assert_eq!(open(&ring(), HOME, SEALED_V2).unwrap(), b"secret");
        assert_eq!(open(&ring(), HOME, SEALED_V1).unwrap(), b"secret");
    }

    #[test]
    fn a_changed_key_opens_what_the_old_one_sealed_and_rewraps_it() {
        let turned = Keyring::new(OLD, vec![KEY]);
        for sealed in [SEALED_V1, SEALED_V2] {
            assert_eq!(open(&turned, HOME, sealed).unwrap(), b"secret");
            let rewrapped = rewrap(&turned, fresh(), HOME, sealed).unwrap().unwrap();
            assert!(rewrapped.starts_with(&format!("v2.{}.", OLD.id())), "{rewrapped}");
            // Afterwards the old key is not needed.
            assert_eq!(open(&OLD.into(), HOME, &rewrapped).unwrap(), b"secret");
            assert_eq!(rewrap(&turned, fresh(), HOME, &rewrapped), Ok(None));
        }
    }

    #[test]
    fn rewrapping_leaves_the_encrypted_secret_as_it_is() {
        let turned = Keyring::new(OLD, vec![KEY]);
        let rewrapped = rewrap(&turned, [9; FRESH_BYTES], HOME, SEALED_V2).unwrap().unwrap();
        let payload = |sealed: &str| sealed.rsplitn(3, '.').take(2).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(payload(&rewrapped), payload(SEALED_V2));
        assert_ne!(rewrapped, SEALED_V2);
    }

    #[test]
    fn a_key_that_is_missing_is_named() {
        let error = open(&OLD.into(), HOME, SEALED_V2).unwrap_err();
        assert_eq!(error, VaultError::UnknownKey { id: KEY.id() });
        assert!(error.to_string().contains("VAULT_KEYS_OLD"), "{error}");
        assert_eq!(open(&OLD.into(), HOME, SEALED_V1), Err(VaultError::Refused));
    }

    #[test]
    fn a_keyring_reads_from_a_list() {
        let text = |key: &Key| URL_SAFE_NO_PAD.encode(key.0);
        let both = Keyring::from_base64(&text(&KEY), &format!(" {}, ", text(&OLD))).unwrap();
        assert_eq!(both, Keyring::new(KEY, vec![OLD]));
        assert_eq!(Keyring::from_base64(&text(&KEY), "").unwrap(), ring());
        assert_eq!(Keyring::from_base64(&text(&KEY), "x"), Err(VaultError::BadKey));
        assert_eq!(Keyring::from_base64("", &text(&KEY)), Err(VaultError::BadKey));
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
        assert_eq!(format!("{:?}", Keyring::new(KEY, vec![OLD])), "Keyring { current: Key(…), old: [Key(…)] }");
    }

    #[test]
    fn an_unknown_version_is_named() {
        let error = open(&ring(), HOME, "v9.a.b").unwrap_err();
        assert_eq!(error.to_string(), "the sealed secret is not in a known format, found version \"v9\"");
    }

    #[test]
    fn a_secret_over_the_limit_is_refused() {
        let long = vec![0; MAX_SECRET_BYTES + 1];
        let found = MAX_SECRET_BYTES + 1;
        assert_eq!(seal(&ring(), [0; FRESH_BYTES], HOME, &long), Err(VaultError::TooLong { found }));
    }

    fn fresh_bytes() -> impl Strategy<Value = [u8; FRESH_BYTES]> {
        proptest::collection::vec(any::<u8>(), FRESH_BYTES).prop_map(|bytes| bytes.try_into().unwrap())
    }

    proptest! {
        #[test]
        fn what_was_sealed_opens(
            key in any::<[u8; KEY_BYTES]>(), fresh in fresh_bytes(),
            tenant in ".{0,20}", purpose in ".{0,20}", secret in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let context = Context { tenant: &tenant, purpose: &purpose };
            let ring = Key::new(key).into();
            let sealed = seal(&ring, fresh, context, &secret).unwrap();
            prop_assert_eq!(open(&ring, context, &sealed).unwrap(), secret);
        }

        #[test]
        fn what_was_rewrapped_any_number_of_times_opens(
            keys in proptest::collection::vec(any::<[u8; KEY_BYTES]>(), 1..5), fresh in fresh_bytes(),
            secret in proptest::collection::vec(any::<u8>(), 0..60),
        ) {
            let mut ring: Keyring = KEY.into();
            let mut sealed = seal(&ring, fresh, HOME, &secret).unwrap();
            for key in keys {
                // Only the key before the current one is kept.
                ring = Keyring::new(Key::new(key), vec![ring.current]);
                sealed = rewrap(&ring, fresh, HOME, &sealed).unwrap().unwrap_or(sealed);
                prop_assert_eq!(open(&Keyring::from(ring.current.clone()), HOME, &sealed).unwrap(), secret.clone());
            }
        }

        #[test]
        fn another_context_or_key_does_not_open(
            fresh in fresh_bytes(), other_key in any::<[u8; KEY_BYTES]>(),
            tenant in "[a-z]{0,6}", purpose in "[a-z]{0,6}", other_tenant in "[a-z]{0,6}", other_purpose in "[a-z]{0,6}",
        ) {
            let context = Context { tenant: &tenant, purpose: &purpose };
            let other = Context { tenant: &other_tenant, purpose: &other_purpose };
            let sealed = seal(&ring(), fresh, context, b"secret").unwrap();
            prop_assert_eq!(open(&ring(), other, &sealed).is_ok(), context == other);
            prop_assert_eq!(rewrap(&Keyring::new(OLD, vec![KEY]), fresh, other, &sealed).is_ok(), context == other);
            prop_assert_eq!(open(&Key::new(other_key).into(), context, &sealed).is_ok(), Key::new(other_key) == KEY);
        }

        #[test]
        fn parts_of_two_secrets_do_not_open_together(fresh in fresh_bytes(), other in fresh_bytes()) {
            prop_assume!(fresh != other);
            let sealed = |fresh| seal(&ring(), fresh, HOME, b"secret").unwrap();
            let (one, two) = (sealed(fresh), sealed(other));
            let (one, two): (Vec<&str>, Vec<&str>) = (one.split('.').collect(), two.split('.').collect());
            let mixed = format!("v2.{}.{}.{}.{}", one[1], two[2], one[3], one[4]);
            prop_assert!(open(&ring(), HOME, &mixed).is_err() || fresh[..KEY_BYTES] == other[..KEY_BYTES]);
        }

        #[test]
        fn moving_letters_between_tenant_and_purpose_does_not_open(joined in "[a-z]{2,12}", cut in 0usize..12, other in 0usize..12) {
            let (cut, other) = (cut % joined.len(), other % joined.len());
            prop_assume!(cut != other);
            let at = |at: usize| joined.split_at(at);
            let (tenant, purpose) = at(cut);
            let sealed = seal(&ring(), [0; FRESH_BYTES], Context { tenant, purpose }, b"secret").unwrap();
            let (tenant, purpose) = at(other);
            prop_assert_eq!(open(&ring(), Context { tenant, purpose }, &sealed), Err(VaultError::Refused));
        }

        #[test]
        fn a_changed_text_does_not_open(secret in proptest::collection::vec(any::<u8>(), 0..60), at in any::<prop::sample::Index>(), with in "[A-Za-z0-9_.-]") {
            let sealed = seal(&ring(), fresh(), HOME, &secret).unwrap();
            let at = at.index(sealed.len());
            let mut tampered = sealed.clone();
            tampered.replace_range(at..=at, &with);
            prop_assume!(tampered != sealed);
            prop_assert!(open(&ring(), HOME, &tampered).is_err());
        }

        #[test]
        fn any_text_is_answered(text in ".{0,80}") {
            prop_assert!(open(&ring(), HOME, &text).is_err());
            prop_assert!(rewrap(&ring(), fresh(), HOME, &text).is_err());
        }
    }
}
