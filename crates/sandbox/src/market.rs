//! The audience: what active ads are shown, clicked and bought through, as a function of the account's seed, the ad,
//! the hour and what was switched on at which budget. Nothing is accrued or stored, so asking twice answers the same,
//! and asking later restates earlier days only by the conversions that have come in since.
//!
//! - A budget is paced over the day by a curve of shopping hours and never exceeded on a day of the account's calendar.
//! - An ad's true click rate is drawn from its creative, so that of several variants one really is the worst. A marker
//!   in any of its texts sets it: `[ctr=0.004]`; `[cvr=0.1]` sets how many clicks buy.
//! - A click's purchase comes 0 to 72 hours later and counts for the day of the click, as ad platforms count.

use crate::dice::{Dice, hash};
use crate::object::{Kind, Object};
use crate::world::{HOUR_MS, World};
use campaign::ChannelType;
use std::collections::BTreeMap;

/// Share of a day's budget that each hour of the account's clock may spend; the sum is 1.
const PACE: [f64; 24] = [
    0.018, 0.012, 0.008, 0.006, 0.006, 0.010, 0.020, 0.032, 0.042, 0.048, 0.052, 0.056, 0.060, 0.056, 0.052, 0.050,
    0.052, 0.056, 0.062, 0.070, 0.076, 0.070, 0.052, 0.034,
];
/// The latest a purchase follows its click.
const LAST_PURCHASE_MS: f64 = 72.0 * 3_600_000.0;
/// Orders are drawn around this many major units of the currency.
const ORDER_VALUE: f64 = 48.0;

/// How an audience behaves at a provider.
struct Habits {
    /// Major units for a thousand impressions.
    cpm: f64,
    /// Clicks an impression, of an average ad.
    ctr: f64,
    /// Purchases a click.
    cvr: f64,
}

const fn habits(provider: ChannelType) -> Habits {
    match provider {
        ChannelType::Sandbox => Habits { cpm: 6.0, ctr: 0.018, cvr: 0.030 },
        ChannelType::Meta => Habits { cpm: 8.0, ctr: 0.014, cvr: 0.028 },
        ChannelType::GoogleAds => Habits { cpm: 46.0, ctr: 0.058, cvr: 0.042 },
        ChannelType::Klaviyo => Habits { cpm: 0.0, ctr: 0.0, cvr: 0.0 },
    }
}

/// A budget and the ads that share it.
pub(crate) struct Spender<'a> {
    /// What carries the daily budget.
    pub(crate) holder: &'a Object,
    pub(crate) ads: Vec<Line<'a>>,
}

/// An ad with everything that must be switched on for it to run.
pub(crate) struct Line<'a> {
    pub(crate) ad: &'a Object,
    pub(crate) ad_set: &'a Object,
    pub(crate) campaign: &'a Object,
    /// The ad itself first.
    pub(crate) chain: Vec<&'a Object>,
}

/// What one ad did on one day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Times shown.
    pub impressions: i64,
    /// Times clicked.
    pub clicks: i64,
    /// Micros of the account's currency.
    pub spend_micros: i64,
    /// Purchases known by now.
    pub conversions: i64,
    /// Their value, micros.
    pub value_micros: i64,
}

impl Figures {
    /// Adds another's.
    pub fn add(&mut self, other: &Self) {
        self.impressions += other.impressions;
        self.clicks += other.clicks;
        self.spend_micros += other.spend_micros;
        self.conversions += other.conversions;
        self.value_micros += other.value_micros;
    }
}

/// One ad's day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdDay {
    /// The ad's id at the provider.
    pub ad: String,
    /// Its ad set's.
    pub ad_set: String,
    /// Its campaign's.
    pub campaign: String,
    /// Days since 1970-01-01 on the account's calendar.
    pub local_day: i64,
    /// What it did.
    pub figures: Figures,
}

