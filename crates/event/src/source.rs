//! Names of sources and media: aliases folded into one spelling, and what a referring host is.

/// What kind of place a source is; decides the medium where none was named, and the channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A search engine.
    Search,
    /// A social network.
    Social,
    /// A video platform.
    Video,
    /// A marketplace or price comparison.
    Shopping,
    /// A mailbox or mailing system.
    Email,
    /// An AI assistant.
    Assistant,
}

/// A known source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// The one spelling that is stored.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// Other spellings people write into `utm_source`, lower-case.
    pub aliases: &'static [&'static str],
    /// Domains it refers from; a host matches when it is one of these or ends in `.` and one of these. A domain
    /// ending in `.` stands for all its country endings.
    pub domains: &'static [&'static str],
}

const fn source(
    name: &'static str,
    kind: Kind,
    aliases: &'static [&'static str],
    domains: &'static [&'static str],
) -> Source {
    Source { name, kind, aliases, domains }
}

/// The known sources. A domain that several could claim goes to the first: mail and video hosts stand before the
/// search engine that owns them.
pub const SOURCES: [Source; 48] = [
    source("gmail", Kind::Email, &[], &["mail.google.com", "com.google.android.gm"]),
    source("outlook", Kind::Email, &["hotmail"], &["outlook.live.com", "outlook.office.com", "outlook.com"]),
    source("yahoo mail", Kind::Email, &[], &["mail.yahoo.com"]),
    source("klaviyo", Kind::Email, &[], &["klaviyomail.com", "klclick.com", "trk.klclick.com"]),
    source("mailchimp", Kind::Email, &[], &["list-manage.com", "mailchi.mp"]),
    source("gemini", Kind::Assistant, &["gemini.google.com", "bard"], &["gemini.google.com", "bard.google.com"]),
    source(
        "chatgpt",
        Kind::Assistant,
        &["chatgpt.com", "openai", "chat.openai.com"],
        &["chatgpt.com", "chat.openai.com"],
    ),
    source("perplexity", Kind::Assistant, &["perplexity.ai"], &["perplexity.ai"]),
    source("claude", Kind::Assistant, &["claude.ai"], &["claude.ai"]),
    source("copilot", Kind::Assistant, &["copilot.microsoft.com"], &["copilot.microsoft.com"]),
    source("deepseek", Kind::Assistant, &[], &["chat.deepseek.com"]),
    source("grok", Kind::Assistant, &[], &["grok.com"]),
    source("mistral", Kind::Assistant, &[], &["chat.mistral.ai"]),
    source("youtube", Kind::Video, &["yt", "youtube.com"], &["youtube.com", "youtu.be"]),
    source("vimeo", Kind::Video, &["vimeo.com"], &["vimeo.com"]),
    source("twitch", Kind::Video, &["twitch.tv"], &["twitch.tv"]),
    source(
        "google shopping",
        Kind::Shopping,
        &["google_shopping", "googleshopping", "shopping.google.com"],
        &["shopping.google.com"],
    ),
    source("amazon", Kind::Shopping, &["amazon.com"], &["amazon."]),
    source("ebay", Kind::Shopping, &["ebay.com"], &["ebay."]),
    source("etsy", Kind::Shopping, &["etsy.com"], &["etsy.com"]),
    source("idealo", Kind::Shopping, &["idealo.de"], &["idealo."]),
    source(
        "google",
        Kind::Search,
        &["google.com", "googleads", "google ads", "google-ads", "google_ads", "adwords"],
        &["google.", "com.google.android.googlequicksearchbox", "syndicatedsearch.goog"],
    ),
    source("bing", Kind::Search, &["bing.com", "microsoft", "bingads", "microsoft ads"], &["bing.com"]),
    source("yahoo", Kind::Search, &["yahoo.com"], &["search.yahoo.com", "yahoo.com", "yahoo.co.jp"]),
    source("duckduckgo", Kind::Search, &["ddg", "duckduckgo.com"], &["duckduckgo.com"]),
    source("ecosia", Kind::Search, &["ecosia.org"], &["ecosia.org"]),
    source("yandex", Kind::Search, &["yandex.ru"], &["yandex.", "ya.ru"]),
    source("baidu", Kind::Search, &["baidu.com"], &["baidu.com"]),
    source("naver", Kind::Search, &["naver.com"], &["search.naver.com", "naver.com"]),
    source("seznam", Kind::Search, &["seznam.cz"], &["seznam.cz"]),
    source("brave", Kind::Search, &["search.brave.com"], &["search.brave.com"]),
    source("startpage", Kind::Search, &["startpage.com"], &["startpage.com"]),
    source("qwant", Kind::Search, &["qwant.com"], &["qwant.com"]),
    source(
        "facebook",
        Kind::Social,
        &[
            "fb",
            "facebook.com",
            "m.facebook.com",
            "l.facebook.com",
            "lm.facebook.com",
            "www.facebook.com",
            "meta",
            "facebookads",
            "facebook ads",
            "facebook_ads",
            "fb.com",
            "face book",
        ],
        &["facebook.com", "fb.com", "fb.me", "messenger.com"],
    ),
    source("instagram", Kind::Social, &["ig", "instagram.com", "l.instagram.com", "insta"], &["instagram.com"]),
    source("threads", Kind::Social, &["threads.net", "threads.com"], &["threads.net", "threads.com"]),
    source("whatsapp", Kind::Social, &["wa", "whatsapp.com"], &["whatsapp.com", "wa.me"]),
    source("tiktok", Kind::Social, &["tiktok.com", "tt", "tik tok", "tik-tok"], &["tiktok.com"]),
    source("twitter", Kind::Social, &["x", "x.com", "t.co", "twitter.com"], &["twitter.com", "t.co", "x.com"]),
    source("linkedin", Kind::Social, &["li", "linkedin.com", "lnkd.in"], &["linkedin.com", "lnkd.in"]),
    source("pinterest", Kind::Social, &["pin", "pinterest.com"], &["pinterest.", "pin.it"]),
    source("reddit", Kind::Social, &["reddit.com"], &["reddit.com", "redd.it"]),
    source("snapchat", Kind::Social, &["snap", "sc", "snapchat.com"], &["snapchat.com"]),
    source("telegram", Kind::Social, &["telegram.org", "t.me"], &["telegram.org", "t.me"]),
    source("bluesky", Kind::Social, &["bsky", "bsky.app"], &["bsky.app"]),
    source("mastodon", Kind::Social, &[], &["mastodon.social"]),
    source("vk", Kind::Social, &["vk.com", "vkontakte"], &["vk.com"]),
    source("xing", Kind::Social, &["xing.com"], &["xing.com"]),
];

