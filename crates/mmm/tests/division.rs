//! The division of a budget against a search of everything, and its edges.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop where it fails")]

use mmm::budget::{Bounds, Error, Goal, Response as _, divide, in_minor_units};
use mmm::{Curve, Mean, Saturation};
use proptest::prelude::*;

fn curve(effect: f64, half: f64, shape: f64) -> Curve {
    Curve { gain: 1.0, half, shape, effect, saturation: Saturation::Hill }
}

fn any_curve() -> impl Strategy<Value = Curve> {
    (10.0..200.0_f64, 5.0..120.0_f64, 0.9..4.0_f64).prop_map(|(effect, half, shape)| curve(effect, half, shape))
}

/// The best of all divisions of 100 among three, in steps of 0.5.
fn searched(curves: &[Curve], bounds: &[Bounds], budget: f64) -> f64 {
    let mut best = f64::NEG_INFINITY;
    for one in 0..=200 {
        for two in 0..=200 - one {
            let spend = [f64::from(one) * 0.5, f64::from(two) * 0.5, budget - f64::from(one + two) * 0.5];
            if spend.iter().zip(bounds).all(|(spend, bound)| (bound.low..=bound.high).contains(spend)) {
                best = best.max(curves.iter().zip(spend).map(|(curve, spend)| curve.value(spend)).sum());
            }
        }
    }
    best
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn no_division_of_a_grid_is_better(
        curves in prop::collection::vec(any_curve(), 3), low in 0..40_u8, high in 100..200_u8
    ) {
        let (low, high) = (f64::from(low) / 2.0, f64::from(high) / 2.0);
        let bounds = [Bounds { low: 0.0, high: 100.0 }, Bounds { low, high }, Bounds { low: 0.0, high }];
        let found = divide(&curves, &bounds, Goal::Spend(100.0), &[]).unwrap();
        prop_assert!((found.total - 100.0).abs() < 1e-9);
        for (spend, bound) in found.spend.iter().zip(&bounds) {
            prop_assert!(*spend >= bound.low - 1e-9 && *spend <= bound.high + 1e-9);
        }
        let best = searched(&curves, &bounds, 100.0);
        prop_assert!(found.outcome >= best * (1.0 - 1e-9), "{} where {best} can be had: {found:?}", found.outcome);
        // And nothing is claimed that is not there: the grid comes within half a percent.
        prop_assert!(found.outcome <= best * 1.005 + 0.05, "{} where {best} was found", found.outcome);
    }

    #[test]
    fn a_slope_is_the_values_slope(one in any_curve(), spend in 1.0..100.0_f64, logistic: bool) {
        let one = if logistic { Curve { saturation: Saturation::Logistic, ..one } } else { one };
        let step = 1e-4;
        let measured = (one.value(spend + step) - one.value(spend - step)) / (2.0 * step);
        prop_assert!((one.slope(spend) - measured).abs() < 1e-5 * (1.0 + measured.abs()));
        let mean = Mean(vec![one, curve(50.0, 20.0, 1.0)]);
        prop_assert!((mean.slope(spend) - f64::midpoint(measured, curve(50.0, 20.0, 1.0).slope(spend))).abs() < 1e-4);
    }

    #[test]
    fn minor_units_add_up(parts in prop::collection::vec(0.0..1e6_f64, 1..12), total in 0..1_000_000_000_i64) {
        prop_assume!(parts.iter().sum::<f64>() > 0.0);
        let units = in_minor_units(&parts, total).unwrap();
        prop_assert_eq!(units.iter().sum::<i64>(), total);
        let sum: f64 = parts.iter().sum();
        for (unit, part) in units.iter().zip(&parts) {
            prop_assert!((*unit as f64 - part / sum * total as f64).abs() < 1.0 + 1e-6);
        }
    }
}

