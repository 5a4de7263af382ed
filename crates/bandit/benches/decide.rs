//! What a decision costs in domain time: `cargo bench -p bandit`. Fails above the budget.

use bandit::contextual::{self, Model, Statistics};
use bandit::delay::Ledger;
use bandit::{Arm, ArmStatus, Config, MAX_ARMS, best, choose, choose_by, judge, propensities};
use std::hint::black_box;
use std::time::Instant;

/// Most that a decision may take, µs.
const BUDGET: f64 = 50.0;

fn measured(name: &str, times: u32, mut what: impl FnMut(u64)) -> f64 {
    (0..times / 10).for_each(|seed| what(u64::from(seed)));
    let start = Instant::now();
    (0..times).for_each(|seed| what(u64::from(seed)));
    let each = start.elapsed().as_secs_f64() * 1e6 / f64::from(times);
    println!("{name:<55} {each:>10.3} µs");
    each
}

fn main() {
    let arms: Vec<Arm> = (0..MAX_ARMS as u64)
        .map(|place| Arm {
            key: place.to_string(),
            status: ArmStatus::Active,
            exposures: 10_000 + 100 * place,
            rewards: 200 + 10 * place,
        })
        .collect();
    let config = Config { floor: 0.01, ..Config::default() };
    let mut ledger = Ledger::new(arms.len(), 64.0);
    for at in 0..1_000_u32 {
        ledger.expose(at as usize % arms.len(), f64::from(at));
    }
    let counts = ledger.counts();
    let shares = propensities(&arms, &counts, &config);

    // Five arms, 20 columns beside the one that is always on: five features of four levels each.
    let columns = |visitor: usize| (0..5).map(|feature| 1 + 4 * feature + (visitor >> (2 * feature)) % 4).collect();
    let mut statistics = vec![Statistics::default(); 5];
    for visitor in 0..20_000_usize {
        let on: Vec<usize> = columns(visitor);
        let reward = f64::from(u8::from(visitor % 29 == 0));
        if let Some(arm) = statistics.get_mut(visitor % 5) {
            arm.add(&on, 1.0, reward, reward);
        }
    }
    let model = Model::of_rates(&statistics);
    let five = arms.get(..5).unwrap_or_default();
    let here: Vec<usize> = columns(123);

    let decisions = [
        measured("decide for a context, 5 variants, 20 columns", 100_000, |seed| {
            black_box(contextual::choose(black_box(five), &model, &here, &config, seed));
        }),
        measured("decide, 10 variants", 100_000, |seed| {
            black_box(choose(black_box(&arms), &config, seed));
        }),
        measured("decide, 10 variants, counts corrected for delay", 100_000, |seed| {
            black_box(choose_by(black_box(&arms), &counts, &config, seed));
        }),
        measured("decide from shares of a batch, 10 variants", 100_000, |seed| {
            black_box(best::pick(black_box(&shares), (seed % 1_000) as f64 / 1_000.0));
        }),
    ];
    measured("judge, 10 variants (once a minute)", 50, |seed| {
        black_box(judge(black_box(&arms), &config, seed));
    });
    measured("propensities of a context, 5 variants (once a minute)", 200, |seed| {
        black_box(contextual::propensities(black_box(five), &model, &here, &config, seed));
    });
    measured("posteriors, 5 variants, 20 columns (once a minute)", 200, |_| {
        black_box(Model::of_rates(black_box(&statistics)));
    });
    measured("judge 20 segments, 5 variants (once a minute)", 10, |_| {
        black_box(contextual::judge(black_box(five), &model.segments(), &config));
    });
    measured("correct counts for delay, 10 variants (once a slot)", 2_000, |_| {
        black_box(black_box(&ledger).counts());
    });
    if let Some(slow) = decisions.into_iter().find(|each| *each > BUDGET) {
        eprintln!("a decision took {slow:.1} µs, more than {BUDGET}");
        std::process::exit(1);
    }
}
