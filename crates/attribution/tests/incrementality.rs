//! Tests of tests: planted effects are found, none is found where there is none, and intervals cover as they say.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop where it fails")]

use attribution::{
    Calibration, ChannelCredit, Estimate, IncrementalityError, before_and_after, difference_in_differences, holdout,
    synthetic_control,
};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

fn noise(dice: &mut ChaCha8Rng) -> f64 {
    // Sum of twelve uniforms: mean 0, variance 1.
    (0..12).map(|_| dice.random::<f64>()).sum::<f64>() - 6.0
}

/// Units with levels of their own, a common season, and errors that persist over time.
fn units(dice: &mut ChaCha8Rng, count: usize, periods: usize, start: usize, effect: f64) -> Vec<Vec<f64>> {
    (0..count)
        .map(|_| {
            let level = 100.0 + 20.0 * noise(dice);
            let mut error = 0.0;
            (0..periods)
                .map(|t| {
                    error = 0.7 * error + 3.0 * noise(dice);
                    let season = 10.0 * (t as f64 * 0.9).sin();
                    level + season + error + if t >= start { effect } else { 0.0 }
                })
                .collect()
        })
        .collect()
}

#[test]
fn welchs_figures_are_those_of_the_textbook() {
    // Changes: treated 3, 5, 4; control 1, 2, 0, 1. Welch by hand: effect 3, variance 1/3 + 1/6, df 0.25/(1/18 + 1/108).
    let treated = [vec![0.0, 3.0], vec![0.0, 5.0], vec![10.0, 14.0]];
    let control = [vec![0.0, 1.0], vec![5.0, 7.0], vec![1.0, 1.0], vec![2.0, 3.0]];
    let found = difference_in_differences(&treated, &control, 1, 0.95).unwrap();
    assert!((found.effect.value - 3.0).abs() < 1e-12);
    let degrees = 0.25 / (1.0 / 18.0 + 1.0 / 108.0);
    assert!((found.degrees_of_freedom - degrees).abs() < 1e-9, "{}", found.degrees_of_freedom);
    // t(0.975; 3.857) = 2.8197 (between t₃ = 3.1824 and t₄ = 2.7764).
    let t = (found.effect.high - 3.0) / 0.5_f64.sqrt();
    assert!((2.7764..3.1824).contains(&t), "{t}");
    assert!((found.total.value - 9.0).abs() < 1e-12 && found.before.is_none());
    assert!((found.lift.unwrap() - 3.0 / (22.0 / 3.0 - 3.0)).abs() < 1e-12);
}

#[test]
fn a_holdout_by_lot_is_read_by_welchs_test() {
    // Means 4 and 1; variances of the means 1/3 and 1/6, as above.
    let found = holdout(&[3.0, 5.0, 4.0], &[1.0, 2.0, 0.0, 1.0], 0.95).unwrap();
    assert!((found.effect.value - 3.0).abs() < 1e-12 && (found.total.value - 9.0).abs() < 1e-12);
    assert!((found.standard_error - 3.0 * 0.5_f64.sqrt()).abs() < 1e-12, "{}", found.standard_error);
    assert!((found.lift.unwrap() - 3.0).abs() < 1e-12);
    assert!((found.degrees_of_freedom - 0.25 / (1.0 / 18.0 + 1.0 / 108.0)).abs() < 1e-9);
    let t = (found.total.high - 9.0) / found.standard_error;
    assert!((2.7764..3.1824).contains(&t), "{t}");
    assert!(matches!(holdout(&[1.0], &[1.0, 2.0], 0.9), Err(IncrementalityError::TooFew { field: "exposed", .. })));
    assert!(matches!(
        holdout(&[1.0, 2.0], &[1.0, f64::NAN], 0.9),
        Err(IncrementalityError::Ragged { field: "held_out" })
    ));
    assert!(holdout(&[1.0, 2.0], &[1.0, 2.0], 1.0).is_err());
}

#[test]
fn intervals_of_differences_cover_the_planted_effect() {
    let mut covered = 0;
    for seed in 0..300 {
        let mut dice = ChaCha8Rng::seed_from_u64(seed);
        let treated = units(&mut dice, 8, 24, 16, 4.0);
        let control = units(&mut dice, 12, 24, 16, 0.0);
        let found = difference_in_differences(&treated, &control, 16, 0.9).unwrap();
        covered += u32::from((found.effect.low..=found.effect.high).contains(&4.0));
        assert!(found.before.is_some());
    }
    // Binomial: two standard errors are 3.5 points.
    assert!((0.865..=0.935).contains(&(f64::from(covered) / 300.0)), "{covered} of 300");
}

#[test]
fn a_twin_is_made_of_what_the_unit_is_made_of() {
    let mut dice = ChaCha8Rng::seed_from_u64(5);
    let control = units(&mut dice, 6, 40, 40, 0.0);
    let treated: Vec<f64> =
        (0..40).map(|t| 0.6 * control[1][t] + 0.4 * control[4][t] + if t >= 30 { 7.0 } else { 0.0 }).collect();
    let found = synthetic_control(&treated, &control, 30, 0.7).unwrap();
    for (weight, expected) in found.weights.iter().zip([0.0, 0.6, 0.0, 0.0, 0.4, 0.0]) {
        assert!((weight - expected).abs() < 1e-5, "{:?}", found.weights);
    }
    assert!((found.effect.value - 7.0).abs() < 1e-3 && (found.total.value - 70.0).abs() < 1e-2);
    assert!((found.p_value - 1.0 / 7.0).abs() < 1e-12, "{}", found.p_value);
    assert!((found.weights.iter().sum::<f64>() - 1.0).abs() < 1e-9);
}

