//! Stock by variant: what sells, how long it lasts, what runs out and what to order now.
//!
//! A long study forecasts the units of every variant, of every product of several variants and of the shop, and makes
//! them add up ([`Outlook`], piece by piece). What is on hand is laid against it when somebody asks ([`Outlook::table`]), so that
//! other lead times or service levels are answered at once. Forecasts, reconciliation and stock arithmetic are crate
//! `forecast`'s; which sales belong to which variant is [`goods`]'. Pure: rows in, answers out.
//!
//! Days are days of the site's wall clock, counted since 1970-01-01.

pub mod goods;
mod outlook;
mod table;

use problem::{FieldError, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::forecast::{Ahead, Was};

pub use outlook::{Outlook, Read};

/// Days of sales that are read: a year.
pub const MOST_DAYS: i64 = 365;
/// Variants of a shop that are read.
pub const MOST_VARIANTS: usize = 10_000;
/// Variants forecast one by one: those that sold most units in the days read.
pub const MOST_FORECAST: usize = 1_000;
/// Days without a sale after which stock is dead.
pub const DEAD_DAYS: i64 = 90;
/// Most days from order to arrival.
pub const MOST_LEAD: i64 = 180;
/// Most days between two orders.
pub const MOST_REVIEW: i64 = 90;
/// Most rows of a page.
pub const MOST_ROWS: i64 = 200;

/// What is to be forecast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = StockQuestion)]
pub struct Question {
    /// Days ahead.
    pub horizon_days: usize,
}

impl Default for Question {
    fn default() -> Self {
        Self { horizon_days: 60 }
    }
}

impl Question {
    /// Whether it can be answered.
    ///
    /// # Errors
    /// 422 naming `/horizon_days`.
    pub fn check(&self) -> Result<(), Problem> {
        if (14..=180).contains(&self.horizon_days) {
            return Ok(());
        }
        Err(Problem::invalid_field("/horizon_days", format!("must be 14 to 180, found {}", self.horizon_days)))
    }
}

/// How the shop orders.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = StockTerms)]
pub struct Terms {
    /// Days from order to arrival, 0 to 180.
    #[schema(minimum = 0, maximum = 180)]
    pub lead_days: i64,
    /// Days between two orders, 1 to 90: what is ordered now has to last until the order after it arrives.
    #[schema(minimum = 1, maximum = 90)]
    pub review_days: i64,
    /// How often there is to be enough until then: a fraction, 0.5 to 0.999.
    #[schema(minimum = 0.5, maximum = 0.999)]
    pub service_level: f64,
    /// What one order costs whatever its size, minor units of the site's currency; null where orders are not to be made
    /// larger for it.
    #[schema(minimum = 1, maximum = 100000000)]
    pub order_cost: Option<i64>,
    /// What holding stock costs a year: a fraction of its cost, 0.01 to 2. It counts beside `order_cost` only.
    #[schema(minimum = 0.01, maximum = 2.0)]
    pub holding_rate: f64,
}

impl Default for Terms {
    fn default() -> Self {
        Self { lead_days: 14, review_days: 7, service_level: 0.95, order_cost: None, holding_rate: 0.25 }
    }
}

impl Terms {
    /// Whether they can be; `before` stands before the names of fields.
    ///
    /// # Errors
    /// 422 naming each field that cannot.
    pub fn check(&self, before: &str) -> Result<(), Problem> {
        let mut errors = Vec::new();
        let mut wanted = |fine: bool, field: &str, what: &str| {
            if !fine {
                errors.push(FieldError::new(format!("{before}{field}"), format!("must be {what}")));
            }
        };
        wanted((0..=MOST_LEAD).contains(&self.lead_days), "lead_days", "0 to 180");
        wanted((1..=MOST_REVIEW).contains(&self.review_days), "review_days", "1 to 90");
        wanted((0.5..=0.999).contains(&self.service_level), "service_level", "a fraction from 0.5 to 0.999");
        let fine = self.order_cost.is_none_or(|cost| (1..=100_000_000).contains(&cost));
        wanted(fine, "order_cost", "1 to 100000000 minor units");
        wanted((0.01..=2.0).contains(&self.holding_rate), "holding_rate", "a fraction from 0.01 to 2");
        if errors.is_empty() { Ok(()) } else { Err(Problem::invalid(errors)) }
    }
}

/// Which variants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = StockShow)]
pub enum Show {
    /// All of them.
    All,
    /// Those to order now.
    Order,
    /// Those expected to be gone before an order placed today arrives.
    RunsOut,
    /// Those with stock that has not sold for 90 days.
    Dead,
    /// Those whose stock is not known.
    Unknown,
    /// Those that are not forecast one by one.
    LeftOut,
}

/// What the variants are ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = StockSort)]
pub enum Sort {
    /// What runs out first: the chance to run out, then the days it lasts.
    Risk,
    /// Product and variant.
    Product,
    /// Units on hand.
    OnHand,
    /// Units sold a day.
    Demand,
    /// Days it lasts.
    Cover,
    /// The stock at which to order.
    ReorderPoint,
    /// Units to order now.
    OrderNow,
    /// Stock at cost.
    Value,
}

/// What is asked of a study that is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ask {
    /// How the shop orders.
    pub terms: Terms,
    /// Part of a product's, variant's or vendor's name or of a SKU; empty for all.
    pub search: String,
    /// Which variants.
    pub show: Show,
    /// Ordered by what.
    pub sort: Sort,
    /// Turns the order round.
    pub reverse: bool,
    /// Rows of a page.
    pub limit: usize,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// A site's stock.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Stock)]
pub struct Answer {
    /// ISO 4217 code of amounts.
    pub currency: String,
    /// First day of sales that was read, `YYYY-MM-DD`.
    pub sales_from: String,
    /// Last whole day of sales that is known, `YYYY-MM-DD`; the forecast begins the day after.
    pub sales_until: String,
    /// When products were last imported, UTC ms: stock is as it was then. Null where there are none.
    pub stock_at: Option<i64>,
    /// Days forecast.
    pub horizon_days: usize,
    /// How variants, products and shop were made to add up: `mint_wls`, trace minimisation with the forecasts' own errors as
    /// weights.
    pub reconciled_by: String,
    /// The terms the figures hold for.
    pub terms: Terms,
    /// Units the shop is expected to sell over the days forecast; four times in five it is within the range.
    pub expected: Range,
    /// All variants together, whatever is shown.
    pub totals: Totals,
    /// Variants that match.
    pub matching: usize,
    /// The variants.
    pub rows: Vec<Item>,
    /// Passed back as `cursor`, gives the next rows; null after the last.
    pub next_cursor: Option<String>,
}

/// A figure and the range in which it lies four times in five.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
#[schema(as = StockRange)]
pub struct Range {
    /// On average.
    pub mean: f64,
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// Days from now until the stock is gone; null where that is more than a year.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
#[schema(as = StockCover)]
pub struct Cover {
    /// If each day sells what is expected.
    pub mean: Option<f64>,
    /// One time in ten it is gone by then.
    pub low: Option<i64>,
    /// Nine times in ten it is gone by then.
    pub high: Option<i64>,
}

/// Sums over all variants.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
#[schema(as = StockTotals)]
pub struct Totals {
    /// Variants on sale, and what was sold under names that are no variant.
    pub variants: usize,
    /// Variants whose stock is not known.
    pub unknown: usize,
    /// Variants expected to be gone before an order placed today arrives.
    pub runs_out: usize,
    /// Variants to order now.
    pub to_order: usize,
    /// Units to order now.
    pub order_units: i64,
    /// What they cost, minor units, as far as costs are known.
    pub order_cost: i64,
    /// Variants to order whose cost is not known.
    pub order_without_cost: usize,
    /// Stock at cost, minor units, as far as costs are known.
    pub value: i64,
    /// Variants with stock whose cost is not known.
    pub value_without_cost: usize,
    /// Variants with stock that has not sold for 90 days.
    pub dead: usize,
    /// Their units.
    pub dead_units: i64,
    /// Their stock at cost, minor units, as far as costs are known.
    pub dead_value: i64,
    /// Variants that are not forecast one by one; each says why. Their sales count in the shop's forecast.
    pub left_out: usize,
    /// Units they sold in the last 90 days that are known.
    pub left_out_units: i64,
}

/// A variant. Figures are null where the stock, the cost or the forecast they rest on is not known.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = StockItem)]
pub struct Item {
    /// What its forecast is asked for by.
    pub id: String,
    /// May be empty.
    pub sku: String,
    /// What its product's forecast is asked for by; empty where it is the product's only variant.
    pub product_id: String,
    /// The product's name.
    pub product: String,
    /// Its options; empty for a product without.
    pub variant: String,
    /// The maker; may be empty.
    pub vendor: String,
    /// Units on hand as last imported; below zero where more was sold than there was.
    pub on_hand: Option<i64>,
    /// Minor units a piece.
    pub cost: Option<i64>,
    /// Stock at cost, minor units.
    pub value: Option<i64>,
    /// Units sold in the last 90 days that are known.
    pub sold_90: i64,
    /// The last day with a sale, `YYYY-MM-DD`; null without any in the days read.
    pub last_sale: Option<String>,
    /// Whether there is stock that has not sold for 90 days.
    pub dead: bool,
    /// Why it is not forecast: `not_on_sale` (its product is a draft or archived) or `sells_least` (others sold more, and no
    /// more than 1,000 are forecast); null for a variant that is.
    pub left_out: Option<String>,
    /// What kind of series its sales are, as for a metric's forecast; `nothing` without a sale.
    pub kind: String,
    /// Days its forecast has learnt from: since its first sale.
    pub learnt_from: usize,
    /// Units a day until the order after the next arrives.
    pub daily: Option<Range>,
    /// Units demanded until an order placed today arrives.
    pub lead_demand: Option<Range>,
    /// How long what is on hand lasts.
    pub cover: Option<Cover>,
    /// The chance that it runs out before an order placed today arrives.
    pub stockout: Option<f64>,
    /// The chance that it runs out if no order is placed until the next order day.
    pub stockout_if_waiting: Option<f64>,
    /// Units at or below which to order: what suffices until the order after the next arrives, as often as the service
    /// level says.
    pub reorder_point: Option<i64>,
    /// Units of it that are kept against chance: what lies above the demand expected.
    pub safety_stock: Option<f64>,
    /// The quantity at which ordering costs as much as holding; null without costs.
    pub economic_quantity: Option<f64>,
    /// Units to order now.
    pub order_now: Option<i64>,
    /// What they cost, minor units.
    pub order_cost: Option<i64>,
}

/// What a variant, a product or the shop sold and will sell.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = StockForecast)]
pub struct Forecast {
    /// What it was asked for by.
    pub id: String,
    /// `variant`, `product`, `rest` (all that is not forecast one by one) or `shop`.
    pub level: String,
    /// Its name.
    pub name: String,
    /// What it is a part of; null for the shop.
    pub parent: Option<String>,
    /// What kind of series it is.
    pub kind: String,
    /// The models whose median it is.
    pub models: Vec<String>,
    /// Days the models have learnt from.
    pub learnt_from: usize,
    /// The last of what was, earliest first.
    pub history: Vec<Was>,
    /// What is to come, after reconciliation.
    pub ahead: Vec<Ahead>,
    /// The sum of what is to come.
    pub total: f64,
    /// The same before it was reconciled.
    pub total_alone: f64,
    /// What it consists of; their totals add up to its own.
    pub parts: Vec<Part>,
}

/// A part of a forecast.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = StockPart)]
pub struct Part {
    /// What its forecast is asked for by.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Units expected over the days forecast.
    pub total: f64,
}
