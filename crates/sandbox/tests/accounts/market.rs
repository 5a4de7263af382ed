//! What the market promises, whatever is switched when.

use crate::common::*;
use campaign::ChannelType;
use proptest::prelude::*;
use sandbox::{Request, World, days};
use serde_json::json;

/// An account of ours with one campaign, one ad set and some ads; their ids.
fn account(budget: i64, ads: usize) -> (Session, String, Vec<String>) {
    let mut session = Session::open(ChannelType::Sandbox);
    let own = format!("/v1/accounts/{}", session.number());
    let text = |value: &serde_json::Value| value["id"].as_str().unwrap().to_owned();
    let campaign = session.ok(
        "POST",
        &format!("{own}/campaigns"),
        &json!({"name": "C", "objective": "sales", "status": "active"}),
    );
    let ad_set = session.ok(
        "POST",
        &format!("{own}/ad_sets"),
        &json!({"campaign_id": campaign["id"], "name": "S", "budget_daily": budget, "status": "active"}),
    );
    let ads = (0..ads)
        .map(|number| {
            let body = json!({"ad_set_id": ad_set["id"], "name": format!("A{number}"), "status": "active", "creative": {"link": "https://shop.example/"}});
            text(&session.ok("POST", &format!("{own}/ads"), &body))
        })
        .collect();
    (session, text(&ad_set), ads)
}

fn local_day(at: i64) -> i64 {
    at.div_euclid(DAY)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn no_day_costs_more_than_the_highest_budget_of_that_day(
        changes in prop::collection::vec((0_i64..4 * DAY, 0_usize..4, 100_i64..20_000), 0..12)
    ) {
        let (mut session, ad_set, ads) = account(5_000, 3);
        let own = format!("/v1/accounts/{}", session.number());
        let mut changes = changes;
        changes.sort_by_key(|(at, _, _)| *at);
        let mut highest = std::collections::BTreeMap::new();
        let mut budget = 5_000;
        for day in 0..5 { highest.insert(local_day(NOW) + day, 0_i64); }
        let mut from = local_day(NOW);
        for (at, what, value) in changes {
            session.now = NOW + at;
            session.world.expire_tokens(0);
            for day in from..=local_day(session.now) {
                let entry = highest.entry(day).or_default();
                *entry = (*entry).max(budget);
            }
            from = local_day(session.now);
            let (target, body) = match what {
                0 => { budget = value; (format!("{own}/ad_sets/{ad_set}"), json!({"budget_daily": value})) }
                1 => (format!("{own}/ads/{}", ads[0]), json!({"status": "paused"})),
                2 => (format!("{own}/ads/{}", ads[0]), json!({"status": "active"})),
                _ => (format!("{own}/ad_sets/{ad_set}"), json!({"status": if value % 2 == 0 { "paused" } else { "active" }})),
            };
            patch(&mut session, &target, &body);
            let entry = highest.entry(from).or_default();
            *entry = (*entry).max(budget);
        }
        for day in from..=local_day(NOW) + 4 {
            let entry = highest.entry(day).or_default();
            *entry = (*entry).max(budget);
        }
        let now = NOW + 5 * DAY;
        let rows = days(&session.world, local_day(NOW), local_day(NOW) + 5, now);
        for (day, most) in highest {
            let spent: i64 = rows.iter().filter(|row| row.local_day == day).map(|row| row.figures.spend_micros).sum();
            prop_assert!(spent <= most * 10_000, "day {day}: {spent} > {most}");
        }
    }

    #[test]
    fn figures_only_grow_while_time_passes(first in 0_i64..3 * DAY, more in 0_i64..2 * DAY) {
        let (session, _, _) = account(10_000, 2);
        let at = |now: i64| days(&session.world, local_day(NOW), local_day(NOW) + 6, now);
        let (earlier, later) = (at(NOW + first), at(NOW + first + more));
        for row in &earlier {
            let same = later.iter().find(|other| other.ad == row.ad && other.local_day == row.local_day).unwrap();
            prop_assert!(same.figures.impressions >= row.figures.impressions);
            prop_assert!(same.figures.clicks >= row.figures.clicks);
            prop_assert!(same.figures.spend_micros >= row.figures.spend_micros);
            prop_assert!(same.figures.conversions >= row.figures.conversions);
        }
    }
}

