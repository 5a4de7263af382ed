//! What a person can get wrong when choosing a model, and in which field.

/// A refusal, worded for the person who sent the value.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum AttributionError {
    /// The catalog has no such model.
    #[error("`{id}` is not an attribution model; choose one of {known}")]
    UnknownModel {
        /// The id as given.
        id: String,
        /// The ids the catalog has, comma-separated.
        known: String,
    },
    /// The model has no such parameter.
    #[error("the model {model} has no parameter `{parameter}`")]
    UnknownParameter {
        /// Model id.
        model: &'static str,
        /// The parameter as given.
        parameter: String,
    },
    /// A parameter lies outside its bounds.
    #[error("`{parameter}` is {found}; it must lie between {min} and {max} {unit}")]
    ParameterOutOfBounds {
        /// Parameter id, which is also the request field.
        parameter: &'static str,
        /// The value as given.
        found: f64,
        /// Smallest value allowed.
        min: f64,
        /// Largest value allowed.
        max: f64,
        /// What the value counts.
        unit: &'static str,
    },
    /// The lookback window is too short or too long.
    #[error("`window` is {found} days; it must lie between 1 and {max} days")]
    WindowOutOfBounds {
        /// The value as given.
        found: i64,
        /// Largest value allowed.
        max: i64,
    },
    /// A number of a rule lies outside its bounds.
    #[error("`{field}` is {found}; it must lie between {min} and {max}")]
    BadRule {
        /// The field of the rule.
        field: &'static str,
        /// The value as given.
        found: f64,
        /// Smallest value allowed.
        min: f64,
        /// Largest value allowed.
        max: f64,
    },
    /// A count of journeys, or their value, is no such number.
    #[error("`{field}` is {found}; a count is 0 or more, a value any finite number")]
    BadCount {
        /// The column.
        field: &'static str,
        /// The value as given.
        found: f64,
    },
    /// The order of a Markov model.
    #[error("`order` is {found}; it must lie between 1 and {max}")]
    OrderOutOfBounds {
        /// The value as given.
        found: usize,
        /// Largest value allowed.
        max: usize,
    },
    /// More states, or transitions between them, than are held in memory.
    #[error("at order {order} these paths have more than {max} {what}; take a lower order or group more coarsely")]
    TooVaried {
        /// The order.
        order: usize,
        /// `states` or `transitions`.
        what: &'static str,
        /// How many there may be.
        max: usize,
    },
    /// Too many channels for a value of every set of channels.
    #[error("the rate form of Shapley values every set of channels and takes at most {max}; take the count form")]
    TooManySets {
        /// Most channels.
        max: usize,
    },
    /// A bootstrap with too few or too many replicates, or a level that is no probability.
    #[error("`{field}` is {found}; it must lie between {min} and {max}")]
    BadBootstrap {
        /// The field.
        field: &'static str,
        /// The value as given.
        found: f64,
        /// Smallest value allowed.
        min: f64,
        /// Largest value allowed.
        max: f64,
    },
    /// More different channels than are told apart.
    #[error("there are more than {max} channels; group them more coarsely")]
    TooManyChannels {
        /// How many there may be.
        max: usize,
    },
}

impl AttributionError {
    /// The request field at fault.
    #[must_use]
    pub fn field(&self) -> &str {
        match self {
            Self::UnknownModel { .. } => "model",
            Self::UnknownParameter { parameter, .. } => parameter,
            Self::ParameterOutOfBounds { parameter, .. } => parameter,
            Self::WindowOutOfBounds { .. } => "window",
            Self::BadRule { field, .. } | Self::BadCount { field, .. } | Self::BadBootstrap { field, .. } => field,
            Self::OrderOutOfBounds { .. } | Self::TooVaried { .. } => "order",
            Self::TooManySets { .. } => "model",
            Self::TooManyChannels { .. } => "path",
        }
    }
}
