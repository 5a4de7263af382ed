//! What credit is counted by.

use serde::{Deserialize, Serialize};

use crate::{Touch, UNASSIGNED_CHANNEL, UNASSIGNED_SOURCE};

/// The level at which touches are told apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grain {
    /// Channel group.
    #[default]
    Channel,
    /// Channel, source.
    Source,
    /// Channel, source, campaign.
    Campaign,
    /// Channel, source, campaign, ad.
    Ad,
    /// Channel, source, campaign, ad, creative.
    Creative,
    /// Channel, source, campaign, keyword.
    Keyword,
}

impl Grain {
    /// The key of a touch, coarsest part first; of an order without touches for `None`. Parts that are not known read
    /// [`UNASSIGNED_SOURCE`], so that keys of one grain have the same number of parts and finer keys add up to coarser.
    #[must_use]
    pub fn key(self, touch: Option<&Touch>) -> Vec<String> {
        let part = |text: &str| if text.is_empty() { UNASSIGNED_SOURCE } else { text }.to_owned();
        let fields: &[fn(&Touch) -> &str] = match self {
            Self::Channel => &[],
            Self::Source => &[|touch| &touch.source],
            Self::Campaign => &[|touch| &touch.source, |touch| &touch.campaign],
            Self::Ad => &[|touch| &touch.source, |touch| &touch.campaign, |touch| &touch.ad],
            Self::Creative => {
                &[|touch| &touch.source, |touch| &touch.campaign, |touch| &touch.ad, |touch| &touch.creative]
            }
            Self::Keyword => &[|touch| &touch.source, |touch| &touch.campaign, |touch| &touch.keyword],
        };
        let channel = match touch {
            Some(touch) => part(&touch.channel),
            None => UNASSIGNED_CHANNEL.to_owned(),
        };
        std::iter::once(channel).chain(fields.iter().map(|field| part(touch.map_or("", field)))).collect()
    }
}
