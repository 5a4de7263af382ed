//! Controls for tests and demos, in a local run only. `provider` and `account` in the query choose accounts; without
//! them a call is for all there are.
//!
//! | call | |
//! |---|---|
//! | `GET /control/accounts` | `[{provider, number, name}]` |
//! | `GET /control/state` | what is in the accounts: `[{account, faults, active_daily_budget_micros, objects}]` |
//! | `GET /control/requests` | what was asked of the accounts, oldest first: `[[{at, method, path, status}]]` |
//! | `POST /control/faults` | a `FaultPlan`; `{}` ends all faults |
//! | `POST /control/clock` | `{"days": 7}`: what happened, happened that much earlier |
//! | `POST /control/expire` | every access token given so far is refused |

use crate::market::{self, Control};
use sandbox::FaultPlan;
use serde::Deserialize;
use serde_json::{Value, json};
use worker::{Env, Method, Request, Response, Result};

#[derive(Deserialize)]
struct Clock {
    days: i64,
}

pub(crate) async fn handle(mut request: Request, path: &str, env: &Env) -> Result<Response> {
    if !platform::settings::is_local(env) {
        return crate::page::missing();
    }
    let bytes = request.bytes().await?;
    let asked = sandbox::Request { query: request.url()?.query().unwrap_or_default().to_owned(), ..Default::default() };
    let fields = asked.fields();
    let accounts: Vec<_> = market::directory(env)
        .await?
        .into_iter()
        .filter(|known| fields.given("provider").is_none_or(|wanted| wanted == known.provider.as_str()))
        .filter(|known| fields.given("account").is_none_or(|wanted| wanted == known.number))
        .collect();
    let control = match (request.method(), path) {
        (Method::Get, "accounts") => return Response::from_json(&accounts),
        (Method::Get, "state") => Control::State,
        (Method::Get, "requests") => Control::Requests,
        (Method::Post, "expire") => Control::Expire,
        (Method::Post, "faults") => match serde_json::from_slice::<FaultPlan>(&bytes) {
            Ok(plan) => Control::Faults { plan },
            Err(error) => return refuse(422, &format!("the body is no plan of faults: {error}")),
        },
        (Method::Post, "clock") => match serde_json::from_slice::<Clock>(&bytes) {
            Ok(Clock { days }) if (0..=400).contains(&days) => Control::Clock { days },
            _ => return refuse(422, "days must be a whole number from 0 to 400"),
        },
        _ => return refuse(404, "known are accounts, state, requests, faults, clock and expire"),
    };
    let mut states: Vec<Value> = Vec::new();
    for known in accounts {
        let stub = market::of(env, known.provider, &known.number)?;
        states.push(market::call(&stub, "/@control", &control).await?.json().await?);
    }
    Response::from_json(&states)
}

fn refuse(status: u16, detail: &str) -> Result<Response> {
    Ok(Response::from_json(&json!({"detail": detail}))?.with_status(status))
}
