//! What must hold of every experiment: error rates by simulation, identities by property.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop where it fails")]

use experiment::bayesian::{Prior, posterior};
use experiment::correction::{Correction, adjust};
use experiment::effect::{Difference, Effect, effect};
use experiment::frequentist::{self, Tail};
use experiment::guardrail::{self, Verdict};
use experiment::plan::{Design, Looks, Method, Metric, duration};
use experiment::readout::{Advice, Measured, Role, Settings, read_out};
use experiment::segment::shrink;
use experiment::statistic::{MeanCuped, Proportion, Quantile, Ratio, RatioCuped, Sums, pair};
use experiment::{Refused, Statistic, sequential, split};
use proptest::prelude::*;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, Normal};

fn proportion(n: u64, sum: f64) -> Statistic {
    Statistic::Proportion(Proportion { n, sum })
}

fn measured(estimate: f64, standard_error: f64) -> Effect {
    Effect { difference: Difference::Relative, estimate, standard_error, degrees: 1e5, n: 1e5, baseline: 1.0 }
}

#[test]
fn looking_every_day_raises_false_alarms_of_the_plain_test_but_not_of_the_sequential_one() {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let (mut plain, mut always) = (0, 0);
    let runs = 400;
    for _ in 0..runs {
        let (mut a, mut b) = (Proportion::default(), Proportion::default());
        let (mut plainly, mut ever) = (false, false);
        for _day in 0..40 {
            for arm in [&mut a, &mut b] {
                arm.n += 250;
                arm.sum += (0..250).map(|_| f64::from(random.random_bool(0.1))).sum::<f64>();
            }
            let found = effect(&Statistic::Proportion(a), &Statistic::Proportion(b), Difference::Absolute).unwrap();
            plainly |= frequentist::test(&found, Tail::TwoSided, 0.05, 0.0).unwrap().p_value < 0.05;
            ever |= sequential::test(&found, 0.05, sequential::TUNING, 0.0).unwrap().p_value < 0.05;
        }
        plain += u32::from(plainly);
        always += u32::from(ever);
    }
    assert!(plain > runs / 5, "{plain} of {runs}");
    assert!(always <= runs / 20, "{always} of {runs}");
}

#[test]
fn a_sequential_p_value_is_below_alpha_exactly_when_its_interval_leaves_out_zero() {
    for score in [0.5, 2.0, 3.0, 3.4, 3.6, 5.0, 60.0] {
        let found = sequential::test(&measured(score, 1.0), 0.05, 5000.0, 0.0).unwrap();
        assert_eq!(found.p_value < 0.05, !found.interval.contains(0.0), "{score}: {found:?}");
    }
}

#[test]
fn knowing_the_past_narrows_the_interval_and_moves_nothing_on_average() {
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let normal = Normal::new(0.0, 1.0).unwrap();
    let (mut raw_off, mut adjusted_off, mut raw_error, mut adjusted_error) = (0.0, 0.0, 0.0, 0.0);
    for _ in 0..200 {
        let mut plain = [Sums::default(); 2];
        let mut cuped = [MeanCuped::default(); 2];
        for (place, lift) in [(0, 0.0), (1, 0.5)] {
            for _ in 0..400 {
                let pre: f64 = 10.0 + 3.0 * normal.sample(&mut random);
                let post = 2.0 + 0.9 * pre + normal.sample(&mut random) + lift;
                plain[place].push(post);
                cuped[place].push(post, pre);
            }
        }
        let of = |a: Statistic, b: Statistic| effect(&a, &b, Difference::Absolute).unwrap();
        let raw = of(Statistic::Mean(plain[0]), Statistic::Mean(plain[1]));
        let adjusted = of(Statistic::MeanCuped(cuped[0]), Statistic::MeanCuped(cuped[1]));
        raw_off += (raw.estimate - 0.5).powi(2) / 200.0;
        adjusted_off += (adjusted.estimate - 0.5).powi(2) / 200.0;
        raw_error += raw.standard_error.powi(2) / 200.0;
        adjusted_error += adjusted.standard_error.powi(2) / 200.0;
    }
    // The stated error is the true one, and a third of what it was.
    assert!((raw_off / raw_error - 1.0).abs() < 0.3, "{raw_off} {raw_error}");
    assert!((adjusted_off / adjusted_error - 1.0).abs() < 0.3, "{adjusted_off} {adjusted_error}");
    assert!(adjusted_error < raw_error / 5.0, "{adjusted_error} {raw_error}");
}

