//! The attribution report: what each channel was credited with, beside what it cost and brought.
//!
//! Pure: credits come from `attribution`, spend and visits from the metric catalog, both already loaded. A ratio whose
//! divisor is 0 is `None`, never 0 or infinity.

use std::collections::BTreeMap;

use attribution::{Totals, Touch, UNASSIGNED_CHANNEL, UNASSIGNED_SOURCE};
use campaign::ChannelType;
use connector::ad_spend::Place;
use metrics::Dimension;
use study::holdouts::Calibrated;

use crate::store::claims::ClaimRecord;
use crate::wire::attribution::{ChannelRow, ChannelTotal, ClaimRow, ComparedCredit, ComparedFactor, ComparedRow};

/// What a row of the report stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grouping {
    /// A channel.
    Channel,
    /// A source within a channel.
    Source,
    /// A campaign of a source within a channel.
    Campaign,
}

/// A row's channel, source and campaign as people read them; `None` where the grouping does not tell.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Channel group.
    pub channel: String,
    /// Source.
    pub source: Option<String>,
    /// Campaign.
    pub campaign: Option<String>,
}

impl Key {
    /// In one line, for lists and graphs.
    #[must_use]
    pub fn label(&self) -> String {
        let parts = [Some(&self.channel), self.source.as_ref(), self.campaign.as_ref()];
        parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" · ")
    }
}

/// What a row cost and brought, from the metric catalog.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Brought {
    /// Minor units.
    pub spend: i64,
    /// Times shown.
    pub impressions: i64,
    /// Times clicked.
    pub clicks: i64,
    /// Visits.
    pub sessions: i64,
}

impl Grouping {
    /// The catalog's dimensions of a row, in the order of [`Grouping::key_of`].
    #[must_use]
    pub fn dimensions(self) -> &'static [Dimension] {
        match self {
            Self::Channel => &[Dimension::Channel],
            Self::Source => &[Dimension::Channel, Dimension::Source],
            Self::Campaign => &[Dimension::Channel, Dimension::Source, Dimension::Campaign],
        }
    }

    /// The row of a key the catalog answered.
    #[must_use]
    pub fn key_of(self, parts: &[String]) -> Key {
        let part = |at: usize| parts.get(at).cloned();
        Key { channel: part(0).unwrap_or_default(), source: part(1), campaign: part(2) }
    }

    /// The row of a touch; of an order that no touch led to, with `None`.
    #[must_use]
    pub fn key(self, touch: Option<&Touch>) -> Key {
        let shown = |text: &str, empty: &str| if text.is_empty() { empty.to_owned() } else { text.to_owned() };
        let (channel, source, campaign) = touch
            .map_or(("", "", ""), |touch| (touch.channel.as_str(), touch.source.as_str(), touch.campaign.as_str()));
        let channel = shown(channel, UNASSIGNED_CHANNEL);
        let source = shown(source, UNASSIGNED_SOURCE);
        let campaign = shown(campaign, Dimension::Campaign.empty());
        match self {
            Self::Channel => Key { channel, source: None, campaign: None },
            Self::Source => Key { channel, source: Some(source), campaign: None },
            Self::Campaign => Key { channel, source: Some(source), campaign: Some(campaign) },
        }
    }
}

