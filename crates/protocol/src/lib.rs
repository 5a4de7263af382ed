//! How other agents talk to us, as wire formats and rules: MCP, A2A, AG-UI and the AI SDK's UI message stream.
//!
//! Sans-IO: a request's headers and body come in, typed questions come out, and typed answers become the bytes each
//! protocol asks for. The types are written by hand instead of taken from SDK crates: those bring runtimes that do not
//! exist on Workers or several times the code, and every protocol here hinges on which optional field is sent or left
//! out. What the questions mean, who may ask them and where the answers come from is the API Worker's business.
//!
//! | module | protocol |
//! |---|---|
//! | [`mcp`] | Model Context Protocol, revisions 2026-07-28 and 2025-11-25 (and the two before), Streamable HTTP |
//! | [`a2a`] | Agent2Agent 1.0, JSON-RPC and HTTP+JSON bindings |
//! | [`ag_ui`] | AG-UI 1.0, in the part that 0.0.59 reads too |
//! | [`ai_sdk`] | the UI message stream of the AI SDK, version 1 |
//! | [`json_rpc`], [`sse`] | what several of them are made of |

pub mod a2a;
pub mod ag_ui;
pub mod ai_sdk;
pub mod json_rpc;
pub mod mcp;
pub mod sse;
