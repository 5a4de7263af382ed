//! Connected accounts and the providers that can be connected.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A provider that accounts can be connected of.
#[derive(Debug, Serialize, ToSchema)]
pub struct Provider {
    /// sandbox, meta, google_ads or klaviyo.
    #[serde(rename = "type")]
    pub kind: String,
    /// For people.
    pub name: String,
    /// oauth or key.
    pub auth: String,
    /// Whether this deployment has an app of the provider; without one nothing can be connected.
    pub configured: bool,
    /// Whether it leads to the practice provider, where no money moves.
    pub sandbox: bool,
    /// The API version spoken.
    pub version: String,
    /// What can be done there: publish, budgets, insights, email.
    pub capabilities: Vec<String>,
}

/// All providers.
#[derive(Debug, Serialize, ToSchema)]
pub struct Providers {
    /// The rows.
    pub rows: Vec<Provider>,
}

/// Which channels.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ChannelsQuery {
    /// Only this site's.
    pub site: Option<String>,
}

/// A connected account.
#[derive(Debug, Serialize, ToSchema)]
pub struct Channel {
    /// Stable id.
    pub id: String,
    /// The site it serves.
    pub site: String,
    /// sandbox, meta, google_ads or klaviyo.
    #[serde(rename = "type")]
    pub kind: String,
    /// The account's name.
    pub name: String,
    /// The account's id at the provider; empty while it is choosing.
    pub account_id: String,
    /// ISO 4217.
    pub currency: String,
    /// IANA zone its days begin in.
    pub time_zone: String,
    /// connected, needs_reauth, failing, disconnected, or choosing: the sign-in reaches several accounts, and somebody has
    /// to say which.
    pub status: String,
    /// What there is to choose from while it is choosing; empty otherwise.
    pub accounts: Vec<AccountChoice>,
    /// What went wrong last, in words; empty when nothing did.
    pub last_error: String,
    /// UTC ms.
    pub last_error_at: Option<i64>,
    /// When its figures were last pulled, UTC ms.
    pub last_sync_at: Option<i64>,
    /// When its access ends unless it is renewed, UTC ms; null for never.
    pub credentials_expire_at: Option<i64>,
    /// UTC ms.
    pub created_at: i64,
}

/// An account that a sign-in reaches.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct AccountChoice {
    /// The account's id at the provider.
    pub id: String,
    /// Its name.
    pub name: String,
    /// ISO 4217; empty where the provider does not say.
    pub currency: String,
    /// IANA zone its days begin in.
    pub time_zone: String,
    /// Why it cannot be chosen, in words; empty when it can.
    pub refusal: String,
}

/// Says which account a channel is to have.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct ChooseAccount {
    /// The account's id at the provider: one of the channel's `accounts`.
    pub account_id: String,
}

/// All channels.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConnectedChannels)] // `Channels` is what attribution answers with.
pub struct Channels {
    /// The rows.
    pub rows: Vec<Channel>,
}

/// Connects an account.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct Connect {
    /// The site it is to serve; the tenant's first site when absent.
    pub site: Option<String>,
    /// A private API key, for providers that use one. It is sealed and never shown again.
    pub api_key: Option<String>,
}

/// The next step of connecting: a page of the provider's, or nothing more.
#[derive(Debug, Serialize, ToSchema)]
pub struct Connecting {
    /// Send the browser here; null when the account is connected already.
    pub authorize_url: Option<String>,
    /// The connected account; null while the provider has not been asked.
    pub channel: Option<Channel>,
}

/// What a provider sends back with the browser.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CallbackQuery {
    /// What was sent along.
    pub state: Option<String>,
    /// A code for a token.
    pub code: Option<String>,
    /// Why there is none, `access_denied` when the person said no.
    pub error: Option<String>,
    /// The same in words.
    pub error_description: Option<String>,
}

/// Which days to pull.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct SyncRequest {
    /// Days up to and including today, 1 to 90; 28 when absent, because providers correct what they said so long.
    pub days: Option<i64>,
}

/// A pull of figures.
#[derive(Debug, Serialize, ToSchema)]
pub struct Sync {
    /// Stable id.
    pub id: String,
    /// First day, `YYYY-MM-DD`.
    pub from: String,
    /// Last day.
    pub to: String,
    /// queued, running, done or failed.
    pub status: String,
    /// Rows stored.
    pub rows: i64,
    /// More about the status, in words.
    pub detail: String,
    /// UTC ms.
    pub created_at: i64,
    /// UTC ms; null while it runs.
    pub finished_at: Option<i64>,
}

/// The latest pulls, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Syncs {
    /// The rows.
    pub rows: Vec<Sync>,
}
