//! The practice provider: accounts with campaigns, budgets and ads, spoken to as Meta (Graph v25.0), Google Ads (REST
//! v25), Klaviyo (revision 2026-07-15) or by an API of our own, over one simulated market. Pure: time and randomness are
//! arguments, rows are handed out to be stored; Worker `sandbox` hosts it.
//!
//! It is strict where the real providers are, so that what works here fails there only by what a key can mend: tokens
//! expire, codes work once, names are unique where they are there and nowhere else, creations cannot be made
//! idempotent where they cannot be there, limits refuse with the provider's own words. And it can be made to fail on
//! purpose ([`FaultPlan`]).
//!
//! # Our own API (`practice`)
//!
//! JSON in and out; money of budgets in minor units, of reports in micros; times in UTC ms; days `YYYY-MM-DD` on the
//! account's calendar. `Authorization: Bearer` and `adroit-version: 2026-11`. Creations take no idempotency key, on
//! purpose: after an answer that got lost, look for the name before creating again.
//!
//! | request | |
//! |---|---|
//! | `GET /oauth/authorize` | the consent page; PKCE (S256) required; scope `ads` |
//! | `POST /oauth/token` | form; `authorization_code`, `refresh_token` (works once); access tokens live 2 minutes |
//! | `GET /v1/accounts` | `{accounts: [{id, name, currency, time_zone, status}]}` |
//! | `GET, POST /v1/accounts/{id}/campaigns` | `{name, objective, status, currency?, budget_total?, start_at?, end_at?}` |
//! | `GET, POST …/ad_sets` | `{campaign_id, name, budget_daily, status, bid_strategy?, audience?, placements?}` |
//! | `GET, POST …/ads` | `{ad_set_id, name, status, creative: {headlines, primary_text, …, link, image_ids?}}` |
//! | `GET, POST …/images` | `{name, media_type, data}` (base64); the same bytes are the same image |
//! | `GET, PATCH, DELETE …/<kind>/{id}` | `PATCH` takes any part of what `POST` takes but what it belongs to |
//! | `GET …/insights` | `from`, `to`, `level` (`campaign`, `ad_set`, `ad`): `{currency, rows: [{date, id, name, campaign_id, ad_set_id, ad_id, impressions, clicks, spend_micros, conversions, conversion_value_micros}], next}` |
//!
//! Listings take `limit` (1–100, 25 without), `cursor`, `name`, `name_contains`, `campaign_id`, `ad_set_id`; they
//! answer `{items, next}`, `next` being the cursor of the next page or `null`. `status` is `active` or `paused`; an ad
//! runs while it, its ad set and its campaign are active. Errors are `{error: {code, message, field, request_id}}`:
//! 400 `invalid`, 401 `token_expired` or `unauthenticated`, 404 `not_found`, 426 `version_gone`, 429 `rate_limited`
//! (with `Retry-After`; 20 requests a second, 600 a minute), 500 `internal`.

mod dice;
mod fault;
mod gaql;
mod google_ads;
mod http;
mod klaviyo;
mod limit;
mod market;
mod meta;
mod oauth;
mod object;
mod practice;
mod world;

pub use fault::{Fault, FaultPlan, Planned, Rates};
pub use http::{Fields, Reply, Request, Response};
pub use limit::Meters;
pub use market::{AdDay, Figures, days};
pub use oauth::{
    APP, Access, App, Authorize, Code, DEVELOPER_TOKEN, Grant, account_of, addressed, authorize_path, token_path,
};
pub use object::{Kind, Object};
pub use world::{Account, Row, RowError, Sibling, World, account_number};
