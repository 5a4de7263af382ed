//! Every series that has a value is forecast, and small cases are forecast as they must be.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop where it fails")]

use forecast::inventory::{Demand, forecast_cover, reorder_point, stockout_probability};
use forecast::{Error, Forecast, Kind, Options, Regressor, forecast};

fn options(horizon: usize, season: usize) -> Options {
    Options { horizon, season, levels: vec![0.8, 0.95], regressors: Vec::new() }
}

fn of(values: &[f64], horizon: usize, season: usize) -> Forecast {
    let observed: Vec<Option<f64>> = values.iter().copied().map(Some).collect();
    forecast(&observed, &options(horizon, season)).unwrap()
}

/// Numbers that look random and are the same every time (Knuth's linear congruential generator).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }

    fn value(&mut self) -> Option<f64> {
        match self.next(9) {
            0..4 => Some(self.next(2_000) as f64 - 1_000.0),
            4 | 5 => Some(0.0),
            6 => None,
            7 => Some(f64::NAN),
            _ => Some(1e9 * self.next(1_000) as f64),
        }
    }
}

#[test]
fn whatever_the_series_there_is_a_forecast() {
    let mut numbers = Numbers(7);
    for _ in 0..150 {
        let (length, season) = (1 + numbers.next(80), 1 + numbers.next(13) as usize);
        let series: Vec<Option<f64>> = (0..length).map(|_| numbers.value()).collect();
        let known = series.iter().flatten().any(|value| value.is_finite());
        let got = match forecast(&series, &options(5, season)) {
            Ok(got) => got,
            Err(error) => {
                assert!(error == Error::NoValue && !known, "{error}: {series:?}");
                continue;
            }
        };
        assert!(got.mean.len() == 5 && got.mean.iter().all(|value| value.is_finite()), "{series:?}: {got:?}");
        for interval in &got.intervals {
            for (at, mean) in got.mean.iter().enumerate() {
                let (lower, upper) = (interval.lower[at], interval.upper[at]);
                assert!(lower.is_finite() && upper.is_finite(), "{series:?}: {got:?}");
                assert!(got.kind == Kind::Intermittent || (lower <= *mean && *mean <= upper), "{series:?}: {got:?}");
            }
        }
    }
}

#[test]
fn nothing_and_nonsense_are_refused() {
    assert_eq!(forecast(&[None], &options(3, 1)), Err(Error::NoValue));
    assert!(matches!(forecast(&[Some(1.0)], &options(0, 1)), Err(Error::Option { field: "horizon", .. })));
    assert!(matches!(forecast(&[Some(1.0)], &options(1, 0)), Err(Error::Option { field: "season", .. })));
    let levels = Options { levels: vec![1.0], ..options(1, 1) };
    assert!(matches!(forecast(&[Some(1.0)], &levels), Err(Error::Option { field: "levels", .. })));
}

#[test]
fn a_constant_stays_and_zero_stays_zero() {
    let got = of(&[7.0; 30], 3, 7);
    assert_eq!((got.kind, got.mean), (Kind::Constant, vec![7.0; 3]));
    assert_eq!(of(&[0.0; 30], 3, 7).mean, [0.0; 3]);
    assert_eq!(of(&[4.0], 2, 7).mean, [4.0; 2]);
}

#[test]
fn a_season_and_a_trend_are_carried_on() {
    let pattern = [0.0, 2.0, 5.0, 9.0, 4.0, 20.0, 30.0];
    let series: Vec<f64> = (0..140).map(|day| 100.0 + 0.5 * f64::from(day) + pattern[day as usize % 7]).collect();
    let got = of(&series, 14, 7);
    for (ahead, mean) in got.mean.iter().enumerate() {
        let day = 140 + ahead;
        let want = 100.0 + 0.5 * day as f64 + pattern[day % 7];
        assert!((mean - want).abs() < 5.0, "{ahead}: {mean} for {want}");
    }
    assert!(got.backtest.origins.len() >= 3 && got.backtest.smape.unwrap() < 3.0, "{:?}", got.backtest.smape);
}

