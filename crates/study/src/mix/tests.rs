use super::*;

/// Draws that look random, 0 to 1, the same every time.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as f64 / f64::from(u32::MAX >> 1)
    }
}

/// 80 weeks of a base of 10,000.00 and two channels: search levels off early, social late.
fn planted() -> (History, [f64; 2]) {
    let mut noise = Noise(7);
    let weeks = 80;
    let of = |x: f64, half: f64, most: f64| most * x / (x + half);
    let (mut outcome, mut search, mut social) = (Vec::new(), Vec::new(), Vec::new());
    let (mut kept, mut all) = (0.0, [0.0, 0.0]);
    for _ in 0..weeks {
        let (one, two) = ((100_000.0 * noise.next()).round(), (200_000.0 * noise.next()).round());
        kept = two + 0.4 * kept;
        let (by_search, by_social) = (of(one, 30_000.0, 600_000.0), of(kept, 400_000.0, 900_000.0));
        all[0] += by_search;
        all[1] += by_social;
        outcome.push((1_000_000.0 + by_search + by_social + 40_000.0 * (noise.next() - 0.5)).round());
        search.push(one);
        social.push(two);
    }
    let total: f64 = outcome.iter().sum();
    let history = History {
        first_day: calendar::parse_day("day", "2025-01-06").unwrap(),
        outcome,
        spend: vec![("Paid Search".into(), search), ("Paid Social".into(), social)],
    };
    (history, all.map(|brought| brought / total))
}

fn fitted(question: &Question, history: History) -> Fitting {
    let mut fitting = Fitting::new(question.clone(), "EUR", history).unwrap();
    while !fitting.is_done() {
        fitting.advance().unwrap();
    }
    fitting
}

#[test]
fn planted_channels_are_found_and_their_money_divided() {
    let (history, truth) = planted();
    let fitting = fitted(&Question::default(), history);
    let answer = fitting.answer().unwrap();
    assert_eq!((answer.from.as_str(), answer.quality.weeks), ("2025-01-06", 80));
    let names: Vec<&str> = answer.channels.iter().map(|channel| channel.name.as_str()).collect();
    assert_eq!(names, ["Paid Social", "Paid Search"]);
    for (channel, truth) in answer.channels.iter().zip([truth[1], truth[0]]) {
        assert!((channel.share.mean - truth).abs() < 0.05, "{}: {:?}, {truth} planted", channel.name, channel.share);
        assert!(channel.share.low < truth && truth < channel.share.high, "{}: {:?}", channel.name, channel.share);
        assert_eq!(channel.curve.len(), 40);
        assert!(channel.curve.iter().all(|p| p.response.low <= p.response.mean && p.response.mean <= p.response.high));
    }
    assert!(answer.quality.r_squared > 0.9 && answer.quality.r_hat < 1.1, "{:?}", answer.quality);
    let shares: f64 = answer.parts.iter().map(|part| part.share.mean).sum();
    assert!((shares - 1.0).abs() < 1e-9);
    let budget = &answer.budget;
    assert_eq!(budget.total, budget.present_total);
    assert_eq!(budget.channels.iter().map(|share| share.spend).sum::<i64>(), budget.total);
    assert!(budget.gain.mean >= 0.0);
    // The same question later gives the same answer, and a bound holds.
    let same = BudgetQuestion { goal: Goal::Spend { total_minor: budget.total }, bounds: Vec::new() };
    assert_eq!(&fitting.budget(&same).unwrap(), budget);
    let bounds = vec![BoundsOf { channel: "Paid Search".into(), min: 0, max: Some(1_001) }];
    let bound = fitting.budget(&BudgetQuestion { bounds, ..same }).unwrap();
    assert_eq!(bound.channels[1].spend, 1_001);
    assert_eq!(bound.channels[1].bound.as_deref(), Some("max"));
    assert_eq!(bound.channels.iter().map(|share| share.spend).sum::<i64>(), budget.total);
    assert!(bound.outcome.mean < budget.outcome.mean);
    let wanted = BudgetQuestion { goal: Goal::TargetRoas { roas: 5.0 }, bounds: Vec::new() };
    let reached = fitting.budget(&wanted).unwrap();
    let back = reached.outcome.mean / reached.total as f64;
    assert!((4.8..5.3).contains(&back), "{back}");
}

