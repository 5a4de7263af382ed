//! Bandits: which variant a visitor sees next, which variant has lost, which one has won.
//!
//! Thompson sampling (Thompson 1933; Russo et al., "A Tutorial on Thompson Sampling", 2018) with a Beta posterior a
//! variant: a visitor exposed is a trial, a visitor rewarded a success. Visitors, not views, are counted, because one
//! visitor's views are not independent. A reward may come days after its exposure: [`delay::Ledger`] counts those who may
//! still convert only as far as they are known not to have; counted by [`Arm`] alone they are taken as not rewarded.
//!
//! Beside rates: what an arm is worth ([`belief`]), who is best and at what loss, exactly ([`best`]), what another
//! policy would have brought ([`replay`]), and policies against known truths ([`simulate`]). Who comes may matter:
//! [`contextual`] chooses by what is known of the visitor.
//!
//! Pure: counts and a seed come in. Who saw what is kept by the experiment's object.

pub mod belief;
pub mod best;
pub mod contextual;
pub mod delay;
pub mod posterior;
pub mod replay;
pub mod simulate;

use belief::Belief;
use contextual::Features;
use posterior::{Counts, Standing, standings};
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// Fewest variants of an experiment.
pub const MIN_ARMS: usize = 2;
/// Most variants of an experiment: with more, none is shown often enough to be known.
pub const MAX_ARMS: usize = 10;
/// The longest wait for a conversion, in days.
pub const MAX_WINDOW_DAYS: f64 = 90.0;

/// When a variant is paused and when one wins.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Config {
    /// Visitors each variant is shown to before anything is decided.
    pub min_exposures: u64,
    /// A variant whose probability of being the best falls below this is paused: a fraction.
    pub pause_below: f64,
    /// A variant whose probability of being the best reaches this wins: a fraction.
    pub promote_from: f64,
    /// A winner must not cost more than this against the best, in points of the rate: a fraction.
    pub max_expected_loss: f64,
    /// Least part of the new visitors each active variant goes on getting: a fraction, 0 for none. It keeps a variant
    /// known that may yet become the best, and keeps logged decisions fit for [`replay`].
    pub floor: f64,
    /// Days within which a conversion comes, if it comes: until then who has not converted counts only as far as they are
    /// known not to ([`delay::Ledger`]). 0 counts everybody in full at once.
    pub window_days: f64,
    /// What of a visitor the choice looks at ([`contextual`]); none unless it is said.
    #[serde(skip_serializing_if = "Features::is_empty")]
    pub context: Features,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            min_exposures: 200,
            pause_below: 0.05,
            promote_from: 0.95,
            max_expected_loss: 0.005,
            floor: 0.0,
            window_days: 7.0,
            context: Features::NONE,
        }
    }
}

/// Why a configuration is refused.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("{field} is {found}, it must be {wanted}")]
pub struct BadConfig {
    /// Which field.
    pub field: &'static str,
    /// What it says.
    pub found: f64,
    /// What it may say.
    pub wanted: &'static str,
}

impl Config {
    /// Checks the thresholds.
    ///
    /// # Errors
    /// The first field that is out of bounds.
    pub fn check(&self) -> Result<(), BadConfig> {
        let within = |field, found: f64, low: f64, high: f64, wanted| {
            if found.is_finite() && found >= low && found <= high {
                Ok(())
            } else {
                Err(BadConfig { field, found, wanted })
            }
        };
        within("min_exposures", self.min_exposures as f64, 20.0, 1e9, "20 or more")?;
        within("pause_below", self.pause_below, 0.0, 0.5, "0 to 0.5")?;
        within("promote_from", self.promote_from, 0.5, 1.0, "0.5 to 1")?;
        within("max_expected_loss", self.max_expected_loss, 0.0, 1.0, "0 to 1")?;
        within("floor", self.floor, 0.0, 1.0 / MIN_ARMS as f64, "0 to 0.5")?;
        within("window_days", self.window_days, 0.0, MAX_WINDOW_DAYS, "0 to 90")
    }

    /// Checks the thresholds for so many variants, which cannot all have a floor that is more than their even share.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub fn check_for(&self, arms: usize) -> Result<(), BadConfig> {
        self.check()?;
        if self.floor * arms as f64 > 1.0 + 1e-9 {
            let wanted = "at most 1 divided by the number of variants, since all floors together are 1 or less";
            return Err(BadConfig { field: "floor", found: self.floor, wanted });
        }
        Ok(())
    }
}