/// The budgets of an account and who shares them, removed things too: what they spent stays spent.
pub(crate) fn spenders(world: &World) -> Vec<Spender<'_>> {
    let mut found: BTreeMap<&str, Spender<'_>> = BTreeMap::new();
    for ad in world.objects.values().filter(|object| object.kind == Kind::Ad) {
        let Some(ad_set) = world.objects.get(&ad.parent) else { continue };
        let Some(campaign) = world.objects.get(&ad_set.parent) else { continue };
        let budget = world.objects.get(campaign.text("budget_id"));
        let Some(holder) = [Some(ad_set), Some(campaign), budget].into_iter().flatten().find(|o| !o.budgets.is_empty())
        else {
            continue;
        };
        let line = Line { ad, ad_set, campaign, chain: vec![ad, ad_set, campaign] };
        found.entry(&holder.id).or_insert_with(|| Spender { holder, ads: Vec::new() }).ads.push(line);
    }
    found.into_values().collect()
}

/// What every ad did on every day of `from_day..=to_day`, as known at `now`; days without impressions are left out.
#[must_use]
pub fn days(world: &World, from_day: i64, to_day: i64, now: i64) -> Vec<AdDay> {
    let mut found = Vec::new();
    for spender in spenders(world) {
        let first = spender.holder.budgets.first().map_or(now, |(at, _)| *at);
        // A limit on the whole run needs the whole run; else days are independent of each other.
        let limited = spender.ads.iter().any(|line| spend_limit(line.campaign) > 0);
        let zone = world.zone();
        let start = if limited { first } else { first.max(zone.day_start_ms(from_day)) };
        let end = now.min(zone.day_start_ms(to_day + 1));
        for (index, days) in run(world, &spender, start, end, now).into_iter().enumerate() {
            let Some(line) = spender.ads.get(index) else { continue };
            found.extend(days.range(from_day..=to_day).filter(|(_, figures)| figures.impressions > 0).map(
                |(local_day, figures)| AdDay {
                    ad: line.ad.id.clone(),
                    ad_set: line.ad_set.id.clone(),
                    campaign: line.campaign.id.clone(),
                    local_day: *local_day,
                    figures: *figures,
                },
            ));
        }
    }
    found.sort_by(|a, b| {
        (a.local_day, &a.campaign, &a.ad_set, &a.ad).cmp(&(b.local_day, &b.campaign, &b.ad_set, &b.ad))
    });
    found
}

/// Micros a campaign may spend over its whole run; 0 for no limit.
fn spend_limit(campaign: &Object) -> i64 {
    campaign.body.get("spend_limit_micros").and_then(serde_json::Value::as_i64).unwrap_or(0)
}

fn bound(object: &Object, field: &str, otherwise: i64) -> i64 {
    object.body.get(field).and_then(serde_json::Value::as_i64).unwrap_or(otherwise)
}

/// Walks the hours from `start` to `end`: per ad, its days.
fn run(world: &World, spender: &Spender<'_>, start: i64, end: i64, now: i64) -> Vec<BTreeMap<i64, Figures>> {
    let zone = world.zone();
    let mut result: Vec<BTreeMap<i64, Figures>> = spender.ads.iter().map(|_| BTreeMap::new()).collect();
    let tastes: Vec<Taste> = spender.ads.iter().map(|line| Taste::of(world, line)).collect();
    let limit = spender.ads.iter().map(|line| spend_limit(line.campaign)).filter(|limit| *limit > 0).min();
    // Moments at which anything may change within an hour.
    let mut changes: Vec<i64> = spender.holder.budgets.iter().map(|(at, _)| *at).collect();
    for line in &spender.ads {
        for object in &line.chain {
            changes.extend(object.switched.iter().map(|(at, _)| *at));
            changes.extend([bound(object, "starts_at", 0), bound(object, "ends_at", 0)]);
        }
    }
    changes.sort_unstable();
    changes.dedup();

    let mut spent_today = 0;
    let mut spent_ever = 0;
    let mut today = i64::MIN;
    let mut hour = start - start.rem_euclid(HOUR_MS);
    while hour < end {
        let local_hour = zone.local_hour(hour);
        let day = local_hour.div_euclid(24);
        if day != today {
            (today, spent_today) = (day, 0);
        }
        let pace = usize::try_from(local_hour.rem_euclid(24)).ok().and_then(|index| PACE.get(index)).unwrap_or(&0.04);
        let step = (hour - world.account.opened_at).div_euclid(HOUR_MS).cast_unsigned();
        let mood = Dice::new(world.account.seed, hash(&spender.holder.id), step).between(0.90, 1.0);

        let mut spends = vec![0_i64; spender.ads.len()];
        let mut from = hour;
        let stop = (hour + HOUR_MS).min(end);
        while from < stop {
            let next = changes.iter().copied().find(|at| *at > from).unwrap_or(stop).min(stop);
            let running: Vec<bool> = spender.ads.iter().map(|line| runs_at(line, from)).collect();
            let weight: f64 = running.iter().zip(&tastes).filter(|(on, _)| **on).map(|(_, taste)| taste.weight).sum();
            let budget = spender.holder.budget_at(from);
            let mut room = (budget - spent_today).max(0);
            if let Some(limit) = limit {
                room = room.min((limit - spent_ever).max(0));
            }
            if weight > 0.0 && room > 0 {
                let share = pace * mood * as_f64(next - from) / as_f64(HOUR_MS);
                let wanted = whole(as_f64(budget) * share).min(room);
                for ((spend, on), taste) in spends.iter_mut().zip(&running).zip(&tastes) {
                    if *on {
                        let part = whole(as_f64(wanted) * taste.weight / weight);
                        *spend += part;
                        spent_today += part;
                        spent_ever += part;
                    }
                }
            }
            from = next;
        }
        for ((spend, taste), days) in spends.iter().zip(&tastes).zip(&mut result) {
            if *spend > 0 {
                days.entry(day).or_default().add(&taste.hour(world.account.seed, step, hour, *spend, now));
            }
        }
        hour += HOUR_MS;
    }
    result
}

