//! What must be so before a document is kept, before it may be submitted, and what a brand asks of its texts.
//!
//! What a provider asks for is not here (crate `connector`, preflight).

use url::Url;

use crate::brand::Brand;
use crate::document::{Ad, AdSet, ChannelType, Delivery, Document};
use crate::finding::{Finding, Severity};

/// The most ad sets of one campaign.
pub const MAX_AD_SETS: usize = 50;
/// The most ads of one ad set; Meta takes 50 in an ad set.
pub const MAX_ADS: usize = 50;
/// The longest name, in characters.
pub const MAX_NAME: usize = 120;
/// The longest text of a creative but an e-mail's body, in characters.
pub const MAX_TEXT: usize = 5_000;
/// The longest e-mail body in bytes. Gmail cuts a message off at 102 KB.
pub const MAX_BODY: usize = 200_000;
/// The most texts or images of a kind in one creative, keywords or countries of an audience.
pub const MAX_ITEMS: usize = 250;
/// The largest budget in minor units; sums of a campaign's stay far inside what every store keeps exactly.
pub const MAX_BUDGET: i64 = 1_000_000_000_000;

/// What a document can never be, draft or not: a JSON pointer and what is wrong there, for a person.
#[must_use]
pub fn shape(document: &Document) -> Vec<(String, String)> {
    let mut wrong = Vec::new();
    let mut say = |field: String, detail: String| wrong.push((field, detail));
    let name_rule = format!("must have 1 to {MAX_NAME} characters");
    let fits = |name: &str| !name.trim().is_empty() && name.chars().count() <= MAX_NAME;
    if !fits(&document.name) {
        say("/name".into(), name_rule.clone());
    }
    if document.utm_campaign.chars().count() > MAX_NAME {
        say("/utm_campaign".into(), format!("must have at most {MAX_NAME} characters"));
    }
    if document.landing_url.len() > 2_000 {
        say("/landing_url".into(), "must have at most 2000 characters".into());
    }
    if document.budget_total.is_some_and(|total| !(1..=MAX_BUDGET).contains(&total)) {
        say("/budget_total".into(), format!("must be 1 to {MAX_BUDGET} minor units, or null for no limit"));
    }
    for (field, at) in [("/start_at", document.start_at), ("/end_at", document.end_at)] {
        if at.is_some_and(|at| !(0..=7_258_118_400_000).contains(&at)) {
            say(field.into(), "must be an instant in UTC milliseconds, before the year 2200".into());
        }
    }
    if let (Some(start), Some(end)) = (document.start_at, document.end_at)
        && end <= start
    {
        say("/end_at".into(), "must lie after the start".into());
    }
    if document.ad_sets.len() > MAX_AD_SETS {
        say("/ad_sets".into(), format!("holds {} ad sets, at most {MAX_AD_SETS} fit", document.ad_sets.len()));
    }
    for (at, set) in document.ad_sets.iter().enumerate() {
        let base = format!("/ad_sets/{at}");
        if !fits(&set.name) {
            say(format!("{base}/name"), name_rule.clone());
        }
        if !(0..=MAX_BUDGET).contains(&set.budget_daily) {
            say(format!("{base}/budget_daily"), format!("must be 0 to {MAX_BUDGET} minor units"));
        }
        if set.ads.len() > MAX_ADS {
            say(format!("{base}/ads"), format!("holds {} ads, at most {MAX_ADS} fit", set.ads.len()));
        }
        let audience = &set.audience;
        for (name, items) in [
            ("audience/countries", &audience.countries),
            ("audience/keywords", &audience.keywords),
            ("placements", &set.placements),
        ] {
            if items.len() > MAX_ITEMS || items.iter().any(|item| item.chars().count() > MAX_NAME) {
                let detail = format!("takes at most {MAX_ITEMS} entries of at most {MAX_NAME} characters");
                say(format!("{base}/{name}"), detail);
            }
        }
        for (n, ad) in set.ads.iter().enumerate() {
            let base = format!("{base}/ads/{n}");
            if !fits(&ad.name) {
                say(format!("{base}/name"), name_rule.clone());
            }
            for (name, count) in [
                ("headlines", ad.creative.headlines.len()),
                ("descriptions", ad.creative.descriptions.len()),
                ("image_asset_ids", ad.creative.image_asset_ids.len()),
            ] {
                if count > MAX_ITEMS {
                    say(format!("{base}/creative/{name}"), format!("holds {count}, at most {MAX_ITEMS} fit"));
                }
            }
            for (field, text) in texts(ad) {
                if field == "body" {
                    if text.len() > MAX_BODY {
                        say(format!("{base}/creative/{field}"), format!("has more than {MAX_BODY} bytes"));
                    }
                } else if text.chars().count() > MAX_TEXT {
                    say(format!("{base}/creative/{field}"), format!("has more than {MAX_TEXT} characters"));
                }
            }
        }
    }
    wrong
}

