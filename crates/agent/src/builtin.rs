//! The built-in model: the same requests answered from templates and a seed, without a network. It writes plain copy that
//! keeps to the brand's list of claims, and tells figures it is handed; it writes English only and says so.

use rand::SeedableRng as _;
use rand::seq::{IndexedRandom as _, SliceRandom as _};
use rand_chacha::ChaCha8Rng;

use campaign::{ChannelType, Objective};

use crate::copywriting::{Copy, Order, Variant, brand_name};
use crate::guard::{brand_faults, contains_phrase, normal};
use crate::limits;
use crate::need::{ModelRequest, Task};
use model::{Finish, ModelAnswer, Usage};

/// Its name in runs and in usage.
pub const NAME: &str = "builtin-1";

/// Answers a request.
#[must_use]
pub fn answer(request: &ModelRequest) -> ModelAnswer {
    let text = match request.task {
        Task::Copy => serde_json::from_value::<Order>(request.facts.clone())
            .ok()
            .and_then(|order| serde_json::to_string(&copy(&order)).ok())
            .unwrap_or_default(),
        // The agent hands over sentences whose every number it took from the figures.
        Task::Narrative => request.facts.as_str().unwrap_or_default().to_owned(),
    };
    ModelAnswer {
        // Nothing is read or written that anybody pays for.
        usage: Usage::default(),
        text,
        tool_calls: Vec::new(),
        finish: Finish::Stop,
        model: NAME.to_owned(),
        cached: false,
        repeated: false,
    }
}

/// Sentences for each intent. `{brand}` and `{product}` are filled in; one with `{product}` is left out where there is
/// none. None of them promises anything.
struct Lines {
    headlines: &'static [&'static str],
    texts: &'static [&'static str],
    subjects: &'static [&'static str],
}

const fn lines(intent: &str) -> Lines {
    // Matching on bytes keeps this a table.
    match intent.as_bytes() {
        b"proof" => Lines {
            headlines: &[
                "Get to know {brand}",
                "{brand}, in its own words",
                "See how {brand} works",
                "What {brand} stands for",
                "The story of {product}",
            ],
            texts: &[
                "See for yourself what {brand} makes and how.",
                "Read what goes into {product} before you decide.",
                "Take a look behind the scenes at {brand}.",
            ],
            subjects: &["A look behind {brand}", "How {product} came to be", "What we do at {brand}"],
        },
        b"urgency" => Lines {
            headlines: &[
                "New this week at {brand}",
                "Just in: {product}",
                "Now at {brand}",
                "Fresh in at {brand}",
                "Ready when you are",
            ],
            texts: &[
                "New things have arrived at {brand}. Have a look.",
                "{product} is here. See it now at {brand}.",
                "This week's picks are online.",
            ],
            subjects: &["Just in at {brand}", "New: {product}", "This week at {brand}"],
        },
        b"curiosity" => Lines {
            headlines: &[
                "Have you seen {product}?",
                "What is new at {brand}?",
                "Looking for something good?",
                "Meet {product}",
                "Something you may like",
            ],
            texts: &[
                "There is more to {product} than you may think. Find out at {brand}.",
                "Look around {brand} and find what you did not know you wanted.",
                "Meet {product}, and what goes with it.",
            ],
            subjects: &["Have you seen this?", "Meet {product}", "Something you may like"],
        },
        b"offer" => Lines {
            headlines: &[
                "{claim}",
                "Find your favourites",
                "Picked for you at {brand}",
                "{product} is waiting",
                "Treat yourself at {brand}",
            ],
            texts: &[
                "{claim} at {brand}.",
                "Find your favourites at {brand} and order from home.",
                "{product} and more, in one place.",
            ],
            subjects: &["{claim}", "Your favourites at {brand}", "Picked for you"],
        },
        _ => Lines {
            headlines: &[
                "{product} for every day",
                "Good things from {brand}",
                "Made to be used",
                "Feel the difference",
                "{product} by {brand}",
                "Everyday things, done well",
            ],
            texts: &[
                "{product} that does what it should, day after day.",
                "{brand} makes things you will reach for again.",
                "Simple to choose, good to use: {product} by {brand}.",
            ],
            subjects: &["{product} for every day", "Good things from {brand}", "Made to be used"],
        },
    }
}

/// Writes an order.
#[must_use]
pub fn copy(order: &Order) -> Copy {
    let mut random = ChaCha8Rng::seed_from_u64(order.seed);
    let mut taken: Vec<String> = order.avoid.iter().map(|headline| normal(headline)).collect();
    let variants = (0..order.variants)
        .map(|index| {
            let intent = order.intents.get(index % order.intents.len().max(1)).map_or("benefit", String::as_str);
            variant(order, intent, index, &mut taken, &mut random)
        })
        .collect();
    Copy { variants }
}

