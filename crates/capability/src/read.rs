//! Reading the OpenAPI document.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Argument, BODY, CALLER, Capability, DECLARATION, Effect, IDEMPOTENCY_KEY, IF_MATCH, PERMISSION, Place, schema,
};

/// A tool whose declaration cannot be used; a mistake in our own source.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the tool of {method} {path}: {detail}")]
pub struct DeclarationError {
    /// HTTP method.
    pub method: String,
    /// Path.
    pub path: String,
    /// What is wrong.
    pub detail: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Declaration {
    name: String,
    title: String,
    effect: Effect,
    destructive: Option<bool>,
    /// What the tool does, where the operation's own description is about the API rather than about the task.
    description: Option<String>,
}

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

pub(crate) fn capabilities(document: &Value) -> Result<Vec<Capability>, DeclarationError> {
    let mut all = Vec::new();
    for (path, item) in document.get("paths").and_then(Value::as_object).into_iter().flatten() {
        for method in METHODS {
            let Some(operation) = item.get(method) else { continue };
            let Some(declaration) = operation.get(DECLARATION) else { continue };
            let wrong = |detail: String| DeclarationError { method: method.to_uppercase(), path: path.clone(), detail };
            let declaration = Declaration::deserialize(declaration).map_err(|error| wrong(error.to_string()))?;
            all.push(capability(document, method, path, operation, declaration).map_err(wrong)?);
        }
    }
    all.sort_by(|a: &Capability, b: &Capability| a.name.cmp(&b.name));
    let mut names = BTreeSet::new();
    match all.iter().find(|capability| !names.insert(capability.name.as_str())) {
        None => Ok(all),
        Some(twice) => Err(DeclarationError {
            method: twice.method.clone(),
            path: twice.path.clone(),
            detail: format!("the name {} is used twice", twice.name),
        }),
    }
}

fn capability(
    document: &Value,
    method: &str,
    path: &str,
    operation: &Value,
    declaration: Declaration,
) -> Result<Capability, String> {
    let text = |name: &str| operation.get(name).and_then(Value::as_str).map(str::trim).unwrap_or_default();
    let named = |name: &str| name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if declaration.name.is_empty() || declaration.name.len() > 64 || !named(&declaration.name) {
        return Err(format!("the name `{}` must be 1 to 64 of a-z, 0-9 and _", declaration.name));
    }
    if text(PERMISSION).is_empty() {
        return Err("it declares no permission".to_owned());
    }
    // An operation's summary is its first line; the description begins where that ends. Paragraphs that number a
    // handler's steps are for its maintainers.
    let more = text("description").split("\n\n").filter(|paragraph| !paragraph.contains("1. "));
    let described = std::iter::once(text("summary")).chain(more).filter(|part| !part.is_empty());
    let mut capability = Capability {
        name: declaration.name,
        title: declaration.title,
        description: declaration.description.unwrap_or_else(|| described.collect::<Vec<_>>().join("\n\n")),
        effect: declaration.effect,
        destructive: declaration.destructive.unwrap_or(method == "delete"),
        method: method.to_uppercase(),
        path: path.to_owned(),
        permission: text(PERMISSION).to_owned(),
        person: text(CALLER) == "person",
        content_type: None,
        arguments: Vec::new(),
    };
    for parameter in operation.get("parameters").and_then(Value::as_array).into_iter().flatten() {
        let parameter = schema::resolve(document, parameter);
        capability.arguments.extend(of_parameter(&parameter));
    }
    if let Some(body) = operation.get("requestBody") {
        let body = schema::resolve(document, body);
        of_body(&mut capability, &body);
    }
    if capability.creates() && !capability.arguments.iter().any(|argument| argument.name == IDEMPOTENCY_KEY) {
        capability.arguments.push(idempotency_key());
    }
    Ok(capability)
}

fn of_parameter(parameter: &Value) -> Option<Argument> {
    let text = |name: &str| parameter.get(name).and_then(Value::as_str).unwrap_or_default();
    let wire = text("name");
    let place = match text("in") {
        "path" => Place::Path,
        "query" => Place::Query,
        "header" => Place::Header,
        _ => return None,
    };
    if place == Place::Header && wire.eq_ignore_ascii_case("idempotency-key") {
        return Some(idempotency_key());
    }
    let name = if place == Place::Header && wire.eq_ignore_ascii_case("if-match") {
        IF_MATCH.to_owned()
    } else {
        wire.to_lowercase().replace('-', "_")
    };
    let mut schema = parameter.get("schema").cloned().unwrap_or_else(|| json!({ "type": "string" }));
    if let (Some(fields), description) = (schema.as_object_mut(), text("description")) {
        if !description.is_empty() {
            fields.insert("description".to_owned(), description.into());
        }
        // The API reads an absent parameter as none, so `null` would only be one more way to say that.
        if let Some(kinds) = fields.get("type").and_then(Value::as_array) {
            let kinds: Vec<Value> = kinds.iter().filter(|kind| *kind != "null").cloned().collect();
            if let [only] = kinds.as_slice() {
                fields.insert("type".to_owned(), only.clone());
            }
        }
    }
    let required = parameter.get("required").and_then(Value::as_bool).unwrap_or(false);
    Some(Argument { name, wire: wire.to_owned(), place, required, schema })
}

fn idempotency_key() -> Argument {
    Argument {
        name: IDEMPOTENCY_KEY.to_owned(),
        wire: "idempotency-key".to_owned(),
        place: Place::Header,
        required: false,
        schema: json!({
            "type": "string",
            "description": "A text of your own, new for every new thing. Sending the same call again with the same key \
                            does nothing twice and answers as the first time.",
        }),
    }
}

/// A JSON object's fields become arguments of their own, unless one would hide another; every other body is one.
fn of_body(capability: &mut Capability, body: &Value) {
    let content = body.get("content").and_then(Value::as_object);
    let Some((kind, media)) =
        content.and_then(|content| content.get_key_value("application/json").or_else(|| content.iter().next()))
    else {
        return;
    };
    capability.content_type = Some(kind.clone());
    let required = body.get("required").and_then(Value::as_bool).unwrap_or(false);
    let whole = media.get("schema").cloned().unwrap_or_else(|| json!({}));
    let json = kind == "application/json";
    let flat = schema::fields(&whole).filter(|(fields, _)| {
        json && !fields.is_empty()
            && fields.iter().all(|(name, _)| {
                name != IDEMPOTENCY_KEY && !capability.arguments.iter().any(|argument| argument.name == *name)
            })
    });
    match flat {
        Some((fields, needed)) => capability.arguments.extend(fields.into_iter().map(|(name, schema)| Argument {
            required: required && needed.contains(&name),
            wire: name.clone(),
            name,
            place: Place::Field,
            schema,
        })),
        None => {
            let schema = if json {
                whole
            } else {
                json!({ "type": "string", "description": format!("The content, as {kind}.") })
            };
            capability.arguments.push(Argument {
                name: BODY.to_owned(),
                wire: BODY.to_owned(),
                place: Place::Body,
                required,
                schema,
            });
        }
    }
}
