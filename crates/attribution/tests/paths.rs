//! The models over aggregated paths: against exact references, against slow and obvious code, and what must hold for all.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop where it fails")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use attribution::{
    AttributionError, Bootstrap, ChannelCredit, Channels, MAX_RATE_CHANNELS, MarkovTally, Nulls, Outcome, Path, Rule,
    RuleTally, ShapleyRateTally, Tally, Walk,
};
use proptest::prelude::*;
use serde_json::Value;

type Rows = Vec<(Vec<u16>, Outcome)>;

fn read(csv: &str) -> (Channels, Rows) {
    let mut channels = Channels::default();
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let rows = reader
        .records()
        .map(|row| {
            let row = row.unwrap();
            let number = |at: usize| row[at].parse::<f64>().unwrap();
            let mut path = Vec::new();
            channels.read(&row[0], &mut path).unwrap();
            (path, Outcome { conversions: number(1), value: number(2), nulls: number(3) })
        })
        .collect();
    (channels, rows)
}

fn counted<T: Tally>(mut tally: T, channels: &Channels, rows: &Rows) -> T {
    for (touches, outcome) in rows {
        tally.add(Path { channels, touches }, *outcome).unwrap();
    }
    tally
}

fn markov(order: usize, nulls: Nulls, walk: Walk, channels: &Channels, rows: &Rows) -> MarkovTally {
    counted(MarkovTally::new(order, nulls, walk).unwrap(), channels, rows)
}

/// Compares everything a reference says about a data set; how many figures there were.
fn compare(name: &str, csv: &str, exact: &Value) -> usize {
    let (channels, rows) = read(csv);
    let mut compared = 0;
    let scales = [exact["total_conversions"].as_f64().unwrap(), exact["total_value"].as_f64().unwrap()];
    let mut equal = |what: &str, found: f64, expected: &Value, scale: f64| {
        let expected = expected.as_f64().unwrap();
        assert!((found - expected).abs() <= 1e-9 * scale, "{name} {what}: {found}, reference {expected}");
        compared += 1;
    };
    type Equal<'a> = dyn FnMut(&str, f64, &Value, f64) + 'a;
    let credits = |equal: &mut Equal<'_>, model: &str, credits: &[ChannelCredit], expected: &Value| {
        for (at, channel) in channels.names().iter().enumerate() {
            let credit = credits.get(at).copied().unwrap_or_default();
            let what = format!("{model} {channel}");
            equal(&what, credit.conversions, &expected["conversions"][channel], scales[0]);
            equal(&what, credit.value, &expected["value"][channel], scales[1]);
        }
    };
    let rule = |rule: Rule| counted(RuleTally::new(rule).unwrap(), &channels, &rows).credits().unwrap();
    let models = exact["models"].as_object().unwrap();
    for (model, expected) in models {
        let answer = match model.as_str() {
            "first" => rule(Rule::First),
            "last" => rule(Rule::Last),
            "linear" => rule(Rule::Linear),
            "position_40_20_40" => rule(Rule::POSITION_40_20_40),
            "step_decay_h1" => rule(Rule::Decay { half_life_days: 1.0 }),
            "shapley_count_closed_form" | "shapley_count_enumerated" => rule(Rule::Channels),
            "shapley_cum_rate" => counted(ShapleyRateTally::new(), &channels, &rows).credits().unwrap(),
            _ => continue,
        };
        credits(&mut equal, model, &answer, expected);
    }
    // `markov_1_selfloops_kept` among them: at order 1 self-loops change no figure.
    for (model, expected) in models.iter().filter(|(model, _)| model.starts_with("markov_")) {
        let order = model.split('_').nth(1).unwrap().parse().unwrap();
        for (key, walk) in [("exact", Walk::Unlimited), ("capped", Walk::Capped)] {
            let Some(expected) = expected.get(key) else { continue };
            let model = format!("{model} {key}");
            let tally = markov(order, Nulls::Counted, walk, &channels, &rows);
            let answer = tally.solve();
            credits(&mut equal, &model, &tally.credits_of(&answer), expected);
            equal(&model, answer.p_conversion, &expected["p_conv"], 1.0);
            equal(&model, answer.value_per_journey, &expected["e_value_per_path"], scales[1]);
            for (at, channel) in channels.names().iter().enumerate() {
                let what = format!("{model} removal of {channel}");
                equal(&what, answer.removal_conversions[at], &expected["removal_effect_conv"][channel], 1.0);
                equal(&what, answer.removal_value[at], &expected["removal_effect_value"][channel], 1.0);
            }
        }
    }
    compared
}