/// What the rules of a document are judged by.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'a> {
    /// UTC ms.
    pub now: i64,
    /// ISO 4217 of the site.
    pub site_currency: &'a str,
}

/// Where our own rules are written down.
const SOURCE: &str = "Adroit's campaign rules";

/// Collects findings.
struct Findings {
    list: Vec<Finding>,
    source: &'static str,
}

impl Findings {
    fn add(&mut self, severity: Severity, rule: &str, field: impl Into<String>, message: impl Into<String>) {
        self.list.push(Finding {
            rule: rule.to_owned(),
            severity,
            field: field.into(),
            message: message.into(),
            source: self.source.to_owned(),
        });
    }

    fn block(&mut self, rule: &str, field: impl Into<String>, message: impl Into<String>) {
        self.add(Severity::Blocking, rule, field, message);
    }

    fn warn(&mut self, rule: &str, field: impl Into<String>, message: impl Into<String>) {
        self.add(Severity::Warning, rule, field, message);
    }
}

/// What must be so before a document may be submitted, whatever it runs on.
#[must_use]
pub fn document(document: &Document, circumstances: &Circumstances<'_>) -> Vec<Finding> {
    let mut findings = Findings { list: Vec::new(), source: SOURCE };
    let out = &mut findings;
    if document.currency != circumstances.site_currency {
        let message = format!("the currency is {}, the site's is {}", document.currency, circumstances.site_currency);
        out.block("campaign.currency", "/currency", message);
    }
    landing(&document.landing_url, out);
    if document.utm_campaign.is_empty() {
        out.block("campaign.utm", "/utm_campaign", "name what figures and orders are to meet under");
    } else if !document.utm_campaign.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c))
    {
        let message = "use small letters, digits, - and _ only: other spellings of one name are counted apart";
        out.warn("campaign.utm", "/utm_campaign", message);
    }
    dates(document, circumstances.now, out);
    if document.ad_sets.is_empty() {
        out.block("campaign.ad_sets", "/ad_sets", "add at least one ad set: what runs where, for how much");
    }
    for (at, set) in document.ad_sets.iter().enumerate() {
        ad_set(at, set, out);
    }
    let runs = |set: &AdSet| set.status == Delivery::Active && set.ads.iter().any(|ad| ad.status == Delivery::Active);
    if !document.ad_sets.is_empty() && !document.ad_sets.iter().any(runs) {
        out.block("campaign.nothing_runs", "/ad_sets", "every ad set or every ad is paused: nothing would run");
    }
    if let Some(total) = document.budget_total
        && total < document.budget_daily()
    {
        out.warn("campaign.budget_total", "/budget_total", "the total budget is spent in less than a day");
    }
    findings.list
}

fn landing(landing_url: &str, out: &mut Findings) {
    let rule = "campaign.landing_url";
    match Url::parse(landing_url) {
        Ok(url) if url.scheme() == "https" && url.host_str().is_some_and(|host| host.contains('.')) => {
            if url.query_pairs().any(|(name, _)| name.starts_with("utm_")) {
                out.warn(rule, "/landing_url", "leave utm_ parameters out: they are added for each channel and ad");
            }
            if !url.username().is_empty() || url.password().is_some() {
                out.block(rule, "/landing_url", "must not carry a user name or password");
            }
        }
        _ => out.block(rule, "/landing_url", "give the page clicks lead to, as https://…"),
    }
}

fn dates(document: &Document, now: i64, out: &mut Findings) {
    if document.end_at.is_some_and(|end| end <= now) {
        out.block("campaign.end", "/end_at", "the end has passed; set a later one or none");
    } else if let (Some(start), Some(end)) = (document.start_at, document.end_at)
        && end <= start
    {
        out.block("campaign.end", "/end_at", "the end must lie after the start");
    }
    if document.start_at.is_some_and(|start| start < now) {
        out.add(
            Severity::Notice,
            "campaign.start",
            "/start_at",
            "the start has passed: it begins once it is published",
        );
    }
}

