//! What a metric added up to in one variant, and the mean and variance that follow from it.
//!
//! Sums are kept, not visitors: they are added up in a stream, merged over days, and stored in one row.

use crate::Refused;
use crate::density::normal_quantile;
use serde::{Deserialize, Serialize};

/// Sums of one number per unit (a unit is what was randomised: a visitor).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sums {
    /// Units.
    pub n: u64,
    /// Σ x.
    pub sum: f64,
    /// Σ x².
    pub sum_squares: f64,
}

impl Sums {
    /// Counts one unit.
    pub fn push(&mut self, value: f64) {
        self.n += 1;
        self.sum += value;
        self.sum_squares += value * value;
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { n: self.n + other.n, sum: self.sum + other.sum, sum_squares: self.sum_squares + other.sum_squares }
    }

    fn mean(self) -> f64 {
        divided(self.sum, self.n as f64)
    }

    /// Sample variance, n − 1.
    fn variance(self) -> f64 {
        covariance(self.n, self.sum, self.sum, self.sum_squares)
    }
}

/// Units that did it, of all units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Proportion {
    /// Units.
    pub n: u64,
    /// Of these, units that did it.
    pub sum: f64,
}

/// A ratio of two sums that both vary by unit: revenue per order, clicks per view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ratio {
    /// Units.
    pub n: u64,
    /// Σ m of the numerator.
    #[serde(alias = "main_sum", alias = "m_sum")]
    pub numerator_sum: f64,
    /// Σ m².
    #[serde(alias = "main_sum_squares", alias = "m_sum_squares")]
    pub numerator_sum_squares: f64,
    /// Σ d of the denominator.
    #[serde(alias = "d_sum")]
    pub denominator_sum: f64,
    /// Σ d².
    #[serde(alias = "d_sum_squares")]
    pub denominator_sum_squares: f64,
    /// Σ m d.
    #[serde(alias = "main_denominator_sum_product", alias = "m_d_sum_of_products", alias = "m_d_sum")]
    pub product_sum: f64,
}

impl Ratio {
    /// Counts one unit.
    pub fn push(&mut self, numerator: f64, denominator: f64) {
        self.n += 1;
        self.numerator_sum += numerator;
        self.numerator_sum_squares += numerator * numerator;
        self.denominator_sum += denominator;
        self.denominator_sum_squares += denominator * denominator;
        self.product_sum += numerator * denominator;
    }
}

/// A mean with what the same units did before the experiment (CUPED).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MeanCuped {
    /// Units.
    pub n: u64,
    /// Σ y during the experiment.
    pub post_sum: f64,
    /// Σ y².
    pub post_sum_squares: f64,
    /// Σ x before it.
    pub pre_sum: f64,
    /// Σ x².
    pub pre_sum_squares: f64,
    /// Σ y x.
    pub post_pre_sum: f64,
}

impl MeanCuped {
    /// Counts one unit.
    pub fn push(&mut self, post: f64, pre: f64) {
        self.n += 1;
        self.post_sum += post;
        self.post_sum_squares += post * post;
        self.pre_sum += pre;
        self.pre_sum_squares += pre * pre;
        self.post_pre_sum += post * pre;
    }
}

/// A ratio with what the same units did before the experiment (CUPED for ratios).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RatioCuped {
    /// The ratio during the experiment.
    pub post: Ratio,
    /// The ratio before it, of the same units.
    pub pre: Ratio,
    /// Σ of numerator during × numerator before.
    pub numerator_numerator: f64,
    /// Σ of numerator during × denominator before.
    pub numerator_denominator: f64,
    /// Σ of denominator during × numerator before.
    pub denominator_numerator: f64,
    /// Σ of denominator during × denominator before.
    pub denominator_denominator: f64,
}

impl RatioCuped {
    /// Counts one unit: (numerator, denominator) during and before.
    pub fn push(&mut self, post: (f64, f64), pre: (f64, f64)) {
        self.post.push(post.0, post.1);
        self.pre.push(pre.0, pre.1);
        self.numerator_numerator += post.0 * pre.0;
        self.numerator_denominator += post.0 * pre.1;
        self.denominator_numerator += post.1 * pre.0;
        self.denominator_denominator += post.1 * pre.1;
    }
}

