//! Against the reference vectors beside the checkout, and against controllers in a simulation like the reference's.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop where it fails")]

use std::path::PathBuf;

use pacing::{Flight, HOURS_OF_WEEK, Limits, Observation, Pacer, Rhythm, Standing};
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};
use serde_json::Value;

fn reference() -> Option<Value> {
    let name = "science/pacing/pacing_reference.json";
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(name);
    let elsewhere = std::env::var_os("ADROIT_SHARED").map(|root| PathBuf::from(root).join(name));
    let text = [Some(path), elsewhere].into_iter().flatten().find_map(|path| std::fs::read_to_string(path).ok());
    if text.is_none() {
        eprintln!("SKIPPED: ../shared/{name} is not here");
    }
    text.map(|text| serde_json::from_str(&text).unwrap())
}

#[test]
fn standings_are_the_references() {
    let Some(reference) = reference() else { return };
    let vectors = reference["vectors"].as_array().unwrap();
    assert_eq!(vectors.len(), 5);
    for vector in vectors {
        let whole = |name: &str| vector[name].as_i64().unwrap();
        let found =
            Standing::new(whole("budget"), whole("days") as f64, whole("elapsed") as f64, whole("spent")).unwrap();
        let near = |name: &str, ours: Option<f64>| match (ours, vector[name].as_f64()) {
            (None, None) => {}
            (Some(ours), Some(theirs)) => {
                assert!((ours - theirs).abs() <= 1e-9 * theirs.abs().max(1.0), "{name}: {ours} in {vector}");
            }
            (ours, theirs) => panic!("{name}: {ours:?} instead of {theirs:?} in {vector}"),
        };
        near("ideal", Some(found.ideal));
        near("pace_ratio", found.pace_ratio);
        near("remaining", Some(found.remaining as f64));
        near("recommended_daily", found.daily);
        near("projected_linear", found.projected);
        near("projected_over_under", found.projected_over);
    }
}

const HOURS: usize = 336;
const BUDGET: f64 = 140_000.0;
const MULTIPLE: f64 = 2.2;

/// Two weeks' demand that could spend 2.2 budgets: a day with a dip at night, busier weekends, days and hours that differ.
struct World {
    profile: Vec<f64>,
    demand: Vec<f64>,
    learned: Rhythm,
}

fn profile(hour: usize) -> f64 {
    let (day, hour) = (hour / 24 % 7, hour % 24);
    let daily = 1.0 + 0.7 * (std::f64::consts::TAU * (hour as f64 - 9.0) / 24.0).sin();
    daily * if day >= 5 { 1.2 } else { 0.92 }
}

