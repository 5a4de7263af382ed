//! The words of the grammar: what each phrase means. Phrases are in the tokens' form: lower case, no hyphens, `email`
//! for e-mail.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use calendar::Granularity;
use metrics::Dimension;

use crate::window::Span;

/// What a phrase means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// A metric of the catalog.
    Metric(&'static str),
    /// A dimension, said in the plural or not.
    Dimension(Dimension, bool),
    /// Values of a dimension.
    Value(Dimension, &'static [&'static str]),
    /// A bucket.
    Bucket(Granularity),
    /// A bucket to be chosen by the length of the range.
    OverTime,
    /// The bucket is what is ranked: "which day".
    RankedBucket(Granularity, bool),
    /// Compared with the period before.
    ComparePrevious,
    /// Compared with the period before, which must be one of these.
    CompareBefore(Span),
    /// Compared with a year before.
    CompareYear,
    /// A comparison follows.
    Versus,
    /// The next value is excluded.
    Not,
    /// Largest first.
    Largest,
    /// Smallest first.
    Smallest,
    /// Best first, whichever direction that is.
    Best,
    /// Worst first.
    Worst,
    /// All the usual figures.
    Overview,
    /// Any campaign.
    AnyCampaign,
    /// A mean; only metrics that are one can be asked for so.
    Average,
    /// What has happened is asked: a breakdown by the next dimension.
    By,
    /// Of the things that follow, any.
    All,
    /// Names an event.
    Event,
    /// Says nothing.
    Filler,
}

use Dimension as D;
use Meaning as M;

