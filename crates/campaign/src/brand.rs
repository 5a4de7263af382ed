//! A site's brand guidelines: how it speaks and what it never says.

use serde::{Deserialize, Serialize};

/// Brand guidelines of a site.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Brand {
    /// The brand's name as it is written.
    pub name: String,
    /// What it sells, in a sentence.
    pub description: String,
    /// How it speaks: `warm`, `plain`, `playful`, …
    pub tone: Vec<String>,
    /// Words and phrases never used.
    pub banned: Vec<String>,
    /// Texts that must stand in every ad's body, such as a legal line.
    pub required: Vec<String>,
    /// What may be claimed: `free shipping over 50 EUR`.
    pub claims: Vec<String>,
    /// BCP 47 language of copy.
    pub language: String,
    /// Brand colours, `#rrggbb`.
    pub colors: Vec<String>,
}
