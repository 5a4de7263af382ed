//! A metric's coming days or weeks: the question, and the answer with its backtest. The method is crate `forecast`'s.

use calendar::parse_day;
use forecast::{Member, Options, Regressor};
use problem::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::series::{self, Grain, Series};

/// How much of what comes the two intervals are to hold.
pub const LEVELS: [f64; 2] = [0.8, 0.95];
/// Periods shown of what was, as multiples of the horizon; never fewer than [`SHOWN`].
const SHOWN_HORIZONS: usize = 6;
/// Fewest periods shown of what was.
const SHOWN: usize = 60;
/// Most days that can be named as promotions.
const MAX_PROMOTIONS: usize = 200;

/// What comes next?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Id of a metric of the catalog.
    pub metric: String,
    /// Days or weeks.
    pub grain: Grain,
    /// Periods ahead.
    pub horizon: usize,
    /// Days, `YYYY-MM-DD`, past and coming, on which something is on that lifts the figure.
    pub promotions: Vec<String>,
}

/// A metric's coming periods.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Forecast)]
pub struct Answer {
    /// Id of the metric.
    pub metric: String,
    /// `money` (minor units), `count`, `ratio` or `percent` (a fraction).
    pub unit: String,
    /// ISO 4217 code of amounts.
    pub currency: String,
    /// Days or weeks.
    pub gran: Grain,
    /// What kind of series it is: `constant`, `short`, `intermittent` or `regular`; `nothing` where there has been no value
    /// yet, and then nothing is ahead.
    pub kind: String,
    /// The models whose median it is.
    pub models: Vec<String>,
    /// Periods the models have learnt from.
    pub learnt_from: usize,
    /// Periods without a value that were filled in.
    pub filled: usize,
    /// The last of what was, earliest first.
    pub history: Vec<Was>,
    /// What is to come.
    pub ahead: Vec<Ahead>,
    /// The sum of what is to come; null for a ratio, which has no sum.
    pub total: Option<f64>,
    /// What a day of promotion adds, in the metric's unit; null without promotions, and where too little is known.
    pub promotion: Option<f64>,
    /// How the same method would have done before.
    pub backtest: Backtest,
}

/// A period that is over.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Was {
    /// Its start, UTC ms.
    pub t: i64,
    /// Its first day, `YYYY-MM-DD`.
    pub date: String,
    /// The figure; null for a ratio without divisor.
    pub value: Option<f64>,
}

/// A period to come.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Ahead {
    /// Its start, UTC ms.
    pub t: i64,
    /// Its first day, `YYYY-MM-DD`.
    pub date: String,
    /// The forecast.
    pub mean: f64,
    /// Four of five values are to lie above this, and below `high_80`.
    pub low_80: f64,
    /// See `low_80`.
    pub high_80: f64,
    /// Nineteen of twenty values are to lie above this, and below `high_95`.
    pub low_95: f64,
    /// See `low_95`.
    pub high_95: f64,
}

/// The same method at earlier days, on nothing but what was known then.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Backtest {
    /// Earliest first; empty where the history is too short for one.
    pub origins: Vec<Origin>,
    /// Symmetric mean absolute percentage error, 0 to 200.
    pub smape: Option<f64>,
    /// Mean absolute error over that of saying “as the period before”: below 1 is better than that.
    pub mase: Option<f64>,
    /// Each single model's mean absolute error over the same periods, best first.
    pub models: Vec<ModelError>,
}

/// A model's error.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ModelError {
    /// Which model.
    pub model: String,
    /// Mean absolute error, in the metric's unit.
    pub error: f64,
}

/// One earlier forecast and what came.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Origin {
    /// First day of the first period forecast, `YYYY-MM-DD`.
    pub date: String,
    /// Its periods.
    pub points: Vec<Past>,
    /// Sum forecast less sum that came, over the latter; null where nothing came or the metric has no sum.
    pub off: Option<f64>,
}

/// What was forecast for a period that is over.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Past {
    /// Its start, UTC ms.
    pub t: i64,
    /// What was forecast.
    pub forecast: f64,
    /// What came.
    pub actual: f64,
}

impl Answer {
    /// Where the metric has had no value yet there is nothing ahead, either.
    fn of_nothing(question: &Question, metric: &metrics::Metric, currency: &str) -> Self {
        Self {
            metric: metric.id.to_owned(),
            unit: series::unit(metric).to_owned(),
            currency: currency.to_owned(),
            gran: question.grain,
            kind: "nothing".to_owned(),
            models: Vec::new(),
            learnt_from: 0,
            filled: 0,
            history: Vec::new(),
            ahead: Vec::new(),
            total: None,
            promotion: None,
            backtest: Backtest { origins: Vec::new(), smape: None, mase: None, models: Vec::new() },
        }
    }
}

