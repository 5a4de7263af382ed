//! `science mmm`: what each channel brought, what its next unit of money would, and how a budget is best divided.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use ::mmm::budget::{Bounds, Goal, Response as _, divide};
use ::mmm::fit::{Settings, Walk, advance};
use ::mmm::{Adstock, Channel, Control, Data, Experiment, Model, Plan, Posterior, Saturation, Season, Spec};
use anyhow::{Context, Result, bail, ensure};
use clap::Args as ClapArgs;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::input;

const EXAMPLE: &str = r#"Example:
  science mmm --input weekly.csv --spec spec.json

where weekly.csv has a row a period, in order and without gaps, and spec.json says what its columns are:
  {
    "date": "week", "outcome": "revenue",
    "channels": [{"name": "meta", "column": "meta_spend"},
                 {"name": "tv", "column": "tv_spend", "adstock": "weibull_pdf", "saturation": "hill", "window": 13}],
    "controls": [{"name": "promo"}, {"name": "price", "reference": 19.9}],
    "seasons": [{"period": 52.18, "order": 2}], "turns": 0,
    "experiments": [{"channel": "tv", "from": "2026-03-02", "to": "2026-03-30", "scale": 0,
                     "lift": 41000, "standard_error": 9000}],
    "budget": {"goal": {"spend": 33000}, "times_present": {"low": 0.5, "high": 2},
               "bounds": {"tv": {"low": 4000, "high": 9000}}},
    "plans": [{"name": "more tv", "spend": {"meta": [9000, 9000], "tv": [8000, 8000]}, "controls": {"promo": [0, 1], "price": [19.9, 19.9]}}],
    "level": 0.95, "settings": {"seed": 1, "chains": 4, "warmup": 2000, "draws": 250, "thin": 40}
  }

Only `outcome` and `channels` must be there; `column` is the name unless given. `adstock` is geometric, weibull_pdf or
weibull_cdf; `saturation` is hill, michaelis_menten or logistic. An experiment's `from` and `to` (the period after its
last) are dates of the file or row numbers from 0. `goal` is {"spend": …}, {"return": outcome for each unit spent} or
{"cost_per_outcome": …}, a period; bounds are spends a period. The first plan is what the others are compared with."#;

/// Marketing mix: contributions, response curves, the best division of a budget, plans
#[derive(ClapArgs, Debug)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Args {
    /// A CSV file with a row a period; `-` is standard input
    #[arg(long)]
    input: PathBuf,
    /// A JSON file that says what the columns are and what is asked
    #[arg(long)]
    spec: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[serde(default)]
    date: Option<String>,
    outcome: String,
    channels: Vec<AskedChannel>,
    #[serde(default)]
    controls: Vec<AskedControl>,
    #[serde(default)]
    seasons: Vec<Season>,
    #[serde(default)]
    turns: usize,
    #[serde(default)]
    experiments: Vec<AskedExperiment>,
    #[serde(default)]
    budget: Option<AskedBudget>,
    #[serde(default)]
    plans: Vec<AskedPlan>,
    #[serde(default = "level")]
    level: f64,
    #[serde(default)]
    settings: Settings,
}