#[test]
fn a_fit_that_was_put_away_goes_on_as_the_whole_one() {
    let (history, _) = planted();
    let question = Question { weeks: 40, ..Question::default() };
    let short = History {
        outcome: history.outcome[..40].to_vec(),
        spend: history.spend.iter().map(|(name, values)| (name.clone(), values[..40].to_vec())).collect(),
        ..history
    };
    let whole = fitted(&question, short.clone());
    let mut state = serde_json::to_string(&Fitting::new(question, "EUR", short).unwrap()).unwrap();
    let mut pieces = 0;
    loop {
        let mut fitting: Fitting = serde_json::from_str(&state).unwrap();
        if fitting.is_done() {
            assert_eq!(fitting, whole);
            break;
        }
        fitting.advance().unwrap();
        pieces += 1;
        state = serde_json::to_string(&fitting).unwrap();
    }
    assert!(pieces > 1, "{pieces}");
}

#[test]
fn too_little_is_refused_in_words() {
    let (history, _) = planted();
    let refusal = |history: History| Fitting::new(Question::default(), "EUR", history).unwrap_err();
    let none = History { spend: Vec::new(), ..history.clone() };
    assert_eq!(refusal(none.clone()).status, 409);
    assert!(refusal(none).detail.contains("no ad spend"));
    let mut few = history.clone();
    for (_, values) in &mut few.spend {
        values.iter_mut().take(80 - 25).for_each(|value| *value = 0.0);
    }
    assert!(refusal(few.clone()).detail.contains("25 weeks"), "{}", refusal(few).detail);
    let silent = History { outcome: vec![0.0; 80], ..history };
    assert!(refusal(silent).detail.contains("no revenue"));
}

#[test]
fn what_is_tiny_or_too_much_goes_together() {
    let (history, _) = planted();
    let mut spend = history.spend.clone();
    for at in 0..14_usize {
        let values = (0..80_usize).map(|week| if (week + at) % 5 == 0 { 90_000.0 - at as f64 } else { 10.0 }).collect();
        spend.push((format!("more {at:02}"), values));
    }
    spend.push(("tiny".into(), (0..80).map(|week| f64::from(week % 2)).collect()));
    let all: f64 = spend.iter().flat_map(|(_, values)| values).sum();
    let fitting = Fitting::new(Question::default(), "EUR", History { spend, ..history }).unwrap();
    assert_eq!(fitting.spec.channels.len(), 10);
    assert_eq!(fitting.spec.channels.last().unwrap().name, "Other");
    assert!(fitting.merged.last().unwrap().contains(&"tiny".to_owned()));
    assert_eq!(fitting.merged.iter().map(Vec::len).sum::<usize>(), 17);
    let kept: f64 = fitting.data.spend.iter().flatten().sum();
    assert!((kept - all).abs() < 1e-6);
}

#[test]
fn weeks_before_the_first_spend_are_not_weeks_without_spend() {
    let (mut history, _) = planted();
    for (_, values) in &mut history.spend {
        values.iter_mut().take(20).for_each(|value| *value = 0.0);
    }
    let fitting = Fitting::new(Question::default(), "EUR", history).unwrap();
    assert_eq!((fitting.data.outcome.len(), calendar::format_day(fitting.first_day)), (60, "2025-05-26".to_owned()));
}

#[test]
fn bad_questions_name_their_field() {
    let field = |checked: Result<(), Problem>| checked.unwrap_err().errors.first().unwrap().field.clone();
    assert_eq!(field(Question { weeks: 25, ..Question::default() }.check()), "/weeks");
    assert_eq!(field(Question { promotions: vec!["soon".into()], ..Question::default() }.check()), "/promotions");
    let goal = |goal: Goal| BudgetQuestion { goal, bounds: Vec::new() };
    assert_eq!(field(goal(Goal::Spend { total_minor: 0 }).check()), "/goal/total_minor");
    assert_eq!(field(goal(Goal::TargetRoas { roas: -1.0 }).check()), "/goal/roas");
    let (history, _) = planted();
    let lift = |channel: &str, from: &str| Question {
        experiments: vec![Lift {
            channel: channel.into(),
            from: from.into(),
            to: "2025-03-09".into(),
            scale: 0.0,
            lift: 1.0,
            standard_error: 1.0,
        }],
        ..Question::default()
    };
    for question in [lift("Radio", "2025-03-03"), lift("Paid Search", "2020-03-03")] {
        let refused = Fitting::new(question, "EUR", history.clone()).map(|_| ());
        assert_eq!(field(refused), "/experiments");
    }
}

/// What the planted curves would bring in each of `weeks` weeks of a spend kept up, carry-over of the last week included.
fn planted_outlook(history: &History, search: f64, social: f64, weeks: usize) -> f64 {
    let of = |x: f64, half: f64, most: f64| most * x / (x + half);
    let mut kept = history.spend[1].1.iter().fold(0.0, |kept, spend| spend + 0.4 * kept);
    (0..weeks)
        .map(|_| {
            kept = social + 0.4 * kept;
            1_000_000.0 + of(search, 30_000.0, 600_000.0) + of(kept, 400_000.0, 900_000.0)
        })
        .sum()
}

