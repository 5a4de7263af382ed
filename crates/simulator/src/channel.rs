//! Where the shop's visitors come from: how much each channel brings, what it costs, what it truly causes, and how its
//! links look, misspellings included.

use crate::dice::Dice;
use crate::products;

/// The shop's address.
pub(crate) const SHOP: &str = "https://www.nordpfad.test";

/// A way into the shop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Channel {
    /// Stable id.
    pub id: &'static str,
    /// Probability that a visit by this channel would not have happened without it. A visit that is not caused comes
    /// all the same by another way, so the channel deserves no credit for it. This is the true effect that
    /// attribution tries to recover.
    pub caused: f64,
    /// Purchases per first visit; later visits of a journey convert better.
    pub conversion: f64,
    /// What its clicks cost, `None` where nobody reports a cost.
    pub ads: Option<Ads>,
    /// Source as the ad platform's report names it.
    pub source: &'static str,
    /// Medium as the ad platform's report names it.
    pub medium: &'static str,
    /// Share among the first visits.
    pub(crate) first: f64,
    /// Share among later visits, before what is known of the visitor bends it.
    pub(crate) back: f64,
    /// Share of visits that end on the landing page.
    pub(crate) bounce: f64,
    /// Share of small screens.
    pub(crate) mobile: f64,
    pub(crate) campaigns: &'static [(&'static str, f64)],
    /// `utm_source`, `utm_medium` as people typed them into links, and how often; empty ones are links without UTM.
    spellings: &'static [(&'static str, &'static str, f64)],
    /// Parameter, prefix and length of the click id the platform appends.
    click_id: Option<(&'static str, &'static str, usize)>,
    referrers: &'static [(&'static str, f64)],
}

/// What a platform charges.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ads {
    /// Mean price of a click, cents.
    pub click_cents: f64,
    /// Clicks per impression.
    pub ctr: f64,
}

const fn ads(click_cents: f64, ctr: f64) -> Option<Ads> {
    Some(Ads { click_cents, ctr })
}

/// Id of the channel without any signal: how people come when nothing brought them.
pub const DIRECT: &str = "direct";
/// Id of the mails that a visitor's own behaviour sets off.
pub(crate) const FLOW: &str = "klaviyo-flow";
/// Id of the mails that go to everybody.
pub(crate) const NEWSLETTER: &str = "klaviyo-newsletter";
/// Id of the ads shown to past visitors.
pub(crate) const RETARGETING: &str = "facebook-retargeting";
/// The flow that follows a cart left behind.
pub(crate) const ABANDONED_CART: &str = "abandoned-cart";

