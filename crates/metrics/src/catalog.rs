//! The metric catalog: every figure the product shows, defined once.
//!
//! A base metric is an aggregate over one fact, written in the SQL both engines share; `{currency}` stands for the
//! site's currency. All others are the difference or the ratio of two base metrics: a ratio of sums, never a mean of
//! ratios, and null when the divisor is 0.

use calendar::Granularity;
use serde::Serialize;

use crate::{Dimension, Fact, MetricsError, fact::Place};

/// What a metric counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Minor units of the site's currency.
    Money,
    /// Things.
    Count,
    /// How many times; read as `3.2×`.
    Ratio,
    /// A fraction that people read as a percentage: 0.05 is 5 %.
    Percent,
}

/// Which direction is good news.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    /// More is better.
    Up,
    /// Less is better.
    Down,
    /// Neither.
    None,
}

/// An aggregate over one fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Base {
    /// Stable id.
    pub id: &'static str,
    /// Over which fact.
    pub fact: Fact,
    /// The aggregate, over `f`; the same text in both engines.
    pub sql: &'static str,
}

/// How a metric is computed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Definition {
    /// The aggregate itself.
    Base(&'static Base),
    /// The first minus the second.
    Difference(&'static Base, &'static Base),
    /// `over` / `under` × `times`; null when `under` is 0.
    Ratio {
        /// Numerator.
        over: &'static Base,
        /// Denominator.
        under: &'static Base,
        /// Constant factor.
        times: f64,
    },
}

impl Definition {
    /// The aggregates it needs.
    #[must_use]
    pub fn bases(&self) -> Vec<&'static Base> {
        match self {
            Self::Base(base) => vec![base],
            Self::Difference(a, b) => vec![a, b],
            Self::Ratio { over, under, .. } => vec![over, under],
        }
    }
}

/// One figure of the product.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Metric {
    /// Stable id.
    pub id: &'static str,
    /// What people call it.
    pub label: &'static str,
    /// What it says, in plain words, with its traps.
    pub description: &'static str,
    /// The formula, in words.
    pub formula: &'static str,
    /// What it counts.
    pub unit: Unit,
    /// Which direction is good news.
    pub better: Better,
    /// How it is computed.
    pub definition: Definition,
}

/// A metric as the API describes it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Description {
    /// Stable id.
    pub id: &'static str,
    /// What people call it.
    pub label: &'static str,
    /// What it says.
    pub description: &'static str,
    /// The formula, in words.
    pub formula: &'static str,
    /// What it counts.
    pub unit: Unit,
    /// Which direction is good news.
    pub better: Better,
    /// What it can be broken down by.
    pub dimensions: Vec<Dimension>,
}

impl Metric {
    /// What it can be broken down by and filtered on: what all its facts know.
    #[must_use]
    pub fn dimensions(&self) -> Vec<Dimension> {
        Dimension::ALL.into_iter().filter(|dimension| self.knows(*dimension)).collect()
    }

    /// Whether it can be broken down by this dimension.
    #[must_use]
    pub fn knows(&self, dimension: Dimension) -> bool {
        self.definition.bases().iter().all(|base| base.fact.place(dimension) != Place::Nowhere)
    }

    /// Whether it can be shown by hour.
    #[must_use]
    pub fn is_hourly(&self) -> bool {
        self.definition.bases().iter().all(|base| base.fact.is_hourly())
    }

    /// Whether it can answer a question: broken down by these dimensions, filtered by those, in buckets of this size, of
    /// one event alone.
    ///
    /// # Errors
    /// What it cannot do, with what it can.
    pub(crate) fn answers(
        &self,
        by: &[Dimension],
        mut filtered: impl Iterator<Item = Dimension>,
        bucket: Option<Granularity>,
        of_event: bool,
    ) -> Result<(), MetricsError> {
        let possible = || self.dimensions().into_iter().map(Dimension::column).collect::<Vec<_>>().join(", ");
        let (metric, unknown) = (self.id, |dimension: &Dimension| !self.knows(*dimension));
        if let Some(dimension) = by.iter().copied().find(unknown) {
            return Err(MetricsError::NotByDimension { metric, dimension: dimension.column(), possible: possible() });
        }
        if let Some(dimension) = filtered.find(unknown) {
            return Err(MetricsError::NotFilteredBy { metric, dimension: dimension.column(), possible: possible() });
        }
        if bucket == Some(Granularity::Hour) && !self.is_hourly() {
            return Err(MetricsError::NotHourly { metric });
        }
        if of_event && !self.definition.bases().iter().all(|base| base.fact == Fact::Events) {
            return Err(MetricsError::NotOfEvents { metric });
        }
        Ok(())
    }

