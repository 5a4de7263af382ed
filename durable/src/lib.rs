//! The script that hosts the Durable Object classes; the other Workers bind to it by its name.
//!
//! It stands alone because a deploy resets the memory of every object in its script, and because what the collector
//! must not carry (URL and user-agent tables) may live here. Callers use `platform::session_object` and
//! `platform::bandit_object`, never this crate.

#[expect(missing_docs, reason = "the object macro makes public items of its own")]
mod bandit;
#[expect(missing_docs, reason = "the object macro makes public items of its own")]
mod session;

use worker::{Context, Env, Request, Response, Result, event};

pub use self::bandit::Bandit;
pub use session::Session;

/// The script answers nobody directly: its objects are reached through their bindings.
#[event(fetch)]
async fn fetch(_request: Request, _env: Env, _context: Context) -> Result<Response> {
    Response::error("this Worker is reached through its objects", 404)
}
