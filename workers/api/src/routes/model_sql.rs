//! SQL for a question by the configured language model, where the grammar gives up. What it writes passes the same
//! sandbox as anybody's SQL, is run, and is sent back once with what is wrong with it.

use std::time::Duration;

use calendar::format_day;
use metrics::Scope;
use model::openai::Failure as NoAnswer;
use model::{Finish, ModelAnswer};
use platform::log;
use platform::model::{Call, Outcome, Server};
use platform::warehouse::Warehouse;
use problem::Problem as Failure;
use question::model::{Unusable, read, request};
use question::{NotUnderstood, Prepared};

use super::questions::{Rows, free, not_understood};
use crate::answer::Answer;
use crate::gate::Caller;
use crate::store;

/// How long somebody waits for both attempts at most.
const WITHIN: Duration = Duration::from_secs(50);

/// A question the grammar does not understand.
pub(super) struct Unknown<'a> {
    /// Normalised.
    pub(super) question: &'a str,
    /// Its hash.
    pub(super) hash: &'a str,
    /// What the grammar says.
    pub(super) error: NotUnderstood,
    /// The site's day, days since 1970-01-01.
    pub(super) today: i64,
}

/// Has the model write SQL, and runs it: what the question became, and its rows.
///
/// # Errors
/// 422 with suggestions where no usable SQL comes, 429 where the tenant's model budget is used up, 503 where the model
/// cannot be asked. None says more of the server than that; the rest is in the log.
pub(super) async fn write(
    caller: &Caller,
    server: &Server,
    warehouse: &Warehouse<'_>,
    scope: &Scope,
    unknown: Unknown<'_>,
) -> Answer<(Prepared, Rows)> {
    let Unknown { question, hash, error, today } = unknown;
    // After each thumb down another answer is drawn; else equal requests are answered from the cache.
    let draw = store::questions::dislikes(&caller.database, &scope.site, hash).await?;
    let mut asked = request(question, &scope.currency, &format_day(today), draw);
    let mut fault = String::new();
    for _ in 0..2 {
        let call = Call {
            env: &caller.runtime.env,
            database: &caller.database,
            server,
            request: &asked,
            within: Some(WITHIN / 2),
            heard: &|_| true,
        };
        let answer = match platform::model::call(&call).await? {
            Outcome::Answer(answer) => answer,
            Outcome::OverBudget(reason) => {
                return Err(refused(error, |why| Failure::too_many_requests(format!("{why}, and {reason}"))));
            }
            Outcome::Failed(NoAnswer::Declined { .. }) => return Err(declined(error)),
            Outcome::Failed(failure) => return Err(silent(caller, error, &failure.to_string())),
            Outcome::Stopped => return Err(silent(caller, error, "the call was ended")),
        };
        fault = match usable(&answer, warehouse) {
            Ok(written) => match free(warehouse, &written.sql, scope).await {
                Ok(rows) => return Ok((written.prepare(question), rows)),
                // The database has something against it, as it may have against a person's.
                Err(refused) if refused.problem().status == 422 => refused.problem().detail.clone(),
                Err(refused) => return Err(refused),
            },
            Err(Unusable::Declined) => return Err(declined(error)),
            Err(Unusable::Faulty(fault)) => fault,
        };
        asked = asked.sent_back(&answer.text, &fault);
    }
    let fields = [("fault", fault.as_str().into())];
    log::info("api", caller.database.tenant(), "a model's SQL for a question was refused twice", &fields);
    Err(refused(error, |why| {
        Failure::unprocessable(format!("{why}, and the SQL that the language model wrote was refused: {fault}"))
    }))
}

fn usable(answer: &ModelAnswer, warehouse: &Warehouse<'_>) -> Result<question::model::Written, Unusable> {
    match answer.finish {
        Finish::Stop => read(&answer.text, warehouse.dialect()),
        Finish::Length => Err(Unusable::Faulty("the answer is too long".to_owned())),
        Finish::Filtered => Err(Unusable::Declined),
        Finish::ToolCalls => Err(Unusable::Faulty("there are no functions to call".to_owned())),
    }
}

/// The grammar's refusal, with the model's in front of its suggestions.
fn refused(error: NotUnderstood, problem: impl FnOnce(&str) -> Failure) -> crate::answer::Refused {
    let grammar = not_understood(&error);
    let mut refused = problem(&error.to_string());
    refused.errors = grammar.errors;
    if let Some(first) = refused.errors.first_mut() {
        first.detail.clone_from(&refused.detail);
    }
    refused.into()
}

fn declined(error: NotUnderstood) -> crate::answer::Refused {
    refused(error, |why| {
        Failure::unprocessable(format!("{why}, and the language model says that the tables cannot answer it"))
    })
}

fn silent(caller: &Caller, error: NotUnderstood, cause: &str) -> crate::answer::Refused {
    log::error("api", caller.database.tenant(), "the model was asked a question and did not answer", &cause);
    refused(error, |why| {
        Failure::unavailable(format!("{why}, and the language model did not answer; ask again in a while"))
    })
}