const fn level() -> f64 {
    0.95
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AskedChannel {
    name: String,
    #[serde(default)]
    column: Option<String>,
    #[serde(default)]
    adstock: Adstock,
    #[serde(default)]
    saturation: Saturation,
    #[serde(default = "window")]
    window: usize,
}

const fn window() -> usize {
    13
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AskedControl {
    name: String,
    #[serde(default)]
    column: Option<String>,
    #[serde(default)]
    reference: f64,
}

/// A row by its number or by its date.
#[derive(Deserialize)]
#[serde(untagged)]
enum Row {
    Number(usize),
    Date(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AskedExperiment {
    channel: String,
    from: Row,
    to: Row,
    #[serde(default)]
    until: Option<Row>,
    #[serde(default)]
    scale: f64,
    lift: f64,
    standard_error: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AskedBudget {
    goal: Goal,
    #[serde(default)]
    times_present: Option<Bounds>,
    #[serde(default)]
    bounds: BTreeMap<String, Bounds>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AskedPlan {
    name: String,
    spend: BTreeMap<String, Vec<f64>>,
    #[serde(default)]
    controls: BTreeMap<String, Vec<f64>>,
}

/// Points of a response curve.
const POINTS: u32 = 21;
/// Draws whose curves a budget is divided over.
const CURVES: usize = 200;

/// Fits and answers.
///
/// # Errors
/// The files cannot be read, or what they say is of no use; the message names the column or the field.
pub(crate) fn run(args: &Args) -> Result<Value> {
    let asked: Asked = serde_json::from_reader(std::io::BufReader::new(input::open(&args.spec)?))
        .with_context(|| format!("reading {}", args.spec.display()))?;
    ensure!(asked.level > 0.0 && asked.level < 1.0, "level is {}, it must be between 0 and 1", asked.level);
    let (model, dates) = model(args, &asked)?;
    let mut walk = Walk::new(asked.settings).context("settings")?;
    let start = Instant::now();
    let draws = advance(&model, &mut walk, usize::MAX)?;
    let seconds = start.elapsed().as_secs_f64();
    let posterior = Posterior::new(&model, &draws)?;
    let spec = model.spec();
    let mut curves = Map::new();
    for (at, (channel, spend)) in spec.channels.iter().zip(&model.data().spend).enumerate() {
        let most = spend.iter().copied().fold(0.0, f64::max);
        let spends: Vec<f64> = (0..POINTS).map(|point| most * f64::from(point) / f64::from(POINTS - 1)).collect();
        let points = posterior.response(at, &spends, asked.level);
        let mut points = serde_json::to_value(points)?;
        // A saturation of shape below 1 rises without bound from nothing: there is no slope to tell.
        let unspent = points.as_array_mut().into_iter().flatten().filter(|point| point["spend"] == 0.0);
        unspent.for_each(|point| point["marginal"] = Value::Null);
        curves.insert(channel.name.clone(), points);
    }
    let budget = asked.budget.as_ref().map(|budget| recommend(&model, &posterior, budget, asked.level)).transpose()?;
    Ok(json!({
        "periods": model.periods(),
        "dates": dates,
        "level": asked.level,
        "diagnostics": posterior.diagnostics(),
        "decomposition": posterior.decomposition(asked.level),
        "channels": posterior.channels(asked.level),
        "response_curves": curves,
        "budget": budget,
        "plans": plans(&model, &posterior, &asked)?,
        "sweeps": walk.done(),
        "seconds": seconds,
    }))
}

fn model(args: &Args, asked: &Asked) -> Result<(Model, Option<Vec<String>>)> {
    let mut reader = csv::Reader::from_reader(input::open(&args.input)?);
    let header = reader.headers().context("reading the header")?.clone();
    let place = |name: &str| {
        let found = header.iter().position(|found| found.trim() == name);
        found.with_context(|| format!("the header has no column `{name}`"))
    };
    let outcome_at = place(&asked.outcome)?;
    let date_at = asked.date.as_deref().map(place).transpose()?;
    let column = |name: &str, column: &Option<String>| place(column.as_deref().unwrap_or(name));
    let spend_at =
        asked.channels.iter().map(|channel| column(&channel.name, &channel.column)).collect::<Result<Vec<_>>>()?;
    let controls_at =
        asked.controls.iter().map(|control| column(&control.name, &control.column)).collect::<Result<Vec<_>>>()?;
    let mut data = Data {
        outcome: Vec::new(),
        spend: vec![Vec::new(); spend_at.len()],
        controls: vec![Vec::new(); controls_at.len()],
    };
    let mut dates = Vec::new();
    for row in reader.records() {
        let row = row.context("reading a row")?;
        let line = row.position().map_or(0, csv::Position::line);
        let text = |at: usize| row.get(at).unwrap_or_default().trim();
        let number = |at: usize| -> Result<f64> {
            let name = header.get(at).unwrap_or_default();
            text(at).parse().with_context(|| format!("line {line}: {name}: {:?} is not a number", text(at)))
        };
        data.outcome.push(number(outcome_at)?);
        for (column, at) in data.spend.iter_mut().zip(&spend_at).chain(data.controls.iter_mut().zip(&controls_at)) {
            column.push(number(*at)?);
        }
        if let Some(at) = date_at {
            dates.push(text(at).to_owned());
        }
    }
    let row = |row: &Row| -> Result<usize> {
        match row {
            Row::Number(number) => Ok(*number),
            Row::Date(date) => {
                let found = dates.iter().position(|found| found == date);
                found.with_context(|| format!("experiments: no row is of {date:?}; name `date`, or count rows from 0"))
            }
        }
    };
    let experiments = asked
        .experiments
        .iter()
        .map(|asked| {
            Ok(Experiment {
                channel: asked.channel.clone(),
                from: row(&asked.from)?,
                to: row(&asked.to)?,
                until: asked.until.as_ref().map(row).transpose()?,
                scale: asked.scale,
                lift: asked.lift,
                standard_error: asked.standard_error,
            })
        })
        .collect::<Result<_>>()?;
    let channels = asked.channels.iter().map(|asked| Channel {
        name: asked.name.clone(),
        adstock: asked.adstock,
        saturation: asked.saturation,
        window: asked.window,
    });
    let controls = asked.controls.iter().map(|asked| Control { name: asked.name.clone(), reference: asked.reference });
    let spec = Spec {
        channels: channels.collect(),
        controls: controls.collect(),
        seasons: asked.seasons.clone(),
        turns: asked.turns,
        experiments,
    };
    Ok((Model::new(spec, data)?, date_at.map(|_| dates)))
}

fn recommend(model: &Model, posterior: &Posterior<'_>, asked: &AskedBudget, level: f64) -> Result<Value> {
    let channels = &model.spec().channels;
    if let Some(name) = asked.bounds.keys().find(|name| !channels.iter().any(|channel| channel.name == **name)) {
        bail!("budget: bounds: no channel is called {name:?}");
    }
    let present: Vec<f64> =
        model.data().spend.iter().map(|spend| spend.iter().sum::<f64>() / spend.len() as f64).collect();
    let times = asked.times_present.unwrap_or(Bounds { low: 0.0, high: 3.0 });
    let bounds: Vec<Bounds> = channels
        .iter()
        .zip(&present)
        .map(|(channel, present)| {
            let own = asked.bounds.get(&channel.name).copied();
            own.unwrap_or(Bounds { low: times.low * present, high: times.high * present })
        })
        .collect();
    let curves: Vec<_> = (0..channels.len()).map(|at| posterior.curves(at, CURVES)).collect();
    let found = divide(&curves, &bounds, asked.goal, std::slice::from_ref(&present)).context("budget")?;
    let now: f64 = curves.iter().zip(&present).map(|(curve, spend)| curve.value(*spend)).sum();
    let rows = channels.iter().zip(&present).zip(&bounds).zip(found.spend.iter().zip(&found.marginal)).map(
        |(((channel, present), bounds), (spend, marginal))| {
            json!({
                "channel": channel.name, "present": present, "recommended": spend, "marginal_return": marginal,
                "low": bounds.low, "high": bounds.high,
            })
        },
    );
    Ok(json!({
        "goal": asked.goal,
        "channels": rows.collect::<Vec<_>>(),
        "spend": found.total,
        "outcome": found.outcome,
        "return_on_spend": found.outcome / found.total,
        "present_spend": present.iter().sum::<f64>(),
        "present_outcome": now,
        "gain": posterior.gain(&present, &found.spend, level),
    }))
}

fn plans(model: &Model, posterior: &Posterior<'_>, asked: &Asked) -> Result<Value> {
    let mut answers = Vec::new();
    let mut first: Option<Plan> = None;
    for asked_plan in &asked.plans {
        let said = || format!("plan {:?}", asked_plan.name);
        let plan = plan_of(model, asked_plan).with_context(said)?;
        let outlook = posterior.outlook(&plan, asked.level, asked.settings.seed).with_context(said)?;
        let more = first.as_ref().map(|first| posterior.compare(first, &plan, asked.level)).transpose()?;
        answers.push(json!({ "name": asked_plan.name, "outlook": outlook, "against_first": more }));
        first.get_or_insert(plan);
    }
    Ok(Value::Array(answers))
}

fn plan_of(model: &Model, asked: &AskedPlan) -> Result<Plan> {
    let (mut spend, mut controls) = (asked.spend.clone(), asked.controls.clone());
    let take = |from: &mut BTreeMap<String, Vec<f64>>, names: &mut dyn Iterator<Item = &String>, what: &str| {
        let taken = names
            .map(|name| from.remove(name).with_context(|| format!("{what} has nothing for {name:?}")))
            .collect::<Result<Vec<_>>>()?;
        match from.keys().next() {
            Some(name) => bail!("{what}: there is no {name:?} in the spec"),
            None => Ok(taken),
        }
    };
    let spec = model.spec();
    Ok(Plan {
        spend: take(&mut spend, &mut spec.channels.iter().map(|channel| &channel.name), "spend")?,
        controls: take(&mut controls, &mut spec.controls.iter().map(|control| &control.name), "controls")?,
    })
}