/// A change that needs no token to be fresh.
fn patch(session: &mut Session, target: &str, body: &serde_json::Value) {
    let asked = sandbox::Authorize::parse(ChannelType::Sandbox, &query(ChannelType::Sandbox)).unwrap();
    let code = session.world.grant(&asked, session.now, 77);
    let answer = session
        .world
        .handle(&exchange(ChannelType::Sandbox, &code, VERIFIER, REDIRECT), session.now, 78)
        .answer()
        .unwrap();
    session.token = answer.value()["access_token"].as_str().unwrap().to_owned();
    session.ok("PATCH", target, body);
}

#[test]
fn earlier_days_gain_conversions_and_nothing_else_for_three_days() {
    let (session, _, _) = account(100_000, 2);
    let day = local_day(NOW) + 1;
    let end = (day + 1) * DAY;
    let at = |now: i64| {
        let mut sum = sandbox::Figures::default();
        days(&session.world, day, day, now).iter().for_each(|row| sum.add(&row.figures));
        sum
    };
    let (fresh, settled, later) = (at(end), at(end + 3 * DAY), at(end + 30 * DAY));
    assert_eq!(
        (fresh.impressions, fresh.clicks, fresh.spend_micros),
        (settled.impressions, settled.clicks, settled.spend_micros)
    );
    assert!(settled.conversions > fresh.conversions, "{fresh:?} {settled:?}");
    assert_eq!(settled, later);
}

#[test]
fn letting_days_pass_keeps_what_happened_and_moves_it_back() {
    let (mut session, _, _) = account(5_000, 2);
    let now = NOW + 2 * DAY;
    let before = days(&session.world, local_day(NOW), local_day(now), now);
    session.world.age(10);
    let after = days(&session.world, local_day(NOW) - 10, local_day(now), now);
    for row in before.iter().filter(|row| row.local_day < local_day(now) - 3) {
        let moved = after.iter().find(|other| other.ad == row.ad && other.local_day == row.local_day - 10).unwrap();
        assert_eq!(moved.figures.impressions, row.figures.impressions);
    }
    assert!(after.iter().any(|row| row.local_day == local_day(now) - 1));
}

#[test]
fn an_account_is_its_rows() {
    let (mut session, ad_set, _) = account(5_000, 2);
    let mut stored = std::collections::BTreeMap::new();
    let mut keep = |world: &mut World| {
        for row in world.take_changes().unwrap() {
            match row.value {
                Some(value) => drop(stored.insert((row.kind, row.id), value)),
                None => drop(stored.remove(&(row.kind, row.id))),
            }
        }
        let rows = stored.iter().map(|((kind, id), value)| (kind.clone(), id.clone(), value.clone()));
        World::from_rows(rows).unwrap()
    };
    assert_eq!(keep(&mut session.world), session.world);
    let target = format!("/v1/accounts/{}/ad_sets/{ad_set}", session.number());
    session.ok("PATCH", &target, &json!({"budget_daily": 7_000}));
    session.answer(Request::new("DELETE", &target));
    assert_eq!(keep(&mut session.world), session.world);
}

#[test]
fn ads_differ_so_that_one_is_the_worst() {
    let (mut session, _, ads) = account(50_000, 4);
    session.world.age(14);
    let rows = days(&session.world, local_day(NOW) - 14, local_day(NOW), NOW);
    let mut rates: Vec<f64> = ads
        .iter()
        .map(|ad| {
            let sum = |get: fn(&sandbox::Figures) -> i64| {
                rows.iter().filter(|row| row.ad == *ad).map(|row| get(&row.figures)).sum::<i64>() as f64
            };
            sum(|figures| figures.clicks) / sum(|figures| figures.impressions)
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    assert!(rates[0] > 0.002 && rates[3] < 0.08 && rates[3] / rates[0] > 1.2, "{rates:?}");
}
