//! What every provider can do, as one trait: build a request, read an answer. Nothing here waits, sends or keeps.
//!
//! Questions of several requests (signing in, listing accounts) are **functions of their transcript**: called with the
//! answers so far they say the next request or the result:
//!
//! ```text
//! let mut answers = Vec::new();
//! let accounts = loop {
//!     match provider.accounts(&credentials, &answers, now_ms) {
//!         Step::Send(request) => answers.push(send(request).await),
//!         Step::Done(outcome) => break outcome?,
//!     }
//! };
//! ```

use crate::account::{Access, Account, AppCredentials, Credentials};
use crate::http::{Answer, Effect, Request, Response};
use crate::insights::{InsightsPage, InsightsQuery, Level};
use crate::outcome::Outcome;
use crate::publish::goal::{Found, Goal, Kind, Made, Remote, Remotes, Run};
use campaign::{ChannelPlan, ChannelType};
use serde::Serialize;

/// What a provider is, for catalogs, consent screens and checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Descriptor {
    /// Which one.
    pub channel: ChannelType,
    /// For people: `Google Ads`.
    pub name: &'static str,
    /// How an account is connected; the first is the usual way.
    pub auth: &'static [Auth],
    /// The API version we speak.
    pub version: Version,
    /// OAuth scopes we ask for.
    pub scopes: &'static [&'static str],
    /// What it can do.
    pub capabilities: &'static [Capability],
    /// Levels that insights exist for.
    pub levels: &'static [Level],
    /// Days before today whose figures may still change: what a sync pulls again.
    pub restated_days: i64,
}

/// How an account is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Auth {
    /// By signing in at the provider.
    Oauth,
    /// By a private key a person pastes.
    Key,
}

/// An API version and its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Version {
    /// As it stands in paths or headers.
    pub name: &'static str,
    /// When it came out, `YYYY-MM-DD`; empty where the provider does not say.
    pub released: &'static str,
    /// When it is switched off, `YYYY-MM-DD`: published, or the earliest date the provider's policy allows.
    pub sunset: &'static str,
    /// Whether `sunset` is published (`true`) or reckoned from the policy named in `source`.
    pub published: bool,
    /// Where the dates are from.
    pub source: &'static str,
}

/// What a provider can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Capability {
    /// Campaigns can be published.
    Publish,
    /// What was published can be paused and resumed. E-mail that has left cannot.
    Pause,
    /// Budgets can be changed.
    Budget,
    /// Figures can be read.
    Insights,
    /// Ads carry images.
    Images,
    /// Search keywords.
    Keywords,
    /// Ads cost money.
    Spend,
}

/// A sign-in that has begun.
#[derive(Clone, PartialEq, Eq)]
pub struct SignIn {
    /// Comes back in the redirect; ties it to who began.
    pub state: String,
    /// Where the provider sends the person back to, exactly as registered there.
    pub redirect_uri: String,
    /// PKCE code verifier (RFC 7636): 43 to 128 characters of `A-Z a-z 0-9 - . _ ~`, random.
    pub verifier: String,
}

/// What a question of several requests needs next.
#[derive(Debug)]
pub enum Step<T> {
    /// This answer, appended to the transcript.
    Send(Request),
    /// Nothing: here is what came of it.
    Done(Outcome<T>),
}

/// What to look for when a campaign's objects are read back.
#[derive(Clone, Copy, Debug)]
pub struct Survey<'a> {
    /// Our campaign.
    pub campaign_id: &'a str,
    /// What kind of object.
    pub kind: Kind,
    /// What is known by now: parents first.
    pub remotes: &'a Remotes,
    /// [`SurveyPage::next`] of the page before.
    pub cursor: Option<&'a str>,
}

/// One page of what was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SurveyPage {
    /// Objects of the campaign.
    pub found: Vec<Found>,
    /// Where to go on; `None` at the end.
    pub next: Option<String>,
}

/// An image's bytes.
#[derive(Clone, Copy)]
pub struct Image<'a> {
    /// Our id.
    pub asset_id: &'a str,
    /// As sniffed: `image/jpeg`.
    pub media_type: &'a str,
    /// The file.
    pub bytes: &'a [u8],
}

/// What a create or update is about.
#[derive(Clone, Copy)]
pub struct Work<'a> {
    /// What is wanted, whole.
    pub plan: &'a ChannelPlan,
    /// The object that is wanted.
    pub goal: &'a Goal,
    /// What exists.
    pub remotes: &'a Remotes,
    /// For [`Kind::Image`] only.
    pub image: Option<Image<'a>>,
}

/// A provider. Implementations hold the app's hosts and keys and nothing else.
pub trait Provider: Send + Sync {
    /// What it is.
    fn descriptor(&self) -> &'static Descriptor;

    // ── connecting ──

    /// The address a person signs in at.
    fn authorize_url(&self, sign_in: &SignIn) -> String;

