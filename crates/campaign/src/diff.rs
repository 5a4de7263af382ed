//! What would become different: from what is live, or from nothing, to what is wanted, exactly and channel by channel.
//!
//! A change is addressed by ids, not by places, so that it reads the same whatever stands around it:
//! `/ad_sets/<id>/budget_daily`, `/ad_sets/<id>/ads/<id>/creative/headlines`. Ad sets and ads that come or go are one
//! change with the whole of them; an ad set that moves to another channel goes from one and comes to the other. Only
//! where the order cannot be told from that is it a change of its own: the list of ids at `/ad_sets` or
//! `/ad_sets/<id>/ads`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::document::{Ad, AdSet, ChannelType, Delivery, Document};

/// All that would become different. Empty when and only when the documents are equal.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Diff {
    /// What differs, channel by channel in order of use; what concerns the whole campaign comes first.
    pub channels: Vec<Part>,
    /// Minor units a day at most, before.
    pub budget_daily_before: i64,
    /// Minor units a day at most, afterwards.
    pub budget_daily_after: i64,
}

/// What would become different on one channel, or of the whole campaign.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// The connected account; `None` for the whole campaign.
    pub channel_id: Option<String>,
    /// Its provider.
    pub channel: Option<ChannelType>,
    /// In the order of the documents.
    pub changes: Vec<Change>,
    /// Minor units a day at most, before.
    pub budget_daily_before: i64,
    /// Minor units a day at most, afterwards.
    pub budget_daily_after: i64,
}

/// One value that would become another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Where, by ids.
    pub path: String,
    /// What it is, for people: `Daily budget of ad set “Search”`.
    pub label: String,
    /// How its values are to be shown.
    pub unit: Unit,
    /// The value that is live; null for none.
    pub before: Value,
    /// The value that is wanted; null for none.
    pub after: Value,
    /// Whether more may be spent because of it: a higher limit, a longer time, or something that begins to run.
    pub spends: bool,
}

/// How a value is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// As it stands.
    Text,
    /// Minor units of the campaign's currency.
    Money,
    /// UTC ms.
    Time,
    /// A list of texts.
    List,
    /// A whole ad set, ad or audience.
    Object,
}

impl Diff {
    /// Whether nothing would change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.channels.is_empty()
    }

    /// Every change.
    pub fn changes(&self) -> impl Iterator<Item = &Change> {
        self.channels.iter().flat_map(|part| &part.changes)
    }

    /// Whether any change can raise what is spent.
    #[must_use]
    pub fn spends(&self) -> bool {
        self.changes().any(|change| change.spends)
    }
}

/// The difference between what is live (or nothing) and what is wanted.
#[must_use]
pub fn between(live: Option<&Document>, wanted: &Document) -> Diff {
    let nothing: &[AdSet] = &[];
    let old_sets = live.map_or(nothing, |live| &live.ad_sets);
    let mut channels = Vec::new();
    let whole = whole_campaign(live, wanted);
    let budget = |document: Option<&Document>| document.map_or(0, Document::budget_daily);
    if !whole.is_empty() {
        channels.push(Part {
            channel_id: None,
            channel: None,
            changes: whole,
            budget_daily_before: budget(live),
            budget_daily_after: budget(Some(wanted)),
        });
    }
    let mut ids: Vec<(&str, ChannelType)> = Vec::new();
    for set in wanted.ad_sets.iter().chain(old_sets) {
        if !ids.iter().any(|(id, _)| *id == set.channel_id) {
            ids.push((&set.channel_id, set.channel));
        }
    }
    for (id, channel) in ids {
        let changes = on_channel(id, old_sets, &wanted.ad_sets);
        if changes.is_empty() {
            continue;
        }
        channels.push(Part {
            channel_id: Some(id.to_owned()),
            channel: Some(channel),
            changes,
            budget_daily_before: channel_budget(id, old_sets),
            budget_daily_after: channel_budget(id, &wanted.ad_sets),
        });
    }
    Diff { channels, budget_daily_before: budget(live), budget_daily_after: budget(Some(wanted)) }
}

