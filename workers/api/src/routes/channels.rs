//! Connecting accounts of providers. What is said to a provider is said by the account's own object, in the connectors'
//! script: here are the person's steps and the rows they see.

use axum::Json;
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use calendar::format_day;
use control::audit::Entry;
use control::secrets::oauth_verifier;
use http::StatusCode;
use platform::account_object::{
    self as account, AccountError, Begin, Begun, Choose, Connected, Disconnect, Finish, Grant,
};
use platform::account_object::{Catalogue, Health, ProviderStatus, Subject};
use platform::{queue, random, settings};
use problem::Problem as Failure;
use serde::Serialize;
use serde_json::json;

use super::scope;
use crate::answer::{Answer, Refused, internal};
use crate::extract::{Form, Params, Segment};
use crate::gate::Caller;
use crate::store::channels::{self as store, ChannelRecord, OauthState, SyncRecord};
use crate::wire::channels::{
    CallbackQuery, Channel, Channels, ChannelsQuery, ChooseAccount, Connect, Connecting, Provider, Providers, Sync,
    SyncRequest, Syncs,
};
use crate::wire::problem::Problem;

/// The queue of pulls.
const QUEUE: &str = "SYNCS";

/// Status of a channel whose account is to be chosen.
const CHOOSING: &str = "choosing";

/// How long a person may take at the provider's consent page, ms.
const CONSENT_MS: i64 = 15 * 60_000;

/// Days pulled unless the caller says otherwise: the longest that a provider corrects its figures (Meta, 28 days).
const TRAILING_DAYS: i64 = 28;

/// The most days one pull covers.
const MAX_DAYS: i64 = 90;

/// What the queue carries.
#[derive(Debug, Serialize)]
struct Queued<'a> {
    sync_id: &'a str,
    tenant_id: &'a str,
}

/// The providers that accounts can be connected of, and whether this deployment is set up for each.
#[utoipa::path(
    get, path = "/connectors", tag = "channels",
    responses((status = 200, body = Providers), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_channels")), ("x-tool" = json!({ "name": "connectors_list", "title": "List providers", "effect": "read" })))
)]
#[worker::send]
pub async fn list_providers(caller: Caller) -> Answer<Json<Providers>> {
    let name = account::name(&caller.session.tenant_id, "");
    let rows: Vec<ProviderStatus> = account::ask(&caller.runtime.env, &name, account::PROVIDERS, &Catalogue {}).await?;
    Ok(Json(Providers { rows: rows.into_iter().map(Provider::from).collect() }))
}

/// The connected accounts, oldest first.
#[utoipa::path(
    get, path = "/channels", tag = "channels", params(ChannelsQuery),
    responses((status = 200, body = Channels), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_channels")), ("x-tool" = json!({ "name": "channels_list", "title": "List connected channels", "effect": "read" })))
)]
#[worker::send]
pub async fn list_channels(caller: Caller, Params(query): Params<ChannelsQuery>) -> Answer<Json<Channels>> {
    let site = match query.site.as_deref() {
        Some(key) => scope::site(&caller, Some(key)).await?.key,
        None => String::new(),
    };
    let rows = store::all(&caller.database, &site).await?;
    let rows: Answer<Vec<Channel>> = rows.into_iter().map(Channel::try_from).collect();
    Ok(Json(Channels { rows: rows? }))
}

