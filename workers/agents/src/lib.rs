//! Runs agents. An agent itself is pure (crate `agent`); a [`Run`] object, one a run, brings it what it asks for, stores
//! each answer before it asks for the next step, and keeps what it proposes. Callers use `platform::run_object`.
//!
//! | module | holds |
//! |---|---|
//! | `run` | the object: its life, its storage, its live stream |
//! | `facts` | answers to what agents need, read from D1 and the metric catalog |
//! | `model` | which model answers: the configured one or the built-in |
//! | `finish` | the one commit a run ends with |

mod facts;
mod finish;
mod model;
#[expect(missing_docs, reason = "the object macro makes public items of its own")]
mod run;

use worker::{Context, Env, Request, Response, Result, event};

pub use run::Run;

/// The script answers nobody directly: its objects are reached through their bindings.
#[event(fetch)]
async fn fetch(_request: Request, _env: Env, _context: Context) -> Result<Response> {
    Response::error("this Worker is reached through its objects", 404)
}
