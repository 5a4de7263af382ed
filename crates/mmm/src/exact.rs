//! Numbers that cross a boundary bit for bit.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Numbers written as the 16 hexadecimal digits of their bits, one after the other: a decimal text read back may differ
/// in the last bit, and a fit that goes on from such a number is another fit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exact(pub Vec<f64>);

impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text: String = self.0.iter().map(|value| format!("{:016x}", value.to_bits())).collect();
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let number = |digits: &[u8]| {
            let digits = std::str::from_utf8(digits).ok().filter(|digits| digits.len() == 16)?;
            u64::from_str_radix(digits, 16).ok().map(f64::from_bits)
        };
        let numbers: Option<Vec<f64>> = text.as_bytes().chunks(16).map(number).collect();
        numbers.map(Self).ok_or_else(|| D::Error::custom("expected 16 hexadecimal digits a number"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_comes_back() {
        let numbers = Exact(vec![0.1 + 0.2, -0.0, 1e-310, f64::MAX, f64::NEG_INFINITY]);
        let text = serde_json::to_string(&numbers).unwrap();
        let back: Exact = serde_json::from_str(&text).unwrap();
        assert_eq!(back.0.map_bits(), numbers.0.map_bits());
    }

    #[test]
    fn half_a_number_is_refused() {
        assert!(serde_json::from_str::<Exact>("\"3fd\"").is_err());
        assert!(serde_json::from_str::<Exact>("\"zzzzzzzzzzzzzzzz\"").is_err());
    }

    trait Bits {
        fn map_bits(&self) -> Vec<u64>;
    }
    impl Bits for Vec<f64> {
        fn map_bits(&self) -> Vec<u64> {
            self.iter().map(|value| value.to_bits()).collect()
        }
    }
}
