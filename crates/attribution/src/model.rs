//! The catalog: what a model is, which there are, and how its parameters are checked.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{AttributionError, Journey, rules};

/// The model shown when nobody chose one.
pub const DEFAULT_MODEL: &str = "last_touch";

/// A number a person may set.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Parameter {
    /// Stable id, also the request field.
    pub id: &'static str,
    /// What people call it.
    pub label: &'static str,
    /// Used when it is not set.
    pub default: f64,
    /// What it counts.
    pub unit: &'static str,
    /// Smallest value allowed.
    pub min: f64,
    /// Largest value allowed.
    pub max: f64,
}

/// What people are told about a model.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Descriptor {
    /// Stable id.
    pub id: &'static str,
    /// What people call it.
    pub label: &'static str,
    /// How it shares credit, in plain words.
    pub description: &'static str,
    /// What can be set.
    pub parameters: &'static [Parameter],
    /// True when the model learns from all journeys, those without an order included.
    pub data_driven: bool,
}

/// Values for a model's parameters. What is not set takes its default.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parameters(BTreeMap<String, f64>);

impl Parameters {
    /// No value set: all defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with one value more.
    #[must_use]
    pub fn with(mut self, id: impl Into<String>, value: f64) -> Self {
        self.0.insert(id.into(), value);
        self
    }

    /// Those of these ids.
    pub(crate) fn only(&self, of: impl Fn(&str) -> bool) -> Self {
        Self(self.0.iter().filter(|(id, _)| of(id)).map(|(id, value)| (id.clone(), *value)).collect())
    }

    /// The value of a parameter, or its default.
    #[must_use]
    pub fn get(&self, parameter: &Parameter) -> f64 {
        self.0.get(parameter.id).copied().unwrap_or(parameter.default)
    }

    /// Whether a model takes these values.
    ///
    /// # Errors
    /// [`AttributionError::UnknownParameter`] or [`AttributionError::ParameterOutOfBounds`].
    pub fn check(&self, model: &Descriptor) -> Result<(), AttributionError> {
        for (id, &found) in &self.0 {
            let parameter = model
                .parameters
                .iter()
                .find(|parameter| parameter.id == id)
                .ok_or_else(|| AttributionError::UnknownParameter { model: model.id, parameter: id.clone() })?;
            // `contains` is false for NaN too.
            if !(parameter.min..=parameter.max).contains(&found) {
                return Err(AttributionError::ParameterOutOfBounds {
                    parameter: parameter.id,
                    found,
                    min: parameter.min,
                    max: parameter.max,
                    unit: parameter.unit,
                });
            }
        }
        Ok(())
    }
}

/// A way of sharing credit. Rules ignore the journeys they are fitted on; data-driven models learn from them.
pub trait Model: Sync {
    /// What people are told about it.
    fn descriptor(&self) -> &Descriptor;

    /// The scorer for these parameters, learnt from these journeys. The parameters have been checked. For a model
    /// that is not data-driven the journeys may be empty.
    fn fit(&self, journeys: &[Journey<'_>], parameters: &Parameters) -> Box<dyn Scorer>;
}

/// A fitted model.
pub trait Scorer {
    /// One weight per touch of the journey, in its order. Only their proportions matter. Weights that are negative or
    /// not finite count as 0; when none is positive, all touches share alike.
    fn weights(&self, journey: &Journey<'_>) -> Vec<f64>;
}

/// Every model, in the order people should see them.
#[must_use]
pub fn models() -> Vec<&'static dyn Model> {
    rules::RULES.iter().map(|model| model as &dyn Model).collect()
}

/// The model of an id.
///
/// # Errors
/// [`AttributionError::UnknownModel`], which lists the ids there are.
pub fn model(id: &str) -> Result<&'static dyn Model, AttributionError> {
    let models = models();
    models.iter().find(|model| model.descriptor().id == id).copied().ok_or_else(|| AttributionError::UnknownModel {
        id: id.chars().take(40).collect(),
        known: models.iter().map(|model| model.descriptor().id).collect::<Vec<_>>().join(", "),
    })
}
