//! `Adroit-Signature: t=<unix seconds>,v1=<hex hmac-sha256 of "t.body">`: proof that a server knows the site's secret.

use hmac::{Hmac, Mac};
use sha2::Sha256;

/// Name of the header.
pub const HEADER: &str = "Adroit-Signature";
/// Seconds a signature's time may differ from ours, either way; bounds how long a captured request can be replayed.
pub const TOLERANCE_S: i64 = 300;

/// Why a signature was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The header is not of the form `t=…,v1=…`.
    Malformed,
    /// Its time is more than [`TOLERANCE_S`] from ours.
    Expired,
    /// No `v1` value matches the body under the site's secret.
    Mismatch,
}

impl Refusal {
    /// A sentence for the sender.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Malformed => "the signature must have the form t=<unix seconds>,v1=<hex>",
            Self::Expired => "the signature's time is more than 5 minutes from ours: sign again, and check the clock",
            Self::Mismatch => {
                "the signature does not match the body: check the site's secret and sign the exact bytes sent"
            }
        }
    }
}

/// The header's value for `body` at `unix_s` (seconds).
#[must_use]
pub fn sign(secret: &[u8], unix_s: i64, body: &[u8]) -> String {
    let mut header = format!("t={unix_s},v1=");
    for byte in mac(secret, unix_s, body).finalize().into_bytes() {
        for nibble in [byte >> 4, byte & 15] {
            header.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
        }
    }
    header
}

/// Checks a header against the exact bytes of the body. Several `v1` values are allowed, so that a secret can be
/// rotated; each comparison takes constant time.
///
/// # Errors
/// [`Refusal`] says which of form, time or value was wrong.
pub fn verify(secret: &[u8], header: &str, body: &[u8], now_ms: i64) -> Result<(), Refusal> {
    let mut unix_s = None;
    let mut candidates = Vec::new();
    for part in header.split(',') {
        match part.trim().split_once('=') {
            Some(("t", t)) => unix_s = t.parse::<i64>().ok(),
            Some(("v1", hex)) => candidates.push(decode_hex(hex).ok_or(Refusal::Malformed)?),
            _ => {}
        }
    }
    let unix_s = unix_s.ok_or(Refusal::Malformed)?;
    if candidates.is_empty() {
        return Err(Refusal::Malformed);
    }
    if now_ms.div_euclid(1000).abs_diff(unix_s) > TOLERANCE_S.unsigned_abs() {
        return Err(Refusal::Expired);
    }
    let mac = mac(secret, unix_s, body);
    let matched = candidates.iter().any(|candidate| mac.clone().verify_slice(candidate).is_ok());
    if matched { Ok(()) } else { Err(Refusal::Mismatch) }
}

fn mac(secret: &[u8], unix_s: i64, body: &[u8]) -> Hmac<Sha256> {
    // HMAC takes a key of any length; the fallback is unreachable and its MAC matches nothing a sender could make.
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap_or_else(|_| Hmac::new(&Default::default()));
    mac.update(unix_s.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    mac
}

fn decode_hex(text: &str) -> Option<Vec<u8>> {
    let nibbles: Option<Vec<u8>> = text.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect();
    let nibbles = nibbles?;
    if nibbles.len() % 2 != 0 {
        return None;
    }
    Some(nibbles.chunks_exact(2).map(|pair| pair.iter().fold(0, |byte, nibble| (byte << 4) | nibble)).collect())
}

#[cfg(test)]
mod tests {
    use super::{Refusal, sign, verify};

    const NOW: i64 = 1_790_000_000_000;

    #[test]
    fn a_signature_of_the_same_bytes_within_five_minutes_is_accepted() {
        let header = sign(b"secret", NOW / 1000 - 300, b"{}");
        assert_eq!(verify(b"secret", &header, b"{}", NOW), Ok(()));
    }

    #[test]
    fn the_value_is_hmac_sha256_of_time_dot_body() {
        // printf '1790000000.{"event":"purchase"}' | openssl dgst -sha256 -hmac demo-site-secret
        let header = sign(b"demo-site-secret", 1_790_000_000, br#"{"event":"purchase"}"#);
        assert_eq!(header, "t=1790000000,v1=01608a255d6fe0b13178eb5670f48342e25ccd987b552358c00d768006ef2507");
    }

    #[test]
    fn every_way_to_be_wrong_has_its_name() {
        let good = sign(b"secret", NOW / 1000, b"{}");
        assert_eq!(verify(b"other", &good, b"{}", NOW), Err(Refusal::Mismatch));
        assert_eq!(verify(b"secret", &good, b"{ }", NOW), Err(Refusal::Mismatch));
        assert_eq!(verify(b"secret", &good, b"{}", NOW + 301_000), Err(Refusal::Expired));
        assert_eq!(verify(b"secret", &good, b"{}", NOW - 301_000), Err(Refusal::Expired));
        for header in ["", "v1=00", "t=1", "t=x,v1=00", "t=1790000000,v1=zz", "t=1790000000,v1=0"] {
            assert_eq!(verify(b"secret", header, b"{}", NOW), Err(Refusal::Malformed), "{header}");
        }
    }

    #[test]
    fn one_matching_value_among_several_is_enough() {
        let old = sign(b"old", NOW / 1000, b"{}");
        let new = sign(b"new", NOW / 1000, b"{}");
        let both = format!("{old},{}", new.split_once(',').unwrap().1);
        assert_eq!(verify(b"new", &both, b"{}", NOW), Ok(()));
    }
}
