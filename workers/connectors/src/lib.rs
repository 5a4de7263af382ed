//! The room that talks to outside accounts: the objects that publish campaigns and hold accounts, and two queues,
//! `imports` (uploaded files) and `syncs` (figures to be pulled).

#[expect(missing_docs, reason = "the object macro makes public items of its own")]
mod account;
mod app;
mod import;
#[expect(missing_docs, reason = "the object macro makes public items of its own")]
mod publication;
mod sending;
mod sync;

pub use account::Account;
use platform::queue::{self, Received};
pub use publication::Publication;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;
use worker::{
    Context, Env, MessageBatch, MessageExt, QueueRetryOptionsBuilder, RawMessage, Request, Response, Result, event,
};

/// Seconds before a message that failed is tried again.
const RETRY_S: u32 = 10;

/// Works the queues.
#[event(queue)]
async fn queue(batch: MessageBatch<JsValue>, env: Env, _context: Context) -> Result<()> {
    match batch.queue().as_str() {
        "syncs" => syncs(&batch, &env).await,
        _ => imports(&batch, &env).await,
    }
    Ok(())
}

async fn imports(batch: &MessageBatch<JsValue>, env: &Env) {
    for (message, request) in readable::<import::Request>(batch, "imports") {
        match import::run(env, &request).await {
            Ok(()) => queue::done(&message),
            Err(error) => {
                let tenant = &request.tenant_id;
                platform::log::error("connectors", tenant, "an import failed and will be tried again", &error);
                again(&message, RETRY_S);
            }
        }
    }
}

async fn syncs(batch: &MessageBatch<JsValue>, env: &Env) {
    for (message, request) in readable::<sync::Request>(batch, "syncs") {
        let tenant = &request.tenant_id;
        match sync::run(env, &request).await {
            Ok(None) => queue::done(&message),
            Ok(Some(seconds)) => again(&message, seconds),
            Err(error) => {
                platform::log::error("connectors", tenant, "a pull of figures broke off", &error);
                match sync::broke_off(env, &request).await {
                    Ok(true) => queue::done(&message),
                    Ok(false) | Err(_) => again(&message, RETRY_S),
                }
            }
        }
    }
}

/// The messages of a batch that can be read; the others go to the queue's dead letters in the end.
fn readable<T: DeserializeOwned>(batch: &MessageBatch<JsValue>, name: &str) -> Vec<(RawMessage, T)> {
    let mut all = Vec::new();
    for Received { message, body } in queue::received::<T>(batch) {
        match body {
            Ok(body) => all.push((message, body)),
            Err(error) => {
                platform::log::error(
                    "connectors",
                    "-",
                    &format!("a message of the {name} queue is unreadable"),
                    &error,
                );
                message.retry();
            }
        }
    }
    all
}

fn again(message: &RawMessage, seconds: u32) {
    message.retry_with_options(&QueueRetryOptionsBuilder::new().with_delay_seconds(seconds).build());
}

/// The script answers nobody directly: its objects are reached through their bindings.
#[event(fetch)]
async fn fetch(_request: Request, _env: Env, _context: Context) -> Result<Response> {
    Response::error("this Worker is reached through its objects and driven by its queues", 404)
}
