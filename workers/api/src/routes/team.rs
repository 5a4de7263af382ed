//! The team: members, invitations, roles.

use axum::Json;
use axum::response::Response;
use control::audit::Entry;
use control::demo::{self, InUse};
use control::team::{self, InvitationState, TeamRefusal};
use control::tenant::display_name;
use control::{Membership, Role, User, password, user};
use http::StatusCode;
use platform::directory::{self, InvitationRow};
use platform::{TenantDb, clock, random};
use problem::{FieldError, Problem as Failure};
use serde_json::json;

use super::account::{Attempt, signed_in};
use crate::answer::{Answer, Refused, internal};
use crate::extract::{Form, Segment};
use crate::gate::{Caller, Runtime, Visitor};
use crate::store;
use crate::store::team::{InvitationRecord, MemberRecord};
use crate::wire::account::Login;
use crate::wire::problem::Problem;
use crate::wire::team::{
    Acceptance, Invitation, InvitationCreated, InvitationShown, InvitationToken, Member, NewInvitation, RoleChange,
    Team,
};

/// Members and invitations.
#[utoipa::path(
    get, path = "/team", tag = "team",
    responses((status = 200, body = Team), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_account")))
)]
#[worker::send]
pub async fn show_team(caller: Caller) -> Answer<Json<Team>> {
    let members = store::team::members(&caller.database).await?;
    let invitations = store::team::invitations(&caller.database).await?;
    Ok(Json(Team {
        members: members.into_iter().map(|record| member(record, caller.actor())).collect(),
        invitations: invitations.into_iter().map(|record| invitation(record, caller.now)).collect(),
    }))
}

fn member(record: MemberRecord, actor: &str) -> Member {
    Member {
        is_me: record.user_id == actor,
        user_id: record.user_id,
        email: record.email,
        name: record.name,
        role: record.role,
        joined_at: record.created_at,
    }
}

fn invitation(record: InvitationRecord, now: i64) -> Invitation {
    let state = InvitationState::of(record.expires_at, record.accepted_at, record.revoked_at, now);
    Invitation {
        id: record.id,
        email: record.email,
        role: record.role,
        status: state.as_str().to_owned(),
        invited_by: record.invited_by,
        created_at: record.created_at,
        expires_at: record.expires_at,
    }
}

/// Invites somebody; answers the link to send them, once.
///
/// 1. Check address and role (wrong → 422). 2. A member already → 409. 3. Store the invitation, which replaces an open
/// one to the same address.
#[utoipa::path(
    post, path = "/team/invitations", tag = "team", request_body = NewInvitation,
    responses((status = 201, body = InvitationCreated), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("manage_team")))
)]
#[worker::send]
pub async fn invite(caller: Caller, Form(form): Form<NewInvitation>) -> Answer<(StatusCode, Json<InvitationCreated>)> {
    let mut errors: Vec<FieldError> = Vec::new();
    let email = team::address("/email", &form.email).map_err(|error| errors.push(error)).ok();
    let role = role_of(&form.role).map_err(|error| errors.push(error)).ok();
    let (Some(email), Some(role)) = (email, role) else { return Err(Failure::invalid(errors).into()) };
    let members = store::team::members(&caller.database).await?;
    if members.iter().any(|member| user::normalize_email(&member.email) == email) {
        let detail = format!("{email} is a member already; change the role in the list of members");
        return Err(Failure::conflict(detail.clone()).with_errors(vec![FieldError::new("/email", detail)]).into());
    }
    let token = team::invitation_token(random::bytes());
    let record = InvitationRecord {
        id: random::uuid(),
        email,
        role: role.as_str().to_owned(),
        invited_by: caller.actor().to_owned(),
        created_at: caller.now,
        expires_at: caller.now + team::INVITATION_LIFETIME_MS,
        accepted_at: None,
        revoked_at: None,
    };
    let entry = Entry {
        actor: caller.actor().to_owned(),
        action: "invitation.create",
        entity: format!("invitation:{}", record.id),
        before: None,
        after: Some(json!({ "email": record.email, "role": record.role, "expires_at": record.expires_at })),
        at: caller.now,
    };
    let statements = store::team::invite(&record, &team::invitation_hash(&token));
    caller.database.commit("the invitation", &statements, &[entry]).await?;
    let created = InvitationCreated {
        id: record.id,
        link: team::invitation_link(&caller.runtime.origin, &token),
        expires_at: record.expires_at,
    };
    Ok((StatusCode::CREATED, Json(created)))
}

fn role_of(text: &str) -> Result<Role, FieldError> {
    text.parse().map_err(|error: control::role::UnknownRole| FieldError::new("/role", error.to_string()))
}

