//! Against data simulated here from known curves.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop where it fails")]

use mmm::budget::{Bounds, Goal, Response as _, divide};
use mmm::fit::{Draw, Settings, Walk, advance};
use mmm::transform::{WeibullCurve, carry_over, geometric, hill, weibull_weights};
use mmm::{
    Adstock, Channel, Control, Curve, Data, Error, Experiment, Kind, Model, Plan, Posterior, Saturation, Season, Spec,
};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};

const WEEKS: usize = 130;

fn channel(name: &str, adstock: Adstock, saturation: Saturation) -> Channel {
    Channel { name: name.to_owned(), adstock, saturation, window: 8 }
}

struct Planted {
    model: Model,
    /// What each channel truly added, by period.
    added: Vec<Vec<f64>>,
    curves: Vec<Curve>,
}

impl Planted {
    fn total(&self, channel: usize) -> f64 {
        self.added[channel].iter().sum()
    }
}

/// Two channels, a promotion, a year's season and a trend; the second channel's spend goes with the first one's by
/// `together` (0..1), and the errors depend on their neighbours.
fn plant(seed: u64, together: f64, experiments: &dyn Fn(&[Vec<f64>]) -> Vec<Experiment>) -> Planted {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut normal = || -> f64 { StandardNormal.sample(&mut random) };
    let search: Vec<f64> = (0..WEEKS).map(|_| 900.0 * (0.35 * normal()).exp()).collect();
    let video: Vec<f64> = search
        .iter()
        .map(|search| {
            let own = 700.0 * (0.6 * normal()).exp();
            together * search * 0.8 + (1.0 - together) * own
        })
        .collect();
    let curves = vec![
        Curve { gain: 1.0 / 0.8, half: 1_500.0, shape: 1.0, effect: 9_000.0, saturation: Saturation::Hill },
        Curve { gain: 2.0, half: 1_800.0, shape: 1.5, effect: 6_000.0, saturation: Saturation::Hill },
    ];
    let added: Vec<Vec<f64>> = [(&search, 0.2), (&video, 0.5)]
        .iter()
        .zip(&curves)
        .map(|((spend, retained), curve)| {
            geometric(spend, *retained).iter().map(|x| curve.effect * hill(*x, curve.shape, curve.half)).collect()
        })
        .collect();
    let promotion: Vec<f64> = (0..WEEKS).map(|week| f64::from(week % 9 == 4)).collect();
    let mut error = 0.0;
    let outcome = (0..WEEKS)
        .map(|week| {
            error = 0.3 * error + 350.0 * normal();
            let angle = std::f64::consts::TAU * week as f64 / 52.0;
            12_000.0
                + 15.0 * week as f64
                + 1_500.0 * angle.sin()
                + 1_800.0 * promotion[week]
                + error
                + added.iter().map(|added| added[week]).sum::<f64>()
        })
        .collect();
    let spec = Spec {
        channels: vec![
            channel("search", Adstock::Geometric, Saturation::Hill),
            channel("video", Adstock::Geometric, Saturation::Hill),
        ],
        controls: vec![Control { name: "promotion".to_owned(), reference: 0.0 }],
        seasons: vec![Season { period: 52.0, order: 1 }],
        turns: 0,
        experiments: experiments(&added),
    };
    let data = Data { outcome, spend: vec![search, video], controls: vec![promotion] };
    Planted { model: Model::new(spec, data).unwrap(), added, curves }
}

fn none(_: &[Vec<f64>]) -> Vec<Experiment> {
    Vec::new()
}

fn short() -> Settings {
    Settings { seed: 7, chains: 2, warmup: 800, draws: 100, thin: 10 }
}

fn fit(model: &Model, settings: Settings) -> Vec<Draw> {
    let mut walk = Walk::new(settings).unwrap();
    let draws = advance(model, &mut walk, usize::MAX).unwrap();
    assert!(walk.is_done());
    draws
}

