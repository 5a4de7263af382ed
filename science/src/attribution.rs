//! `science attribution`: credit per channel from aggregated paths.

use std::path::PathBuf;

use ::attribution::{ChannelCredit, ChannelId, Channels, Outcome, Rule, RuleTally, Tally};
use anyhow::{Context, Result, bail, ensure};
use clap::{Args as ClapArgs, ValueEnum};
use csv::StringRecord;
use serde_json::{Map, Value, json};

use crate::input;

const EXAMPLE: &str = "Example:
  science attribution --model linear --input paths.csv

where paths.csv has these columns, in any order; value and nulls may be left out:
  path,total_conversions,total_conversion_value,total_null
  Email > Direct > Email,2,59.80,11
  Paid Search,1,24.90,140";

/// Credit per channel from journeys aggregated by path
#[derive(ClapArgs, Debug)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Args {
    /// How credit is shared
    #[arg(long, value_enum)]
    model: Model,
    /// A CSV file with `path`, `total_conversions`, `total_conversion_value`, `total_null`; `-` is standard input
    #[arg(long)]
    input: PathBuf,
    /// The part of the first and of the last touch, for `position`
    #[arg(long, num_args = 2, value_names = ["FIRST", "LAST"], default_values_t = [0.4, 0.4])]
    position: Vec<f64>,
    /// Touches in which weight halves, for `decay`: paths have no times
    #[arg(long, default_value_t = 1.0)]
    half_life: f64,
}

/// The models that work on aggregated paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Model {
    /// All to the first touch
    First,
    /// All to the last touch
    Last,
    /// The same to every touch
    Linear,
    /// 40/20/40, or as --position says
    Position,
    /// Halving with every --half-life touches before the last
    Decay,
}

/// Reads the paths, counts them and answers.
///
/// # Errors
/// The input cannot be read, or a row is no path; the message names the line and the column.
pub(crate) fn run(args: &Args) -> Result<Value> {
    let mut channels = Channels::default();
    let mut tally = tally(args)?;
    let mut total = Outcome::default();
    let mut untouched = Outcome::default();
    read(args, &mut channels, |channels, path, outcome| {
        total = total.plus(outcome);
        if path.is_empty() {
            untouched = untouched.plus(outcome);
        }
        tally.learn_names(channels);
        Ok(tally.add(path, outcome)?)
    })?;
    let credits = tally.credits()?;
    Ok(json!({
        "model": args.model.to_possible_value().map(|value| value.get_name().to_owned()),
        "total_conversions": total.conversions,
        "total_conversion_value": total.value,
        "total_null": total.nulls,
        "without_touch": untouched.conversions,
        "channels": by_channel(&channels, &credits),
    }))
}

fn tally(args: &Args) -> Result<RuleTally> {
    let [first, last] = args.position.as_slice() else { bail!("--position takes two parts") };
    let rule = match args.model {
        Model::First => Rule::First,
        Model::Last => Rule::Last,
        Model::Linear => Rule::Linear,
        Model::Position => Rule::Position { first: *first, last: *last },
        Model::Decay => Rule::Decay { half_life_days: args.half_life },
    };
    Ok(RuleTally::new(rule)?)
}

fn by_channel(channels: &Channels, credits: &[ChannelCredit]) -> Value {
    let credited = channels.names().iter().enumerate().map(|(at, name)| {
        let credit = credits.get(at).copied().unwrap_or_default();
        (name.clone(), json!({ "conversions": credit.conversions, "value": credit.value }))
    });
    Value::Object(credited.collect::<Map<String, Value>>())
}

/// Reads row by row; nothing of a row is kept.
fn read(
    args: &Args,
    channels: &mut Channels,
    mut each: impl FnMut(&Channels, &[ChannelId], Outcome) -> Result<()>,
) -> Result<()> {
    let mut reader = csv::ReaderBuilder::new().buffer_capacity(1 << 18).from_reader(input::open(&args.input)?);
    let header = reader.headers().context("reading the header")?.clone();
    let column = |name: &str| header.iter().position(|found| found.trim() == name);
    let path_at = column("path").context("the header has no column `path`")?;
    let conversions_at = column("total_conversions").context("the header has no column `total_conversions`")?;
    let (value_at, nulls_at) = (column("total_conversion_value"), column("total_null"));

    let mut row = StringRecord::new();
    let mut path = Vec::new();
    while reader.read_record(&mut row).context("reading a row")? {
        let number = |at: Option<usize>| -> Result<f64> {
            let Some(text) = at.and_then(|at| row.get(at)).map(str::trim) else { return Ok(0.0) };
            if text.is_empty() {
                return Ok(0.0);
            }
            text.parse().with_context(|| format!("{text:?} is not a number"))
        };
        let mut add = || -> Result<()> {
            let outcome = Outcome {
                conversions: number(Some(conversions_at)).context("total_conversions")?,
                value: number(value_at).context("total_conversion_value")?,
                nulls: number(nulls_at).context("total_null")?,
            };
            channels.read(row.get(path_at).unwrap_or_default(), &mut path)?;
            each(channels, &path, outcome.check()?)
        };
        let line = row.position().map_or(0, csv::Position::line);
        add().with_context(|| format!("line {line}"))?;
    }
    ensure!(!channels.names().is_empty(), "there is no path in the input");
    Ok(())
}