fn runs_at(line: &Line<'_>, at: i64) -> bool {
    line.chain.iter().all(|object| {
        object.active_at(at) && at >= bound(object, "starts_at", i64::MIN) && at < bound(object, "ends_at", i64::MAX)
    })
}

/// How the audience takes to one ad.
struct Taste {
    key: u64,
    /// Its share of a budget, among those that run.
    weight: f64,
    /// Micros for an impression.
    impression_micros: f64,
    ctr: f64,
    cvr: f64,
    /// Micros.
    order_value: f64,
}

impl Taste {
    fn of(world: &World, line: &Line<'_>) -> Self {
        let habits = habits(world.account.provider);
        let creative = world.objects.get(line.ad.text("creative_id"));
        let mut texts = serde_json::to_string(&line.ad.body).unwrap_or_default();
        texts.push_str(&line.ad.name);
        if let Some(creative) = creative {
            texts.push_str(&serde_json::to_string(&creative.body).unwrap_or_default());
        }
        let key = hash(&line.ad.id);
        let mut dice = Dice::new(world.account.seed, key, u64::MAX);
        let scale = currency_scale(&world.account.currency);
        let cpm = habits.cpm * scale * dice.between(0.85, 1.15);
        let weight = dice.between(0.9, 1.1);
        let ctr = habits.ctr * (0.35 * dice.normal()).exp();
        let cvr = habits.cvr * (0.20 * dice.normal()).exp();
        Self {
            key,
            weight,
            impression_micros: cpm * 1_000.0,
            ctr: marker(&texts, "[ctr=").unwrap_or(ctr).clamp(0.0, 1.0),
            cvr: marker(&texts, "[cvr=").unwrap_or(cvr).clamp(0.0, 1.0),
            order_value: ORDER_VALUE * scale * 1e6,
        }
    }

    /// What a spend bought in an hour. The same clicks come in the same order however much of the hour has passed, so
    /// figures only grow.
    fn hour(&self, seed: u64, step: u64, hour: i64, spend: i64, now: i64) -> Figures {
        let mut dice = Dice::new(seed, self.key, step);
        let price = self.impression_micros * dice.between(0.9, 1.1);
        let impressions = whole(as_f64(spend) / price);
        let mut figures = Figures { impressions, spend_micros: spend, ..Figures::default() };
        let mut shown = dice.tries(self.ctr);
        while shown <= impressions {
            figures.clicks += 1;
            let buys = dice.unit() < self.cvr;
            let delay = purchase_delay(&mut dice);
            let value = whole(self.order_value * (0.45 * dice.normal()).exp());
            let clicked = hour + whole(as_f64(HOUR_MS) * as_f64(shown) / as_f64(impressions.max(1)));
            if buys && clicked.saturating_add(delay) <= now {
                figures.conversions += 1;
                figures.value_micros += value - value % 10_000;
            }
            shown = shown.saturating_add(dice.tries(self.ctr));
        }
        figures
    }
}