/// A quantile of independent values, with the order statistics around it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Quantile {
    /// Values.
    pub n: u64,
    /// Values that `lower` and `upper` were taken from; as `n` unless those come from a sample.
    pub n_star: u64,
    /// Which: a fraction, 0.9 for the ninth decile.
    #[serde(alias = "nu")]
    pub level: f64,
    /// The quantile.
    #[serde(alias = "quantile_hat")]
    pub value: f64,
    /// The value at level − 1.96 √(level (1 − level) / n_star).
    #[serde(alias = "quantile_lower")]
    pub lower: f64,
    /// The value at level + 1.96 √(level (1 − level) / n_star).
    #[serde(alias = "quantile_upper")]
    pub upper: f64,
}

/// A quantile of values of which a unit has several (page load times of visitors).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct QuantileClustered {
    /// The quantile over all values.
    #[serde(flatten)]
    pub quantile: Quantile,
    /// Units.
    pub n_clusters: u64,
    /// By unit, m = how many of its values lie at or below the quantile, d = how many it has: Σ m.
    pub main_sum: f64,
    /// Σ m².
    pub main_sum_squares: f64,
    /// Σ d.
    pub denominator_sum: f64,
    /// Σ d².
    pub denominator_sum_squares: f64,
    /// Σ m d.
    #[serde(alias = "main_denominator_sum_product")]
    pub product_sum: f64,
}

/// Half width in standard errors of the interval a quantile's `lower` and `upper` span.
const SPAN: f64 = 0.975;

impl Quantile {
    /// Of values in ascending order; `None` when there are none, or `level` is not strictly between 0 and 1. Between
    /// two values the quantile is interpolated (Hyndman and Fan's type 7).
    #[must_use]
    pub fn of_sorted(values: &[f64], level: f64) -> Option<Self> {
        if !(level > 0.0 && level < 1.0) {
            return None;
        }
        let n = values.len();
        let last = n.checked_sub(1)?;
        let at = |fraction: f64| {
            let place = fraction.clamp(0.0, 1.0) * last as f64;
            let low = place.floor();
            let below = values.get(low as usize).copied()?;
            let above = values.get(place.ceil() as usize).copied()?;
            Some(below + (place - low) * (above - below))
        };
        let reach = normal_quantile(SPAN) * (level * (1.0 - level) / n as f64).sqrt();
        Some(Self {
            n: n as u64,
            n_star: n as u64,
            level,
            value: at(level)?,
            lower: at(level - reach)?,
            upper: at(level + reach)?,
        })
    }

    /// Variance times n, from the width of the interval between its order statistics.
    fn spread(&self) -> f64 {
        if self.n <= 1 {
            return 0.0;
        }
        let sd = (self.upper - self.lower) / (2.0 * normal_quantile(SPAN));
        (self.n_star as f64 / self.n as f64) * (self.n as f64 - 1.0) * sd * sd
    }

    /// Whether so few values were seen that the interval reaches beyond them.
    fn unknown(&self, spread: f64) -> bool {
        let square = normal_quantile(SPAN).powi(2);
        let n = self.n as f64;
        n <= square * self.level / (1.0 - self.level)
            || n <= square * (1.0 - self.level) / self.level
            || (spread <= 0.0 && self.n < 1000)
    }

    /// Ties can put both order statistics on one value; from 100 values on the variance is then taken as 1e-5, as
    /// GrowthBook does.
    fn floored(&self, spread: f64) -> f64 {
        if self.n < 100 { spread } else { spread.max(1e-5) }
    }
}

