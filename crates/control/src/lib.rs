//! Who may do what, and whose data is whose: tenants, users, roles, sites, password hashes, session tokens.
//!
//! Every rule here is a pure function of its arguments: salts, nonces, keys and the current time are passed in.
//! Storage belongs to the platform's tenant-scoped data access, HTTP to the rooms that speak it.

pub mod api_key;
pub mod audit;
pub mod demo;
pub mod environment;
pub mod idempotency;
pub mod password;
pub mod role;
pub mod secrets;
pub mod sign_in;
pub mod site;
pub mod snippet;
pub mod team;
pub mod tenant;
pub mod token;
pub mod user;

pub use api_key::Rights;
pub use environment::Environment;
pub use role::{Permission, Role};
pub use site::{Origins, Site, SiteKey};
pub use tenant::Tenant;
pub use user::{Membership, User};
