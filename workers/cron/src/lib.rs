//! What runs while nobody waits: the writer that drains the `events` queue into the sinks, and the timetable.
//!
//! | cron | duty |
//! |---|---|
//! | `*/5 * * * *` | [`calendar`]: entries that are due; [`publications`], [`agents`] and [`studies`]: those whose nudge got lost |
//! | `5 * * * *` | [`rollup`]: hourly counts of the hours that have ended; [`attributions`] that are not settled yet; [`pulls`] of recent figures; [`questions`] made ready |
//! | `17 3 * * *` | [`retention`]: raw events past their site's term, answers kept for a day; [`pulls`] of all that may change |
//! | `40 3 * * *` | [`agents`]: asks the pacer and the optimizer for every live campaign; [`anomalies`]: looks at every site's figures; [`studies`]: their stock, where it was studied before |
//! | `0 6 * * 1` | [`agents`]: asks the analyst for each site's week; [`studies`]: its customers, where they were studied before |

mod agents;
mod anomalies;
mod attributions;
mod calendar;
mod publications;
mod pulls;
mod questions;
mod retention;
mod rewards;
mod rollup;
mod sinks;
mod studies;
mod writer;

use platform::study_object::Kind;
use wasm_bindgen::JsValue;
use worker::{Context, Env, MessageBatch, Request, Response, Result, ScheduleContext, ScheduledEvent, event};

const OFTEN: &str = "*/5 * * * *";
const HOURLY: &str = "5 * * * *";
const DAILY: &str = "17 3 * * *";
const WEEKLY: &str = "0 6 * * 1";
const NIGHTLY: &str = "40 3 * * *";

/// Drains the `events` queue.
#[event(queue)]
async fn queue(batch: MessageBatch<JsValue>, env: Env, _context: Context) -> Result<()> {
    writer::write(&batch, &env).await;
    Ok(())
}

/// The timetable.
#[event(scheduled)]
async fn scheduled(event: ScheduledEvent, env: Env, _context: ScheduleContext) {
    let cron = event.cron();
    let outcome = match cron.as_str() {
        OFTEN => calendar::run(&env)
            .await
            .and(publications::run(&env).await)
            .and(agents::sweep(&env).await)
            .and(studies::sweep(&env).await),
        HOURLY => rollup::run(&env)
            .await
            .and(attributions::run(&env).await)
            .and(pulls::run(&env, pulls::Reach::Recent).await)
            .and(questions::run(&env).await),
        DAILY => retention::run(&env).await.and(pulls::run(&env, pulls::Reach::Restated).await),
        NIGHTLY => {
            agents::nightly(&env).await.and(anomalies::run(&env).await).and(studies::again(&env, Kind::Stock).await)
        }
        WEEKLY => agents::weekly(&env).await.and(studies::again(&env, Kind::Customers).await),
        _ => Err(platform::Error::setting("triggers.crons", format!("`{cron}` has no duty"))),
    };
    if let Err(error) = outcome {
        platform::log::error("cron", "-", &format!("the duty of `{cron}` failed"), &error);
    }
}

/// The script answers nobody directly.
#[event(fetch)]
async fn fetch(_request: Request, _env: Env, _context: Context) -> Result<Response> {
    Response::error("this Worker is driven by its queue and its timetable", 404)
}
