//! Asking a model for copy: what it is told, the form it answers in, and the check its answer must pass.

use campaign::{
    Ad, AdSet, Audience, BidStrategy, Brand, ChannelType, Creative, Delivery, Document, Objective, Severity,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::conversation::{Passed, converse, no_tools};
use crate::guard;
use crate::limits;
use crate::need::ProductFacts;
use crate::need::{ModelRequest, Task};
use crate::run::{Ask, Fallback, Stop};
use model::{Message, OutputSchema, Request, Role};

/// What a variant may try.
pub const INTENTS: [&str; 5] = ["benefit", "proof", "urgency", "curiosity", "offer"];

/// What an ad may ask a visitor to do.
pub const CALLS_TO_ACTION: [&str; 5] = ["SHOP_NOW", "LEARN_MORE", "SIGN_UP", "SUBSCRIBE", "GET_OFFER"];

/// An order for copy.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Order {
    /// Where it will stand.
    pub channel: ChannelType,
    /// What for.
    pub objective: Objective,
    /// The shop's name.
    pub shop: String,
    /// The brand.
    pub brand: Brand,
    /// What whoever asks for it said.
    pub said: String,
    /// What the shop sells best.
    pub products: Vec<ProductFacts>,
    /// Where clicks lead.
    pub landing_url: String,
    /// How many.
    pub variants: usize,
    /// One each, in turn.
    pub intents: Vec<String>,
    /// Headlines that are there already.
    pub avoid: Vec<String>,
    /// Of the draws.
    pub seed: u64,
}

/// One variant as a model writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// For people.
    pub name: String,
    /// One of [`INTENTS`].
    pub intent: String,
    /// Short lines.
    pub headlines: Vec<String>,
    /// Longer lines.
    pub descriptions: Vec<String>,
    /// The text above a social ad.
    pub primary_text: String,
    /// One of [`CALLS_TO_ACTION`].
    pub call_to_action: String,
    /// E-mail subject.
    pub subject: String,
    /// The line beside it.
    pub preview_text: String,
    /// E-mail body, HTML.
    pub body: String,
}

/// A model's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Copy {
    /// The variants.
    pub variants: Vec<Variant>,
}

impl Variant {
    /// As a creative.
    #[must_use]
    pub fn creative(&self, order: &Order) -> Creative {
        let email = order.channel == ChannelType::Klaviyo;
        Creative {
            headlines: self.headlines.clone(),
            descriptions: self.descriptions.clone(),
            primary_text: self.primary_text.clone(),
            call_to_action: self.call_to_action.clone(),
            subject: self.subject.clone(),
            preview_text: self.preview_text.clone(),
            body: self.body.clone(),
            from_name: if email { brand_name(order).to_owned() } else { String::new() },
            ..Creative::default()
        }
    }
}

/// The brand's name, or the shop's where none is set.
#[must_use]
pub fn brand_name(order: &Order) -> &str {
    if order.brand.name.trim().is_empty() { &order.shop } else { &order.brand.name }
}

fn schema() -> Value {
    let text = json!({ "type": "string" });
    let texts = json!({ "type": "array", "items": { "type": "string" } });
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["variants"],
        "properties": { "variants": { "type": "array", "items": {
            "type": "object",
            "additionalProperties": false,
            "required": ["name", "intent", "headlines", "descriptions", "primary_text", "call_to_action", "subject", "preview_text", "body"],
            "properties": {
                "name": text, "intent": { "type": "string", "enum": INTENTS },
                "headlines": texts, "descriptions": texts, "primary_text": text,
                "call_to_action": { "type": "string", "enum": CALLS_TO_ACTION },
                "subject": text, "preview_text": text, "body": text,
            },
        } } },
    })
}