/// Answers over the series of [`Question::metric`].
///
/// # Errors
/// 422 naming `metric`, `horizon` or `promotions`.
pub fn answer(question: &Question, currency: &str, series: &Series) -> Result<Answer, Problem> {
    let metric = series::metric(&question.metric)?;
    let sums = matches!(metric.unit, metrics::Unit::Money | metrics::Unit::Count)
        && !matches!(metric.definition, metrics::Definition::Ratio { .. });
    let known = series.values.len();
    if known == 0 {
        return Ok(Answer::of_nothing(question, metric, currency));
    }
    let periods = known + question.horizon;
    let promotions = promotions(question, series, periods)?;
    let options = Options {
        horizon: question.horizon,
        season: question.grain.season(),
        levels: LEVELS.to_vec(),
        regressors: promotions.into_iter().collect(),
    };
    let found = forecast::forecast(&series.values, &options).map_err(|error| match error {
        forecast::Error::Option { field, .. } => Problem::invalid_field(field, error.to_string()),
        forecast::Error::NoValue => Problem::conflict(error.to_string()),
    })?;
    let end = |level: usize, upper: bool, at: usize| {
        let interval = found.intervals.get(level);
        let ends = interval.map(|interval| if upper { &interval.upper } else { &interval.lower });
        ends.and_then(|ends| ends.get(at)).copied().unwrap_or_default()
    };
    let ahead = found
        .mean
        .iter()
        .enumerate()
        .map(|(at, mean)| Ahead {
            t: series.t(known + at),
            date: series.date(known + at),
            mean: *mean,
            low_80: end(0, false, at),
            high_80: end(0, true, at),
            low_95: end(1, false, at),
            high_95: end(1, true, at),
        })
        .collect();
    let shown = known.saturating_sub((SHOWN_HORIZONS * question.horizon).max(SHOWN));
    let was = |(at, value): (usize, &Option<f64>)| Was { t: series.t(at), date: series.date(at), value: *value };
    Ok(Answer {
        metric: metric.id.to_owned(),
        unit: series::unit(metric).to_owned(),
        currency: currency.to_owned(),
        gran: question.grain,
        kind: word(&found.kind),
        models: found.members.iter().map(word).collect(),
        learnt_from: known,
        filled: found.filled,
        history: series.values.iter().enumerate().skip(shown).map(was).collect(),
        ahead,
        total: sums.then(|| found.mean.iter().sum()),
        promotion: found.effects.first().map(|effect| effect.per_unit),
        backtest: backtest(&found.backtest, series, sums),
    })
}

fn backtest(backtest: &forecast::Backtest, series: &Series, sums: bool) -> Backtest {
    let origin = |origin: &forecast::Origin| {
        let pairs = origin.forecast.iter().zip(&origin.actual);
        let (said, came): (f64, f64) = (origin.forecast.iter().sum(), origin.actual.iter().sum());
        Origin {
            date: series.date(origin.at),
            points: pairs
                .enumerate()
                .map(|(at, (forecast, actual))| Past {
                    t: series.t(origin.at + at),
                    forecast: *forecast,
                    actual: *actual,
                })
                .collect(),
            off: (sums && came != 0.0).then(|| (said - came) / came),
        }
    };
    let of_model = |(model, error): &(Member, f64)| ModelError { model: word(model), error: *error };
    Backtest {
        origins: backtest.origins.iter().map(origin).collect(),
        smape: backtest.smape,
        mase: backtest.mase,
        models: backtest.members.iter().map(of_model).collect(),
    }
}

/// Days of promotion in each period, past and coming.
fn promotions(question: &Question, series: &Series, periods: usize) -> Result<Option<Regressor>, Problem> {
    if question.promotions.is_empty() {
        return Ok(None);
    }
    if question.promotions.len() > MAX_PROMOTIONS {
        let detail = format!("at most {MAX_PROMOTIONS} days can be named, found {}", question.promotions.len());
        return Err(Problem::invalid_field("promotions", detail));
    }
    let mut values = vec![0.0; periods];
    for day in &question.promotions {
        let day =
            parse_day("promotions", day).map_err(|error| Problem::invalid_field("promotions", error.to_string()))?;
        if let Some(value) = series.place(day, periods).and_then(|at| values.get_mut(at)) {
            *value += 1.0;
        }
    }
    Ok(Some(Regressor { name: "promotion".to_owned(), values }))
}

