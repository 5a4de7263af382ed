//! Connecting and ending a connection.

use super::connection::{self, CHOOSING, lasts_until, open, seal};
use super::{Account, Answered};
use crate::app;
use crate::sending::carry_out;
use campaign::ChannelType;
use connector::{Account as Remote, Connection, Credentials, Fault, SignIn};
use control::audit::{Entry, SYSTEM};
use platform::account_object::{Begin, Choose, Connected, Disconnect, Finish, Grant, Health, Subject};
use platform::{Param, Statement, TenantDb, clock};
use problem::Problem;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// What a person is told of a fault while they connect.
fn refused(fault: &Fault) -> Problem {
    match fault {
        Fault::Retry { .. } | Fault::Ambiguous { .. } => {
            Problem::conflict(format!("{fault}; nothing was connected, please try again"))
        }
        _ => Problem::conflict(format!("{fault}; nothing was connected")),
    }
}

fn channel_type(name: &str) -> Answered<ChannelType> {
    ChannelType::ALL.into_iter().find(|channel| channel.as_str() == name).ok_or_else(|| {
        let names: Vec<&str> = ChannelType::ALL.into_iter().map(ChannelType::as_str).collect();
        Problem::not_found(format!("there is no provider `{name}`; there are {}", names.join(", "))).into()
    })
}

/// What a person chooses from: sealed in the row of a channel that waits.
#[derive(Serialize, Deserialize)]
struct Choice {
    accounts: Vec<Remote>,
    credentials: Credentials,
}

/// Where a connection goes, and on whose word.
struct Place<'a> {
    /// The channel's id, should there be none for the account.
    channel_id: &'a str,
    site: &'a str,
    channel: ChannelType,
    actor: &'a str,
    /// As in the audit log.
    action: &'static str,
}

/// A channel that waits for its account.
#[derive(Deserialize)]
struct Waiting {
    #[serde(rename = "type")]
    kind: ChannelType,
    site: String,
    status: String,
    credentials_sealed: String,
}

#[derive(Deserialize)]
struct Earlier {
    id: String,
    status: String,
}

impl Account {
    pub(super) fn begin(&self, begin: &Begin) -> Answered<String> {
        let provider = self.provider(&begin.channel_type)?;
        let sign_in = SignIn {
            state: begin.state.clone(),
            redirect_uri: begin.redirect_uri.clone(),
            verifier: begin.verifier.clone(),
        };
        Ok(provider.authorize_url(&sign_in))
    }

    /// Exchanges what was given, asks whose account it is, and stores the channel.
    pub(super) async fn finish(&self, finish: &Finish) -> Answered<Connected> {
        let channel = channel_type(&finish.channel_type)?;
        let provider = self.provider(&finish.channel_type)?;
        let credentials = match &finish.grant {
            Grant::Key { key } => Credentials::key(key),
            Grant::Code { code, verifier, redirect_uri } => {
                // The state was checked by whoever keeps it.
                let sign_in =
                    SignIn { state: String::new(), redirect_uri: redirect_uri.clone(), verifier: verifier.clone() };
                carry_out(|answers| provider.exchange_code(&sign_in, code, answers, clock::now_ms()))
                    .await
                    .map_err(|fault| refused(&fault))?
            }
        };
        let accounts = carry_out(|answers| provider.accounts(&credentials, answers, clock::now_ms()))
            .await
            .map_err(|fault| refused(&fault))?;
        let database = TenantDb::new(&self.env, &finish.tenant_id)?;
        let place = Place {
            channel_id: &finish.channel_id,
            site: &finish.site,
            channel,
            actor: &finish.actor,
            action: "channel.connect",
        };
        let mut fit = selectable(&accounts, &finish.currency)?;
        if fit.len() > 1
            && let Some(before) = self.lost_account(&database, &place).await?
            && fit.iter().any(|account| account.id == before)
        {
            fit.retain(|account| account.id == before);
        }
        match fit.as_slice() {
            [account] => {
                let connection = Connection { account: (*account).clone(), credentials };
                self.store(&database, &place, connection).await
            }
            _ => self.ask_which(&database, &place, &finish.currency, Choice { accounts, credentials }).await,
        }
    }

