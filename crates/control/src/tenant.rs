//! A tenant: the owner of sites, members and data.

use problem::FieldError;
use serde::{Deserialize, Serialize};

/// The longest name of a tenant, site or user, in characters: fits a page's heading.
pub const MAX_NAME_CHARS: usize = 100;

/// A row of `tenants`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    /// Stable id; every other row names it.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The plan it is on.
    pub plan: String,
    /// UTC milliseconds.
    pub created_at: i64,
}

/// The plan a new tenant starts on.
pub const DEFAULT_PLAN: &str = "free";

/// Checks a display name and returns it trimmed.
///
/// # Errors
/// Names `field` when the name is empty, too long or holds control characters.
pub fn display_name(field: &str, name: &str) -> Result<String, FieldError> {
    let name = name.trim();
    let length = name.chars().count();
    if length == 0 {
        return Err(FieldError::new(field, "must not be empty"));
    }
    if length > MAX_NAME_CHARS {
        let detail = format!("has {length} characters, at most {MAX_NAME_CHARS} are allowed");
        return Err(FieldError::new(field, detail));
    }
    if name.chars().any(char::is_control) {
        return Err(FieldError::new(field, "must not hold control characters"));
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_trimmed_and_bounded() {
        assert_eq!(display_name("/name", "  Søren & Co "), Ok("Søren & Co".to_owned()));
        for (name, part) in [("  ", "empty"), ("a\u{7}b", "control"), (&"x".repeat(101), "101 characters")] {
            let error = display_name("/name", name).unwrap_err();
            assert_eq!(error.field, "/name");
            assert!(error.detail.contains(part), "{}", error.detail);
        }
    }
}
