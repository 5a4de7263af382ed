//! ChannelPlanner: an objective and a budget become a whole campaign over the connected channels, with copy, and with the
//! reason each channel gets what it gets.
//!
//! A channel's share follows what a unit of spend brought there over the last four weeks, drawn towards a prior by
//! objective as if that prior had spent a week's budget: new channels get a fair try, proven ones get more.

use calendar::Zone;
use campaign::{Ad, AdSet, Audience, BidStrategy, ChannelType, Delivery, Document, Objective};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::copywriting::{self, Order};
use crate::creative::counted;
use crate::need::{ChannelFacts, Figures};
use crate::proposal::{CampaignPlan, ChannelReason, Point, Quoted, Told};
use crate::run::{Agent, Ask, Brief, Stop};
use crate::wording::{amount, grouped};

/// The agent.
#[derive(Clone, Copy, Debug)]
pub struct ChannelPlanner;

/// What it is asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Input {
    /// What the campaign is for.
    pub objective: Objective,
    /// Minor units a day over all channels.
    pub budget_daily: i64,
    /// Where clicks lead.
    pub landing_url: String,
    /// Its name; made up when left out.
    #[serde(default)]
    pub name: String,
    /// What it is about.
    #[serde(default)]
    pub brief: String,
    /// Minor units over the whole run.
    #[serde(default)]
    pub budget_total: Option<i64>,
    /// UTC ms.
    #[serde(default)]
    pub start_at: Option<i64>,
    /// UTC ms.
    #[serde(default)]
    pub end_at: Option<i64>,
    /// ISO 3166-1 alpha-2.
    #[serde(default)]
    pub countries: Vec<String>,
    /// Search keywords; the best sellers' titles when left out.
    #[serde(default)]
    pub keywords: Vec<String>,
    /// Only these connected accounts; all when empty.
    #[serde(default)]
    pub channel_ids: Vec<String>,
    /// The e-mail list to send to; without one no e-mail is planned.
    #[serde(default)]
    pub list_id: String,
    /// Ads a paid channel.
    #[serde(default = "variants")]
    pub variants: usize,
}

const fn variants() -> usize {
    3
}

/// Days of performance that are looked at.
const DAYS: i64 = 28;
/// Most keywords of a search ad set.
const MOST_KEYWORDS: usize = 10;
/// No channel gets less than this share: below, it would learn nothing.
const LEAST_SHARE: f64 = 0.1;

impl Agent for ChannelPlanner {
    type Input = Input;
    type Proposal = CampaignPlan;
    const NAME: &'static str = "planner";
    const TITLE: &'static str = "Channel planner";
    const ABOUT: &'static str = "Plans a campaign over the connected channels from an objective and a budget: shares, audiences, keywords and copy.";

    fn input_schema() -> Value {
        json!({
            "type": "object",
            "required": ["objective", "budget_daily", "landing_url"],
            "properties": {
                "objective": { "type": "string", "enum": ["sales", "leads", "traffic", "awareness"], "description": "What the campaign is for" },
                "budget_daily": { "type": "integer", "minimum": 1, "description": "Minor units a day over all channels" },
                "landing_url": { "type": "string", "format": "uri", "description": "Where clicks lead" },
                "name": { "type": "string", "description": "The campaign's name; made up when left out" },
                "brief": { "type": "string", "description": "What the campaign is about" },
                "budget_total": { "type": "integer", "minimum": 1, "description": "Minor units over the whole run" },
                "start_at": { "type": "integer", "description": "UTC ms" },
                "end_at": { "type": "integer", "description": "UTC ms" },
                "countries": { "type": "array", "items": { "type": "string", "pattern": "^[A-Z]{2}$" }, "description": "ISO 3166-1 alpha-2" },
                "keywords": { "type": "array", "items": { "type": "string" }, "description": "Search keywords" },
                "channel_ids": { "type": "array", "items": { "type": "string" }, "description": "Only these connected accounts" },
                "list_id": { "type": "string", "description": "The e-mail list to send to" },
                "variants": { "type": "integer", "minimum": 1, "maximum": 5, "default": 3, "description": "Ads a paid channel" },
            },
        })
    }

