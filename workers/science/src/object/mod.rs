//! The Study object.
//!
//! - **One instance stands for** one kind of study of one site.
//! - **It stores** the job it works at, what the next step goes on from, and the last state of the study done last, which
//!   questions about budgets and stock are answered from; see `store`. The answer goes to D1.
//! - **It is called by** the API and the cron Worker, through `platform::study_object`.
//! - **Its single thread protects** the isolate: two long computations of one kind and site never run side by side.
//!
//! A job is worked at in steps, each an alarm. A step that fails is tried again; after [`MOST_FAILURES`] the study has
//! failed and says so.

mod store;

use control::audit::{Entry, SYSTEM};
use platform::study_object::{
    ANOMALIES, Asked, BEGIN, BUDGET, EXPERIMENT_PLAN, EXPERIMENT_READOUT, EXPERIMENT_UPLIFT, FORECAST,
    HOLDOUT_CALIBRATE, HOLDOUT_PLAN, HOLDOUT_READOUT, Job, Kind, MIX_READY, SCENARIO, STOCK, STOCK_FORECAST, Shop,
};
use platform::{Error, Param, Statement, TenantDb, clock};
use problem::Problem;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::sync::{Arc, Mutex, PoisonError};
use store::Store;
use study::forecast;
use study::holdouts::{Calibrating, calibrate};
use study::mix::{BudgetQuestion, Fitting, ScenarioQuestion};
use study::stock::{self as goods, Outlook};
use study::uplift;
use worker::{DurableObject, Env, Method, Request, Response, Result, State, durable_object};

use crate::{anomalies, customers, experiments, holdouts, mix, series, stock};

/// Times a step is tried.
const MOST_FAILURES: i64 = 4;
/// From a failure to the next try, ms.
const RETRY_MS: i64 = 10_000;

/// See the module.
#[durable_object]
pub struct Study {
    state: State,
    env: Env,
    /// The fit of the mix study done last, by its id: budget questions come many a second.
    fitted: Kept<Fitting>,
    /// The forecasts of the stock study done last, by its id.
    outlook: Kept<Outlook>,
}

/// What the study done last has left, read from its state once, by the study's id.
type Kept<T> = Mutex<Option<(String, Arc<T>)>>;

impl DurableObject for Study {
    fn new(state: State, env: Env) -> Self {
        Self { state, env, fitted: Mutex::new(None), outlook: Mutex::new(None) }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        let path = request.path();
        if request.method() != Method::Post {
            return Response::error("unknown call", 404);
        }
        let body = request.bytes().await?;
        match path.as_str() {
            FORECAST => {
                let asked = read(&body)?;
                answer(&asked.shop, &path, self.forecast(&asked).await)
            }
            MIX_READY => {
                let asked = read(&body)?;
                answer(&asked.shop, &path, mix::ready(&self.env, &asked).await)
            }
            BUDGET => {
                let asked: Asked<BudgetQuestion> = read(&body)?;
                let fitted = self.kept(&self.fitted, mix::kept);
                let budget = fitted.and_then(|(_, fitted)| Ok(fitted.budget(&asked.question)?));
                answer(&asked.shop, &path, budget)
            }
            STOCK => {
                let asked: Asked<goods::Ask> = read(&body)?;
                let outlook = self.kept(&self.outlook, stock::kept);
                let table = outlook.and_then(|(id, outlook)| stock::table(&outlook, &asked, &id));
                answer(&asked.shop, &path, table)
            }
            STOCK_FORECAST => {
                let asked: Asked<String> = read(&body)?;
                let outlook = self.kept(&self.outlook, stock::kept);
                answer(&asked.shop, &path, outlook.and_then(|(_, outlook)| stock::forecast(&outlook, &asked)))
            }
            SCENARIO => {
                let asked: Asked<ScenarioQuestion> = read(&body)?;
                let fitted = self.kept(&self.fitted, mix::kept);
                let scenario = fitted.and_then(|(_, fitted)| Ok(fitted.scenario(&asked.question)?));
                answer(&asked.shop, &path, scenario)
            }
            ANOMALIES => {
                let asked = read(&body)?;
                answer(&asked.shop, &path, anomalies::look(&self.env, &asked).await)
            }
            EXPERIMENT_PLAN => {
                let asked = read(&body)?;
                answer(&asked.shop, &path, experiments::planned(&self.env, &asked).await)
            }
            EXPERIMENT_READOUT => {
                let asked = read(&body)?;
                answer(&asked.shop, &path, experiments::read_out(&self.env, &asked).await)
            }
            EXPERIMENT_UPLIFT => {
                let asked: Asked<uplift::Question> = read(&body)?;
                answer(&asked.shop, &path, uplift::answer(&asked.question).map_err(Failed::from))
            }
            HOLDOUT_PLAN => {
                let asked = read(&body)?;
                answer(&asked.shop, &path, holdouts::planned(&self.env, &asked).await)
            }
            HOLDOUT_READOUT => {
                let asked = read(&body)?;
                answer(&asked.shop, &path, holdouts::read_out(&self.env, &asked).await)
            }
            HOLDOUT_CALIBRATE => {
                let asked: Asked<Calibrating> = read(&body)?;
                answer(&asked.shop, &path, calibrate(&asked.question).map_err(Failed::from))
            }
            BEGIN => {
                self.store()?.begin(&serde_json::from_slice(&body)?)?;
                self.state.storage().set_alarm(0).await?;
                Ok(Response::empty()?.with_status(204))
            }
            _ => Response::error("unknown call", 404),
        }
    }

