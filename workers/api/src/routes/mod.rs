//! The routes, one module a resource, each declared once: the same declaration routes the request, describes it in the
//! OpenAPI document and names the permission it needs.

pub mod account;
pub mod agents;
pub mod analytics;
pub mod anomalies;
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
pub mod holdouts;
pub mod imports;
pub mod inbox;
pub mod journeys;
pub mod keys;
pub mod kpis;
pub mod live;
mod model_sql;
pub mod planning;
pub mod proposals;
pub mod questions;
mod scope;
pub mod stock;
pub mod team;

use std::sync::LazyLock;

use axum::Router;
use axum::middleware::from_fn;
use http::StatusCode;
#[cfg(target_arch = "wasm32")]
use utoipa_axum::PathItemExt as _;
#[cfg(not(target_arch = "wasm32"))]
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::gate::{self, Rules};
use crate::protocols::{a2a, ag_ui, chat, discovery, mcp};
use crate::{document, idempotency};

/// Declares the handlers of one path. Natively the declaration describes them, too ([`crate::document`]); what the Worker
/// needs is the path and the methods.
#[cfg(target_arch = "wasm32")]
macro_rules! routes {
    ($($module:ident::$handler:ident),+) => {{
        let mut router = axum::routing::MethodRouter::new();
        let paths = [$(utoipa_axum::routes!(@path [path()] of $module::$handler)),+];
        $(for method in utoipa_axum::routes!(@path [methods()] of $module::$handler) {
            router = router.on(method.to_method_filter(), $module::$handler);
        })+
        (paths, router)
    }};
}

/// A router that takes declarations as `OpenApiRouter` does.
#[cfg(target_arch = "wasm32")]
trait Declared {
    /// Adds the handlers of one path.
    fn routes<const N: usize>(self, declared: ([String; N], axum::routing::MethodRouter)) -> Self;
}

#[cfg(target_arch = "wasm32")]
impl Declared for Router {
    fn routes<const N: usize>(self, (paths, router): ([String; N], axum::routing::MethodRouter)) -> Self {
        match paths.into_iter().next() {
            Some(path) => self.route(&path, router),
            None => self,
        }
    }
}

#[cfg(not(target_arch = "wasm32"))]
type Declaring = OpenApiRouter;
#[cfg(target_arch = "wasm32")]
type Declaring = Router;

/// Every route.
pub(crate) fn declared() -> Declaring {
    Declaring::new()
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
        .routes(routes!(attribution::claims))
        .routes(routes!(attribution::compare_models))
        .routes(routes!(attribution::paths))
        .routes(routes!(holdouts::list_holdouts, holdouts::create_holdout))
        .routes(routes!(holdouts::plan_holdout))
        .routes(routes!(holdouts::show_holdout))
        .routes(routes!(holdouts::finish_holdout))
        .routes(routes!(holdouts::stop_holdout))
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
        .routes(routes!(experiments::change_experiment))
        .routes(routes!(experiments::start_experiment))
        .routes(routes!(experiments::stop_experiment))
        .routes(routes!(experiments::plan_experiment))
        .routes(routes!(experiments::read_out_experiment))
        .routes(routes!(experiments::uplift_of_experiment))
        .routes(routes!(experiments::decide))
        .routes(routes!(forecast::forecast))
        .routes(routes!(planning::show_mix, planning::compute_mix))
        .routes(routes!(planning::divide_budget))
        .routes(routes!(stock::show_stock, stock::compute_stock))
        .routes(routes!(stock::forecast_stock))
        .routes(routes!(stock::set_stock_terms))
        .routes(routes!(planning::compare_plans))
        .routes(routes!(anomalies::list_anomalies))
        .routes(routes!(anomalies::check_anomalies))
        .routes(routes!(anomalies::dismiss_anomaly))
        .routes(routes!(anomalies::reopen_anomaly))
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

fn built() -> Router {
    #[cfg(not(target_arch = "wasm32"))]
    let router = Router::from(declared());
    #[cfg(target_arch = "wasm32")]
    let router = declared();
    // The layer added last is entered first: the gate, then the memory of answers, then the route.
    router
        .route_layer(from_fn(idempotency::once))
        .route_layer(from_fn(gate::gate))
        .method_not_allowed_fallback(async || StatusCode::METHOD_NOT_ALLOWED)
        .fallback(async || StatusCode::NOT_FOUND)
}

/// What is made of the declarations, once per isolate.
pub struct Built {
    /// Routes requests; cloned per request.
    pub router: Router,
    /// The permission of every route.
    pub rules: Rules,
}

/// Built at the first request.
pub static BUILT: LazyLock<Built> = LazyLock::new(|| Built { router: built(), rules: Rules::of(document::TEXT) });

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use axum::body::Body;
    use axum::response::Response;
    use http::{Method, Request};
    use tower_service::Service as _;
    use worker::wasm_bindgen::{JsCast as _, JsValue};

    use super::*;
    use crate::gate::{Rule, Runtime};

    /// Every method and route of the document with its operation.
    fn operations() -> Vec<(Method, String, serde_json::Value)> {
        let document: serde_json::Value = serde_json::from_str(document::TEXT).unwrap();
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
                None => panic!("{method} {path} declares {:?}, which is no permission", operation["x-permission"]),
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
            let declared = operation["x-permission"].as_str().unwrap().to_owned();
            let of_oneself = path.starts_with("/auth/") || path.starts_with("/invitations/");
            // A question that is too long for a query string: what it computes is stored nowhere.
            let question =
                ["/attribution/holdouts/plan", "/experiments/plan", "/planning/budget", "/planning/scenario"]
                    .contains(&path.as_str());
            assert!(of_oneself || question || !declared.starts_with("read_"), "{method} {path} declares {declared}");
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
        let document: serde_json::Value = serde_json::from_str(document::TEXT).unwrap();
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
        let text = document::TEXT;
        let document: serde_json::Value = serde_json::from_str(text).unwrap();
        let known: BTreeSet<String> = document["components"]["schemas"].as_object().unwrap().keys().cloned().collect();
        for name in text.split("#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(known.contains(name), "{name}");
        }
        for name in ["Login", "Me", "Site", "TimeSeries", "ChannelRow", "PathTouchpoint", "LiveHit", "Run", "Problem"] {
            assert!(known.contains(name), "{name}");
        }
    }

    #[test]
    fn the_document_is_what_the_routes_declare() {
        assert!(
            document::TEXT == document::made().unwrap(),
            "site/src/api/openapi.json is out of date: run `cargo xtask openapi`"
        );
    }
}
