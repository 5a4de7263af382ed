//! `cargo xtask rewrap`: after the vault key was changed, brings stored secrets under the new one, tenant by tenant.

use std::env;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use control::demo;
use reqwest::blocking::{Client, RequestBuilder};
use serde_json::{Value, json};

use crate::command::{done, heading};
use crate::project::Project;

/// The variable that holds the password: on a command line others would see it.
const PASSWORD: &str = "ADROIT_PASSWORD";

/// Where and as whom.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The front door; the local runtime when absent
    #[arg(long)]
    url: Option<String>,
    /// An admin's address; every tenant they are an admin of is done. The password is read from ADROIT_PASSWORD
    #[arg(long, default_value = demo::EMAIL)]
    email: String,
}

/// Signs in, and asks for the rewrapping of each tenant in which that person is an admin.
///
/// # Errors
/// The product does not answer, the sign-in is refused, or a secret opens with none of the configured keys.
pub(crate) fn run(project: &Project, args: &Args) -> Result<()> {
    let base = args.url.clone().unwrap_or_else(|| project.url());
    let base = base.trim_end_matches('/');
    let password = match env::var(PASSWORD) {
        Ok(password) => password,
        Err(_) if args.email == demo::EMAIL => demo::PASSWORD.to_owned(),
        Err(_) => bail!("set {PASSWORD} to the password of {}", args.email),
    };
    let client = Client::builder().timeout(Duration::from_secs(300)).build().context("making an HTTP client")?;
    let post = |path: &str, token: &str, body: Value| {
        read(path, client.post(format!("{base}{path}")).bearer_auth(token).json(&body))
    };

    heading("Rewrapping secrets");
    let login = read(
        "/auth/login",
        client.post(format!("{base}/auth/login")).json(&json!({ "email": args.email, "password": password })),
    )?;
    let token = text(&login, "token")?;
    let me = read("/me", client.get(format!("{base}/me")).bearer_auth(token))?;
    let mut failed = 0;
    for tenant in me.get("tenants").and_then(Value::as_array).context("GET /me names no tenants")? {
        let name = text(tenant, "name")?;
        if text(tenant, "role")? != "admin" {
            done(&format!("{name}: left alone, you are no admin there"));
            continue;
        }
        let entered = post("/auth/switch", token, json!({ "tenant_id": text(tenant, "id")? }))?;
        let answer = post("/vault/rewrap", text(&entered, "token")?, json!({}))?;
        let count = |field: &str| answer.get(field).and_then(Value::as_i64).unwrap_or_default();
        let key = text(&answer, "key_id")?;
        done(&format!("{name}: {} brought under key {key}, {} there already", count("rewrapped"), count("unchanged")));
        for id in answer.get("failed").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            failed += 1;
            eprintln!("  {name}: {id} opens with none of the configured keys");
        }
    }
    if failed > 0 {
        bail!("{failed} secrets could not be opened: put the key they were sealed with into VAULT_KEYS_OLD");
    }
    Ok(())
}

fn read(path: &str, request: RequestBuilder) -> Result<Value> {
    let response = request.send().with_context(|| format!("{path}: the product does not answer"))?;
    let status = response.status();
    let body = response.text().with_context(|| format!("reading the answer of {path}"))?;
    if !status.is_success() {
        bail!("{path} answered {status}: {body}");
    }
    serde_json::from_str(&body).with_context(|| format!("{path} answered no JSON"))
}

fn text<'a>(value: &'a Value, field: &str) -> Result<&'a str> {
    value.get(field).and_then(Value::as_str).with_context(|| format!("the answer holds no {field}"))
}