static PHRASES: &[(&str, Meaning)] = &[
    // Metrics.
    (
        "revenue|revenues|sales|turnover|income|gross revenue|gross sales|total sales|sales revenue|earnings",
        M::Metric("revenue"),
    ),
    ("make|made|earn|earned|sell|sold|money did we make|sales volume|sales amount", M::Metric("revenue")),
    ("net revenue|net sales|revenue after refunds|sales after refunds", M::Metric("net_revenue")),
    ("refunds|refund|refunded|refund amount|refund value|money refunded", M::Metric("refunds")),
    (
        "orders|order|purchases|purchase|transactions|conversions|number of orders|number of sales|order count|order volume",
        M::Metric("orders"),
    ),
    (
        "average order value|avg order value|aov|order value|basket size|basket value|average basket|average order|average order size|mean order value",
        M::Metric("aov"),
    ),
    ("sessions|session|visits|visit|traffic|number of sessions", M::Metric("sessions")),
    ("visitors|visitor|unique visitors|users|people|website visitors|uniques", M::Metric("visitors")),
    ("customers|customer|buyers|shoppers|paying customers", M::Metric("customers")),
    (
        "new customers|new customer|first time customers|first time buyers|new buyers|customers acquired",
        M::Metric("new_customers"),
    ),
    (
        "returning customers|repeat customers|existing customers|repeat buyers|returning buyers",
        M::Metric("returning_customers"),
    ),
    ("page views|pageviews|page view|views|pages viewed", M::Metric("pageviews")),
    ("events|number of events", M::Metric("events")),
    ("touchpoints|touches|touch points", M::Metric("touches")),
    ("bounce rate|bounces rate|bounce", M::Metric("bounce_rate")),
    ("pages per session|pages per visit|page views per session|pageviews per session", M::Metric("pages_per_session")),
    ("conversion rate|conversion rates|cvr|convert|converts|converting|purchase rate|conversion", M::Metric("cvr")),
    ("revenue per session|revenue per visit|rps|sales per session|sales per visit", M::Metric("revenue_per_session")),
    (
        "ad spend|spend|spent|spending|cost|costs|advertising cost|advertising costs|advertising spend|marketing spend|media spend|ad cost|ad costs|ads cost|advertising budget spent|ad spending|pay for ads|spend on ads|spend on advertising|spent on ads|spent on advertising",
        M::Metric("spend"),
    ),
    ("impressions|ad impressions|ad views", M::Metric("impressions")),
    ("clicks|ad clicks", M::Metric("clicks")),
    ("ctr|click through rate|clickthrough rate|click rate|click through rates", M::Metric("ctr")),
    ("cpc|cost per click|price per click", M::Metric("cpc")),
    ("cpm|cost per mille|cost per thousand|cost per thousand impressions|cost per 1000 impressions", M::Metric("cpm")),
    (
        "cpa|cost per order|cost per acquisition|cost per conversion|cost per sale|cost per purchase|cpo",
        M::Metric("cpa"),
    ),
    (
        "roas|return on ad spend|return on ads|return on advertising spend|ad return|return on advertising",
        M::Metric("roas"),
    ),
    ("mer|marketing efficiency ratio|marketing efficiency|blended roas", M::Metric("mer")),
    ("acos|advertising cost of sales|ad cost of sales|cost of sales", M::Metric("acos")),
    (
        "emails delivered|delivered emails|email deliveries|email delivered|deliveries|emails sent|email impressions",
        M::Metric("email_delivered"),
    ),
    ("email clicks|clicks in emails|clicks on emails", M::Metric("email_clicks")),
    (
        "email ctr|email click through rate|email clickthrough rate|email click rate|email click through rates|newsletter ctr|newsletter click rate",
        M::Metric("email_ctr"),
    ),
    // Dimensions.
    ("channel|channel group|marketing channel", M::Dimension(D::Channel, false)),
    ("channels|channel groups|marketing channels", M::Dimension(D::Channel, true)),
    ("source|traffic source", M::Dimension(D::Source, false)),
    ("sources|traffic sources", M::Dimension(D::Source, true)),
    ("medium", M::Dimension(D::Medium, false)),
    ("mediums|media", M::Dimension(D::Medium, true)),
    ("campaign|ad campaign|marketing campaign", M::Dimension(D::Campaign, false)),
    ("campaigns|ad campaigns|marketing campaigns", M::Dimension(D::Campaign, true)),
    ("country|market", M::Dimension(D::Country, false)),
    ("countries|markets", M::Dimension(D::Country, true)),
    ("device|device type|device class", M::Dimension(D::Device, false)),
    ("devices|device types|device classes", M::Dimension(D::Device, true)),
    ("browser", M::Dimension(D::Browser, false)),
    ("browsers", M::Dimension(D::Browser, true)),
    ("operating system|os", M::Dimension(D::Os, false)),
    ("operating systems", M::Dimension(D::Os, true)),
    // Channels.
    ("email|emails|newsletter|newsletters|mailing|mailings", M::Value(D::Channel, &["Email"])),
    ("direct|direct traffic", M::Value(D::Channel, &["Direct"])),
    ("paid search|ppc|sem|search ads", M::Value(D::Channel, &["Paid Search"])),
    ("organic search|seo", M::Value(D::Channel, &["Organic Search"])),
    ("paid social|social ads", M::Value(D::Channel, &["Paid Social"])),
    ("organic social", M::Value(D::Channel, &["Organic Social"])),
    ("social|social media", M::Value(D::Channel, &["Paid Social", "Organic Social"])),
    ("search|search engines", M::Value(D::Channel, &["Paid Search", "Organic Search"])),
    ("paid shopping|shopping ads", M::Value(D::Channel, &["Paid Shopping"])),
    ("organic shopping", M::Value(D::Channel, &["Organic Shopping"])),
    ("paid video|video ads", M::Value(D::Channel, &["Paid Video"])),
    ("organic video", M::Value(D::Channel, &["Organic Video"])),
    (
        "organic|organic traffic",
        M::Value(D::Channel, &["Organic Search", "Organic Social", "Organic Shopping", "Organic Video"]),
    ),
    (
        "paid|paid traffic|paid ads|paid channels",
        M::Value(D::Channel, &["Paid Search", "Paid Social", "Paid Shopping", "Paid Video", "Paid Other", "Display"]),
    ),
    (
        "ads|advertising|advertisements|ad campaigns only|paid advertising|adverts",
        M::Value(D::Channel, &["Paid Search", "Paid Social", "Paid Shopping", "Paid Video", "Paid Other", "Display"]),
    ),
    ("display|display ads|banners", M::Value(D::Channel, &["Display"])),
    ("affiliate|affiliates", M::Value(D::Channel, &["Affiliates"])),
    ("referral|referrals", M::Value(D::Channel, &["Referral"])),
    ("sms|text messages", M::Value(D::Channel, &["SMS"])),
    ("ai assistants|ai assistant|ai chat", M::Value(D::Channel, &["AI Assistants"])),
    ("push|mobile push|push notifications", M::Value(D::Channel, &["Mobile Push"])),
    ("podcast|podcasts|audio", M::Value(D::Channel, &["Audio"])),
    ("cross network|performance max|pmax", M::Value(D::Channel, &["Cross-network"])),
    // Sources.
    ("google|google ads|adwords", M::Value(D::Source, &["google"])),
    ("bing|microsoft ads|bing ads", M::Value(D::Source, &["bing"])),
    ("facebook|meta|facebook ads|meta ads|fb", M::Value(D::Source, &["facebook"])),
    ("instagram|instagram ads|ig", M::Value(D::Source, &["instagram"])),
    ("tiktok|tiktok ads", M::Value(D::Source, &["tiktok"])),
    ("pinterest|pinterest ads", M::Value(D::Source, &["pinterest"])),
    ("linkedin|linkedin ads", M::Value(D::Source, &["linkedin"])),
    ("twitter|twitter ads|x ads", M::Value(D::Source, &["twitter"])),
    ("reddit|reddit ads", M::Value(D::Source, &["reddit"])),
    ("snapchat|snapchat ads", M::Value(D::Source, &["snapchat"])),
    ("youtube|youtube ads", M::Value(D::Source, &["youtube"])),
    ("klaviyo", M::Value(D::Source, &["klaviyo"])),
    ("mailchimp", M::Value(D::Source, &["mailchimp"])),
    ("chatgpt", M::Value(D::Source, &["chatgpt"])),
    ("perplexity", M::Value(D::Source, &["perplexity"])),
    ("duckduckgo", M::Value(D::Source, &["duckduckgo"])),
    ("amazon", M::Value(D::Source, &["amazon"])),
    // Media.
    ("cpc medium|medium cpc", M::Value(D::Medium, &["cpc"])),
    // Devices, browsers, systems.
    ("mobile|phone|phones|smartphone|smartphones|mobiles|mobile phones", M::Value(D::Device, &["mobile"])),
    ("desktop|desktops|computer|computers", M::Value(D::Device, &["desktop"])),
    ("tablet|tablets", M::Value(D::Device, &["tablet"])),
    ("chrome", M::Value(D::Browser, &["Chrome"])),
    ("safari", M::Value(D::Browser, &["Safari"])),
    ("firefox", M::Value(D::Browser, &["Firefox"])),
    ("edge|microsoft edge", M::Value(D::Browser, &["Edge"])),
    ("ios|iphone|iphones", M::Value(D::Os, &["iPhone", "iPad", "iPod", "iOS"])),
    ("android", M::Value(D::Os, &["Android"])),
    (
        "windows",
        M::Value(D::Os, &["Windows 10", "Windows 8.1", "Windows 8", "Windows 7", "Windows Vista", "Windows XP"]),
    ),
    ("mac|macos|macs", M::Value(D::Os, &["Mac OSX"])),
    ("linux", M::Value(D::Os, &["Linux"])),
    // Time's grain.
    ("hourly|by hour|per hour|each hour|by the hour|every hour|hour by hour", M::Bucket(Granularity::Hour)),
    ("daily|by day|per day|each day|every day|by the day|day by day|by date|per date", M::Bucket(Granularity::Day)),
    ("weekly|by week|per week|each week|every week|week by week", M::Bucket(Granularity::Week)),
    ("monthly|by month|per month|each month|every month|month by month", M::Bucket(Granularity::Month)),
    (
        "over time|trend|trends|trended|timeline|time series|trending|develop|developed|development|evolution|evolve|evolved",
        M::OverTime,
    ),
    ("which day|what day|on which day|on what day|which date", M::RankedBucket(Granularity::Day, false)),
    ("which days|what days|days", M::RankedBucket(Granularity::Day, true)),
    ("which week|what week|in which week", M::RankedBucket(Granularity::Week, false)),
    ("which weeks|what weeks|weeks", M::RankedBucket(Granularity::Week, true)),
    ("which month|what month|in which month", M::RankedBucket(Granularity::Month, false)),
    ("which months|what months|months", M::RankedBucket(Granularity::Month, true)),
    // Comparison.
    (
        "previous period|the period before|period before|prior period|preceding period|before that|period over period",
        M::ComparePrevious,
    ),
    ("the week before|week before|the preceding week|preceding week", M::CompareBefore(Span::Week)),
    ("the month before|month before|the preceding month|preceding month", M::CompareBefore(Span::Month)),
    ("the quarter before|quarter before|the preceding quarter|preceding quarter", M::CompareBefore(Span::Quarter)),
    ("week over week|wow|month over month|mom|day over day", M::ComparePrevious),
    (
        "change|changed|changes|growth|grow|grown|grew|increase|increased|decrease|decreased|drop|dropped|delta|difference",
        M::ComparePrevious,
    ),
    (
        "year over year|yoy|same period last year|same time last year|a year before|year before|a year ago|year ago",
        M::CompareYear,
    ),
    (
        "vs|versus|compared to|compared with|compare to|compare with|against|relative to|in comparison to|in comparison with|comparing to|compare|comparison|compared",
        M::Versus,
    ),
    ("excluding|exclude|without|except|except for|not from|other than|not on|not in|not counting|apart from", M::Not),
    // Ranking.
    ("highest|most|largest|biggest|greatest|maximum|max", M::Largest),
    ("lowest|least|smallest|fewest|minimum|min", M::Smallest),
    ("best|best performing|strongest|most effective|most efficient|best converting", M::Best),
    ("worst|worst performing|weakest|least effective|least efficient", M::Worst),
    ("top", M::Best),
    ("bottom", M::Worst),
    (
        "marketing performance|performance|overview|summary|kpis|kpi|results|report|metrics|key figures|figures|numbers|perform|performed|performing|doing|stats|statistics|key metrics",
        M::Overview,
    ),
    (
        "campaign traffic|any campaign|tagged campaigns|all of our campaigns|all our campaigns|all campaigns|all my campaigns|all of the campaigns|all the campaigns",
        M::AnyCampaign,
    ),
    ("average|avg|mean|typical|on average", M::Average),
    (
        "by|per|each|every|which|what|broken down by|break down by|breakdown by|split by|grouped by|group by|for each|for every|across|breakdown of|breakdown|segmented by",
        M::By,
    ),
    ("all|all the|any|all of the|all of our|all our", M::All),
    ("event|events named|events called|event named|event called", M::Event),
    (
        "a|an|the|is|was|were|are|be|been|my|our|we|us|did|do|does|i|me|you|show|give|tell|list|get|find|display|plot|chart|graph|draw|see|know|please|can|could|would|want|like|how|many|much|of|in|on|for|from|at|to|with|and|or|total|overall|have|has|had|having|there|it|that|through|via|during|came|come|comes|coming|bring|brings|brought|generate|generated|generates|generating|get|got|gets|drive|drives|drove|driven|amount|number|count|value|business|company|shop|store|site|website|webshop|brand|use|using|ranked|rank|sorted|sort|ordered|terms|period|days'|so far|'s|their|its|this|these|attributed|made on|happen|happened|received|receive|did we|data|hi|hello|thanks|thank you|your|about|also|plus|as well as|then|just|only|both|whole|entire|complete|full|current|currently|actual|according|per cent|percent|percentage|tracked|recorded|performing at|look|looks|looking|now|but|instead|same|again",
        M::Filler,
    ),
];

