//! Forecasts and stock against independent references.
//!
//! The reference data is not part of the repository; without it these tests say so and pass.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop where it fails")]

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::PathBuf;

use forecast::inventory::{Demand, days_of_cover, order_quantity, reorder_point, season_order};
use forecast::{Options, accuracy, forecast};
use serde_json::Value;

fn reference(file: &str) -> Option<Vec<u8>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/science").join(file);
    let Ok(bytes) = std::fs::read(path) else {
        eprintln!("SKIPPED: no reference data at ../shared/science/{file}");
        return None;
    };
    if !file.ends_with(".gz") {
        return Some(bytes);
    }
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(bytes.as_slice()).read_to_end(&mut text).unwrap();
    Some(text)
}

fn by_series(csv: &[u8]) -> BTreeMap<String, Vec<f64>> {
    let mut series: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for row in csv::Reader::from_reader(csv).records() {
        let row = row.unwrap();
        series.entry(row[0].to_owned()).or_default().push(row[2].parse().unwrap());
    }
    series
}

/// The bar is the best single model of the reference, AutoARIMA of statsforecast: sMAPE 8.431, MASE 2.268.
#[test]
fn m4_weekly_is_forecast_better_than_by_the_best_single_model() {
    let (Some(train), Some(test)) =
        (reference("forecast/inputs/m4_weekly_train.csv.gz"), reference("forecast/inputs/m4_weekly_test.csv"))
    else {
        return;
    };
    let (train, test) = (by_series(&train), by_series(&test));
    let options = Options { horizon: 13, season: 52, levels: vec![0.8, 0.95], regressors: Vec::new() };
    let mut sums = [0.0; 4];
    for (id, history) in &train {
        let observed: Vec<Option<f64>> = history.iter().copied().map(Some).collect();
        let got = forecast(&observed, &options).unwrap();
        let actual = &test[id];
        let inside = |at: usize| {
            let interval = &got.intervals[at];
            accuracy::coverage(actual, &interval.lower, &interval.upper).unwrap()
        };
        let scores = [
            accuracy::smape(actual, &got.mean).unwrap(),
            accuracy::mase(history, 1, actual, &got.mean).unwrap(),
            inside(0),
            inside(1),
        ];
        assert!(scores.iter().all(|score| score.is_finite()), "{id}: {scores:?}");
        sums.iter_mut().zip(scores).for_each(|(sum, score)| *sum += score);
    }
    let [smape, mase, at_80, at_95] = sums.map(|sum| sum / train.len() as f64);
    eprintln!("M4 weekly: sMAPE {smape:.3}, MASE {mase:.3}, inside 80 %: {at_80:.3}, inside 95 %: {at_95:.3}");
    assert_eq!(train.len(), 359);
    assert!(smape <= 8.431 && mase <= 2.268, "sMAPE {smape}, MASE {mase}");
    assert!((at_80 - 0.80).abs() <= 0.03 && (at_95 - 0.95).abs() <= 0.03, "{at_80}, {at_95}");
}

#[test]
fn stock_figures_equal_the_reference() {
    let Some(json) = reference("inventory/inventory_vectors.json") else { return };
    let vectors: Value = serde_json::from_slice(&json).unwrap();
    let rows = |name: &str| vectors[name].as_array().unwrap().clone();
    let number = |row: &Value, name: &str| row[name].as_f64().unwrap();
    let same = |got: f64, want: f64| assert!((got - want).abs() <= 1e-7 * want.abs().max(1.0), "{got} for {want}");
    for row in rows("safety_stock") {
        let demand = Demand {
            daily: number(&row, "daily_demand"),
            daily_deviation: number(&row, "sd_daily"),
            lead: number(&row, "lead_days"),
            lead_deviation: number(&row, "sd_lead"),
        };
        let got = reorder_point(&demand, number(&row, "service_level")).unwrap();
        same(got.z, number(&row, "z"));
        same(got.deviation, number(&row, "sigma_lead_demand"));
        same(got.safety_stock, number(&row, "safety_stock"));
        same(got.reorder_point, number(&row, "reorder_point"));
        same(got.expected_shortage, number(&row, "expected_shortage_units_per_cycle"));
    }
    for row in rows("eoq") {
        let got = order_quantity(number(&row, "annual_demand"), number(&row, "order_cost"), number(&row, "holding"));
        same(got.unwrap(), number(&row, "eoq"));
    }
    for row in rows("newsvendor") {
        let of = |name: &str| number(&row, name);
        let got = season_order(of("mean"), of("sd"), of("price"), of("cost"), of("salvage")).unwrap();
        same(got.critical_ratio, of("critical_ratio"));
        same(got.quantity, of("q"));
    }
    for row in rows("days_of_cover") {
        assert_eq!(days_of_cover(number(&row, "on_hand"), number(&row, "daily")), row["days"].as_f64());
    }
}
