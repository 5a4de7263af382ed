//! Which model answers an agent: the configured one, or the built-in.

use agent::builtin;
use agent::need::ModelRequest;
use agent::run::Fallback;
use model::ModelAnswer;
use model::openai::Failure;
use model::scrub::scrub_request;
use platform::model::{Call, Outcome, Server};
use platform::{Error, Result, TenantDb, settings};
use serde_json::{Value, json};
use worker::Env;

/// What to do when the configured model fails or its answer is refused.
const FALLBACK: &str = "MODEL_FALLBACK";

/// What is configured.
#[derive(Clone, Debug)]
pub(crate) struct Configured {
    /// `None` for the built-in model alone.
    server: Option<Server>,
    /// What to do when it fails or its answer is refused.
    pub(crate) fallback: Fallback,
}

impl Configured {
    /// Reads the settings.
    ///
    /// # Errors
    /// [`Error::Setting`] when one of them is unusable.
    pub(crate) fn read(env: &Env) -> Result<Self> {
        let fallback = match settings::variable(env, FALLBACK).as_deref() {
            None | Some("builtin") => Fallback::Builtin,
            Some("refuse") => Fallback::Refuse,
            Some(other) => return Err(Error::setting(FALLBACK, format!("`{other}` is neither builtin nor refuse"))),
        };
        Ok(Self { server: Server::read(env)?, fallback })
    }

    fn server_for(&self, request: &ModelRequest) -> Option<&Server> {
        self.server.as_ref().filter(|_| !request.builtin)
    }

    /// The model that answers a request.
    pub(crate) fn name_for(&self, request: &ModelRequest) -> &str {
        self.server_for(request).map_or(builtin::NAME, Server::name)
    }

    /// What of a request is taken out before it is sent, by kind; nothing for the built-in model, to which nothing is
    /// sent.
    pub(crate) fn scrubbed(&self, request: &ModelRequest) -> Value {
        self.server_for(request).map_or_else(|| json!({}), |_| json!(scrub_request(&request.request).1))
    }

    /// What an answer cost, in millionths of a US dollar.
    pub(crate) fn cost_micros(&self, answer: &ModelAnswer) -> i64 {
        self.server.as_ref().map_or(0, |server| server.cost_micros(answer))
    }
}

/// What came of asking.
pub(crate) enum Told {
    /// An answer.
    Answer(ModelAnswer),
    /// None, and trying again will not help.
    Failed(String),
    /// None, but trying again may help, not before so many ms.
    Later(String, Option<i64>),
    /// The listener ended it.
    Stopped,
}

/// Asks the model. `heard` takes pieces of the text as they come; `false` ends the call.
///
/// # Errors
/// A store that did not answer.
pub(crate) async fn ask(
    env: &Env,
    database: &TenantDb,
    configured: &Configured,
    request: &ModelRequest,
    heard: &dyn Fn(&str) -> bool,
) -> Result<Told> {
    let Some(server) = configured.server_for(request) else {
        let answer = builtin::answer(request);
        heard(&answer.text);
        return Ok(Told::Answer(answer));
    };
    let call = Call { env, database, server, request: &request.request, within: None, heard };
    Ok(match platform::model::call(&call).await? {
        Outcome::Answer(answer) => Told::Answer(answer),
        Outcome::OverBudget(reason) => Told::Failed(reason),
        Outcome::Stopped => Told::Stopped,
        Outcome::Failed(failure) => match failure {
            Failure::Later { after_ms, .. } => Told::Later(failure.to_string(), after_ms),
            Failure::Server { .. } => Told::Later(failure.to_string(), None),
            _ => Told::Failed(failure.to_string()),
        },
    })
}
