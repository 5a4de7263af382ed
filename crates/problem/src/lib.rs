//! What a caller is told when a request cannot be served: [RFC 9457] problem details, one type for every room.
//!
//! Here: the value, its wire form, and one constructor for each status the product answers with. Not here: HTTP
//! responses (the rooms that speak HTTP turn a [`Problem`] into one) and the decision of which failure maps to
//! which status (each room decides that beside its own error enum).
//!
//! [RFC 9457]: https://www.rfc-editor.org/rfc/rfc9457

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The media type of a serialized [`Problem`] (RFC 9457 §3).
pub const CONTENT_TYPE: &str = "application/problem+json";

/// Problem types are tag URIs (RFC 4151): names that never need to resolve and cannot clash with others'.
const TYPE_BASE: &str = "tag:adroit-marketing.github.io,2026:problem/";

/// One thing wrong with one part of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// Which part: a JSON pointer into the body (`/site/currency`), or the name of a query parameter or header.
    pub field: String,
    /// What is wrong with it and what would be right, for a person.
    pub detail: String,
}

impl FieldError {
    /// Names a field and says what is wrong with it.
    pub fn new(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { field: field.into(), detail: detail.into() }
    }
}

/// A failed request, told to the caller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The problem's type, a URI that is the same for every occurrence.
    #[serde(rename = "type")]
    pub kind: Cow<'static, str>,
    /// The type in a few words; the same for every occurrence.
    pub title: Cow<'static, str>,
    /// The HTTP status code.
    pub status: u16,
    /// What happened this time and what to do about it.
    pub detail: String,
    /// The request this is about (its path), where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    // Boxed to keep a `Result<_, Problem>` below 128 bytes.
    pub instance: Option<Box<str>>,
    /// The parts of the request that were wrong; empty when it was not about a part.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

