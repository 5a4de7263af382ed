//! What is on hand against what is expected to sell: how long it lasts, how likely it runs out, what to order.
//!
//! An order placed now arrives after the lead time, and the next one can be placed a review period later: until that
//! arrives, what is on hand and what is ordered now have to suffice (the (R, S) policy of Silver, Pyke & Thomas,
//! *Inventory and Production Management in Supply Chains*, 2017, ch. 6).

use std::cmp::Ordering;

use calendar::{Zone, format_day};
use forecast::inventory::{Units, order_quantity};
use problem::Problem;

use super::goods::Good;
use super::outlook::{Found, Outlook, REST, SHOP, Series};
use super::{Answer, Ask, Cover, DEAD_DAYS, Forecast, Item, Part, Range, Show, Sort, Terms, Totals};
use crate::forecast::{Ahead, Was};

/// Days over which stock is followed until it is gone.
const FOLLOWED: usize = 365;
/// Last days of the forecast whose mean goes on after it.
const GOES_ON: usize = 28;
/// Days the level of a forecast rests on at most: its models forget what is older.
const REMEMBERED: f64 = 60.0;
/// Ends of the ranges: four of five values lie between.
const ENDS: (f64, f64) = (0.1, 0.9);
/// Days shown of what was, at the least; and as multiples of those ahead.
const SHOWN: (usize, usize) = (90, 2);

/// Demand summed from the first day ahead.
struct Demand<'a> {
    found: &'a Found,
    /// Units a day after the forecast's end.
    after: f64,
    /// Units until the end of each day, from none at all.
    sums: Vec<f64>,
}

impl<'a> Demand<'a> {
    fn new(found: &'a Found) -> Self {
        let last = found.ahead.get(found.ahead.len().saturating_sub(GOES_ON)..).unwrap_or_default();
        let after = last.iter().sum::<f64>() / last.len().max(1) as f64;
        let mut sums = vec![0.0];
        let mut sum = 0.0;
        for day in 0..FOLLOWED {
            sum += found.ahead.get(day).copied().unwrap_or(after);
            sums.push(sum);
        }
        Self { found, after, sums }
    }

    /// Units expected in the first days.
    fn mean(&self, days: usize) -> f64 {
        self.sums.get(days).copied().unwrap_or_default()
    }

    /// The variance of that: each day strays on its own, and the level of all of them may be wrong together.
    fn variance(&self, days: f64) -> f64 {
        let remembered = (self.found.learnt_from as f64).clamp(1.0, REMEMBERED);
        self.found.deviation.powi(2) * days * (1.0 + days / remembered)
    }

    /// What may be demanded in the first days.
    fn units(&self, days: usize) -> Result<Units, Problem> {
        counts(self.mean(days), self.variance(days as f64))
    }

    fn range(&self, days: usize) -> Result<Range, Problem> {
        let units = self.units(days)?;
        Ok(Range { mean: self.mean(days), low: units.quantile(ENDS.0) as f64, high: units.quantile(ENDS.1) as f64 })
    }

    fn cover(&self, on_hand: i64) -> Result<Cover, Problem> {
        // The first day by whose end stock is gone with this probability.
        let gone = |level: f64| -> Result<Option<i64>, Problem> {
            let by = |day: usize| Ok::<bool, Problem>(self.units(day)?.exceeds(on_hand - 1) >= level);
            if on_hand <= 0 {
                return Ok(Some(0));
            }
            if !by(FOLLOWED)? {
                return Ok(None);
            }
            let (mut least, mut most) = (0, FOLLOWED);
            while most - least > 1 {
                let middle = usize::midpoint(least, most);
                if by(middle)? { most = middle } else { least = middle }
            }
            Ok(i64::try_from(most).ok())
        };
        Ok(Cover { mean: self.lasts(on_hand), low: gone(ENDS.0)?, high: gone(ENDS.1)? })
    }

    /// Days until so many units are sold at the pace expected.
    fn lasts(&self, on_hand: i64) -> Option<f64> {
        let path = (0..FOLLOWED).map(|day| self.found.ahead.get(day).copied().unwrap_or(self.after));
        forecast::inventory::forecast_cover(on_hand as f64, &path.collect::<Vec<f64>>())
    }
}

fn counts(mean: f64, variance: f64) -> Result<Units, Problem> {
    Units::new(mean, variance).map_err(|error| Problem::internal(error.to_string()))
}

