//! Runs agents, a queue message a run. An agent itself is pure (crate `agent`); this brings it its figures and keeps
//! what it says.

mod analyst;
mod run;

use platform::queue::{self, Received};
use wasm_bindgen::JsValue;
use worker::{Context, Env, MessageBatch, MessageExt, QueueRetryOptionsBuilder, Request, Response, Result, event};

/// Seconds before a failed run is tried again.
const RETRY_S: u32 = 10;

/// Works the `agent-runs` queue.
#[event(queue)]
async fn queue(batch: MessageBatch<JsValue>, env: Env, _context: Context) -> Result<()> {
    for Received { message, body } in queue::received::<run::Request>(&batch) {
        let request = match body {
            Ok(request) => request,
            Err(error) => {
                platform::log::error("agents", "-", "a message of the agent-runs queue is unreadable", &error);
                message.retry();
                continue;
            }
        };
        if let Err(error) = run::run(&env, &request).await {
            platform::log::error("agents", &request.tenant_id, "a run failed and will be tried again", &error);
            message.retry_with_options(&QueueRetryOptionsBuilder::new().with_delay_seconds(RETRY_S).build());
        } else {
            queue::done(&message);
        }
    }
    Ok(())
}

/// The script answers nobody directly.
#[event(fetch)]
async fn fetch(_request: Request, _env: Env, _context: Context) -> Result<Response> {
    Response::error("this Worker is driven by its queue", 404)
}
