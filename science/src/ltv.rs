//! `science ltv`: what each customer is expected to buy and spend.

use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use chrono::NaiveDate;
use clap::{Args as ClapArgs, ValueEnum};
use customer::cohort::{cohorts, returns};
use customer::outlook::{Drawing, Outlook, outlooks};
use customer::repeat::{BgNbd, MbgNbd, ParetoNbd, Repeat};
use customer::value::{GammaGamma, Horizon, correlation, lifetime_value};
use customer::{Purchase, Summary, rfm, summaries};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::input;

/// Days of the models' unit of time.
const WEEK: f64 = 7.0;
/// Weeks in a month, as the reference counts them.
const WEEKS_PER_MONTH: f64 = 4.345;

const EXAMPLE: &str = "Example:
  science ltv --months 12 --input transactions.csv
  science ltv --model paretonbd --input transactions.csv

where transactions.csv has these columns, in any order:
  customer_id,date,value
  c17,2026-01-05,49.90
  c17,2026-03-02,24.90
  c18,2026-01-09,12.00";

/// Expected purchases, lifetime value, RFM and cohorts from transactions
#[derive(ClapArgs, Debug)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Args {
    /// How customers drop out
    #[arg(long, value_enum, default_value_t = Model::Bgnbd)]
    model: Model,
    /// Months ahead
    #[arg(long, default_value_t = 12)]
    months: u32,
    /// What money is worth less a month later, in percent
    #[arg(long, default_value_t = 1.0)]
    discount: f64,
    /// The last day observed; the day of the last transaction unless given, later transactions are left out
    #[arg(long)]
    until: Option<NaiveDate>,
    /// What the intervals are to hold, in percent
    #[arg(long, default_value_t = 80.0)]
    level: f64,
    /// Draws from which the intervals are taken
    #[arg(long, default_value_t = 400)]
    draws: u32,
    /// Seed of the draws: the same gives the same
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A CSV file with `customer_id`, `date`, `value`; `-` is standard input
    #[arg(long)]
    input: PathBuf,
}

/// The models of repeat purchases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Model {
    /// BG/NBD: after a repeat purchase
    Bgnbd,
    /// MBG/NBD: after any purchase, the first one included
    Mbgnbd,
    /// Pareto/NBD: at any time
    Paretonbd,
}

/// Reads the transactions, learns the models and answers.
///
/// # Errors
/// The input cannot be read, a row is of no use (the message names the line and the column), or too few customers bought
/// again.
pub(crate) fn run(args: &Args) -> Result<Value> {
    match args.model {
        Model::Bgnbd => answer::<BgNbd>(args, "bg_nbd"),
        Model::Mbgnbd => answer::<MbgNbd>(args, "mbg_nbd"),
        Model::Paretonbd => answer::<ParetoNbd>(args, "pareto_nbd"),
    }
}

