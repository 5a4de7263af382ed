//! The Study object.
//!
//! - **One instance stands for** one kind of study of one site.
//! - **It is called by** the API, through `platform::study_object`.
//! - **Its single thread protects** the isolate: two long computations of one kind and site never run side by side.

use platform::study_object::FORECAST;
use platform::{Error, TenantDb};
use problem::Problem;
use serde::Serialize;
use serde::de::DeserializeOwned;
use study::{Asked, Shop, forecast};
use worker::{DurableObject, Env, Method, Request, Response, Result, State, durable_object};

use crate::series;

/// See the module.
#[durable_object]
pub struct Study {
    env: Env,
}

impl DurableObject for Study {
    fn new(_state: State, env: Env) -> Self {
        Self { env }
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
            _ => Response::error("unknown call", 404),
        }
    }
}

impl Study {
    async fn forecast(&self, asked: &Asked<forecast::Question>) -> std::result::Result<forecast::Answer, Failed> {
        let database = TenantDb::new(&self.env, &asked.shop.tenant_id)?;
        let question = &asked.question;
        let metric = study::metric(&question.metric)?;
        let series = series::read(&self.env, &database, asked, metric, question.grain).await?;
        Ok(forecast::answer(question, &asked.shop.currency, &series)?)
    }
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
