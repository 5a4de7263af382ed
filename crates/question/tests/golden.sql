-- What is the total revenue for business in the last 30 days?
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
) g;

-- What is the average order value (AOV) from all campaigns for business in the 30 days before the last 30 days?
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT g.m_revenue * 1.0 / NULLIF(g.m_orders, 0) AS aov
FROM (
SELECT SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue, COUNT(*) AS m_orders
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0 AND COALESCE(s.campaign, '') <> ''
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT g.m_revenue * 1.0 / NULLIF(g.m_orders, 0) AS aov
FROM (
SELECT SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue, COUNT(*) AS m_orders
FROM orders f
LEFT JOIN (SELECT id, campaign FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0 AND COALESCE(s.campaign, '') <> ''
) g;

-- What is the average conversion rate from all campaigns for business in the last 30 days?
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT g.w0_orders * 1.0 / NULLIF(g.w0_sessions, 0) AS cvr
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_orders ELSE 0 END) AS w0_orders, SUM(CASE WHEN a.w = 0 THEN a.m_sessions ELSE 0 END) AS w0_sessions
FROM (
SELECT 0 AS w, 0 AS m_orders, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0 AND f.campaign <> ''
UNION ALL
SELECT 0 AS w, COUNT(*) AS m_orders, 0 AS m_sessions
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0 AND COALESCE(s.campaign, '') <> ''
) a
) g;
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT g.w0_orders * 1.0 / NULLIF(g.w0_sessions, 0) AS cvr
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_orders ELSE 0 END) AS w0_orders, SUM(CASE WHEN a.w = 0 THEN a.m_sessions ELSE 0 END) AS w0_sessions
FROM (
SELECT 0 AS w, 0 AS m_orders, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0 AND f.campaign <> ''
UNION ALL
SELECT 0 AS w, COUNT(*) AS m_orders, 0 AS m_sessions
FROM orders f
LEFT JOIN (SELECT id, campaign FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0 AND COALESCE(s.campaign, '') <> ''
) a
) g;

-- What is the average email click-through rate (CTR) from all email campaigns in the 30 days before the last 30 days?
-- ["tenant","site",{"first_day":0},{"end_day":0}]
SELECT g.m_email_clicks * 1.0 / NULLIF(g.m_email_delivered, 0) AS email_ctr
FROM (
SELECT SUM(CASE WHEN f.channel = 'Email' THEN f.clicks ELSE 0 END) AS m_email_clicks, SUM(CASE WHEN f.channel = 'Email' THEN f.impressions ELSE 0 END) AS m_email_delivered
FROM ad_spend f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_day >= ?3 AND f.local_day < ?4
) g;
-- ["tenant","site",{"first_day":0},{"end_day":0}]
SELECT g.m_email_clicks * 1.0 / NULLIF(g.m_email_delivered, 0) AS email_ctr
FROM (
SELECT SUM(CASE WHEN f.channel = 'Email' THEN f.clicks ELSE 0 END) AS m_email_clicks, SUM(CASE WHEN f.channel = 'Email' THEN f.impressions ELSE 0 END) AS m_email_delivered
FROM ad_spend_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_day >= {p3:Int64} AND f.local_day < {p4:Int64}
) g;

-- revenue
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
) g;

-- Revenue today
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
) g;

-- How much did we make yesterday?
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
) g;

-- How many orders did we get last week?
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_orders, 0) AS orders
FROM (
SELECT COUNT(*) AS m_orders
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
) g;
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_orders, 0) AS orders
FROM (
SELECT COUNT(*) AS m_orders
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
) g;

-- How many orders are there this month?
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_orders, 0) AS orders
FROM (
SELECT COUNT(*) AS m_orders
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
) g;
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_orders, 0) AS orders
FROM (
SELECT COUNT(*) AS m_orders
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
) g;

-- net revenue last month
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.w0_revenue, 0) - COALESCE(g.w0_refunds, 0) AS net_revenue
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 0 THEN a.m_refunds ELSE 0 END) AS w0_refunds
FROM (
SELECT 0 AS w, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue, 0 AS m_refunds
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
UNION ALL
SELECT 0 AS w, 0 AS m_revenue, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_refunds
FROM events f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0 AND f.event = 'refund'
) a
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.w0_revenue, 0) - COALESCE(g.w0_refunds, 0) AS net_revenue
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 0 THEN a.m_refunds ELSE 0 END) AS w0_refunds
FROM (
SELECT 0 AS w, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue, 0 AS m_refunds
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
UNION ALL
SELECT 0 AS w, 0 AS m_revenue, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_refunds
FROM events_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0 AND f.event = 'refund'
) a
) g;

-- refunds this quarter
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_refunds, 0) AS refunds
FROM (
SELECT SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_refunds
FROM events f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0 AND f.event = 'refund'
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_refunds, 0) AS refunds
FROM (
SELECT SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_refunds
FROM events_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0 AND f.event = 'refund'
) g;

-- sessions this year
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_sessions, 0) AS sessions
FROM (
SELECT COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
) g;
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_sessions, 0) AS sessions
FROM (
SELECT COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
) g;

-- visitors last year
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_visitors, 0) AS visitors
FROM (
SELECT COUNT(DISTINCT f.visitor) AS m_visitors
FROM sessions f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
) g;
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_visitors, 0) AS visitors
FROM (
SELECT COUNT(DISTINCT f.visitor) AS m_visitors
FROM sessions f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
) g;

-- customers last 7 days
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_customers, 0) AS customers
FROM (
SELECT COUNT(DISTINCT f.visitor) AS m_customers
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
) g;
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_customers, 0) AS customers
FROM (
SELECT COUNT(DISTINCT f.visitor) AS m_customers
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
) g;

-- new customers last 90 days
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_new_customers, 0) AS new_customers
FROM (
SELECT COUNT(*) AS m_new_customers
FROM (SELECT o.tenant_id AS tenant_id, o.site AS site, o.visitor AS visitor, MIN(o.local_hour) AS local_hour, MAX(o.bot) AS bot FROM orders o GROUP BY o.tenant_id, o.site, o.visitor) f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
) g;
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_new_customers, 0) AS new_customers
FROM (
SELECT COUNT(*) AS m_new_customers
FROM (SELECT o.tenant_id AS tenant_id, o.site AS site, o.visitor AS visitor, MIN(o.local_hour) AS local_hour, MAX(o.bot) AS bot FROM orders o GROUP BY o.tenant_id, o.site, o.visitor) f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
) g;

-- returning customers in the last 3 months
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.w0_customers, 0) - COALESCE(g.w0_new_customers, 0) AS returning_customers
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_customers ELSE 0 END) AS w0_customers, SUM(CASE WHEN a.w = 0 THEN a.m_new_customers ELSE 0 END) AS w0_new_customers
FROM (
SELECT 0 AS w, COUNT(DISTINCT f.visitor) AS m_customers, 0 AS m_new_customers
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
UNION ALL
SELECT 0 AS w, 0 AS m_customers, COUNT(*) AS m_new_customers
FROM (SELECT o.tenant_id AS tenant_id, o.site AS site, o.visitor AS visitor, MIN(o.local_hour) AS local_hour, MAX(o.bot) AS bot FROM orders o GROUP BY o.tenant_id, o.site, o.visitor) f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
) a
) g;
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.w0_customers, 0) - COALESCE(g.w0_new_customers, 0) AS returning_customers
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_customers ELSE 0 END) AS w0_customers, SUM(CASE WHEN a.w = 0 THEN a.m_new_customers ELSE 0 END) AS w0_new_customers
FROM (
SELECT 0 AS w, COUNT(DISTINCT f.visitor) AS m_customers, 0 AS m_new_customers
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
UNION ALL
SELECT 0 AS w, 0 AS m_customers, COUNT(*) AS m_new_customers
FROM (SELECT o.tenant_id AS tenant_id, o.site AS site, o.visitor AS visitor, MIN(o.local_hour) AS local_hour, MAX(o.bot) AS bot FROM orders o GROUP BY o.tenant_id, o.site, o.visitor) f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
) a
) g;

-- page views past 14 days
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_pageviews, 0) AS pageviews
FROM (
SELECT SUM(f.pageviews) AS m_pageviews
FROM sessions f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
) g;
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_pageviews, 0) AS pageviews
FROM (
SELECT SUM(f.pageviews) AS m_pageviews
FROM sessions f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
) g;

-- bounce rate last 30 days
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT g.m_bounces * 1.0 / NULLIF(g.m_sessions, 0) AS bounce_rate
FROM (
SELECT SUM(CASE WHEN f.pageviews = 1 AND f.orders = 0 THEN 1 ELSE 0 END) AS m_bounces, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
) g;
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT g.m_bounces * 1.0 / NULLIF(g.m_sessions, 0) AS bounce_rate
FROM (
SELECT SUM(CASE WHEN f.pageviews = 1 AND f.orders = 0 THEN 1 ELSE 0 END) AS m_bounces, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
) g;

-- pages per session last week
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT g.m_pageviews * 1.0 / NULLIF(g.m_sessions, 0) AS pages_per_session
FROM (
SELECT SUM(f.pageviews) AS m_pageviews, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
) g;
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT g.m_pageviews * 1.0 / NULLIF(g.m_sessions, 0) AS pages_per_session
FROM (
SELECT SUM(f.pageviews) AS m_pageviews, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
) g;

-- conversion rate yesterday
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT g.w0_orders * 1.0 / NULLIF(g.w0_sessions, 0) AS cvr
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_orders ELSE 0 END) AS w0_orders, SUM(CASE WHEN a.w = 0 THEN a.m_sessions ELSE 0 END) AS w0_sessions
FROM (
SELECT 0 AS w, 0 AS m_orders, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
UNION ALL
SELECT 0 AS w, COUNT(*) AS m_orders, 0 AS m_sessions
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
) a
) g;
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT g.w0_orders * 1.0 / NULLIF(g.w0_sessions, 0) AS cvr
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_orders ELSE 0 END) AS w0_orders, SUM(CASE WHEN a.w = 0 THEN a.m_sessions ELSE 0 END) AS w0_sessions
FROM (
SELECT 0 AS w, 0 AS m_orders, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
UNION ALL
SELECT 0 AS w, COUNT(*) AS m_orders, 0 AS m_sessions
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
) a
) g;

-- revenue per session last month
-- ["tenant","site",{"first_hour":0},{"end_hour":0},"currency"]
SELECT g.w0_revenue * 1.0 / NULLIF(g.w0_sessions, 0) AS revenue_per_session
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 0 THEN a.m_sessions ELSE 0 END) AS w0_sessions
FROM (
SELECT 0 AS w, 0 AS m_revenue, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
UNION ALL
SELECT 0 AS w, SUM(CASE WHEN f.currency = ?5 THEN f.value_minor ELSE 0 END) AS m_revenue, 0 AS m_sessions
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
) a
) g;
-- ["tenant","site",{"first_hour":0},{"end_hour":0},"currency"]
SELECT g.w0_revenue * 1.0 / NULLIF(g.w0_sessions, 0) AS revenue_per_session
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 0 THEN a.m_sessions ELSE 0 END) AS w0_sessions
FROM (
SELECT 0 AS w, 0 AS m_revenue, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
UNION ALL
SELECT 0 AS w, SUM(CASE WHEN f.currency = {p5:String} THEN f.value_minor ELSE 0 END) AS m_revenue, 0 AS m_sessions
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
) a
) g;

-- ad spend last 7 days
-- ["tenant","site","currency",{"first_day":0},{"end_day":0}]
SELECT COALESCE(g.m_spend, 0) AS spend
FROM (
SELECT SUM(CASE WHEN f.currency = ?3 THEN f.spend_minor ELSE 0 END) AS m_spend
FROM ad_spend f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_day >= ?4 AND f.local_day < ?5
) g;
-- ["tenant","site","currency",{"first_day":0},{"end_day":0}]
SELECT COALESCE(g.m_spend, 0) AS spend
FROM (
SELECT SUM(CASE WHEN f.currency = {p3:String} THEN f.spend_minor ELSE 0 END) AS m_spend
FROM ad_spend_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_day >= {p4:Int64} AND f.local_day < {p5:Int64}
) g;

-- What did we spend on Google last month?
-- ["tenant","site","currency",{"first_day":0},{"end_day":0},{"text":"google"}]
SELECT COALESCE(g.m_spend, 0) AS spend
FROM (
SELECT SUM(CASE WHEN f.currency = ?3 THEN f.spend_minor ELSE 0 END) AS m_spend
FROM ad_spend f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_day >= ?4 AND f.local_day < ?5 AND LOWER(f.source) IN (?6)
) g;
-- ["tenant","site","currency",{"first_day":0},{"end_day":0},{"text":"google"}]
SELECT COALESCE(g.m_spend, 0) AS spend
FROM (
SELECT SUM(CASE WHEN f.currency = {p3:String} THEN f.spend_minor ELSE 0 END) AS m_spend
FROM ad_spend_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_day >= {p4:Int64} AND f.local_day < {p5:Int64} AND LOWER(f.source) IN ({p6:String})
) g;

-- How much did we spend on Facebook ads this month?
-- ["tenant","site","currency",{"first_day":0},{"end_day":0},{"text":"facebook"}]
SELECT COALESCE(g.m_spend, 0) AS spend
FROM (
SELECT SUM(CASE WHEN f.currency = ?3 THEN f.spend_minor ELSE 0 END) AS m_spend
FROM ad_spend f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_day >= ?4 AND f.local_day < ?5 AND LOWER(f.source) IN (?6)
) g;
-- ["tenant","site","currency",{"first_day":0},{"end_day":0},{"text":"facebook"}]
SELECT COALESCE(g.m_spend, 0) AS spend
FROM (
SELECT SUM(CASE WHEN f.currency = {p3:String} THEN f.spend_minor ELSE 0 END) AS m_spend
FROM ad_spend_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_day >= {p4:Int64} AND f.local_day < {p5:Int64} AND LOWER(f.source) IN ({p6:String})
) g;

-- impressions last 7 days
-- ["tenant","site",{"first_day":0},{"end_day":0}]
SELECT COALESCE(g.m_impressions, 0) AS impressions
FROM (
SELECT SUM(f.impressions) AS m_impressions
FROM ad_spend f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_day >= ?3 AND f.local_day < ?4
) g;
-- ["tenant","site",{"first_day":0},{"end_day":0}]
SELECT COALESCE(g.m_impressions, 0) AS impressions
FROM (
SELECT SUM(f.impressions) AS m_impressions
FROM ad_spend_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_day >= {p3:Int64} AND f.local_day < {p4:Int64}
) g;

-- clicks in the past two weeks
-- ["tenant","site",{"first_day":0},{"end_day":0}]
SELECT COALESCE(g.m_clicks, 0) AS clicks
FROM (
SELECT SUM(f.clicks) AS m_clicks
FROM ad_spend f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_day >= ?3 AND f.local_day < ?4
) g;
-- ["tenant","site",{"first_day":0},{"end_day":0}]
SELECT COALESCE(g.m_clicks, 0) AS clicks
FROM (
SELECT SUM(f.clicks) AS m_clicks
FROM ad_spend_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_day >= {p3:Int64} AND f.local_day < {p4:Int64}
) g;

-- CTR last 30 days
-- ["tenant","site",{"first_day":0},{"end_day":0}]
SELECT g.m_clicks * 1.0 / NULLIF(g.m_impressions, 0) AS ctr
FROM (
SELECT SUM(f.clicks) AS m_clicks, SUM(f.impressions) AS m_impressions
FROM ad_spend f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_day >= ?3 AND f.local_day < ?4
) g;
-- ["tenant","site",{"first_day":0},{"end_day":0}]
SELECT g.m_clicks * 1.0 / NULLIF(g.m_impressions, 0) AS ctr
FROM (
SELECT SUM(f.clicks) AS m_clicks, SUM(f.impressions) AS m_impressions
FROM ad_spend_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_day >= {p3:Int64} AND f.local_day < {p4:Int64}
) g;