fn answer<R: Repeat + Serialize>(args: &Args, name: &str) -> Result<Value> {
    ensure!(args.discount > -100.0, "--discount must be more than -100");
    let mut purchases = read(args)?;
    let last = purchases.iter().map(|purchase| purchase.day).max().context("there is no transaction in the input")?;
    let until = args.until.unwrap_or(last);
    purchases.retain(|purchase| purchase.day <= until);
    purchases.sort_by(|one, other| one.customer.cmp(&other.customer));
    let summaries = summaries(&purchases, until, WEEK);
    let known: Vec<Summary> = summaries.values().copied().collect();
    let all = || known.iter().copied();
    let (repeat, value) = (R::fit(all())?, GammaGamma::fit(all())?);
    let horizon =
        Horizon { months: args.months, units_per_month: WEEKS_PER_MONTH, monthly_discount: args.discount / 100.0 };
    let scores = rfm::scores(&purchases, until);
    let drawing = Drawing { level: args.level / 100.0, draws: args.draws, seed: args.seed };
    let (of_each, of_all) = outlooks(&repeat, &value, &known, &horizon, &drawing)?;
    let (repeat_errors, value_errors) = (repeat.log_errors(), value.log_errors());
    let (repeat, value) = (repeat.model, value.model);
    let mut customers = Map::new();
    let (mut purchases_of_all, mut value_of_all) = (0.0, 0.0);
    for ((name, summary), ((_, scores), outlook)) in summaries.iter().zip(scores.iter().zip(&of_each)) {
        let one = Customer::of(summary, &repeat, &value, &horizon);
        purchases_of_all += one.purchases;
        value_of_all += one.lifetime_value.unwrap_or_default();
        customers.insert((*name).to_owned(), one.answer(summary, outlook, scores));
    }
    Ok(json!({
        "until": until.to_string(),
        "months": args.months,
        "level": drawing.level,
        name: { "parameters": repeat, "log_errors": repeat_errors },
        "gamma_gamma": { "parameters": value, "log_errors": value_errors },
        "correlation_of_frequency_and_value": correlation(all()),
        "expected_purchases": { "all": purchases_of_all, "interval": of_all.purchases },
        "lifetime_value": { "all": value_of_all, "interval": of_all.value },
        "expected_purchases_of_a_new_customer": repeat.expected_of_new(f64::from(args.months) * WEEKS_PER_MONTH),
        "returns": returns(&purchases),
        "cohorts": cohorts(&purchases, 24),
        "customers": customers,
    }))
}

/// What the models say of a customer.
struct Customer {
    alive: f64,
    orders: f64,
    next_order: Option<f64>,
    purchases: f64,
    value: Option<f64>,
    lifetime_value: Option<f64>,
}

impl Customer {
    fn of(summary: &Summary, repeat: &impl Repeat, value: &GammaGamma, horizon: &Horizon) -> Self {
        let time = f64::from(horizon.months) * horizon.units_per_month;
        Self {
            alive: repeat.alive(summary),
            orders: repeat.orders_within(summary, time),
            next_order: repeat.next_order(summary, 0.5),
            purchases: repeat.expected(summary, time),
            value: value.expected(summary),
            lifetime_value: lifetime_value(repeat, value, summary, horizon),
        }
    }

    fn answer(&self, summary: &Summary, outlook: &Outlook, scores: &rfm::Scores) -> Value {
        json!({
            "summary": summary,
            "alive": self.alive,
            "orders_within": self.orders,
            "next_order_in_weeks": self.next_order,
            "expected_purchases": self.purchases,
            "purchases_interval": outlook.purchases,
            "expected_value": self.value,
            "lifetime_value": self.lifetime_value,
            "lifetime_value_interval": outlook.value,
            "rfm": scores,
        })
    }
}

fn read(args: &Args) -> Result<Vec<Purchase>> {
    let mut reader = csv::ReaderBuilder::new().buffer_capacity(1 << 18).from_reader(input::open(&args.input)?);
    let header = reader.headers().context("reading the header")?.clone();
    let column = |name: &str| header.iter().position(|found| found.trim() == name);
    let (Some(customer_at), Some(day_at), Some(value_at)) = (column("customer_id"), column("date"), column("value"))
    else {
        bail!("the header must have the columns `customer_id`, `date` and `value`");
    };
    let mut purchases = Vec::new();
    for row in reader.records() {
        let row = row.context("reading a row")?;
        let line = row.position().map_or(0, csv::Position::line);
        let text = |at: usize| row.get(at).unwrap_or_default().trim();
        let day = text(day_at).get(..10).and_then(|day| day.parse().ok());
        let value: Option<f64> = text(value_at).parse().ok().filter(|value: &f64| value.is_finite());
        purchases.push(Purchase {
            customer: text(customer_at).to_owned(),
            day: day.with_context(|| format!("line {line}: date: {:?} is not a date", text(day_at)))?,
            value: value.with_context(|| format!("line {line}: value: {:?} is not a number", text(value_at)))?,
        });
    }
    Ok(purchases)
}