#[test]
fn the_toy_figures_are_met() {
    for (name, csv, exact) in [
        ("toy_bryl", include_str!("toy/toy_bryl.csv"), include_str!("toy/toy_bryl.json")),
        ("toy_loops", include_str!("toy/toy_loops.csv"), include_str!("toy/toy_loops.json")),
    ] {
        let compared = compare(name, csv, &serde_json::from_str(exact).unwrap());
        assert!(compared > 100, "{name}: only {compared} figures");
    }
}

#[test]
fn all_models_equal_the_exact_reference() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/science/attribution");
    if !folder.is_dir() {
        eprintln!("SKIPPED: no reference data at ../shared/science/attribution");
        return;
    }
    let mut sets = 0;
    for entry in std::fs::read_dir(folder.join("inputs")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let exact = folder.join(format!("outputs/{name}.exact.json"));
        if !exact.is_file() {
            continue;
        }
        let exact: Value = serde_json::from_str(&std::fs::read_to_string(exact).unwrap()).unwrap();
        let compared = compare(&name, &std::fs::read_to_string(path).unwrap(), &exact);
        println!("{name}: {compared} figures equal the reference");
        sets += 1;
    }
    assert!(sets >= 3, "{sets} sets");
}

/// Removal effects of conversions and value by Gaussian elimination over states that are lists of channels.
fn slowly(rows: &Rows, order: usize, nulls: bool, self_loops: bool, channels: usize) -> (f64, Vec<[f64; 2]>) {
    let mut numbers: BTreeMap<Vec<u16>, usize> = BTreeMap::new();
    let mut journeys: Vec<(Vec<usize>, Outcome)> = Vec::new();
    for (path, outcome) in rows {
        let outcome = Outcome { nulls: if nulls { outcome.nulls } else { 0.0 }, ..*outcome };
        if path.is_empty() || outcome.conversions + outcome.nulls == 0.0 {
            continue;
        }
        let grams: Vec<Vec<u16>> = path.windows(order.min(path.len())).map(<[u16]>::to_vec).collect();
        let mut states: Vec<usize> = Vec::new();
        for gram in grams {
            let next = numbers.len();
            states.push(*numbers.entry(gram).or_insert(next));
        }
        if !self_loops {
            states.dedup();
        }
        journeys.push((states, outcome));
    }
    let n = numbers.len();
    let mut weights = vec![vec![0.0; n]; n + 1];
    let mut ends = vec![Outcome::default(); n];
    for (states, outcome) in &journeys {
        let weight = outcome.conversions + outcome.nulls;
        weights[n][states[0]] += weight;
        states.windows(2).for_each(|pair| weights[pair[0]][pair[1]] += weight);
        let end = &mut ends[*states.last().unwrap()];
        *end = end.plus(*outcome);
    }
    let earned = |removed: Option<usize>| -> [f64; 2] {
        let gone: Vec<bool> = {
            let mut gone = vec![false; n];
            for (gram, at) in &numbers {
                gone[*at] = removed.is_some_and(|removed| gram.contains(&(removed as u16)));
            }
            gone
        };
        // (I − Q) x = r, two right-hand sides.
        let mut a = vec![vec![0.0; n + 2]; n];
        for from in 0..n {
            a[from][from] = 1.0;
            if gone[from] {
                continue;
            }
            let out = weights[from].iter().sum::<f64>() + ends[from].conversions + ends[from].nulls;
            for to in 0..n {
                a[from][to] -= weights[from][to] / out;
            }
            a[from][n] = ends[from].conversions / out;
            a[from][n + 1] = if ends[from].conversions > 0.0 { ends[from].value / out } else { 0.0 };
        }
        for column in 0..n {
            let pivot = (column..n).max_by(|x, y| a[*x][column].abs().total_cmp(&a[*y][column].abs())).unwrap();
            a.swap(column, pivot);
            for row in 0..n {
                if row != column && a[row][column] != 0.0 {
                    let factor = a[row][column] / a[column][column];
                    let pivot_row = a[column].clone();
                    a[row].iter_mut().zip(pivot_row).for_each(|(mine, its)| *mine -= factor * its);
                }
            }
        }
        let started: f64 = weights[n].iter().sum();
        let sum = |right: usize| (0..n).map(|s| weights[n][s] / started * a[s][right] / a[s][s]).sum();
        [sum(n), sum(n + 1)]
    };
    let whole = earned(None);
    let lost = |left: f64, whole: f64| if whole == 0.0 { 0.0 } else { 1.0 - left / whole };
    let removal = (0..channels)
        .map(|channel| {
            let left = earned(Some(channel));
            [lost(left[0], whole[0]), lost(left[1], whole[1])]
        })
        .collect();
    (whole[0], removal)
}