fn channel_budget(id: &str, sets: &[AdSet]) -> i64 {
    sets.iter()
        .filter(|set| set.channel_id == id && set.status == Delivery::Active)
        .fold(0_i64, |sum, set| sum.saturating_add(set.budget_daily))
}

/// Collects changes of the members of one thing.
struct Changes<'a> {
    base: String,
    of: String,
    out: &'a mut Vec<Change>,
}

impl Changes<'_> {
    fn add(&mut self, name: &str, label: &str, unit: Unit, before: Value, after: Value, spends: bool) {
        if before != after {
            let path = format!("{}/{name}", self.base);
            let label = format!("{label}{}", self.of);
            self.out.push(Change { path, label, unit, before, after, spends });
        }
    }
}

/// A value that always has a JSON form: texts, integers, enums and lists of them.
fn json<T: Serialize>(value: T) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

fn whole_campaign(live: Option<&Document>, wanted: &Document) -> Vec<Change> {
    let mut out = Vec::new();
    let mut changes = Changes { base: String::new(), of: String::new(), out: &mut out };
    let before = |value: fn(&Document) -> Value| live.map_or(Value::Null, value);
    let mut text = |name: &str, label: &str, value: fn(&Document) -> Value| {
        changes.add(name, label, Unit::Text, before(value), value(wanted), false);
    };
    text("name", "Name", |d| json(&d.name));
    text("objective", "Objective", |d| json(d.objective));
    text("currency", "Currency", |d| json(&d.currency));
    text("landing_url", "Landing page", |d| json(&d.landing_url));
    text("utm_campaign", "UTM campaign", |d| json(&d.utm_campaign));
    // No limit is the highest one; no start is the earliest, no end the latest.
    let or_max = |value: Option<i64>| value.unwrap_or(i64::MAX);
    let or_min = |value: Option<i64>| value.unwrap_or(i64::MIN);
    let higher = live.is_some_and(|live| or_max(wanted.budget_total) > or_max(live.budget_total));
    let earlier = live.is_some_and(|live| or_min(wanted.start_at) < or_min(live.start_at));
    let later = live.is_some_and(|live| or_max(wanted.end_at) > or_max(live.end_at));
    let total = |d: &Document| json(d.budget_total);
    changes.add("budget_total", "Total budget", Unit::Money, before(total), total(wanted), higher);
    let start = |d: &Document| json(d.start_at);
    changes.add("start_at", "Start", Unit::Time, before(start), start(wanted), earlier);
    let end = |d: &Document| json(d.end_at);
    changes.add("end_at", "End", Unit::Time, before(end), end(wanted), later);

    let old: Vec<(&str, &str)> = live.map_or_else(Vec::new, |live| keys(&live.ad_sets));
    let new = keys(&wanted.ad_sets);
    if let Some(order) = order("/ad_sets", "Order of ad sets", &old, &new) {
        out.push(order);
    }
    out
}

/// Ad sets by id and channel: one that moves to another channel is another one.
fn keys(sets: &[AdSet]) -> Vec<(&str, &str)> {
    sets.iter().map(|set| (set.id.as_str(), set.channel_id.as_str())).collect()
}

fn ad_keys(ads: &[Ad]) -> Vec<(&str, &str)> {
    ads.iter().map(|ad| (ad.id.as_str(), "")).collect()
}

/// A change of order, where keeping what stays in its old order and adding what is new at the end is not enough.
fn order(path: &str, label: &str, old: &[(&str, &str)], new: &[(&str, &str)]) -> Option<Change> {
    let kept = old.iter().filter(|key| new.contains(key));
    let mut added: Vec<_> = new.iter().filter(|key| !old.contains(key)).collect();
    // What is new is applied channel by channel, the channels in order of their first use.
    added.sort_by_key(|(_, channel)| new.iter().position(|(_, other)| other == channel));
    let result: Vec<_> = kept.chain(added).collect();
    if result.into_iter().eq(new) {
        return None;
    }
    let ids = |keys: &[(&str, &str)]| json(keys.iter().map(|(id, _)| *id).collect::<Vec<_>>());
    Some(Change {
        path: path.to_owned(),
        label: label.to_owned(),
        unit: Unit::List,
        before: ids(old),
        after: ids(new),
        spends: false,
    })
}

