//! Planted anomalies are found, ordinary days left alone, and nobody looks ahead.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop where it fails")]

use anomaly::change::changes;
use anomaly::contribution::{Segment, contributions};
use anomaly::{Budget, Error, Judged, Notice, Options, Scale, look_back, watch};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, LogNormal, Poisson};

const YEARS: usize = 730;

/// Two years of a shop's days: a level that doubles, weeks, years, and noise by shares.
fn shop(seed: u64, noise: f64) -> Vec<f64> {
    let mut numbers = ChaCha8Rng::seed_from_u64(seed);
    let unrest = LogNormal::new(0.0, noise).unwrap();
    let size: f64 = numbers.random_range(100.0..50_000.0);
    let week = [0.9, 0.85, 0.9, 1.0, 1.2, 1.3, 0.95];
    (0..YEARS)
        .map(|day| {
            let year = (day as f64 / 365.25 * std::f64::consts::TAU).sin();
            size * (1.0 + day as f64 / YEARS as f64) * week[day % 7] * (0.2 * year).exp() * unrest.sample(&mut numbers)
        })
        .collect()
}

fn seen(values: &[f64]) -> Vec<Option<f64>> {
    values.iter().copied().map(Some).collect()
}

fn places(judged: &Judged) -> Vec<usize> {
    judged.anomalies.iter().map(|anomaly| anomaly.at).collect()
}

/// Four deviations of normal noise are one day in 16,000; the usual is itself uncertain, so it is more: under one in 500.
#[test]
fn ordinary_days_are_left_alone() {
    let (mut alarms, mut backward, mut days) = (0, 0, 0);
    for seed in 0..60 {
        let shop = seen(&shop(seed, 0.05 + 0.01 * seed as f64));
        let judged = watch(&shop, &[], &Options::default()).unwrap();
        assert_eq!(judged.judged, YEARS - 28);
        alarms += judged.anomalies.len();
        backward += look_back(&shop, &[], &Options::default()).unwrap().anomalies.len();
        days += judged.judged;
    }
    eprintln!("false alarms: {alarms} forward, {backward} backward, of {days} ordinary days");
    assert!(alarms * 500 < days && backward * 500 < days, "{alarms}, {backward} of {days}");
}

/// A shop that opens with days of nothing and comes to some orders a day: a day without one, or with three, is no news.
/// Twenty at once are.
#[test]
fn a_small_shop_is_left_alone_too() {
    let (mut alarms, mut days, mut found, mut planted) = (0, 0, 0, 0);
    for seed in 0..60 {
        let mut numbers = ChaCha8Rng::seed_from_u64(seed);
        let mean = 0.9 + 0.07 * seed as f64;
        let (opening, open) = (Poisson::new(0.15).unwrap(), Poisson::new(mean).unwrap());
        let mut orders: Vec<f64> = (0..40).map(|_| opening.sample(&mut numbers)).collect();
        orders.extend((0..320).map(|_| open.sample(&mut numbers)));
        // Orders, and what they bring: each order is of its own size.
        let sizes = LogNormal::new(3.5, 0.7).unwrap();
        let revenue: Vec<f64> =
            orders.iter().map(|orders| (0..*orders as u32).map(|_| sizes.sample(&mut numbers)).sum()).collect();
        for mut series in [orders, revenue] {
            let judged = watch(&seen(&series), &[], &Options::default()).unwrap();
            // Until four weeks of the new days are known they are new.
            alarms += judged.anomalies.iter().filter(|anomaly| anomaly.at >= 40 + 28).count();
            days += series.len() - 40 - 28;
            let usual = series[68..].iter().sum::<f64>() / 292.0;
            series[300] = usual.mul_add(3.0, 9.0 * usual / mean.sqrt());
            planted += 1;
            found += usize::from(places(&watch(&seen(&series), &[], &Options::default()).unwrap()).contains(&300));
        }
    }
    eprintln!("small shops: {alarms} false alarms of {days} ordinary days, {found} of {planted} found");
    assert!(alarms * 50 < days, "{alarms} of {days}");
    assert!(found * 4 >= planted * 3, "{found} of {planted}");
}

#[test]
fn what_is_planted_is_found() {
    let (mut found, mut planted) = (0, 0);
    for seed in 0..40 {
        let mut shop = shop(seed, 0.12);
        for (day, factor) in [(120, 2.2), (260, 0.4), (410, 0.05), (555, 2.4), (650, 0.3)] {
            shop[day] *= factor;
            planted += 1;
        }
        let judged = watch(&seen(&shop), &[], &Options::default()).unwrap();
        for anomaly in &judged.anomalies {
            assert!(anomaly.value < anomaly.lower || anomaly.value > anomaly.upper, "{anomaly:?}");
            assert!(anomaly.lower < anomaly.expected && anomaly.expected < anomaly.upper, "{anomaly:?}");
        }
        let places = places(&judged);
        found += [120, 260, 410, 555, 650].iter().filter(|day| places.contains(day)).count();
    }
    eprintln!("planted: {found} of {planted} found");
    assert!(found * 10 >= planted * 9, "{found} of {planted}");
}

#[test]
fn a_day_is_judged_by_those_before_it_alone() {
    let mut shop = seen(&shop(3, 0.15));
    shop[200] = Some(0.0);
    shop[333] = None;
    let whole = watch(&shop, &[], &Options::default()).unwrap();
    assert!(places(&whole).contains(&200));
    for end in [150, 201, 300, 500] {
        let part = watch(&shop[..end], &[], &Options::default()).unwrap();
        let before: Vec<_> = whole.anomalies.iter().copied().filter(|anomaly| anomaly.at < end).collect();
        assert_eq!(part.anomalies, before);
    }
}

