//! Enrichment: what the rules derive from a [`Hit`]. Pure and repeatable, so a stored hit can be derived again after
//! a rule has changed.

use crate::channel::{self, Touch};
use crate::source::{self, Kind};
use crate::{Event, Hit, click_id, device};
use url::Url;

/// Where an event's visit came from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Acquisition {
    /// Normalised source, `""` when the event carries no signal.
    pub source: String,
    /// Normalised medium.
    pub medium: String,
    /// Campaign.
    pub campaign: String,
    /// Keyword.
    pub term: String,
    /// Creative.
    pub content: String,
    /// Name of the click id found.
    pub click_id_kind: String,
    /// Its value.
    pub click_id: String,
    /// Channel, `""` when the event carries no signal.
    pub channel: String,
}

/// A page address, as far as rules look at it. Reading one never fails: what is no URL has no parts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Address {
    /// Lower-case host without `www.`.
    pub host: String,
    /// Path, `""` if there is none.
    pub path: String,
    /// Query pairs, decoded, in order.
    pub query: Vec<(String, String)>,
}

impl Address {
    /// Reads an absolute URL; anything else becomes an address without parts.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let Ok(url) = Url::parse(text.trim()) else {
            return Self::default();
        };
        let host = url.host_str().unwrap_or_default().to_lowercase();
        Self {
            host: host.strip_prefix("www.").unwrap_or(&host).to_owned(),
            path: url.path().to_owned(),
            query: url.query_pairs().map(|(key, value)| (key.into_owned(), value.into_owned())).collect(),
        }
    }

    fn parameter(&self, name: &str) -> &str {
        self.query
            .iter()
            .find(|(key, value)| key.eq_ignore_ascii_case(name) && !value.trim().is_empty())
            .map_or("", |(_, value)| value.trim())
    }
}

/// Referrers that stand between two pages of one visit and are no origin of it: payment pages and sign-in screens.
const PASS_THROUGH: [&str; 10] = [
    "paypal.com",
    "stripe.com",
    "klarna.com",
    "adyen.com",
    "mollie.com",
    "accounts.google.com",
    "appleid.apple.com",
    "pay.google.com",
    "shop.app",
    "checkout.com",
];

/// Finds where the visit came from, strongest evidence first: UTM parameters sent or in the URL, a click id, a
/// foreign referrer. A medium that is missing is taken from the click id, else from what kind of place the source is.
#[must_use]
pub fn acquisition(hit: &Hit, page: &Address, referrer: &Address) -> Acquisition {
    let sent = [&hit.utm_source, &hit.utm_medium, &hit.utm_campaign, &hit.utm_term, &hit.utm_content];
    acquired(sent.map(String::as_str), page, referrer)
}

/// The channel of a page view at this address with this referrer; [`channel::DIRECT`] without any signal.
#[must_use]
pub fn channel_of(page: &str, referrer: &str) -> String {
    let found = acquired([""; 5], &Address::read(page), &Address::read(referrer)).channel;
    if found.is_empty() { channel::DIRECT.to_owned() } else { found }
}

/// As [`acquisition`]; what was sent is source, medium, campaign, term and content.
fn acquired(sent: [&str; 5], page: &Address, referrer: &Address) -> Acquisition {
    let [utm_source, utm_medium, utm_campaign, utm_term, utm_content] = sent;
    let pick = |sent: &str, parameter: &str| -> String {
        let sent = sent.trim();
        let found = if sent.is_empty() { page.parameter(parameter) } else { sent };
        found.chars().take(crate::admit::MAX_TEXT).collect()
    };
    let click = click_id::find(&page.query);
    let referrer = if is_foreign(referrer, page) { Some(referrer) } else { None };
    let referrer_source = referrer.map(|address| {
        source::by_host(&address.host).map_or_else(|| address.host.clone(), |known| known.name.to_owned())
    });

    let mut source = source::normalise(&pick(utm_source, "utm_source"));
    let mut medium = source::normalise_medium(&pick(utm_medium, "utm_medium"));
    let named = !source.is_empty();
    if source.is_empty() {
        source = click.map(|(click, _)| click.source.to_owned()).or(referrer_source).unwrap_or_default();
    }
    if source.is_empty() && !medium.is_empty() && medium != "none" {
        // A tagged link that forgot its source: the medium still says something.
        "(not set)".clone_into(&mut source);
    }
    if source.is_empty() || source == channel::DIRECT_SOURCE {
        return Acquisition::default();
    }
    if medium.is_empty() {
        medium = match click {
            Some((click, _)) if !named || click.source == source => click.medium.to_owned(),
            _ => implied_medium(&source).to_owned(),
        };
    }
    let campaign = pick(utm_campaign, "utm_campaign");
    let channel = channel::group(&Touch { source: &source, medium: &medium, campaign: &campaign }).to_owned();
    Acquisition {
        term: pick(utm_term, "utm_term"),
        content: pick(utm_content, "utm_content"),
        click_id_kind: click.map(|(click, _)| click.parameter.to_owned()).unwrap_or_default(),
        click_id: click.map(|(_, value)| value.chars().take(crate::admit::MAX_TEXT).collect()).unwrap_or_default(),
        source,
        medium,
        campaign,
        channel,
    }
}

