//! ComplianceAgent: what a channel's policy, the law's common ground or the brand would object to in a campaign, each with
//! the rule, the place, the source and a better wording.
//!
//! These are heuristics over words: they find what reviewers commonly refuse, and a clean result is no promise that a
//! review passes.

use campaign::{ChannelType, Creative, Document, Finding, Severity};
use connector::preflight::{self, AssetFacts};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::creative::counted;
use crate::guard::{self, contains_phrase, normal};
use crate::proposal::{Flag, Flags, Point, Told};
use crate::run::{Agent, Ask, Brief, Stop};

/// The agent.
#[derive(Clone, Copy, Debug)]
pub struct ComplianceAgent;

/// What it is asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Input {
    /// The campaign.
    pub campaign_id: String,
}

impl Agent for ComplianceAgent {
    type Input = Input;
    type Proposal = Flags;
    const NAME: &'static str = "compliance";
    const TITLE: &'static str = "Compliance";
    const ABOUT: &'static str = "Reads a campaign as a channel's reviewers and the brand would, and flags what they would object to, with sources.";

    fn input_schema() -> Value {
        json!({
            "type": "object",
            "required": ["campaign_id"],
            "properties": { "campaign_id": { "type": "string", "description": "The campaign to read" } },
        })
    }

    fn work(brief: &Brief<Input>, ask: &Ask<'_>) -> Result<Flags, Stop> {
        let brand = ask.brand()?;
        let campaign = ask.campaign(&brief.input.campaign_id)?;
        let images: Vec<AssetFacts> = ask
            .images()?
            .iter()
            .map(|image| AssetFacts {
                id: image.id.clone(),
                media_type: image.media_type.clone(),
                width: image.width,
                height: image.height,
                bytes: image.bytes,
            })
            .collect();
        let flags = check(&campaign.document, brand, &images);
        let count = |severity| flags.iter().filter(|flag| flag.finding.severity == severity).count();
        let (blocking, warnings) = (count(Severity::Blocking), count(Severity::Warning));
        let name = &campaign.document.name;
        let title = match (blocking, warnings) {
            (0, 0) => format!("{name}: nothing to object to"),
            (0, warnings) => format!("{name}: {}", counted(warnings, "warning")),
            (blocking, _) => format!("{name}: {} that would be refused", counted(blocking, "thing")),
        };
        let ads: usize = campaign.document.ad_sets.iter().map(|set| set.ads.len()).sum();
        Ok(Flags {
            told: Told {
                title,
                summary: format!(
                    "{} in {} were read against the channels' advertising policies and the brand guidelines. A clean result is no promise that a review passes.",
                    counted(ads, "ad"),
                    counted(campaign.document.ad_sets.len(), "ad set")
                ),
                findings: flags
                    .iter()
                    .map(|flag| Point {
                        headline: flag.finding.message.clone(),
                        detail: format!("{} ({}). {}", flag.finding.field, flag.finding.rule, flag.suggestion),
                        severity: match flag.finding.severity {
                            Severity::Notice => "neutral",
                            Severity::Warning | Severity::Blocking => "negative",
                        }
                        .to_owned(),
                        ..Point::default()
                    })
                    .collect(),
                figures: Vec::new(),
            },
            campaign_id: campaign.id.clone(),
            version: campaign.version,
            flags,
        })
    }
}

const GOOGLE_EDITORIAL: &str = "https://support.google.com/adspolicy/answer/6021546";
const META_ATTRIBUTES: &str =
    "https://transparency.meta.com/policies/ad-standards/objectionable-content/privacy-violations-personal-attributes/";
const META_HEALTH: &str =
    "https://transparency.meta.com/policies/ad-standards/restricted-goods-services/health-wellness/";