#[test]
fn a_fit_in_pieces_is_the_fit_in_one_piece_bit_for_bit() {
    let planted = plant(1, 0.0, &none);
    let settings = Settings { seed: 3, chains: 2, warmup: 120, draws: 50, thin: 2 };
    let whole = fit(&planted.model, settings);
    // A prime number of sweeps, so that pieces end in warm-ups, between draws and across chains.
    let mut state = serde_json::to_string(&Walk::new(settings).unwrap()).unwrap();
    let mut pieces: Vec<Draw> = Vec::new();
    let mut longest = 0;
    loop {
        let mut walk: Walk = serde_json::from_str(&state).unwrap();
        if walk.is_done() {
            break;
        }
        let made = advance(&planted.model, &mut walk, 37).unwrap();
        let stored = serde_json::to_string(&made).unwrap();
        pieces.extend(serde_json::from_str::<Vec<Draw>>(&stored).unwrap());
        state = serde_json::to_string(&walk).unwrap();
        longest = longest.max(state.len());
    }
    assert_eq!(pieces.len(), 100);
    assert_eq!(serde_json::to_string(&pieces).unwrap(), serde_json::to_string(&whole).unwrap());
    assert!(longest < 8_192, "the state takes {longest} bytes");
    let other = fit(&planted.model, Settings { seed: 4, ..settings });
    assert_ne!(other, whole, "another seed is another walk");
}

#[test]
fn a_state_of_another_model_is_refused() {
    let planted = plant(1, 0.0, &none);
    let mut walk = Walk::new(short()).unwrap();
    advance(&planted.model, &mut walk, 5).unwrap();
    let mut spec = planted.model.spec().clone();
    spec.channels[1].adstock = Adstock::WeibullPdf;
    let other = Model::new(spec, planted.model.data().clone()).unwrap();
    assert_eq!(advance(&other, &mut walk, 5), Err(Error::Foreign));
}

#[test]
fn planted_contributions_and_curves_are_within_their_intervals() {
    let planted = plant(11, 0.0, &none);
    let draws = fit(&planted.model, Settings { draws: 200, chains: 3, warmup: 1_500, thin: 20, seed: 5 });
    let posterior = Posterior::new(&planted.model, &draws).unwrap();
    let found = posterior.decomposition(0.95);
    let outcome: f64 = planted.model.data().outcome.iter().sum();
    for (at, name) in ["search", "video"].iter().enumerate() {
        let part = found.parts.iter().find(|part| part.name == *name).unwrap();
        let truth = planted.total(at);
        assert!((part.total.low..=part.total.high).contains(&truth), "{name}: {truth} {:?}", part.total);
        assert!((part.share.mean - truth / outcome).abs() < 0.10, "{name}: {:?}", part.share);
        // An interval that holds everything says nothing.
        assert!(part.share.high - part.share.low < 0.5, "{name}: {:?}", part.share);
        let spends: Vec<f64> = (1..=10).map(|step| 200.0 * f64::from(step)).collect();
        for point in posterior.response(at, &spends, 0.95) {
            let truth = planted.curves[at].value(point.spend);
            assert!((point.response.low..=point.response.high).contains(&truth), "{name}: {truth} {point:?}");
        }
    }
    let promotion = found.parts.iter().find(|part| part.kind == Kind::Control).unwrap();
    let truth = 1_800.0 * planted.model.data().controls[0].iter().sum::<f64>();
    assert!((promotion.total.low..=promotion.total.high).contains(&truth), "{truth} {:?}", promotion.total);
    assert!(found.r_squared > 0.9);
}

#[test]
fn the_parts_add_up_to_what_is_fitted() {
    let planted = plant(2, 0.0, &none);
    let draws = fit(&planted.model, short());
    let posterior = Posterior::new(&planted.model, &draws).unwrap();
    let found = posterior.decomposition(0.9);
    assert_eq!(found.parts.len(), 6);
    for (period, fitted) in found.fitted.iter().enumerate() {
        let sum: f64 = found.parts.iter().map(|part| part.by_period[period]).sum();
        assert!((sum / fitted - 1.0).abs() < 1e-12);
    }
    let shares: f64 = found.parts.iter().map(|part| part.share.mean).sum();
    assert!((shares - 1.0).abs() < 1e-9, "{shares}");
    // On average the fit is the outcome.
    let outcome: f64 = planted.model.data().outcome.iter().sum();
    assert!((found.fitted.iter().sum::<f64>() / outcome - 1.0).abs() < 0.01);
}

