//! An account at each provider, spoken to as a connector would.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop where it fails")]

mod common;
mod market;
mod providers;
mod signing_in;