/// From a click to its purchase, ms: most within the hour, some the next days, none after three.
fn purchase_delay(dice: &mut Dice) -> i64 {
    let kind = dice.unit();
    let at = dice.unit();
    whole(match kind {
        kind if kind < 0.45 => at * 3_600_000.0,
        kind if kind < 0.80 => at * 24.0 * 3_600_000.0,
        _ => at * LAST_PURCHASE_MS,
    })
}

/// Prices are drawn in amounts of a dollar or euro; a yen buys less.
fn currency_scale(currency: &str) -> f64 {
    match currency {
        "JPY" => 150.0,
        "KRW" => 1_300.0,
        _ => 1.0,
    }
}

fn marker(texts: &str, opening: &str) -> Option<f64> {
    let (_, rest) = texts.split_once(opening)?;
    rest.split_once(']')?.0.trim().parse().ok()
}

/// What an e-mail did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct EmailFigures {
    pub(crate) recipients: i64,
    pub(crate) delivered: i64,
    pub(crate) bounced: i64,
    pub(crate) opens: i64,
    pub(crate) opens_unique: i64,
    pub(crate) clicks: i64,
    pub(crate) clicks_unique: i64,
    pub(crate) unsubscribes: i64,
    pub(crate) conversions: i64,
    pub(crate) value_micros: i64,
}

/// What an e-mail to so many has done by `now`. Subject and body carry the markers `[open=0.3]`, `[ctr=0.05]` (clicks
/// an opening) and `[cvr=0.1]`.
pub(crate) fn email(world: &World, id: &str, texts: &str, recipients: i64, sent_at: i64, now: i64) -> EmailFigures {
    let key = hash(id);
    let mut dice = Dice::new(world.account.seed, key, u64::MAX);
    let opening = marker(texts, "[open=").unwrap_or(0.36 * (0.15 * dice.normal()).exp()).clamp(0.0, 1.0);
    let clicking = marker(texts, "[ctr=").unwrap_or(0.085 * (0.25 * dice.normal()).exp()).clamp(0.0, 1.0);
    let buying = marker(texts, "[cvr=").unwrap_or(0.06 * (0.2 * dice.normal()).exp()).clamp(0.0, 1.0);
    let value_median = ORDER_VALUE * currency_scale(&world.account.currency) * 1e6;
    let mut figures = EmailFigures { recipients, ..EmailFigures::default() };
    for recipient in 0..recipients.max(0) {
        let mut dice = Dice::new(world.account.seed, key, recipient.cast_unsigned());
        if dice.unit() < 0.012 {
            figures.bounced += 1;
            continue;
        }
        figures.delivered += i64::from(sent_at + whole(dice.unit() * 300_000.0) <= now);
        let opens = dice.unit() < opening;
        // Most open within hours; three days later nobody does.
        let opened = sent_at + whole((-(1.0 - dice.unit()).ln() * 6.0 * 3_600_000.0).min(LAST_PURCHASE_MS));
        if !opens || opened > now {
            continue;
        }
        figures.opens_unique += 1;
        figures.opens += 1 + i64::from(dice.unit() < 0.3);
        figures.unsubscribes += i64::from(dice.unit() < 0.004);
        let clicks = dice.unit() < clicking;
        let again = dice.unit() < 0.2;
        let buys = dice.unit() < buying;
        let clicked = opened + whole(dice.unit() * 120_000.0);
        let bought = clicked + purchase_delay(&mut dice);
        let value = whole(value_median * (0.45 * dice.normal()).exp());
        if clicks && clicked <= now {
            figures.clicks_unique += 1;
            figures.clicks += 1 + i64::from(again);
            if buys && bought <= now {
                figures.conversions += 1;
                figures.value_micros += value - value % 10_000;
            }
        }
    }
    figures
}

#[expect(clippy::cast_precision_loss, reason = "money of a day and milliseconds of an hour stay far below 2^53")]
fn as_f64(number: i64) -> f64 {
    number as f64
}

#[expect(clippy::cast_possible_truncation, reason = "the cast saturates, and these numbers stay far below")]
fn whole(number: f64) -> i64 {
    number.floor() as i64
}
