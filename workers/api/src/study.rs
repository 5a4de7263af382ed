//! Asks the science Worker and passes its answer on as it is: what it computes is neither read nor written anew here, so
//! that the front door stays small.

use ::study::stock::{Ask, Terms};
use axum::body::Body;
use axum::response::Response;
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use platform::study_object::{self, Asked, Job, Kind, STOCK, Shop};
use platform::{Error, random};
use problem::Problem;
use serde::Serialize;
use serde_json::json;

use crate::answer::{Answer, internal};
use crate::gate::Caller;
use crate::store::sites::SiteRecord;
use crate::store::studies;
use crate::wire::studies::Study;

/// Whose figures a study is over.
fn shop(caller: &Caller, site: SiteRecord) -> Shop {
    Shop {
        tenant_id: caller.session.tenant_id.clone(),
        site: site.key,
        currency: site.currency,
        time_zone: site.time_zone,
    }
}

/// The answer to a question about a site's figures.
///
/// # Errors
/// What the science Worker refuses, 503 when it does not answer.
pub async fn ask<T: Serialize>(caller: &Caller, site: SiteRecord, path: &str, question: T) -> Answer<Response> {
    Ok(as_json(answer(caller, site, path, question).await?))
}

/// The same, for who goes on with it: JSON.
///
/// # Errors
/// As [`ask`].
pub async fn answer<T: Serialize>(caller: &Caller, site: SiteRecord, path: &str, question: T) -> Answer<String> {
    let shop = shop(caller, site);
    let answer = study_object::ask(&caller.runtime.env, path, &Asked { shop, now: caller.now, question }).await?;
    if answer.status != 200 {
        let problem: Problem = serde_json::from_str(&answer.body).map_err(internal)?;
        return Err(problem.into());
    }
    Ok(answer.body)
}

/// Begins a long study. The row comes first: a call that is lost is made up for by the cron Worker's sweep.
///
/// # Errors
/// 409 while one of this kind runs for this site.
pub async fn begin<T: Serialize>(caller: &Caller, site: SiteRecord, kind: Kind, question: &T) -> Answer<Study> {
    let question = serde_json::to_value(question).map_err(internal)?;
    let asked = Asked { shop: shop(caller, site), now: caller.now, question };
    let job = Job { id: random::uuid(), kind, asked };
    let (statement, entry) = study_object::stored(&job, caller.actor());
    match caller.database.commit("the study", &[study_object::idle(&job), statement], &[entry]).await {
        Err(Error::Stale { .. }) => {
            return Err(Problem::conflict("one is being computed already; wait until it is done").into());
        }
        committed => committed?,
    }
    study_object::begin(&caller.runtime.env, &job).await;
    Ok(Study {
        id: job.id,
        status: "running".to_owned(),
        progress: 0.0,
        detail: String::new(),
        requested_at: caller.now,
        ended_at: None,
    })
}

/// A site's latest study of a kind and the latest answer, as `{"study", "computed_at", "question", "answer"}`; each is
/// null where there is none. The answer is what was computed last, while another runs, and after one failed.
///
/// # Errors
/// The database fails.
pub async fn latest(caller: &Caller, site: &SiteRecord, kind: Kind) -> Answer<Response> {
    let records = studies::latest(&caller.database, &site.key, kind).await?;
    let study = json!(records.first().map(Study::from));
    let done = records.iter().find(|record| record.status == "done");
    let (computed_at, question, answer) = done.map_or((json!(null), "null", "null"), |done| {
        (json!(done.ended_at), done.question.as_str(), done.answer.as_str())
    });
    // The answer is JSON already, and may be long: it is passed on as it is.
    Ok(as_json(format!(r#"{{"study":{study},"computed_at":{computed_at},"question":{question},"answer":{answer}}}"#)))
}

/// A site's latest study of stock, and what the study done last says to a question, as `{"study", "computed_at", "terms",
/// "answer"}`: how far the study is, when it was done, how the shop orders, the answer; null where there is none.
///
/// # Errors
/// What the science Worker refuses.
pub async fn stock(caller: &Caller, site: SiteRecord, usual: Terms, question: Ask) -> Answer<Response> {
    let records = studies::latest(&caller.database, &site.key, Kind::Stock).await?;
    let study = json!(records.first().map(Study::from));
    let (computed_at, answer) = match records.iter().find(|record| record.status == "done") {
        Some(done) => (json!(done.ended_at), answer(caller, site, STOCK, question).await?),
        None => (json!(null), "null".to_owned()),
    };
    let usual = json!(usual);
    Ok(as_json(format!(r#"{{"study":{study},"computed_at":{computed_at},"terms":{usual},"answer":{answer}}}"#)))
}

fn as_json(body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
