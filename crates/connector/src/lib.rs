//! What comes from and goes to outside accounts: bytes in, values out. No clock, no network, no storage; Worker
//! `connectors` does the sending and keeping.
//!
//! Today: [`ad_spend`], the CSV in which ad platforms' daily reports are imported.

pub mod ad_spend;
pub mod shopify;
