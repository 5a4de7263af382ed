//! Brand guidelines.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A site's brand guidelines, as they are to be.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BrandForm {
    /// The brand's name as it is written.
    pub name: String,
    /// What it sells, in a sentence.
    pub description: String,
    /// How it speaks: `warm`, `plain`.
    pub tone: Vec<String>,
    /// Words and phrases never used: an ad that has one cannot be submitted.
    pub banned: Vec<String>,
    /// Texts that must stand in every ad.
    pub required: Vec<String>,
    /// What may be claimed: `free shipping over 50 EUR`.
    pub claims: Vec<String>,
    /// BCP 47 language of copy, such as `de`.
    pub language: String,
    /// Brand colours, `#rrggbb`.
    pub colors: Vec<String>,
}

/// A site's brand guidelines.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Brand {
    /// Site key.
    pub site: String,
    /// Raised by every change, 0 while there are none; in quotes it is the ETag.
    pub version: i64,
    /// The brand's name as it is written.
    pub name: String,
    /// What it sells, in a sentence.
    pub description: String,
    /// How it speaks.
    pub tone: Vec<String>,
    /// Words and phrases never used.
    pub banned: Vec<String>,
    /// Texts that must stand in every ad.
    pub required: Vec<String>,
    /// What may be claimed.
    pub claims: Vec<String>,
    /// BCP 47 language of copy.
    pub language: String,
    /// Brand colours, `#rrggbb`.
    pub colors: Vec<String>,
    /// Who changed them last; empty for nobody.
    pub updated_by: String,
    /// UTC ms; 0 for never.
    pub updated_at: i64,
}