const GOOGLE_HEALTH: &str = "https://support.google.com/adspolicy/answer/176031";
const GOOGLE_FINANCE: &str = "https://support.google.com/adspolicy/answer/2464998";
const GOOGLE_MISREPRESENTATION: &str = "https://support.google.com/adspolicy/answer/6020955";
const META_DECEPTIVE: &str = "https://transparency.meta.com/policies/ad-standards/fraud-scams/";
const UCPD: &str = "Directive 2005/29/EC (unfair commercial practices), Annex I";
const EMAIL_LAW: &str = "Directive 2002/58/EC, Article 13";

/// Phrases of one policy.
struct Phrases {
    rule: &'static str,
    severity: Severity,
    phrases: &'static [&'static str],
    message: &'static str,
    suggestion: &'static str,
    source: fn(ChannelType) -> &'static str,
}

const PHRASES: [Phrases; 6] = [
    Phrases {
        rule: "policy.health.cure",
        severity: Severity::Blocking,
        phrases: &[
            "cure",
            "cures",
            "miracle",
            "heals",
            "treats",
            "prevents disease",
            "anti cancer",
            "detox",
            "no side effects",
        ],
        message: "promises to heal or prevent",
        suggestion: "Say what the product is and how it is used, not what it does to a body.",
        source: |channel| if channel == ChannelType::Meta { META_HEALTH } else { GOOGLE_HEALTH },
    },
    Phrases {
        rule: "policy.health.weight",
        severity: Severity::Blocking,
        phrases: &["lose weight", "weight loss", "burn fat", "before and after", "before after", "flat belly"],
        message: "speaks of losing weight or of before and after",
        suggestion: "Leave results on bodies out; show the product.",
        source: |channel| if channel == ChannelType::Meta { META_HEALTH } else { GOOGLE_HEALTH },
    },
    Phrases {
        rule: "policy.finance.returns",
        severity: Severity::Blocking,
        phrases: &[
            "guaranteed returns",
            "guaranteed income",
            "passive income",
            "get rich",
            "double your money",
            "risk free investment",
            "easy money",
        ],
        message: "promises income or returns",
        suggestion: "Describe the service and its risks; promise no returns.",
        source: |channel| if channel == ChannelType::Meta { META_DECEPTIVE } else { GOOGLE_FINANCE },
    },
    Phrases {
        rule: "policy.urgency.false",
        severity: Severity::Warning,
        phrases: &[
            "last chance",
            "only today",
            "today only",
            "ends tonight",
            "act now",
            "before it s too late",
            "only a few left",
            "while stocks last",
        ],
        message: "presses for time; it must be true and be shown to be true",
        suggestion: "Name the day the offer ends, or leave it out.",
        source: |_| UCPD,
    },
    Phrases {
        rule: "policy.superlative",
        severity: Severity::Warning,
        phrases: &[
            "best in the world",
            "world s best",
            "number one",
            "no 1",
            "cheapest",
            "lowest price",
            "unbeatable",
            "the best",
        ],
        message: "claims to be first or cheapest, which needs proof",
        suggestion: "Say what is good about it, or name who measured it and when.",
        source: |channel| if channel == ChannelType::GoogleAds { GOOGLE_MISREPRESENTATION } else { UCPD },
    },
    Phrases {
        rule: "policy.bait",
        severity: Severity::Warning,
        phrases: &["you won t believe", "shocking", "one weird trick", "this one trick", "doctors hate"],
        message: "baits for clicks",
        suggestion: "Say what the reader will find.",
        source: |channel| if channel == ChannelType::Meta { META_DECEPTIVE } else { GOOGLE_MISREPRESENTATION },
    },
];

/// What Meta calls personal attributes, spoken of to the reader.
const ATTRIBUTES: [&str; 26] = [
    "depressed",
    "overweight",
    "fat",
    "diabetic",
    "disabled",
    "anxious",
    "lonely",
    "single",
    "divorced",
    "pregnant",
    "gay",
    "lesbian",
    "christian",
    "muslim",
    "jewish",
    "black",
    "asian",
    "in debt",
    "broke",
    "bankrupt",
    "unemployed",
    "old",
    "struggling with acne",
    "bald",
    "addicted",
    "criminal record",
];