/// How a variant stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArmStatus {
    /// It is shown.
    Active,
    /// It has lost, or somebody took it out.
    Paused,
    /// It is shown to everybody.
    Winner,
}

impl ArmStatus {
    /// The name it is stored and sent by.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Winner => "winner",
        }
    }
}

/// A variant with what is known of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arm {
    /// Stable name within the experiment.
    pub key: String,
    /// How it stands.
    pub status: ArmStatus,
    /// Visitors it was shown to.
    pub exposures: u64,
    /// Of these, visitors who did what counts.
    pub rewards: u64,
}

impl Arm {
    /// Its counts, everybody who has not converted taken as never going to.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts::new(self.rewards as f64, self.exposures as f64)
    }
}

/// The variant to show to a visitor who has none: the winner where there is one, else a draw. `None` when none is shown.
///
/// Until every active variant has had [`Config::min_exposures`], those that have not take turns at random: drawing from
/// the posteriors alone would starve a variant before it is known well enough to be judged.
#[must_use]
pub fn choose<'a>(arms: &'a [Arm], config: &Config, seed: u64) -> Option<&'a Arm> {
    choose_by(arms, &own_counts(arms), config, seed)
}

fn own_counts(arms: &[Arm]) -> Vec<Counts> {
    arms.iter().map(Arm::counts).collect()
}

/// As [`choose`], by counts that are not the arms' own: corrected for delay ([`delay::Ledger::counts`]), or faded
/// ([`Counts::faded`]). One for each arm, in order.
#[must_use]
pub fn choose_by<'a>(arms: &'a [Arm], counts: &[Counts], config: &Config, seed: u64) -> Option<&'a Arm> {
    choose_from(
        arms,
        config,
        seed,
        || counts.iter().copied().map(Belief::rate).collect(),
        |belief, random| belief.sample(random),
    )
}

/// The rules around a draw: the winner, those who are behind, the floor, and then whoever draws highest. What is believed
/// of each arm is asked for only where it comes to a draw.
fn choose_from<'a>(
    arms: &'a [Arm],
    config: &Config,
    seed: u64,
    beliefs: impl FnOnce() -> Vec<Belief>,
    draw: impl Fn(&Belief, &mut ChaCha8Rng) -> f64,
) -> Option<&'a Arm> {
    if let Some(winner) = arms.iter().find(|arm| arm.status == ArmStatus::Winner) {
        return Some(winner);
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let behind = behind(arms, config);
    if let Some(arm) = behind.choose(&mut random) {
        return Some(arm);
    }
    let active: Vec<&Arm> = arms.iter().filter(|arm| arm.status == ArmStatus::Active).collect();
    if config.floor > 0.0
        && random.random::<f64>() < config.floor * active.len() as f64
        && let Some(arm) = active.choose(&mut random)
    {
        return Some(arm);
    }
    let mut best: Option<(&Arm, f64)> = None;
    for (arm, belief) in arms.iter().zip(beliefs()).filter(|(arm, _)| arm.status == ArmStatus::Active) {
        let draw = draw(&belief, &mut random);
        if best.is_none_or(|(_, highest)| draw > highest) {
            best = Some((arm, draw));
        }
    }
    best.map(|(arm, _)| arm)
}

/// Active variants that have not had their visitors yet.
fn behind<'a>(arms: &'a [Arm], config: &Config) -> Vec<&'a Arm> {
    arms.iter().filter(|arm| arm.status == ArmStatus::Active && arm.exposures < config.min_exposures).collect()
}

/// The probability with which [`choose_by`] shows each variant, exactly: what is logged beside a decision, and the shares
/// to draw from ([`best::pick`]) where a batch of visitors is decided for at once. 0 for what is not shown.
#[must_use]
pub fn propensities(arms: &[Arm], counts: &[Counts], config: &Config) -> Vec<f64> {
    shares_from(arms, config, || {
        let active = arms.iter().zip(counts).filter(|(arm, _)| arm.status == ArmStatus::Active);
        let beliefs: Vec<_> = active.map(|(_, counts)| Belief::rate(*counts)).collect();
        best::shares(&best::exact(&beliefs), config.floor)
    })
}

