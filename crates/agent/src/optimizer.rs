//! Optimizer: within each ad set, rests the ad that is very likely not the best and names the one that very likely is.
//!
//! Click-through rates have Beta posteriors from impressions and clicks ([`bandit::posterior`]). An ad is paused when it
//! has been shown often enough and its probability of being the best is below the threshold; the last running ad of a
//! set never is. Conversions speak up for an ad: one that probably brings most conversions an impression stays, however
//! few click.

use std::collections::BTreeMap;

use calendar::Zone;
use campaign::{AdSet, Delivery};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::creative::counted;
use crate::need::{InsightRow, Level};
use crate::proposal::{AdPosterior, Point, RotatedAd, Rotation, RotationAction, Told};
use crate::run::{Agent, Ask, Brief, Stop};
use crate::wording::{grouped, percent, rate};
use bandit::posterior::{Counts, standings};

/// The agent.
#[derive(Clone, Copy, Debug)]
pub struct Optimizer;

/// What it is asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Input {
    /// The campaign.
    pub campaign_id: String,
    /// An ad is not judged before it was shown so often.
    #[serde(default = "min_impressions")]
    pub min_impressions: i64,
    /// Paused below this probability of being the best.
    #[serde(default = "pause_below")]
    pub pause_below: f64,
    /// Promoted from this probability of being the best.
    #[serde(default = "promote_from")]
    pub promote_from: f64,
    /// Days that are looked at, today included.
    #[serde(default = "days")]
    pub days: i64,
}

const fn min_impressions() -> i64 {
    1_000
}
const fn pause_below() -> f64 {
    0.05
}
const fn promote_from() -> f64 {
    0.95
}
const fn days() -> i64 {
    28
}

/// Conversions of an ad set from which they have a say.
const MIN_CONVERSIONS: f64 = 20.0;

impl Agent for Optimizer {
    type Input = Input;
    type Proposal = Rotation;
    const NAME: &'static str = "optimizer";
    const TITLE: &'static str = "Optimizer";
    const ABOUT: &'static str =
        "Compares the ads of each ad set, pauses those that are very likely not the best and names the winner.";

    fn input_schema() -> Value {
        json!({
            "type": "object",
            "required": ["campaign_id"],
            "properties": {
                "campaign_id": { "type": "string", "description": "The campaign to optimise" },
                "min_impressions": { "type": "integer", "minimum": 1, "default": 1000, "description": "An ad is not judged before it was shown so often" },
                "pause_below": { "type": "number", "minimum": 0, "maximum": 0.5, "default": 0.05, "description": "Paused below this probability of being the best" },
                "promote_from": { "type": "number", "minimum": 0.5, "maximum": 1, "default": 0.95, "description": "Promoted from this probability of being the best" },
                "days": { "type": "integer", "minimum": 1, "maximum": 90, "default": 28, "description": "Days looked at, today included" },
            },
        })
    }

    fn work(brief: &Brief<Input>, ask: &Ask<'_>) -> Result<Rotation, Stop> {
        let input = &brief.input;
        if input.min_impressions < 1 || !(1..=90).contains(&input.days) {
            return Err(Stop::refused("min_impressions must be at least 1, days 1 to 90"));
        }
        if !(0.0..=0.5).contains(&input.pause_below) || !(0.5..=1.0).contains(&input.promote_from) {
            return Err(Stop::refused("pause_below must be 0 to 0.5, promote_from 0.5 to 1"));
        }
        let site = ask.site()?;
        let zone = Zone::parse(&site.time_zone).map_err(|error| Stop::refused(error.to_string()))?;
        let campaign = ask.campaign(&input.campaign_id)?;
        let today = zone.local_day(brief.started_at);
        let rows = ask.insights(&campaign.id, Level::Ad, today - (input.days - 1), today)?;
        let totals = totals(rows);
        let mut ads = Vec::new();
        for (place, set) in campaign.document.ad_sets.iter().enumerate() {
            ads.extend(judge(set, &totals, input, brief.seed().wrapping_add(place as u64)));
        }
        Ok(Rotation {
            told: tell(&campaign.document.name, &ads, input),
            campaign_id: campaign.id.clone(),
            version: campaign.version,
            ads,
        })
    }
}

/// What an ad did.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AdTotals {
    /// Times shown.
    pub impressions: i64,
    /// Clicks.
    pub clicks: i64,
    /// Conversions.
    pub conversions: f64,
}

/// Days added up, by ad.
#[must_use]
pub fn totals(rows: &[InsightRow]) -> BTreeMap<String, AdTotals> {
    let mut totals: BTreeMap<String, AdTotals> = BTreeMap::new();
    for row in rows.iter().filter(|row| !row.ad_id.is_empty()) {
        let ad = totals.entry(row.ad_id.clone()).or_default();
        ad.impressions = ad.impressions.saturating_add(row.impressions.max(0));
        ad.clicks = ad.clicks.saturating_add(row.clicks.max(0));
        ad.conversions += row.conversions.max(0.0);
    }
    totals
}

