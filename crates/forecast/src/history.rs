//! What a history is before it is forecast: its gaps closed, its kind told.

use serde::Serialize;

/// Mean interval between demands from which demand is intermittent (Syntetos, Boylan & Croston 2005).
const INTERMITTENT: f64 = 1.32;
/// Observations from which models are fitted at all.
const MODELLED: usize = 8;

/// What kind of history a series has; it decides which models apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Always the same value.
    Constant,
    /// Too short to fit anything to.
    Short,
    /// Zero in many periods, never negative.
    Intermittent,
    /// Everything else.
    Regular,
}

/// A history without gaps.
#[derive(Clone, Debug)]
pub(crate) struct History {
    /// From the first value on; gaps are filled on the line between their neighbours, at the end with the last value.
    pub(crate) values: Vec<f64>,
    /// How many values were filled in.
    pub(crate) filled: usize,
    pub(crate) kind: Kind,
}

impl History {
    /// Closes the gaps. Values that are not finite are gaps. `None` where there is no value at all.
    pub(crate) fn of(observed: &[Option<f64>]) -> Option<Self> {
        let known = |value: &Option<f64>| value.filter(|value| value.is_finite());
        let skipped = observed.iter().position(|value| known(value).is_some())?;
        let mut values: Vec<f64> = Vec::with_capacity(observed.len());
        let mut gap = 0_usize;
        let mut filled = 0;
        for value in observed.iter().skip(skipped) {
            let Some(value) = known(value) else {
                gap += 1;
                continue;
            };
            let before = values.last().copied().unwrap_or(value);
            let steps = (gap + 1) as f64;
            values.extend((1..=gap).map(|step| before + (value - before) * step as f64 / steps));
            filled += gap;
            gap = 0;
            values.push(value);
        }
        let end = values.last().copied()?;
        values.extend(std::iter::repeat_n(end, gap));
        let kind = kind(&values);
        Some(Self { values, filled: filled + gap, kind })
    }
}

fn kind(values: &[f64]) -> Kind {
    let first = values.first().copied().unwrap_or_default();
    let spread = values.iter().fold(0.0_f64, |spread, value| spread.max((value - first).abs()));
    if spread <= 1e-12 * first.abs() {
        return Kind::Constant;
    }
    if values.len() < MODELLED {
        return Kind::Short;
    }
    let demands = values.iter().filter(|value| **value > 0.0).count();
    let never_negative = values.iter().all(|value| *value >= 0.0);
    if never_negative && values.len() as f64 / demands.max(1) as f64 > INTERMITTENT {
        return Kind::Intermittent;
    }
    Kind::Regular
}

#[cfg(test)]
mod tests {
    use super::{History, Kind};

    #[test]
    fn gaps_are_closed_on_the_line_between_their_neighbours() {
        let history = History::of(&[None, Some(1.0), None, Some(f64::NAN), Some(4.0), None]).unwrap();
        assert_eq!(history.values, [1.0, 2.0, 3.0, 4.0, 4.0]);
        assert_eq!(history.filled, 3);
    }

    #[test]
    fn nothing_is_no_history() {
        assert!(History::of(&[]).is_none());
        assert!(History::of(&[None, Some(f64::INFINITY)]).is_none());
    }

    #[test]
    fn kinds_are_told_apart() {
        let kind = |values: &[f64]| History::of(&values.iter().map(|v| Some(*v)).collect::<Vec<_>>()).unwrap().kind;
        assert_eq!(kind(&[0.0; 40]), Kind::Constant);
        assert_eq!(kind(&[7.0]), Kind::Constant);
        assert_eq!(kind(&[1.0, 2.0, 3.0]), Kind::Short);
        assert_eq!(kind(&[0.0, 0.0, 3.0, 0.0, 0.0, 1.0, 0.0, 0.0, 2.0]), Kind::Intermittent);
        assert_eq!(kind(&[5.0, 6.0, 3.0, 4.0, 0.0, 1.0, 7.0, 3.0, 2.0]), Kind::Regular);
    }
}
