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
