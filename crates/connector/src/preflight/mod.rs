//! What a provider would say to a plan, said before anything is sent: its limits and policies as data ([`rules`]), and a
//! few checks that data cannot say.
//!
//! What every campaign needs, whatever its channel (a name, a landing page, dates in order, a budget), is checked by
//! `campaign::check` and not said again here.
//!
//! [`channel`] checks what one channel carries; its JSON pointers count the ad sets of that [`ChannelPlan`].
//! [`document`] checks a whole document and its pointers count the document's.

pub mod rules;
pub mod text;

use crate::country;
use campaign::{Ad, AdSet, ChannelPlan, ChannelType, Creative, Document, Finding, Severity};
use rules::Part;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is known of an uploaded image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssetFacts {
    /// Our id.
    pub id: String,
    /// As sniffed from its bytes: `image/jpeg`.
    pub media_type: String,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Size of the file.
    pub bytes: u64,
}

/// Words a call to action may be, at every provider that shows one.
const CALLS_TO_ACTION: [&str; 5] = ["SHOP_NOW", "LEARN_MORE", "SIGN_UP", "SUBSCRIBE", "GET_OFFER"];
/// Longest keyword, characters, and most words in one (Google Ads help, keyword limits, 2026-11-20).
const KEYWORD: (usize, usize) = (80, 10);
const KEYWORD_SOURCE: &str = "Google Ads help, keywords: 80 characters, 10 words (2026-11-20)";
const OWN: &str = "needed to publish";
/// Most findings of one rule in one ad: a hundredth says nothing the first did not.
const SAME: usize = 20;

/// Findings of a whole document, every channel by its own rules; pointers are the document's.
#[must_use]
pub fn document(document: &Document, assets: &[AssetFacts]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for channel_id in document.channel_ids() {
        let Some(plan) = document.channel_plan("", channel_id) else { continue };
        // The channel's ad sets by their place in the document.
        let places: Vec<usize> = document
            .ad_sets
            .iter()
            .enumerate()
            .filter(|(_, set)| set.channel_id == channel_id)
            .map(|(place, _)| place)
            .collect();
        for mut finding in channel(&plan, assets) {
            finding.field = moved(&finding.field, &places);
            // What is wrong with the document as a whole is said once.
            if !findings.contains(&finding) {
                findings.push(finding);
            }
        }
    }
    findings
}

/// `/ad_sets/0/…` of a plan as it stands in its document.
fn moved(field: &str, places: &[usize]) -> String {
    let Some(rest) = field.strip_prefix("/ad_sets/") else { return field.to_owned() };
    let (index, rest) = rest.split_once('/').map_or((rest, ""), |(index, rest)| (index, rest));
    let place = index.parse::<usize>().ok().and_then(|index| places.get(index));
    match (place, rest) {
        (None, _) => field.to_owned(),
        (Some(place), "") => format!("/ad_sets/{place}"),
        (Some(place), rest) => format!("/ad_sets/{place}/{rest}"),
    }
}

/// Findings of what one channel carries; pointers count the plan's ad sets.
#[must_use]
pub fn channel(plan: &ChannelPlan, assets: &[AssetFacts]) -> Vec<Finding> {
    let mut check = Check { channel: plan.channel, findings: Vec::new() };
    check.declarations();
    for (s, set) in plan.ad_sets.iter().enumerate() {
        let at = format!("/ad_sets/{s}");
        check.set(set, &at);
        for (a, ad) in set.ads.iter().enumerate() {
            check.ad(ad, &format!("{at}/ads/{a}"), assets);
        }
    }
    check.findings
}

fn finding(rule: &str, severity: Severity, field: &str, message: &str, source: &str) -> Finding {
    Finding {
        rule: rule.to_owned(),
        severity,
        field: field.to_owned(),
        message: message.to_owned(),
        source: source.to_owned(),
    }
}

struct Check {
    channel: ChannelType,
    findings: Vec<Finding>,
}

