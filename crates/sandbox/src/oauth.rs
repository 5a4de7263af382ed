//! Signing in: the redirect to the provider, single-use codes, access and refresh tokens, as RFC 6749 and RFC 7636
//! have them and each provider bends them.
//!
//! A token's second part is the number of the account it opens, so that a host of many accounts can tell to which one
//! a request goes.

use crate::dice::Dice;
use crate::http::{Request, Response, set};
use crate::meta;
use crate::world::{Sibling, World, account_number};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use campaign::ChannelType;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use url::Url;

/// An app as it would be registered with a provider. Practice moves no money, so its secret is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct App {
    /// `client_id`.
    pub id: &'static str,
    /// `client_secret`.
    pub secret: &'static str,
}

/// What Google Ads asks for in the header `developer-token`.
pub const DEVELOPER_TOKEN: &str = "practice";

/// A code is good for one minute.
const CODE_MS: i64 = 60_000;

/// The app that is registered here, with every provider alike.
pub const APP: App = App { id: "adroit-practice", secret: "adroit-practice-secret" };

/// How long an access token lives, ms. Our own is short on purpose: whoever works against it must refresh.
const fn access_ms(provider: ChannelType) -> i64 {
    match provider {
        ChannelType::Sandbox => 120_000,
        ChannelType::Meta => 60 * 24 * 3_600_000,
        ChannelType::GoogleAds | ChannelType::Klaviyo => 3_600_000,
    }
}

/// Where a provider's sign-in page is.
#[must_use]
pub const fn authorize_path(provider: ChannelType) -> &'static str {
    match provider {
        ChannelType::Sandbox | ChannelType::Klaviyo => "/oauth/authorize",
        ChannelType::Meta => "/v25.0/dialog/oauth",
        ChannelType::GoogleAds => "/o/oauth2/v2/auth",
    }
}

/// Where a provider gives tokens.
#[must_use]
pub const fn token_path(provider: ChannelType) -> &'static str {
    match provider {
        ChannelType::Sandbox | ChannelType::Klaviyo => "/oauth/token",
        ChannelType::Meta => "/v25.0/oauth/access_token",
        ChannelType::GoogleAds => "/token",
    }
}

/// Something the account's owner gave to an app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grant {
    /// To be exchanged once.
    Code(Code),
    /// Opens the account for a while.
    Access(Access),
    /// Gives new access tokens.
    Refresh {
        /// As asked for.
        scopes: Vec<String>,
    },
}

/// A code on its way through the browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    redirect_uri: String,
    scopes: Vec<String>,
    /// PKCE, S256.
    challenge: Option<String>,
    /// Whether a refresh token was asked for.
    offline: bool,
    expires_at: i64,
    /// The tokens it was exchanged for: a second exchange revokes them.
    issued: Option<Vec<String>>,
}

/// An access token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// As asked for.
    pub scopes: Vec<String>,
    /// UTC ms.
    pub expires_at: i64,
}

/// A request to sign in, as the browser brought it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorize {
    /// At whom.
    pub provider: ChannelType,
    /// What the app asks for.
    pub scopes: Vec<String>,
    /// Where the browser goes next.
    pub redirect_uri: String,
    /// Goes along unchanged.
    pub state: String,
    challenge: Option<String>,
    offline: bool,
}

impl Authorize {
    /// Reads and checks the sign-in page's query.
    ///
    /// # Errors
    /// A sentence for the person before the browser: such a request is never redirected anywhere.
    pub fn parse(provider: ChannelType, query: &str) -> Result<Self, String> {
        let fields = Request::new("GET", &format!("/?{query}")).fields();
        let known = APP;
        if fields.text("client_id") != known.id {
            return Err(format!(
                "No app is registered here as client_id \"{}\". The practice app is \"{}\".",
                fields.text("client_id"),
                known.id
            ));
        }
        let redirect_uri = fields.text("redirect_uri");
        if !acceptable(redirect_uri) {
            return Err(format!(
                "redirect_uri \"{redirect_uri}\" is not acceptable: it must be an absolute https address, or http on \
                 localhost, without a fragment."
            ));
        }
        let response_type = fields.given("response_type");
        if response_type != Some("code") && !(provider == ChannelType::Meta && response_type.is_none()) {
            return Err("response_type must be \"code\".".to_owned());
        }
        let challenge = fields.given("code_challenge").map(str::to_owned);
        let needs_challenge = matches!(provider, ChannelType::Sandbox | ChannelType::Klaviyo);
        if needs_challenge && challenge.is_none() {
            return Err("code_challenge is missing: this provider asks for PKCE (RFC 7636).".to_owned());
        }
        if challenge.is_some() && fields.text("code_challenge_method") != "S256" {
            return Err("code_challenge_method must be \"S256\".".to_owned());
        }
        let scopes: Vec<String> =
            fields.text("scope").split([' ', ',']).filter(|scope| !scope.is_empty()).map(str::to_owned).collect();
        if scopes.is_empty() {
            return Err("scope is missing: name what the app may do.".to_owned());
        }
        Ok(Self {
            provider,
            scopes,
            redirect_uri: redirect_uri.to_owned(),
            state: fields.text("state").to_owned(),
            challenge,
            offline: provider != ChannelType::GoogleAds || fields.text("access_type") == "offline",
        })
    }

