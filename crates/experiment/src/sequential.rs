//! Always-valid intervals: they hold at every look at once, so an experiment may be watched and stopped at any time.
//!
//! The asymptotic confidence sequence of Waudby-Smith et al., "Time-uniform central limit theory and asymptotic
//! confidence sequences" (arXiv 2103.06476, equations 9, 155 and 161). Asymptotic means: the error rate is kept once some
//! hundred units are in, not from the first on.

use crate::frequentist::Test;
use crate::{Effect, Interval, Refused, between, error_rate};

/// Units at which the interval is tightest, unless said otherwise; GrowthBook's.
pub const TUNING: f64 = 5000.0;

/// ρ of the mixture, so that the interval is tightest around `tuning` units.
pub(crate) fn rho_squared(alpha: f64, tuning: f64) -> f64 {
    let log = -2.0 * alpha.ln();
    (log + (log + 1.0).ln()) / tuning
}

/// Half the interval's width in standard errors after `n` units.
pub(crate) fn reach(n: f64, alpha: f64, tuning: f64) -> f64 {
    let grown = n * rho_squared(alpha, tuning) + 1.0;
    (2.0 * grown * (grown.sqrt() / alpha).ln() / (grown - 1.0)).sqrt()
}

/// Tests, two-sided, whether the effect differs from `null`. `tuning` is the number of units around which a decision is
/// expected, [`TUNING`] for want of a better one.
///
/// # Errors
/// `alpha` is not between 0 and 1, or `tuning` not above 0.
pub fn test(effect: &Effect, alpha: f64, tuning: f64, null: f64) -> Result<Test, Refused> {
    let alpha = error_rate(alpha)?;
    let tuning = between("tuning", tuning, 0.0, f64::INFINITY, "above 0")?;
    let grown = effect.n * rho_squared(alpha, tuning) + 1.0;
    let score = (effect.estimate - null) / effect.standard_error;
    // 1 / e-value, in logarithms: the e-value of a clear effect overflows.
    let log_p = 0.5 * grown.ln() - score * score * (grown - 1.0) / (2.0 * grown);
    Ok(Test {
        p_value: log_p.exp().min(1.0),
        interval: Interval::around(effect.estimate, effect.standard_error * reach(effect.n, alpha, tuning)),
    })
}