fn on_channel(channel_id: &str, old: &[AdSet], new: &[AdSet]) -> Vec<Change> {
    let mut out = Vec::new();
    let here = |sets: &[AdSet], id: &str| -> Option<usize> {
        sets.iter().position(|set| set.id == id && set.channel_id == channel_id)
    };
    for set in old.iter().filter(|set| set.channel_id == channel_id) {
        if here(new, &set.id).is_none() {
            out.push(whole(
                format!("/ad_sets/{}", set.id),
                format!("Ad set “{}”", set.name),
                json(set),
                Value::Null,
                false,
            ));
        }
    }
    for set in new.iter().filter(|set| set.channel_id == channel_id) {
        match here(old, &set.id).and_then(|at| old.get(at)) {
            Some(before) => ad_set(before, set, &mut out),
            None => {
                let spends = set.status == Delivery::Active && set.budget_daily > 0;
                out.push(whole(
                    format!("/ad_sets/{}", set.id),
                    format!("Ad set “{}”", set.name),
                    Value::Null,
                    json(set),
                    spends,
                ));
            }
        }
    }
    out
}

fn whole(path: String, label: String, before: Value, after: Value, spends: bool) -> Change {
    Change { path, label, unit: Unit::Object, before, after, spends }
}

fn starts(before: Delivery, after: Delivery) -> bool {
    before == Delivery::Paused && after == Delivery::Active
}

fn ad_set(old: &AdSet, new: &AdSet, out: &mut Vec<Change>) {
    let base = format!("/ad_sets/{}", new.id);
    let pays = new.status == Delivery::Active && new.budget_daily > 0;
    let mut changes = Changes { base: base.clone(), of: format!(" of ad set “{}”", new.name), out };
    changes.add("name", "Name", Unit::Text, json(&old.name), json(&new.name), false);
    // An account belongs to one provider, so this differs only in documents that no check has seen.
    changes.add("channel", "Provider", Unit::Text, json(old.channel), json(new.channel), pays);
    changes.add("audience", "Audience", Unit::Object, json(&old.audience), json(&new.audience), false);
    changes.add("placements", "Placements", Unit::List, json(&old.placements), json(&new.placements), false);
    changes.add("bid_strategy", "Bidding", Unit::Text, json(old.bid_strategy), json(new.bid_strategy), false);
    let raised = new.budget_daily > old.budget_daily && new.status == Delivery::Active;
    changes.add("budget_daily", "Daily budget", Unit::Money, json(old.budget_daily), json(new.budget_daily), raised);
    let begins = starts(old.status, new.status) && new.budget_daily > 0;
    changes.add("status", "Delivery", Unit::Text, json(old.status), json(new.status), begins);

    for ad in &old.ads {
        if !new.ads.iter().any(|other| other.id == ad.id) {
            let label = format!("Ad “{}” of ad set “{}”", ad.name, new.name);
            out.push(whole(format!("{base}/ads/{}", ad.id), label, json(ad), Value::Null, false));
        }
    }
    for ad in &new.ads {
        match old.ads.iter().find(|other| other.id == ad.id) {
            Some(before) => one_ad(&base, before, ad, pays, out),
            None => {
                let label = format!("Ad “{}” of ad set “{}”", ad.name, new.name);
                let spends = pays && ad.status == Delivery::Active;
                out.push(whole(format!("{base}/ads/{}", ad.id), label, Value::Null, json(ad), spends));
            }
        }
    }
    let label = format!("Order of ads of ad set “{}”", new.name);
    if let Some(order) = order(&format!("{base}/ads"), &label, &ad_keys(&old.ads), &ad_keys(&new.ads)) {
        out.push(order);
    }
}

