//! The routes, one module a resource, each declared once: the same declaration routes the request, describes it in the
//! OpenAPI document and names the permission it needs.

pub mod account;
pub mod agents;
pub mod analytics;
pub mod approvals;
pub mod assets;
pub mod attribution;
pub mod audit;
pub mod brand;
pub mod calendar;
pub mod campaign_documents;
pub mod campaigns;
pub mod channels;
pub mod customers;
pub mod dead_letters;
pub mod experiments;
pub mod forecast;
pub mod guardrails;
pub mod health;
pub mod imports;
pub mod inbox;
pub mod journeys;
pub mod keys;
pub mod kpis;
pub mod live;
mod model_sql;
pub mod proposals;
pub mod questions;
mod scope;
pub mod team;

use std::sync::LazyLock;

use axum::Router;
use axum::middleware::from_fn;
use http::StatusCode;
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::gate::{self, Rules};
use crate::idempotency;
use crate::protocols::{a2a, ag_ui, chat, discovery, mcp};

/// What cannot be read off the routes.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Adroit",
        description = "From the first pixel hit to attributed revenue. Money is integer minor units beside an ISO 4217 \
                       code, instants are UTC milliseconds, dates are inclusive and in the site's time zone, rates are \
                       fractions, and a ratio whose divisor is 0 is null. Errors are RFC 9457 problem details. \
                       `x-permission` names what the caller's role must allow, `x-caller: person` what no API key may call.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    components(schemas(
        crate::wire::problem::Problem,
        crate::wire::analytics::LiveHit,
        crate::wire::analytics::LiveActive
    ))
)]
struct Document;

fn open_api_router() -> OpenApiRouter {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(account::login))
        .routes(routes!(account::logout))
        .routes(routes!(account::switch_tenant))
        .routes(routes!(account::me))
        .routes(routes!(account::create_tenant))
        .routes(routes!(account::list_sites))
        .routes(routes!(team::show_team))
        .routes(routes!(team::invite))
        .routes(routes!(team::revoke_invitation))
        .routes(routes!(team::change_role, team::remove_member))
        .routes(routes!(team::show_invitation))
        .routes(routes!(team::accept_invitation))
        .routes(routes!(keys::list_keys, keys::create_key))
        .routes(routes!(keys::revoke_key))
        .routes(routes!(keys::rewrap))
        .routes(routes!(analytics::list_metrics))
        .routes(routes!(analytics::summary))
        .routes(routes!(analytics::timeseries))
        .routes(routes!(analytics::breakdown))
        .routes(routes!(analytics::event_names))
        .routes(routes!(live::live))
        .routes(routes!(attribution::list_models))
        .routes(routes!(attribution::channels))
        .routes(routes!(attribution::compare_models))
        .routes(routes!(attribution::paths))
        .routes(routes!(journeys::list_journeys))
        .routes(routes!(journeys::show_journey))
        .routes(routes!(inbox::list_inbox))
        .routes(routes!(inbox::replay))
        .routes(routes!(inbox::dismiss))
        .routes(routes!(imports::upload_ad_spend))
        .routes(routes!(imports::upload_shopify))
        .routes(routes!(imports::list_imports))
        .routes(routes!(imports::show_import))
        .routes(routes!(agents::list_agents))
        .routes(routes!(agents::run_agent))
        .routes(routes!(agents::list_runs))
        .routes(routes!(agents::show_run))
        .routes(routes!(kpis::kpis))
        .routes(routes!(questions::ask))
        .routes(routes!(questions::run))
        .routes(routes!(questions::feedback))
        .routes(routes!(questions::show_schema))
        .routes(routes!(questions::suggestions))
        .routes(routes!(agents::stream_run))
        .routes(routes!(agents::cancel_run))
        .routes(routes!(proposals::list_proposals))
        .routes(routes!(proposals::accept_proposal))
        .routes(routes!(proposals::dismiss_proposal))
        .routes(routes!(dead_letters::list_dead_letters))
        .routes(routes!(dead_letters::replay_dead_letter))
        .routes(routes!(dead_letters::dismiss_dead_letter))
        .routes(routes!(audit::list_audit))
        .routes(routes!(audit::verify_audit))
        .routes(routes!(channels::list_providers))
        .routes(routes!(channels::list_channels))
        .routes(routes!(channels::connect))
        .routes(routes!(channels::callback))
        .routes(routes!(channels::choose_account))
        .routes(routes!(channels::test))
        .routes(routes!(channels::disconnect))
        .routes(routes!(channels::sync))
        .routes(routes!(channels::list_syncs))
        .routes(routes!(discovery::protected_resource))
        .routes(routes!(discovery::protected_mcp))
        .routes(routes!(mcp::mcp))
        .routes(routes!(experiments::list_experiments))
        .routes(routes!(experiments::show_experiment))
        .routes(routes!(experiments::create_experiment))
        .routes(routes!(experiments::start_experiment))
        .routes(routes!(experiments::stop_experiment))
        .routes(routes!(experiments::decide))
        .routes(routes!(forecast::forecast))
        .routes(routes!(customers::show_customers, customers::study_customers))
        .routes(routes!(campaigns::list_campaigns, campaigns::create_campaign))
        .routes(routes!(campaigns::show_campaign, campaigns::update_campaign, campaigns::delete_campaign))
        .routes(routes!(campaigns::preflight))
        .routes(routes!(campaigns::show_diff))
        .routes(routes!(campaigns::history))
        .routes(routes!(campaigns::submit))
        .routes(routes!(campaigns::withdraw))
        .routes(routes!(campaigns::publish))
        .routes(routes!(campaigns::pause))
        .routes(routes!(campaigns::resume))
        .routes(routes!(campaigns::end))
        .routes(routes!(campaigns::rollback))
        .routes(routes!(approvals::list_approvals))
        .routes(routes!(approvals::show_approval))
        .routes(routes!(approvals::approve))
        .routes(routes!(approvals::reject))
        .routes(routes!(assets::list_assets, assets::upload_asset))
        .routes(routes!(assets::show_asset, assets::delete_asset))
        .routes(routes!(assets::asset_content))
        .routes(routes!(brand::show_brand, brand::update_brand))
        .routes(routes!(guardrails::show_guardrails, guardrails::update_guardrails))
        .routes(routes!(guardrails::stop))
        .routes(routes!(guardrails::release))
        .routes(routes!(calendar::show_calendar, calendar::create_entry))
        .routes(routes!(calendar::change_entry, calendar::cancel_entry))
        .routes(routes!(a2a::agent_card))
        .routes(routes!(a2a::json_rpc))
        .routes(routes!(a2a::send))
        .routes(routes!(a2a::send_streaming))
        .routes(routes!(a2a::list_tasks))
        .routes(routes!(a2a::get_task, a2a::change_task))
        .routes(routes!(a2a::extended_card))
        .routes(routes!(ag_ui::ag_ui))
        .routes(routes!(chat::chat))
        .routes(routes!(chat::resume))
        .routes(routes!(health::health))
        .routes(routes!(health::openapi))
}