-- CPC this week
-- ["tenant","site","currency",{"first_day":0},{"end_day":0}]
SELECT g.m_spend * 1.0 / NULLIF(g.m_clicks, 0) AS cpc
FROM (
SELECT SUM(CASE WHEN f.currency = ?3 THEN f.spend_minor ELSE 0 END) AS m_spend, SUM(f.clicks) AS m_clicks
FROM ad_spend f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_day >= ?4 AND f.local_day < ?5
) g;
-- ["tenant","site","currency",{"first_day":0},{"end_day":0}]
SELECT g.m_spend * 1.0 / NULLIF(g.m_clicks, 0) AS cpc
FROM (
SELECT SUM(CASE WHEN f.currency = {p3:String} THEN f.spend_minor ELSE 0 END) AS m_spend, SUM(f.clicks) AS m_clicks
FROM ad_spend_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_day >= {p4:Int64} AND f.local_day < {p5:Int64}
) g;

-- cpm last month
-- ["tenant","site","currency",{"first_day":0},{"end_day":0}]
SELECT g.m_spend * 1.0 / NULLIF(g.m_impressions, 0) * 1000.0 AS cpm
FROM (
SELECT SUM(CASE WHEN f.currency = ?3 THEN f.spend_minor ELSE 0 END) AS m_spend, SUM(f.impressions) AS m_impressions
FROM ad_spend f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_day >= ?4 AND f.local_day < ?5
) g;
-- ["tenant","site","currency",{"first_day":0},{"end_day":0}]
SELECT g.m_spend * 1.0 / NULLIF(g.m_impressions, 0) * 1000.0 AS cpm
FROM (
SELECT SUM(CASE WHEN f.currency = {p3:String} THEN f.spend_minor ELSE 0 END) AS m_spend, SUM(f.impressions) AS m_impressions
FROM ad_spend_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_day >= {p4:Int64} AND f.local_day < {p5:Int64}
) g;

-- cost per acquisition last 30 days
-- ["tenant","site",{"first_hour":0},{"end_hour":0},"currency",{"first_day":0},{"end_day":0}]
SELECT g.w0_spend * 1.0 / NULLIF(g.w0_orders, 0) AS cpa
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_spend ELSE 0 END) AS w0_spend, SUM(CASE WHEN a.w = 0 THEN a.m_orders ELSE 0 END) AS w0_orders
FROM (
SELECT 0 AS w, 0 AS m_spend, COUNT(*) AS m_orders
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
UNION ALL
SELECT 0 AS w, SUM(CASE WHEN f.currency = ?5 THEN f.spend_minor ELSE 0 END) AS m_spend, 0 AS m_orders
FROM ad_spend f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_day >= ?6 AND f.local_day < ?7
) a
) g;
-- ["tenant","site",{"first_hour":0},{"end_hour":0},"currency",{"first_day":0},{"end_day":0}]
SELECT g.w0_spend * 1.0 / NULLIF(g.w0_orders, 0) AS cpa
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_spend ELSE 0 END) AS w0_spend, SUM(CASE WHEN a.w = 0 THEN a.m_orders ELSE 0 END) AS w0_orders
FROM (
SELECT 0 AS w, 0 AS m_spend, COUNT(*) AS m_orders
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
UNION ALL
SELECT 0 AS w, SUM(CASE WHEN f.currency = {p5:String} THEN f.spend_minor ELSE 0 END) AS m_spend, 0 AS m_orders
FROM ad_spend_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_day >= {p6:Int64} AND f.local_day < {p7:Int64}
) a
) g;

-- ROAS last quarter
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"first_day":0},{"end_day":0}]
SELECT g.w0_revenue * 1.0 / NULLIF(g.w0_spend, 0) AS roas
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 0 THEN a.m_spend ELSE 0 END) AS w0_spend
FROM (
SELECT 0 AS w, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue, 0 AS m_spend
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
UNION ALL
SELECT 0 AS w, 0 AS m_revenue, SUM(CASE WHEN f.currency = ?3 THEN f.spend_minor ELSE 0 END) AS m_spend
FROM ad_spend f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_day >= ?6 AND f.local_day < ?7
) a
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"first_day":0},{"end_day":0}]
SELECT g.w0_revenue * 1.0 / NULLIF(g.w0_spend, 0) AS roas
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 0 THEN a.m_spend ELSE 0 END) AS w0_spend
FROM (
SELECT 0 AS w, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue, 0 AS m_spend
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
UNION ALL
SELECT 0 AS w, 0 AS m_revenue, SUM(CASE WHEN f.currency = {p3:String} THEN f.spend_minor ELSE 0 END) AS m_spend
FROM ad_spend_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_day >= {p6:Int64} AND f.local_day < {p7:Int64}
) a
) g;

-- What is our marketing efficiency ratio this year?
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"first_day":0},{"end_day":0}]
SELECT g.w0_revenue * 1.0 / NULLIF(g.w0_spend, 0) AS mer
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 0 THEN a.m_spend ELSE 0 END) AS w0_spend
FROM (
SELECT 0 AS w, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue, 0 AS m_spend
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
UNION ALL
SELECT 0 AS w, 0 AS m_revenue, SUM(CASE WHEN f.currency = ?3 THEN f.spend_minor ELSE 0 END) AS m_spend
FROM ad_spend f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_day >= ?6 AND f.local_day < ?7
) a
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"first_day":0},{"end_day":0}]
SELECT g.w0_revenue * 1.0 / NULLIF(g.w0_spend, 0) AS mer
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 0 THEN a.m_spend ELSE 0 END) AS w0_spend
FROM (
SELECT 0 AS w, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue, 0 AS m_spend
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
UNION ALL
SELECT 0 AS w, 0 AS m_revenue, SUM(CASE WHEN f.currency = {p3:String} THEN f.spend_minor ELSE 0 END) AS m_spend
FROM ad_spend_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_day >= {p6:Int64} AND f.local_day < {p7:Int64}
) a
) g;

-- acos last month
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"first_day":0},{"end_day":0}]
SELECT g.w0_spend * 1.0 / NULLIF(g.w0_revenue, 0) AS acos
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_spend ELSE 0 END) AS w0_spend, SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue
FROM (
SELECT 0 AS w, 0 AS m_spend, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
UNION ALL
SELECT 0 AS w, SUM(CASE WHEN f.currency = ?3 THEN f.spend_minor ELSE 0 END) AS m_spend, 0 AS m_revenue
FROM ad_spend f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_day >= ?6 AND f.local_day < ?7
) a
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"first_day":0},{"end_day":0}]
SELECT g.w0_spend * 1.0 / NULLIF(g.w0_revenue, 0) AS acos
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_spend ELSE 0 END) AS w0_spend, SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue
FROM (
SELECT 0 AS w, 0 AS m_spend, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
UNION ALL
SELECT 0 AS w, SUM(CASE WHEN f.currency = {p3:String} THEN f.spend_minor ELSE 0 END) AS m_spend, 0 AS m_revenue
FROM ad_spend_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_day >= {p6:Int64} AND f.local_day < {p7:Int64}
) a
) g;

-- e-mail CTR last month
-- ["tenant","site",{"first_day":0},{"end_day":0}]
SELECT g.m_email_clicks * 1.0 / NULLIF(g.m_email_delivered, 0) AS email_ctr
FROM (
SELECT SUM(CASE WHEN f.channel = 'Email' THEN f.clicks ELSE 0 END) AS m_email_clicks, SUM(CASE WHEN f.channel = 'Email' THEN f.impressions ELSE 0 END) AS m_email_delivered
FROM ad_spend f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_day >= ?3 AND f.local_day < ?4
) g;
-- ["tenant","site",{"first_day":0},{"end_day":0}]
SELECT g.m_email_clicks * 1.0 / NULLIF(g.m_email_delivered, 0) AS email_ctr
FROM (
SELECT SUM(CASE WHEN f.channel = 'Email' THEN f.clicks ELSE 0 END) AS m_email_clicks, SUM(CASE WHEN f.channel = 'Email' THEN f.impressions ELSE 0 END) AS m_email_delivered
FROM ad_spend_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_day >= {p3:Int64} AND f.local_day < {p4:Int64}
) g;

-- emails delivered in the last 60 days
-- ["tenant","site",{"first_day":0},{"end_day":0}]
SELECT COALESCE(g.m_email_delivered, 0) AS email_delivered
FROM (
SELECT SUM(CASE WHEN f.channel = 'Email' THEN f.impressions ELSE 0 END) AS m_email_delivered
FROM ad_spend f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_day >= ?3 AND f.local_day < ?4
) g;
-- ["tenant","site",{"first_day":0},{"end_day":0}]
SELECT COALESCE(g.m_email_delivered, 0) AS email_delivered
FROM (
SELECT SUM(CASE WHEN f.channel = 'Email' THEN f.impressions ELSE 0 END) AS m_email_delivered
FROM ad_spend_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_day >= {p3:Int64} AND f.local_day < {p4:Int64}
) g;

-- touchpoints yesterday
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_touches, 0) AS touches
FROM (
SELECT COUNT(*) AS m_touches
FROM touchpoints f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
) g;
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_touches, 0) AS touches
FROM (
SELECT COUNT(*) AS m_touches
FROM touchpoints f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
) g;

-- how many events were tracked today
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_events, 0) AS events
FROM (
SELECT COUNT(*) AS m_events
FROM events f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
) g;
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_events, 0) AS events
FROM (
SELECT COUNT(*) AS m_events
FROM events_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
) g;

-- how many "signup" events last week
-- ["tenant","site",{"first_hour":0},{"end_hour":0},{"text":"signup"}]
SELECT COALESCE(g.m_events, 0) AS events
FROM (
SELECT COUNT(*) AS m_events
FROM events f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0 AND f.event = ?5
) g;
-- ["tenant","site",{"first_hour":0},{"end_hour":0},{"text":"signup"}]
SELECT COALESCE(g.m_events, 0) AS events
FROM (
SELECT COUNT(*) AS m_events
FROM events_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0 AND f.event = {p5:String}
) g;

-- add_to_cart events in the last 7 days
-- ["tenant","site",{"first_hour":0},{"end_hour":0},{"text":"add_to_cart"}]
SELECT COALESCE(g.m_events, 0) AS events
FROM (
SELECT COUNT(*) AS m_events
FROM events f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0 AND f.event = ?5
) g;
-- ["tenant","site",{"first_hour":0},{"end_hour":0},{"text":"add_to_cart"}]
SELECT COALESCE(g.m_events, 0) AS events
FROM (
SELECT COUNT(*) AS m_events
FROM events_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0 AND f.event = {p5:String}
) g;

-- events named "newsletter signup" this month
-- ["tenant","site",{"first_hour":0},{"end_hour":0},{"text":"newsletter signup"}]
SELECT COALESCE(g.m_events, 0) AS events
FROM (
SELECT COUNT(*) AS m_events
FROM events f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0 AND f.event = ?5
) g;
-- ["tenant","site",{"first_hour":0},{"end_hour":0},{"text":"newsletter signup"}]
SELECT COALESCE(g.m_events, 0) AS events
FROM (
SELECT COUNT(*) AS m_events
FROM events_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0 AND f.event = {p5:String}
) g;

-- Revenue by channel in the last 30 days
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT g.dim0 AS channel, COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT COALESCE(s.channel, '') AS dim0, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
GROUP BY dim0
) g
ORDER BY revenue DESC NULLS LAST, channel
LIMIT 100;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT g.dim0 AS channel, COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT COALESCE(s.channel, '') AS dim0, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN (SELECT id, channel FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
GROUP BY dim0
) g
ORDER BY revenue DESC NULLS LAST, channel
LIMIT 100;

-- revenue per channel this month
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT g.dim0 AS channel, COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT COALESCE(s.channel, '') AS dim0, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
GROUP BY dim0
) g
ORDER BY revenue DESC NULLS LAST, channel
LIMIT 100;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT g.dim0 AS channel, COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT COALESCE(s.channel, '') AS dim0, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN (SELECT id, channel FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
GROUP BY dim0
) g
ORDER BY revenue DESC NULLS LAST, channel
LIMIT 100;

