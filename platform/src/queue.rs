//! Queues. A message is always one JSON string: the typed conversions of the binding lose maps on the way.

use crate::error::{Error, Result};
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::JsValue;
use worker::{Env, MessageBatch, MessageExt, QueueContentType, RawMessage, RawMessageBuilder};

/// Largest message a queue takes is 128 KB; bodies stay below this many bytes so that the envelope fits.
pub const MAX_MESSAGE: usize = 100_000;

/// Sends one message.
///
/// # Errors
/// [`Error::Unavailable`] when the queue refuses it.
pub async fn send<T: Serialize>(env: &Env, binding: &str, message: &T) -> Result<()> {
    let json = serde_json::to_string(message).map_err(|e| Error::corrupt(format!("message for {binding}"), e))?;
    let queue = env.queue(binding).map_err(|e| Error::setting(binding, e))?;
    let message = RawMessageBuilder::new(JsValue::from_str(&json)).build_with_content_type(QueueContentType::Text);
    queue.send_raw(message).await.map_err(|e| Error::unavailable(format!("sending to queue {binding}"), e))
}

/// A message with its parsed body, or why the body is unreadable.
pub struct Received<T> {
    /// To acknowledge or retry.
    pub message: RawMessage,
    /// The body.
    pub body: Result<T>,
}

/// The messages of a batch, each judged on its own.
pub fn received<T: DeserializeOwned>(batch: &MessageBatch<JsValue>) -> Vec<Received<T>> {
    batch
        .raw_iter()
        .map(|message| {
            let body = message
                .body()
                .as_string()
                .ok_or_else(|| Error::corrupt("queue message", "is not text"))
                .and_then(|text| serde_json::from_str(&text).map_err(|e| Error::corrupt("queue message", e)));
            Received { message, body }
        })
        .collect()
}

/// Marks a message as done.
pub fn done(message: &RawMessage) {
    message.ack();
}
