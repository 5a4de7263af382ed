//! The Market object.
//!
//! - **One instance stands for** one account at one provider, named `<provider>/<number>`; the one named `directory`
//!   knows which accounts there are.
//! - **It stores** the account's rows as crate `sandbox` hands them out: a row a thing, so that a request writes what it
//!   changed.
//! - **It is called by** this script: with a provider's request as it is, or with one of its own under `/@`.
//! - **Its single thread protects** that a code or a refresh token works once and that ids are never given twice. A
//!   request is answered and stored between two awaits, so it is kept whole or not at all.

use campaign::ChannelType;
use platform::{clock, random};
use sandbox::{Authorize, FaultPlan, World};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::{Mutex, PoisonError};
use worker::{DurableObject, Env, Error, Method, Request, RequestInit, Response, Result, State, Stub, durable_object};

/// The binding of the class.
const MARKETS: &str = "MARKETS";
/// The instance that knows the others.
const DIRECTORY: &str = "directory";
const TABLE: &str = "CREATE TABLE IF NOT EXISTS part (kind TEXT NOT NULL, id TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID";
/// What was asked, in a local run; a lost answer has status 0.
const ASKED: &str = "CREATE TABLE IF NOT EXISTS asked (number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL, status INTEGER NOT NULL)";
/// So many requests are remembered.
const MOST_ASKED: i64 = 5_000;

/// What opens an account that is not there yet.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Opening {
    pub(crate) name: String,
    pub(crate) currency: String,
    pub(crate) time_zone: String,
}

/// A consent given.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Given {
    /// The sign-in page's query.
    pub(crate) query: String,
    pub(crate) opening: Opening,
}

/// An account there is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Known {
    pub(crate) provider: ChannelType,
    pub(crate) number: String,
    pub(crate) name: String,
}

/// What a control call asks of an account.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "control")]
pub(crate) enum Control {
    Faults { plan: FaultPlan },
    Clock { days: i64 },
    Expire,
    State,
    Requests,
}

/// A request an account answered.
#[derive(Debug, Serialize, Deserialize)]
struct Asked {
    /// UTC ms.
    at: i64,
    method: String,
    /// With its query.
    path: String,
    /// 0 when the answer was lost.
    status: u16,
}

/// See the module.
#[durable_object]
pub struct Market {
    state: State,
    env: Env,
    /// The account as stored, once read. A mutex, because the runtime asks objects to stay usable after a panic.
    world: Mutex<Option<World>>,
}

#[derive(Deserialize)]
struct Part {
    kind: String,
    id: String,
    value: String,
}

impl DurableObject for Market {
    fn new(state: State, env: Env) -> Self {
        Self { state, env, world: Mutex::new(None) }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        self.state.storage().sql().exec(TABLE, None)?;
        self.state.storage().sql().exec(ASKED, None)?;
        let path = request.path();
        let asked = read(&mut request, &path).await?;
        let now = clock::now_ms();
        match path.as_str() {
            "/@known" => Response::from_json(&self.known(parse(&asked.body)?)?),
            "/@list" => Response::from_json(&self.list()?),
            "/@grant" => self.grant(&parse(&asked.body)?, now).await,
            "/@control" => Response::from_json(&self.control(parse(&asked.body)?, now)?),
            _ => self.answer(&asked, now).await,
        }
    }
}

impl Market {
    /// The provider and number this instance is named by.
    fn name(&self) -> Result<(ChannelType, String)> {
        let name = self.state.id().name().unwrap_or_default();
        let parts = name.split_once('/').and_then(|(provider, number)| {
            let provider = ChannelType::ALL.into_iter().find(|known| known.as_str() == provider)?;
            Some((provider, number.to_owned()))
        });
        parts.ok_or_else(|| Error::RustError(format!("`{name}` names no account")))
    }

    fn parts(&self) -> Result<Vec<Part>> {
        self.state.storage().sql().exec("SELECT kind, id, value FROM part", None)?.to_array()
    }

    /// Takes the account out of memory, or out of storage; `None` when it was never opened.
    fn take(&self) -> Result<Option<World>> {
        let held = self.world.lock().unwrap_or_else(PoisonError::into_inner).take();
        if held.is_some() {
            return Ok(held);
        }
        let parts = self.parts()?;
        if parts.is_empty() {
            return Ok(None);
        }
        let rows = parts.into_iter().map(|part| (part.kind, part.id, part.value));
        World::from_rows(rows).map(Some).map_err(|error| Error::RustError(error.to_string()))
    }

    /// Stores what changed and keeps the account in memory. Whoever fails between the two leaves nothing in memory, so
    /// that the next request reads what is stored.
    fn keep(&self, mut world: World) -> Result<()> {
        let sql = self.state.storage().sql();
        for row in world.take_changes()? {
            match row.value {
                Some(value) => {
                    let statement = "INSERT OR REPLACE INTO part (kind, id, value) VALUES (?1, ?2, ?3)";
                    sql.exec(statement, vec![row.kind.into(), row.id.into(), value.into()])?;
                }
                None => {
                    sql.exec("DELETE FROM part WHERE kind = ?1 AND id = ?2", vec![row.kind.into(), row.id.into()])?;
                }
            }
        }
        *self.world.lock().unwrap_or_else(PoisonError::into_inner) = Some(world);
        Ok(())
    }

