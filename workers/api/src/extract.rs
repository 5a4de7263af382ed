//! Reading requests, so that what cannot be read is refused with the field named.

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request};
use http::header::CONTENT_TYPE;
use http::request::Parts;
use problem::{FieldError, Problem};
use serde::de::DeserializeOwned;

use crate::answer::Refused;

/// The largest JSON body in bytes: every one the API takes is a small form.
pub const MAX_JSON_BYTES: usize = 64 * 1024;

/// A JSON body.
#[derive(Debug)]
pub struct Form<T>(pub T);

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for Form<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refused> {
        Ok(Self(read_json(request, MAX_JSON_BYTES).await?))
    }
}

/// The largest JSON document in bytes: a campaign with its e-mails.
pub const MAX_DOCUMENT_BYTES: usize = 1024 * 1024;

/// A JSON body that is longer than a form.
#[derive(Debug)]
pub struct LongForm<T>(pub T);

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for LongForm<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refused> {
        Ok(Self(read_json(request, MAX_DOCUMENT_BYTES).await?))
    }
}

async fn read_json<T: DeserializeOwned>(request: Request, limit: usize) -> Result<T, Refused> {
    let json = media_type(request.headers().get(CONTENT_TYPE)).is_some_and(|kind| {
        kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
    });
    if !json {
        return Err(Problem::unsupported_media_type("send the body as Content-Type: application/json").into());
    }
    let bytes = read_body(request.into_body(), limit).await?;
    Ok(parse_json(&bytes)?)
}

/// A body's media type in lower case, without its parameters.
pub fn media_type(header: Option<&http::HeaderValue>) -> Option<String> {
    let text = header?.to_str().ok()?;
    Some(text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

/// The whole body, or a refusal when it is longer than `limit` bytes.
///
/// # Errors
/// 413 beyond the limit, 400 when the body breaks off.
pub async fn read_body(body: Body, limit: usize) -> Result<Vec<u8>, Refused> {
    use futures::StreamExt as _;
    let mut stream = body.into_data_stream();
    let mut bytes = Vec::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| Problem::bad_request("the body broke off before its end"))?;
        if bytes.len() + chunk.len() > limit {
            return Err(Problem::payload_too_large(format!("the body is longer than {limit} bytes")).into());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Reads a JSON text: 400 when it is not JSON, 422 with a JSON pointer when it is not of the form.
fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let value: serde_json::Value = serde_json::from_slice(bytes)
        .map_err(|error| Problem::bad_request(format!("the body is not JSON: {error}")))?;
    serde_path_to_error::deserialize(value).map_err(|error| {
        let pointer = pointer(error.path());
        Problem::invalid_field(pointer, error.inner().to_string())
    })
}

/// A place in a body as a JSON pointer (RFC 6901).
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path.iter() {
        pointer.push('/');
        match segment {
            Segment::Seq { index } => pointer.push_str(&index.to_string()),
            Segment::Map { key } | Segment::Enum { variant: key } => {
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            Segment::Unknown => pointer.push('?'),
        }
    }
    pointer
}

/// A query string. Every field of `T` is an optional text: the handler judges each, so that each can be named.
#[derive(Debug)]
pub struct Params<T>(pub T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        Ok(Self(parse_query(parts.uri.query().unwrap_or_default())?))
    }
}

/// Reads a query string; an empty value counts as none, a name given twice is refused.
fn parse_query<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let mut object = serde_json::Map::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if value.is_empty() {
            continue;
        }
        if object.insert(name.to_string(), value.into_owned().into()).is_some() {
            return Err(Problem::invalid_field(name, "is given more than once"));
        }
    }
    serde_json::from_value(object.into())
        .map_err(|error| Problem::bad_request(format!("the query is unreadable: {error}")))
}

