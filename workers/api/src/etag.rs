//! Which version of a thing an answer shows and a change rests on: strong entity tags (RFC 9110 §8.8.3 and §13.1.1).
//!
//! A version is a whole number that every change raises; its tag is that number in quotes.

use axum::extract::FromRequestParts;
use http::header::{ETAG, IF_MATCH};
use http::request::Parts;
use http::{HeaderMap, HeaderName};
use problem::Problem;

use crate::answer::Refused;

/// The header that shows a version.
#[must_use]
pub fn of(version: i64) -> [(HeaderName, String); 1] {
    [(ETAG, tag(version))]
}

fn tag(version: i64) -> String {
    format!("\"{version}\"")
}

/// The versions a change may rest on, from `If-Match`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IfMatch {
    tags: Vec<String>,
}

impl IfMatch {
    /// Refuses a change that rests on another version than the current one.
    ///
    /// # Errors
    /// 412, naming `what`.
    pub fn check(&self, version: i64, what: &str) -> Result<(), Problem> {
        let current = tag(version);
        if self.tags.iter().any(|tag| *tag == current || tag == "*") {
            return Ok(());
        }
        Err(stale(what))
    }
}

/// 412: somebody else was faster.
#[must_use]
pub fn stale(what: &str) -> Problem {
    Problem::precondition_failed(format!(
        "{what} has changed since you loaded it; load it again, repeat your change and send the new ETag"
    ))
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        Ok(read(&parts.headers)?)
    }
}

fn read(headers: &HeaderMap) -> Result<IfMatch, Problem> {
    let mut tags = Vec::new();
    for value in headers.get_all(IF_MATCH) {
        let text = value.to_str().map_err(|_| Problem::bad_request("If-Match is not plain text"))?;
        // A version holds no comma, so a list is what commas part. Weak tags never match: they promise too little.
        tags.extend(text.split(',').map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty()));
    }
    if tags.is_empty() {
        return Err(Problem::precondition_required(
            "say which version you change: send the ETag of your last GET as If-Match",
        ));
    }
    Ok(IfMatch { tags })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn given(values: &[&str]) -> Result<IfMatch, Problem> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(IF_MATCH, HeaderValue::from_str(value).unwrap());
        }
        read(&headers)
    }

    #[test]
    fn a_change_names_the_version_it_rests_on() {
        assert_eq!(given(&[]).unwrap_err().status, 428);
        assert_eq!(given(&[" "]).unwrap_err().status, 428);
        for (values, status) in [
            (&["\"7\""][..], 200),
            (&["\"6\", \"7\""], 200),
            (&["\"6\"", "\"7\""], 200),
            (&["*"], 200),
            (&["\"6\""], 412),
            (&["7"], 412),
            (&["W/\"7\""], 412),
            (&["\"77\""], 412),
        ] {
            let answer =
                given(values).unwrap().check(7, "the campaign").map_or_else(|problem| problem.status, |()| 200);
            assert_eq!(answer, status, "{values:?}");
        }
    }
}
