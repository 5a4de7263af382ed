//! `science attribution`: credit per channel from aggregated paths.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use ::attribution::{
    AttributionError, Bootstrap, ChannelCredit, Channels, Cost, MarkovTally, Nulls, Outcome, Path, Rule, RuleTally,
    ShapleyRateTally, Tally, Walk, disagreement, distance,
};
use anyhow::{Context, Result, bail, ensure};
use clap::{Args as ClapArgs, ValueEnum};
use csv::StringRecord;
use serde_json::{Map, Value, json};

use crate::input;

const EXAMPLE: &str = "Example:
  science attribution --model markov --order 1 --input paths.csv
  science attribution --model all --input paths.csv --spend spend.csv

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
    /// How many touches the chain remembers, 1 to 4, for `markov`
    #[arg(long, default_value_t = 1)]
    order: usize,
    /// Count only journeys that converted, for `markov`
    #[arg(long)]
    no_null: bool,
    /// End walks two draws after the longest journey, as ChannelAttribution does, for `markov`
    #[arg(long)]
    capped: bool,
    /// List the chain's transitions, too, for `markov`
    #[arg(long)]
    transitions: bool,
    /// The part of the first and of the last touch, for `position`
    #[arg(long, num_args = 2, value_names = ["FIRST", "LAST"], default_values_t = [0.4, 0.4])]
    position: Vec<f64>,
    /// Touches in which weight halves, for `decay`: paths have no times
    #[arg(long, default_value_t = 1.0)]
    half_life: f64,
    /// A rule of your own in JSON, or a file of it, for `custom`
    #[arg(long)]
    rule: Option<String>,
    /// A CSV file with `channel` and `spend`: adds the cost per attributed conversion
    #[arg(long)]
    spend: Option<PathBuf>,
    /// Replicates for intervals: 20 to 10,000; 0 for none
    #[arg(long, default_value_t = 0)]
    bootstrap: usize,
    /// Probability the intervals cover
    #[arg(long, default_value_t = 0.95)]
    level: f64,
    /// The same seed gives the same intervals
    #[arg(long, default_value_t = 1)]
    seed: u64,
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
    /// As --rule says
    Custom,
    /// By removal effect in the Markov chain of --order, exact
    Markov,
    /// Shapley value where a set of channels earns the conversions it needs no other channel for
    Shapley,
    /// Shapley value where a set of channels earns its conversion rate; may be negative
    ShapleyRate,
    /// All of these but custom and shapley-rate, and how far they disagree about each channel
    All,
}

/// What `all` compares.
const COMPARED: [Model; 7] =
    [Model::First, Model::Last, Model::Linear, Model::Position, Model::Decay, Model::Markov, Model::Shapley];