fn one_ad(base: &str, old: &Ad, new: &Ad, pays: bool, out: &mut Vec<Change>) {
    let base = format!("{base}/ads/{}", new.id);
    let of = format!(" of ad “{}”", new.name);
    let mut changes = Changes { base: base.clone(), of: of.clone(), out };
    changes.add("name", "Name", Unit::Text, json(&old.name), json(&new.name), false);
    let begins = starts(old.status, new.status) && pays;
    changes.add("status", "Delivery", Unit::Text, json(old.status), json(new.status), begins);
    let (old, new) = (&old.creative, &new.creative);
    let mut changes = Changes { base: format!("{base}/creative"), of, out };
    let mut list = |name: &str, label: &str, old: &[String], new: &[String]| {
        changes.add(name, label, Unit::List, json(old), json(new), false);
    };
    list("headlines", "Headlines", &old.headlines, &new.headlines);
    list("descriptions", "Descriptions", &old.descriptions, &new.descriptions);
    list("image_asset_ids", "Images", &old.image_asset_ids, &new.image_asset_ids);
    let mut text = |name: &str, label: &str, old: &str, new: &str| {
        changes.add(name, label, Unit::Text, json(old), json(new), false);
    };
    text("primary_text", "Text", &old.primary_text, &new.primary_text);
    text("call_to_action", "Button", &old.call_to_action, &new.call_to_action);
    text("subject", "Subject", &old.subject, &new.subject);
    text("preview_text", "Preview text", &old.preview_text, &new.preview_text);
    text("body", "Body", &old.body, &new.body);
    text("from_name", "Sender's name", &old.from_name, &new.from_name);
    text("from_email", "Sender's address", &old.from_email, &new.from_email);
}

/// A difference does not fit the document it is applied to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path} is not in the document this difference is applied to")]
pub struct DoesNotFit {
    /// The change's path.
    pub path: String,
}

/// The document that a difference makes of what is live, or of nothing.
///
/// # Errors
/// [`DoesNotFit`] when it was made for another document.
pub fn apply(live: Option<&Document>, diff: &Diff) -> Result<Document, DoesNotFit> {
    let misfit = |path: &str| DoesNotFit { path: path.to_owned() };
    let mut fields: Map<String, Value> = match live.map(json) {
        Some(Value::Object(fields)) => fields,
        _ => ["budget_total", "start_at", "end_at"].into_iter().map(|name| (name.to_owned(), Value::Null)).collect(),
    };
    let sets = match fields.remove("ad_sets") {
        Some(Value::Array(sets)) => sets,
        _ => Vec::new(),
    };
    let mut sets = Nodes::of(sets);
    // What goes, goes before anything comes: an ad set that changes its channel does both under one id.
    let (gone, rest): (Vec<&Change>, Vec<&Change>) =
        diff.changes().partition(|change| change.unit == Unit::Object && change.after.is_null());
    let (orders, rest): (Vec<&Change>, Vec<&Change>) =
        rest.into_iter().partition(|change| change.path == "/ad_sets" || change.path.ends_with("/ads"));
    for change in gone.into_iter().chain(rest).chain(orders) {
        let steps: Vec<&str> = change.path.split('/').skip(1).collect();
        let fit = match steps.as_slice() {
            ["ad_sets"] => sets.reorder(&change.after),
            ["ad_sets", set] => sets.put(set, &change.after),
            ["ad_sets", set, "ads"] => sets.ads(set, |ads| ads.reorder(&change.after)),
            ["ad_sets", set, "ads", ad] => sets.ads(set, |ads| ads.put(ad, &change.after)),
            ["ad_sets", set, "ads", ad, inner @ ..] => {
                sets.ads(set, |ads| ads.get(ad).and_then(|ad| assign(ad, inner, &change.after)))
            }
            ["ad_sets", set, inner @ ..] => sets.get(set).and_then(|set| assign(set, inner, &change.after)),
            [name] => {
                fields.insert((*name).to_owned(), change.after.clone());
                Some(())
            }
            _ => None,
        };
        fit.ok_or_else(|| misfit(&change.path))?;
    }
    fields.insert("ad_sets".to_owned(), Value::Array(sets.list));
    serde_json::from_value(Value::Object(fields)).map_err(|_| misfit(""))
}

