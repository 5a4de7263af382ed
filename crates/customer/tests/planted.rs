//! What was planted in simulated customers is found, and intervals hold what they say.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop where it fails")]

use customer::outlook::{Drawing, Outlook, outlooks};
use customer::repeat::{BgNbd, MbgNbd, ParetoNbd, Repeat};
use customer::send_time::{SendTime, Sent};
use customer::value::{GammaGamma, Horizon};
use customer::{Error, Summary};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Beta, Distribution as _, Exp1, Gamma};

const REPEAT: BgNbd = BgNbd { r: 0.6, alpha: 5.0, a: 0.8, b: 2.5 };
const VALUE: GammaGamma = GammaGamma { p: 6.0, q: 4.0, v: 15.0 };

/// A customer of the models: what is known after `known` weeks, and purchases and spending of the weeks up to `end`.
fn customer(numbers: &mut ChaCha8Rng, known: f64, end: f64) -> (Summary, f64, f64) {
    let rate: f64 = Gamma::new(REPEAT.r, 1.0 / REPEAT.alpha).unwrap().sample(numbers);
    let drops: f64 = Beta::new(REPEAT.a, REPEAT.b).unwrap().sample(numbers);
    let scale: f64 = Gamma::new(VALUE.q, 1.0 / VALUE.v).unwrap().sample(numbers);
    let purse = Gamma::new(VALUE.p, 1.0 / scale).unwrap();
    let mut summary = Summary { repeats: 0, recency: 0.0, age: known, mean_value: 0.0 };
    let (mut at, mut spent, mut later, mut later_spent) = (0.0, 0.0, 0.0, 0.0);
    loop {
        let wait: f64 = Exp1.sample(numbers);
        at += wait / rate;
        if at > end {
            break;
        }
        if at <= known {
            (summary.repeats, summary.recency) = (summary.repeats + 1, at);
            spent += purse.sample(numbers);
        } else {
            later += 1.0;
            later_spent += purse.sample(numbers);
        }
        if numbers.random::<f64>() < drops {
            break;
        }
    }
    summary.mean_value = if summary.repeats > 0 { spent / f64::from(summary.repeats) } else { 0.0 };
    (summary, later, later_spent)
}

fn horizon() -> Horizon {
    Horizon { months: 9, units_per_month: 4.0, monthly_discount: 0.0 }
}

/// Intervals of 80 % hold the total of 40 of 50 shops, give or take 2.83: within two and a half of those.
#[test]
fn intervals_hold_what_they_say() {
    let drawing = Drawing { level: 0.8, draws: 200, seed: 1 };
    let mut numbers = ChaCha8Rng::seed_from_u64(11);
    let (mut purchases, mut value, mut each, mut customers) = (0, 0, 0, 0);
    for _ in 0..50 {
        let shop: Vec<_> = (0..400).map(|_| customer(&mut numbers, 40.0, 76.0)).collect();
        let known: Vec<Summary> = shop.iter().map(|customer| customer.0).collect();
        let (repeat, worth) = (BgNbd::fit(known.clone()).unwrap(), GammaGamma::fit(known.clone()).unwrap());
        let (of_each, all) = outlooks(&repeat, &worth, &known, &horizon(), &drawing).unwrap();
        let came = shop.iter().fold((0.0, 0.0), |sum, customer| (sum.0 + customer.1, sum.1 + customer.2));
        purchases += i32::from((all.purchases.lower..=all.purchases.upper).contains(&came.0));
        value += i32::from((all.value.lower..=all.value.upper).contains(&came.1));
        for (Outlook { value, .. }, (_, _, spent)) in of_each.iter().zip(&shop) {
            each += i32::from((value.lower..=value.upper).contains(spent));
            customers += 1;
        }
    }
    let share = f64::from(each) / f64::from(customers);
    eprintln!("80 % intervals hold: purchases of {purchases} of 50 shops, value of {value}, {share:.3} of customers");
    assert!((33..=47).contains(&purchases) && (33..=47).contains(&value), "{purchases}, {value}");
    // Many customers will spend exactly nothing, which is an end of their interval: it holds more, never less.
    assert!((0.79..0.95).contains(&share), "{share}");
}