-- orders by country last month
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT g.dim0 AS country, COALESCE(g.m_orders, 0) AS orders
FROM (
SELECT COALESCE(s.country, '') AS dim0, COUNT(*) AS m_orders
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
GROUP BY dim0
) g
ORDER BY orders DESC NULLS LAST, country
LIMIT 100;
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT g.dim0 AS country, COALESCE(g.m_orders, 0) AS orders
FROM (
SELECT COALESCE(s.country, '') AS dim0, COUNT(*) AS m_orders
FROM orders f
LEFT JOIN (SELECT id, country FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
GROUP BY dim0
) g
ORDER BY orders DESC NULLS LAST, country
LIMIT 100;

-- sessions by source last 7 days
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT g.dim0 AS source, COALESCE(g.m_sessions, 0) AS sessions
FROM (
SELECT f.source AS dim0, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
GROUP BY dim0
) g
ORDER BY sessions DESC NULLS LAST, source
LIMIT 100;
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT g.dim0 AS source, COALESCE(g.m_sessions, 0) AS sessions
FROM (
SELECT f.source AS dim0, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
GROUP BY dim0
) g
ORDER BY sessions DESC NULLS LAST, source
LIMIT 100;

-- conversion rate by device last 30 days
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT g.dim0 AS device, g.w0_orders * 1.0 / NULLIF(g.w0_sessions, 0) AS cvr
FROM (
SELECT a.dim0 AS dim0, SUM(CASE WHEN a.w = 0 THEN a.m_orders ELSE 0 END) AS w0_orders, SUM(CASE WHEN a.w = 0 THEN a.m_sessions ELSE 0 END) AS w0_sessions
FROM (
SELECT 0 AS w, f.device AS dim0, 0 AS m_orders, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
GROUP BY dim0
UNION ALL
SELECT 0 AS w, COALESCE(s.device, '') AS dim0, COUNT(*) AS m_orders, 0 AS m_sessions
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
GROUP BY dim0
) a
GROUP BY a.dim0
) g
ORDER BY cvr DESC NULLS LAST, device
LIMIT 100;
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT g.dim0 AS device, g.w0_orders * 1.0 / NULLIF(g.w0_sessions, 0) AS cvr
FROM (
SELECT a.dim0 AS dim0, SUM(CASE WHEN a.w = 0 THEN a.m_orders ELSE 0 END) AS w0_orders, SUM(CASE WHEN a.w = 0 THEN a.m_sessions ELSE 0 END) AS w0_sessions
FROM (
SELECT 0 AS w, f.device AS dim0, 0 AS m_orders, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
GROUP BY dim0
UNION ALL
SELECT 0 AS w, COALESCE(s.device, '') AS dim0, COUNT(*) AS m_orders, 0 AS m_sessions
FROM orders f
LEFT JOIN (SELECT id, device FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
GROUP BY dim0
) a
GROUP BY a.dim0
) g
ORDER BY cvr DESC NULLS LAST, device
LIMIT 100;

-- bounce rate by browser
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT g.dim0 AS browser, g.m_bounces * 1.0 / NULLIF(g.m_sessions, 0) AS bounce_rate
FROM (
SELECT f.browser AS dim0, SUM(CASE WHEN f.pageviews = 1 AND f.orders = 0 THEN 1 ELSE 0 END) AS m_bounces, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
GROUP BY dim0
) g
ORDER BY bounce_rate DESC NULLS LAST, browser
LIMIT 100;
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT g.dim0 AS browser, g.m_bounces * 1.0 / NULLIF(g.m_sessions, 0) AS bounce_rate
FROM (
SELECT f.browser AS dim0, SUM(CASE WHEN f.pageviews = 1 AND f.orders = 0 THEN 1 ELSE 0 END) AS m_bounces, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
GROUP BY dim0
) g
ORDER BY bounce_rate DESC NULLS LAST, browser
LIMIT 100;

-- visitors by operating system last month
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT g.dim0 AS os, COALESCE(g.m_visitors, 0) AS visitors
FROM (
SELECT f.os AS dim0, COUNT(DISTINCT f.visitor) AS m_visitors
FROM sessions f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
GROUP BY dim0
) g
ORDER BY visitors DESC NULLS LAST, os
LIMIT 100;
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT g.dim0 AS os, COALESCE(g.m_visitors, 0) AS visitors
FROM (
SELECT f.os AS dim0, COUNT(DISTINCT f.visitor) AS m_visitors
FROM sessions f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
GROUP BY dim0
) g
ORDER BY visitors DESC NULLS LAST, os
LIMIT 100;

-- spend by campaign this month
-- ["tenant","site","currency",{"first_day":0},{"end_day":0}]
SELECT g.dim0 AS campaign, COALESCE(g.m_spend, 0) AS spend
FROM (
SELECT f.campaign AS dim0, SUM(CASE WHEN f.currency = ?3 THEN f.spend_minor ELSE 0 END) AS m_spend
FROM ad_spend f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_day >= ?4 AND f.local_day < ?5
GROUP BY dim0
) g
ORDER BY spend DESC NULLS LAST, campaign
LIMIT 100;
-- ["tenant","site","currency",{"first_day":0},{"end_day":0}]
SELECT g.dim0 AS campaign, COALESCE(g.m_spend, 0) AS spend
FROM (
SELECT f.campaign AS dim0, SUM(CASE WHEN f.currency = {p3:String} THEN f.spend_minor ELSE 0 END) AS m_spend
FROM ad_spend_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_day >= {p4:Int64} AND f.local_day < {p5:Int64}
GROUP BY dim0
) g
ORDER BY spend DESC NULLS LAST, campaign
LIMIT 100;

-- revenue by medium last quarter
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT g.dim0 AS medium, COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT COALESCE(s.medium, '') AS dim0, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
GROUP BY dim0
) g
ORDER BY revenue DESC NULLS LAST, medium
LIMIT 100;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT g.dim0 AS medium, COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT COALESCE(s.medium, '') AS dim0, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN (SELECT id, medium FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
GROUP BY dim0
) g
ORDER BY revenue DESC NULLS LAST, medium
LIMIT 100;

-- clicks and impressions by campaign last 7 days
-- ["tenant","site",{"first_day":0},{"end_day":0}]
SELECT g.dim0 AS campaign, COALESCE(g.m_clicks, 0) AS clicks, COALESCE(g.m_impressions, 0) AS impressions
FROM (
SELECT f.campaign AS dim0, SUM(f.clicks) AS m_clicks, SUM(f.impressions) AS m_impressions
FROM ad_spend f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_day >= ?3 AND f.local_day < ?4
GROUP BY dim0
) g
ORDER BY clicks DESC NULLS LAST, campaign
LIMIT 100;
-- ["tenant","site",{"first_day":0},{"end_day":0}]
SELECT g.dim0 AS campaign, COALESCE(g.m_clicks, 0) AS clicks, COALESCE(g.m_impressions, 0) AS impressions
FROM (
SELECT f.campaign AS dim0, SUM(f.clicks) AS m_clicks, SUM(f.impressions) AS m_impressions
FROM ad_spend_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_day >= {p3:Int64} AND f.local_day < {p4:Int64}
GROUP BY dim0
) g
ORDER BY clicks DESC NULLS LAST, campaign
LIMIT 100;

-- revenue and orders by channel last month
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT g.dim0 AS channel, COALESCE(g.m_revenue, 0) AS revenue, COALESCE(g.m_orders, 0) AS orders
FROM (
SELECT COALESCE(s.channel, '') AS dim0, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue, COUNT(*) AS m_orders
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
GROUP BY dim0
) g
ORDER BY revenue DESC NULLS LAST, channel
LIMIT 100;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT g.dim0 AS channel, COALESCE(g.m_revenue, 0) AS revenue, COALESCE(g.m_orders, 0) AS orders
FROM (
SELECT COALESCE(s.channel, '') AS dim0, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue, COUNT(*) AS m_orders
FROM orders f
LEFT JOIN (SELECT id, channel FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
GROUP BY dim0
) g
ORDER BY revenue DESC NULLS LAST, channel
LIMIT 100;

-- revenue, orders and conversion rate by device
-- ["tenant","site",{"first_hour":0},{"end_hour":0},"currency"]
SELECT g.dim0 AS device, COALESCE(g.w0_revenue, 0) AS revenue, COALESCE(g.w0_orders, 0) AS orders, g.w0_orders * 1.0 / NULLIF(g.w0_sessions, 0) AS cvr
FROM (
SELECT a.dim0 AS dim0, SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 0 THEN a.m_orders ELSE 0 END) AS w0_orders, SUM(CASE WHEN a.w = 0 THEN a.m_sessions ELSE 0 END) AS w0_sessions
FROM (
SELECT 0 AS w, f.device AS dim0, 0 AS m_revenue, 0 AS m_orders, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
GROUP BY dim0
UNION ALL
SELECT 0 AS w, COALESCE(s.device, '') AS dim0, SUM(CASE WHEN f.currency = ?5 THEN f.value_minor ELSE 0 END) AS m_revenue, COUNT(*) AS m_orders, 0 AS m_sessions
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
GROUP BY dim0
) a
GROUP BY a.dim0
) g
ORDER BY revenue DESC NULLS LAST, device
LIMIT 100;
-- ["tenant","site",{"first_hour":0},{"end_hour":0},"currency"]
SELECT g.dim0 AS device, COALESCE(g.w0_revenue, 0) AS revenue, COALESCE(g.w0_orders, 0) AS orders, g.w0_orders * 1.0 / NULLIF(g.w0_sessions, 0) AS cvr
FROM (
SELECT a.dim0 AS dim0, SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 0 THEN a.m_orders ELSE 0 END) AS w0_orders, SUM(CASE WHEN a.w = 0 THEN a.m_sessions ELSE 0 END) AS w0_sessions
FROM (
SELECT 0 AS w, f.device AS dim0, 0 AS m_revenue, 0 AS m_orders, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
GROUP BY dim0
UNION ALL
SELECT 0 AS w, COALESCE(s.device, '') AS dim0, SUM(CASE WHEN f.currency = {p5:String} THEN f.value_minor ELSE 0 END) AS m_revenue, COUNT(*) AS m_orders, 0 AS m_sessions
FROM orders f
LEFT JOIN (SELECT id, device FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
GROUP BY dim0
) a
GROUP BY a.dim0
) g
ORDER BY revenue DESC NULLS LAST, device
LIMIT 100;

-- sessions by channel and device last month
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT g.dim0 AS channel, g.dim1 AS device, COALESCE(g.m_sessions, 0) AS sessions
FROM (
SELECT f.channel AS dim0, f.device AS dim1, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
GROUP BY dim0, dim1
) g
ORDER BY sessions DESC NULLS LAST, channel, device
LIMIT 100;
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT g.dim0 AS channel, g.dim1 AS device, COALESCE(g.m_sessions, 0) AS sessions
FROM (
SELECT f.channel AS dim0, f.device AS dim1, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
GROUP BY dim0, dim1
) g
ORDER BY sessions DESC NULLS LAST, channel, device
LIMIT 100;

-- Which channel has the highest ROAS?
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"first_day":0},{"end_day":0}]
SELECT g.dim0 AS channel, g.w0_revenue * 1.0 / NULLIF(g.w0_spend, 0) AS roas
FROM (
SELECT a.dim0 AS dim0, SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 0 THEN a.m_spend ELSE 0 END) AS w0_spend
FROM (
SELECT 0 AS w, COALESCE(s.channel, '') AS dim0, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue, 0 AS m_spend
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
GROUP BY dim0
UNION ALL
SELECT 0 AS w, f.channel AS dim0, 0 AS m_revenue, SUM(CASE WHEN f.currency = ?3 THEN f.spend_minor ELSE 0 END) AS m_spend
FROM ad_spend f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_day >= ?6 AND f.local_day < ?7
GROUP BY dim0
) a
GROUP BY a.dim0
) g
ORDER BY roas DESC NULLS LAST, channel
LIMIT 1;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"first_day":0},{"end_day":0}]
SELECT g.dim0 AS channel, g.w0_revenue * 1.0 / NULLIF(g.w0_spend, 0) AS roas
FROM (
SELECT a.dim0 AS dim0, SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 0 THEN a.m_spend ELSE 0 END) AS w0_spend
FROM (
SELECT 0 AS w, COALESCE(s.channel, '') AS dim0, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue, 0 AS m_spend
FROM orders f
LEFT JOIN (SELECT id, channel FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
GROUP BY dim0
UNION ALL
SELECT 0 AS w, f.channel AS dim0, 0 AS m_revenue, SUM(CASE WHEN f.currency = {p3:String} THEN f.spend_minor ELSE 0 END) AS m_spend
FROM ad_spend_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_day >= {p6:Int64} AND f.local_day < {p7:Int64}
GROUP BY dim0
) a
GROUP BY a.dim0
) g
ORDER BY roas DESC NULLS LAST, channel
LIMIT 1;

-- Which channels have the highest ROAS?
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"first_day":0},{"end_day":0}]
SELECT g.dim0 AS channel, g.w0_revenue * 1.0 / NULLIF(g.w0_spend, 0) AS roas
FROM (
SELECT a.dim0 AS dim0, SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 0 THEN a.m_spend ELSE 0 END) AS w0_spend
FROM (
SELECT 0 AS w, COALESCE(s.channel, '') AS dim0, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue, 0 AS m_spend
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
GROUP BY dim0
UNION ALL
SELECT 0 AS w, f.channel AS dim0, 0 AS m_revenue, SUM(CASE WHEN f.currency = ?3 THEN f.spend_minor ELSE 0 END) AS m_spend
FROM ad_spend f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_day >= ?6 AND f.local_day < ?7
GROUP BY dim0
) a
GROUP BY a.dim0
) g
ORDER BY roas DESC NULLS LAST, channel
LIMIT 10;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"first_day":0},{"end_day":0}]
SELECT g.dim0 AS channel, g.w0_revenue * 1.0 / NULLIF(g.w0_spend, 0) AS roas
FROM (
SELECT a.dim0 AS dim0, SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 0 THEN a.m_spend ELSE 0 END) AS w0_spend
FROM (
SELECT 0 AS w, COALESCE(s.channel, '') AS dim0, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue, 0 AS m_spend
FROM orders f
LEFT JOIN (SELECT id, channel FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
GROUP BY dim0
UNION ALL
SELECT 0 AS w, f.channel AS dim0, 0 AS m_revenue, SUM(CASE WHEN f.currency = {p3:String} THEN f.spend_minor ELSE 0 END) AS m_spend
FROM ad_spend_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_day >= {p6:Int64} AND f.local_day < {p7:Int64}
GROUP BY dim0
) a
GROUP BY a.dim0
) g
ORDER BY roas DESC NULLS LAST, channel
LIMIT 10;

-- Which campaign had the lowest cost per order last month?
-- ["tenant","site",{"first_hour":0},{"end_hour":0},"currency",{"first_day":0},{"end_day":0}]
SELECT g.dim0 AS campaign, g.w0_spend * 1.0 / NULLIF(g.w0_orders, 0) AS cpa
FROM (
SELECT a.dim0 AS dim0, SUM(CASE WHEN a.w = 0 THEN a.m_spend ELSE 0 END) AS w0_spend, SUM(CASE WHEN a.w = 0 THEN a.m_orders ELSE 0 END) AS w0_orders
FROM (
SELECT 0 AS w, COALESCE(s.campaign, '') AS dim0, 0 AS m_spend, COUNT(*) AS m_orders
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
GROUP BY dim0
UNION ALL
SELECT 0 AS w, f.campaign AS dim0, SUM(CASE WHEN f.currency = ?5 THEN f.spend_minor ELSE 0 END) AS m_spend, 0 AS m_orders
FROM ad_spend f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_day >= ?6 AND f.local_day < ?7
GROUP BY dim0
) a
GROUP BY a.dim0
) g
ORDER BY cpa ASC NULLS LAST, campaign
LIMIT 1;
-- ["tenant","site",{"first_hour":0},{"end_hour":0},"currency",{"first_day":0},{"end_day":0}]
SELECT g.dim0 AS campaign, g.w0_spend * 1.0 / NULLIF(g.w0_orders, 0) AS cpa
FROM (
SELECT a.dim0 AS dim0, SUM(CASE WHEN a.w = 0 THEN a.m_spend ELSE 0 END) AS w0_spend, SUM(CASE WHEN a.w = 0 THEN a.m_orders ELSE 0 END) AS w0_orders
FROM (
SELECT 0 AS w, COALESCE(s.campaign, '') AS dim0, 0 AS m_spend, COUNT(*) AS m_orders
FROM orders f
LEFT JOIN (SELECT id, campaign FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
GROUP BY dim0
UNION ALL
SELECT 0 AS w, f.campaign AS dim0, SUM(CASE WHEN f.currency = {p5:String} THEN f.spend_minor ELSE 0 END) AS m_spend, 0 AS m_orders
FROM ad_spend_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_day >= {p6:Int64} AND f.local_day < {p7:Int64}
GROUP BY dim0
) a
GROUP BY a.dim0
) g
ORDER BY cpa ASC NULLS LAST, campaign
LIMIT 1;

-- Which country has the best conversion rate?
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT g.dim0 AS country, g.w0_orders * 1.0 / NULLIF(g.w0_sessions, 0) AS cvr
FROM (
SELECT a.dim0 AS dim0, SUM(CASE WHEN a.w = 0 THEN a.m_orders ELSE 0 END) AS w0_orders, SUM(CASE WHEN a.w = 0 THEN a.m_sessions ELSE 0 END) AS w0_sessions
FROM (
SELECT 0 AS w, f.country AS dim0, 0 AS m_orders, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
GROUP BY dim0
UNION ALL
SELECT 0 AS w, COALESCE(s.country, '') AS dim0, COUNT(*) AS m_orders, 0 AS m_sessions
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
GROUP BY dim0
) a
GROUP BY a.dim0
) g
ORDER BY cvr DESC NULLS LAST, country
LIMIT 1;
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT g.dim0 AS country, g.w0_orders * 1.0 / NULLIF(g.w0_sessions, 0) AS cvr
FROM (
SELECT a.dim0 AS dim0, SUM(CASE WHEN a.w = 0 THEN a.m_orders ELSE 0 END) AS w0_orders, SUM(CASE WHEN a.w = 0 THEN a.m_sessions ELSE 0 END) AS w0_sessions
FROM (
SELECT 0 AS w, f.country AS dim0, 0 AS m_orders, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
GROUP BY dim0
UNION ALL
SELECT 0 AS w, COALESCE(s.country, '') AS dim0, COUNT(*) AS m_orders, 0 AS m_sessions
FROM orders f
LEFT JOIN (SELECT id, country FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
GROUP BY dim0
) a
GROUP BY a.dim0
) g
ORDER BY cvr DESC NULLS LAST, country
LIMIT 1;

-- which source brings the most visitors
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT g.dim0 AS source, COALESCE(g.m_visitors, 0) AS visitors
FROM (
SELECT f.source AS dim0, COUNT(DISTINCT f.visitor) AS m_visitors
FROM sessions f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
GROUP BY dim0
) g
ORDER BY visitors DESC NULLS LAST, source
LIMIT 1;
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT g.dim0 AS source, COALESCE(g.m_visitors, 0) AS visitors
FROM (
SELECT f.source AS dim0, COUNT(DISTINCT f.visitor) AS m_visitors
FROM sessions f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
GROUP BY dim0
) g
ORDER BY visitors DESC NULLS LAST, source
LIMIT 1;

-- What campaigns had the worst ROAS in the last 90 days?
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"first_day":0},{"end_day":0}]
SELECT g.dim0 AS campaign, g.w0_revenue * 1.0 / NULLIF(g.w0_spend, 0) AS roas
FROM (
SELECT a.dim0 AS dim0, SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 0 THEN a.m_spend ELSE 0 END) AS w0_spend
FROM (
SELECT 0 AS w, COALESCE(s.campaign, '') AS dim0, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue, 0 AS m_spend
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
GROUP BY dim0
UNION ALL
SELECT 0 AS w, f.campaign AS dim0, 0 AS m_revenue, SUM(CASE WHEN f.currency = ?3 THEN f.spend_minor ELSE 0 END) AS m_spend
FROM ad_spend f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_day >= ?6 AND f.local_day < ?7
GROUP BY dim0
) a
GROUP BY a.dim0
) g
ORDER BY roas ASC NULLS LAST, campaign
LIMIT 10;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"first_day":0},{"end_day":0}]
SELECT g.dim0 AS campaign, g.w0_revenue * 1.0 / NULLIF(g.w0_spend, 0) AS roas
FROM (
SELECT a.dim0 AS dim0, SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 0 THEN a.m_spend ELSE 0 END) AS w0_spend
FROM (
SELECT 0 AS w, COALESCE(s.campaign, '') AS dim0, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue, 0 AS m_spend
FROM orders f
LEFT JOIN (SELECT id, campaign FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
GROUP BY dim0
UNION ALL
SELECT 0 AS w, f.campaign AS dim0, 0 AS m_revenue, SUM(CASE WHEN f.currency = {p3:String} THEN f.spend_minor ELSE 0 END) AS m_spend
FROM ad_spend_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_day >= {p6:Int64} AND f.local_day < {p7:Int64}
GROUP BY dim0
) a
GROUP BY a.dim0
) g
ORDER BY roas ASC NULLS LAST, campaign
LIMIT 10;

