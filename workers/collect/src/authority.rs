//! Who may send events for a site: its pages, by `Origin`; its servers, by signature; locally the demo site's, unsigned.

use crate::site::Site;
use event::{Origin, signature};
use problem::{FieldError, Problem};
use worker::{Env, Request};

/// Decides who sent this body.
///
/// # Errors
/// 401 or 403 with what to do.
pub(crate) fn sender(request: &Request, body: &[u8], site: &Site, env: &Env, now: i64) -> Result<Origin, Problem> {
    let header = |name: &str| request.headers().get(name).ok().flatten();
    if let Some(signed) = header(signature::HEADER) {
        let secret = open_secret(env, site)?;
        signature::verify(&secret, &signed, body, now).map_err(|refusal| {
            Problem::unauthorized(refusal.reason())
                .with_errors(vec![FieldError::new(signature::HEADER, refusal.reason())])
        })?;
        return Ok(Origin::Server);
    }
    if let Some(origin) = header("Origin") {
        if site.origins.allow(&origin) {
            return Ok(Origin::Browser);
        }
        return Err(Problem::forbidden(format!(
            "pages of {origin} may not send events for site {}: add the origin to the site's list",
            site.row.key
        )));
    }
    if platform::settings::is_local(env) && site.row.key == control::demo::SITE_KEY {
        return Ok(Origin::Server);
    }
    Err(Problem::unauthorized(format!(
        "events from servers are signed: send {}: t=<unix seconds>,v1=<hex hmac-sha256 of \"t.body\">",
        signature::HEADER
    )))
}

fn open_secret(env: &Env, site: &Site) -> Result<Vec<u8>, Problem> {
    let row = &site.row;
    let purpose = control::site::secret_purpose(&row.key);
    let context = vault::Context { tenant: &row.tenant_id, purpose: &purpose };
    let opened = platform::settings::vault_key(env).and_then(|key| {
        vault::open(&key, context, &row.secret_sealed).map_err(|e| platform::Error::corrupt("site secret", e))
    });
    opened.map_err(|error| {
        platform::log::error("collect", &row.tenant_id, "opening a site's secret failed", &error);
        error.into()
    })
}
