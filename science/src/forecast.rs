//! `science forecast`: what comes next, for each series of a file.

use std::collections::BTreeMap;
use std::path::PathBuf;

use ::forecast::{Options, Regressor, forecast};
use anyhow::{Context, Result, bail, ensure};
use chrono::{Datelike as _, NaiveDate};
use clap::Args as ClapArgs;
use serde_json::{Map, Value, json};

use crate::input;

const EXAMPLE: &str = "Example:
  science forecast --horizon 13 --season 52 --input series.csv

where series.csv has these columns, and perhaps more, each a regressor such as a holiday or a promotion:
  unique_id,ds,y,promotion
  shop,2026-01-05,1280,0
  shop,2026-01-12,1933,1
  shop,2026-01-19,,1

`ds` is a date or a whole number; missing periods are gaps. A row without `y` after the last value says what its
regressors will be; every period ahead needs one where there are regressors.";

/// Forecasts with intervals and a backtest, for each series of a file
#[derive(ClapArgs, Debug)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Args {
    /// Periods ahead
    #[arg(long)]
    horizon: usize,
    /// Periods after which the pattern repeats: 7 for days, 52 for weeks, 12 for months; 1 for none
    #[arg(long, default_value_t = 1)]
    season: usize,
    /// What the intervals are to hold, in percent
    #[arg(long, value_delimiter = ',', default_values_t = [80.0, 95.0])]
    level: Vec<f64>,
    /// A CSV file with `unique_id`, `ds`, `y`; `-` is standard input
    #[arg(long)]
    input: PathBuf,
}

/// When a row is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum When {
    Number(i64),
    Date(NaiveDate),
}

struct Row {
    when: When,
    value: Option<f64>,
    regressors: Vec<f64>,
}

/// Reads the series and forecasts each.
///
/// # Errors
/// The input cannot be read, or a row is of no use; the message names the line and the column.
pub(crate) fn run(args: &Args) -> Result<Value> {
    let (names, series) = read(args)?;
    let mut answers = Map::new();
    for (id, rows) in series {
        let answer = one(args, &names, &rows).with_context(|| format!("series {id:?}"))?;
        answers.insert(id, answer);
    }
    Ok(json!({ "horizon": args.horizon, "season": args.season, "series": answers }))
}

/// The regressors' names, and each series' rows by its name.
type Input = (Vec<String>, BTreeMap<String, Vec<Row>>);

fn read(args: &Args) -> Result<Input> {
    let mut reader = csv::ReaderBuilder::new().buffer_capacity(1 << 18).from_reader(input::open(&args.input)?);
    let header = reader.headers().context("reading the header")?.clone();
    let column = |name: &str| header.iter().position(|found| found.trim() == name);
    let (Some(id_at), Some(when_at), Some(value_at)) = (column("unique_id"), column("ds"), column("y")) else {
        bail!("the header must have the columns `unique_id`, `ds` and `y`");
    };
    let others: Vec<usize> = (0..header.len()).filter(|at| ![id_at, when_at, value_at].contains(at)).collect();
    let name = |at: usize| header.get(at).unwrap_or_default().trim().to_owned();
    let mut series: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for row in reader.records() {
        let row = row.context("reading a row")?;
        let line = row.position().map_or(0, csv::Position::line);
        let text = |at: usize| row.get(at).unwrap_or_default().trim();
        let number = |at: usize| -> Result<f64> {
            text(at).parse().with_context(|| format!("line {line}: {}: {:?} is not a number", name(at), text(at)))
        };
        let when = when(text(when_at))
            .with_context(|| format!("line {line}: ds: {:?} is neither a date nor a whole number", text(when_at)))?;
        let value = if text(value_at).is_empty() { None } else { Some(number(value_at)?) };
        let regressors = others.iter().map(|at| number(*at)).collect::<Result<_>>()?;
        series.entry(text(id_at).to_owned()).or_default().push(Row { when, value, regressors });
    }
    ensure!(!series.is_empty(), "there is no series in the input");
    Ok((others.into_iter().map(name).collect(), series))
}

fn when(text: &str) -> Option<When> {
    if let Ok(number) = text.parse() {
        return Some(When::Number(number));
    }
    text.get(..10).and_then(|day| day.parse().ok()).map(When::Date)
}

fn one(args: &Args, names: &[String], rows: &[Row]) -> Result<Value> {
    let placed = place(rows)?;
    let last_value = placed.iter().filter(|(_, row)| row.value.is_some()).map(|(at, _)| *at).max();
    let periods = last_value.context("it has no value")? + 1;
    let mut observed = vec![None; periods];
    let mut columns = vec![vec![None; periods + args.horizon]; names.len()];
    for (at, row) in &placed {
        if let Some(slot) = observed.get_mut(*at) {
            *slot = row.value;
        }
        for (column, value) in columns.iter_mut().zip(&row.regressors) {
            if let Some(slot) = column.get_mut(*at) {
                *slot = Some(*value);
            }
        }
    }
    let regressors = names
        .iter()
        .zip(columns)
        .map(|(name, column)| {
            let mut values = Vec::with_capacity(column.len());
            for (at, value) in column.into_iter().enumerate() {
                // A gap has no row and so no regressor; what is ahead must say.
                let Some(value) = value.or((at < periods).then_some(0.0)) else {
                    bail!("{name} has no value {} periods ahead", at + 1 - periods);
                };
                values.push(value);
            }
            Ok(Regressor { name: name.clone(), values })
        })
        .collect::<Result<Vec<_>>>()?;
    let levels = args.level.iter().map(|percent| percent / 100.0).collect();
    let options = Options { horizon: args.horizon, season: args.season, levels, regressors };
    Ok(serde_json::to_value(forecast(&observed, &options)?)?)
}

/// Each row's period, counted from the first: whole numbers as they are, dates by month where all are of one day of the
/// month, else by the commonest distance between neighbours.
fn place(rows: &[Row]) -> Result<Vec<(usize, &Row)>> {
    let months = rows.len() > 2
        && rows.iter().zip(rows.iter().skip(1)).all(|(one, next)| match (one.when, next.when) {
            (When::Date(one), When::Date(next)) => one.day() == next.day() && one != next,
            _ => false,
        });
    let number = |row: &Row| match row.when {
        When::Number(number) => number,
        When::Date(day) if months => i64::from(day.year()) * 12 + i64::from(day.month0()),
        When::Date(day) => i64::from(day.num_days_from_ce()),
    };
    let mut placed: Vec<(i64, &Row)> = rows.iter().map(|row| (number(row), row)).collect();
    placed.sort_by_key(|(at, _)| *at);
    let mut distances: BTreeMap<i64, usize> = BTreeMap::new();
    for ((one, _), (next, _)) in placed.iter().zip(placed.iter().skip(1)) {
        ensure!(next > one, "two rows are of the same period");
        *distances.entry(next - one).or_default() += 1;
    }
    let commonest = distances.iter().max_by_key(|(distance, count)| (**count, -**distance));
    let step = commonest.map_or(1, |(distance, _)| *distance);
    let first = placed.first().map_or(0, |(at, _)| *at);
    placed
        .into_iter()
        .map(|(at, row)| {
            ensure!((at - first) % step == 0, "its periods are not equally spaced");
            let period = usize::try_from((at - first) / step)?;
            ensure!(period < 100_000, "it spans more than 100,000 periods");
            Ok((period, row))
        })
        .collect()
}
