//! At which hour to write to whom: what everybody's answers say of the hours, drawn to a customer's own the more there are.
//!
//! What a customer answers in an hour is expected to be messages sent × the hour's rate of all customers × the customer's
//! own level; the level is gamma over customers around 1, each customer's rate in an hour beta around that product. How
//! far customers differ in level, and in their hours, is learnt by maximum likelihood (empirical Bayes; Robbins 1956,
//! Casella 1985): where all prefer the same hours, everybody is written to at those. Without the level somebody who
//! answers always would seem to prefer the one hour they were ever written to.

use std::collections::BTreeMap;

use serde::Serialize;
use statrs::function::beta::ln_beta;
use statrs::function::gamma::ln_gamma;

use crate::Error;
use crate::fit::Fitted;

/// What was sent to a customer in an hour, and answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Sent {
    /// To whom.
    pub customer: String,
    /// The customer's own hour: of the day, 0 to 23, or of the week, 0 to 167.
    pub hour: usize,
    /// Messages sent.
    pub messages: u32,
    /// How many of them were answered (opened, clicked, bought after), however late.
    pub answers: u32,
}

/// Most hours told apart: those of a week.
pub const MAX_HOURS: usize = 168;
/// Messages at the mean rate that are mixed into each hour's rate of all, so that none is 0 or 1.
const MIXED_IN: f64 = 1.0;
/// How near to 0 and 1 a rate is let.
const EDGE: f64 = 1e-6;

/// The hours' rates of all customers, and how far customers differ.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SendTime {
    /// The rate of answers of each hour, of all customers: fractions. Hours nothing was sent in have the mean rate.
    pub rates: Vec<f64>,
    /// Expected answers that a customer's own level is worth as much as: the smaller, the more customers differ.
    pub level_prior: f64,
    /// Messages in an hour that a customer's own hours are worth as much as: the smaller, the more their hours differ.
    pub hour_prior: f64,
}

/// The hour for a customer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Preference {
    /// The hour with the highest rate.
    pub hour: usize,
    /// The share of messages in it that this customer is expected to answer.
    pub rate: f64,
    /// How much higher that is than in the hour that is best for all.
    pub gain: f64,
}

struct Hours<'a> {
    cells: BTreeMap<usize, (f64, f64)>,
    customer: &'a str,
}

/// Messages and answers by hour, for each customer in ascending order of their name.
fn by_customer(sent: &[Sent]) -> Vec<Hours<'_>> {
    let mut all: BTreeMap<&str, BTreeMap<usize, (f64, f64)>> = BTreeMap::new();
    for row in sent {
        let cell = all.entry(&row.customer).or_default().entry(row.hour).or_default();
        cell.0 += f64::from(row.messages);
        cell.1 += f64::from(row.answers);
    }
    all.into_iter().map(|(customer, cells)| Hours { cells, customer }).collect()
}

/// A parameter alone.
struct One(f64);

impl From<[f64; 1]> for One {
    fn from([value]: [f64; 1]) -> Self {
        Self(value)
    }
}

