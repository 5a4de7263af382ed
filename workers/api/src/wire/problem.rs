//! How a failure looks, for the OpenAPI document alone: [`problem::Problem`] is what is sent.

use serde::Serialize;
use utoipa::ToSchema;

/// Why a request was not served (RFC 9457 problem details).
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// The problem's type, a URI that is the same for every occurrence.
    #[serde(rename = "type")]
    pub kind: String,
    /// The type in a few words.
    pub title: String,
    /// The HTTP status code.
    pub status: i64,
    /// What happened this time and what to do about it.
    pub detail: String,
    /// The path this is about.
    pub instance: Option<String>,
    /// The parts of the request that were wrong.
    #[schema(required = false)]
    pub errors: Vec<FieldError>,
}

/// One thing wrong with one part of a request.
#[derive(Debug, Serialize, ToSchema)]
pub struct FieldError {
    /// A JSON pointer into the body, or the name of a query parameter.
    pub field: String,
    /// What is wrong with it and what would be right.
    pub detail: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_describes_what_is_sent() {
        let sent = serde_json::to_value(
            ::problem::Problem::invalid_field("from", "is not a date").with_instance("/analytics/summary"),
        )
        .unwrap();
        let described = serde_json::to_value(Problem {
            kind: String::new(),
            title: String::new(),
            status: 0,
            detail: String::new(),
            instance: Some(String::new()),
            errors: vec![FieldError { field: String::new(), detail: String::new() }],
        })
        .unwrap();
        let keys = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&sent), keys(&described));
        assert_eq!(keys(&sent["errors"][0]), keys(&described["errors"][0]));
    }
}
