//! What strangers read before they sign in: how this API is protected.

use axum::Json;
use axum::response::Response;
use http::HeaderValue;
use http::header::WWW_AUTHENTICATE;
use serde_json::{Value, json};

use crate::gate::Visitor;
use crate::wire::problem::Problem;

/// How the API is protected (RFC 9728). There is no authorization server yet, so none is named: callers bring an API key
/// made on the Keys page, or a session token, as a bearer token.
#[utoipa::path(
    get, path = "/.well-known/oauth-protected-resource", tag = "protocols",
    responses((status = 200, description = "RFC 9728 metadata", body = Value), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("open")))
)]
pub async fn protected_resource(Visitor(runtime): Visitor) -> Json<Value> {
    Json(metadata(&runtime.origin, ""))
}

/// How the MCP address is protected (RFC 9728 §3.1: the resource's path comes after the well-known one).
#[utoipa::path(
    get, path = "/.well-known/oauth-protected-resource/mcp", tag = "protocols",
    responses((status = 200, description = "RFC 9728 metadata", body = Value), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("open")))
)]
pub async fn protected_mcp(Visitor(runtime): Visitor) -> Json<Value> {
    Json(metadata(&runtime.origin, "/mcp"))
}

fn metadata(origin: &str, path: &str) -> Value {
    json!({
        "resource": format!("{origin}{path}"),
        "resource_name": "Adroit",
        "bearer_methods_supported": ["header"],
        "resource_documentation": format!("{origin}/openapi.json"),
    })
}

/// Tells a refused caller of `/mcp` where to read how it is protected.
pub(crate) fn challenge(response: &mut Response, origin: &str, path: &str) {
    if path != "/mcp" || response.status() != http::StatusCode::UNAUTHORIZED {
        return;
    }
    let challenge = format!("Bearer resource_metadata=\"{origin}/.well-known/oauth-protected-resource/mcp\"");
    if let Ok(challenge) = HeaderValue::try_from(challenge) {
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    #[test]
    fn a_refused_mcp_client_learns_where_to_read_on() {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = http::StatusCode::UNAUTHORIZED;
        challenge(&mut response, "https://x.test", "/mcp");
        assert_eq!(
            response.headers()[WWW_AUTHENTICATE],
            "Bearer resource_metadata=\"https://x.test/.well-known/oauth-protected-resource/mcp\""
        );
        assert_eq!(metadata("https://x.test", "/mcp")["resource"], "https://x.test/mcp");
        // RFC 9728 §2: a list without elements is left out.
        assert!(metadata("https://x.test", "").get("authorization_servers").is_none());
    }
}
