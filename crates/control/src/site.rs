//! A site: the unit of collection. Its key stands in the pixel's script tag, its origins say who may send from a
//! browser, its currency and time zone give every figure a meaning.

use std::fmt;

use problem::FieldError;
use serde::{Deserialize, Serialize};

use crate::tenant::display_name;

/// Lengths of a site key, in characters. Keys are global, so one letter is not enough; the longest fits a URL well.
pub const KEY_CHARS: std::ops::RangeInclusive<usize> = 3..=64;

/// The most origins one site lists.
pub const MAX_ORIGINS: usize = 100;

/// Inactivity that ends a session unless the site says otherwise: 30 minutes.
pub const DEFAULT_SESSION_TIMEOUT_MS: i64 = 30 * 60 * 1000;

/// Days before a conversion in which touchpoints count, unless the site or the question says otherwise.
pub const DEFAULT_LOOKBACK_DAYS: i64 = 30;

/// Days raw events are kept unless the site says otherwise.
pub const DEFAULT_RETENTION_DAYS: i64 = 400;

/// The vault purpose of a site's signing secret (see [`vault::Context::purpose`]).
#[must_use]
pub fn secret_purpose(key: &str) -> String {
    format!("site-secret/{key}")
}

/// A row of `sites`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// Public, unique over all tenants.
    pub key: SiteKey,
    /// The owner.
    pub tenant_id: String,
    /// What people call it.
    pub name: String,
    /// ISO 4217 code all its figures are in.
    pub currency: String,
    /// IANA time zone its days begin in.
    pub time_zone: String,
    /// Who may send from a browser.
    pub origins: Origins,
    /// Inactivity that ends a session, in milliseconds.
    pub session_timeout_ms: i64,
    /// Days before a conversion in which touchpoints count.
    pub lookback_days: i64,
    /// Days raw events are kept.
    pub retention_days: i64,
    /// The signing secret, sealed by the vault for this tenant and [`secret_purpose`].
    pub secret_sealed: String,
    /// UTC milliseconds.
    pub created_at: i64,
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Site").field("key", &self.key).field("tenant_id", &self.tenant_id).finish_non_exhaustive()
    }
}

/// The public name of a site: lower-case letters, digits and inner hyphens.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SiteKey(String);

/// Why a text is not a site key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SiteKeyError {
    /// Too short or too long.
    #[error("has {found} characters, a site key has {} to {}", KEY_CHARS.start(), KEY_CHARS.end())]
    Length {
        /// Its length in characters.
        found: usize,
    },
    /// A character that may not stand there.
    #[error("holds {found:?} at place {place}; a site key is lower-case letters, digits and hyphens inside")]
    Character {
        /// The character.
        found: char,
        /// Its place, counted from 1.
        place: usize,
    },
}

impl SiteKey {
    /// Checks a key.
    ///
    /// # Errors
    /// When the length or a character is not allowed.
    pub fn new(text: &str) -> Result<Self, SiteKeyError> {
        let length = text.chars().count();
        if !KEY_CHARS.contains(&length) {
            return Err(SiteKeyError::Length { found: length });
        }
        for (at, found) in text.chars().enumerate() {
            let inside = at > 0 && at + 1 < length;
            let allowed = matches!(found, 'a'..='z' | '0'..='9') || (found == '-' && inside);
            if !allowed {
                return Err(SiteKeyError::Character { found, place: at + 1 });
            }
        }
        Ok(Self(text.to_owned()))
    }

    /// A key made from a site's name and a few random characters, for those who choose none.
    ///
    /// `salt` makes it unique; at least eight lower-case letters or digits are wanted.
    ///
    /// # Errors
    /// When the salt holds anything else.
    pub fn suggest(name: &str, salt: &str) -> Result<Self, SiteKeyError> {
        let mut base = String::new();
        for letter in name.to_lowercase().chars() {
            if matches!(letter, 'a'..='z' | '0'..='9') {
                base.push(letter);
            } else if !base.is_empty() && !base.ends_with('-') {
                base.push('-');
            }
            if base.len() >= 32 {
                break;
            }
        }
        let base = base.trim_end_matches('-');
        let base = if base.is_empty() { "site" } else { base };
        Self::new(&format!("{base}-{salt}"))
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for SiteKey {
    type Error = SiteKeyError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(&text)
    }
}

impl From<SiteKey> for String {
    fn from(key: SiteKey) -> Self {
        key.0
    }
}

impl fmt::Display for SiteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The origins a browser may send a site's events from.
///
/// Matching is exact on scheme, host and port, as browsers compare origins (RFC 6454 §5). `*` allows every origin,
/// including the opaque `null` of sandboxed frames and `file:` pages, which no list can name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Origins {
    any: bool,
    listed: Vec<String>,
}

