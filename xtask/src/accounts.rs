//! This machine's secrets, and the demo's tenant, people and site in the local database.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use control::demo;
use control::password::SALT_BYTES;
use serde_json::{Value, json};
use vault::{FRESH_BYTES, KEY_BYTES, Keyring};

use crate::command::done;
use crate::database::{self, literal};
use crate::node::Node;
use crate::project::Project;
use crate::stamp::Inputs;

/// Makes the secrets once and puts the demo's rows in, so that the login works on every local start.
///
/// # Errors
/// The state folder cannot be written, or the database refuses the rows.
pub(crate) fn ensure(project: &Project, node: &Node) -> Result<()> {
    let rings = secrets(&project.state.join("secrets.json"))?;
    // The site's secret is sealed with the current key: another key needs another row.
    let hash = Inputs::new(&format!(
        "{} {} {:?} {} {} {}",
        rings.current,
        rings.old,
        demo::PEOPLE,
        demo::PASSWORD,
        demo::SITE_KEY,
        demo::SITE_SECRET
    ))
    .finish();
    let mark = project.state.join("accounts");
    if fs::read_to_string(&mark).is_ok_and(|written| written == hash) {
        done("demo login and site: unchanged");
        return Ok(());
    }
    let ring = Keyring::from_base64(&rings.current, &rings.old)
        .context("a vault key in secrets.json is not usable; `cargo xtask dev --fresh` makes a new one")?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).context("this machine's clock is before 1970")?;
    let rows = demo::rows(i64::try_from(now.as_millis())?, &random::<SALT_BYTES>()?, &ring, random::<FRESH_BYTES>()?)?;
    let file = project.state.join("accounts.sql");
    fs::write(&file, statements(&rows)).with_context(|| format!("writing {}", file.display()))?;
    let executed = database::execute(project, node, "demo login and site", &file);
    fs::remove_file(&file).with_context(|| format!("removing {}", file.display()))?;
    executed?;
    fs::write(&mark, hash).with_context(|| format!("writing {}", mark.display()))
}

/// The vault's keys in base64: the current one, and a comma-separated list of those before.
struct VaultKeys {
    current: String,
    old: String,
}

/// Reads the secrets, or makes them; answers the vault's keys.
fn secrets(path: &Path) -> Result<VaultKeys> {
    if let Ok(text) = fs::read_to_string(path) {
        let secrets: Value = serde_json::from_str(&text)
            .with_context(|| format!("{} is damaged; `cargo xtask dev --fresh` writes a new one", path.display()))?;
        let text = |name: &str| secrets.get(name).and_then(Value::as_str).map(str::to_owned);
        let current = text("VAULT_KEY").with_context(|| {
            format!("{} lacks VAULT_KEY; `cargo xtask dev --fresh` writes a new one", path.display())
        })?;
        return Ok(VaultKeys { current, old: text("VAULT_KEYS_OLD").unwrap_or_default() });
    }
    let vault_key = STANDARD.encode(random::<KEY_BYTES>()?);
    let secrets = json!({
        "JWT_SECRET": STANDARD.encode(random::<KEY_BYTES>()?),
        "VAULT_KEY": vault_key,
    });
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).with_context(|| format!("creating {}", path.display()))?;
    writeln!(file, "{secrets:#}")?;
    Ok(VaultKeys { current: vault_key, old: String::new() })
}

/// Bytes nobody can guess.
fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    File::open("/dev/urandom").and_then(|mut source| source.read_exact(&mut bytes)).context("reading /dev/urandom")?;
    Ok(bytes)
}

/// Insert or bring up to date: a database of an earlier set-up keeps its data.
fn statements(rows: &demo::DemoRows) -> String {
    let (tenant, site) = (&rows.tenant, &rows.site);
    let origins = Value::from(site.origins.to_list()).to_string();
    let mut tables = vec![
        (
            "tenants",
            "id",
            vec![
                ("id", literal(&tenant.id)),
                ("name", literal(&tenant.name)),
                ("plan", literal(&tenant.plan)),
                ("created_at", tenant.created_at.to_string()),
            ],
        ),
        (
            "sites",
            "key",
            vec![
                ("key", literal(site.key.as_str())),
                ("tenant_id", literal(&site.tenant_id)),
                ("name", literal(&site.name)),
                ("currency", literal(&site.currency)),
                ("time_zone", literal(&site.time_zone)),
                ("origins", literal(&origins)),
                ("session_timeout_ms", site.session_timeout_ms.to_string()),
                ("lookback_days", site.lookback_days.to_string()),
                ("retention_days", site.retention_days.to_string()),
                ("secret_sealed", literal(&site.secret_sealed)),
                ("created_at", site.created_at.to_string()),
            ],
        ),
    ];
    for (user, membership) in &rows.people {
        tables.push((
            "users",
            "id",
            vec![
                ("id", literal(&user.id)),
                ("email", literal(&user.email)),
                ("name", literal(&user.name)),
                ("password_hash", literal(&user.password_hash)),
                ("status", literal(&user.status)),
                ("created_at", user.created_at.to_string()),
            ],
        ));
        tables.push((
            "memberships",
            "tenant_id, user_id",
            vec![
                ("tenant_id", literal(&membership.tenant_id)),
                ("user_id", literal(&membership.user_id)),
                ("role", literal(membership.role.as_str())),
                ("created_at", membership.created_at.to_string()),
            ],
        ));
    }
    tables.iter().map(|(table, key, columns)| upsert(table, key, columns)).collect()
}

fn upsert(table: &str, key: &str, columns: &[(&str, String)]) -> String {
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let values: Vec<&str> = columns.iter().map(|(_, value)| value.as_str()).collect();
    let updates: Vec<String> = names
        .iter()
        .filter(|name| **name != "created_at" && !key.split(", ").any(|part| part == **name))
        .map(|name| format!("{name} = excluded.{name}"))
        .collect();
    format!(
        "INSERT INTO {table} ({}) VALUES ({}) ON CONFLICT ({key}) DO UPDATE SET {};\n",
        names.join(", "),
        values.join(", "),
        updates.join(", ")
    )
}