    fn work(brief: &Brief<Input>, ask: &Ask<'_>) -> Result<CampaignPlan, Stop> {
        let input = &brief.input;
        check(input)?;
        let site = ask.site()?;
        let zone = Zone::parse(&site.time_zone).map_err(|error| Stop::refused(error.to_string()))?;
        let brand = ask.brand()?;
        let channels = usable(ask.channels()?, input)?;
        let products = ask.products()?;
        let images = ask.images()?;
        let yesterday = zone.local_day(brief.started_at) - 1;
        let (from, to) = (calendar::format_day(yesterday - (DAYS - 1)), calendar::format_day(yesterday));
        let figures =
            ask.figures(&["spend", "revenue", "orders", "clicks", "impressions"], &from, &to, Some("source"))?;

        let paid: Vec<&ChannelFacts> =
            channels.iter().copied().filter(|channel| channel.channel != ChannelType::Klaviyo).collect();
        let (budgets, mut reasons) = allocate(&paid, figures, input, &site.currency);
        let product_titles: Vec<String> = products.iter().map(|product| product.title.clone()).collect();
        let name = if input.name.trim().is_empty() {
            made_up_name(input, &site.name, zone, brief.started_at)
        } else {
            input.name.trim().to_owned()
        };

        let mut ad_sets = Vec::new();
        let mut notes = Vec::new();
        for (place, channel) in channels.iter().enumerate() {
            let email = channel.channel == ChannelType::Klaviyo;
            let order = Order {
                channel: channel.channel,
                objective: input.objective,
                shop: site.name.clone(),
                brand: brand.clone(),
                said: input.brief.clone(),
                products: products.to_vec(),
                landing_url: input.landing_url.clone(),
                variants: if email { 1 } else { input.variants },
                intents: ["benefit", "curiosity", "offer", "urgency", "proof"].map(str::to_owned).to_vec(),
                avoid: Vec::new(),
                seed: brief.seed().wrapping_add(place as u64),
            };
            let written = copywriting::write(ask, brief.fallback, &order)?;
            if !written.note.is_empty() {
                notes.push(written.note.clone());
            }
            let pictures = matches!(channel.channel, ChannelType::Meta | ChannelType::Sandbox);
            let ads = written
                .value
                .variants
                .iter()
                .enumerate()
                .map(|(n, variant)| {
                    let mut creative = variant.creative(&order);
                    if pictures && !images.is_empty() {
                        creative.image_asset_ids =
                            images.get(n % images.len()).map(|image| image.id.clone()).into_iter().collect();
                    }
                    Ad {
                        id: id(&brief.run_id, &format!("ad/{place}/{n}")),
                        name: variant.name.clone(),
                        creative,
                        status: Delivery::Active,
                    }
                })
                .collect();
            let budget = budgets.iter().find(|(id, _)| *id == channel.id).map_or(0, |(_, budget)| *budget);
            ad_sets.push(AdSet {
                id: id(&brief.run_id, &format!("ad_set/{place}")),
                name: format!("{name} · {}", channel.name),
                channel_id: channel.id.clone(),
                channel: channel.channel,
                audience: Audience {
                    countries: if email { Vec::new() } else { input.countries.clone() },
                    keywords: if channel.channel == ChannelType::GoogleAds {
                        keywords(input, &product_titles, &site.name)
                    } else {
                        Vec::new()
                    },
                    list_id: if email { input.list_id.clone() } else { String::new() },
                    ..Audience::default()
                },
                placements: Vec::new(),
                bid_strategy: if matches!(input.objective, Objective::Traffic) {
                    BidStrategy::MaximizeClicks
                } else {
                    BidStrategy::LowestCost
                },
                budget_daily: budget,
                status: Delivery::Active,
                ads,
            });
            if email {
                reasons.push(ChannelReason {
                    channel_id: channel.id.clone(),
                    budget_daily: 0,
                    reason: format!("{}: an e-mail to the list costs nothing a send.", channel.name),
                });
            }
        }
        let needs_pictures = ad_sets.iter().any(|set| set.channel == ChannelType::Meta) && images.is_empty();
        let document = Document {
            utm_campaign: slug(&name),
            name: name.clone(),
            objective: input.objective,
            currency: site.currency.clone(),
            budget_total: input.budget_total,
            start_at: input.start_at,
            end_at: input.end_at,
            landing_url: input.landing_url.clone(),
            ad_sets,
        };
        let ads: usize = document.ad_sets.iter().map(|set| set.ads.len()).sum();
        let mut findings: Vec<Point> = reasons
            .iter()
            .map(|reason| Point {
                headline: format!("{} a day", amount(reason.budget_daily, &site.currency)),
                detail: reason.reason.clone(),
                metric: "spend".to_owned(),
                value: Some(reason.budget_daily as f64),
                severity: "neutral".to_owned(),
                ..Point::default()
            })
            .collect();
        if needs_pictures {
            findings.push(note("Meta ads need an image; none is uploaded yet."));
        }
        notes.dedup();
        findings.extend(notes.iter().map(|text| note(text)));
        Ok(CampaignPlan {
            told: Told {
                title: format!("{name}: {} on {}", counted(ads, "ad"), counted(document.ad_sets.len(), "channel")),
                summary: format!(
                    "{} a day over {}. Shares follow what each brought from {from} to {to}; it becomes a draft when you accept it.",
                    amount(document.budget_daily(), &site.currency),
                    counted(document.ad_sets.len(), "channel")
                ),
                findings,
                figures: figures
                    .rows
                    .iter()
                    .filter(|row| row.value("spend") > 0.0)
                    .flat_map(|row| {
                        ["spend", "revenue"].map(|metric| Quoted {
                            metric: metric.to_owned(),
                            value: Some(row.value(metric)),
                            unit: "money".to_owned(),
                            query: figures.query.clone(),
                        })
                    })
                    .collect(),
            },
            document,
            reasons,
        })
    }
}