/// Why a text is not an origin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    /// Neither `http://` nor `https://` stands in front.
    #[error("`{0}` must start with https:// or http://")]
    Scheme(String),
    /// Something follows the host and port.
    #[error("`{0}` must end after the host and port: no path, no trailing slash")]
    Path(String),
    /// The host is empty or holds what a host name cannot.
    #[error("`{0}` has no usable host name; write international names in punycode")]
    Host(String),
    /// The port is not a number from 1 to 65535.
    #[error("`{0}` has a port that is not a number from 1 to 65535")]
    Port(String),
    /// More than [`MAX_ORIGINS`] are listed.
    #[error("{0} origins are listed, at most {MAX_ORIGINS} are allowed")]
    TooMany(usize),
}

/// The form browsers send: lower case, default ports left out.
fn canonical_origin(text: &str) -> Result<String, OriginError> {
    let trimmed = text.trim();
    let lower = trimmed.to_ascii_lowercase();
    let fail = |of: fn(String) -> OriginError| of(trimmed.to_owned());
    let (scheme, rest) = lower.split_once("://").ok_or_else(|| fail(OriginError::Scheme))?;
    let default_port = match scheme {
        "https" => 443,
        "http" => 80,
        _ => return Err(fail(OriginError::Scheme)),
    };
    if rest.contains(['/', '?', '#']) {
        return Err(fail(OriginError::Path));
    }
    // An IPv6 address holds colons itself and stands in brackets.
    let port_at = match rest.rfind(']') {
        Some(end) => rest.get(end..).and_then(|tail| tail.find(':')).map(|at| end + at),
        None => rest.find(':'),
    };
    let (host, port) = match port_at.and_then(|at| rest.split_at_checked(at)) {
        Some((host, port)) => (host, Some(port.trim_start_matches(':'))),
        None => (rest, None),
    };
    let name_letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | '_');
    let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let usable = match bracketed {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.chars().all(name_letter) && !host.starts_with('.'),
    };
    if !usable {
        return Err(fail(OriginError::Host));
    }
    let port = match port {
        None => None,
        Some(port) if port.chars().all(|c| c.is_ascii_digit()) => match port.parse::<u16>() {
            Ok(port) if port > 0 => Some(port).filter(|port| *port != default_port),
            _ => return Err(fail(OriginError::Port)),
        },
        Some(_) => return Err(fail(OriginError::Port)),
    };
    Ok(match port {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    })
}

impl Origins {
    /// Every origin.
    #[must_use]
    pub fn any() -> Self {
        Self { any: true, listed: Vec::new() }
    }

    /// Checks a list as people write it. Order and duplicates do not matter.
    ///
    /// # Errors
    /// Each entry that is wrong, with its place in the list.
    pub fn parse(entries: &[String]) -> Result<Self, Vec<(usize, OriginError)>> {
        if entries.len() > MAX_ORIGINS {
            return Err(vec![(MAX_ORIGINS, OriginError::TooMany(entries.len()))]);
        }
        let mut origins = Self::default();
        let mut errors = Vec::new();
        for (at, entry) in entries.iter().enumerate() {
            if entry.trim() == "*" {
                origins.any = true;
                continue;
            }
            match canonical_origin(entry) {
                Ok(origin) => origins.listed.push(origin),
                Err(error) => errors.push((at, error)),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        origins.listed.sort();
        origins.listed.dedup();
        Ok(origins)
    }

    /// Whether a browser's `Origin` header may send here.
    #[must_use]
    pub fn allow(&self, origin: &str) -> bool {
        self.any || canonical_origin(origin).is_ok_and(|origin| self.listed.binary_search(&origin).is_ok())
    }

    /// Whether every origin is allowed.
    #[must_use]
    pub fn allows_any(&self) -> bool {
        self.any
    }

    /// The list as it is stored and shown: `*` first, then the origins sorted.
    #[must_use]
    pub fn to_list(&self) -> Vec<String> {
        let star = self.any.then(|| "*".to_owned());
        star.into_iter().chain(self.listed.iter().cloned()).collect()
    }
}

impl TryFrom<Vec<String>> for Origins {
    type Error = OriginError;

    fn try_from(entries: Vec<String>) -> Result<Self, Self::Error> {
        Self::parse(&entries).map_err(|errors| match errors.into_iter().next() {
            Some((_, error)) => error,
            None => OriginError::TooMany(entries.len()),
        })
    }
}

impl From<Origins> for Vec<String> {
    fn from(origins: Origins) -> Self {
        origins.to_list()
    }
}

/// What a person enters to create a site.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct SiteForm {
    /// The key they want; made from the name when absent.
    #[serde(default)]
    pub key: Option<String>,
    /// What to call it.
    #[serde(default)]
    pub name: String,
    /// ISO 4217 code.
    #[serde(default)]
    pub currency: String,
    /// IANA time zone.
    #[serde(default)]
    pub time_zone: String,
    /// Allowed origins.
    #[serde(default)]
    pub origins: Vec<String>,
}

/// A checked [`SiteForm`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSite {
    /// The key.
    pub key: SiteKey,
    /// The name.
    pub name: String,
    /// ISO 4217 code.
    pub currency: String,
    /// IANA time zone, in its official spelling.
    pub time_zone: String,
    /// Allowed origins.
    pub origins: Origins,
}

