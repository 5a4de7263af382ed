//! MCP's resources: documents of the API by stable addresses of their own, and the app that shows the dashboard card.

use serde_json::{Value, json};

use super::{Inside, may_read};
use crate::answer::Answer;
use crate::gate::Caller;

/// The dashboard card's address.
pub(super) const DASHBOARD: &str = "ui://adroit/dashboard";

/// The card: one file, no other origin.
const DASHBOARD_HTML: &str = include_str!("dashboard.html");

/// The media type of MCP Apps.
const APP: &str = "text/html;profile=mcp-app";

/// A document, or a kind of them, and the route that answers it.
struct Document {
    /// Address; a kind has a `{blank}`.
    uri: &'static str,
    name: &'static str,
    title: &'static str,
    description: &'static str,
    route: &'static str,
    /// Where a kind's ids are listed, and the field that holds one.
    listed: Option<(&'static str, &'static str)>,
}

const fn document(
    uri: &'static str,
    name: &'static str,
    title: &'static str,
    description: &'static str,
    route: &'static str,
) -> Document {
    Document { uri, name, title, description, route, listed: None }
}

const DOCUMENTS: [Document; 7] = [
    document(
        "adroit://metrics",
        "metrics",
        "Metric catalog",
        "Every metric with its definition, unit and dimensions",
        "/metrics",
    ),
    document(
        "adroit://attribution/models",
        "attribution_models",
        "Attribution models",
        "Every model with what it assumes",
        "/attribution/models",
    ),
    document("adroit://sites", "sites", "Sites", "The tenant's sites with their currency and time zone", "/sites"),
    document(
        "adroit://questions/schema",
        "questions_schema",
        "Schema of questions",
        "The tables and columns that questions in SQL may use",
        "/query/schema",
    ),
    document("adroit://campaigns", "campaigns", "Campaigns", "All campaigns with their state", "/campaigns"),
    document("adroit://connectors", "connectors", "Providers", "The providers that can be connected", "/connectors"),
    document("adroit://guardrails", "guardrails", "Guardrails", "Spend caps and what agents may do", "/guardrails"),
];

const KINDS: [Document; 5] = [
    Document {
        listed: Some(("/campaigns", "id")),
        ..document(
            "adroit://campaigns/{id}",
            "campaign",
            "A campaign",
            "The whole document with its approval and what runs",
            "/campaigns/{id}",
        )
    },
    Document {
        listed: Some(("/approvals", "id")),
        ..document(
            "adroit://approvals/{id}",
            "approval",
            "An approval",
            "What would change, channel by channel",
            "/approvals/{id}",
        )
    },
    Document {
        listed: Some(("/agents/runs", "id")),
        ..document(
            "adroit://runs/{id}",
            "run",
            "An agent run",
            "What it was asked and what it found",
            "/agents/runs/{id}",
        )
    },
    Document {
        listed: Some(("/imports", "id")),
        ..document("adroit://imports/{id}", "import", "An import", "Its progress and its errors", "/imports/{id}")
    },
    Document {
        listed: Some(("/journeys", "person")),
        ..document(
            "adroit://journeys/{person}",
            "journey",
            "A journey",
            "Everything one visitor or customer did",
            "/journeys/{person}",
        )
    },
];

/// What the card may do: nothing outside itself.
fn dashboard_meta() -> Value {
    json!({ "ui": {
        "csp": { "connectDomains": [], "resourceDomains": [], "frameDomains": [] },
        "prefersBorder": true,
    } })
}

fn shown(document: &Document, key: &str) -> Value {
    json!({
        key: document.uri,
        "name": document.name,
        "title": document.title,
        "description": document.description,
        "mimeType": "application/json",
    })
}

/// The documents this caller may read.
pub(super) fn list(caller: &Caller) -> Vec<Value> {
    let mut all: Vec<Value> = DOCUMENTS
        .iter()
        .filter(|document| may_read(caller, document.route))
        .map(|document| shown(document, "uri"))
        .collect();
    all.push(json!({
        "uri": DASHBOARD,
        "name": "dashboard",
        "title": "Dashboard card",
        "description": "Shows the figures of a period as a card",
        "mimeType": APP,
        "_meta": dashboard_meta(),
    }));
    all
}

