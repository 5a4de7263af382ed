//! Tests of tests, as the product reads them: planted effects are inside intervals that hold what they say, figures are
//! those counted by hand, and what makes no sense is named.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop where it fails")]

use attribution::ChannelCredit;
use study::holdouts::{
    By, Calibrating, Claims, Credit, Design, Done, Kind, Other, Outcome, Question, Readout, Rows, calibrate, check,
    plan, readout,
};

const TODAY: i64 = 20_700;
const COUNTRIES: [(&str, f64); 9] = [
    ("DE", 60.0),
    ("FR", 34.0),
    ("IT", 22.0),
    ("ES", 18.0),
    ("NL", 12.0),
    ("PL", 10.0),
    ("AT", 8.0),
    ("CH", 6.0),
    ("BE", 5.0),
];

/// Even numbers from 0 to 1, the same from the same seed (Steele, Lea & Flood's SplitMix).
struct Dice(u64);

impl Dice {
    fn even(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// How many of a rate: Knuth's product of even numbers.
    fn count(&mut self, rate: f64) -> f64 {
        let (mut product, mut count) = (self.even(), 0.0);
        while product > (-rate).exp() {
            product *= self.even();
            count += 1.0;
        }
        count
    }
}

fn day(day: i64) -> String {
    calendar::format_day(day)
}

fn design(treated: &[&str], control: &[&str]) -> Design {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Design {
        channel: "Paid Search".into(),
        kind: Kind::Region,
        by: By::Country,
        treated: owned(treated),
        control: owned(control),
        from: day(TODAY - 28),
        to: day(TODAY - 1),
        settle_days: 0,
        outcome: Outcome::Orders,
        spend: None,
    }
}

fn asked(design: Design) -> Question {
    Question { design, others: Vec::new(), window_days: 30, complete: true }
}

/// Orders of all countries with a common season, those of `off` without `share` of them in the test.
fn orders(dice: &mut Dice, design: &Design, share: f64) -> Rows {
    let days = design.days().unwrap();
    let first = days.first - 120;
    let mut rows = Rows::new(first, TODAY - 1);
    for at in first..TODAY {
        // A week's rhythm and a slow drift that all countries have.
        let season = 1.0 + 0.25 * ((at % 7) as f64 - 3.0) / 3.0 + 0.15 * (at as f64 / 40.0).sin();
        for (name, rate) in COUNTRIES {
            let off = design.treated.iter().any(|one| one == name) && (days.first..=days.last).contains(&at);
            let kept = if off { 1.0 - share } else { 1.0 };
            let sold = dice.count(rate * season * kept);
            rows.add(name, at, sold, sold * 5_000.0);
        }
    }
    rows
}

fn claims() -> Claims {
    Claims {
        orders: 1_000.0,
        value: 5_000_000.0,
        by_model: vec![
            ("first_touch".into(), ChannelCredit { conversions: 150.0, value: 750_000.0 }),
            ("last_touch".into(), ChannelCredit { conversions: 300.0, value: 1_500_000.0 }),
        ],
    }
}

fn read(design: &Design, rows: &Rows) -> Readout {
    readout(&asked(design.clone()), "EUR", TODAY, rows, &claims()).unwrap().unwrap()
}

#[test]
fn a_difference_is_the_one_worked_out_by_hand() {
    let mut design = design(&["DE", "FR"], &["IT", "ES"]);
    design.spend = Some(90_000);
    let days = design.days().unwrap();
    let mut rows = Rows::new(days.first - 56, TODAY - 1);
    // Sold a day before and while it was off: changes −1/2, −1/4 where off; 1/10, 0 where on.
    for (name, before, after) in [("DE", 40.0, 20.0), ("FR", 20.0, 15.0), ("IT", 10.0, 11.0), ("ES", 30.0, 30.0)] {
        for at in days.first - 56..TODAY {
            let sold = if at < days.first { before } else { after };
            rows.add(name, at, sold, sold * 1_000.0);
        }
    }
    let found = read(&design, &rows);
    // Mean change −0.375 against 0.05: −0.425 of 60 orders a day, 28 days.
    let lost = 0.425 * 60.0 * 28.0;
    let near = |found: f64, wanted: f64| assert!((found - wanted).abs() < 1e-6 * wanted.abs(), "{found}, not {wanted}");
    let first = &found.orders.methods[0];
    assert_eq!(first.id, "difference_in_differences");
    near(found.orders.incremental.value, lost);
    near(found.orders.seen, 35.0 * 28.0);
    near(found.orders.share.value, lost / (lost + 35.0 * 28.0));
    near(found.revenue.incremental.value, lost * 1_000.0);
    near(found.cost_per_order.unwrap().value, 90_000.0 / lost);
    near(found.iroas.unwrap().value, lost * 1_000.0 / 90_000.0);
    // Welch by hand: variances of the means (1/8)² and (1/20)²; degrees of freedom of two groups of two.
    let (one, other) = (0.125_f64.powi(2), 0.05_f64.powi(2));
    let half = first.incremental.high.unwrap() - lost;
    let t = half / (60.0 * 28.0 * (one + other).sqrt());
    let free = (one + other).powi(2) / (one * one + other * other);
    // t(0.95) with 1 degree is 6.314, with 2 it is 2.920; here 1.31 of them.
    assert!((1.0..2.0).contains(&free) && (2.920..6.314).contains(&t), "{free} {t}");
    let claimed = found.claimed.unwrap();
    near(claimed.orders, 0.3 * (lost + 35.0 * 28.0));
    near(found.factor.unwrap().value, lost / claimed.orders);
    assert_eq!(found.credits.iter().map(|one| one.model.as_str()).collect::<Vec<_>>(), ["first_touch", "last_touch"]);
    near(found.credits[0].conversions, 0.15 * (lost + 35.0 * 28.0));
    assert_eq!((found.days, found.of_days, found.before_days, found.series.len()), (28, 28, 56, 84));
    let last = found.series.last().unwrap();
    near(last.seen, 0.625);
    near(last.expected.unwrap(), 1.05);
    assert_eq!((last.phase.as_str(), found.series[55].phase.as_str()), ("off", "before"));
}

#[test]
fn intervals_hold_the_planted_effect_as_often_as_they_say() {
    let design = design(&["DE", "NL", "AT"], &["FR", "IT", "ES", "PL", "CH", "BE"]);
    let (mut held, mut found_it, mut false_alarms) = ([0, 0], 0, 0);
    let runs = 200;
    for seed in 0..runs {
        let mut dice = Dice(seed);
        let rows = orders(&mut dice, &design, 0.25);
        let found = read(&design, &rows);
        assert_eq!(found.orders.methods[0].id, "difference_in_differences");
        for (at, method) in found.orders.methods.iter().enumerate() {
            // The share that was planted: a quarter of what would have been.
            let truth = 0.25;
            held[at] += u32::from(method.share.low <= truth && truth <= method.share.high.unwrap());
        }
        found_it += u32::from(found.orders.incremental.low > 0.0);
        let nothing = read(&design, &orders(&mut dice, &design, 0.0));
        let none = nothing.orders.incremental;
        false_alarms += u32::from(none.low > 0.0 || none.high.unwrap() < 0.0);
    }
    println!("held {held:?}, found {found_it}, false alarms {false_alarms} of {runs}");
    assert!((170..=195).contains(&held[0]), "{held:?}");
    // The twin's interval is the widest of six placebos: at least six in seven.
    assert!(held[1] >= 165, "{held:?}");
    assert!(found_it > 190 && false_alarms <= 30, "{found_it} {false_alarms}");
}

#[test]
fn a_test_of_time_is_read_against_its_own_weeks() {
    let mut design = design(&[], &[]);
    design.kind = Kind::Time;
    let question = asked(design.clone());
    let days = design.days().unwrap();
    let mut held = 0;
    for seed in 0..100 {
        let mut dice = Dice(1_000 + seed);
        let mut rows = Rows::new(days.first - 364, TODAY - 1);
        for at in days.first - 300..TODAY {
            let rate = 50.0 * (1.0 + 0.4 * ((at % 7) as f64 - 3.0) / 3.0) * if at >= days.first { 0.8 } else { 1.0 };
            let sold = dice.count(rate);
            rows.add("", at, sold, sold * 100.0);
        }
        let found = readout(&question, "EUR", TODAY, &rows, &claims()).unwrap().unwrap();
        let share = found.orders.share;
        held += u32::from(share.low <= 0.2 && 0.2 <= share.high.unwrap());
        assert_eq!((found.before_days, found.series.len(), found.orders.methods.len()), (300, 84, 1));
        assert!(found.orders.methods[0].p_value < 0.05 && found.orders.incremental.low > 0.0, "{:?}", found.orders);
    }
    assert!((82..=98).contains(&held), "{held}");
    let mut short = Rows::new(days.first - 364, TODAY - 1);
    (days.first - 60..TODAY).for_each(|at| short.add("", at, 10.0, 10.0));
    let refused = readout(&question, "EUR", TODAY, &short, &claims()).unwrap_err();
    assert!(refused.status == 409 && refused.detail.contains("too little history"), "{}", refused.detail);
}

#[test]
fn a_plan_says_what_the_test_will_find() {
    let mut laid = design(&["DE", "NL", "AT"], &["FR", "IT", "ES", "PL", "CH", "BE"]);
    let rows = orders(&mut Dice(7), &laid, 0.0);
    (laid.from, laid.to) = (day(TODAY + 3), day(TODAY + 30));
    let planned = plan(&asked(laid.clone()), "EUR", TODAY, &rows, &claims()).unwrap();
    assert_eq!(planned.regions.len(), 9);
    assert_eq!((planned.regions[0].id.as_str(), planned.method.as_deref()), ("DE", Some("difference_in_differences")));
    assert!((planned.regions.iter().map(|region| region.share).sum::<f64>() - 1.0).abs() < 1e-9);
    let found = planned.detectable.unwrap();
    assert!(planned.windows >= 3 && (0.02..0.25).contains(&found.orders_share), "{planned:?}");
    // Nothing to be warned of: attribution claims 30 %.
    assert!(planned.notes.is_empty(), "{:?}", planned.notes);
    let little =
        Claims { by_model: vec![("last_touch".into(), ChannelCredit { conversions: 5.0, value: 100.0 })], ..claims() };
    let warned = plan(&asked(laid.clone()), "EUR", TODAY, &rows, &little).unwrap();
    assert!(warned.notes.iter().any(|note| note.warning && note.words.contains("0.5%")), "{:?}", warned.notes);

    // What the plan promises, tests of that size find four times in five, give or take.
    let past = design(&["DE", "NL", "AT"], &["FR", "IT", "ES", "PL", "CH", "BE"]);
    let runs = 150;
    let seen = (0..runs)
        .filter(|seed| {
            read(&past, &orders(&mut Dice(50 + seed), &past, found.orders_share)).orders.incremental.low > 0.0
        })
        .count();
    assert!(seen as f64 / runs as f64 > 0.7, "{seen} of {runs} at {}", found.orders_share);
    // Nothing is chosen yet: the regions are told all the same.
    let open = Design { treated: Vec::new(), control: Vec::new(), ..laid };
    let open = plan(&Question { complete: false, ..asked(open) }, "EUR", TODAY, &rows, &claims()).unwrap();
    assert_eq!((open.regions.len(), open.method, open.detectable), (9, None, None));
}

#[test]
fn what_cannot_be_tested_is_named() {
    let good = design(&["DE"], &["FR", "IT", "ES"]);
    let fields = |question: &Question| -> Vec<String> {
        check(question, TODAY)
            .map_or_else(|wrong| wrong.errors.iter().map(|one| one.field.clone()).collect(), |_| Vec::new())
    };
    assert!(fields(&asked(good.clone())).is_empty());
    let bad = |change: fn(&mut Design)| {
        let mut design = good.clone();
        change(&mut design);
        fields(&asked(design))
    };
    assert_eq!(bad(|design| design.channel = " ".into()), ["/design/channel"]);
    assert_eq!(bad(|design| design.channel = "Direct".into()), ["/design/channel"]);
    assert_eq!(bad(|design| design.from = "2026-02-30".into()), ["/design/from"]);
    assert_eq!(bad(|design| design.to = design.from.replace("20", "19")), ["/design/to"]);
    assert_eq!(bad(|design| design.to = day(TODAY + 100)), ["/design/to"]);
    assert_eq!(bad(|design| design.settle_days = 28), ["/design/settle_days"]);
    assert_eq!(bad(|design| design.spend = Some(-1)), ["/design/spend"]);
    assert_eq!(bad(|design| design.treated.clear()), ["/design/treated"]);
    assert_eq!(bad(|design| design.control.truncate(2)), ["/design/control"]);
    assert_eq!(bad(|design| design.control[1] = "DE".into()), ["/design/control/1"]);
    assert_eq!(bad(|design| design.kind = Kind::Time), ["/design/treated", "/design/control"]);
    let other = |change: fn(&mut Design)| {
        let mut design = good.clone();
        change(&mut design);
        fields(&Question { others: vec![Other { name: "Other".into(), design }], ..asked(good.clone()) })
    };
    assert_eq!(other(|_| ()), ["/design/from"]);
    assert_eq!(other(|design| design.treated[0] = "FR/Bretagne".into()), ["/design/from"]);
    assert!(other(|design| (design.from, design.to) = (day(TODAY), day(TODAY + 9))).is_empty());
    assert!(
        other(|design| (design.treated, design.control) = (vec!["US".into()], vec!["CA".into(), "MX".into()]))
            .is_empty()
    );
    let nowhere = design(&["DE", "XX"], &["FR", "IT"]);
    let rows = orders(&mut Dice(1), &nowhere, 0.0);
    let refused = plan(&asked(nowhere), "EUR", TODAY, &rows, &claims()).unwrap_err();
    assert_eq!((refused.status, refused.errors[0].field.as_str()), (422, "/design/treated/1"));
}

#[test]
fn attribution_is_calibrated_by_what_tests_showed() {
    let credit = |model: &str, conversions: f64| Credit { model: model.into(), conversions };
    let asked = Calibrating {
        tests: vec![Done {
            channel: "Paid Search".into(),
            increment: 100.0,
            standard_error: 5.0,
            credits: vec![credit("first_touch", 180.0), credit("last_touch", 220.0)],
        }],
        models: vec!["first_touch".into(), "last_touch".into(), "markov".into()],
        channels: vec!["Paid Search".into(), "Email".into(), "Direct".into()],
        credits: vec![
            vec![[90.0, 9_000.0], [50.0, 5_000.0], [10.0, 1_000.0]],
            vec![[110.0, 11_000.0], [20.0, 2_000.0], [20.0, 2_000.0]],
            vec![[500.0, 1.0], [500.0, 1.0], [500.0, 1.0]],
        ],
        level: 0.95,
    };
    let found = calibrate(&asked).unwrap();
    assert_eq!(found.tests, 1);
    let [search, email, direct] = &found.channels[..] else { panic!("{found:?}") };
    // Half of its credit was its own, and that is known well; e-mail was never tested and follows with doubt.
    assert_eq!((search.tests, email.tests), (1, 0));
    let factor = search.factor.unwrap();
    assert!((factor[0] - 0.5).abs() < 0.04 && factor[1] > 0.4 && factor[2] < 0.6, "{factor:?}");
    let wide = email.factor.unwrap();
    assert!(wide[2] - wide[1] > 4.0 * (factor[2] - factor[1]), "{wide:?} {factor:?}");
    assert_eq!((direct.conversions, direct.factor), ([0.0; 3], None));
    let none = calibrate(&Calibrating { tests: Vec::new(), ..asked.clone() }).unwrap();
    assert_eq!((none.tests, none.channels.len()), (0, 0));
    let mut unsure = asked;
    unsure.tests[0].standard_error = 0.0;
    assert_eq!(calibrate(&unsure).unwrap().tests, 0);
}