/// Everything to object to: what [`read`] finds, and what the providers' own rules refuse.
#[must_use]
pub fn check(document: &Document, brand: &campaign::Brand, images: &[AssetFacts]) -> Vec<Flag> {
    let mut flags = read(document, brand);
    for finding in preflight::document(document, images) {
        let ad_id = ad_at(document, &finding.field).unwrap_or_default();
        flags.push(Flag {
            ad_id,
            suggestion: "Change it before you submit the campaign.".to_owned(),
            kept: false,
            finding,
        });
    }
    flags.sort_by_key(|flag| std::cmp::Reverse(flag.finding.severity));
    flags
}

/// Reads a document as reviewers and the brand would.
#[must_use]
pub fn read(document: &Document, brand: &campaign::Brand) -> Vec<Flag> {
    let mut flags = Vec::new();
    for (set_place, set) in document.ad_sets.iter().enumerate() {
        for (ad_place, ad) in set.ads.iter().enumerate() {
            let base = format!("/ad_sets/{set_place}/ads/{ad_place}/creative");
            let mut reader = Reader { channel: set.channel, ad_id: &ad.id, flags: &mut flags };
            for (field, text) in texts(&ad.creative) {
                reader.text(&format!("{base}/{field}"), &text, brand);
            }
            reader.whole(&base, &ad.creative, brand);
        }
        let minor =
            set.audience.age_min.is_some_and(|age| age < 18) || set.audience.age_max.is_some_and(|age| age < 18);
        let adult = set.ads.iter().any(|ad| {
            let words = normal(&guard::all_text(&ad.creative));
            ["alcohol", "wine", "beer", "whisky", "gin", "vodka", "casino", "betting", "vape", "cigars"]
                .iter()
                .any(|word| contains_phrase(&words, word))
        });
        if minor && adult {
            flags.push(flag(
                "",
                "policy.audience.minors",
                Severity::Blocking,
                format!("/ad_sets/{set_place}/audience"),
                "An ad for adults reaches minors.",
                "https://support.google.com/adspolicy/answer/6012382",
                "Set the lowest age to 18, or what the country asks for.",
            ));
        }
    }
    flags
}

/// The ad a pointer leads into.
fn ad_at(document: &Document, pointer: &str) -> Option<String> {
    let mut parts = pointer.split('/').skip(1);
    let ("ad_sets", set, "ads", ad) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?) else { return None };
    let set = document.ad_sets.get(set.parse::<usize>().ok()?)?;
    Some(set.ads.get(ad.parse::<usize>().ok()?)?.id.clone())
}

fn texts(creative: &Creative) -> Vec<(String, String)> {
    let mut texts: Vec<(String, String)> = Vec::new();
    texts.extend(creative.headlines.iter().enumerate().map(|(n, text)| (format!("headlines/{n}"), text.clone())));
    texts.extend(creative.descriptions.iter().enumerate().map(|(n, text)| (format!("descriptions/{n}"), text.clone())));
    texts.push(("primary_text".to_owned(), creative.primary_text.clone()));
    texts.push(("subject".to_owned(), creative.subject.clone()));
    texts.push(("preview_text".to_owned(), creative.preview_text.clone()));
    texts.push(("body".to_owned(), guard::all_text(&Creative { body: creative.body.clone(), ..Creative::default() })));
    texts.retain(|(_, text)| !text.trim_matches([' ', '·']).is_empty());
    texts
}

fn flag(
    ad_id: &str,
    rule: &str,
    severity: Severity,
    field: String,
    message: impl Into<String>,
    source: &str,
    suggestion: &str,
) -> Flag {
    Flag {
        finding: Finding { rule: rule.to_owned(), severity, field, message: message.into(), source: source.to_owned() },
        ad_id: ad_id.to_owned(),
        suggestion: suggestion.to_owned(),
        kept: !rule.starts_with("brand."),
    }
}

