//! Preflight, by what people write: each rule once broken and once kept, and pointers that lead to the spot.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use campaign::{
    Ad, AdSet, Audience, BidStrategy, ChannelType, Creative, Delivery, Document, Finding, Objective, Severity,
};
use connector::AssetFacts;
use connector::preflight;

fn creative(channel: ChannelType) -> Creative {
    let list = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    match channel {
        ChannelType::GoogleAds => Creative {
            headlines: list(&["Fresh coffee beans", "Roasted in Berlin", "Free delivery"]),
            descriptions: list(&["Whole beans, roasted to order.", "At your door in two days."]),
            ..Creative::default()
        },
        ChannelType::Meta | ChannelType::Sandbox => Creative {
            headlines: list(&["Fresh coffee beans"]),
            descriptions: list(&["Free delivery"]),
            primary_text: "Roasted yesterday, at your door tomorrow.".to_owned(),
            call_to_action: "SHOP_NOW".to_owned(),
            image_asset_ids: list(&["square"]),
            ..Creative::default()
        },
        ChannelType::Klaviyo => Creative {
            subject: "New beans are in".to_owned(),
            preview_text: "Roasted this morning".to_owned(),
            body: "<p>Hello</p><a href=\"https://shop.test\">Shop</a> {% unsubscribe %}".to_owned(),
            from_name: "Shop".to_owned(),
            from_email: "hello@shop.test".to_owned(),
            ..Creative::default()
        },
    }
}

fn set(channel: ChannelType, creative: Creative) -> AdSet {
    let mail = channel == ChannelType::Klaviyo;
    AdSet {
        id: format!("set-{}", channel.as_str()),
        name: "Set".to_owned(),
        channel_id: format!("channel-{}", channel.as_str()),
        channel,
        audience: Audience {
            countries: vec!["DE".to_owned()],
            keywords: if channel == ChannelType::GoogleAds { vec!["coffee beans".to_owned()] } else { Vec::new() },
            list_id: if mail { "list-1".to_owned() } else { String::new() },
            ..Audience::default()
        },
        placements: Vec::new(),
        bid_strategy: BidStrategy::LowestCost,
        budget_daily: if mail { 0 } else { 2_000 },
        status: Delivery::Active,
        ads: vec![Ad { id: "ad".to_owned(), name: "Ad".to_owned(), creative, status: Delivery::Active }],
    }
}

fn document(ad_sets: Vec<AdSet>) -> Document {
    Document {
        name: "Beans".to_owned(),
        objective: Objective::Sales,
        currency: "EUR".to_owned(),
        budget_total: None,
        start_at: None,
        end_at: None,
        landing_url: "https://shop.test/beans".to_owned(),
        utm_campaign: "beans".to_owned(),
        ad_sets,
    }
}

fn assets() -> Vec<AssetFacts> {
    let asset = |id: &str, media_type: &str, width, height, bytes| AssetFacts {
        id: id.to_owned(),
        media_type: media_type.to_owned(),
        width,
        height,
        bytes,
    };
    vec![
        asset("square", "image/jpeg", 1080, 1080, 300_000),
        asset("banner", "image/jpeg", 1080, 300, 300_000),
        asset("small", "image/png", 300, 300, 30_000),
        asset("webp", "image/webp", 1080, 1080, 300_000),
        asset("huge", "image/png", 1080, 1080, 40 * 1024 * 1024),
    ]
}

fn findings(channel: ChannelType, change: impl FnOnce(&mut Creative)) -> Vec<Finding> {
    let mut creative = creative(channel);
    change(&mut creative);
    preflight::document(&document(vec![set(channel, creative)]), &assets())
}