#[test]
fn parameters_are_known_within_their_errors() {
    let mut numbers = ChaCha8Rng::seed_from_u64(3);
    let known: Vec<Summary> = (0..6_000).map(|_| customer(&mut numbers, 40.0, 40.0).0).collect();
    let repeat = BgNbd::fit(known.clone()).unwrap();
    let BgNbd { r, alpha, a, b } = repeat.model;
    let planted = [(r, REPEAT.r), (alpha, REPEAT.alpha), (a, REPEAT.a), (b, REPEAT.b)];
    for ((got, want), error) in planted.into_iter().zip(repeat.log_errors()) {
        assert!((got / want).ln().abs() < 3.0 * error && error < 0.5, "{got} for {want}, error {error}");
    }
    let value = GammaGamma::fit(known).unwrap();
    let GammaGamma { p, q, v } = value.model;
    for ((got, want), error) in [(p, VALUE.p), (q, VALUE.q), (v, VALUE.v)].into_iter().zip(value.log_errors()) {
        assert!((got / want).ln().abs() < 3.0 * error && error < 0.5, "{got} for {want}, error {error}");
    }
}

/// A customer of MBG/NBD: as of BG/NBD, but may drop out at once.
fn modified(numbers: &mut ChaCha8Rng, model: &MbgNbd, known: f64, end: f64) -> (Summary, u32, bool) {
    let rate: f64 = Gamma::new(model.r, 1.0 / model.alpha).unwrap().sample(numbers);
    let drops: f64 = Beta::new(model.a, model.b).unwrap().sample(numbers);
    let (mut summary, mut later) = (Summary { repeats: 0, recency: 0.0, age: known, mean_value: 0.0 }, 0);
    let (mut at, mut alive) = (0.0, true);
    while alive && numbers.random::<f64>() >= drops {
        let wait: f64 = Exp1.sample(numbers);
        at += wait / rate;
        if at > end {
            return (summary, later, true);
        }
        if at <= known {
            (summary.repeats, summary.recency) = (summary.repeats + 1, at);
        } else {
            later += 1;
        }
        alive = at <= end;
    }
    (summary, later, at > known)
}

/// A customer of Pareto/NBD.
fn mortal(numbers: &mut ChaCha8Rng, model: &ParetoNbd, known: f64, end: f64) -> (Summary, u32, bool) {
    let rate: f64 = Gamma::new(model.r, 1.0 / model.alpha).unwrap().sample(numbers);
    let dies: f64 = Gamma::new(model.s, 1.0 / model.beta).unwrap().sample(numbers);
    let life: f64 = Exp1.sample(numbers);
    let dead = life / dies;
    let (mut summary, mut later) = (Summary { repeats: 0, recency: 0.0, age: known, mean_value: 0.0 }, 0);
    let mut at = 0.0;
    loop {
        let wait: f64 = Exp1.sample(numbers);
        at += wait / rate;
        if at > end.min(dead) {
            return (summary, later, dead > known);
        }
        if at <= known {
            (summary.repeats, summary.recency) = (summary.repeats + 1, at);
        } else {
            later += 1;
        }
    }
}