/// Begins to connect an account.
///
/// 1. With a key: the provider is asked whose it is, and the channel is there. 2. Else a sign-in is kept for 15
/// minutes, and the answer says where the browser goes.
#[utoipa::path(
    post, path = "/channels/{type}/connect", tag = "channels", request_body = Connect,
    params(("type" = String, Path, description = "sandbox, meta, google_ads or klaviyo")),
    responses((status = 200, body = Connecting), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("manage_channels")))
)]
#[worker::send]
pub async fn connect(caller: Caller, Segment(kind): Segment, Form(form): Form<Connect>) -> Answer<Json<Connecting>> {
    let site = scope::site(&caller, form.site.as_deref()).await?;
    let env = &caller.runtime.env;
    let tenant = &caller.session.tenant_id;
    let channel_id = random::uuid();
    let name = account::name(tenant, &channel_id);
    if let Some(key) = form.api_key {
        let finish = Finish {
            tenant_id: tenant.clone(),
            channel_id,
            site: site.key,
            currency: site.currency,
            channel_type: kind,
            actor: caller.actor().to_owned(),
            grant: Grant::Key { key },
        };
        let connected: Connected = account::ask(env, &name, account::FINISH, &finish).await?;
        let channel = settled(&caller, &connected).await?;
        return Ok(Json(Connecting { authorize_url: None, channel: Some(channel.try_into()?) }));
    }

    let state = URL_SAFE_NO_PAD.encode(random::bytes::<32>());
    let verifier = URL_SAFE_NO_PAD.encode(random::bytes::<32>());
    let redirect_uri = format!("{}/connectors/{kind}/oauth/callback", caller.runtime.origin);
    let begin = Begin {
        tenant_id: tenant.clone(),
        channel_type: kind.clone(),
        redirect_uri: redirect_uri.clone(),
        state: state.clone(),
        verifier: verifier.clone(),
    };
    let begun: Begun = account::ask(env, &name, account::BEGIN, &begin).await?;
    let purpose = oauth_verifier(&state);
    let context = vault::Context { tenant, purpose: &purpose };
    let kept = OauthState {
        verifier_sealed: vault::seal(&settings::vault_key(env)?, random::bytes(), context, verifier.as_bytes())
            .map_err(internal)?,
        state,
        site: site.key,
        kind: kind.clone(),
        redirect_uri,
        created_by: caller.session.user_id.clone(),
        created_at: caller.now,
        expires_at: caller.now + CONSENT_MS,
    };
    let entry = Entry {
        actor: caller.actor().to_owned(),
        action: "channel.connect_begin",
        entity: format!("provider:{kind}"),
        before: None,
        after: Some(json!({ "site": kept.site })),
        at: caller.now,
    };
    caller.database.commit("the sign-in", &[store::insert_state(&kept)], &[entry]).await?;
    Ok(Json(Connecting { authorize_url: Some(begun.authorize_url), channel: None }))
}

/// Where a provider sends the browser back to; it lands on the channels page, which says how it went.
///
/// 1. The state must be one this person began, of this provider, not used and not older than 15 minutes. 2. It is used
/// up. 3. The code is exchanged, and the channel is there.
#[utoipa::path(
    get, path = "/connectors/{type}/oauth/callback", tag = "channels", params(
        ("type" = String, Path, description = "sandbox, meta, google_ads or klaviyo"), CallbackQuery),
    responses((status = 303, description = "To the channels page: `connected` names the channel, `choose` one whose account is to be chosen, `failed` says why not"), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("manage_channels")))
)]
#[worker::send]
pub async fn callback(
    caller: Caller,
    Segment(kind): Segment,
    Params(query): Params<CallbackQuery>,
) -> Answer<Response> {
    match finish(&caller, &kind, query).await {
        Ok(channel) if channel.status == CHOOSING => Ok(back(&[("choose", &channel.id)])),
        Ok(channel) => Ok(back(&[("connected", &channel.id)])),
        Err(refused) if refused.problem().status < 500 => Ok(back(&[("failed", &refused.problem().detail)])),
        Err(refused) => Err(refused),
    }
}

fn back(query: &[(&str, &str)]) -> Response {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    Redirect::to(&format!("/channels?{query}")).into_response()
}

async fn finish(caller: &Caller, kind: &str, query: CallbackQuery) -> Answer<ChannelRecord> {
    let stale = || Failure::conflict("this sign-in is not one you began within the last 15 minutes; begin again");
    let state = query.state.ok_or_else(stale)?;
    let kept = store::find_state(&caller.database, &state, caller.now)
        .await?
        .filter(|kept| kept.kind == kind && kept.created_by == caller.session.user_id)
        .ok_or_else(stale)?;
    if !store::take_state(&caller.database, &state, caller.now).await? {
        return Err(stale().into());
    }
    let Some(code) = query.code else {
        let said = match query.error.as_deref() {
            Some("access_denied") => "access was denied at the provider; nothing was connected".to_owned(),
            other => query
                .error_description
                .or(other.map(str::to_owned))
                .unwrap_or_else(|| "the provider sent no code; begin again".to_owned()),
        };
        return Err(Failure::conflict(said.chars().take(300).collect::<String>()).into());
    };
    let env = &caller.runtime.env;
    let tenant = &caller.session.tenant_id;
    let purpose = oauth_verifier(&state);
    let context = vault::Context { tenant, purpose: &purpose };
    let verifier = vault::open(&settings::vault_key(env)?, context, &kept.verifier_sealed).map_err(internal)?;
    let site = scope::site(caller, Some(&kept.site)).await?;
    let channel_id = random::uuid();
    let name = account::name(tenant, &channel_id);
    let finish = Finish {
        tenant_id: tenant.clone(),
        channel_id,
        site: site.key,
        currency: site.currency,
        channel_type: kind.to_owned(),
        actor: caller.actor().to_owned(),
        grant: Grant::Code {
            code,
            verifier: String::from_utf8(verifier).map_err(internal)?,
            redirect_uri: kept.redirect_uri,
        },
    };
    let connected: Connected = account::ask(env, &name, account::FINISH, &finish).await?;
    settled(caller, &connected).await
}

