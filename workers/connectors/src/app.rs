//! Which app we are at each provider, from variables and secrets.
//!
//! With an app of the provider's (`META_APP_ID`, …) its own hosts are spoken to. Without one, and with `PRACTICE_URL`,
//! the practice provider stands in under the provider's paths: nothing but hosts and keys differ. With neither, accounts
//! of that provider cannot be connected.

use campaign::ChannelType;
use connector::{AppCredentials, Hosts, Provider, provider};
use platform::settings;
use worker::Env;

/// Where the practice provider is.
const PRACTICE_URL: &str = "PRACTICE_URL";
/// The app that the practice provider knows, for each provider alike.
const PRACTICE_APP: &str = "adroit-practice";
/// Its secret: practice moves no money, so it is no secret.
const PRACTICE_SECRET: &str = "adroit-practice-secret";

/// Variables that name our app.
struct Names {
    id: &'static str,
    secret: &'static str,
    developer_token: Option<&'static str>,
}

const fn names(channel: ChannelType) -> Option<Names> {
    match channel {
        ChannelType::Sandbox => None,
        ChannelType::Meta => Some(Names { id: "META_APP_ID", secret: "META_APP_SECRET", developer_token: None }),
        ChannelType::GoogleAds => Some(Names {
            id: "GOOGLE_CLIENT_ID",
            secret: "GOOGLE_CLIENT_SECRET",
            developer_token: Some("GOOGLE_DEVELOPER_TOKEN"),
        }),
        ChannelType::Klaviyo => {
            Some(Names { id: "KLAVIYO_CLIENT_ID", secret: "KLAVIYO_CLIENT_SECRET", developer_token: None })
        }
    }
}

/// Our app at a provider.
pub(crate) struct App {
    pub(crate) credentials: AppCredentials,
    /// Whether it is the practice provider's.
    pub(crate) practice: bool,
}

/// Our app at a provider; `None` when there is none.
pub(crate) fn app(env: &Env, channel: ChannelType) -> Option<App> {
    real(env, channel).or_else(|| practice(env, channel))
}

/// The provider, spoken to as our app.
pub(crate) fn speak(env: &Env, channel: ChannelType) -> Option<Box<dyn Provider>> {
    app(env, channel).map(|app| provider::provider(channel, app.credentials))
}

fn real(env: &Env, channel: ChannelType) -> Option<App> {
    let names = names(channel)?;
    let credentials = AppCredentials {
        hosts: Hosts::real(channel)?,
        client_id: settings::variable(env, names.id)?,
        client_secret: settings::secret(env, names.secret).ok()?,
        developer_token: match names.developer_token {
            Some(name) => settings::secret(env, name).ok()?,
            None => String::new(),
        },
    };
    Some(App { credentials, practice: false })
}

fn practice(env: &Env, channel: ChannelType) -> Option<App> {
    let origin = settings::variable(env, PRACTICE_URL)?;
    let credentials = AppCredentials {
        hosts: Hosts::practice(channel, &origin),
        client_id: PRACTICE_APP.to_owned(),
        client_secret: PRACTICE_SECRET.to_owned(),
        developer_token: "practice".to_owned(),
    };
    Some(App { credentials, practice: true })
}