    /// The metric as the API describes it.
    #[must_use]
    pub fn describe(&self) -> Description {
        Description {
            id: self.id,
            label: self.label,
            description: self.description,
            formula: self.formula,
            unit: self.unit,
            better: self.better,
            dimensions: self.dimensions(),
        }
    }
}

/// Every metric, in the order people should see them.
#[must_use]
pub fn metrics() -> &'static [Metric] {
    METRICS
}

/// The metric of an id.
///
/// # Errors
/// [`MetricsError::UnknownMetric`], which lists the ids there are.
pub fn metric(id: &str) -> Result<&'static Metric, MetricsError> {
    METRICS.iter().find(|metric| metric.id == id).ok_or_else(|| MetricsError::UnknownMetric {
        id: id.chars().take(40).collect(),
        known: METRICS.iter().map(|metric| metric.id).collect::<Vec<_>>().join(", "),
    })
}

/// The metrics that know all of these dimensions, in catalog order.
#[must_use]
pub fn metrics_by(dimensions: &[Dimension]) -> Vec<&'static Metric> {
    METRICS.iter().filter(|metric| dimensions.iter().all(|dimension| metric.knows(*dimension))).collect()
}

const fn base(id: &'static str, fact: Fact, sql: &'static str) -> Base {
    Base { id, fact, sql }
}

static SESSIONS: Base = base("sessions", Fact::Sessions, "COUNT(*)");
static VISITORS: Base = base("visitors", Fact::Sessions, "COUNT(DISTINCT f.visitor)");
static PAGEVIEWS: Base = base("pageviews", Fact::Sessions, "SUM(f.pageviews)");
static BOUNCES: Base =
    base("bounces", Fact::Sessions, "SUM(CASE WHEN f.pageviews = 1 AND f.orders = 0 THEN 1 ELSE 0 END)");
static ORDERS: Base = base("orders", Fact::Orders, "COUNT(*)");
static REVENUE: Base =
    base("revenue", Fact::Orders, "SUM(CASE WHEN f.currency = {currency} THEN f.value_minor ELSE 0 END)");
static CUSTOMERS: Base = base("customers", Fact::Orders, "COUNT(DISTINCT f.visitor)");
static REFUNDS: Base =
    base("refunds", Fact::Refunds, "SUM(CASE WHEN f.currency = {currency} THEN f.value_minor ELSE 0 END)");
static EVENTS: Base = base("events", Fact::Events, "COUNT(*)");
static TOUCHES: Base = base("touches", Fact::Touchpoints, "COUNT(*)");
static SPEND: Base =
    base("spend", Fact::AdSpend, "SUM(CASE WHEN f.currency = {currency} THEN f.spend_minor ELSE 0 END)");
static IMPRESSIONS: Base = base("impressions", Fact::AdSpend, "SUM(f.impressions)");
static CLICKS: Base = base("clicks", Fact::AdSpend, "SUM(f.clicks)");

static EMAIL_DELIVERED: Base =
    base("email_delivered", Fact::AdSpend, "SUM(CASE WHEN f.channel = 'Email' THEN f.impressions ELSE 0 END)");
static EMAIL_CLICKS: Base =
    base("email_clicks", Fact::AdSpend, "SUM(CASE WHEN f.channel = 'Email' THEN f.clicks ELSE 0 END)");
static FIRST_ORDERS: Base = base("new_customers", Fact::FirstOrders, "COUNT(*)");

const fn ratio(over: &'static Base, under: &'static Base) -> Definition {
    Definition::Ratio { over, under, times: 1.0 }
}