impl SiteForm {
    /// Checks every field and reports all that is wrong at once, each under `prefix` (a JSON pointer such as `/site`).
    ///
    /// `salt` (random lower-case letters and digits) makes a generated key unique.
    ///
    /// # Errors
    /// One entry for each field that is not acceptable.
    pub fn check(&self, prefix: &str, salt: &str) -> Result<NewSite, Vec<FieldError>> {
        let mut errors = Vec::new();
        let name = display_name(&format!("{prefix}/name"), &self.name).map_err(|error| errors.push(error)).ok();
        let key = match self.key.as_deref().map(str::trim) {
            Some(key) => SiteKey::new(key),
            None => SiteKey::suggest(&self.name, salt),
        }
        .map_err(|error| errors.push(FieldError::new(format!("{prefix}/key"), error.to_string())))
        .ok();
        let currency = currency_code(&self.currency)
            .map_err(|detail| errors.push(FieldError::new(format!("{prefix}/currency"), detail)))
            .ok();
        let time_zone = time_zone_name(&self.time_zone)
            .map_err(|detail| errors.push(FieldError::new(format!("{prefix}/time_zone"), detail)))
            .ok();
        let origins = Origins::parse(&self.origins)
            .map_err(|wrong| {
                errors.extend(
                    wrong
                        .into_iter()
                        .map(|(at, error)| FieldError::new(format!("{prefix}/origins/{at}"), error.to_string())),
                );
            })
            .ok();
        match (key, name, currency, time_zone, origins) {
            (Some(key), Some(name), Some(currency), Some(time_zone), Some(origins)) => {
                Ok(NewSite { key, name, currency, time_zone, origins })
            }
            _ => Err(errors),
        }
    }
}

/// The ISO 4217 code in capitals.
fn currency_code(text: &str) -> Result<String, String> {
    let code = text.trim().to_ascii_uppercase();
    match iso_currency::Currency::from_code(&code) {
        // Codes without a minor unit (gold, test codes) are no money a shop takes.
        Some(currency) if currency.exponent().is_some() => Ok(code),
        _ => Err(format!("must be an ISO 4217 code such as EUR, found {text:?}")),
    }
}