/// Every channel.
pub static CHANNELS: [Channel; 12] = [
    Channel {
        id: "google-brand",
        caused: 0.15,
        conversion: 0.036,
        ads: ads(96.0, 0.031),
        source: "google",
        medium: "cpc",
        first: 9.0,
        back: 17.0,
        bounce: 0.34,
        mobile: 0.55,
        campaigns: &[("brand-exact", 0.8), ("brand-products", 0.2)],
        spellings: &[("google", "cpc", 0.84), ("Google", "CPC", 0.07), ("google", "ppc", 0.05), ("", "", 0.04)],
        click_id: Some(("gclid", "Cj0KCQ", 48)),
        referrers: &[("https://www.google.com/", 0.7), ("https://www.google.de/", 0.3)],
    },
    Channel {
        id: "google-generic",
        caused: 0.7,
        conversion: 0.023,
        ads: ads(72.0, 0.021),
        source: "google",
        medium: "cpc",
        first: 22.0,
        back: 3.0,
        bounce: 0.5,
        mobile: 0.58,
        campaigns: &[("generic-hiking", 0.45), ("generic-camping", 0.35), ("generic-gifts", 0.2)],
        spellings: &[("google", "cpc", 0.86), ("google", "PPC", 0.06), ("adwords", "cpc", 0.04), ("", "", 0.04)],
        click_id: Some(("gclid", "EAIaIQ", 48)),
        referrers: &[("https://www.google.com/", 0.7), ("https://www.google.de/", 0.3)],
    },
    Channel {
        id: "facebook-prospecting",
        caused: 0.8,
        conversion: 0.0165,
        ads: ads(60.0, 0.013),
        source: "facebook",
        medium: "paid-social",
        first: 19.0,
        back: 1.0,
        bounce: 0.57,
        mobile: 0.86,
        campaigns: &[("prospecting-lookalike", 0.6), ("prospecting-broad", 0.4)],
        spellings: &[
            ("facebook", "paid_social", 0.62),
            ("Facebook", "Paid Social", 0.14),
            ("fb", "paid-social", 0.12),
            ("FB", "paidsocial", 0.07),
            ("m.facebook.com", "paid_social", 0.05),
        ],
        click_id: Some(("fbclid", "IwY2xjaw", 40)),
        referrers: &[("https://m.facebook.com/", 0.5), ("https://l.facebook.com/", 0.3), ("", 0.2)],
    },
    Channel {
        id: RETARGETING,
        caused: 0.3,
        conversion: 0.024,
        ads: ads(70.0, 0.017),
        source: "facebook",
        medium: "paid-social",
        first: 0.0,
        back: 11.0,
        bounce: 0.42,
        mobile: 0.82,
        campaigns: &[("retargeting-14d", 1.0)],
        spellings: &[("facebook", "paid_social", 0.7), ("fb", "paid_social", 0.2), ("Facebook", "paid-social", 0.1)],
        click_id: Some(("fbclid", "IwY2xjaw", 40)),
        referrers: &[("https://m.facebook.com/", 0.6), ("https://l.instagram.com/", 0.4)],
    },
    Channel {
        id: "tiktok",
        caused: 0.85,
        conversion: 0.0115,
        ads: ads(46.0, 0.011),
        source: "tiktok",
        medium: "paid-social",
        first: 11.0,
        back: 0.7,
        bounce: 0.63,
        mobile: 0.97,
        campaigns: &[("spark-creators", 0.7), ("spark-unboxing", 0.3)],
        spellings: &[("tiktok", "paid_social", 0.75), ("TikTok", "paid-social", 0.15), ("tt", "paid_social", 0.1)],
        click_id: Some(("ttclid", "E.C.P.", 44)),
        referrers: &[("", 0.6), ("https://www.tiktok.com/", 0.4)],
    },
    Channel {
        id: FLOW,
        caused: 0.55,
        conversion: 0.042,
        ads: None,
        source: "klaviyo",
        medium: "email",
        first: 0.0,
        back: 10.0,
        bounce: 0.33,
        mobile: 0.66,
        campaigns: &[("welcome-series", 0.6), ("winback-60d", 0.4)],
        spellings: &[("klaviyo", "email", 0.85), ("Klaviyo", "Email", 0.15)],
        click_id: Some(("_kx", "", 32)),
        referrers: &[("", 0.8), ("https://mail.google.com/", 0.2)],
    },
    Channel {
        id: NEWSLETTER,
        caused: 0.65,
        conversion: 0.032,
        ads: None,
        source: "klaviyo",
        medium: "email",
        first: 4.0,
        back: 10.0,
        bounce: 0.4,
        mobile: 0.68,
        campaigns: &[("newsletter", 1.0)],
        spellings: &[("klaviyo", "email", 0.8), ("newsletter", "e-mail", 0.2)],
        click_id: Some(("_kx", "", 32)),
        referrers: &[("", 0.8), ("https://mail.google.com/", 0.2)],
    },
    Channel {
        id: "organic-search",
        caused: 0.75,
        conversion: 0.02,
        ads: None,
        source: "google",
        medium: "organic",
        first: 17.0,
        back: 14.0,
        bounce: 0.47,
        mobile: 0.6,
        campaigns: &[],
        spellings: &[],
        click_id: None,
        referrers: &[
            ("https://www.google.com/", 0.62),
            ("https://www.google.de/", 0.2),
            ("https://www.bing.com/", 0.08),
            ("https://duckduckgo.com/", 0.05),
            ("https://www.ecosia.org/", 0.05),
        ],
    },
    Channel {
        id: DIRECT,
        caused: 0.0,
        conversion: 0.026,
        ads: None,
        source: "direct",
        medium: "none",
        first: 9.0,
        back: 28.0,
        bounce: 0.4,
        mobile: 0.52,
        campaigns: &[],
        spellings: &[],
        click_id: None,
        referrers: &[],
    },
    Channel {
        id: "affiliate",
        caused: 0.25,
        conversion: 0.032,
        ads: ads(84.0, 0.027),
        source: "awin",
        medium: "affiliate",
        first: 4.0,
        back: 4.5,
        bounce: 0.4,
        mobile: 0.5,
        campaigns: &[("coupon-portal", 0.6), ("gear-review", 0.4)],
        spellings: &[("awin", "affiliate", 0.85), ("AWIN", "Affiliates", 0.15)],
        click_id: None,
        referrers: &[("https://www.couponportal.example/", 0.6), ("https://gearreview.example/best-of/", 0.4)],
    },
    Channel {
        id: "referral-social",
        caused: 0.7,
        conversion: 0.012,
        ads: None,
        source: "instagram",
        medium: "social",
        first: 6.0,
        back: 2.0,
        bounce: 0.55,
        mobile: 0.85,
        campaigns: &[],
        spellings: &[("", "", 0.7), ("ig", "social", 0.3)],
        click_id: None,
        referrers: &[
            ("https://l.instagram.com/", 0.45),
            ("https://www.pinterest.de/", 0.15),
            ("https://www.youtube.com/", 0.15),
            ("https://huettenblog.example/packliste", 0.25),
        ],
    },
    Channel {
        id: "ai-assistant",
        caused: 0.75,
        conversion: 0.031,
        ads: None,
        source: "chatgpt",
        medium: "referral",
        first: 3.5,
        back: 1.0,
        bounce: 0.36,
        mobile: 0.45,
        campaigns: &[],
        spellings: &[("chatgpt.com", "", 0.6), ("", "", 0.4)],
        click_id: None,
        referrers: &[
            ("https://chatgpt.com/", 0.6),
            ("https://www.perplexity.ai/", 0.25),
            ("https://copilot.microsoft.com/", 0.15),
        ],
    },
];