fn ad_set(at: usize, set: &AdSet, out: &mut Findings) {
    let base = format!("/ad_sets/{at}");
    let email = set.channel == ChannelType::Klaviyo;
    if set.ads.is_empty() {
        out.block("ad_set.ads", format!("{base}/ads"), format!("ad set “{}” needs at least one ad", set.name));
    }
    if email && set.ads.len() > 1 {
        let message = format!("“{}” is one send and takes one e-mail, not {}", set.name, set.ads.len());
        out.block("ad_set.ads", format!("{base}/ads"), message);
    }
    if set.status == Delivery::Active {
        if !email && set.budget_daily <= 0 {
            let message = format!("ad set “{}” needs a daily budget", set.name);
            out.block("ad_set.budget", format!("{base}/budget_daily"), message);
        }
        if email && set.budget_daily > 0 {
            let message = "e-mail costs nothing a send; set the budget to 0 so that it does not count towards the caps";
            out.warn("ad_set.budget", format!("{base}/budget_daily"), message);
        }
    }
    let audience = &set.audience;
    if let (Some(min), Some(max)) = (audience.age_min, audience.age_max)
        && max < min
    {
        out.block("audience.age", format!("{base}/audience/age_max"), "the upper age is below the lower one");
    }
    for (n, country) in audience.countries.iter().enumerate() {
        if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_uppercase()) {
            let field = format!("{base}/audience/countries/{n}");
            out.block("audience.country", field, format!("`{country}` is no country code such as DE"));
        }
    }
}

/// The texts of an ad that people see, by field of its creative.
fn texts(ad: &Ad) -> Vec<(String, &str)> {
    let creative = &ad.creative;
    let mut all = Vec::new();
    for (name, list) in [("headlines", &creative.headlines), ("descriptions", &creative.descriptions)] {
        all.extend(list.iter().enumerate().map(|(n, text)| (format!("{name}/{n}"), text.as_str())));
    }
    for (name, text) in [
        ("primary_text", &creative.primary_text),
        ("subject", &creative.subject),
        ("preview_text", &creative.preview_text),
        ("body", &creative.body),
        ("from_name", &creative.from_name),
    ] {
        if !text.is_empty() {
            all.push((name.to_owned(), text.as_str()));
        }
    }
    all
}

/// What a brand's guidelines ask of a campaign's texts: no banned words, every required text in every ad, and no claim
/// that is not on the list, where there is one.
#[must_use]
pub fn brand(document: &Document, brand: &Brand) -> Vec<Finding> {
    let mut findings = Findings { list: Vec::new(), source: "the site's brand guidelines" };
    let claims: Vec<Vec<String>> = brand.claims.iter().map(|claim| words(claim)).collect();
    for (at, set) in document.ad_sets.iter().enumerate() {
        for (n, ad) in set.ads.iter().enumerate() {
            let base = format!("/ad_sets/{at}/ads/{n}/creative");
            let said: Vec<(String, Vec<String>)> =
                texts(ad).into_iter().map(|(field, text)| (field, words(&without_tags(text)))).collect();
            for (field, text) in &said {
                for banned in &brand.banned {
                    if !places(text, &words(banned)).is_empty() {
                        let message = format!("“{banned}” is a word the brand never uses");
                        findings.block("brand.banned", format!("{base}/{field}"), message);
                    }
                }
                if !claims.is_empty() {
                    for claim in unlisted_claims(text, &claims) {
                        let message = format!("“{claim}” makes a claim that the brand guidelines do not list");
                        findings.warn("brand.claim", format!("{base}/{field}"), message);
                    }
                }
            }
            for required in &brand.required {
                let wanted = words(required);
                if !wanted.is_empty() && said.iter().all(|(_, text)| places(text, &wanted).is_empty()) {
                    let message = format!("“{required}” must stand in every ad and is missing");
                    findings.block("brand.required", base.clone(), message);
                }
            }
        }
    }
    findings.list
}

/// An e-mail's text without its HTML tags.
fn without_tags(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, tail)) = rest.split_once('<') {
        plain.push_str(before);
        match tail.split_once('>') {
            Some((_, after)) => {
                plain.push(' ');
                rest = after;
            }
            None => {
                // A lone `<` is text.
                plain.push('<');
                rest = tail;
            }
        }
    }
    plain.push_str(rest);
    plain
}

