//! The script tag people paste into their pages.

use crate::site::SiteKey;

/// Where the pixel script is served, below the collector's address.
pub const PIXEL_PATH: &str = "/p.js";

/// Where events are posted, below the collector's address.
pub const COLLECT_PATH: &str = "/attribution/collect";

/// The tag for one site. `base` is the collector's address, scheme and host, with or without a trailing slash.
///
/// The key needs no escaping (its alphabet has nothing HTML could misread); the address is escaped, because it comes
/// from a request.
#[must_use]
pub fn snippet(base: &str, key: &SiteKey) -> String {
    let base = escape(base.trim_end_matches('/'));
    format!("<script async src=\"{base}{PIXEL_PATH}\" data-site=\"{key}\"></script>")
}

/// The address events are posted to.
#[must_use]
pub fn collect_url(base: &str) -> String {
    format!("{}{COLLECT_PATH}", base.trim_end_matches('/'))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tag_names_the_script_and_the_site() {
        let key = SiteKey::new("demo-site").unwrap();
        assert_eq!(
            snippet("http://localhost:8787/", &key),
            r#"<script async src="http://localhost:8787/p.js" data-site="demo-site"></script>"#
        );
        assert_eq!(collect_url("http://localhost:8787"), "http://localhost:8787/attribution/collect");
    }

    #[test]
    fn an_address_cannot_leave_its_attribute() {
        let tag = snippet("http://x\"><script>", &SiteKey::new("abc").unwrap());
        assert_eq!(tag.matches('<').count(), 2, "{tag}");
        assert_eq!(tag.matches('"').count(), 4, "{tag}");
    }
}