/// The rows, highest value first, and their total. Rows in which everything is 0 are left out.
#[must_use]
pub fn report(
    credits: &BTreeMap<Key, Totals>,
    brought: &BTreeMap<Key, Brought>,
    orders: i64,
) -> (Vec<ChannelRow>, ChannelTotal) {
    let mut keys: Vec<&Key> = credits.keys().chain(brought.keys()).collect();
    keys.sort();
    keys.dedup();
    let mut rows = Vec::with_capacity(keys.len());
    let mut sum = Brought::default();
    let mut value_sum = 0_i64;
    for key in keys {
        let credit = credits.get(key).copied().unwrap_or_default();
        let brought = brought.get(key).copied().unwrap_or_default();
        if credit == Totals::default() && brought == Brought::default() {
            continue;
        }
        sum.spend += brought.spend;
        sum.impressions += brought.impressions;
        sum.clicks += brought.clicks;
        sum.sessions += brought.sessions;
        value_sum += credit.value_minor;
        let (conversions, value) = (credit.conversions, credit.value_minor);
        rows.push(ChannelRow {
            channel: key.channel.clone(),
            source: key.source.clone().unwrap_or_default(),
            campaign: key.campaign.clone(),
            conversions,
            value,
            spend: brought.spend,
            impressions: brought.impressions,
            clicks: brought.clicks,
            sessions: brought.sessions,
            ctr: ratio(whole(brought.clicks), whole(brought.impressions)),
            cvr: ratio(conversions, whole(brought.sessions)),
            cpa: ratio(whole(brought.spend), conversions),
            roas: ratio(whole(value), whole(brought.spend)),
            aov: ratio(whole(value), conversions),
        });
    }
    rows.sort_by(|a, b| {
        (b.value, b.spend, b.sessions)
            .cmp(&(a.value, a.spend, a.sessions))
            .then_with(|| (&a.channel, &a.source, &a.campaign).cmp(&(&b.channel, &b.source, &b.campaign)))
    });
    // Fractions of conversions sum to the number of orders but for rounding; the count itself is exact.
    let conversions = whole(orders);
    let roas = ratio(whole(value_sum), whole(sum.spend));
    let total = ChannelTotal {
        conversions,
        value: value_sum,
        spend: sum.spend,
        impressions: sum.impressions,
        clicks: sum.clicks,
        sessions: sum.sessions,
        ctr: ratio(whole(sum.clicks), whole(sum.impressions)),
        cvr: ratio(conversions, whole(sum.sessions)),
        cpa: ratio(whole(sum.spend), conversions),
        roas,
        aov: ratio(whole(value_sum), conversions),
        // Over the whole shop both are revenue over spend; see the catalog's `mer`.
        mer: roas,
    };
    (rows, total)
}

/// All models beside what each row cost, most credit first. `keys` has the key of every name in the comparison.
#[must_use]
pub fn compared(
    comparison: &attribution::Comparison,
    keys: &BTreeMap<String, Key>,
    brought: &BTreeMap<Key, Brought>,
) -> Vec<ComparedRow> {
    let row = |(at, name): (usize, &String)| {
        let key = keys.get(name)?;
        let about = comparison.disagreement.get(at)?;
        let spend = brought.get(key).map_or(0, |brought| brought.spend);
        let credit = |model: &attribution::Compared| {
            let credit = model.credits.get(at).copied().unwrap_or_default();
            let interval = model.intervals.get(at).copied().unwrap_or_default();
            ComparedCredit {
                model: model.id.to_owned(),
                conversions: credit.conversions,
                conversions_low: interval.conversions.low,
                conversions_high: interval.conversions.high,
                value: rounded(credit.value),
                value_low: rounded(interval.value.low),
                value_high: rounded(interval.value.high),
                cpa: ratio(whole(spend), credit.conversions),
                roas: ratio(credit.value, whole(spend)),
            }
        };
        Some(ComparedRow {
            channel: key.channel.clone(),
            source: key.source.clone().unwrap_or_default(),
            campaign: key.campaign.clone(),
            spend,
            credits: comparison.models.iter().map(credit).collect(),
            low: about.low,
            low_model: about.low_model.clone(),
            high: about.high,
            high_model: about.high_model.clone(),
            mean: about.mean,
            disagreement: about.spread,
            removal_effect: comparison.markov.removal_conversions.get(at).copied().unwrap_or(0.0),
            factor: None,
        })
    };
    let mut rows: Vec<ComparedRow> = comparison.channels.iter().enumerate().filter_map(row).collect();
    rows.sort_by(|a, b| {
        b.mean
            .total_cmp(&a.mean)
            .then_with(|| (&a.channel, &a.source, &a.campaign).cmp(&(&b.channel, &b.source, &b.campaign)))
    });
    rows
}

