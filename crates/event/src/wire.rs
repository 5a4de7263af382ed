//! The bytes of `POST /attribution/collect`: one event or `{"batch": […]}`, as JSON whatever the content type says
//! (beacons send `text/plain`). Only the envelope is read here; each event is judged on its own by `admit`.

use serde_json::{Map, Value};

/// Most events in one request.
pub const MAX_EVENTS: usize = 500;
/// Largest body, bytes.
pub const MAX_BODY: usize = 512 * 1024;
/// Names the inbox row that a signed request replays: refused again, the event is not kept a second time.
pub const REPLAY_HEADER: &str = "Adroit-Replay";

/// A request's events with what they share.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    /// Site key that stands beside the batch, `None` when each event names its own.
    pub site: Option<String>,
    /// The client's clock when it sent the request, as sent.
    pub sent_at: Option<Value>,
    /// The events, in order. Anything that is not an object is kept, so that it can be refused by its own index.
    pub events: Vec<Value>,
    /// Whether they came as `batch`.
    pub batched: bool,
}

/// Why a whole request was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    /// Over [`MAX_BODY`]: answer 413.
    TooLarge {
        /// Bytes found.
        found: usize,
    },
    /// Over [`MAX_EVENTS`]: answer 413.
    TooMany {
        /// Events found.
        found: usize,
    },
    /// Not JSON, or not an object: answer 400.
    NotJson {
        /// What the parser stumbled over.
        reason: String,
    },
}

impl Unreadable {
    /// A sentence for the sender.
    #[must_use]
    pub fn reason(&self) -> String {
        match self {
            Self::TooLarge { found } => {
                format!("the body has {found} bytes, at most {MAX_BODY} are taken: send smaller batches")
            }
            Self::TooMany { found } => {
                format!("the batch has {found} events, at most {MAX_EVENTS} are taken: send smaller batches")
            }
            Self::NotJson { reason } => format!("the body is not a JSON event or batch: {reason}"),
        }
    }
}

/// Reads the envelope.
///
/// # Errors
/// [`Unreadable`] when nothing in the body can be judged on its own.
pub fn parse(body: &[u8]) -> Result<Envelope, Unreadable> {
    if body.len() > MAX_BODY {
        return Err(Unreadable::TooLarge { found: body.len() });
    }
    let value = serde_json::from_slice(body).map_err(|e| Unreadable::NotJson { reason: e.to_string() })?;
    let (site, sent_at, events, batched) = match value {
        Value::Object(mut object) => match object.remove("batch") {
            Some(Value::Array(events)) => (text(&object, "site"), object.remove("sent_at"), events, true),
            Some(_) => {
                return Err(Unreadable::NotJson { reason: "`batch` must be a list of events".to_owned() });
            }
            None => (None, None, vec![Value::Object(object)], false),
        },
        Value::Array(events) => (None, None, events, true),
        _ => return Err(Unreadable::NotJson { reason: "expected an object".to_owned() }),
    };
    if events.len() > MAX_EVENTS {
        return Err(Unreadable::TooMany { found: events.len() });
    }
    Ok(Envelope { site, sent_at, events, batched })
}

impl Envelope {
    /// The site key the request names: beside the batch, else on its first event.
    #[must_use]
    pub fn site_key(&self) -> Option<&str> {
        self.site
            .as_deref()
            .or_else(|| self.events.first()?.get("site")?.as_str())
            .map(str::trim)
            .filter(|key| !key.is_empty())
    }
}

fn text(object: &Map<String, Value>, key: &str) -> Option<String> {
    object.get(key)?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::{Envelope, MAX_EVENTS, Unreadable, parse};
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn one_event_a_batch_and_a_bare_list_are_read() {
        let one = parse(br#"{"event":"pageview","site":"shop"}"#).unwrap();
        assert_eq!((one.site_key(), one.events.len(), one.batched), (Some("shop"), 1, false));
        let batch = parse(br#"{"site":"shop","sent_at":1,"batch":[{"event":"a"},7]}"#).unwrap();
        assert_eq!(
            batch,
            Envelope {
                site: Some("shop".to_owned()),
                sent_at: Some(json!(1)),
                events: vec![json!({"event": "a"}), json!(7)],
                batched: true
            }
        );
        assert_eq!(parse(br#"[{"event":"a","site":"shop"}]"#).unwrap().site_key(), Some("shop"));
    }

    #[test]
    fn a_request_beyond_the_limits_is_refused_with_what_was_found() {
        let many = format!("{{\"batch\":[{}1]}}", "1,".repeat(MAX_EVENTS));
        assert_eq!(parse(many.as_bytes()), Err(Unreadable::TooMany { found: MAX_EVENTS + 1 }));
        assert!(matches!(parse(&vec![b' '; 600_000]), Err(Unreadable::TooLarge { found: 600_000 })));
        assert!(matches!(parse(b"{\"batch\":7}"), Err(Unreadable::NotJson { .. })));
        assert!(matches!(parse(&[b'['; 5_000]), Err(Unreadable::NotJson { .. })));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
        }
    }
}
