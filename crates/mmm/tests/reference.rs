//! Against a planted truth beside the checkout: 156 weeks, five channels whose carry-over, saturation and effect are known.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop where it fails")]

mod shared;

use std::collections::BTreeMap;

use mmm::budget::{Bounds, Goal, Response as _, divide};
use mmm::fit::{Settings, Walk, advance};
use mmm::{Adstock, Channel, Control, Curve, Data, Model, Posterior, Saturation, Season, Spec};
use serde_json::Value;

const CHANNELS: [&str; 5] = ["meta", "google_search", "tiktok", "youtube", "email"];
const CONTROLS: [&str; 2] = ["promo", "bfcm"];

fn columns() -> Option<BTreeMap<String, Vec<f64>>> {
    let text = shared::text("synthetic_weekly.csv")?;
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let names: Vec<String> = reader.headers().unwrap().iter().map(ToOwned::to_owned).collect();
    let mut columns: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for row in reader.records() {
        for (name, cell) in names.iter().zip(row.unwrap().iter()).skip(1) {
            columns.entry(name.clone()).or_default().push(cell.parse().unwrap());
        }
    }
    Some(columns)
}

fn model(columns: &BTreeMap<String, Vec<f64>>) -> Model {
    let channel = |name: &str| Channel {
        name: name.to_owned(),
        adstock: Adstock::Geometric,
        saturation: Saturation::Hill,
        window: 13,
    };
    let spec = Spec {
        channels: CHANNELS.iter().map(|name| channel(name)).collect(),
        controls: CONTROLS.iter().map(|name| Control { name: (*name).to_owned(), reference: 0.0 }).collect(),
        seasons: vec![Season { period: 365.25 / 7.0, order: 2 }],
        turns: 0,
        experiments: Vec::new(),
    };
    let data = Data {
        outcome: columns["revenue"].clone(),
        spend: CHANNELS.iter().map(|name| columns[&format!("{name}_spend")].clone()).collect(),
        controls: CONTROLS.iter().map(|name| columns[*name].clone()).collect(),
    };
    Model::new(spec, data).unwrap()
}

fn truth() -> Option<(Value, Vec<Curve>)> {
    let truth: Value = serde_json::from_str(&shared::text("synthetic_truth.json")?).unwrap();
    let of = |name: &str, field: &str| truth["channels"][name][field].as_f64().unwrap();
    let curves = CHANNELS
        .iter()
        .map(|name| Curve {
            gain: 1.0 / (1.0 - of(name, "theta")),
            half: of(name, "k"),
            shape: of(name, "alpha"),
            effect: of(name, "beta"),
            saturation: Saturation::Hill,
        })
        .collect();
    Some((truth, curves))
}

#[test]
fn the_planted_shares_and_curves_are_found() {
    let (Some(columns), Some((truth, curves))) = (columns(), truth()) else { return };
    let model = model(&columns);
    let start = std::time::Instant::now();
    let mut walk = Walk::new(Settings::default()).unwrap();
    let draws = advance(&model, &mut walk, usize::MAX).unwrap();
    eprintln!("{} sweeps in {:?}", walk.done(), start.elapsed());
    let posterior = Posterior::new(&model, &draws).unwrap();
    let diagnostics = posterior.diagnostics();
    eprintln!("{diagnostics:?}");
    let level = 0.95;
    let found = posterior.decomposition(level);
    eprintln!("R² {:.4}, NRMSE {:.4}", found.r_squared, found.nrmse);
    let (mut outside, mut worst) = (Vec::new(), 0.0_f64);
    let reports = posterior.channels(level);
    for ((at, name), curve) in CHANNELS.iter().enumerate().zip(&curves) {
        let part = found.parts.iter().find(|part| part.name == *name).unwrap();
        let share = truth["channels"][name]["share_of_revenue"].as_f64().unwrap();
        let roas = truth["channels"][name]["roas"].as_f64().unwrap();
        eprintln!("{name}: share {share:.4} {:?}; roas {roas:.3} {:?}", part.share, reports[at].return_on_spend);
        eprintln!("   {:?} {:?} {:?}", reports[at].carry, reports[at].half, reports[at].shape);
        worst = worst.max((part.share.mean - share).abs());
        if !(part.share.low..=part.share.high).contains(&share) {
            outside.push(format!("{name}: share {share} outside {:?}", part.share));
        }
        let most = columns[&format!("{name}_spend")].iter().copied().fold(0.0, f64::max);
        let spends: Vec<f64> = (1..=20).map(|step| most * f64::from(step) / 20.0).collect();
        for point in posterior.response(at, &spends, level) {
            let response = curve.value(point.spend);
            if !(point.response.low..=point.response.high).contains(&response) {
                outside.push(format!("{name}: {response} outside {point:?}"));
            }
        }
    }
    eprintln!("worst share off by {worst:.4}");
    assert!(outside.is_empty(), "{outside:#?}");
    assert!(worst < 0.10, "a share is off by {worst}");
    assert!(diagnostics.r_hat < 1.05, "{diagnostics:?}");
}

#[test]
fn the_budgets_optima_are_found() {
    let (Some(text), Some((_, curves))) = (shared::text("budget_optimum.json"), truth()) else { return };
    let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(cases.len(), 4);
    for case in &cases {
        let of = |object: &str, name: &str| case[object][name].as_f64().unwrap();
        let current: Vec<f64> = CHANNELS.iter().map(|name| of("current", name)).collect();
        let bound = |place: usize| case["bounds_x"][place].as_f64().unwrap();
        let bounds: Vec<Bounds> =
            current.iter().map(|spend| Bounds { low: bound(0) * spend, high: bound(1) * spend }).collect();
        let budget = case["budget"].as_f64().unwrap();
        let found = divide(&curves, &bounds, Goal::Spend(budget), &[]).unwrap();
        let theirs: Vec<f64> = CHANNELS.iter().map(|name| of("optimal", name)).collect();
        let best = case["response_optimal"].as_f64().unwrap();
        eprintln!("{} against {best}, {:?} against {theirs:?}; {:?}", found.outcome, found.spend, found.marginal);
        assert!((found.total / budget - 1.0).abs() < 1e-9);
        assert!((found.outcome / best - 1.0).abs() < 0.005 && found.outcome > best * (1.0 - 1e-9));
        for (ours, theirs) in found.spend.iter().zip(&theirs) {
            assert!((ours - theirs).abs() < 0.005 * budget, "{ours} instead of {theirs}");
        }
    }
}
