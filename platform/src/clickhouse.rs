//! ClickHouse over HTTP, when [`crate::settings::CLICKHOUSE_URL`] is set. Values travel as typed parameters beside the
//! SQL; the answer's body is always read.

use crate::error::{Error, Result};
use crate::settings;
use serde::de::DeserializeOwned;
use worker::{Env, Fetch, Headers, Method, Request, RequestInit, Url};

/// A reachable ClickHouse.
pub struct ClickHouse {
    url: Url,
    user: Option<String>,
    password: Option<String>,
}

impl ClickHouse {
    /// The configured server, `None` when D1 is the warehouse.
    ///
    /// # Errors
    /// [`Error::Setting`] when the URL is unusable.
    pub fn configured(env: &Env) -> Result<Option<Self>> {
        let Some(text) = settings::variable(env, settings::CLICKHOUSE_URL) else {
            return Ok(None);
        };
        let mut url = Url::parse(&text).map_err(|e| Error::setting(settings::CLICKHOUSE_URL, e))?;
        if let Some(database) = settings::variable(env, "CLICKHOUSE_DATABASE") {
            url.query_pairs_mut().append_pair("database", &database);
        }
        Ok(Some(Self {
            url,
            user: settings::variable(env, "CLICKHOUSE_USER"),
            password: env.secret("CLICKHOUSE_PASSWORD").ok().map(|secret| secret.to_string()),
        }))
    }

    /// Rows of a query whose values stand as `{p1:String}`, `{p2:Int64}`, …; `params` are their HTTP parameters
    /// (`param_p1=…`). The first of them is the tenant: a query that does not name it is refused before it runs.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the server fails, [`Error::Corrupt`] when a row is not a `T`.
    pub async fn rows<T: DeserializeOwned>(
        &self,
        tenant: &str,
        sql: &str,
        params: &[(String, String)],
    ) -> Result<Vec<T>> {
        let first = params.first().map(|(name, value)| (name.as_str(), value.as_str()));
        if !sql.contains("{p1:String}") || first != Some(("param_p1", tenant)) {
            return Err(Error::unavailable("ClickHouse", "the statement does not name its tenant as p1"));
        }
        let mut pairs = vec![
            ("default_format".to_owned(), "JSONEachRow".to_owned()),
            ("output_format_json_quote_64bit_integers".to_owned(), "0".to_owned()),
        ];
        pairs.extend_from_slice(params);
        let body = self.post(&pairs, sql).await?;
        body.lines()
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_str(line).map_err(|e| Error::corrupt("ClickHouse row", e)))
            .collect()
    }

    /// Inserts rows of NDJSON. `token` makes a repeated insert of the same block a no-op where the table keeps a
    /// deduplication log.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the server fails.
    pub async fn insert(&self, table: &str, token: &str, ndjson: &str) -> Result<()> {
        let pairs = [
            ("query".to_owned(), format!("INSERT INTO {table} FORMAT JSONEachRow")),
            ("insert_deduplication_token".to_owned(), token.to_owned()),
            ("input_format_skip_unknown_fields".to_owned(), "1".to_owned()),
        ];
        self.post(&pairs, ndjson).await.map(|_| ())
    }

    async fn post(&self, pairs: &[(String, String)], body: &str) -> Result<String> {
        let mut url = self.url.clone();
        url.query_pairs_mut().extend_pairs(pairs);
        let headers = Headers::new();
        let set = |name: &str, value: &Option<String>| match value {
            Some(value) => headers.set(name, value).map_err(|e| Error::setting(name, e)),
            None => Ok(()),
        };
        set("X-ClickHouse-User", &self.user)?;
        set("X-ClickHouse-Key", &self.password)?;
        let mut init = RequestInit::new();
        init.with_method(Method::Post).with_headers(headers).with_body(Some(body.into()));
        let request = Request::new_with_init(url.as_str(), &init).map_err(|e| Error::unavailable("ClickHouse", e))?;
        let mut response = Fetch::Request(request).send().await.map_err(|e| Error::unavailable("ClickHouse", e))?;
        let text = response.text().await.map_err(|e| Error::unavailable("ClickHouse", e))?;
        if response.status_code() == 200 {
            Ok(text)
        } else {
            let first = text.lines().next().unwrap_or_default().to_owned();
            Err(Error::unavailable("ClickHouse", format!("answered {}: {first}", response.status_code())))
        }
    }
}
