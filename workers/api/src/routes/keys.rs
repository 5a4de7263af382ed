//! API keys, and the rewrapping of sealed secrets.

use axum::Json;
use control::api_key::{self, KeyForm};
use control::audit::Entry;
use control::{Permission, Role};
use http::StatusCode;
use platform::{random, settings};
use problem::Problem as Failure;
use serde_json::json;

use crate::answer::{Answer, internal};
use crate::extract::{Form, Segment};
use crate::gate::Caller;
use crate::store;
use crate::store::keys::KeyRecord;
use crate::wire::keys::{ApiKey, ApiKeyCreated, ApiKeys, KeyScope, NewApiKey, Rewrapped};
use crate::wire::problem::Problem;

/// API keys, without what they are made of.
#[utoipa::path(
    get, path = "/api-keys", tag = "keys",
    responses((status = 200, body = ApiKeys), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("manage_keys")))
)]
#[worker::send]
pub async fn list_keys(caller: Caller) -> Answer<Json<ApiKeys>> {
    let records = store::keys::all(&caller.database).await?;
    let rows = records.into_iter().map(|record| shown(record, caller.now)).collect::<Answer<_>>()?;
    Ok(Json(ApiKeys { rows, scopes: Permission::ALL.into_iter().filter_map(scope).collect() }))
}

fn scope(permission: Permission) -> Option<KeyScope> {
    api_key::may_hold(permission).then(|| KeyScope {
        name: permission.as_str().to_owned(),
        allows: permission.describe().to_owned(),
        roles: Role::ALL.into_iter().filter(|role| role.may(permission)).map(|role| role.as_str().to_owned()).collect(),
    })
}

fn shown(record: KeyRecord, now: i64) -> Answer<ApiKey> {
    let status = match (record.revoked_at, record.expires_at) {
        (Some(_), _) => "revoked",
        (None, Some(end)) if now >= end => "expired",
        _ => "active",
    };
    Ok(ApiKey {
        id: record.id,
        name: record.name,
        role: record.role,
        scopes: serde_json::from_str(&record.scopes).map_err(internal)?,
        prefix: record.prefix,
        status: status.to_owned(),
        created_by: record.created_by,
        created_at: record.created_at,
        expires_at: record.expires_at,
        last_used_at: record.last_used_at,
    })
}

/// Makes an API key; answers the key itself, once.
#[utoipa::path(
    post, path = "/api-keys", tag = "keys", request_body = NewApiKey,
    responses((status = 201, body = ApiKeyCreated), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("manage_keys")))
)]
#[worker::send]
pub async fn create_key(caller: Caller, Form(form): Form<NewApiKey>) -> Answer<(StatusCode, Json<ApiKeyCreated>)> {
    let new = KeyForm::from(form).check(caller.now).map_err(Failure::invalid)?;
    let minted = api_key::mint(random::bytes());
    let record = KeyRecord {
        id: random::uuid(),
        name: new.name,
        role: new.role.as_str().to_owned(),
        scopes: serde_json::to_string(&new.scopes).map_err(internal)?,
        prefix: minted.prefix,
        created_by: caller.actor().to_owned(),
        created_at: caller.now,
        expires_at: new.expires_at,
        last_used_at: None,
        revoked_at: None,
    };
    let entry = Entry {
        actor: caller.actor().to_owned(),
        action: "api_key.create",
        entity: format!("key:{}", record.id),
        before: None,
        after: Some(json!({
            "name": record.name, "role": new.role, "scopes": new.scopes, "prefix": record.prefix,
            "expires_at": new.expires_at,
        })),
        at: caller.now,
    };
    caller.database.commit("the key", &[store::keys::insert(&record, &minted.hash)], &[entry]).await?;
    let created = ApiKeyCreated { api_key: shown(record, caller.now)?, key: minted.key };
    Ok((StatusCode::CREATED, Json(created)))
}

/// Revokes an API key: it is refused from now on.
#[utoipa::path(
    delete, path = "/api-keys/{id}", tag = "keys", params(("id" = String, Path, description = "The key's id")),
    responses((status = 204, description = "Revoked"), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("manage_keys")))
)]
#[worker::send]
pub async fn revoke_key(caller: Caller, Segment(id): Segment) -> Answer<StatusCode> {
    let record = store::keys::find(&caller.database, &id)
        .await?
        .ok_or_else(|| Failure::not_found("there is no such API key"))?;
    if record.revoked_at.is_some() {
        return Err(Failure::conflict("this API key is revoked already").into());
    }
    let entry = Entry {
        actor: caller.actor().to_owned(),
        action: "api_key.revoke",
        entity: format!("key:{id}"),
        before: Some(json!({ "name": record.name, "role": record.role, "prefix": record.prefix })),
        after: None,
        at: caller.now,
    };
    caller.database.commit("the key", &store::keys::revoke(&id, caller.now), &[entry]).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Brings the tenant's sealed secrets under the current vault key: after that, the old one can be taken away.
///
/// The secrets themselves are not decrypted, except those sealed before each had a data key of its own. Doing it again
/// changes nothing.
#[utoipa::path(
    post, path = "/vault/rewrap", tag = "keys",
    responses((status = 200, body = Rewrapped), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("manage_keys")))
)]
#[worker::send]
pub async fn rewrap(caller: Caller) -> Answer<Json<Rewrapped>> {
    let ring = settings::vault_key(&caller.runtime.env)?;
    let mut answer =
        Rewrapped { key_id: ring.current_id().to_string(), rewrapped: 0, unchanged: 0, failed: Vec::new() };
    for column in store::sealed::COLUMNS {
        let mut after = String::new();
        loop {
            let rows = store::sealed::page(&caller.database, column, &after).await?;
            let Some(last) = rows.last() else { break };
            after.clone_from(&last.id);
            let mut statements = Vec::new();
            for row in &rows {
                let purpose = (column.purpose)(&row.id);
                let context = vault::Context { tenant: &caller.session.tenant_id, purpose: &purpose };
                match vault::rewrap(&ring, random::bytes(), context, &row.sealed) {
                    Ok(Some(sealed)) => statements.push(store::sealed::replace(column, row, &sealed)),
                    Ok(None) => answer.unchanged += 1,
                    Err(error) => {
                        platform::log::error("api", &caller.session.tenant_id, "a secret does not open", &error);
                        answer.failed.push(format!("{}:{}", column.table, row.id));
                    }
                }
            }
            if statements.is_empty() {
                continue;
            }
            let count = i64::try_from(statements.len()).unwrap_or(i64::MAX);
            let entry = Entry {
                actor: caller.actor().to_owned(),
                action: "vault.rewrap",
                entity: format!("column:{}.{}", column.table, column.sealed),
                before: None,
                after: Some(json!({ "key_id": answer.key_id, "secrets": count })),
                at: caller.now,
            };
            caller.database.commit("the secrets", &statements, &[entry]).await?;
            answer.rewrapped += count;
        }
    }
    Ok(Json(answer))
}
