//! Click ids that ad platforms append to landing URLs, and what each one proves about the click.

/// A platform's click id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClickId {
    /// Query parameter, compared without regard to case.
    pub parameter: &'static str,
    /// Source it implies when none is named.
    pub source: &'static str,
    /// Medium it implies when none is named.
    pub medium: &'static str,
}

/// Every click id that is recognised, strongest first: where a URL carries several, the first here wins.
///
/// Parameters as the platforms document them. `fbclid` and `twclid` are appended to unpaid links too, so they imply
/// `social`, not `paid-social`; `_kx` is Klaviyo's e-mail and SMS link id.
pub const CLICK_IDS: [ClickId; 12] = [
    ClickId { parameter: "gclid", source: "google", medium: "cpc" },
    ClickId { parameter: "gbraid", source: "google", medium: "cpc" },
    ClickId { parameter: "wbraid", source: "google", medium: "cpc" },
    ClickId { parameter: "msclkid", source: "bing", medium: "cpc" },
    ClickId { parameter: "ttclid", source: "tiktok", medium: "paid-social" },
    ClickId { parameter: "li_fat_id", source: "linkedin", medium: "paid-social" },
    ClickId { parameter: "rdt_cid", source: "reddit", medium: "paid-social" },
    ClickId { parameter: "epik", source: "pinterest", medium: "paid-social" },
    ClickId { parameter: "ScCid", source: "snapchat", medium: "paid-social" },
    ClickId { parameter: "_kx", source: "klaviyo", medium: "email" },
    ClickId { parameter: "twclid", source: "twitter", medium: "social" },
    ClickId { parameter: "fbclid", source: "facebook", medium: "social" },
];

/// The strongest click id among query pairs, with its value.
#[must_use]
pub fn find(pairs: &[(String, String)]) -> Option<(&'static ClickId, &str)> {
    CLICK_IDS.iter().find_map(|click| {
        let (_, value) =
            pairs.iter().find(|(key, value)| key.eq_ignore_ascii_case(click.parameter) && !value.is_empty())?;
        Some((click, value.as_str()))
    })
}
