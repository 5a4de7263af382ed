//! What the tests share: signing in to an account, and calls with the token in place.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use campaign::ChannelType;
use sandbox::{APP, Authorize, Reply, Request, Response, World, token_path};
use serde_json::Value;
use sha2::{Digest, Sha256};

pub(crate) const NOW: i64 = 1_795_000_000_000; // 2026-11-18T11:06:40Z
pub(crate) const DAY: i64 = 86_400_000;
pub(crate) const REDIRECT: &str = "http://localhost:8787/connectors/callback";
pub(crate) const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters-0123456789";

pub(crate) fn scope(provider: ChannelType) -> &'static str {
    match provider {
        ChannelType::Sandbox => "ads",
        ChannelType::Meta => "ads_management,ads_read",
        ChannelType::GoogleAds => "https://www.googleapis.com/auth/adwords",
        ChannelType::Klaviyo => "campaigns:read campaigns:write templates:write lists:read",
    }
}

pub(crate) fn query(provider: ChannelType) -> String {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    form_urlencoded::Serializer::new(String::new())
        .append_pair("client_id", APP.id)
        .append_pair("redirect_uri", REDIRECT)
        .append_pair("response_type", "code")
        .append_pair("scope", scope(provider))
        .append_pair("state", "s1")
        .append_pair("code_challenge", &challenge)
        .append_pair("code_challenge_method", "S256")
        .append_pair("access_type", "offline")
        .finish()
}

pub(crate) fn exchange(provider: ChannelType, code: &str, verifier: &str, redirect: &str) -> Request {
    let known = APP;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", redirect),
        ("client_id", known.id),
        ("client_secret", known.secret),
        ("code_verifier", verifier),
    ];
    token_request(provider, &fields)
}

pub(crate) fn token_request(provider: ChannelType, fields: &[(&str, &str)]) -> Request {
    let known = APP;
    let request = Request::new("POST", token_path(provider)).form(fields);
    if provider == ChannelType::Klaviyo {
        let pair = base64::engine::general_purpose::STANDARD.encode(format!("{}:{}", known.id, known.secret));
        return request.header("authorization", &format!("Basic {pair}"));
    }
    request
}

/// An account and what signs its requests.
pub(crate) struct Session {
    pub(crate) world: World,
    pub(crate) provider: ChannelType,
    pub(crate) token: String,
    pub(crate) refresh: Option<String>,
    pub(crate) now: i64,
    pub(crate) seed: u64,
}

impl Session {
    pub(crate) fn open(provider: ChannelType) -> Self {
        let mut world = World::open(provider, "Test shop", "EUR", "UTC", NOW);
        let asked = Authorize::parse(provider, &query(provider)).unwrap();
        let code = world.grant(&asked, NOW, 1);
        let answer = world.handle(&exchange(provider, &code, VERIFIER, REDIRECT), NOW, 2).answer().unwrap().value();
        let text = |name: &str| answer[name].as_str().map(str::to_owned);
        let token = text("access_token").unwrap_or_else(|| panic!("{answer}"));
        Self { world, provider, token, refresh: text("refresh_token"), now: NOW, seed: 10 }
    }

    pub(crate) fn number(&self) -> String {
        self.world.account().number.clone()
    }

    pub(crate) fn send(&mut self, request: Request) -> Reply {
        let request = request.header("authorization", &format!("Bearer {}", self.token));
        let request = match self.provider {
            ChannelType::GoogleAds => request.header("developer-token", sandbox::DEVELOPER_TOKEN),
            ChannelType::Klaviyo => request.header("revision", "2026-07-15"),
            ChannelType::Sandbox => request.header("adroit-version", "2026-11"),
            ChannelType::Meta => request,
        };
        self.seed += 1;
        self.world.handle(&request, self.now, self.seed)
    }

    pub(crate) fn answer(&mut self, request: Request) -> Response {
        self.send(request).answer().unwrap()
    }

    pub(crate) fn call(&mut self, method: &str, target: &str, body: &Value) -> (u16, Value) {
        let mut request = Request::new(method, target);
        if !body.is_null() {
            request = request.json(body);
        }
        let response = self.answer(request);
        (response.status, response.value())
    }

    pub(crate) fn ok(&mut self, method: &str, target: &str, body: &Value) -> Value {
        let (status, value) = self.call(method, target, body);
        assert!((200..300).contains(&status), "{method} {target}: {status} {value}");
        value
    }
}
