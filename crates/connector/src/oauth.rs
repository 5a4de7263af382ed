//! OAuth 2.0 as the providers here speak it: authorization codes with PKCE (RFC 6749, RFC 7636).

use crate::account::{CredentialKind, Credentials};
use crate::http::{Answer, Effect, Request, encode};
use crate::insights::integer;
use crate::outcome::{Fault, Outcome, common};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The S256 code challenge of a verifier.
pub(crate) fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

/// An address with parameters.
pub(crate) fn address(base: &str, pairs: &[(&str, &str)]) -> String {
    format!("{base}?{}", encode(pairs))
}

/// A request to a token endpoint. Codes and rotating refresh tokens work once, so what became of a lost answer is open.
pub(crate) fn token_request(url: &str, purpose: &str, pairs: &[(&str, &str)]) -> Request {
    Request::post(url, purpose, Effect::Once).header("accept", "application/json").form(pairs)
}

/// Reads a token endpoint's answer. `before` is what was renewed: a provider that sends no new refresh token means that
/// the old one goes on.
///
/// # Errors
/// [`Fault::Reauth`] when the code or refresh token is not accepted and [`Fault::Disconnect`] when the app is not: only a
/// 400 or 401 that says so as OAuth does. [`Fault::Retry`] for everything else: the exchange is tried again with what we
/// have, and if that was used up meanwhile the provider says so.
pub(crate) fn read_tokens(
    provider: &str,
    answer: &Answer,
    before: Option<&Credentials>,
    now_ms: i64,
) -> Outcome<Credentials> {
    let response = common(provider, answer, Effect::Read)?;
    let body = response.value().unwrap_or(Value::Null);
    let text = |key: &str| body.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    if !response.is_success() {
        return Err(refusal(provider, response.status, &body));
    }
    let Some(access_token) = text("access_token") else {
        return Err(Fault::retry(None, format!("{provider} answered without an access token")));
    };
    let lifetime = body.get("expires_in").and_then(integer).filter(|seconds| *seconds > 0);
    let scopes: Vec<String> =
        text("scope").unwrap_or_default().split([' ', ',']).filter(|s| !s.is_empty()).map(str::to_owned).collect();
    Ok(Credentials {
        access_token: access_token.to_owned(),
        kind: CredentialKind::Bearer,
        refresh_token: text("refresh_token")
            .map(str::to_owned)
            .or_else(|| before.and_then(|before| before.refresh_token.clone())),
        expires_at: lifetime.map(|seconds| now_ms.saturating_add(seconds.saturating_mul(1_000))),
        scopes: if scopes.is_empty() { before.map(|before| before.scopes.clone()).unwrap_or_default() } else { scopes },
    })
}

/// What an answer of a token endpoint means that is neither a success nor a failure to answer.
fn refusal(provider: &str, status: u16, body: &Value) -> Fault {
    let text = |path: &str| body.pointer(path).and_then(Value::as_str).filter(|text| !text.is_empty());
    // Meta answers with an object, everybody else as RFC 6749 §5.2 says.
    let (code, said) = match body.get("error") {
        Some(Value::Object(error)) => {
            let number = error.get("code").and_then(integer).unwrap_or(0);
            let passes =
                error.get("is_transient").and_then(Value::as_bool).unwrap_or(false) || META_PASSING.contains(&number);
            (text("/error/type").filter(|_| !passes), text("/error/message"))
        }
        _ => (text("/error").filter(|code| !PASSING.contains(code)), text("/error_description")),
    };
    let said = said.unwrap_or("no reason given");
    match code {
        Some(code @ ("invalid_client" | "unauthorized_client")) => Fault::Disconnect {
            reason: format!("{provider} does not know this app ({code}: {said}); check its id and secret"),
        },
        Some(code) if matches!(status, 400 | 401) => {
            Fault::Reauth { reason: format!("{provider} refused the sign-in ({code}: {said})") }
        }
        _ => {
            Fault::retry(None, format!("{provider} gave no token and did not refuse it either (HTTP {status}: {said})"))
        }
    }
}

/// OAuth's words for "not now" (RFC 6749 §4.1.2.1, RFC 8628 §3.5), and Google's own.
const PASSING: [&str; 5] =
    ["temporarily_unavailable", "server_error", "slow_down", "rate_limit_exceeded", "internal_failure"];

/// Meta's numbers for "not now": unknown and service errors, limits of app, user and page.
const META_PASSING: [i64; 5] = [1, 2, 4, 17, 32];
