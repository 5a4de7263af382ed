//! Who we are at a provider: hosts and keys of the app, the token of a connection, the account that was chosen.

use campaign::ChannelType;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where a provider is spoken to: origins, possibly with a path in front, without a slash at the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hosts {
    /// Where a person signs in.
    pub authorize: String,
    /// Where tokens are exchanged.
    pub token: String,
    /// Where everything else goes.
    pub api: String,
}

impl Hosts {
    /// The provider's own. The practice provider has none of its own: it is wherever it is hosted.
    #[must_use]
    pub fn real(channel: ChannelType) -> Option<Self> {
        let (authorize, token, api) = match channel {
            ChannelType::Sandbox => return None,
            ChannelType::Meta => {
                ("https://www.facebook.com", "https://graph.facebook.com", "https://graph.facebook.com")
            }
            ChannelType::GoogleAds => {
                ("https://accounts.google.com", "https://oauth2.googleapis.com", "https://googleads.googleapis.com")
            }
            ChannelType::Klaviyo => ("https://www.klaviyo.com", "https://a.klaviyo.com", "https://a.klaviyo.com"),
        };
        Some(Self { authorize: authorize.to_owned(), token: token.to_owned(), api: api.to_owned() })
    }

    /// The practice provider at `origin`: `<origin>/meta`, `<origin>/google_ads`, `<origin>/klaviyo`,
    /// `<origin>/sandbox`, followed by the provider's own paths.
    #[must_use]
    pub fn practice(channel: ChannelType, origin: &str) -> Self {
        Self::practice_behind(channel, origin, origin)
    }

    /// As [`Hosts::practice`], where a browser and a Worker reach it by different origins.
    #[must_use]
    pub fn practice_behind(channel: ChannelType, browser_origin: &str, origin: &str) -> Self {
        let at = |origin: &str| format!("{}/{}", origin.trim_end_matches('/'), channel.as_str());
        Self { authorize: at(browser_origin), token: at(origin), api: at(origin) }
    }
}

/// The app as the provider knows it. Real credentials differ from practice ones in nothing but these values.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppCredentials {
    /// Where the provider is.
    pub hosts: Hosts,
    /// OAuth client id.
    pub client_id: String,
    /// OAuth client secret.
    pub client_secret: String,
    /// Google Ads only.
    #[serde(default)]
    pub developer_token: String,
}

/// What gives access to a connected account; stored sealed as JSON.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    /// OAuth access token or private API key.
    pub access_token: String,
    /// How `access_token` is to be sent.
    pub kind: CredentialKind,
    /// `None` where the provider gives none (Meta, keys).
    pub refresh_token: Option<String>,
    /// UTC ms; `None` for never.
    pub expires_at: Option<i64>,
    /// What was granted, where the provider says.
    #[serde(default)]
    pub scopes: Vec<String>,
}

impl Credentials {
    /// A private API key.
    #[must_use]
    pub fn key(key: &str) -> Self {
        Self {
            access_token: key.trim().to_owned(),
            kind: CredentialKind::Key,
            refresh_token: None,
            expires_at: None,
            scopes: Vec::new(),
        }
    }

    /// Whether it should be renewed before the next request: it ends within `margin_ms`.
    #[must_use]
    pub fn ends_within(&self, margin_ms: i64, now_ms: i64) -> bool {
        self.expires_at.is_some_and(|end| end <= now_ms.saturating_add(margin_ms))
    }
}

/// How an access token is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialKind {
    /// `Authorization: Bearer`.
    Bearer,
    /// As the provider sends its private keys.
    Key,
}

/// An account at a provider, as listed after connecting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The provider's id: Meta without `act_`, Google Ads ten digits.
    pub id: String,
    /// For people.
    pub name: String,
    /// ISO 4217.
    pub currency: String,
    /// IANA; days of insights are this zone's.
    pub time_zone: String,
    /// Whether campaigns can run on it; otherwise `detail` says why not.
    pub usable: bool,
    /// Why it cannot be used; empty when it can.
    #[serde(default)]
    pub detail: String,
    /// What requests need besides, by [`setting`]; stored with the channel.
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
}

/// Names of [`Account::settings`].
pub mod setting {
    /// Meta: the page in whose name ads appear.
    pub const PAGE_ID: &str = "page_id";
    /// Meta: the pixel that purchases are counted by.
    pub const PIXEL_ID: &str = "pixel_id";
    /// Meta: who benefits from ads, where the law wants it told (EU Digital Services Act); else the account's name.
    pub const DSA_BENEFICIARY: &str = "dsa_beneficiary";
    /// Meta: who pays for ads; else the account's name.
    pub const DSA_PAYOR: &str = "dsa_payor";
    /// Google Ads: the manager account access goes through, ten digits.
    pub const LOGIN_CUSTOMER_ID: &str = "login_customer_id";
    /// Klaviyo: the metric that counts as a conversion.
    pub const CONVERSION_METRIC_ID: &str = "conversion_metric_id";
    /// Klaviyo: sender address where a creative names none.
    pub const FROM_EMAIL: &str = "from_email";
    /// Klaviyo: sender name where a creative names none.
    pub const FROM_NAME: &str = "from_name";
}

/// A connected account with its token: what is stored, sealed, for a channel.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// The account.
    pub account: Account,
    /// Its token.
    pub credentials: Credentials,
}

impl Connection {
    /// What requests are made with.
    #[must_use]
    pub const fn access(&self, now_ms: i64) -> Access<'_> {
        Access { account: &self.account, credentials: &self.credentials, now_ms }
    }
}

/// What a request is made with. Debug output is not offered: it would show the token.
#[derive(Clone, Copy)]
pub struct Access<'a> {
    /// The account.
    pub account: &'a Account,
    /// Its token.
    pub credentials: &'a Credentials,
    /// UTC ms.
    pub now_ms: i64,
}

impl Access<'_> {
    /// A setting of the account, `None` when it is not set.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.account.settings.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}
