//! `GET /p.js`: the script that pages load. Its source is `pixel/p.js`; `p.min.js` is made from it and checked in.

use worker::{Headers, Response, Result};

const SCRIPT: &str = include_str!("../pixel/p.min.js");

/// Serves the script. An hour in browsers: a fix reaches every page within a day's first visits, yet a visit loads
/// it once.
pub(crate) fn serve() -> Result<Response> {
    let headers = Headers::new();
    headers.set("content-type", "text/javascript; charset=utf-8")?;
    headers.set("cache-control", "public, max-age=3600, stale-while-revalidate=86400")?;
    headers.set("access-control-allow-origin", "*")?;
    headers.set("cross-origin-resource-policy", "cross-origin")?;
    headers.set("x-content-type-options", "nosniff")?;
    Ok(Response::ok(SCRIPT)?.with_headers(headers))
}