impl Outlook {
    /// The variants under the terms asked for. `study` is the id of the study this is, which cursors are of.
    ///
    /// # Errors
    /// 422 naming a term or `cursor`.
    pub fn table(&self, ask: &Ask, currency: &str, study: &str) -> Result<Answer, Problem> {
        ask.terms.check("")?;
        let begin = begins(ask.cursor.as_deref(), study)?;
        let mut items = self.items(&ask.terms)?;
        let totals = totals(&items, &ask.terms);
        let wanted = ask.search.to_lowercase();
        items.retain(|item| shown(item, ask.show, &ask.terms) && matches(item, &wanted));
        items.sort_by(|one, other| {
            let order = compare(one, other, ask.sort);
            if ask.reverse { backwards(one, other, ask.sort, order) } else { order }
        });
        let matching = items.len();
        let end = begin.saturating_add(ask.limit);
        let rows = items.into_iter().skip(begin).take(ask.limit).collect();
        let shop = self.series.last().filter(|series| series.id == SHOP);
        let expected = shop.map(|shop| Demand::new(&shop.found).range(self.question.horizon_days)).transpose()?;
        Ok(Answer {
            currency: currency.to_owned(),
            sales_from: format_day(self.first_day),
            sales_until: format_day(self.last_day),
            stock_at: self.stock_at,
            horizon_days: self.question.horizon_days,
            reconciled_by: "mint_wls".to_owned(),
            terms: ask.terms,
            expected: expected.unwrap_or(Range { mean: 0.0, low: 0.0, high: 0.0 }),
            totals,
            matching,
            rows,
            next_cursor: (end < matching).then(|| format!("{study}~{end}")),
        })
    }

    /// What one variant, one product, the rest or the shop sold and will sell.
    ///
    /// # Errors
    /// 404 where there is no forecast of that name.
    pub fn forecast_of(&self, id: &str, zone: Zone) -> Result<Forecast, Problem> {
        let found = self.series.iter().find(|series| series.id == id);
        let series = found.ok_or_else(|| {
            Problem::not_found("there is no forecast of that; GET /planning/stock lists the ids of what is forecast")
        })?;
        let values = self.daily(series);
        let horizon = series.found.ahead.len();
        let first = self.last_day + 1 - self.first_day - i64::try_from(values.len()).unwrap_or_default();
        let skipped = values.len().saturating_sub((SHOWN.1 * horizon).max(SHOWN.0));
        let date = |day: i64| format_day(self.first_day + day);
        let history = (first..).zip(&values).skip(skipped);
        let coming = (self.last_day + 1 - self.first_day..).zip(&series.found.ahead);
        let ahead = coming
            .map(|(day, mean)| {
                let units = counts(*mean, series.found.deviation.powi(2))?;
                let end = |level: f64| units.quantile(level) as f64;
                // Where hardly any unit sells, the mean lies above most days: the ranges are those of whole units.
                Ok(Ahead {
                    t: self.t(zone, day),
                    date: date(day),
                    mean: *mean,
                    low_80: end(0.1),
                    high_80: end(0.9),
                    low_95: end(0.025),
                    high_95: end(0.975),
                })
            })
            .collect::<Result<Vec<Ahead>, Problem>>()?;
        let part = |part: &Series| Part { id: part.id.clone(), name: part.name.clone(), total: part.found.total() };
        let mut parts: Vec<Part> =
            self.series.iter().filter(|part| part.parent.as_deref() == Some(id)).map(part).collect();
        parts.sort_by(|one, other| other.total.total_cmp(&one.total));
        let level = match id {
            SHOP => "shop",
            REST => "rest",
            _ if parts.is_empty() => "variant",
            _ => "product",
        };
        Ok(Forecast {
            id: id.to_owned(),
            level: level.to_owned(),
            name: series.name.clone(),
            parent: series.parent.clone(),
            kind: series.found.kind.clone(),
            models: series.found.models.clone(),
            learnt_from: series.found.learnt_from,
            history: history
                .map(|(day, value)| Was { t: self.t(zone, day), date: date(day), value: Some(*value) })
                .collect(),
            ahead,
            total: series.found.total(),
            total_alone: series.found.total_alone,
            parts,
        })
    }

    fn items(&self, terms: &Terms) -> Result<Vec<Item>, Problem> {
        let forecast: std::collections::HashMap<usize, &Series> = self
            .series
            .iter()
            .filter(|series| ![SHOP, REST].contains(&series.id.as_str()) && !series.id.starts_with("p:"))
            .filter_map(|series| Some((*series.goods.first()?, series)))
            .collect();
        let item = |(at, good): (usize, &Good)| self.item(good, forecast.get(&at).copied(), terms);
        self.goods.iter().enumerate().map(item).collect()
    }