-- top 5 campaigns by revenue last month
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT g.dim0 AS campaign, COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT COALESCE(s.campaign, '') AS dim0, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
GROUP BY dim0
) g
ORDER BY revenue DESC NULLS LAST, campaign
LIMIT 5;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT g.dim0 AS campaign, COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT COALESCE(s.campaign, '') AS dim0, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN (SELECT id, campaign FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
GROUP BY dim0
) g
ORDER BY revenue DESC NULLS LAST, campaign
LIMIT 5;

-- Top 10 sources by sessions
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT g.dim0 AS source, COALESCE(g.m_sessions, 0) AS sessions
FROM (
SELECT f.source AS dim0, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
GROUP BY dim0
) g
ORDER BY sessions DESC NULLS LAST, source
LIMIT 10;
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT g.dim0 AS source, COALESCE(g.m_sessions, 0) AS sessions
FROM (
SELECT f.source AS dim0, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
GROUP BY dim0
) g
ORDER BY sessions DESC NULLS LAST, source
LIMIT 10;

-- bottom 3 channels by conversion rate last quarter
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT g.dim0 AS channel, g.w0_orders * 1.0 / NULLIF(g.w0_sessions, 0) AS cvr
FROM (
SELECT a.dim0 AS dim0, SUM(CASE WHEN a.w = 0 THEN a.m_orders ELSE 0 END) AS w0_orders, SUM(CASE WHEN a.w = 0 THEN a.m_sessions ELSE 0 END) AS w0_sessions
FROM (
SELECT 0 AS w, f.channel AS dim0, 0 AS m_orders, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
GROUP BY dim0
UNION ALL
SELECT 0 AS w, COALESCE(s.channel, '') AS dim0, COUNT(*) AS m_orders, 0 AS m_sessions
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
GROUP BY dim0
) a
GROUP BY a.dim0
) g
ORDER BY cvr ASC NULLS LAST, channel
LIMIT 3;
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT g.dim0 AS channel, g.w0_orders * 1.0 / NULLIF(g.w0_sessions, 0) AS cvr
FROM (
SELECT a.dim0 AS dim0, SUM(CASE WHEN a.w = 0 THEN a.m_orders ELSE 0 END) AS w0_orders, SUM(CASE WHEN a.w = 0 THEN a.m_sessions ELSE 0 END) AS w0_sessions
FROM (
SELECT 0 AS w, f.channel AS dim0, 0 AS m_orders, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
GROUP BY dim0
UNION ALL
SELECT 0 AS w, COALESCE(s.channel, '') AS dim0, COUNT(*) AS m_orders, 0 AS m_sessions
FROM orders f
LEFT JOIN (SELECT id, channel FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
GROUP BY dim0
) a
GROUP BY a.dim0
) g
ORDER BY cvr ASC NULLS LAST, channel
LIMIT 3;

-- best campaigns last 30 days
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT g.dim0 AS campaign, COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT COALESCE(s.campaign, '') AS dim0, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
GROUP BY dim0
) g
ORDER BY revenue DESC NULLS LAST, campaign
LIMIT 10;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT g.dim0 AS campaign, COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT COALESCE(s.campaign, '') AS dim0, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN (SELECT id, campaign FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
GROUP BY dim0
) g
ORDER BY revenue DESC NULLS LAST, campaign
LIMIT 10;

-- worst channels by cpa
-- ["tenant","site",{"first_hour":0},{"end_hour":0},"currency",{"first_day":0},{"end_day":0}]
SELECT g.dim0 AS channel, g.w0_spend * 1.0 / NULLIF(g.w0_orders, 0) AS cpa
FROM (
SELECT a.dim0 AS dim0, SUM(CASE WHEN a.w = 0 THEN a.m_spend ELSE 0 END) AS w0_spend, SUM(CASE WHEN a.w = 0 THEN a.m_orders ELSE 0 END) AS w0_orders
FROM (
SELECT 0 AS w, COALESCE(s.channel, '') AS dim0, 0 AS m_spend, COUNT(*) AS m_orders
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
GROUP BY dim0
UNION ALL
SELECT 0 AS w, f.channel AS dim0, SUM(CASE WHEN f.currency = ?5 THEN f.spend_minor ELSE 0 END) AS m_spend, 0 AS m_orders
FROM ad_spend f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_day >= ?6 AND f.local_day < ?7
GROUP BY dim0
) a
GROUP BY a.dim0
) g
ORDER BY cpa DESC NULLS LAST, channel
LIMIT 10;
-- ["tenant","site",{"first_hour":0},{"end_hour":0},"currency",{"first_day":0},{"end_day":0}]
SELECT g.dim0 AS channel, g.w0_spend * 1.0 / NULLIF(g.w0_orders, 0) AS cpa
FROM (
SELECT a.dim0 AS dim0, SUM(CASE WHEN a.w = 0 THEN a.m_spend ELSE 0 END) AS w0_spend, SUM(CASE WHEN a.w = 0 THEN a.m_orders ELSE 0 END) AS w0_orders
FROM (
SELECT 0 AS w, COALESCE(s.channel, '') AS dim0, 0 AS m_spend, COUNT(*) AS m_orders
FROM orders f
LEFT JOIN (SELECT id, channel FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
GROUP BY dim0
UNION ALL
SELECT 0 AS w, f.channel AS dim0, SUM(CASE WHEN f.currency = {p5:String} THEN f.spend_minor ELSE 0 END) AS m_spend, 0 AS m_orders
FROM ad_spend_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_day >= {p6:Int64} AND f.local_day < {p7:Int64}
GROUP BY dim0
) a
GROUP BY a.dim0
) g
ORDER BY cpa DESC NULLS LAST, channel
LIMIT 10;

-- the 5 best countries by orders this year
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT g.dim0 AS country, COALESCE(g.m_orders, 0) AS orders
FROM (
SELECT COALESCE(s.country, '') AS dim0, COUNT(*) AS m_orders
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
GROUP BY dim0
) g
ORDER BY orders DESC NULLS LAST, country
LIMIT 5;
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT g.dim0 AS country, COALESCE(g.m_orders, 0) AS orders
FROM (
SELECT COALESCE(s.country, '') AS dim0, COUNT(*) AS m_orders
FROM orders f
LEFT JOIN (SELECT id, country FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
GROUP BY dim0
) g
ORDER BY orders DESC NULLS LAST, country
LIMIT 5;

-- Which day had the most orders in the last 30 days?
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT g.bucket AS bucket, COALESCE(g.m_orders, 0) AS orders
FROM (
SELECT (f.local_hour / 24) AS bucket, COUNT(*) AS m_orders
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
GROUP BY bucket
) g
ORDER BY orders DESC NULLS LAST, bucket
LIMIT 1;
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT g.bucket AS bucket, COALESCE(g.m_orders, 0) AS orders
FROM (
SELECT intDiv(f.local_hour, 24) AS bucket, COUNT(*) AS m_orders
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
GROUP BY bucket
) g
ORDER BY orders DESC NULLS LAST, bucket
LIMIT 1;

-- best 5 days by revenue this year
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT g.bucket AS bucket, COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT (f.local_hour / 24) AS bucket, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
GROUP BY bucket
) g
ORDER BY revenue DESC NULLS LAST, bucket
LIMIT 5;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT g.bucket AS bucket, COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT intDiv(f.local_hour, 24) AS bucket, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
GROUP BY bucket
) g
ORDER BY revenue DESC NULLS LAST, bucket
LIMIT 5;

-- which month had the highest revenue last year
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT g.bucket AS bucket, COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT CAST(strftime('%Y', (f.local_hour / 24) * 86400, 'unixepoch') AS INTEGER) * 12 + CAST(strftime('%m', (f.local_hour / 24) * 86400, 'unixepoch') AS INTEGER) - 23641 AS bucket, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
GROUP BY bucket
) g
ORDER BY revenue DESC NULLS LAST, bucket
LIMIT 1;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT g.bucket AS bucket, COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT toInt64(toYear(toDate32(intDiv(f.local_hour, 24)))) * 12 + toMonth(toDate32(intDiv(f.local_hour, 24))) - 23641 AS bucket, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
GROUP BY bucket
) g
ORDER BY revenue DESC NULLS LAST, bucket
LIMIT 1;

-- revenue by day last 30 days
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT g.bucket AS bucket, COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT (f.local_hour / 24) AS bucket, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
GROUP BY bucket
) g
ORDER BY bucket
LIMIT 2000;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT g.bucket AS bucket, COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT intDiv(f.local_hour, 24) AS bucket, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
GROUP BY bucket
) g
ORDER BY bucket
LIMIT 2000;

-- daily revenue last 7 days
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT g.bucket AS bucket, COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT (f.local_hour / 24) AS bucket, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
GROUP BY bucket
) g
ORDER BY bucket
LIMIT 2000;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT g.bucket AS bucket, COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT intDiv(f.local_hour, 24) AS bucket, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
GROUP BY bucket
) g
ORDER BY bucket
LIMIT 2000;

-- orders per week this year
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT g.bucket AS bucket, COALESCE(g.m_orders, 0) AS orders
FROM (
SELECT (((f.local_hour / 24) + 3) / 7) AS bucket, COUNT(*) AS m_orders
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
GROUP BY bucket
) g
ORDER BY bucket
LIMIT 2000;
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT g.bucket AS bucket, COALESCE(g.m_orders, 0) AS orders
FROM (
SELECT intDiv((intDiv(f.local_hour, 24) + 3), 7) AS bucket, COUNT(*) AS m_orders
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
GROUP BY bucket
) g
ORDER BY bucket
LIMIT 2000;

-- weekly sessions last 3 months
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT g.bucket AS bucket, COALESCE(g.m_sessions, 0) AS sessions
FROM (
SELECT (((f.local_hour / 24) + 3) / 7) AS bucket, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
GROUP BY bucket
) g
ORDER BY bucket
LIMIT 2000;
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT g.bucket AS bucket, COALESCE(g.m_sessions, 0) AS sessions
FROM (
SELECT intDiv((intDiv(f.local_hour, 24) + 3), 7) AS bucket, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
GROUP BY bucket
) g
ORDER BY bucket
LIMIT 2000;

-- monthly revenue last year
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT g.bucket AS bucket, COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT CAST(strftime('%Y', (f.local_hour / 24) * 86400, 'unixepoch') AS INTEGER) * 12 + CAST(strftime('%m', (f.local_hour / 24) * 86400, 'unixepoch') AS INTEGER) - 23641 AS bucket, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
GROUP BY bucket
) g
ORDER BY bucket
LIMIT 2000;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT g.bucket AS bucket, COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT toInt64(toYear(toDate32(intDiv(f.local_hour, 24)))) * 12 + toMonth(toDate32(intDiv(f.local_hour, 24))) - 23641 AS bucket, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
GROUP BY bucket
) g
ORDER BY bucket
LIMIT 2000;

-- hourly sessions yesterday
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT g.bucket AS bucket, COALESCE(g.m_sessions, 0) AS sessions
FROM (
SELECT f.local_hour AS bucket, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
GROUP BY bucket
) g
ORDER BY bucket
LIMIT 2000;
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT g.bucket AS bucket, COALESCE(g.m_sessions, 0) AS sessions
FROM (
SELECT f.local_hour AS bucket, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
GROUP BY bucket
) g
ORDER BY bucket
LIMIT 2000;

-- revenue over time this year
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT g.bucket AS bucket, COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT CAST(strftime('%Y', (f.local_hour / 24) * 86400, 'unixepoch') AS INTEGER) * 12 + CAST(strftime('%m', (f.local_hour / 24) * 86400, 'unixepoch') AS INTEGER) - 23641 AS bucket, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
GROUP BY bucket
) g
ORDER BY bucket
LIMIT 2000;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT g.bucket AS bucket, COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT toInt64(toYear(toDate32(intDiv(f.local_hour, 24)))) * 12 + toMonth(toDate32(intDiv(f.local_hour, 24))) - 23641 AS bucket, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
GROUP BY bucket
) g
ORDER BY bucket
LIMIT 2000;

-- revenue trend last 90 days
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT g.bucket AS bucket, COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT (f.local_hour / 24) AS bucket, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
GROUP BY bucket
) g
ORDER BY bucket
LIMIT 2000;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT g.bucket AS bucket, COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT intDiv(f.local_hour, 24) AS bucket, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
GROUP BY bucket
) g
ORDER BY bucket
LIMIT 2000;

-- sessions by day and channel last 7 days
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT g.bucket AS bucket, g.dim0 AS channel, COALESCE(g.m_sessions, 0) AS sessions
FROM (
SELECT (f.local_hour / 24) AS bucket, f.channel AS dim0, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
GROUP BY bucket, dim0
) g
ORDER BY bucket, channel
LIMIT 2000;
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT g.bucket AS bucket, g.dim0 AS channel, COALESCE(g.m_sessions, 0) AS sessions
FROM (
SELECT intDiv(f.local_hour, 24) AS bucket, f.channel AS dim0, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
GROUP BY bucket, dim0
) g
ORDER BY bucket, channel
LIMIT 2000;

-- revenue by month in 2025
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT g.bucket AS bucket, COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT CAST(strftime('%Y', (f.local_hour / 24) * 86400, 'unixepoch') AS INTEGER) * 12 + CAST(strftime('%m', (f.local_hour / 24) * 86400, 'unixepoch') AS INTEGER) - 23641 AS bucket, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
GROUP BY bucket
) g
ORDER BY bucket
LIMIT 2000;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT g.bucket AS bucket, COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT toInt64(toYear(toDate32(intDiv(f.local_hour, 24)))) * 12 + toMonth(toDate32(intDiv(f.local_hour, 24))) - 23641 AS bucket, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
GROUP BY bucket
) g
ORDER BY bucket
LIMIT 2000;

