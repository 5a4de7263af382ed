//! The Model Context Protocol over Streamable HTTP, without sessions.
//!
//! Two eras are served at one address. Requests of revision 2026-07-28 carry everything they need (version and client
//! capabilities in `_meta`, mirrored in headers) and are answered on their own. Clients of the 2025 revisions say
//! `initialize` first and are answered without a session id, so each of their later requests stands alone as well. What
//! those revisions do by asking back within a session (sampling, elicitation, roots) is not possible for them here;
//! 2026-07-28 asks back with an `input_required` answer, see [`state`].

pub mod conformance;
pub mod prompts;
pub mod state;

use serde_json::{Map, Value, json};

use crate::json_rpc::{self, Error, INVALID_REQUEST, Message};

/// The revision without sessions.
pub const MODERN: &str = "2026-07-28";

/// The revisions that begin with `initialize`, newest first.
pub const LEGACY: [&str; 3] = ["2025-11-25", "2025-06-18", "2025-03-26"];

/// What a client is offered that begins with `initialize` and names a revision we do not serve that way.
const NEWEST_LEGACY: &str = "2025-11-25";

/// Headers and body disagree, or a header that must mirror the body is missing.
pub const HEADER_MISMATCH: i64 = -32020;
/// The client lacks a capability that the request needs.
pub const MISSING_CAPABILITY: i64 = -32021;
/// The revision is not served.
pub const UNSUPPORTED_VERSION: i64 = -32022;

/// How long a client may keep lists and documents, in ms: they change with deployments and with the caller's rights.
const LIST_TTL_MS: u64 = 60_000;

const META: &str = "io.modelcontextprotocol/";

/// Which kind of client asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Era {
    /// [`MODERN`].
    Modern,
    /// One of [`LEGACY`].
    Legacy,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// Who are you (2026-07-28).
    Discover,
    /// Who are you (2025).
    Initialize {
        /// The revision the client would like.
        version: String,
    },
    /// Are you there (2025).
    Ping,
    /// Which tools.
    ListTools,
    /// Use one.
    CallTool {
        /// Which.
        name: String,
        /// With what.
        arguments: Map<String, Value>,
    },
    /// Which documents.
    ListResources,
    /// Which kinds of documents.
    ListTemplates,
    /// One document.
    ReadResource {
        /// Which.
        uri: String,
    },
    /// Which prompts.
    ListPrompts,
    /// One prompt.
    GetPrompt {
        /// Which.
        name: String,
        /// With what.
        arguments: Map<String, Value>,
    },
    /// What could stand here.
    Complete {
        /// `ref/prompt` or `ref/resource`.
        kind: String,
        /// The prompt's name or the template's address.
        of: String,
        /// The argument being typed.
        argument: String,
        /// What is typed so far.
        typed: String,
    },
    /// Tell me what changes (2026-07-28).
    Listen {
        /// Documents to watch.
        resources: Vec<String>,
    },
    /// Something the product does not do.
    Other,
}

/// One request, understood as far as the protocol goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The answer repeats it.
    pub id: Value,
    /// Which kind of client asks.
    pub era: Era,
    /// The method's name.
    pub method: String,
    /// What is asked.
    pub ask: Ask,
    /// Whether the client reads a stream of events.
    pub reads_events: bool,
    params: Map<String, Value>,
    mirrored: Vec<(String, String)>,
}

/// One message of a stream, and how long to wait before it is sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// In ms.
    pub after_ms: u64,
    /// A JSON-RPC message.
    pub message: Value,
}

/// What goes back over HTTP.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// A status alone.
    Empty(u16),
    /// One JSON message.
    Json {
        /// HTTP status.
        status: u16,
        /// The message.
        message: Value,
    },
    /// A stream of events.
    Events(Vec<Frame>),
}

/// What a request came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Done; the result's own fields.
    Complete(Value),
    /// Somebody must say more first.
    Input(InputRequired),
    /// Not done.
    Refused(Error),
    /// Done after telling something on the way.
    Told(Vec<Frame>, Box<Outcome>),
}

/// What must be said before a request can be completed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InputRequired {
    /// Questions to the client by key: `elicitation/create` and the like.
    pub requests: Map<String, Value>,
    /// What the client sends back unchanged; see [`state`].
    pub state: Option<String>,
}