    async fn answer(&self, asked: &sandbox::Request, now: i64) -> Result<Response> {
        let (provider, number) = self.name()?;
        let mut opened = None;
        let mut world = match self.take()? {
            Some(world) => world,
            // A private key opens the account it names; nothing else does without its owner.
            None if asked.get_header("authorization").is_some_and(|value| value.starts_with("Klaviyo-API-Key ")) => {
                let name = "Practice shop".to_owned();
                opened = Some(Known { provider, number: number.clone(), name: name.clone() });
                World::open_as(provider, &number, &name, "EUR", "UTC", now)
            }
            None => {
                let mut nobody = World::open_as(provider, &number, "nobody", "EUR", "UTC", now);
                return crate::send(nobody.handle(asked, now, 0));
            }
        };
        let reply = world.handle(asked, now, u64::from_le_bytes(random::bytes()));
        self.keep(world)?;
        if platform::settings::is_local(&self.env) {
            self.remember(asked, &reply, now)?;
        }
        if let Some(known) = opened {
            register(&self.env, &known).await?;
        }
        crate::send(reply)
    }

    fn remember(&self, asked: &sandbox::Request, reply: &sandbox::Reply, now: i64) -> Result<()> {
        let status = if let sandbox::Reply::Answer(answer) = reply { answer.status } else { 0 };
        let sql = self.state.storage().sql();
        sql.exec(
            "INSERT INTO asked (at, method, path, status) VALUES (?1, ?2, ?3, ?4)",
            vec![
                now.into(),
                asked.method.clone().into(),
                format!("{}?{}", asked.path, asked.query).into(),
                i64::from(status).into(),
            ],
        )?;
        let old = "DELETE FROM asked WHERE number <= (SELECT max(number) FROM asked) - ?1";
        sql.exec(old, vec![MOST_ASKED.into()])?;
        Ok(())
    }

    async fn grant(&self, given: &Given, now: i64) -> Result<Response> {
        let (provider, number) = self.name()?;
        let asked = Authorize::parse(provider, &given.query).map_err(Error::RustError)?;
        let Opening { name, currency, time_zone } = &given.opening;
        let held = self.take()?;
        let new = held.is_none();
        let mut world = held.unwrap_or_else(|| World::open_as(provider, &number, name, currency, time_zone, now));
        let code = world.grant(&asked, now, u64::from_le_bytes(random::bytes()));
        self.keep(world)?;
        if new {
            register(&self.env, &Known { provider, number, name: name.clone() }).await?;
        }
        Response::ok(code)
    }

    fn control(&self, control: Control, now: i64) -> Result<Value> {
        let Some(mut world) = self.take()? else {
            return Ok(Value::Null);
        };
        match control {
            Control::Faults { plan } => world.set_faults(plan),
            Control::Clock { days } => world.age(days),
            Control::Expire => world.expire_tokens(now),
            Control::Requests => {
                self.keep(world)?;
                let sql = self.state.storage().sql();
                let rows: Vec<Asked> =
                    sql.exec("SELECT at, method, path, status FROM asked ORDER BY number", None)?.to_array()?;
                return Ok(json!(rows));
            }
            Control::State => {}
        }
        let state = json!({
            "account": world.account(),
            "faults": world.faults(),
            "active_daily_budget_micros": world.active_daily_budget(),
            "objects": world.objects().map(|object| json!({
                "id": object.id, "kind": object.kind, "parent": object.parent, "name": object.name,
                "active": object.active(), "removed": object.removed, "budget_micros": object.budget(),
                "created_at": object.created_at, "body": object.body,
            })).collect::<Vec<_>>(),
        });
        self.keep(world)?;
        Ok(state)
    }

    /// The directory's: notes an account.
    fn known(&self, known: Known) -> Result<Value> {
        let id = format!("{}/{}", known.provider.as_str(), known.number);
        let value = serde_json::to_string(&known)?;
        let statement = "INSERT OR REPLACE INTO part (kind, id, value) VALUES ('known', ?1, ?2)";
        self.state.storage().sql().exec(statement, vec![id.into(), value.into()])?;
        Ok(json!(known))
    }

    /// The directory's: the accounts there are.
    fn list(&self) -> Result<Vec<Known>> {
        self.parts()?.iter().map(|part| Ok(serde_json::from_str(&part.value)?)).collect()
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    Ok(serde_json::from_slice(body)?)
}

/// A request as the crate takes it.
pub(crate) async fn read(request: &mut Request, path: &str) -> Result<sandbox::Request> {
    Ok(sandbox::Request {
        method: request.method().to_string(),
        path: path.to_owned(),
        query: request.url()?.query().unwrap_or_default().to_owned(),
        headers: request.headers().entries().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect(),
        body: request.bytes().await?,
    })
}

/// The object of an account.
pub(crate) fn of(env: &Env, provider: ChannelType, number: &str) -> Result<Stub> {
    env.durable_object(MARKETS)?.get_by_name(&format!("{}/{number}", provider.as_str()))
}

/// Asks an object something of our own.
pub(crate) async fn call(stub: &Stub, path: &str, body: &impl Serialize) -> Result<Response> {
    let mut init = RequestInit::new();
    init.with_method(Method::Post).with_body(Some(serde_json::to_string(body)?.into()));
    stub.fetch_with_request(Request::new_with_init(&format!("https://market{path}"), &init)?).await
}

async fn register(env: &Env, known: &Known) -> Result<()> {
    call(&env.durable_object(MARKETS)?.get_by_name(DIRECTORY)?, "/@known", known).await.map(drop)
}

/// The accounts there are.
pub(crate) async fn directory(env: &Env) -> Result<Vec<Known>> {
    call(&env.durable_object(MARKETS)?.get_by_name(DIRECTORY)?, "/@list", &()).await?.json().await
}
