//! Windows, grains, views, claims, costs and disagreement, on figures small enough to check by hand.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop where it fails")]

use attribution::{
    ChannelCredit, Claim, Cost, Grain, Marginal, Order, Rule, Touch, TouchKind, Touches, Windows, aggregate,
    at_least_double, attribute_within, disagreement, distance, reconcile,
};
use proptest::prelude::*;

const DAY: i64 = 86_400_000;

fn touch(id: &str, day: i64, channel: &str, kind: TouchKind) -> (String, Touch) {
    let touch = Touch {
        id: id.into(),
        t: day * DAY,
        channel: channel.into(),
        source: channel.to_lowercase(),
        campaign: "spring".into(),
        ad: id.into(),
        keyword: if channel == "Search" { "shoes".into() } else { String::new() },
        kind,
        ..Touch::default()
    };
    ("anna".into(), touch)
}

fn order(id: &str, t: i64, value_minor: i64) -> Order {
    Order { id: id.into(), person: "anna".into(), t, value_minor }
}

#[test]
fn each_channel_and_views_have_windows_of_their_own() {
    use TouchKind::{Click, View};
    let touches: Touches = [
        touch("old-email", 60, "Email", Click),
        touch("old-search", 60, "Search", Click),
        touch("old-view", 95, "Display", View),
        touch("new-view", 99, "Display", View),
        touch("click", 95, "Display", Click),
    ]
    .into_iter()
    .collect();
    let orders = [order("o", 100 * DAY, 400)];
    let windows = Windows { days: 30, by_channel: [("Email".to_owned(), 90)].into(), view_days: Some(1) };
    let seen = |windows: &Windows| -> Vec<String> {
        let answer = attribute_within(&Rule::Linear, windows, &orders, &touches).unwrap();
        answer[0].credits.iter().map(|credit| credit.touch.id.clone()).collect()
    };
    assert_eq!(seen(&windows), ["old-email", "click", "new-view"]);
    assert_eq!(seen(&Windows { view_days: Some(0), ..windows.clone() }), ["old-email", "click"]);
    assert_eq!(seen(&Windows { view_days: None, ..windows.clone() }), ["old-email", "click", "old-view", "new-view"]);
    let wrong = Windows { by_channel: [("Email".to_owned(), 0)].into(), ..windows };
    assert_eq!(attribute_within(&Rule::Linear, &wrong, &orders, &touches).unwrap_err().field(), "window");
}

#[test]
fn a_view_weighs_what_the_rule_says() {
    let touches: Touches =
        [touch("v", 1, "Display", TouchKind::View), touch("c", 2, "Search", TouchKind::Click)].into_iter().collect();
    let rule: Rule = serde_json::from_str(
        r#"{"rule": "custom", "base": {"rule": "linear"}, "adjust": [{"when": {"kind": "view"}, "factor": 0.25}]}"#,
    )
    .unwrap();
    let orders = [order("o", 3 * DAY, 1_000)];
    let answer = attribute_within(&rule, &Windows::of_days(30), &orders, &touches).unwrap();
    let values: Vec<i64> = answer[0].credits.iter().map(|credit| credit.value_minor).collect();
    assert_eq!(values, [200, 800]);
}

#[test]
fn finer_grains_add_up_to_coarser_ones() {
    let touches: Touches = [
        touch("a1", 1, "Search", TouchKind::Click),
        touch("a2", 2, "Search", TouchKind::Click),
        touch("a3", 3, "Display", TouchKind::View),
    ]
    .into_iter()
    .collect();
    let orders = [order("o", 4 * DAY, 100), order("early", 0, 7)];
    let answer = attribute_within(&Rule::Linear, &Windows::of_days(30), &orders, &touches).unwrap();
    let by_channel = aggregate(&answer, |touch| Grain::Channel.key(touch));
    assert_eq!(by_channel[&vec!["Unassigned".to_owned()]].value_minor, 7);
    for (grain, parts, keys) in [
        (Grain::Source, 2, 3),
        (Grain::Campaign, 3, 3),
        (Grain::Ad, 4, 4),
        (Grain::Creative, 5, 4),
        (Grain::Keyword, 4, 3),
    ] {
        let fine = aggregate(&answer, |touch| grain.key(touch));
        assert_eq!(fine.len(), keys, "{grain:?}");
        for (channel, sum) in &by_channel {
            let value: i64 = fine.iter().filter(|(key, _)| key[0] == channel[0]).map(|(_, sum)| sum.value_minor).sum();
            assert_eq!(value, sum.value_minor);
        }
        assert!(fine.keys().all(|key| key.len() == parts && key.iter().all(|part| !part.is_empty())));
    }
    let keyword = Grain::Keyword.key(Some(&touches.of("anna")[0]));
    assert_eq!(keyword, ["Search", "search", "spring", "shoes"]);
}

