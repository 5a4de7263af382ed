//! What a proposal makes of a campaign's document. Pure: who may do it, and whether it needs an approval, is decided where
//! it is asked for.

use campaign::{Ad, Delivery, Document};
use sha2::{Digest as _, Sha256};

use crate::proposal::{Proposal, RotationAction};

/// Why a proposal does not fit the document any more, in words for a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Outdated(String);

/// The document a proposal wants in place of this one. Ids of new ads derive from the proposal's, so that the same
/// proposal accepted twice adds nothing twice.
///
/// # Errors
/// [`Outdated`] when what it speaks of is gone or has changed since.
pub fn wanted(proposal_id: &str, proposal: &Proposal, document: &Document) -> Result<Document, Outdated> {
    let mut wanted = document.clone();
    let gone = |what: &str, id: &str| Outdated(format!("the {what} {id} is not part of the campaign any more"));
    match proposal {
        Proposal::Creatives(creatives) => {
            for set in &creatives.ad_sets {
                let target = wanted
                    .ad_sets
                    .iter_mut()
                    .find(|one| one.id == set.ad_set_id)
                    .ok_or_else(|| gone("ad set", &set.ad_set_id))?;
                for (place, ad) in set.ads.iter().enumerate() {
                    let id = derived_id(proposal_id, &format!("{}/{place}", set.ad_set_id));
                    if !target.ads.iter().any(|one| one.id == id) {
                        target.ads.push(Ad {
                            id,
                            name: ad.name.clone(),
                            creative: ad.creative.clone(),
                            status: Delivery::Active,
                        });
                    }
                }
            }
        }
        Proposal::Budgets(budgets) => {
            for shift in &budgets.shifts {
                let set = wanted
                    .ad_sets
                    .iter_mut()
                    .find(|one| one.id == shift.ad_set_id)
                    .ok_or_else(|| gone("ad set", &shift.ad_set_id))?;
                if set.budget_daily != shift.from {
                    return Err(Outdated(format!(
                        "the budget of “{}” was changed since; run the pacer again",
                        set.name
                    )));
                }
                set.budget_daily = shift.to;
            }
        }
        Proposal::Rotation(rotation) => {
            for judged in &rotation.ads {
                let set = wanted
                    .ad_sets
                    .iter_mut()
                    .find(|one| one.id == judged.ad_set_id)
                    .ok_or_else(|| gone("ad set", &judged.ad_set_id))?;
                let ad =
                    set.ads.iter_mut().find(|one| one.id == judged.ad_id).ok_or_else(|| gone("ad", &judged.ad_id))?;
                match judged.action {
                    RotationAction::Pause => ad.status = Delivery::Paused,
                    RotationAction::Promote => ad.status = Delivery::Active,
                    RotationAction::Keep => {}
                }
                // A person may have rested the others meanwhile: the last one stays.
                if !set.ads.iter().any(|one| one.status == Delivery::Active) {
                    return Err(Outdated(format!("no ad of “{}” would run; run the optimizer again", set.name)));
                }
            }
        }
        Proposal::Campaign(_) | Proposal::Flags(_) | Proposal::Report(_) => {}
    }
    Ok(wanted)
}

/// A stable id for a part of what a proposal makes.
#[must_use]
pub fn derived_id(proposal_id: &str, part: &str) -> String {
    let digest = Sha256::new().chain_update(proposal_id).chain_update([0]).chain_update(part).finalize();
    hex::encode(digest).chars().take(24).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proposal::{AdPosterior, Budgets, CreativeSet, Creatives, ProposedAd, RotatedAd, Rotation, Shift, Told};
    use campaign::{AdSet, Audience, BidStrategy, ChannelType, Creative, Objective};

    fn document() -> Document {
        let ad =
            |id: &str| Ad { id: id.into(), name: id.into(), creative: Creative::default(), status: Delivery::Active };
        Document {
            name: "n".into(),
            objective: Objective::Sales,
            currency: "EUR".into(),
            budget_total: None,
            start_at: None,
            end_at: None,
            landing_url: "https://s.example/".into(),
            utm_campaign: "n".into(),
            ad_sets: vec![AdSet {
                id: "s".into(),
                name: "S".into(),
                channel_id: "c".into(),
                channel: ChannelType::Sandbox,
                audience: Audience::default(),
                placements: Vec::new(),
                bid_strategy: BidStrategy::default(),
                budget_daily: 1_000,
                status: Delivery::Active,
                ads: vec![ad("a"), ad("b")],
            }],
        }
    }

    fn rotation(pause: &[&str]) -> Proposal {
        let ads = pause.iter().map(|id| RotatedAd {
            ad_set_id: "s".into(),
            ad_id: (*id).into(),
            action: RotationAction::Pause,
            posterior: AdPosterior {
                impressions: 0,
                clicks: 0,
                conversions: 0.0,
                ctr: 0.0,
                cvr: 0.0,
                p_best: 0.0,
                expected_loss: 0.0,
                p_best_conversions: None,
            },
            reason: String::new(),
        });
        Proposal::Rotation(Rotation { told: Told::default(), campaign_id: "c".into(), version: 1, ads: ads.collect() })
    }

    #[test]
    fn new_ads_are_added_once_however_often_they_are_accepted() {
        let proposal = Proposal::Creatives(Creatives {
            told: Told::default(),
            campaign_id: "c".into(),
            ad_sets: vec![CreativeSet {
                ad_set_id: "s".into(),
                ads: vec![ProposedAd { name: "New".into(), intent: "offer".into(), creative: Creative::default() }],
            }],
        });
        let once = wanted("p", &proposal, &document()).unwrap();
        assert_eq!(once.ad_sets[0].ads.len(), 3);
        assert_eq!(wanted("p", &proposal, &once).unwrap(), once);
    }

    #[test]
    fn a_budget_that_changed_since_is_not_overwritten() {
        let budgets = |from| {
            Proposal::Budgets(Budgets {
                told: Told::default(),
                campaign_id: "c".into(),
                version: 1,
                shifts: vec![Shift { ad_set_id: "s".into(), from, to: 900, reason: String::new() }],
            })
        };
        assert_eq!(wanted("p", &budgets(1_000), &document()).unwrap().ad_sets[0].budget_daily, 900);
        assert!(wanted("p", &budgets(800), &document()).is_err());
    }

    #[test]
    fn the_last_ad_is_never_paused() {
        let after = wanted("p", &rotation(&["a"]), &document()).unwrap();
        assert_eq!(after.ad_sets[0].ads[0].status, Delivery::Paused);
        assert!(wanted("p", &rotation(&["b"]), &after).is_err());
    }
}
