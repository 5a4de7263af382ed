//! Documents for tests: one that is fixed, and arbitrary ones.

use proptest::prelude::*;

use crate::document::{Ad, AdSet, Audience, BidStrategy, ChannelType, Creative, Delivery, Document, Objective};

/// A small shop's campaign on two channels.
pub(crate) fn campaign() -> Document {
    Document {
        name: "Herbst – “Wolle”".into(),
        objective: Objective::Sales,
        currency: "EUR".into(),
        budget_total: Some(90_000),
        start_at: Some(1_795_000_000_000),
        end_at: None,
        landing_url: "https://shop.test/wolle".into(),
        utm_campaign: "herbst-wolle".into(),
        ad_sets: vec![
            AdSet {
                id: "set-1".into(),
                name: "Search".into(),
                channel_id: "channel-1".into(),
                channel: ChannelType::GoogleAds,
                audience: Audience {
                    countries: vec!["DE".into(), "AT".into()],
                    age_min: Some(18),
                    age_max: None,
                    keywords: vec!["wollpullover".into()],
                    list_id: String::new(),
                },
                placements: vec![],
                bid_strategy: BidStrategy::MaximizeClicks,
                budget_daily: 2_000,
                status: Delivery::Active,
                ads: vec![Ad {
                    id: "ad-1".into(),
                    name: "Responsive".into(),
                    creative: Creative {
                        headlines: vec!["Warme Wolle".into(), "Aus Tirol".into(), "Jetzt ansehen".into()],
                        descriptions: vec!["Pullover aus Schurwolle.".into(), "30 Tage Rückgabe.".into()],
                        call_to_action: "SHOP_NOW".into(),
                        ..Creative::default()
                    },
                    status: Delivery::Active,
                }],
            },
            AdSet {
                id: "set-2".into(),
                name: "Feed".into(),
                channel_id: "channel-2".into(),
                channel: ChannelType::Meta,
                audience: Audience { countries: vec!["DE".into()], ..Audience::default() },
                placements: vec!["facebook_feed".into()],
                bid_strategy: BidStrategy::LowestCost,
                budget_daily: 1_000,
                status: Delivery::Active,
                ads: vec![
                    Ad {
                        id: "ad-2".into(),
                        name: "Photo".into(),
                        creative: Creative {
                            headlines: vec!["Warme Wolle".into()],
                            primary_text: "Pullover, die bleiben.\n\"Handgemacht\"".into(),
                            image_asset_ids: vec!["asset-1".into()],
                            ..Creative::default()
                        },
                        status: Delivery::Active,
                    },
                    Ad {
                        id: "ad-3".into(),
                        name: "Second photo".into(),
                        creative: Creative::default(),
                        status: Delivery::Paused,
                    },
                ],
            },
        ],
    }
}

fn delivery() -> impl Strategy<Value = Delivery> {
    prop::sample::select(vec![Delivery::Active, Delivery::Paused])
}

fn texts() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("[a-z]{0,2}", 0..3)
}

fn creative() -> impl Strategy<Value = Creative> {
    (texts(), texts(), "[a-z\"\\\\ü]{0,2}", texts()).prop_map(|(headlines, descriptions, primary_text, assets)| {
        Creative { headlines, descriptions, primary_text, image_asset_ids: assets, ..Creative::default() }
    })
}

fn audience() -> impl Strategy<Value = Audience> {
    (texts(), prop::option::of(13..20_u8)).prop_map(|(countries, age_min)| Audience {
        countries,
        age_min,
        ..Audience::default()
    })
}

fn ads(set: usize) -> impl Strategy<Value = Vec<Ad>> {
    let ad = ("[ab]", creative(), delivery());
    (prop::collection::vec(ad, 0..3), any::<bool>()).prop_map(move |(ads, reversed)| {
        let mut ads: Vec<Ad> = ads
            .into_iter()
            .enumerate()
            .map(|(n, (name, creative, status))| Ad { id: format!("ad-{set}-{n}"), name, creative, status })
            .collect();
        if reversed {
            ads.reverse();
        }
        ads
    })
}

fn ad_set(number: usize) -> impl Strategy<Value = AdSet> {
    let fields = ("[ab]", 0..3_usize, audience(), texts(), any::<bool>(), 0..4_i64, delivery(), ads(number));
    fields.prop_map(move |(name, channel, audience, placements, clicks, budget, status, ads)| AdSet {
        id: format!("set-{number}"),
        name,
        channel_id: format!("channel-{channel}"),
        channel: ChannelType::ALL[channel],
        audience,
        placements,
        bid_strategy: if clicks { BidStrategy::MaximizeClicks } else { BidStrategy::LowestCost },
        budget_daily: budget * 500,
        status,
        ads,
    })
}

/// Documents that share ids often, so that two of them differ in ways an edit makes.
pub(crate) fn documents() -> impl Strategy<Value = Document> {
    let sets = prop::sample::subsequence(vec![0_usize, 1, 2, 3], 0..=4)
        .prop_shuffle()
        .prop_flat_map(|numbers| numbers.into_iter().map(ad_set).collect::<Vec<_>>());
    let fields = (
        "[ab]{1,2}",
        any::<bool>(),
        prop::option::of(1..3_i64),
        prop::option::of(0..3_i64),
        prop::option::of(4..6_i64),
        "[ab]{0,1}",
        sets,
    );
    fields.prop_map(|(name, sales, budget_total, start_at, end_at, page, ad_sets)| Document {
        utm_campaign: name.clone(),
        name,
        objective: if sales { Objective::Sales } else { Objective::Traffic },
        currency: "EUR".into(),
        budget_total,
        start_at,
        end_at,
        landing_url: format!("https://shop.test/{page}"),
        ad_sets,
    })
}