/// Who we are.
#[derive(Clone, Copy, Debug)]
pub struct Server<'a> {
    /// Our version.
    pub version: &'a str,
    /// What models should know before they use the tools.
    pub instructions: &'a str,
    /// Whether the capabilities of the conformance fixtures are on.
    pub conformance: bool,
}

impl Server<'_> {
    fn info(&self) -> Value {
        json!({ "name": "adroit", "title": "Adroit", "version": self.version })
    }

    fn capabilities(&self, era: Era) -> Value {
        // No list changes while a deployment runs, so `listChanged` stays undeclared.
        let watched = if era == Era::Modern || self.conformance { json!({ "subscribe": true }) } else { json!({}) };
        let mut all = json!({ "tools": {}, "prompts": {}, "resources": watched, "completions": {} });
        if era == Era::Modern {
            let ui = json!({ "io.modelcontextprotocol/ui": { "mimeTypes": ["text/html;profile=mcp-app"] } });
            json_rpc::set(&mut all, "extensions", ui);
        } else if self.conformance {
            json_rpc::set(&mut all, "logging", json!({}));
        }
        all
    }

    /// The answer to [`Ask::Discover`].
    #[must_use]
    pub fn discovered(&self) -> Value {
        let versions: Vec<&str> = std::iter::once(MODERN).chain(LEGACY).collect();
        json!({
            "supportedVersions": versions,
            "capabilities": self.capabilities(Era::Modern),
            "instructions": self.instructions,
        })
    }

    /// The answer to [`Ask::Initialize`]: the asked revision where it is served this way, else the newest that is.
    #[must_use]
    pub fn initialized(&self, version: &str) -> Value {
        let version = LEGACY.iter().find(|served| **served == version).unwrap_or(&NEWEST_LEGACY);
        json!({
            "protocolVersion": version,
            "capabilities": self.capabilities(Era::Legacy),
            "serverInfo": self.info(),
            "instructions": self.instructions,
        })
    }
}

/// Reads a request. `headers` are names in lower case with their values.
///
/// # Errors
/// What to answer at once: a refusal, or the bare acceptance of a notification.
pub fn read(headers: &[(String, String)], body: &[u8]) -> Result<Request, Reply> {
    let header = |name: &str| headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim());
    let json = header("content-type")
        .is_some_and(|kind| kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json"));
    if !json {
        return Err(refused(415, &Value::Null, &Error::new(INVALID_REQUEST, "send Content-Type: application/json")));
    }
    let accept = header("accept").unwrap_or("*/*").to_ascii_lowercase();
    let accepts = |kind: &str| accept.contains(kind) || accept.contains("*/*");
    if !accepts("application/json") {
        let detail = "send Accept: application/json, text/event-stream";
        return Err(refused(406, &Value::Null, &Error::new(INVALID_REQUEST, detail)));
    }
    let (id, method, params) = match json_rpc::read(body) {
        Ok(Message::Request { id, method, params }) => (id, method, params),
        // A notification is a statement; the one that matters, a cancellation, is the end of the stream itself.
        Ok(Message::Notification { .. }) => return Err(Reply::Empty(202)),
        Err((id, error)) => return Err(refused(400, &id, &error)),
    };
    let meta = |name: &str| params.get("_meta").and_then(|meta| meta.get(format!("{META}{name}")));
    let version = header("mcp-protocol-version");
    let modern = meta("protocolVersion").is_some()
        || (method != "initialize" && version.is_some_and(|version| !LEGACY.contains(&version)))
        || matches!(method.as_str(), "server/discover" | "subscriptions/listen");
    let era = if modern { Era::Modern } else { Era::Legacy };
    if modern {
        check_modern(version, header("mcp-method"), header("mcp-name"), &method, &params)
            .map_err(|error| refused(400, &id, &error))?;
    }
    let ask = ask(era, &method, &params).map_err(|error| refused(status_of(era, error.code), &id, &error))?;
    let mirrored = headers
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix("mcp-param-")?.to_owned(), value.trim().to_owned())))
        .collect();
    Ok(Request { id, era, method, ask, reads_events: accepts("text/event-stream"), params, mirrored })
}

fn refused(status: u16, id: &Value, error: &Error) -> Reply {
    Reply::Json { status, message: json_rpc::failure(id, error) }
}

