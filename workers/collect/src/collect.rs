//! `POST /attribution/collect` (alias `/collect`).
//!
//! 1. Body over 512 KB or 500 events → 413; unreadable → 400.
//! 2. Site by `?site=`, body or local default; none → 400, unknown → 404.
//! 3. Sender by signature or origin; neither → 401, a foreign origin → 403.
//! 4. Each event admitted on its own. None admitted → 422 naming the fields; refused ones are kept in the inbox.
//! 5. Hits handed to their visitors' objects. One fails → 503, and sending the same ids again is safe.
//! 6. All admitted → 204; some refused → 200 with which and why.

use crate::site::Site;
use crate::target::Target;
use crate::{authority, cors, inbox, refuse, site};
use event::admit::{Arrival, Rejection, admit};
use event::wire::{self, Envelope, Unreadable};
use event::{Delivery, Hit, Origin, signature};
use futures::{StreamExt, stream};
use platform::{clock, session_object, settings};
use problem::{FieldError, Problem};
use serde_json::{Value, json};
use std::rc::Rc;
use worker::{Env, Request, Response, Result};

/// Takes a request.
pub(crate) async fn handle(mut request: Request, target: &Target, env: &Env) -> Result<Response> {
    let origin = request.headers().get("Origin")?;
    let body = request.bytes().await?;
    let (answer, site) = match take(&request, target, &body, env).await {
        Ok((answer, site)) => (answer?, Some(site)),
        Err((problem, site)) => (refuse(&problem)?, site),
    };
    let mut answer = answer;
    if let (Some(origin), Some(site)) = (origin, site)
        && site.origins.allow(&origin)
    {
        cors::allow(&mut answer, &origin)?;
    }
    Ok(answer)
}

type Refused = (Problem, Option<Rc<Site>>);

async fn take(
    request: &Request,
    target: &Target,
    body: &[u8],
    env: &Env,
) -> std::result::Result<(Result<Response>, Rc<Site>), Refused> {
    let now = clock::now_ms();
    // The site comes first, so that even a refusal can be read by the page that caused it.
    let parsed = wire::parse(body);
    let key = target
        .site()
        .or_else(|| parsed.as_ref().ok().and_then(|envelope| envelope.site_key().map(str::to_owned)))
        .or_else(|| settings::variable(env, settings::DEFAULT_SITE));
    let site = match &key {
        Some(key) => site::find(env, key, now).await.map_err(|error| {
            platform::log::error("collect", "-", "looking up a site failed", &error);
            (error.into(), None)
        })?,
        None => None,
    };
    let envelope = parsed.map_err(|unreadable| (unreadable_problem(&unreadable), site.clone()))?;
    let site = match (key, site) {
        (_, Some(site)) => site,
        (Some(key), None) => {
            let problem = Problem::not_found(format!("there is no site with the key {key}"))
                .with_errors(vec![FieldError::new("site", "is not a known site key")]);
            return Err((problem, None));
        }
        (None, None) => {
            let problem = Problem::bad_request("name the site: ?site=<key>, or `site` in the body")
                .with_errors(vec![FieldError::new("site", "is missing")]);
            return Err((problem, None));
        }
    };
    let refused = |problem| (problem, Some(Rc::clone(&site)));
    let sender = authority::sender(request, body, &site, env, now).map_err(refused)?;
    let judged = judge(request, &envelope, &site, sender, now);
    // Only who knows the site's secret can say that this is in the inbox already.
    let names = |header: &str| request.headers().has(header).unwrap_or(false);
    if !(names(wire::REPLAY_HEADER) && names(signature::HEADER)) {
        inbox::keep(env, &site.row.tenant_id, &site.row.key, now, &judged.kept_aside).await;
    }
    let accepted = judged.deliveries.iter().map(|(_, places)| places.len()).sum::<usize>();
    if accepted == 0 && !judged.errors.is_empty() {
        return Err(refused(Problem::invalid(judged.errors)));
    }
    hand_over(env, judged.deliveries).await.map_err(refused)?;
    let answer = if judged.errors.is_empty() {
        Response::empty().map(|response| response.with_status(204))
    } else {
        Response::from_json(&json!({ "accepted": accepted, "rejected": judged.errors }))
    };
    Ok((answer, site))
}

