//! One account at one provider: what is in it, who may enter, what goes wrong. Everything it knows is rows, so that a
//! host stores what changed and nothing else.

use crate::dice::{Dice, hash};
use crate::fault::{Fault, FaultPlan};
use crate::http::{Reply, Request, Response};
use crate::limit::Meters;
use crate::oauth::Grant;
use crate::object::{Kind, Object};
use crate::{google_ads, klaviyo, meta, oauth, practice};
use calendar::Zone;
use campaign::ChannelType;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// One hour, ms.
pub(crate) const HOUR_MS: i64 = 3_600_000;

/// The account itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Whose API it speaks.
    pub provider: ChannelType,
    /// Ten digits, as the provider would number an account.
    pub number: String,
    /// For people.
    pub name: String,
    /// ISO 4217.
    pub currency: String,
    /// IANA.
    pub time_zone: String,
    /// Names its market: another seed is another audience.
    pub seed: u64,
    /// UTC ms, a whole hour; its market's hours are counted from here.
    pub opened_at: i64,
    /// Requests so far.
    pub requests: u64,
    /// What the next created thing is numbered.
    pub next_number: u64,
}

/// A row to store: `value` is JSON, `None` when the row is to go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// `account`, `object`, `grant`, `meters` or `faults`.
    pub kind: String,
    /// Unique within the kind.
    pub id: String,
    /// The row's content.
    pub value: Option<String>,
}

/// Rows that do not make up an account.
#[derive(Debug, thiserror::Error)]
pub enum RowError {
    /// A row's JSON is not what its kind asks for.
    #[error("the stored {kind} `{id}` cannot be read: {source}")]
    Unreadable {
        /// The row's kind.
        kind: String,
        /// Its id.
        id: String,
        /// Why.
        source: serde_json::Error,
    },
    /// There is no account among them.
    #[error("no account is stored")]
    NoAccount,
}

/// See the module.
#[derive(Clone, Debug, PartialEq)]
pub struct World {
    pub(crate) account: Account,
    pub(crate) objects: BTreeMap<String, Object>,
    pub(crate) grants: BTreeMap<String, Grant>,
    pub(crate) meters: Meters,
    pub(crate) faults: FaultPlan,
    /// Rows to store since the last [`World::take_changes`].
    changed: BTreeSet<(&'static str, String)>,
    /// How long what the current request creates stays out of listings, ms.
    pub(crate) listing_lag_ms: i64,
}

impl World {
    /// Opens an account. The number is what [`account_number`] makes of a provider and a name.
    #[must_use]
    pub fn open(provider: ChannelType, name: &str, currency: &str, time_zone: &str, now: i64) -> Self {
        Self::open_as(provider, &account_number(provider, name), name, currency, time_zone, now)
    }

    /// Opens an account under a number of its own.
    #[must_use]
    pub fn open_as(provider: ChannelType, number: &str, name: &str, currency: &str, time_zone: &str, now: i64) -> Self {
        let account = Account {
            provider,
            seed: hash(&format!("{}/{number}", provider.as_str())),
            number: number.to_owned(),
            name: name.to_owned(),
            currency: currency.to_owned(),
            time_zone: time_zone.to_owned(),
            opened_at: now - now.rem_euclid(HOUR_MS),
            requests: 0,
            next_number: 1,
        };
        let mut world = Self {
            account,
            objects: BTreeMap::new(),
            grants: BTreeMap::new(),
            meters: Meters::default(),
            faults: FaultPlan::default(),
            changed: BTreeSet::new(),
            listing_lag_ms: 0,
        };
        world.touch("account", "");
        if provider == ChannelType::Klaviyo {
            klaviyo::open(&mut world, now);
        }
        world
    }

    /// The account that stored rows make up.
    ///
    /// # Errors
    /// A row cannot be read, or the account's own is missing.
    pub fn from_rows(rows: impl IntoIterator<Item = (String, String, String)>) -> Result<Self, RowError> {
        let mut account = None;
        let mut objects = BTreeMap::new();
        let mut grants = BTreeMap::new();
        let mut meters = Meters::default();
        let mut faults = FaultPlan::default();
        for (kind, id, value) in rows {
            let unreadable = |source| RowError::Unreadable { kind: kind.clone(), id: id.clone(), source };
            match kind.as_str() {
                "account" => account = Some(serde_json::from_str(&value).map_err(unreadable)?),
                "object" => drop(objects.insert(id.clone(), serde_json::from_str(&value).map_err(unreadable)?)),
                "grant" => drop(grants.insert(id.clone(), serde_json::from_str(&value).map_err(unreadable)?)),
                "meters" => meters = serde_json::from_str(&value).map_err(unreadable)?,
                "faults" => faults = serde_json::from_str(&value).map_err(unreadable)?,
                _ => {} // of a later version
            }
        }
        let account = account.ok_or(RowError::NoAccount)?;
        Ok(Self { account, objects, grants, meters, faults, changed: BTreeSet::new(), listing_lag_ms: 0 })
    }