    async fn alarm(&self) -> Result<Response> {
        let store = self.store()?;
        if let Some((job, failures)) = store.job()? {
            let wait = self.step(&store, &job, failures).await?;
            if let Some(wait) = wait {
                self.state.storage().set_alarm(wait).await?;
            }
        }
        Response::empty()
    }
}

impl Study {
    fn store(&self) -> Result<Store> {
        Store::new(self.state.storage().sql())
    }

    async fn forecast(&self, asked: &Asked<forecast::Question>) -> std::result::Result<forecast::Answer, Failed> {
        let database = TenantDb::new(&self.env, &asked.shop.tenant_id)?;
        let question = &asked.question;
        let metric = study::metric(&question.metric)?;
        let series = series::read(&self.env, &database, asked, metric, question.grain).await?;
        Ok(forecast::answer(question, &asked.shop.currency, &series)?)
    }

    /// What the study done last has left, and that study's id.
    fn kept<T>(
        &self,
        place: &Kept<T>,
        parse: fn(&str) -> std::result::Result<T, Failed>,
    ) -> std::result::Result<(String, Arc<T>), Failed> {
        let stored = |error: worker::Error| Failed::Ours(Error::corrupt("a study object's storage", error));
        let store = self.store().map_err(stored)?;
        let id = store.done_id().map_err(stored)?;
        let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = place.as_ref().filter(|(known, _)| *known == id) {
            return Ok((id, Arc::clone(known)));
        }
        let kept = Arc::new(parse(&store.done_state().map_err(stored)?)?);
        *place = Some((id.clone(), Arc::clone(&kept)));
        Ok((id, kept))
    }

    /// One step of a job; how long until the next, ms, or none.
    async fn step(&self, store: &Store, job: &Job, failures: i64) -> Result<Option<i64>> {
        let state = store.state()?;
        let worked = match job.kind {
            Kind::Customers => customers::step(&self.env, &job.asked, &state).await,
            Kind::Mix => mix::step(&self.env, &job.asked, &state).await,
            Kind::Stock => stock::step(&self.env, &job.asked, &state).await,
        };
        let told = match worked {
            Ok(Step::Again { state, progress, detail }) => {
                store.keep(&state)?;
                let told = self.tell(job, progress, &detail).await;
                if let Err(error) = told {
                    // The next step tells, too.
                    platform::log::error(
                        "science",
                        &job.asked.shop.tenant_id,
                        "a study's progress was not told",
                        &error,
                    );
                }
                return Ok(Some(0));
            }
            Ok(Step::Done(answer)) => {
                // First: an answer is never told without what its questions need.
                store.done(&job.id)?;
                self.end(job, "done", "", &answer).await
            }
            Err(Failed::Told(problem)) => self.end(job, "failed", &problem.detail, "").await,
            Err(Failed::Ours(error)) if failures + 1 < MOST_FAILURES => Err(error),
            Err(Failed::Ours(error)) => {
                platform::log::error("science", &job.asked.shop.tenant_id, "a study was given up", &error);
                self.end(job, "failed", "something is wrong on our side; it has been logged", "").await
            }
        };
        match told {
            Ok(()) => {
                store.end()?;
                Ok(None)
            }
            Err(error) => {
                platform::log::error(
                    "science",
                    &job.asked.shop.tenant_id,
                    "a study's step will be tried again",
                    &error,
                );
                store.failed()?;
                Ok(Some(RETRY_MS))
            }
        }
    }

