//! The one registry of what other agents may do here: every API operation that is also a tool.
//!
//! An operation of the OpenAPI document becomes a [`Capability`] by carrying `x-tool` beside `x-permission`. The
//! document says everything else: the description, the inputs with their types, which of them stand in the path, the
//! query, a header or the body. So a tool cannot differ from the route it calls, and whoever adds a route adds the tool
//! in the same place. [`Capability::request`] turns a call's arguments into the route's request; who sends it, and with
//! whose credentials, is the Worker's business.
//!
//! What must not be here: protocols (crate `protocol`), HTTP types, permissions (they are the caller's to judge; here
//! they are names).

mod call;
mod read;
mod schema;
pub mod words;

use serde_json::Value;

pub use call::{Call, Refused};
pub use read::DeclarationError;

/// The key of a tool's declaration in its OpenAPI operation.
pub const DECLARATION: &str = "x-tool";

/// The key of an operation's permission.
pub const PERMISSION: &str = "x-permission";

/// The key of an operation's second declaration: `person` where no API key may call it.
pub const CALLER: &str = "x-caller";

/// The argument that repeats a creating call safely; it becomes the header `Idempotency-Key`.
pub const IDEMPOTENCY_KEY: &str = "idempotency_key";

/// The argument that says which version an edit is based on; it becomes the header `If-Match`.
pub const IF_MATCH: &str = "if_match";

/// The argument that holds a body which is no flat JSON object.
pub const BODY: &str = "body";

/// What a call leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Nothing changes.
    Read,
    /// Something changes at once.
    Write,
    /// A person must approve before it has an effect.
    Approval,
}

/// Where an argument goes in the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A segment of the path.
    Path,
    /// The query string.
    Query,
    /// A header.
    Header,
    /// A field of the JSON body.
    Field,
    /// The whole body.
    Body,
}

/// One input of a capability.
#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    /// What callers call it.
    pub name: String,
    /// Its name in the request.
    pub wire: String,
    /// Where it goes.
    pub place: Place,
    /// Whether a call without it is refused.
    pub required: bool,
    /// Its JSON Schema (2020-12), with every reference resolved.
    pub schema: Value,
}

/// An API operation that is also a tool.
#[derive(Clone, Debug, PartialEq)]
pub struct Capability {
    /// The tool's name: lower case, digits and underscores.
    pub name: String,
    /// The name people read.
    pub title: String,
    /// What it does, for people and models.
    pub description: String,
    /// What a call leads to.
    pub effect: Effect,
    /// Whether it removes something or cannot be taken back.
    pub destructive: bool,
    /// The HTTP method, upper case.
    pub method: String,
    /// The path with its `{parameters}`.
    pub path: String,
    /// The permission the route asks for, as `x-permission` names it.
    pub permission: String,
    /// Whether the route is for people only, not for API keys (`x-caller`).
    pub person: bool,
    /// The body's content type, when there is one.
    pub content_type: Option<String>,
    /// The inputs, in the document's order.
    pub arguments: Vec<Argument>,
}

impl Capability {
    /// Whether calling it twice with the same arguments does no more than calling it once.
    #[must_use]
    pub fn idempotent(&self) -> bool {
        self.effect == Effect::Read || matches!(self.method.as_str(), "PUT" | "DELETE")
    }

    /// Whether a call may create something, so that repeating it must be made safe.
    #[must_use]
    pub fn creates(&self) -> bool {
        self.method == "POST" && self.effect != Effect::Read
    }
}

/// Every capability, by name.
#[derive(Clone, Debug, Default)]
pub struct Registry(Vec<Capability>);

impl Registry {
    /// Reads the registry from an OpenAPI 3.1 document.
    ///
    /// # Errors
    /// The first declaration that is broken: a tool without a name or a permission, a name used twice.
    pub fn of(document: &Value) -> Result<Self, DeclarationError> {
        read::capabilities(document).map(Self)
    }

    /// All of them, by name; the order is the same in every process.
    pub fn iter(&self) -> impl Iterator<Item = &Capability> {
        self.0.iter()
    }

    /// The capability of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Capability> {
        self.0.iter().find(|capability| capability.name == name)
    }
}
