//! Not there yet.

use serde_json::Value;
use study::{Asked, Step};
use worker::Env;

use crate::object::Failed;

/// Not there yet.
pub(crate) async fn step(_env: &Env, _asked: &Asked<Value>, _state: &str) -> Result<Step, Failed> {
    Err(problem::Problem::conflict("not there yet").into())
}
