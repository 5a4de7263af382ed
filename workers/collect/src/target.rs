//! What a request is aimed at: its path and the site in its query.
//!
//! Read with `http::Uri`, not the runtime's `Url`: that one carries the Unicode tables of international host names,
//! which would be a third of this script and are of no use to it.

use http::Uri;
use worker::Request;

/// A request's path and query.
pub(crate) struct Target(Uri);

impl Target {
    pub(crate) fn of(request: &Request) -> Self {
        Self(request.inner().url().parse().unwrap_or_default())
    }

    pub(crate) fn path(&self) -> &str {
        self.0.path()
    }

    /// The site named in the query.
    pub(crate) fn site(&self) -> Option<String> {
        form_urlencoded::parse(self.0.query().unwrap_or_default().as_bytes())
            .find(|(name, _)| name == "site")
            .map(|(_, key)| key.trim().to_owned())
            .filter(|key| !key.is_empty())
    }
}