fn world(seed: u64) -> World {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut hours = |count: usize| -> Vec<f64> {
        let mut day = 0.0;
        (0..count)
            .map(|hour| {
                let mut normal = || -> f64 { StandardNormal.sample(&mut random) };
                if hour % 24 == 0 {
                    day = 0.15 * normal();
                }
                // Less half the variance, so that what is expected is the profile.
                profile(hour) * (day + 0.25 * normal() - 0.5 * (0.15_f64.powi(2) + 0.25_f64.powi(2))).exp()
            })
            .collect()
    };
    // Four weeks before the flight, to learn from.
    let before = hours(4 * HOURS_OF_WEEK);
    let seen: Vec<Observation> = before
        .iter()
        .enumerate()
        .map(|(hour, amount)| Observation { hour: hour % HOURS_OF_WEEK, amount: *amount })
        .collect();
    let unit = MULTIPLE * BUDGET / (0..HOURS).map(profile).sum::<f64>();
    World {
        profile: (0..HOURS).map(|hour| profile(hour) * unit).collect(),
        demand: hours(HOURS).iter().map(|amount| amount * unit).collect(),
        learned: Rhythm::learn(&seen).unwrap(),
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Deviation {
    mean: f64,
    most: f64,
    spent: f64,
    exhausted: f64,
}

/// Plays a flight: `throttle(hour, spent)` says what is let through, `seen(hour, spend)` hears what was spent.
fn play(world: &World, controller: &mut dyn FnMut(usize, f64, Option<f64>) -> f64) -> Deviation {
    let all: f64 = world.profile.iter().sum();
    let (mut spent, mut planned) = (0.0, 0.0);
    let mut found = Deviation { exhausted: HOURS as f64, ..Deviation::default() };
    let mut last = None;
    for hour in 0..HOURS {
        let throttle = controller(hour, spent, last).clamp(0.0, 1.0);
        // Nothing is spent beyond the budget, and money is whole.
        let spend = (world.demand[hour] * throttle).round().min(BUDGET - spent);
        spent += spend;
        planned += world.profile[hour] / all;
        last = Some(spend);
        if spent >= BUDGET {
            found.exhausted = found.exhausted.min(hour as f64);
        }
        let deviation = (spent / BUDGET - planned).abs();
        found.mean += deviation / HOURS as f64;
        found.most = found.most.max(deviation);
    }
    found.spent = spent / BUDGET;
    found
}

/// Mean over seeds.
fn over_seeds(controller: &dyn Fn(&World) -> Deviation) -> Deviation {
    let runs: Vec<Deviation> = (0..60).map(|seed| controller(&world(seed))).collect();
    let mean = |of: fn(&Deviation) -> f64| runs.iter().map(of).sum::<f64>() / runs.len() as f64;
    Deviation {
        mean: mean(|run| run.mean),
        most: mean(|run| run.most),
        spent: mean(|run| run.spent),
        exhausted: mean(|run| run.exhausted),
    }
}

fn ours(world: &World) -> Deviation {
    let flight = Flight { budget: BUDGET as i64, hours: HOURS, starts_at: 0, rhythm: world.learned.clone() };
    let limits = Limits::default();
    let mut pacer = Pacer::new(&flight, None);
    play(world, &mut |hour, _, last| {
        if let Some(last) = last {
            pacer = pacer.seen(&flight, hour - 1, last as i64);
        }
        pacer = pacer.aim(&flight, &limits, hour);
        pacer.throttle
    })
}

#[test]
fn the_pacer_follows_its_plan_closer_than_the_references_controllers() {
    let all = |world: &World| world.profile.iter().sum::<f64>();
    let share = |world: &World, hour: usize| world.profile[..hour].iter().sum::<f64>() / all(world);
    let none = over_seeds(&|world| play(world, &mut |_, _, _| 1.0));
    let constant = over_seeds(&|world| play(world, &mut |_, _, _| 1.0 / MULTIPLE));
    let adaptive = over_seeds(&|world| {
        let mut throttle = 1.0 / MULTIPLE;
        play(world, &mut |hour, spent, _| {
            throttle *= if spent / BUDGET > share(world, hour) { 0.9 } else { 1.1 };
            throttle = throttle.clamp(0.01, 1.0);
            throttle
        })
    });
    let proportional = over_seeds(&|world| {
        play(world, &mut |hour, spent, _| (1.0 + 2.0 * (share(world, hour) - spent / BUDGET)) / MULTIPLE)
    });
    let replan = over_seeds(&|world| {
        play(world, &mut |hour, spent, _| (BUDGET - spent) / world.profile[hour..].iter().sum::<f64>())
    });
    let ours = over_seeds(&ours);
    for (name, found) in [
        ("none", none),
        ("constant", constant),
        ("adaptive 10 %", adaptive),
        ("proportional, 2", proportional),
        ("replan", replan),
        ("ours", ours),
    ] {
        println!("{name:16} {found:?}");
    }
    for other in [none, constant, adaptive, proportional, replan] {
        assert!(ours.mean < other.mean && ours.most < other.most, "{ours:?} {other:?}");
    }
    assert!(ours.spent > 0.995, "{ours:?}");
    let Some(reference) = reference() else { return };
    let controllers = reference["simulation"]["controllers"].as_object().unwrap();
    // The simulation is one like the reference's: unslowed, it ends as early and strays as far.
    let theirs = |name: &str, field: &str| controllers[name][field].as_f64().unwrap();
    assert!((none.exhausted - theirs("none", "exhausted_hour")).abs() < 17.0, "{none:?}");
    assert!((none.mean / theirs("none", "mean_abs_dev_vs_profile") - 1.0).abs() < 0.2, "{none:?}");
    for name in controllers.keys() {
        assert!(ours.mean <= theirs(name, "mean_abs_dev_vs_profile"), "{name}: {ours:?}");
        assert!(ours.most <= theirs(name, "max_abs_dev_vs_profile"), "{name}: {ours:?}");
    }
}
