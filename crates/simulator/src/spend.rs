//! What the ad platforms report: impressions, clicks and spend, built up from the visits that the clicks led to.

use crate::channel::CHANNELS;
use crate::dice::{Dice, Purpose};
use crate::journey::Outcome;
use serde::Serialize;
use std::fmt::Write as _;

/// Clicks that never reach the pixel (left before it loaded, blocked it), per visit seen.
const LOST_CLICKS: f64 = 0.08;

/// One campaign's day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SpendRow {
    /// `YYYY-MM-DD`, UTC.
    pub date: String,
    /// Source, as the platform is called.
    pub source: &'static str,
    /// Medium.
    pub medium: &'static str,
    /// Campaign, as in the links.
    pub campaign: &'static str,
    /// Times shown.
    pub impressions: u64,
    /// Clicks.
    pub clicks: u64,
    /// Cents.
    pub spend_minor: i64,
    /// ISO 4217.
    pub currency: &'static str,
}

/// A row a day and campaign that cost money, days without a click included: ads are shown then, too.
pub(crate) fn rows(seed: u64, first_day: i64, last_day: i64, outcome: &Outcome) -> Vec<SpendRow> {
    let mut rows = Vec::new();
    for day in first_day..=last_day {
        for (number, channel) in (0_u64..).zip(&CHANNELS) {
            let Some(ads) = channel.ads else { continue };
            for (place, (campaign, share)) in (0_u64..).zip(channel.campaigns) {
                let key = (u64::try_from(day).unwrap_or(0) << 16) | (number << 8) | place;
                let mut dice = Dice::new(seed, key, Purpose::Spend);
                let visits = outcome.clicks.get(&(day, channel.id, *campaign)).copied().unwrap_or(0);
                #[expect(clippy::cast_precision_loss, reason = "a day's visits")]
                let clicks = visits + dice.count(visits as f64 * LOST_CLICKS);
                #[expect(clippy::cast_precision_loss, reason = "a day's clicks")]
                let shown = if clicks == 0 { 20.0 * share } else { clicks as f64 } / (ads.ctr * dice.around(1.0, 0.12));
                #[expect(clippy::cast_precision_loss, reason = "a day's clicks")]
                let cost = clicks as f64 * ads.click_cents * dice.around(1.0, 0.09);
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a day's figures of one campaign"
                )]
                rows.push(SpendRow {
                    date: calendar::format_day(day),
                    source: channel.source,
                    medium: channel.medium,
                    campaign,
                    // No more clicks than impressions, whatever the draw.
                    impressions: (shown as u64).max(clicks),
                    clicks,
                    spend_minor: cost as i64,
                    currency: "EUR",
                });
            }
        }
    }
    rows
}

/// The rows as the CSV file that the import takes; spend in major units.
#[must_use]
pub fn spend_csv(rows: &[SpendRow]) -> String {
    let mut csv = String::from("date,source,medium,campaign,impressions,clicks,spend,currency\n");
    for row in rows {
        // Writing to a string cannot fail.
        let _ = writeln!(
            csv,
            "{},{},{},{},{},{},{}.{:02},{}",
            row.date,
            row.source,
            row.medium,
            row.campaign,
            row.impressions,
            row.clicks,
            row.spend_minor / 100,
            row.spend_minor % 100,
            row.currency,
        );
    }
    csv
}
