//! What metrics can be broken down by and filtered on.

use serde::Serialize;

use crate::MetricsError;

/// The key under which everything that is not among the chosen keys is put together.
pub const OTHER: &str = "Other";

/// A property of a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Dimension {
    /// Channel group.
    Channel,
    /// Normalised source.
    Source,
    /// Normalised medium.
    Medium,
    /// Campaign.
    Campaign,
    /// Country, ISO 3166-1 alpha-2.
    Country,
    /// Device class.
    Device,
    /// Browser family.
    Browser,
    /// Operating system family.
    Os,
}

impl Dimension {
    /// All, in the order people should see them.
    pub const ALL: [Self; 8] = [
        Self::Channel,
        Self::Source,
        Self::Medium,
        Self::Campaign,
        Self::Country,
        Self::Device,
        Self::Browser,
        Self::Os,
    ];

    /// What ad spend knows of, too.
    pub const OF_SPEND: [Self; 4] = [Self::Channel, Self::Source, Self::Medium, Self::Campaign];

    /// The dimension of a name.
    ///
    /// # Errors
    /// [`MetricsError::UnknownDimension`], which lists the names there are.
    pub fn parse(name: &str) -> Result<Self, MetricsError> {
        Self::ALL
            .into_iter()
            .find(|dimension| dimension.column() == name)
            .ok_or_else(|| MetricsError::UnknownDimension { name: name.chars().take(40).collect() })
    }

    /// Its name, which is also its column in every fact.
    #[must_use]
    pub fn column(self) -> &'static str {
        match self {
            Self::Channel => "channel",
            Self::Source => "source",
            Self::Medium => "medium",
            Self::Campaign => "campaign",
            Self::Country => "country",
            Self::Device => "device",
            Self::Browser => "browser",
            Self::Os => "os",
        }
    }

    /// What people read where the warehouse has the empty text.
    #[must_use]
    pub fn empty(self) -> &'static str {
        match self {
            Self::Channel => "Unassigned",
            _ => "(none)",
        }
    }

    /// A stored value as people read it.
    #[must_use]
    pub fn shown(self, stored: &str) -> String {
        if stored.is_empty() { self.empty().to_owned() } else { stored.to_owned() }
    }

    /// What people read, as it is stored.
    pub(crate) fn stored(self, shown: &str) -> &str {
        if shown == self.empty() { "" } else { shown }
    }
}