-- Revenue this month vs last month
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"first_hour":1},{"end_hour":1}]
SELECT COALESCE(g.w0_revenue, 0) AS revenue, COALESCE(g.w1_revenue, 0) AS revenue_previous
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 1 THEN a.m_revenue ELSE 0 END) AS w1_revenue
FROM (
SELECT 0 AS w, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
UNION ALL
SELECT 1 AS w, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?6 AND f.local_hour < ?7 AND f.bot = 0
) a
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"first_hour":1},{"end_hour":1}]
SELECT COALESCE(g.w0_revenue, 0) AS revenue, COALESCE(g.w1_revenue, 0) AS revenue_previous
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 1 THEN a.m_revenue ELSE 0 END) AS w1_revenue
FROM (
SELECT 0 AS w, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
UNION ALL
SELECT 1 AS w, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p6:Int64} AND f.local_hour < {p7:Int64} AND f.bot = 0
) a
) g;

-- revenue last week compared to the week before last
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"first_hour":1},{"end_hour":1}]
SELECT COALESCE(g.w0_revenue, 0) AS revenue, COALESCE(g.w1_revenue, 0) AS revenue_previous
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 1 THEN a.m_revenue ELSE 0 END) AS w1_revenue
FROM (
SELECT 0 AS w, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
UNION ALL
SELECT 1 AS w, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?6 AND f.local_hour < ?7 AND f.bot = 0
) a
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"first_hour":1},{"end_hour":1}]
SELECT COALESCE(g.w0_revenue, 0) AS revenue, COALESCE(g.w1_revenue, 0) AS revenue_previous
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 1 THEN a.m_revenue ELSE 0 END) AS w1_revenue
FROM (
SELECT 0 AS w, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
UNION ALL
SELECT 1 AS w, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p6:Int64} AND f.local_hour < {p7:Int64} AND f.bot = 0
) a
) g;

-- revenue last 30 days vs previous period
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"first_hour":1},{"end_hour":1}]
SELECT COALESCE(g.w0_revenue, 0) AS revenue, COALESCE(g.w1_revenue, 0) AS revenue_previous
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 1 THEN a.m_revenue ELSE 0 END) AS w1_revenue
FROM (
SELECT 0 AS w, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
UNION ALL
SELECT 1 AS w, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?6 AND f.local_hour < ?7 AND f.bot = 0
) a
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"first_hour":1},{"end_hour":1}]
SELECT COALESCE(g.w0_revenue, 0) AS revenue, COALESCE(g.w1_revenue, 0) AS revenue_previous
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 1 THEN a.m_revenue ELSE 0 END) AS w1_revenue
FROM (
SELECT 0 AS w, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
UNION ALL
SELECT 1 AS w, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p6:Int64} AND f.local_hour < {p7:Int64} AND f.bot = 0
) a
) g;

-- How did revenue change last month?
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"first_hour":1},{"end_hour":1}]
SELECT COALESCE(g.w0_revenue, 0) AS revenue, COALESCE(g.w1_revenue, 0) AS revenue_previous
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 1 THEN a.m_revenue ELSE 0 END) AS w1_revenue
FROM (
SELECT 0 AS w, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
UNION ALL
SELECT 1 AS w, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?6 AND f.local_hour < ?7 AND f.bot = 0
) a
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"first_hour":1},{"end_hour":1}]
SELECT COALESCE(g.w0_revenue, 0) AS revenue, COALESCE(g.w1_revenue, 0) AS revenue_previous
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 1 THEN a.m_revenue ELSE 0 END) AS w1_revenue
FROM (
SELECT 0 AS w, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
UNION ALL
SELECT 1 AS w, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p6:Int64} AND f.local_hour < {p7:Int64} AND f.bot = 0
) a
) g;

-- orders this year versus last year
-- ["tenant","site",{"first_hour":0},{"end_hour":0},{"first_hour":1},{"end_hour":1}]
SELECT COALESCE(g.w0_orders, 0) AS orders, COALESCE(g.w1_orders, 0) AS orders_previous
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_orders ELSE 0 END) AS w0_orders, SUM(CASE WHEN a.w = 1 THEN a.m_orders ELSE 0 END) AS w1_orders
FROM (
SELECT 0 AS w, COUNT(*) AS m_orders
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
UNION ALL
SELECT 1 AS w, COUNT(*) AS m_orders
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?5 AND f.local_hour < ?6 AND f.bot = 0
) a
) g;
-- ["tenant","site",{"first_hour":0},{"end_hour":0},{"first_hour":1},{"end_hour":1}]
SELECT COALESCE(g.w0_orders, 0) AS orders, COALESCE(g.w1_orders, 0) AS orders_previous
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_orders ELSE 0 END) AS w0_orders, SUM(CASE WHEN a.w = 1 THEN a.m_orders ELSE 0 END) AS w1_orders
FROM (
SELECT 0 AS w, COUNT(*) AS m_orders
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
UNION ALL
SELECT 1 AS w, COUNT(*) AS m_orders
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p5:Int64} AND f.local_hour < {p6:Int64} AND f.bot = 0
) a
) g;

-- sessions year over year last month
-- ["tenant","site",{"first_hour":0},{"end_hour":0},{"first_hour":1},{"end_hour":1}]
SELECT COALESCE(g.w0_sessions, 0) AS sessions, COALESCE(g.w1_sessions, 0) AS sessions_previous
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_sessions ELSE 0 END) AS w0_sessions, SUM(CASE WHEN a.w = 1 THEN a.m_sessions ELSE 0 END) AS w1_sessions
FROM (
SELECT 0 AS w, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
UNION ALL
SELECT 1 AS w, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?5 AND f.local_hour < ?6 AND f.bot = 0
) a
) g;
-- ["tenant","site",{"first_hour":0},{"end_hour":0},{"first_hour":1},{"end_hour":1}]
SELECT COALESCE(g.w0_sessions, 0) AS sessions, COALESCE(g.w1_sessions, 0) AS sessions_previous
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_sessions ELSE 0 END) AS w0_sessions, SUM(CASE WHEN a.w = 1 THEN a.m_sessions ELSE 0 END) AS w1_sessions
FROM (
SELECT 0 AS w, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
UNION ALL
SELECT 1 AS w, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p5:Int64} AND f.local_hour < {p6:Int64} AND f.bot = 0
) a
) g;

-- revenue by channel this month vs last month
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"first_hour":1},{"end_hour":1}]
SELECT g.dim0 AS channel, COALESCE(g.w0_revenue, 0) AS revenue, COALESCE(g.w1_revenue, 0) AS revenue_previous
FROM (
SELECT a.dim0 AS dim0, SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 1 THEN a.m_revenue ELSE 0 END) AS w1_revenue
FROM (
SELECT 0 AS w, COALESCE(s.channel, '') AS dim0, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
GROUP BY dim0
UNION ALL
SELECT 1 AS w, COALESCE(s.channel, '') AS dim0, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?6 AND f.local_hour < ?7 AND f.bot = 0
GROUP BY dim0
) a
GROUP BY a.dim0
) g
ORDER BY revenue DESC NULLS LAST, channel
LIMIT 100;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"first_hour":1},{"end_hour":1}]
SELECT g.dim0 AS channel, COALESCE(g.w0_revenue, 0) AS revenue, COALESCE(g.w1_revenue, 0) AS revenue_previous
FROM (
SELECT a.dim0 AS dim0, SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 1 THEN a.m_revenue ELSE 0 END) AS w1_revenue
FROM (
SELECT 0 AS w, COALESCE(s.channel, '') AS dim0, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN (SELECT id, channel FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
GROUP BY dim0
UNION ALL
SELECT 1 AS w, COALESCE(s.channel, '') AS dim0, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN (SELECT id, channel FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p6:Int64} AND f.local_hour < {p7:Int64} AND f.bot = 0
GROUP BY dim0
) a
GROUP BY a.dim0
) g
ORDER BY revenue DESC NULLS LAST, channel
LIMIT 100;

-- conversion rate last 7 days compared with the previous period
-- ["tenant","site",{"first_hour":0},{"end_hour":0},{"first_hour":1},{"end_hour":1}]
SELECT g.w0_orders * 1.0 / NULLIF(g.w0_sessions, 0) AS cvr, g.w1_orders * 1.0 / NULLIF(g.w1_sessions, 0) AS cvr_previous
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_orders ELSE 0 END) AS w0_orders, SUM(CASE WHEN a.w = 1 THEN a.m_orders ELSE 0 END) AS w1_orders, SUM(CASE WHEN a.w = 0 THEN a.m_sessions ELSE 0 END) AS w0_sessions, SUM(CASE WHEN a.w = 1 THEN a.m_sessions ELSE 0 END) AS w1_sessions
FROM (
SELECT 0 AS w, 0 AS m_orders, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
UNION ALL
SELECT 0 AS w, COUNT(*) AS m_orders, 0 AS m_sessions
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
UNION ALL
SELECT 1 AS w, 0 AS m_orders, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?5 AND f.local_hour < ?6 AND f.bot = 0
UNION ALL
SELECT 1 AS w, COUNT(*) AS m_orders, 0 AS m_sessions
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?5 AND f.local_hour < ?6 AND f.bot = 0
) a
) g;
-- ["tenant","site",{"first_hour":0},{"end_hour":0},{"first_hour":1},{"end_hour":1}]
SELECT g.w0_orders * 1.0 / NULLIF(g.w0_sessions, 0) AS cvr, g.w1_orders * 1.0 / NULLIF(g.w1_sessions, 0) AS cvr_previous
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_orders ELSE 0 END) AS w0_orders, SUM(CASE WHEN a.w = 1 THEN a.m_orders ELSE 0 END) AS w1_orders, SUM(CASE WHEN a.w = 0 THEN a.m_sessions ELSE 0 END) AS w0_sessions, SUM(CASE WHEN a.w = 1 THEN a.m_sessions ELSE 0 END) AS w1_sessions
FROM (
SELECT 0 AS w, 0 AS m_orders, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
UNION ALL
SELECT 0 AS w, COUNT(*) AS m_orders, 0 AS m_sessions
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
UNION ALL
SELECT 1 AS w, 0 AS m_orders, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p5:Int64} AND f.local_hour < {p6:Int64} AND f.bot = 0
UNION ALL
SELECT 1 AS w, COUNT(*) AS m_orders, 0 AS m_sessions
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p5:Int64} AND f.local_hour < {p6:Int64} AND f.bot = 0
) a
) g;

-- growth of new customers last month
-- ["tenant","site",{"first_hour":0},{"end_hour":0},{"first_hour":1},{"end_hour":1}]
SELECT COALESCE(g.w0_new_customers, 0) AS new_customers, COALESCE(g.w1_new_customers, 0) AS new_customers_previous
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_new_customers ELSE 0 END) AS w0_new_customers, SUM(CASE WHEN a.w = 1 THEN a.m_new_customers ELSE 0 END) AS w1_new_customers
FROM (
SELECT 0 AS w, COUNT(*) AS m_new_customers
FROM (SELECT o.tenant_id AS tenant_id, o.site AS site, o.visitor AS visitor, MIN(o.local_hour) AS local_hour, MAX(o.bot) AS bot FROM orders o GROUP BY o.tenant_id, o.site, o.visitor) f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
UNION ALL
SELECT 1 AS w, COUNT(*) AS m_new_customers
FROM (SELECT o.tenant_id AS tenant_id, o.site AS site, o.visitor AS visitor, MIN(o.local_hour) AS local_hour, MAX(o.bot) AS bot FROM orders o GROUP BY o.tenant_id, o.site, o.visitor) f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?5 AND f.local_hour < ?6 AND f.bot = 0
) a
) g;
-- ["tenant","site",{"first_hour":0},{"end_hour":0},{"first_hour":1},{"end_hour":1}]
SELECT COALESCE(g.w0_new_customers, 0) AS new_customers, COALESCE(g.w1_new_customers, 0) AS new_customers_previous
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_new_customers ELSE 0 END) AS w0_new_customers, SUM(CASE WHEN a.w = 1 THEN a.m_new_customers ELSE 0 END) AS w1_new_customers
FROM (
SELECT 0 AS w, COUNT(*) AS m_new_customers
FROM (SELECT o.tenant_id AS tenant_id, o.site AS site, o.visitor AS visitor, MIN(o.local_hour) AS local_hour, MAX(o.bot) AS bot FROM orders o GROUP BY o.tenant_id, o.site, o.visitor) f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
UNION ALL
SELECT 1 AS w, COUNT(*) AS m_new_customers
FROM (SELECT o.tenant_id AS tenant_id, o.site AS site, o.visitor AS visitor, MIN(o.local_hour) AS local_hour, MAX(o.bot) AS bot FROM orders o GROUP BY o.tenant_id, o.site, o.visitor) f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p5:Int64} AND f.local_hour < {p6:Int64} AND f.bot = 0
) a
) g;

-- revenue from email last month
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"text":"email"}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0 AND LOWER(COALESCE(s.channel, '')) IN (?6)
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"text":"email"}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN (SELECT id, channel FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0 AND LOWER(COALESCE(s.channel, '')) IN ({p6:String})
) g;

-- revenue from paid search
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"text":"paid search"}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0 AND LOWER(COALESCE(s.channel, '')) IN (?6)
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"text":"paid search"}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN (SELECT id, channel FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0 AND LOWER(COALESCE(s.channel, '')) IN ({p6:String})
) g;

-- sessions from organic search last week
-- ["tenant","site",{"first_hour":0},{"end_hour":0},{"text":"organic search"}]
SELECT COALESCE(g.m_sessions, 0) AS sessions
FROM (
SELECT COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0 AND LOWER(f.channel) IN (?5)
) g;
-- ["tenant","site",{"first_hour":0},{"end_hour":0},{"text":"organic search"}]
SELECT COALESCE(g.m_sessions, 0) AS sessions
FROM (
SELECT COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0 AND LOWER(f.channel) IN ({p5:String})
) g;

-- orders from google or facebook last month
-- ["tenant","site",{"first_hour":0},{"end_hour":0},{"text":"google"},{"text":"facebook"}]
SELECT COALESCE(g.m_orders, 0) AS orders
FROM (
SELECT COUNT(*) AS m_orders
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0 AND LOWER(COALESCE(s.source, '')) IN (?5, ?6)
) g;
-- ["tenant","site",{"first_hour":0},{"end_hour":0},{"text":"google"},{"text":"facebook"}]
SELECT COALESCE(g.m_orders, 0) AS orders
FROM (
SELECT COUNT(*) AS m_orders
FROM orders f
LEFT JOIN (SELECT id, source FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0 AND LOWER(COALESCE(s.source, '')) IN ({p5:String}, {p6:String})
) g;

-- revenue by channel excluding direct
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"text":"direct"}]
SELECT g.dim0 AS channel, COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT COALESCE(s.channel, '') AS dim0, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0 AND LOWER(COALESCE(s.channel, '')) NOT IN (?6)
GROUP BY dim0
) g
ORDER BY revenue DESC NULLS LAST, channel
LIMIT 100;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"text":"direct"}]
SELECT g.dim0 AS channel, COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT COALESCE(s.channel, '') AS dim0, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN (SELECT id, channel FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0 AND LOWER(COALESCE(s.channel, '')) NOT IN ({p6:String})
GROUP BY dim0
) g
ORDER BY revenue DESC NULLS LAST, channel
LIMIT 100;

-- sessions without email and sms last month
-- ["tenant","site",{"first_hour":0},{"end_hour":0},{"text":"email"},{"text":"sms"}]
SELECT COALESCE(g.m_sessions, 0) AS sessions
FROM (
SELECT COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0 AND LOWER(f.channel) NOT IN (?5, ?6)
) g;
-- ["tenant","site",{"first_hour":0},{"end_hour":0},{"text":"email"},{"text":"sms"}]
SELECT COALESCE(g.m_sessions, 0) AS sessions
FROM (
SELECT COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0 AND LOWER(f.channel) NOT IN ({p5:String}, {p6:String})
) g;

