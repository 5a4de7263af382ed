//! Every column that holds a sealed secret which stays: where it is and what its secrets are sealed for. Answers under an
//! `Idempotency-Key` are sealed too and not listed: they are gone within a day.

use platform::{Param, Statement, TenantDb};
use serde::Deserialize;

/// A column of sealed secrets.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// The table.
    pub table: &'static str,
    /// Its key within the tenant.
    id: &'static str,
    /// The column.
    pub sealed: &'static str,
    /// The vault purpose of a row's secret.
    pub purpose: fn(&str) -> String,
}

/// All of them.
pub const COLUMNS: &[Column] = &[
    Column { table: "sites", id: "key", sealed: "secret_sealed", purpose: control::site::secret_purpose },
    Column {
        table: "channels",
        id: "id",
        sealed: "credentials_sealed",
        purpose: control::secrets::channel_credentials,
    },
    Column { table: "oauth_states", id: "state", sealed: "verifier_sealed", purpose: control::secrets::oauth_verifier },
];

/// Rows in one transaction.
const ROWS: i64 = 50;

/// A sealed secret.
#[derive(Clone, Debug, Deserialize)]
pub struct SealedRecord {
    /// The row's key.
    pub id: String,
    /// The secret.
    pub sealed: String,
}

/// The next rows after that key; rows without a secret are left out.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn page(database: &TenantDb, column: &Column, after: &str) -> platform::Result<Vec<SealedRecord>> {
    let Column { table, id, sealed, .. } = column;
    let sql = format!(
        "SELECT {id} AS id, {sealed} AS sealed FROM {table} WHERE tenant_id = ?1 AND {id} > ?2 AND {sealed} <> '' \
         ORDER BY {id} LIMIT {ROWS}"
    );
    database.rows(&sql, &[after.into()]).await
}

/// Puts a secret in another's place, unless that has changed since it was read: then the newer one is under the current
/// key already.
#[must_use]
pub fn replace(column: &Column, seen: &SealedRecord, sealed: &str) -> Statement {
    let Column { table, id, sealed: name, .. } = column;
    Statement::new(
        format!("UPDATE {table} SET {name} = ?3 WHERE tenant_id = ?1 AND {id} = ?2 AND {name} = ?4"),
        vec![Param::from(seen.id.as_str()), sealed.into(), seen.sealed.as_str().into()],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sealed_column_of_the_tables_is_listed() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations-d1");
        let mut found = Vec::new();
        for file in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            let mut table = "";
            for line in text.lines() {
                if let Some(rest) = line.strip_prefix("CREATE TABLE ") {
                    table = rest.split(' ').next().unwrap();
                }
                let column = line.split_whitespace().next().unwrap_or_default();
                if column.ends_with("_sealed") && line.starts_with("  ") {
                    found.push(format!("{table}.{column}"));
                }
            }
        }
        found.sort();
        let mut listed: Vec<String> =
            COLUMNS.iter().map(|column| format!("{}.{}", column.table, column.sealed)).collect();
        listed.push("idempotency_keys.body_sealed".to_owned());
        listed.sort();
        assert_eq!(found, listed);
    }
}
