//! The normal form of a question, and its hash: what differs only in case, blanks, width of characters or the mark at
//! its end is one question.

use sha2::{Digest as _, Sha256};
use unicode_normalization::UnicodeNormalization as _;

/// Longest question, characters of the normal form.
pub const MAX_QUESTION: usize = 500;

/// The normal form: Unicode NFKC, lower case, plain apostrophes, quotes and dashes, single blanks, no `?`, `!` or `.`
/// at the end.
#[must_use]
pub fn normalise(question: &str) -> String {
    let folded: String = question
        .nfkc()
        .flat_map(char::to_lowercase)
        .filter(|char| !matches!(char, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}'))
        .map(|char| match char {
            '\u{2018}' | '\u{2019}' | '\u{201a}' | '`' => '\'',
            '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{ab}' | '\u{bb}' => '"',
            '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
            char if char.is_whitespace() || char.is_control() => ' ',
            char => char,
        })
        .collect();
    // Lower case can undo the composition of a few letters.
    let folded: String = folded.nfkc().collect();
    let words: Vec<&str> = folded.split(' ').filter(|word| !word.is_empty()).collect();
    words.join(" ").trim_end_matches(['?', '!', '.', ' ']).to_owned()
}

/// SHA-256 of a normal form, hexadecimal.
#[must_use]
pub fn hash(normal: &str) -> String {
    hex::encode(Sha256::digest(normal.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_people_type_differently_is_one_question() {
        let one = normalise("What is the total revenue in the last 30 days?");
        for other in [
            "what is the TOTAL revenue in the last 30 days",
            "  What   is the\ttotal revenue\nin the last 30 days ?! ",
            "Ｗhat is the total revenue in the last 30 days？",
            "What\u{a0}is the total reve\u{ad}nue in the last 30 days...",
        ] {
            assert_eq!(normalise(other), one, "{other}");
            assert_eq!(hash(&normalise(other)), hash(&one));
        }
        assert_ne!(hash(&normalise("What is the total revenue in the last 31 days?")), hash(&one));
        assert_eq!(normalise("campaign “Spring—Sale”"), "campaign \"spring-sale\"");
    }

    proptest! {
        #[test]
        fn normalising_twice_changes_nothing(text in "\\PC{0,60}") {
            let once = normalise(&text);
            prop_assert_eq!(normalise(&once), once);
        }
    }
}