#[test]
fn an_experiment_settles_what_the_data_cannot() {
    // Two channels whose spends go together: the data cannot tell whose the effect is.
    let apart = |planted: &Planted| {
        let draws = fit(&planted.model, Settings { draws: 150, chains: 3, warmup: 1_500, thin: 15, seed: 2 });
        let posterior = Posterior::new(&planted.model, &draws).unwrap();
        let part = posterior.decomposition(0.9).parts.into_iter().find(|part| part.name == "search").unwrap();
        part.total
    };
    let before = plant(21, 0.95, &none);
    // Search was switched off somewhere else for as long: what it adds over weeks 60 to 70 is known to 3 %.
    let tested = plant(21, 0.95, &|added| {
        let lift = added[0][60..].iter().sum::<f64>();
        vec![Experiment {
            channel: "search".to_owned(),
            from: 58,
            to: WEEKS,
            until: None,
            scale: 0.0,
            lift,
            standard_error: 0.03 * lift,
        }]
    });
    let (without, with, truth) = (apart(&before), apart(&tested), before.total(0));
    assert!((with.mean / truth - 1.0).abs() < 0.08, "{truth} {with:?}");
    assert!(with.high - with.low < 0.5 * (without.high - without.low), "{without:?} {with:?}");
}

#[test]
fn a_late_effect_is_found_by_a_weibull_carry_over() {
    let planted = plant(31, 0.0, &none);
    let mut spec = planted.model.spec().clone();
    let mut data = planted.model.data().clone();
    spec.channels[1] = channel("video", Adstock::WeibullPdf, Saturation::MichaelisMenten);
    // In place of the fading effect, one that comes after two weeks.
    let late = carry_over(&data.spend[1], &weibull_weights(WeibullCurve::Pdf, 3.0, 3.5, 8));
    for (week, outcome) in data.outcome.iter_mut().enumerate() {
        *outcome += 9_000.0 * hill(late[week], 1.0, 3_000.0) - planted.added[1][week];
    }
    let truth: f64 = late.iter().map(|x| 9_000.0 * hill(*x, 1.0, 3_000.0)).sum();
    let model = Model::new(spec, data).unwrap();
    let draws = fit(&model, Settings { draws: 150, chains: 3, warmup: 1_500, thin: 15, seed: 9 });
    let posterior = Posterior::new(&model, &draws).unwrap();
    let part = posterior.decomposition(0.95).parts.into_iter().find(|part| part.name == "video").unwrap();
    assert!((part.total.low..=part.total.high).contains(&truth), "{truth} {:?}", part.total);
    // Weibull's shape above 1: the effect does not start at its highest.
    assert!(posterior.channels(0.95)[1].carry.low > 1.0, "{:?}", posterior.channels(0.95)[1].carry);
}

#[test]
fn a_plan_is_foreseen_with_its_carry_over() {
    let planted = plant(41, 0.0, &none);
    let draws = fit(&planted.model, short());
    let posterior = Posterior::new(&planted.model, &draws).unwrap();
    let plan =
        |search: f64, video: f64| Plan { spend: vec![vec![search; 8], vec![video; 8]], controls: vec![vec![0.0; 8]] };
    let nothing = posterior.outlook(&plan(0.0, 0.0), 0.9, 1).unwrap();
    assert!(nothing.brought.iter().all(|brought| brought.mean == 0.0));
    let some = posterior.outlook(&plan(900.0, 700.0), 0.9, 1).unwrap();
    assert_eq!(some, posterior.outlook(&plan(900.0, 700.0), 0.9, 1).unwrap(), "one seed, one answer");
    let brought: f64 = some.brought.iter().map(|brought| brought.mean).sum();
    // The seed is the same, so the errors are, and what the plans differ by is what is brought.
    assert!(((some.total.mean - nothing.total.mean) / brought - 1.0).abs() < 1e-9);
    let more = posterior.compare(&plan(900.0, 700.0), &plan(1_400.0, 700.0), 0.9).unwrap();
    assert!(more.probability == 1.0 && more.difference.low > 0.0, "{more:?}");
    // The last week's level, without errors: 12,000 + 15 · 134 + season; what the interval is for.
    let truth: f64 = (WEEKS..WEEKS + 8)
        .map(|week| 12_000.0 + 15.0 * week as f64 + 1_500.0 * (std::f64::consts::TAU * week as f64 / 52.0).sin())
        .sum::<f64>()
        + brought;
    assert!((some.total.mean / truth - 1.0).abs() < 0.12, "{truth} {:?}", some.total);
    let error = posterior.outlook(&Plan { spend: vec![vec![1.0; 3]], controls: vec![vec![0.0; 3]] }, 0.9, 1);
    assert!(matches!(error, Err(Error::Count { .. })), "{error:?}");
    assert!(posterior.outlook(&plan(-1.0, 0.0), 0.9, 1).is_err());
}