/// The kinds of documents this caller may read.
pub(super) fn templates(caller: &Caller) -> Vec<Value> {
    KINDS
        .iter()
        .filter(|document| may_read(caller, document.route))
        .map(|document| shown(document, "uriTemplate"))
        .collect()
}

/// The route that answers an address.
fn target(uri: &str) -> Option<String> {
    if let Some(document) = DOCUMENTS.iter().find(|document| document.uri == uri) {
        return Some(document.route.to_owned());
    }
    KINDS.iter().find_map(|document| {
        let (before, _) = document.uri.split_once('{')?;
        let id = uri.strip_prefix(before).filter(|id| !id.is_empty() && !id.contains('/'))?;
        let (route, _) = document.route.split_once('{')?;
        // The id may be escaped in the address already; what is not is escaped now.
        let id = percent_encoding::percent_decode_str(id).decode_utf8().ok()?.into_owned();
        let dots = id.chars().all(|c| c == '.');
        let id = percent_encoding::utf8_percent_encode(&id, percent_encoding::NON_ALPHANUMERIC).to_string();
        (!dots).then(|| format!("{route}{id}"))
    })
}

/// A document's contents, `None` when there is none at this address (or it is not this caller's to read).
pub(super) async fn read(inside: &Inside, uri: &str) -> Answer<Option<Value>> {
    if uri == DASHBOARD {
        let contents = json!({ "uri": uri, "mimeType": APP, "text": DASHBOARD_HTML, "_meta": dashboard_meta() });
        return Ok(Some(contents));
    }
    let Some(target) = target(uri) else { return Ok(None) };
    let answered = inside.get(&target).await?;
    Ok((!answered.failed())
        .then(|| json!({ "uri": uri, "mimeType": "application/json", "text": answered.body.to_string() })))
}

/// Ids of a kind that begin as typed.
pub(super) async fn complete(inside: &Inside, template: &str, typed: &str) -> Answer<Vec<String>> {
    let Some((route, field)) =
        KINDS.iter().find(|document| document.uri == template).and_then(|document| document.listed)
    else {
        return Ok(Vec::new());
    };
    column(inside, route, field, typed).await
}

/// The values of one field over a route's rows that begin as typed.
pub(super) async fn column(inside: &Inside, route: &str, field: &str, typed: &str) -> Answer<Vec<String>> {
    let answered = inside.get(route).await?;
    let rows = answered.body.get("rows").and_then(Value::as_array).into_iter().flatten();
    let values = rows.filter_map(|row| row.get(field)?.as_str().map(str::to_owned));
    Ok(values.filter(|value| value.starts_with(typed)).take(100).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_to_its_route() {
        for (uri, route) in [
            ("adroit://metrics", Some("/metrics")),
            ("adroit://campaigns", Some("/campaigns")),
            ("adroit://campaigns/c1", Some("/campaigns/c1")),
            ("adroit://journeys/v%3Aa", Some("/journeys/v%3Aa")),
            ("adroit://journeys/v:a?x=1", Some("/journeys/v%3Aa%3Fx%3D1")),
            ("adroit://campaigns/", None),
            ("adroit://campaigns/..", None),
            ("adroit://campaigns/a/b", None),
            ("adroit://nothing", None),
            ("file:///etc/passwd", None),
        ] {
            assert_eq!(target(uri).as_deref(), route, "{uri}");
        }
    }

    #[test]
    fn the_card_talks_to_no_other_origin() {
        assert!(
            !DASHBOARD_HTML.contains("http://")
                && !DASHBOARD_HTML.contains("src=")
                && !DASHBOARD_HTML.contains("@import")
        );
        let elsewhere = DASHBOARD_HTML.replace("https://www.w3.org", "");
        assert!(!elsewhere.contains("https://"));
    }
}
