//! Models side by side: the rules are the report's, what learns sees every journey, intervals hold.

use attribution::{
    Comparing, MarkovTally, Nulls, Order, Outcome, Parameters, Path, Tally, Touch, Touches, Walk, aggregate, attribute,
    compare, models,
};
use rand::{Rng as _, SeedableRng as _, seq::IndexedRandom as _};
use rand_chacha::ChaCha8Rng;

const DAY: i64 = 86_400_000;
const CHANNELS: [&str; 4] = ["Email", "Paid Search", "Paid Social", "Referral"];

fn touch(id: usize, t: i64, channel: &str) -> Touch {
    Touch { id: format!("t{id}"), t, channel: channel.into(), ..Touch::default() }
}

/// People with touches over sixty days, some of whom buy on the way; everything from day 30 on is the range.
fn shop(people: usize, seed: u64) -> (Vec<Order>, Touches) {
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let mut orders = Vec::new();
    let mut touches = Vec::new();
    for person in 0..people {
        let who = format!("p{person}");
        for _ in 0..dice.random_range(1..6) {
            let (t, channel) =
                (dice.random_range(0..60 * DAY), CHANNELS.choose(&mut dice).copied().unwrap_or_default());
            touches.push((who.clone(), touch(touches.len(), t, channel)));
        }
        if dice.random_bool(0.3) {
            let (t, value_minor) = (dice.random_range(30 * DAY..60 * DAY), dice.random_range(500..20_000));
            orders.push(Order { id: format!("o{person}"), person: who, t, value_minor });
        }
    }
    (orders, touches.into_iter().collect())
}

fn how(order: usize) -> Comparing {
    Comparing {
        window_ms: 30 * DAY,
        since: 30 * DAY,
        parameters: Parameters::new().with("half_life", 3.0),
        order,
        replicates: 100,
        level: 0.9,
        seed: 7,
    }
}

fn channel(touch: &Touch) -> String {
    touch.channel.clone()
}

#[test]
fn the_rules_credit_what_the_report_credits() {
    let (orders, touches) = shop(400, 1);
    let compared = compare(&orders, &touches, channel, &how(1)).unwrap();
    for model in models() {
        let about = model.descriptor();
        let takes = about.parameters.iter().any(|parameter| parameter.id == "half_life");
        let parameters = if takes { how(1).parameters } else { Parameters::new() };
        let attributed = attribute(model, &parameters, &orders, &touches, 30 * DAY).unwrap();
        let report = aggregate(&attributed, |touch| touch.map(channel));
        let answer = compared.models.iter().find(|answer| answer.id == about.id).unwrap();
        for (at, name) in compared.channels.iter().enumerate() {
            let sum = report[&Some(name.clone())];
            assert!((answer.credits[at].conversions - sum.conversions).abs() < 1e-9, "{} {name}", about.id);
            assert!((answer.credits[at].value - sum.value_minor as f64).abs() < 1e-6, "{} {name}", about.id);
        }
        assert_eq!(report.get(&None).map_or(0.0, |sum| sum.conversions), compared.untouched.conversions);
    }
}

#[test]
fn every_model_shares_the_same_orders() {
    let (orders, touches) = shop(400, 2);
    for order in 1..=4 {
        let compared = compare(&orders, &touches, channel, &how(order)).unwrap();
        assert!(compared.untouched.conversions > 0.0 && compared.journeys.nulls > 0.0);
        assert_eq!(compared.journeys.conversions + compared.untouched.conversions, orders.len() as f64);
        for answer in &compared.models {
            let sum = answer.credits.iter().fold((0.0, 0.0), |sum, one| (sum.0 + one.conversions, sum.1 + one.value));
            assert!((sum.0 - compared.journeys.conversions).abs() < 1e-9, "{} {}", answer.id, sum.0);
            assert!((sum.1 / compared.journeys.value - 1.0).abs() < 1e-9, "{} {}", answer.id, sum.1);
        }
        let Outcome { conversions, nulls, .. } = compared.journeys;
        assert!((compared.markov.p_conversion - conversions / (conversions + nulls)).abs() < 1e-12);
        let out: f64 = compared.transitions.iter().filter(|one| one.from == "(start)").map(|one| one.probability).sum();
        assert!((out - 1.0).abs() < 1e-12);
    }
}

