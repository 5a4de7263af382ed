//! Cross-origin answers: a site's own origins get them, nobody else does.

use crate::target::Target;
use crate::{refuse, site};
use platform::settings;
use problem::Problem;
use worker::{Env, Request, Response, Result};

/// `OPTIONS`: the browser asks before it sends JSON across origins. The site stands in the query, because a preflight
/// has no body.
pub(crate) async fn preflight(request: &Request, target: &Target, env: &Env) -> Result<Response> {
    let key = match target.site().or_else(|| settings::variable(env, settings::DEFAULT_SITE)) {
        Some(key) => key,
        None => return refuse(&Problem::bad_request("a preflight names its site in the query: ?site=<key>")),
    };
    let origin = request.headers().get("Origin")?.unwrap_or_default();
    match site::find(env, &key, platform::clock::now_ms()).await {
        Ok(Some(found)) if found.origins.allow(&origin) => {
            let mut response = Response::empty()?.with_status(204);
            allow(&mut response, &origin)?;
            let headers = response.headers_mut();
            headers.set("access-control-allow-methods", "POST")?;
            headers.set("access-control-allow-headers", "content-type, adroit-signature")?;
            headers.set("access-control-max-age", "86400")?;
            Ok(response)
        }
        Ok(Some(_)) => refuse(&Problem::forbidden(format!("pages of {origin} may not send events for site {key}"))),
        Ok(None) => refuse(&Problem::not_found(format!("there is no site with the key {key}"))),
        Err(error) => refuse(&error.into()),
    }
}

/// Lets that origin read the response.
pub(crate) fn allow(response: &mut Response, origin: &str) -> Result<()> {
    let headers = response.headers_mut();
    headers.set("access-control-allow-origin", origin)?;
    headers.set("vary", "Origin")
}