impl Model {
    fn id(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

/// A model that is counting.
#[derive(Clone, Debug)]
enum Counting {
    Rule(RuleTally),
    Markov(MarkovTally),
    ShapleyRate(ShapleyRateTally),
}

impl Counting {
    fn new(model: Model, args: &Args) -> Result<Self> {
        let rule = |rule: Rule| Ok(Self::Rule(RuleTally::new(rule)?));
        match model {
            Model::First => rule(Rule::First),
            Model::Last => rule(Rule::Last),
            Model::Linear => rule(Rule::Linear),
            Model::Position => match args.position.as_slice() {
                [first, last] => rule(Rule::Position { first: *first, last: *last }),
                _ => bail!("--position takes two parts"),
            },
            Model::Decay => rule(Rule::Decay { half_life_days: args.half_life }),
            Model::Custom => rule(custom(args.rule.as_deref())?),
            Model::Shapley => rule(Rule::Channels),
            Model::ShapleyRate => Ok(Self::ShapleyRate(ShapleyRateTally::new())),
            Model::All => bail!("`all` is several models"),
            Model::Markov => {
                let nulls = if args.no_null { Nulls::LeftOut } else { Nulls::Counted };
                let walk = if args.capped { Walk::Capped } else { Walk::Unlimited };
                Ok(Self::Markov(MarkovTally::new(args.order, nulls, walk)?))
            }
        }
    }

    /// Credits, and what the model has to say besides.
    fn answer(&self, args: &Args, channels: &Channels) -> Result<(Vec<ChannelCredit>, Option<Value>)> {
        let Self::Markov(tally) = self else { return Ok((self.credits()?, None)) };
        let markov = tally.solve();
        let mut besides = json!({
            "order": args.order,
            "nulls": !args.no_null,
            "capped": args.capped,
            "p_conversion": markov.p_conversion,
            "value_per_journey": markov.value_per_journey,
            "removal_effect_conversions": named(channels, &markov.removal_conversions, |effect| json!(effect)),
            "removal_effect_value": named(channels, &markov.removal_value, |effect| json!(effect)),
            "states": markov.states,
            "edges": markov.transitions,
        });
        if args.transitions
            && let Some(object) = besides.as_object_mut()
        {
            object.insert("transitions".to_owned(), json!(tally.transitions(channels)));
        }
        Ok((tally.credits_of(&markov), Some(besides)))
    }
}

impl Tally for Counting {
    fn add(&mut self, path: Path<'_>, outcome: Outcome) -> Result<(), AttributionError> {
        match self {
            Self::Rule(tally) => tally.add(path, outcome),
            Self::Markov(tally) => tally.add(path, outcome),
            Self::ShapleyRate(tally) => tally.add(path, outcome),
        }
    }

    fn credits(&self) -> Result<Vec<ChannelCredit>, AttributionError> {
        match self {
            Self::Rule(tally) => tally.credits(),
            Self::Markov(tally) => tally.credits(),
            Self::ShapleyRate(tally) => tally.credits(),
        }
    }
}

fn custom(rule: Option<&str>) -> Result<Rule> {
    let given = rule.context("--model custom needs --rule")?;
    let text = if given.trim_start().starts_with('{') {
        given.to_owned()
    } else {
        fs::read_to_string(given).with_context(|| format!("opening {given}"))?
    };
    serde_json::from_str(&text).context("--rule")
}

/// Reads the paths, counts them and answers.
///
/// # Errors
/// The input cannot be read, or a row is no path; the message names the line and the column.
pub(crate) fn run(args: &Args) -> Result<Value> {
    if args.model == Model::All {
        return compare(args);
    }
    let mut channels = Channels::default();
    let counting = Counting::new(args.model, args)?;
    let (counting, read, intervals) = if args.bootstrap == 0 {
        let mut counting = counting;
        let read = read(args, &mut channels, |path, outcome| counting.add(path, outcome))?;
        (counting, read, None)
    } else {
        let mut bootstrap = Bootstrap::new(counting, args.bootstrap, args.seed)?;
        let read = read(args, &mut channels, |path, outcome| bootstrap.add(path, outcome))?;
        (bootstrap.tally().clone(), read, Some(bootstrap.intervals(args.level)?))
    };
    let (credits, besides) = counting.answer(args, &channels)?;
    let mut answer = read.described(&args.model.id());
    if let Some(object) = answer.as_object_mut() {
        let costs = args.spend.as_deref().map(|path| costs(path, &channels, &credits)).transpose()?;
        object.insert("channels".to_owned(), named(&channels, &credits, |credit| json!(credit)));
        if let Some(costs) = costs {
            object.insert("costs".to_owned(), costs);
        }
        if let Some(besides) = besides {
            object.insert("markov".to_owned(), besides);
        }
        if let Some(intervals) = intervals {
            let channels = named(&channels, &intervals, |interval| json!(interval));
            let bootstrap =
                json!({ "replicates": args.bootstrap, "level": args.level, "seed": args.seed, "channels": channels });
            object.insert("intervals".to_owned(), bootstrap);
        }
    }
    Ok(answer)
}

/// Every model over the same paths, read once.
fn compare(args: &Args) -> Result<Value> {
    ensure!(args.bootstrap == 0, "--bootstrap takes one model");
    let mut channels = Channels::default();
    let mut counting: Vec<Counting> =
        COMPARED.iter().map(|model| Counting::new(*model, args)).collect::<Result<_>>()?;
    let read = read(args, &mut channels, |path, outcome| {
        counting.iter_mut().try_for_each(|counting| counting.add(path, outcome))
    })?;
    let mut models: Vec<(String, Vec<ChannelCredit>)> = Vec::new();
    for (model, counting) in COMPARED.iter().zip(&counting) {
        models.push((model.id(), counting.credits()?));
    }
    let mut answer = read.described("all");
    if let Some(object) = answer.as_object_mut() {
        let by_model = |(id, credits): &(String, Vec<ChannelCredit>)| -> Result<(String, Value)> {
            let others: Map<String, Value> = models
                .iter()
                .filter(|(other, _)| other != id)
                .map(|(other, theirs)| (other.clone(), json!(distance(credits, theirs))))
                .collect();
            let mut said = json!({
                "channels": named(&channels, credits, |credit| json!(credit)),
                "distance_to": others,
            });
            if let (Some(path), Some(said)) = (args.spend.as_deref(), said.as_object_mut()) {
                said.insert("costs".to_owned(), costs(path, &channels, credits)?);
            }
            Ok((id.clone(), said))
        };
        let by_model: Map<String, Value> = models.iter().map(by_model).collect::<Result<_>>()?;
        object.insert("models".to_owned(), Value::Object(by_model));
        let about = disagreement(&models);
        let about = channels.names().iter().zip(&about).map(|(name, about)| (name.clone(), json!(about)));
        object.insert("disagreement".to_owned(), Value::Object(about.collect()));
    }
    Ok(answer)
}

/// What each channel cost, from a CSV file with `channel` and `spend`.
fn costs(path: &std::path::Path, channels: &Channels, credits: &[ChannelCredit]) -> Result<Value> {
    let mut reader = csv::Reader::from_reader(input::open(path)?);
    let mut costs = Map::new();
    for row in reader.deserialize::<BTreeMap<String, String>>() {
        let row = row.context("--spend")?;
        let channel = row.get("channel").context("--spend has no column `channel`")?.trim();
        let spend = row.get("spend").context("--spend has no column `spend`")?.trim();
        let spend: f64 = spend.parse().with_context(|| format!("--spend: {spend:?} is not a number"))?;
        let at = channels.names().iter().position(|name| name == channel);
        let credit = at.and_then(|at| credits.get(at)).copied().unwrap_or_default();
        costs.insert(channel.to_owned(), json!(Cost::of(spend, credit)));
    }
    Ok(Value::Object(costs))
}

/// A figure per channel under the channel's name. A model's list may end before the last channel it gave nothing to.
fn named<T: Copy + Default>(channels: &Channels, figures: &[T], shown: impl Fn(T) -> Value) -> Value {
    let by_name = channels.names().iter().enumerate().map(|(at, name)| {
        let figure = figures.get(at).copied().unwrap_or_default();
        (name.clone(), shown(figure))
    });
    Value::Object(by_name.collect::<Map<String, Value>>())
}

/// What was read.
#[derive(Default)]
struct Read {
    total: Outcome,
    untouched: Outcome,
}

impl Read {
    fn described(&self, model: &str) -> Value {
        json!({
            "model": model,
            "total_conversions": self.total.conversions,
            "total_conversion_value": self.total.value,
            "total_null": self.total.nulls,
            "conversions_without_touch": self.untouched.conversions,
            "value_without_touch": self.untouched.value,
        })
    }
}

/// Reads row by row; nothing of a row is kept.
fn read(
    args: &Args,
    channels: &mut Channels,
    mut each: impl FnMut(Path<'_>, Outcome) -> Result<(), AttributionError>,
) -> Result<Read> {
    let mut reader = csv::ReaderBuilder::new().buffer_capacity(1 << 18).from_reader(input::open(&args.input)?);
    let header = reader.headers().context("reading the header")?.clone();
    let column = |name: &str| header.iter().position(|found| found.trim() == name);
    let path_at = column("path").context("the header has no column `path`")?;
    let conversions_at = column("total_conversions").context("the header has no column `total_conversions`")?;
    let (value_at, nulls_at) = (column("total_conversion_value"), column("total_null"));

    let mut row = StringRecord::new();
    let mut path = Vec::new();
    let mut read = Read::default();
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
            read.total = read.total.plus(outcome.check()?);
            if path.is_empty() {
                read.untouched = read.untouched.plus(outcome);
            }
            Ok(each(Path { channels, touches: &path }, outcome)?)
        };
        let line = row.position().map_or(0, csv::Position::line);
        add().with_context(|| format!("line {line}"))?;
    }
    ensure!(!channels.names().is_empty(), "there is no path in the input");
    Ok(read)
}
