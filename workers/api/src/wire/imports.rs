//! Uploads of files.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// What an upload is.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UploadQuery {
    /// The site it is for; the tenant's first site when absent.
    pub site: Option<String>,
    /// What to call the file in lists.
    pub file_name: Option<String>,
}

/// What an upload of a Shopify export is.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ShopifyQuery {
    /// orders, customers or products.
    pub kind: String,
    /// The site it is for; the tenant's first site when absent.
    pub site: Option<String>,
    /// What to call the file in lists.
    pub file_name: Option<String>,
}

/// Which imports.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ImportsQuery {
    /// Only this site's.
    pub site: Option<String>,
}

/// An upload and how far it is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Import {
    /// Stable id.
    pub id: String,
    /// ad_spend, shopify_orders, shopify_customers or shopify_products.
    pub kind: String,
    /// What the file was called.
    pub file_name: String,
    /// queued, running, done or failed.
    pub status: String,
    /// Rows read.
    pub rows_total: i64,
    /// Rows stored.
    pub rows_loaded: i64,
    /// Rows refused.
    pub rows_rejected: i64,
    /// Size of the file in bytes.
    pub bytes_total: i64,
    /// How much of it is stored; stays 0 for ad spend, which is stored at once.
    pub bytes_done: i64,
    /// More about the status.
    pub detail: String,
    /// UTC ms.
    pub created_at: i64,
    /// UTC ms; null while it runs.
    pub finished_at: Option<i64>,
}

/// All imports, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Imports {
    /// The rows.
    pub rows: Vec<Import>,
}

/// An import and the rows it refused.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportDetail {
    /// The import.
    #[serde(flatten)]
    pub import: Import,
    /// The first 500 refused fields.
    pub errors: Vec<ImportError>,
}

/// Why a row was refused.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportError {
    /// Line of the file, the header being 1.
    pub row: i64,
    /// Column.
    pub field: String,
    /// What was wrong.
    pub reason: String,
}
