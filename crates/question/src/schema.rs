//! The logical schema: what free SQL may name. Each table is a projection of a stored one, narrowed to one tenant and
//! site, machines left out; nothing that is not listed here can be read.
//!
//! `{tenant}`, `{site}` and `{currency}` stand for bound parameters.

use metrics::{Dialect, Unit};

/// A column free SQL may name.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub description: &'static str,
    /// What it counts, for columns that count something.
    pub unit: Option<Unit>,
    d1: &'static str,
    clickhouse: &'static str,
}

/// A table free SQL may name.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// One row is what.
    pub description: &'static str,
    /// Its columns.
    pub columns: &'static [Column],
    d1: &'static str,
    /// `None` where only D1 keeps it.
    clickhouse: Option<&'static str>,
    condition: &'static str,
}

const fn text(name: &'static str, sql: &'static str, description: &'static str) -> Column {
    Column { name, description, unit: None, d1: sql, clickhouse: sql }
}
const fn count(name: &'static str, sql: &'static str, description: &'static str) -> Column {
    Column { name, description, unit: Some(Unit::Count), d1: sql, clickhouse: sql }
}
const fn money(name: &'static str, sql: &'static str, description: &'static str) -> Column {
    Column { name, description, unit: Some(Unit::Money), d1: sql, clickhouse: sql }
}

const T: Column = text("t", "t.t", "when, UTC milliseconds");
const DAY: Column = Column {
    name: "day",
    description: "the day in the site's time zone, text YYYY-MM-DD",
    unit: None,
    d1: "date(t.local_hour * 3600, 'unixepoch')",
    clickhouse: "toString(toDate32(intDiv(t.local_hour, 24)))",
};
const MONTH: Column = Column {
    name: "month",
    description: "the month in the site's time zone, text YYYY-MM",
    unit: None,
    d1: "strftime('%Y-%m', t.local_hour * 3600, 'unixepoch')",
    clickhouse: "substring(toString(toDate32(intDiv(t.local_hour, 24))), 1, 7)",
};
const HOUR: Column = text("hour", "t.local_hour % 24", "the hour of the day in the site's time zone, 0 to 23");
const WEEKDAY: Column = Column {
    name: "weekday",
    description: "the day of the week in the site's time zone, 1 is Monday and 7 is Sunday",
    unit: None,
    d1: "(t.local_hour / 24 + 3) % 7 + 1",
    clickhouse: "(intDiv(t.local_hour, 24) + 3) % 7 + 1",
};
const DAY_OF_DAY: Column = Column {
    name: "day",
    description: "the day in the site's time zone, text YYYY-MM-DD",
    unit: None,
    d1: "date(t.local_day * 86400, 'unixepoch')",
    clickhouse: "toString(toDate32(t.local_day))",
};
const MONTH_OF_DAY: Column = Column {
    name: "month",
    description: "the month in the site's time zone, text YYYY-MM",
    unit: None,
    d1: "strftime('%Y-%m', t.local_day * 86400, 'unixepoch')",
    clickhouse: "substring(toString(toDate32(t.local_day)), 1, 7)",
};
const VISITOR: Column = text("visitor", "t.visitor", "the browser or known customer");
const SESSION: Column = text("session_id", "t.session_id", "the visit");
const CHANNEL: Column = text("channel", "t.channel", "channel group, such as 'Email' or 'Paid Search'");
const SOURCE: Column = text("source", "t.source", "normalised source, such as 'google'");
const MEDIUM: Column = text("medium", "t.medium", "normalised medium, such as 'cpc'");
const CAMPAIGN: Column = text("campaign", "t.campaign", "campaign, '' for none");
const COUNTRY: Column = text("country", "t.country", "ISO 3166-1 alpha-2");
const DEVICE: Column = text("device", "t.device", "desktop, mobile, tablet, …");
const BROWSER: Column = text("browser", "t.browser", "browser family");
const OS: Column = text("os", "t.os", "operating system family");
const CURRENCY: Column = text("currency", "t.currency", "ISO 4217");

