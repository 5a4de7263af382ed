//! The rule models against an independent reference: aggregated paths with their exact credits per channel.
//!
//! The reference data is not part of the repository; without it these tests say so and pass.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop where it fails")]

use std::{collections::BTreeMap, path::PathBuf};

use attribution::{Order, Parameters, Touch, Touches, attribute, model};

const STEP_MS: i64 = 86_400_000;

fn reference() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/science/attribution");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("SKIPPED: no reference data at ../shared/science/attribution");
    None
}

struct Path {
    channels: Vec<String>,
    conversions: f64,
    value: f64,
}

fn paths(folder: &std::path::Path, dataset: &str) -> Vec<Path> {
    let mut reader = csv::Reader::from_path(folder.join(format!("inputs/{dataset}.csv"))).unwrap();
    reader
        .records()
        .map(|row| {
            let row = row.unwrap();
            Path {
                channels: row[0].split(" > ").map(str::to_owned).collect(),
                conversions: row[1].parse().unwrap(),
                value: row[2].parse().unwrap(),
            }
        })
        .collect()
}

/// Conversions and value per channel under a model: every path is one person's journey with one order.
fn credited(paths: &[Path], id: &str, half_life: Option<f64>) -> BTreeMap<String, (f64, f64)> {
    let orders: Vec<Order> = paths
        .iter()
        .enumerate()
        .map(|(at, path)| Order {
            id: format!("{at:06}"),
            person: format!("{at:06}"),
            t: path.channels.len() as i64 * STEP_MS,
            value_minor: (path.value * 100.0).round() as i64,
        })
        .collect();
    let touches: Touches = paths
        .iter()
        .enumerate()
        .flat_map(|(at, path)| {
            path.channels.iter().enumerate().map(move |(step, channel)| {
                let touch = Touch {
                    id: format!("{at:06}-{step:04}"),
                    t: step as i64 * STEP_MS,
                    number: 0,
                    channel: channel.clone(),
                    source: String::new(),
                    medium: String::new(),
                    campaign: String::new(),
                    ..Touch::default()
                };
                (format!("{at:06}"), touch)
            })
        })
        .collect();
    let parameters = half_life.map_or_else(Parameters::new, |days| Parameters::new().with("half_life", days));
    let answer = attribute(model(id).unwrap(), &parameters, &orders, &touches, i64::MAX).unwrap();
    let mut sums: BTreeMap<String, (f64, f64)> = BTreeMap::new();
    for one in &answer {
        let path = &paths[one.order.id.parse::<usize>().unwrap()];
        for credit in &one.credits {
            let sum = sums.entry(credit.touch.channel.clone()).or_default();
            sum.0 += credit.share * path.conversions;
            sum.1 += credit.share * path.value;
        }
    }
    sums
}

#[test]
fn rule_models_equal_the_exact_reference() {
    let Some(folder) = reference() else { return };
    let mut compared = 0;
    for dataset in ["toy_bryl", "toy_loops", "synthetic"] {
        let paths = paths(&folder, dataset);
        let exact: serde_json::Value = serde_json::from_str(
            &std::fs::read_to_string(folder.join(format!("outputs/{dataset}.exact.json"))).unwrap(),
        )
        .unwrap();
        for (theirs, ours, half_life) in [
            ("first", "first_touch", None),
            ("last", "last_touch", None),
            ("linear", "linear", None),
            ("position_40_20_40", "position_based", None),
            // Without timestamps the reference halves with every step: a step of one half-life.
            ("step_decay_h1", "time_decay", Some(1.0)),
        ] {
            let sums = credited(&paths, ours, half_life);
            for (which, scale) in [("conversions", "total_conversions"), ("value", "total_value")] {
                let total = exact[scale].as_f64().unwrap();
                let expected = exact["models"][theirs][which].as_object().unwrap();
                for (channel, expected) in expected {
                    let found = sums.get(channel).copied().unwrap_or_default();
                    let found = if which == "value" { found.1 } else { found.0 };
                    let expected = expected.as_f64().unwrap();
                    assert!(
                        (found - expected).abs() <= total * 1e-9,
                        "{dataset} {theirs} {which} {channel}: {found}, reference {expected}"
                    );
                    compared += 1;
                }
            }
        }
    }
    println!("{compared} figures equal the reference");
    assert!(compared > 100);
}