fn named(name: &str, spend: PlannedSpend) -> Plan {
    Plan { name: name.to_owned(), spend }
}

fn given(spends: &[(&str, i64)]) -> PlannedSpend {
    let channels =
        spends.iter().map(|(channel, spend)| ChannelSpend { channel: (*channel).into(), spend_minor: *spend });
    PlannedSpend::Given { channels: channels.collect() }
}

#[test]
fn plans_are_judged_by_the_same_draws_and_hold_what_was_planted() {
    let (history, _) = planted();
    let fitting = fitted(&Question::default(), history.clone());
    let now = fitting.present();
    let total: i64 = now.iter().sum();
    let less = [("Paid Search", 20_000), ("Paid Social", 60_000)];
    let plans = vec![
        named("as now", PlannedSpend::Present {}),
        named("the same again", given(&[("Paid Social", now[0]), ("Paid Search", now[1])])),
        named("less", given(&less)),
        named("best", PlannedSpend::Recommended { goal: Goal::Spend { total_minor: total }, bounds: Vec::new() }),
        named("far out", given(&[("Paid Search", 500_000)])),
    ];
    let scenario = fitting.scenario(&ScenarioQuestion { weeks: 12, plans }).unwrap();
    assert_eq!((scenario.from.as_str(), scenario.to.as_str()), ("2026-07-20", "2026-10-11"));
    let [as_now, same, less, best, far] = scenario.plans.as_slice() else { unreachable!() };
    assert_eq!((as_now.difference, as_now.probability), (None, None));
    // Equal plans bring the same in every draw.
    assert_eq!((same.outcome, same.brought, &same.channels), (as_now.outcome, as_now.brought, &as_now.channels));
    assert_eq!((same.difference, same.probability), (Some(Figure { mean: 0.0, low: 0.0, high: 0.0 }), Some(0.5)));
    for plan in &scenario.plans {
        assert_eq!(plan.spend_a_week, plan.channels.iter().map(|channel| channel.spend).sum::<i64>());
        assert_eq!(plan.spend, 12 * plan.spend_a_week);
        let parts: f64 = plan.channels.iter().map(|channel| channel.brought.mean).sum();
        assert!((parts - plan.brought.mean).abs() < 1e-6 * parts, "{plan:?}");
        assert!(plan.outcome.low < plan.outcome.mean && plan.outcome.mean < plan.outcome.high);
    }
    // What differs is what the plans bring, and what would come anyway falls out. Of the errors' mean a little is left.
    let difference = less.difference.unwrap();
    let outcomes = less.outcome.mean - as_now.outcome.mean;
    assert!((difference.mean - outcomes).abs() < 1e-6 * less.outcome.mean, "{difference:?} {outcomes}");
    assert!((difference.mean - (less.brought.mean - as_now.brought.mean)).abs() < 1e-6 * as_now.brought.mean);
    let wide = |figure: Figure| figure.high - figure.low;
    assert!(wide(difference) < 0.6 * (wide(less.outcome) + wide(as_now.outcome)), "{difference:?}");
    // The truth, from the planted curves and not from the model.
    let truth = |social: i64, search: i64| planted_outlook(&history, search as f64, social as f64, 12);
    let (planted_now, planted_less) = (truth(now[0], now[1]), truth(60_000, 20_000));
    assert!(as_now.outcome.low < planted_now && planted_now < as_now.outcome.high, "{planted_now} {as_now:?}");
    let planted = planted_less - planted_now;
    assert!(difference.low < planted && planted < difference.high, "{planted} {difference:?}");
    assert_eq!(less.probability.unwrap() > 0.5, planted > 0.0);
    // The recommendation is that of the budget, and no worse than leaving things as they are.
    let budget = fitting.budget(&BudgetQuestion { goal: Goal::Spend { total_minor: total }, bounds: Vec::new() });
    let spends = |plan: &PlanOutcome| plan.channels.iter().map(|channel| channel.spend).collect::<Vec<_>>();
    assert_eq!(spends(best), budget.unwrap().channels.iter().map(|share| share.spend).collect::<Vec<_>>());
    assert!(best.difference.unwrap().mean >= 0.0 && best.probability.unwrap() >= 0.5, "{best:?}");
    // Beyond all that was tried it says so.
    assert!(as_now.warnings.is_empty() && less.warnings.is_empty());
    assert_eq!(spends(far), [now[0], 500_000]);
    assert!(far.channels[1].beyond && far.warnings.len() == 1);
    assert!(far.warnings[0].starts_with("Paid Search gets more than twice as much"), "{:?}", far.warnings);
}