#[test]
fn data_of_no_use_is_refused_by_name() {
    let planted = plant(1, 0.0, &none);
    let (spec, data) = (planted.model.spec().clone(), planted.model.data().clone());
    let refused = |change: &dyn Fn(&mut Spec, &mut Data)| {
        let (mut spec, mut data) = (spec.clone(), data.clone());
        change(&mut spec, &mut data);
        Model::new(spec, data).map(|_| ()).unwrap_err().to_string()
    };
    assert_eq!(refused(&|_, data| data.spend[1][3] = -2.0), "the spend of video is -2, it must be 0 or more");
    assert_eq!(refused(&|_, data| data.outcome[3] = f64::NAN), "the outcome is NaN, it must be a number");
    assert_eq!(
        refused(&|_, data| data.spend[0] = vec![0.0; WEEKS]),
        "the spend of search never changes, so nothing can be learnt of it"
    );
    assert_eq!(refused(&|_, data| data.outcome.truncate(20)), "periods: 20, it must be 26 to 1500");
    assert_eq!(refused(&|spec, _| spec.seasons[0].order = 0), "order of a season: 0, it must be 1 to 20");
    let experiment = Experiment {
        channel: "radio".to_owned(),
        from: 0,
        to: 5,
        until: None,
        scale: 0.0,
        lift: 1.0,
        standard_error: 1.0,
    };
    assert_eq!(
        refused(&|spec, _| spec.experiments.push(experiment.clone())),
        "the experiment's channel \"radio\" is not in the spec"
    );
    let longer = Experiment { channel: "video".to_owned(), until: Some(WEEKS + 1), ..experiment };
    assert_eq!(
        refused(&|spec, _| spec.experiments.push(longer.clone())),
        "the experiment on video: until: 131, it must be 5 to 130"
    );
}

#[test]
fn intervals_hold_what_they_say() {
    let mut random = ChaCha8Rng::seed_from_u64(99);
    let (mut held, mut asked, mut width) = (0, 0, 0.0);
    let (mut gains_held, mut gained, mut possible) = (0, 0.0, 0.0);
    for _ in 0..40 {
        let planted = plant(random.random(), 0.3, &none);
        let draws = fit(&planted.model, Settings { draws: 150, chains: 3, warmup: 1_500, thin: 20, seed: 5 });
        let posterior = Posterior::new(&planted.model, &draws).unwrap();
        let parts = posterior.decomposition(0.9).parts;
        for (at, part) in parts.iter().filter(|part| part.kind == Kind::Channel).enumerate() {
            asked += 1;
            held += usize::from((part.total.low..=part.total.high).contains(&planted.total(at)));
            width += (part.total.high - part.total.low) / planted.total(at);
        }
        // What a division recommended in place of a lopsided one is said to gain, and what it truly does.
        let mean: Vec<f64> =
            planted.model.data().spend.iter().map(|spend| spend.iter().sum::<f64>() / WEEKS as f64).collect();
        let present = [0.3 * mean[0], mean[1] + 0.7 * mean[0]];
        let bounds = [Bounds { low: 0.0, high: 2.0 * mean[0] }, Bounds { low: 0.0, high: 2.0 * mean[1] }];
        let goal = Goal::Spend(present.iter().sum());
        let curves = [posterior.curves(0, 100), posterior.curves(1, 100)];
        let found = divide(&curves, &bounds, goal, &[]).unwrap();
        let best = divide(&planted.curves, &bounds, goal, &[]).unwrap();
        let truly =
            |spend: &[f64]| -> f64 { planted.curves.iter().zip(spend).map(|(curve, spend)| curve.value(*spend)).sum() };
        let gain = truly(&found.spend) - truly(&present);
        let said = posterior.gain(&present, &found.spend, 0.9).difference;
        gains_held += usize::from((said.low..=said.high).contains(&gain));
        gained += gain / 40.0;
        possible += (best.outcome - truly(&present)) / 40.0;
    }
    println!("{held} of {asked} intervals of 90 % hold; mean width {:.2} of the truth", width / asked as f64);
    println!("{gains_held} of 40 gains are within theirs; {gained:.0} a week gained of {possible:.0} possible");
    assert!(held as f64 >= 0.82 * asked as f64, "{held} of {asked}");
    assert!(gains_held >= 31, "{gains_held} of 40");
    assert!(gained > 0.8 * possible, "{gained} of {possible}");
}
