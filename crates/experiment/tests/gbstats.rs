//! Agreement with GrowthBook's `gbstats` and with statsmodels, on the reference vectors beside the checkout where they
//! are, and on a handful kept here everywhere.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop where it fails")]

use experiment::bayesian::{Prior, posterior};
use experiment::effect::{Difference, effect};
use experiment::frequentist::{self, Tail};
use experiment::plan::{Design, Looks, Method, Metric};
use experiment::{Interval, Statistic, rate, sequential, split};
use serde_json::{Map, Value};
use std::path::PathBuf;

/// gbstats computes in closed form; what is left is the last digits of its distributions.
const TOLERANCE: f64 = 1e-6;

fn reference(name: &str) -> Option<Value> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/science/abtest").join(name);
    let elsewhere = std::env::var_os("ADROIT_SHARED").map(|root| PathBuf::from(root).join("science/abtest").join(name));
    let text = [Some(path), elsewhere].into_iter().flatten().find_map(|path| std::fs::read_to_string(path).ok());
    if text.is_none() {
        eprintln!("SKIPPED: ../shared/science/abtest/{name} is not here");
    }
    text.map(|text| serde_json::from_str(&text).unwrap())
}

fn near(what: &str, ours: f64, theirs: &Value) {
    let theirs = theirs.as_f64().unwrap_or_else(|| panic!("{what}: no reference"));
    assert!((ours - theirs).abs() <= TOLERANCE * theirs.abs().clamp(1e-3, 1.0), "{what}: {ours} instead of {theirs}");
}

fn same_interval(what: &str, ours: Interval, theirs: &Value) {
    for (ours, theirs) in [(ours.low, &theirs[0]), (ours.high, &theirs[1])] {
        match ours {
            Some(bound) => near(what, bound, theirs),
            None => assert!(theirs.is_null(), "{what}: unbounded instead of {theirs}"),
        }
    }
}

fn statistic(kind: &str, sums: &Value) -> Statistic {
    let mut sums: Map<String, Value> = sums.as_object().unwrap().clone();
    sums.insert("kind".into(), kind.into());
    serde_json::from_value(Value::Object(sums)).unwrap()
}

/// Checks one case and returns how many results were compared.
fn check(case: &Value) -> usize {
    let kind = case["kind"].as_str().unwrap();
    let (control, variant) = (statistic(kind, &case["a"]), statistic(kind, &case["b"]));
    let (a, b) = experiment::statistic::pair(&control, &variant).unwrap();
    for (name, ours) in [
        ("mean_a", a.mean),
        ("mean_b", b.mean),
        ("var_a", a.variance),
        ("var_b", b.variance),
        ("unadjusted_mean_a", a.unadjusted_mean),
    ] {
        near(name, ours, &case["derived"][name]);
    }
    let results = case["results"].as_object().unwrap();
    for (key, result) in results {
        let [test, difference, alpha] = key.split('|').collect::<Vec<_>>()[..] else { panic!("{key}") };
        let what = format!("{} {key}", case["name"]);
        let difference = if difference == "relative" { Difference::Relative } else { Difference::Absolute };
        let alpha: f64 = alpha.parse().unwrap();
        let effect = effect(&control, &variant, difference).unwrap();
        let prior = match test {
            "bayes_flat" => Some(Prior::Flat),
            "bayes_N(0,0.3^2)" => Some(Prior::Normal { mean: 0.0, sd: 0.3 }),
            "bayes_N(0,0.1^2)" => Some(Prior::Normal { mean: 0.0, sd: 0.1 }),
            _ => None,
        };
        if let Some(prior) = prior {
            let found = posterior(&effect, prior, alpha, false).unwrap();
            near(&what, found.mean, &result["expected"]);
            near(&what, found.sd, &result["uplift"]["stddev"]);
            near(&what, found.chance_to_win, &result["chanceToWin"]);
            near(&what, found.risk_of_keeping, &result["risk"][0]);
            near(&what, found.risk_of_shipping, &result["risk"][1]);
            same_interval(&what, found.interval, &result["ci"]);
        } else {
            let found = match test {
                "two_sided" => frequentist::test(&effect, Tail::TwoSided, alpha, 0.0),
                "greater" => frequentist::test(&effect, Tail::Greater, alpha, 0.0),
                "lesser" => frequentist::test(&effect, Tail::Lesser, alpha, 0.0),
                "sequential_two_sided" => sequential::test(&effect, alpha, sequential::TUNING, 0.0),
                other => panic!("unknown test {other}"),
            }
            .unwrap();
            near(&what, effect.estimate, &result["expected"]);
            near(&what, effect.standard_error, &result["uplift"]["stddev"]);
            near(&what, found.p_value, &result["pValue"]);
            same_interval(&what, found.interval, &result["ci"]);
        }
    }
    results.len()
}