/// A text's words in small letters; `%` and `#` stand for themselves.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    for c in text.chars() {
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        } else if !word.is_empty() && matches!(c, '\'' | '’' | '\u{ad}') {
            // Inside a word: don't, soft hyphens.
        } else {
            if !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
            if matches!(c, '%' | '#') {
                words.push(c.to_string());
            }
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// Where a phrase stands in a text, by the place of its first word.
fn places(text: &[String], phrase: &[String]) -> Vec<usize> {
    if phrase.is_empty() {
        return Vec::new();
    }
    text.windows(phrase.len()).enumerate().filter(|(_, window)| *window == phrase).map(|(at, _)| at).collect()
}

/// Words that promise something a shop must be able to keep, in English and German.
const PROMISES: [&str; 22] = [
    "free",
    "guarantee",
    "guaranteed",
    "guarantees",
    "best",
    "cheapest",
    "lowest",
    "proven",
    "certified",
    "clinically",
    "risk",
    "gratis",
    "kostenlos",
    "kostenlose",
    "kostenloser",
    "garantie",
    "garantiert",
    "beste",
    "bester",
    "bestes",
    "günstigste",
    "zertifiziert",
];

/// Promises, percentages and first places of a text that no listed claim covers.
fn unlisted_claims(text: &[String], claims: &[Vec<String>]) -> Vec<String> {
    let mut covered = vec![false; text.len()];
    for claim in claims {
        for at in places(text, claim) {
            covered.iter_mut().skip(at).take(claim.len()).for_each(|word| *word = true);
        }
    }
    let number = |word: &String| word.bytes().all(|byte| byte.is_ascii_digit());
    let mut found: Vec<String> = Vec::new();
    for (at, word) in text.iter().enumerate() {
        if covered.get(at) == Some(&true) {
            continue;
        }
        let next = text.get(at + 1);
        let claim = if PROMISES.contains(&word.as_str()) {
            word.clone()
        } else if number(word) && next.is_some_and(|next| next == "%") {
            format!("{word} %")
        } else if word == "#" && next.is_some_and(|next| next == "1") {
            "#1".to_owned()
        } else {
            continue;
        };
        if !found.contains(&claim) {
            found.push(claim);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::samples;

    fn rules(findings: &[Finding]) -> Vec<(&str, &str, Severity)> {
        findings.iter().map(|one| (one.rule.as_str(), one.field.as_str(), one.severity)).collect()
    }

    fn judge(edit: impl Fn(&mut Document)) -> Vec<Finding> {
        let mut wanted = samples::campaign();
        edit(&mut wanted);
        document(&wanted, &Circumstances { now: 1_794_000_000_000, site_currency: "EUR" })
    }

    #[test]
    fn a_complete_document_passes() {
        assert_eq!(judge(|_| {}), []);
        assert_eq!(shape(&samples::campaign()), []);
    }

    #[test]
    fn each_rule_names_its_field() {
        use Severity::{Blocking, Notice, Warning};
        type Edit = fn(&mut Document);
        let cases: [(Edit, &str, &str, Severity); 19] = [
            (|d| d.currency = "USD".into(), "campaign.currency", "/currency", Blocking),
            (|d| d.landing_url = "http://shop.test".into(), "campaign.landing_url", "/landing_url", Blocking),
            (|d| d.landing_url = "shop.test".into(), "campaign.landing_url", "/landing_url", Blocking),
            (|d| d.landing_url = "javascript:alert(1)".into(), "campaign.landing_url", "/landing_url", Blocking),
            (|d| d.landing_url = "https://a:b@shop.test".into(), "campaign.landing_url", "/landing_url", Blocking),
            (
                |d| d.landing_url = "https://shop.test/?utm_source=x".into(),
                "campaign.landing_url",
                "/landing_url",
                Warning,
            ),
            (|d| d.utm_campaign = String::new(), "campaign.utm", "/utm_campaign", Blocking),
            (|d| d.utm_campaign = "Herbst Wolle".into(), "campaign.utm", "/utm_campaign", Warning),
            (|d| d.end_at = Some(1_795_000_000_000), "campaign.end", "/end_at", Blocking),
            (|d| d.end_at = Some(1), "campaign.end", "/end_at", Blocking),
            (|d| d.start_at = Some(1), "campaign.start", "/start_at", Notice),
            (|d| d.ad_sets.clear(), "campaign.ad_sets", "/ad_sets", Blocking),
            (|d| d.ad_sets[0].ads.clear(), "ad_set.ads", "/ad_sets/0/ads", Blocking),
            (|d| d.ad_sets[1].channel = ChannelType::Klaviyo, "ad_set.ads", "/ad_sets/1/ads", Blocking),
            (|d| d.ad_sets[0].budget_daily = 0, "ad_set.budget", "/ad_sets/0/budget_daily", Blocking),
            (|d| d.budget_total = Some(2_999), "campaign.budget_total", "/budget_total", Warning),
            (|d| d.ad_sets[0].audience.age_max = Some(17), "audience.age", "/ad_sets/0/audience/age_max", Blocking),
            (
                |d| d.ad_sets[0].audience.countries[1] = "Austria".into(),
                "audience.country",
                "/ad_sets/0/audience/countries/1",
                Blocking,
            ),
            (
                |d| d.ad_sets.iter_mut().for_each(|set| set.status = Delivery::Paused),
                "campaign.nothing_runs",
                "/ad_sets",
                Blocking,
            ),
        ];
        for (edit, rule, field, severity) in cases {
            let findings = judge(edit);
            assert_eq!(rules(&findings).first(), Some(&(rule, field, severity)));
        }
    }

    #[test]
    fn what_no_document_can_be_is_named_by_pointer() {
        let mut wrong = samples::campaign();
        wrong.name = " ".into();
        wrong.end_at = Some(1);
        wrong.budget_total = Some(0);
        wrong.ad_sets[0].budget_daily = -1;
        wrong.ad_sets[1].ads[0].creative.primary_text = "x".repeat(MAX_TEXT + 1);
        let fields: Vec<String> = shape(&wrong).into_iter().map(|(field, _)| field).collect();
        assert_eq!(
            fields,
            ["/name", "/budget_total", "/end_at", "/ad_sets/0/budget_daily", "/ad_sets/1/ads/0/creative/primary_text"]
        );
    }

    fn guidelines() -> Brand {
        Brand {
            banned: vec!["billig".into(), "last chance".into()],
            required: vec!["Zzgl. Versand".into()],
            claims: vec!["free shipping over 50 EUR".into(), "30 % off".into()],
            ..Brand::default()
        }
    }

    fn said(texts: &[&str]) -> Document {
        let mut document = samples::campaign();
        document.ad_sets.truncate(1);
        let creative = &mut document.ad_sets[0].ads[0].creative;
        creative.headlines = texts.iter().map(|text| (*text).to_owned()).collect();
        creative.descriptions = vec!["zzgl.  versand".into()];
        document
    }

    #[test]
    fn banned_words_are_found_as_words() {
        let findings = brand(&said(&["Billig!", "Billigend", "Your LAST\nchance", "last week, chance"]), &guidelines());
        let field = |n: u8| format!("/ad_sets/0/ads/0/creative/headlines/{n}");
        assert_eq!(
            rules(&findings),
            [
                ("brand.banned", field(0).as_str(), Severity::Blocking),
                ("brand.banned", field(2).as_str(), Severity::Blocking)
            ]
        );
    }

    #[test]
    fn a_required_text_may_stand_anywhere_in_the_ad() {
        assert_eq!(brand(&said(&[]), &guidelines()), []);
        let mut without = said(&["Versand"]);
        without.ad_sets[0].ads[0].creative.descriptions.clear();
        let findings = brand(&without, &guidelines());
        assert_eq!(rules(&findings), [("brand.required", "/ad_sets/0/ads/0/creative", Severity::Blocking)]);
        without.ad_sets[0].ads[0].creative.body = "<p>zzgl.</p><p>Versand</p>".into();
        assert_eq!(brand(&without, &guidelines()), []);
    }

    #[test]
    fn a_claim_that_is_not_listed_is_worth_a_look() {
        let claims = |text: &str| -> Vec<String> {
            brand(&said(&[text]), &guidelines()).into_iter().map(|finding| finding.message).collect()
        };
        assert_eq!(claims("Free shipping over 50 EUR, 30% off"), [""; 0]);
        assert_eq!(claims("Free gift"), ["“free” makes a claim that the brand guidelines do not list"]);
        assert_eq!(claims("50% off"), ["“50 %” makes a claim that the brand guidelines do not list"]);
        assert_eq!(claims("The #1 in wool"), ["“#1” makes a claim that the brand guidelines do not list"]);
        let without = Brand { claims: vec![], ..guidelines() };
        assert_eq!(brand(&said(&["The best, free"]), &without), []);
    }

    proptest! {
        #[test]
        fn findings_point_into_the_document(wanted in samples::documents()) {
            let value = serde_json::to_value(&wanted).unwrap();
            let all = document(&wanted, &Circumstances { now: 2, site_currency: "USD" });
            for finding in all.iter().chain(&brand(&wanted, &guidelines())) {
                prop_assert!(value.pointer(&finding.field).is_some(), "{}", finding.field);
            }
        }

        #[test]
        fn no_text_breaks_the_brand_check(text in "\\PC{0,60}") {
            let mut wanted = said(&[&text]);
            wanted.ad_sets[0].ads[0].creative.body = text;
            prop_assert!(brand(&wanted, &guidelines()).iter().all(|one| one.field.starts_with("/ad_sets/0/ads/0/")));
        }
    }
}
