//! Asking the configured language model: the tenant's budget, answers kept from equal requests, personal data out, the
//! stream. Whoever asks says what an answer must be; nothing here judges one.

use crate::{Error, Result, Statement, TenantDb, campaigns, clock, settings};
use futures::future::{Either, select};
use futures::{StreamExt as _, pin_mut};
use model::openai::{self, Failure, Reader};
use model::price::{self, Price};
use model::scrub::scrub_request;
use model::{ModelAnswer, Request as Asked, Usage, cache_key, estimated_request_tokens};
use serde::Deserialize;
use std::time::Duration;
use wasm_bindgen::JsValue;
use worker::{AbortController, AbortSignal, Delay, Env, Fetch, Headers, Method, Request, RequestInit, Url};

/// Base of the API.
const URL: &str = "MODEL_URL";
/// Which model.
const NAME: &str = "MODEL_NAME";
/// Bearer key.
const KEY: &str = "MODEL_KEY";
/// A stream that says nothing for so long is given up, ms.
const SILENCE: &str = "MODEL_SILENCE_MS";

/// [`SILENCE`] unless it is set: models that think before they speak take a minute.
const SILENCE_MS: i64 = 90_000;
/// Longest error body that is read, in bytes.
const MAX_ERROR: usize = 64 * 1024;
/// Longest answer in bytes.
const MAX_ANSWER: usize = 4 * 1024 * 1024;
/// How long an answer is kept, ms.
const KEPT_MS: i64 = DAY_MS;

const DAY_MS: i64 = 24 * 60 * 60_000;

/// The configured model.
#[derive(Clone, Debug)]
pub struct Server {
    /// Without a slash at its end.
    url: String,
    name: String,
    price: Option<Price>,
    silence: Duration,
}

impl Server {
    /// Reads the settings; `None` where no model is configured.
    ///
    /// # Errors
    /// [`Error::Setting`] when one of them is unusable.
    pub fn read(env: &Env) -> Result<Option<Self>> {
        let Some(url) = settings::variable(env, URL) else { return Ok(None) };
        Url::parse(&url).map_err(|e| Error::setting(URL, e))?;
        let name = settings::variable(env, NAME).ok_or_else(|| Error::setting(NAME, "is not set, but MODEL_URL is"))?;
        let own = |name| settings::number(env, name, -1).map(|price| (price >= 0).then_some(price));
        let price = match (own("MODEL_PRICE_IN")?, own("MODEL_PRICE_OUT")?) {
            (Some(tokens_in), Some(tokens_out)) => Some(Price { tokens_in, tokens_out }),
            _ => price::listed(&name),
        };
        let silence = settings::number(env, SILENCE, SILENCE_MS)?;
        let silence = u64::try_from(silence).map_err(|e| Error::setting(SILENCE, e))?;
        let silence = Duration::from_millis(silence);
        Ok(Some(Self { url: url.trim_end_matches('/').to_owned(), name, price, silence }))
    }

    /// Which model.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What an answer cost, in millionths of a US dollar; one that was kept costs nothing again.
    #[must_use]
    pub fn cost_micros(&self, answer: &ModelAnswer) -> i64 {
        if answer.cached { 0 } else { price::cost_micros(self.price, answer.usage) }
    }
}

/// A request on its way.
pub struct Call<'a> {
    /// For the key.
    pub env: &'a Env,
    /// Whose budget and cache.
    pub database: &'a TenantDb,
    /// Who is asked.
    pub server: &'a Server,
    /// What is asked.
    pub request: &'a Asked,
    /// Given up after so long altogether, where somebody waits.
    pub within: Option<Duration>,
    /// Takes pieces of the text as they come; `false` ends the call.
    pub heard: &'a dyn Fn(&str) -> bool,
}

/// What came of a call.
#[derive(Debug)]
pub enum Outcome {
    /// An answer.
    Answer(ModelAnswer),
    /// None; nothing was sent, for the tenant's tokens of the day are used up. In words, with the figures.
    OverBudget(String),
    /// None.
    Failed(Failure),
    /// The listener ended it.
    Stopped,
}

