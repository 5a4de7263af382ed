//! An account at each provider, spoken to as a connector would.

mod common;
mod market;
mod providers;
mod signing_in;