    /// The account of the channel that is to be connected again: the one that lost its access last, or was disconnected.
    async fn lost_account(&self, database: &TenantDb, place: &Place<'_>) -> Answered<Option<String>> {
        #[derive(Deserialize)]
        struct Row {
            account_id: String,
        }
        let sql = "SELECT account_id FROM channels WHERE tenant_id = ?1 AND site = ?2 AND type = ?3 AND account_id <> '' \
                   AND status IN ('needs_reauth', 'disconnected') ORDER BY status = 'disconnected', updated_at DESC LIMIT 1";
        let row: Option<Row> = database.first(sql, &[place.site.into(), place.channel.as_str().into()]).await?;
        Ok(row.map(|row| row.account_id))
    }

    /// The channel of this site, type and account, if there is one. One without an account waits to be given one.
    async fn earlier(&self, database: &TenantDb, place: &Place<'_>, account_id: &str) -> Answered<Option<Earlier>> {
        let sql =
            "SELECT id, status FROM channels WHERE tenant_id = ?1 AND site = ?2 AND type = ?3 AND account_id = ?4";
        Ok(database.first(sql, &[place.site.into(), place.channel.as_str().into(), account_id.into()]).await?)
    }

    /// Keeps what a sign-in reaches until somebody has chosen.
    async fn ask_which(
        &self,
        database: &TenantDb,
        place: &Place<'_>,
        currency: &str,
        choice: Choice,
    ) -> Answered<Connected> {
        let earlier = self.earlier(database, place, "").await?;
        let channel_id = earlier.as_ref().map_or_else(|| place.channel_id.to_owned(), |row| row.id.clone());
        let now = clock::now_ms();
        let choices: Vec<_> = choice
            .accounts
            .iter()
            .map(|account| {
                json!({ "id": account.id, "name": account.name, "currency": account.currency,
                        "time_zone": account.time_zone, "refusal": refusal(account, currency).unwrap_or_default() })
            })
            .collect();
        let name = self.provider(place.channel.as_str())?.descriptor().name;
        let upsert = Statement::new(
            "INSERT INTO channels (tenant_id, id, site, type, name, account_id, currency, status, credentials_sealed, \
             choices, created_by, created_at, updated_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, '', ?6, ?7, ?8, ?9, ?10, ?11, ?11) \
             ON CONFLICT (id) DO UPDATE SET status = excluded.status, choices = excluded.choices, \
             credentials_sealed = excluded.credentials_sealed, last_error = '', last_error_at = NULL, \
             updated_at = excluded.updated_at",
            vec![
                channel_id.as_str().into(),
                place.site.into(),
                place.channel.as_str().into(),
                name.into(),
                currency.into(),
                CHOOSING.into(),
                Param::Text(seal(&self.env, database.tenant(), &channel_id, &choice)?),
                serde_json::Value::Array(choices).to_string().into(),
                place.actor.into(),
                now.into(),
            ],
        );
        let accounts: Vec<&str> = choice.accounts.iter().map(|account| account.id.as_str()).collect();
        let entry = Entry {
            actor: place.actor.to_owned(),
            action: place.action,
            entity: format!("channel:{channel_id}"),
            before: earlier.map(|row| json!({ "status": row.status })),
            after: Some(json!({
                "type": place.channel.as_str(), "site": place.site, "status": CHOOSING, "accounts": accounts,
            })),
            at: now,
        };
        database.commit("the channel", &[upsert], &[entry]).await?;
        Ok(Connected { channel_id })
    }

    /// Gives a channel that waits the account that was chosen. Where that account was connected before, it is that
    /// channel again, and the one that waited is gone.
    pub(super) async fn choose(&self, choose: &Choose) -> Answered<Connected> {
        let database = TenantDb::new(&self.env, &choose.tenant_id)?;
        let sql = "SELECT type, site, status, credentials_sealed FROM channels WHERE tenant_id = ?1 AND id = ?2";
        let row: Option<Waiting> = database.first(sql, &[choose.channel_id.as_str().into()]).await?;
        let Some(row) = row.filter(|row| row.status == CHOOSING) else {
            return Err(Problem::conflict("there is no account to be chosen for this channel").into());
        };
        let choice: Choice = open(&self.env, &choose.tenant_id, &choose.channel_id, &row.credentials_sealed)?;
        let Some(account) = choice.accounts.into_iter().find(|account| account.id == choose.account_id) else {
            let detail = format!("`{}` is not among the accounts the sign-in reaches", choose.account_id);
            return Err(Problem::invalid_field("/account_id", detail).into());
        };
        if let Some(refusal) = refusal(&account, &choose.currency) {
            return Err(Problem::invalid_field("/account_id", refusal).into());
        }
        let place = Place {
            channel_id: &choose.channel_id,
            site: &row.site,
            channel: row.kind,
            actor: &choose.actor,
            action: "channel.choose",
        };
        self.store(&database, &place, Connection { account, credentials: choice.credentials }).await
    }

