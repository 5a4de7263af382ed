//! The rules, as data: what is measured, the limit, whether the provider refuses or only cuts off, and where each rule
//! comes from, with the date it was last looked up.

use super::text::Unit;
use campaign::ChannelType::{self, GoogleAds, Klaviyo, Meta, Sandbox};
use campaign::Severity::{self, Blocking, Warning};

/// Which text of an ad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Each headline.
    Headline,
    /// Each description.
    Description,
    /// The text above a social ad.
    PrimaryText,
    /// E-mail subject.
    Subject,
    /// The line beside the subject.
    PreviewText,
    /// E-mail body.
    Body,
}

/// A longest length.
#[derive(Clone, Copy, Debug)]
pub struct Longest {
    /// The rule's name.
    pub rule: &'static str,
    /// Whose rule.
    pub channel: ChannelType,
    /// Of what.
    pub part: Part,
    /// How it is counted.
    pub unit: Unit,
    /// At most.
    pub most: usize,
    /// [`Blocking`] where the provider refuses, [`Warning`] where it cuts off.
    pub severity: Severity,
    /// Where it is from, and when it was looked up.
    pub source: &'static str,
}

/// How many there have to be and may be.
#[derive(Clone, Copy, Debug)]
pub struct Count {
    /// The rule's name.
    pub rule: &'static str,
    /// Whose rule.
    pub channel: ChannelType,
    /// Of what.
    pub part: Part,
    /// At least.
    pub least: usize,
    /// At most.
    pub most: usize,
    /// What too many means; too few always blocks.
    pub too_many: Severity,
    /// Where it is from, and when it was looked up.
    pub source: &'static str,
}

/// Words that must not or should not be said.
#[derive(Clone, Copy, Debug)]
pub struct Phrases {
    /// The rule's name.
    pub rule: &'static str,
    /// Whose rule; empty for everybody's.
    pub channels: &'static [ChannelType],
    /// How grave.
    pub severity: Severity,
    /// In lower case, word by word.
    pub phrases: &'static [&'static str],
    /// Why, for a person.
    pub why: &'static str,
    /// Where it is from, and when it was looked up.
    pub source: &'static str,
}

/// An image format.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// For people: `1:1`.
    pub name: &'static str,
    /// Width over height.
    pub ratio: f64,
    /// Fewest pixels across.
    pub width: u32,
    /// Fewest pixels down.
    pub height: u32,
}

/// What images have to be.
#[derive(Clone, Copy, Debug)]
pub struct Images {
    /// Whose rule.
    pub channel: ChannelType,
    /// Media types taken.
    pub media_types: &'static [&'static str],
    /// Largest file, bytes.
    pub bytes: u64,
    /// Formats that fit.
    pub formats: &'static [Format],
    /// How far from a format's ratio is still that format, a fraction.
    pub tolerance: f64,
    /// Where it is from, and when it was looked up.
    pub source: &'static str,
}

const GOOGLE_RSA: &str =
    "Google Ads, responsive search ads: text limits; double-width languages have half (2026-11-20)";
const META_FEED: &str = "Meta ads guide, image ads in feed: recommended lengths, longer text is cut off (2026-11-20)";
const GOOGLE_EDITORIAL: &str = "Google Ads policies, editorial: style, punctuation and symbols (2026-11-20)";
const META_ATTRIBUTES: &str = "Meta advertising standards, privacy violations and personal attributes (2026-11-20)";
const HEALTH: &str = "Google Ads and Meta policies, unproven health claims (2026-11-20)";
const MONEY: &str = "Google Ads and Meta policies, misleading financial claims (2026-11-20)";
const POLITICS: &str =
    "Regulation (EU) 2024/900 on political advertising; Google Ads and Meta declarations (2026-11-20)";

/// Where editorial rules are from.
pub const EDITORIAL: &str = GOOGLE_EDITORIAL;
/// Where the rule on political content is from.
pub const POLITICAL: &str = POLITICS;

