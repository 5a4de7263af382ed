//! Guardrails: metrics that need not improve, but must not get worse by more than a margin (non-inferiority).

use crate::frequentist::{self, Tail};
use crate::{Effect, Refused, between};
use serde::{Deserialize, Serialize};

/// What became of a guardrail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Surely not worse by the margin.
    Safe,
    /// Surely worse, and not surely within the margin.
    Harmed,
    /// Neither is known yet.
    Unclear,
}

/// How a guardrail stands.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Guardrail {
    /// The verdict.
    pub verdict: Verdict,
    /// Probability of figures so good if it were worse by exactly the margin: below alpha it is safe.
    pub p_margin: f64,
    /// Probability of figures so bad if nothing had changed: below alpha it is worse.
    pub p_harm: f64,
}

/// Judges a guardrail, each side one-sided at `alpha`. `margin` is in the effect's unit, 0 or more: 0.01 on a relative
/// effect tolerates one per cent.
///
/// # Errors
/// `alpha` is not between 0 and 1, or `margin` negative.
pub fn judge(effect: &Effect, margin: f64, lower_is_better: bool, alpha: f64) -> Result<Guardrail, Refused> {
    if margin != 0.0 {
        between("margin", margin, 0.0, f64::INFINITY, "0 or more")?;
    }
    let (better, worse, limit) =
        if lower_is_better { (Tail::Lesser, Tail::Greater, margin) } else { (Tail::Greater, Tail::Lesser, -margin) };
    let p_margin = frequentist::test(effect, better, alpha, limit)?.p_value;
    let p_harm = frequentist::test(effect, worse, alpha, 0.0)?.p_value;
    let verdict = if p_margin < alpha {
        Verdict::Safe
    } else if p_harm < alpha {
        Verdict::Harmed
    } else {
        Verdict::Unclear
    };
    Ok(Guardrail { verdict, p_margin, p_harm })
}