    /// Where the browser goes with a code.
    #[must_use]
    pub fn allowed(&self, code: &str) -> String {
        self.redirect(&[("code", code)])
    }

    /// Where the browser goes when the person says no.
    #[must_use]
    pub fn denied(&self) -> String {
        if self.provider == ChannelType::Meta {
            return self.redirect(&[
                ("error", "access_denied"),
                ("error_code", "200"),
                ("error_description", "Permissions error"),
                ("error_reason", "user_denied"),
            ]);
        }
        self.redirect(&[("error", "access_denied"), ("error_description", "The user denied the request")])
    }

    fn redirect(&self, pairs: &[(&str, &str)]) -> String {
        let Ok(mut url) = Url::parse(&self.redirect_uri) else {
            return self.redirect_uri.clone();
        };
        url.query_pairs_mut().extend_pairs(pairs);
        if !self.state.is_empty() {
            url.query_pairs_mut().append_pair("state", &self.state);
        }
        url.into()
    }
}

fn acceptable(redirect_uri: &str) -> bool {
    Url::parse(redirect_uri).is_ok_and(|url| {
        let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        url.fragment().is_none() && (url.scheme() == "https" || (url.scheme() == "http" && local))
    })
}

/// Why a request may not enter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    Missing,
    Unknown,
    Expired,
}

/// The number of the account that a request is for, by its token, code, refresh token or key.
#[must_use]
pub fn account_of(provider: ChannelType, request: &Request) -> Option<String> {
    let fields = request.fields();
    let key = private_key(request);
    if let Some(key) = key.filter(|_| provider == ChannelType::Klaviyo) {
        return Some(account_number(provider, key));
    }
    let secret = ["code", "refresh_token", "fb_exchange_token", "access_token", "token"]
        .into_iter()
        .find_map(|name| fields.given(name).map(str::to_owned))
        .or_else(|| request.bearer().map(str::to_owned))?;
    let number = secret.split('.').nth(1)?;
    (number.len() == 10 && number.bytes().all(|byte| byte.is_ascii_digit())).then(|| number.to_owned())
}

/// The account a request is about, where its path names one, or the first digits of it: not always the one that its
/// token was given for.
#[must_use]
pub fn addressed(provider: ChannelType, request: &Request) -> Option<String> {
    match (provider, request.segments().as_slice()) {
        (ChannelType::Sandbox, ["v1", "accounts", number, ..])
        | (ChannelType::GoogleAds, [_, "customers", number, ..]) => Some((*number).to_owned()),
        (ChannelType::Meta, [_, node, ..]) => match node.strip_prefix("act_") {
            Some(number) => Some(number.to_owned()),
            // What is in an account has its digits in its id.
            None => node.strip_prefix("1202").and_then(|rest| rest.get(..6)).map(str::to_owned),
        },
        _ => None,
    }
}