/// Judges the running ads of a set. Fewer than two are nothing to compare.
#[must_use]
pub fn judge(set: &AdSet, totals: &BTreeMap<String, AdTotals>, input: &Input, seed: u64) -> Vec<RotatedAd> {
    let running: Vec<(&campaign::Ad, AdTotals)> = set
        .ads
        .iter()
        .filter(|ad| ad.status == Delivery::Active && set.status == Delivery::Active)
        .map(|ad| (ad, totals.get(&ad.id).copied().unwrap_or_default()))
        .collect();
    if running.len() < 2 {
        return Vec::new();
    }
    let clicks = |ad: &AdTotals| Counts::new(ad.clicks as f64, ad.impressions as f64);
    let conversions = |ad: &AdTotals| Counts::new(ad.conversions, ad.clicks as f64);
    let by_clicks = standings(&running.iter().map(|(_, ad)| vec![clicks(ad)]).collect::<Vec<_>>(), seed);
    let converted: f64 = running.iter().map(|(_, ad)| ad.conversions).sum();
    let by_conversions = (converted >= MIN_CONVERSIONS)
        .then(|| standings(&running.iter().map(|(_, ad)| vec![clicks(ad), conversions(ad)]).collect::<Vec<_>>(), seed));

    let mut judged: Vec<RotatedAd> = running
        .iter()
        .enumerate()
        .zip(&by_clicks)
        .map(|((place, (ad, totals)), standing)| {
            let p_best_conversions =
                by_conversions.as_ref().and_then(|standings| standings.get(place)).map(|standing| standing.p_best);
            RotatedAd {
                ad_set_id: set.id.clone(),
                ad_id: ad.id.clone(),
                action: RotationAction::Keep,
                posterior: AdPosterior {
                    impressions: totals.impressions,
                    clicks: totals.clicks,
                    conversions: totals.conversions,
                    ctr: clicks(totals).mean(),
                    cvr: conversions(totals).mean(),
                    p_best: standing.p_best,
                    expected_loss: standing.expected_loss,
                    p_best_conversions,
                },
                reason: String::new(),
            }
        })
        .collect();
    // The one most likely the best is never paused, so one ad always stays; ties go to the first.
    let best = judged
        .iter()
        .enumerate()
        .max_by(|(i, a), (j, b)| a.posterior.p_best.total_cmp(&b.posterior.p_best).then(j.cmp(i)))
        .map(|(place, _)| place);
    for (place, ad) in judged.iter_mut().enumerate() {
        let known = ad.posterior;
        let name = running.get(place).map_or("", |(ad, _)| ad.name.as_str());
        let measured = format!(
            "“{name}”: {} of {} impressions clicked ({}), {} likely to be the best",
            grouped(known.clicks as f64, 0),
            grouped(known.impressions as f64, 0),
            rate(known.ctr),
            percent(known.p_best)
        );
        let enough = known.impressions >= input.min_impressions;
        (ad.action, ad.reason) = if !enough {
            (
                RotationAction::Keep,
                format!("{measured}; it is judged from {} impressions on.", grouped(input.min_impressions as f64, 0)),
            )
        } else if Some(place) == best && known.p_best >= input.promote_from {
            (RotationAction::Promote, format!("{measured}. It is the winner of its ad set."))
        } else if Some(place) != best && known.p_best < input.pause_below {
            match known.p_best_conversions {
                Some(p) if p >= 0.5 => (
                    RotationAction::Keep,
                    format!(
                        "{measured}, but {} likely to bring most conversions an impression, so it stays.",
                        percent(p)
                    ),
                ),
                _ => (
                    RotationAction::Pause,
                    format!(
                        "{measured}. Showing it instead of the best costs {} of click-through rate.",
                        rate(known.expected_loss)
                    ),
                ),
            }
        } else {
            (RotationAction::Keep, format!("{measured}; that decides nothing yet."))
        };
    }
    judged
}