/// Everything free SQL may name.
pub const TABLES: &[Table] = &[
    Table {
        name: "events",
        description: "everything that was tracked, one row an event",
        columns: &[
            text("id", "t.id", "the event"),
            text("event", "t.event", "its name: pageview, purchase, refund, …"),
            T,
            DAY,
            MONTH,
            HOUR,
            WEEKDAY,
            VISITOR,
            SESSION,
            text("host", "t.host", "host of the page"),
            text("path", "t.path", "path of the page"),
            CHANNEL,
            SOURCE,
            MEDIUM,
            CAMPAIGN,
            text("term", "t.term", "utm_term"),
            text("content", "t.content", "utm_content"),
            money("value_minor", "t.value_minor", "value in minor units of `currency`"),
            CURRENCY,
            text("order_id", "t.order_id", "the order, '' for none"),
            COUNTRY,
            text("region", "t.region", "region"),
            DEVICE,
            BROWSER,
            OS,
        ],
        d1: "events t",
        clickhouse: Some("events_current t"),
        condition: " AND t.bot = 0",
    },
    Table {
        name: "sessions",
        description: "visits, one row each, with the channel they came through",
        columns: &[
            text("id", "t.id", "the visit"),
            VISITOR,
            text("started_at", "t.started_at", "UTC milliseconds"),
            text("ended_at", "t.ended_at", "UTC milliseconds"),
            DAY,
            MONTH,
            HOUR,
            WEEKDAY,
            count("events", "t.events", "events of the visit"),
            count("pageviews", "t.pageviews", "page views of the visit"),
            count("orders", "t.orders", "orders of the visit"),
            text("entry_path", "t.entry_path", "first page"),
            text("exit_path", "t.exit_path", "last page"),
            CHANNEL,
            SOURCE,
            MEDIUM,
            CAMPAIGN,
            COUNTRY,
            DEVICE,
            BROWSER,
            OS,
        ],
        d1: "sessions t",
        clickhouse: Some("sessions t"),
        condition: " AND t.bot = 0",
    },
    Table {
        name: "orders",
        description: "purchases, one row an order, with the channel, country and device of the visit they were made in",
        columns: &[
            text("id", "t.id", "the purchase event"),
            text("order_id", "t.order_id", "the shop's number of the order, '' for none"),
            VISITOR,
            SESSION,
            T,
            DAY,
            MONTH,
            HOUR,
            WEEKDAY,
            money(
                "revenue",
                "CASE WHEN t.currency = {currency} THEN t.value_minor ELSE 0 END",
                "value in minor units of the site's currency; 0 for orders in another one",
            ),
            money("value_minor", "t.value_minor", "value in minor units of `currency`"),
            CURRENCY,
            text("channel", "COALESCE(s.channel, '')", "channel group of the visit"),
            text("source", "COALESCE(s.source, '')", "source of the visit"),
            text("medium", "COALESCE(s.medium, '')", "medium of the visit"),
            text("campaign", "COALESCE(s.campaign, '')", "campaign of the visit, '' for none"),
            text("country", "COALESCE(s.country, '')", "country of the visit"),
            text("device", "COALESCE(s.device, '')", "device class of the visit"),
        ],
        d1: "orders t LEFT JOIN sessions s ON s.tenant_id = {tenant} AND s.site = {site} AND s.id = t.session_id",
        clickhouse: Some(
            "orders t LEFT JOIN (SELECT id, channel, source, medium, campaign, country, device FROM sessions \
             WHERE tenant_id = {tenant} AND site = {site}) s ON s.id = t.session_id",
        ),
        condition: " AND t.bot = 0",
    },
    Table {
        name: "touchpoints",
        description: "contacts with a channel, one row each; attribution shares credit among them",
        columns: &[
            text("id", "t.id", "the event"),
            VISITOR,
            SESSION,
            T,
            DAY,
            MONTH,
            text("touch_number", "t.touch_number", "1-based among the visitor's touchpoints"),
            CHANNEL,
            SOURCE,
            MEDIUM,
            CAMPAIGN,
            text("term", "t.term", "utm_term"),
            text("content", "t.content", "utm_content"),
        ],
        d1: "touchpoints t",
        clickhouse: Some("touchpoints t"),
        condition: " AND t.bot = 0",
    },
    Table {
        name: "attributions",
        description: "what the default attribution model credits each touchpoint of an order with, at the site's \
                      look-back; an order that nothing led to has one row without a touchpoint",
        columns: &[
            text("order_event", "t.order_event", "orders.id"),
            text("order_id", "t.order_id", "the shop's number of the order, '' for none"),
            text("touchpoint", "t.touch_event", "touchpoints.id, '' where none led to the order"),
            text("visitor", "t.visitor", "who ordered: the browser or known customer"),
            text("session_id", "t.session_id", "the visit of the touchpoint"),
            text("t", "t.t", "when it was ordered, UTC milliseconds"),
            DAY,
            MONTH,
            HOUR,
            WEEKDAY,
            CHANNEL,
            SOURCE,
            MEDIUM,
            CAMPAIGN,
            text("model", "t.model", "the attribution model"),
            text("window_days", "t.window_days", "days looked back"),
            text("share", "t.share", "part of the order, 0 to 1; an order's shares sum to 1"),
            money("value", "t.value_minor", "part of the order's value in minor units of `currency`"),
            CURRENCY,
        ],
        d1: "attributions t",
        clickhouse: None,
        condition: "",
    },
    Table {
        name: "ad_spend",
        description: "what advertising and mailing platforms report, one row a day and campaign; for channel Email \
                      impressions are deliveries",
        columns: &[
            DAY_OF_DAY,
            MONTH_OF_DAY,
            CHANNEL,
            SOURCE,
            MEDIUM,
            CAMPAIGN,
            count("impressions", "t.impressions", "impressions; for e-mail deliveries"),
            count("clicks", "t.clicks", "clicks"),
            money(
                "spend",
                "CASE WHEN t.currency = {currency} THEN t.spend_minor ELSE 0 END",
                "cost in minor units of the site's currency; 0 for rows in another one",
            ),
            CURRENCY,
        ],
        d1: "ad_spend t",
        clickhouse: Some("ad_spend_current t"),
        condition: "",
    },
    Table {
        name: "campaigns",
        description: "campaigns planned here",
        columns: &[
            text("id", "t.id", "the campaign"),
            text("name", "t.name", "its name"),
            text("objective", "t.objective", "its objective"),
            text("status", "t.status", "draft, in_review, approved, scheduled, publishing, live, paused, ended, …"),
            CURRENCY,
            money("budget_daily", "t.budget_daily", "minor units of `currency`"),
            money("budget_total", "t.budget_total", "minor units of `currency`, NULL for none"),
            text("start_at", "t.start_at", "UTC milliseconds"),
            text("end_at", "t.end_at", "UTC milliseconds"),
            text("utm_campaign", "t.utm_campaign", "the value of `campaign` in the other tables"),
            text("created_at", "t.created_at", "UTC milliseconds"),
        ],
        d1: "campaigns t",
        clickhouse: None,
        condition: "",
    },
    Table {
        name: "channel_insights",
        description: "what connected accounts report, one row a day and thing of a level: campaign, ad_set or ad. The \
                      levels repeat each other: always choose one",
        columns: &[
            text("channel_id", "t.channel_id", "the connected account"),
            DAY_OF_DAY,
            MONTH_OF_DAY,
            text("level", "t.level", "campaign, ad_set or ad"),
            text("name", "t.name", "the thing's name there"),
            text("campaign_id", "t.campaign_id", "campaigns.id, '' for what was not made here"),
            count("impressions", "t.impressions", "impressions; for e-mail deliveries"),
            count("clicks", "t.clicks", "clicks"),
            count("opens", "t.opens", "opens, for e-mail"),
            text("spend_micros", "t.spend_micros", "cost in millionths of a unit of `currency`"),
            CURRENCY,
            text("conversions", "t.conversions", "conversions as the platform claims them"),
            text("conversion_value_micros", "t.conversion_value_micros", "millionths of a unit of `currency`"),
        ],
        d1: "channel_insights t",
        clickhouse: None,
        condition: "",
    },
    Table {
        name: "shop_orders",
        description: "orders as the shop's export says",
        columns: &[
            text("name", "t.name", "the order's name, such as #1001"),
            text("customer", "t.customer_hash", "the customer, pseudonymous, '' for none"),
            text("financial_status", "t.financial_status", "paid, refunded, …"),
            text("fulfillment_status", "t.fulfillment_status", "fulfilled, …"),
            CURRENCY,
            money("subtotal", "t.subtotal", "minor units of `currency`"),
            money("shipping", "t.shipping", "minor units of `currency`"),
            money("taxes", "t.taxes", "minor units of `currency`"),
            money("total", "t.total", "minor units of `currency`"),
            money("discount", "t.discount", "minor units of `currency`"),
            money("refunded", "t.refunded", "minor units of `currency`"),
            text("discount_code", "t.discount_code", "discount code, '' for none"),
            DAY_OF_DAY,
            MONTH_OF_DAY,
            text("created_at", "t.created_at", "UTC milliseconds"),
            COUNTRY,
            text("utm_source", "t.utm_source", "utm_source, '' for none"),
            text("utm_medium", "t.utm_medium", "utm_medium, '' for none"),
            text("utm_campaign", "t.utm_campaign", "utm_campaign, '' for none"),
        ],
        d1: "shop_orders t",
        clickhouse: None,
        condition: "",
    },
    Table {
        name: "shop_order_lines",
        description: "lines of the shop's orders",
        columns: &[
            text("order_name", "t.order_name", "shop_orders.name"),
            text("line", "t.line", "1-based within the order"),
            text("product", "t.product", "product as named on the order"),
            text("sku", "t.sku", "stock-keeping unit"),
            count("quantity", "t.quantity", "pieces"),
            money("price", "t.price", "minor units a piece"),
            money("discount", "t.discount", "minor units"),
        ],
        d1: "shop_order_lines t",
        clickhouse: None,
        condition: "",
    },
    Table {
        name: "shop_products",
        description: "the shop's products",
        columns: &[
            text("handle", "t.handle", "the product"),
            text("title", "t.title", "its name"),
            text("vendor", "t.vendor", "vendor"),
            text("category", "t.category", "category"),
            text("status", "t.status", "active, draft, archived"),
        ],
        d1: "shop_products t",
        clickhouse: None,
        condition: "",
    },
    Table {
        name: "shop_variants",
        description: "variants of the shop's products, with stock",
        columns: &[
            text("handle", "t.handle", "shop_products.handle"),
            text("position", "t.position", "1-based within the product"),
            text("sku", "t.sku", "stock-keeping unit"),
            money("price", "t.price", "minor units of the site's currency"),
            money("compare_at_price", "t.compare_at_price", "minor units"),
            money("cost", "t.cost", "minor units"),
            count("stock", "t.stock", "pieces in stock, NULL where not tracked"),
        ],
        d1: "shop_variants t",
        clickhouse: None,
        condition: "",
    },
    Table {
        name: "shop_customers",
        description: "the shop's customers, pseudonymous",
        columns: &[
            text("customer", "t.email_hash", "shop_orders.customer"),
            COUNTRY,
            text("region", "t.region", "region"),
            text("city", "t.city", "city"),
            text("accepts_email", "t.accepts_email", "1 or 0"),
            text("accepts_sms", "t.accepts_sms", "1 or 0"),
            count("orders", "t.orders", "orders as the export says"),
            money("spent", "t.spent", "minor units, as the export says"),
        ],
        d1: "shop_customers t",
        clickhouse: None,
        condition: "",
    },
];