fn built() -> (Router, OpenApi) {
    let (router, mut document) = open_api_router().split_for_parts();
    document.info.version = crate::VERSION.to_owned();
    if let Some(components) = document.components.as_mut() {
        let [bearer, cookie] = gate::SCHEMES;
        components.add_security_scheme(bearer, SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
        components
            .add_security_scheme(cookie, SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(gate::COOKIE_NAME))));
    }
    gate::describe(&mut document);
    idempotency::describe(&mut document);
    // The layer added last is entered first: the gate, then the memory of answers, then the route.
    let router = router
        .route_layer(from_fn(idempotency::once))
        .route_layer(from_fn(gate::gate))
        .method_not_allowed_fallback(async || StatusCode::METHOD_NOT_ALLOWED)
        .fallback(async || StatusCode::NOT_FOUND);
    (router, document)
}

/// What is made of the declarations, once per isolate.
pub struct Built {
    /// Routes requests; cloned per request.
    pub router: Router,
    /// The permission of every route.
    pub rules: Rules,
    /// Describes the routes.
    pub document: OpenApi,
}

/// Built at the first request.
pub static BUILT: LazyLock<Built> = LazyLock::new(|| {
    let (router, document) = built();
    Built { router, rules: Rules::of(&document), document }
});

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use axum::body::Body;
    use axum::response::Response;
    use http::{Method, Request};
    use tower_service::Service as _;
    use worker::wasm_bindgen::{JsCast as _, JsValue};

    use super::*;
    use crate::gate::{DECLARATION, Rule, Runtime};

    /// Every method and route of the document with its operation.
    fn operations() -> Vec<(Method, String, serde_json::Value)> {
        let document = serde_json::to_value(&BUILT.document).unwrap();
        let mut all = Vec::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let method = method.to_uppercase().parse().unwrap();
                all.push((method, path.clone(), operation.clone()));
            }
        }
        all
    }

    /// Sends a request through the router as it runs, but without a runtime behind it: whatever asks the runtime for
    /// anything panics, so what answers here did so before it.
    fn send(method: Method, path: &str) -> Response {
        let env = JsValue::NULL.unchecked_into();
        let mut request =
            Request::builder().method(method).uri(format!("http://localhost{path}")).body(Body::empty()).unwrap();
        let runtime = Runtime::of(env, request.uri());
        request.extensions_mut().insert(runtime);
        let mut router = BUILT.router.clone();
        let response = futures::executor::block_on(router.call(request)).unwrap();
        crate::answer::finish(response, path)
    }

    fn body(response: Response) -> serde_json::Value {
        let bytes = futures::executor::block_on(axum::body::to_bytes(response.into_body(), 100_000)).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    #[test]
    fn every_route_declares_who_may_call_it() {
        let operations = operations();
        let mut open = Vec::new();
        for (method, path, operation) in &operations {
            let needs_caller = BUILT.rules.get(method, path) != Some(Rule::Open);
            assert_eq!(operation["security"].is_array(), needs_caller, "{method} {path}");
            match BUILT.rules.get(method, path) {
                Some(Rule::Open) => open.push(format!("{method} {path}")),
                Some(Rule::SignedIn | Rule::Needs(_) | Rule::NeedsPerson(_)) => {}
                None => panic!("{method} {path} declares {:?}, which is no permission", operation[DECLARATION]),
            }
        }
        assert_eq!(
            open,
            [
                "GET /.well-known/agent-card.json",
                "GET /.well-known/oauth-protected-resource",
                "GET /.well-known/oauth-protected-resource/mcp",
                "POST /auth/login",
                "GET /decide",
                "GET /healthz",
                "POST /invitations/accept",
                "POST /invitations/show",
                "GET /openapi.json"
            ]
        );
    }

    #[test]
    fn a_change_needs_more_than_reading() {
        for (method, path, operation) in operations().into_iter().filter(|(method, ..)| *method == Method::POST) {
            let declared = operation[DECLARATION].as_str().unwrap().to_owned();
            let of_oneself = path.starts_with("/auth/") || path.starts_with("/invitations/");
            assert!(of_oneself || !declared.starts_with("read_"), "{method} {path} declares {declared}");
        }
    }

    #[test]
    fn every_route_refuses_a_caller_without_a_session() {
        for (method, path, _) in operations() {
            if BUILT.rules.get(&method, &path) == Some(Rule::Open) {
                continue;
            }
            let path: String = path
                .split('/')
                .map(|part| if part.starts_with('{') { "/1".into() } else { format!("/{part}") })
                .skip(1)
                .collect();
            let response = send(method.clone(), &path);
            assert_eq!(response.status(), 401, "{method} {path}");
            assert_eq!(response.headers()["content-type"], "application/problem+json");
            assert_eq!(response.headers()["www-authenticate"], "Bearer");
            assert_eq!(body(response)["instance"], path);
        }
    }

    #[test]
    fn an_unknown_path_and_a_wrong_method_are_problems_too() {
        let response = send(Method::GET, "/nowhere");
        assert_eq!(response.status(), 404);
        assert_eq!(body(response)["title"], "Not found");
        let response = send(Method::PUT, "/auth/login");
        assert_eq!((response.status().as_u16(), response.headers()["allow"].to_str().unwrap()), (405, "POST"));
        assert_eq!(body(response)["detail"], "this path answers POST");
        assert_eq!(send(Method::GET, "/auth/login").status(), 405);
    }

    #[test]
    fn a_form_that_is_no_json_is_refused_before_anything_is_asked() {
        let response = send(Method::POST, "/auth/login");
        assert_eq!(response.status(), 415);
        assert!(body(response)["detail"].as_str().unwrap().contains("application/json"));
    }

    #[test]
    fn every_failure_is_described_as_a_problem() {
        for (method, path, operation) in operations() {
            let schema = &operation["responses"]["default"]["content"]["application/problem+json"]["schema"];
            assert_eq!(schema["$ref"], "#/components/schemas/Problem", "{method} {path}");
        }
    }

    #[test]
    fn every_field_and_parameter_is_explained() {
        let document = serde_json::to_value(&BUILT.document).unwrap();
        for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
            for (field, shape) in schema["properties"].as_object().into_iter().flatten() {
                // A field that is another shape is explained there.
                let explained = shape["description"].is_string() || shape.to_string().contains("$ref");
                assert!(explained, "{name}.{field} has no description");
            }
        }
        for (method, path, operation) in operations() {
            assert!(operation["summary"].is_string() || operation["description"].is_string(), "{method} {path}");
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                assert!(parameter["description"].is_string(), "{method} {path} {}", parameter["name"]);
            }
        }
    }

    #[test]
    fn every_named_shape_exists() {
        let text = crate::openapi_json().unwrap();
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        let known: BTreeSet<String> = document["components"]["schemas"].as_object().unwrap().keys().cloned().collect();
        for name in text.split("#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(known.contains(name), "{name}");
        }
        for name in ["Login", "Me", "Site", "TimeSeries", "ChannelRow", "PathTouchpoint", "LiveHit", "Run", "Problem"] {
            assert!(known.contains(name), "{name}");
        }
    }

    #[test]
    fn the_site_is_built_from_this_very_document() {
        let kept =
            std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../site/src/api/openapi.json")).unwrap();
        assert!(
            kept == crate::openapi_json().unwrap(),
            "site/src/api/openapi.json is out of date: run `cargo xtask openapi`"
        );
    }
}
