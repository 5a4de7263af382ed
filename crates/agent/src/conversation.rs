//! Talking with a model until its answer passes: tool calls are answered, an answer that fails its checks is sent back
//! once with the reasons, and after that the built-in model steps in, or the run is refused, as the brief says.

use crate::need::ModelRequest;
use crate::run::{Ask, Fallback, Stop};
use model::{Message, ModelAnswer, Role, ToolCall};

/// Most rounds of tool calls before an answer must come.
const MOST_ROUNDS: usize = 4;

/// An answer that passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passed<T> {
    /// What the check made of it.
    pub value: T,
    /// Which model said it.
    pub model: String,
    /// Why it was not the configured model, for a person; empty when it was.
    pub note: String,
}

/// What a tool call answers.
///
/// # Errors
/// [`Stop`], where the answer rests on something the agent needs first.
pub type Tools<'a> = &'a dyn Fn(&ToolCall) -> Result<String, Stop>;

/// No tools.
///
/// # Errors
/// Never.
pub fn no_tools(call: &ToolCall) -> Result<String, Stop> {
    Ok(format!("there is no function {}", call.name))
}

/// Asks until the answer passes `check`, which says in words what is wrong.
///
/// # Errors
/// [`Stop`]: the model is asked next, or nothing that passes could be had.
pub fn converse<T>(
    ask: &Ask<'_>,
    fallback: Fallback,
    request: &ModelRequest,
    tools: Tools<'_>,
    check: &dyn Fn(&str) -> Result<T, Vec<String>>,
) -> Result<Passed<T>, Stop> {
    let mut request = request.clone();
    let first = request.clone();
    let mut why = String::new();
    for repaired in [false, true] {
        let (answered, answer) = match settle(ask, request.clone(), tools)? {
            Ok(settled) => settled,
            Err(reason) => {
                why = reason;
                break;
            }
        };
        match check(&answer.text) {
            Ok(value) => return Ok(Passed { value, model: answer.model.clone(), note: String::new() }),
            Err(complaints) => {
                why = complaints.join("; ");
                if repaired {
                    break;
                }
                request =
                    ModelRequest { request: answered.request.sent_back(&answer.text, &why), complaints, ..answered };
            }
        }
    }
    if fallback == Fallback::Refuse {
        return Err(Stop::refused(format!("the model's answer was refused: {why}")));
    }
    let mut last = first.for_builtin();
    last.complaints = vec![why.clone()];
    let answer = match ask.model(&last)? {
        Ok(answer) => answer,
        Err(reason) => return Err(Stop::refused(reason)),
    };
    let value = check(&answer.text).map_err(|complaints| Stop::refused(complaints.join("; ")))?;
    Ok(Passed {
        value,
        model: answer.model.clone(),
        note: format!("The built-in model wrote this, because the configured one could not be used: {why}."),
    })
}

/// Asks, answers tool calls, asks again; the conversation and the answer that makes no more calls.
fn settle<'a>(
    ask: &Ask<'a>,
    mut request: ModelRequest,
    tools: Tools<'_>,
) -> Result<Result<(ModelRequest, &'a ModelAnswer), String>, Stop> {
    for _ in 0..MOST_ROUNDS {
        let answer = match ask.model(&request)? {
            Ok(answer) => answer,
            Err(reason) => return Ok(Err(reason.to_owned())),
        };
        if answer.tool_calls.is_empty() {
            return Ok(Ok((request, answer)));
        }
        request.request.messages.push(Message {
            tool_calls: answer.tool_calls.clone(),
            ..Message::new(Role::Assistant, answer.text.clone())
        });
        for call in &answer.tool_calls {
            let text = tools(call)?;
            request.request.messages.push(Message { tool_call_id: call.id.clone(), ..Message::new(Role::Tool, text) });
        }
    }
    Ok(Err(format!("the model called functions {MOST_ROUNDS} times without answering")))
}
