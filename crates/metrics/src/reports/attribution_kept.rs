//! The credits that are kept for the default model at the site's look-back, folded by channel, source and campaign. D1
//! alone keeps them. No rows while any of the site's credits may have changed since: then there is nothing to be
//! believed.

use calendar::DateRange;
use serde::{Deserialize, Serialize};

use super::{of_site, whole};
use crate::{Dialect, Scope, Statement, dialect::Writer};

/// What one campaign of one source was credited with, under what terms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Channel group; empty for orders that no touch led to.
    pub channel: String,
    /// Normalised source.
    pub source: String,
    /// Campaign.
    pub campaign: String,
    /// Conversions, in fractions.
    pub conversions: f64,
    /// Minor units.
    #[serde(deserialize_with = "whole")]
    pub value_minor: i64,
    /// Orders of which this is the first row: over all rows, each order once.
    #[serde(deserialize_with = "whole")]
    pub orders: i64,
    /// The model.
    pub model: String,
    /// Days looked back.
    #[serde(deserialize_with = "whole")]
    pub window_days: i64,
    /// ISO 4217.
    pub currency: String,
}

/// The credits of the range's orders.
#[must_use]
pub fn statement(scope: &Scope, range: &DateRange) -> Statement {
    let mut writer = Writer::of(Dialect::D1, scope);
    let (of_credits, of_marks) = (of_site(&mut writer, scope, "a"), of_site(&mut writer, scope, "u"));
    let hours = range.local_hours();
    let (start, end) = (writer.integer(hours.start), writer.integer(hours.end));
    let sql = format!(
        "SELECT a.channel AS channel, a.source AS source, a.campaign AS campaign, SUM(a.share) AS conversions, \
         SUM(a.value_minor) AS value_minor, SUM(a.place = 1) AS orders, a.model AS model, \
         a.window_days AS window_days, a.currency AS currency\n\
         FROM attributions a\n\
         WHERE {of_credits} AND a.local_hour >= {start} AND a.local_hour < {end}\n\
         AND NOT EXISTS (SELECT 1 FROM unsettled u WHERE {of_marks})\n\
         GROUP BY 1, 2, 3, 7, 8, 9"
    );
    writer.finish(sql)
}