const CHANNELS: usize = 4;

fn channels() -> Channels {
    let mut channels = Channels::default();
    for name in ["a", "b", "c", "d"] {
        channels.id(name).unwrap();
    }
    channels
}

fn rows() -> impl Strategy<Value = Rows> {
    let row = (prop::collection::vec(0_u16..CHANNELS as u16, 1..8), 0_u8..4, 0_u8..6, 0_u8..100).prop_map(
        |(path, conversions, nulls, each)| {
            let conversions = f64::from(conversions);
            (path, Outcome { conversions, value: conversions * f64::from(each), nulls: f64::from(nulls) })
        },
    );
    prop::collection::vec(row, 1..25)
}

fn total(rows: &Rows) -> Outcome {
    rows.iter().fold(Outcome::default(), |sum, (_, outcome)| sum.plus(*outcome))
}

proptest! {
    #[test]
    fn removal_effects_are_those_of_slow_elimination(rows in rows(), order in 1_usize..=4, nulls in any::<bool>()) {
        let which = if nulls { Nulls::Counted } else { Nulls::LeftOut };
        let answer = markov(order, which, Walk::Unlimited, &channels(), &rows).solve();
        let all = total(&rows);
        prop_assume!(all.conversions > 0.0);
        let (p, removal) = slowly(&rows, order, nulls, false, CHANNELS);
        prop_assert!((answer.p_conversion - p).abs() < 1e-9);
        for (channel, [conversions, value]) in removal.into_iter().enumerate() {
            let found = answer.removal_conversions.get(channel).copied().unwrap_or(0.0);
            prop_assert!((found - conversions).abs() < 1e-9, "{channel}: {found} {conversions}");
            let found = answer.removal_value.get(channel).copied().unwrap_or(0.0);
            prop_assert!((found - value).abs() < 1e-9, "{channel}: {found} {value}");
        }
    }

    #[test]
    fn self_loops_change_nothing_at_order_1(rows in rows()) {
        prop_assume!(total(&rows).conversions > 0.0);
        let answer = markov(1, Nulls::Counted, Walk::Unlimited, &channels(), &rows).solve();
        let (_, with_loops) = slowly(&rows, 1, true, true, CHANNELS);
        for (channel, [conversions, value]) in with_loops.into_iter().enumerate() {
            prop_assert!((answer.removal_conversions.get(channel).copied().unwrap_or(0.0) - conversions).abs() < 1e-9);
            prop_assert!((answer.removal_value.get(channel).copied().unwrap_or(0.0) - value).abs() < 1e-9);
        }
        let repeated: Rows = rows
            .iter()
            .map(|(path, outcome)| (path.iter().flat_map(|channel| [*channel; 3]).collect(), *outcome))
            .collect();
        let again = markov(1, Nulls::Counted, Walk::Unlimited, &channels(), &repeated).solve();
        prop_assert_eq!(answer.removal_conversions, again.removal_conversions);
    }

    #[test]
    fn the_chain_converts_as_often_as_the_journeys(rows in rows(), order in 1_usize..=4) {
        let all = total(&rows);
        let answer = markov(order, Nulls::Counted, Walk::Unlimited, &channels(), &rows).solve();
        let journeys = all.conversions + all.nulls;
        prop_assume!(journeys > 0.0);
        prop_assert!((answer.p_conversion - all.conversions / journeys).abs() < 1e-12);
        prop_assert!((answer.value_per_journey - all.value / journeys).abs() < 1e-10);
        if all.conversions > 0.0 {
            let answer = markov(order, Nulls::LeftOut, Walk::Unlimited, &channels(), &rows).solve();
            prop_assert!((answer.p_conversion - 1.0).abs() < 1e-12);
        }
        let capped = markov(order, Nulls::Counted, Walk::Capped, &channels(), &rows).solve();
        prop_assert!(capped.p_conversion <= answer.p_conversion + 1e-12);
    }

    #[test]
    fn credits_sum_to_what_was_earned(rows in rows(), order in 1_usize..=4) {
        let all = total(&rows);
        let channels = channels();
        let mut answers = vec![
            markov(order, Nulls::Counted, Walk::Unlimited, &channels, &rows).credits().unwrap(),
            markov(order, Nulls::LeftOut, Walk::Unlimited, &channels, &rows).credits().unwrap(),
            counted(ShapleyRateTally::new(), &channels, &rows).credits().unwrap(),
        ];
        for rule in [
            Rule::First, Rule::Last, Rule::LastNonDirect, Rule::Linear, Rule::POSITION_40_20_40, Rule::Channels,
            Rule::Decay { half_life_days: 1.5 },
        ] {
            let credits = counted(RuleTally::new(rule).unwrap(), &channels, &rows).credits().unwrap();
            prop_assert!(credits.iter().all(|credit| credit.conversions >= 0.0 && credit.value >= 0.0));
            answers.push(credits);
        }
        for credits in answers {
            let conversions: f64 = credits.iter().map(|credit| credit.conversions).sum();
            let value: f64 = credits.iter().map(|credit| credit.value).sum();
            prop_assert!((conversions - all.conversions).abs() <= 1e-9 * all.conversions.max(1.0), "{conversions}");
            prop_assert!((value - all.value).abs() <= 1e-9 * all.value.max(1.0), "{value}");
        }
    }

    #[test]
    fn shapley_is_the_average_over_all_orders_of_arrival(rows in rows()) {
        let channels = channels();
        let inside = |set: u32, path: &[u16]| path.iter().all(|channel| set & (1 << channel) != 0);
        let sum = |set: u32| -> Outcome {
            let mut sum = Outcome::default();
            rows.iter().filter(|(path, _)| inside(set, path)).for_each(|(_, outcome)| sum = sum.plus(*outcome));
            sum
        };
        let count = |set: u32| sum(set).conversions;
        let rate = |set: u32| {
            let sum = sum(set);
            let journeys = sum.conversions + sum.nulls;
            if journeys > 0.0 { sum.conversions / journeys } else { 0.0 }
        };
        let arrivals = |v: &dyn Fn(u32) -> f64| -> Vec<f64> {
            let mut values = vec![0.0; CHANNELS];
            let mut orders = 0.0;
            for code in 0..CHANNELS.pow(CHANNELS as u32) {
                let order: Vec<usize> = (0..CHANNELS).map(|at| code / CHANNELS.pow(at as u32) % CHANNELS).collect();
                if (0..CHANNELS).any(|channel| !order.contains(&channel)) {
                    continue;
                }
                orders += 1.0;
                let mut set = 0;
                for channel in order {
                    values[channel] += v(set | 1 << channel) - v(set);
                    set |= 1 << channel;
                }
            }
            values.into_iter().map(|value| value / orders).collect()
        };
        let found = counted(RuleTally::new(Rule::Channels).unwrap(), &channels, &rows).credits().unwrap();
        for (channel, expected) in arrivals(&count).into_iter().enumerate() {
            let found = found.get(channel).map_or(0.0, |credit| credit.conversions);
            prop_assert!((found - expected).abs() < 1e-9, "{found} {expected}");
        }
        let full = (1 << CHANNELS) - 1;
        let found = counted(ShapleyRateTally::new(), &channels, &rows).credits().unwrap();
        for (channel, expected) in arrivals(&rate).into_iter().enumerate() {
            let found = found.get(channel).map_or(0.0, |credit| credit.conversions);
            let expected = if rate(full) > 0.0 { expected / rate(full) * count(full) } else { 0.0 };
            prop_assert!((found - expected).abs() < 1e-9, "{found} {expected}");
        }
    }
}

