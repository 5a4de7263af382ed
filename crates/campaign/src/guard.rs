//! The last look before a call that can spend, and the limits it looks at.
//!
//! Whoever calls a provider gathers [`GuardFacts`] at that very moment and asks [`check`]; nothing in between. The API
//! asks the same when something is to be published or resumed, so that a refusal comes early and in the same words.

use serde::{Deserialize, Serialize};

use crate::status::Status;

/// A tenant's limits on spending and on what agents may do by themselves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Guardrails {
    /// The kill switch: while it is pulled, nothing is asked of a provider that can spend.
    pub spending_stopped: bool,
    /// Why it was pulled.
    pub stopped_reason: String,
    /// Minor units a day over all live campaigns; `None` for no cap.
    pub daily_cap: Option<i64>,
    /// Minor units a day of any one campaign; `None` for no cap.
    pub campaign_daily_cap: Option<i64>,
    /// ISO 4217 of the caps.
    pub currency: String,
    /// What agents may do by themselves.
    pub autonomy: Autonomy,
    /// The largest change of a budget that an agent makes by itself: 0.2 is a fifth up or down.
    pub act_budget_change: f64,
    /// Tokens of a model the tenant's agents may use a day.
    pub model_tokens_daily: i64,
}

/// The largest [`Guardrails::act_budget_change`] that can be set: a budget doubled.
pub const MAX_ACT_BUDGET_CHANGE: f64 = 1.0;

impl Guardrails {
    /// The limits of a tenant that has set none: agents propose and people decide, nothing is capped.
    #[must_use]
    pub fn initial(currency: &str) -> Self {
        Self {
            spending_stopped: false,
            stopped_reason: String::new(),
            daily_cap: None,
            campaign_daily_cap: None,
            currency: currency.to_owned(),
            autonomy: Autonomy::Propose,
            act_budget_change: 0.2,
            model_tokens_daily: 1_000_000,
        }
    }
}

/// What agents may do by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Autonomy {
    /// Report, and propose nothing.
    Observe,
    /// Propose; people decide.
    Propose,
    /// Make small changes to what is live (see [`crate::approval::policy`]); people decide on the rest.
    Act,
}

impl Autonomy {
    /// Every level, from the least to the most.
    pub const ALL: [Self; 3] = [Self::Observe, Self::Propose, Self::Act];

    /// The name it is stored and sent by.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Propose => "propose",
            Self::Act => "act",
        }
    }

    /// The level of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == name)
    }
}

/// What is so at the moment of the call.
#[derive(Clone, Debug, PartialEq)]
pub struct GuardFacts<'a> {
    /// UTC ms.
    pub now: i64,
    /// Where the campaign stands.
    pub status: Status,
    /// The tenant's limits.
    pub guardrails: &'a Guardrails,
    /// Hash of the document the call is part of.
    pub document_hash: &'a str,
    /// Hash that the approval in force was given for; `None` when there is none.
    pub approved_hash: Option<&'a str>,
    /// ISO 4217 of the campaign.
    pub currency: &'a str,
    /// Minor units a day at most, once the document is live.
    pub budget_daily: i64,
    /// Minor units a day at most of all other campaigns that are live or on their way there.
    pub others_daily: i64,
    /// Minor units over the whole run; `None` for no limit.
    pub budget_total: Option<i64>,
    /// Minor units the campaign has spent so far, as far as providers have reported.
    pub spent: i64,
    /// When the campaign is over, UTC ms.
    pub end_at: Option<i64>,
}

/// Why a call that can spend is not made, in words for a person. Amounts are minor units.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The kill switch is pulled.
    #[error("all spending is stopped{}; release it under Guardrails first", because(.reason))]
    Stopped {
        /// As whoever pulled it said.
        reason: String,
    },
    /// Nobody approved exactly this document.
    #[error("no approval is in force for exactly this document; submit it and have it approved")]
    NotApproved,
    /// It has ended or is not on its way out at all.
    #[error("the campaign {}, so nothing of it may be set running", .status.describe())]
    NotRunning {
        /// Where it stands.
        status: Status,
    },
    /// Its time is over.
    #[error("the campaign's end has passed; set a later end and have it approved")]
    Over,
    /// A cap says nothing about this currency.
    #[error(
        "the spend caps are in {caps} and the campaign is in {campaign}, so they cannot be held; set caps in {campaign} or none"
    )]
    OtherCurrency {
        /// ISO 4217 of the caps.
        caps: String,
        /// ISO 4217 of the campaign.
        campaign: String,
    },
    /// More a day than any one campaign may spend.
    #[error("its daily budget of {} is over the cap of {} a campaign", money(*.wanted, .currency), money(*.cap, .currency))]
    CampaignCap {
        /// The campaign's daily budget.
        wanted: i64,
        /// The cap.
        cap: i64,
        /// ISO 4217.
        currency: String,
    },
    /// More a day than all campaigns together may spend.
    #[error(
        "its daily budget of {} with the {} of the other live campaigns is over the daily cap of {}",
        money(*.wanted, .currency), money(*.others, .currency), money(*.cap, .currency)
    )]
    DailyCap {
        /// The campaign's daily budget.
        wanted: i64,
        /// The others' together.
        others: i64,
        /// The cap.
        cap: i64,
        /// ISO 4217.
        currency: String,
    },
    /// Its total budget is used up.
    #[error("its total budget of {} is used up: {} are spent", money(*.budget, .currency), money(*.spent, .currency))]
    TotalSpent {
        /// Spent so far.
        spent: i64,
        /// The total budget.
        budget: i64,
        /// ISO 4217.
        currency: String,
    },
}