/// The rule is broken, there, and nothing else is said that is as grave.
fn breaks(found: &[Finding], rule: &str, severity: Severity, field: &str) {
    let of_rule: Vec<&Finding> = found.iter().filter(|finding| finding.rule == rule).collect();
    assert!(
        of_rule.iter().any(|finding| finding.severity == severity && finding.field == field),
        "{rule} at {field}: {found:#?}"
    );
    assert!(found.iter().all(|finding| finding.rule == rule || finding.severity < Severity::Warning), "{found:#?}");
    assert!(of_rule.iter().all(|finding| !finding.source.is_empty() && finding.message.len() > 15));
}

#[test]
fn an_ordinary_campaign_on_every_channel_has_nothing_to_complain_of() {
    let sets = ChannelType::ALL.into_iter().map(|channel| set(channel, creative(channel))).collect();
    let found = preflight::document(&document(sets), &assets());
    assert!(found.iter().all(|finding| finding.severity == Severity::Notice), "{found:#?}");
    assert_eq!(found.len(), 2, "the declarations to Google and Meta");
}

#[test]
fn google_counts_weighs_and_edits() {
    use ChannelType::GoogleAds as G;
    use Severity::{Blocking, Warning};
    let at = "/ad_sets/0/ads/0/creative";
    let headline = |text: &'static str| move |c: &mut Creative| c.headlines[1] = text.to_owned();
    let h1 = format!("{at}/headlines/1");
    breaks(&findings(G, headline("A headline of thirty-one letters")), "google_ads.headline.length", Blocking, &h1);
    assert!(findings(G, headline("Headline of just thirty chars.")).iter().all(|f| f.severity == Severity::Notice));
    // Sixteen full-width characters weigh 32.
    breaks(&findings(G, headline("新鮮なコーヒー豆をお届けします今")), "google_ads.headline.length", Blocking, &h1);
    breaks(&findings(G, headline("Beans 🚀 now")), "google_ads.policy.emoji", Blocking, &h1);
    breaks(&findings(G, headline("★ Best beans")), "google_ads.policy.symbols", Blocking, &h1);
    breaks(&findings(G, headline("B.E.A.N.S today")), "google_ads.policy.spelling", Blocking, &h1);
    breaks(&findings(G, headline("Fresh beans!")), "google_ads.policy.exclamation", Warning, &h1);
    breaks(&findings(G, headline("Click here for beans")), "google_ads.policy.generic_call", Blocking, &h1);
    breaks(&findings(G, headline("FRESH coffee beans")), "google_ads.headline.repeated", Blocking, &h1);
    let d0 = format!("{at}/descriptions/0");
    let exclaim = |c: &mut Creative| c.descriptions[0] = "Hurry!! Fresh today.".to_owned();
    breaks(&findings(G, exclaim), "google_ads.policy.punctuation", Blocking, &d0);
    breaks(
        &findings(G, |c| c.headlines.truncate(2)),
        "google_ads.headline.count",
        Blocking,
        &format!("{at}/headlines"),
    );
    let five = |c: &mut Creative| c.descriptions = (0..5).map(|i| format!("Description number {i}.")).collect();
    breaks(&findings(G, five), "google_ads.description.count", Blocking, &format!("{at}/descriptions"));
}

#[test]
fn meta_warns_of_what_is_cut_off_and_refuses_what_is_personal() {
    use ChannelType::Meta as M;
    use Severity::{Blocking, Warning};
    let at = "/ad_sets/0/ads/0/creative";
    let text = format!("{at}/primary_text");
    breaks(&findings(M, |c| c.primary_text = "a".repeat(126)), "meta.primary_text.length", Warning, &text);
    let personal = |c: &mut Creative| c.primary_text = "Are you depressed? Drink coffee.".to_owned();
    breaks(&findings(M, personal), "meta.policy.personal_attributes", Blocking, &text);
    let category = |c: &mut Creative| c.primary_text = "A mortgage for your café.".to_owned();
    breaks(&findings(M, category), "disclosure.special_category", Warning, &text);
    let images = |id: &'static str| move |c: &mut Creative| c.image_asset_ids = vec![id.to_owned()];
    let image = format!("{at}/image_asset_ids/0");
    breaks(&findings(M, images("banner")), "meta.image.ratio", Warning, &image);
    breaks(&findings(M, images("small")), "meta.image.resolution", Warning, &image);
    breaks(&findings(M, images("webp")), "meta.image.type", Blocking, &image);
    breaks(&findings(M, images("huge")), "meta.image.size", Blocking, &image);
    breaks(&findings(M, images("lost")), "image.unknown", Blocking, &image);
}

