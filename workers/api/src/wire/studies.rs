//! Studies: how far one is.

use serde::Serialize;
use utoipa::ToSchema;

use crate::store::studies::StudyRecord;

/// A study, running or over.
#[derive(Debug, Serialize, ToSchema)]
pub struct Study {
    /// Stable id.
    pub id: String,
    /// `running`, `done` or `failed`.
    pub status: String,
    /// 0 to 1.
    pub progress: f64,
    /// What it is at, or why it failed, in words.
    pub detail: String,
    /// UTC ms.
    pub requested_at: i64,
    /// UTC ms; null while it runs.
    pub ended_at: Option<i64>,
}

impl From<&StudyRecord> for Study {
    fn from(record: &StudyRecord) -> Self {
        Self {
            id: record.id.clone(),
            status: record.status.clone(),
            progress: record.progress,
            detail: record.detail.clone(),
            requested_at: record.requested_at,
            ended_at: record.ended_at,
        }
    }
}
