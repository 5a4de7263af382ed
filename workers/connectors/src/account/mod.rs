//! The Account object.
//!
//! - **One instance stands for** one connected account of one tenant (and, under the empty id, for the question which
//!   providers there are).
//! - **It stores** the account's rate budgets ([`connector::Governor`]). The access token is sealed in `channels`.
//! - **It is called by** the API (connect, test, disconnect, through `platform::account_object`) and by this script's
//!   publications and syncs (through [`client`]).
//! - **Its single thread protects** that a token is renewed once, however many need it, and that all requests to the
//!   account share one budget. A renewal that a limit or an outage kept from happening is tried again later, by whoever
//!   asks next; only a refusal makes the account one that a person has to connect again.

pub(crate) mod client;
mod connect;
pub(crate) use connection::{note_health, status_after};
mod connection;

use campaign::ChannelType;
use client::{ACCESS, ADMIT, Access, Admit, Admitted, OBSERVE, Observe};
use connector::{Admission, Auth, Capability, Fault, Governor, provider};
use platform::account_object::{
    BEGIN, Begin, Begun, CHOOSE, Choose, DISCONNECT, Disconnect, FINISH, Finish, PROVIDERS, ProviderStatus, Subject,
    TEST,
};
use platform::clock;
use problem::Problem;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use worker::{DurableObject, Env, Request, Response, Result, State, durable_object};

/// Key of the stored governor.
const GOVERNOR: &str = "governor";

/// See the module.
#[durable_object]
pub struct Account {
    state: State,
    env: Env,
    /// Whether a renewal is under way: others wait for it.
    renewing: AtomicBool,
    /// The renewal that failed last, where it is to be tried again. Lost with the instance, which costs one try.
    held_off: Mutex<Option<HeldOff>>,
}

/// A renewal that failed for the moment.
#[derive(Clone)]
struct HeldOff {
    /// None is tried before, UTC ms.
    until_ms: i64,
    /// How many failed in a row.
    failures: u32,
    /// Why.
    fault: Fault,
}

impl DurableObject for Account {
    fn new(state: State, env: Env) -> Self {
        Self { state, env, renewing: AtomicBool::new(false), held_off: Mutex::new(None) }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        let path = request.path();
        let body = request.bytes().await?;
        match self.answer(&path, &body).await {
            Ok(response) => Ok(response),
            Err(Refused::Problem(problem)) => {
                let status = problem.status;
                Ok(Response::from_json(&problem)?.with_status(status))
            }
            Err(Refused::Platform(error)) => {
                platform::log::error("connectors", "-", &format!("an account object failed at {path}"), &error);
                let problem: Problem = error.into();
                let status = problem.status;
                Ok(Response::from_json(&problem)?.with_status(status))
            }
            Err(Refused::Runtime(error)) => Err(error),
        }
    }
}

/// Why a call was not answered.
enum Refused {
    Problem(Box<Problem>),
    Platform(platform::Error),
    Runtime(worker::Error),
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}
impl From<platform::Error> for Refused {
    fn from(error: platform::Error) -> Self {
        Self::Platform(error)
    }
}
impl From<worker::Error> for Refused {
    fn from(error: worker::Error) -> Self {
        Self::Runtime(error)
    }
}

type Answered<T> = std::result::Result<T, Refused>;

impl Account {
    async fn answer(&self, path: &str, body: &[u8]) -> Answered<Response> {
        match path {
            PROVIDERS => json(&self.providers()),
            BEGIN => {
                let begin: Begin = read(body)?;
                json(&Begun { authorize_url: self.begin(&begin)? })
            }
            FINISH => {
                let finish: Finish = read(body)?;
                json(&self.finish(&finish).await?)
            }
            CHOOSE => {
                let choose: Choose = read(body)?;
                json(&self.choose(&choose).await?)
            }
            TEST => {
                let subject: Subject = read(body)?;
                json(&self.test(&subject).await?)
            }
            DISCONNECT => {
                let disconnect: Disconnect = read(body)?;
                self.disconnect(&disconnect).await?;
                Ok(Response::empty()?.with_status(204))
            }
            ACCESS => {
                let access: Access = read(body)?;
                json(&self.access(&access).await?)
            }
            ADMIT => {
                let admit: Admit = read(body)?;
                json(&self.admit(&admit).await?)
            }
            OBSERVE => {
                let observe: Observe = read(body)?;
                self.observe(&observe).await?;
                Ok(Response::empty()?.with_status(204))
            }
            _ => Ok(Response::error("unknown call", 404)?),
        }
    }

    fn providers(&self) -> Vec<ProviderStatus> {
        provider::catalog()
            .into_iter()
            .map(|descriptor| {
                let app = crate::app::app(&self.env, descriptor.channel);
                let by_key_alone = descriptor.auth == [Auth::Key];
                ProviderStatus {
                    channel_type: descriptor.channel.as_str().to_owned(),
                    name: descriptor.name.to_owned(),
                    auth: if by_key_alone { "key" } else { "oauth" }.to_owned(),
                    configured: app.is_some(),
                    practice: app.is_some_and(|app| app.practice),
                    version: descriptor.version.name.to_owned(),
                    capabilities: descriptor.capabilities.iter().map(|capability| name_of(*capability)).collect(),
                }
            })
            .collect()
    }

    /// May a request go?
    async fn admit(&self, admit: &Admit) -> Answered<Admitted> {
        let mut governor = self.governor(admit.channel).await;
        let admission = governor.admit(&admit.purpose, admit.writes, clock::now_ms());
        self.keep(&governor).await?;
        Ok(Admitted {
            wait_until_ms: match admission {
                Admission::Go => None,
                Admission::WaitUntil { at_ms } => Some(at_ms),
            },
        })
    }

    async fn observe(&self, observe: &Observe) -> Answered<()> {
        let mut governor = self.governor(observe.channel).await;
        governor.observe(&observe.purpose, &observe.response, clock::now_ms());
        Ok(self.keep(&governor).await?)
    }

    async fn governor(&self, channel: ChannelType) -> Governor {
        let stored: Option<String> = self.state.storage().get(GOVERNOR).await.ok().flatten();
        // An older form is forgotten: budgets refill by themselves.
        stored.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_else(|| Governor::new(channel))
    }

    async fn keep(&self, governor: &Governor) -> Result<()> {
        self.state.storage().put(GOVERNOR, serde_json::to_string(governor)?).await
    }
}

fn name_of(capability: Capability) -> String {
    serde_json::to_value(capability).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Answered<T> {
    serde_json::from_slice(body).map_err(|e| platform::Error::corrupt("call of an account object", e).into())
}

fn json<T: Serialize>(value: &T) -> Answered<Response> {
    Ok(Response::from_json(value)?)
}