impl Check {
    fn say(&mut self, rule: &str, severity: Severity, field: &str, message: &str, source: &str) {
        let same = self.findings.iter().filter(|f| f.rule == rule && f.field.starts_with(field)).count();
        if same < SAME {
            self.findings.push(finding(rule, severity, field, message, source));
        }
    }

    fn block(&mut self, rule: &str, field: &str, message: &str) {
        self.say(rule, Severity::Blocking, field, message, OWN);
    }

    fn declarations(&mut self) {
        match self.channel {
            ChannelType::GoogleAds => self.say(
                "google_ads.disclosure",
                Severity::Notice,
                "",
                "Published with the declaration that it contains no political advertising in the EU.",
                rules::POLITICAL,
            ),
            ChannelType::Meta => self.say(
                "meta.disclosure",
                Severity::Notice,
                "",
                "Published as belonging to no special category (credit, employment, housing, politics, gambling), with the \
                 account as the one who benefits and pays, as the Digital Services Act asks.",
                "Meta Marketing API, special_ad_categories, dsa_beneficiary, dsa_payor (2026-11-20)",
            ),
            ChannelType::Sandbox | ChannelType::Klaviyo => {}
        }
    }

    fn set(&mut self, set: &AdSet, at: &str) {
        if self.channel == ChannelType::Klaviyo {
            if set.audience.list_id.trim().is_empty() {
                let message = "Choose the list or segment the e-mail goes to.";
                self.block("klaviyo.list.missing", &format!("{at}/audience/list_id"), message);
            }
            return;
        }
        self.audience(set, at);
    }

    fn audience(&mut self, set: &AdSet, at: &str) {
        let audience = &set.audience;
        let at_audience = format!("{at}/audience");
        if audience.countries.is_empty() {
            self.block("countries.missing", &format!("{at_audience}/countries"), "Choose at least one country.");
        }
        for (c, letters) in audience.countries.iter().enumerate() {
            // What has not even the form of a code is the document's own check's to say.
            let formed = letters.len() == 2 && letters.bytes().all(|byte| byte.is_ascii_uppercase());
            if formed && country::number(letters).is_none() {
                let message = format!("`{letters}` is no country of ISO 3166-1, such as DE or GB.");
                self.block("countries.unknown", &format!("{at_audience}/countries/{c}"), &message);
            }
        }
        for (key, age) in [("age_min", audience.age_min), ("age_max", audience.age_max)] {
            if age.is_some_and(|age| !(13..=65).contains(&age)) {
                let message = "Ages go from 13 to 65, which means 65 and older.";
                self.block("age.range", &format!("{at_audience}/{key}"), message);
            }
        }
        if self.channel != ChannelType::GoogleAds {
            if !audience.keywords.is_empty() {
                let message = "Keywords are for search ads; this channel does not use them.";
                self.say("keywords.unused", Severity::Notice, &format!("{at_audience}/keywords"), message, OWN);
            }
            return;
        }
        if audience.keywords.iter().all(|word| word.trim().is_empty()) {
            let message = "A search ad needs keywords: without one it is never shown.";
            self.block("google_ads.keywords.missing", &format!("{at_audience}/keywords"), message);
        }
        for (k, word) in audience.keywords.iter().enumerate() {
            let (characters, words) = (word.trim().chars().count(), word.split_whitespace().count());
            if characters > KEYWORD.0 || words > KEYWORD.1 {
                let message = format!(
                    "A keyword has at most {} characters and {} words; this one has {characters} and {words}.",
                    KEYWORD.0, KEYWORD.1
                );
                let field = format!("{at_audience}/keywords/{k}");
                self.say("google_ads.keyword.length", Severity::Blocking, &field, &message, KEYWORD_SOURCE);
            }
        }
        if audience.age_min.is_some() || audience.age_max.is_some() {
            let message = "Search ads are shown to all ages: the ages set here are not used.";
            self.say("google_ads.age.unused", Severity::Notice, &at_audience, message, OWN);
        }
        if !set.placements.is_empty() {
            let message = "Search ads appear on Google Search: the placements set here are not used.";
            self.say("google_ads.placements.unused", Severity::Notice, &format!("{at}/placements"), message, OWN);
        }
    }