/// The zone's official spelling.
fn time_zone_name(text: &str) -> Result<String, String> {
    chrono_tz::TZ_VARIANTS
        .iter()
        .map(|zone| zone.name())
        .find(|name| name.eq_ignore_ascii_case(text.trim()))
        .map(str::to_owned)
        .ok_or_else(|| format!("must be an IANA time zone such as Europe/Berlin, found {text:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn origins(entries: &[&str]) -> Origins {
        Origins::parse(&entries.iter().map(|e| (*e).to_owned()).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn keys_are_lower_case_letters_digits_and_inner_hyphens() {
        for good in ["demo-site", "abc", "a1-b2--c3", &"x".repeat(64)] {
            assert_eq!(SiteKey::new(good).unwrap().as_str(), good);
        }
        for (bad, part) in [
            ("ab", "2 characters"),
            ("-abc", "'-' at place 1"),
            ("abc-", "'-' at place 4"),
            ("Shop", "'S' at place 1"),
            ("sho p", "' ' at place 4"),
            ("schön", "'ö' at place 4"),
            (&"x".repeat(65), "65 characters"),
        ] {
            let error = SiteKey::new(bad).unwrap_err().to_string();
            assert!(error.contains(part), "{bad}: {error}");
        }
    }

    #[test]
    fn a_suggested_key_reads_like_the_name() {
        for (name, key) in
            [("Jane's Shop", "jane-s-shop-k3j9x2ab"), ("  !! ", "site-k3j9x2ab"), ("日本", "site-k3j9x2ab")]
        {
            assert_eq!(SiteKey::suggest(name, "k3j9x2ab").unwrap().as_str(), key);
        }
    }

    #[test]
    fn an_origin_matches_exactly_by_scheme_host_and_port() {
        let shop = origins(&["https://Shop.example:443", "http://localhost:3000", "http://[::1]:8080"]);
        for (origin, allowed) in [
            ("https://shop.example", true),
            ("HTTPS://SHOP.EXAMPLE", true),
            ("http://shop.example", false),
            ("https://shop.example:8443", false),
            ("https://www.shop.example", false),
            ("https://shop.example.evil.test", false),
            ("https://evil.test/https://shop.example", false),
            ("http://localhost:3000", true),
            ("http://localhost", false),
            ("http://[::1]:8080", true),
            ("null", false),
            ("", false),
            ("*", false),
        ] {
            assert_eq!(shop.allow(origin), allowed, "{origin}");
        }
    }

    #[test]
    fn a_star_allows_every_origin_and_null() {
        let any = origins(&["*"]);
        assert!(any.allow("null") && any.allow("https://anything.test") && any.allows_any());
        assert_eq!(any, Origins::any());
        assert!(!origins(&[]).allow("https://anything.test"));
    }

    #[test]
    fn a_wrong_origin_is_named_with_its_place() {
        let entries = [
            "https://ok.test",
            "shop.example",
            "https://a.test/",
            "https://",
            "http://a.test:0",
            "null",
            "https://*.a.test",
            "https://a.test:",
        ]
        .map(str::to_owned);
        let errors = Origins::parse(&entries).unwrap_err();
        assert_eq!(errors.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(errors[1].1, OriginError::Path("https://a.test/".into()));
        assert_eq!(errors[2].1, OriginError::Host("https://".into()));
        assert_eq!(errors[3].1, OriginError::Port("http://a.test:0".into()));
        assert_eq!(errors[4].1, OriginError::Scheme("null".into()));
        assert_eq!(errors[6].1, OriginError::Port("https://a.test:".into()));
    }

    #[test]
    fn origins_are_stored_as_a_plain_list() {
        let json = serde_json::to_string(&origins(&["https://b.test", "*", "http://a.test:80"])).unwrap();
        assert_eq!(json, r#"["*","http://a.test","https://b.test"]"#);
        let back: Origins = serde_json::from_str(&json).unwrap();
        assert!(back.allows_any() && back.to_list().len() == 3);
        assert!(serde_json::from_str::<Origins>(r#"["nope"]"#).is_err());
    }

    #[test]
    fn every_wrong_field_of_a_site_is_reported_at_once() {
        let form = SiteForm {
            key: Some("NO".into()),
            name: " ".into(),
            currency: "EURO".into(),
            time_zone: "Mars/Olympus".into(),
            origins: vec!["*".into(), "shop".into()],
        };
        let fields: Vec<String> = form.check("/site", "k3j9x2ab").unwrap_err().into_iter().map(|e| e.field).collect();
        assert_eq!(fields, ["/site/name", "/site/key", "/site/currency", "/site/time_zone", "/site/origins/1"]);
    }

    #[test]
    fn a_good_site_is_normalized() {
        let form = SiteForm {
            key: None,
            name: " My shop ".into(),
            currency: "jpy".into(),
            time_zone: "europe/berlin".into(),
            origins: vec!["https://shop.example".into()],
        };
        let site = form.check("/site", "k3j9x2ab").unwrap();
        assert_eq!(
            (site.key.as_str(), site.name.as_str(), site.currency.as_str(), site.time_zone.as_str()),
            ("my-shop-k3j9x2ab", "My shop", "JPY", "Europe/Berlin")
        );
    }

    #[test]
    fn gold_is_not_a_shop_currency() {
        assert!(currency_code("XAU").is_err());
        assert!(currency_code("eur").is_ok());
    }

    proptest! {
        #[test]
        fn any_text_is_judged_without_panic(text in ".{0,60}") {
            let _ = SiteKey::new(&text);
            let _ = Origins::any().allow(&text);
            let listed = Origins::parse(std::slice::from_ref(&text));
            // Whatever was accepted as an entry matches itself.
            if let Ok(listed) = listed {
                prop_assert!(listed.allow(&text));
            }
        }

        #[test]
        fn a_suggested_key_is_always_a_key(name in ".{0,80}", salt in "[a-z0-9]{8}") {
            prop_assert!(SiteKey::suggest(&name, &salt).is_ok());
        }
    }
}
