//! What an entry of the calendar does when its time comes.

use serde::{Deserialize, Serialize};

use crate::status::Event;

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Publishes a campaign.
    Launch,
    /// Lets a campaign rest.
    Pause,
    /// Ends a campaign.
    End,
    /// Tells people something.
    Note,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Launch, Self::Pause, Self::End, Self::Note];

    /// The name it is stored and sent by.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Launch => "launch",
            Self::Pause => "pause",
            Self::End => "end",
            Self::Note => "note",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// What happens to the campaign; `None` for a note.
    #[must_use]
    pub const fn event(self) -> Option<Event> {
        match self {
            Self::Launch => Some(Event::Publish),
            Self::Pause => Some(Event::Pause),
            Self::End => Some(Event::End),
            Self::Note => None,
        }
    }
}

/// How late a launch is still carried out, in ms: a day. What was to begin longer ago than that, because nothing ran in
/// between, is for people to look at again; what is to stop is stopped however late.
pub const LATEST_LAUNCH_MS: i64 = 24 * 60 * 60 * 1000;

/// The farthest ahead an entry is made, in ms: two years of 366 days.
pub const FARTHEST_MS: i64 = 2 * 366 * 24 * 60 * 60 * 1000;

/// The longest title, in characters.
pub const MAX_TITLE: usize = 120;

/// Whether an entry whose time was `at` is too late to be carried out.
#[must_use]
pub fn is_missed(kind: Kind, at: i64, now: i64) -> bool {
    kind == Kind::Launch && now.saturating_sub(at) > LATEST_LAUNCH_MS
}

/// What is wrong with the time of an entry that is made or moved at `now`: something that is to happen must lie ahead.
///
/// # Errors
/// In words for a person.
pub fn check_time(kind: Kind, at: i64, now: i64) -> Result<(), &'static str> {
    if kind != Kind::Note && at <= now {
        return Err("must lie in the future, in UTC ms; to do it at once, do it on the campaign");
    }
    if at.saturating_sub(now) > FARTHEST_MS || now.saturating_sub(at) > FARTHEST_MS {
        return Err("is more than two years away; it must be an instant in UTC ms");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_launch_can_be_missed() {
        let day = LATEST_LAUNCH_MS;
        assert!(!is_missed(Kind::Launch, 0, day));
        assert!(is_missed(Kind::Launch, 0, day + 1));
        assert!(!is_missed(Kind::End, 0, 100 * day) && !is_missed(Kind::Pause, 0, 100 * day));
    }

    #[test]
    fn what_is_to_happen_lies_ahead_and_near() {
        assert!(check_time(Kind::Launch, 10, 10).is_err());
        assert!(check_time(Kind::Launch, 11, 10).is_ok());
        assert!(check_time(Kind::Note, 5, 10).is_ok());
        // Seconds taken for milliseconds.
        assert!(check_time(Kind::Note, 1_795_000_000, 1_795_000_000_000).is_err());
        assert!(check_time(Kind::End, i64::MAX, 10).is_err());
    }

    #[test]
    fn names_read_back() {
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.as_str()), Some(kind));
        }
    }
}