fn note(text: &str) -> Point {
    Point { headline: "Note".to_owned(), detail: text.to_owned(), severity: "neutral".to_owned(), ..Point::default() }
}

fn check(input: &Input) -> Result<(), Stop> {
    if input.budget_daily <= 0 || input.budget_daily > 100_000_000_000 {
        return Err(Stop::refused("budget_daily must be at least 1 minor unit"));
    }
    if !(1..=5).contains(&input.variants) {
        return Err(Stop::refused("variants must be 1 to 5"));
    }
    if !input.landing_url.starts_with("https://") && !input.landing_url.starts_with("http://") {
        return Err(Stop::refused("landing_url must be a whole address, https://…"));
    }
    if let (Some(start), Some(end)) = (input.start_at, input.end_at)
        && start >= end
    {
        return Err(Stop::refused("end_at must be after start_at"));
    }
    if let Some(code) =
        input.countries.iter().find(|code| code.len() != 2 || !code.chars().all(|c| c.is_ascii_uppercase()))
    {
        return Err(Stop::refused(format!("“{code}” is no country code; use two capital letters such as DE")));
    }
    Ok(())
}

fn usable<'a>(channels: &'a [ChannelFacts], input: &Input) -> Result<Vec<&'a ChannelFacts>, Stop> {
    if let Some(unknown) = input.channel_ids.iter().find(|id| !channels.iter().any(|channel| channel.id == **id)) {
        return Err(Stop::refused(format!("there is no connected channel {unknown}")));
    }
    let chosen = |channel: &&ChannelFacts| {
        channel.status == "connected"
            && (input.channel_ids.is_empty() || input.channel_ids.contains(&channel.id))
            && (channel.channel != ChannelType::Klaviyo || !input.list_id.is_empty())
    };
    let usable: Vec<&ChannelFacts> = channels.iter().filter(chosen).collect();
    if usable.is_empty() {
        return Err(Stop::refused("no channel is connected; connect one under Channels first"));
    }
    Ok(usable)
}

/// What a unit of spend is taken to bring before anything is known, relative to each other.
const fn prior(objective: Objective, channel: ChannelType) -> f64 {
    match (objective, channel) {
        (Objective::Sales | Objective::Leads, ChannelType::GoogleAds) => 1.4,
        (Objective::Awareness, ChannelType::Meta) => 1.4,
        (Objective::Awareness, ChannelType::GoogleAds) => 0.8,
        _ => 1.0,
    }
}