/// Takes an open invitation back: its link stops working.
#[utoipa::path(
    delete, path = "/team/invitations/{id}", tag = "team", params(("id" = String, Path, description = "The invitation's id")),
    responses((status = 204, description = "Revoked"), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("manage_team")))
)]
#[worker::send]
pub async fn revoke_invitation(caller: Caller, Segment(id): Segment) -> Answer<StatusCode> {
    let record = store::team::invitation(&caller.database, &id)
        .await?
        .ok_or_else(|| Failure::not_found("there is no such invitation"))?;
    let state = InvitationState::of(record.expires_at, record.accepted_at, record.revoked_at, caller.now);
    if state != InvitationState::Open {
        return Err(Failure::conflict(format!("the invitation is {} and works no more", state.as_str())).into());
    }
    let entry = Entry {
        actor: caller.actor().to_owned(),
        action: "invitation.revoke",
        entity: format!("invitation:{id}"),
        before: Some(json!({ "email": record.email, "role": record.role })),
        after: None,
        at: caller.now,
    };
    let statements = [store::team::require_open(&id, caller.now), store::team::revoke(&id, caller.now)];
    caller.database.commit("the invitation", &statements, &[entry]).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives a member another role. Their sessions end: signing in again gives the new one.
#[utoipa::path(
    patch, path = "/team/{user_id}", tag = "team", request_body = RoleChange, params(("user_id" = String, Path, description = "The member's user id")),
    responses((status = 200, body = Member), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("manage_team")))
)]
#[worker::send]
pub async fn change_role(
    caller: Caller,
    Segment(user_id): Segment,
    Form(form): Form<RoleChange>,
) -> Answer<Json<Member>> {
    let to = role_of(&form.role).map_err(|error| Failure::invalid(vec![error]))?;
    let (record, from, other_admins) = place(&caller, &user_id).await?;
    team::change_role(caller.actor(), &user_id, from, to, other_admins).map_err(refused)?;
    let mut statements = store::team::require_place(&user_id, from.as_str(), from == Role::Admin && to != Role::Admin);
    statements.push(store::team::set_role(&user_id, to.as_str()));
    let entry = Entry {
        actor: caller.actor().to_owned(),
        action: "member.change_role",
        entity: format!("user:{user_id}"),
        before: Some(json!({ "role": from })),
        after: Some(json!({ "role": to })),
        at: caller.now,
    };
    caller.database.commit("the team", &statements, &[entry]).await?;
    Ok(Json(member(MemberRecord { role: to.as_str().to_owned(), ..record }, caller.actor())))
}

/// Removes a member. Their sessions in this tenant end at once; what they did stays in the audit log.
#[utoipa::path(
    delete, path = "/team/{user_id}", tag = "team", params(("user_id" = String, Path, description = "The member's user id")),
    responses((status = 204, description = "Removed"), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("manage_team")))
)]
#[worker::send]
pub async fn remove_member(caller: Caller, Segment(user_id): Segment) -> Answer<StatusCode> {
    let (_, role, other_admins) = place(&caller, &user_id).await?;
    team::remove(role, other_admins).map_err(refused)?;
    let mut statements = store::team::require_place(&user_id, role.as_str(), role == Role::Admin);
    statements.push(store::team::remove(&user_id));
    let entry = Entry {
        actor: caller.actor().to_owned(),
        action: "member.remove",
        entity: format!("user:{user_id}"),
        before: Some(json!({ "role": role })),
        after: None,
        at: caller.now,
    };
    caller.database.commit("the team", &statements, &[entry]).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A member with their role, and how many admins there are besides.
async fn place(caller: &Caller, user_id: &str) -> Answer<(MemberRecord, Role, usize)> {
    let members = store::team::members(&caller.database).await?;
    let admin = Role::Admin.as_str();
    let other_admins = members.iter().filter(|member| member.role == admin && member.user_id != user_id).count();
    let record = members
        .into_iter()
        .find(|member| member.user_id == user_id)
        .ok_or_else(|| Failure::not_found("there is no such member"))?;
    let role = record.role.parse().map_err(internal)?;
    Ok((record, role, other_admins))
}

fn refused(refusal: TeamRefusal) -> Failure {
    Failure::conflict(refusal.to_string())
}

/// What an invitation's link stands for, so that whoever follows it sees where it leads.
#[utoipa::path(
    post, path = "/invitations/show", tag = "team", request_body = InvitationToken,
    responses((status = 200, body = InvitationShown), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("open")))
)]
#[worker::send]
pub async fn show_invitation(
    Visitor(runtime): Visitor,
    Form(form): Form<InvitationToken>,
) -> Answer<Json<InvitationShown>> {
    let row = open_invitation(&runtime, &form.token, clock::now_ms()).await?;
    let account = directory::user_by_email(&runtime.env, &row.email).await?;
    Ok(Json(InvitationShown {
        tenant: row.tenant_name,
        email: row.email,
        role: row.role,
        has_account: account.is_some(),
        expires_at: row.expires_at,
    }))
}

