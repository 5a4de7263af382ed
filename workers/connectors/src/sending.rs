//! Sending what crate `connector` asks for.

use connector::{Answer, Outcome, Request, Response, Step, TransportError};
use platform::outgoing::{self, Failure, Outgoing};

/// How long a provider may take, ms: its slowest reports take some ten seconds.
const TIMEOUT_MS: u64 = 30_000;

/// Sends one request.
pub(crate) async fn send(request: &Request) -> Answer {
    let outgoing = Outgoing {
        method: request.method.as_str(),
        url: &request.url,
        headers: &request.headers,
        body: &request.body,
        timeout_ms: TIMEOUT_MS,
    };
    match outgoing::send(&outgoing).await {
        Ok(incoming) => Ok(Response { status: incoming.status, headers: incoming.headers, body: incoming.body }),
        Err(Failure::TimedOut { .. }) => Err(TransportError::Timeout),
        Err(failure @ (Failure::Broken(_) | Failure::Malformed(_))) => {
            Err(TransportError::Connection(failure.to_string()))
        }
    }
}

/// Carries out a question of several requests.
///
/// # Errors
/// What the provider's answers mean.
pub(crate) async fn carry_out<T>(mut step: impl FnMut(&[Answer]) -> Step<T>) -> Outcome<T> {
    let mut answers = Vec::new();
    loop {
        match step(&answers) {
            Step::Send(request) => answers.push(send(&request).await),
            Step::Done(outcome) => return outcome,
        }
    }
}