    fn item(&self, good: &Good, series: Option<&Series>, terms: &Terms) -> Result<Item, Problem> {
        let days = self.last_day - self.first_day + 1;
        let last_sale = good.sold.last().map(|(day, _)| *day);
        let sold_90: i64 = good.sold.iter().filter(|(day, _)| *day >= days - DEAD_DAYS).map(|(_, units)| units).sum();
        let left_out = match (series.is_some(), good.on_sale, good.sold.is_empty()) {
            (true, ..) | (false, true, true) => None,
            (false, false, _) => Some("not_on_sale"),
            (false, true, false) => Some("sells_least"),
        };
        let parent = series.and_then(|series| series.parent.clone()).filter(|parent| parent != SHOP);
        let mut item = Item {
            id: good.id.clone(),
            sku: good.sku.clone(),
            product_id: parent.unwrap_or_default(),
            product: good.product.clone(),
            variant: good.variant.clone(),
            vendor: good.vendor.clone(),
            on_hand: good.stock,
            cost: good.cost,
            value: good.stock.zip(good.cost).map(|(units, cost)| units.max(0).saturating_mul(cost)),
            sold_90,
            last_sale: last_sale.map(|day| format_day(self.first_day + day)),
            dead: sold_90 == 0 && good.stock.is_some_and(|units| units > 0) && days >= DEAD_DAYS,
            left_out: left_out.map(str::to_owned),
            kind: series.map_or("nothing", |series| series.found.kind.as_str()).to_owned(),
            learnt_from: series.map_or(0, |series| series.found.learnt_from),
            daily: None,
            lead_demand: None,
            cover: None,
            stockout: None,
            stockout_if_waiting: None,
            reorder_point: None,
            safety_stock: None,
            economic_quantity: None,
            order_now: None,
            order_cost: None,
        };
        if let Some(series) = series {
            fill(&mut item, &Demand::new(&series.found), terms)?;
        }
        Ok(item)
    }
}

impl Found {
    fn total(&self) -> f64 {
        self.ahead.iter().sum()
    }
}

/// The figures of a variant that is forecast.
fn fill(item: &mut Item, demand: &Demand<'_>, terms: &Terms) -> Result<(), Problem> {
    let days = |days: i64| usize::try_from(days).unwrap_or_default();
    let (lead, until) = (days(terms.lead_days), days(terms.lead_days + terms.review_days));
    let needed = demand.units(until)?;
    let over = demand.range(until)?;
    let daily = |units: f64| units / until.max(1) as f64;
    item.daily = Some(Range { mean: daily(over.mean), low: daily(over.low), high: daily(over.high) });
    item.lead_demand = Some(demand.range(lead)?);
    let point = needed.quantile(terms.service_level);
    item.reorder_point = Some(point);
    item.safety_stock = Some(point as f64 - over.mean);
    if let (Some(order_cost), Some(cost)) = (terms.order_cost, item.cost.filter(|cost| *cost > 0)) {
        let year = demand.mean(FOLLOWED);
        let quantity = order_quantity(year, order_cost as f64, cost as f64 * terms.holding_rate);
        item.economic_quantity = Some(quantity.map_err(|error| Problem::internal(error.to_string()))?);
    }
    let Some(on_hand) = item.on_hand else { return Ok(()) };
    item.cover = Some(demand.cover(on_hand)?);
    item.stockout = Some(demand.units(lead)?.exceeds(on_hand));
    item.stockout_if_waiting = Some(needed.exceeds(on_hand));
    let missing = (point - on_hand).max(0);
    let order = match item.economic_quantity {
        Some(quantity) if missing > 0 => missing.max(quantity.round() as i64),
        _ => missing,
    };
    item.order_now = Some(order);
    item.order_cost = item.cost.map(|cost| order.saturating_mul(cost));
    Ok(())
}

