//! What the public MCP conformance suite wants to find in a server: its `test_*` tools, prompts and `test://` resources.
//!
//! They do nothing but what the suite describes. The Worker offers them only where the suite is run: with
//! `ADROIT_CONFORMANCE=1` in a local environment, never in production.

use serde_json::{Map, Value, json};

use super::state::Sealer;
use super::{Ask, Era, Frame, InputRequired, Outcome, Request};
use crate::json_rpc::notification;

/// One red pixel, PNG.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";

/// Silence, WAV with an empty data chunk.
const WAV: &str = "UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA=";

/// Between two messages of a stream, in ms.
const PAUSE_MS: u64 = 50;

const TOOLS: [(&str, &str); 20] = [
    ("test_simple_text", "Returns a text"),
    ("test_image_content", "Returns an image"),
    ("test_audio_content", "Returns a sound"),
    ("test_embedded_resource", "Returns an embedded resource"),
    ("test_multiple_content_types", "Returns text, image and resource"),
    ("test_error_handling", "Fails"),
    ("test_tool_with_progress", "Reports progress"),
    ("test_tool_with_logging", "Logs"),
    ("test_logging_tool", "Logs when asked to"),
    ("test_missing_capability", "Needs sampling"),
    ("test_streaming_elicitation", "Asks back in a stream"),
    ("test_input_required_result_elicitation", "Asks the user"),
    ("test_input_required_result_sampling", "Asks the model"),
    ("test_input_required_result_list_roots", "Asks for roots"),
    ("test_input_required_result_request_state", "Asks and carries state"),
    ("test_input_required_result_multiple_inputs", "Asks three things"),
    ("test_input_required_result_multi_round", "Asks twice"),
    ("test_input_required_result_tampered_state", "Carries protected state"),
    ("test_input_required_result_capabilities", "Asks what the client can answer"),
    ("test_custom_headers", "Mirrors an argument in a header"),
];

/// The tools.
#[must_use]
pub fn tools() -> Vec<Value> {
    let mut tools: Vec<Value> = TOOLS
        .iter()
        .map(|(name, description)| json!({ "name": name, "description": description, "inputSchema": schema_of(name) }))
        .collect();
    tools.push(json!({
        "name": "json_schema_2020_12_tool",
        "description": "Has an input schema with the wider vocabulary of JSON Schema 2020-12",
        "inputSchema": schema_of("json_schema_2020_12_tool"),
    }));
    tools
}

fn schema_of(tool: &str) -> Value {
    match tool {
        "test_custom_headers" => json!({
            "type": "object",
            "properties": {
                "region": { "type": "string", "x-mcp-header": "Region" },
                "size": { "type": "integer", "x-mcp-header": "Size" },
            },
        }),
        "json_schema_2020_12_tool" => json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "$defs": { "address": {
                "$anchor": "addressDef",
                "type": "object",
                "properties": { "street": { "type": "string" }, "city": { "type": "string" } },
            } },
            "properties": {
                "name": { "type": "string" },
                "address": { "$ref": "#/$defs/address" },
                "contactMethod": { "type": "string", "enum": ["phone", "email"] },
                "phone": { "type": "string" },
                "email": { "type": "string" },
            },
            "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }] }],
            "if": { "properties": { "contactMethod": { "const": "phone" } }, "required": ["contactMethod"] },
            "then": { "required": ["phone"] },
            "else": { "required": ["email"] },
            "additionalProperties": false,
        }),
        _ => json!({ "type": "object", "properties": {} }),
    }
}

/// The prompts.
#[must_use]
pub fn prompts() -> Vec<Value> {
    let argument = |name: &str| json!({ "name": name, "description": "An argument", "required": true });
    vec![
        json!({ "name": "test_simple_prompt", "description": "A prompt" }),
        json!({ "name": "test_prompt_with_arguments", "description": "A prompt with two arguments", "arguments": [argument("arg1"), argument("arg2")] }),
        json!({ "name": "test_prompt_with_embedded_resource", "description": "A prompt with a resource", "arguments": [argument("resourceUri")] }),
        json!({ "name": "test_prompt_with_image", "description": "A prompt with an image" }),
        json!({ "name": "test_input_required_result_prompt", "description": "A prompt that asks back" }),
    ]
}