fn variant(order: &Order, intent: &str, index: usize, taken: &mut Vec<String>, random: &mut ChaCha8Rng) -> Variant {
    let limits = limits::of(order.channel);
    let writer = Writer { order, wide: limits.wide_counts_double };
    let lines = lines(intent);
    let all_intents: Vec<&str> = crate::copywriting::INTENTS.iter().copied().filter(|other| *other != intent).collect();

    // The intent's own lines first, others' where a channel takes more than one intent has.
    let mut pool: Vec<String> = writer.fill(lines.headlines, index, limits.headline);
    pool.shuffle(random);
    for other in &all_intents {
        pool.extend(writer.fill(self::lines(other).headlines, index, limits.headline));
    }
    let wanted = if order.channel == ChannelType::GoogleAds { 5 } else { limits.headlines.0 };
    let mut headlines: Vec<String> = Vec::new();
    // New ones before ones that exist; within one ad never the same twice.
    for fresh in [true, false] {
        for line in &pool {
            let key = normal(line);
            let mine = headlines.iter().any(|headline| normal(headline) == key);
            if headlines.len() < wanted && !mine && taken.contains(&key) != fresh {
                headlines.push(line.clone());
            }
        }
    }
    // Google shows several headlines of one ad together, so only its first tells variants apart.
    taken.extend(
        headlines
            .iter()
            .take(if order.channel == ChannelType::GoogleAds { 1 } else { wanted })
            .map(|line| normal(line)),
    );

    let required: Vec<&str> =
        order.brand.required.iter().map(String::as_str).filter(|text| !text.trim().is_empty()).collect();
    let required = required.join(" ");
    let mut texts = writer.fill(lines.texts, index, usize::MAX);
    texts.shuffle(random);
    for other in &all_intents {
        texts.extend(writer.fill(self::lines(other).texts, index, usize::MAX));
    }
    texts.push(format!("Have a look at {}.", brand_name(order)));
    texts.push("Have a look.".to_owned());

    let email = order.channel == ChannelType::Klaviyo;
    let primary_text = if limits.primary_text > 0 {
        writer.first_that_fits(&texts, &required, limits.primary_text)
    } else {
        String::new()
    };
    let mut descriptions = Vec::new();
    if limits.descriptions.1 > 0 {
        // Where there is no text above the ad, the required text stands in the first description.
        let first = if limits.primary_text == 0 { required.as_str() } else { "" };
        let short = ["See more", "Have a look", "Look around"].map(str::to_owned);
        for place in 0..limits.descriptions.0 {
            let rest: Vec<String> =
                texts.iter().chain(&short).filter(|text| !descriptions.contains(*text)).cloned().collect();
            descriptions.push(writer.first_that_fits(&rest, if place == 0 { first } else { "" }, limits.description));
        }
    }
    let subject = if email {
        let mut subjects = writer.fill(lines.subjects, index, limits.subject);
        subjects.shuffle(random);
        subjects.into_iter().next().unwrap_or_else(|| "News".to_owned())
    } else {
        String::new()
    };
    let preview_text = if email { writer.first_that_fits(&texts, "", limits.preview_text) } else { String::new() };
    let call_to_action = match (order.objective, email) {
        (Objective::Sales, _) => "SHOP_NOW",
        (Objective::Leads, _) => "SIGN_UP",
        (Objective::Traffic | Objective::Awareness, _) => "LEARN_MORE",
    };
    let body = if email { writer.body(&headlines, &texts, &required, call_to_action) } else { String::new() };
    let name = headlines.choose(random).cloned().unwrap_or_default();
    Variant {
        name: if name.is_empty() { format!("Variant {}", index + 1) } else { name },
        intent: intent.to_owned(),
        headlines,
        descriptions,
        primary_text,
        call_to_action: call_to_action.to_owned(),
        subject,
        preview_text,
        body,
    }
}

struct Writer<'a> {
    order: &'a Order,
    wide: bool,
}

