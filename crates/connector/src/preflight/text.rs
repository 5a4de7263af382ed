//! How long a text is to a provider, and what is in it.

/// How a provider counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Unicode characters.
    Characters,
    /// Google's: full-width characters (Chinese, Japanese, Korean) count two.
    Weighted,
    /// Bytes of UTF-8.
    Bytes,
}

/// The length of a text.
#[must_use]
pub fn length(text: &str, unit: Unit) -> usize {
    match unit {
        Unit::Characters => text.chars().count(),
        Unit::Weighted => text.chars().map(|c| if is_wide(c) { 2 } else { 1 }).sum(),
        Unit::Bytes => text.len(),
    }
}

/// East Asian wide and full-width characters (Unicode Standard Annex 11), by block.
fn is_wide(c: char) -> bool {
    matches!(u32::from(c),
        0x1100..=0x115F | 0x2E80..=0x303E | 0x3041..=0x33FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xA000..=0xA4CF
        | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF | 0xFE30..=0xFE4F | 0xFF00..=0xFF60 | 0xFFE0..=0xFFE6
        | 0x20000..=0x3FFFD)
}

/// Whether a text holds an emoji or pictograph.
#[must_use]
pub fn has_emoji(text: &str) -> bool {
    text.chars().any(|c| {
        matches!(u32::from(c), 0x1F000..=0x1FAFF | 0x2600..=0x27BF | 0x2B50 | 0x2B55 | 0xFE0F) && !is_decoration(c)
    })
}

/// Whether `!` or `?` stand side by side, or another mark of punctuation three times.
#[must_use]
pub fn has_repeated_punctuation(text: &str) -> bool {
    let mut run = 0_u32;
    let mut last = ' ';
    for c in text.chars() {
        run = if c == last || (matches!(c, '!' | '?') && matches!(last, '!' | '?')) { run + 1 } else { 1 };
        last = c;
        if (matches!(c, '!' | '?') && run >= 2) || (c.is_ascii_punctuation() && run >= 4) {
            return true;
        }
    }
    false
}

/// Whether bullets, stars or asterisks decorate a text.
#[must_use]
pub fn has_decoration(text: &str) -> bool {
    text.chars().any(is_decoration)
}

fn is_decoration(c: char) -> bool {
    matches!(c, '•' | '★' | '☆' | '►' | '▶' | '✓' | '✔' | '◆' | '●' | '*' | '→' | '»' | '~')
}

/// Whether a word is spelled out in dots: `F.L.O.W.E.R.S`. Abbreviations of up to three letters are not meant.
#[must_use]
pub fn has_dotted_letters(text: &str) -> bool {
    text.split_whitespace().any(|word| {
        let parts: Vec<&str> = word.split('.').filter(|part| !part.is_empty()).collect();
        parts.len() >= 4 && parts.iter().all(|part| part.chars().count() == 1)
    })
}

/// The words of a text in lower case: runs of letters and digits.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    text.to_lowercase()
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Whether `phrase` (words in lower case) stands in `words`, word by word.
#[must_use]
pub fn has_phrase(words: &[String], phrase: &str) -> bool {
    let phrase: Vec<&str> = phrase.split(' ').collect();
    words.windows(phrase.len()).any(|window| window.iter().zip(&phrase).all(|(word, wanted)| word == wanted))
}

/// What a reader sees of HTML: without tags, styles and scripts. Good enough to look for words in.
#[must_use]
pub fn of_html(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        text.push_str(rest.get(..start).unwrap_or_default());
        text.push(' ');
        let tag = rest.get(start..).unwrap_or_default();
        let lower: String = tag.chars().take(8).collect::<String>().to_lowercase();
        let end = ["style", "script"]
            .iter()
            .find(|name| lower.starts_with(&format!("<{name}")))
            .and_then(|name| tag.to_lowercase().find(&format!("</{name}")));
        let tag = end.and_then(|end| tag.get(end..)).unwrap_or(tag);
        rest = tag.find('>').and_then(|end| tag.get(end + 1..)).unwrap_or_default();
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_width_characters_count_two_at_google() {
        assert_eq!(length("新鮮なコーヒー豆", Unit::Weighted), 16);
        assert_eq!(length("커피", Unit::Weighted), 4);
        assert_eq!(length("Kaffee für dich", Unit::Weighted), 15);
        assert_eq!(length("新鮮", Unit::Characters), 2);
        assert_eq!(length("é", Unit::Bytes), 2);
    }

    #[test]
    fn gimmicks_are_seen_and_ordinary_writing_is_not() {
        assert!(has_repeated_punctuation("Flowers!!"));
        assert!(has_repeated_punctuation("Really?!"));
        assert!(!has_repeated_punctuation("Wait... what?"));
        assert!(!has_repeated_punctuation("Fresh! Today!"));
        assert!(has_dotted_letters("F.L.O.W.E.R.S here"));
        assert!(!has_dotted_letters("Made in the U.S.A. today"));
        assert!(has_emoji("Fresh ☕"));
        assert!(has_emoji("Go 🚀"));
        assert!(!has_emoji("Crème brûlée – 5 €"));
        assert!(has_decoration("★ Best beans"));
        assert!(!has_decoration("Best beans & more - 20% off"));
    }

    #[test]
    fn phrases_match_whole_words_only() {
        let words = words("Click HERE, now: secures nothing");
        assert!(has_phrase(&words, "click here"));
        assert!(!has_phrase(&words, "cures"));
        assert!(!has_phrase(&words, "here click"));
    }

    #[test]
    fn html_is_read_as_text() {
        let html = "<style>p{color:red}</style><p>It <b>cures</b> nothing</p><script>x<1</script> end <br";
        assert_eq!(of_html(html).split_whitespace().collect::<Vec<_>>(), ["It", "cures", "nothing", "end"]);
    }
}
