//! Identifiers made from a clock reading and random bytes that the caller passes in.

use uuid::Builder;

/// A UUIDv7 (RFC 9562 §5.7): sortable by `now_ms` (UTC ms), otherwise made of `random`.
#[must_use]
pub fn uuid_v7(now_ms: i64, random: [u8; 10]) -> String {
    let ms = u64::try_from(now_ms).unwrap_or(0);
    Builder::from_unix_timestamp_millis(ms, &random).into_uuid().hyphenated().to_string()
}

#[cfg(test)]
mod tests {
    use super::uuid_v7;

    #[test]
    fn later_ids_sort_later_and_carry_version_7() {
        let a = uuid_v7(1_700_000_000_000, [0xff; 10]);
        let b = uuid_v7(1_700_000_000_001, [0; 10]);
        assert!(a < b);
        assert_eq!(a.as_bytes()[14], b'7');
        assert_eq!(a, "018bcfe5-6800-7fff-bfff-ffffffffffff");
    }
}