/// The checks of 2026-07-28, in the order that tells a client most: is the envelope whole, do headers and body agree,
/// is the revision served.
fn check_modern(
    version: Option<&str>,
    method_header: Option<&str>,
    name_header: Option<&str>,
    method: &str,
    params: &Map<String, Value>,
) -> Result<(), Error> {
    let Some(meta) = params.get("_meta").and_then(Value::as_object) else {
        return Err(Error::params(format!(
            "`params._meta` is missing; it must hold `{META}protocolVersion` and `{META}clientCapabilities`"
        )));
    };
    let Some(asked) = meta.get(&format!("{META}protocolVersion")).and_then(Value::as_str) else {
        return Err(Error::params(format!("`params._meta` lacks `{META}protocolVersion`")));
    };
    if !meta.get(&format!("{META}clientCapabilities")).is_some_and(Value::is_object) {
        return Err(Error::params(format!("`params._meta` lacks `{META}clientCapabilities`")));
    }
    let mismatch = |detail: String| Err(Error::new(HEADER_MISMATCH, detail));
    match version {
        None => return mismatch("the header MCP-Protocol-Version is missing".to_owned()),
        Some(version) if version != asked => {
            return mismatch(format!("MCP-Protocol-Version says {version}, the body says {asked}"));
        }
        Some(_) => {}
    }
    if asked != MODERN {
        let supported: Vec<&str> = std::iter::once(MODERN).chain(LEGACY).collect();
        let detail = format!("protocol version {asked} is not served this way");
        return Err(Error::new(UNSUPPORTED_VERSION, detail).with(json!({ "supported": supported, "requested": asked })));
    }
    match method_header {
        None => return mismatch("the header Mcp-Method is missing".to_owned()),
        Some(header) if header != method => {
            return mismatch(format!("Mcp-Method says {header}, the body says {method}"));
        }
        Some(_) => {}
    }
    let named = match method {
        "tools/call" | "prompts/get" => "name",
        "resources/read" => "uri",
        _ => return Ok(()),
    };
    let body = params.get(named).and_then(Value::as_str).unwrap_or_default();
    match name_header.map(decoded) {
        None => mismatch("the header Mcp-Name is missing".to_owned()),
        Some(Some(header)) if header == body => Ok(()),
        Some(Some(header)) => mismatch(format!("Mcp-Name says {header}, the body says {body}")),
        Some(None) => mismatch("the header Mcp-Name is broken base64".to_owned()),
    }
}

/// A header's value; what is no plain ASCII travels as `=?base64?…?=`. `None` when that is broken.
fn decoded(value: &str) -> Option<String> {
    use base64::Engine as _;
    match value.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?=")) {
        None => Some(value.to_owned()),
        Some(text) => {
            let bytes = base64::engine::general_purpose::STANDARD.decode(text).ok()?;
            String::from_utf8(bytes).ok()
        }
    }
}

fn ask(era: Era, method: &str, params: &Map<String, Value>) -> Result<Ask, Error> {
    let text = |name: &str| {
        params
            .get(name)
            .and_then(Value::as_str)
            .map(str::to_owned)
            .ok_or_else(|| Error::params(format!("`params.{name}` is missing or no text")))
    };
    let arguments = || match params.get("arguments") {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(arguments)) => Ok(arguments.clone()),
        Some(_) => Err(Error::params("`params.arguments` must be an object")),
    };
    if params.get("inputResponses").is_some_and(|responses| !responses.is_object()) {
        return Err(Error::params("`params.inputResponses` must be an object of answers by key"));
    }
    if params.get("requestState").is_some_and(|state| !state.is_string()) {
        return Err(Error::params("`params.requestState` must be the text it was"));
    }
    Ok(match (era, method) {
        (Era::Modern, "server/discover") => Ask::Discover,
        (Era::Modern, "subscriptions/listen") => {
            let filter = params
                .get("notifications")
                .and_then(Value::as_object)
                .ok_or_else(|| Error::params("`params.notifications` is missing or no object"))?;
            let uris = filter.get("resourceSubscriptions").and_then(Value::as_array).into_iter().flatten();
            Ask::Listen { resources: uris.filter_map(|uri| uri.as_str().map(str::to_owned)).collect() }
        }
        (Era::Legacy, "initialize") => Ask::Initialize { version: text("protocolVersion")? },
        (Era::Legacy, "ping") => Ask::Ping,
        (_, "tools/list") => Ask::ListTools,
        (_, "tools/call") => Ask::CallTool { name: text("name")?, arguments: arguments()? },
        (_, "resources/list") => Ask::ListResources,
        (_, "resources/templates/list") => Ask::ListTemplates,
        (_, "resources/read") => Ask::ReadResource { uri: text("uri")? },
        (_, "prompts/list") => Ask::ListPrompts,
        (_, "prompts/get") => Ask::GetPrompt { name: text("name")?, arguments: arguments()? },
        (_, "completion/complete") => {
            let inside = |outer: &str, name: &str| {
                params.get(outer).and_then(|value| value.get(name)).and_then(Value::as_str).map(str::to_owned)
            };
            let kind = inside("ref", "type").ok_or_else(|| Error::params("`params.ref.type` is missing"))?;
            let of = inside("ref", if kind == "ref/prompt" { "name" } else { "uri" })
                .ok_or_else(|| Error::params("`params.ref` names nothing"))?;
            let argument =
                inside("argument", "name").ok_or_else(|| Error::params("`params.argument.name` is missing"))?;
            Ask::Complete { kind, of, argument, typed: inside("argument", "value").unwrap_or_default() }
        }
        _ => Ask::Other,
    })
}