/// The resources.
#[must_use]
pub fn resources() -> Vec<Value> {
    vec![
        json!({ "uri": "test://static-text", "name": "static-text", "description": "A text", "mimeType": "text/plain" }),
        json!({ "uri": "test://static-binary", "name": "static-binary", "description": "An image", "mimeType": "image/png" }),
        json!({ "uri": "test://watched-resource", "name": "watched-resource", "description": "A text to watch", "mimeType": "text/plain" }),
    ]
}

/// The templates.
#[must_use]
pub fn templates() -> Vec<Value> {
    vec![json!({
        "uriTemplate": "test://template/{id}/data",
        "name": "template",
        "description": "Data by id",
        "mimeType": "application/json",
    })]
}

/// The answer to a request that is for a fixture, `None` for every other.
#[must_use]
pub fn answer(request: &Request, sealer: &Sealer<'_>) -> Option<Outcome> {
    match &request.ask {
        Ask::CallTool { name, arguments } => {
            if let Err(error) = request.check_mirrored(&schema_of(name), arguments) {
                return Some(Outcome::Refused(error));
            }
            tool(request, name, sealer)
        }
        Ask::GetPrompt { name, arguments } => prompt(request, name, arguments),
        Ask::ReadResource { uri } => read(uri).map(|contents| Outcome::Complete(json!({ "contents": [contents] }))),
        Ask::Complete { of, typed, .. } if of.starts_with("test_") || of.starts_with("test://") => {
            let values: Vec<&str> = ["test-one", "test-two"].into_iter().filter(|one| one.starts_with(typed)).collect();
            Some(Outcome::Complete(json!({ "completion": { "values": values, "hasMore": false } })))
        }
        // A 2025 client may set a level and watch the fixture; without sessions there is nothing to keep of it.
        Ask::Other if request.era == Era::Legacy => {
            matches!(request.method.as_str(), "logging/setLevel" | "resources/subscribe" | "resources/unsubscribe")
                .then(|| Outcome::Complete(json!({})))
        }
        _ => None,
    }
}

fn text(text: &str) -> Value {
    json!({ "type": "text", "text": text })
}

fn content(items: Vec<Value>) -> Outcome {
    Outcome::Complete(json!({ "content": items }))
}

fn form(message: &str, field: &str, kind: &str) -> Value {
    let properties: Map<String, Value> = [(field.to_owned(), json!({ "type": kind }))].into_iter().collect();
    json!({ "method": "elicitation/create", "params": {
        "mode": "form",
        "message": message,
        "requestedSchema": { "type": "object", "properties": properties, "required": [field] },
    } })
}

fn sampling(question: &str, tokens: u32) -> Value {
    json!({ "method": "sampling/createMessage", "params": {
        "messages": [{ "role": "user", "content": { "type": "text", "text": question } }],
        "maxTokens": tokens,
    } })
}

fn roots() -> Value {
    json!({ "method": "roots/list", "params": {} })
}

fn input(requests: Vec<(&str, Value)>, state: Option<String>) -> Outcome {
    let requests = requests.into_iter().map(|(key, request)| (key.to_owned(), request)).collect();
    Outcome::Input(InputRequired { requests, state })
}

/// The field a person filled in, when they accepted the form of this key.
fn filled<'a>(request: &'a Request, key: &str, field: &str) -> Option<&'a Value> {
    let answer = request.input(key)?;
    if answer.get("action")?.as_str()? != "accept" {
        return None;
    }
    answer.get("content")?.get(field)
}

fn logged(request: &Request) -> Vec<Frame> {
    if !request.wants_log() {
        return Vec::new();
    }
    ["Tool execution started", "Tool processing data", "Tool execution completed"]
        .iter()
        .map(|message| Frame {
            after_ms: PAUSE_MS,
            message: notification("notifications/message", &json!({ "level": "info", "data": message })),
        })
        .collect()
}

