//! The only way to call a Study object: its binding, its name, its paths and what crosses; and the row a long study begins
//! with. Questions and answers themselves are crate `study`'s and pass through here unread: an [`Asked`] in, the answer's
//! JSON or a problem's back, or a [`Job`] in and 204 back.

use crate::database::{Param, Statement};
use crate::directory::SiteRow;
use crate::error::{Error, Result};
use crate::log;
use crate::object::{self, Answer};
use control::audit::Entry;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use worker::Env;

/// Name of the binding.
pub const BINDING: &str = "STUDIES";
/// Takes an [`Asked`] with a `study::forecast::Question`; answers its `Answer`.
pub const FORECAST: &str = "/forecast";
/// Takes an [`Asked`] with a `study::mix::Question`; answers `null` when there is enough to learn from, else a 409's problem.
pub const MIX_READY: &str = "/mix/ready";
/// Takes an [`Asked`] with a `study::mix::BudgetQuestion`; answers its `Budget` by the study done last.
pub const BUDGET: &str = "/mix/budget";
/// Takes an [`Asked`] with a `study::mix::ScenarioQuestion`; answers its `Scenario` by the study done last.
pub const SCENARIO: &str = "/mix/scenario";
/// Takes an [`Asked`] with a [`LookNow`]: looks, stores what it finds, answers its `Look`.
pub const ANOMALIES: &str = "/anomalies";
/// Takes an [`Asked`] with a `study::experiment::PlanQuestion`; answers its `Plan`.
pub const EXPERIMENT_PLAN: &str = "/experiments/plan";
/// Takes an [`Asked`] with a `study::experiment::ReadoutQuestion`; answers its `Readout`.
pub const EXPERIMENT_READOUT: &str = "/experiments/readout";
/// Takes an [`Asked`] with a `study::uplift::Question`; answers its `Uplift`.
pub const EXPERIMENT_UPLIFT: &str = "/experiments/uplift";
/// Takes an [`Asked`] with a `study::stock::Ask`; answers its `Answer` by the study done last.
pub const STOCK: &str = "/stock";
/// Takes an [`Asked`] with the id of a variant, a product or the shop; answers its `study::stock::Forecast`.
pub const STOCK_FORECAST: &str = "/stock/forecast";
/// Takes an [`Asked`] with a `study::holdouts::Question`; answers its `Plan`.
pub const HOLDOUT_PLAN: &str = "/holdouts/plan";
/// Takes an [`Asked`] with a `study::holdouts::Question`; answers its `Readout`, or `null` before a day can be read.
pub const HOLDOUT_READOUT: &str = "/holdouts/readout";
/// Takes an [`Asked`] with a `study::holdouts::Calibrating`; answers its `Calibrated`.
pub const HOLDOUT_CALIBRATE: &str = "/holdouts/calibrate";
/// Takes a [`Job`]; answers 204 once the object is sure to work at it. Begun again it goes on where it was.
pub const BEGIN: &str = "/begin";

/// Whose figures a study is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shop {
    /// Owner.
    pub tenant_id: String,
    /// Site key.
    pub site: String,
    /// The site's currency, ISO 4217.
    pub currency: String,
    /// The site's zone, IANA.
    pub time_zone: String,
}

impl From<&SiteRow> for Shop {
    fn from(site: &SiteRow) -> Self {
        Self {
            tenant_id: site.tenant_id.clone(),
            site: site.key.clone(),
            currency: site.currency.clone(),
            time_zone: site.time_zone.clone(),
        }
    }
}

/// A question on its way to whom computes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Asked<T> {
    /// About which shop.
    pub shop: Shop,
    /// When, UTC ms.
    pub now: i64,
    /// What.
    pub question: T,
}

/// Which study.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// What customers are worth.
    Customers,
    /// What each channel brought, and how a budget is best divided.
    Mix,
    /// What sells by variant, what runs out and what to order.
    Stock,
}

impl Kind {
    /// As it is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customers => "customers",
            Self::Mix => "mix",
            Self::Stock => "stock",
        }
    }
}

/// A study to compute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Id of its row.
    pub id: String,
    /// Which study.
    pub kind: Kind,
    /// The kind's question.
    pub asked: Asked<Value>,
}

/// Somebody wants what is not as usual looked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookNow {
    /// Who asks, as the audit log names them.
    pub requested_by: String,
}

