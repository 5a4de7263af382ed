//! Channel grouping: the table of rules that turns (source, medium, campaign) into a channel.
//!
//! The names and the order follow Google Analytics 4's default channel group (support.google.com/analytics/answer/9756891),
//! because that is what marketers compare with; "AI Assistants" is ours. Rules are tried from the top, the first match wins.

use crate::source::{self, Kind};

/// The last rule: nothing matched.
pub const UNASSIGNED: &str = "Unassigned";
/// The channel of a visit with no signal at all.
pub const DIRECT: &str = "Direct";
/// Source of a direct touch.
pub const DIRECT_SOURCE: &str = "direct";
/// Medium of a direct touch.
pub const DIRECT_MEDIUM: &str = "none";

/// One row of the table: a channel and what must hold of a touch for it.
pub struct Rule {
    /// Channel name shown to people.
    pub channel: &'static str,
    /// The condition in words, for the documentation and the site.
    pub when: &'static str,
    matches: fn(&Touch<'_>) -> bool,
}

/// What a rule may look at; all normalised.
#[derive(Debug, Clone, Copy)]
pub struct Touch<'a> {
    /// Normalised source.
    pub source: &'a str,
    /// Normalised medium.
    pub medium: &'a str,
    /// Campaign as sent.
    pub campaign: &'a str,
}

impl Touch<'_> {
    fn kind(&self) -> Option<Kind> {
        source::known(self.source).map(|source| source.kind)
    }

    fn is(&self, kind: Kind) -> bool {
        self.kind() == Some(kind)
    }

    /// GA4: medium matches `^(.*cp.*|ppc|retargeting|paid.*)$`.
    fn paid(&self) -> bool {
        self.medium.contains("cp") || self.medium == "retargeting" || self.medium.starts_with("paid")
    }

    fn medium_is(&self, media: &[&str]) -> bool {
        media.contains(&self.medium)
    }

    fn shopping_campaign(&self) -> bool {
        self.campaign
            .to_lowercase()
            .split(|c: char| !c.is_alphanumeric())
            .any(|word| word == "shop" || word == "shopping")
    }
}

macro_rules! rule {
    ($channel:literal, $when:literal, $matches:expr) => {
        Rule { channel: $channel, when: $when, matches: $matches }
    };
}

/// The table.
pub const RULES: [Rule; 20] = [
    rule!("Direct", "no source, or source direct with no medium", |t| t.source.is_empty()
        || (t.source == DIRECT_SOURCE && t.medium_is(&["", "none"]))),
    rule!("Cross-network", "campaign contains cross-network or performance max", |t| {
        let c = t.campaign.to_lowercase();
        c.contains("cross-network") || c.contains("performance max") || c.contains("pmax")
    }),
    rule!("AI Assistants", "source is an AI assistant", |t| t.is(Kind::Assistant)),
    rule!("Paid Shopping", "a shopping source or campaign, and a paid medium", |t| t.paid()
        && (t.is(Kind::Shopping) || t.shopping_campaign())),
    rule!("Paid Search", "a search engine and a paid medium", |t| t.paid() && t.is(Kind::Search)),
    rule!("Paid Social", "a social network and a paid medium, or medium paid-social", |t| t.medium == "paid-social"
        || (t.paid() && t.is(Kind::Social))),
    rule!("Paid Video", "a video platform and a paid medium", |t| t.paid() && t.is(Kind::Video)),
    rule!("Display", "medium display", |t| t.medium_is(&["display"])),
    rule!("Paid Other", "any other source with a paid medium", |t| t.paid()),
    rule!("Email", "medium email, or a mailing system", |t| t.medium == "email"
        || t.source == "email"
        || t.is(Kind::Email)),
    rule!("Affiliates", "medium affiliate", |t| t.medium == "affiliate"),
    rule!("SMS", "source or medium sms", |t| t.source == "sms" || t.medium == "sms"),
    rule!("Mobile Push", "medium push, or one that ends in push", |t| t.medium.ends_with("push")
        || t.source == "firebase"),
    rule!("Audio", "medium audio or podcast", |t| t.medium_is(&["audio", "podcast"])),
    rule!("Organic Shopping", "a shopping source or campaign", |t| t.is(Kind::Shopping) || t.shopping_campaign()),
    rule!("Organic Social", "a social network, or medium social", |t| t.is(Kind::Social) || t.medium == "social"),
    rule!("Organic Video", "a video platform, or medium video", |t| t.is(Kind::Video) || t.medium.contains("video")),
    rule!("Organic Search", "a search engine, or medium organic", |t| t.is(Kind::Search) || t.medium == "organic"),
    rule!("Referral", "medium referral", |t| t.medium_is(&["referral", "app"])),
    rule!("Unassigned", "anything else", |_| true),
];

/// The channel of a touch.
#[must_use]
pub fn group(touch: &Touch<'_>) -> &'static str {
    RULES.iter().find(|rule| (rule.matches)(touch)).map_or(UNASSIGNED, |rule| rule.channel)
}

#[cfg(test)]
mod tests {
    use super::{RULES, Touch, group};

    #[test]
    fn each_channel_is_reached_by_what_marketers_tag() {
        for (source, medium, campaign, channel) in [
            ("", "", "", "Direct"),
            ("direct", "none", "", "Direct"),
            ("google", "cpc", "PMax Spring", "Cross-network"),
            ("chatgpt", "referral", "", "AI Assistants"),
            ("google", "cpc", "Shopping DE", "Paid Shopping"),
            ("google", "cpc", "brand", "Paid Search"),
            ("bing", "cpc", "", "Paid Search"),
            ("facebook", "cpc", "", "Paid Social"),
            ("facebook", "paid-social", "", "Paid Social"),
            ("influencer", "paid-social", "", "Paid Social"),
            ("youtube", "cpv", "", "Paid Video"),
            ("youtube", "paid", "", "Paid Video"),
            ("criteo", "display", "", "Display"),
            ("criteo", "retargeting", "", "Paid Other"),
            ("newsletter", "email", "spring", "Email"),
            ("klaviyo", "flow", "", "Email"),
            ("awin", "affiliate", "", "Affiliates"),
            ("attentive", "sms", "", "SMS"),
            ("app", "push", "", "Mobile Push"),
            ("spotify", "podcast", "", "Audio"),
            ("etsy", "referral", "", "Organic Shopping"),
            ("instagram", "social", "", "Organic Social"),
            ("facebook", "referral", "", "Organic Social"),
            ("vimeo", "referral", "", "Organic Video"),
            ("google", "organic", "", "Organic Search"),
            ("ecosia", "organic", "", "Organic Search"),
            ("blog.example.org", "referral", "", "Referral"),
            ("flyer", "print", "", "Unassigned"),
        ] {
            assert_eq!(group(&Touch { source, medium, campaign }), channel, "{source} / {medium} / {campaign}");
        }
    }

    #[test]
    fn every_rule_says_when_it_applies() {
        assert!(RULES.iter().all(|rule| !rule.when.is_empty()));
    }
}