fn assign(target: &mut Value, path: &[&str], value: &Value) -> Option<()> {
    let (last, before) = path.split_last()?;
    let mut target = target;
    for name in before {
        target = target.get_mut(name)?;
    }
    *target.get_mut(last)? = value.clone();
    Some(())
}

/// A list of things with ids.
struct Nodes {
    list: Vec<Value>,
}

impl Nodes {
    fn of(list: Vec<Value>) -> Self {
        Self { list }
    }

    fn place(&self, id: &str) -> Option<usize> {
        self.list.iter().position(|node| node.get("id").and_then(Value::as_str) == Some(id))
    }

    fn get(&mut self, id: &str) -> Option<&mut Value> {
        let at = self.place(id)?;
        self.list.get_mut(at)
    }

    fn put(&mut self, id: &str, value: &Value) -> Option<()> {
        match (self.place(id), value) {
            (Some(at), Value::Null) => drop(self.list.remove(at)),
            (None, Value::Object(_)) => self.list.push(value.clone()),
            _ => return None,
        }
        Some(())
    }

    fn reorder(&mut self, ids: &Value) -> Option<()> {
        let ids: Vec<&str> = ids.as_array()?.iter().filter_map(Value::as_str).collect();
        let places: BTreeMap<&str, usize> = ids.iter().enumerate().map(|(at, id)| (*id, at)).collect();
        let known = |node: &Value| node.get("id").and_then(Value::as_str).and_then(|id| places.get(id)).copied();
        if ids.len() != self.list.len() || !self.list.iter().all(|node| known(node).is_some()) {
            return None;
        }
        self.list.sort_by_key(|node| known(node));
        Some(())
    }