    fn ad(&mut self, ad: &Ad, at: &str, assets: &[AssetFacts]) {
        let at = format!("{at}/creative");
        let creative = &ad.creative;
        for (part, texts) in parts(self.channel, creative) {
            self.lengths_and_counts(part, &texts, &at);
        }
        for (part, texts) in parts(self.channel, creative) {
            for (pointer, words) in &texts {
                self.words(part, words, &format!("{at}/{pointer}"));
            }
        }
        match self.channel {
            ChannelType::Klaviyo => self.mail(creative, &at),
            ChannelType::GoogleAds => {
                self.repeats(&creative.headlines, &format!("{at}/headlines"));
                if !creative.image_asset_ids.is_empty() {
                    let message = "Search ads are text: the images are not used.";
                    let field = format!("{at}/image_asset_ids");
                    self.say("google_ads.images.unused", Severity::Notice, &field, message, OWN);
                }
            }
            ChannelType::Meta | ChannelType::Sandbox => self.images(creative, &at, assets),
        }
        let call = creative.call_to_action.as_str();
        if !call.is_empty() && !CALLS_TO_ACTION.contains(&call) {
            let message = format!("`{call}` is no call to action we know; use one of {}.", CALLS_TO_ACTION.join(", "));
            let field = format!("{at}/call_to_action");
            self.say("call_to_action.unknown", Severity::Warning, &field, &message, OWN);
        }
    }

    fn lengths_and_counts(&mut self, part: Part, texts: &[(String, String)], at: &str) {
        let channel = self.channel;
        let there = texts.iter().filter(|(_, text)| !text.trim().is_empty()).count();
        let first = texts.first().map_or(String::new(), |(pointer, _)| list_of(pointer));
        for rule in rules::COUNTS.iter().filter(|rule| rule.channel == channel && rule.part == part) {
            let field = format!("{at}/{}", if first.is_empty() { pointer_of(part) } else { &first });
            if there < rule.least {
                let message = match rule.least {
                    1 => format!("{} is missing.", noun(part)),
                    least => format!("At least {least} {} are needed; there are {there}.", pointer_of(part)),
                };
                self.say(rule.rule, Severity::Blocking, &field, &message, rule.source);
            } else if there > rule.most {
                let message = match rule.too_many {
                    Severity::Blocking => {
                        format!("At most {} {} are taken; there are {there}.", rule.most, pointer_of(part))
                    }
                    _ => format!("Only the first is shown; there are {there}."),
                };
                self.say(rule.rule, rule.too_many, &field, &message, rule.source);
            }
        }
        for rule in rules::LONGEST.iter().filter(|rule| rule.channel == channel && rule.part == part) {
            for (pointer, words) in texts {
                let length = text::length(words.trim(), rule.unit);
                if length > rule.most {
                    let unit = if rule.unit == text::Unit::Bytes { "bytes" } else { "characters" };
                    let wide = if rule.unit == text::Unit::Weighted && length != words.trim().chars().count() {
                        "; full-width characters count two"
                    } else {
                        ""
                    };
                    let message = match rule.severity {
                        Severity::Blocking => {
                            format!("At most {} {unit} are taken; this has {length}{wide}. Shorten it.", rule.most)
                        }
                        _ => format!("Longer than {} {unit} ({length}{wide}): the rest is likely cut off.", rule.most),
                    };
                    self.say(rule.rule, rule.severity, &format!("{at}/{pointer}"), &message, rule.source);
                }
            }
        }
    }

    fn words(&mut self, part: Part, written: &str, field: &str) {
        let seen = if part == Part::Body { text::of_html(written) } else { written.to_owned() };
        let words = text::words(&seen);
        for rule in rules::PHRASES {
            if !rule.channels.is_empty() && !rule.channels.contains(&self.channel) {
                continue;
            }
            if let Some(phrase) = rule.phrases.iter().find(|phrase| text::has_phrase(&words, phrase)) {
                self.say(rule.rule, rule.severity, field, &format!("“{phrase}”: {}.", rule.why), rule.source);
            }
        }
        if self.channel == ChannelType::GoogleAds {
            self.editorial(part, &seen, field);
        }
    }