#[test]
fn intervals_of_synthetic_controls_cover_no_effect_as_often_as_they_say() {
    let mut covered = 0;
    let runs = 100;
    for seed in 0..runs {
        let mut dice = ChaCha8Rng::seed_from_u64(1_000 + seed);
        let mut all = units(&mut dice, 15, 30, 30, 0.0);
        let treated = all.pop().unwrap();
        let found = synthetic_control(&treated, &all, 20, 0.8).unwrap();
        covered += u32::from((found.effect.low..=found.effect.high).contains(&0.0));
    }
    // At least as often: scaling to this unit's deviation only widens.
    assert!(f64::from(covered) / runs as f64 >= 0.72, "{covered} of {runs}");
}

#[test]
fn a_factor_scales_credit_and_tests_pool_by_their_certainty() {
    let increment = Estimate { value: 60.0, low: 40.0, high: 80.0 };
    let one = Calibration::of(increment, 100.0).unwrap();
    assert_eq!(one.factor, Estimate { value: 0.6, low: 0.4, high: 0.8 });
    assert!(Calibration::of(increment, 0.0).is_none());
    let sure = Calibration { factor: Estimate { value: 0.9, low: 0.8, high: 1.0 } };
    let pooled = Calibration::pooled(&[one, sure], 0.95).unwrap().unwrap();
    // Half the width weighs four times as much.
    assert!((pooled.factor.value - (0.6 + 4.0 * 0.9) / 5.0).abs() < 1e-12);
    assert!((pooled.factor.high - pooled.factor.low - 0.2 * (4.0_f64 / 5.0).sqrt()).abs() < 1e-12);
    assert!(Calibration::pooled(&[], 0.95).unwrap().is_none());
    let credit = one.apply(ChannelCredit { conversions: 10.0, value: 50.0 });
    assert!((credit.conversions - 6.0).abs() < 1e-12 && (credit.value - 30.0).abs() < 1e-12);
}

#[test]
fn what_cannot_be_read_is_refused() {
    let rows = vec![vec![1.0, 2.0, 3.0]; 4];
    let refused = |treated: &[Vec<f64>], control: &[Vec<f64>], start, level| {
        difference_in_differences(treated, control, start, level).unwrap_err()
    };
    assert!(matches!(refused(&rows[..1], &rows, 1, 0.9), IncrementalityError::TooFew { field: "treated", .. }));
    assert!(matches!(refused(&rows, &rows, 3, 0.9), IncrementalityError::OutOfBounds { field: "start", .. }));
    assert!(matches!(refused(&rows, &rows, 1, 1.0), IncrementalityError::OutOfBounds { field: "level", .. }));
    let ragged = [vec![1.0, 2.0], vec![1.0]];
    assert!(matches!(refused(&ragged, &rows, 1, 0.9), IncrementalityError::Ragged { field: "treated" }));
    assert!(synthetic_control(&rows[0], &rows[..2], 2, 0.9).is_err());
}

#[test]
fn a_pause_is_read_against_the_same_weekdays_before_and_what_earlier_windows_missed() {
    // Ten weeks of weekdays 1 to 7, off by a known part in the last three earlier windows, then a week at half.
    let mut series: Vec<f64> = (0..77).map(|day| f64::from(day % 7 + 1)).collect();
    for (week, part) in [(7, 1.1), (8, 0.9), (9, 1.0), (10, 0.5)] {
        series[week * 7..(week + 1) * 7].iter_mut().for_each(|sold| *sold *= part);
    }
    let found = before_and_after(&series, 70, 70, 7, 0.9).unwrap();
    // The mean of the eight weeks before, weeks 2 to 9, is that of 1: 28 a week were expected, 14 were sold.
    assert!((found.total.value + 14.0).abs() < 1e-9 && (found.lift.unwrap() + 0.5).abs() < 1e-9, "{found:?}");
    // Week 9 was expected from weeks 1 to 8, whose mean is 1, week 8 from 0 to 7 (1.0125), week 7 from 0 to 6 (1).
    let wanted = [0.0, 0.9 / 1.0125 - 1.0, 0.1, 0.0, 0.0, 0.0];
    assert_eq!(found.misses.len(), wanted.len());
    for (miss, wanted) in found.misses.iter().zip(wanted) {
        assert!((miss - wanted).abs() < 1e-9, "{:?}", found.misses);
    }
    // Student's quantile of 0.95 with six degrees of freedom is 1.943.
    let off = (wanted.iter().map(|miss| miss * miss).sum::<f64>() / 6.0).sqrt() * 28.0;
    assert!(((found.total.high - found.total.value) / off - 1.943).abs() < 1e-3, "{found:?}");
    assert_eq!((found.offset, found.expected.len()), (28, 49));
    // Days that settle are neither expected nor sold.
    let later = before_and_after(&series, 70, 73, 7, 0.9).unwrap();
    assert!((later.total.value + 0.5 * (4.0 + 5.0 + 6.0 + 7.0)).abs() < 1e-9);
    assert!(matches!(
        before_and_after(&series[..50], 43, 43, 7, 0.9),
        Err(IncrementalityError::TooFew { field: "windows", .. })
    ));
    assert!(before_and_after(&series, 70, 80, 7, 0.9).is_err() && before_and_after(&series, 70, 69, 7, 0.9).is_err());
}
