//! The only way to call a Study object: its binding, its name and its paths. What crosses is crate `study`'s: an
//! [`Asked`] in, the answer's JSON or a problem's back.

use crate::error::{Error, Result};
use crate::object::{self, Answer};
use serde::Serialize;
use study::Asked;
use worker::Env;

/// Name of the binding.
pub const BINDING: &str = "STUDIES";
/// Takes an [`Asked`] with a `study::forecast::Question`; answers its `Answer`.
pub const FORECAST: &str = "/forecast";

/// The object's name: one a site and kind of study, which is its path. The length of what precedes makes it unambiguous
/// whatever the parts hold.
#[must_use]
pub fn name(tenant_id: &str, site: &str, path: &str) -> String {
    object::name(tenant_id, &format!("{}{path}/{site}", path.len()))
}

/// Asks a site's object. Any status is an answer: 200 with the study's JSON, else a problem's.
///
/// # Errors
/// [`Error::Unavailable`] when the object did not answer.
pub async fn ask<T: Serialize>(env: &Env, path: &str, asked: &Asked<T>) -> Result<Answer> {
    let name = name(&asked.shop.tenant_id, &asked.shop.site, path);
    let answer = object::call(env, BINDING, &name, path, asked).await?;
    match answer.status {
        500.. => Err(Error::unavailable("a study object", format!("answered {}: {}", answer.status, answer.body))),
        _ => Ok(answer),
    }
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn names_of_different_studies_never_meet() {
        assert_ne!(name("a/b", "c", "/x"), name("a", "b/c", "/x"));
        assert_ne!(name("a", "c", "/x"), name("a", "c", "/y"));
        assert_ne!(name("a", "y/c", "/x"), name("a", "c", "/x/y"));
    }
}