#[test]
fn promotions_to_come_are_in_a_plan_and_experiments_in_the_answer() {
    let (mut history, _) = planted();
    let days: Vec<i64> = (0..80).filter(|week| week % 7 == 3).map(|week| history.first_day + 7 * week + 2).collect();
    for day in &days {
        let week = usize::try_from((day - history.first_day) / 7).unwrap();
        history.outcome[week] += 250_000.0;
    }
    let mut promotions: Vec<String> = days.iter().map(|day| calendar::format_day(*day)).collect();
    let lift = Lift {
        channel: "Paid Search".into(),
        from: "2025-03-03".into(),
        to: "2025-03-30".into(),
        scale: 0.0,
        lift: 1_500_000.0,
        standard_error: 100_000.0,
    };
    let question = Question { promotions: promotions.clone(), experiments: vec![lift.clone()], ..Question::default() };
    let plans = vec![named("now", PlannedSpend::Present {}), named("none", given(&[("Paid Search", 0)]))];
    let asked = ScenarioQuestion { weeks: 4, plans };
    let without = fitted(&question, history.clone());
    let answer = without.answer().unwrap();
    let [measured] = answer.experiments.as_slice() else { panic!("{:?}", answer.experiments) };
    assert_eq!((measured.measured.mean, measured.channel.as_str()), (1_500_000.0, "Paid Search"));
    assert!((measured.measured.high - 1_500_000.0 - 164_485.0).abs() < 1.0);
    // Four weeks of search, by the planted curve.
    let first = (calendar::parse_day("day", "2025-03-03").unwrap() - history.first_day) / 7;
    let weeks = usize::try_from(first).unwrap()..usize::try_from(first).unwrap() + 4;
    let truth: f64 = history.spend[0].1[weeks].iter().map(|x| 600_000.0 * x / (x + 30_000.0)).sum();
    assert!(measured.fitted.low < truth && truth < measured.fitted.high, "{truth} {measured:?}");
    assert!((measured.measured.mean - measured.fitted.mean).abs() < 200_000.0, "{measured:?}");
    // Two days of promotion in the weeks to come.
    promotions.extend(["2026-07-22".to_owned(), "2026-07-29".to_owned()]);
    let with = fitted(&Question { promotions, experiments: vec![lift], ..Question::default() }, history);
    let of = |fitting: &Fitting| fitting.scenario(&asked).unwrap().plans[0].outcome.mean;
    let gained = of(&with) - of(&without);
    assert!((gained - 500_000.0).abs() < 60_000.0, "{gained}");
}

#[test]
fn plans_that_cannot_be_are_named() {
    let (history, _) = planted();
    let short = History {
        outcome: history.outcome[..40].to_vec(),
        spend: history.spend.iter().map(|(name, values)| (name.clone(), values[..40].to_vec())).collect(),
        ..history
    };
    let fitting = fitted(&Question { weeks: 40, ..Question::default() }, short);
    let field = |weeks: usize, plans: Vec<Plan>| {
        let refused = fitting.scenario(&ScenarioQuestion { weeks, plans }).unwrap_err();
        (refused.status, refused.errors.first().unwrap().field.clone())
    };
    let now = || named("now", PlannedSpend::Present {});
    let pair = |spend: PlannedSpend| vec![now(), named("other", spend)];
    let best = |total_minor: i64, bounds: Vec<BoundsOf>| PlannedSpend::Recommended {
        goal: Goal::Spend { total_minor },
        bounds,
    };
    let radio = vec![BoundsOf { channel: "Radio".into(), min: 0, max: None }];
    for (weeks, plans, wanted) in [
        (0, pair(given(&[])), "/weeks"),
        (53, pair(given(&[])), "/weeks"),
        (4, vec![now()], "/plans"),
        (4, vec![now(), now()], "/plans/1/name"),
        (4, vec![now(), named("  ", PlannedSpend::Present {})], "/plans/1/name"),
        (4, pair(given(&[("Radio", 1); 31])), "/plans/1/spend/channels"),
        (4, pair(given(&[("Radio", 1)])), "/plans/1/spend/channels/0/channel"),
        (4, pair(given(&[("Paid Search", 1), ("Paid Search", 2)])), "/plans/1/spend/channels/1/channel"),
        (4, pair(given(&[("Paid Search", -1)])), "/plans/1/spend/channels/0/spend_minor"),
        (4, pair(best(0, Vec::new())), "/plans/1/spend/goal/total_minor"),
        (4, pair(best(i64::MAX / 4096, Vec::new())), "/plans/1/spend/goal/total_minor"),
        (4, pair(best(100_000, radio)), "/plans/1/spend/bounds"),
    ] {
        assert_eq!(field(weeks, plans), (422, wanted.to_owned()));
    }
}