/// Deliveries by visitor with the places their hits had in the request, and what was refused.
struct Judged {
    deliveries: Vec<(Delivery, Vec<usize>)>,
    errors: Vec<FieldError>,
    kept_aside: Vec<(Value, Rejection)>,
}

fn judge(request: &Request, envelope: &Envelope, site: &Site, sender: Origin, now: i64) -> Judged {
    let header = |name: &str| request.headers().get(name).ok().flatten().unwrap_or_default();
    let user_agent = header("User-Agent");
    let (country, region) =
        request.cf().map(|cf| (cf.country().unwrap_or_default(), cf.region().unwrap_or_default())).unwrap_or_default();
    let arrival = Arrival {
        received_at: now,
        sent_at: envelope.sent_at.as_ref(),
        origin: sender,
        user_agent: &user_agent,
        country: &country,
        region: &region,
        global_privacy_control: header("Sec-GPC") == "1",
        site_currency: &site.row.currency,
    };
    let mut judged = Judged { deliveries: Vec::new(), errors: Vec::new(), kept_aside: Vec::new() };
    for (place, event) in envelope.events.iter().enumerate() {
        match admit(event, &arrival, platform::random::uuid) {
            Ok(admitted) => add(&mut judged.deliveries, site, admitted.visitor, admitted.hit, place),
            Err(rejection) => {
                let field = if envelope.batched {
                    format!("/batch/{place}/{}", rejection.field)
                } else {
                    format!("/{}", rejection.field)
                };
                judged.errors.push(FieldError::new(field, rejection.reason.clone()));
                judged.kept_aside.push((event.clone(), rejection));
            }
        }
    }
    judged
}

/// Adds a hit to its visitor's delivery. A request rarely holds more than a few visitors, so a scan from the end is
/// cheaper than a map; a server's batch of 500 costs 125,000 comparisons of short strings at worst.
fn add(deliveries: &mut Vec<(Delivery, Vec<usize>)>, site: &Site, visitor: String, hit: Hit, place: usize) {
    if let Some((delivery, places)) = deliveries.iter_mut().rev().find(|(delivery, _)| delivery.visitor == visitor) {
        delivery.hits.push(hit);
        places.push(place);
        return;
    }
    let row = &site.row;
    let delivery = Delivery {
        tenant_id: row.tenant_id.clone(),
        site: row.key.clone(),
        visitor,
        session_timeout_ms: row.session_timeout_ms,
        hits: vec![hit],
    };
    deliveries.push((delivery, vec![place]));
}

async fn hand_over(env: &Env, deliveries: Vec<(Delivery, Vec<usize>)>) -> std::result::Result<(), Problem> {
    let failed: Vec<usize> = stream::iter(deliveries)
        .map(async |(delivery, places)| match session_object::deliver(env, &delivery).await {
            Ok(()) => Vec::new(),
            Err(error) => {
                platform::log::error("collect", &delivery.tenant_id, "handing over hits failed", &error);
                places
            }
        })
        .buffer_unordered(session_object::PARALLEL)
        .collect::<Vec<_>>()
        .await
        .concat();
    if failed.is_empty() {
        return Ok(());
    }
    let errors = failed
        .into_iter()
        .map(|place| FieldError::new(format!("/batch/{place}"), "was not stored; send it again with the same id"))
        .collect();
    Err(Problem::unavailable(
        "some events were not stored: send the request again; ids already stored are not counted twice",
    )
    .with_errors(errors))
}

fn unreadable_problem(unreadable: &Unreadable) -> Problem {
    match unreadable {
        Unreadable::TooLarge { .. } | Unreadable::TooMany { .. } => Problem::payload_too_large(unreadable.reason()),
        Unreadable::NotJson { .. } => Problem::bad_request(unreadable.reason()),
    }
}
