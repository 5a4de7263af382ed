//! Publishing: from what a provider has to what an approved plan says, in steps that survive a crash, a lost answer and
//! an expired token, and never create anything twice.
//!
//! A [`Machine`] is a value. Its host stores it, asks it for the next [`Action`], stores it **again** and only then
//! sends; the answer goes back in. A machine that is asked for its next action while a request is out takes that
//! request for lost.
//!
//! ```text
//! let mut machine = Machine::new(campaign_id, target, known_remotes, seed);
//! loop {
//!     match machine.next(provider, &connection.access(now), now) {
//!         Action::Send { call, request, spends } => {
//!             store(&machine);                                    // write ahead
//!             if spends && guard_says_no { machine.refuse(call, reason); continue }
//!             let answer = send(request).await;
//!             machine.answer(provider, &connection.access(now), call, answer, now);
//!         }
//!         Action::Wait { until_ms } => { store(&machine); set_alarm(until_ms); break }
//!         Action::NeedToken { .. } => connection.credentials = refreshed,     // else machine.abandon(reason)
//!         Action::NeedImage { asset_id } => machine.image(&asset_id, media_type, bytes),
//!         Action::Done(report) => break,
//!         Action::Failed(failure) => break,
//!     }
//! }
//! ```
//!
//! What is there is read first (by the campaign's marker), whatever the host remembers; then, in this order: what must
//! not run is paused and budgets go down, what is missing is created paused, what differs is changed, budgets go up,
//! ads and ad sets are activated, campaigns last. Whatever this run activated is paused again when it fails; where that
//! fails, too ([`Failure::paused`]), its host pauses with machines of their own until it works ([`again_at`]).

pub mod goal;
mod machine;
mod patience;

pub use goal::{Found, Goal, Key, Kind, Made, Remote, Remotes, Run, Status};
pub use machine::{Action, Failure, FailureKind, Machine, Progress, Report, Target};
pub use patience::again_at;
