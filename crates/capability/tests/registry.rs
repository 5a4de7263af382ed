//! From a document to tools, and from calls to requests.

#![allow(clippy::unwrap_used, reason = "a helper of a test may fail like the test")]

use capability::{Effect, Registry};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn document() -> Value {
    json!({
        "paths": {
            "/things/{id}": {
                "get": {
                    "summary": "One thing.", "description": "With everything in it.\n\n1. Look. 2. Answer.", "x-permission": "read_things",
                    "x-tool": {"name": "things_get", "title": "A thing", "effect": "read"},
                    "parameters": [
                        {"name": "id", "in": "path", "required": true, "description": "Its id", "schema": {"type": "string"}},
                        {"name": "limit", "in": "query", "schema": {"type": ["string", "null"]}},
                    ],
                },
                "put": {
                    "summary": "Edits.", "x-permission": "edit_things",
                    "x-tool": {"name": "things_edit", "title": "Edit", "effect": "write"},
                    "parameters": [
                        {"name": "id", "in": "path", "required": true, "schema": {"type": "string"}},
                        {"name": "If-Match", "in": "header", "required": true, "schema": {"type": "string"}},
                    ],
                    "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
                },
                "delete": {
                    "summary": "Removes.", "x-permission": "edit_things",
                    "x-tool": {"name": "things_delete", "title": "Remove", "effect": "write"},
                    "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
                },
            },
            "/things": {
                "get": {"summary": "No tool.", "x-permission": "read_things"},
                "post": {
                    "summary": "Makes one.", "x-permission": "edit_things",
                    "x-tool": {"name": "things_create", "title": "Make", "effect": "approval"},
                    "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
                },
            },
            "/upload": {
                "post": {
                    "summary": "Takes a file.", "x-permission": "edit_things",
                    "x-tool": {"name": "upload", "title": "Upload", "effect": "write"},
                    "requestBody": {"required": true, "content": {"text/csv": {"schema": {"type": "string"}}}},
                },
            },
        },
        "components": {"schemas": {"Thing": {
            "type": "object", "required": ["name"],
            "properties": {"id": {"type": "string"}, "name": {"type": "string"}, "size": {"type": ["integer", "null"]}},
        }}},
    })
}

fn registry() -> Registry {
    Registry::of(&document()).unwrap()
}

fn call(name: &str, arguments: Value) -> Result<capability::Call, capability::Refused> {
    registry().get(name).unwrap().request(arguments.as_object().unwrap())
}

#[test]
fn only_what_declares_itself_is_a_tool_and_the_order_is_by_name() {
    let registry = registry();
    let names: Vec<&str> = registry.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["things_create", "things_delete", "things_edit", "things_get", "upload"]);
    let get = registry.get("things_get").unwrap();
    assert_eq!(get.description, "One thing.\n\nWith everything in it.");
    assert_eq!((get.effect, get.permission.as_str(), get.destructive), (Effect::Read, "read_things", false));
    assert!(registry.get("things_delete").unwrap().destructive);
    assert!(get.idempotent() && !registry.get("things_create").unwrap().idempotent());
}

#[test]
fn the_inputs_are_those_of_the_path_the_query_and_the_body() {
    let schema = registry().get("things_get").unwrap().input_schema();
    assert_eq!(
        schema,
        json!({
            "type": "object", "required": ["id"], "additionalProperties": false,
            "properties": {"id": {"type": "string", "description": "Its id"}, "limit": {"type": "string"}},
        })
    );
    // The body has an `id` of its own, so it stays in one piece.
    let schema = registry().get("things_edit").unwrap().input_schema();
    assert_eq!(schema["required"], json!(["id", "if_match", "body"]));
    assert_eq!(schema["properties"]["body"]["properties"]["name"]["type"], "string");
    let schema = registry().get("things_create").unwrap().input_schema();
    assert_eq!(schema["required"], json!(["name"]));
    assert!(schema["properties"]["idempotency_key"].is_object());
}

#[test]
fn a_call_becomes_the_routes_request() {
    let get = call("things_get", json!({"id": "a/b ?", "limit": 5})).unwrap();
    assert_eq!((get.method.as_str(), get.target.as_str()), ("GET", "/things/a%2Fb%20%3F?limit=5"));
    assert!(get.body.is_empty() && get.headers.is_empty());
    let edit = call("things_edit", json!({"id": "1", "if_match": "\"7\"", "body": {"name": "n"}})).unwrap();
    assert_eq!(edit.headers, [("if-match".into(), "\"7\"".into()), ("content-type".into(), "application/json".into())]);
    assert_eq!(edit.body, r#"{"name":"n"}"#);
    let make = call("things_create", json!({"name": "n", "size": null, "idempotency_key": "k"})).unwrap();
    assert_eq!((make.target.as_str(), make.body.as_str()), ("/things", r#"{"name":"n","size":null}"#));
    assert_eq!(make.headers[0], ("idempotency-key".into(), "k".into()));
    let upload = call("upload", json!({"body": "a,b\n1,2\n"})).unwrap();
    assert_eq!((upload.body.as_str(), upload.headers[0].1.as_str()), ("a,b\n1,2\n", "text/csv"));
}

#[test]
fn a_call_that_does_not_fit_is_refused_with_every_argument_named() {
    let refused = call("things_get", json!({"limit": {"a": 1}, "nope": 1})).unwrap_err();
    let fields: Vec<&str> = refused.0.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(fields, ["nope", "id", "limit"]);
    assert_eq!(call("things_get", json!({"id": ".."})).unwrap_err().0[0].field, "id");
    assert_eq!(call("things_get", json!({"id": null})).unwrap_err().0[0].detail, "is missing");
    let header = json!({"id": "1", "if_match": "a\r\nx: y", "body": {}});
    assert_eq!(call("things_edit", header).unwrap_err().0[0].field, "if_match");
}

#[test]
fn a_broken_declaration_is_named() {
    let mut broken = document();
    broken["paths"]["/upload"]["post"]["x-tool"]["name"] = "things_get".into();
    assert!(Registry::of(&broken).unwrap_err().to_string().contains("used twice"));
    broken["paths"]["/upload"]["post"]["x-tool"]["name"] = "Upload!".into();
    assert!(Registry::of(&broken).unwrap_err().to_string().contains("POST /upload"));
    broken["paths"]["/upload"]["post"]["x-tool"] = json!({"name": "u", "title": "U", "effect": "delete"});
    assert!(Registry::of(&broken).is_err());
}

proptest! {
    #[test]
    fn no_argument_can_leave_its_place(id in ".{0,24}", limit in ".{0,24}") {
        let arguments: Map<String, Value> =
            [("id".to_owned(), id.clone().into()), ("limit".to_owned(), limit.into())].into_iter().collect();
        if let Ok(call) = registry().get("things_get").unwrap().request(&arguments) {
            let (path, query) = call.target.split_once('?').unwrap();
            prop_assert_eq!(path.matches('/').count(), 2);
            prop_assert!(!query.contains('&') && !call.target.contains('#') && call.target.is_ascii());
            prop_assert!(!path.ends_with("/..") && !path.ends_with("/."));
        } else {
            prop_assert!(id.chars().all(|c| c == '.'));
        }
    }
}
