//! Reading a row's cells by their column's name.

use chrono::DateTime;
use event::money;
use serde_json::Value;
use std::collections::BTreeMap;

/// The columns of a file, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header(BTreeMap<String, usize>, usize);

/// What is wrong with a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellError {
    /// The column.
    pub column: String,
    /// What was wrong and what would be right.
    pub reason: String,
}

impl Header {
    /// The header of these cells.
    #[must_use]
    pub fn new(cells: &[String]) -> Self {
        let places = cells.iter().enumerate().map(|(place, name)| (name.trim().to_owned(), place)).collect();
        Self(places, cells.len())
    }

    /// How many cells every row has.
    #[must_use]
    pub fn width(&self) -> usize {
        self.1
    }

    /// The first of these columns that is missing.
    #[must_use]
    pub fn missing<'a>(&self, columns: &[&'a str]) -> Option<&'a str> {
        columns.iter().find(|column| !self.0.contains_key(**column)).copied()
    }
}

/// A row seen through its header.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    header: &'a Header,
    cells: &'a [String],
}

impl<'a> Row<'a> {
    /// A row.
    #[must_use]
    pub fn new(header: &'a Header, cells: &'a [String]) -> Self {
        Self { header, cells }
    }

    /// A cell without the white space around it, `""` when the column is not there. The apostrophe that Shopify puts
    /// before what a spreadsheet would mangle is not part of the value.
    #[must_use]
    pub fn text(&self, column: &str) -> &'a str {
        let cell = self.header.0.get(column).and_then(|place| self.cells.get(*place)).map_or("", |cell| cell.trim());
        match cell.strip_prefix('\'') {
            Some(value) if value.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '=')) => value,
            _ => cell,
        }
    }

    /// Minor units of an amount; `None` for an empty cell.
    ///
    /// # Errors
    /// When it is no amount.
    pub fn money(&self, column: &str, currency: &str) -> Result<Option<i64>, CellError> {
        let text = self.text(column);
        if text.is_empty() {
            return Ok(None);
        }
        money::minor_units(&Value::String(text.to_owned()), currency)
            .map(Some)
            .ok_or_else(|| error(column, format!("`{}` is no amount of {currency}", short(text))))
    }

    /// A whole number; `None` for an empty cell.
    ///
    /// # Errors
    /// When it is none.
    pub fn whole(&self, column: &str) -> Result<Option<i64>, CellError> {
        let text = self.text(column);
        if text.is_empty() {
            return Ok(None);
        }
        text.parse().map(Some).map_err(|_| error(column, format!("`{}` is no whole number", short(text))))
    }

    /// UTC ms of an instant as Shopify writes it, `2014-01-01 02:28:48 -0500`; `None` for an empty cell.
    ///
    /// # Errors
    /// When it is none.
    pub fn instant(&self, column: &str) -> Result<Option<i64>, CellError> {
        let text = self.text(column);
        if text.is_empty() {
            return Ok(None);
        }
        DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S %z")
            .or_else(|_| DateTime::parse_from_rfc3339(text))
            .map(|instant| Some(instant.timestamp_millis()))
            .map_err(|_| error(column, format!("`{}` is no time like 2024-05-31 13:45:00 +0200", short(text))))
    }

    /// `yes` or `true`.
    #[must_use]
    pub fn flag(&self, column: &str) -> bool {
        matches!(self.text(column).to_ascii_lowercase().as_str(), "yes" | "true")
    }

    /// The comma-separated names of a cell.
    #[must_use]
    pub fn list(&self, column: &str) -> Vec<String> {
        self.text(column).split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
    }
}

/// An error of a column.
pub(super) fn error(column: &str, reason: impl Into<String>) -> CellError {
    CellError { column: column.to_owned(), reason: reason.into() }
}

/// The beginning of a value, for messages.
fn short(text: &str) -> String {
    text.chars().take(40).collect()
}