    /// Tells how far a study is.
    async fn tell(&self, job: &Job, progress: f64, detail: &str) -> platform::Result<()> {
        let sql = "UPDATE studies SET progress = ?3, detail = ?4, touched_at = ?5 \
                   WHERE tenant_id = ?1 AND id = ?2 AND status = 'running'";
        let values = [job.id.as_str().into(), Param::Real(progress), detail.into(), clock::now_ms().into()];
        TenantDb::new(&self.env, &job.asked.shop.tenant_id)?.run(sql, &values).await.map(|_| ())
    }

    /// Writes how a study ended. Written again after a crash it is the same.
    async fn end(&self, job: &Job, status: &str, detail: &str, answer: &str) -> platform::Result<()> {
        let now = clock::now_ms();
        let statement = Statement::new(
            "UPDATE studies SET status = ?3, detail = ?4, answer = ?5, progress = 1, touched_at = ?6, ended_at = ?6 \
             WHERE tenant_id = ?1 AND id = ?2 AND status = 'running'",
            vec![job.id.as_str().into(), status.into(), detail.into(), answer.into(), now.into()],
        );
        let entry = Entry {
            actor: SYSTEM.to_owned(),
            action: "study.end",
            entity: format!("study:{}", job.id),
            before: Some(json!({ "status": "running" })),
            after: Some(json!({ "status": status, "kind": job.kind, "detail": detail })),
            at: now,
        };
        TenantDb::new(&self.env, &job.asked.shop.tenant_id)?.commit("the study", &[statement], &[entry]).await
    }
}

/// What a step of a job came to.
pub(crate) enum Step {
    /// There is more to do.
    Again {
        /// What the next step goes on from.
        state: String,
        /// How much is done, 0 to 1.
        progress: f64,
        /// What it is at, for people.
        detail: String,
    },
    /// The answer, JSON.
    Done(String),
}

/// Why there is no answer: the caller is told, or the log is.
pub(crate) enum Failed {
    /// The question, or too little to answer it from.
    Told(Problem),
    /// Us.
    Ours(Error),
}

impl From<Problem> for Failed {
    fn from(problem: Problem) -> Self {
        Self::Told(problem)
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

/// What is kept or crosses as JSON, `what` it is.
pub(crate) fn parsed<T: DeserializeOwned>(text: &str, what: &'static str) -> std::result::Result<T, Failed> {
    serde_json::from_str(text).map_err(|error| Error::corrupt(what, error).into())
}

/// Its JSON.
pub(crate) fn written<T: Serialize>(value: &T, what: &'static str) -> std::result::Result<String, Failed> {
    serde_json::to_string(value).map_err(|error| Error::corrupt(what, error).into())
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<Asked<T>> {
    Ok(serde_json::from_slice(body)?)
}

fn answer<T: Serialize>(shop: &Shop, path: &str, answered: std::result::Result<T, Failed>) -> Result<Response> {
    match answered {
        Ok(answer) => Response::from_json(&answer),
        Err(Failed::Told(problem)) => Ok(Response::from_json(&problem)?.with_status(problem.status)),
        Err(Failed::Ours(error)) => {
            platform::log::error("science", &shop.tenant_id, &format!("the study {path} failed"), &error);
            let problem = Problem::from(error);
            Ok(Response::from_json(&problem)?.with_status(problem.status))
        }
    }
}