impl Writer<'_> {
    /// The templates that can be filled, fit and keep to the brand.
    fn fill(&self, templates: &[&str], index: usize, most: usize) -> Vec<String> {
        let product = self.product(index, most);
        let claims = &self.order.brand.claims;
        let claim = (!claims.is_empty()).then(|| claims.get(index % claims.len())).flatten();
        templates
            .iter()
            .filter_map(|template| {
                let mut line = template.replace("{brand}", brand_name(self.order));
                if line.contains("{product}") {
                    line = line.replace("{product}", product.as_deref()?);
                }
                if line.contains("{claim}") {
                    line = line.replace("{claim}", &capitalised(claim?));
                }
                Some(line)
            })
            .filter(|line| self.fits(line, most) && self.allowed(line))
            .collect()
    }

    /// A best seller's title, where it is short enough to stand in a line.
    fn product(&self, index: usize, most: usize) -> Option<String> {
        let most = most.min(60).saturating_sub(12).max(10);
        let fitting: Vec<&str> = self
            .order
            .products
            .iter()
            .map(|product| product.title.trim())
            .filter(|title| !title.is_empty() && self.fits(title, most) && self.allowed(title))
            .collect();
        if fitting.is_empty() { None } else { fitting.get(index % fitting.len()).map(|title| (*title).to_owned()) }
    }

    fn fits(&self, text: &str, most: usize) -> bool {
        limits::length(text, self.wide) <= most
    }

    fn allowed(&self, text: &str) -> bool {
        let products: String = self.order.products.iter().map(|product| format!(" · {}", product.title)).collect();
        brand_faults(text, &self.order.brand, &format!("{}{products}", self.order.said)).is_empty()
    }

    /// The first text that fits together with what must stand behind it; what must stand, if nothing else fits.
    fn first_that_fits(&self, texts: &[String], required: &str, most: usize) -> String {
        texts
            .iter()
            .map(|text| {
                let there = contains_phrase(&normal(text), &normal(required));
                if required.is_empty() || there { text.clone() } else { format!("{text} {required}") }
            })
            .find(|text| self.fits(text, most))
            .unwrap_or_else(|| required.to_owned())
    }

    fn body(&self, headlines: &[String], texts: &[String], required: &str, call_to_action: &str) -> String {
        let label = match call_to_action {
            "SHOP_NOW" => "Shop now",
            "SIGN_UP" => "Sign up",
            _ => "Learn more",
        };
        let paragraphs: String = texts.iter().take(2).map(|text| format!("<p>{}</p>", escaped(text))).collect();
        let required = if required.is_empty() { String::new() } else { format!("<p>{}</p>", escaped(required)) };
        format!(
            "<h1>{}</h1>{paragraphs}<p><a href=\"{}\">{label}</a></p>{required}<p>{{% unsubscribe %}}</p>",
            escaped(headlines.first().map_or("", String::as_str)),
            escaped(&self.order.landing_url),
        )
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn capitalised(text: &str) -> String {
    let mut chars = text.trim().chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::copywriting::check;
    use crate::need::ProductFacts;
    use campaign::Brand;
    use proptest::prelude::*;

    pub(crate) fn order(channel: ChannelType, seed: u64) -> Order {
        Order {
            channel,
            objective: Objective::Sales,
            shop: "Nordlicht".into(),
            brand: Brand {
                name: "Nordlicht".into(),
                banned: vec!["cheap".into(), "made to be used".into()],
                required: vec!["Terms apply.".into()],
                claims: vec!["free shipping over 50 EUR".into()],
                ..Brand::default()
            },
            said: String::new(),
            products: vec![
                ProductFacts { title: "Wool socks".into(), sold: 10, price: Some(1_900) },
                ProductFacts {
                    title: "A very long product title that fits nowhere at all, size 42".into(),
                    sold: 9,
                    price: None,
                },
            ],
            landing_url: "https://shop.example/socks".into(),
            variants: 3,
            intents: vec!["benefit".into(), "curiosity".into(), "offer".into()],
            avoid: vec!["Wool socks for every day".into()],
            seed,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn what_it_writes_passes_every_check_on_every_channel(seed: u64, variants in 1_usize..8) {
            for channel in ChannelType::ALL {
                let mut order = order(channel, seed);
                order.variants = variants;
                let copy = copy(&order);
                let text = serde_json::to_string(&copy).unwrap();
                prop_assert_eq!(check(&order, &text), Ok(copy.clone()), "{:?}", channel);
                prop_assert_eq!(copy.clone(), super::copy(&order), "the same seed writes the same");
                if variants <= 3 && channel != ChannelType::Klaviyo {
                    let firsts: std::collections::BTreeSet<&str> = copy.variants.iter().map(|v| v.headlines[0].as_str()).collect();
                    prop_assert_eq!(firsts.len(), variants, "variants differ: {:?}", copy);
                }
            }
        }
    }

    #[test]
    fn a_shop_that_has_nothing_set_up_gets_copy_too() {
        for channel in ChannelType::ALL {
            let mut order = order(channel, 1);
            order.brand = Brand::default();
            order.products.clear();
            let text = serde_json::to_string(&copy(&order)).unwrap();
            assert!(check(&order, &text).is_ok(), "{channel:?}: {:?}", check(&order, &text));
        }
    }
}