    /// Turns the code of the redirect into credentials.
    fn exchange_code(&self, sign_in: &SignIn, code: &str, answers: &[Answer], now_ms: i64) -> Step<Credentials>;

    /// Renews credentials. [`crate::Fault::Reauth`] when only a person can (then the channel `needs_reauth`).
    fn refresh(&self, credentials: &Credentials, answers: &[Answer], now_ms: i64) -> Step<Credentials>;

    /// The accounts the credentials reach, with the settings requests need. Also the connection test.
    fn accounts(&self, credentials: &Credentials, answers: &[Answer], now_ms: i64) -> Step<Vec<Account>>;

    // ── publishing, driven by [`crate::publish::Machine`] ──

    /// Kinds of objects to read back, parents before children.
    fn kinds(&self) -> &'static [Kind];

    /// Everything a plan consists of at this provider, in order of creation.
    ///
    /// # Errors
    /// [`crate::Fault::FixInput`] when the plan cannot be carried out here.
    fn goals(&self, access: &Access<'_>, plan: &ChannelPlan) -> Outcome<Vec<Goal>>;

    /// The request that lists a campaign's objects of a kind; `None` when there can be none, their parents missing.
    fn survey(&self, access: &Access<'_>, survey: &Survey<'_>) -> Option<Request>;

    /// Reads the answer to [`Provider::survey`].
    ///
    /// # Errors
    /// Any [`crate::Fault`].
    fn read_survey(&self, access: &Access<'_>, survey: &Survey<'_>, response: &Response) -> Outcome<SurveyPage>;

    /// The request that creates an object, paused.
    ///
    /// # Errors
    /// [`crate::Fault::FixInput`] when something it needs is missing.
    fn create(&self, access: &Access<'_>, work: &Work<'_>) -> Outcome<Request>;

    /// Reads the answer to [`Provider::create`].
    ///
    /// # Errors
    /// Any [`crate::Fault`].
    fn read_created(&self, work: &Work<'_>, response: &Response) -> Outcome<Made>;

    /// The request that makes an object say what the goal says (not its status, not its budget); repeatable. `None`
    /// when nothing of it can be changed or nothing differs.
    ///
    /// # Errors
    /// [`crate::Fault::FixInput`] when the change is not possible any more.
    fn update(&self, access: &Access<'_>, work: &Work<'_>, remote: &Remote) -> Outcome<Option<Request>>;

    /// Whether an object that is not known is not to be made any more, because what it would be a part of has gone out
    /// without our remembering its parts.
    fn is_past(&self, _plan: &ChannelPlan, _goal: &Goal, _remotes: &Remotes) -> bool {
        false
    }

    /// The request that sets an object's daily budget, minor units; repeatable.
    fn set_budget(&self, access: &Access<'_>, remote: &Remote, budget: i64) -> Option<Request>;

    /// The request that sets an object running, pauses or ends it; `None` when it cannot be brought there any more.
    fn set_run(&self, access: &Access<'_>, remote: &Remote, run: Run) -> Option<Request>;

    /// Classifies any answer to a publishing request: hands on what [`Provider::read_created`] or
    /// [`Provider::read_survey`] can read.
    ///
    /// # Errors
    /// Any [`crate::Fault`].
    fn judge(&self, answer: &Answer, effect: Effect) -> Outcome<Response>;

    // ── insights ──

    /// The request for one page of figures; `cursor` is [`InsightsPage::next`] of the page before.
    fn insights(&self, access: &Access<'_>, query: &InsightsQuery, cursor: Option<&str>) -> Request;

    /// Reads the answer to [`Provider::insights`]. `cursor` as it was asked with.
    ///
    /// # Errors
    /// Any [`crate::Fault`].
    fn read_insights(
        &self,
        access: &Access<'_>,
        query: &InsightsQuery,
        cursor: Option<&str>,
        answer: &Answer,
    ) -> Outcome<InsightsPage>;
}

/// The provider of a channel type, speaking as this app.
#[must_use]
pub fn provider(channel: ChannelType, app: AppCredentials) -> Box<dyn Provider> {
    match channel {
        ChannelType::Sandbox => Box::new(crate::sandbox::Sandbox::new(app)),
        ChannelType::Meta => Box::new(crate::meta::Meta::new(app)),
        ChannelType::GoogleAds => Box::new(crate::google_ads::GoogleAds::new(app)),
        ChannelType::Klaviyo => Box::new(crate::klaviyo::Klaviyo::new(app)),
    }
}

/// What every provider is, in the order of [`ChannelType::ALL`].
#[must_use]
pub fn catalog() -> [&'static Descriptor; 4] {
    [&crate::sandbox::DESCRIPTOR, &crate::meta::DESCRIPTOR, &crate::google_ads::DESCRIPTOR, &crate::klaviyo::DESCRIPTOR]
}