impl QuantileClustered {
    /// The independent variance times how much more the share below the quantile varies by unit than by value (Deng,
    /// Knoblich and Lu, "Applying the Delta Method in Metric Analytics", 2018).
    fn spread(&self) -> f64 {
        let level = self.quantile.level;
        if self.n_clusters <= 1 || self.denominator_sum <= 0.0 || level <= 0.0 || self.quantile.n <= 1 {
            return 0.0;
        }
        let ratio = Ratio {
            n: self.n_clusters,
            numerator_sum: self.main_sum,
            numerator_sum_squares: self.main_sum_squares,
            denominator_sum: self.denominator_sum,
            denominator_sum_squares: self.denominator_sum_squares,
            product_sum: self.product_sum,
        };
        let by_unit = ratio.moments().variance / self.n_clusters as f64;
        let by_value = level * (1.0 - level) / self.quantile.n as f64;
        self.quantile.spread() * by_unit / by_value
    }
}

/// What a metric added up to in one variant.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Statistic {
    /// Units that did it.
    Proportion(Proportion),
    /// A number per unit.
    Mean(Sums),
    /// A ratio of two sums.
    Ratio(Ratio),
    /// A mean, its variance reduced by what was known before.
    MeanCuped(MeanCuped),
    /// A ratio, likewise.
    RatioCuped(RatioCuped),
    /// A quantile of independent values.
    Quantile(Quantile),
    /// A quantile of values of which a unit has several.
    QuantileClustered(QuantileClustered),
}

/// Mean and variance of a statistic. Variances are of one unit: the mean's is that divided by `n`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Moments {
    /// Units (values, for a quantile).
    pub n: f64,
    /// The mean, adjusted where CUPED is.
    pub mean: f64,
    /// Its variance.
    pub variance: f64,
    /// The mean as it was measured; what a relative difference is relative to.
    pub unadjusted_mean: f64,
    /// Variance as it was measured.
    pub unadjusted_variance: f64,
    /// CUPED's coefficient, 0 where it is not used.
    pub theta: f64,
    /// Mean before the experiment.
    pub pre_mean: f64,
    /// Variance before the experiment.
    pub pre_variance: f64,
    /// Covariance of during and before.
    pub covariance: f64,
}

impl Moments {
    fn plain(n: u64, mean: f64, variance: f64) -> Self {
        Self { n: n as f64, mean, variance, unadjusted_mean: mean, unadjusted_variance: variance, ..Self::default() }
    }

    /// y − θ x instead of y.
    fn adjusted(self, theta: f64) -> Self {
        Self {
            theta,
            mean: self.unadjusted_mean - theta * self.pre_mean,
            variance: self.unadjusted_variance + theta * theta * self.pre_variance - 2.0 * theta * self.covariance,
            ..self
        }
    }
}

fn divided(a: f64, b: f64) -> f64 {
    if b == 0.0 { 0.0 } else { a / b }
}

/// Sample covariance, n − 1, from sums.
fn covariance(n: u64, sum_a: f64, sum_b: f64, sum_ab: f64) -> f64 {
    if n <= 1 {
        return 0.0;
    }
    let n = n as f64;
    (sum_ab - sum_a * sum_b / n) / (n - 1.0)
}

impl Ratio {
    /// Variance by the delta method: of the linearised unit (m − R d) / mean(d).
    fn moments(&self) -> Moments {
        let n = self.n as f64;
        let (m, d) = (divided(self.numerator_sum, n), divided(self.denominator_sum, n));
        if d == 0.0 {
            return Moments::plain(self.n, 0.0, 0.0);
        }
        let ratio = m / d;
        let m_variance = covariance(self.n, self.numerator_sum, self.numerator_sum, self.numerator_sum_squares);
        let d_variance = covariance(self.n, self.denominator_sum, self.denominator_sum, self.denominator_sum_squares);
        let together = covariance(self.n, self.numerator_sum, self.denominator_sum, self.product_sum);
        let variance = (m_variance - 2.0 * ratio * together + ratio * ratio * d_variance) / (d * d);
        Moments::plain(self.n, ratio, variance)
    }
}

