//! What could not be admitted is kept with its reason, so that it can be looked at and replayed.

use event::admit::Rejection;
use platform::{Param, Statement, TenantDb};
use serde_json::Value;
use worker::Env;

/// Longest payload kept, bytes; the rest of a larger one is cut, its head is enough to see what was wrong.
const MAX_PAYLOAD: usize = 64 * 1024;

/// Stores refused events. A failure is logged, not told: the sender already learns that the event was refused.
pub(crate) async fn keep(env: &Env, tenant_id: &str, site: &str, now: i64, refused: &[(Value, Rejection)]) {
    if refused.is_empty() {
        return;
    }
    let statements: Vec<Statement> = refused
        .iter()
        .map(|(payload, rejection)| {
            let text: String = payload.to_string().chars().take(MAX_PAYLOAD).collect();
            Statement::new(
                "INSERT INTO events_inbox (id, tenant_id, site, source, field, reason, payload, received_at) \
                 VALUES (?2, ?1, ?3, 'collect', ?4, ?5, ?6, ?7)",
                vec![
                    Param::Text(platform::random::uuid()),
                    site.into(),
                    rejection.field.as_str().into(),
                    rejection.reason.as_str().into(),
                    Param::Text(text),
                    now.into(),
                ],
            )
        })
        .collect();
    let kept = match TenantDb::new(env, tenant_id) {
        Ok(database) => database.transaction(&statements).await,
        Err(error) => Err(error),
    };
    if let Err(error) = kept {
        platform::log::error("collect", tenant_id, "keeping refused events failed", &error);
    }
}