/// The statuses the product answers with: number, name in the type URI, title, name of the constructor.
macro_rules! problems {
    ($($(#[$doc:meta])* $constructor:ident = $status:literal, $name:literal, $title:literal;)*) => {
        impl Problem {
            $(
                $(#[$doc])*
                #[must_use]
                pub fn $constructor(detail: impl Into<String>) -> Self {
                    Self {
                        kind: Cow::Owned(format!("{TYPE_BASE}{}", $name)),
                        title: Cow::Borrowed($title),
                        status: $status,
                        detail: detail.into(),
                        instance: None,
                        errors: Vec::new(),
                    }
                }
            )*

            /// The problem for a bare status code, for answers that come from an HTTP framework.
            ///
            /// A code without a constructor becomes the nearest one: another 4xx is a bad request, everything else
            /// an internal error. The given status is kept when it is an error at all, else it is 500.
            #[must_use]
            pub fn from_status(status: u16, detail: impl Into<String>) -> Self {
                match status {
                    $($status => Self::$constructor(detail),)*
                    400..=499 => Self { status, ..Self::bad_request(detail) },
                    500..=599 => Self { status, ..Self::internal(detail) },
                    _ => Self::internal(detail),
                }
            }
        }

        #[cfg(test)]
        const CONSTRUCTORS: &[(u16, &str, fn(String) -> Problem)] =
            &[$(($status, $name, |detail| Problem::$constructor(detail)),)*];
    };
}

problems! {
    /// 400: the request could not be read at all (broken JSON, a header that is not text).
    bad_request = 400, "bad-request", "Bad request";
    /// 401: nobody is signed in, or the token is no longer good.
    unauthorized = 401, "unauthorized", "Not signed in";
    /// 403: the caller is known and may not do this.
    forbidden = 403, "forbidden", "Not allowed";
    /// 404: there is no such thing, or it is another tenant's (which a caller must not be able to tell apart).
    not_found = 404, "not-found", "Not found";
    /// 405: the path exists, the method does not.
    method_not_allowed = 405, "method-not-allowed", "Method not allowed";
    /// 409: the request contradicts what is stored (a key that is taken, a state that has moved on).
    conflict = 409, "conflict", "Conflict";
    /// 412: what the caller saw (`If-Match`) is no longer so; load it again.
    precondition_failed = 412, "stale", "Changed in the meantime";
    /// 413: the body is larger than the limit; the detail names both.
    payload_too_large = 413, "payload-too-large", "Body too large";
    /// 415: the body's content type is not one this route reads.
    unsupported_media_type = 415, "unsupported-media-type", "Unsupported content type";
    /// 422: the request was read and some of it is not acceptable; `errors` names the parts.
    unprocessable = 422, "invalid", "Invalid input";
    /// 428: the change must say which version it rests on.
    precondition_required = 428, "version-required", "Version required";
    /// 429: too many requests.
    too_many_requests = 429, "too-many-requests", "Too many requests";
    /// 500: our fault. The detail must hold nothing internal; the cause belongs in the log.
    internal = 500, "internal", "Internal error";
    /// 503: something this needs is away for the moment; trying again is right.
    unavailable = 503, "unavailable", "Temporarily unavailable";
}

impl Problem {
    /// 422 about one field.
    #[must_use]
    pub fn invalid_field(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError::new(field, detail)])
    }

    /// 422 about several fields, with a detail that counts or quotes them.
    #[must_use]
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [only] => format!("{}: {}", only.field, only.detail),
            several => format!("{} fields are not acceptable", several.len()),
        };
        Self::unprocessable(detail).with_errors(errors)
    }

    /// Adds the parts of the request that were wrong.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<FieldError>) -> Self {
        self.errors = errors;
        self
    }

    /// Adds the request this is about, usually its path.
    #[must_use]
    pub fn with_instance(mut self, instance: impl Into<Box<str>>) -> Self {
        self.instance = Some(instance.into());
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.status, self.title, self.detail)?;
        // The detail of a single-field problem quotes the field already.
        if self.errors.len() > 1 {
            for error in &self.errors {
                write!(f, "; {}: {}", error.field, error.detail)?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wire_form_is_rfc_9457() {
        let problem =
            Problem::invalid_field("/site/currency", "is not an ISO 4217 code: \"EU\"").with_instance("/tenants");
        assert_eq!(
            serde_json::to_value(&problem).unwrap(),
            serde_json::json!({
                "type": "tag:adroit-marketing.github.io,2026:problem/invalid",
                "title": "Invalid input",
                "status": 422,
                "detail": "/site/currency: is not an ISO 4217 code: \"EU\"",
                "instance": "/tenants",
                "errors": [{"field": "/site/currency", "detail": "is not an ISO 4217 code: \"EU\""}],
            })
        );
    }

    #[test]
    fn absent_members_are_left_out_and_read_back() {
        let text = serde_json::to_string(&Problem::not_found("no such site")).unwrap();
        assert!(!text.contains("errors") && !text.contains("instance"), "{text}");
        let back: Problem = serde_json::from_str(&text).unwrap();
        assert_eq!(back, Problem::not_found("no such site"));
    }

    #[test]
    fn every_constructor_has_its_own_type_and_is_found_by_its_status() {
        let mut kinds = std::collections::BTreeSet::new();
        for (status, name, build) in CONSTRUCTORS {
            let problem = build("why".to_owned());
            assert_eq!(problem.status, *status);
            assert!(problem.kind.ends_with(name));
            assert_eq!(problem, Problem::from_status(*status, "why"));
            assert!(kinds.insert(problem.kind), "two statuses share {name}");
        }
        assert_eq!(kinds.len(), 14);
    }

    #[test]
    fn a_status_without_a_constructor_keeps_its_number() {
        assert_eq!(Problem::from_status(418, "").status, 418);
        assert_eq!(Problem::from_status(502, "").status, 502);
        assert_eq!(Problem::from_status(200, "").status, 500);
    }

    #[test]
    fn display_names_every_field_once() {
        let one = Problem::invalid(vec![FieldError::new("from", "is not a date")]);
        assert_eq!(one.to_string(), "422 Invalid input: from: is not a date");
        let two =
            Problem::invalid(vec![FieldError::new("from", "is not a date"), FieldError::new("to", "is before from")]);
        assert_eq!(
            two.to_string(),
            "422 Invalid input: 2 fields are not acceptable; from: is not a date; to: is before from"
        );
    }
}
