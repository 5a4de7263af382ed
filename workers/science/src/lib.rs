//! The room that computes what takes long: the Study object. Its questions and answers are crate `study`'s, the maths is
//! in the science crates; here rows are read and answers sent.

mod anomalies;
mod customers;
mod experiments;
mod holdouts;
mod mix;
#[expect(missing_docs, reason = "the object macro makes public items of its own")]
mod object;
mod series;
mod stock;

pub use object::Study;
use worker::{Context, Env, Request, Response, Result, event};

/// The script answers nobody directly: its objects are reached through their bindings.
#[event(fetch)]
async fn fetch(_request: Request, _env: Env, _context: Context) -> Result<Response> {
    Response::error("this Worker is reached through its objects", 404)
}
