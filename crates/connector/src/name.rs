//! Names by which our objects are found again at a provider, and the links ads carry.
//!
//! A remote name is for people and ends in a marker: `Summer sale · Prospecting [adroit:1c9f03ab-77e0d1c2]`. The first
//! half stands for the campaign, the second for the object, so that one search lists all of a campaign. The marker
//! depends on ids alone: renaming changes the name and not the marker.

use campaign::{Ad, ChannelPlan};
use sha2::{Digest, Sha256};

/// What every marker begins with.
const PREFIX: &str = "adroit:";

/// The first half of every marker of a campaign: 8 hex digits of SHA-256 of its id.
#[must_use]
pub fn campaign_mark(campaign_id: &str) -> String {
    let mut digits = fingerprint(campaign_id);
    digits.truncate(8);
    digits
}

/// The whole marker of an object: `1c9f03ab-77e0d1c2`.
#[must_use]
pub fn mark(campaign_id: &str, local_id: &str) -> String {
    format!("{}-{}", campaign_mark(campaign_id), campaign_mark(local_id))
}

/// What to search for to find everything of a campaign: `adroit:1c9f03ab`. Letters, digits and a colon only, so that no
/// provider's pattern language sees anything special in it.
#[must_use]
pub fn search_term(campaign_id: &str) -> String {
    format!("{PREFIX}{}", campaign_mark(campaign_id))
}

/// A remote name of at most `limit` characters; the readable part gives way, the marker never does.
#[must_use]
pub fn remote(parts: &[&str], mark: &str, limit: usize) -> String {
    let marker = format!(" [{PREFIX}{mark}]");
    let room = limit.saturating_sub(marker.chars().count());
    // Line breaks and quotes are refused in names here and there; they say nothing anyway.
    let words: Vec<String> = parts
        .iter()
        .map(|part| {
            let plain: String =
                part.chars().map(|c| if c.is_control() || matches!(c, '\'' | '"' | '\\') { ' ' } else { c }).collect();
            plain.split_whitespace().collect::<Vec<_>>().join(" ")
        })
        .filter(|part| !part.is_empty())
        .collect();
    let mut readable: String = words.join(" · ");
    if readable.chars().count() > room {
        readable = readable.chars().take(room.saturating_sub(1)).collect::<String>().trim_end().to_owned();
        readable.push('…');
    }
    format!("{readable}{marker}")
}

/// The marker in a remote name; `None` where there is none of ours.
#[must_use]
pub fn mark_in(name: &str) -> Option<&str> {
    let (_, rest) = name.rsplit_once(PREFIX)?;
    let end = rest.find(']').unwrap_or(rest.len());
    let mark = rest.get(..end)?;
    let (first, second) = mark.split_once('-')?;
    let hex = |half: &str| half.len() == 8 && half.bytes().all(|byte| byte.is_ascii_hexdigit());
    (hex(first) && hex(second)).then_some(mark)
}

/// The link of an ad: the landing page with `utm_source`, `utm_medium`, `utm_campaign` and `utm_content` (the ad's id),
/// in place of any the page's address has itself. `None` when the landing page is no absolute address.
#[must_use]
pub fn link(plan: &ChannelPlan, ad: &Ad) -> Option<String> {
    let mut url = url::Url::parse(plan.landing_url.trim()).ok()?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return None;
    }
    let kept: Vec<(String, String)> =
        url.query_pairs().into_owned().filter(|(key, _)| !key.starts_with("utm_")).collect();
    url.query_pairs_mut()
        .clear()
        .extend_pairs(kept)
        .append_pair("utm_source", plan.channel.utm_source())
        .append_pair("utm_medium", plan.channel.utm_medium())
        .append_pair("utm_campaign", &plan.utm_campaign)
        .append_pair("utm_content", &ad.id);
    Some(url.into())
}

/// `utm_content` of a link: the id of the ad that carries it.
#[must_use]
pub fn ad_in_link(link: &str) -> Option<String> {
    let url = url::Url::parse(link).ok()?;
    url.query_pairs().find(|(key, _)| key == "utm_content").map(|(_, value)| value.into_owned())
}

/// SHA-256 of a text, as 64 hex digits: tells whether what was written is what is wanted.
#[must_use]
pub fn fingerprint(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}
