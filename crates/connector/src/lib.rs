//! What comes from and goes to outside accounts: bytes in, values out. No clock, no network, no storage; Worker
//! `connectors` does the sending and keeping.
//!
//! [`provider::Provider`] is the one trait behind which [`sandbox`], [`meta`],
//! [`google_ads`] and [`klaviyo`] stand;
//! [`publish`] drives it so that nothing is created twice; [`governor`] says how fast; [`preflight`](mod@preflight) says beforehand
//! what a provider would refuse; [`insights`] is the one shape of what comes back and
//! [`pull`] how it is fetched; [`renewal`] says when a token that could not be renewed is tried again. [`ad_spend`] is
//! the CSV in which ad platforms' daily reports are imported, [`shopify`] a shop's exports.

pub mod account;
pub mod ad_spend;
mod country;
pub mod google_ads;
pub mod governor;
pub mod http;
pub mod insights;
pub mod klaviyo;
pub mod meta;
pub mod name;
mod oauth;
pub mod outcome;
pub mod preflight;
pub mod provider;
pub mod publish;
pub mod pull;
pub mod renewal;
pub mod sandbox;
pub mod shopify;

pub use account::{Access, Account, AppCredentials, Connection, CredentialKind, Credentials, Hosts};
pub use governor::{Admission, Governor};
pub use http::{Answer, Effect, Method, Request, Response, TransportError};
pub use insights::{InsightsPage, InsightsQuery, InsightsRow, Level};
pub use outcome::{Fault, Outcome};
pub use preflight::{AssetFacts, channel as preflight};
pub use provider::{Auth, Capability, Descriptor, Provider, SignIn, Step, catalog, provider};