    async fn store(&self, database: &TenantDb, place: &Place<'_>, connection: Connection) -> Answered<Connected> {
        let earlier = self.earlier(database, place, &connection.account.id).await?;
        let channel_id = earlier.as_ref().map_or_else(|| place.channel_id.to_owned(), |row| row.id.clone());
        let now = clock::now_ms();
        let sealed = seal(&self.env, database.tenant(), &channel_id, &connection)?;
        // A choice that was open is settled by it.
        let settled = Statement::new(
            "DELETE FROM channels WHERE tenant_id = ?1 AND site = ?2 AND type = ?3 AND account_id = '' AND id <> ?4",
            vec![place.site.into(), place.channel.as_str().into(), channel_id.as_str().into()],
        );
        let upsert = Statement::new(
            "INSERT INTO channels (tenant_id, id, site, type, name, account_id, currency, time_zone, status, \
             credentials_sealed, credentials_expire_at, created_by, created_at, updated_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'connected', ?9, ?10, ?11, ?12, ?12) \
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, account_id = excluded.account_id, \
             currency = excluded.currency, time_zone = excluded.time_zone, status = 'connected', choices = '', \
             credentials_sealed = excluded.credentials_sealed, \
             credentials_expire_at = excluded.credentials_expire_at, last_error = '', last_error_at = NULL, \
             updated_at = excluded.updated_at",
            vec![
                channel_id.as_str().into(),
                place.site.into(),
                place.channel.as_str().into(),
                connection.account.name.as_str().into(),
                connection.account.id.as_str().into(),
                connection.account.currency.as_str().into(),
                connection.account.time_zone.as_str().into(),
                Param::Text(sealed),
                lasts_until(&connection).into(),
                place.actor.into(),
                now.into(),
            ],
        );
        let entry = Entry {
            actor: place.actor.to_owned(),
            action: place.action,
            entity: format!("channel:{channel_id}"),
            before: earlier.map(|row| json!({ "status": row.status })),
            after: Some(json!({
                "type": place.channel.as_str(), "site": place.site, "account": connection.account.id,
                "name": connection.account.name,
            })),
            at: now,
        };
        database.commit("the channel", &[settled, upsert], &[entry]).await?;
        Ok(Connected { channel_id })
    }

    /// Asks the provider who we are, and stores how that went.
    pub(super) async fn test(&self, subject: &Subject) -> Answered<Health> {
        let database = TenantDb::new(&self.env, &subject.tenant_id)?;
        let health = match self.ask_who_we_are(&database, subject).await? {
            Ok(()) => Health { status: "connected".to_owned(), detail: String::new() },
            Err(fault) => Health { status: connection::status_after(&fault).to_owned(), detail: fault.to_string() },
        };
        connection::note_health(&database, &subject.channel_id, &health.status, &health.detail).await?;
        Ok(health)
    }

    async fn ask_who_we_are(&self, database: &TenantDb, subject: &Subject) -> Answered<Result<(), Fault>> {
        let (channel, connection) = connection::load(&self.env, database, &subject.channel_id).await?;
        let provider = self.provider(channel.as_str())?;
        self.try_at_once();
        let connection = match self.renewed(database, &subject.channel_id, connection, None).await? {
            Ok(connection) => connection,
            Err(fault) => return Ok(Err(fault)),
        };
        let accounts = carry_out(|answers| provider.accounts(&connection.credentials, answers, clock::now_ms())).await;
        Ok(accounts.and_then(|accounts| {
            match accounts.into_iter().find(|account| account.id == connection.account.id) {
                Some(account) if account.usable => Ok(()),
                Some(account) => Err(Fault::Disconnect { reason: account.detail }),
                None => Err(Fault::Disconnect { reason: "the account is no longer among those we may use".to_owned() }),
            }
        }))
    }