/// Media spelled in more than one way, folded into the first of each row.
const MEDIA: [(&str, &[&str]); 12] = [
    ("cpc", &["ppc", "paidsearch", "paid search", "paid-search", "paid_search", "sem", "cpc."]),
    ("paid-social", &["paidsocial", "paid social", "paid_social", "social_paid", "social-paid", "cpc_social"]),
    (
        "social",
        &[
            "social-media",
            "social media",
            "social_media",
            "social-network",
            "social network",
            "sm",
            "organic_social",
            "organic-social",
        ],
    ),
    ("email", &["e-mail", "e mail", "e_mail", "mail", "newsletter", "edm"]),
    ("organic", &["seo", "organic search", "organic-search", "organic_search"]),
    ("referral", &["link", "ref", "referrer"]),
    ("display", &["banner", "gdn", "programmatic", "expandable", "interstitial", "cpm"]),
    ("affiliate", &["affiliates", "aff", "partner"]),
    ("sms", &["text", "text message", "mms"]),
    ("push", &["web push", "webpush", "web-push", "notification", "mobile push", "mobile-push"]),
    ("video", &["paid video", "paid-video", "paid_video", "youtube ads"]),
    ("none", &["(none)", "(not set)", "direct"]),
];

/// A source as it is stored: trimmed, lower-case, scheme and `www.` removed, aliases folded.
#[must_use]
pub fn normalise(raw: &str) -> String {
    let lower = raw.to_lowercase();
    let mut bare = lower.as_str();
    // What one step lays bare may need the next again, as in `https://www./`.
    loop {
        let before = bare;
        bare = bare.trim().trim_end_matches('/');
        for prefix in ["https://", "http://", "www."] {
            bare = bare.strip_prefix(prefix).unwrap_or(bare);
        }
        if bare == before {
            break;
        }
    }
    if matches!(bare, "(direct)" | "(none)" | "(not set)" | "null" | "undefined") {
        return String::new();
    }
    known(bare).map_or_else(|| bare.to_owned(), |source| source.name.to_owned())
}

