//! Ad spend as CSV: a row a day and campaign. Sources, media and channels are normalised by the same rules as a
//! visit's, so that spend and revenue meet in one row of a report.

use campaign::ChannelType;
use event::channel::{self, Touch};
use event::{money, source};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Names a column goes by, lower-case; the first is ours, the others are those of the platforms' own exports.
const COLUMNS: [(&str, &[&str]); 8] = [
    ("date", &["date", "day", "reporting starts", "segments.date"]),
    ("source", &["source", "platform", "utm_source"]),
    ("medium", &["medium", "utm_medium"]),
    ("campaign", &["campaign", "campaign name", "campaign_name", "utm_campaign"]),
    ("impressions", &["impressions", "impr."]),
    ("clicks", &["clicks", "link clicks"]),
    ("spend", &["spend", "cost", "amount spent", "amount"]),
    ("currency", &["currency", "currency code"]),
];
/// Columns a file must have.
const REQUIRED: [&str; 3] = ["date", "source", "spend"];

/// What was spent on a campaign on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spend {
    /// Days since 1970-01-01 on the site's calendar.
    pub local_day: i64,
    /// Channel by the grouping rules.
    pub channel: String,
    /// Normalised source.
    pub source: String,
    /// Normalised medium.
    pub medium: String,
    /// Campaign as written.
    pub campaign: String,
    /// Times shown.
    pub impressions: i64,
    /// Times clicked.
    pub clicks: i64,
    /// Minor units of `currency`.
    pub spend_minor: i64,
    /// ISO 4217.
    pub currency: String,
}

/// Where a provider's figures stand in a report: where the visits of its links stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Channel by the grouping rules.
    pub channel: &'static str,
    /// Normalised source.
    pub source: String,
    /// Normalised medium.
    pub medium: String,
}

impl Place {
    /// A provider's.
    #[must_use]
    pub fn of(provider: ChannelType) -> Self {
        let source = source::normalise(provider.utm_source());
        let medium = source::normalise_medium(provider.utm_medium());
        let channel = channel::group(&Touch { source: &source, medium: &medium, campaign: "" });
        Self { channel, source, medium }
    }
}

/// Why a row was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowError {
    /// Line of the file, the header being 1.
    pub row: i64,
    /// Column at fault.
    pub field: String,
    /// What was wrong and what would be right.
    pub reason: String,
}

/// Why a file was left out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// A column that every row needs is not there.
    #[error("the header has no column `{missing}`; it has: {found}")]
    MissingColumn {
        /// The column.
        missing: &'static str,
        /// What the header says.
        found: String,
    },
    /// The header cannot be read as CSV.
    #[error("the header cannot be read: {0}")]
    Header(String),
}

/// A file, read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Rows of the same day, source, medium and campaign are added up (platforms export a row an ad set).
    pub spend: Vec<Spend>,
    /// Rows left out.
    pub errors: Vec<RowError>,
    /// Rows read.
    pub rows: i64,
}

/// Reads a file. `currency` is the site's: other currencies are refused until exchange rates are known.
///
/// # Errors
/// [`FileError`] when no row can be read at all.
pub fn read(bytes: &[u8], currency: &str) -> Result<Report, FileError> {
    // Spreadsheet programs put a byte order mark in front.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let delimiter = delimiter(bytes);
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).delimiter(delimiter).from_reader(bytes);
    let header = reader.byte_headers().map_err(|e| FileError::Header(e.to_string()))?.clone();
    let names: Vec<String> = header.iter().map(|name| String::from_utf8_lossy(name).to_lowercase()).collect();
    let place = |column: &str| {
        let (_, aliases) = COLUMNS.iter().find(|(name, _)| *name == column)?;
        aliases.iter().find_map(|alias| names.iter().position(|name| name == alias))
    };
    if let Some(missing) = REQUIRED.into_iter().find(|column| place(column).is_none()) {
        return Err(FileError::MissingColumn { missing, found: names.join(", ") });
    }
    let places: BTreeMap<&str, usize> =
        COLUMNS.iter().filter_map(|(column, _)| Some((*column, place(column)?))).collect();

    let mut report = Report::default();
    let mut sums: BTreeMap<(i64, String, String, String), Spend> = BTreeMap::new();
    for (record, counted) in reader.byte_records().zip(2_i64..) {
        report.rows += 1;
        let row = match record {
            Ok(record) => {
                let line = record.position().and_then(|p| i64::try_from(p.line()).ok()).unwrap_or(counted);
                let cell = |column: &str| -> String {
                    let bytes = places.get(column).and_then(|place| record.get(*place)).unwrap_or_default();
                    String::from_utf8_lossy(bytes).trim().to_owned()
                };
                read_row(&cell, currency).map_err(|(field, reason)| RowError { row: line, field, reason })
            }
            Err(error) => {
                Err(RowError { row: counted, field: "row".to_owned(), reason: format!("cannot be read: {error}") })
            }
        };
        match row {
            Ok(spend) => {
                let key = (spend.local_day, spend.source.clone(), spend.medium.clone(), spend.campaign.clone());
                sums.entry(key)
                    .and_modify(|sum| {
                        sum.impressions = sum.impressions.saturating_add(spend.impressions);
                        sum.clicks = sum.clicks.saturating_add(spend.clicks);
                        sum.spend_minor = sum.spend_minor.saturating_add(spend.spend_minor);
                    })
                    .or_insert(spend);
            }
            Err(error) => report.errors.push(error),
        }
    }
    report.spend = sums.into_values().collect();
    Ok(report)
}