fn because(reason: &str) -> String {
    if reason.is_empty() { String::new() } else { format!(" ({reason})") }
}

/// An amount for a person: `12.50 EUR`.
fn money(minor: i64, currency: &str) -> String {
    let digits = iso_currency::Currency::from_code(currency).and_then(iso_currency::Currency::exponent).unwrap_or(2);
    let scale = 10_u64.pow(u32::from(digits));
    let sign = if minor < 0 { "-" } else { "" };
    let size = minor.unsigned_abs();
    if digits == 0 {
        return format!("{sign}{size} {currency}");
    }
    format!("{sign}{}.{:0width$} {currency}", size / scale, size % scale, width = usize::from(digits))
}

/// Minor units of a provider's micros (millionths of a currency unit), rounded up: a limit is reached a little early
/// rather than late.
#[must_use]
pub fn minor_of_micros(micros: i64, currency: &str) -> i64 {
    let digits = iso_currency::Currency::from_code(currency).and_then(iso_currency::Currency::exponent).unwrap_or(2);
    let micros_per_minor = 10_i64.pow(6_u32.saturating_sub(u32::from(digits)));
    micros.div_euclid(micros_per_minor).saturating_add(i64::from(micros.rem_euclid(micros_per_minor) > 0))
}

/// Whether a call that can spend may be made.
///
/// # Errors
/// The first [`Refusal`] that applies.
pub fn check(facts: &GuardFacts<'_>) -> Result<(), Refusal> {
    let rails = facts.guardrails;
    if rails.spending_stopped {
        return Err(Refusal::Stopped { reason: rails.stopped_reason.clone() });
    }
    // Live and Publishing alone: what rests, waits or is over is not set running by a call that was late.
    if !facts.status.may_spend() {
        return Err(Refusal::NotRunning { status: facts.status });
    }
    limits(facts)
}

/// Everything [`check`] looks at but the kill switch and the status: what can be told before a publication begins.
///
/// # Errors
/// The first [`Refusal`] that applies.
pub fn limits(facts: &GuardFacts<'_>) -> Result<(), Refusal> {
    let rails = facts.guardrails;
    if facts.approved_hash != Some(facts.document_hash) {
        return Err(Refusal::NotApproved);
    }
    if facts.end_at.is_some_and(|end| end <= facts.now) {
        return Err(Refusal::Over);
    }
    let currency = facts.currency.to_owned();
    // What costs nothing, such as e-mail, is under no cap.
    if facts.budget_daily > 0 {
        let capped = rails.daily_cap.is_some() || rails.campaign_daily_cap.is_some();
        if capped && rails.currency != facts.currency {
            return Err(Refusal::OtherCurrency { caps: rails.currency.clone(), campaign: currency });
        }
        if let Some(cap) = rails.campaign_daily_cap.filter(|cap| facts.budget_daily > *cap) {
            return Err(Refusal::CampaignCap { wanted: facts.budget_daily, cap, currency });
        }
        let together = facts.budget_daily.saturating_add(facts.others_daily);
        if let Some(cap) = rails.daily_cap.filter(|cap| together > *cap) {
            let (wanted, others) = (facts.budget_daily, facts.others_daily);
            return Err(Refusal::DailyCap { wanted, others, cap, currency });
        }
    }
    if let Some(budget) = facts.budget_total.filter(|budget| facts.spent >= *budget) {
        return Err(Refusal::TotalSpent { spent: facts.spent, budget, currency });
    }
    Ok(())
}