/// What platforms claim beside what their source is credited with, most claimed first.
#[must_use]
pub fn held_against(claims: &[ClaimRecord], credits: &BTreeMap<Key, Totals>) -> Vec<ClaimRow> {
    let row = |provider: ChannelType| {
        let claim = claims.iter().find(|claim| claim.provider == provider.as_str())?;
        let place = Place::of(provider);
        let key = Key { channel: place.channel.to_owned(), source: Some(place.source.clone()), campaign: None };
        let credit = credits.get(&key).copied().unwrap_or_default();
        let spend = whole(claim.spend);
        // What an account in another currency claims has no spend beside it.
        let (claimed, conversions) = (claim.conversions - claim.foreign, credit.conversions);
        Some(ClaimRow {
            provider: provider.as_str(),
            channel: place.channel,
            source: place.source,
            claimed_conversions: claim.conversions,
            claimed_value: claim.value,
            conversions,
            value: credit.value_minor,
            spend: claim.spend,
            times: ratio(claim.conversions, conversions),
            claimed_cpa: ratio(spend, claimed),
            cpa: ratio(spend, conversions).filter(|_| claim.foreign == 0.0),
            claimed_roas: ratio(whole(claim.value), spend),
            roas: ratio(whole(credit.value_minor), spend).filter(|_| claim.foreign == 0.0),
            foreign: claim.foreign,
        })
    };
    let mut rows: Vec<ClaimRow> = ChannelType::ALL.into_iter().filter_map(row).collect();
    rows.sort_by(|a, b| b.claimed_conversions.total_cmp(&a.claimed_conversions));
    rows
}

/// Adds to each channel's row what tests say of it, as one more model's credit and as a factor.
pub fn calibrate(rows: &mut [ComparedRow], model: &str, calibrated: &Calibrated) {
    for row in rows {
        let own = calibrated.channels.iter().find(|one| one.channel == row.channel);
        let (conversions, value) = own.map_or(([0.0; 3], [0.0; 3]), |own| (own.conversions, own.value));
        row.credits.push(ComparedCredit {
            model: model.to_owned(),
            conversions: conversions[0],
            conversions_low: conversions[1],
            conversions_high: conversions[2],
            value: rounded(value[0]),
            value_low: rounded(value[1]),
            value_high: rounded(value[2]),
            cpa: ratio(whole(row.spend), conversions[0]),
            roas: ratio(value[0], whole(row.spend)),
        });
        row.factor = own
            .and_then(|own| own.factor.map(|[value, low, high]| ComparedFactor { value, low, high, tests: own.tests }));
    }
}

#[expect(clippy::cast_possible_truncation, reason = "amounts stay below 2^53")]
fn rounded(amount: f64) -> i64 {
    amount.round() as i64
}

#[expect(clippy::cast_precision_loss, reason = "counts and amounts stay below 2^53")]
fn whole(number: i64) -> f64 {
    number as f64
}