#[test]
fn an_s_curve_gets_all_or_nothing_where_that_is_best() {
    // Equal S-curves: halves lie where both are flat, one of them filled is worth more than twice that.
    let curves = [curve(100.0, 60.0, 4.0), curve(100.0, 60.0, 4.0)];
    let bounds = [Bounds { low: 0.0, high: 100.0 }; 2];
    let found = divide(&curves, &bounds, Goal::Spend(70.0), &[vec![35.0, 35.0]]).unwrap();
    assert!(found.spend.iter().any(|spend| *spend < 1e-6), "{found:?}");
    assert!(found.outcome > 1.5 * (curves[0].value(35.0) + curves[1].value(35.0)));
}

#[test]
fn a_target_takes_the_most_outcome_that_still_returns_it() {
    let curves = [curve(100.0, 20.0, 1.0), curve(60.0, 10.0, 1.0)];
    let bounds = [Bounds { low: 0.0, high: 500.0 }; 2];
    let found = divide(&curves, &bounds, Goal::Return(1.5), &[]).unwrap();
    assert!((found.outcome / found.total - 1.5).abs() < 1e-6, "{found:?}");
    // One more unit of money, however it is divided, returns less.
    let more = divide(&curves, &bounds, Goal::Spend(found.total + 0.01), &[]).unwrap();
    assert!(more.outcome / more.total < 1.5);
    // Both channels' next unit brings the same.
    assert!((found.marginal[0] / found.marginal[1] - 1.0).abs() < 1e-4, "{found:?}");
    let cost = divide(&curves, &bounds, Goal::CostPerOutcome(1.0 / 1.5), &[]).unwrap();
    assert!((cost.total - found.total).abs() < 1e-6);
}

#[test]
fn a_target_of_s_curves_is_found_beyond_their_flat_start() {
    // At little money an S-curve returns next to nothing; the target is met only further on.
    let curves = [curve(100.0, 40.0, 3.0)];
    let found = divide(&curves, &[Bounds { low: 0.0, high: 300.0 }], Goal::Return(1.2), &[]).unwrap();
    assert!(found.total > 40.0 && (found.outcome / found.total - 1.2).abs() < 1e-6, "{found:?}");
}

#[test]
fn what_cannot_be_is_said_with_its_numbers() {
    let curves = [curve(100.0, 20.0, 1.0), curve(60.0, 10.0, 1.0)];
    let bounds = [Bounds { low: 30.0, high: 500.0 }; 2];
    let too_little = divide(&curves, &bounds, Goal::Spend(50.0), &[]);
    assert_eq!(too_little, Err(Error::TooLittle { budget: 50.0, required: 60.0 }));
    let Err(Error::OutOfReach { wanted, best }) = divide(&curves, &bounds, Goal::Return(9.0), &[]) else {
        panic!("nothing returns nine");
    };
    // At the lower bounds, (100 · 0.6 + 60 · 0.75) / 60.
    assert!(wanted == 9.0 && (best - 1.75).abs() < 1e-9, "{best}");
    assert_eq!(divide(&curves, &bounds[..1], Goal::Spend(50.0), &[]), Err(Error::Bounds));
    let turned = [Bounds { low: 2.0, high: 1.0 }; 2];
    assert_eq!(divide(&curves, &turned, Goal::Spend(50.0), &[]), Err(Error::Bounds));
    assert_eq!(divide(&curves, &bounds, Goal::Return(0.0), &[]), Err(Error::Goal));
    assert_eq!(in_minor_units(&[0.0, 0.0], 5), None);
    assert_eq!(in_minor_units(&[1.0, f64::NAN], 5), None);
}

#[test]
fn what_the_bounds_do_not_take_is_left() {
    let curves = [curve(100.0, 20.0, 1.0), curve(60.0, 10.0, 1.0)];
    let bounds = [Bounds { low: 0.0, high: 30.0 }; 2];
    let found = divide(&curves, &bounds, Goal::Spend(1_000.0), &[]).unwrap();
    assert!((found.total - 60.0).abs() < 1e-9);
}