/// The channel that a sign-in came to. Where it has its account, what that did before it was connected is pulled.
async fn settled(caller: &Caller, connected: &Connected) -> Answer<ChannelRecord> {
    let channel = find(caller, &connected.channel_id).await?;
    if channel.status != CHOOSING {
        pull(caller, &channel, TRAILING_DAYS).await?;
    }
    Ok(channel)
}

/// Chooses a channel's account where the sign-in reaches several. Answers the channel; where that account was connected
/// before, it is that one again.
///
/// 1. The channel must be choosing. 2. The account must be one of its `accounts` without a refusal. 3. Its figures of the
/// last weeks are pulled.
#[utoipa::path(
    post, path = "/channels/{id}/account", tag = "channels", params(("id" = String, Path, description = "Channel id")),
    request_body = ChooseAccount,
    responses((status = 200, body = Channel), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("manage_channels")))
)]
#[worker::send]
pub async fn choose_account(
    caller: Caller,
    Segment(id): Segment,
    Form(form): Form<ChooseAccount>,
) -> Answer<Json<Channel>> {
    let channel = find(&caller, &id).await?;
    let site = scope::site(&caller, Some(&channel.site)).await?;
    let choose = Choose {
        tenant_id: caller.session.tenant_id.clone(),
        channel_id: channel.id,
        currency: site.currency,
        account_id: form.account_id,
        actor: caller.actor().to_owned(),
    };
    let name = account::name(&choose.tenant_id, &choose.channel_id);
    let connected: Connected = account::ask(&caller.runtime.env, &name, account::CHOOSE, &choose).await?;
    Ok(Json(settled(&caller, &connected).await?.try_into()?))
}

/// Asks the provider whether the connection works, and stores what it says.
#[utoipa::path(
    post, path = "/channels/{id}/test", tag = "channels", params(("id" = String, Path, description = "Channel id")),
    responses((status = 200, body = Channel), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("manage_channels")), ("x-tool" = json!({ "name": "channels_test", "title": "Check a channel's connection", "effect": "write" })))
)]
#[worker::send]
pub async fn test(caller: Caller, Segment(id): Segment) -> Answer<Json<Channel>> {
    let channel = connected(&caller, &id).await?;
    let subject = Subject { tenant_id: caller.session.tenant_id.clone(), channel_id: channel.id };
    let name = account::name(&subject.tenant_id, &subject.channel_id);
    let _: Health = account::ask(&caller.runtime.env, &name, account::TEST, &subject).await?;
    Ok(Json(find(&caller, &id).await?.try_into()?))
}

/// Ends a connection: its credentials are forgotten. Campaigns at the provider stay as they are, so pause them first.
#[utoipa::path(
    post, path = "/channels/{id}/disconnect", tag = "channels", params(("id" = String, Path, description = "Channel id")),
    responses((status = 200, body = Channel), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("manage_channels")))
)]
#[worker::send]
pub async fn disconnect(caller: Caller, Segment(id): Segment) -> Answer<Json<Channel>> {
    let channel = signed_in(&caller, &id).await?;
    let disconnect = Disconnect {
        tenant_id: caller.session.tenant_id.clone(),
        channel_id: channel.id,
        actor: caller.actor().to_owned(),
    };
    let name = account::name(&disconnect.tenant_id, &disconnect.channel_id);
    let () = account::ask(&caller.runtime.env, &name, account::DISCONNECT, &disconnect).await?;
    Ok(Json(find(&caller, &id).await?.try_into()?))
}

/// Pulls a channel's figures again.
#[utoipa::path(
    post, path = "/channels/{id}/sync", tag = "channels", params(("id" = String, Path, description = "Channel id")),
    request_body = SyncRequest,
    responses((status = 202, body = Sync), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("manage_channels")), ("x-tool" = json!({ "name": "channels_sync", "title": "Pull a channel's figures", "effect": "write" })))
)]
#[worker::send]
pub async fn sync(
    caller: Caller,
    Segment(id): Segment,
    Form(form): Form<SyncRequest>,
) -> Answer<(StatusCode, Json<Sync>)> {
    let days = form.days.unwrap_or(TRAILING_DAYS);
    if !(1..=MAX_DAYS).contains(&days) {
        let detail = format!("must be 1 to {MAX_DAYS}, found {days}");
        return Err(Failure::invalid_field("/days", detail).into());
    }
    let channel = connected(&caller, &id).await?;
    Ok((StatusCode::ACCEPTED, Json(pull(&caller, &channel, days).await?.into())))
}

