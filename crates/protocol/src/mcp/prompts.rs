//! Prompts: the recurring jobs of a marketing team, told so that a model finds the right tools.

use serde_json::{Map, Value, json};

use crate::json_rpc::Error;

/// A blank in a prompt.
#[derive(Clone, Copy, Debug)]
pub struct Blank {
    /// Its name.
    pub name: &'static str,
    /// What belongs there.
    pub description: &'static str,
    /// Whether the prompt makes no sense without it.
    pub required: bool,
}

/// A prompt.
#[derive(Clone, Copy, Debug)]
pub struct Prompt {
    /// Its name.
    pub name: &'static str,
    /// The name people read.
    pub title: &'static str,
    /// When to use it.
    pub description: &'static str,
    /// What is to be filled in.
    pub blanks: &'static [Blank],
    /// The text, with `{blanks}`.
    text: &'static str,
}

const SITE: Blank = Blank { name: "site", description: "Site key; left out: the first site", required: false };
const FROM: Blank = Blank { name: "from", description: "First day, YYYY-MM-DD", required: false };
const TO: Blank = Blank { name: "to", description: "Last day, YYYY-MM-DD", required: false };

/// Every prompt.
pub const PROMPTS: [Prompt; 4] = [
    Prompt {
        name: "weekly_review",
        title: "Weekly review",
        description: "What the week brought, what it cost, and what to do next",
        blanks: &[SITE, FROM, TO],
        text: "Review the shop's week. Site: {site}. From: {from}. To: {to}.\n\
               1. Call analytics_summary with compare=previous.\n\
               2. Call attribution_channels for the same days with the model data_driven if attribution_models lists it, \
               else last_touch.\n\
               3. For the metric that moved most, call analytics_breakdown by channel.\n\
               Then write at most 200 words: what changed, by how much (name the figure and the days), what most likely \
               caused it, and one thing to do. Quote only figures a tool answered; money is in minor units of the \
               currency in the answer; a null ratio means there was nothing to divide by.",
    },
    Prompt {
        name: "plan_campaign",
        title: "Plan a campaign",
        description: "From a goal and a budget to a campaign that a person can approve",
        blanks: &[
            Blank { name: "goal", description: "What the campaign should bring", required: true },
            Blank { name: "budget_daily", description: "Money a day, with its currency", required: true },
            SITE,
        ],
        text: "Plan a campaign. Goal: {goal}. Daily budget: {budget_daily}. Site: {site}.\n\
               1. Look at what has worked: attribution_channels and analytics_breakdown over the last 90 days.\n\
               2. channels_list shows which accounts are connected, brand_get how the shop wants to sound, and \
               guardrails_get what may be spent.\n\
               3. Say which channels, audiences and messages you would use and why, with the figures behind it.\n\
               4. When the user agrees: campaigns_create, then campaigns_preflight until nothing blocks \
               (campaigns_update mends it), then campaigns_submit.\n\
               Nothing you do spends money: a person approves in the browser, at the address campaigns_submit answers \
               with. Tell the user that address and stop there.",
    },
    Prompt {
        name: "diagnose_drop",
        title: "Diagnose a drop",
        description: "Why a metric fell: which channel, device, country or day",
        blanks: &[
            Blank { name: "metric", description: "Metric id, as in the catalog", required: true },
            SITE,
            FROM,
            TO,
        ],
        text: "Find out why {metric} fell. Site: {site}. From: {from}. To: {to}.\n\
               1. analytics_timeseries for {metric} by day, over these days and as many before them: is it a drop or a \
               rhythm of the week?\n\
               2. analytics_breakdown by channel, then by device, country and landing page, for both spans: where is \
               the difference?\n\
               3. inbox_list: were events refused in these days? A tracking fault looks like a drop.\n\
               Report the smallest slice that explains most of the difference, with its share of it, and what you \
               ruled out.",
    },
    Prompt {
        name: "explain_attribution",
        title: "Explain who earned the sales",
        description: "How the channels' credit changes from model to model, and which to trust",
        blanks: &[SITE, FROM, TO],
        text: "Explain which channels earned the sales. Site: {site}. From: {from}. To: {to}.\n\
               Call attribution_models, then attribution_channels once for each of first_touch, last_touch, linear and \
               position_based, and attribution_paths for the commonest paths. Show a table of channels by models, name the channels whose credit \
               depends most on the model, and say what that means for the budget. Do not call one model the truth.",
    },
];

/// The prompts as `prompts/list` shows them.
#[must_use]
pub fn list() -> Vec<Value> {
    let blank =
        |blank: &Blank| json!({ "name": blank.name, "description": blank.description, "required": blank.required });
    let shown = |prompt: &Prompt| {
        json!({
            "name": prompt.name,
            "title": prompt.title,
            "description": prompt.description,
            "arguments": prompt.blanks.iter().map(blank).collect::<Vec<_>>(),
        })
    };
    PROMPTS.iter().map(shown).collect()
}

/// A prompt, filled in.
///
/// # Errors
/// No such prompt, or a required blank is left out.
pub fn get(name: &str, arguments: &Map<String, Value>) -> Result<Value, Error> {
    let prompt = PROMPTS
        .iter()
        .find(|prompt| prompt.name == name)
        .ok_or_else(|| Error::params(format!("there is no prompt `{name}`; prompts/list names them")))?;
    let mut text = prompt.text.to_owned();
    for blank in prompt.blanks {
        let value = arguments.get(blank.name).and_then(Value::as_str).map(str::trim).unwrap_or_default();
        if value.is_empty() && blank.required {
            return Err(Error::params(format!("the prompt needs `{}`: {}", blank.name, blank.description)));
        }
        let shown = if value.is_empty() { "(not given; use the default)" } else { value };
        text = text.replace(&format!("{{{}}}", blank.name), shown);
    }
    Ok(json!({
        "description": prompt.description,
        "messages": [{ "role": "user", "content": { "type": "text", "text": text } }],
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_blank_of_a_text_is_declared_and_every_declared_blank_is_used() {
        for prompt in PROMPTS {
            let mut text = prompt.text.to_owned();
            for blank in prompt.blanks {
                let name = format!("{{{}}}", blank.name);
                assert!(text.contains(&name), "{} {name}", prompt.name);
                text = text.replace(&name, "");
            }
            assert!(!text.contains('{'), "{}", prompt.name);
        }
    }

    #[test]
    fn a_prompt_is_filled_in_and_names_what_it_lacks() {
        let arguments = json!({ "metric": "revenue" });
        let prompt = get("diagnose_drop", arguments.as_object().unwrap()).unwrap();
        let text = prompt["messages"][0]["content"]["text"].as_str().unwrap();
        assert!(text.contains("why revenue fell. Site: (not given; use the default)."));
        assert!(get("diagnose_drop", &Map::new()).unwrap_err().message.contains("`metric`"));
        assert!(get("nope", &Map::new()).is_err());
    }
}