    fn editorial(&mut self, part: Part, seen: &str, field: &str) {
        let mut refuse = |rule: &str, message: &str| {
            self.say(rule, Severity::Blocking, field, message, rules::EDITORIAL);
        };
        if text::has_emoji(seen) {
            refuse("google_ads.policy.emoji", "Google refuses emoji in ads: take them out.");
        }
        if text::has_repeated_punctuation(seen) {
            refuse("google_ads.policy.punctuation", "Google refuses repeated punctuation such as `!!`: one is enough.");
        }
        if text::has_decoration(seen) {
            refuse("google_ads.policy.symbols", "Google refuses bullets, stars and asterisks as decoration.");
        }
        if text::has_dotted_letters(seen) {
            refuse("google_ads.policy.spelling", "Google refuses words spelled in dots; write the word.");
        }
        if part == Part::Headline && seen.contains('!') {
            let message = "Google has refused exclamation marks in headlines; one in a description is safe.";
            self.say("google_ads.policy.exclamation", Severity::Warning, field, message, rules::EDITORIAL);
        }
    }

    fn repeats(&mut self, headlines: &[String], at: &str) {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for (h, headline) in headlines.iter().enumerate() {
            if let Some(first) = seen.insert(headline.trim().to_lowercase(), h).filter(|_| !headline.trim().is_empty())
            {
                let message = format!("The same as headline {}: say something else.", first + 1);
                let field = format!("{at}/{h}");
                self.say("google_ads.headline.repeated", Severity::Blocking, &field, &message, rules::EDITORIAL);
            }
        }
    }

    fn mail(&mut self, creative: &Creative, at: &str) {
        let from = creative.from_email.trim();
        let plausible = from.split_once('@').is_some_and(|(user, host)| !user.is_empty() && host.contains('.'));
        if !from.is_empty() && (!plausible || from.contains(char::is_whitespace)) {
            self.block("klaviyo.from_email.invalid", &format!("{at}/from_email"), "This is no e-mail address.");
        }
        if from.is_empty() {
            let message = "No sender: the account's default sender is used.";
            self.say("klaviyo.from_email.default", Severity::Notice, &format!("{at}/from_email"), message, OWN);
        }
        let body = creative.body.to_lowercase();
        let field = format!("{at}/body");
        if !body.trim().is_empty() && !body.contains("unsubscribe") {
            let message = "The e-mail has no link to unsubscribe. Put {% unsubscribe %} where it belongs, for example at the \
                           end.";
            let source = "Klaviyo help, unsubscribe links; Directive 2002/58/EC Article 13, CAN-SPAM (2026-11-20)";
            self.say("klaviyo.unsubscribe.missing", Severity::Blocking, &field, message, source);
        }
        if body.contains("<script") {
            let message = "Mail programs do not run scripts.";
            self.say("klaviyo.script", Severity::Warning, &field, message, "mail programs remove scripts");
        }
        if !body.trim().is_empty() && !body.contains("href") {
            let message = "The e-mail has no link: nobody can come to the shop from it.";
            self.say("klaviyo.link.missing", Severity::Warning, &field, message, OWN);
        }
    }