fn tell(campaign: &str, ads: &[RotatedAd], input: &Input) -> Told {
    let of = |action| ads.iter().filter(move |ad| ad.action == action);
    let (pauses, winners) = (of(RotationAction::Pause).count(), of(RotationAction::Promote).count());
    let title = match (pauses, winners) {
        _ if ads.is_empty() => format!("{campaign} has nothing to compare"),
        (0, 0) => format!("{campaign}: no ad stands out yet"),
        (0, winners) => format!("{campaign}: {}", counted(winners, "winner")),
        (pauses, _) => format!("Pause {} of {campaign}", counted(pauses, "ad")),
    };
    let summary = if ads.is_empty() {
        "No ad set has two or more running ads.".to_owned()
    } else {
        format!(
            "{} were compared by click-through rate. An ad rests when it was shown {} times and is less than {} likely to be the best of its ad set.",
            counted(ads.len(), "ad"),
            grouped(input.min_impressions as f64, 0),
            percent(input.pause_below)
        )
    };
    let mut findings: Vec<Point> = ads
        .iter()
        .map(|ad| Point {
            headline: match ad.action {
                RotationAction::Pause => "Pause".to_owned(),
                RotationAction::Keep => "Keep".to_owned(),
                RotationAction::Promote => "Winner".to_owned(),
            },
            detail: ad.reason.clone(),
            metric: "ctr".to_owned(),
            value: Some(ad.posterior.ctr),
            previous: None,
            change: None,
            severity: match ad.action {
                RotationAction::Pause => "negative",
                RotationAction::Keep => "neutral",
                RotationAction::Promote => "positive",
            }
            .to_owned(),
        })
        .collect();
    findings.sort_by_key(|finding| match finding.headline.as_str() {
        "Pause" => 0,
        "Winner" => 1,
        _ => 2,
    });
    Told { title, summary, findings, figures: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use campaign::{Ad, Audience, BidStrategy, ChannelType, Creative};
    use proptest::prelude::*;
    use rand::{Rng as _, SeedableRng as _};
    use rand_chacha::ChaCha8Rng;

    fn set(ads: usize) -> AdSet {
        AdSet {
            id: "set".into(),
            name: "Set".into(),
            channel_id: "c".into(),
            channel: ChannelType::Sandbox,
            audience: Audience::default(),
            placements: Vec::new(),
            bid_strategy: BidStrategy::default(),
            budget_daily: 1_000,
            status: Delivery::Active,
            ads: (0..ads)
                .map(|n| Ad {
                    id: format!("ad{n}"),
                    name: format!("Ad {n}"),
                    creative: Creative::default(),
                    status: Delivery::Active,
                })
                .collect(),
        }
    }

    fn input() -> Input {
        serde_json::from_value(json!({ "campaign_id": "c" })).unwrap()
    }

    fn measured(rates: &[f64], impressions: i64, random: &mut ChaCha8Rng) -> BTreeMap<String, AdTotals> {
        rates
            .iter()
            .enumerate()
            .map(|(n, rate)| {
                let clicks = (0..impressions).filter(|_| random.random::<f64>() < *rate).count() as i64;
                (format!("ad{n}"), AdTotals { impressions, clicks, conversions: 0.0 })
            })
            .collect()
    }

    fn actions(judged: &[RotatedAd]) -> Vec<RotationAction> {
        judged.iter().map(|ad| ad.action).collect()
    }

    #[test]
    fn the_truly_worst_ad_is_paused_nearly_always_and_the_truly_best_hardly_ever() {
        let mut random = ChaCha8Rng::seed_from_u64(42);
        let (mut worst_paused, mut best_paused) = (0, 0);
        for seed in 0..200 {
            let judged = judge(&set(3), &measured(&[0.030, 0.024, 0.012], 6_000, &mut random), &input(), seed);
            worst_paused += i32::from(judged[2].action == RotationAction::Pause);
            best_paused += i32::from(judged[0].action == RotationAction::Pause);
        }
        assert!(worst_paused >= 195, "the worst was paused in {worst_paused} of 200");
        assert!(best_paused <= 1, "the best was paused in {best_paused} of 200");
    }

    #[test]
    fn nothing_is_paused_before_its_threshold() {
        let totals = BTreeMap::from([
            ("ad0".to_owned(), AdTotals { impressions: 50_000, clicks: 2_500, conversions: 0.0 }),
            ("ad1".to_owned(), AdTotals { impressions: 999, clicks: 0, conversions: 0.0 }),
        ]);
        assert_eq!(actions(&judge(&set(2), &totals, &input(), 1)), [RotationAction::Promote, RotationAction::Keep]);
        let mut seen = totals;
        seen.get_mut("ad1").unwrap().impressions = 1_000;
        assert_eq!(actions(&judge(&set(2), &seen, &input(), 1)), [RotationAction::Promote, RotationAction::Pause]);
    }

    #[test]
    fn few_clicks_that_buy_are_worth_more_than_many_that_do_not() {
        let totals = BTreeMap::from([
            ("ad0".to_owned(), AdTotals { impressions: 20_000, clicks: 1_000, conversions: 2.0 }),
            ("ad1".to_owned(), AdTotals { impressions: 20_000, clicks: 500, conversions: 60.0 }),
        ]);
        let judged = judge(&set(2), &totals, &input(), 1);
        assert_eq!(judged[1].action, RotationAction::Keep);
        assert!(judged[1].reason.contains("conversions"), "{}", judged[1].reason);
    }

    #[test]
    fn an_ad_alone_is_not_judged() {
        assert!(judge(&set(1), &BTreeMap::new(), &input(), 1).is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn one_ad_always_runs_on(counts in prop::collection::vec((0_i64..100_000, 0_i64..5_000, 0_u16..50), 2..7), seed: u64, pause_below in 0.0_f64..0.5) {
            let totals = counts.iter().enumerate().map(|(n, (shown, clicks, bought))| (format!("ad{n}"), AdTotals { impressions: *shown, clicks: *clicks, conversions: f64::from(*bought) })).collect();
            let input = Input { pause_below, min_impressions: 1, ..input() };
            let judged = judge(&set(counts.len()), &totals, &input, seed);
            prop_assert!(judged.iter().any(|ad| ad.action != RotationAction::Pause));
            prop_assert!(judged.iter().filter(|ad| ad.action == RotationAction::Promote).count() <= 1);
        }
    }
}
