//! What the demo shop promises: the same stream for the same seed, consistent figures, and nothing that the collector
//! would refuse.

#![expect(clippy::panic, reason = "a helper of the tests says what was refused")]

use event::admit::{Arrival, admit};
use event::{Event, Origin, enrich::enrich};
use proptest::prelude::*;
use serde_json::Value;
use simulator::{CHANNELS, Config, Shop, spend_csv};
use std::collections::{BTreeMap, BTreeSet};

const DAY_MS: i64 = 86_400_000;
/// 20 November 2026, 15:00 UTC.
const NOW: i64 = 20_777 * DAY_MS + 15 * 3_600_000;

fn stored(shop: &Shop, now_ms: i64) -> Vec<Event> {
    let arrival = Arrival {
        received_at: now_ms,
        sent_at: None,
        origin: Origin::Server,
        user_agent: "",
        country: "",
        region: "",
        global_privacy_control: false,
        site_currency: "EUR",
    };
    let mut seen = BTreeSet::new();
    shop.events()
        .iter()
        .map(|event| {
            admit(event, &arrival, || unreachable!("every event has an id"))
                .unwrap_or_else(|r| panic!("{r:?}: {event}"))
        })
        .filter(|admitted| seen.insert(admitted.hit.id.clone()))
        .map(|admitted| {
            assert_eq!(admitted.hit.flags, "", "{:?}", admitted.hit);
            enrich("demo", "demo-site", &admitted.visitor, &admitted.hit)
        })
        .collect()
}

#[test]
fn the_demo_has_the_size_and_the_ratios_of_a_real_shop() {
    let shop = Shop::new(Config::demo(NOW));
    let events = stored(&shop, NOW);
    assert_eq!(events.len(), shop.distinct_events());
    assert_eq!(events.iter().filter(|event| event.bot == 0).count(), shop.distinct_events_of_people());
    assert!((3_000..5_000).contains(&shop.visitors()), "{} visitors", shop.visitors());
    assert!((15_000..25_000).contains(&events.len()), "{} events", events.len());
    let bots = events.iter().filter(|event| event.bot == 1).count() as f64 / events.len() as f64;
    assert!((0.01..0.05).contains(&bots), "{bots} of the events are bots'");

    let truth = shop.truth();
    let visits: u64 = truth.channels.iter().map(|channel| channel.visits).sum();
    let (orders, visits) = (truth.orders as f64, visits as f64);
    let conversion = orders / visits;
    assert!((0.02..0.035).contains(&conversion), "{conversion}");
    let average = truth.value_minor as f64 / orders / 100.0;
    assert!((65.0..95.0).contains(&average), "{average}");
}

#[test]
fn every_purchase_is_told_with_its_value_and_order_ids_are_unique_but_for_the_ones_told_twice() {
    let shop = Shop::new(Config::demo(NOW));
    let events = stored(&shop, NOW);
    let mut orders: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
    for event in events.iter().filter(|event| event.event == "purchase") {
        assert!(event.value_minor > 0 && event.currency == "EUR" && !event.order_id.is_empty(), "{event:?}");
        orders.entry(event.order_id.clone()).or_default().insert(event.value_minor);
    }
    assert!(orders.values().all(|values| values.len() == 1), "an order has one value");
    assert_eq!(orders.len() as u64, shop.truth().orders);
    assert_eq!(orders.values().flatten().sum::<i64>(), shop.truth().value_minor);
    let told: usize = events.iter().filter(|event| event.event == "purchase").count();
    assert!(told > orders.len(), "some orders are told by page and server");
    for refund in events.iter().filter(|event| event.event == "refund") {
        let bought = orders[&refund.order_id].iter().next().unwrap();
        assert!(refund.value_minor > 0 && refund.value_minor <= *bought);
    }
}

#[test]
fn the_messy_links_lead_to_the_channels_they_mean() {
    let shop = Shop::new(Config::demo(NOW));
    let found: BTreeSet<String> =
        stored(&shop, NOW).into_iter().map(|event| event.channel).filter(|c| !c.is_empty()).collect();
    let expected = [
        "AI Assistants",
        "Affiliates",
        "Email",
        "Organic Search",
        "Organic Social",
        "Organic Video",
        "Paid Search",
        "Paid Social",
        "Referral",
    ];
    // Facebook links that lost their UTM are social by their click id; every paid link here has one.
    assert_eq!(found, expected.map(str::to_owned).into());
}

#[test]
fn today_ends_now_and_the_days_before_do_not_depend_on_it() {
    let (morning, evening) = (Shop::new(Config::demo(NOW)), Shop::new(Config::demo(NOW + 6 * 3_600_000)));
    let ids = |shop: &Shop| -> BTreeSet<String> {
        shop.events().iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect()
    };
    let (early, late) = (ids(&morning), ids(&evening));
    assert!(early.is_subset(&late) && early.len() < late.len());
    let latest = morning.events().iter().map(|event| event["ts"].as_i64().unwrap()).max().unwrap();
    assert!(latest <= NOW && latest > NOW - 3_600_000);
    let earliest = morning.events().iter().map(|event| event["ts"].as_i64().unwrap()).min().unwrap();
    assert!((20_718 * DAY_MS..20_719 * DAY_MS).contains(&earliest));
}