#[test]
fn demand_that_is_mostly_zero_is_never_negative() {
    let series: Vec<f64> = (0..120).map(|day| if day % 5 == 0 { 3.0 } else { 0.0 }).collect();
    let got = of(&series, 7, 7);
    assert_eq!(got.kind, Kind::Intermittent);
    assert!(got.mean.iter().all(|mean| (0.3..1.2).contains(mean)), "{:?}", got.mean);
    assert!(got.intervals.iter().all(|interval| interval.lower.iter().all(|lower| *lower >= 0.0)));
}

#[test]
fn a_promotion_is_taken_out_and_put_back() {
    let promotion: Vec<f64> = (0..147).map(|day| if day % 17 == 3 || day == 142 { 1.0 } else { 0.0 }).collect();
    let series: Vec<Option<f64>> = (0..140)
        .map(|day| Some(100.0 + 4.0 * (day % 7) as f64 + ((day * 31) % 13) as f64 / 4.0 + 50.0 * promotion[day]))
        .collect();
    let regressors = vec![Regressor { name: "promotion".to_owned(), values: promotion }];
    let got = forecast(&series, &Options { regressors, ..options(7, 7) }).unwrap();
    assert!((got.effects[0].per_unit - 50.0).abs() < 3.0, "{:?}", got.effects);
    let ordinary = 100.0 + 4.0 * (142 % 7) as f64;
    assert!((got.mean[2] - ordinary - 50.0).abs() < 6.0, "{:?}", got.mean);
}

#[test]
fn stock_by_hand() {
    let demand = Demand { daily: 20.0, daily_deviation: 6.0, lead: 7.0, lead_deviation: 0.0 };
    let order = reorder_point(&demand, 0.95).unwrap();
    assert!((order.reorder_point - 166.111_241_84).abs() < 1e-6);
    assert!((stockout_probability(&demand, order.reorder_point).unwrap() - 0.05).abs() < 1e-9);
    assert_eq!(forecast_cover(25.0, &[10.0, 10.0, 10.0]), Some(2.5));
    assert_eq!(forecast_cover(31.0, &[10.0, 10.0, 10.0]), None);
}

/// Two months of days, a month ahead: too few for three backtests of a month each. The interval is learnt from shorter
/// ones; from the steps of a noisy shop alone it would be several times as wide as anything that ever happened.
#[test]
fn a_month_ahead_of_two_months_is_no_fan() {
    let (known, ahead) = (59, 28);
    let mut numbers = Numbers(11);
    let (mut inside, mut width, mut strayed) = ([0.0; 2], [0.0; 2], 0.0);
    let shops = 150;
    for _ in 0..shops {
        // Orders of some size by the day of the week, as a small shop has them.
        let usual: Vec<u64> = (0..7).map(|_| 2 + numbers.next(6)).collect();
        let days: Vec<f64> = (0..known + ahead)
            .map(|day| {
                (0..usual[day % 7]).map(|_| if numbers.next(2) == 0 { numbers.next(160) as f64 } else { 0.0 }).sum()
            })
            .collect();
        let got = of(&days[..known], ahead, 7);
        assert!(got.backtest.origins.len() >= 3, "{} origins", got.backtest.origins.len());
        let mean = days.iter().sum::<f64>() / days.len() as f64;
        strayed += (days.iter().map(|day| (day - mean).powi(2)).sum::<f64>() / days.len() as f64).sqrt();
        for (at, interval) in got.intervals.iter().enumerate() {
            let held = |(day, (low, high)): (&f64, (&f64, &f64))| f64::from(u8::from(low <= day && day <= high));
            let bounds = interval.lower.iter().zip(&interval.upper);
            inside[at] += days[known..].iter().zip(bounds.clone()).map(held).sum::<f64>() / ahead as f64;
            width[at] += bounds.map(|(low, high)| high - low).sum::<f64>() / ahead as f64;
        }
    }
    let [at_80, at_95] = inside.map(|sum| sum / f64::from(shops));
    let [wide_80, wide_95] = width.map(|sum| sum / strayed);
    println!("inside 80 %: {at_80:.3}, 95 %: {at_95:.3}; as wide as {wide_80:.2} and {wide_95:.2} standard deviations");
    assert!((at_80 - 0.80).abs() < 0.08 && (at_95 - 0.95).abs() < 0.05, "{at_80}, {at_95}");
    assert!(wide_80 < 4.0 && wide_95 < 6.0, "{wide_80}, {wide_95}");
}
