//! Agents: typed inputs in, typed findings and proposals out. An agent here never fetches, stores or acts; Worker
//! `agents` brings it what it asks for and keeps what it says.
//!
//! Today: [`analyst`], which tells the week in words from the metric catalog.

pub mod analyst;