type Fault = (String, String);

fn read_row(cell: &impl Fn(&str) -> String, currency: &str) -> Result<Spend, Fault> {
    let fault = |field: &str, reason: String| (field.to_owned(), reason);
    let date = cell("date");
    let local_day = calendar::parse_day("date", &date)
        .map_err(|_| fault("date", format!("`{date}` is no date of the form YYYY-MM-DD")))?;
    let source = source::normalise(&cell("source"));
    if source.is_empty() {
        return Err(fault("source", "is empty: name the platform, for example google or facebook".to_owned()));
    }
    let found = cell("currency");
    if !found.is_empty() && money::currency(&found) != Some(currency) {
        return Err(fault(
            "currency",
            format!("is `{found}`, the site's is {currency}: import in the site's currency"),
        ));
    }
    let amount = cell("spend").replace(['\u{a0}', ' '], "");
    let spend_minor = money::minor_units(&Value::String(plain_decimal(&amount)), currency)
        .filter(|minor| *minor >= 0)
        .ok_or_else(|| fault("spend", format!("`{amount}` is no amount such as 12.50")))?;
    let count = |field: &str| -> Result<i64, Fault> {
        let text = cell(field).replace([',', ' ', '\u{a0}'], "");
        if text.is_empty() {
            return Ok(0);
        }
        text.parse::<i64>()
            .ok()
            .filter(|n| (0..=money::MAX_MINOR).contains(n))
            .ok_or_else(|| fault(field, format!("`{text}` is no whole number of 0 or more")))
    };
    let medium = match source::normalise_medium(&cell("medium")) {
        // Spend is paid by definition; which kind of paid, the source tells.
        medium if medium.is_empty() => match source::known(&source).map(|known| known.kind) {
            Some(source::Kind::Social) => "paid-social".to_owned(),
            _ => "cpc".to_owned(),
        },
        medium => medium,
    };
    let campaign = cell("campaign");
    Ok(Spend {
        local_day,
        channel: channel::group(&Touch { source: &source, medium: &medium, campaign: &campaign }).to_owned(),
        impressions: count("impressions")?,
        clicks: count("clicks")?,
        source,
        medium,
        campaign,
        spend_minor,
        currency: currency.to_owned(),
    })
}

/// `1,234.50` without its thousands separators; a decimal comma stays one and is refused, because `1,234` could mean
/// either.
fn plain_decimal(amount: &str) -> String {
    if amount.contains('.') { amount.replace(',', "") } else { amount.to_owned() }
}

/// `;` where the header has more of them than commas, as spreadsheet programs of half the world write CSV; or a tab.
fn delimiter(bytes: &[u8]) -> u8 {
    let header = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let count = |delimiter: u8| header.iter().filter(|byte| **byte == delimiter).count();
    [b';', b'\t'].into_iter().find(|delimiter| count(*delimiter) > count(b',')).unwrap_or(b',')
}

#[cfg(test)]
mod tests {
    use super::{FileError, read};
    use proptest::prelude::*;

    #[test]
    fn a_report_is_normalised_and_rows_of_one_campaign_add_up() {
        let file = "\u{feff}Day;Platform;Campaign name;Impressions;Clicks;Amount spent\n\
            2026-11-01;Facebook;Spring;1000;20;12.50\n2026-11-01;fb;Spring;500;5;7.5\n2026-11-02;google;;0;0;1,234.00\n";
        let report = read(file.as_bytes(), "EUR").unwrap();
        assert_eq!((report.rows, report.errors.len(), report.spend.len()), (3, 0, 2));
        let spring = &report.spend[0];
        assert_eq!(
            (spring.source.as_str(), spring.medium.as_str(), spring.channel.as_str()),
            ("facebook", "paid-social", "Paid Social")
        );
        assert_eq!((spring.impressions, spring.clicks, spring.spend_minor), (1500, 25, 2000));
        assert_eq!((report.spend[1].channel.as_str(), report.spend[1].spend_minor), ("Paid Search", 123_400));
    }

    #[test]
    fn a_bad_row_is_named_by_line_and_column_and_the_rest_is_kept() {
        let file = "date,source,spend,clicks,currency\n2026-11-01,google,1.00,3,EUR\n01.11.2026,google,1,1,EUR\n\
            2026-11-01,,1,1,EUR\n2026-11-01,google,1,1,USD\n2026-11-01,google,-1,1,EUR\n2026-11-01,google,1,x,EUR\n\
            2026-11-01,google,\"1,5\",1,EUR\n";
        let report = read(file.as_bytes(), "EUR").unwrap();
        let found: Vec<(i64, &str)> = report.errors.iter().map(|e| (e.row, e.field.as_str())).collect();
        assert_eq!(found, [(3, "date"), (4, "source"), (5, "currency"), (6, "spend"), (7, "clicks"), (8, "spend")]);
        assert_eq!(report.spend.len(), 1);
    }

    #[test]
    fn a_file_without_a_needed_column_is_refused_with_what_it_has() {
        assert_eq!(
            read(b"date,spend\n", "EUR"),
            Err(FileError::MissingColumn { missing: "source", found: "date, spend".to_owned() })
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut file = b"date,source,spend\n".to_vec();
            file.extend(bytes);
            let report = read(&file, "EUR").unwrap();
            prop_assert!(report.spend.len() as i64 + report.errors.len() as i64 <= report.rows);
        }
    }
}
