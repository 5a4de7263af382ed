//! The KPI queries: figures everybody asks for, whose SQL is made ahead, stored, and run with the days bound.
//!
//! Two decisions hold for all of them, and every definition says so:
//!
//! - **"The last 30 days"** are 30 whole days in the site's time zone, the last of them yesterday. Today is not over.
//! - **"From all campaigns"** means visits that came through a tagged campaign: the visit's campaign is not empty. An
//!   order belongs to the campaign of the visit it was made in.

use metrics::{Condition, Dialect, Dimension, MetricsError, Outline, Template, Test, Unit, catalog};

use crate::Window;

/// A figure that is asked for ahead.
#[derive(Debug, Clone, Copy)]
pub struct Kpi {
    /// Stable id.
    pub id: &'static str,
    /// What to call it.
    pub title: &'static str,
    /// The question it answers.
    pub question: &'static str,
    /// The metric of the catalog.
    pub metric: &'static str,
    /// Only visits and orders that came through a campaign.
    pub from_campaigns: bool,
    /// Which days.
    pub window: Window,
}

static KPIS: [Kpi; 16] = [
    Kpi {
        id: "revenue",
        title: "Revenue",
        question: "What is the total revenue for business in the last 30 days?",
        metric: "revenue",
        from_campaigns: false,
        window: Window::LAST_30_DAYS,
    },
    Kpi {
        id: "campaign_aov",
        title: "AOV from campaigns",
        question: "What is the average order value (AOV) from all campaigns for business in the 30 days before the last \
                   30 days?",
        metric: "aov",
        from_campaigns: true,
        window: Window::THE_30_DAYS_BEFORE,
    },
    Kpi {
        id: "campaign_conversion_rate",
        title: "Conversion rate from campaigns",
        question: "What is the average conversion rate from all campaigns for business in the last 30 days?",
        metric: "cvr",
        from_campaigns: true,
        window: Window::LAST_30_DAYS,
    },
    Kpi {
        id: "email_ctr",
        title: "E-mail CTR",
        question: "What is the average email click-through rate (CTR) from all email campaigns in the 30 days before \
                   the last 30 days?",
        metric: "email_ctr",
        from_campaigns: false,
        window: Window::THE_30_DAYS_BEFORE,
    },
    of_all("orders", "Orders", "How many orders were there in the last 30 days?", "orders"),
    of_all("aov", "Average order value", "What is the average order value in the last 30 days?", "aov"),
    of_all("conversion_rate", "Conversion rate", "What is the conversion rate in the last 30 days?", "cvr"),
    of_all("sessions", "Sessions", "How many sessions were there in the last 30 days?", "sessions"),
    of_all("net_revenue", "Net revenue", "What is the net revenue in the last 30 days?", "net_revenue"),
    of_all("new_customers", "New customers", "How many new customers were there in the last 30 days?", "new_customers"),
    of_all("spend", "Ad spend", "What is the ad spend in the last 30 days?", "spend"),
    of_all("roas", "Return on ad spend", "What is the ROAS in the last 30 days?", "roas"),
    of_all("cpa", "Cost per order", "What is the cost per order in the last 30 days?", "cpa"),
    of_all("ctr", "Click-through rate", "What is the CTR in the last 30 days?", "ctr"),
    Kpi {
        id: "campaign_revenue",
        title: "Revenue from campaigns",
        question: "What is the revenue from all campaigns in the last 30 days?",
        metric: "revenue",
        from_campaigns: true,
        window: Window::LAST_30_DAYS,
    },
    Kpi {
        id: "revenue_yesterday",
        title: "Revenue yesterday",
        question: "What was the revenue yesterday?",
        metric: "revenue",
        from_campaigns: false,
        window: Window::Days { days: 1, back: 1 },
    },
];

const fn of_all(id: &'static str, title: &'static str, question: &'static str, metric: &'static str) -> Kpi {
    Kpi { id, title, question, metric, from_campaigns: false, window: Window::LAST_30_DAYS }
}

/// All KPIs, in the order people should see them.
#[must_use]
pub fn all() -> &'static [Kpi] {
    &KPIS
}

impl Kpi {
    /// What it counts.
    ///
    /// # Errors
    /// [`MetricsError::UnknownMetric`] when the catalog lost its metric.
    pub fn unit(&self) -> Result<Unit, MetricsError> {
        Ok(catalog::metric(self.metric)?.unit)
    }

    /// What it says, in words: the metric, which rows count, which days.
    ///
    /// # Errors
    /// As [`Self::unit`].
    pub fn definition(&self) -> Result<String, MetricsError> {
        let metric = catalog::metric(self.metric)?;
        let campaigns =
            if self.from_campaigns { " Only visits with a campaign count, and the orders made in them." } else { "" };
        let window = match self.window {
            Window::Days { days: 1, .. } => "The day is the site's.".to_owned(),
            Window::Days { days, back } => format!(
                "{days} whole days in the site's time zone, the last of them {}.",
                if back == 1 { "yesterday".to_owned() } else { format!("{back} days ago") }
            ),
            _ => String::new(),
        };
        Ok(format!("{}: {}.{campaigns} {window}", metric.label, metric.formula))
    }

    /// Its SQL: one row with the columns `<metric>` and `<metric>_previous`.
    ///
    /// # Errors
    /// As [`Self::unit`].
    pub fn template(&self, dialect: Dialect) -> Result<Template, MetricsError> {
        let mut outline = Outline::new(vec![catalog::metric(self.metric)?]);
        outline.previous = true;
        if self.from_campaigns {
            outline.conditions = vec![Condition { dimension: Dimension::Campaign, test: Test::Given }];
        }
        Template::new(&outline, dialect)
    }
}