    /// Forgets the credentials.
    pub(super) async fn disconnect(&self, disconnect: &Disconnect) -> Answered<()> {
        let database = TenantDb::new(&self.env, &disconnect.tenant_id)?;
        let now = clock::now_ms();
        let forget = Statement::new(
            "UPDATE channels SET status = 'disconnected', credentials_sealed = '', credentials_expire_at = NULL, \
             choices = '', updated_at = ?3 WHERE tenant_id = ?1 AND id = ?2",
            vec![disconnect.channel_id.as_str().into(), now.into()],
        );
        let actor = if disconnect.actor.is_empty() { SYSTEM.to_owned() } else { disconnect.actor.clone() };
        let entry = Entry {
            actor,
            action: "channel.disconnect",
            entity: format!("channel:{}", disconnect.channel_id),
            before: None,
            after: Some(json!({ "status": "disconnected" })),
            at: now,
        };
        Ok(database.commit("the channel", &[forget], &[entry]).await?)
    }

    pub(super) fn provider(&self, name: &str) -> Answered<Box<dyn connector::Provider>> {
        let channel = channel_type(name)?;
        app::speak(&self.env, channel).ok_or_else(|| {
            let detail = format!(
                "this deployment has no app of {name}; its operator sets one up (README, \"Connecting providers\")"
            );
            Problem::conflict(detail).into()
        })
    }
}

/// Why an account cannot serve a site of this currency; `None` when it can.
fn refusal(account: &Remote, currency: &str) -> Option<String> {
    if !account.usable {
        return Some(account.detail.clone());
    }
    (account.currency != currency && !account.currency.is_empty()).then(|| {
        format!(
            "the account `{}` is in {} and the site in {currency}; connect an account in {currency}, so that budgets and \
             revenue can be compared",
            account.name, account.currency
        )
    })
}

/// The accounts that can serve a site of this currency: one at least.
fn selectable<'a>(accounts: &'a [Remote], currency: &str) -> Result<Vec<&'a Remote>, Problem> {
    let fit: Vec<&Remote> = accounts.iter().filter(|account| refusal(account, currency).is_none()).collect();
    if !fit.is_empty() {
        return Ok(fit);
    }
    let usable = accounts.iter().find(|account| account.usable);
    Err(Problem::conflict(match (usable, accounts.first()) {
        (Some(account), _) => refusal(account, currency).unwrap_or_default(),
        (None, Some(account)) => format!("none of the accounts can be used: {}", account.detail),
        (None, None) => "this sign-in reaches no account; sign in as somebody who has one".to_owned(),
    }))
}

#[cfg(test)]
mod tests {
    use super::selectable;
    use connector::Account;

    fn account(id: &str, currency: &str, usable: bool) -> Account {
        Account {
            id: id.to_owned(),
            name: format!("Account {id}"),
            currency: currency.to_owned(),
            time_zone: "UTC".to_owned(),
            usable,
            detail: if usable { String::new() } else { "it is closed".to_owned() },
            settings: std::collections::BTreeMap::new(),
        }
    }

    #[test]
    fn of_several_accounts_those_serve_that_are_usable_and_in_the_sites_currency() {
        let accounts =
            [account("1", "EUR", false), account("2", "USD", true), account("3", "EUR", true), account("4", "", true)];
        let ids: Vec<&str> = selectable(&accounts, "EUR").unwrap().iter().map(|account| account.id.as_str()).collect();
        assert_eq!(ids, ["3", "4"], "where a provider tells no currency there is none to compare");
    }

    #[test]
    fn accounts_that_cannot_serve_say_why() {
        let why = |accounts: &[Account]| selectable(accounts, "EUR").unwrap_err().detail;
        assert!(why(&[account("1", "USD", true)]).contains("is in USD"));
        assert!(why(&[account("1", "EUR", false)]).contains("it is closed"));
        assert!(why(&[]).contains("no account"));
    }
}