#[test]
fn every_vector_of_gbstats_is_met() {
    let Some(vectors) = reference("gbstats_vectors.json") else { return };
    let compared: usize = vectors["cases"].as_array().unwrap().iter().map(check).sum();
    assert_eq!(compared, 7 * 28);
    for case in vectors["srm"].as_array().unwrap() {
        let visitors: Vec<u64> = serde_json::from_value(case["users"].clone()).unwrap();
        let weights: Vec<f64> = serde_json::from_value(case["weights"].clone()).unwrap();
        let theirs = case["p"].as_f64().unwrap();
        let ours = split::test(&visitors, &weights).unwrap().p_value;
        assert!((ours / theirs - 1.0).abs() < TOLERANCE, "{ours} instead of {theirs}");
    }
}

#[test]
fn the_vectors_kept_here_are_met() {
    let kept: Value = serde_json::from_str(include_str!("vectors.json")).unwrap();
    for case in kept.as_array().unwrap() {
        assert!(check(case) > 0);
    }
}

#[test]
fn sample_sizes_and_intervals_are_those_of_statsmodels() {
    let Some(vectors) = reference("power_vectors.json") else { return };
    for case in vectors["sample_size"].as_array().unwrap() {
        let number = |name: &str| case[name].as_f64().unwrap();
        for (method, name) in [
            (Method::Unpooled, "n_per_arm_unpooled"),
            (Method::Pooled, "n_per_arm_pooled"),
            (Method::Arcsine, "n_per_arm_arcsine_statsmodels"),
        ] {
            let design = Design {
                metric: Metric::Proportion { rate: number("p") },
                alpha: number("alpha"),
                power: number("power"),
                variants: 2,
                looks: Looks::Once,
                method,
            };
            let units = design.units(number("mde_rel")).unwrap();
            assert!((units / number(name) - 1.0).abs() < TOLERANCE, "{name}: {units} instead of {}", number(name));
            let found = design.detectable(units).unwrap();
            let wanted = number("mde_rel");
            // Pooled sizes are of the test under no difference; their power is exact, so they lead back, too.
            assert!((found / wanted - 1.0).abs() < 1e-4, "{name}: {found} instead of {wanted}");
        }
    }
    for case in vectors["ztest"].as_array().unwrap() {
        let arm = |name: &str| (case[name][0].as_f64().unwrap(), case[name][1].as_f64().unwrap());
        let (a, b) = (arm("a"), arm("b"));
        let pooled = rate::pooled(a, b).unwrap();
        near("z", pooled.z, &case["z_pooled"]);
        near("p", pooled.p_value, &case["p"]);
        same_interval("wilson a", rate::wilson(a.0, a.1, 0.05).unwrap(), &case["wilson_a"]);
        same_interval("wilson b", rate::wilson(b.0, b.1, 0.05).unwrap(), &case["wilson_b"]);
        same_interval("jeffreys b", rate::jeffreys(b.0, b.1, 0.05).unwrap(), &case["jeffreys_b"]);
    }
}

#[test]
fn a_sample_added_up_has_the_mean_and_variance_of_its_values() {
    let Some(sample) = reference("cuped_sample.json") else { return };
    let values: Vec<f64> = serde_json::from_value(sample["xa"].clone()).unwrap();
    let mut sums = experiment::statistic::Sums::default();
    let mut cuped = experiment::statistic::MeanCuped::default();
    for (place, value) in values.iter().enumerate() {
        sums.push(*value);
        // A metric that follows its covariate but for a known rest.
        cuped.push(3.0 + 0.6 * value + [1.0, -1.0][place % 2], *value);
    }
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let found = Statistic::Mean(sums).moments();
    assert!((found.mean / mean - 1.0).abs() < 1e-12 && (found.variance / variance - 1.0).abs() < 1e-9, "{found:?}");
    let cuped = Statistic::MeanCuped(cuped);
    let (adjusted, _) = experiment::statistic::pair(&cuped, &cuped).unwrap();
    let left = 1.0 - adjusted.covariance.powi(2) / (adjusted.pre_variance * adjusted.unadjusted_variance);
    assert!((adjusted.theta - 0.6).abs() < 0.05, "{adjusted:?}");
    // Both variants are the same here, so θ is the best one but for n − 1 of both instead of each.
    assert!((adjusted.variance / adjusted.unadjusted_variance - left).abs() < 1e-3, "{adjusted:?} {left}");
}