struct Reader<'a> {
    channel: ChannelType,
    ad_id: &'a str,
    flags: &'a mut Vec<Flag>,
}

impl Reader<'_> {
    fn add(
        &mut self,
        rule: &str,
        severity: Severity,
        field: &str,
        message: impl Into<String>,
        source: &str,
        suggestion: &str,
    ) {
        self.flags.push(flag(self.ad_id, rule, severity, field.to_owned(), message, source, suggestion));
    }

    /// One text.
    fn text(&mut self, field: &str, text: &str, brand: &campaign::Brand) {
        let words = normal(text);
        let headline = field.contains("/headlines/");
        for policy in &PHRASES {
            if let Some(phrase) = policy.phrases.iter().find(|phrase| contains_phrase(&words, phrase)) {
                self.add(
                    policy.rule,
                    policy.severity,
                    field,
                    format!("“{phrase}” {}.", policy.message),
                    (policy.source)(self.channel),
                    policy.suggestion,
                );
            }
        }
        let spoken_to = ["you", "your", "you re", "are you"].iter().any(|you| contains_phrase(&words, you));
        if matches!(self.channel, ChannelType::Meta | ChannelType::Sandbox)
            && spoken_to
            && let Some(attribute) = ATTRIBUTES.iter().find(|word| contains_phrase(&words, word))
        {
            self.add(
                "meta.personal_attributes",
                Severity::Blocking,
                field,
                format!("It tells readers that they are “{attribute}”."),
                META_ATTRIBUTES,
                "Speak of the product, not of what the reader is.",
            );
        }
        if self.channel == ChannelType::GoogleAds {
            if headline && text.contains('!') {
                let without: String = text.replace('!', "");
                self.add(
                    "google.headline.exclamation",
                    Severity::Blocking,
                    field,
                    "An exclamation mark stands in a headline.",
                    GOOGLE_EDITORIAL,
                    &format!("“{}”", without.trim()),
                );
            }
            if text.chars().any(is_emoji) {
                self.add(
                    "google.emoji",
                    Severity::Blocking,
                    field,
                    "An emoji stands in the text.",
                    GOOGLE_EDITORIAL,
                    "Leave it out.",
                );
            }
            if contains_phrase(&words, "click here") {
                self.add(
                    "google.generic_call",
                    Severity::Warning,
                    field,
                    "“click here” says nothing about where it leads.",
                    GOOGLE_EDITORIAL,
                    "Name what the reader finds there.",
                );
            }
        }
        if has_repeated_punctuation(text) {
            self.add(
                "editorial.punctuation",
                if self.channel == ChannelType::GoogleAds { Severity::Blocking } else { Severity::Warning },
                field,
                "Punctuation is repeated for effect.",
                GOOGLE_EDITORIAL,
                "Use each mark once.",
            );
        }
        if let Some(word) = shouted(text, &brand.name) {
            self.add(
                "editorial.capitals",
                Severity::Warning,
                field,
                format!("“{word}” is written in capitals for emphasis."),
                GOOGLE_EDITORIAL,
                &format!("“{}”", word.to_lowercase()),
            );
        }
        if let Some(word) = disguised(text) {
            self.add(
                "editorial.disguise",
                Severity::Blocking,
                field,
                format!("“{word}” puts digits or dots in place of letters."),
                GOOGLE_EDITORIAL,
                "Spell it out.",
            );
        }
        for fault in guard::brand_faults(text, brand, "") {
            let (rule, severity) = if fault.contains("banned") {
                ("brand.banned", Severity::Blocking)
            } else {
                ("brand.claim", Severity::Warning)
            };
            self.add(
                rule,
                severity,
                field,
                format!("{}.", capital(&fault)),
                "brand guidelines",
                "Reword it, or add the claim to the brand guidelines if it is true.",
            );
        }
    }

    /// The ad as a whole.
    fn whole(&mut self, base: &str, creative: &Creative, brand: &campaign::Brand) {
        let all = normal(&guard::all_text(creative));
        for required in brand.required.iter().filter(|required| !required.trim().is_empty()) {
            if !contains_phrase(&all, &normal(required)) {
                self.add(
                    "brand.required",
                    Severity::Blocking,
                    base,
                    format!("The required text “{required}” is missing."),
                    "brand guidelines",
                    "Add it to the body.",
                );
            }
        }
        if self.channel == ChannelType::Klaviyo && !creative.body.contains("unsubscribe") {
            self.add(
                "email.unsubscribe",
                Severity::Blocking,
                &format!("{base}/body"),
                "The e-mail has no way to unsubscribe.",
                EMAIL_LAW,
                "Add {% unsubscribe %} to the body.",
            );
        }
        if self.channel == ChannelType::Klaviyo
            && ["re:", "fw:", "fwd:"].iter().any(|mark| creative.subject.to_lowercase().starts_with(mark))
        {
            self.add(
                "email.subject.deceptive",
                Severity::Blocking,
                &format!("{base}/subject"),
                "The subject pretends to be a reply.",
                "CAN-SPAM Act, 15 U.S.C. § 7704(a)(2)",
                "Say what the e-mail is about.",
            );
        }
    }
}