/// The first request of a visit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Landing {
    pub(crate) url: String,
    pub(crate) referrer: &'static str,
}

impl Channel {
    /// Whether that campaign is one of its own.
    #[must_use]
    pub fn runs(&self, campaign: &str) -> bool {
        self.campaigns.iter().any(|(name, _)| *name == campaign)
    }

    /// One of its campaigns, `""` where it has none.
    pub(crate) fn campaign(&self, dice: &mut Dice) -> &'static str {
        dice.pick(self.campaigns, |(_, weight)| *weight).map_or("", |(name, _)| *name)
    }

    /// A link as someone built it for that campaign.
    pub(crate) fn landing(&self, campaign: &str, dice: &mut Dice) -> Landing {
        let path = match self.id {
            "google-brand" | DIRECT => "/".to_owned(),
            "google-generic" => match campaign {
                "generic-hiking" => "/c/shoes".to_owned(),
                "generic-camping" => "/c/camp".to_owned(),
                _ => "/c/gear".to_owned(),
            },
            _ if dice.chance(0.6) => format!("/p/{}", products::any(dice).slug),
            _ => products::CATEGORIES
                .get(dice.below(products::CATEGORIES.len()))
                .map_or("/".to_owned(), |c| format!("/c/{c}")),
        };
        let (source, medium) = dice
            .pick(self.spellings, |(_, _, weight)| *weight)
            .map_or(("", ""), |(source, medium, _)| (*source, *medium));
        let mut query: Vec<String> = Vec::new();
        if !source.is_empty() {
            query.push(format!("utm_source={}", escape(source)));
        }
        if !medium.is_empty() {
            query.push(format!("utm_medium={}", escape(medium)));
        }
        // A link with a source carries its campaign too; one without relies on the platform's click id.
        if !source.is_empty() && !campaign.is_empty() {
            query.push(format!("utm_campaign={}", escape(campaign)));
            if self.medium == "paid-social" {
                query.push(format!("utm_content=creative-{}", dice.below(4) + 1));
            }
            if self.id == "google-generic" {
                query.push(format!(
                    "utm_term={}",
                    ["wanderschuhe", "trekkingrucksack", "schlafsack", "stirnlampe"]
                        .get(dice.below(4))
                        .copied()
                        .unwrap_or_default()
                ));
            }
        }
        if let Some((parameter, prefix, length)) = self.click_id {
            query.push(format!("{parameter}={prefix}{}", dice.token(length)));
        }
        let referrer = dice.pick(self.referrers, |(_, weight)| *weight).map_or("", |(referrer, _)| *referrer);
        let mark = if query.is_empty() { "" } else { "?" };
        Landing { url: format!("{SHOP}{path}{mark}{}", query.join("&")), referrer }
    }
}

/// As link builders do: only the space needs it in the names above.
fn escape(text: &str) -> String {
    text.replace(' ', "%20")
}
