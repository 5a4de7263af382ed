//! The only way to call a Publication object: its binding, its name, its paths and the bodies that cross.

use crate::error::{Error, Result};
use crate::object;
use serde::{Deserialize, Serialize};
use worker::Env;

/// Name of the binding.
pub const BINDING: &str = "PUBLICATIONS";
/// Takes a [`Nudge`]; answers 204 once the object is sure to look.
pub const NUDGE: &str = "/nudge";

/// The object's name: one a campaign. The length of what precedes makes it unambiguous whatever the parts hold.
#[must_use]
pub fn name(tenant_id: &str, campaign_id: &str) -> String {
    object::name(tenant_id, campaign_id)
}

/// There is work for a campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nudge {
    /// Owner.
    pub tenant_id: String,
    /// Campaign.
    pub campaign_id: String,
}

/// Tells a campaign's object to look for open publications. The rows are the truth: a nudge that is lost is made up for
/// by the cron Worker's sweep.
///
/// # Errors
/// [`Error::Unavailable`] when the object did not confirm.
pub async fn nudge(env: &Env, tenant_id: &str, campaign_id: &str) -> Result<()> {
    let nudge = Nudge { tenant_id: tenant_id.to_owned(), campaign_id: campaign_id.to_owned() };
    let answer = object::call(env, BINDING, &name(tenant_id, campaign_id), NUDGE, &nudge).await?;
    match answer.status {
        204 => Ok(()),
        status => Err(Error::unavailable("a publication object", format!("answered {status}: {}", answer.body))),
    }
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn names_of_different_campaigns_never_meet() {
        assert_ne!(name("a/b", "c"), name("a", "b/c"));
    }
}