/// The object's name: one a site and kind of study, such as `forecast` or `mix`. The length of what precedes makes it
/// unambiguous whatever the parts hold.
#[must_use]
pub fn name(tenant_id: &str, site: &str, kind: &str) -> String {
    object::name(tenant_id, &format!("{}/{kind}/{site}", kind.len()))
}

/// Asks a site's object of the kind that the path begins with. Any status is an answer: 200 with the study's JSON, else a
/// problem's.
///
/// # Errors
/// [`Error::Unavailable`] when the object did not answer.
pub async fn ask<T: Serialize>(env: &Env, path: &str, asked: &Asked<T>) -> Result<Answer> {
    let name = name(&asked.shop.tenant_id, &asked.shop.site, kind_of(path));
    let answer = object::call(env, BINDING, &name, path, asked).await?;
    match answer.status {
        500.. => Err(Error::unavailable("a study object", format!("answered {}: {}", answer.status, answer.body))),
        _ => Ok(answer),
    }
}

fn kind_of(path: &str) -> &str {
    path.split('/').find(|part| !part.is_empty()).unwrap_or_default()
}

/// The statement that stores a study that begins, and its audit entry. A site computes one study of a kind at a time:
/// the statement fails with [`Error::Stale`] while one runs, if [`idle`] stands before it.
#[must_use]
pub fn stored(job: &Job, requested_by: &str) -> (Statement, Entry) {
    let shop = &job.asked.shop;
    let statement = Statement::new(
        "INSERT INTO studies (id, tenant_id, site, kind, status, question, requested_by, requested_at, touched_at) \
         VALUES (?2, ?1, ?3, ?4, 'running', ?5, ?6, ?7, ?7)",
        vec![
            job.id.as_str().into(),
            shop.site.as_str().into(),
            job.kind.as_str().into(),
            job.asked.question.to_string().into(),
            requested_by.into(),
            job.asked.now.into(),
        ],
    );
    let entry = Entry {
        actor: requested_by.to_owned(),
        action: "study.request",
        entity: format!("study:{}", job.id),
        before: None,
        after: Some(json!({ "kind": job.kind, "site": shop.site })),
        at: job.asked.now,
    };
    (statement, entry)
}

/// A condition: no study of this kind runs for this site.
#[must_use]
pub fn idle(job: &Job) -> Statement {
    Statement::require(
        "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM studies WHERE tenant_id = ?1 AND site = ?2 AND kind = ?3 \
         AND status = 'running')",
        vec![Param::from(job.asked.shop.site.as_str()), job.kind.as_str().into()],
    )
}

/// Tells a study's object to work, and no more than logs when it does not answer: the row is the truth, and the cron
/// Worker's sweep makes up for a call that is lost.
pub async fn begin(env: &Env, job: &Job) {
    let shop = &job.asked.shop;
    let name = name(&shop.tenant_id, &shop.site, job.kind.as_str());
    let begun = match object::call(env, BINDING, &name, BEGIN, job).await {
        Ok(Answer { status: 204, .. }) => Ok(()),
        Ok(answer) => Err(Error::unavailable("a study object", format!("answered {}: {}", answer.status, answer.body))),
        Err(error) => Err(error),
    };
    if let Err(error) = begun {
        log::error("science", &shop.tenant_id, "a study was not begun; the sweep will", &error);
    }
}

#[cfg(test)]
mod tests {
    use super::{BUDGET, FORECAST, Kind, MIX_READY, SCENARIO, STOCK, STOCK_FORECAST, kind_of, name};

    #[test]
    fn names_of_different_studies_never_meet() {
        assert_ne!(name("a/b", "c", "x"), name("a", "b/c", "x"));
        assert_ne!(name("a", "c", "x"), name("a", "c", "y"));
        assert_ne!(name("a", "y/c", "x"), name("a", "c", "x/y"));
    }

    #[test]
    fn what_a_study_kept_is_asked_of_the_object_that_made_it() {
        for (path, kind) in [
            (BUDGET, Kind::Mix),
            (SCENARIO, Kind::Mix),
            (MIX_READY, Kind::Mix),
            (STOCK, Kind::Stock),
            (STOCK_FORECAST, Kind::Stock),
        ] {
            assert_eq!(kind_of(path), kind.as_str());
        }
        assert_eq!(kind_of(FORECAST), "forecast");
    }
}