#[test]
fn a_ratio_knows_its_true_error_and_less_of_it_with_the_past() {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let normal = Normal::new(0.0, 0.3).unwrap();
    let (mut estimates, mut errors, mut adjusted, mut adjusted_errors) = (vec![], vec![], vec![], vec![]);
    for _ in 0..300 {
        let mut plain = [Ratio::default(); 2];
        let mut cuped = [RatioCuped::default(); 2];
        for place in 0..2 {
            for _ in 0..300 {
                // A visitor has a level of their own; each order's value follows it.
                let level: f64 = normal.sample(&mut random);
                let mut period = || {
                    let orders = f64::from(random.random_range(1..6_u32));
                    (orders * (2.0 + level + 0.3 * normal.sample(&mut random)), orders)
                };
                let (post, pre) = (period(), period());
                plain[place].push(post.0, post.1);
                cuped[place].push(post, pre);
            }
        }
        let [a, b] = plain.map(Statistic::Ratio);
        let found = effect(&a, &b, Difference::Relative).unwrap();
        estimates.push(found.estimate);
        errors.push(found.standard_error.powi(2));
        let [a, b] = cuped.map(Statistic::RatioCuped);
        let found = effect(&a, &b, Difference::Relative).unwrap();
        adjusted.push(found.estimate);
        adjusted_errors.push(found.standard_error.powi(2));
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let square = |values: &[f64]| values.iter().map(|value| value * value).sum::<f64>() / values.len() as f64;
    assert!((square(&estimates) / mean(&errors) - 1.0).abs() < 0.25, "{} {}", square(&estimates), mean(&errors));
    assert!(
        (square(&adjusted) / mean(&adjusted_errors) - 1.0).abs() < 0.25,
        "{} {}",
        square(&adjusted),
        mean(&adjusted_errors)
    );
    assert!(mean(&adjusted_errors) < 0.7 * mean(&errors), "{} {}", mean(&adjusted_errors), mean(&errors));
}

#[test]
fn a_quantile_knows_its_true_error() {
    let mut random = ChaCha8Rng::seed_from_u64(9);
    let normal = Normal::new(10.0, 2.0).unwrap();
    let covered = (0..300)
        .filter(|_| {
            let mut sample = || {
                let mut values: Vec<f64> = (0..600).map(|_| normal.sample(&mut random)).collect();
                values.sort_by(f64::total_cmp);
                Statistic::Quantile(Quantile::of_sorted(&values, 0.8).unwrap())
            };
            let found = effect(&sample(), &sample(), Difference::Absolute).unwrap();
            frequentist::test(&found, Tail::TwoSided, 0.05, 0.0).unwrap().interval.contains(0.0)
        })
        .count();
    assert!((276..=296).contains(&covered), "{covered} of 300");
    assert_eq!(Quantile::of_sorted(&[], 0.5), None);
    let few = Statistic::Quantile(Quantile::of_sorted(&[1.0, 2.0, 3.0], 0.99).unwrap());
    assert_eq!(effect(&few, &few, Difference::Absolute), Err(Refused::NoVariance("the control")));
}

#[test]
fn what_cannot_be_said_is_refused_by_name() {
    let some = proportion(100, 10.0);
    assert_eq!(effect(&proportion(0, 0.0), &some, Difference::Absolute), Err(Refused::Empty("the control")));
    assert_eq!(effect(&some, &proportion(50, 0.0), Difference::Absolute), Err(Refused::NoVariance("the variant")));
    let kinds = Refused::KindsDiffer { control: "proportion", variant: "mean" };
    assert_eq!(effect(&some, &Statistic::Mean(Sums::default()), Difference::Absolute), Err(kinds));
    let zero = Statistic::Mean(Sums { n: 2, sum: 0.0, sum_squares: 2.0 });
    assert_eq!(effect(&zero, &zero, Difference::Relative), Err(Refused::BaselineZero));
    assert!(effect(&zero, &zero, Difference::Absolute).is_ok());
    assert!(frequentist::test(&measured(0.1, 0.1), Tail::TwoSided, 0.0, 0.0).is_err());
}

#[test]
fn adjusted_p_values_are_those_of_r() {
    // p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm" and "BH") of R 4.3.
    let p = [0.01, 0.04, 0.03, 0.005];
    let close = |found: Vec<f64>, wanted: [f64; 4]| {
        assert!(found.iter().zip(wanted).all(|(found, wanted)| (found - wanted).abs() < 1e-12), "{found:?}");
    };
    close(adjust(&p, Correction::HolmBonferroni), [0.03, 0.06, 0.06, 0.02]);
    close(adjust(&p, Correction::BenjaminiHochberg), [0.02, 0.04, 0.04, 0.02]);
    close(adjust(&p, Correction::None), p);
}

#[test]
fn a_guardrail_is_safe_within_its_margin_and_harmed_beyond() {
    let verdict = |estimate, lower| guardrail::judge(&measured(estimate, 0.01), 0.05, lower, 0.05).unwrap().verdict;
    assert_eq!(verdict(-0.01, false), Verdict::Safe);
    assert_eq!(verdict(-0.045, false), Verdict::Harmed);
    assert_eq!(verdict(-0.2, false), Verdict::Harmed);
    assert_eq!(verdict(0.2, false), Verdict::Safe);
    assert_eq!(verdict(0.2, true), Verdict::Harmed);
    let wide = guardrail::judge(&measured(-0.01, 0.2), 0.05, false, 0.05).unwrap().verdict;
    assert_eq!(wide, Verdict::Unclear);
}

#[test]
fn the_planned_units_find_the_lift_as_often_as_planned() {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let design = Design {
        metric: Metric::Proportion { rate: 0.2 },
        alpha: 0.05,
        power: 0.8,
        variants: 2,
        looks: Looks::Once,
        method: Method::Unpooled,
    };
    let units = design.units(0.2).unwrap().ceil();
    assert!((design.power(0.2, units).unwrap() - 0.8).abs() < 1e-3);
    let mut count = |rate: f64| (0..units as u64).map(|_| f64::from(random.random_bool(rate))).sum::<f64>();
    let found = (0..400)
        .filter(|_| {
            let (a, b) = (proportion(units as u64, count(0.2)), proportion(units as u64, count(0.24)));
            let effect = effect(&a, &b, Difference::Absolute).unwrap();
            frequentist::test(&effect, Tail::TwoSided, 0.05, 0.0).unwrap().p_value < 0.05
        })
        .count();
    assert!((290..=350).contains(&found), "{found} of 400");
    let often = Design { looks: Looks::Any { tuning: 2.0 * units }, ..design };
    assert!(often.units(0.2).unwrap() > 1.5 * units, "peeking costs");
    let took = duration(&design, 0.2, 500.0, 0.5).unwrap();
    assert_eq!((took.units, took.total), (units as u64, 2 * units as u64));
    assert_eq!((took.days, took.weeks), (took.total.div_ceil(250), took.days.div_ceil(7)));
}

#[test]
fn segments_that_differ_by_chance_alone_are_drawn_together_and_real_ones_are_kept() {
    let alike: Vec<Effect> = [0.02, 0.05, 0.035, 0.04].map(|estimate| measured(estimate, 0.03)).to_vec();
    let found = shrink(&alike, 0.05).unwrap();
    assert!(found.spread < 0.03 && found.p_alike > 0.5, "{found:?}");
    assert!(found.segments.iter().all(|segment| segment.kept < 0.4), "{found:?}");
    let apart: Vec<Effect> = [-0.2, 0.05, 0.3, 0.04].map(|estimate| measured(estimate, 0.03)).to_vec();
    let found = shrink(&apart, 0.05).unwrap();
    assert!(found.p_alike < 1e-6 && found.segments.iter().all(|segment| segment.kept > 0.9), "{found:?}");
    assert!(shrink(&[], 0.05).is_err());
}

#[test]
fn shrunk_segments_are_nearer_to_the_truth_and_their_intervals_hold() {
    let mut random = ChaCha8Rng::seed_from_u64(21);
    let (truth, noise) = (Normal::new(0.05, 0.03).unwrap(), Normal::new(0.0, 1.0).unwrap());
    let (mut raw, mut shrunk, mut covered, mut all) = (0.0, 0.0, 0, 0);
    for _ in 0..200 {
        let true_effects: Vec<f64> = (0..12).map(|_| truth.sample(&mut random)).collect();
        let effects: Vec<Effect> =
            true_effects.iter().map(|effect| measured(effect + 0.05 * noise.sample(&mut random), 0.05)).collect();
        for (segment, truth) in shrink(&effects, 0.05).unwrap().segments.iter().zip(&true_effects) {
            raw += (segment.raw - truth).powi(2);
            shrunk += (segment.estimate - truth).powi(2);
            covered += u32::from(segment.interval.contains(*truth));
            all += 1;
        }
    }
    assert!(shrunk < 0.5 * raw, "{shrunk} {raw}");
    assert!(f64::from(covered) > 0.93 * f64::from(all), "{covered} of {all}");
}

#[test]
fn a_readout_ships_what_is_better_and_stops_what_does_harm() {
    let goal = |b: f64| Measured {
        key: "orders".to_owned(),
        role: Role::Goal,
        lower_is_better: false,
        statistics: vec![proportion(20_000, 1_000.0), proportion(20_000, b)],
    };
    let guard = |b: f64| Measured {
        key: "refunds".to_owned(),
        role: Role::Guardrail { margin: 0.1 },
        lower_is_better: true,
        statistics: vec![proportion(20_000, 4_000.0), proportion(20_000, b)],
    };
    let read = |visitors: [u64; 2], metrics: &[Measured]| {
        read_out(&visitors, &[1.0, 1.0], metrics, &Settings::default()).unwrap().advice
    };
    assert_eq!(read([20_000, 20_000], &[goal(1_250.0), guard(4_010.0)]), [Advice::Ship]);
    assert_eq!(read([20_000, 20_000], &[goal(1_250.0), guard(4_900.0)]), [Advice::Stop]);
    assert_eq!(read([20_000, 20_000], &[goal(1_010.0), guard(4_010.0)]), [Advice::GoOn]);
    assert_eq!(read([20_000, 20_000], &[goal(700.0), guard(4_010.0)]), [Advice::Stop]);
    assert_eq!(read([20_000, 21_500], &[goal(1_250.0), guard(4_010.0)]), [Advice::MendSplit]);
    let nothing = read_out(&[0, 0], &[1.0, 1.0], &[goal(0.0)], &Settings::default()).unwrap();
    assert_eq!(nothing.findings[0].refused.as_deref(), Some("the variance of the variant is 0 or not known yet"));
}

proptest! {
    #[test]
    fn turning_control_and_variant_around_turns_the_absolute_effect_around(
        n in 100_u64..100_000, a in 1_u64..99, b in 1_u64..99,
    ) {
        let at = |percent: u64| proportion(n, (n * percent) as f64 / 100.0);
        let forth = effect(&at(a), &at(b), Difference::Absolute).unwrap();
        let back = effect(&at(b), &at(a), Difference::Absolute).unwrap();
        prop_assert!((forth.estimate + back.estimate).abs() < 1e-12);
        prop_assert!((forth.standard_error - back.standard_error).abs() < 1e-12);
        let won = posterior(&forth, Prior::Flat, 0.05, false).unwrap();
        let lost = posterior(&forth, Prior::Flat, 0.05, true).unwrap();
        prop_assert!((won.chance_to_win + lost.chance_to_win - 1.0).abs() < 1e-9);
        // What one decision risks more than the other is what is expected between them.
        prop_assert!((won.risk_of_keeping - won.risk_of_shipping - won.mean).abs() < 1e-9);
    }

    #[test]
    fn sums_of_two_days_are_sums_of_both(values in prop::collection::vec(-1e3_f64..1e3, 2..40), cut in 1_usize..39) {
        let cut = cut.min(values.len() - 1);
        let sums = |values: &[f64]| {
            let mut sums = Sums::default();
            values.iter().for_each(|value| sums.push(*value));
            sums
        };
        let (whole, parts) = (sums(&values), sums(&values[..cut]).and(sums(&values[cut..])));
        prop_assert_eq!(whole.n, parts.n);
        prop_assert!((whole.sum - parts.sum).abs() < 1e-9 && (whole.sum_squares - parts.sum_squares).abs() < 1e-6);
    }

    #[test]
    fn a_useless_past_changes_nothing(values in prop::collection::vec(0_f64..1e3, 8..40)) {
        let mut cuped = MeanCuped::default();
        let mut sums = Sums::default();
        for value in &values {
            cuped.push(*value, 5.0);
            sums.push(*value);
        }
        let (found, _) = pair(&Statistic::MeanCuped(cuped), &Statistic::MeanCuped(cuped)).unwrap();
        let plain = Statistic::Mean(sums).moments();
        prop_assert!((found.mean - plain.mean).abs() < 1e-9 && (found.variance - plain.variance).abs() < 1e-6);
    }

    #[test]
    fn adjusted_p_values_keep_their_order_and_never_shrink(p in prop::collection::vec(0_f64..1.0, 1..20)) {
        for correction in [Correction::HolmBonferroni, Correction::BenjaminiHochberg] {
            let adjusted = adjust(&p, correction);
            for (place, (own, found)) in p.iter().zip(&adjusted).enumerate() {
                prop_assert!(found >= own && *found <= 1.0);
                for (other, others) in p.iter().zip(&adjusted).skip(place) {
                    prop_assert!((own > other) || found <= &(others + 1e-15));
                }
            }
        }
    }

    #[test]
    fn a_split_as_planned_is_no_mismatch(n in 1_u64..1_000_000, k in 2_usize..6) {
        let visitors = vec![n; k];
        let found = split::test(&visitors, &vec![0.2; k]).unwrap();
        prop_assert!((found.p_value - 1.0).abs() < 1e-12 && !found.mismatch);
    }
}
