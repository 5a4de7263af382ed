//! Calls of a language model: what is configured, the tenant's budget, answers kept from equal requests, and the stream.

use agent::guard;
use agent::model::openai::{self, Failure, Reader};
use agent::model::price::{self, Price};
use agent::model::{ModelAnswer, ModelRequest, builtin, cache_key, estimated_request_tokens};
use agent::run::Fallback;
use futures::future::{Either, select};
use futures::{StreamExt as _, pin_mut};
use platform::{Error, Result, TenantDb, campaigns, clock, settings};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;
use wasm_bindgen::JsValue;
use worker::{AbortController, Delay, Env, Fetch, Headers, Method, Request, RequestInit, Url};

/// Base of the API.
const URL: &str = "MODEL_URL";
/// Which model.
const NAME: &str = "MODEL_NAME";
/// Bearer key.
const KEY: &str = "MODEL_KEY";
/// What to do when it fails or its answer is refused.
const FALLBACK: &str = "MODEL_FALLBACK";

/// A stream that says nothing for so long is given up.
const SILENCE: Duration = Duration::from_secs(90);
/// Longest error body that is read, in bytes.
const MAX_ERROR: usize = 64 * 1024;
/// Longest answer in bytes.
const MAX_ANSWER: usize = 4 * 1024 * 1024;
/// How long an answer is kept, ms.
const KEPT_MS: i64 = 24 * 60 * 60_000;

/// What is configured.
#[derive(Clone, Debug)]
pub(crate) struct Configured {
    /// `None` for the built-in model alone.
    server: Option<Server>,
    /// What to do when it fails or its answer is refused.
    pub(crate) fallback: Fallback,
}

#[derive(Clone, Debug)]
struct Server {
    /// Without a slash at its end.
    url: String,
    name: String,
    price: Option<Price>,
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
        let Some(url) = settings::variable(env, URL) else { return Ok(Self { server: None, fallback }) };
        Url::parse(&url).map_err(|e| Error::setting(URL, e))?;
        let name = settings::variable(env, NAME).ok_or_else(|| Error::setting(NAME, "is not set, but MODEL_URL is"))?;
        let own = |name| settings::number(env, name, -1).map(|price| (price >= 0).then_some(price));
        let price = match (own("MODEL_PRICE_IN")?, own("MODEL_PRICE_OUT")?) {
            (Some(tokens_in), Some(tokens_out)) => Some(Price { tokens_in, tokens_out }),
            _ => price::listed(&name),
        };
        Ok(Self { server: Some(Server { url: url.trim_end_matches('/').to_owned(), name, price }), fallback })
    }

    /// The model that answers a request.
    pub(crate) fn name_for(&self, request: &ModelRequest) -> &str {
        match &self.server {
            Some(server) if !request.builtin => &server.name,
            _ => builtin::NAME,
        }
    }

    /// What a usage costs, in millionths of a US dollar.
    pub(crate) fn cost_micros(&self, answer: &ModelAnswer) -> i64 {
        if answer.cached || answer.model == builtin::NAME {
            return 0;
        }
        price::cost_micros(self.server.as_ref().and_then(|server| server.price), answer.usage)
    }
}

/// A request on its way.
pub(crate) struct Call<'a> {
    pub(crate) env: &'a Env,
    pub(crate) database: &'a TenantDb,
    pub(crate) configured: &'a Configured,
    pub(crate) request: &'a ModelRequest,
    /// Takes pieces of the text as they come; `false` ends the call.
    pub(crate) heard: &'a dyn Fn(&str) -> bool,
}

/// What came of a call.
pub(crate) enum Outcome {
    /// An answer.
    Answer(ModelAnswer),
    /// None, and trying again will not help.
    Failed(String),
    /// None, but trying again may help, not before so many ms.
    Later(String, Option<i64>),
    /// The listener ended it.
    Stopped,
}

/// Asks the model.
///
/// # Errors
/// A store that did not answer.
pub(crate) async fn call(call: &Call<'_>) -> Result<Outcome> {
    let request = call.request;
    let Some(server) = call.configured.server.as_ref().filter(|_| !request.builtin) else {
        let answer = builtin::answer(request);
        (call.heard)(&answer.text);
        return Ok(Outcome::Answer(answer));
    };
    let (request, _) = guard::scrub_request(request);
    let key = cache_key(&server.url, &server.name, &request);
    if let Some(answer) = kept(call.database, &key).await? {
        (call.heard)(&answer.text);
        return Ok(Outcome::Answer(answer));
    }
    if let Some(refusal) = over_budget(call, &request).await? {
        return Ok(Outcome::Failed(refusal));
    }
    match stream(call, server, &request).await {
        Ok(Some(answer)) => {
            keep(call.database, &key, &answer).await?;
            Ok(Outcome::Answer(answer))
        }
        Ok(None) => Ok(Outcome::Stopped),
        Err(failure) => Ok(match failure {
            Failure::Later { after_ms, .. } => Outcome::Later(failure.to_string(), after_ms),
            Failure::Server { .. } => Outcome::Later(failure.to_string(), None),
            _ => Outcome::Failed(failure.to_string()),
        }),
    }
}

/// What of a request is taken out before it is sent, by kind; nothing for the built-in model, to which nothing is sent.
pub(crate) fn scrubbed(configured: &Configured, request: &ModelRequest) -> Value {
    if configured.server.is_none() || request.builtin {
        return json!({});
    }
    json!(guard::scrub_request(request).1)
}