fn is_emoji(c: char) -> bool {
    matches!(u32::from(c), 0x1F000..=0x1FAFF | 0x2600..=0x27BF | 0x2B50 | 0x2B55 | 0xFE0F)
}

fn has_repeated_punctuation(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    chars.windows(2).any(|pair| matches!(pair, ['!' | '?', '!' | '?']))
        || chars.windows(3).any(|three| matches!(three, ['*', '*', '*'] | ['~', '~', '~'] | ['$', '$', '$']))
}

/// A word of five or more capitals that is not the brand's name.
fn shouted(text: &str, brand: &str) -> Option<String> {
    text.split(|c: char| !c.is_alphabetic())
        .find(|word| word.chars().count() >= 5 && word.chars().all(char::is_uppercase) && !brand.contains(word))
        .map(str::to_owned)
}

/// `f1owers`, `F.L.O.W.E.R.S`.
fn disguised(text: &str) -> Option<String> {
    text.split_whitespace()
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
        .find(|word| {
            let chars: Vec<char> = word.chars().collect();
            let inside = chars.len() >= 5
                && chars.windows(3).any(|three| matches!(three, [a, d, b] if a.is_lowercase() && matches!(d, '0' | '1' | '3' | '4' | '5') && b.is_lowercase()))
                && chars.iter().filter(|c| c.is_ascii_digit()).count() == 1;
            let dotted = chars.len() >= 7 && chars.iter().step_by(2).all(|c| c.is_alphabetic()) && chars.iter().skip(1).step_by(2).all(|c| *c == '.');
            inside || dotted
        })
        .map(str::to_owned)
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use campaign::{Ad, AdSet, Audience, BidStrategy, Delivery, Objective};

    pub(crate) fn document(channel: ChannelType, creative: Creative) -> Document {
        Document {
            name: "Winter".into(),
            objective: Objective::Sales,
            currency: "EUR".into(),
            budget_total: None,
            start_at: None,
            end_at: None,
            landing_url: "https://shop.example/".into(),
            utm_campaign: "winter".into(),
            ad_sets: vec![AdSet {
                id: "s".into(),
                name: "S".into(),
                channel_id: "c".into(),
                channel,
                audience: Audience::default(),
                placements: Vec::new(),
                bid_strategy: BidStrategy::default(),
                budget_daily: 1_000,
                status: Delivery::Active,
                ads: vec![Ad { id: "a".into(), name: "A".into(), creative, status: Delivery::Active }],
            }],
        }
    }

    fn rules(channel: ChannelType, text: &str) -> Vec<String> {
        let creative = Creative {
            headlines: vec![text.into()],
            primary_text: "Fine.".into(),
            body: "{% unsubscribe %}".into(),
            ..Creative::default()
        };
        let brand = campaign::Brand {
            banned: vec!["junk".into()],
            claims: vec!["free shipping".into()],
            ..campaign::Brand::default()
        };
        read(&document(channel, creative), &brand).into_iter().map(|flag| flag.finding.rule).collect()
    }

    #[test]
    fn what_reviewers_refuse_is_flagged_with_place_source_and_advice() {
        use ChannelType::{GoogleAds, Klaviyo, Meta};
        for (channel, text, rule) in [
            (Meta, "Are you depressed?", "meta.personal_attributes"),
            (Meta, "This tea cures colds", "policy.health.cure"),
            (GoogleAds, "Lose weight fast", "policy.health.weight"),
            (GoogleAds, "Flowers!", "google.headline.exclamation"),
            (GoogleAds, "Flowers!!", "editorial.punctuation"),
            (GoogleAds, "Buy f1owers", "editorial.disguise"),
            (GoogleAds, "F.L.O.W.E.R.S now", "editorial.disguise"),
            (GoogleAds, "Flowers 🌸", "google.emoji"),
            (GoogleAds, "Click here", "google.generic_call"),
            (Meta, "FLOWERS for all", "editorial.capitals"),
            (Meta, "Guaranteed returns", "policy.finance.returns"),
            (Meta, "The cheapest in town", "policy.superlative"),
            (Klaviyo, "Last chance", "policy.urgency.false"),
            (Meta, "No junk here", "brand.banned"),
            (Meta, "Money back", "brand.claim"),
        ] {
            assert!(rules(channel, text).iter().any(|found| found == rule), "{text}: {:?}", rules(channel, text));
        }
    }

    #[test]
    fn plain_copy_is_left_alone() {
        for channel in ChannelType::ALL {
            for text in ["Warm socks for winter", "Free shipping", "Your new favourites", "EU-made? See how"] {
                assert_eq!(rules(channel, text), Vec::<String>::new(), "{channel:?} {text}");
            }
        }
    }

    #[test]
    fn what_the_provider_itself_refuses_is_flagged_on_its_ad() {
        let creative =
            Creative { headlines: vec!["A headline that is far too long to fit".into()], ..Creative::default() };
        let flags = check(&document(ChannelType::GoogleAds, creative), &campaign::Brand::default(), &[]);
        let long = flags.iter().find(|flag| flag.finding.rule == "google_ads.headline.length").unwrap();
        assert_eq!((long.ad_id.as_str(), long.finding.field.as_str()), ("a", "/ad_sets/0/ads/0/creative/headlines/0"));
        assert!(!long.kept);
        assert!(flags.is_sorted_by_key(|flag| std::cmp::Reverse(flag.finding.severity)));
    }

    #[test]
    fn what_is_kept_on_an_ad_points_into_the_ad() {
        let creative = Creative { headlines: vec!["Fine".into(), "Lose weight".into()], ..Creative::default() };
        let flags = crate::proposal::Flags {
            told: Told::default(),
            campaign_id: "c".into(),
            version: 1,
            flags: check(&document(ChannelType::Meta, creative), &campaign::Brand::default(), &[]),
        };
        let kept = flags.kept();
        assert_eq!(kept["a"].iter().map(|flag| flag.field.as_str()).collect::<Vec<_>>(), ["/creative/headlines/1"]);
    }

    #[test]
    fn an_email_needs_a_way_out() {
        let creative =
            Creative { subject: "Re: your order".into(), body: "<p>Hello</p>".into(), ..Creative::default() };
        let flags = read(&document(ChannelType::Klaviyo, creative), &campaign::Brand::default());
        let rules: Vec<&str> = flags.iter().map(|flag| flag.finding.rule.as_str()).collect();
        assert!(rules.contains(&"email.unsubscribe") && rules.contains(&"email.subject.deceptive"), "{rules:?}");
        assert!(
            flags
                .iter()
                .all(|flag| flag.ad_id == "a" && !flag.suggestion.is_empty() && !flag.finding.source.is_empty())
        );
    }
}
