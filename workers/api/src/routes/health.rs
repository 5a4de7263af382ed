//! Whether we are up, and what we answer.

use axum::Json;
use axum::response::IntoResponse;
use control::Environment;
use http::header::CONTENT_TYPE;

use crate::gate::Visitor;
use crate::wire::account::Health;
use crate::wire::problem::Problem;

/// Whether we are up.
#[utoipa::path(
    get, path = "/healthz", tag = "service",
    responses((status = 200, body = Health), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("open")))
)]
pub async fn health(Visitor(runtime): Visitor) -> Json<Health> {
    Json(Health {
        status: "ok".to_owned(),
        version: crate::VERSION.to_owned(),
        demo: Some(runtime.environment() == Environment::Local),
    })
}

/// This document.
#[utoipa::path(
    get, path = "/openapi.json", tag = "service",
    responses((status = 200, description = "The OpenAPI 3.1 document", body = serde_json::Value), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("open")))
)]
pub async fn openapi() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], crate::document::TEXT)
}
