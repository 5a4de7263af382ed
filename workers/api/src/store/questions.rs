//! Questions that were asked before and the SQL they became; what people thought of the answers; the names a site's
//! data knows.

use platform::{Param, Statement, TenantDb};
use serde::Deserialize;

/// A row of `question_cache`.
#[derive(Clone, Debug, Deserialize)]
pub struct CachedQuestion {
    /// SHA-256 of the normalised question, hexadecimal.
    pub hash: String,
    /// Normalised.
    pub question: String,
    /// JSON `question::Prepared`.
    pub plan: String,
    /// load, grammar or model.
    pub origin: String,
    /// UTC ms.
    pub created_at: i64,
    /// UTC ms.
    pub expires_at: i64,
    /// How often it was asked since it was made.
    pub hits: i64,
}

const COLUMNS: &str = "hash, question, plan, origin, created_at, expires_at, hits";

/// The SQL of a question, if it is still good; counts the hit.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn take(
    database: &TenantDb,
    site: &str,
    hash: &str,
    version: &str,
    now: i64,
) -> platform::Result<Option<CachedQuestion>> {
    let sql = format!(
        "UPDATE question_cache SET hits = hits + 1, last_used_at = ?5 WHERE tenant_id = ?1 AND site = ?2 AND hash = ?3 \
         AND schema_version = ?4 AND expires_at > ?5 RETURNING {COLUMNS}"
    );
    database.first(&sql, &[site.into(), hash.into(), version.into(), now.into()]).await
}

/// What a question became, to be kept.
#[derive(Clone, Debug)]
pub struct NewQuestion<'a> {
    /// SHA-256 of the normalised question, hexadecimal.
    pub hash: &'a str,
    /// Normalised.
    pub question: &'a str,
    /// The SQL.
    pub sql: &'a str,
    /// JSON `question::Prepared`.
    pub plan: &'a str,
    /// grammar or model.
    pub origin: &'a str,
    /// What it was made for.
    pub version: &'a str,
    /// UTC ms.
    pub now: i64,
    /// UTC ms.
    pub expires_at: i64,
}

/// Keeps what a question became.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn keep(database: &TenantDb, site: &str, new: &NewQuestion<'_>) -> platform::Result<()> {
    let sql = "INSERT OR REPLACE INTO question_cache (tenant_id, site, hash, question, sql, plan, origin, \
               schema_version, created_at, expires_at, last_used_at) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?9)";
    let params: [Param; 9] = [
        site.into(),
        new.hash.into(),
        new.question.into(),
        new.sql.into(),
        new.plan.into(),
        new.origin.into(),
        new.version.into(),
        new.now.into(),
        new.expires_at.into(),
    ];
    database.run(sql, &params).await.map(|_| ())
}

/// The questions a site can be asked at once, those most asked first.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn known(
    database: &TenantDb,
    site: &str,
    version: &str,
    now: i64,
    limit: i64,
) -> platform::Result<Vec<CachedQuestion>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM question_cache WHERE tenant_id = ?1 AND site = ?2 AND schema_version = ?3 \
         AND expires_at > ?4 ORDER BY hits DESC, created_at, question LIMIT ?5"
    );
    database.rows(&sql, &[site.into(), version.into(), now.into(), limit.into()]).await
}

/// How often somebody said that the answer to a question is wrong.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn dislikes(database: &TenantDb, site: &str, hash: &str) -> platform::Result<u64> {
    #[derive(Deserialize)]
    struct Counted {
        n: u64,
    }
    let sql = "SELECT COUNT(*) AS n FROM question_feedback \
               WHERE tenant_id = ?1 AND site = ?2 AND hash = ?3 AND verdict = 'down'";
    let counted: Option<Counted> = database.first(sql, &[site.into(), hash.into()]).await?;
    Ok(counted.map_or(0, |counted| counted.n))
}

/// Whether a question is known.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn is_known(database: &TenantDb, site: &str, hash: &str) -> platform::Result<bool> {
    #[derive(Deserialize)]
    struct Found {}
    let sql = "SELECT 1 AS found FROM question_cache WHERE tenant_id = ?1 AND site = ?2 AND hash = ?3";
    let found: Option<Found> = database.first(sql, &[site.into(), hash.into()]).await?;
    Ok(found.is_some())
}

/// What somebody thinks of an answer.
#[derive(Clone, Debug)]
pub struct Feedback<'a> {
    /// Stable id.
    pub id: &'a str,
    /// Which question.
    pub hash: &'a str,
    /// up or down.
    pub verdict: &'a str,
    /// In words.
    pub comment: &'a str,
    /// Who.
    pub by: &'a str,
    /// UTC ms.
    pub at: i64,
}

/// The statements that store it; a thumb down drops the cached SQL.
#[must_use]
pub fn give(site: &str, feedback: &Feedback<'_>) -> Vec<Statement> {
    let mut statements = vec![Statement::new(
        "INSERT INTO question_feedback (id, tenant_id, site, hash, verdict, comment, by_user, at) \
         VALUES (?2, ?1, ?3, ?4, ?5, ?6, ?7, ?8)",
        vec![
            feedback.id.into(),
            site.into(),
            feedback.hash.into(),
            feedback.verdict.into(),
            feedback.comment.into(),
            feedback.by.into(),
            feedback.at.into(),
        ],
    )];
    if feedback.verdict == "down" {
        statements.push(Statement::new(
            "DELETE FROM question_cache WHERE tenant_id = ?1 AND site = ?2 AND hash = ?3",
            vec![site.into(), feedback.hash.into()],
        ));
    }
    statements
}

/// Most names of a kind that a question is compared with.
const MAX_NAMES: i64 = 300;

#[derive(Deserialize)]
struct Name {
    kind: String,
    name: String,
}

/// The names of campaigns and sources in a site's data: of planned campaigns and of what was spent on.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn vocabulary(database: &TenantDb, site: &str) -> platform::Result<question::Vocabulary> {
    let sql = "SELECT DISTINCT 'campaign' AS kind, utm_campaign AS name FROM campaigns \
               WHERE tenant_id = ?1 AND site = ?2 AND utm_campaign <> '' \
               UNION SELECT 'campaign', campaign FROM ad_spend WHERE tenant_id = ?1 AND site = ?2 AND campaign <> '' \
               UNION SELECT 'source', source FROM ad_spend WHERE tenant_id = ?1 AND site = ?2 AND source <> '' \
               LIMIT ?3";
    let rows: Vec<Name> = database.rows(sql, &[site.into(), MAX_NAMES.into()]).await?;
    let mut vocabulary = question::Vocabulary::default();
    for row in rows {
        if row.kind == "campaign" {
            vocabulary.campaigns.push(row.name);
        } else {
            vocabulary.sources.push(row.name);
        }
    }
    Ok(vocabulary)
}
