//! What can go wrong between us and the runtime, and which answer a caller gets for it.

use problem::Problem;

/// A failure of the platform. The detail is for our log; the caller learns only what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A binding, variable or secret is missing or malformed: a deployment mistake.
    #[error("setting {name} is missing or unusable: {detail}")]
    Setting {
        /// Name of the binding or variable.
        name: String,
        /// What the runtime said.
        detail: String,
    },
    /// A store, queue or object did not answer or refused.
    #[error("{what} failed: {detail}")]
    Unavailable {
        /// What was asked of whom.
        what: String,
        /// What it said.
        detail: String,
    },
    /// What a change rests on is no longer so: somebody else was faster.
    #[error("{what} has changed in the meantime")]
    Stale {
        /// Which thing.
        what: &'static str,
    },
    /// Stored data is not of the form this version writes.
    #[error("stored {what} is unreadable: {detail}")]
    Corrupt {
        /// Which data.
        what: String,
        /// What the reader stumbled over.
        detail: String,
    },
}

/// Result of a platform call.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Wraps a failure of `what`.
    pub fn unavailable(what: impl Into<String>, detail: impl std::fmt::Display) -> Self {
        Self::Unavailable { what: what.into(), detail: detail.to_string() }
    }

    /// Wraps unreadable data.
    pub fn corrupt(what: impl Into<String>, detail: impl std::fmt::Display) -> Self {
        Self::Corrupt { what: what.into(), detail: detail.to_string() }
    }

    /// Wraps a missing setting.
    pub fn setting(name: impl Into<String>, detail: impl std::fmt::Display) -> Self {
        Self::Setting { name: name.into(), detail: detail.to_string() }
    }
}

impl From<Error> for Problem {
    /// 503 where trying again may help, 500 where it will not. Nothing internal is shown.
    fn from(error: Error) -> Self {
        match error {
            Error::Unavailable { .. } => {
                Self::unavailable("a store did not answer; nothing was changed, please try again")
            }
            Error::Stale { what } => {
                Self::conflict(format!("{what} has changed in the meantime; load it again and repeat your change"))
            }
            Error::Setting { .. } | Error::Corrupt { .. } => {
                Self::internal("something is wrong on our side; it has been logged")
            }
        }
    }
}

impl From<Error> for worker::Error {
    fn from(error: Error) -> Self {
        Self::RustError(error.to_string())
    }
}
