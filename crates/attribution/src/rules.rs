//! The six rule models. Each looks only at the journey in hand.

use crate::{
    Journey,
    model::{Descriptor, Model, Parameter, Parameters, Scorer},
};

/// The channel group of a visit nobody referred.
pub const DIRECT_CHANNEL: &str = "Direct";

const DAY_MS: f64 = 86_400_000.0;

const HALF_LIFE: Parameter =
    Parameter { id: "half_life", label: "Half-life", default: 7.0, unit: "days", min: 0.1, max: 365.0 };

/// A rule without parameters is its own scorer.
macro_rules! rule {
    ($name:ident, $id:literal, $label:literal, $description:literal, $weights:path) => {
        pub(crate) struct $name;

        impl Model for $name {
            fn descriptor(&self) -> &'static Descriptor {
                &Descriptor { id: $id, label: $label, description: $description, parameters: &[], data_driven: false }
            }

            fn fit(&self, _: &[Journey<'_>], _: &Parameters) -> Box<dyn Scorer> {
                Box::new($name)
            }
        }

        impl Scorer for $name {
            fn weights(&self, journey: &Journey<'_>) -> Vec<f64> {
                $weights(journey)
            }
        }
    };
}

rule!(
    FirstTouch,
    "first_touch",
    "First touch",
    "All credit goes to the first touch in the window: what brought people to the shop in the first place.",
    first
);
rule!(
    LastTouch,
    "last_touch",
    "Last touch",
    "All credit goes to the last touch before the order, direct visits included.",
    last
);
rule!(
    LastNonDirect,
    "last_non_direct",
    "Last non-direct touch",
    "All credit goes to the last touch that was not a direct visit; when every touch was direct, to the last one.",
    last_non_direct
);
rule!(Linear, "linear", "Linear", "Every touch in the window gets the same share.", linear);
rule!(
    PositionBased,
    "position_based",
    "Position-based 40/20/40",
    "40 % to the first touch, 40 % to the last, 20 % shared by those between; two touches get half each.",
    position_based
);

fn only(journey: &Journey<'_>, chosen: Option<usize>) -> Vec<f64> {
    (0..journey.touches.len()).map(|at| if Some(at) == chosen { 1.0 } else { 0.0 }).collect()
}

fn first(journey: &Journey<'_>) -> Vec<f64> {
    only(journey, Some(0))
}

fn last(journey: &Journey<'_>) -> Vec<f64> {
    only(journey, journey.touches.len().checked_sub(1))
}

fn last_non_direct(journey: &Journey<'_>) -> Vec<f64> {
    let chosen = journey
        .touches
        .iter()
        .rposition(|touch| touch.channel != DIRECT_CHANNEL)
        .or_else(|| journey.touches.len().checked_sub(1));
    only(journey, chosen)
}

fn linear(journey: &Journey<'_>) -> Vec<f64> {
    vec![1.0; journey.touches.len()]
}

fn position_based(journey: &Journey<'_>) -> Vec<f64> {
    let count = journey.touches.len();
    if count <= 2 {
        return linear(journey);
    }
    let between = 0.2 / (count - 2) as f64;
    (0..count).map(|at| if at == 0 || at == count - 1 { 0.4 } else { between }).collect()
}

/// Weight 2^(−age / half-life).
pub(crate) struct TimeDecay;

struct Decay {
    half_life_ms: f64,
}

impl Model for TimeDecay {
    fn descriptor(&self) -> &'static Descriptor {
        const PARAMETERS: [Parameter; 1] = [HALF_LIFE];
        &Descriptor {
            id: "time_decay",
            label: "Time decay",
            description: "The nearer a touch is to the order, the more it gets: its weight halves with every \
                          half-life that lies between.",
            parameters: &PARAMETERS,
            data_driven: false,
        }
    }

    fn fit(&self, _: &[Journey<'_>], parameters: &Parameters) -> Box<dyn Scorer> {
        Box::new(Decay { half_life_ms: parameters.get(&HALF_LIFE) * DAY_MS })
    }
}

impl Scorer for Decay {
    fn weights(&self, journey: &Journey<'_>) -> Vec<f64> {
        // Ages are counted from the last touch, not from the order: the proportions are the same, and the last
        // weight is always 1, so a short half-life cannot round every weight to 0.
        let newest = journey.touches.last().map_or(0, |touch| touch.t);
        journey
            .touches
            .iter()
            .map(|touch| {
                let age_ms = newest.saturating_sub(touch.t) as f64;
                (-age_ms / self.half_life_ms).exp2()
            })
            .collect()
    }
}
