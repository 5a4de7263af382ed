//! Orders. An order's first row has everything; the rows below it repeat its name and hold one more line item each.

use super::cells::{CellError, Row, error};
use event::money;
use serde::{Deserialize, Serialize};

/// Columns a file of orders must have.
pub const REQUIRED: [&str; 6] = ["Name", "Financial Status", "Currency", "Total", "Created at", "Lineitem quantity"];

/// An order with its lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// `#1001`: what tells orders apart in an export.
    pub name: String,
    /// The shop's own id.
    pub id: String,
    /// The address, as written; callers store its hash.
    pub email: String,
    /// `paid`, `pending`, `refunded`, `partially_refunded`, `voided`, …
    pub financial_status: String,
    /// `fulfilled`, `unfulfilled`, `partial`; may be empty.
    pub fulfillment_status: String,
    /// ISO 4217.
    pub currency: String,
    /// Minor units, after discounts, before shipping and tax.
    pub subtotal: i64,
    /// Minor units.
    pub shipping: i64,
    /// Minor units.
    pub taxes: i64,
    /// Minor units.
    pub total: i64,
    /// Minor units.
    pub discount: i64,
    /// Minor units.
    pub refunded: i64,
    /// May be empty.
    pub discount_code: String,
    /// UTC ms.
    pub created_at: i64,
    /// UTC ms.
    pub paid_at: Option<i64>,
    /// UTC ms.
    pub cancelled_at: Option<i64>,
    /// ISO 3166-1 of the shipping address, else of the billing address.
    pub country: String,
    /// The export's own: `web`, `pos`, an app's number.
    pub source: String,
    /// From the note attributes; may be empty.
    pub utm_source: String,
    /// From the note attributes; may be empty.
    pub utm_medium: String,
    /// From the note attributes; may be empty.
    pub utm_campaign: String,
    /// What was ordered.
    pub lines: Vec<Line>,
}

/// A line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// As on the invoice.
    pub product: String,
    /// May be empty.
    pub sku: String,
    /// Pieces.
    pub quantity: i64,
    /// Minor units a piece.
    pub price: i64,
    /// Minor units off the line.
    pub discount: i64,
}

/// An order's first row.
///
/// # Errors
/// The first cell that cannot be read.
pub(super) fn first(row: Row<'_>) -> Result<Order, CellError> {
    let currency = money::currency(row.text("Currency"))
        .ok_or_else(|| error("Currency", format!("`{}` is no ISO 4217 currency", row.text("Currency"))))?;
    let amount = |column: &str| row.money(column, currency).map(Option::unwrap_or_default);
    let total = row.money("Total", currency)?.ok_or_else(|| error("Total", "is empty"))?;
    let created_at = row.instant("Created at")?.ok_or_else(|| error("Created at", "is empty"))?;
    let status = row.text("Financial Status");
    if status.is_empty() {
        return Err(error("Financial Status", "is empty on an order's first row"));
    }
    let country = [row.text("Shipping Country"), row.text("Billing Country")];
    let note = |name: &str| attribute(row.text("Note Attributes"), name);
    Ok(Order {
        name: row.text("Name").to_owned(),
        id: row.text("Id").to_owned(),
        email: row.text("Email").to_owned(),
        financial_status: status.to_ascii_lowercase(),
        fulfillment_status: row.text("Fulfillment Status").to_ascii_lowercase(),
        currency: currency.to_owned(),
        subtotal: amount("Subtotal")?,
        shipping: amount("Shipping")?,
        taxes: amount("Taxes")?,
        total,
        discount: amount("Discount Amount")?,
        refunded: amount("Refunded Amount")?,
        discount_code: row.text("Discount Code").to_owned(),
        created_at,
        paid_at: row.instant("Paid at")?,
        cancelled_at: row.instant("Cancelled at")?,
        country: country.into_iter().find(|code| !code.is_empty()).unwrap_or_default().to_owned(),
        source: row.text("Source").to_owned(),
        utm_source: note("utm_source"),
        utm_medium: note("utm_medium"),
        utm_campaign: note("utm_campaign"),
        lines: vec![line(row, currency)?],
    })
}

/// A row's line item.
///
/// # Errors
/// The first cell that cannot be read.
pub(super) fn line(row: Row<'_>, currency: &str) -> Result<Line, CellError> {
    Ok(Line {
        product: row.text("Lineitem name").to_owned(),
        sku: row.text("Lineitem sku").to_owned(),
        quantity: row.whole("Lineitem quantity")?.ok_or_else(|| error("Lineitem quantity", "is empty"))?,
        price: row.money("Lineitem price", currency)?.unwrap_or_default(),
        discount: row.money("Lineitem discount", currency)?.unwrap_or_default(),
    })
}

/// A value of the note attributes, which stand one a line as `name: value`.
fn attribute(text: &str, name: &str) -> String {
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(found, _)| found.trim().eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim().to_owned())
        .unwrap_or_default()
}
