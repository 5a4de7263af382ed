//! What a channel takes of a creative: how many lines, how long. The numbers are for writing copy that fits; whether a
//! campaign may go out is judged by the provider's own preflight.

use campaign::ChannelType;

/// A channel's limits. Lengths in characters; `0` for a part the channel does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Least and most headlines.
    pub headlines: (usize, usize),
    /// Longest headline.
    pub headline: usize,
    /// Least and most descriptions.
    pub descriptions: (usize, usize),
    /// Longest description.
    pub description: usize,
    /// Longest text above a social ad.
    pub primary_text: usize,
    /// Longest e-mail subject.
    pub subject: usize,
    /// Longest preview line.
    pub preview_text: usize,
    /// Whether wide characters (Chinese, Japanese, Korean) count double.
    pub wide_counts_double: bool,
    /// Where the numbers come from.
    pub source: &'static str,
}

/// The limits of a channel.
#[must_use]
pub const fn of(channel: ChannelType) -> Limits {
    match channel {
        // Responsive search ads: Google Ads API `ResponsiveSearchAdInfo` and its help page on text limits.
        ChannelType::GoogleAds => Limits {
            headlines: (3, 15),
            headline: 30,
            descriptions: (2, 4),
            description: 90,
            primary_text: 0,
            subject: 0,
            preview_text: 0,
            wide_counts_double: true,
            source: "https://support.google.com/google-ads/answer/7684791",
        },
        // Feed placements: what is shown before it is cut off.
        ChannelType::Meta => Limits {
            headlines: (1, 1),
            headline: 40,
            descriptions: (1, 1),
            description: 27,
            primary_text: 125,
            subject: 0,
            preview_text: 0,
            wide_counts_double: false,
            source: "https://www.facebook.com/business/ads-guide",
        },
        ChannelType::Sandbox => Limits {
            headlines: (1, 1),
            headline: 40,
            descriptions: (1, 1),
            description: 90,
            primary_text: 125,
            subject: 0,
            preview_text: 0,
            wide_counts_double: false,
            source: "the practice provider's own rules",
        },
        // What common inboxes show of a subject and of the line beside it.
        ChannelType::Klaviyo => Limits {
            headlines: (1, 1),
            headline: 60,
            descriptions: (0, 0),
            description: 0,
            primary_text: 0,
            subject: 60,
            preview_text: 90,
            wide_counts_double: false,
            source: "https://help.klaviyo.com/hc/en-us/articles/115005248128",
        },
    }
}

/// How long a text counts as.
#[must_use]
pub fn length(text: &str, wide_counts_double: bool) -> usize {
    text.chars().map(|c| if wide_counts_double && is_wide(c) { 2 } else { 1 }).sum()
}

/// Scripts that take two columns: Hangul, kana, CJK ideographs and full-width forms.
fn is_wide(c: char) -> bool {
    matches!(u32::from(c), 0x1100..=0x115F | 0x2E80..=0xA4CF | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF | 0xFE30..=0xFE4F | 0xFF00..=0xFF60 | 0xFFE0..=0xFFE6 | 0x20000..=0x3FFFD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_count_double_only_where_they_do() {
        assert_eq!((length("靴下 a", true), length("靴下 a", false)), (6, 4));
    }
}