/// Splits the budget. The parts sum to the whole exactly.
#[must_use]
pub fn allocate(
    paid: &[&ChannelFacts],
    figures: &Figures,
    input: &Input,
    currency: &str,
) -> (Vec<(String, i64)>, Vec<ChannelReason>) {
    if paid.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let sales = matches!(input.objective, Objective::Sales | Objective::Leads);
    let result = |row: &crate::need::FigureRow| match input.objective {
        Objective::Sales | Objective::Leads => row.value("revenue"),
        Objective::Traffic => row.value("clicks"),
        Objective::Awareness => row.value("impressions"),
    };
    let row = |channel: &ChannelFacts| {
        figures.rows.iter().find(|row| row.key == channel.channel.utm_source() && row.value("spend") > 0.0)
    };
    // The mean return over what is known puts the prior on the same scale.
    let known: Vec<(f64, f64)> =
        paid.iter().filter_map(|channel| row(channel)).map(|row| (row.value("spend"), result(row))).collect();
    let (spent, brought) = known.iter().fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    let mean = if spent > 0.0 && brought > 0.0 { brought / spent } else { 1.0 };
    let weight = input.budget_daily as f64 * 7.0 / paid.len() as f64;
    let returns: Vec<f64> = paid
        .iter()
        .map(|channel| {
            let expected = prior(input.objective, channel.channel) * mean;
            row(channel).map_or(expected, |row| (result(row) + expected * weight) / (row.value("spend") + weight))
        })
        .collect();
    let sum: f64 = returns.iter().sum();
    let floor = LEAST_SHARE.min(1.0 / paid.len() as f64);
    let free = 1.0 - floor * paid.len() as f64;
    let mut budgets: Vec<i64> = returns
        .iter()
        .map(|value| {
            let share = if sum > 0.0 { value / sum } else { 1.0 / paid.len() as f64 };
            (input.budget_daily as f64 * (floor + free * share)).floor() as i64
        })
        .collect();
    // What rounding left goes to the strongest.
    let rest = input.budget_daily - budgets.iter().sum::<i64>();
    let strongest = returns.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).map(|(place, _)| place);
    if let Some(budget) = strongest.and_then(|place| budgets.get_mut(place)) {
        *budget += rest;
    }
    let reasons = paid
        .iter()
        .zip(&budgets)
        .map(|(channel, budget)| {
            let reason = match row(channel) {
                Some(row) if sales => format!(
                    "{}: {} of spend brought {} of revenue, {} a unit.",
                    channel.name,
                    amount(row.value("spend").round() as i64, currency),
                    amount(row.value("revenue").round() as i64, currency),
                    grouped(row.value("revenue") / row.value("spend"), 2)
                ),
                Some(row) => format!(
                    "{}: {} of spend brought {} clicks and {} impressions.",
                    channel.name,
                    amount(row.value("spend").round() as i64, currency),
                    grouped(row.value("clicks"), 0),
                    grouped(row.value("impressions"), 0)
                ),
                None => format!("{}: nothing is known of it yet, so it gets a fair try.", channel.name),
            };
            ChannelReason { channel_id: channel.id.clone(), budget_daily: *budget, reason }
        })
        .collect();
    (paid.iter().map(|channel| channel.id.clone()).zip(budgets).collect(), reasons)
}

fn keywords(input: &Input, products: &[String], shop: &str) -> Vec<String> {
    let mut words: Vec<String> = if input.keywords.is_empty() { products.to_vec() } else { input.keywords.clone() };
    if words.is_empty() {
        words.push(shop.to_owned());
    }
    // Google takes keywords of up to 80 characters and ten words.
    let mut keywords: Vec<String> = Vec::new();
    for word in words {
        let clean: String = word
            .chars()
            .map(|c| if c.is_alphanumeric() || matches!(c, '\'' | '-' | '&' | '.') { c } else { ' ' })
            .collect();
        let clean = clean.split_whitespace().take(10).collect::<Vec<_>>().join(" ").to_lowercase();
        if !clean.is_empty()
            && clean.chars().count() <= 80
            && !keywords.contains(&clean)
            && keywords.len() < MOST_KEYWORDS
        {
            keywords.push(clean);
        }
    }
    keywords
}