fn tool(request: &Request, name: &str, sealer: &Sealer<'_>) -> Option<Outcome> {
    let image = || json!({ "type": "image", "data": PNG, "mimeType": "image/png" });
    let resource = |uri: &str, kind: &str, text: &str| json!({ "type": "resource", "resource": { "uri": uri, "mimeType": kind, "text": text } });
    Some(match name {
        "test_simple_text" => content(vec![text("This is a simple text response for testing.")]),
        "test_image_content" => content(vec![image()]),
        "test_audio_content" => content(vec![json!({ "type": "audio", "data": WAV, "mimeType": "audio/wav" })]),
        "test_embedded_resource" => {
            content(vec![resource("test://embedded-resource", "text/plain", "This is an embedded resource content.")])
        }
        "test_multiple_content_types" => content(vec![
            text("Multiple content types test:"),
            image(),
            resource("test://mixed-content-resource", "application/json", r#"{"test":"data","value":123}"#),
        ]),
        "test_error_handling" => Outcome::Complete(json!({
            "isError": true,
            "content": [text("This tool intentionally returns an error for testing")],
        })),
        "test_tool_with_progress" => {
            let steps = [0, 50, 100].into_iter().filter_map(|done| request.progress(done, 100));
            let frames = steps.map(|message| Frame { after_ms: PAUSE_MS, message }).collect();
            Outcome::Told(frames, Box::new(content(vec![text("Done in three steps.")])))
        }
        "test_tool_with_logging" | "test_logging_tool" => {
            Outcome::Told(logged(request), Box::new(content(vec![text("Tool execution completed")])))
        }
        "test_missing_capability" if request.client_can("sampling") => content(vec![text("The client can sample.")]),
        "test_missing_capability" => Request::lacks("sampling"),
        "test_streaming_elicitation" if !request.client_can("elicitation") => Request::lacks("elicitation"),
        "test_streaming_elicitation" => match filled(request, "user_name", "name") {
            Some(name) => content(vec![text(&format!("Hello, {name}!"))]),
            None => {
                let question = input(vec![("user_name", form("What is your name?", "name", "string"))], None);
                Outcome::Told(Vec::new(), Box::new(question))
            }
        },
        "test_custom_headers" => content(vec![text("The headers agree.")]),
        "json_schema_2020_12_tool" => content(vec![text("Read.")]),
        _ => return asking(request, name.strip_prefix("test_input_required_result_")?, sealer),
    })
}

fn asking(request: &Request, which: &str, sealer: &Sealer<'_>) -> Option<Outcome> {
    let opened = |state: Option<&str>| match state {
        None => Ok(Value::Null),
        Some(state) => sealer.open(which, state),
    };
    let state = match opened(request.state()) {
        Ok(state) => state,
        Err(error) => return Some(Outcome::Refused(error)),
    };
    let seal = |data: Value| Some(sealer.seal(which, &data));
    let name = || form("What is your name?", "name", "string");
    Some(match which {
        "elicitation" => match filled(request, "user_name", "name").and_then(Value::as_str) {
            Some(name) => content(vec![text(&format!("Hello, {name}!"))]),
            None => input(vec![("user_name", name())], None),
        },
        "sampling" => match request.input("capital_question").and_then(|answer| answer.get("content")?.get("text")) {
            Some(said) => content(vec![text(said.as_str().unwrap_or_default())]),
            None => input(vec![("capital_question", sampling("What is the capital of France?", 100))], None),
        },
        "list_roots" => match request.input("client_roots").and_then(|answer| answer.get("roots")) {
            Some(roots) => content(vec![text(&format!("The roots are {roots}"))]),
            None => input(vec![("client_roots", roots())], None),
        },
        "request_state" | "tampered_state" => match filled(request, "confirm", "ok") {
            Some(_) if !state.is_null() => content(vec![text("state-ok")]),
            _ => input(vec![("confirm", form("Please confirm", "ok", "boolean"))], seal(json!({ "round": 1 }))),
        },
        "multiple_inputs" => {
            let all = ["user_name", "greeting", "client_roots"].iter().all(|key| request.input(key).is_some());
            if all && !state.is_null() {
                content(vec![text("All three were answered.")])
            } else {
                let questions = vec![
                    ("user_name", name()),
                    ("greeting", sampling("Generate a greeting", 50)),
                    ("client_roots", roots()),
                ];
                input(questions, seal(json!({ "round": 1 })))
            }
        }
        "multi_round" => {
            let step1 = filled(request, "step1", "name").cloned();
            match (state.get("round").and_then(Value::as_u64), step1, filled(request, "step2", "color")) {
                (Some(2), _, Some(color)) => {
                    let said = format!("{} likes {color}", state.get("name").unwrap_or(&Value::Null));
                    content(vec![text(&said)])
                }
                (Some(1), Some(name), _) => input(
                    vec![("step2", form("Step 2: What is your favorite color?", "color", "string"))],
                    seal(json!({ "round": 2, "name": name })),
                ),
                _ => input(
                    vec![("step1", form("Step 1: What is your name?", "name", "string"))],
                    seal(json!({ "round": 1 })),
                ),
            }
        }
        "capabilities" => {
            let questions: Vec<(&str, Value)> = [
                ("elicitation", "user_name", name()),
                ("sampling", "greeting", sampling("Generate a greeting", 50)),
                ("roots", "client_roots", roots()),
            ]
            .into_iter()
            .filter(|(capability, ..)| request.client_can(capability))
            .map(|(_, key, question)| (key, question))
            .collect();
            if questions.iter().all(|(key, _)| request.input(key).is_some()) {
                content(vec![text("Every question the client can answer was answered.")])
            } else {
                input(questions, None)
            }
        }
        _ => return None,
    })
}

fn prompt(request: &Request, name: &str, arguments: &Map<String, Value>) -> Option<Outcome> {
    let argument = |name: &str| arguments.get(name).and_then(Value::as_str).unwrap_or_default();
    let messages = match name {
        "test_simple_prompt" => vec![text("This is a simple prompt for testing.")],
        "test_prompt_with_arguments" => {
            let (one, two) = (argument("arg1"), argument("arg2"));
            vec![text(&format!("Prompt with arguments: arg1='{one}', arg2='{two}'"))]
        }
        "test_prompt_with_embedded_resource" => vec![
            json!({ "type": "resource", "resource": {
                "uri": argument("resourceUri"),
                "mimeType": "text/plain",
                "text": "Embedded resource content for testing.",
            } }),
            text("Please process the embedded resource above."),
        ],
        "test_prompt_with_image" => vec![
            json!({ "type": "image", "data": PNG, "mimeType": "image/png" }),
            text("Please analyze the image above."),
        ],
        "test_input_required_result_prompt" => match filled(request, "user_context", "context") {
            Some(context) => vec![text(&format!("Use this context: {context}"))],
            None => {
                let question = form("What context should the prompt use?", "context", "string");
                return Some(input(vec![("user_context", question)], None));
            }
        },
        _ => return None,
    };
    let messages: Vec<Value> =
        messages.into_iter().map(|content| json!({ "role": "user", "content": content })).collect();
    Some(Outcome::Complete(json!({ "messages": messages })))
}

fn read(uri: &str) -> Option<Value> {
    Some(match uri {
        "test://static-text" => {
            json!({ "uri": uri, "mimeType": "text/plain", "text": "This is the content of the static text resource." })
        }
        "test://static-binary" => json!({ "uri": uri, "mimeType": "image/png", "blob": PNG }),
        "test://watched-resource" => json!({ "uri": uri, "mimeType": "text/plain", "text": "Nothing has changed." }),
        _ => {
            let id = uri.strip_prefix("test://template/")?.strip_suffix("/data")?;
            let data = json!({ "id": id, "templateTest": true, "data": format!("Data for ID: {id}") });
            json!({ "uri": uri, "mimeType": "application/json", "text": data.to_string() })
        }
    })
}