/// Three people, counted by hand: one buys by Email then Paid Search, looks on by Email and buys no more; one leaves
/// after Email; one touched something before the range only.
#[test]
fn journeys_are_cut_at_orders_and_at_the_range() {
    let touches: Touches = [
        ("a", touch(1, 31 * DAY, "Email")),
        ("a", touch(2, 32 * DAY, "Paid Search")),
        ("a", touch(3, 40 * DAY, "Email")),
        ("b", touch(4, 33 * DAY, "Email")),
        ("c", touch(5, 3 * DAY, "Referral")),
    ]
    .into_iter()
    .map(|(person, touch)| (person.to_owned(), touch))
    .collect();
    let order = Order { id: "o".into(), person: "a".into(), t: 32 * DAY, value_minor: 900 };
    let compared = compare(&[order], &touches, channel, &how(1)).unwrap();
    assert_eq!(compared.channels, ["Email", "Paid Search"]);
    assert_eq!(compared.journeys, Outcome { conversions: 1.0, value: 900.0, nulls: 2.0 });

    let mut by_hand = MarkovTally::new(1, Nulls::Counted, Walk::Unlimited).unwrap();
    let mut channels = attribution::Channels::default();
    let (email, search) = (channels.id("Email").unwrap(), channels.id("Paid Search").unwrap());
    for (touches, outcome) in [
        (vec![email, search], Outcome { conversions: 1.0, value: 900.0, nulls: 0.0 }),
        (vec![email], Outcome { conversions: 0.0, value: 0.0, nulls: 2.0 }),
    ] {
        by_hand.add(Path { channels: &channels, touches: &touches }, outcome).unwrap();
    }
    assert_eq!(compared.markov, by_hand.solve());
    let shapley = compared.models.iter().find(|answer| answer.id == "shapley").unwrap();
    assert_eq!(shapley.credits.iter().map(|credit| credit.value).collect::<Vec<_>>(), [450.0, 450.0]);
    let email = &compared.disagreement[0];
    assert_eq!((email.low, email.low_model.as_str(), email.high_model.as_str()), (0.0, "last_touch", "first_touch"));
}

/// The share of shops whose interval holds what very many people of the same kind would give, for each model.
#[test]
fn intervals_hold_about_as_often_as_they_say() {
    let (orders, touches) = shop(20_000, 99);
    let truth = compare(&orders, &touches, channel, &Comparing { replicates: 20, ..how(1) }).unwrap();
    let share = |compared: &attribution::Comparison, model: usize, name: &str| {
        let at = compared.channels.iter().position(|other| other == name).unwrap();
        compared.models[model].credits[at].conversions
    };
    let names = CHANNELS;
    let shops: Vec<_> = (0..60)
        .map(|seed| {
            let (orders, touches) = shop(250, 1_000 + seed);
            compare(&orders, &touches, channel, &how(1)).unwrap()
        })
        .collect();
    for (model, answer) in truth.models.iter().enumerate() {
        let mut held = 0;
        for shop in &shops {
            for name in names {
                let at = shop.channels.iter().position(|other| other == name).unwrap();
                let interval = shop.models[model].intervals[at].conversions;
                let expected = share(&truth, model, name) / 20_000.0 * 250.0;
                held += usize::from((interval.low..=interval.high).contains(&expected));
            }
        }
        let rate = held as f64 / (shops.len() * names.len()) as f64;
        assert!((0.82..=0.97).contains(&rate), "{}: {rate}", answer.id);
    }
}

#[test]
fn nothing_to_compare_is_no_error() {
    let compared = compare(&[], &Touches::default(), channel, &how(2)).unwrap();
    assert!(compared.channels.is_empty() && compared.disagreement.is_empty());
    assert!(compared.models.iter().all(|answer| answer.credits.is_empty()));
    assert!(compare(&[], &Touches::default(), channel, &Comparing { order: 5, ..how(1) }).is_err());
    assert!(compare(&[], &Touches::default(), channel, &Comparing { level: 0.1, ..how(1) }).is_err());
}