#[test]
fn known_days_are_neither_judged_nor_learnt_from() {
    let mut shop = shop(5, 0.1);
    for value in &mut shop[320..325] {
        *value *= 6.0;
    }
    let known: Vec<usize> = (320..325).collect();
    let judged = watch(&seen(&shop), &known, &Options::default()).unwrap();
    assert!(places(&judged).iter().all(|at| !(318..335).contains(at)), "{judged:?}");
    let unknown = watch(&seen(&shop), &[], &Options::default()).unwrap();
    assert!(places(&unknown).contains(&320));
}

#[test]
fn a_run_is_one_alert_and_the_budget_holds() {
    let mut shop = shop(8, 0.08);
    for day in [200, 201, 202, 210, 220, 400] {
        shop[day] *= 0.1;
    }
    let options = Options { budget: Some(Budget { alerts: 2, periods: 30 }), ..Options::default() };
    let judged = watch(&seen(&shop), &[], &options).unwrap();
    let notices: Vec<(usize, Notice)> = judged.anomalies.iter().map(|anomaly| (anomaly.at, anomaly.notice)).collect();
    let want = [
        (200, Notice::Raised),
        (201, Notice::Continues),
        (202, Notice::Continues),
        (210, Notice::Raised),
        (220, Notice::OverBudget),
        (400, Notice::Raised),
    ];
    assert_eq!(notices, want);
}

/// A level that stays is an anomaly at first and the usual soon: the alerts end.
#[test]
fn a_new_level_becomes_usual() {
    let mut shop = shop(9, 0.08);
    for value in &mut shop[300..] {
        *value *= 2.0;
    }
    let judged = watch(&seen(&shop), &[], &Options::default()).unwrap();
    let places = places(&judged);
    assert!(places.contains(&300) && places.iter().all(|at| *at < 320), "{places:?}");
}

#[test]
fn what_may_be_negative_is_judged_by_differences() {
    let mut numbers = ChaCha8Rng::seed_from_u64(4);
    let mut profit: Vec<f64> = (0..200).map(|day| f64::from(day % 7) + numbers.random_range(-5.0..5.0)).collect();
    profit[150] = -60.0;
    let judged = watch(&seen(&profit), &[], &Options { scale: Scale::Difference, ..Options::default() }).unwrap();
    assert_eq!(places(&judged), [150]);
}

#[test]
fn short_constant_and_empty_series_raise_nothing() {
    for series in [vec![], vec![None; 50], seen(&[5.0; 27]), seen(&[0.0; 300]), seen(&[7.0; 300])] {
        assert!(watch(&series, &[], &Options::default()).unwrap().anomalies.is_empty());
        assert!(look_back(&series, &[], &Options::default()).unwrap().anomalies.is_empty());
        assert!(changes(&series, 7, 7).unwrap().is_empty());
    }
    let season = Options { season: 0, ..Options::default() };
    assert!(matches!(watch(&[], &[], &season), Err(Error { field: "season", .. })));
    let threshold = Options { threshold: f64::NAN, ..Options::default() };
    assert!(matches!(watch(&[], &[], &threshold), Err(Error { field: "threshold", .. })));
}

#[test]
fn a_changed_level_is_found_and_noise_is_none() {
    let mut numbers = ChaCha8Rng::seed_from_u64(12);
    let (mut found, mut false_ones) = (0, 0);
    for _ in 0..20 {
        let ordinary: Vec<f64> =
            (0..200).map(|day| 100.0 + 10.0 * f64::from(day % 7) + numbers.random_range(-12.0..12.0)).collect();
        false_ones += changes(&seen(&ordinary), 7, 7).unwrap().len();
        let changed: Vec<f64> =
            ordinary.iter().enumerate().map(|(day, value)| if day < 120 { *value } else { value + 25.0 }).collect();
        let changes = changes(&seen(&changed), 7, 7).unwrap();
        found += usize::from(
            changes
                .iter()
                .any(|change| change.at.abs_diff(120) <= 3 && (change.after - change.before - 25.0).abs() < 6.0),
        );
    }
    eprintln!("changes: {found} of 20 found, {false_ones} where nothing changed");
    assert!(found >= 18 && false_ones <= 2, "{found}, {false_ones}");
}

#[test]
fn contributions_add_up_for_sums_and_rates() {
    let segment = |name: &str, before, after| Segment { name: name.to_owned(), before, after };
    let sums = [segment("de", (100.0, 0.0), (90.0, 0.0)), segment("fr", (50.0, 0.0), (20.0, 0.0))];
    let found = contributions(&sums);
    assert_eq!(found[0].name, "fr");
    assert!((found.iter().map(|c| c.change).sum::<f64>() + 40.0).abs() < 1e-12);
    let rates = [
        segment("de", (10.0, 100.0), (30.0, 200.0)),
        segment("fr", (9.0, 100.0), (2.0, 50.0)),
        segment("new", (0.0, 0.0), (5.0, 10.0)),
    ];
    let change: f64 = contributions(&rates).iter().map(|c| c.change).sum();
    assert!((change - (37.0 / 260.0 - 19.0 / 200.0)).abs() < 1e-12);
}
