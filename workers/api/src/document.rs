//! The OpenAPI document: every route, who may call it, and which are tools.
//!
//! It is made from the routes' declarations natively ([`made`], for `cargo xtask openapi`) and checked in, because the site
//! is built from it. The Worker serves and reads what is checked in: the code that would make it anew is a tenth of all
//! the Worker's code. A test holds the two equal.

/// The document as it is checked in: JSON that ends with a newline.
pub const TEXT: &str = include_str!("../../../site/src/api/openapi.json");

#[cfg(not(target_arch = "wasm32"))]
pub use making::made;

/// Making the document.
#[cfg(not(target_arch = "wasm32"))]
mod making {
    use http::Method;
    use utoipa::OpenApi as _;
    use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
    use utoipa::openapi::schema::{ObjectBuilder, Type};
    use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
    use utoipa::openapi::{OpenApi, Required};
    use utoipa_axum::router::OpenApiRouter;

    use crate::gate::{self, Rule, Rules};
    use crate::idempotency;

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

    /// The document as the routes declare it, as pretty JSON that ends with a newline.
    ///
    /// # Errors
    /// Only if a schema cannot be written as JSON.
    pub fn made() -> serde_json::Result<String> {
        let router = OpenApiRouter::<()>::with_openapi(Document::openapi()).merge(crate::routes::declared());
        let mut document = router.into_openapi();
        document.info.version = crate::VERSION.to_owned();
        if let Some(components) = document.components.as_mut() {
            let [bearer, cookie] = gate::SCHEMES;
            components.add_security_scheme(bearer, SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
            components.add_security_scheme(
                cookie,
                SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(gate::COOKIE_NAME))),
            );
        }
        let rules = Rules::of(&serde_json::to_string(&document)?);
        show_callers(&mut document, &rules);
        show_keys(&mut document, &rules);
        // Extensions have no order of their own; keys of a value are sorted, so the text is the same every time.
        let document = serde_json::to_value(&document)?;
        serde_json::to_string_pretty(&document).map(|json| json + "\n")
    }

    /// Shows on every operation that needs a caller how they say who they are.
    fn show_callers(document: &mut OpenApi, rules: &Rules) {
        for (path, item) in &mut document.paths.paths {
            let operations = [
                (Method::GET, &mut item.get),
                (Method::POST, &mut item.post),
                (Method::PUT, &mut item.put),
                (Method::PATCH, &mut item.patch),
                (Method::DELETE, &mut item.delete),
            ];
            for (method, operation) in operations {
                let open = rules.get(&method, path) == Some(Rule::Open);
                if let Some(operation) = operation.as_mut().filter(|_| !open) {
                    let either = gate::SCHEMES.map(|scheme| SecurityRequirement::new(scheme, [""; 0]));
                    operation.security = Some(either.to_vec());
                }
            }
        }
    }

    /// Shows the idempotency key on every operation that honours it.
    fn show_keys(document: &mut OpenApi, rules: &Rules) {
        for (path, item) in &mut document.paths.paths {
            if let (Some(operation), Some(rule)) = (item.post.as_mut(), rules.get(&Method::POST, path))
                && idempotency::covers(&Method::POST, path, rule)
            {
                show_key(operation);
            }
        }
    }

    fn show_key(operation: &mut Operation) {
        let schema = ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(1))
            .max_length(Some(control::idempotency::MAX_CHARS))
            .pattern(Some("^[!-~]+$"))
            .build();
        let parameter: Parameter = ParameterBuilder::new()
            .name("Idempotency-Key")
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(
                "A value of your own, best a UUID: sent again with the same request within 24 hours it is answered as the \
                 first time, with `Idempotency-Replayed: true`, and nothing is done twice. With another request: 422; while \
                 the first is under way: 409.",
            ))
            .schema(Some(schema))
            .build();
        operation.parameters.get_or_insert_default().push(parameter.into());
    }
}
