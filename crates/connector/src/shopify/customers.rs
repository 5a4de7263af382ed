//! Customers, a row each.

use super::cells::{CellError, Row, error};
use serde::{Deserialize, Serialize};

/// Columns a file of customers must have.
pub const REQUIRED: [&str; 3] = ["Email", "Total Spent", "Total Orders"];

/// A customer. Names, streets and telephone numbers are not read: nothing here needs them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// The shop's id; may be empty in older exports.
    pub id: String,
    /// As written; callers store its hash.
    pub email: String,
    /// ISO 3166-1.
    pub country: String,
    /// State or province code.
    pub region: String,
    /// City.
    pub city: String,
    /// Agreed to e-mail.
    pub accepts_email: bool,
    /// Agreed to text messages.
    pub accepts_sms: bool,
    /// As the export says.
    pub orders: i64,
    /// Minor units of the site's currency, as the export says.
    pub spent: i64,
    /// The shop's own marks.
    pub tags: Vec<String>,
}

/// A row.
///
/// # Errors
/// The first cell that cannot be read; a row with neither id nor address is nobody.
pub(super) fn customer(row: Row<'_>, currency: &str) -> Result<Customer, CellError> {
    let (id, email) = (row.text("Customer ID"), row.text("Email"));
    if id.is_empty() && email.is_empty() {
        return Err(error("Email", "is empty, and so is Customer ID: nothing says who this is"));
    }
    Ok(Customer {
        id: id.to_owned(),
        email: email.to_owned(),
        country: row.text("Default Address Country Code").to_owned(),
        region: row.text("Default Address Province Code").to_owned(),
        city: row.text("Default Address City").to_owned(),
        accepts_email: row.flag("Accepts Email Marketing"),
        accepts_sms: row.flag("Accepts SMS Marketing"),
        orders: row.whole("Total Orders")?.unwrap_or_default(),
        spent: row.money("Total Spent", currency)?.unwrap_or_default(),
        tags: row.list("Tags"),
    })
}