/// A name as it is written in JSON.
pub(crate) fn word<T: Serialize>(name: &T) -> String {
    serde_json::to_value(name).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use calendar::Zone;
    use metrics::{Figure, Point};

    use super::*;

    const DAY: i64 = 86_400_000;

    fn points(values: impl Iterator<Item = f64>) -> Vec<Point> {
        values.zip(19_000..).map(|(value, day)| Point { t: day * DAY, value: Some(Figure::Real(value)) }).collect()
    }

    fn question(horizon: usize, promotions: &[&str]) -> Question {
        Question {
            metric: "revenue".into(),
            grain: Grain::Day,
            horizon,
            promotions: promotions.iter().map(|day| (*day).to_owned()).collect(),
        }
    }

    /// A week's pattern, a little noise, and nothing before the shop opened.
    fn shop() -> Series {
        let week = [100.0, 90.0, 95.0, 110.0, 150.0, 210.0, 180.0];
        let open = (0..200_usize).map(|day| 1_000.0 * week[day % 7] + 997.0 * ((day * 37 % 11) as f64 - 5.0));
        Series::of(Grain::Day, Zone::parse("UTC").unwrap(), &points((0..30).map(|_| 0.0).chain(open)))
    }

    #[test]
    fn the_days_ahead_follow_the_last_one_and_repeat_the_week() {
        let answer = answer(&question(14, &[]), "EUR", &shop()).unwrap();
        assert_eq!((answer.learnt_from, answer.ahead.len(), answer.unit.as_str()), (200, 14, "money"));
        let last = answer.history.last().unwrap();
        assert_eq!(answer.ahead[0].t, last.t + DAY);
        assert_eq!(answer.history.len(), 84);
        let week = [100.0, 90.0, 95.0, 110.0, 150.0, 210.0, 180.0];
        for (ahead, day) in answer.ahead.iter().zip(200_usize..) {
            let truth = 1_000.0 * week[day % 7];
            assert!((ahead.mean / truth - 1.0).abs() < 0.1, "{} instead of {truth}", ahead.mean);
            assert!(ahead.low_95 <= ahead.low_80 && ahead.low_80 <= ahead.mean);
            assert!(ahead.mean <= ahead.high_80 && ahead.high_80 <= ahead.high_95);
        }
        let total: f64 = answer.ahead.iter().map(|ahead| ahead.mean).sum();
        assert!((answer.total.unwrap() - total).abs() < 1e-6);
    }

    #[test]
    fn the_backtest_says_what_came() {
        let shop = shop();
        let answer = answer(&question(14, &[]), "EUR", &shop).unwrap();
        let origin = answer.backtest.origins.last().unwrap();
        assert_eq!(origin.date, shop.date(200 - 14));
        for (point, at) in origin.points.iter().zip(186_usize..) {
            assert_eq!(point.t, shop.t(at));
            assert!((point.actual - shop.values[at].unwrap()).abs() < 1e-6);
        }
        let came: f64 = origin.points.iter().map(|point| point.actual).sum();
        let said: f64 = origin.points.iter().map(|point| point.forecast).sum();
        assert!((origin.off.unwrap() - (said / came - 1.0)).abs() < 1e-9);
        assert!(answer.backtest.mase.unwrap() < 1.0);
    }

    #[test]
    fn a_day_of_promotion_lifts_the_days_it_is_planned_for() {
        let mut shop = shop();
        let (mut days, flat) = (Vec::new(), answer(&question(14, &[]), "EUR", &shop).unwrap());
        for at in [20, 51, 83, 117, 150] {
            *shop.values[at].as_mut().unwrap() += 80_000.0;
            days.push(shop.date(at));
        }
        days.push(shop.date(203));
        let days: Vec<&str> = days.iter().map(String::as_str).collect();
        let lifted = answer(&question(14, &days), "EUR", &shop).unwrap();
        let adds = lifted.promotion.unwrap();
        assert!((adds - 80_000.0).abs() < 8_000.0, "{adds}");
        let gain = |at: usize| lifted.ahead[at].mean - flat.ahead[at].mean;
        assert!((gain(3) - 80_000.0).abs() < 16_000.0, "{}", gain(3));
        assert!(gain(5).abs() < 16_000.0, "{}", gain(5));
    }

    #[test]
    fn what_cannot_be_answered_names_its_field() {
        let field = |question: &Question| {
            let problem = answer(question, "EUR", &shop()).unwrap_err();
            (problem.status, problem.errors.first().map(|error| error.field.clone()).unwrap_or_default())
        };
        assert_eq!(field(&question(0, &[])), (422, "horizon".into()));
        assert_eq!(field(&question(7, &["tomorrow"])), (422, "promotions".into()));
        assert_eq!(field(&Question { metric: "magic".into(), ..question(7, &[]) }), (422, "metric".into()));
        let empty = Series::of(Grain::Day, Zone::parse("UTC").unwrap(), &points((0..30).map(|_| 0.0)));
        let nothing = answer(&question(7, &[]), "EUR", &empty).unwrap();
        assert_eq!((nothing.kind.as_str(), nothing.learnt_from, nothing.ahead.len()), ("nothing", 0, 0));
    }

    #[test]
    fn weeks_end_before_this_one() {
        let zone = Zone::parse("UTC").unwrap();
        // 2026-11-18 is a Wednesday.
        let history = Grain::Week.history(zone, 1_795_003_200_000 + DAY / 2).unwrap();
        assert_eq!((history.to(), history.days() % 7), ("2026-11-15".to_owned(), 0));
    }
}