/// Asks the model. What it used counts against the tenant's budget at once.
///
/// # Errors
/// A store that did not answer.
pub async fn call(call: &Call<'_>) -> Result<Outcome> {
    let (request, _) = scrub_request(call.request);
    let key = cache_key(&call.server.url, &call.server.name, &request);
    if let Some(answer) = kept(call.database, &key).await? {
        (call.heard)(&answer.text);
        return Ok(Outcome::Answer(answer));
    }
    if let Some(refusal) = over_budget(call, &request).await? {
        return Ok(Outcome::OverBudget(refusal));
    }
    let (ended, spent) = Stream::new(call, &request).read().await;
    let mut statements = Vec::new();
    let outcome = match ended {
        Ok(Some(answer)) => {
            statements.push(keep(&key, &answer)?);
            statements.push(count(call.server, &answer));
            Outcome::Answer(answer)
        }
        unfinished => {
            // Whoever breaks off has read the question and written what came; what that was can only be estimated.
            if let Some(usage) = spent {
                let model = call.server.name.clone();
                statements.push(count(call.server, &ModelAnswer { usage, model, ..ModelAnswer::default() }));
            }
            unfinished.map_or_else(Outcome::Failed, |_| Outcome::Stopped)
        }
    };
    if !statements.is_empty() {
        call.database.transaction(&statements).await?;
    }
    Ok(outcome)
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

fn keep(key: &str, answer: &ModelAnswer) -> Result<Statement> {
    let json = serde_json::to_string(answer).map_err(|e| Error::corrupt("model answer", e))?;
    let now = clock::now_ms();
    let sql = "INSERT INTO model_cache (tenant_id, key, answer, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5) \
               ON CONFLICT DO UPDATE SET answer = excluded.answer, created_at = excluded.created_at, \
               expires_at = excluded.expires_at";
    Ok(Statement::new(sql, vec![key.into(), json.into(), now.into(), (now + KEPT_MS).into()]))
}

fn count(server: &Server, answer: &ModelAnswer) -> Statement {
    let sql = "INSERT INTO model_usage (tenant_id, day, model, calls, tokens_in, tokens_out, cost_micros) \
               VALUES (?1, ?2, ?3, 1, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET calls = calls + 1, \
               tokens_in = tokens_in + excluded.tokens_in, tokens_out = tokens_out + excluded.tokens_out, \
               cost_micros = cost_micros + excluded.cost_micros";
    let values = vec![
        clock::now_ms().div_euclid(DAY_MS).into(),
        answer.model.as_str().into(),
        answer.usage.tokens_in.into(),
        answer.usage.tokens_out.into(),
        server.cost_micros(answer).into(),
    ];
    Statement::new(sql, values)
}

/// Why the tenant's budget does not allow the call, if it does not.
async fn over_budget(call: &Call<'_>, request: &Asked) -> Result<Option<String>> {
    #[derive(Deserialize)]
    struct Used {
        used: i64,
    }
    let limit = campaigns::limits::load(call.database).await?.guardrails.model_tokens_daily;
    let sql = "SELECT COALESCE(SUM(tokens_in + tokens_out), 0) AS used FROM model_usage \
               WHERE tenant_id = ?1 AND day = ?2";
    let used: Option<Used> = call.database.first(sql, &[clock::now_ms().div_euclid(DAY_MS).into()]).await?;
    let used = used.map_or(0, |used| used.used);
    let wanted = estimated_request_tokens(request).saturating_add(i64::from(request.max_tokens));
    let over = used.saturating_add(wanted) > limit;
    Ok(over.then(|| {
        format!("the day's model budget of {limit} tokens does not allow it: {used} are used, it may take {wanted}")
    }))
}

/// A request and the stream that answers it.
struct Stream<'a> {
    call: &'a Call<'a>,
    request: &'a Asked,
    began_at: i64,
}