/// Queues a pull of a channel's last days.
async fn pull(caller: &Caller, channel: &ChannelRecord, days: i64) -> Answer<SyncRecord> {
    let site = scope::site(caller, Some(&channel.site)).await?;
    let today = scope::zone(&site)?.local_day(caller.now);
    let sync = SyncRecord {
        id: random::uuid(),
        from_day: today - (days - 1),
        to_day: today,
        status: "queued".to_owned(),
        rows: 0,
        detail: String::new(),
        created_at: caller.now,
        finished_at: None,
    };
    let entry = Entry {
        actor: caller.actor().to_owned(),
        action: "channel.sync",
        entity: format!("channel:{}", channel.id),
        before: None,
        after: Some(json!({ "days": days })),
        at: caller.now,
    };
    caller.database.commit("the channel", &[store::insert_sync(&channel.id, &sync)], &[entry]).await?;
    let message = Queued { sync_id: &sync.id, tenant_id: &caller.session.tenant_id };
    queue::send(&caller.runtime.env, QUEUE, &message).await?;
    Ok(sync)
}

/// A channel's latest pulls of figures, newest first.
#[utoipa::path(
    get, path = "/channels/{id}/syncs", tag = "channels", params(("id" = String, Path, description = "Channel id")),
    responses((status = 200, body = Syncs), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_channels")))
)]
#[worker::send]
pub async fn list_syncs(caller: Caller, Segment(id): Segment) -> Answer<Json<Syncs>> {
    let channel = find(&caller, &id).await?;
    let rows = store::syncs(&caller.database, &channel.id).await?;
    Ok(Json(Syncs { rows: rows.into_iter().map(Sync::from).collect() }))
}

async fn find(caller: &Caller, id: &str) -> Answer<ChannelRecord> {
    let channel = store::find(&caller.database, id).await?;
    channel.ok_or_else(|| Failure::not_found(format!("there is no channel `{id}`")).into())
}

/// A channel whose sign-in was not ended.
async fn signed_in(caller: &Caller, id: &str) -> Answer<ChannelRecord> {
    let channel = find(caller, id).await?;
    if channel.status == "disconnected" {
        return Err(Failure::conflict("this channel is disconnected; connect the account again").into());
    }
    Ok(channel)
}

/// A channel that has its account.
async fn connected(caller: &Caller, id: &str) -> Answer<ChannelRecord> {
    let channel = signed_in(caller, id).await?;
    if channel.status == CHOOSING {
        return Err(Failure::conflict("this channel has no account yet; choose one of its accounts first").into());
    }
    Ok(channel)
}

impl From<AccountError> for Refused {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Refused(problem) => (*problem).into(),
            AccountError::Platform(error) => error.into(),
        }
    }
}

impl From<ProviderStatus> for Provider {
    fn from(status: ProviderStatus) -> Self {
        Self {
            kind: status.channel_type,
            name: status.name,
            auth: status.auth,
            configured: status.configured,
            sandbox: status.practice,
            version: status.version,
            capabilities: status.capabilities,
        }
    }
}

impl TryFrom<ChannelRecord> for Channel {
    type Error = Refused;

    fn try_from(record: ChannelRecord) -> Answer<Self> {
        let accounts = match &*record.choices {
            "" => Vec::new(),
            choices => serde_json::from_str(choices).map_err(internal)?,
        };
        Ok(Self {
            id: record.id,
            site: record.site,
            kind: record.kind,
            name: record.name,
            account_id: record.account_id,
            currency: record.currency,
            time_zone: record.time_zone,
            status: record.status,
            accounts,
            last_error: record.last_error,
            last_error_at: record.last_error_at,
            last_sync_at: record.last_sync_at,
            credentials_expire_at: record.credentials_expire_at,
            created_at: record.created_at,
        })
    }
}

impl From<SyncRecord> for Sync {
    fn from(record: SyncRecord) -> Self {
        Self {
            id: record.id,
            from: format_day(record.from_day),
            to: format_day(record.to_day),
            status: record.status,
            rows: record.rows,
            detail: record.detail,
            created_at: record.created_at,
            finished_at: record.finished_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_queued_format_is_pinned() {
        let message = Queued { sync_id: "s", tenant_id: "t" };
        assert_eq!(serde_json::to_string(&message).unwrap(), r#"{"sync_id":"s","tenant_id":"t"}"#);
    }

    #[test]
    fn the_way_back_says_how_it_went() {
        let response = back(&[("failed", "a & b")]);
        assert_eq!(response.status(), 303);
        assert_eq!(response.headers()["location"], "/channels?failed=a+%26+b");
    }
}