/// A Klaviyo private key: any of the right form opens the practice account that it names.
fn private_key(request: &Request) -> Option<&str> {
    let key = request.get_header("authorization")?.strip_prefix("Klaviyo-API-Key ")?.trim();
    let form = key.strip_prefix("pk_")?;
    (form.len() >= 16 && form.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')).then_some(key)
}

impl World {
    /// The owner agrees: a code for the browser to carry back.
    pub fn grant(&mut self, asked: &Authorize, now: i64, seed: u64) -> String {
        let token = self.secret("code", seed);
        let code = Code {
            redirect_uri: asked.redirect_uri.clone(),
            scopes: asked.scopes.clone(),
            challenge: asked.challenge.clone(),
            offline: asked.offline,
            expires_at: now + CODE_MS,
            issued: None,
        };
        self.keep(&token, Grant::Code(code));
        token
    }

    /// A request's token, to be known to another account that the sign-in reaches, too: that account, the token and its
    /// right. `None` where the request is not about one of these.
    #[must_use]
    pub fn lend(&self, request: &Request) -> Option<(Sibling, String, Access)> {
        let addressed = addressed(self.account.provider, request)?;
        let sibling = self.account.siblings.iter().find(|sibling| sibling.number.starts_with(&addressed))?;
        let fields = request.fields();
        let token = request.bearer().or_else(|| fields.given("access_token"))?;
        match self.grants.get(token) {
            Some(Grant::Access(access)) => Some((sibling.clone(), token.to_owned(), access.clone())),
            _ => None,
        }
    }

    /// Takes a token that another account gave.
    pub fn borrow(&mut self, token: &str, access: Access) {
        self.keep(token, Grant::Access(access));
    }

    /// Whether a request's token opens the account.
    pub(crate) fn admit(&self, request: &Request, now: i64) -> Result<(), Refused> {
        if self.account.provider == ChannelType::Klaviyo && private_key(request).is_some() {
            return Ok(());
        }
        let fields = if self.account.provider == ChannelType::Meta { request.fields() } else { Default::default() };
        let token = request.bearer().or_else(|| fields.given("access_token")).ok_or(Refused::Missing)?;
        match self.grants.get(token) {
            Some(Grant::Access(access)) if access.expires_at > now => Ok(()),
            Some(Grant::Access(_)) => Err(Refused::Expired),
            _ => Err(Refused::Unknown),
        }
    }

    fn keep(&mut self, token: &str, grant: Grant) {
        self.touch("grant", token);
        self.grants.insert(token.to_owned(), grant);
    }

    fn secret(&self, purpose: &str, seed: u64) -> String {
        let prefix = match (self.account.provider, purpose) {
            (ChannelType::Meta, "access") => "EAAP",
            (ChannelType::Meta, _) => "AQ",
            (ChannelType::GoogleAds, "access") => "ya29",
            (ChannelType::GoogleAds, "refresh") => "1//0",
            (ChannelType::GoogleAds, _) => "4/0A",
            (ChannelType::Klaviyo, _) => "kl",
            (ChannelType::Sandbox, _) => "sbx",
        };
        let mut dice = Dice::new(seed, self.account.seed ^ self.account.requests, crate::dice::hash(purpose));
        format!("{prefix}.{}.{}", self.account.number, dice.token())
    }

    fn give_access(&mut self, scopes: &[String], now: i64, seed: u64) -> String {
        let token = self.secret("access", seed);
        let expires_at = now + access_ms(self.account.provider);
        self.keep(&token, Grant::Access(Access { scopes: scopes.to_vec(), expires_at }));
        // Tokens a day past their end are of no more use to anybody.
        let old: Vec<String> = self
            .grants
            .iter()
            .filter(|(_, grant)| match grant {
                Grant::Code(code) => code.expires_at < now - 86_400_000,
                Grant::Access(access) => access.expires_at < now - 86_400_000,
                Grant::Refresh { .. } => false,
            })
            .map(|(token, _)| token.clone())
            .collect();
        for token in old {
            self.grants.remove(&token);
            self.touch("grant", &token);
        }
        token
    }
}

/// Answers at the provider's token address; `None` elsewhere.
pub(crate) fn token_endpoint(world: &mut World, request: &Request, now: i64, seed: u64) -> Option<Response> {
    let provider = world.account.provider;
    if request.path == "/oauth/revoke" && provider != ChannelType::Meta {
        let token = request.fields().text("token").to_owned();
        world.grants.remove(&token);
        world.touch("grant", &token);
        return Some(Response::json(200, &json!({})));
    }
    if request.path != token_path(provider) {
        return None;
    }
    let answer = exchange(world, request, now, seed).unwrap_or_else(|refusal| {
        if provider == ChannelType::Meta {
            return meta::oauth_error(world, refusal.description);
        }
        let status = if refusal.code == "invalid_client" { 401 } else { 400 };
        Response::json(status, &json!({"error": refusal.code, "error_description": refusal.description}))
    });
    Some(answer.header("cache-control", "no-store"))
}

struct Refusal {
    code: &'static str,
    description: &'static str,
}

const fn refusal(code: &'static str, description: &'static str) -> Refusal {
    Refusal { code, description }
}

fn exchange(world: &mut World, request: &Request, now: i64, seed: u64) -> Result<Response, Refusal> {
    let provider = world.account.provider;
    let fields = request.fields();
    if provider != ChannelType::Meta && request.method != "POST" {
        return Err(refusal("invalid_request", "The token address takes POST"));
    }
    let (id, secret) = credentials(provider, request, &fields.0);
    let known = APP;
    if id != known.id || secret != known.secret {
        return Err(refusal("invalid_client", "The client id or secret is not that of the practice app"));
    }
    let grant_type = fields.given("grant_type").unwrap_or(if provider == ChannelType::Meta { "code" } else { "" });
    match grant_type {
        "authorization_code" | "code" => {
            let code = fields.text("code").to_owned();
            let verifier = fields.given("code_verifier").map(str::to_owned);
            let taken = take_code(world, &code, fields.text("redirect_uri"), verifier.as_deref(), now)?;
            let access = world.give_access(&taken.scopes, now, seed);
            let mut issued = vec![access.clone()];
            let mut refresh = None;
            if provider != ChannelType::Meta && taken.offline {
                let token = world.secret("refresh", seed);
                world.keep(&token, Grant::Refresh { scopes: taken.scopes.clone() });
                issued.push(token.clone());
                refresh = Some(token);
            }
            world.keep(&code, Grant::Code(Code { issued: Some(issued), ..taken.clone() }));
            Ok(tokens(provider, &access, refresh.as_deref(), &taken.scopes))
        }
        "refresh_token" if provider != ChannelType::Meta => {
            let Some(Grant::Refresh { scopes }) = world.grants.get(fields.text("refresh_token")) else {
                return Err(refusal("invalid_grant", "The refresh token is unknown or was revoked"));
            };
            let scopes = scopes.clone();
            let access = world.give_access(&scopes, now, seed);
            let old = fields.text("refresh_token");
            let refresh = match provider {
                // Our own works once.
                ChannelType::Sandbox => {
                    world.grants.remove(old);
                    world.touch("grant", old);
                    let new = world.secret("refresh", seed);
                    world.keep(&new, Grant::Refresh { scopes: scopes.clone() });
                    Some(new)
                }
                ChannelType::Klaviyo => Some(old.to_owned()),
                ChannelType::Meta | ChannelType::GoogleAds => None,
            };
            Ok(tokens(provider, &access, refresh.as_deref(), &scopes))
        }
        "fb_exchange_token" if provider == ChannelType::Meta => {
            let scopes = match world.grants.get(fields.text("fb_exchange_token")) {
                Some(Grant::Access(access)) if access.expires_at > now => access.scopes.clone(),
                _ => return Err(refusal("invalid_grant", "The token to be exchanged is unknown or has expired")),
            };
            let access = world.give_access(&scopes, now, seed);
            Ok(tokens(provider, &access, None, &scopes))
        }
        _ => Err(refusal("unsupported_grant_type", "This grant_type is not offered")),
    }
}

fn tokens(provider: ChannelType, access: &str, refresh: Option<&str>, scopes: &[String]) -> Response {
    let mut body = json!({
        "access_token": access,
        "token_type": if provider == ChannelType::Meta { "bearer" } else { "Bearer" },
        "expires_in": access_ms(provider) / 1_000,
    });
    if provider != ChannelType::Meta {
        set(&mut body, "scope", json!(scopes.join(" ")));
    }
    if let Some(refresh) = refresh {
        set(&mut body, "refresh_token", json!(refresh));
    }
    Response::json(200, &body)
}

fn credentials(provider: ChannelType, request: &Request, fields: &Map<String, Value>) -> (String, String) {
    let basic = request
        .get_header("authorization")
        .and_then(|value| value.strip_prefix("Basic "))
        .and_then(|value| STANDARD.decode(value).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|pair| pair.split_once(':').map(|(id, secret)| (id.to_owned(), secret.to_owned())));
    if let Some(basic) = basic {
        return basic;
    }
    if provider == ChannelType::Klaviyo {
        return Default::default(); // Klaviyo takes the app's credentials by HTTP Basic only
    }
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    (text("client_id"), text("client_secret"))
}

/// The code, if it may be exchanged. A second attempt takes back what the first was given.
fn take_code(
    world: &mut World,
    code: &str,
    redirect_uri: &str,
    verifier: Option<&str>,
    now: i64,
) -> Result<Code, Refusal> {
    let Some(Grant::Code(kept)) = world.grants.get(code).cloned() else {
        return Err(refusal("invalid_grant", "The code is unknown"));
    };
    if let Some(issued) = &kept.issued {
        for token in issued {
            world.grants.remove(token);
            world.touch("grant", token);
        }
        return Err(refusal("invalid_grant", "The code was used before; the tokens given for it are revoked"));
    }
    if kept.expires_at <= now {
        return Err(refusal("invalid_grant", "The code has expired"));
    }
    if kept.redirect_uri != redirect_uri {
        return Err(refusal("invalid_grant", "redirect_uri is not the one the code was given for"));
    }
    if let Some(challenge) = &kept.challenge {
        let digest = Sha256::digest(verifier.unwrap_or_default().as_bytes());
        if URL_SAFE_NO_PAD.encode(digest) != *challenge {
            return Err(refusal("invalid_grant", "code_verifier does not fit the code_challenge"));
        }
    }
    Ok(kept)
}
