//! The Session object.
//!
//! - **One instance stands for** one visitor of one site of one tenant.
//! - **It stores** the visitor's recent events (arrived, to be sent, or already held by the sinks), the sessions they
//!   make up and who the visitor is; see `store`.
//! - **It is called by** `collect` (`/deliver`) and by the sinks' writer (`/ack`), through `platform::session_object`.
//! - **Its single thread protects** that an event id is taken once, that sessions never overlap, and that touchpoints
//!   are numbered without gaps. Every such step runs between two awaits, so it is stored whole or not at all.
//!
//! A hit's way: `/deliver` inserts it and arms the alarm, and that is all a `204` waits for. The alarm places it
//! (`settle`), hands it to the `events` queue (`send`) and hands it over again until it is acknowledged. When the
//! visit is over and everything is acknowledged, the object deletes its storage; should the visitor return, or a
//! straggler arrive, it takes up what the warehouse knows (`recall`) and goes on as if it had never gone.

mod recall;
mod send;
mod settle;
mod store;

use event::Delivery;
use platform::session_object::{ACK, Ack, DELIVER};
use platform::{clock, settings};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use store::{Store, Visitor};
use worker::{DurableObject, Env, Method, Request, Response, Result, State, durable_object};

/// From the first new hit to the alarm, ms: long enough for a page's burst to travel as one parcel, short enough for
/// the live view.
const GATHER_MS: i64 = 100;
/// After a failure to reach the queue or the database, ms.
const RETRY_MS: i64 = 2_000;
/// How long after a visit has ended the object waits for stragglers, ms, unless `SESSION_LATE_MS` says otherwise.
const LATE_MS: i64 = 60 * 60_000;

/// See the module.
#[durable_object]
pub struct Session {
    state: State,
    env: Env,
    // Atomics, because an object must stay usable after a panic was caught: the runtime asks for `RefUnwindSafe`.
    /// Whether this instance knows an alarm to be set soon. Forgotten on eviction: then it is set once more, harmlessly.
    armed: AtomicBool,
    /// Whether this instance knows its tables to exist and its visitor to be stored.
    ready: AtomicBool,
}

impl DurableObject for Session {
    fn new(state: State, env: Env) -> Self {
        Self { state, env, armed: AtomicBool::new(false), ready: AtomicBool::new(false) }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        match (request.method(), request.path().as_str()) {
            (Method::Post, DELIVER) => {
                let delivery: Delivery = serde_json::from_slice(&request.bytes().await?)?;
                self.deliver(&delivery).await?;
            }
            (Method::Post, ACK) => {
                let ack: Ack = serde_json::from_slice(&request.bytes().await?)?;
                self.acknowledge(&ack).await?;
            }
            _ => return Response::error("unknown call", 404),
        }
        Ok(Response::empty()?.with_status(204))
    }

    async fn alarm(&self) -> Result<Response> {
        if let Err(error) = self.work().await {
            platform::log::error("durable", &self.tenant(), "a session object will try again", &error);
            self.arm(RETRY_MS).await?;
        }
        Response::empty()
    }
}

impl Session {
    fn store(&self) -> Store {
        Store::new(self.state.storage().sql())
    }

    fn tenant(&self) -> String {
        self.store().visitor().ok().flatten().map_or_else(|| "-".to_owned(), |visitor| visitor.tenant_id)
    }

    /// Keeps the hits. When this returns, the runtime holds the response back until they are on disk.
    async fn deliver(&self, delivery: &Delivery) -> Result<()> {
        let store = self.store();
        if !self.ready.load(Relaxed) {
            store.create()?;
            store.set_visitor(&Visitor {
                tenant_id: delivery.tenant_id.clone(),
                site: delivery.site.clone(),
                visitor: delivery.visitor.clone(),
                session_timeout_ms: delivery.session_timeout_ms,
            })?;
            self.ready.store(true, Relaxed);
        }
        let mut new = false;
        for hit in &delivery.hits {
            new |= store.insert(hit)?;
        }
        if new && !self.armed.load(Relaxed) {
            self.armed.store(true, Relaxed);
            self.arm(GATHER_MS).await?;
        }
        Ok(())
    }

    /// Notes what the sinks hold; once they hold everything, only the end of the visit is left to wait for.
    async fn acknowledge(&self, ack: &Ack) -> Result<()> {
        let store = self.store();
        store.create()?;
        store.acknowledge(ack)?;
        if !store.has_unstored()? {
            let wait = store.visitor()?.map_or(0, |visitor| visitor.session_timeout_ms) + self.late_ms()?;
            self.arm(wait).await?;
        }
        Ok(())
    }

    /// The alarm's work: place what has arrived, send what is due, or go.
    async fn work(&self) -> Result<()> {
        let store = self.store();
        store.create()?;
        let Some(visitor) = store.visitor()? else {
            return self.leave().await;
        };
        recall::recall(&self.env, &store, &visitor).await?;
        // What arrived while the warehouse was asked is placed now; what arrives from here on arms anew.
        self.armed.store(false, Relaxed);
        settle::settle(&store, &visitor)?;
        let now = clock::now_ms();
        let parcels = send::pack(&store, &visitor, now)?;
        if let Some(due) = store.next_due()? {
            self.arm((due - now).max(GATHER_MS)).await?;
        } else {
            let over = store.last_arrival()? + visitor.session_timeout_ms + self.late_ms()?;
            if now >= over {
                return self.leave().await;
            }
            self.arm(over - now).await?;
        }
        send::send(&self.env, &parcels).await
    }

    /// Everything that must last is in the warehouse: the storage goes, so that past visitors leave no files.
    async fn leave(&self) -> Result<()> {
        self.ready.store(false, Relaxed);
        let storage = self.state.storage();
        storage.delete_alarm().await?;
        storage.delete_all().await
    }

    async fn arm(&self, in_ms: i64) -> Result<()> {
        self.state.storage().set_alarm(in_ms).await
    }

    fn late_ms(&self) -> Result<i64> {
        Ok(settings::number(&self.env, "SESSION_LATE_MS", LATE_MS)?)
    }
}