-- conversion rate on mobile last 30 days
-- ["tenant","site",{"first_hour":0},{"end_hour":0},{"text":"mobile"}]
SELECT g.w0_orders * 1.0 / NULLIF(g.w0_sessions, 0) AS cvr
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_orders ELSE 0 END) AS w0_orders, SUM(CASE WHEN a.w = 0 THEN a.m_sessions ELSE 0 END) AS w0_sessions
FROM (
SELECT 0 AS w, 0 AS m_orders, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0 AND LOWER(f.device) IN (?5)
UNION ALL
SELECT 0 AS w, COUNT(*) AS m_orders, 0 AS m_sessions
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0 AND LOWER(COALESCE(s.device, '')) IN (?5)
) a
) g;
-- ["tenant","site",{"first_hour":0},{"end_hour":0},{"text":"mobile"}]
SELECT g.w0_orders * 1.0 / NULLIF(g.w0_sessions, 0) AS cvr
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_orders ELSE 0 END) AS w0_orders, SUM(CASE WHEN a.w = 0 THEN a.m_sessions ELSE 0 END) AS w0_sessions
FROM (
SELECT 0 AS w, 0 AS m_orders, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0 AND LOWER(f.device) IN ({p5:String})
UNION ALL
SELECT 0 AS w, COUNT(*) AS m_orders, 0 AS m_sessions
FROM orders f
LEFT JOIN (SELECT id, device FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0 AND LOWER(COALESCE(s.device, '')) IN ({p5:String})
) a
) g;

-- orders from mobile devices yesterday
-- ["tenant","site",{"first_hour":0},{"end_hour":0},{"text":"mobile"}]
SELECT COALESCE(g.m_orders, 0) AS orders
FROM (
SELECT COUNT(*) AS m_orders
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0 AND LOWER(COALESCE(s.device, '')) IN (?5)
) g;
-- ["tenant","site",{"first_hour":0},{"end_hour":0},{"text":"mobile"}]
SELECT COALESCE(g.m_orders, 0) AS orders
FROM (
SELECT COUNT(*) AS m_orders
FROM orders f
LEFT JOIN (SELECT id, device FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0 AND LOWER(COALESCE(s.device, '')) IN ({p5:String})
) g;

-- revenue in Germany last month
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"text":"de"}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0 AND LOWER(COALESCE(s.country, '')) IN (?6)
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"text":"de"}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN (SELECT id, country FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0 AND LOWER(COALESCE(s.country, '')) IN ({p6:String})
) g;

-- orders from the United Kingdom and France this year
-- ["tenant","site",{"first_hour":0},{"end_hour":0},{"text":"gb"},{"text":"fr"}]
SELECT COALESCE(g.m_orders, 0) AS orders
FROM (
SELECT COUNT(*) AS m_orders
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0 AND LOWER(COALESCE(s.country, '')) IN (?5, ?6)
) g;
-- ["tenant","site",{"first_hour":0},{"end_hour":0},{"text":"gb"},{"text":"fr"}]
SELECT COALESCE(g.m_orders, 0) AS orders
FROM (
SELECT COUNT(*) AS m_orders
FROM orders f
LEFT JOIN (SELECT id, country FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0 AND LOWER(COALESCE(s.country, '')) IN ({p5:String}, {p6:String})
) g;

-- sessions on iPhone last week
-- ["tenant","site",{"first_hour":0},{"end_hour":0},{"text":"iphone"},{"text":"ipad"},{"text":"ipod"},{"text":"ios"}]
SELECT COALESCE(g.m_sessions, 0) AS sessions
FROM (
SELECT COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0 AND LOWER(f.os) IN (?5, ?6, ?7, ?8)
) g;
-- ["tenant","site",{"first_hour":0},{"end_hour":0},{"text":"iphone"},{"text":"ipad"},{"text":"ipod"},{"text":"ios"}]
SELECT COALESCE(g.m_sessions, 0) AS sessions
FROM (
SELECT COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0 AND LOWER(f.os) IN ({p5:String}, {p6:String}, {p7:String}, {p8:String})
) g;

-- revenue from safari users
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"text":"safari"}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0 AND LOWER(COALESCE(s.browser, '')) IN (?6)
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"text":"safari"}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN (SELECT id, browser FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0 AND LOWER(COALESCE(s.browser, '')) IN ({p6:String})
) g;

-- revenue of campaign "Spring Sale"
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"text":"spring sale"}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0 AND LOWER(COALESCE(s.campaign, '')) IN (?6)
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"text":"spring sale"}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN (SELECT id, campaign FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0 AND LOWER(COALESCE(s.campaign, '')) IN ({p6:String})
) g;

-- orders from campaign spring_sale last month
-- ["tenant","site",{"first_hour":0},{"end_hour":0},{"text":"spring_sale"}]
SELECT COALESCE(g.m_orders, 0) AS orders
FROM (
SELECT COUNT(*) AS m_orders
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0 AND LOWER(COALESCE(s.campaign, '')) IN (?5)
) g;
-- ["tenant","site",{"first_hour":0},{"end_hour":0},{"text":"spring_sale"}]
SELECT COALESCE(g.m_orders, 0) AS orders
FROM (
SELECT COUNT(*) AS m_orders
FROM orders f
LEFT JOIN (SELECT id, campaign FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0 AND LOWER(COALESCE(s.campaign, '')) IN ({p5:String})
) g;

-- spend on campaign black-friday
-- ["tenant","site","currency",{"first_day":0},{"end_day":0},{"text":"black-friday"}]
SELECT COALESCE(g.m_spend, 0) AS spend
FROM (
SELECT SUM(CASE WHEN f.currency = ?3 THEN f.spend_minor ELSE 0 END) AS m_spend
FROM ad_spend f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_day >= ?4 AND f.local_day < ?5 AND LOWER(f.campaign) IN (?6)
) g;
-- ["tenant","site","currency",{"first_day":0},{"end_day":0},{"text":"black-friday"}]
SELECT COALESCE(g.m_spend, 0) AS spend
FROM (
SELECT SUM(CASE WHEN f.currency = {p3:String} THEN f.spend_minor ELSE 0 END) AS m_spend
FROM ad_spend_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_day >= {p4:Int64} AND f.local_day < {p5:Int64} AND LOWER(f.campaign) IN ({p6:String})
) g;

-- roas of campaign summer_2026 last 30 days
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"text":"summer_2026"},{"first_day":0},{"end_day":0}]
SELECT g.w0_revenue * 1.0 / NULLIF(g.w0_spend, 0) AS roas
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 0 THEN a.m_spend ELSE 0 END) AS w0_spend
FROM (
SELECT 0 AS w, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue, 0 AS m_spend
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0 AND LOWER(COALESCE(s.campaign, '')) IN (?6)
UNION ALL
SELECT 0 AS w, 0 AS m_revenue, SUM(CASE WHEN f.currency = ?3 THEN f.spend_minor ELSE 0 END) AS m_spend
FROM ad_spend f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_day >= ?7 AND f.local_day < ?8 AND LOWER(f.campaign) IN (?6)
) a
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"text":"summer_2026"},{"first_day":0},{"end_day":0}]
SELECT g.w0_revenue * 1.0 / NULLIF(g.w0_spend, 0) AS roas
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 0 THEN a.m_spend ELSE 0 END) AS w0_spend
FROM (
SELECT 0 AS w, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue, 0 AS m_spend
FROM orders f
LEFT JOIN (SELECT id, campaign FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0 AND LOWER(COALESCE(s.campaign, '')) IN ({p6:String})
UNION ALL
SELECT 0 AS w, 0 AS m_revenue, SUM(CASE WHEN f.currency = {p3:String} THEN f.spend_minor ELSE 0 END) AS m_spend
FROM ad_spend_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_day >= {p7:Int64} AND f.local_day < {p8:Int64} AND LOWER(f.campaign) IN ({p6:String})
) a
) g;

-- revenue from source newsletter
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"text":"newsletter"}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0 AND LOWER(COALESCE(s.source, '')) IN (?6)
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"text":"newsletter"}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN (SELECT id, source FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0 AND LOWER(COALESCE(s.source, '')) IN ({p6:String})
) g;

-- sessions from source "partner blog" last month
-- ["tenant","site",{"first_hour":0},{"end_hour":0},{"text":"partner blog"}]
SELECT COALESCE(g.m_sessions, 0) AS sessions
FROM (
SELECT COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0 AND LOWER(f.source) IN (?5)
) g;
-- ["tenant","site",{"first_hour":0},{"end_hour":0},{"text":"partner blog"}]
SELECT COALESCE(g.m_sessions, 0) AS sessions
FROM (
SELECT COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0 AND LOWER(f.source) IN ({p5:String})
) g;

-- revenue from medium cpc
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"text":"cpc"}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0 AND LOWER(COALESCE(s.medium, '')) IN (?6)
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"text":"cpc"}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN (SELECT id, medium FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0 AND LOWER(COALESCE(s.medium, '')) IN ({p6:String})
) g;

-- revenue from country de
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"text":"de"}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0 AND LOWER(COALESCE(s.country, '')) IN (?6)
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"text":"de"}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN (SELECT id, country FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0 AND LOWER(COALESCE(s.country, '')) IN ({p6:String})
) g;

-- email revenue by campaign last month
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"text":"email"}]
SELECT g.dim0 AS campaign, COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT COALESCE(s.campaign, '') AS dim0, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0 AND LOWER(COALESCE(s.channel, '')) IN (?6)
GROUP BY dim0
) g
ORDER BY revenue DESC NULLS LAST, campaign
LIMIT 100;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"text":"email"}]
SELECT g.dim0 AS campaign, COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT COALESCE(s.campaign, '') AS dim0, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN (SELECT id, campaign, channel FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0 AND LOWER(COALESCE(s.channel, '')) IN ({p6:String})
GROUP BY dim0
) g
ORDER BY revenue DESC NULLS LAST, campaign
LIMIT 100;

-- top campaigns from email by orders
-- ["tenant","site",{"first_hour":0},{"end_hour":0},{"text":"email"}]
SELECT g.dim0 AS campaign, COALESCE(g.m_orders, 0) AS orders
FROM (
SELECT COALESCE(s.campaign, '') AS dim0, COUNT(*) AS m_orders
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0 AND LOWER(COALESCE(s.channel, '')) IN (?5)
GROUP BY dim0
) g
ORDER BY orders DESC NULLS LAST, campaign
LIMIT 10;
-- ["tenant","site",{"first_hour":0},{"end_hour":0},{"text":"email"}]
SELECT g.dim0 AS campaign, COALESCE(g.m_orders, 0) AS orders
FROM (
SELECT COALESCE(s.campaign, '') AS dim0, COUNT(*) AS m_orders
FROM orders f
LEFT JOIN (SELECT id, campaign, channel FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0 AND LOWER(COALESCE(s.channel, '')) IN ({p5:String})
GROUP BY dim0
) g
ORDER BY orders DESC NULLS LAST, campaign
LIMIT 10;

-- revenue of klaviyo last 30 days
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"text":"klaviyo"}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0 AND LOWER(COALESCE(s.source, '')) IN (?6)
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"text":"klaviyo"}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN (SELECT id, source FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0 AND LOWER(COALESCE(s.source, '')) IN ({p6:String})
) g;

-- revenue between 2026-01-01 and 2026-01-31
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
) g;

-- revenue from 1 March 2026 to 15 March 2026
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
) g;

-- orders since 2026-11-01
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_orders, 0) AS orders
FROM (
SELECT COUNT(*) AS m_orders
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
) g;
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_orders, 0) AS orders
FROM (
SELECT COUNT(*) AS m_orders
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
) g;

-- orders since October
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_orders, 0) AS orders
FROM (
SELECT COUNT(*) AS m_orders
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
) g;
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_orders, 0) AS orders
FROM (
SELECT COUNT(*) AS m_orders
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
) g;

-- revenue in March
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
) g;

-- revenue in December
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
) g;

-- revenue in march 2025
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
) g;

-- revenue in 2025
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
) g;

-- revenue on 2026-11-11
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
) g;

-- revenue on November 11th
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
) g;

-- orders the day before yesterday
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_orders, 0) AS orders
FROM (
SELECT COUNT(*) AS m_orders
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
) g;
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_orders, 0) AS orders
FROM (
SELECT COUNT(*) AS m_orders
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
) g;

-- revenue the month before last
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
) g;

-- revenue the previous 14 days
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
) g;

-- revenue month to date
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
) g;

-- ytd revenue
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
) g;

-- mtd orders
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_orders, 0) AS orders
FROM (
SELECT COUNT(*) AS m_orders
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
) g;
-- ["tenant","site",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_orders, 0) AS orders
FROM (
SELECT COUNT(*) AS m_orders
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
) g;

-- Show me our channel performance last month
-- ["tenant","site",{"first_hour":0},{"end_hour":0},"currency",{"first_day":0},{"end_day":0}]
SELECT g.dim0 AS channel, COALESCE(g.w0_revenue, 0) AS revenue, COALESCE(g.w0_orders, 0) AS orders, COALESCE(g.w0_sessions, 0) AS sessions, g.w0_orders * 1.0 / NULLIF(g.w0_sessions, 0) AS cvr, g.w0_revenue * 1.0 / NULLIF(g.w0_orders, 0) AS aov, COALESCE(g.w0_spend, 0) AS spend, g.w0_revenue * 1.0 / NULLIF(g.w0_spend, 0) AS roas
FROM (
SELECT a.dim0 AS dim0, SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 0 THEN a.m_orders ELSE 0 END) AS w0_orders, SUM(CASE WHEN a.w = 0 THEN a.m_sessions ELSE 0 END) AS w0_sessions, SUM(CASE WHEN a.w = 0 THEN a.m_spend ELSE 0 END) AS w0_spend
FROM (
SELECT 0 AS w, f.channel AS dim0, 0 AS m_revenue, 0 AS m_orders, COUNT(*) AS m_sessions, 0 AS m_spend
FROM sessions f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
GROUP BY dim0
UNION ALL
SELECT 0 AS w, COALESCE(s.channel, '') AS dim0, SUM(CASE WHEN f.currency = ?5 THEN f.value_minor ELSE 0 END) AS m_revenue, COUNT(*) AS m_orders, 0 AS m_sessions, 0 AS m_spend
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
GROUP BY dim0
UNION ALL
SELECT 0 AS w, f.channel AS dim0, 0 AS m_revenue, 0 AS m_orders, 0 AS m_sessions, SUM(CASE WHEN f.currency = ?5 THEN f.spend_minor ELSE 0 END) AS m_spend
FROM ad_spend f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_day >= ?6 AND f.local_day < ?7
GROUP BY dim0
) a
GROUP BY a.dim0
) g
ORDER BY revenue DESC NULLS LAST, channel
LIMIT 100;
-- ["tenant","site",{"first_hour":0},{"end_hour":0},"currency",{"first_day":0},{"end_day":0}]
SELECT g.dim0 AS channel, COALESCE(g.w0_revenue, 0) AS revenue, COALESCE(g.w0_orders, 0) AS orders, COALESCE(g.w0_sessions, 0) AS sessions, g.w0_orders * 1.0 / NULLIF(g.w0_sessions, 0) AS cvr, g.w0_revenue * 1.0 / NULLIF(g.w0_orders, 0) AS aov, COALESCE(g.w0_spend, 0) AS spend, g.w0_revenue * 1.0 / NULLIF(g.w0_spend, 0) AS roas
FROM (
SELECT a.dim0 AS dim0, SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 0 THEN a.m_orders ELSE 0 END) AS w0_orders, SUM(CASE WHEN a.w = 0 THEN a.m_sessions ELSE 0 END) AS w0_sessions, SUM(CASE WHEN a.w = 0 THEN a.m_spend ELSE 0 END) AS w0_spend
FROM (
SELECT 0 AS w, f.channel AS dim0, 0 AS m_revenue, 0 AS m_orders, COUNT(*) AS m_sessions, 0 AS m_spend
FROM sessions f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
GROUP BY dim0
UNION ALL
SELECT 0 AS w, COALESCE(s.channel, '') AS dim0, SUM(CASE WHEN f.currency = {p5:String} THEN f.value_minor ELSE 0 END) AS m_revenue, COUNT(*) AS m_orders, 0 AS m_sessions, 0 AS m_spend
FROM orders f
LEFT JOIN (SELECT id, channel FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
GROUP BY dim0
UNION ALL
SELECT 0 AS w, f.channel AS dim0, 0 AS m_revenue, 0 AS m_orders, 0 AS m_sessions, SUM(CASE WHEN f.currency = {p5:String} THEN f.spend_minor ELSE 0 END) AS m_spend
FROM ad_spend_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_day >= {p6:Int64} AND f.local_day < {p7:Int64}
GROUP BY dim0
) a
GROUP BY a.dim0
) g
ORDER BY revenue DESC NULLS LAST, channel
LIMIT 100;