/// One segment of the path, decoded.
#[derive(Debug)]
pub struct Segment(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Segment {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let axum::extract::Path(text) = axum::extract::Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| Problem::not_found("there is nothing at this path"))?;
        Ok(Self(text))
    }
}

/// A whole number within bounds from an optional text.
///
/// # Errors
/// 422 naming `field`.
pub fn whole_number(
    field: &str,
    text: Option<&str>,
    default: i64,
    bounds: std::ops::RangeInclusive<i64>,
) -> Result<i64, Problem> {
    let Some(text) = text else { return Ok(default) };
    match text.parse::<i64>() {
        Ok(number) if bounds.contains(&number) => Ok(number),
        _ => Err(Problem::invalid_field(
            field,
            format!("must be a whole number from {} to {}, found `{text}`", bounds.start(), bounds.end()),
        )),
    }
}

/// A number from an optional text.
///
/// # Errors
/// 422 naming `field`.
pub fn number(field: &str, text: Option<&str>) -> Result<Option<f64>, Problem> {
    let Some(text) = text else { return Ok(None) };
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(Some(number)),
        _ => Err(Problem::invalid_field(field, format!("must be a number, found `{text}`"))),
    }
}

/// One of a few words from an optional text.
///
/// # Errors
/// 422 naming `field` and the words.
pub fn one_of<'a>(field: &str, text: Option<&'a str>, default: &'a str, words: &[&str]) -> Result<&'a str, Problem> {
    match text {
        None => Ok(default),
        Some(text) if words.contains(&text) => Ok(text),
        Some(text) => Err(Problem::invalid(vec![FieldError::new(
            field,
            format!("must be one of {}, found `{text}`", words.join(", ")),
        )])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Outer {
        site: Inner,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Inner {
        origins: Vec<String>,
    }

    #[test]
    fn a_wrong_field_deep_in_a_body_is_named_by_a_pointer() {
        let problem = parse_json::<Outer>(br#"{"site":{"origins":["a",2]}}"#).unwrap_err();
        assert_eq!((problem.status, problem.errors[0].field.as_str()), (422, "/site/origins/1"));
        let problem = parse_json::<Outer>(br#"{"site":{}}"#).unwrap_err();
        assert!(problem.detail.contains("missing field `origins`"), "{}", problem.detail);
        assert_eq!(problem.errors[0].field, "/site");
    }

    #[test]
    fn broken_json_is_a_bad_request() {
        assert_eq!(parse_json::<Outer>(b"{").unwrap_err().status, 400);
        assert_eq!(parse_json::<Outer>(b"").unwrap_err().status, 400);
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Query {
        from: Option<String>,
        limit: Option<String>,
    }

    #[test]
    fn an_empty_parameter_is_no_parameter_and_a_repeated_one_is_refused() {
        assert_eq!(
            parse_query::<Query>("from=&limit=1&other=x").unwrap(),
            Query { from: None, limit: Some("1".into()) }
        );
        assert_eq!(parse_query::<Query>("limit=1&limit=2").unwrap_err().errors[0].field, "limit");
        assert_eq!(parse_query::<Query>("").unwrap(), Query { from: None, limit: None });
    }

    #[test]
    fn numbers_and_words_are_bounded_and_named() {
        assert_eq!(whole_number("limit", None, 50, 1..=100), Ok(50));
        assert_eq!(whole_number("limit", Some("7"), 50, 1..=100), Ok(7));
        for text in ["0", "101", "x", "1.5", ""] {
            assert_eq!(whole_number("limit", Some(text), 50, 1..=100).unwrap_err().errors[0].field, "limit");
        }
        assert!(number("half_life", Some("NaN")).is_err() && number("half_life", Some("inf")).is_err());
        assert_eq!(number("half_life", Some("2.5")), Ok(Some(2.5)));
        let problem = one_of("by", Some("size"), "channel", &["channel", "source"]).unwrap_err();
        assert_eq!(problem.detail, "by: must be one of channel, source, found `size`");
    }
}