    /// What is to be stored since this was last asked.
    ///
    /// # Errors
    /// A row cannot be written as JSON.
    pub fn take_changes(&mut self) -> serde_json::Result<Vec<Row>> {
        let mut rows = Vec::with_capacity(self.changed.len());
        for (kind, id) in std::mem::take(&mut self.changed) {
            let value = match kind {
                "account" => Some(serde_json::to_string(&self.account)?),
                "object" => self.objects.get(&id).map(serde_json::to_string).transpose()?,
                "grant" => self.grants.get(&id).map(serde_json::to_string).transpose()?,
                "meters" => Some(serde_json::to_string(&self.meters)?),
                _ => Some(serde_json::to_string(&self.faults)?),
            };
            rows.push(Row { kind: kind.to_owned(), id, value });
        }
        Ok(rows)
    }

    /// The account.
    #[must_use]
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// Everything in the account, removed things too.
    pub fn objects(&self) -> impl Iterator<Item = &Object> {
        self.objects.values()
    }

    /// What is planned to go wrong.
    #[must_use]
    pub fn faults(&self) -> &FaultPlan {
        &self.faults
    }

    /// Sets what goes wrong from now on.
    pub fn set_faults(&mut self, faults: FaultPlan) {
        self.faults = faults;
        self.touch("faults", "");
    }

    /// Lets days pass: everything that happened happened that much earlier, so that the account has history up to now.
    pub fn age(&mut self, days: i64) {
        let by = days.saturating_mul(24 * HOUR_MS);
        self.account.opened_at -= by;
        self.touch("account", "");
        let ids: Vec<String> = self.objects.keys().cloned().collect();
        for id in ids {
            if let Some(object) = self.object_mut(&id) {
                object.age(by);
                klaviyo::age(object, by);
            }
        }
    }

    /// Refuses every access token given so far.
    pub fn expire_tokens(&mut self, now: i64) {
        let mut expired = Vec::new();
        for (token, grant) in &mut self.grants {
            if let Grant::Access(access) = grant
                && access.expires_at > now
            {
                access.expires_at = now;
                expired.push(token.clone());
            }
        }
        for token in expired {
            self.touch("grant", &token);
        }
    }

    /// Micros a day that may be spent as things stand: the budgets under which at least one ad can run.
    #[must_use]
    pub fn active_daily_budget(&self) -> i64 {
        crate::market::spenders(self)
            .iter()
            .filter(|spender| spender.ads.iter().any(|ad| ad.chain.iter().all(|object| object.active())))
            .map(|spender| spender.holder.budget().unwrap_or(0))
            .sum()
    }

    /// Answers a request. `seed` is fresh randomness for what must not be guessed; `now` is UTC ms.
    pub fn handle(&mut self, request: &Request, now: i64, seed: u64) -> Reply {
        let ordinal = self.account.requests;
        self.account.requests += 1;
        self.touch("account", "");
        let fault = if self.faults.is_empty() {
            None
        } else {
            self.touch("faults", "");
            self.faults.next(ordinal, &request.method, &request.path)
        };
        self.listing_lag_ms = 0;
        match fault {
            Some(Fault::LostBefore) => return Reply::Lost,
            Some(Fault::RateLimited { ms }) => return Reply::Answer(self.limited(request, ms)),
            Some(Fault::ServerError) => return Reply::Answer(self.broken()),
            Some(Fault::TokenExpired) => self.expire_tokens(now),
            Some(Fault::SlowListing { ms }) => self.listing_lag_ms = ms,
            Some(Fault::LostAfter | Fault::ServerErrorAfter) | None => {}
        }
        let answer = self.answer(request, now, seed);
        match fault {
            Some(Fault::LostAfter) => Reply::Lost,
            Some(Fault::ServerErrorAfter) => Reply::Answer(self.broken()),
            _ => Reply::Answer(answer),
        }
    }