async fn open_invitation(runtime: &Runtime, token: &str, now: i64) -> Answer<InvitationRow> {
    let row = directory::invitation(&runtime.env, &team::invitation_hash(token.trim()))
        .await?
        .ok_or_else(|| Failure::not_found("there is no such invitation; ask for another link"))?;
    match InvitationState::of(row.expires_at, row.accepted_at, row.revoked_at, now) {
        InvitationState::Open => Ok(row),
        InvitationState::Accepted => {
            Err(Failure::conflict("this invitation was accepted already; sign in with your address").into())
        }
        state => Err(Failure::conflict(format!("this invitation is {}; ask for another link", state.as_str())).into()),
    }
}

/// Accepts an invitation: makes the account, or adds the tenant to the one there is, and signs in.
///
/// 1. The token names an open invitation (else 404, 409). 2. An address with an account: its password must be right (401,
/// and 429 after too many tries); one without: name and new password are checked (422). 3. Store person and place
/// together and mark the invitation, each only if nobody was faster.
#[utoipa::path(
    post, path = "/invitations/accept", tag = "team", request_body = Acceptance,
    responses((status = 200, body = Login), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("open")))
)]
#[worker::send]
pub async fn accept_invitation(Visitor(runtime): Visitor, Form(form): Form<Acceptance>) -> Answer<Response> {
    let now = clock::now_ms();
    let row = open_invitation(&runtime, &form.token, now).await?;
    let in_use = InUse { logins: &[&row.email], secrets: &[&form.password], ..InUse::default() };
    demo::refuse_demo_in_production(runtime.environment(), in_use)
        .map_err(|error| Failure::invalid_field("/password", error.to_string()))?;
    let role: Role = row.role.parse().map_err(internal)?;
    let (user_id, new_user) = match directory::user_by_email(&runtime.env, &row.email).await? {
        Some(account) => {
            let attempt = Attempt::take(&runtime, &row.email, now).await?;
            if !password::verify(&form.password, &account.password_hash) {
                return Err(wrong_password(&row.email).into());
            }
            attempt.succeeded().await?;
            if account.status != user::ACTIVE {
                return Err(Failure::forbidden(format!("this account is {}", account.status)).into());
            }
            (account.id, None)
        }
        None => {
            let user = new_user(&row.email, &form, now)?;
            (user.id.clone(), Some(user))
        }
    };
    let place = Membership { tenant_id: row.tenant_id.clone(), user_id: user_id.clone(), role, created_at: now };
    let database = TenantDb::new(&runtime.env, &row.tenant_id)?;
    if store::team::standing(&database, &user_id).await?.is_some() {
        return Err(Failure::conflict("this account is a member already; sign in with your address").into());
    }
    let entry = Entry {
        actor: user_id.clone(),
        action: "invitation.accept",
        entity: format!("invitation:{}", row.id),
        before: None,
        after: Some(json!({ "user": user_id, "role": role, "new_account": new_user.is_some() })),
        at: now,
    };
    let statements = store::team::accept(&row.id, now, new_user.as_ref(), &place);
    if let Err(error) = database.commit("the invitation", &statements, &[entry]).await {
        // Two invitations to one address may have been accepted at once.
        if new_user.is_some() && directory::user_by_email(&runtime.env, &row.email).await?.is_some() {
            return Err(Failure::conflict("this address has an account since a moment ago; try again").into());
        }
        return Err(error.into());
    }
    let logins = directory::logins_by_user(&runtime.env, &user_id).await?;
    let login = logins.iter().find(|login| login.tenant_id == row.tenant_id);
    signed_in(&runtime, login.ok_or_else(|| internal("the new member is not there"))?, now)
}

fn wrong_password(email: &str) -> Failure {
    Failure::unauthorized(format!("{email} has an account already, and this is not its password"))
}

fn new_user(email: &str, form: &Acceptance, now: i64) -> Result<User, Refused> {
    let mut errors: Vec<FieldError> = Vec::new();
    let name = display_name("/name", form.name.as_deref().unwrap_or_default()).map_err(|error| errors.push(error)).ok();
    let password_hash = password::hash(&form.password, &random::bytes())
        .map_err(|error| errors.push(FieldError::new("/password", error.to_string())))
        .ok();
    match (name, password_hash) {
        (Some(name), Some(password_hash)) => Ok(User {
            id: random::uuid(),
            email: email.to_owned(),
            name,
            password_hash,
            status: user::ACTIVE.to_owned(),
            created_at: now,
        }),
        _ => Err(Failure::invalid(errors).into()),
    }
}
