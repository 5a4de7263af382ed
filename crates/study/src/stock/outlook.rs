//! The forecasts: of each variant, of each product of several, of the rest, of the shop; then made to add up.

use std::collections::{BTreeMap, HashSet};

use calendar::Zone;
use forecast::hierarchy::{self, Node};
use forecast::{Kind, Options};
use problem::Problem;
use serde::{Deserialize, Serialize};

use super::goods::{self, Good, Sold, Variant};
use super::{MOST_FORECAST, Question};
use crate::forecast::word;

/// Name of the whole.
pub(super) const SHOP: &str = "shop";
/// Name of what is not forecast one by one.
pub(super) const REST: &str = "rest";
/// Work of one piece, measured natively: a series that sells most days takes some 50 ms, one that does not some 0.3 ms.
const PIECE: usize = 300;
/// Work of a series that sells most days.
const DENSE: usize = 20;
/// Days of a week, after which sales have a rhythm.
const WEEK: usize = 7;
/// Days below which a history says too little of how much demand varies: then as much as that of independent buyers.
const FEW_DAYS: usize = 28;
/// Earlier forecasts below which their errors say too little of the deviation.
const FEW_ORIGINS: usize = 3;
/// Parts of a unit that are kept: a ten-thousandth.
const PARTS: f64 = 1e4;

/// What was read of a shop.
#[derive(Debug, Clone, Default)]
pub struct Read {
    /// All its variants.
    pub variants: Vec<Variant>,
    /// All it sold from the first to the last day.
    pub sold: Vec<Sold>,
    /// First day read.
    pub first_day: i64,
    /// Last day that is whole and known.
    pub last_day: i64,
    /// When products were last imported, UTC ms.
    pub stock_at: Option<i64>,
}

/// The forecasts of a shop's goods, as far as they are computed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outlook {
    pub(super) question: Question,
    pub(super) first_day: i64,
    pub(super) last_day: i64,
    pub(super) stock_at: Option<i64>,
    pub(super) goods: Vec<Good>,
    /// What is forecast; the shop comes last, and what is a part before that of which it is.
    pub(super) series: Vec<Series>,
    done: usize,
    reconciled: bool,
}

/// What is forecast as one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Series {
    pub(super) id: String,
    pub(super) parent: Option<String>,
    pub(super) name: String,
    /// The goods whose sales it sums.
    pub(super) goods: Vec<usize>,
    pub(super) found: Found,
}

/// What was found of a series.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Found {
    pub(super) kind: String,
    pub(super) models: Vec<String>,
    pub(super) learnt_from: usize,
    /// Units for each day ahead; once reconciled, those that add up.
    pub(super) ahead: Vec<f64>,
    /// Their sum before.
    pub(super) total_alone: f64,
    /// Mean absolute error of earlier forecasts, units a day.
    error: f64,
    /// Standard deviation of a day's sales around its forecast, units.
    pub(super) deviation: f64,
}

impl Outlook {
    /// Of what was read; nothing is forecast yet.
    ///
    /// # Errors
    /// 409 where nothing was sold.
    pub fn new(question: Question, read: Read) -> Result<Self, Problem> {
        let goods = goods::of(read.variants, &read.sold, read.first_day, read.last_day);
        let sells = |at: &usize| goods.get(*at).is_some_and(|good| !good.sold.is_empty());
        let units = |at: &usize| goods.get(*at).map_or(0, Good::units);
        let selling: Vec<usize> = (0..goods.len()).filter(sells).collect();
        if selling.is_empty() {
            return Err(Problem::conflict(
                "no order of the last year names what was sold; import Shopify's orders and products",
            ));
        }
        let on_sale = |at: &&usize| goods.get(**at).is_some_and(|good| good.on_sale);
        let mut chosen: Vec<usize> = selling.iter().filter(on_sale).copied().collect();
        chosen.sort_by_key(|at| (std::cmp::Reverse(units(at)), *at));
        chosen.truncate(MOST_FORECAST);
        let alone: HashSet<usize> = chosen.iter().copied().collect();
        let rest: Vec<usize> = selling.iter().filter(|at| !alone.contains(at)).copied().collect();
        let mut products: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for at in &chosen {
            if let Some(good) = goods.get(*at).filter(|good| !good.handle.is_empty()) {
                products.entry(&good.handle).or_default().push(*at);
            }
        }
        products.retain(|_, parts| parts.len() > 1);
        let series = |id: String, parent: &str, name: String, goods: Vec<usize>| Series {
            id,
            parent: (!parent.is_empty()).then(|| parent.to_owned()),
            name,
            goods,
            found: Found::default(),
        };
        let mut all: Vec<Series> = chosen
            .iter()
            .filter_map(|at| {
                let good = goods.get(*at)?;
                let many = products.contains_key(good.handle.as_str());
                let parent = if many { product_id(&good.handle) } else { SHOP.to_owned() };
                Some(series(good.id.clone(), &parent, good.name(), vec![*at]))
            })
            .collect();
        for (handle, parts) in &products {
            let name = parts.first().and_then(|at| goods.get(*at)).map(|good| good.product.clone());
            all.push(series(product_id(handle), SHOP, name.unwrap_or_default(), parts.clone()));
        }
        if !rest.is_empty() {
            all.push(series(REST.to_owned(), SHOP, "Everything else".to_owned(), rest));
        }
        all.push(series(SHOP.to_owned(), "", "The whole shop".to_owned(), selling));
        let Read { first_day, last_day, stock_at, .. } = read;
        Ok(Self { question, first_day, last_day, stock_at, goods, series: all, done: 0, reconciled: false })
    }

