//! What must hold for every model on every set of journeys.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop where it fails")]

use std::collections::BTreeMap;

use attribution::{Attributed, DIRECT_CHANNEL, Order, Parameters, Touch, Touches, aggregate, attribute, models, split};
use proptest::prelude::*;

const WINDOW_MS: i64 = 1_000;

fn touch() -> impl Strategy<Value = (String, Touch)> {
    (0_u8..5, 0_i64..3_000, 0_i64..4, 0_u8..60, 0_u8..4).prop_map(|(person, t, number, id, channel)| {
        let channel = match channel {
            0 => DIRECT_CHANNEL.to_owned(),
            other => format!("Channel {other}"),
        };
        let touch = Touch {
            id: format!("t{person}-{id}"),
            t,
            number,
            source: channel.to_lowercase(),
            channel,
            medium: String::new(),
            campaign: String::new(),
            ..Touch::default()
        };
        (format!("p{person}"), touch)
    })
}

fn order() -> impl Strategy<Value = Order> {
    (0_u8..6, 0_i64..3_500, any::<i64>(), 0_u8..40).prop_map(|(person, t, value, shift)| Order {
        id: format!("o{value}"),
        person: format!("p{person}"),
        t,
        // From all of i64 down to a few units.
        value_minor: value >> shift,
    })
}

fn rows() -> impl Strategy<Value = (Vec<Order>, Vec<(String, Touch)>)> {
    (prop::collection::vec(order(), 0..12), prop::collection::vec(touch(), 0..60))
        // An event id names one event: where the generator repeats one, the first stands.
        .prop_map(|(orders, touches)| {
            let mut seen = std::collections::BTreeSet::new();
            let touches = touches.into_iter().filter(|(_, touch)| seen.insert(touch.id.clone())).collect();
            (orders, touches)
        })
}

fn by_channel(attributed: &[Attributed<'_>]) -> BTreeMap<String, (f64, i64)> {
    aggregate(attributed, |touch| touch.map_or("Unassigned".to_owned(), |touch| touch.channel.clone()))
        .into_iter()
        .map(|(key, sum)| (key, (sum.conversions, sum.value_minor)))
        .collect()
}

proptest! {
    #[test]
    fn credits_of_an_order_sum_to_it_exactly((orders, touches) in rows()) {
        let touches: Touches = touches.into_iter().collect();
        for model in models() {
            let answer = attribute(model, &Parameters::new(), &orders, &touches, WINDOW_MS).unwrap();
            prop_assert_eq!(answer.len(), orders.len());
            for one in &answer {
                if one.credits.is_empty() {
                    continue;
                }
                let value: i128 = one.credits.iter().map(|credit| i128::from(credit.value_minor)).sum();
                prop_assert_eq!(value, i128::from(one.order.value_minor));
                let shares: f64 = one.credits.iter().map(|credit| credit.share).sum();
                prop_assert!((shares - 1.0).abs() <= 1e-12, "{}", shares);
                for credit in &one.credits {
                    prop_assert!(credit.share >= 0.0);
                    prop_assert!(credit.share > 0.0 || credit.value_minor == 0);
                    prop_assert!(credit.value_minor.signum() * one.order.value_minor.signum() >= 0);
                    let quota = one.order.value_minor as f64 * credit.share;
                    let slack = 1.0 + quota.abs() * 1e-12;
                    prop_assert!((credit.value_minor as f64 - quota).abs() <= slack);
                }
            }
        }
    }

    #[test]
    fn a_journey_holds_exactly_the_touches_of_its_person_inside_the_window((orders, rows) in rows()) {
        let touches: Touches = rows.clone().into_iter().collect();
        let linear = attribution::model("linear").unwrap();
        for one in attribute(linear, &Parameters::new(), &orders, &touches, WINDOW_MS).unwrap() {
            let mut expected: Vec<&str> = rows
                .iter()
                .filter(|(person, touch)| {
                    *person == one.order.person
                        && touch.t <= one.order.t
                        && touch.t >= one.order.t - WINDOW_MS
                })
                .map(|(_, touch)| touch.id.as_str())
                .collect();
            let mut found: Vec<&str> = one.credits.iter().map(|credit| credit.touch.id.as_str()).collect();
            prop_assert!(one.credits.windows(2).all(|pair| pair[0].touch.t <= pair[1].touch.t));
            expected.sort_unstable();
            found.sort_unstable();
            prop_assert_eq!(expected, found);
        }
    }

    #[test]
    fn the_order_rows_arrive_in_does_not_matter(
        ((orders, rows), seed) in (rows(), any::<u64>())
    ) {
        let shuffled = |len: usize| {
            let mut at: Vec<usize> = (0..len).collect();
            at.sort_by_key(|i| (seed ^ (*i as u64 + 1)).wrapping_mul(0x9E37_79B9_7F4A_7C15));
            at
        };
        // Orders may share an id here; equal ids with equal times would be told apart by nothing.
        let mut orders = orders;
        orders.sort_by(|a, b| (a.t, &a.id).cmp(&(b.t, &b.id)));
        orders.dedup_by(|a, b| (a.t, &a.id) == (b.t, &b.id));
        let mixed_orders: Vec<Order> = shuffled(orders.len()).into_iter().map(|i| orders[i].clone()).collect();
        let mixed: Touches = shuffled(rows.len()).into_iter().map(|i| rows[i].clone()).collect();
        let straight: Touches = rows.into_iter().collect();
        prop_assert_eq!(&straight, &mixed);
        for model in models() {
            let one = attribute(model, &Parameters::new(), &orders, &straight, WINDOW_MS).unwrap();
            let two = attribute(model, &Parameters::new(), &mixed_orders, &mixed, WINDOW_MS).unwrap();
            prop_assert_eq!(&one, &two);
            prop_assert_eq!(by_channel(&one), by_channel(&two));
        }
    }

    #[test]
    fn every_amount_is_split_without_rest(
        amount in any::<i64>(), weights in prop::collection::vec(0.0_f64..10.0, 1..50)
    ) {
        let total: f64 = weights.iter().sum();
        let shares: Vec<f64> = weights.iter().map(|w| if total > 0.0 { w / total } else { 0.0 }).collect();
        let parts = split(amount, &shares);
        prop_assert_eq!(parts.iter().map(|part| i128::from(*part)).sum::<i128>(), i128::from(amount));
        let mirrored: Vec<i64> = split(amount.saturating_neg(), &shares).iter().map(|part| -part).collect();
        if amount != i64::MIN {
            prop_assert_eq!(parts, mirrored);
        }
    }
}