#[test]
fn claims_that_nobody_takes_are_refused_everywhere() {
    for channel in ChannelType::ALL {
        for (text, rule) in
            [("It cures everything", "policy.health_claim"), ("Double your money", "policy.guaranteed_return")]
        {
            let found = findings(channel, |c| {
                c.subject = text.to_owned();
                if let Some(first) = c.headlines.first_mut() {
                    *first = text.to_owned();
                }
            });
            assert!(
                found.iter().any(|f| f.rule == rule && f.severity == Severity::Blocking),
                "{channel:?} {text}: {found:#?}"
            );
        }
    }
}

#[test]
fn an_email_needs_a_list_and_a_way_out() {
    use ChannelType::Klaviyo as K;
    let at = "/ad_sets/0/ads/0/creative";
    let no_way_out = |c: &mut Creative| c.body = "<a href=\"https://shop.test\">Shop</a>".to_owned();
    breaks(&findings(K, no_way_out), "klaviyo.unsubscribe.missing", Severity::Blocking, &format!("{at}/body"));
    let field = format!("{at}/subject");
    breaks(&findings(K, |c| c.subject.clear()), "klaviyo.subject.count", Severity::Blocking, &field);
    let field = format!("{at}/from_email");
    breaks(
        &findings(K, |c| c.from_email = "nobody".to_owned()),
        "klaviyo.from_email.invalid",
        Severity::Blocking,
        &field,
    );
    let mut set = set(K, creative(K));
    set.audience.list_id.clear();
    let found = preflight::document(&document(vec![set]), &[]);
    breaks(&found, "klaviyo.list.missing", Severity::Blocking, "/ad_sets/0/audience/list_id");
}

#[test]
fn pointers_lead_into_the_document_not_into_the_channels_part_of_it() {
    let mut google = set(ChannelType::GoogleAds, creative(ChannelType::GoogleAds));
    google.audience.keywords.clear();
    let meta = set(ChannelType::Meta, creative(ChannelType::Meta));
    let found = preflight::document(&document(vec![meta.clone(), google.clone(), meta, google]), &assets());
    let fields: Vec<&str> = found
        .iter()
        .filter(|finding| finding.rule == "google_ads.keywords.missing")
        .map(|finding| finding.field.as_str())
        .collect();
    assert_eq!(fields, ["/ad_sets/1/audience/keywords", "/ad_sets/3/audience/keywords"]);
}

#[test]
fn audiences_are_real_places_and_ages() {
    let mut document = document(vec![set(ChannelType::Meta, creative(ChannelType::Meta))]);
    document.ad_sets[0].audience.countries = vec!["DE".to_owned(), "UK".to_owned()];
    document.ad_sets[0].audience.age_min = Some(12);
    document.ad_sets.push(set(ChannelType::GoogleAds, creative(ChannelType::GoogleAds)));
    document.ad_sets[1].audience.countries.clear();
    let found = preflight::document(&document, &assets());
    let mut blocking: Vec<(&str, &str)> = found
        .iter()
        .filter(|finding| finding.severity == Severity::Blocking)
        .map(|finding| (finding.rule.as_str(), finding.field.as_str()))
        .collect();
    blocking.sort_unstable();
    assert_eq!(
        blocking,
        [
            ("age.range", "/ad_sets/0/audience/age_min"),
            ("countries.missing", "/ad_sets/1/audience/countries"),
            ("countries.unknown", "/ad_sets/0/audience/countries/1"),
        ]
    );
}
