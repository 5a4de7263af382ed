//! Password hashes: argon2id as PHC strings.
//!
//! The salt is an argument. Verification compares in constant time and reads its parameters from the stored hash, so
//! raising the parameters here leaves old passwords working.

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};

/// Memory in KiB, passes and lanes: the OWASP Password Storage Cheat Sheet's first recommendation for argon2id,
/// m = 19 MiB, t = 2, p = 1 (<https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html>).
/// One hash takes 19 MiB of a Worker's 128 MB, so a handful of sign-ins can run side by side.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Bytes of salt: what RFC 9106 §3.1 recommends for password hashing.
pub const SALT_BYTES: usize = 16;

/// The shortest new password, in characters (NIST SP 800-63B §5.1.1.1 asks for at least 8).
pub const MIN_CHARS: usize = 8;

/// The longest password, in bytes: far beyond any real one, and a bound on what a stranger can make us hash.
pub const MAX_BYTES: usize = 1024;

/// A hash of no password, so that a sign-in for an unknown address costs as much as a real one.
///
/// Its parameters are those above; its salt and output are zeros, which no password is known to produce.
pub const UNKNOWN_USER_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Why a password could not be hashed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Fewer than [`MIN_CHARS`] characters.
    #[error("the password has {found} characters, at least {MIN_CHARS} are needed")]
    TooShort {
        /// Its length in characters.
        found: usize,
    },
    /// More than [`MAX_BYTES`] bytes.
    #[error("the password has {found} bytes, at most {MAX_BYTES} are allowed")]
    TooLong {
        /// Its length in bytes.
        found: usize,
    },
    /// The hash function refused its input, which its fixed parameters rule out.
    #[error("the password could not be hashed: {0}")]
    Hash(String),
}

/// Hashes a new password into a PHC string.
///
/// # Errors
/// When the password is too short or too long.
pub fn hash(password: &str, salt: &[u8; SALT_BYTES]) -> Result<String, PasswordError> {
    let characters = password.chars().count();
    if characters < MIN_CHARS {
        return Err(PasswordError::TooShort { found: characters });
    }
    if password.len() > MAX_BYTES {
        return Err(PasswordError::TooLong { found: password.len() });
    }
    let failed = |error: &dyn std::fmt::Display| PasswordError::Hash(error.to_string());
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| failed(&error))?;
    let salt = SaltString::encode_b64(salt).map_err(|error| failed(&error))?;
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password(password.as_bytes(), &salt)
        .map(|hash| hash.to_string())
        .map_err(|error| failed(&error))
}

/// Whether this password made this hash. A hash that cannot be read matches nothing.
#[must_use]
pub fn verify(password: &str, stored: &str) -> bool {
    if password.len() > MAX_BYTES {
        return false;
    }
    PasswordHash::new(stored).is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_password_verifies_and_no_other() {
        let stored = hash("correct horse", &[3; SALT_BYTES]).unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(verify("correct horse", &stored));
        assert!(!verify("correct horse ", &stored));
        assert!(!verify("", &stored));
    }

    #[test]
    fn a_salt_makes_another_hash_of_the_same_password() {
        let one = hash("correct horse", &[1; SALT_BYTES]).unwrap();
        let two = hash("correct horse", &[2; SALT_BYTES]).unwrap();
        assert_ne!(one, two);
    }

    #[test]
    fn a_hash_of_the_reference_implementation_verifies() {
        // The argon2 command line: echo -n password | argon2 somesalt -id -t 2 -k 65536 -p 1 -l 24 (its README, as
        // a PHC string for version 1.3 and argon2id).
        let stored = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
        assert!(verify("password", stored));
        assert!(!verify("Password", stored));
    }

    #[test]
    fn the_hash_of_nobody_is_readable_and_matches_nothing() {
        assert!(PasswordHash::new(UNKNOWN_USER_HASH).is_ok());
        assert!(!verify("", UNKNOWN_USER_HASH));
        assert!(!verify("adroit-demo", UNKNOWN_USER_HASH));
    }

    #[test]
    fn a_broken_stored_hash_matches_nothing() {
        for stored in ["", "plain", "$argon2id$", "$argon2id$v=19$m=1,t=1,p=1$AAAA$AAAA"] {
            assert!(!verify("plain", stored), "{stored:?}");
        }
    }

    #[test]
    fn lengths_are_bounded() {
        assert_eq!(hash("seven77", &[0; SALT_BYTES]), Err(PasswordError::TooShort { found: 7 }));
        let long = "x".repeat(MAX_BYTES + 1);
        assert_eq!(hash(&long, &[0; SALT_BYTES]), Err(PasswordError::TooLong { found: MAX_BYTES + 1 }));
        assert!(!verify(&long, UNKNOWN_USER_HASH));
    }
}