fn made_up_name(input: &Input, shop: &str, zone: Zone, now: i64) -> String {
    let what = match input.objective {
        Objective::Sales => "Sales",
        Objective::Leads => "Leads",
        Objective::Traffic => "Traffic",
        Objective::Awareness => "Awareness",
    };
    format!("{shop} · {what} · {}", calendar::format_day(zone.local_day(input.start_at.unwrap_or(now))))
}

/// `utm_campaign` from a name: lower case, words joined by hyphens.
fn slug(name: &str) -> String {
    let spaced: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { ' ' }).collect();
    let slug = spaced.split_whitespace().collect::<Vec<_>>().join("-");
    if slug.is_empty() { "campaign".to_owned() } else { slug.chars().take(80).collect() }
}

/// A stable id for a part of what a run makes.
fn id(run_id: &str, part: &str) -> String {
    use sha2::Digest as _;
    let digest = sha2::Sha256::new().chain_update(run_id).chain_update([0]).chain_update(part).finalize();
    hex::encode(digest).chars().take(24).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::need::FigureRow;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn channel(id: &str, channel: ChannelType) -> ChannelFacts {
        ChannelFacts { id: id.into(), channel, name: id.into(), status: "connected".into(), currency: "EUR".into() }
    }

    fn input(budget: i64) -> Input {
        serde_json::from_value(
            json!({ "objective": "sales", "budget_daily": budget, "landing_url": "https://shop.example/" }),
        )
        .unwrap()
    }

    fn figures(rows: &[(&str, f64, f64)]) -> Figures {
        Figures {
            query: "/q".into(),
            rows: rows
                .iter()
                .map(|(key, spend, revenue)| FigureRow {
                    key: (*key).into(),
                    values: BTreeMap::from([("spend".into(), Some(*spend)), ("revenue".into(), Some(*revenue))]),
                })
                .collect(),
        }
    }

    #[test]
    fn what_sold_more_for_its_money_gets_more() {
        let channels =
            [channel("m", ChannelType::Meta), channel("g", ChannelType::GoogleAds), channel("s", ChannelType::Sandbox)];
        let known = figures(&[("facebook", 1e6, 5e6), ("google", 1e6, 1e6)]);
        let (budgets, reasons) = allocate(&channels.iter().collect::<Vec<_>>(), &known, &input(30_000), "EUR");
        assert!(budgets[0].1 > budgets[2].1 && budgets[2].1 > budgets[1].1, "{budgets:?}");
        assert_eq!(budgets.iter().map(|(_, b)| b).sum::<i64>(), 30_000);
        assert_eq!(reasons[0].reason, "m: 10,000.00 EUR of spend brought 50,000.00 EUR of revenue, 5.00 a unit.");
        assert!(reasons[2].reason.contains("fair try"));
    }

    proptest! {
        #[test]
        fn the_parts_sum_to_the_whole(budget in 1_i64..1_000_000_000, rows in prop::collection::vec((0.0_f64..1e9, 0.0_f64..1e10), 3)) {
            let channels = [channel("m", ChannelType::Meta), channel("g", ChannelType::GoogleAds), channel("s", ChannelType::Sandbox)];
            let known = figures(&[("facebook", rows[0].0, rows[0].1), ("google", rows[1].0, rows[1].1), ("sandbox", rows[2].0, rows[2].1)]);
            let (budgets, _) = allocate(&channels.iter().collect::<Vec<_>>(), &known, &input(budget), "EUR");
            prop_assert_eq!(budgets.iter().map(|(_, b)| b).sum::<i64>(), budget);
            prop_assert!(budgets.iter().all(|(_, b)| *b >= budget / 10 - 1));
        }
    }

    #[test]
    fn keywords_are_clean_and_few() {
        assert_eq!(
            keywords(&input(1), &["Wool Socks (3-pack)!".into(), "wool socks 3-pack".into()], "Shop"),
            ["wool socks 3-pack"]
        );
        assert_eq!(slug("Winter · Größe 42!"), "winter-gr-e-42");
    }
}