/// Longest lengths.
pub const LONGEST: &[Longest] = &[
    longest("google_ads.headline.length", GoogleAds, Part::Headline, Unit::Weighted, 30, Blocking, GOOGLE_RSA),
    longest("google_ads.description.length", GoogleAds, Part::Description, Unit::Weighted, 90, Blocking, GOOGLE_RSA),
    longest("meta.primary_text.length", Meta, Part::PrimaryText, Unit::Characters, 125, Warning, META_FEED),
    longest("meta.headline.length", Meta, Part::Headline, Unit::Characters, 40, Warning, META_FEED),
    longest("meta.description.length", Meta, Part::Description, Unit::Characters, 27, Warning, META_FEED),
    longest(
        "klaviyo.subject.length",
        Klaviyo,
        Part::Subject,
        Unit::Characters,
        60,
        Warning,
        "Klaviyo help, subject lines: under 60 characters, telephones show about 40 (2026-11-20)",
    ),
    longest(
        "klaviyo.preview_text.length",
        Klaviyo,
        Part::PreviewText,
        Unit::Characters,
        90,
        Warning,
        "Klaviyo help, preview text: mail programs show 30 to 90 characters (2026-11-20)",
    ),
    longest(
        "klaviyo.body.size",
        Klaviyo,
        Part::Body,
        Unit::Bytes,
        102_000,
        Warning,
        "Gmail cuts off messages above 102 KB (2026-11-20)",
    ),
    longest(
        "sandbox.headline.length",
        Sandbox,
        Part::Headline,
        Unit::Characters,
        60,
        Blocking,
        "the practice provider's own rule (2026-11-20)",
    ),
];

/// How many.
pub const COUNTS: &[Count] = &[
    count("google_ads.headline.count", GoogleAds, Part::Headline, 3, 15, Blocking, GOOGLE_RSA),
    count("google_ads.description.count", GoogleAds, Part::Description, 2, 4, Blocking, GOOGLE_RSA),
    count("meta.primary_text.count", Meta, Part::PrimaryText, 1, 1, Warning, META_FEED),
    count("meta.headline.count", Meta, Part::Headline, 1, 1, Warning, META_FEED),
    count("meta.description.count", Meta, Part::Description, 0, 1, Warning, META_FEED),
    count(
        "klaviyo.subject.count",
        Klaviyo,
        Part::Subject,
        1,
        1,
        Blocking,
        "Klaviyo API, campaign messages (2026-11-20)",
    ),
    count("klaviyo.body.count", Klaviyo, Part::Body, 1, 1, Blocking, "Klaviyo API, templates (2026-11-20)"),
    count(
        "sandbox.headline.count",
        Sandbox,
        Part::Headline,
        1,
        5,
        Blocking,
        "the practice provider's own rule (2026-11-20)",
    ),
];