impl Request {
    /// What the client can do, as it says with this request; of a 2025 client nothing is known.
    #[must_use]
    pub fn client_can(&self, capability: &str) -> bool {
        self.meta("clientCapabilities").is_some_and(|all| all.get(capability).is_some())
    }

    fn meta(&self, name: &str) -> Option<&Value> {
        self.params.get("_meta")?.get(format!("{META}{name}"))
    }

    /// The token under which the client wants to hear of progress.
    #[must_use]
    pub fn progress_token(&self) -> Option<&Value> {
        self.params.get("_meta")?.get("progressToken").filter(|token| token.is_string() || token.is_number())
    }

    /// Whether the client asked for log messages.
    #[must_use]
    pub fn wants_log(&self) -> bool {
        self.era == Era::Legacy || self.meta("logLevel").is_some()
    }

    /// The answer to the question of this key, in a repeated request.
    #[must_use]
    pub fn input(&self, key: &str) -> Option<&Map<String, Value>> {
        self.params.get("inputResponses")?.get(key)?.as_object()
    }

    /// The state the client sends back.
    #[must_use]
    pub fn state(&self) -> Option<&str> {
        self.params.get("requestState")?.as_str()
    }

    /// Checks the headers `Mcp-Param-…` against the arguments: a schema's property marked `x-mcp-header` must be
    /// mirrored there, so that gateways can route without reading bodies.
    ///
    /// # Errors
    /// [`HEADER_MISMATCH`].
    pub fn check_mirrored(&self, schema: &Value, arguments: &Map<String, Value>) -> Result<(), Error> {
        if self.era == Era::Legacy {
            return Ok(());
        }
        for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let Some(header) = property.get("x-mcp-header").and_then(Value::as_str) else { continue };
            let sent = self.mirrored.iter().find(|(key, _)| key.eq_ignore_ascii_case(header)).map(|(_, value)| value);
            let argument = arguments.get(name).filter(|value| !value.is_null()).map(|value| match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            });
            let agree = match (sent.map(|value| decoded(value)), &argument) {
                (None, None) => true,
                (Some(Some(sent)), Some(argument)) => same(&sent, argument),
                _ => false,
            };
            if !agree {
                let detail = format!("the header Mcp-Param-{header} must say what the argument `{name}` says");
                return Err(Error::new(HEADER_MISMATCH, detail));
            }
        }
        Ok(())
    }

    /// Refuses a client that cannot do what the request needs.
    #[must_use]
    pub fn lacks(capability: &str) -> Outcome {
        let detail = format!("this needs a client that declares the capability `{capability}`");
        let required: Map<String, Value> = [(capability.to_owned(), json!({}))].into_iter().collect();
        Outcome::Refused(Error::new(MISSING_CAPABILITY, detail).with(json!({ "requiredCapabilities": required })))
    }

    /// A notification of progress, when the client wants to hear of it.
    #[must_use]
    pub fn progress(&self, progress: u32, total: u32) -> Option<Value> {
        let token = self.progress_token()?;
        let params = json!({ "progressToken": token, "progress": progress, "total": total });
        Some(json_rpc::notification("notifications/progress", &params))
    }

    /// What goes back.
    #[must_use]
    pub fn reply(&self, outcome: Outcome, server: &Server<'_>) -> Reply {
        match outcome {
            Outcome::Told(mut frames, last) if self.reads_events => {
                let message = match self.reply(*last, server) {
                    Reply::Json { message, .. } => message,
                    other => return other,
                };
                frames.push(Frame { after_ms: 0, message });
                Reply::Events(frames)
            }
            Outcome::Told(_, last) => self.reply(*last, server),
            Outcome::Refused(error) => refused(status_of(self.era, error.code), &self.id, &error),
            Outcome::Complete(result) => {
                let message = json_rpc::success(&self.id, &self.finished(result, server));
                Reply::Json { status: 200, message }
            }
            Outcome::Input(_) if self.era == Era::Legacy => {
                let detail = "this asks a question back, which a client of this protocol version can only answer \
                              within a session; use 2026-07-28";
                self.reply(Outcome::Refused(Error::new(INVALID_REQUEST, detail)), server)
            }
            Outcome::Input(InputRequired { requests, state }) => {
                let mut result = json!({
                    "resultType": "input_required",
                    "inputRequests": requests,
                    "_meta": { "io.modelcontextprotocol/serverInfo": server.info() },
                });
                if let Some(state) = state {
                    json_rpc::set(&mut result, "requestState", state);
                }
                Reply::Json { status: 200, message: json_rpc::success(&self.id, &result) }
            }
        }
    }

    /// A result with what every result of its revision carries.
    fn finished(&self, mut result: Value, server: &Server<'_>) -> Value {
        if self.era == Era::Legacy {
            return result;
        }
        if let Some(fields) = result.as_object_mut() {
            fields.insert("resultType".to_owned(), "complete".into());
            let meta = fields.entry("_meta").or_insert_with(|| json!({}));
            json_rpc::set(meta, "io.modelcontextprotocol/serverInfo", server.info());
            let lists = matches!(
                self.ask,
                Ask::Discover
                    | Ask::ListTools
                    | Ask::ListResources
                    | Ask::ListTemplates
                    | Ask::ListPrompts
                    | Ask::ReadResource { .. }
            );
            if lists {
                // What a document says is somebody's and may change at once; what lists say depends on who asks.
                let ttl = if matches!(self.ask, Ask::ReadResource { .. }) { 0 } else { LIST_TTL_MS };
                fields.entry("ttlMs").or_insert_with(|| ttl.into());
                fields.entry("cacheScope").or_insert_with(|| "private".into());
            }
        }
        result
    }

    /// The first message of a stream of changes.
    #[must_use]
    pub fn acknowledged(&self, resources: &[String]) -> Value {
        let params = json!({
            "notifications": if resources.is_empty() { json!({}) } else { json!({ "resourceSubscriptions": resources }) },
            "_meta": { "io.modelcontextprotocol/subscriptionId": self.id },
        });
        json_rpc::notification("notifications/subscriptions/acknowledged", &params)
    }

    /// Says that a watched document has changed.
    #[must_use]
    pub fn updated(&self, uri: &str) -> Value {
        let params = json!({ "uri": uri, "_meta": { "io.modelcontextprotocol/subscriptionId": self.id } });
        json_rpc::notification("notifications/resources/updated", &params)
    }

    /// The last message of a stream of changes that we end.
    #[must_use]
    pub fn unsubscribed(&self) -> Value {
        let result = json!({
            "resultType": "complete",
            "_meta": { "io.modelcontextprotocol/subscriptionId": self.id },
        });
        json_rpc::success(&self.id, &result)
    }
}

/// The refusal of a document that is not there.
#[must_use]
pub fn no_resource(uri: &str) -> Error {
    Error::params(format!("there is no resource `{uri}`")).with(json!({ "uri": uri }))
}

/// Whether a header's text and an argument's text mean the same value.
fn same(sent: &str, argument: &str) -> bool {
    sent == argument || matches!((sent.parse::<f64>(), argument.parse::<f64>()), (Ok(a), Ok(b)) if a == b)
}

/// 2026-07-28 gives some errors statuses of their own; 2025 clients read an error only out of a 200.
fn status_of(era: Era, code: i64) -> u16 {
    match (era, code) {
        (Era::Modern, json_rpc::METHOD_NOT_FOUND) => 404,
        (Era::Modern, HEADER_MISMATCH | MISSING_CAPABILITY | UNSUPPORTED_VERSION | INVALID_REQUEST) => 400,
        _ => 200,
    }
}