fn ratio(over: f64, under: f64) -> Option<f64> {
    // A share this small is what is left of rounding, not a conversion.
    (under.abs() > 1e-9).then(|| over / under)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(channel: &str, source: &str) -> Key {
        Key { channel: channel.into(), source: Some(source.into()), campaign: None }
    }

    #[test]
    fn credits_and_costs_meet_in_one_row() {
        let credits = BTreeMap::from([
            (key("Paid Search", "google"), Totals { conversions: 2.5, value_minor: 25_000 }),
            (key("Direct", "direct"), Totals { conversions: 0.5, value_minor: 5_000 }),
        ]);
        let brought = BTreeMap::from([
            (key("Paid Search", "google"), Brought { spend: 10_000, impressions: 1000, clicks: 50, sessions: 40 }),
            (key("Paid Social", "facebook"), Brought { spend: 3_000, impressions: 0, clicks: 0, sessions: 0 }),
        ]);
        let (rows, total) = report(&credits, &brought, 3);
        let names: Vec<&str> = rows.iter().map(|row| row.channel.as_str()).collect();
        assert_eq!(names, ["Paid Search", "Direct", "Paid Social"]);
        let search = &rows[0];
        assert_eq!((search.ctr, search.cvr), (Some(0.05), Some(0.0625)));
        assert_eq!((search.cpa, search.roas, search.aov), (Some(4000.0), Some(2.5), Some(10_000.0)));
        assert_eq!((total.conversions, total.value, total.spend), (3.0, 30_000, 13_000));
        assert_eq!(total.mer, total.roas);
    }

    #[test]
    fn a_claim_stands_beside_the_credit_of_its_links() {
        let credits = BTreeMap::from([
            (key("Paid Search", "google"), Totals { conversions: 10.0, value_minor: 100_000 }),
            // Nobody paid for this.
            (key("Organic Search", "google"), Totals { conversions: 90.0, value_minor: 900_000 }),
            (key("Paid Social", "facebook"), Totals { conversions: 4.0, value_minor: 20_000 }),
        ]);
        let claim = |provider: &str, conversions: f64, value: i64, spend: i64, foreign: f64| ClaimRecord {
            provider: provider.into(),
            conversions,
            value,
            spend,
            foreign,
        };
        let claims = [
            claim("google_ads", 15.0, 150_000, 50_000, 0.0),
            claim("klaviyo", 3.0, 9_000, 0, 0.0),
            claim("meta", 20.0, 40_000, 10_000, 10.0),
        ];
        let rows = held_against(&claims, &credits);
        let names: Vec<&str> = rows.iter().map(|row| row.provider).collect();
        assert_eq!(names, ["meta", "google_ads", "klaviyo"]);
        let google = &rows[1];
        assert_eq!((google.conversions, google.times), (10.0, Some(1.5)));
        assert_eq!((google.claimed_roas, google.roas), (Some(3.0), Some(2.0)));
        assert_eq!((google.cpa.map(f64::round), google.claimed_cpa.map(f64::round)), (Some(5_000.0), Some(3_333.0)));
        // Half of what it claims comes from an account in another currency: what an order cost is not known.
        let meta = &rows[0];
        assert_eq!((meta.times, meta.claimed_cpa, meta.cpa, meta.roas), (Some(5.0), Some(1_000.0), None, None));
        assert_eq!((rows[2].times, rows[2].claimed_roas, rows[2].claimed_cpa), (None, None, Some(0.0)));
    }

    #[test]
    fn a_ratio_without_divisor_is_null() {
        let credits = BTreeMap::from([(key("Direct", "direct"), Totals { conversions: 1.0, value_minor: 100 })]);
        let (rows, total) = report(&credits, &BTreeMap::new(), 1);
        let row = serde_json::to_value(&rows[0]).unwrap();
        for (name, expected) in [("ctr", true), ("cvr", true), ("roas", true), ("cpa", false), ("aov", false)] {
            assert_eq!(row[name].is_null(), expected, "{name}");
        }
        assert_eq!(row["cpa"], 0.0);
        assert!(total.roas.is_none() && total.ctr.is_none());
        let (rows, total) = report(&BTreeMap::new(), &BTreeMap::new(), 0);
        assert!(rows.is_empty() && total.aov.is_none() && total.cpa.is_none());
    }

    #[test]
    fn a_key_reads_the_same_from_a_touch_and_from_the_catalog() {
        let touch = Touch {
            id: "e".into(),
            t: 0,
            number: 1,
            channel: "Email".into(),
            source: "klaviyo".into(),
            medium: "email".into(),
            campaign: String::new(),
            ..Touch::default()
        };
        for grouping in [Grouping::Channel, Grouping::Source, Grouping::Campaign] {
            let parts = ["Email", "klaviyo", "(none)"].map(str::to_owned);
            let parts = &parts[..grouping.dimensions().len()];
            assert_eq!(grouping.key(Some(&touch)), grouping.key_of(parts));
            let parts = ["Unassigned", "(none)", "(none)"].map(str::to_owned);
            let parts = &parts[..grouping.dimensions().len()];
            assert_eq!(grouping.key(None), grouping.key_of(parts));
        }
    }
}
