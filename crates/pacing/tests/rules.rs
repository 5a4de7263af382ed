//! Rhythm, control and division by themselves.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop where it fails")]

use mmm::budget::Response as _;
use mmm::{Curve, Saturation};
use pacing::{AdSet, Flight, HOURS_OF_WEEK, Limits, Observation, Pacer, Power, Rhythm, Standing, divide};
use proptest::prelude::*;

fn flight(budget: i64, hours: usize) -> Flight {
    Flight { budget, hours, starts_at: 0, rhythm: Rhythm::default() }
}

fn set(budget: i64, scale: f64, exponent: f64) -> AdSet<Power> {
    AdSet { budget, least: 0, most: i64::MAX / 4, response: Power { scale, exponent } }
}

#[test]
fn a_rhythm_seen_often_is_learned_and_one_seen_once_hardly_believed() {
    let shape = |hour: usize| if hour / 24 == 6 { 2.0 } else { 0.8 } * if hour % 24 < 8 { 0.4 } else { 1.3 };
    let weeks = |count: usize| -> Rhythm {
        let hours = (0..count * HOURS_OF_WEEK).map(|hour| hour % HOURS_OF_WEEK);
        Rhythm::learn(&hours.map(|hour| Observation { hour, amount: 50.0 * shape(hour) }).collect::<Vec<_>>()).unwrap()
    };
    let mean = (0..HOURS_OF_WEEK).map(shape).sum::<f64>() / HOURS_OF_WEEK as f64;
    let farthest = |rhythm: &Rhythm| {
        (0..HOURS_OF_WEEK).map(|hour| (rhythm.factor(hour) - shape(hour) / mean).abs()).fold(0.0, f64::max)
    };
    let (one, many) = (farthest(&weeks(1)), farthest(&weeks(26)));
    assert!(many < 0.08 && many < one / 4.0, "{one} {many}");
    // One day of 24 hours seen says little of the other six, and nothing is certain of it.
    let monday: Vec<Observation> = (0..24).map(|hour| Observation { hour, amount: 10.0 }).collect();
    let rhythm = Rhythm::learn(&monday).unwrap();
    assert!((rhythm.factor(100) - 1.0).abs() < 0.05, "{}", rhythm.factor(100));
    assert_eq!(Rhythm::learn(&[]).unwrap(), Rhythm::default());
    assert!(Rhythm::learn(&[Observation { hour: 168, amount: 1.0 }]).is_err());
    assert!(Rhythm::learn(&[Observation { hour: 1, amount: -1.0 }]).is_err());
}

#[test]
fn what_was_missed_is_caught_up_within_the_limit() {
    let flight = flight(240_000, 240);
    let limits = Limits { catch_up: 1.5, correction: 1.0, rise: 1.0 };
    // A hundred hours in, nothing has been spent although ten times the plan could have been.
    let mut late = Pacer::new(&flight, Some(10_000.0));
    late.throttle = 0.0;
    let aimed = late.aim(&flight, &limits, 100);
    assert!((aimed.throttle * 10_000.0 - 1_500.0).abs() < 1e-6, "{aimed:?}");
    let gentle = Pacer::new(&flight, Some(10_000.0)).aim(&flight, &Limits { rise: 0.02, ..limits }, 100);
    assert!((gentle.throttle - 0.12).abs() < 1e-9, "{gentle:?}");
    // Far ahead: nothing at all until the plan has caught up.
    let mut early = Pacer::new(&flight, Some(10_000.0));
    early.spent = 150_000;
    assert!(early.aim(&flight, &limits, 100).throttle == 0.0);
    assert!(early.aim(&flight, &limits, 150).throttle > 0.0);
}

#[test]
fn a_spent_budget_and_an_ended_flight_let_nothing_through() {
    let flight = flight(1_000, 24);
    let mut pacer = Pacer::new(&flight, None);
    assert!(pacer.aim(&flight, &Limits::default(), 24).throttle == 0.0);
    pacer.spent = 1_000;
    assert!(pacer.aim(&flight, &Limits::default(), 3).throttle == 0.0);
    // The last hour asks for what is left, and for no more.
    pacer.spent = 990;
    pacer.throttle = 1.0;
    let last = pacer.aim(&flight, &Limits::default(), 23);
    assert!(last.throttle > 0.0 && last.throttle * 41.7 <= 10.1, "{last:?}");
}

#[test]
fn a_pacer_is_stored_and_goes_on_as_if_nothing_had_happened() {
    let flight = flight(100_000, 100);
    let limits = Limits::default();
    let step = |pacer: Pacer, hour: usize| {
        let aimed = pacer.aim(&flight, &limits, hour);
        aimed.seen(&flight, hour, (aimed.throttle * 1_700.0) as i64)
    };
    let straight = (0..60).fold(Pacer::new(&flight, None), step);
    let stored = (0..60).fold(Pacer::new(&flight, None), |pacer, hour| {
        let text = serde_json::to_string(&step(pacer, hour)).unwrap();
        serde_json::from_str(&text).unwrap()
    });
    // A decimal text may lose the last bit of a number; money does not.
    assert_eq!(straight.spent, stored.spent);
    assert!((straight.throttle - stored.throttle).abs() < 1e-9);
    assert!((straight.spent - 60_000).abs() < 2_000, "{straight:?}");
}