/// Whether the kill switch lets anything be set running at all; for what is only scheduled or queued.
///
/// # Errors
/// [`Refusal::Stopped`].
pub fn not_stopped(guardrails: &Guardrails) -> Result<(), Refusal> {
    if guardrails.spending_stopped {
        return Err(Refusal::Stopped { reason: guardrails.stopped_reason.clone() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rails() -> Guardrails {
        Guardrails { daily_cap: Some(10_000), campaign_daily_cap: Some(6_000), ..Guardrails::initial("EUR") }
    }

    fn facts(guardrails: &Guardrails) -> GuardFacts<'_> {
        GuardFacts {
            now: 1_000,
            status: Status::Live,
            guardrails,
            document_hash: "h",
            approved_hash: Some("h"),
            currency: "EUR",
            budget_daily: 6_000,
            others_daily: 4_000,
            budget_total: Some(50_000),
            spent: 49_999,
            end_at: Some(1_001),
        }
    }

    #[test]
    fn what_keeps_to_every_limit_may_spend() {
        assert_eq!(check(&facts(&rails())), Ok(()));
        let none = Guardrails::initial("USD");
        assert_eq!(check(&facts(&none)), Ok(()), "without caps there is nothing to convert");
    }

    #[test]
    fn each_limit_refuses_in_words() {
        let rails = rails();
        let stopped = Guardrails { spending_stopped: true, stopped_reason: "wrong price".into(), ..rails.clone() };
        let dollars = Guardrails { currency: "USD".into(), ..rails.clone() };
        let base = facts(&rails);
        for (facts, expected) in [
            (facts(&stopped), "all spending is stopped (wrong price); release it under Guardrails first"),
            (
                GuardFacts { status: Status::Ended, ..base.clone() },
                "the campaign has ended, so nothing of it may be set running",
            ),
            (
                GuardFacts { status: Status::Paused, ..base.clone() },
                "the campaign is paused, so nothing of it may be set running",
            ),
            (
                GuardFacts { approved_hash: Some("other"), ..base.clone() },
                "no approval is in force for exactly this document; submit it and have it approved",
            ),
            (
                GuardFacts { approved_hash: None, ..base.clone() },
                "no approval is in force for exactly this document; submit it and have it approved",
            ),
            (
                GuardFacts { now: 1_001, ..base.clone() },
                "the campaign's end has passed; set a later end and have it approved",
            ),
            (
                GuardFacts { budget_daily: 6_001, ..base.clone() },
                "its daily budget of 60.01 EUR is over the cap of 60.00 EUR a campaign",
            ),
            (
                GuardFacts { others_daily: 4_001, ..base.clone() },
                "its daily budget of 60.00 EUR with the 40.01 EUR of the other live campaigns is over the daily cap of \
                 100.00 EUR",
            ),
            (
                GuardFacts { spent: 50_000, ..base.clone() },
                "its total budget of 500.00 EUR is used up: 500.00 EUR are spent",
            ),
            (
                facts(&dollars),
                "the spend caps are in USD and the campaign is in EUR, so they cannot be held; set caps in EUR or none",
            ),
        ] {
            assert_eq!(check(&facts).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn amounts_have_their_currencys_digits() {
        assert_eq!(money(1_250, "EUR"), "12.50 EUR");
        assert_eq!(money(1_250, "JPY"), "1250 JPY");
        assert_eq!(money(1_250, "BHD"), "1.250 BHD");
        assert_eq!(money(-5, "EUR"), "-0.05 EUR");
    }

    #[test]
    fn micros_round_up() {
        assert_eq!(minor_of_micros(10_000, "EUR"), 1);
        assert_eq!(minor_of_micros(10_001, "EUR"), 2);
        assert_eq!(minor_of_micros(1_000_000, "JPY"), 1);
        assert_eq!(minor_of_micros(1_000, "BHD"), 1);
        assert_eq!(minor_of_micros(0, "EUR"), 0);
    }

    #[test]
    fn what_costs_nothing_is_under_no_cap() {
        let rails = Guardrails { daily_cap: Some(0), currency: "USD".into(), ..rails() };
        let email = GuardFacts { budget_daily: 0, ..facts(&rails) };
        assert_eq!(check(&email), Ok(()));
    }

    proptest! {
        #[test]
        fn whatever_passes_keeps_to_the_caps(
            budget_daily in 0..i64::MAX,
            others_daily in 0..i64::MAX,
            daily_cap in prop::option::of(0..20_000_i64),
            campaign_daily_cap in prop::option::of(0..20_000_i64),
            small in 0..20_000_i64,
        ) {
            let rails = Guardrails { daily_cap, campaign_daily_cap, ..Guardrails::initial("EUR") };
            for (budget_daily, others_daily) in [(budget_daily, others_daily), (small, others_daily % 20_000)] {
                let facts = GuardFacts { budget_daily, others_daily, ..facts(&rails) };
                if budget_daily > 0 && check(&facts).is_ok() {
                    let together = i128::from(budget_daily) + i128::from(others_daily);
                    prop_assert!(daily_cap.is_none_or(|cap| together <= i128::from(cap)));
                    prop_assert!(campaign_daily_cap.is_none_or(|cap| budget_daily <= cap));
                }
            }
        }
    }
}
