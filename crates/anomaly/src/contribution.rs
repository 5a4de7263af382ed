//! Which segment moved a figure.

use serde::Serialize;

/// A segment's figure in two periods, as numerator and denominator: revenue and sessions, orders and clicks. For a plain
/// sum the denominators are left at zero.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// Its name.
    pub name: String,
    /// Before: numerator, denominator.
    pub before: (f64, f64),
    /// After: numerator, denominator.
    pub after: (f64, f64),
}

/// What a segment did to the whole.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Contribution {
    /// Its name.
    pub name: String,
    /// What it adds to the change of the whole, in the figure's unit; all segments' add up to the change.
    pub change: f64,
    /// The part of it from the segment's own rate: w₁·(r₁ − r₀). For a sum, all of it.
    pub rate: f64,
    /// The part of it from the segment's weight: (w₁ − w₀)·(r₀ − R₀). For a sum, zero.
    pub mix: f64,
    /// For a sum: the change beyond the segment's usual share of the whole's change. For a rate, as `change`.
    pub surprise: f64,
}

/// Splits the change of a sum or of a rate over its segments, the largest surprise first. With w a segment's share of the
/// denominator, r its rate and R the whole's: R₁ − R₀ = Σ w₁(r₁ − r₀) + (w₁ − w₀)(r₀ − R₀), exactly.
#[must_use]
pub fn contributions(segments: &[Segment]) -> Vec<Contribution> {
    let total = |value: fn(&Segment) -> f64| segments.iter().map(value).sum::<f64>();
    let (weight_before, weight_after) = (total(|s| s.before.1), total(|s| s.after.1));
    let (sum_before, sum_after) = (total(|s| s.before.0), total(|s| s.after.0));
    let over = |part: f64, whole: f64| if whole == 0.0 { 0.0 } else { part / whole };
    let is_rate = weight_before > 0.0 && weight_after > 0.0;
    let mut found: Vec<Contribution> = segments
        .iter()
        .map(|segment| {
            let ((one, one_of), (two, two_of)) = (segment.before, segment.after);
            let (rate, mix, usual) = if is_rate {
                let (before, after) = (over(one_of, weight_before), over(two_of, weight_after));
                let whole = over(sum_before, weight_before);
                // A segment that was not there before, or is gone, has the whole's rate there: all of it is mix or rate.
                let rate_before = if one_of > 0.0 { one / one_of } else { whole };
                let rate_after = if two_of > 0.0 { two / two_of } else { rate_before };
                (after * (rate_after - rate_before), (after - before) * (rate_before - whole), 0.0)
            } else {
                (two - one, 0.0, over(one, sum_before) * (sum_after - sum_before))
            };
            Contribution { name: segment.name.clone(), change: rate + mix, rate, mix, surprise: rate + mix - usual }
        })
        .collect();
    found.sort_by(|one, other| other.surprise.abs().total_cmp(&one.surprise.abs()));
    found
}
