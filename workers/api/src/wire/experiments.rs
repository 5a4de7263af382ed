//! Experiments: variants shown to visitors, what counts, and how they stand.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// A new experiment.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewExperiment {
    /// The site it runs on; the tenant's first site when absent.
    pub site: Option<String>,
    /// What a page asks for: lower-case letters, digits and hyphens, 2 to 64 characters.
    pub key: String,
    /// For people.
    pub name: String,
    /// What is expected, and why.
    #[serde(default)]
    pub hypothesis: String,
    /// The campaign it belongs to, if any.
    #[serde(default)]
    pub campaign_id: String,
    /// The event that counts as a reward, such as `purchase` or `signup`.
    pub metric: String,
    /// Where variants are shown: site or email.
    #[serde(default = "site_surface")]
    pub surface: String,
    /// 2 to 10 variants.
    pub variants: Vec<NewVariant>,
    /// When a variant is paused and when one wins; sensible thresholds when absent.
    #[schema(inline)]
    pub thresholds: Option<Thresholds>,
    /// How a visitor's variant is chosen: `thompson`, by what is known of the variants, or `contextual`, by what is known of
    /// the visitor as well.
    #[serde(default = "thompson")]
    pub method: String,
    /// What a contextual choice looks at, one or more of `device`, `country`, `visitor` (new or returning), `channel` and
    /// `hour` (part of the day); empty for the other method. It cannot be changed once it has started.
    #[serde(default)]
    pub context: Vec<String>,
}

fn thompson() -> String {
    THOMPSON.to_owned()
}

/// The choice that looks at the variants alone.
pub const THOMPSON: &str = "thompson";
/// The choice that looks at the visitor as well.
pub const CONTEXTUAL: &str = "contextual";

/// What an experiment is to become; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExperimentChange {
    /// For people.
    #[serde(default)]
    pub name: Option<String>,
    /// What is expected, and why.
    #[serde(default)]
    pub hypothesis: Option<String>,
    /// When a variant is paused and when one wins.
    #[serde(default)]
    #[schema(inline)]
    pub thresholds: Option<ThresholdsChange>,
}

/// Thresholds that change; what is left out stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ThresholdsChange {
    /// See `Thresholds`.
    #[serde(default)]
    pub min_exposures: Option<u64>,
    /// See `Thresholds`.
    #[serde(default)]
    pub pause_below: Option<f64>,
    /// See `Thresholds`.
    #[serde(default)]
    pub promote_from: Option<f64>,
    /// See `Thresholds`.
    #[serde(default)]
    pub max_expected_loss: Option<f64>,
    /// See `Thresholds`. It stays as it is once the experiment has started.
    #[serde(default)]
    pub window_days: Option<f64>,
    /// See `Thresholds`.
    #[serde(default)]
    pub floor: Option<f64>,
}

fn site_surface() -> String {
    "site".to_owned()
}

/// A new variant.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewVariant {
    /// What the page is told: lower-case letters, digits and hyphens.
    pub key: String,
    /// For people.
    pub name: String,
    /// Handed to the page as it is; at most 8 KB.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub payload: Value,
}

/// When a variant is paused and when one wins.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Thresholds {
    /// Visitors each variant is shown to before anything is decided; 20 or more.
    pub min_exposures: u64,
    /// Probability of being the best below which a variant is paused: 0 to 0.5.
    pub pause_below: f64,
    /// Probability of being the best at which a variant wins: 0.5 to 1.
    pub promote_from: f64,
    /// What a winner may cost against the best at most, in points of the rate: a fraction.
    pub max_expected_loss: f64,
    /// Days within which a conversion comes, if it comes: until then who has not converted counts only as far as they are
    /// known not to. 0 to 90; 7 when missing, 0 counts everybody in full at once.
    #[serde(default = "week")]
    pub window_days: f64,
    /// Least share of the new visitors that each variant goes on getting until it is paused: a fraction, 0 for none. All
    /// together cannot be more than 1.
    #[serde(default)]
    pub floor: f64,
}

fn week() -> f64 {
    7.0
}

/// An experiment.
#[derive(Debug, Serialize, ToSchema)]
pub struct Experiment {
    /// Stable id.
    pub id: String,
    /// Site key.
    pub site: String,
    /// What a page asks for.
    pub key: String,
    /// For people.
    pub name: String,
    /// What is expected, and why.
    pub hypothesis: String,
    /// The campaign it belongs to; empty for none.
    pub campaign_id: String,
    /// The event that counts as a reward.
    pub metric: String,
    /// site or email.
    pub surface: String,
    /// draft, running, decided or stopped.
    pub status: String,
    /// Key of the variant that won; empty while none has.
    pub winner: String,
    /// When a variant is paused and when one wins.
    pub thresholds: Thresholds,
    /// How a visitor's variant is chosen: thompson or contextual.
    pub method: String,
    /// What a contextual choice looks at; empty for the other.
    pub context: Vec<String>,
    /// The variants, in order.
    pub variants: Vec<Variant>,
    /// UTC ms.
    pub created_at: i64,
    /// UTC ms; null before it begins.
    pub started_at: Option<i64>,
    /// UTC ms; null while it runs.
    pub ended_at: Option<i64>,
}

/// A variant and how it stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct Variant {
    /// What the page is told.
    pub key: String,
    /// For people.
    pub name: String,
    /// Handed to the page.
    #[schema(value_type = Object)]
    pub payload: Value,
    /// active, paused or winner.
    pub status: String,
    /// Visitors it was shown to.
    pub exposures: i64,
    /// Of these, visitors who did what counts.
    pub rewards: i64,
    /// Rewards by exposures, a fraction; null before the first exposure.
    pub rate: Option<f64>,
    /// Probability that it is the best, as last judged.
    pub probability_best: Option<f64>,
    /// What showing it instead of the best costs, in points of the rate, as last judged.
    pub expected_loss: Option<f64>,
    /// Why it stands so, in words.
    pub detail: String,
}

/// All experiments, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Experiments {
    /// The rows.
    pub rows: Vec<Experiment>,
}

/// Which experiments.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExperimentsQuery {
    /// Only this site's.
    pub site: Option<String>,
}

/// Whom which variant moves.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UpliftQuery {
    /// Key of the variant, held against the experiment's first one; its second when missing.
    pub variant: Option<String>,
}

/// Who is here, and which experiment is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DecideQuery {
    /// The site's key.
    pub site: String,
    /// The experiment's key.
    pub experiment: String,
    /// The visitor: the pixel's `sid`, or for e-mail an id of the recipient that is no address.
    pub visitor: String,
    /// Address of the page, for an experiment that looks at the channel; it is read and not kept.
    #[serde(default)]
    pub page: String,
    /// Where the visitor came from, likewise.
    #[serde(default)]
    pub referrer: String,
}

/// What the visitor is shown.
#[derive(Debug, Serialize, ToSchema)]
pub struct Decided {
    /// Key of the variant; null when the experiment does not run: show what you always show.
    pub variant: Option<String>,
    /// Proof that this visitor was shown it; null with it. Sent back as the property `$exposure` of what the visitor does,
    /// the reward counts for the variant that was really shown.
    pub exposure: Option<String>,
    /// The variant's payload; null with it.
    #[schema(value_type = Object, nullable)]
    pub payload: Value,
}