    fn ads(&mut self, set: &str, change: impl FnOnce(&mut Self) -> Option<()>) -> Option<()> {
        let ads = self.get(set)?.get_mut("ads")?;
        let mut nodes = Self::of(std::mem::take(ads.as_array_mut()?));
        let done = change(&mut nodes);
        *ads = Value::Array(nodes.list);
        done
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{samples, snapshot};

    fn paths(diff: &Diff) -> Vec<(&str, bool)> {
        diff.changes().map(|change| (change.path.as_str(), change.spends)).collect()
    }

    #[test]
    fn a_first_publication_shows_everything() {
        let wanted = samples::campaign();
        let diff = between(None, &wanted);
        let names: Vec<Option<&str>> = diff.channels.iter().map(|part| part.channel_id.as_deref()).collect();
        assert_eq!(names, [None, Some("channel-1"), Some("channel-2")]);
        assert_eq!((diff.budget_daily_before, diff.budget_daily_after), (0, 3_000));
        assert_eq!((diff.channels[1].budget_daily_before, diff.channels[1].budget_daily_after), (0, 2_000));
        assert!(diff.spends());
        assert_eq!(diff.channels[1].changes[0].label, "Ad set “Search”");
        // What is not limited is not mentioned.
        assert!(!paths(&diff).iter().any(|(path, _)| *path == "/end_at"));
    }

    #[test]
    fn each_change_is_named_and_says_whether_it_spends() {
        type Edit = fn(&mut Document);
        let cases: [(Edit, &str, bool); 16] = [
            (|d| d.name = "x".into(), "/name", false),
            (|d| d.budget_total = None, "/budget_total", true),
            (|d| d.budget_total = Some(1), "/budget_total", false),
            (|d| d.start_at = None, "/start_at", true),
            (|d| d.start_at = Some(1_796_000_000_000), "/start_at", false),
            (|d| d.end_at = Some(1_797_000_000_000), "/end_at", false),
            (|d| d.ad_sets[0].budget_daily += 1, "/ad_sets/set-1/budget_daily", true),
            (|d| d.ad_sets[0].budget_daily -= 1, "/ad_sets/set-1/budget_daily", false),
            (|d| d.ad_sets[0].status = Delivery::Paused, "/ad_sets/set-1/status", false),
            (|d| d.ad_sets[1].ads[1].status = Delivery::Active, "/ad_sets/set-2/ads/ad-3/status", true),
            (|d| d.ad_sets[1].ads[0].status = Delivery::Paused, "/ad_sets/set-2/ads/ad-2/status", false),
            (|d| d.ad_sets[1].ads[0].creative.headlines.clear(), "/ad_sets/set-2/ads/ad-2/creative/headlines", false),
            (|d| d.ad_sets[1].ads.swap(0, 1), "/ad_sets/set-2/ads", false),
            (|d| d.ad_sets.swap(0, 1), "/ad_sets", false),
            (|d| drop(d.ad_sets[1].ads.remove(1)), "/ad_sets/set-2/ads/ad-3", false),
            (|d| d.ad_sets[0].audience.keywords.push("x".into()), "/ad_sets/set-1/audience", false),
        ];
        for (edit, path, spends) in cases {
            let live = samples::campaign();
            let mut wanted = live.clone();
            edit(&mut wanted);
            assert_eq!(paths(&between(Some(&live), &wanted)), [(path, spends)]);
        }
    }

    #[test]
    fn an_ad_set_that_moves_goes_from_one_channel_and_comes_to_the_other() {
        let live = samples::campaign();
        let mut wanted = live.clone();
        wanted.ad_sets[1].channel_id = "channel-3".into();
        let diff = between(Some(&live), &wanted);
        let shown: Vec<_> = diff
            .channels
            .iter()
            .map(|part| (part.channel_id.as_deref(), part.budget_daily_before, part.budget_daily_after))
            .collect();
        assert_eq!(shown, [(Some("channel-3"), 0, 1_000), (Some("channel-2"), 1_000, 0)]);
        assert_eq!(apply(Some(&live), &diff).unwrap(), wanted);
    }

    #[test]
    fn a_difference_for_another_document_is_refused() {
        let live = samples::campaign();
        let mut wanted = live.clone();
        wanted.ad_sets[0].budget_daily = 1;
        let diff = between(Some(&live), &wanted);
        let mut other = live;
        other.ad_sets.remove(0);
        let refused = apply(Some(&other), &diff).unwrap_err();
        assert_eq!(refused.path, "/ad_sets/set-1/budget_daily");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn applying_the_difference_gives_what_is_wanted(live in samples::documents(), wanted in samples::documents()) {
            let diff = between(Some(&live), &wanted);
            prop_assert_eq!(apply(Some(&live), &diff).unwrap(), wanted.clone());
            prop_assert_eq!(
                diff.is_empty(),
                snapshot::hash(&live).unwrap() == snapshot::hash(&wanted).unwrap()
            );
            prop_assert_eq!(apply(None, &between(None, &wanted)).unwrap(), wanted);
        }

        #[test]
        fn a_difference_that_does_not_spend_raises_no_limit(
            live in samples::documents(),
            wanted in samples::documents(),
        ) {
            let diff = between(Some(&live), &wanted);
            if !diff.spends() {
                for part in &diff.channels {
                    prop_assert!(part.budget_daily_after <= part.budget_daily_before);
                }
                prop_assert!(diff.budget_daily_after <= diff.budget_daily_before);
            }
        }

        #[test]
        fn a_stored_difference_reads_back(wanted in samples::documents()) {
            let diff = between(None, &wanted);
            let text = serde_json::to_string(&diff).unwrap();
            prop_assert_eq!(serde_json::from_str::<Diff>(&text).unwrap(), diff);
        }
    }
}