static METRICS: &[Metric] = &[
    Metric {
        id: "revenue",
        label: "Revenue",
        description: "What customers paid in the period: the gross value of all purchases, before refunds. Purchases \
                      in another currency than the site's count as orders but add nothing here.",
        formula: "sum of the value of purchase events in the site's currency, one per order id",
        unit: Unit::Money,
        better: Better::Up,
        definition: Definition::Base(&REVENUE),
    },
    Metric {
        id: "refunds",
        label: "Refunds",
        description: "What was given back to customers in the period, whenever they had bought.",
        formula: "sum of the value of refund events in the site's currency",
        unit: Unit::Money,
        better: Better::Down,
        definition: Definition::Base(&REFUNDS),
    },
    Metric {
        id: "net_revenue",
        label: "Net revenue",
        description: "Revenue after refunds. A refund counts on the day it was given, not on the day of the purchase.",
        formula: "revenue − refunds",
        unit: Unit::Money,
        better: Better::Up,
        definition: Definition::Difference(&REVENUE, &REFUNDS),
    },
    Metric {
        id: "orders",
        label: "Orders",
        description: "Purchases. A purchase that both the page and the server reported under one order id counts once.",
        formula: "count of purchase events, one per order id",
        unit: Unit::Count,
        better: Better::Up,
        definition: Definition::Base(&ORDERS),
    },
    Metric {
        id: "aov",
        label: "Average order value",
        description: "What an order is worth on average, before refunds.",
        formula: "revenue / orders",
        unit: Unit::Money,
        better: Better::Up,
        definition: ratio(&REVENUE, &ORDERS),
    },
    Metric {
        id: "sessions",
        label: "Sessions",
        description: "Visits that began in the period. A visit ends after the site's time of inactivity, 30 minutes \
                      unless set otherwise.",
        formula: "count of sessions",
        unit: Unit::Count,
        better: Better::Up,
        definition: Definition::Base(&SESSIONS),
    },
    Metric {
        id: "visitors",
        label: "Visitors",
        description: "Different browsers or known customers that visited. Visitors of two days do not add up: who \
                      came on both is one visitor of the two days.",
        formula: "count of distinct visitors of sessions",
        unit: Unit::Count,
        better: Better::Up,
        definition: Definition::Base(&VISITORS),
    },
    Metric {
        id: "customers",
        label: "Customers",
        description: "Different visitors who bought at least once in the period. Like visitors, they do not add up \
                      over periods.",
        formula: "count of distinct visitors of orders",
        unit: Unit::Count,
        better: Better::Up,
        definition: Definition::Base(&CUSTOMERS),
    },
    Metric {
        id: "new_customers",
        label: "New customers",
        description: "Visitors whose first known purchase lies in the period.",
        formula: "count of visitors by the time of their first order",
        unit: Unit::Count,
        better: Better::Up,
        definition: Definition::Base(&FIRST_ORDERS),
    },
    Metric {
        id: "returning_customers",
        label: "Returning customers",
        description: "Visitors who bought in the period and had bought before it.",
        formula: "customers − new customers",
        unit: Unit::Count,
        better: Better::Up,
        definition: Definition::Difference(&CUSTOMERS, &FIRST_ORDERS),
    },
    Metric {
        id: "pageviews",
        label: "Page views",
        description: "Pages seen in the visits that began in the period.",
        formula: "sum of page views of sessions",
        unit: Unit::Count,
        better: Better::Up,
        definition: Definition::Base(&PAGEVIEWS),
    },
    Metric {
        id: "events",
        label: "Events",
        description: "Everything that was tracked, page views and purchases included; can be narrowed to one event \
                      name.",
        formula: "count of events",
        unit: Unit::Count,
        better: Better::None,
        definition: Definition::Base(&EVENTS),
    },
    Metric {
        id: "touches",
        label: "Touchpoints",
        description: "Contacts with a channel: arrivals from an advertisement, a search, a link or an e-mail, and \
                      direct visits. These are what attribution shares credit among.",
        formula: "count of touchpoints",
        unit: Unit::Count,
        better: Better::None,
        definition: Definition::Base(&TOUCHES),
    },
    Metric {
        id: "bounce_rate",
        label: "Bounce rate",
        description: "The part of visits that saw exactly one page and bought nothing.",
        formula: "sessions with exactly one page view and no order / sessions",
        unit: Unit::Percent,
        better: Better::Down,
        definition: ratio(&BOUNCES, &SESSIONS),
    },
    Metric {
        id: "pages_per_session",
        label: "Pages per session",
        description: "How many pages a visit sees on average.",
        formula: "pageviews / sessions",
        unit: Unit::Ratio,
        better: Better::Up,
        definition: ratio(&PAGEVIEWS, &SESSIONS),
    },
    Metric {
        id: "cvr",
        label: "Conversion rate",
        description: "Orders per visit. A visit with two orders counts twice in the numerator.",
        formula: "orders / sessions",
        unit: Unit::Percent,
        better: Better::Up,
        definition: ratio(&ORDERS, &SESSIONS),
    },
    Metric {
        id: "revenue_per_session",
        label: "Revenue per session",
        description: "What a visit is worth on average, before refunds.",
        formula: "revenue / sessions",
        unit: Unit::Money,
        better: Better::Up,
        definition: ratio(&REVENUE, &SESSIONS),
    },
    Metric {
        id: "spend",
        label: "Ad spend",
        description: "What advertising cost in the period, over all channels, as imported from the advertising \
                      platforms in the site's currency.",
        formula: "sum of ad spend in the site's currency",
        unit: Unit::Money,
        better: Better::None,
        definition: Definition::Base(&SPEND),
    },
    Metric {
        id: "impressions",
        label: "Impressions",
        description: "How often advertisements were shown, as the advertising platforms report it.",
        formula: "sum of impressions",
        unit: Unit::Count,
        better: Better::Up,
        definition: Definition::Base(&IMPRESSIONS),
    },
    Metric {
        id: "clicks",
        label: "Clicks",
        description: "Clicks on advertisements, as the advertising platforms report them; not all of them arrive as \
                      visits.",
        formula: "sum of clicks",
        unit: Unit::Count,
        better: Better::Up,
        definition: Definition::Base(&CLICKS),
    },
    Metric {
        id: "ctr",
        label: "Click-through rate",
        description: "The part of impressions that were clicked.",
        formula: "clicks / impressions",
        unit: Unit::Percent,
        better: Better::Up,
        definition: ratio(&CLICKS, &IMPRESSIONS),
    },
    Metric {
        id: "cpc",
        label: "Cost per click",
        description: "What a click on an advertisement costs on average.",
        formula: "spend / clicks",
        unit: Unit::Money,
        better: Better::Down,
        definition: ratio(&SPEND, &CLICKS),
    },
    Metric {
        id: "cpm",
        label: "Cost per 1,000 impressions",
        description: "What it costs to show advertisements a thousand times.",
        formula: "spend / impressions × 1,000",
        unit: Unit::Money,
        better: Better::Down,
        definition: Definition::Ratio { over: &SPEND, under: &IMPRESSIONS, times: 1_000.0 },
    },
    Metric {
        id: "cpa",
        label: "Cost per order",
        description: "Blended cost per acquisition: all ad spend over all orders, whether advertising brought them or \
                      not.",
        formula: "spend / orders",
        unit: Unit::Money,
        better: Better::Down,
        definition: ratio(&SPEND, &ORDERS),
    },
    Metric {
        id: "roas",
        label: "Return on ad spend",
        description: "Revenue per unit of ad spend, blended: all orders count, whether advertising brought them or \
                      not. The return of one channel under an attribution model stands in the attribution report.",
        formula: "revenue / spend",
        unit: Unit::Ratio,
        better: Better::Up,
        definition: ratio(&REVENUE, &SPEND),
    },
    Metric {
        id: "mer",
        label: "Marketing efficiency ratio",
        description: "Blended: all revenue per unit of all ad spend, so over the whole shop it equals the blended \
                      return on ad spend; higher is better. Some tools (Triple Whale among them) call the inverse, \
                      spend as a percentage of revenue, MER as well: here that is ACOS.",
        formula: "revenue / spend",
        unit: Unit::Ratio,
        better: Better::Up,
        definition: ratio(&REVENUE, &SPEND),
    },
    Metric {
        id: "acos",
        label: "Advertising cost of sales",
        description: "The part of revenue that went into advertising; the inverse of MER. Lower is better.",
        formula: "spend / revenue",
        unit: Unit::Percent,
        better: Better::Down,
        definition: ratio(&SPEND, &REVENUE),
    },
    Metric {
        id: "email_delivered",
        label: "E-mails delivered",
        description: "E-mails that arrived, as the sending platform reports them: the impressions of channel Email.",
        formula: "sum of impressions of channel Email",
        unit: Unit::Count,
        better: Better::Up,
        definition: Definition::Base(&EMAIL_DELIVERED),
    },
    Metric {
        id: "email_clicks",
        label: "E-mail clicks",
        description: "Clicks in e-mails, as the sending platform reports them.",
        formula: "sum of clicks of channel Email",
        unit: Unit::Count,
        better: Better::Up,
        definition: Definition::Base(&EMAIL_CLICKS),
    },
    Metric {
        id: "email_ctr",
        label: "E-mail click-through rate",
        description: "The part of delivered e-mails that were clicked: all clicks over all deliveries, not a mean of \
                      the campaigns' rates.",
        formula: "e-mail clicks / e-mails delivered",
        unit: Unit::Percent,
        better: Better::Up,
        definition: ratio(&EMAIL_CLICKS, &EMAIL_DELIVERED),
    },
];
