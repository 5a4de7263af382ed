//! Where the product runs, as far as rules depend on it.

use std::fmt;
use std::str::FromStr;

/// The kind of deployment, from the variable `ADROIT_ENV`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    /// A developer's machine: the demo is allowed, cookies travel over plain HTTP.
    Local,
    /// Anything others can reach.
    Production,
}

/// `ADROIT_ENV` holds something else than the two names.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("ADROIT_ENV must be `local` or `production`, found `{found}`")]
pub struct UnknownEnvironment {
    /// What it holds.
    pub found: String,
}

impl Environment {
    /// Reads the variable. What is missing or unknown counts as production: the stricter rules are the safe mistake.
    #[must_use]
    pub fn from_variable(value: Option<&str>) -> Self {
        value.and_then(|value| value.parse().ok()).unwrap_or(Self::Production)
    }

    /// The name as it stands in the variable.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Production => "production",
        }
    }
}

impl FromStr for Environment {
    type Err = UnknownEnvironment;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "local" => Ok(Self::Local),
            "production" => Ok(Self::Production),
            found => Err(UnknownEnvironment { found: found.to_owned() }),
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_local_is_production() {
        assert_eq!(Environment::from_variable(Some("local")), Environment::Local);
        for value in [None, Some(""), Some("Local"), Some("staging"), Some("production")] {
            assert_eq!(Environment::from_variable(value), Environment::Production, "{value:?}");
        }
    }

    #[test]
    fn the_name_reads_back() {
        for environment in [Environment::Local, Environment::Production] {
            assert_eq!(environment.as_str().parse(), Ok(environment));
        }
    }
}