    /// Whether all is forecast and adds up.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.reconciled
    }

    /// How much is done, 0 to 1.
    #[must_use]
    pub fn progress(&self) -> f64 {
        self.done as f64 / (self.series.len() + 1) as f64
    }

    /// Variants and products forecast so far, and all of them.
    #[must_use]
    pub fn counted(&self) -> (usize, usize) {
        (self.done, self.series.len())
    }

    /// Forecasts the next few series; once all are, makes them add up.
    ///
    /// # Errors
    /// 500 where the arithmetic refuses.
    pub fn advance(&mut self) -> Result<(), Problem> {
        if self.done == self.series.len() {
            return self.reconcile();
        }
        let mut work = 0;
        while work < PIECE {
            let Some(series) = self.series.get(self.done) else { break };
            let values = self.daily(series);
            let sells = values.iter().filter(|value| **value > 0.0).count();
            work += if 2 * sells > values.len() { DENSE } else { 1 };
            let found = found(&values, self.question.horizon_days)?;
            if let Some(series) = self.series.get_mut(self.done) {
                series.found = found;
            }
            self.done += 1;
        }
        Ok(())
    }

    /// Units of each day from the first with a sale on: days without are zeros, days before are none.
    pub(super) fn daily(&self, series: &Series) -> Vec<f64> {
        let goods = || series.goods.iter().filter_map(|at| self.goods.get(*at));
        let first = goods().filter_map(|good| good.sold.first()).map(|(day, _)| *day).min().unwrap_or_default();
        let days = usize::try_from(self.last_day - self.first_day + 1 - first).unwrap_or_default();
        let mut values = vec![0.0; days];
        for (day, units) in goods().flat_map(|good| &good.sold) {
            let at = usize::try_from(day - first).ok();
            if let Some(value) = at.and_then(|at| values.get_mut(at)) {
                *value += *units as f64;
            }
        }
        values
    }

    fn reconcile(&mut self) -> Result<(), Problem> {
        let nodes: Vec<Node> = self
            .series
            .iter()
            .map(|series| Node {
                name: series.id.clone(),
                parent: series.parent.clone(),
                forecast: series.found.ahead.clone(),
                error: series.found.error,
            })
            .collect();
        let mut paths = hierarchy::reconcile(&nodes).map_err(|error| Problem::internal(error.to_string()))?;
        let wholes: HashSet<String> = self.series.iter().filter_map(|series| series.parent.clone()).collect();
        // The leaves are rounded, to be kept and sent, and summed again: sums stay sums.
        let mut sums: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        for series in &mut self.series {
            let mut path = if wholes.contains(&series.id) {
                sums.remove(&series.id).unwrap_or_default()
            } else {
                paths.remove(&series.id).unwrap_or_default()
            };
            path.iter_mut().for_each(|value| *value = rounded(*value));
            if let Some(parent) = &series.parent {
                let sum = sums.entry(parent.clone()).or_insert_with(|| vec![0.0; path.len()]);
                sum.iter_mut().zip(&path).for_each(|(sum, value)| *sum += value);
            }
            series.found.ahead = path;
        }
        self.reconciled = true;
        Ok(())
    }

    /// Start of the day so many after the first read, UTC ms.
    pub(super) fn t(&self, zone: Zone, day: i64) -> i64 {
        zone.day_start_ms(self.first_day + day)
    }
}

pub(super) fn product_id(handle: &str) -> String {
    format!("p:{handle}")
}

fn rounded(value: f64) -> f64 {
    (value * PARTS).round() / PARTS
}

/// The forecast of one series of daily units.
fn found(values: &[f64], horizon: usize) -> Result<Found, Problem> {
    let observed: Vec<Option<f64>> = values.iter().map(|value| Some(*value)).collect();
    let options = Options { horizon, season: WEEK, levels: Vec::new(), regressors: Vec::new() };
    let found = forecast::forecast(&observed, &options).map_err(|error| Problem::internal(error.to_string()))?;
    let origins = &found.backtest.origins;
    let errors = || origins.iter().flat_map(|one| one.actual.iter().zip(&one.forecast)).map(|(y, f)| y - f);
    let average = |sum: f64, count: usize| if count > 0 { sum / count as f64 } else { 0.0 };
    let level = average(values.iter().sum(), values.len());
    let (square, error) = if origins.len() >= FEW_ORIGINS {
        let count = errors().count();
        (average(errors().map(|e| e * e).sum(), count), average(errors().map(f64::abs).sum(), count))
    } else {
        let off = || values.iter().map(|value| value - level);
        (average(off().map(|e| e * e).sum(), values.len()), average(off().map(f64::abs).sum(), values.len()))
    };
    // A few days that were alike are no promise.
    let square = if values.len() < FEW_DAYS { square.max(level) } else { square };
    let error =
        if found.kind == Kind::Constant && values.len() >= FEW_DAYS { 0.0 } else { error.max(square.sqrt() / 2.0) };
    Ok(Found {
        kind: word(&found.kind),
        models: found.members.iter().map(word).collect(),
        learnt_from: values.len(),
        total_alone: rounded(found.mean.iter().sum()),
        ahead: found.mean,
        error,
        deviation: square.sqrt(),
    })
}