-- How are our campaigns performing?
-- ["tenant","site",{"first_hour":0},{"end_hour":0},"currency",{"first_day":0},{"end_day":0}]
SELECT g.dim0 AS campaign, COALESCE(g.w0_revenue, 0) AS revenue, COALESCE(g.w0_orders, 0) AS orders, COALESCE(g.w0_sessions, 0) AS sessions, g.w0_orders * 1.0 / NULLIF(g.w0_sessions, 0) AS cvr, g.w0_revenue * 1.0 / NULLIF(g.w0_orders, 0) AS aov, COALESCE(g.w0_spend, 0) AS spend, g.w0_revenue * 1.0 / NULLIF(g.w0_spend, 0) AS roas
FROM (
SELECT a.dim0 AS dim0, SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 0 THEN a.m_orders ELSE 0 END) AS w0_orders, SUM(CASE WHEN a.w = 0 THEN a.m_sessions ELSE 0 END) AS w0_sessions, SUM(CASE WHEN a.w = 0 THEN a.m_spend ELSE 0 END) AS w0_spend
FROM (
SELECT 0 AS w, f.campaign AS dim0, 0 AS m_revenue, 0 AS m_orders, COUNT(*) AS m_sessions, 0 AS m_spend
FROM sessions f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
GROUP BY dim0
UNION ALL
SELECT 0 AS w, COALESCE(s.campaign, '') AS dim0, SUM(CASE WHEN f.currency = ?5 THEN f.value_minor ELSE 0 END) AS m_revenue, COUNT(*) AS m_orders, 0 AS m_sessions, 0 AS m_spend
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
GROUP BY dim0
UNION ALL
SELECT 0 AS w, f.campaign AS dim0, 0 AS m_revenue, 0 AS m_orders, 0 AS m_sessions, SUM(CASE WHEN f.currency = ?5 THEN f.spend_minor ELSE 0 END) AS m_spend
FROM ad_spend f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_day >= ?6 AND f.local_day < ?7
GROUP BY dim0
) a
GROUP BY a.dim0
) g
ORDER BY revenue DESC NULLS LAST, campaign
LIMIT 100;
-- ["tenant","site",{"first_hour":0},{"end_hour":0},"currency",{"first_day":0},{"end_day":0}]
SELECT g.dim0 AS campaign, COALESCE(g.w0_revenue, 0) AS revenue, COALESCE(g.w0_orders, 0) AS orders, COALESCE(g.w0_sessions, 0) AS sessions, g.w0_orders * 1.0 / NULLIF(g.w0_sessions, 0) AS cvr, g.w0_revenue * 1.0 / NULLIF(g.w0_orders, 0) AS aov, COALESCE(g.w0_spend, 0) AS spend, g.w0_revenue * 1.0 / NULLIF(g.w0_spend, 0) AS roas
FROM (
SELECT a.dim0 AS dim0, SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 0 THEN a.m_orders ELSE 0 END) AS w0_orders, SUM(CASE WHEN a.w = 0 THEN a.m_sessions ELSE 0 END) AS w0_sessions, SUM(CASE WHEN a.w = 0 THEN a.m_spend ELSE 0 END) AS w0_spend
FROM (
SELECT 0 AS w, f.campaign AS dim0, 0 AS m_revenue, 0 AS m_orders, COUNT(*) AS m_sessions, 0 AS m_spend
FROM sessions f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
GROUP BY dim0
UNION ALL
SELECT 0 AS w, COALESCE(s.campaign, '') AS dim0, SUM(CASE WHEN f.currency = {p5:String} THEN f.value_minor ELSE 0 END) AS m_revenue, COUNT(*) AS m_orders, 0 AS m_sessions, 0 AS m_spend
FROM orders f
LEFT JOIN (SELECT id, campaign FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
GROUP BY dim0
UNION ALL
SELECT 0 AS w, f.campaign AS dim0, 0 AS m_revenue, 0 AS m_orders, 0 AS m_sessions, SUM(CASE WHEN f.currency = {p5:String} THEN f.spend_minor ELSE 0 END) AS m_spend
FROM ad_spend_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_day >= {p6:Int64} AND f.local_day < {p7:Int64}
GROUP BY dim0
) a
GROUP BY a.dim0
) g
ORDER BY revenue DESC NULLS LAST, campaign
LIMIT 100;

-- overview of last week
-- ["tenant","site",{"first_hour":0},{"end_hour":0},"currency",{"first_day":0},{"end_day":0}]
SELECT COALESCE(g.w0_revenue, 0) AS revenue, COALESCE(g.w0_orders, 0) AS orders, COALESCE(g.w0_sessions, 0) AS sessions, g.w0_orders * 1.0 / NULLIF(g.w0_sessions, 0) AS cvr, g.w0_revenue * 1.0 / NULLIF(g.w0_orders, 0) AS aov, COALESCE(g.w0_spend, 0) AS spend, g.w0_revenue * 1.0 / NULLIF(g.w0_spend, 0) AS roas
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 0 THEN a.m_orders ELSE 0 END) AS w0_orders, SUM(CASE WHEN a.w = 0 THEN a.m_sessions ELSE 0 END) AS w0_sessions, SUM(CASE WHEN a.w = 0 THEN a.m_spend ELSE 0 END) AS w0_spend
FROM (
SELECT 0 AS w, 0 AS m_revenue, 0 AS m_orders, COUNT(*) AS m_sessions, 0 AS m_spend
FROM sessions f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
UNION ALL
SELECT 0 AS w, SUM(CASE WHEN f.currency = ?5 THEN f.value_minor ELSE 0 END) AS m_revenue, COUNT(*) AS m_orders, 0 AS m_sessions, 0 AS m_spend
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
UNION ALL
SELECT 0 AS w, 0 AS m_revenue, 0 AS m_orders, 0 AS m_sessions, SUM(CASE WHEN f.currency = ?5 THEN f.spend_minor ELSE 0 END) AS m_spend
FROM ad_spend f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_day >= ?6 AND f.local_day < ?7
) a
) g;
-- ["tenant","site",{"first_hour":0},{"end_hour":0},"currency",{"first_day":0},{"end_day":0}]
SELECT COALESCE(g.w0_revenue, 0) AS revenue, COALESCE(g.w0_orders, 0) AS orders, COALESCE(g.w0_sessions, 0) AS sessions, g.w0_orders * 1.0 / NULLIF(g.w0_sessions, 0) AS cvr, g.w0_revenue * 1.0 / NULLIF(g.w0_orders, 0) AS aov, COALESCE(g.w0_spend, 0) AS spend, g.w0_revenue * 1.0 / NULLIF(g.w0_spend, 0) AS roas
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 0 THEN a.m_orders ELSE 0 END) AS w0_orders, SUM(CASE WHEN a.w = 0 THEN a.m_sessions ELSE 0 END) AS w0_sessions, SUM(CASE WHEN a.w = 0 THEN a.m_spend ELSE 0 END) AS w0_spend
FROM (
SELECT 0 AS w, 0 AS m_revenue, 0 AS m_orders, COUNT(*) AS m_sessions, 0 AS m_spend
FROM sessions f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
UNION ALL
SELECT 0 AS w, SUM(CASE WHEN f.currency = {p5:String} THEN f.value_minor ELSE 0 END) AS m_revenue, COUNT(*) AS m_orders, 0 AS m_sessions, 0 AS m_spend
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
UNION ALL
SELECT 0 AS w, 0 AS m_revenue, 0 AS m_orders, 0 AS m_sessions, SUM(CASE WHEN f.currency = {p5:String} THEN f.spend_minor ELSE 0 END) AS m_spend
FROM ad_spend_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_day >= {p6:Int64} AND f.local_day < {p7:Int64}
) a
) g;

-- compare google and facebook last month
-- ["tenant","site",{"first_hour":0},{"end_hour":0},{"text":"google"},{"text":"facebook"},"currency",{"first_day":0},{"end_day":0}]
SELECT g.dim0 AS source, COALESCE(g.w0_revenue, 0) AS revenue, COALESCE(g.w0_orders, 0) AS orders, COALESCE(g.w0_sessions, 0) AS sessions, g.w0_orders * 1.0 / NULLIF(g.w0_sessions, 0) AS cvr, g.w0_revenue * 1.0 / NULLIF(g.w0_orders, 0) AS aov, COALESCE(g.w0_spend, 0) AS spend, g.w0_revenue * 1.0 / NULLIF(g.w0_spend, 0) AS roas
FROM (
SELECT a.dim0 AS dim0, SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 0 THEN a.m_orders ELSE 0 END) AS w0_orders, SUM(CASE WHEN a.w = 0 THEN a.m_sessions ELSE 0 END) AS w0_sessions, SUM(CASE WHEN a.w = 0 THEN a.m_spend ELSE 0 END) AS w0_spend
FROM (
SELECT 0 AS w, f.source AS dim0, 0 AS m_revenue, 0 AS m_orders, COUNT(*) AS m_sessions, 0 AS m_spend
FROM sessions f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0 AND LOWER(f.source) IN (?5, ?6)
GROUP BY dim0
UNION ALL
SELECT 0 AS w, COALESCE(s.source, '') AS dim0, SUM(CASE WHEN f.currency = ?7 THEN f.value_minor ELSE 0 END) AS m_revenue, COUNT(*) AS m_orders, 0 AS m_sessions, 0 AS m_spend
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0 AND LOWER(COALESCE(s.source, '')) IN (?5, ?6)
GROUP BY dim0
UNION ALL
SELECT 0 AS w, f.source AS dim0, 0 AS m_revenue, 0 AS m_orders, 0 AS m_sessions, SUM(CASE WHEN f.currency = ?7 THEN f.spend_minor ELSE 0 END) AS m_spend
FROM ad_spend f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_day >= ?8 AND f.local_day < ?9 AND LOWER(f.source) IN (?5, ?6)
GROUP BY dim0
) a
GROUP BY a.dim0
) g
ORDER BY revenue DESC NULLS LAST, source
LIMIT 100;
-- ["tenant","site",{"first_hour":0},{"end_hour":0},{"text":"google"},{"text":"facebook"},"currency",{"first_day":0},{"end_day":0}]
SELECT g.dim0 AS source, COALESCE(g.w0_revenue, 0) AS revenue, COALESCE(g.w0_orders, 0) AS orders, COALESCE(g.w0_sessions, 0) AS sessions, g.w0_orders * 1.0 / NULLIF(g.w0_sessions, 0) AS cvr, g.w0_revenue * 1.0 / NULLIF(g.w0_orders, 0) AS aov, COALESCE(g.w0_spend, 0) AS spend, g.w0_revenue * 1.0 / NULLIF(g.w0_spend, 0) AS roas
FROM (
SELECT a.dim0 AS dim0, SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 0 THEN a.m_orders ELSE 0 END) AS w0_orders, SUM(CASE WHEN a.w = 0 THEN a.m_sessions ELSE 0 END) AS w0_sessions, SUM(CASE WHEN a.w = 0 THEN a.m_spend ELSE 0 END) AS w0_spend
FROM (
SELECT 0 AS w, f.source AS dim0, 0 AS m_revenue, 0 AS m_orders, COUNT(*) AS m_sessions, 0 AS m_spend
FROM sessions f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0 AND LOWER(f.source) IN ({p5:String}, {p6:String})
GROUP BY dim0
UNION ALL
SELECT 0 AS w, COALESCE(s.source, '') AS dim0, SUM(CASE WHEN f.currency = {p7:String} THEN f.value_minor ELSE 0 END) AS m_revenue, COUNT(*) AS m_orders, 0 AS m_sessions, 0 AS m_spend
FROM orders f
LEFT JOIN (SELECT id, source FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0 AND LOWER(COALESCE(s.source, '')) IN ({p5:String}, {p6:String})
GROUP BY dim0
UNION ALL
SELECT 0 AS w, f.source AS dim0, 0 AS m_revenue, 0 AS m_orders, 0 AS m_sessions, SUM(CASE WHEN f.currency = {p7:String} THEN f.spend_minor ELSE 0 END) AS m_spend
FROM ad_spend_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_day >= {p8:Int64} AND f.local_day < {p9:Int64} AND LOWER(f.source) IN ({p5:String}, {p6:String})
GROUP BY dim0
) a
GROUP BY a.dim0
) g
ORDER BY revenue DESC NULLS LAST, source
LIMIT 100;

-- compare mobile and desktop by conversion rate
-- ["tenant","site",{"first_hour":0},{"end_hour":0},{"text":"mobile"},{"text":"desktop"}]
SELECT g.dim0 AS device, g.w0_orders * 1.0 / NULLIF(g.w0_sessions, 0) AS cvr
FROM (
SELECT a.dim0 AS dim0, SUM(CASE WHEN a.w = 0 THEN a.m_orders ELSE 0 END) AS w0_orders, SUM(CASE WHEN a.w = 0 THEN a.m_sessions ELSE 0 END) AS w0_sessions
FROM (
SELECT 0 AS w, f.device AS dim0, 0 AS m_orders, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0 AND LOWER(f.device) IN (?5, ?6)
GROUP BY dim0
UNION ALL
SELECT 0 AS w, COALESCE(s.device, '') AS dim0, COUNT(*) AS m_orders, 0 AS m_sessions
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0 AND LOWER(COALESCE(s.device, '')) IN (?5, ?6)
GROUP BY dim0
) a
GROUP BY a.dim0
) g
ORDER BY cvr DESC NULLS LAST, device
LIMIT 100;
-- ["tenant","site",{"first_hour":0},{"end_hour":0},{"text":"mobile"},{"text":"desktop"}]
SELECT g.dim0 AS device, g.w0_orders * 1.0 / NULLIF(g.w0_sessions, 0) AS cvr
FROM (
SELECT a.dim0 AS dim0, SUM(CASE WHEN a.w = 0 THEN a.m_orders ELSE 0 END) AS w0_orders, SUM(CASE WHEN a.w = 0 THEN a.m_sessions ELSE 0 END) AS w0_sessions
FROM (
SELECT 0 AS w, f.device AS dim0, 0 AS m_orders, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0 AND LOWER(f.device) IN ({p5:String}, {p6:String})
GROUP BY dim0
UNION ALL
SELECT 0 AS w, COALESCE(s.device, '') AS dim0, COUNT(*) AS m_orders, 0 AS m_sessions
FROM orders f
LEFT JOIN (SELECT id, device FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0 AND LOWER(COALESCE(s.device, '')) IN ({p5:String}, {p6:String})
GROUP BY dim0
) a
GROUP BY a.dim0
) g
ORDER BY cvr DESC NULLS LAST, device
LIMIT 100;

-- compare channels by ROAS
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"first_day":0},{"end_day":0}]
SELECT g.dim0 AS channel, g.w0_revenue * 1.0 / NULLIF(g.w0_spend, 0) AS roas
FROM (
SELECT a.dim0 AS dim0, SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 0 THEN a.m_spend ELSE 0 END) AS w0_spend
FROM (
SELECT 0 AS w, COALESCE(s.channel, '') AS dim0, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue, 0 AS m_spend
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
GROUP BY dim0
UNION ALL
SELECT 0 AS w, f.channel AS dim0, 0 AS m_revenue, SUM(CASE WHEN f.currency = ?3 THEN f.spend_minor ELSE 0 END) AS m_spend
FROM ad_spend f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_day >= ?6 AND f.local_day < ?7
GROUP BY dim0
) a
GROUP BY a.dim0
) g
ORDER BY roas DESC NULLS LAST, channel
LIMIT 100;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"first_day":0},{"end_day":0}]
SELECT g.dim0 AS channel, g.w0_revenue * 1.0 / NULLIF(g.w0_spend, 0) AS roas
FROM (
SELECT a.dim0 AS dim0, SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 0 THEN a.m_spend ELSE 0 END) AS w0_spend
FROM (
SELECT 0 AS w, COALESCE(s.channel, '') AS dim0, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue, 0 AS m_spend
FROM orders f
LEFT JOIN (SELECT id, channel FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
GROUP BY dim0
UNION ALL
SELECT 0 AS w, f.channel AS dim0, 0 AS m_revenue, SUM(CASE WHEN f.currency = {p3:String} THEN f.spend_minor ELSE 0 END) AS m_spend
FROM ad_spend_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_day >= {p6:Int64} AND f.local_day < {p7:Int64}
GROUP BY dim0
) a
GROUP BY a.dim0
) g
ORDER BY roas DESC NULLS LAST, channel
LIMIT 100;

