//! Products. A product's first row has its title; the rows below it repeat its handle and hold one more variant or image
//! each.

use super::cells::{CellError, Row, error};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Columns a file of products must have.
pub const REQUIRED: [&str; 3] = ["Handle", "Title", "Variant Price"];

/// A product with its variants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// What tells products apart: the end of its address in the shop.
    pub handle: String,
    /// Name.
    pub title: String,
    /// Maker.
    pub vendor: String,
    /// Type or category.
    pub category: String,
    /// The shop's own marks.
    pub tags: Vec<String>,
    /// `active`, `draft`, `archived`.
    pub status: String,
    /// First image.
    pub image_url: String,
    /// Variants, in order; a product without options has one.
    pub variants: Vec<Variant>,
}

/// A variant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variant {
    /// May be empty.
    pub sku: String,
    /// Option values by option name.
    pub options: BTreeMap<String, String>,
    /// Minor units of the site's currency.
    pub price: Option<i64>,
    /// Minor units.
    pub compare_at_price: Option<i64>,
    /// Minor units.
    pub cost: Option<i64>,
    /// Pieces.
    pub stock: Option<i64>,
}

/// A product's first row. Option names stand here only, so the rows below are read with `options` of it.
///
/// # Errors
/// The first cell that cannot be read.
pub(super) fn first(row: Row<'_>, currency: &str) -> Result<(Product, Vec<String>), CellError> {
    let title = row.text("Title");
    if title.is_empty() {
        return Err(error("Title", "is empty on a product's first row"));
    }
    let options: Vec<String> = (1..=3).map(|number| row.text(&format!("Option{number} Name")).to_owned()).collect();
    let status = match row.text("Status") {
        "" if row.flag("Published") => "active".to_owned(),
        "" => "draft".to_owned(),
        status => status.to_ascii_lowercase(),
    };
    let category = [row.text("Type"), row.text("Product Category"), row.text("Standard Product Type")];
    let product = Product {
        handle: row.text("Handle").to_owned(),
        title: title.to_owned(),
        vendor: row.text("Vendor").to_owned(),
        category: category.into_iter().find(|name| !name.is_empty()).unwrap_or_default().to_owned(),
        tags: row.list("Tags"),
        status,
        image_url: row.text("Image Src").to_owned(),
        variants: variant(row, &options, currency)?.into_iter().collect(),
    };
    Ok((product, options))
}

/// A row's variant; `None` for a row that only adds an image.
///
/// # Errors
/// The first cell that cannot be read.
pub(super) fn variant(row: Row<'_>, options: &[String], currency: &str) -> Result<Option<Variant>, CellError> {
    let value = |number: usize| row.text(&format!("Option{number} Value"));
    let price = row.money("Variant Price", currency)?;
    if price.is_none() && value(1).is_empty() {
        return Ok(None);
    }
    Ok(Some(Variant {
        sku: row.text("Variant SKU").to_owned(),
        options: options
            .iter()
            .zip(1..)
            .filter(|(name, _)| !name.is_empty())
            .map(|(name, number)| (name.clone(), value(number).to_owned()))
            .collect(),
        price,
        compare_at_price: row.money("Variant Compare At Price", currency)?,
        cost: row.money("Cost per item", currency)?,
        stock: row.whole("Variant Inventory Qty")?,
    }))
}
