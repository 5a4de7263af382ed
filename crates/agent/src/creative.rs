//! CreativeAgent: variants of copy for a campaign's ad sets, each within its channel's limits, on brand, and tagged with
//! what it tries.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::copywriting::{self, INTENTS, Order};
use crate::proposal::{CreativeSet, Creatives, Point, ProposedAd, Told};
use crate::run::{Agent, Ask, Brief, Stop};

/// The agent.
#[derive(Clone, Copy, Debug)]
pub struct CreativeAgent;

/// What it is asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Input {
    /// The campaign.
    pub campaign_id: String,
    /// Only these ad sets; all of them when empty.
    #[serde(default)]
    pub ad_set_ids: Vec<String>,
    /// Variants an ad set.
    #[serde(default = "three")]
    pub variants: usize,
    /// What the copy shall be about.
    #[serde(default)]
    pub brief: String,
    /// What the variants try, in turn; see [`INTENTS`].
    #[serde(default)]
    pub intents: Vec<String>,
}

const fn three() -> usize {
    3
}

/// Most variants an ad set.
pub const MOST_VARIANTS: usize = 10;

impl Agent for CreativeAgent {
    type Input = Input;
    type Proposal = Creatives;
    const NAME: &'static str = "creative";
    const TITLE: &'static str = "Creative";
    const ABOUT: &'static str =
        "Writes variants of copy for a campaign's ad sets: within each channel's limits, on brand, one intent each.";

    fn input_schema() -> Value {
        json!({
            "type": "object",
            "required": ["campaign_id"],
            "properties": {
                "campaign_id": { "type": "string", "description": "The campaign to write for" },
                "ad_set_ids": { "type": "array", "items": { "type": "string" }, "description": "Only these ad sets; all when left out" },
                "variants": { "type": "integer", "minimum": 1, "maximum": MOST_VARIANTS, "default": 3, "description": "Variants an ad set" },
                "brief": { "type": "string", "description": "What the copy shall be about" },
                "intents": { "type": "array", "items": { "type": "string", "enum": INTENTS }, "description": "What the variants try, in turn" },
            },
        })
    }

    fn work(brief: &Brief<Input>, ask: &Ask<'_>) -> Result<Creatives, Stop> {
        let input = &brief.input;
        if input.variants == 0 || input.variants > MOST_VARIANTS {
            return Err(Stop::refused(format!("variants must be 1 to {MOST_VARIANTS}")));
        }
        if let Some(unknown) = input.intents.iter().find(|intent| !INTENTS.contains(&intent.as_str())) {
            return Err(Stop::refused(format!("“{unknown}” is no intent; there are {}", INTENTS.join(", "))));
        }
        let site = ask.site()?;
        let brand = ask.brand()?;
        let campaign = ask.campaign(&input.campaign_id)?;
        let products = ask.products()?;
        let known: BTreeSet<&str> = campaign.document.ad_sets.iter().map(|set| set.id.as_str()).collect();
        if let Some(unknown) = input.ad_set_ids.iter().find(|id| !known.contains(id.as_str())) {
            return Err(Stop::refused(format!("the campaign has no ad set {unknown}")));
        }
        let wanted = |id: &str| input.ad_set_ids.is_empty() || input.ad_set_ids.iter().any(|wanted| wanted == id);
        let intents: Vec<String> = if input.intents.is_empty() {
            ["benefit", "curiosity", "offer"].map(str::to_owned).to_vec()
        } else {
            input.intents.clone()
        };
        let mut ad_sets = Vec::new();
        let mut findings = Vec::new();
        for (place, set) in campaign.document.ad_sets.iter().enumerate().filter(|(_, set)| wanted(&set.id)) {
            let order = Order {
                channel: set.channel,
                objective: campaign.document.objective,
                shop: site.name.clone(),
                brand: brand.clone(),
                said: input.brief.clone(),
                products: products.to_vec(),
                landing_url: campaign.document.landing_url.clone(),
                variants: input.variants,
                intents: intents.clone(),
                avoid: set.ads.iter().flat_map(|ad| ad.creative.headlines.iter().cloned()).collect(),
                seed: brief.seed().wrapping_add(place as u64),
            };
            let written = copywriting::write(ask, brief.fallback, &order)?;
            // New ads show what the ad set's others show.
            let images = set.ads.iter().find(|ad| !ad.creative.image_asset_ids.is_empty());
            let sender = set.ads.iter().find(|ad| !ad.creative.from_email.is_empty());
            let ads: Vec<ProposedAd> = written
                .value
                .variants
                .iter()
                .map(|variant| {
                    let mut creative = variant.creative(&order);
                    if let Some(ad) = images {
                        creative.image_asset_ids.clone_from(&ad.creative.image_asset_ids);
                    }
                    if let Some(ad) = sender {
                        creative.from_email.clone_from(&ad.creative.from_email);
                    }
                    ProposedAd { name: variant.name.clone(), intent: variant.intent.clone(), creative }
                })
                .collect();
            findings.push(Point {
                headline: format!("{}: {}", set.name, counted(ads.len(), "variant")),
                detail: format!(
                    "{} for {}. {}",
                    ads.iter().map(|ad| format!("“{}” ({})", ad.name, ad.intent)).collect::<Vec<_>>().join(", "),
                    set.channel.as_str(),
                    written.note
                )
                .trim()
                .to_owned(),
                severity: "neutral".to_owned(),
                ..Point::default()
            });
            ad_sets.push(CreativeSet { ad_set_id: set.id.clone(), ads });
        }
        if ad_sets.is_empty() {
            return Err(Stop::refused("the campaign has no ad set to write for; add one first"));
        }
        let sum: usize = ad_sets.iter().map(|set| set.ads.len()).sum();
        Ok(Creatives {
            told: Told {
                title: format!("{} for {}", counted(sum, "new ad"), campaign.document.name),
                summary: "Each keeps to its channel's limits, to the brand's words and to its list of claims."
                    .to_owned(),
                findings,
                figures: Vec::new(),
            },
            campaign_id: campaign.id.clone(),
            ad_sets,
        })
    }
}

/// `1 ad`, `2 ads`.
pub(crate) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
