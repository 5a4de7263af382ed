//! How far the figures of the models can be believed: intervals of what customers will buy and spend.
//!
//! Each draw takes parameters as they could be just as well ([`crate::Fitted::draw`]) and then, for every customer, draws
//! what their history leaves open (whether they are alive, their rate, their chance to drop out, what they spend) and the
//! purchases that follow. The intervals hold all of it: parameters, customers, and the chance in what they will do. They
//! do not hold that the model may be wrong.

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use crate::repeat::Repeat;
use crate::value::{GammaGamma, Horizon};
use crate::{Error, Fitted, Summary};

/// Most draws.
pub const MAX_DRAWS: u32 = 100_000;

/// An interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Range {
    /// Its lower end.
    pub lower: f64,
    /// Its upper end.
    pub upper: f64,
}

impl Range {
    /// The middle `level` of `values`, each end a value that was drawn.
    fn middle(values: &mut [f64], level: f64) -> Self {
        values.sort_by(f64::total_cmp);
        let last = values.len().saturating_sub(1) as f64;
        let at = |share: f64| values.get((share * last).round() as usize).copied().unwrap_or_default();
        Self { lower: at((1.0 - level) / 2.0), upper: at(f64::midpoint(1.0, level)) }
    }
}

/// What a customer, or all of them together, will do within the horizon.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Outlook {
    /// Purchases.
    pub purchases: Range,
    /// What they spend, discounted as by [`crate::value::lifetime_value`], in the unit of money.
    pub value: Range,
}

/// How the intervals are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drawing {
    /// How much the intervals are to hold: a fraction.
    pub level: f64,
    /// Draws, 1 to [`MAX_DRAWS`]; with a thousand an end of a 90 % interval is itself uncertain by 0.7 points.
    pub draws: u32,
    /// The same seed draws the same.
    pub seed: u64,
}

/// The interval of each customer, and of their sum.
///
/// # Errors
/// The level is not between 0 and 1, or the draws are none or too many.
pub fn outlooks<R: Repeat>(
    repeat: &Fitted<R, 4>,
    value: &Fitted<GammaGamma, 3>,
    customers: &[Summary],
    horizon: &Horizon,
    drawing: &Drawing,
) -> Result<(Vec<Outlook>, Outlook), Error> {
    let Drawing { level, draws, seed } = *drawing;
    if !(level > 0.0 && level < 1.0) {
        return Err(Error::Number { field: "level", found: level, wanted: "between 0 and 1" });
    }
    if !(1..=MAX_DRAWS).contains(&draws) {
        return Err(Error::Number { field: "draws", found: f64::from(draws), wanted: "1 to 100,000" });
    }
    let mut numbers = ChaCha8Rng::seed_from_u64(seed);
    let models: Vec<(R, GammaGamma)> =
        (0..draws).map(|_| (repeat.draw(&mut numbers), value.draw(&mut numbers))).collect();
    let worth: Vec<f64> = (1..=horizon.months)
        .map(|month| (1.0 + horizon.monthly_discount).powi(-i32::try_from(month).unwrap_or(i32::MAX)))
        .collect();
    let time = f64::from(horizon.months) * horizon.units_per_month;
    let mut totals = vec![(0.0, 0.0); models.len()];
    let (mut bought, mut spent) = (vec![0.0; models.len()], vec![0.0; models.len()]);
    let each = customers
        .iter()
        .map(|customer| {
            let slots = bought.iter_mut().zip(&mut spent).zip(&mut totals);
            for ((repeat, value), ((bought, spent), total)) in models.iter().zip(slots) {
                (*bought, *spent) = (0.0, 0.0);
                let mut times = Vec::new();
                repeat.draw(customer, time, &mut numbers, |at| times.push(at));
                if !times.is_empty() {
                    let purse = value.purse(customer, &mut numbers);
                    for at in times {
                        let month = (at / horizon.units_per_month).floor() as usize;
                        *bought += 1.0;
                        *spent += purse.draw(&mut numbers) * worth.get(month).or(worth.last()).unwrap_or(&0.0);
                    }
                }
                total.0 += *bought;
                total.1 += *spent;
            }
            Outlook { purchases: Range::middle(&mut bought, level), value: Range::middle(&mut spent, level) }
        })
        .collect();
    let (mut bought, mut spent): (Vec<f64>, Vec<f64>) = totals.into_iter().unzip();
    let all = Outlook { purchases: Range::middle(&mut bought, level), value: Range::middle(&mut spent, level) };
    Ok((each, all))
}