fn claim(platform: &str, order_id: Option<&str>, t: i64, value_minor: i64) -> Claim {
    Claim { platform: platform.into(), order_id: order_id.map(str::to_owned), t, value_minor }
}

#[test]
fn an_order_claimed_by_two_platforms_counts_once() {
    let orders = [order("o1", 1_000, 50), order("o2", 2_000, 50), order("o3", 3_000, 80)];
    let claims = [
        claim("meta", Some("o1"), 1_000, 50),
        claim("meta", Some("o1"), 1_001, 50),
        claim("meta", None, 1_900, 50),
        claim("google", Some("o1"), 1_000, 50),
        claim("google", None, 9_000, 80),
        claim("google", Some("o9"), 1_000, 50),
    ];
    let found = reconcile(&claims, &orders, 500);
    assert_eq!((found.orders, found.claimed_orders, found.claimed_by_several), (3, 2, 1));
    let (meta, google) = (found.platforms["meta"], found.platforms["google"]);
    assert_eq!((meta.claims, meta.orders, meta.alone, meta.repeated, meta.unmatched), (3, 2, 1, 1, 0));
    assert_eq!((google.claims, google.orders, google.alone, google.repeated, google.unmatched), (3, 1, 0, 0, 2));
    assert!((meta.deduplicated - 1.5).abs() < 1e-12 && (google.deduplicated - 0.5).abs() < 1e-12);
    assert!((meta.deduplicated_value - 75.0).abs() < 1e-12);
}

proptest! {
    #[test]
    fn deduplicated_claims_are_the_claimed_orders(
        claims in prop::collection::vec((0_u8..3, prop::option::of(0_u8..8), 0_i64..100, 1_i64..4), 0..40),
        orders in prop::collection::btree_map(0_u8..6, (0_i64..100, 1_i64..4), 0..6),
    ) {
        let orders: Vec<Order> =
            orders.into_iter().map(|(id, (t, value))| order(&format!("o{id}"), t, value)).collect();
        let claims: Vec<Claim> = claims
            .into_iter()
            .map(|(platform, id, t, value)| {
                claim(&format!("p{platform}"), id.map(|id| format!("o{id}")).as_deref(), t, value)
            })
            .collect();
        let found = reconcile(&claims, &orders, 20);
        let sum: f64 = found.platforms.values().map(|one| one.deduplicated).sum();
        prop_assert!((sum - found.claimed_orders as f64).abs() < 1e-9);
        prop_assert!(found.claimed_orders <= found.orders);
        for one in found.platforms.values() {
            prop_assert_eq!(one.claims, one.orders + one.repeated + one.unmatched);
            prop_assert!(one.alone <= one.orders && one.deduplicated <= one.orders as f64 + 1e-9);
        }
    }
}

#[test]
fn costs_margins_and_disagreement_are_what_they_say() {
    let credit = |conversions, value| ChannelCredit { conversions, value };
    let cost = Cost::of(300.0, credit(4.0, 900.0));
    assert_eq!((cost.per_conversion, cost.return_on_spend), (Some(75.0), Some(3.0)));
    assert_eq!(Cost::of(300.0, credit(0.0, 0.0)).per_conversion, None);
    assert_eq!(Cost::of(0.0, credit(1.0, 5.0)).return_on_spend, None);

    let more = Marginal::between((300.0, credit(4.0, 900.0)), (400.0, credit(5.0, 950.0)), 0.1).unwrap();
    assert_eq!((more.spend, more.per_conversion, more.return_on_spend), (100.0, Some(100.0), 0.5));
    assert!(Marginal::between((300.0, credit(4.0, 900.0)), (310.0, credit(9.0, 950.0)), 0.1).is_none());
    let worse = Marginal::between((300.0, credit(4.0, 900.0)), (400.0, credit(3.0, 800.0)), 0.1).unwrap();
    assert_eq!((worse.per_conversion, worse.return_on_spend), (None, -1.0));

    let models = [
        ("first".to_owned(), vec![credit(6.0, 0.0), credit(2.0, 0.0)]),
        ("last".to_owned(), vec![credit(2.0, 0.0), credit(6.0, 0.0)]),
        ("linear".to_owned(), vec![credit(4.0, 0.0), credit(4.0, 0.0)]),
    ];
    let about = disagreement(&models);
    assert_eq!((about[0].low_model.as_str(), about[0].high_model.as_str()), ("last", "first"));
    assert_eq!(about[0].spread, Some(1.0));
    assert_eq!(distance(&models[0].1, &models[1].1), 0.5);
    assert_eq!(distance(&models[0].1, &models[0].1), 0.0);
    assert_eq!(at_least_double([40.0, 35.0], 60.0), 15.0);
    assert_eq!(at_least_double([20.0], 60.0), 0.0);
}