async fn kept(database: &TenantDb, key: &str) -> Result<Option<ModelAnswer>> {
    #[derive(Deserialize)]
    struct Row {
        answer: String,
    }
    let sql = "SELECT answer FROM model_cache WHERE tenant_id = ?1 AND key = ?2 AND expires_at > ?3";
    let row: Option<Row> = database.first(sql, &[key.into(), clock::now_ms().into()]).await?;
    // A kept answer that cannot be read is none.
    Ok(row.and_then(|row| serde_json::from_str::<ModelAnswer>(&row.answer).ok()).map(|answer| ModelAnswer {
        cached: true,
        repeated: false,
        ..answer
    }))
}

async fn keep(database: &TenantDb, key: &str, answer: &ModelAnswer) -> Result<()> {
    let json = serde_json::to_string(answer).map_err(|e| Error::corrupt("model answer", e))?;
    let now = clock::now_ms();
    let sql = "INSERT INTO model_cache (tenant_id, key, answer, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5) \
               ON CONFLICT DO UPDATE SET answer = excluded.answer, created_at = excluded.created_at, \
               expires_at = excluded.expires_at";
    database.run(sql, &[key.into(), json.into(), now.into(), (now + KEPT_MS).into()]).await.map(|_| ())
}

/// Why the tenant's budget does not allow the call, if it does not. Runs that are under way count with what they used.
async fn over_budget(call: &Call<'_>, request: &ModelRequest) -> Result<Option<String>> {
    #[derive(Deserialize)]
    struct Used {
        used: i64,
    }
    let limit = campaigns::limits::load(call.database).await?.guardrails.model_tokens_daily;
    let sql = "SELECT (SELECT COALESCE(SUM(tokens_in + tokens_out), 0) FROM model_usage WHERE tenant_id = ?1 AND day = ?2) \
               + (SELECT COALESCE(SUM(tokens_in + tokens_out), 0) FROM agent_runs WHERE tenant_id = ?1 \
               AND status = 'running') AS used";
    let used: Option<Used> = call.database.first(sql, &[(clock::now_ms() / 86_400_000).into()]).await?;
    let used = used.map_or(0, |used| used.used);
    let wanted = estimated_request_tokens(request).saturating_add(i64::from(request.max_tokens));
    let over = used.saturating_add(wanted) > limit;
    Ok(over.then(|| {
        format!("the day's model budget of {limit} tokens does not allow it: {used} are used, it may take {wanted}")
    }))
}

/// Sends a request and reads the stream; `None` when the listener ended it.
async fn stream(
    call: &Call<'_>,
    server: &Server,
    request: &ModelRequest,
) -> std::result::Result<Option<ModelAnswer>, Failure> {
    let broken = |error: worker::Error| Failure::Server { reason: error.to_string() };
    let headers = Headers::new();
    headers.set("content-type", "application/json").map_err(broken)?;
    headers.set("accept", "text/event-stream").map_err(broken)?;
    if let Ok(key) = settings::secret(call.env, KEY) {
        headers.set("authorization", &format!("Bearer {key}")).map_err(broken)?;
    }
    let body = openai::request_body(&server.name, request).to_string();
    let mut init = RequestInit::new();
    init.with_method(Method::Post).with_headers(headers).with_body(Some(JsValue::from_str(&body)));
    let http = Request::new_with_init(&format!("{}/chat/completions", server.url), &init).map_err(broken)?;
    let abort = AbortController::default();
    let signal = abort.signal();
    let fetch = Fetch::Request(http);
    let mut response = match patient(fetch.send_with_signal(&signal)).await {
        Ok(response) => response.map_err(broken)?,
        Err(silence) => {
            abort.abort();
            return Err(Failure::Server { reason: silence });
        }
    };
    let status = response.status_code();
    let retry_after = response.headers().get("retry-after").ok().flatten();
    let mut pieces = response.stream().map_err(broken)?;
    let mut error = Vec::new();
    let mut read = 0;
    let mut reader = Reader::default();
    loop {
        let piece = match patient(pieces.next()).await {
            Ok(Some(piece)) => piece.map_err(broken)?,
            Ok(None) => break,
            Err(silence) => {
                abort.abort();
                return Err(Failure::Server { reason: silence });
            }
        };
        read += piece.len();
        if status != 200 {
            if error.len() < MAX_ERROR {
                error.extend_from_slice(&piece);
            }
            continue;
        }
        if read > MAX_ANSWER {
            abort.abort();
            return Err(Failure::Request { reason: format!("the answer is longer than {MAX_ANSWER} bytes") });
        }
        let added = reader.push(&piece)?;
        if !added.is_empty() && !(call.heard)(&added) {
            abort.abort();
            return Ok(None);
        }
    }
    if status != 200 {
        return Err(openai::failure(status, retry_after.as_deref(), &String::from_utf8_lossy(&error)));
    }
    reader.finish(&server.name, request).map(Some)
}

async fn patient<T>(future: impl Future<Output = T>) -> std::result::Result<T, String> {
    let timer = Delay::from(SILENCE);
    pin_mut!(future);
    pin_mut!(timer);
    match select(future, timer).await {
        Either::Left((value, _)) => Ok(value),
        Either::Right(((), _)) => Err(format!("no answer within {} s", SILENCE.as_secs())),
    }
}