    fn images(&mut self, creative: &Creative, at: &str, assets: &[AssetFacts]) {
        let Some(rule) = rules::IMAGES.iter().find(|rule| rule.channel == self.channel) else { return };
        let name = self.channel.as_str();
        if creative.image_asset_ids.is_empty() && self.channel == ChannelType::Meta {
            let message = "No image: Meta takes one from the landing page, whichever it finds.";
            let field = format!("{at}/image_asset_ids");
            self.say("meta.image.missing", Severity::Warning, &field, message, rule.source);
        }
        if creative.image_asset_ids.len() > 1 && self.channel == ChannelType::Meta {
            let message = "Only the first image is shown.";
            let field = format!("{at}/image_asset_ids");
            self.say("meta.image.count", Severity::Notice, &field, message, rule.source);
        }
        for (i, id) in creative.image_asset_ids.iter().enumerate() {
            let field = format!("{at}/image_asset_ids/{i}");
            let Some(asset) = assets.iter().find(|asset| asset.id == *id) else {
                self.block("image.unknown", &field, "This image is not there (any more); upload it again.");
                continue;
            };
            if !rule.media_types.contains(&asset.media_type.as_str()) {
                let message = format!("{} is not taken; use one of {}.", asset.media_type, rule.media_types.join(", "));
                self.say(&format!("{name}.image.type"), Severity::Blocking, &field, &message, rule.source);
            }
            if asset.bytes > rule.bytes {
                let message = format!("The file is larger than {} MB.", rule.bytes / (1024 * 1024));
                self.say(&format!("{name}.image.size"), Severity::Blocking, &field, &message, rule.source);
            }
            self.format(rule, asset, &field);
        }
    }

    fn format(&mut self, rule: &rules::Images, asset: &AssetFacts, field: &str) {
        if rule.formats.is_empty() || asset.height == 0 {
            return;
        }
        let name = self.channel.as_str();
        let ratio = f64::from(asset.width) / f64::from(asset.height);
        let fits = rule.formats.iter().find(|format| (ratio / format.ratio - 1.0).abs() <= rule.tolerance);
        let Some(format) = fits else {
            let names: Vec<&str> = rule.formats.iter().map(|format| format.name).collect();
            let message = format!(
                "{} × {} pixels is none of the formats {}: it will be cropped.",
                asset.width,
                asset.height,
                names.join(", ")
            );
            self.say(&format!("{name}.image.ratio"), Severity::Warning, field, &message, rule.source);
            return;
        };
        if asset.width < format.width || asset.height < format.height {
            let message = format!(
                "{} × {} pixels is small for {}; use at least {} × {}.",
                asset.width, asset.height, format.name, format.width, format.height
            );
            self.say(&format!("{name}.image.resolution"), Severity::Warning, field, &message, rule.source);
        }
    }
}

/// The texts a channel uses, with their pointers below the creative.
fn parts(channel: ChannelType, creative: &Creative) -> Vec<(Part, Vec<(String, String)>)> {
    let list = |name: &str, texts: &[String]| -> Vec<(String, String)> {
        texts.iter().enumerate().map(|(i, text)| (format!("{name}/{i}"), text.clone())).collect()
    };
    let one = |name: &str, text: &str| vec![(name.to_owned(), text.to_owned())];
    match channel {
        ChannelType::Klaviyo => vec![
            (Part::Subject, one("subject", &creative.subject)),
            (Part::PreviewText, one("preview_text", &creative.preview_text)),
            (Part::Body, one("body", &creative.body)),
        ],
        ChannelType::GoogleAds => vec![
            (Part::Headline, list("headlines", &creative.headlines)),
            (Part::Description, list("descriptions", &creative.descriptions)),
        ],
        ChannelType::Meta | ChannelType::Sandbox => vec![
            (Part::Headline, list("headlines", &creative.headlines)),
            (Part::Description, list("descriptions", &creative.descriptions)),
            (Part::PrimaryText, one("primary_text", &creative.primary_text)),
        ],
    }
}

/// `headlines/0` is in `headlines`.
fn list_of(pointer: &str) -> String {
    pointer.split('/').next().unwrap_or_default().to_owned()
}

const fn pointer_of(part: Part) -> &'static str {
    match part {
        Part::Headline => "headlines",
        Part::Description => "descriptions",
        Part::PrimaryText => "primary_text",
        Part::Subject => "subject",
        Part::PreviewText => "preview_text",
        Part::Body => "body",
    }
}

const fn noun(part: Part) -> &'static str {
    match part {
        Part::Headline => "The headline",
        Part::Description => "The description",
        Part::PrimaryText => "The text above the ad",
        Part::Subject => "The subject",
        Part::PreviewText => "The preview text",
        Part::Body => "The e-mail's body",
    }
}