/// The rules around the shares of the active variants, which are asked for only where it comes to a draw.
fn shares_from(arms: &[Arm], config: &Config, drawn: impl FnOnce() -> Vec<f64>) -> Vec<f64> {
    if let Some(winner) = arms.iter().position(|arm| arm.status == ArmStatus::Winner) {
        return (0..arms.len()).map(|place| if place == winner { 1.0 } else { 0.0 }).collect();
    }
    let behind = behind(arms, config);
    let active = arms.iter().filter(|arm| arm.status == ArmStatus::Active);
    let mut shares = if behind.is_empty() {
        drawn()
    } else {
        let share = 1.0 / behind.len() as f64;
        active.map(|arm| if arm.exposures < config.min_exposures { share } else { 0.0 }).collect()
    }
    .into_iter();
    arms.iter()
        .map(|arm| if arm.status == ArmStatus::Active { shares.next().unwrap_or_default() } else { 0.0 })
        .collect()
}

/// What is to happen to a variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It goes on as it is.
    Keep,
    /// It has lost.
    Pause,
    /// It has won.
    Promote,
}

/// A variant judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// The variant.
    pub key: String,
    /// What is to happen.
    pub verdict: Verdict,
    /// How it stands among the active ones; `None` for one that is not shown.
    pub standing: Option<Standing>,
    /// Why, with the numbers, for people.
    pub reason: String,
}

/// Judges the active variants. The one most likely the best is never paused, and nothing is decided before every active
/// variant has had its visitors; a variant is paused as soon as it and the leader have.
#[must_use]
pub fn judge(arms: &[Arm], config: &Config, seed: u64) -> Vec<Judged> {
    judge_by(arms, &own_counts(arms), config, seed)
}

/// As [`judge`], by counts that are not the arms' own; see [`choose_by`].
#[must_use]
pub fn judge_by(arms: &[Arm], counts: &[Counts], config: &Config, seed: u64) -> Vec<Judged> {
    let active = arms.iter().zip(counts).filter(|(arm, _)| arm.status == ArmStatus::Active);
    let counted: Vec<Vec<Counts>> = active.map(|(_, counts)| vec![*counts]).collect();
    let mut found = standings(&counted, seed).into_iter();
    let seen = |arm: &Arm| {
        let standing = if arm.status == ArmStatus::Active { found.next()? } else { return None };
        Some(Seen { standing, least: standing.p_best, most: standing.p_best, segmented: false })
    };
    let seen: Vec<Option<Seen>> = arms.iter().map(seen).collect();
    judge_seen(arms, &seen, config)
}

/// How an active variant stands, overall and in the segments that count.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Seen {
    standing: Standing,
    /// Its probability of being the best where that is lowest.
    least: f64,
    /// And where it is highest.
    most: f64,
    /// Whether there are segments at all.
    segmented: bool,
}