/// Names of countries people use, with the codes the warehouse keeps.
static COUNTRIES: &[(&str, &[&str])] = &[
    ("germany", &["DE"]),
    ("austria", &["AT"]),
    ("switzerland", &["CH"]),
    ("france", &["FR"]),
    ("italy", &["IT"]),
    ("spain", &["ES"]),
    ("portugal", &["PT"]),
    ("netherlands|the netherlands|holland", &["NL"]),
    ("belgium", &["BE"]),
    ("luxembourg", &["LU"]),
    ("denmark", &["DK"]),
    ("sweden", &["SE"]),
    ("norway", &["NO"]),
    ("finland", &["FI"]),
    ("iceland", &["IS"]),
    ("ireland", &["IE"]),
    ("united kingdom|uk|great britain|britain|england", &["GB"]),
    ("poland", &["PL"]),
    ("czech republic|czechia", &["CZ"]),
    ("slovakia", &["SK"]),
    ("hungary", &["HU"]),
    ("romania", &["RO"]),
    ("bulgaria", &["BG"]),
    ("greece", &["GR"]),
    ("croatia", &["HR"]),
    ("slovenia", &["SI"]),
    ("estonia", &["EE"]),
    ("latvia", &["LV"]),
    ("lithuania", &["LT"]),
    ("ukraine", &["UA"]),
    ("turkey|türkiye", &["TR"]),
    ("united states|usa|united states of america|america|the states", &["US"]),
    ("canada", &["CA"]),
    ("mexico", &["MX"]),
    ("brazil", &["BR"]),
    ("argentina", &["AR"]),
    ("chile", &["CL"]),
    ("colombia", &["CO"]),
    ("australia", &["AU"]),
    ("new zealand", &["NZ"]),
    ("japan", &["JP"]),
    ("china", &["CN"]),
    ("hong kong", &["HK"]),
    ("taiwan", &["TW"]),
    ("south korea|korea", &["KR"]),
    ("india", &["IN"]),
    ("singapore", &["SG"]),
    ("malaysia", &["MY"]),
    ("indonesia", &["ID"]),
    ("thailand", &["TH"]),
    ("vietnam", &["VN"]),
    ("philippines|the philippines", &["PH"]),
    ("israel", &["IL"]),
    ("united arab emirates|uae|emirates", &["AE"]),
    ("saudi arabia", &["SA"]),
    ("south africa", &["ZA"]),
    ("egypt", &["EG"]),
    ("nigeria", &["NG"]),
    ("kenya", &["KE"]),
    ("morocco", &["MA"]),
];

/// Every phrase, by its words.
pub(crate) static LEXICON: LazyLock<BTreeMap<Vec<&'static str>, Meaning>> = LazyLock::new(|| {
    let mut phrases = BTreeMap::new();
    let countries = COUNTRIES.iter().map(|(names, codes)| (*names, M::Value(D::Country, codes)));
    for (alternatives, meaning) in PHRASES.iter().copied().chain(countries) {
        for phrase in alternatives.split('|') {
            // The first meaning of a phrase stands.
            phrases.entry(phrase.split(' ').collect()).or_insert(meaning);
        }
    }
    phrases
});

/// The longest phrase, in words.
pub(crate) static LONGEST: LazyLock<usize> = LazyLock::new(|| LEXICON.keys().map(Vec::len).max().unwrap_or(1));