/// The medium of a source that came without one.
fn implied_medium(source: &str) -> &'static str {
    match source::known(source).map(|known| known.kind) {
        Some(Kind::Search) => "organic",
        Some(Kind::Social) => "social",
        Some(Kind::Email) => "email",
        Some(Kind::Video | Kind::Shopping | Kind::Assistant) | None => "referral",
    }
}

/// Whether a referrer lies outside the site: another registrable name, and no page that visitors only pass through.
fn is_foreign(referrer: &Address, page: &Address) -> bool {
    if referrer.host.is_empty() {
        return false;
    }
    let within = |host: &str, domain: &str| {
        host == domain || host.strip_suffix(domain).is_some_and(|before| before.ends_with('.'))
    };
    let same_site = !page.host.is_empty() && (within(&referrer.host, &page.host) || within(&page.host, &referrer.host));
    !same_site && !PASS_THROUGH.iter().any(|domain| within(&referrer.host, domain))
}

/// Derives the stored event. Session fields are left for the Session object, `local_hour` for the sink writer.
#[must_use]
pub fn enrich(tenant_id: &str, site: &str, visitor: &str, hit: &Hit) -> Event {
    let page = Address::read(&hit.url);
    let referrer = Address::read(&hit.referrer);
    let from = acquisition(hit, &page, &referrer);
    let device = device::read(&hit.user_agent);
    Event {
        tenant_id: tenant_id.to_owned(),
        id: hit.id.clone(),
        site: site.to_owned(),
        visitor: visitor.to_owned(),
        anonymous_id: hit.anonymous_id.clone(),
        user_id: hit.user_id.clone(),
        event: hit.event.clone(),
        t: hit.t,
        received_at: hit.received_at,
        origin: hit.origin,
        url: hit.url.clone(),
        host: page.host,
        path: page.path,
        referrer: hit.referrer.clone(),
        source: from.source,
        medium: from.medium,
        campaign: from.campaign,
        term: from.term,
        content: from.content,
        click_id_kind: from.click_id_kind,
        click_id: from.click_id,
        channel: from.channel,
        value_minor: hit.value_minor,
        currency: hit.currency.clone(),
        order_id: hit.order_id.clone(),
        country: hit.country.clone(),
        region: hit.region.clone(),
        device: device.class.to_owned(),
        browser: device.browser,
        os: device.os,
        bot: u8::from(device.bot),
        consent: hit.consent.clone(),
        flags: hit.flags.clone(),
        props: hit.props.clone(),
        session_id: String::new(),
        touch: 0,
        touch_number: 0,
        revision: 0,
        local_hour: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::{Acquisition, Address, acquisition, channel_of, enrich};
    use crate::{Hit, Origin};
    use proptest::prelude::*;

    fn hit(url: &str, referrer: &str) -> Hit {
        Hit {
            id: "e".to_owned(),
            event: "pageview".to_owned(),
            t: 1,
            received_at: 1,
            origin: Origin::Browser,
            anonymous_id: String::new(),
            user_id: String::new(),
            url: url.to_owned(),
            referrer: referrer.to_owned(),
            utm_source: String::new(),
            utm_medium: String::new(),
            utm_campaign: String::new(),
            utm_term: String::new(),
            utm_content: String::new(),
            value_minor: 0,
            currency: String::new(),
            order_id: String::new(),
            country: String::new(),
            region: String::new(),
            user_agent: String::new(),
            consent: String::new(),
            flags: String::new(),
            props: "{}".to_owned(),
        }
    }

    fn from(hit: &Hit) -> Acquisition {
        acquisition(hit, &Address::read(&hit.url), &Address::read(&hit.referrer))
    }

    #[test]
    fn a_page_view_alone_has_a_channel() {
        assert_eq!(channel_of("https://shop.test/?utm_source=google&utm_medium=cpc", ""), "Paid Search");
        assert_eq!(channel_of("https://shop.test/", "https://www.google.com/"), "Organic Search");
        assert_eq!(channel_of("https://shop.test/", "https://shop.test/a"), "Direct");
        assert_eq!(channel_of("", "not an address"), "Direct");
    }

    #[test]
    fn the_strongest_evidence_names_the_source() {
        for (url, referrer, source, medium, channel) in [
            (
                "https://shop.test/?utm_source=Facebook&utm_medium=CPC",
                "https://google.com/",
                "facebook",
                "cpc",
                "Paid Social",
            ),
            ("https://shop.test/?gclid=abc", "https://www.google.de/", "google", "cpc", "Paid Search"),
            ("https://shop.test/?utm_source=google&gclid=abc", "", "google", "cpc", "Paid Search"),
            ("https://shop.test/?utm_source=newsletter&utm_medium=email", "", "newsletter", "email", "Email"),
            ("https://shop.test/?utm_source=klaviyo", "", "klaviyo", "email", "Email"),
            ("https://shop.test/?fbclid=abc", "https://l.facebook.com/", "facebook", "social", "Organic Social"),
            ("https://shop.test/?SCCID=abc", "", "snapchat", "paid-social", "Paid Social"),
            ("https://shop.test/", "https://www.google.com/search?q=x", "google", "organic", "Organic Search"),
            ("https://shop.test/", "https://chatgpt.com/", "chatgpt", "referral", "AI Assistants"),
            ("https://shop.test/", "https://blog.example.org/post", "blog.example.org", "referral", "Referral"),
            ("https://shop.test/?utm_medium=email", "", "(not set)", "email", "Email"),
        ] {
            let found = from(&hit(url, referrer));
            assert_eq!(
                (found.source.as_str(), found.medium.as_str(), found.channel.as_str()),
                (source, medium, channel),
                "{url} {referrer}"
            );
        }
    }

    #[test]
    fn own_pages_payment_pages_and_nothing_are_no_signal() {
        for (url, referrer) in [
            ("https://www.shop.test/cart", "https://shop.test/"),
            ("https://shop.test/", "https://checkout.shop.test/"),
            ("https://shop.test/thanks", "https://www.paypal.com/checkout"),
            ("https://shop.test/", ""),
            ("not a url", "neither"),
            ("https://shop.test/?utm_source=(direct)&utm_medium=(none)", ""),
        ] {
            assert_eq!(from(&hit(url, referrer)), Acquisition::default(), "{url} {referrer}");
        }
    }

    #[test]
    fn what_the_client_sends_beside_the_url_wins_over_the_url() {
        let mut sent = hit("https://shop.test/?utm_source=bing", "");
        sent.utm_source = "FB".to_owned();
        sent.utm_campaign = " Spring ".to_owned();
        let found = from(&sent);
        assert_eq!((found.source.as_str(), found.campaign.as_str()), ("facebook", "Spring"));
    }

    proptest! {
        #[test]
        fn any_url_and_referrer_are_read_without_panic(
            url in "(https?://)?.{0,120}", referrer in "(https?://)?.{0,60}", sent in ".{0,30}",
            bytes in proptest::collection::vec(any::<u8>(), 0..80),
        ) {
            let mut hit = hit(&url, &referrer);
            hit.utm_source = sent;
            hit.utm_medium = String::from_utf8_lossy(&bytes).into_owned();
            let event = enrich("t", "s", "v", &hit);
            prop_assert_eq!(event.source.is_empty(), event.channel.is_empty());
            let again = hit.url;
            prop_assert_eq!(Address::read(&again).path, event.path);
        }
    }
}