/// Who is alive, what they buy and whether they buy at all is as likely as the planted model says, whatever their history;
/// the planted parameters are found, and a model's own draws agree with its closed forms.
fn holds<R: Repeat + std::fmt::Debug>(
    planted: R,
    parameters: [f64; 4],
    mut customer: impl FnMut(&mut ChaCha8Rng) -> (Summary, u32, bool),
    found: impl Fn(&R) -> [f64; 4],
) {
    let mut numbers = ChaCha8Rng::seed_from_u64(9);
    let customers: Vec<(Summary, u32, bool)> = (0..40_000).map(|_| customer(&mut numbers)).collect();
    type Kind = (&'static str, fn(&Summary) -> bool);
    let kinds: [Kind; 3] = [
        ("never again", |summary| summary.repeats == 0),
        ("lately", |summary| summary.repeats > 0 && summary.age - summary.recency < 10.0),
        ("long ago", |summary| summary.repeats > 0 && summary.age - summary.recency >= 10.0),
    ];
    for (kind, of) in kinds {
        let these: Vec<&(Summary, u32, bool)> = customers.iter().filter(|(summary, ..)| of(summary)).collect();
        let count = these.len() as f64;
        let mean =
            |figure: &dyn Fn(&(Summary, u32, bool)) -> f64| these.iter().map(|one| figure(one)).sum::<f64>() / count;
        let spread = mean(&|(_, later, _)| f64::from(*later).powi(2)).sqrt();
        // Four standard errors.
        let near = |got: f64, want: f64, deviation: f64| {
            assert!((got - want).abs() < 4.0 * deviation / count.sqrt(), "{planted:?}, {kind}: {got} for {want}");
        };
        near(mean(&|(summary, ..)| planted.alive(summary)), mean(&|(.., alive)| f64::from(u8::from(*alive))), 0.5);
        near(mean(&|(summary, ..)| planted.expected(summary, 30.0)), mean(&|(_, later, _)| f64::from(*later)), spread);
        let once = mean(&|(_, later, _)| f64::from(u8::from(*later > 0)));
        near(mean(&|(summary, ..)| planted.orders_within(summary, 30.0)), once, 0.5);
        let mut drawn = 0_u32;
        for (summary, ..) in &these {
            planted.draw(summary, 30.0, &mut numbers, |_| drawn += 1);
        }
        near(f64::from(drawn) / count, mean(&|(summary, ..)| planted.expected(summary, 30.0)), spread);
    }
    let fitted = R::fit(customers.iter().take(6_000).map(|(summary, ..)| *summary)).unwrap();
    for ((got, want), error) in found(&fitted.model).into_iter().zip(parameters).zip(fitted.log_errors()) {
        assert!((got / want).ln().abs() < 3.0 * error && error < 0.5, "{got} for {want}, error {error}");
    }
}

#[test]
fn what_mbg_nbd_says_comes_true() {
    let model = MbgNbd { r: 0.6, alpha: 5.0, a: 0.8, b: 2.5 };
    let found = |model: &MbgNbd| [model.r, model.alpha, model.a, model.b];
    holds(model, [0.6, 5.0, 0.8, 2.5], |numbers| modified(numbers, &model, 40.0, 70.0), found);
}

#[test]
fn what_pareto_nbd_says_comes_true() {
    // Both branches of the likelihood: alpha above and below beta.
    for model in
        [ParetoNbd { r: 0.6, alpha: 10.0, s: 0.7, beta: 12.0 }, ParetoNbd { r: 1.2, alpha: 14.0, s: 0.8, beta: 9.0 }]
    {
        let found = |model: &ParetoNbd| [model.r, model.alpha, model.s, model.beta];
        holds(model, found(&model), |numbers| mortal(numbers, &model, 40.0, 70.0), found);
    }
}

#[test]
fn a_busy_customer_does_not_overflow() {
    let model = ParetoNbd { r: 0.55, alpha: 10.6, s: 0.61, beta: 11.7 };
    let busy = Summary { repeats: 900, recency: 999.0, age: 1_000.0, mean_value: 1.0 };
    assert!(model.log_likelihood(&busy).is_finite());
    let (alive, gone) = (model.alive(&busy), model.alive(&Summary { recency: 800.0, ..busy }));
    assert!((0.0..1.0).contains(&alive) && alive > 0.9 && gone < 1e-9, "{alive} {gone}");
    assert_eq!(model.alive(&Summary { recency: 1_000.0, ..busy }), 1.0);
    assert!((model.expected_of_new(0.0)).abs() < 1e-12 && model.expected_of_new(52.0) > 1.0);
}

#[test]
fn the_next_order_comes_as_likely_as_was_asked() {
    let pareto = ParetoNbd { r: 0.6, alpha: 10.0, s: 0.7, beta: 12.0 };
    let recent = Summary { repeats: 4, recency: 34.0, age: 35.0, mean_value: 20.0 };
    let time = pareto.next_order(&recent, 0.5).unwrap();
    assert!((pareto.orders_within(&recent, time) - 0.5).abs() < 1e-9);
    assert!(pareto.next_order(&Summary { recency: 1.0, ..recent }, 0.5).is_none());
    let summary = Summary { repeats: 4, recency: 30.0, age: 35.0, mean_value: 20.0 };
    let time = REPEAT.next_order(&summary, 0.5).unwrap();
    assert!((REPEAT.orders_within(&summary, time) - 0.5).abs() < 1e-9);
    // Long gone: it is not that likely to come at all.
    let gone = Summary { recency: 3.0, ..summary };
    assert!(REPEAT.alive(&gone) < 0.5 && REPEAT.next_order(&gone, 0.5).is_none());
}

#[test]
fn too_few_and_nonsense_are_refused() {
    let once = Summary { repeats: 0, recency: 0.0, age: 10.0, mean_value: 0.0 };
    assert!(matches!(BgNbd::fit(vec![once; 50]), Err(Error::TooLittle { .. })));
    assert!(matches!(GammaGamma::fit(vec![once; 50]), Err(Error::TooLittle { .. })));
    let sent = |messages, answers| Sent { customer: "c".to_owned(), hour: 3, messages, answers };
    assert!(matches!(SendTime::fit(&[sent(5, 5)], 24), Err(Error::TooLittle { .. })));
    assert!(matches!(SendTime::fit(&[sent(5, 6)], 24), Err(Error::Number { field: "answers", .. })));
    assert!(matches!(SendTime::fit(&[sent(5, 1)], 3), Err(Error::Number { field: "hour", .. })));
}

/// Messages sent at random hours; the rate a customer answers with in an hour.
fn sent(customers: usize, seed: u64, rate: impl Fn(usize, usize) -> f64) -> Vec<Sent> {
    let mut numbers = ChaCha8Rng::seed_from_u64(seed);
    let mut all = Vec::new();
    for customer in 0..customers {
        for _ in 0..120 {
            let hour = numbers.random_range(0..24);
            let answers = u32::from(numbers.random::<f64>() < rate(customer, hour));
            all.push(Sent { customer: format!("{customer:04}"), hour, messages: 1, answers });
        }
    }
    all
}

/// Half prefer the morning, half the evening, and they differ in how much they answer at all.
#[test]
fn customers_are_written_to_at_their_own_hour() {
    let rate = |customer: usize, hour: usize| {
        let level = [0.5, 1.0, 2.0][customer % 3];
        let own = if customer.is_multiple_of(2) { 7..10 } else { 18..21 };
        level * if own.contains(&hour) { 0.30 } else { 0.05 }
    };
    let sent = sent(600, 5, rate);
    let model = SendTime::fit(&sent, 24).unwrap();
    let for_all = model.best_for_all();
    let (mut own, mut all) = (0.0, 0.0);
    for (name, preference) in model.preferences(&sent) {
        let customer: usize = name.parse().unwrap();
        own += rate(customer, preference.hour) / 600.0;
        all += rate(customer, for_all) / 600.0;
    }
    eprintln!("answered at their own hour: {own:.3}, at the hour best for all: {all:.3}");
    assert!(own > 1.4 * all, "{own} for {all}");
}

/// Where all have the same hours, however much they answer, nobody is taken for an exception.
#[test]
fn chance_is_not_taken_for_a_preference() {
    let same = |customer: usize, hour: usize| [0.5, 1.0, 2.0][customer % 3] * if hour == 9 { 0.20 } else { 0.10 };
    let sent = sent(600, 6, same);
    let model = SendTime::fit(&sent, 24).unwrap();
    let preferences = model.preferences(&sent);
    let exceptions = preferences.values().filter(|preference| preference.hour != 9).count();
    assert!(exceptions < 12, "{exceptions} of 600; {model:?}");
}