/// The request.
#[must_use]
pub fn request(order: &Order) -> ModelRequest {
    let limits = limits::of(order.channel);
    let brand = &order.brand;
    let list = |items: &[String]| if items.is_empty() { "none".to_owned() } else { items.join("; ") };
    let bounds =
        |(least, most): (usize, usize)| if least == most { most.to_string() } else { format!("{least} to {most}") };
    let mut rules = vec![
        format!("You write advertising for {}.", brand_name(order)),
        format!("Language: {}.", if brand.language.is_empty() { "en" } else { &brand.language }),
        format!("Tone: {}.", if brand.tone.is_empty() { "plain and friendly".to_owned() } else { brand.tone.join(", ") }),
        format!("Never use: {}.", list(&brand.banned)),
        format!("Every ad's body must contain, word for word: {}.", list(&brand.required)),
        format!("Claims you may make, and no others: {}.", list(&brand.claims)),
        "Invent nothing: no numbers, prices, discounts, awards, guarantees or deadlines that are not given here.".to_owned(),
        "No emoji, no repeated punctuation, no capitals for emphasis, nothing about the reader's health, faith, origin or money."
            .to_owned(),
        guard::FENCE_RULE.to_owned(),
    ];
    rules.push(match order.channel {
        ChannelType::Klaviyo => format!(
            "This is an e-mail: a subject of at most {} characters, a preview line of at most {}, one headline of at most {}, \
             and a body in simple HTML that links to {} and ends with {{% unsubscribe %}}. Leave the other texts empty.",
            limits.subject, limits.preview_text, limits.headline, order.landing_url
        ),
        channel => format!(
            "This is for {}: {} headlines of at most {} characters, {} descriptions of at most {}{}. Leave the e-mail texts empty.",
            channel.as_str(),
            bounds(limits.headlines),
            limits.headline,
            bounds(limits.descriptions),
            limits.description,
            if limits.primary_text == 0 {
                ", and an empty primary_text".to_owned()
            } else {
                format!(", and a primary_text of at most {}", limits.primary_text)
            }
        ),
    });
    let products: Vec<&str> = order.products.iter().map(|product| product.title.as_str()).collect();
    let mut task = format!(
        "Write {} variants, one for each of these intents in turn: {}. Objective: {}.",
        order.variants,
        order.intents.join(", "),
        serde_json::to_value(order.objective).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default(),
    );
    for (name, text) in [
        ("about the brand", brand.description.as_str()),
        ("what was asked for", order.said.as_str()),
        ("products that sell best", &products.join("\n")),
        ("headlines that exist already, to be different from", &order.avoid.join("\n")),
    ] {
        if !text.trim().is_empty() {
            task.push_str("\n\n");
            task.push_str(&guard::fence(name, text));
        }
    }
    ModelRequest {
        task: Task::Copy,
        request: Request {
            messages: vec![Message::new(Role::System, rules.join("\n")), Message::new(Role::User, task)],
            tools: Vec::new(),
            schema: Some(OutputSchema { name: "copy".to_owned(), schema: schema() }),
            max_tokens: 4_000,
            seed: order.seed,
        },
        facts: serde_json::to_value(order).unwrap_or_default(),
        complaints: Vec::new(),
        builtin: false,
    }
}

/// Reads an answer and checks each variant.
///
/// # Errors
/// What is wrong, in words.
pub fn check(order: &Order, text: &str) -> Result<Copy, Vec<String>> {
    let copy: Copy = serde_json::from_str(text)
        .map_err(|error| vec![format!("the answer is not of the form asked for: {error}")])?;
    let mut faults = Vec::new();
    if copy.variants.len() != order.variants {
        faults.push(format!("{} variants where {} were asked for", copy.variants.len(), order.variants));
    }
    for variant in &copy.variants {
        if !INTENTS.contains(&variant.intent.as_str()) {
            faults.push(format!("“{}” is no intent", variant.intent));
        }
        if !CALLS_TO_ACTION.contains(&variant.call_to_action.as_str()) {
            faults.push(format!("“{}” is no call to action", variant.call_to_action));
        }
        let products: String = order.products.iter().map(|product| format!(" · {}", product.title)).collect();
        let said = format!("{}{products} · {}", order.said, order.landing_url);
        faults.extend(guard::creative_faults(order.channel, &variant.creative(order), &order.brand, &said));
    }
    faults.extend(preflight_faults(order, &copy));
    faults.dedup();
    if faults.is_empty() { Ok(copy) } else { Err(faults) }
}

/// What the provider itself would refuse of the texts. Images, senders and audiences are the campaign's, not the copy's.
fn preflight_faults(order: &Order, copy: &Copy) -> Vec<String> {
    let ads = copy.variants.iter().enumerate().map(|(place, variant)| Ad {
        id: format!("copy-{place}"),
        name: variant.name.clone(),
        creative: variant.creative(order),
        status: Delivery::Active,
    });
    let document = Document {
        name: "Copy".to_owned(),
        objective: order.objective,
        currency: "EUR".to_owned(),
        budget_total: None,
        start_at: None,
        end_at: None,
        landing_url: order.landing_url.clone(),
        utm_campaign: "copy".to_owned(),
        ad_sets: vec![AdSet {
            id: "copy".to_owned(),
            name: "Copy".to_owned(),
            channel_id: "copy".to_owned(),
            channel: order.channel,
            audience: Audience::default(),
            placements: Vec::new(),
            bid_strategy: BidStrategy::default(),
            budget_daily: 10_000,
            status: Delivery::Active,
            ads: ads.collect(),
        }],
    };
    let texts = ["headlines", "descriptions", "primary_text", "subject", "preview_text", "body"];
    connector::preflight::document(&document, &[])
        .into_iter()
        .filter(|finding| finding.severity == Severity::Blocking)
        .filter(|finding| {
            let part = finding.field.split("/creative/").nth(1).and_then(|rest| rest.split('/').next());
            part.is_some_and(|part| texts.contains(&part))
        })
        .map(|finding| finding.message)
        .collect()
}

/// Has an order written.
///
/// # Errors
/// [`Stop`]: the model is asked next, or nothing usable could be had.
pub fn write(ask: &Ask<'_>, fallback: Fallback, order: &Order) -> Result<Passed<Copy>, Stop> {
    converse(ask, fallback, &request(order), &no_tools, &|text| check(order, text))
}