/// A medium as it is stored: trimmed, lower-case, aliases folded.
#[must_use]
pub fn normalise_medium(raw: &str) -> String {
    let lower = raw.trim().to_lowercase();
    if matches!(lower.as_str(), "null" | "undefined") {
        return String::new();
    }
    MEDIA.iter().find(|(_, aliases)| aliases.contains(&lower.as_str())).map_or(lower, |(name, _)| (*name).to_owned())
}

/// The known source of that (normalised or alias) name.
#[must_use]
pub fn known(name: &str) -> Option<&'static Source> {
    SOURCES.iter().find(|source| source.name == name || source.aliases.contains(&name)).or_else(|| {
        // `utm_source=m.facebook.com` and the like: a host in place of a name.
        name.contains('.').then(|| by_host(name)).flatten()
    })
}

/// The known source that refers from `host` (lower-case).
#[must_use]
pub fn by_host(host: &str) -> Option<&'static Source> {
    SOURCES.iter().find(|source| source.domains.iter().any(|domain| host_matches(host, domain)))
}

fn host_matches(host: &str, domain: &str) -> bool {
    if let Some(stem) = domain.strip_suffix('.') {
        // `google.`: google.de, www.google.co.uk; the stem must be a whole label.
        return host.match_indices(stem).any(|(start, _)| {
            let label_starts = start == 0 || host.get(..start).is_some_and(|before| before.ends_with('.'));
            let rest = host.get(start.saturating_add(stem.len())..).unwrap_or_default();
            // At most two labels may follow (`.de`, `.co.uk`), else `google.evil.example.org` would pass.
            label_starts && rest.starts_with('.') && rest.split('.').count() <= 3 && rest.len() <= 8
        });
    }
    host == domain || host.strip_suffix(domain).is_some_and(|before| before.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::{by_host, normalise, normalise_medium};
    use proptest::prelude::*;

    #[test]
    fn aliases_fold_into_one_spelling() {
        for alias in ["Facebook", "fb", "FACEBOOK.COM", " m.facebook.com ", "https://www.facebook.com/", "Meta"] {
            assert_eq!(normalise(alias), "facebook", "{alias}");
        }
        for (raw, stored) in
            [("x.com", "twitter"), ("IG", "instagram"), ("News Letter", "news letter"), ("(direct)", "")]
        {
            assert_eq!(normalise(raw), stored);
        }
    }

    #[test]
    fn media_fold_into_one_spelling() {
        for (raw, stored) in [
            ("PPC", "cpc"),
            ("e-mail", "email"),
            ("Paid Social", "paid-social"),
            ("(none)", "none"),
            ("Podcast", "podcast"),
        ] {
            assert_eq!(normalise_medium(raw), stored);
        }
    }

    #[test]
    fn a_referring_host_is_known_by_whole_labels() {
        let name = |host: &str| by_host(host).map(|source| source.name);
        assert_eq!(name("www.google.co.uk"), Some("google"));
        assert_eq!(name("google.de"), Some("google"));
        assert_eq!(name("mail.google.com"), Some("gmail"));
        assert_eq!(name("gemini.google.com"), Some("gemini"));
        assert_eq!(name("m.youtube.com"), Some("youtube"));
        assert_eq!(name("t.co"), Some("twitter"));
        assert_eq!(name("pinterest.co.uk"), Some("pinterest"));
        assert_eq!(name("notgoogle.de"), None);
        assert_eq!(name("google.evil-shop.org"), None);
        assert_eq!(name("mytwitter.com"), None);
    }

    proptest! {
        #[test]
        fn names_are_folded_once_and_for_all(raw in ".{0,40}") {
            let once = normalise(&raw);
            prop_assert_eq!(normalise(&once), once);
            let medium = normalise_medium(&raw);
            prop_assert_eq!(normalise_medium(&medium), medium);
        }
    }
}
