//! Limits on spending and on agents.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What agents may do by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Autonomy {
    /// Report, and propose nothing.
    Observe,
    /// Propose; people decide.
    Propose,
    /// Make small changes to what is live; people decide on the rest.
    Act,
}

/// The tenant's limits, as they are to be.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GuardrailsForm {
    /// Minor units a day over all live campaigns; null for no cap.
    #[serde(default)]
    pub daily_cap: Option<i64>,
    /// Minor units a day of any one campaign; null for no cap.
    #[serde(default)]
    pub campaign_daily_cap: Option<i64>,
    /// ISO 4217 of the caps.
    pub currency: String,
    /// What agents may do by themselves.
    pub autonomy: Autonomy,
    /// The largest change of a budget an agent makes by itself: 0.2 is a fifth up or down; 0 to 1.
    pub act_budget_change: f64,
    /// Tokens of a model the tenant's agents and questions may use a day, 0 to 1000000000.
    pub model_tokens_daily: i64,
}

/// The tenant's limits.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Guardrails {
    /// Raised by every change, 0 while none were set; in quotes it is the ETag.
    pub version: i64,
    /// The kill switch: while it is pulled, nothing that can spend is asked of a provider.
    pub spending_stopped: bool,
    /// Why it was pulled.
    pub stopped_reason: String,
    /// Minor units a day over all live campaigns; null for no cap.
    pub daily_cap: Option<i64>,
    /// Minor units a day of any one campaign; null for no cap.
    pub campaign_daily_cap: Option<i64>,
    /// ISO 4217 of the caps.
    pub currency: String,
    /// What agents may do by themselves.
    pub autonomy: Autonomy,
    /// The largest change of a budget an agent makes by itself, a fraction.
    pub act_budget_change: f64,
    /// Tokens of a model the tenant's agents and questions may use a day.
    pub model_tokens_daily: i64,
    /// Minor units a day at most of what is live, in the caps' currency.
    pub live_daily: i64,
    /// Who changed them last; empty for nobody.
    pub updated_by: String,
    /// UTC ms; 0 for never.
    pub updated_at: i64,
}

/// Why spending stops.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StopForm {
    /// For everybody who meets the stop, 1 to 500 characters.
    pub reason: String,
}

/// What the kill switch did.
#[derive(Debug, Serialize, ToSchema)]
pub struct Stopped {
    /// The limits now.
    #[serde(flatten)]
    pub guardrails: Guardrails,
    /// The live campaigns that were paused with it.
    pub paused: Vec<String>,
}