/// What must not or should not be said.
pub const PHRASES: &[Phrases] = &[
    Phrases {
        rule: "google_ads.policy.generic_call",
        channels: &[GoogleAds],
        severity: Blocking,
        phrases: &["click here", "click now", "click this", "hier klicken", "klicken sie hier", "klick hier"],
        why: "Google refuses generic calls such as this one: say what the reader gets",
        source: GOOGLE_EDITORIAL,
    },
    Phrases {
        rule: "meta.policy.personal_attributes",
        channels: &[Meta],
        severity: Blocking,
        phrases: &[
            "are you overweight",
            "are you fat",
            "are you depressed",
            "are you anxious",
            "are you diabetic",
            "are you single",
            "are you gay",
            "are you lesbian",
            "are you christian",
            "are you muslim",
            "are you jewish",
            "are you black",
            "are you white",
            "are you disabled",
            "are you broke",
            "are you bankrupt",
            "are you in debt",
            "are you pregnant",
            "are you over 40",
            "are you over 50",
            "are you over 60",
            "your depression",
            "your diabetes",
            "your disability",
            "your obesity",
            "your religion",
            "your race",
            "your criminal record",
            "sind sie übergewichtig",
            "bist du übergewichtig",
            "bist du depressiv",
            "bist du single",
            "bist du schwanger",
            "bist du verschuldet",
        ],
        why: "Meta refuses texts that say or imply they know something personal about the reader (health, faith, origin, \
              age, money): speak about the product",
        source: META_ATTRIBUTES,
    },
    Phrases {
        rule: "meta.policy.before_after",
        channels: &[Meta],
        severity: Warning,
        phrases: &["before and after", "vorher nachher", "vorher und nachher", "lose weight", "abnehmen"],
        why: "Meta refuses before-and-after comparisons and negative self-perception for weight loss, and shows weight-loss \
              ads to adults only",
        source: META_ATTRIBUTES,
    },
    Phrases {
        rule: "policy.health_claim",
        channels: &[],
        severity: Blocking,
        phrases: &[
            "cures",
            "cure for",
            "cures cancer",
            "treats cancer",
            "treats diabetes",
            "prevents cancer",
            "prevents covid",
            "miracle cure",
            "heilt",
            "wundermittel",
            "heilung garantiert",
        ],
        why: "claims to cure, treat or prevent a disease are refused by every provider",
        source: HEALTH,
    },
    Phrases {
        rule: "policy.guaranteed_return",
        channels: &[],
        severity: Blocking,
        phrases: &[
            "guaranteed return",
            "guaranteed returns",
            "guaranteed profit",
            "guaranteed profits",
            "guaranteed income",
            "get rich quick",
            "risk free investment",
            "passive income guaranteed",
            "double your money",
            "garantierte rendite",
            "garantierter gewinn",
            "schnell reich",
        ],
        why: "promises of guaranteed money are refused by every provider",
        source: MONEY,
    },
    Phrases {
        rule: "policy.passive_income",
        channels: &[],
        severity: Warning,
        phrases: &["passive income", "passives einkommen", "work from home and earn"],
        why: "offers of easy money are looked at closely and often refused",
        source: MONEY,
    },
    Phrases {
        rule: "disclosure.political",
        channels: &[GoogleAds, Meta],
        severity: Blocking,
        phrases: &[
            "vote for",
            "vote yes",
            "vote no",
            "elect",
            "election",
            "elections",
            "referendum",
            "parliament",
            "wählt",
            "wahlkampf",
            "bundestagswahl",
            "volksentscheid",
            "élections",
        ],
        why: "this campaign is declared as not political (Google `contains_eu_political_advertising`, Meta \
              `special_ad_categories`); political advertising cannot be published from here",
        source: POLITICS,
    },
    Phrases {
        rule: "disclosure.special_category",
        channels: &[Meta],
        severity: Warning,
        phrases: &[
            "loan",
            "loans",
            "mortgage",
            "credit card",
            "apartment for rent",
            "house for sale",
            "we are hiring",
            "job offer",
            "casino",
            "online gambling",
            "sports betting",
            "insurance",
            "kredit",
            "stellenangebot",
            "wir stellen ein",
            "sportwetten",
        ],
        why: "credit, employment, housing, insurance and gambling have to be declared to Meta as special categories, which \
              limits targeting; this campaign is published without one. Publish such offers in Meta's own ads manager",
        source: "Meta Marketing API, special_ad_categories (2026-11-20)",
    },
];

/// What images have to be.
pub const IMAGES: &[Images] = &[
    Images {
        channel: Meta,
        media_types: &["image/jpeg", "image/png"],
        bytes: 30 * 1024 * 1024,
        formats: &[
            Format { name: "1:1", ratio: 1.0, width: 600, height: 600 },
            Format { name: "4:5", ratio: 0.8, width: 600, height: 750 },
            Format { name: "1.91:1", ratio: 1.91, width: 600, height: 314 },
            Format { name: "9:16", ratio: 0.5625, width: 600, height: 1067 },
        ],
        tolerance: 0.03,
        source: "Meta ads guide, image ads: JPG or PNG up to 30 MB, 1:1, 4:5, 1.91:1, 9:16, 3 % tolerance (2026-11-20)",
    },
    Images {
        channel: Sandbox,
        media_types: &["image/jpeg", "image/png", "image/gif", "image/webp"],
        bytes: 10 * 1024 * 1024,
        formats: &[],
        tolerance: 0.0,
        source: "the practice provider's own rule (2026-11-20)",
    },
];

const fn longest(
    rule: &'static str,
    channel: ChannelType,
    part: Part,
    unit: Unit,
    most: usize,
    severity: Severity,
    source: &'static str,
) -> Longest {
    Longest { rule, channel, part, unit, most, severity, source }
}

const fn count(
    rule: &'static str,
    channel: ChannelType,
    part: Part,
    least: usize,
    most: usize,
    too_many: Severity,
    source: &'static str,
) -> Count {
    Count { rule, channel, part, least, most, too_many, source }
}