/// How a stream ended: `Ok(None)` when the listener ended it.
type Ended = std::result::Result<Option<ModelAnswer>, Failure>;

impl<'a> Stream<'a> {
    fn new(call: &'a Call<'a>, request: &'a Asked) -> Self {
        Self { call, request, began_at: clock::now_ms() }
    }

    /// How it ended, and for an answer that began and did not end what it used, estimated.
    async fn read(&self) -> (Ended, Option<Usage>) {
        let mut reader = Reader::default();
        let mut spent = None;
        let abort = AbortController::default();
        let ended = self.pieces(&abort.signal(), &mut reader, &mut spent).await;
        if !matches!(ended, Ok(true)) {
            abort.abort();
        }
        match ended {
            Ok(true) => (reader.finish(&self.call.server.name, self.request).map(Some), None),
            Ok(false) => (Ok(None), spent),
            Err(failure) => (Err(failure), spent),
        }
    }

    /// Feeds the reader; `false` when the listener ended it.
    async fn pieces(
        &self,
        signal: &AbortSignal,
        reader: &mut Reader,
        spent: &mut Option<Usage>,
    ) -> std::result::Result<bool, Failure> {
        let broken = |error: worker::Error| Failure::Server { reason: error.to_string() };
        let fetch = Fetch::Request(self.http().map_err(broken)?);
        let mut response = self.patient(fetch.send_with_signal(signal)).await?.map_err(broken)?;
        let status = response.status_code();
        let retry_after = response.headers().get("retry-after").ok().flatten();
        let mut pieces = response.stream().map_err(broken)?;
        let mut error = Vec::new();
        let mut read = 0;
        if status == 200 {
            *spent = Some(Usage { tokens_in: estimated_request_tokens(self.request), tokens_out: 0 });
        }
        while let Some(piece) = self.patient(pieces.next()).await? {
            let piece = piece.map_err(broken)?;
            read += piece.len();
            if status != 200 {
                if error.len() < MAX_ERROR {
                    error.extend_from_slice(&piece);
                }
                continue;
            }
            if read > MAX_ANSWER {
                return Err(Failure::Request { reason: format!("the answer is longer than {MAX_ANSWER} bytes") });
            }
            let added = reader.push(&piece)?;
            if let Some(spent) = spent {
                spent.tokens_out = spent.tokens_out.saturating_add(model::estimated_tokens(&added));
            }
            if !added.is_empty() && !(self.call.heard)(&added) {
                return Ok(false);
            }
        }
        if status != 200 {
            return Err(openai::failure(status, retry_after.as_deref(), &String::from_utf8_lossy(&error)));
        }
        Ok(true)
    }

    fn http(&self) -> worker::Result<Request> {
        let headers = Headers::new();
        headers.set("content-type", "application/json")?;
        headers.set("accept", "text/event-stream")?;
        if let Ok(key) = settings::secret(self.call.env, KEY) {
            headers.set("authorization", &format!("Bearer {key}"))?;
        }
        let server = self.call.server;
        let body = openai::request_body(&server.name, self.request).to_string();
        let mut init = RequestInit::new();
        init.with_method(Method::Post).with_headers(headers).with_body(Some(JsValue::from_str(&body)));
        Request::new_with_init(&format!("{}/chat/completions", server.url), &init)
    }

    /// Waits as long as is allowed for the next sign.
    async fn patient<T>(&self, future: impl Future<Output = T>) -> std::result::Result<T, Failure> {
        let waited = Duration::from_millis(u64::try_from(clock::now_ms() - self.began_at).unwrap_or(0));
        let left = self.call.within.map_or(Duration::MAX, |within| within.saturating_sub(waited));
        let wait = left.min(self.call.server.silence);
        let timer = Delay::from(wait);
        pin_mut!(future);
        pin_mut!(timer);
        match select(future, timer).await {
            Either::Left((value, _)) => Ok(value),
            Either::Right(((), _)) => {
                Err(Failure::Server { reason: format!("no answer within {} ms", wait.as_millis()) })
            }
        }
    }
}
