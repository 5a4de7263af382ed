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
    Some(tagged(landing_page(plan)?, plan, ad).into())
}

/// The body of an e-mail with every link to the shop (the landing page's host) tagged as [`link`] is. Links elsewhere,
/// and those a template language fills in, stay as they are.
#[must_use]
pub fn mail_body(plan: &ChannelPlan, ad: &Ad) -> String {
    let html = ad.creative.body.as_str();
    let Some(shop) = landing_page(plan) else { return html.to_owned() };
    let mut tagged_html = String::with_capacity(html.len() + 256);
    let mut rest = html;
    while let Some(at) = rest.to_ascii_lowercase().find("href=") {
        let start = at + "href=".len();
        let quote = rest.get(start..).and_then(|after| after.chars().next()).filter(|c| matches!(c, '"' | '\''));
        let value = quote.and_then(|quote| {
            let from = start + 1;
            let length = rest.get(from..)?.find(quote)?;
            Some((from, from + length))
        });
        let Some((from, to)) = value else {
            tagged_html.push_str(rest.get(..start).unwrap_or_default());
            rest = rest.get(start..).unwrap_or_default();
            continue;
        };
        tagged_html.push_str(rest.get(..from).unwrap_or_default());
        let address = rest.get(from..to).unwrap_or_default();
        let url = url::Url::parse(&address.replace("&amp;", "&"))
            .ok()
            .filter(|url| url.host_str() == shop.host_str() && !address.contains('{'));
        match url {
            Some(url) => tagged_html.push_str(&String::from(tagged(url, plan, ad)).replace('&', "&amp;")),
            None => tagged_html.push_str(address),
        }
        rest = rest.get(to..).unwrap_or_default();
    }
    tagged_html.push_str(rest);
    tagged_html
}

fn landing_page(plan: &ChannelPlan) -> Option<url::Url> {
    let url = url::Url::parse(plan.landing_url.trim()).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

fn tagged(mut url: url::Url, plan: &ChannelPlan, ad: &Ad) -> url::Url {
    let kept: Vec<(String, String)> =
        url.query_pairs().into_owned().filter(|(key, _)| !key.starts_with("utm_")).collect();
    url.query_pairs_mut()
        .clear()
        .extend_pairs(kept)
        .append_pair("utm_source", plan.channel.utm_source())
        .append_pair("utm_medium", plan.channel.utm_medium())
        .append_pair("utm_campaign", &plan.utm_campaign)
        .append_pair("utm_content", &ad.id);
    url
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

#[cfg(test)]
mod tests {
    use super::*;
    use campaign::{ChannelType, Creative, Delivery, Objective};

    fn plan() -> (ChannelPlan, Ad) {
        let plan = ChannelPlan {
            campaign_id: "c".to_owned(),
            channel_id: "ch".to_owned(),
            channel: ChannelType::Klaviyo,
            name: "Summer".to_owned(),
            objective: Objective::Sales,
            currency: "EUR".to_owned(),
            budget_total: None,
            start_at: None,
            end_at: None,
            landing_url: "https://shop.test/sale?color=red&utm_source=old#top".to_owned(),
            utm_campaign: "summer sale".to_owned(),
            ad_sets: Vec::new(),
        };
        let creative = Creative {
            body: "<a HREF='https://shop.test/a?x=1&amp;y=2'>a</a> <a href=\"https://other.test/\">b</a> \
                   <a href=\"{% unsubscribe_link %}\">c</a> <a href=\"https://shop.test/{{ item }}\">d</a> href=x"
                .to_owned(),
            ..Creative::default()
        };
        (plan, Ad { id: "ad1".to_owned(), name: "Ad".to_owned(), creative, status: Delivery::Active })
    }

    #[test]
    fn links_say_where_a_visit_comes_from_and_keep_the_rest() {
        let (plan, ad) = plan();
        let link = link(&plan, &ad).unwrap();
        assert_eq!(
            link,
            "https://shop.test/sale?color=red&utm_source=klaviyo&utm_medium=email&utm_campaign=summer+sale&utm_content=ad1#top"
        );
        assert_eq!(ad_in_link(&link).as_deref(), Some("ad1"));
        assert_eq!(ad_in_link("https://shop.test/"), None);
    }

    #[test]
    fn only_links_to_the_shop_are_tagged_in_an_email() {
        let (plan, ad) = plan();
        let tags = "utm_source=klaviyo&amp;utm_medium=email&amp;utm_campaign=summer+sale&amp;utm_content=ad1";
        assert_eq!(
            mail_body(&plan, &ad),
            format!(
                "<a HREF='https://shop.test/a?x=1&amp;y=2&amp;{tags}'>a</a> <a href=\"https://other.test/\">b</a> \
                 <a href=\"{{% unsubscribe_link %}}\">c</a> <a href=\"https://shop.test/{{{{ item }}}}\">d</a> href=x"
            )
        );
    }

    #[test]
    fn a_name_gives_way_and_its_marker_never_does() {
        let mark = mark("campaign-1", "set-1");
        let name = remote(&["Summer\nsale 'big'", "", "Prospecting"], &mark, 200);
        assert_eq!(name, format!("Summer sale big · Prospecting [adroit:{mark}]"));
        assert_eq!(mark_in(&name), Some(mark.as_str()));
        let short = remote(&[&"é".repeat(300)], &mark, 60);
        assert_eq!(short.chars().count(), 60);
        assert_eq!(mark_in(&short), Some(mark.as_str()));
        assert!(name.contains(&search_term("campaign-1")));
        for foreign in ["Summer", "adroit:", "x [adroit:zzzzzzzz-00000000]", "[adroit:12345678]"] {
            assert_eq!(mark_in(foreign), None, "{foreign}");
        }
    }
}