/// The table of a name, letter case ignored.
#[must_use]
pub fn table(name: &str) -> Option<&'static Table> {
    TABLES.iter().find(|table| table.name.eq_ignore_ascii_case(name))
}

impl Table {
    /// The column of a name, letter case ignored.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))
    }

    /// Whether an engine keeps it.
    #[must_use]
    pub fn is_in(&self, dialect: Dialect) -> bool {
        dialect == Dialect::D1 || self.clickhouse.is_some()
    }

    /// Whether it speaks of the site's currency.
    pub(crate) fn has_currency(&self) -> bool {
        self.columns.iter().any(|column| column.d1.contains("{currency}"))
    }

    /// The rows of one tenant and site, as a subquery in parentheses.
    pub(crate) fn relation(&self, dialect: Dialect) -> String {
        let columns: Vec<String> = self
            .columns
            .iter()
            .map(|column| {
                let sql = if dialect == Dialect::D1 { column.d1 } else { column.clickhouse };
                format!("{sql} AS {}", column.name)
            })
            .collect();
        let from = match dialect {
            Dialect::D1 => self.d1,
            Dialect::ClickHouse => self.clickhouse.unwrap_or(self.d1),
        };
        let sql = format!(
            "(SELECT {} FROM {from} WHERE t.tenant_id = {{tenant}} AND t.site = {{site}}{})",
            columns.join(", "),
            self.condition
        );
        let [tenant, site, currency] = match dialect {
            Dialect::D1 => ["?1", "?2", "?3"],
            Dialect::ClickHouse => ["{p1:String}", "{p2:String}", "{p3:String}"],
        };
        sql.replace("{tenant}", tenant).replace("{site}", site).replace("{currency}", currency)
    }
}