fn totals(items: &[Item], terms: &Terms) -> Totals {
    let mut totals = Totals::default();
    for item in items {
        if item.left_out.is_some() {
            totals.left_out += 1;
            totals.left_out_units += item.sold_90;
        }
        totals.variants += 1;
        totals.unknown += usize::from(item.on_hand.is_none());
        totals.runs_out += usize::from(runs_out(item, terms));
        if let Some(units) = item.order_now.filter(|units| *units > 0) {
            totals.to_order += 1;
            totals.order_units = totals.order_units.saturating_add(units);
            totals.order_cost = totals.order_cost.saturating_add(item.order_cost.unwrap_or_default());
            totals.order_without_cost += usize::from(item.order_cost.is_none());
        }
        if item.on_hand.is_some_and(|units| units > 0) {
            totals.value = totals.value.saturating_add(item.value.unwrap_or_default());
            totals.value_without_cost += usize::from(item.value.is_none());
        }
        if item.dead {
            totals.dead += 1;
            totals.dead_units += item.on_hand.unwrap_or_default();
            totals.dead_value = totals.dead_value.saturating_add(item.value.unwrap_or_default());
        }
    }
    totals
}

/// Whether it is expected to be gone before an order placed today arrives.
fn runs_out(item: &Item, terms: &Terms) -> bool {
    item.cover.and_then(|cover| cover.mean).is_some_and(|days| days < terms.lead_days as f64)
}

fn shown(item: &Item, show: Show, terms: &Terms) -> bool {
    match show {
        Show::All => true,
        Show::Order => item.order_now.is_some_and(|units| units > 0),
        Show::RunsOut => runs_out(item, terms),
        Show::Dead => item.dead,
        Show::Unknown => item.on_hand.is_none(),
        Show::LeftOut => item.left_out.is_some(),
    }
}

fn matches(item: &Item, wanted: &str) -> bool {
    [&item.product, &item.variant, &item.sku, &item.vendor].iter().any(|text| text.to_lowercase().contains(wanted))
}

/// The natural order of a column: what wants looking at first. What has no figure comes last.
fn compare(one: &Item, other: &Item, sort: Sort) -> Ordering {
    let most = |read: fn(&Item) -> Option<f64>| last(read(one), read(other), |a, b| b.total_cmp(&a));
    let least = |read: fn(&Item) -> Option<f64>| last(read(one), read(other), |a, b| a.total_cmp(&b));
    let product = || {
        let name = |item: &Item| (item.product.to_lowercase(), item.variant.to_lowercase(), item.id.clone());
        name(one).cmp(&name(other))
    };
    let first = match sort {
        Sort::Risk => most(|item| item.stockout).then_with(|| least(lasts)).then_with(|| most(pace)),
        Sort::Product => product(),
        Sort::OnHand => most(|item| item.on_hand.map(|units| units as f64)),
        Sort::Demand => most(pace),
        Sort::Cover => least(lasts),
        Sort::ReorderPoint => most(|item| item.reorder_point.map(|units| units as f64)),
        Sort::OrderNow => most(|item| item.order_now.map(|units| units as f64)),
        Sort::Value => most(|item| item.value.map(|value| value as f64)),
    };
    first.then_with(product)
}

fn pace(item: &Item) -> Option<f64> {
    item.daily.map(|daily| daily.mean)
}

/// Days it lasts; more than a year is more than any.
fn lasts(item: &Item) -> Option<f64> {
    item.cover.map(|cover| cover.mean.unwrap_or(f64::INFINITY))
}

fn last(one: Option<f64>, other: Option<f64>, order: impl Fn(f64, f64) -> Ordering) -> Ordering {
    match (one, other) {
        (Some(one), Some(other)) => order(one, other),
        (one, other) => other.is_some().cmp(&one.is_some()),
    }
}

/// The order turned round; what has no figure stays last.
fn backwards(one: &Item, other: &Item, sort: Sort, order: Ordering) -> Ordering {
    let figure = |item: &Item| match sort {
        Sort::Product => true,
        Sort::OnHand => item.on_hand.is_some(),
        Sort::Demand | Sort::ReorderPoint => item.daily.is_some(),
        Sort::Risk | Sort::Cover | Sort::OrderNow => item.cover.is_some(),
        Sort::Value => item.value.is_some(),
    };
    if figure(one) == figure(other) { order.reverse() } else { order }
}

fn begins(cursor: Option<&str>, study: &str) -> Result<usize, Problem> {
    let Some(cursor) = cursor else { return Ok(0) };
    let begin = cursor.rsplit_once('~').filter(|(of, _)| *of == study).and_then(|(_, at)| at.parse().ok());
    begin.ok_or_else(|| {
        let detail = "is not a cursor of this list, or of one that has been computed anew; leave it out to start over";
        Problem::invalid_field("cursor", detail)
    })
}
