//! Uploaded images.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// What an upload is.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AssetUploadQuery {
    /// The site it is for; the tenant's first site when absent.
    pub site: Option<String>,
    /// What to call it, at most 120 characters.
    pub title: Option<String>,
    /// Alternative text for those who cannot see it, at most 500 characters.
    pub alt: Option<String>,
}

/// An uploaded image.
#[derive(Debug, Serialize, ToSchema)]
pub struct Asset {
    /// Stable id.
    pub id: String,
    /// Site key.
    pub site: String,
    /// image.
    #[serde(rename = "type")]
    pub kind: String,
    /// For people.
    pub title: String,
    /// Alternative text.
    pub alt: String,
    /// As told from its bytes: image/jpeg, image/png, image/gif or image/webp.
    pub media_type: String,
    /// Pixels.
    pub width: i64,
    /// Pixels.
    pub height: i64,
    /// Size in bytes.
    pub bytes: i64,
    /// SHA-256 of the bytes, hex.
    pub sha256: String,
    /// Where the bytes are.
    pub url: String,
    /// Who uploaded it.
    pub created_by: String,
    /// UTC ms.
    pub created_at: i64,
}

/// Uploaded images, newest first; at most 500.
#[derive(Debug, Serialize, ToSchema)]
pub struct Assets {
    /// The rows.
    pub rows: Vec<Asset>,
}