-- social media revenue last month
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"text":"paid social"},{"text":"organic social"}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0 AND LOWER(COALESCE(s.channel, '')) IN (?6, ?7)
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"text":"paid social"},{"text":"organic social"}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN (SELECT id, channel FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0 AND LOWER(COALESCE(s.channel, '')) IN ({p6:String}, {p7:String})
) g;

-- paid revenue last month
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"text":"paid search"},{"text":"paid social"},{"text":"paid shopping"},{"text":"paid video"},{"text":"paid other"},{"text":"display"}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0 AND LOWER(COALESCE(s.channel, '')) IN (?6, ?7, ?8, ?9, ?10, ?11)
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"text":"paid search"},{"text":"paid social"},{"text":"paid shopping"},{"text":"paid video"},{"text":"paid other"},{"text":"display"}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN (SELECT id, channel FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0 AND LOWER(COALESCE(s.channel, '')) IN ({p6:String}, {p7:String}, {p8:String}, {p9:String}, {p10:String}, {p11:String})
) g;

-- revenue from campaigns last 30 days
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0 AND COALESCE(s.campaign, '') <> ''
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN (SELECT id, campaign FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0 AND COALESCE(s.campaign, '') <> ''
) g;

-- ROAS of Google campaigns last month
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"text":"google"},{"first_day":0},{"end_day":0}]
SELECT g.w0_revenue * 1.0 / NULLIF(g.w0_spend, 0) AS roas
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 0 THEN a.m_spend ELSE 0 END) AS w0_spend
FROM (
SELECT 0 AS w, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue, 0 AS m_spend
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0 AND LOWER(COALESCE(s.source, '')) IN (?6) AND COALESCE(s.campaign, '') <> ''
UNION ALL
SELECT 0 AS w, 0 AS m_revenue, SUM(CASE WHEN f.currency = ?3 THEN f.spend_minor ELSE 0 END) AS m_spend
FROM ad_spend f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_day >= ?7 AND f.local_day < ?8 AND LOWER(f.source) IN (?6) AND f.campaign <> ''
) a
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"text":"google"},{"first_day":0},{"end_day":0}]
SELECT g.w0_revenue * 1.0 / NULLIF(g.w0_spend, 0) AS roas
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 0 THEN a.m_spend ELSE 0 END) AS w0_spend
FROM (
SELECT 0 AS w, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue, 0 AS m_spend
FROM orders f
LEFT JOIN (SELECT id, campaign, source FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0 AND LOWER(COALESCE(s.source, '')) IN ({p6:String}) AND COALESCE(s.campaign, '') <> ''
UNION ALL
SELECT 0 AS w, 0 AS m_revenue, SUM(CASE WHEN f.currency = {p3:String} THEN f.spend_minor ELSE 0 END) AS m_spend
FROM ad_spend_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_day >= {p7:Int64} AND f.local_day < {p8:Int64} AND LOWER(f.source) IN ({p6:String}) AND f.campaign <> ''
) a
) g;

-- CTR of all email campaigns last month
-- ["tenant","site",{"first_day":0},{"end_day":0},{"text":"email"}]
SELECT g.m_clicks * 1.0 / NULLIF(g.m_impressions, 0) AS ctr
FROM (
SELECT SUM(f.clicks) AS m_clicks, SUM(f.impressions) AS m_impressions
FROM ad_spend f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_day >= ?3 AND f.local_day < ?4 AND LOWER(f.channel) IN (?5) AND f.campaign <> ''
) g;
-- ["tenant","site",{"first_day":0},{"end_day":0},{"text":"email"}]
SELECT g.m_clicks * 1.0 / NULLIF(g.m_impressions, 0) AS ctr
FROM (
SELECT SUM(f.clicks) AS m_clicks, SUM(f.impressions) AS m_impressions
FROM ad_spend_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_day >= {p3:Int64} AND f.local_day < {p4:Int64} AND LOWER(f.channel) IN ({p5:String}) AND f.campaign <> ''
) g;

-- revenue per visit by device last month
-- ["tenant","site",{"first_hour":0},{"end_hour":0},"currency"]
SELECT g.dim0 AS device, g.w0_revenue * 1.0 / NULLIF(g.w0_sessions, 0) AS revenue_per_session
FROM (
SELECT a.dim0 AS dim0, SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 0 THEN a.m_sessions ELSE 0 END) AS w0_sessions
FROM (
SELECT 0 AS w, f.device AS dim0, 0 AS m_revenue, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
GROUP BY dim0
UNION ALL
SELECT 0 AS w, COALESCE(s.device, '') AS dim0, SUM(CASE WHEN f.currency = ?5 THEN f.value_minor ELSE 0 END) AS m_revenue, 0 AS m_sessions
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
GROUP BY dim0
) a
GROUP BY a.dim0
) g
ORDER BY revenue_per_session DESC NULLS LAST, device
LIMIT 100;
-- ["tenant","site",{"first_hour":0},{"end_hour":0},"currency"]
SELECT g.dim0 AS device, g.w0_revenue * 1.0 / NULLIF(g.w0_sessions, 0) AS revenue_per_session
FROM (
SELECT a.dim0 AS dim0, SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 0 THEN a.m_sessions ELSE 0 END) AS w0_sessions
FROM (
SELECT 0 AS w, f.device AS dim0, 0 AS m_revenue, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
GROUP BY dim0
UNION ALL
SELECT 0 AS w, COALESCE(s.device, '') AS dim0, SUM(CASE WHEN f.currency = {p5:String} THEN f.value_minor ELSE 0 END) AS m_revenue, 0 AS m_sessions
FROM orders f
LEFT JOIN (SELECT id, device FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
GROUP BY dim0
) a
GROUP BY a.dim0
) g
ORDER BY revenue_per_session DESC NULLS LAST, device
LIMIT 100;

-- cost per click by source last 30 days
-- ["tenant","site","currency",{"first_day":0},{"end_day":0}]
SELECT g.dim0 AS source, g.m_spend * 1.0 / NULLIF(g.m_clicks, 0) AS cpc
FROM (
SELECT f.source AS dim0, SUM(CASE WHEN f.currency = ?3 THEN f.spend_minor ELSE 0 END) AS m_spend, SUM(f.clicks) AS m_clicks
FROM ad_spend f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_day >= ?4 AND f.local_day < ?5
GROUP BY dim0
) g
ORDER BY cpc DESC NULLS LAST, source
LIMIT 100;
-- ["tenant","site","currency",{"first_day":0},{"end_day":0}]
SELECT g.dim0 AS source, g.m_spend * 1.0 / NULLIF(g.m_clicks, 0) AS cpc
FROM (
SELECT f.source AS dim0, SUM(CASE WHEN f.currency = {p3:String} THEN f.spend_minor ELSE 0 END) AS m_spend, SUM(f.clicks) AS m_clicks
FROM ad_spend_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_day >= {p4:Int64} AND f.local_day < {p5:Int64}
GROUP BY dim0
) g
ORDER BY cpc DESC NULLS LAST, source
LIMIT 100;

-- What was the average order value by country last quarter?
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT g.dim0 AS country, g.m_revenue * 1.0 / NULLIF(g.m_orders, 0) AS aov
FROM (
SELECT COALESCE(s.country, '') AS dim0, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue, COUNT(*) AS m_orders
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
GROUP BY dim0
) g
ORDER BY aov DESC NULLS LAST, country
LIMIT 100;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT g.dim0 AS country, g.m_revenue * 1.0 / NULLIF(g.m_orders, 0) AS aov
FROM (
SELECT COALESCE(s.country, '') AS dim0, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue, COUNT(*) AS m_orders
FROM orders f
LEFT JOIN (SELECT id, country FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
GROUP BY dim0
) g
ORDER BY aov DESC NULLS LAST, country
LIMIT 100;

-- revenue from chatgpt last 30 days
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"text":"chatgpt"}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0 AND LOWER(COALESCE(s.source, '')) IN (?6)
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"text":"chatgpt"}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN (SELECT id, source FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0 AND LOWER(COALESCE(s.source, '')) IN ({p6:String})
) g;

-- sessions from AI assistants this year
-- ["tenant","site",{"first_hour":0},{"end_hour":0},{"text":"ai assistants"}]
SELECT COALESCE(g.m_sessions, 0) AS sessions
FROM (
SELECT COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0 AND LOWER(f.channel) IN (?5)
) g;
-- ["tenant","site",{"first_hour":0},{"end_hour":0},{"text":"ai assistants"}]
SELECT COALESCE(g.m_sessions, 0) AS sessions
FROM (
SELECT COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0 AND LOWER(f.channel) IN ({p5:String})
) g;

-- WHAT   IS the Revenue  last 7 days ??
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
) g;

-- revenue by source from newsletter campaigns
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"text":"email"}]
SELECT g.dim0 AS source, g.dim1 AS campaign, COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT COALESCE(s.source, '') AS dim0, COALESCE(s.campaign, '') AS dim1, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0 AND LOWER(COALESCE(s.channel, '')) IN (?6)
GROUP BY dim0, dim1
) g
ORDER BY revenue DESC NULLS LAST, source, campaign
LIMIT 100;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"text":"email"}]
SELECT g.dim0 AS source, g.dim1 AS campaign, COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT COALESCE(s.source, '') AS dim0, COALESCE(s.campaign, '') AS dim1, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN (SELECT id, campaign, channel, source FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0 AND LOWER(COALESCE(s.channel, '')) IN ({p6:String})
GROUP BY dim0, dim1
) g
ORDER BY revenue DESC NULLS LAST, source, campaign
LIMIT 100;

-- mobile conversion rate vs previous period
-- ["tenant","site",{"first_hour":0},{"end_hour":0},{"text":"mobile"},{"first_hour":1},{"end_hour":1}]
SELECT g.w0_orders * 1.0 / NULLIF(g.w0_sessions, 0) AS cvr, g.w1_orders * 1.0 / NULLIF(g.w1_sessions, 0) AS cvr_previous
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_orders ELSE 0 END) AS w0_orders, SUM(CASE WHEN a.w = 1 THEN a.m_orders ELSE 0 END) AS w1_orders, SUM(CASE WHEN a.w = 0 THEN a.m_sessions ELSE 0 END) AS w0_sessions, SUM(CASE WHEN a.w = 1 THEN a.m_sessions ELSE 0 END) AS w1_sessions
FROM (
SELECT 0 AS w, 0 AS m_orders, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0 AND LOWER(f.device) IN (?5)
UNION ALL
SELECT 0 AS w, COUNT(*) AS m_orders, 0 AS m_sessions
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0 AND LOWER(COALESCE(s.device, '')) IN (?5)
UNION ALL
SELECT 1 AS w, 0 AS m_orders, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?6 AND f.local_hour < ?7 AND f.bot = 0 AND LOWER(f.device) IN (?5)
UNION ALL
SELECT 1 AS w, COUNT(*) AS m_orders, 0 AS m_sessions
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?6 AND f.local_hour < ?7 AND f.bot = 0 AND LOWER(COALESCE(s.device, '')) IN (?5)
) a
) g;
-- ["tenant","site",{"first_hour":0},{"end_hour":0},{"text":"mobile"},{"first_hour":1},{"end_hour":1}]
SELECT g.w0_orders * 1.0 / NULLIF(g.w0_sessions, 0) AS cvr, g.w1_orders * 1.0 / NULLIF(g.w1_sessions, 0) AS cvr_previous
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_orders ELSE 0 END) AS w0_orders, SUM(CASE WHEN a.w = 1 THEN a.m_orders ELSE 0 END) AS w1_orders, SUM(CASE WHEN a.w = 0 THEN a.m_sessions ELSE 0 END) AS w0_sessions, SUM(CASE WHEN a.w = 1 THEN a.m_sessions ELSE 0 END) AS w1_sessions
FROM (
SELECT 0 AS w, 0 AS m_orders, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0 AND LOWER(f.device) IN ({p5:String})
UNION ALL
SELECT 0 AS w, COUNT(*) AS m_orders, 0 AS m_sessions
FROM orders f
LEFT JOIN (SELECT id, device FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0 AND LOWER(COALESCE(s.device, '')) IN ({p5:String})
UNION ALL
SELECT 1 AS w, 0 AS m_orders, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p6:Int64} AND f.local_hour < {p7:Int64} AND f.bot = 0 AND LOWER(f.device) IN ({p5:String})
UNION ALL
SELECT 1 AS w, COUNT(*) AS m_orders, 0 AS m_sessions
FROM orders f
LEFT JOIN (SELECT id, device FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p6:Int64} AND f.local_hour < {p7:Int64} AND f.bot = 0 AND LOWER(COALESCE(s.device, '')) IN ({p5:String})
) a
) g;

-- revenue excluding google last month
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"text":"google"}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0 AND LOWER(COALESCE(s.source, '')) NOT IN (?6)
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"text":"google"}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN (SELECT id, source FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0 AND LOWER(COALESCE(s.source, '')) NOT IN ({p6:String})
) g;

-- how much revenue came from Instagram since 1 October?
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"text":"instagram"}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0 AND LOWER(COALESCE(s.source, '')) IN (?6)
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"text":"instagram"}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN (SELECT id, source FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0 AND LOWER(COALESCE(s.source, '')) IN ({p6:String})
) g;

-- cost per 1,000 impressions on tiktok last month
-- ["tenant","site","currency",{"first_day":0},{"end_day":0},{"text":"tiktok"}]
SELECT g.m_spend * 1.0 / NULLIF(g.m_impressions, 0) * 1000.0 AS cpm
FROM (
SELECT SUM(CASE WHEN f.currency = ?3 THEN f.spend_minor ELSE 0 END) AS m_spend, SUM(f.impressions) AS m_impressions
FROM ad_spend f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_day >= ?4 AND f.local_day < ?5 AND LOWER(f.source) IN (?6)
) g;
-- ["tenant","site","currency",{"first_day":0},{"end_day":0},{"text":"tiktok"}]
SELECT g.m_spend * 1.0 / NULLIF(g.m_impressions, 0) * 1000.0 AS cpm
FROM (
SELECT SUM(CASE WHEN f.currency = {p3:String} THEN f.spend_minor ELSE 0 END) AS m_spend, SUM(f.impressions) AS m_impressions
FROM ad_spend_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_day >= {p4:Int64} AND f.local_day < {p5:Int64} AND LOWER(f.source) IN ({p6:String})
) g;

-- Ｒevenue last 7 days
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0}]
SELECT COALESCE(g.m_revenue, 0) AS revenue
FROM (
SELECT SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
) g;