impl SendTime {
    /// Learns from messages that were sent, of `hours` hours: 24 or 168.
    ///
    /// # Errors
    /// `hours` is not 2 to [`MAX_HOURS`], a row has an hour beyond it or more answers than messages, or nothing or
    /// everything was answered.
    pub fn fit(sent: &[Sent], hours: usize) -> Result<Self, Error> {
        if !(2..=MAX_HOURS).contains(&hours) {
            return Err(Error::Number { field: "hours", found: hours as f64, wanted: "2 to 168" });
        }
        let mut sums = vec![(0.0, 0.0); hours];
        for row in sent {
            let Some(sum) = sums.get_mut(row.hour) else {
                return Err(Error::Number { field: "hour", found: row.hour as f64, wanted: "less than `hours`" });
            };
            if row.answers > row.messages {
                let found = f64::from(row.answers);
                return Err(Error::Number { field: "answers", found, wanted: "at most the messages" });
            }
            sum.0 += f64::from(row.messages);
            sum.1 += f64::from(row.answers);
        }
        let (messages, answers) = sums.iter().fold((0.0, 0.0), |sum, hour| (sum.0 + hour.0, sum.1 + hour.1));
        if !(answers > 0.0 && answers < messages) {
            return Err(Error::TooLittle { needed: "messages that were answered and messages that were not" });
        }
        let mean = answers / messages;
        let rates: Vec<f64> = sums.iter().map(|hour| (hour.1 + MIXED_IN * mean) / (hour.0 + MIXED_IN)).collect();
        let mut model = Self { rates, level_prior: 1.0, hour_prior: 1.0 };
        let customers = by_customer(sent);
        let levels: Vec<(f64, f64)> = customers.iter().map(|hours| model.answered(hours)).collect();
        let One(level) = Fitted::<One, 1>::least([1.0], |One(k): One| {
            let of = |(expected, answered): &(f64, f64)| {
                ln_gamma(k + answered) - ln_gamma(k) + k * k.ln() - (k + answered) * (k + expected).ln()
            };
            -levels.iter().map(of).sum::<f64>()
        })
        .model;
        model.level_prior = level;
        let cells: Vec<(f64, f64, f64)> = customers
            .iter()
            .flat_map(|hours| {
                let level = model.level(hours);
                hours.cells.iter().map(move |(hour, (messages, answers))| (*hour, level, *messages, *answers))
            })
            .map(|(hour, level, messages, answers)| (model.expected(hour, level), messages, answers))
            .collect();
        let One(hour) = Fitted::<One, 1>::least([1.0], |One(s): One| {
            let of = |(rate, messages, answers): &(f64, f64, f64)| {
                ln_beta(s * rate + answers, s * (1.0 - rate) + messages - answers) - ln_beta(s * rate, s * (1.0 - rate))
            };
            -cells.iter().map(of).sum::<f64>()
        })
        .model;
        model.hour_prior = hour;
        Ok(model)
    }

    /// Answers expected of an average customer, and had.
    fn answered(&self, hours: &Hours<'_>) -> (f64, f64) {
        hours.cells.iter().fold((0.0, 0.0), |sum, (hour, (messages, answers))| {
            (sum.0 + messages * self.rates.get(*hour).copied().unwrap_or_default(), sum.1 + answers)
        })
    }

    fn level(&self, hours: &Hours<'_>) -> f64 {
        let (expected, answered) = self.answered(hours);
        (self.level_prior + answered) / (self.level_prior + expected)
    }

    fn expected(&self, hour: usize, level: f64) -> f64 {
        (self.rates.get(hour).copied().unwrap_or_default() * level).clamp(EDGE, 1.0 - EDGE)
    }

    /// The hour that is best for all, and so for who was never written to.
    #[must_use]
    pub fn best_for_all(&self) -> usize {
        highest(&self.rates).0
    }

    /// The best hour of each customer.
    #[must_use]
    pub fn preferences<'a>(&self, sent: &'a [Sent]) -> BTreeMap<&'a str, Preference> {
        let for_all = self.best_for_all();
        by_customer(sent)
            .into_iter()
            .map(|hours| {
                let level = self.level(&hours);
                let rates: Vec<f64> = (0..self.rates.len())
                    .map(|hour| {
                        let (messages, answers) = hours.cells.get(&hour).copied().unwrap_or_default();
                        (self.hour_prior * self.expected(hour, level) + answers) / (self.hour_prior + messages)
                    })
                    .collect();
                let (hour, rate) = highest(&rates);
                let gain = rate - rates.get(for_all).copied().unwrap_or(rate);
                (hours.customer, Preference { hour, rate, gain })
            })
            .collect()
    }
}

/// The first of the highest.
fn highest(rates: &[f64]) -> (usize, f64) {
    rates
        .iter()
        .copied()
        .enumerate()
        .fold((0, f64::NEG_INFINITY), |best, next| if next.1 > best.1 { next } else { best })
}
