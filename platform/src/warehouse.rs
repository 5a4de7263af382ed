//! Runs the metric catalog's statements: on D1, or on ClickHouse where one is configured.
//!
//! Both give the same figures. What is asked is decided in crate `metrics`; every statement's first value is the
//! tenant, and one that says otherwise is refused here.

use crate::clickhouse::ClickHouse;
use crate::error::{Error, Result};
use crate::{Param, TenantDb};
use futures::future::try_join_all;
use metrics::{Answer, Dialect, MetricsError, Plan, Request, Statement};
use serde::de::DeserializeOwned;
use worker::Env;

/// One tenant's warehouse.
pub struct Warehouse<'a> {
    database: &'a TenantDb,
    clickhouse: Option<ClickHouse>,
}

/// Why a question to the catalog has no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The question makes no sense, or the rows do.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// The engine failed.
    #[error(transparent)]
    Platform(#[from] Error),
}

impl<'a> Warehouse<'a> {
    /// Opens the warehouse that is configured.
    ///
    /// # Errors
    /// [`Error::Setting`] when its configuration is unusable.
    pub fn open(env: &Env, database: &'a TenantDb) -> Result<Self> {
        Ok(Self { database, clickhouse: ClickHouse::configured(env)? })
    }

    /// The engine's dialect.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        if self.clickhouse.is_some() { Dialect::ClickHouse } else { Dialect::D1 }
    }

    /// Rows of a statement written for [`Self::dialect`].
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the engine fails, [`Error::Corrupt`] when a row is not a `T`.
    pub async fn rows<T: DeserializeOwned>(&self, statement: &Statement) -> Result<Vec<T>> {
        match &self.clickhouse {
            None => self.live_rows(statement).await,
            Some(server) => server.rows(self.database.tenant(), &statement.sql, &statement.http_params()).await,
        }
    }

    /// Rows of a statement written for D1, whatever the warehouse: the live feed reads what was stored a moment ago.
    ///
    /// # Errors
    /// As [`Self::rows`].
    pub async fn live_rows<T: DeserializeOwned>(&self, statement: &Statement) -> Result<Vec<T>> {
        match statement.params.first() {
            Some(metrics::Param::Text(tenant)) if tenant == self.database.tenant() => {}
            _ => return Err(Error::unavailable("the warehouse", "a statement's first value is not the tenant")),
        }
        let params: Vec<Param> = statement
            .params
            .iter()
            .skip(1)
            .map(|param| match param {
                metrics::Param::Text(text) => Param::Text(text.clone()),
                metrics::Param::Integer(number) => Param::Int(*number),
            })
            .collect();
        self.database.rows(&statement.sql, &params).await
    }

    /// Rows of a foreign text that the sandbox has written anew, on the engine it was written for. ClickHouse is told to
    /// read only, within bounds of time, memory and rows.
    ///
    /// # Errors
    /// As [`Self::rows`].
    pub async fn sandboxed_rows<T: DeserializeOwned>(
        &self,
        rewritten: &question::Rewritten,
        scope: &metrics::Scope,
    ) -> Result<Vec<T>> {
        let statement = rewritten.bind(scope);
        match &self.clickhouse {
            Some(server) if rewritten.clickhouse => {
                let mut params = statement.http_params();
                params.extend(
                    question::sandbox::CLICKHOUSE_SETTINGS
                        .iter()
                        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
                );
                server.rows(self.database.tenant(), &statement.sql, &params).await
            }
            _ => self.live_rows(&statement).await,
        }
    }

    /// The answer to a question to the catalog.
    ///
    /// # Errors
    /// [`AskError`] when the question makes no sense or the engine fails.
    pub async fn ask(&self, request: Request) -> std::result::Result<Answer, AskError> {
        let plan = Plan::new(request, self.dialect())?;
        let rows = try_join_all(plan.statements().map(|statement| self.rows(statement))).await?;
        Ok(plan.answer(&rows)?)
    }
}
