//! The room that talks to outside accounts. Today it has one duty: files of ad spend that wait on the `imports` queue.

#[expect(missing_docs, reason = "the object macro makes public items of its own")]
mod account;
mod app;
mod import;
#[expect(missing_docs, reason = "the object macro makes public items of its own")]
mod publication;
mod sending;

pub use account::Account;
pub use publication::Publication;
use platform::queue::{self, Received};
use wasm_bindgen::JsValue;
use worker::{Context, Env, MessageBatch, MessageExt, QueueRetryOptionsBuilder, Request, Response, Result, event};

/// Seconds before a failed import is tried again.
const RETRY_S: u32 = 10;

/// Works the `imports` queue.
#[event(queue)]
async fn queue(batch: MessageBatch<JsValue>, env: Env, _context: Context) -> Result<()> {
    for Received { message, body } in queue::received::<import::Request>(&batch) {
        let outcome = match &body {
            Ok(request) => import::run(&env, request).await,
            Err(error) => {
                platform::log::error("connectors", "-", "a message of the imports queue is unreadable", error);
                message.retry();
                continue;
            }
        };
        match outcome {
            Ok(()) => queue::done(&message),
            Err(error) => {
                let tenant = body.as_ref().map_or("-", |request| request.tenant_id.as_str());
                platform::log::error("connectors", tenant, "an import failed and will be tried again", &error);
                message.retry_with_options(&QueueRetryOptionsBuilder::new().with_delay_seconds(RETRY_S).build());
            }
        }
    }
    Ok(())
}

/// The script answers nobody directly.
#[event(fetch)]
async fn fetch(_request: Request, _env: Env, _context: Context) -> Result<Response> {
    Response::error("this Worker is driven by its queue", 404)
}