impl RatioCuped {
    /// Covariance of the two linearised units.
    fn moments(&self) -> Moments {
        let (post, pre) = (self.post.moments(), self.pre.moments());
        let n = self.post.n;
        let scale = divided(self.post.denominator_sum, n as f64) * divided(self.pre.denominator_sum, n as f64);
        let of = |a: f64, b: f64, ab: f64| covariance(n, a, b, ab);
        let (m, d) = (self.post.numerator_sum, self.post.denominator_sum);
        let (m0, d0) = (self.pre.numerator_sum, self.pre.denominator_sum);
        let linear = of(m, m0, self.numerator_numerator)
            - pre.mean * of(m, d0, self.numerator_denominator)
            - post.mean * of(d, m0, self.denominator_numerator)
            + post.mean * pre.mean * of(d, d0, self.denominator_denominator);
        Moments { pre_mean: pre.mean, pre_variance: pre.variance, covariance: divided(linear, scale), ..post }
    }
}

impl Statistic {
    /// Its kind, as it is sent.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Proportion(_) => "proportion",
            Self::Mean(_) => "mean",
            Self::Ratio(_) => "ratio",
            Self::MeanCuped(_) => "mean_cuped",
            Self::RatioCuped(_) => "ratio_cuped",
            Self::Quantile(_) => "quantile",
            Self::QuantileClustered(_) => "quantile_clustered",
        }
    }

    /// Mean and variance, without an adjustment: CUPED's coefficient is of both variants together, see [`pair`].
    #[must_use]
    pub fn moments(&self) -> Moments {
        match self {
            Self::Proportion(p) => {
                let mean = divided(p.sum, p.n as f64);
                Moments::plain(p.n, mean, mean * (1.0 - mean))
            }
            Self::Mean(sums) => Moments::plain(sums.n, sums.mean(), sums.variance()),
            Self::Ratio(ratio) => ratio.moments(),
            Self::MeanCuped(c) => {
                let post = Sums { n: c.n, sum: c.post_sum, sum_squares: c.post_sum_squares };
                let pre = Sums { n: c.n, sum: c.pre_sum, sum_squares: c.pre_sum_squares };
                Moments {
                    pre_mean: pre.mean(),
                    pre_variance: pre.variance(),
                    covariance: covariance(c.n, c.post_sum, c.pre_sum, c.post_pre_sum),
                    ..Moments::plain(c.n, post.mean(), post.variance())
                }
            }
            Self::RatioCuped(c) => c.moments(),
            Self::Quantile(q) => {
                let spread = q.spread();
                let variance = if q.unknown(spread) { 0.0 } else { q.floored(spread) };
                Moments::plain(q.n, q.value, variance)
            }
            Self::QuantileClustered(c) => {
                let spread = c.spread();
                let variance = if c.quantile.unknown(spread) { 0.0 } else { c.quantile.floored(spread) };
                Moments::plain(c.quantile.n, c.quantile.value, variance)
            }
        }
    }
}

/// Mean and variance of control and variant, with CUPED's coefficient of both together where they have a before
/// (Deng et al., "Improving the Sensitivity of Online Controlled Experiments", 2013): for a mean, θ = cov(y, x) / var(x)
/// over all units; for a ratio, the sum of the variants' covariances over the sum of their variances.
///
/// # Errors
/// [`Refused::KindsDiffer`].
pub fn pair(control: &Statistic, variant: &Statistic) -> Result<(Moments, Moments), Refused> {
    if control.kind() != variant.kind() {
        return Err(Refused::KindsDiffer { control: control.kind(), variant: variant.kind() });
    }
    let (a, b) = (control.moments(), variant.moments());
    let theta = match (control, variant) {
        (Statistic::MeanCuped(a), Statistic::MeanCuped(b)) => {
            let n = a.n + b.n;
            let pre = a.pre_sum + b.pre_sum;
            let together = covariance(n, a.post_sum + b.post_sum, pre, a.post_pre_sum + b.post_pre_sum);
            divided(together, covariance(n, pre, pre, a.pre_sum_squares + b.pre_sum_squares))
        }
        (Statistic::RatioCuped(_), Statistic::RatioCuped(_)) => {
            divided(a.covariance + b.covariance, a.pre_variance + b.pre_variance)
        }
        _ => return Ok((a, b)),
    };
    Ok((a.adjusted(theta), b.adjusted(theta)))
}
