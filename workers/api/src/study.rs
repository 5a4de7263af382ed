//! Asks the science Worker and passes its answer on as it is: what it computes is neither read nor written anew here, so
//! that the front door stays small.

use ::study::{Asked, Shop};
use axum::body::Body;
use axum::response::Response;
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use platform::study_object;
use problem::Problem;
use serde::Serialize;

use crate::answer::{Answer, internal};
use crate::gate::Caller;
use crate::store::sites::SiteRecord;

/// The answer to a question about a site's figures.
///
/// # Errors
/// What the science Worker refuses, 503 when it does not answer.
pub async fn ask<T: Serialize>(caller: &Caller, site: SiteRecord, path: &str, question: T) -> Answer<Response> {
    let shop = Shop {
        tenant_id: caller.session.tenant_id.clone(),
        site: site.key,
        currency: site.currency,
        time_zone: site.time_zone,
    };
    let answer = study_object::ask(&caller.runtime.env, path, &Asked { shop, now: caller.now, question }).await?;
    if answer.status != 200 {
        let problem: Problem = serde_json::from_str(&answer.body).map_err(internal)?;
        return Err(problem.into());
    }
    let mut response = Response::new(Body::from(answer.body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}
