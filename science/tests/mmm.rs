//! `science mmm` as it is called.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop where it fails")]

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::{Value, json};

/// Sixty weeks: what two channels spend, at different rhythms, and an outcome that saturates in both.
fn weekly() -> String {
    let mut text = "week,revenue,search_cost,video,promo\n".to_owned();
    for week in 0..60_u32 {
        let search = 300.0 + 60.0 * f64::from((week * 7) % 11);
        let video = 100.0 + 90.0 * f64::from((week * 5) % 13);
        let promo = week % 9 / 8;
        let noise = 40.0 * (f64::from((week * 37) % 17) - 8.0);
        let brought = 9_000.0 * search / (search + 500.0) + 5_000.0 * video / (video + 700.0);
        let revenue = 8_000.0 + brought + 1_500.0 * f64::from(promo) + noise;
        let _ = writeln!(text, "week {week},{revenue},{search},{video},{promo}");
    }
    text
}

fn spec() -> Value {
    json!({
        "date": "week", "outcome": "revenue",
        "channels": [{"name": "search", "column": "search_cost", "saturation": "michaelis_menten"}, {"name": "video"}],
        "controls": [{"name": "promo"}],
        "experiments": [{"channel": "video", "from": "week 20", "to": "week 30", "lift": 23000, "standard_error": 4000}],
        "budget": {"goal": {"spend": 1200}, "times_present": {"low": 0.2, "high": 2.0}},
        "plans": [
            {"name": "as now", "spend": {"search": [600, 600], "video": [600, 600]}, "controls": {"promo": [0, 0]}},
            {"name": "more", "spend": {"search": [900, 900], "video": [600, 600]}, "controls": {"promo": [0, 0]}},
        ],
        "settings": {"chains": 2, "warmup": 200, "draws": 50, "thin": 4},
    })
}

fn science(name: &str, csv: &str, spec: &Value) -> Output {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let (input, asked) = (folder.join(format!("{name}.csv")), folder.join(format!("{name}.json")));
    std::fs::write(&input, csv).unwrap();
    std::fs::write(&asked, spec.to_string()).unwrap();
    Command::new(env!("CARGO_BIN_EXE_science"))
        .args(["mmm", "--input"])
        .arg(&input)
        .arg("--spec")
        .arg(&asked)
        .output()
        .unwrap()
}

#[test]
fn a_file_and_a_spec_become_an_answer_that_adds_up() {
    let output = science("good", &weekly(), &spec());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let number = |value: &Value| value.as_f64().unwrap();
    let shares: f64 =
        answer["decomposition"]["parts"].as_array().unwrap().iter().map(|part| number(&part["share"]["mean"])).sum();
    assert!((shares - 1.0).abs() < 1e-9, "{shares}");
    assert!((number(&answer["budget"]["spend"]) - 1_200.0).abs() < 1e-6);
    assert!(number(&answer["budget"]["gain"]["probability"]) > 0.0);
    assert_eq!(answer["response_curves"]["video"].as_array().unwrap().len(), 21);
    assert!(number(&answer["plans"][1]["against_first"]["difference"]["mean"]) > 0.0);
    assert_eq!(answer["plans"][0]["against_first"], Value::Null);
}

#[test]
fn what_is_of_no_use_ends_with_2_and_the_reason() {
    let refused = |name: &str, csv: &str, spec: &Value, reason: &str| {
        let output = science(name, csv, spec);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(reason), "{said}");
        assert!(output.stdout.is_empty());
    };
    let changed = |path: &str, value: Value| {
        let mut spec = spec();
        *spec.pointer_mut(path).unwrap() = value;
        spec
    };
    refused("column", &weekly(), &changed("/outcome", json!("sales")), "no column `sales`");
    refused("cell", &weekly().replacen(",420,", ",many,", 1), &spec(), "search_cost");
    refused("date", &weekly(), &changed("/experiments/0/from", json!("week 99")), "no row is of \"week 99\"");
    refused("goal", &weekly(), &changed("/budget/goal/spend", json!(10)), "the lower bounds alone take");
    refused("plan", &weekly(), &changed("/plans/0/spend", json!({"search": [1, 2]})), "nothing for \"video\"");
    let unmeasured = changed("/experiments", json!([]));
    refused("short", &weekly().lines().take(20).collect::<Vec<_>>().join("\n"), &unmeasured, "periods: 19");
}

/// Weekly spend and revenue that Robyn (MIT licence) brings along as its example: a simulation, whose truth is not told.
#[test]
fn the_example_of_another_package_is_fitted_well_and_settles() {
    let csv =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/science/mmm/sample_data/robyn_dt_simulated_weekly.csv");
    let Ok(csv) = std::fs::read_to_string(csv) else {
        eprintln!("SKIPPED: no reference data at {csv}");
        return;
    };
    let channels = ["tv_S", "ooh_S", "print_S", "facebook_S", "search_S"];
    let spec = json!({
        "date": "DATE", "outcome": "revenue",
        "channels": channels.map(|name| json!({"name": name})),
        "controls": [{"name": "competitor_sales_B"}],
        "seasons": [{"period": 52.18, "order": 2}], "turns": 0,
    });
    let output = science("robyn", &csv, &spec);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let fit = &answer["decomposition"]["r_squared"];
    assert!(fit.as_f64().unwrap() > 0.8, "{fit}");
    assert!(answer["diagnostics"]["r_hat"].as_f64().unwrap() < 1.05, "{}", answer["diagnostics"]);
    assert_eq!(answer["diagnostics"]["warnings"], json!([]));
    for name in channels {
        let curve = answer["response_curves"][name].as_array().unwrap();
        assert_eq!(curve[0]["marginal"], Value::Null);
        let brings: Vec<f64> = curve.iter().map(|point| point["response"]["mean"].as_f64().unwrap()).collect();
        assert!(brings.is_sorted() && brings[20] > 0.0, "{name}: {brings:?}");
    }
}