#[test]
fn channels_cause_what_their_probability_says() {
    // A larger shop, so that chance averages out.
    let shop = Shop::new(Config { seed: 7, now_ms: NOW, days: 90, visitors_per_day: 400.0 });
    let truth = shop.truth();
    for (channel, known) in CHANNELS.iter().zip(&truth.channels) {
        assert!((0.0..=1.0).contains(&known.incremental_share), "{known:?}");
        assert!(known.visits > 0, "{known:?}");
        if channel.caused == 0.0 {
            assert_eq!(known.incremental_orders, 0);
        }
    }
    let get = |id: &str| truth.channels.iter().find(|channel| channel.channel == id).unwrap();
    // Last touch flatters brand search and hides what TikTok sets off.
    let brand = get("google-brand");
    assert!(brand.incremental_orders * 2 < brand.last_touch_orders, "{brand:?}");
    let tiktok = get("tiktok");
    assert!(tiktok.incremental_orders > tiktok.last_touch_orders, "{tiktok:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn the_same_seed_gives_the_same_stream_and_another_gives_another(seed in any::<u64>(), hour in 0_i64..10_000) {
        let config = Config { seed, now_ms: NOW + hour * 3_600_000, days: 5, visitors_per_day: 30.0 };
        let shop = Shop::new(config);
        prop_assert_eq!(&shop, &Shop::new(config));
        let other = Shop::new(Config { seed: seed.wrapping_add(1), ..config });
        prop_assert_ne!(shop.events(), other.events());
    }

    #[test]
    fn whatever_is_simulated_is_admitted(seed in any::<u64>(), days in 1_u32..20, hour in 0_i64..10_000) {
        let now_ms = NOW + hour * 3_600_000;
        let shop = Shop::new(Config { seed, now_ms, days, visitors_per_day: 20.0 });
        prop_assert_eq!(stored(&shop, now_ms).len(), shop.distinct_events());
    }

    #[test]
    fn clicks_cover_the_visits_and_spend_follows_the_clicks(seed in any::<u64>()) {
        let shop = Shop::new(Config { seed, now_ms: NOW, days: 12, visitors_per_day: 60.0 });
        // Landings by day and campaign, as links name it; a landing is a page view that names a source itself.
        let mut landings: BTreeMap<(i64, String), u64> = BTreeMap::new();
        for event in stored(&shop, NOW) {
            if event.event == "pageview" && !event.campaign.is_empty() {
                *landings.entry((event.t.div_euclid(DAY_MS), event.campaign)).or_default() += 1;
            }
        }
        let mut reported: BTreeMap<(String, String), u64> = BTreeMap::new();
        for row in shop.spend() {
            prop_assert!(row.clicks <= row.impressions);
            prop_assert_eq!(row.clicks == 0, row.spend_minor == 0, "{:?}", row);
            prop_assert!(row.impressions > 0);
            let earlier = reported.insert((row.date.clone(), row.campaign.to_owned()), row.clicks);
            prop_assert!(earlier.is_none(), "one row a day and campaign");
        }
        for ((day, campaign), visits) in landings {
            if let Some(clicks) = reported.get(&(date(day), campaign.clone())) {
                prop_assert!(visits <= *clicks, "{campaign} on {day}: {visits} visits, {clicks} clicks");
            }
        }
        let (clicks, impressions) = shop.spend().iter().fold((0, 0), |(c, i), row| (c + row.clicks, i + row.impressions));
        let ctr = clicks as f64 / impressions as f64;
        prop_assert!((0.008..0.04).contains(&ctr), "{}", ctr);
        let csv = spend_csv(shop.spend());
        prop_assert_eq!(csv.lines().count(), shop.spend().len() + 1);
        prop_assert!(csv.lines().all(|line| line.split(',').count() == 8));
    }
}

/// An independent way from day number to date: count the days of the years and months.
fn date(day: i64) -> String {
    let (mut year, mut left) = (1970, day);
    let leap = |year: i64| (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    while left >= 365 + i64::from(leap(year)) {
        left -= 365 + i64::from(leap(year));
        year += 1;
    }
    let months = [31, 28 + i64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 1;
    for length in months {
        if left < length {
            break;
        }
        left -= length;
        month += 1;
    }
    format!("{year:04}-{month:02}-{:02}", left + 1)
}

#[test]
fn events_have_the_shape_of_the_wire() {
    let shop = Shop::new(Config { seed: 1, now_ms: NOW, days: 3, visitors_per_day: 40.0 });
    let bodies =
        shop.events().chunks(500).map(|chunk| serde_json::json!({ "site": "demo-site", "batch": chunk }).to_string());
    for body in bodies {
        let envelope = event::wire::parse(body.as_bytes()).unwrap();
        assert!(envelope.events.iter().all(Value::is_object));
    }
}
