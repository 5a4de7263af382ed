//! Connecting and ending a connection.

use super::connection::{self, lasts_until, seal};
use super::{Account, Answered};
use crate::app;
use crate::sending::carry_out;
use campaign::ChannelType;
use connector::{Account as Remote, Connection, Credentials, Fault, SignIn};
use control::audit::{Entry, SYSTEM};
use platform::account_object::{Begin, Connected, Disconnect, Finish, Grant, Health, Subject};
use platform::{Param, Statement, TenantDb, clock};
use problem::Problem;
use serde::Deserialize;
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
        let account = choose(accounts, &finish.currency)?;
        let database = TenantDb::new(&self.env, &finish.tenant_id)?;
        self.store(&database, finish, channel, Connection { account, credentials }).await
    }

    async fn store(
        &self,
        database: &TenantDb,
        finish: &Finish,
        channel: ChannelType,
        connection: Connection,
    ) -> Answered<Connected> {
        let earlier: Option<Earlier> = database
            .first(
                "SELECT id, status FROM channels WHERE tenant_id = ?1 AND site = ?2 AND type = ?3 AND account_id = ?4",
                &[finish.site.as_str().into(), channel.as_str().into(), connection.account.id.as_str().into()],
            )
            .await?;
        let channel_id = earlier.as_ref().map_or_else(|| finish.channel_id.clone(), |row| row.id.clone());
        let now = clock::now_ms();
        let sealed = seal(&self.env, &finish.tenant_id, &channel_id, &connection)?;
        let upsert = Statement::new(
            "INSERT INTO channels (tenant_id, id, site, type, name, account_id, currency, time_zone, status, \
             credentials_sealed, credentials_expire_at, created_by, created_at, updated_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'connected', ?9, ?10, ?11, ?12, ?12) \
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, currency = excluded.currency, \
             time_zone = excluded.time_zone, status = 'connected', credentials_sealed = excluded.credentials_sealed, \
             credentials_expire_at = excluded.credentials_expire_at, last_error = '', last_error_at = NULL, \
             updated_at = excluded.updated_at",
            vec![
                channel_id.as_str().into(),
                finish.site.as_str().into(),
                channel.as_str().into(),
                connection.account.name.as_str().into(),
                connection.account.id.as_str().into(),
                connection.account.currency.as_str().into(),
                connection.account.time_zone.as_str().into(),
                Param::Text(sealed),
                lasts_until(&connection).into(),
                finish.actor.as_str().into(),
                now.into(),
            ],
        );
        let entry = Entry {
            actor: finish.actor.clone(),
            action: "channel.connect",
            entity: format!("channel:{channel_id}"),
            before: earlier.map(|row| json!({ "status": row.status })),
            after: Some(json!({
                "type": channel.as_str(), "site": finish.site, "account": connection.account.id,
                "name": connection.account.name,
            })),
            at: now,
        };
        database.commit("the channel", &[upsert], &[entry]).await?;
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
             updated_at = ?3 WHERE tenant_id = ?1 AND id = ?2",
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

/// The account to work with: a usable one, in the site's currency where there is a choice.
fn choose(accounts: Vec<Remote>, currency: &str) -> Result<Remote, Problem> {
    let unusable = accounts.iter().find(|account| !account.usable).map(|account| account.detail.clone());
    let mut usable: Vec<Remote> = accounts.into_iter().filter(|account| account.usable).collect();
    usable.sort_by_key(|account| account.currency != currency);
    match usable.into_iter().next() {
        Some(account) if account.currency == currency || account.currency.is_empty() => Ok(account),
        Some(account) => Err(Problem::conflict(format!(
            "the account `{}` is in {} and the site in {currency}; connect an account in {currency}, so that budgets and \
             revenue can be compared",
            account.name, account.currency
        ))),
        None => Err(Problem::conflict(match unusable {
            Some(reason) => format!("none of the accounts can be used: {reason}"),
            None => "this sign-in reaches no account; sign in as somebody who has one".to_owned(),
        })),
    }
}

#[cfg(test)]
mod tests {
    use super::choose;
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
    fn of_several_accounts_the_first_usable_one_in_the_sites_currency_is_taken() {
        let accounts = vec![account("1", "EUR", false), account("2", "USD", true), account("3", "EUR", true)];
        assert_eq!(choose(accounts, "EUR").unwrap().id, "3");
    }

    #[test]
    fn accounts_that_cannot_serve_say_why() {
        assert!(choose(vec![account("1", "USD", true)], "EUR").unwrap_err().detail.contains("is in USD"));
        assert!(choose(vec![account("1", "EUR", false)], "EUR").unwrap_err().detail.contains("it is closed"));
        assert!(choose(Vec::new(), "EUR").unwrap_err().detail.contains("no account"));
    }
}