#[test]
fn twenty_channels_have_a_rate_value_and_twenty_one_are_refused() {
    let mut channels = Channels::default();
    for at in 0..=MAX_RATE_CHANNELS {
        channels.id(&format!("channel {at}")).unwrap();
    }
    let mut tally = ShapleyRateTally::new();
    let one = Outcome { conversions: 1.0, value: 3.0, nulls: 1.0 };
    for at in 0..MAX_RATE_CHANNELS as u16 {
        tally.add(Path { channels: &channels, touches: &[at, (at + 1) % 20] }, one).unwrap();
    }
    let credits = tally.credits().unwrap();
    // Everybody's part is the same: the game is symmetric under rotation.
    assert!(credits.iter().all(|credit| (credit.conversions - 1.0).abs() < 1e-9), "{credits:?}");
    assert!(credits.iter().all(|credit| (credit.value - 3.0).abs() < 1e-9), "{credits:?}");
    let refusal = tally.add(Path { channels: &channels, touches: &[20] }, one).unwrap_err();
    assert_eq!(refusal.field(), "model");
}

#[test]
fn a_custom_rule_reads_from_json_and_weighs_by_channel_place_and_age() {
    let rule: Rule = serde_json::from_str(
        r#"{"rule": "custom", "base": {"rule": "linear"}, "adjust": [
            {"when": {"channels": ["Direct"]}, "factor": 0},
            {"when": {"place": "first"}, "factor": 2},
            {"when": {"min_age_days": 3}, "factor": 0.5}]}"#,
    )
    .unwrap();
    rule.check().unwrap();
    let mut channels = Channels::default();
    let mut touches = Vec::new();
    channels.read("Email > Direct > Email > Social > Social", &mut touches).unwrap();
    let mut tally = RuleTally::new(rule).unwrap();
    tally
        .add(Path { channels: &channels, touches: &touches }, Outcome { conversions: 4.0, value: 40.0, nulls: 9.0 })
        .unwrap();
    let credits = tally.credits().unwrap();
    // Email: first and four days old, 2 × 0.5, and 1; Direct: 0; Social: 1 and 1.
    assert!((credits[0].conversions - 2.0).abs() < 1e-12, "{credits:?}");
    assert_eq!(credits[1], ChannelCredit::default());
    assert!((credits[2].value - 20.0).abs() < 1e-12, "{credits:?}");

    for wrong in [r#"{"rule": "position", "first": 0.7, "last": 0.7}"#, r#"{"rule": "decay", "half_life_days": 0}"#] {
        let rule: Rule = serde_json::from_str(wrong).unwrap();
        assert!(matches!(RuleTally::new(rule), Err(AttributionError::BadRule { .. })), "{wrong}");
    }
    assert!(serde_json::from_str::<Rule>(r#"{"rule": "positon"}"#).is_err());
}

#[test]
fn intervals_cover_the_truth_about_as_often_as_they_say() {
    // Last touch: the number of conversions of A is Poisson(25), so the interval is known, too.
    let channels = channels();
    let mut covered = 0;
    let runs = 200;
    let truth = 25.0;
    let mut draw = 12_345_u64;
    let mut uniform = || {
        draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (draw >> 11) as f64 / (1_u64 << 53) as f64
    };
    for seed in 0..runs {
        let mut count = 0.0;
        let mut product = uniform();
        while product > f64::exp(-truth) {
            product *= uniform();
            count += 1.0;
        }
        let mut bootstrap = Bootstrap::new(RuleTally::new(Rule::Last).unwrap(), 200, seed).unwrap();
        let outcome = Outcome { conversions: count, value: 2.0 * count, nulls: 100.0 };
        bootstrap.add(Path { channels: &channels, touches: &[1, 0] }, outcome).unwrap();
        let interval = bootstrap.intervals(0.9).unwrap()[0];
        assert!((interval.value.low - 2.0 * interval.conversions.low).abs() < 1e-9);
        covered += u32::from((interval.conversions.low..=interval.conversions.high).contains(&truth));
    }
    let share = f64::from(covered) / runs as f64;
    assert!((0.82..=0.96).contains(&share), "{share}");
}

#[test]
fn the_same_seed_gives_the_same_intervals() {
    let (channels, rows) = read(include_str!("toy/toy_loops.csv"));
    let intervals = |seed| {
        let markov = MarkovTally::new(2, Nulls::Counted, Walk::Unlimited).unwrap();
        let bootstrap = Bootstrap::new(markov, 50, seed).unwrap();
        counted(bootstrap, &channels, &rows).intervals(0.9).unwrap()
    };
    assert_eq!(intervals(3), intervals(3));
    assert_ne!(intervals(3), intervals(4));
    let markov = MarkovTally::new(1, Nulls::Counted, Walk::Unlimited).unwrap();
    assert_eq!(Bootstrap::new(markov, 5, 1).unwrap_err().field(), "bootstrap");
}

#[test]
fn limits_are_refused_by_name() {
    assert_eq!(MarkovTally::new(0, Nulls::Counted, Walk::Unlimited).unwrap_err().field(), "order");
    assert_eq!(MarkovTally::new(5, Nulls::Counted, Walk::Unlimited).unwrap_err().field(), "order");
    for (outcome, field) in [
        (Outcome { conversions: -1.0, ..Outcome::default() }, "total_conversions"),
        (Outcome { nulls: f64::NAN, ..Outcome::default() }, "total_null"),
        (Outcome { value: f64::INFINITY, ..Outcome::default() }, "total_conversion_value"),
    ] {
        assert_eq!(outcome.check().unwrap_err().field(), field);
    }
}