#[test]
fn numbers_that_cannot_be_are_refused() {
    assert!(Standing::new(0, 10.0, 1.0, 0).is_err());
    assert!(Standing::new(10, 10.0, 11.0, 0).is_err());
    assert!(flight(1, 0).check().is_err());
    assert!(Limits { catch_up: 0.5, ..Limits::default() }.check().is_err());
    assert!(Limits::default().check().is_ok());
    assert!(divide(&[set(10, 1.0, 0.5)], 10, f64::NAN).is_err());
    // A tenth less of 100 and of 100 is 180: 100 cannot be divided within that.
    assert!(divide(&[set(100, 1.0, 0.5), set(100, 1.0, 0.5)], 100, 0.1).is_err());
}

#[test]
fn an_exponent_is_learned_from_days_that_differ() {
    let days = |count: usize| -> Vec<(f64, f64)> {
        (1..=count).map(|day| (100.0 * day as f64, 40.0 * (100.0 * day as f64).powf(0.4))).collect()
    };
    let many = Power::learn(&days(300)).unwrap();
    assert!((many.exponent - 0.4).abs() < 0.02, "{many:?}");
    let few = Power::learn(&days(5)).unwrap();
    assert!((few.exponent - (5.0 * 0.4 + 10.0 * 0.7) / 15.0).abs() < 1e-9, "{few:?}");
    let alike = Power::learn(&[(100.0, 80.0); 20]).unwrap();
    assert!((alike.exponent - 0.7).abs() < 1e-12);
    // It goes through what was seen.
    assert!((alike.value(100.0) - 80.0).abs() < 1e-9);
    assert_eq!(Power::learn(&[(0.0, 0.0)]), None);
}

#[test]
fn money_goes_where_its_next_unit_brings_most() {
    // Equal exponents: the closed form gives shares in the ratio scale^(1 / (1 − exponent)), here 1 : 4.
    let sets = [set(5_000, 1.0, 0.5), set(5_000, 2.0, 0.5)];
    let found = divide(&sets, 10_000, 1.0).unwrap();
    assert_eq!(found.budgets, [2_000, 8_000]);
    assert!((found.marginal[0] / found.marginal[1] - 1.0).abs() < 1e-3);
    assert!(found.value > found.before);
    // No budget moves by more than a fifth of itself.
    assert_eq!(divide(&sets, 10_000, 0.2).unwrap().budgets, [4_000, 6_000]);
    // Bounds of its own hold whatever the next unit would bring, and are taken up where a budget lies outside.
    let bounded = [AdSet { least: 4_500, ..sets[0] }, AdSet { most: 4_000, ..sets[1] }];
    assert_eq!(divide(&bounded, 10_000, 1.0).unwrap().budgets, [6_000, 4_000]);
    assert_eq!(divide(&bounded, 10_000, 0.1).unwrap().budgets, [5_500, 4_000]);
    // A saturated ad set gets no more, however well it did.
    let full = Curve { gain: 1.0, half: 200.0, shape: 1.0, effect: 9_000.0, saturation: Saturation::Hill };
    let open = Curve { gain: 1.0, half: 20_000.0, shape: 1.0, effect: 9_000.0, saturation: Saturation::Hill };
    let sets = [full, open].map(|response| AdSet { budget: 5_000, least: 0, most: 10_000, response });
    let found = divide(&sets, 10_000, 1.0).unwrap();
    assert!(found.budgets[1] > found.budgets[0], "{found:?}");
}

proptest! {
    #[test]
    fn a_division_keeps_its_sum_and_its_bounds(
        sets in prop::collection::vec((1..1_000_000_i64, 0.1..100.0_f64, 0.05..0.95_f64), 1..8), limit in 0.0..1.0_f64
    ) {
        let total: i64 = sets.iter().map(|set| set.0).sum();
        let sets: Vec<AdSet<Power>> = sets.into_iter().map(|(budget, scale, exponent)| set(budget, scale, exponent)).collect();
        let found = divide(&sets, total, limit).unwrap();
        prop_assert_eq!(found.budgets.iter().sum::<i64>(), total);
        for (budget, set) in found.budgets.iter().zip(&sets) {
            prop_assert!((budget - set.budget).abs() as f64 <= set.budget as f64 * limit + 1e-6);
        }
        prop_assert!(found.value >= found.before * (1.0 - 1e-6), "{:?}", found);
    }

    #[test]
    fn a_pacer_never_aims_beyond_the_budget(
        spends in prop::collection::vec(0..3_000_i64, 1..120), budget in 1..200_000_i64
    ) {
        let flight = flight(budget, 120);
        let mut pacer = Pacer::new(&flight, None);
        for (hour, could) in spends.into_iter().enumerate() {
            pacer = pacer.aim(&flight, &Limits::default(), hour);
            prop_assert!((0.0..=1.0).contains(&pacer.throttle));
            prop_assert!(pacer.spent < budget || pacer.throttle == 0.0);
            pacer = pacer.seen(&flight, hour, (could as f64 * pacer.throttle) as i64);
        }
    }
}