/// Judges by how the active variants stand; `None` for one that is not shown.
fn judge_seen(arms: &[Arm], seen: &[Option<Seen>], config: &Config) -> Vec<Judged> {
    let active: Vec<(&Arm, Seen)> = arms.iter().zip(seen).filter_map(|(arm, seen)| Some((arm, (*seen)?))).collect();
    let leader = active
        .iter()
        .max_by(|a, b| a.1.standing.p_best.total_cmp(&b.1.standing.p_best))
        .map(|(arm, _)| arm.key.as_str());
    let shown_enough = |arm: &Arm| arm.exposures >= config.min_exposures;
    let leader_known = active.iter().any(|(arm, _)| Some(arm.key.as_str()) == leader && shown_enough(arm));
    let all_known = active.iter().all(|(arm, _)| shown_enough(arm));
    arms.iter()
        .zip(seen)
        .map(|(arm, seen)| {
            let Some(Seen { standing, least, most, segmented }) = *seen else {
                return Judged { key: arm.key.clone(), verdict: Verdict::Keep, standing: None, reason: String::new() };
            };
            let numbers = format!(
                "{} of {} visitors, {:.1} % likely to be the best",
                arm.rewards,
                arm.exposures,
                standing.p_best * 100.0
            );
            let everywhere = if segmented { " in every segment" } else { "" };
            let leads = Some(arm.key.as_str()) == leader;
            let (verdict, reason) = if active.len() < 2 {
                // The others have lost one after the other, or were taken out.
                (Verdict::Promote, format!("{numbers}: it is the only one left"))
            } else if leads
                && all_known
                && least >= config.promote_from
                && standing.expected_loss <= config.max_expected_loss
            {
                (Verdict::Promote, format!("{numbers}: it wins{everywhere}"))
            } else if !leads && leader_known && shown_enough(arm) && most < config.pause_below {
                (Verdict::Pause, format!("{numbers}: it has lost{everywhere}"))
            } else if !shown_enough(arm) {
                (Verdict::Keep, format!("{numbers}: it is judged from {} visitors on", config.min_exposures))
            } else if segmented && most >= config.promote_from {
                (Verdict::Keep, format!("{numbers}: it is the best in some segments"))
            } else {
                (Verdict::Keep, format!("{numbers}: that decides nothing yet"))
            };
            Judged { key: arm.key.clone(), verdict, standing: Some(standing), reason }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn arm(key: &str, rewards: u64, exposures: u64) -> Arm {
        Arm { key: key.to_owned(), status: ArmStatus::Active, exposures, rewards }
    }

    fn verdicts(arms: &[Arm], config: &Config) -> Vec<Verdict> {
        judge(arms, config, 1).into_iter().map(|judged| judged.verdict).collect()
    }

    /// Runs an experiment with true rates until it is decided; returns visitors by arm and the winner.
    fn run(rates: &[f64], visitors: u64, seed: u64) -> (Vec<Arm>, Option<String>) {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut arms: Vec<Arm> = (0..rates.len()).map(|place| arm(&place.to_string(), 0, 0)).collect();
        let config = Config::default();
        for visitor in 0..visitors {
            let key = choose(&arms, &config, random.random()).unwrap().key.clone();
            let place: usize = key.parse().unwrap();
            arms[place].exposures += 1;
            arms[place].rewards += u64::from(random.random_bool(rates[place]));
            if visitor % 1_500 == 1_499 {
                for (place, judged) in judge(&arms, &config, seed).into_iter().enumerate() {
                    match judged.verdict {
                        Verdict::Pause => arms[place].status = ArmStatus::Paused,
                        Verdict::Promote => return (arms, Some(judged.key)),
                        Verdict::Keep => {}
                    }
                }
            }
        }
        (arms, None)
    }

    #[test]
    fn the_best_variant_nearly_always_wins_and_gets_most_visitors_on_the_way() {
        let mut right = 0;
        for seed in 0..20 {
            let (arms, winner) = run(&[0.05, 0.10, 0.04], 12_000, seed);
            right += u32::from(winner.as_deref() == Some("1"));
            assert!(arms[1].exposures >= arms[0].exposures / 2, "seed {seed}: {arms:?}");
        }
        assert!(right >= 18, "{right} of 20");
    }

    #[test]
    fn a_loser_is_paused_after_its_threshold_and_not_before() {
        let config = Config::default();
        assert_eq!(verdicts(&[arm("a", 30, 199), arm("b", 0, 199)], &config), [Verdict::Keep, Verdict::Keep]);
        assert_eq!(verdicts(&[arm("a", 30, 400), arm("b", 1, 200)], &config), [Verdict::Promote, Verdict::Pause]);
    }

    #[test]
    fn a_variant_that_is_paused_is_shown_to_nobody_and_a_winner_to_everybody() {
        let config = Config::default();
        let mut arms = vec![arm("a", 0, 0), arm("b", 0, 0)];
        arms[0].status = ArmStatus::Paused;
        assert!((0..50).all(|seed| choose(&arms, &config, seed).unwrap().key == "b"));
        arms[0].status = ArmStatus::Winner;
        assert!((0..50).all(|seed| choose(&arms, &config, seed).unwrap().key == "a"));
        arms.iter_mut().for_each(|arm| arm.status = ArmStatus::Paused);
        assert_eq!(choose(&arms, &config, 1), None);
    }

    #[test]
    fn thresholds_out_of_bounds_are_refused_by_name() {
        let config = Config { pause_below: 0.7, ..Config::default() };
        assert_eq!(config.check().unwrap_err().to_string(), "pause_below is 0.7, it must be 0 to 0.5");
        assert_eq!(Config::default().check(), Ok(()));
        let config = Config { window_days: 91.0, ..Config::default() };
        assert_eq!(config.check().unwrap_err().field, "window_days");
    }

    #[test]
    fn thresholds_stored_before_there_was_a_window_still_read() {
        let stored =
            r#"{"min_exposures":50,"pause_below":0.01,"promote_from":0.9,"max_expected_loss":0.01,"floor":0.0}"#;
        let config: Config = serde_json::from_str(stored).unwrap();
        assert_eq!((config.min_exposures, config.window_days), (50, 7.0));
    }

    #[test]
    fn the_propensity_is_how_often_a_variant_is_shown() {
        let arms = [arm("a", 30, 400), arm("b", 40, 400), arm("c", 20, 390), arm("d", 9, 300)];
        let mut paused = arms.clone();
        paused[1].status = ArmStatus::Paused;
        let floored = Config { floor: 0.05, ..Config::default() };
        let cautious = Config { min_exposures: 400, ..Config::default() };
        for (arms, config) in [(&arms, floored), (&paused, Config::default()), (&arms, cautious)] {
            let stated = propensities(arms, &own_counts(arms), &config);
            assert!((stated.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{stated:?}");
            let mut shown = [0.0; 4];
            for seed in 0..20_000 {
                let key = &choose(arms, &config, seed).unwrap().key;
                shown[arms.iter().position(|arm| arm.key == *key).unwrap()] += 1.0 / 20_000.0;
            }
            for (stated, shown) in stated.iter().zip(shown) {
                assert!((stated - shown).abs() < 0.012, "{stated} {shown}");
            }
        }
    }

    #[test]
    fn a_floor_keeps_every_variant_in_sight() {
        let arms = [arm("a", 300, 1_000), arm("b", 10, 1_000)];
        let floor = Config { floor: 0.05, ..Config::default() };
        let shown = (0..10_000).filter(|seed| choose(&arms, &floor, *seed).unwrap().key == "b").count();
        assert!((400..600).contains(&shown), "{shown}");
        assert_eq!((0..1_000).filter(|seed| choose(&arms, &Config::default(), *seed).unwrap().key == "b").count(), 0);
        assert!(Config { floor: 0.6, ..Config::default() }.check().is_err());
        let even = Config { floor: 0.25, ..Config::default() };
        assert_eq!((even.check_for(4), even.check_for(5).unwrap_err().field), (Ok(()), "floor"));
    }

    #[test]
    fn a_variant_whose_conversions_are_still_to_come_is_not_paused_for_it() {
        // Both convert at 10 %, after 900 steps; the second was shown only lately.
        let mut ledger = delay::Ledger::new(2, 1_000.0);
        let mut arms = [arm("early", 0, 0), arm("late", 0, 0)];
        for step in 0..6_000_u32 {
            let now = f64::from(step);
            let of = |step: u32| usize::from(step >= 5_400 && step.is_multiple_of(2));
            ledger.expose(of(step), now);
            arms[of(step)].exposures += 1;
            if let Some(before) = step.checked_sub(900)
                && before.is_multiple_of(10)
            {
                assert!(ledger.reward(of(before), f64::from(before), now));
                arms[of(before)].rewards += 1;
            }
        }
        let config = Config::default();
        assert_eq!(verdicts(&arms, &config)[1], Verdict::Pause);
        let judged = judge_by(&arms, &ledger.counts(), &config, 1);
        assert_eq!(judged[1].verdict, Verdict::Keep);
        let shown = (0..1_000).filter(|seed| choose_by(&arms, &ledger.counts(), &config, *seed).unwrap().key == "late");
        assert!(shown.count() > 200);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn one_variant_always_stays(counts in prop::collection::vec((0_u64..300, 0_u64..3_000), 1..8), seed: u64) {
            let arms: Vec<Arm> = counts.iter().enumerate()
                .map(|(place, (rewards, exposures))| arm(&place.to_string(), *rewards.min(exposures), *exposures))
                .collect();
            let judged = judge(&arms, &Config { min_exposures: 20, pause_below: 0.5, ..Config::default() }, seed);
            prop_assert!(judged.iter().any(|judged| judged.verdict != Verdict::Pause));
            prop_assert!(judged.iter().filter(|judged| judged.verdict == Verdict::Promote).count() <= 1);
        }
    }
}
