//! Adstock and saturation against Robyn's own numbers, beside the checkout, and PyMC-Marketing's, kept here.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop where it fails")]

mod shared;

use mmm::transform::{
    WeibullCurve, carry_over, geometric, geometric_weights, hill, logistic, michaelis_menten, normalized,
    robyn_inflexion, robyn_scale, weibull_weights,
};
use serde_json::Value;

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

/// Within 1e-9 of the value, or of 1 where the value is smaller.
fn near(what: &str, ours: &[f64], theirs: &[f64]) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    for (ours, theirs) in ours.iter().zip(theirs) {
        assert!((ours - theirs).abs() <= 1e-9 * theirs.abs().max(1.0), "{what}: {ours} instead of {theirs}");
    }
}

#[test]
fn transforms_are_robyns() {
    let Some(text) = shared::text("robyn_transform_vectors.json") else { return };
    let vectors: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(vectors.len(), 42);
    for vector in &vectors {
        let what = vector.to_string();
        let of = |name: &str| vector[name].as_f64().unwrap();
        // Weibull's vectors do not repeat the spend that all the others have.
        let x = numbers(vector.get("x").unwrap_or(&vectors[0]["x"]));
        match vector["kind"].as_str().unwrap() {
            "geometric" => {
                let ours = geometric(&x, of("theta"));
                let inflation = ours.iter().sum::<f64>() / x.iter().sum::<f64>();
                near(&what, &ours, &numbers(&vector["x_decayed"]));
                near(&what, &[inflation], &[of("inflation_total")]);
            }
            kind @ ("weibull_pdf" | "weibull_cdf") => {
                let curve = if kind == "weibull_pdf" { WeibullCurve::Pdf } else { WeibullCurve::Cdf };
                let window = vector["windlen"].as_u64().unwrap() as usize;
                let weights = weibull_weights(curve, of("shape"), robyn_scale(of("scale"), window), window);
                let ours = carry_over(&x, &weights);
                near(&what, &weights, &numbers(&vector["theta_vec_cum"]));
                near(&what, &ours, &numbers(&vector["x_decayed"]));
                let at_once: Vec<f64> = x.iter().map(|x| x * weights[0]).collect();
                near(&what, &at_once, &numbers(&vector["x_imme"]));
            }
            "hill" => {
                let inflexion = robyn_inflexion(&x, of("gamma"));
                near(&what, &[inflexion], &[of("inflexion")]);
                let ours: Vec<f64> = x.iter().map(|x| hill(*x, of("alpha"), inflexion)).collect();
                near(&what, &ours, &numbers(&vector["x_saturated"]));
            }
            "michaelis_menten" => {
                let ours: Vec<f64> = x.iter().map(|x| michaelis_menten(*x, of("Vmax"), of("Km"))).collect();
                near(&what, &ours, &numbers(&vector["y"]));
            }
            other => panic!("no transform is called {other}"),
        }
    }
}

#[test]
fn transforms_are_pymc_marketings() {
    let vectors: Vec<Value> = serde_json::from_str(include_str!("pymc_marketing.json")).unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for vector in &vectors {
        let what = vector.to_string();
        let of = |name: &str| vector[name].as_f64().unwrap();
        let x = numbers(&vector["x"]);
        let kind = vector["kind"].as_str().unwrap();
        seen.insert(kind);
        let window = vector["l_max"].as_u64().unwrap_or_default() as usize;
        let scaled = |weights: Vec<f64>| {
            if vector["normalize"].as_bool().unwrap() { normalized(weights) } else { weights }
        };
        let ours: Vec<f64> = match kind {
            "geometric" => carry_over(&x, &scaled(geometric_weights(of("alpha"), window))),
            "weibull_pdf" => carry_over(&x, &scaled(weibull_weights(WeibullCurve::Pdf, of("k"), of("lam"), window))),
            // Its window of the distribution is one longer than it says.
            "weibull_cdf" => {
                carry_over(&x, &scaled(weibull_weights(WeibullCurve::Cdf, of("k"), of("lam"), window + 1)))
            }
            "hill" => x.iter().map(|x| hill(*x, of("slope"), of("kappa"))).collect(),
            "michaelis_menten" => x.iter().map(|x| michaelis_menten(*x, of("alpha"), of("lam"))).collect(),
            "logistic" => x.iter().map(|x| logistic(*x, of("lam"))).collect(),
            other => panic!("no transform is called {other}"),
        };
        near(&what, &ours, &numbers(&vector["y"]));
    }
    assert_eq!(seen.len(), 6, "{seen:?}");
}