    fn answer(&mut self, request: &Request, now: i64, seed: u64) -> Response {
        if let Some(answer) = oauth::token_endpoint(self, request, now, seed) {
            return answer;
        }
        match self.account.provider {
            ChannelType::Sandbox => practice::answer(self, request, now),
            ChannelType::Meta => meta::answer(self, request, now),
            ChannelType::GoogleAds => google_ads::answer(self, request, now),
            ChannelType::Klaviyo => klaviyo::answer(self, request, now),
        }
    }

    fn limited(&self, request: &Request, wait_ms: i64) -> Response {
        match self.account.provider {
            ChannelType::Sandbox => practice::limited(wait_ms),
            ChannelType::Meta => meta::limited(self),
            ChannelType::GoogleAds => google_ads::limited(self),
            ChannelType::Klaviyo => klaviyo::limited(request, wait_ms),
        }
    }

    fn broken(&self) -> Response {
        match self.account.provider {
            ChannelType::Sandbox => practice::broken(),
            ChannelType::Meta => meta::broken(self),
            ChannelType::GoogleAds => google_ads::broken(),
            ChannelType::Klaviyo => klaviyo::broken(),
        }
    }

    // ── for the providers' modules ───────────────────────────────────────────────────────────────────────────────

    pub(crate) fn touch(&mut self, kind: &'static str, id: &str) {
        self.changed.insert((kind, id.to_owned()));
    }

    pub(crate) fn zone(&self) -> Zone {
        Zone::parse(&self.account.time_zone).unwrap_or(Zone::UTC)
    }

    /// Micros in one minor unit of the account's currency.
    pub(crate) fn micros_per_minor(&self) -> i64 {
        micros_per_minor(&self.account.currency)
    }

    /// A number no other object of the account has, and that looks drawn.
    pub(crate) fn next_number(&mut self) -> u64 {
        let number = self.account.next_number;
        self.account.next_number += 1;
        self.touch("account", "");
        number
    }

    /// A stream of draws that belongs to one thing of the account.
    pub(crate) fn dice(&self, name: &str, step: u64) -> Dice {
        Dice::new(self.account.seed, hash(name), step)
    }

    pub(crate) fn object(&self, kind: Kind, id: &str) -> Option<&Object> {
        self.objects.get(id).filter(|object| object.kind == kind && !object.removed)
    }

    /// For a change: the row will be stored.
    pub(crate) fn object_mut(&mut self, id: &str) -> Option<&mut Object> {
        self.changed.insert(("object", id.to_owned()));
        self.objects.get_mut(id)
    }

    /// What listings show of a kind, oldest first.
    pub(crate) fn listed(&self, kind: Kind, now: i64) -> Vec<&Object> {
        let mut listed: Vec<&Object> = self
            .objects
            .values()
            .filter(|object| object.kind == kind && !object.removed && object.listed_from <= now)
            .collect();
        listed.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        listed
    }

    pub(crate) fn create(&mut self, new: NewObject<'_>, now: i64) {
        let object = Object {
            id: new.id.to_owned(),
            kind: new.kind,
            parent: new.parent.to_owned(),
            name: new.name.to_owned(),
            switched: vec![(now, new.active)],
            budgets: new.budget_micros.map(|micros| (now, micros)).into_iter().collect(),
            created_at: now,
            updated_at: now,
            listed_from: now + self.listing_lag_ms,
            removed: false,
            body: new.body,
        };
        self.touch("object", new.id);
        self.objects.insert(new.id.to_owned(), object);
    }
}

/// What a new object needs.
pub(crate) struct NewObject<'a> {
    pub(crate) id: &'a str,
    pub(crate) kind: Kind,
    pub(crate) parent: &'a str,
    pub(crate) name: &'a str,
    pub(crate) active: bool,
    pub(crate) budget_micros: Option<i64>,
    pub(crate) body: Map<String, Value>,
}

/// Ten digits that stand for an account's name at a provider, never beginning with 0.
#[must_use]
pub fn account_number(provider: ChannelType, name: &str) -> String {
    let number = hash(&format!("account/{}/{}", provider.as_str(), name.trim().to_lowercase()));
    (1_000_000_000 + number % 9_000_000_000).to_string()
}

pub(crate) fn micros_per_minor(currency: &str) -> i64 {
    let exponent = iso_currency::Currency::from_code(currency).and_then(|known| known.exponent()).unwrap_or(2);
    10_i64.pow(6_u32.saturating_sub(u32::from(exponent)))
}
