//! Which room a request is for, decided from its first line and two headers, and the headers every page gets.
//!
//! The site and the API share path names (`/journeys` is a page and a resource). A browser that opens an address asks
//! for a page; a script asks for data. The decision is pure.

use http::{HeaderMap, HeaderName, HeaderValue};

/// Where a request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// The collector: the pixel script and everything that is collected.
    Collect,
    /// The site's one page.
    Page,
    /// A built file of the site.
    File,
    /// The API.
    Api,
}

/// The collector's paths, whatever the method: it answers preflights and refusals itself.
const COLLECT_PATHS: [&str; 3] = ["/p.js", "/attribution/collect", "/collect"];

/// The API's paths that have no page beside them, so that they can be opened in a browser.
const API_ONLY_PATHS: [&str; 2] = ["/healthz", "/openapi.json"];

/// Paths below which everything is the API's: providers send browsers back to `/connectors/`, and other agents look
/// for documents with dots in their names.
const API_ONLY_PREFIXES: [&str; 2] = ["/connectors/", "/.well-known/"];

/// Decides where a request goes.
#[must_use]
pub fn destination(method: &str, path: &str, accept: Option<&str>, fetch_mode: Option<&str>) -> Destination {
    if COLLECT_PATHS.contains(&path) {
        return Destination::Collect;
    }
    let api_only = API_ONLY_PATHS.contains(&path) || API_ONLY_PREFIXES.iter().any(|prefix| path.starts_with(prefix));
    if api_only || !matches!(method, "GET" | "HEAD") {
        return Destination::Api;
    }
    // Browsers say that they navigate; what is older or simpler says that it wants HTML, which no caller of an API does.
    let navigates = fetch_mode == Some("navigate") || accept.is_some_and(|accept| accept.contains("text/html"));
    let last = path.rsplit('/').next().unwrap_or_default();
    if last.contains('.') && !under_a_resource(path) {
        Destination::File
    } else if navigates || path == "/" {
        Destination::Page
    } else {
        Destination::Api
    }
}

/// Resources whose ids may hold a dot, so that a dot does not make them files.
fn under_a_resource(path: &str) -> bool {
    ["/journeys/", "/imports/", "/agents/", "/inbox/"].iter().any(|prefix| path.starts_with(prefix))
}

/// What pages may do: run our own scripts, talk to our own origin, be framed by nobody. Styles may stand inline
/// because chart and table libraries set them.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; \
     form-action 'self'; frame-ancestors 'none'";

/// Adds the security headers of a page (`html`) or another file.
pub fn secure(headers: &mut HeaderMap, html: bool, local: bool) {
    let mut set = |name: &'static str, value: &'static str| {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    };
    set("x-content-type-options", "nosniff");
    set("referrer-policy", "strict-origin-when-cross-origin");
    if html {
        set("content-security-policy", CONTENT_SECURITY_POLICY);
        set("cross-origin-opener-policy", "same-origin");
        set("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()");
        set("x-frame-options", "DENY");
    }
    if !local {
        // Two years, the minimum of the browsers' preload lists being one.
        set("strict-transport-security", "max-age=63072000; includeSubDomains");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HTML: Option<&str> = Some("text/html,application/xhtml+xml,*/*;q=0.8");
    const JSON: Option<&str> = Some("application/json");

    #[test]
    fn a_request_goes_where_it_belongs() {
        use Destination::{Api, Collect, File, Page};
        for (method, path, accept, mode, destination) in [
            ("GET", "/p.js", None, None, Collect),
            ("GET", "/p.js", HTML, Some("navigate"), Collect),
            ("POST", "/attribution/collect", None, None, Collect),
            ("OPTIONS", "/collect", None, Some("cors"), Collect),
            ("GET", "/", None, None, Page),
            ("GET", "/", HTML, Some("navigate"), Page),
            ("GET", "/journeys", HTML, Some("navigate"), Page),
            ("GET", "/journeys", JSON, Some("cors"), Api),
            ("GET", "/journeys", HTML, None, Page),
            ("GET", "/journeys", HTML, Some("cors"), Page),
            ("GET", "/journeys", None, Some("navigate"), Page),
            ("GET", "/journeys", None, None, Api),
            ("GET", "/journeys/v:a.b", JSON, Some("same-origin"), Api),
            ("GET", "/journeys/v:a.b", HTML, Some("navigate"), Page),
            ("HEAD", "/me", None, None, Api),
            ("POST", "/auth/login", HTML, Some("navigate"), Api),
            ("GET", "/healthz", HTML, Some("navigate"), Api),
            ("GET", "/openapi.json", HTML, Some("navigate"), Api),
            ("GET", "/assets/index-abc.js", None, Some("cors"), File),
            ("GET", "/assets/0193-uuid/content", None, Some("no-cors"), Api),
            ("GET", "/connectors/meta/oauth/callback", HTML, Some("navigate"), Api),
            ("GET", "/.well-known/agent-card.json", None, None, Api),
            ("GET", "/favicon.svg", Some("image/*"), Some("no-cors"), File),
            ("GET", "/theme.js", None, Some("no-cors"), File),
            ("GET", "/analytics/live", Some("text/event-stream"), Some("cors"), Api),
            ("GET", "/nowhere", None, None, Api),
            ("DELETE", "/", None, None, Api),
        ] {
            assert_eq!(
                self::destination(method, path, accept, mode),
                destination,
                "{method} {path} {accept:?} {mode:?}"
            );
        }
    }

    #[test]
    fn a_page_may_run_only_our_scripts() {
        let mut headers = HeaderMap::new();
        secure(&mut headers, true, false);
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("script-src 'self';") && policy.contains("frame-ancestors 'none'"));
        assert!(headers.contains_key("strict-transport-security"));
    }

    #[test]
    fn a_local_run_does_not_pin_https() {
        let mut headers = HeaderMap::new();
        secure(&mut headers, false, true);
        assert_eq!(headers.len(), 2);
    }
}
