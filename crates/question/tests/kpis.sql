-- revenue: What is the total revenue for business in the last 30 days?
-- Revenue: sum of the value of purchase events in the site's currency, one per order id. 30 whole days in the site's time zone, the last of them yesterday.
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

-- campaign_aov: What is the average order value (AOV) from all campaigns for business in the 30 days before the last 30 days?
-- Average order value: revenue / orders. Only visits with a campaign count, and the orders made in them. 30 whole days in the site's time zone, the last of them 31 days ago.
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"first_hour":1},{"end_hour":1}]
SELECT g.w0_revenue * 1.0 / NULLIF(g.w0_orders, 0) AS aov, g.w1_revenue * 1.0 / NULLIF(g.w1_orders, 0) AS aov_previous
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 1 THEN a.m_revenue ELSE 0 END) AS w1_revenue, SUM(CASE WHEN a.w = 0 THEN a.m_orders ELSE 0 END) AS w0_orders, SUM(CASE WHEN a.w = 1 THEN a.m_orders ELSE 0 END) AS w1_orders
FROM (
SELECT 0 AS w, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue, COUNT(*) AS m_orders
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0 AND COALESCE(s.campaign, '') <> ''
UNION ALL
SELECT 1 AS w, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue, COUNT(*) AS m_orders
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?6 AND f.local_hour < ?7 AND f.bot = 0 AND COALESCE(s.campaign, '') <> ''
) a
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"first_hour":1},{"end_hour":1}]
SELECT g.w0_revenue * 1.0 / NULLIF(g.w0_orders, 0) AS aov, g.w1_revenue * 1.0 / NULLIF(g.w1_orders, 0) AS aov_previous
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 1 THEN a.m_revenue ELSE 0 END) AS w1_revenue, SUM(CASE WHEN a.w = 0 THEN a.m_orders ELSE 0 END) AS w0_orders, SUM(CASE WHEN a.w = 1 THEN a.m_orders ELSE 0 END) AS w1_orders
FROM (
SELECT 0 AS w, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue, COUNT(*) AS m_orders
FROM orders f
LEFT JOIN (SELECT id, campaign FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0 AND COALESCE(s.campaign, '') <> ''
UNION ALL
SELECT 1 AS w, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue, COUNT(*) AS m_orders
FROM orders f
LEFT JOIN (SELECT id, campaign FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p6:Int64} AND f.local_hour < {p7:Int64} AND f.bot = 0 AND COALESCE(s.campaign, '') <> ''
) a
) g;

-- campaign_conversion_rate: What is the average conversion rate from all campaigns for business in the last 30 days?
-- Conversion rate: orders / sessions. Only visits with a campaign count, and the orders made in them. 30 whole days in the site's time zone, the last of them yesterday.
-- ["tenant","site",{"first_hour":0},{"end_hour":0},{"first_hour":1},{"end_hour":1}]
SELECT g.w0_orders * 1.0 / NULLIF(g.w0_sessions, 0) AS cvr, g.w1_orders * 1.0 / NULLIF(g.w1_sessions, 0) AS cvr_previous
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_orders ELSE 0 END) AS w0_orders, SUM(CASE WHEN a.w = 1 THEN a.m_orders ELSE 0 END) AS w1_orders, SUM(CASE WHEN a.w = 0 THEN a.m_sessions ELSE 0 END) AS w0_sessions, SUM(CASE WHEN a.w = 1 THEN a.m_sessions ELSE 0 END) AS w1_sessions
FROM (
SELECT 0 AS w, 0 AS m_orders, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0 AND f.campaign <> ''
UNION ALL
SELECT 0 AS w, COUNT(*) AS m_orders, 0 AS m_sessions
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0 AND COALESCE(s.campaign, '') <> ''
UNION ALL
SELECT 1 AS w, 0 AS m_orders, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?5 AND f.local_hour < ?6 AND f.bot = 0 AND f.campaign <> ''
UNION ALL
SELECT 1 AS w, COUNT(*) AS m_orders, 0 AS m_sessions
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?5 AND f.local_hour < ?6 AND f.bot = 0 AND COALESCE(s.campaign, '') <> ''
) a
) g;
-- ["tenant","site",{"first_hour":0},{"end_hour":0},{"first_hour":1},{"end_hour":1}]
SELECT g.w0_orders * 1.0 / NULLIF(g.w0_sessions, 0) AS cvr, g.w1_orders * 1.0 / NULLIF(g.w1_sessions, 0) AS cvr_previous
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_orders ELSE 0 END) AS w0_orders, SUM(CASE WHEN a.w = 1 THEN a.m_orders ELSE 0 END) AS w1_orders, SUM(CASE WHEN a.w = 0 THEN a.m_sessions ELSE 0 END) AS w0_sessions, SUM(CASE WHEN a.w = 1 THEN a.m_sessions ELSE 0 END) AS w1_sessions
FROM (
SELECT 0 AS w, 0 AS m_orders, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0 AND f.campaign <> ''
UNION ALL
SELECT 0 AS w, COUNT(*) AS m_orders, 0 AS m_sessions
FROM orders f
LEFT JOIN (SELECT id, campaign FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0 AND COALESCE(s.campaign, '') <> ''
UNION ALL
SELECT 1 AS w, 0 AS m_orders, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p5:Int64} AND f.local_hour < {p6:Int64} AND f.bot = 0 AND f.campaign <> ''
UNION ALL
SELECT 1 AS w, COUNT(*) AS m_orders, 0 AS m_sessions
FROM orders f
LEFT JOIN (SELECT id, campaign FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p5:Int64} AND f.local_hour < {p6:Int64} AND f.bot = 0 AND COALESCE(s.campaign, '') <> ''
) a
) g;

-- email_ctr: What is the average email click-through rate (CTR) from all email campaigns in the 30 days before the last 30 days?
-- E-mail click-through rate: e-mail clicks / e-mails delivered. 30 whole days in the site's time zone, the last of them 31 days ago.
-- ["tenant","site",{"first_day":0},{"end_day":0},{"first_day":1},{"end_day":1}]
SELECT g.w0_email_clicks * 1.0 / NULLIF(g.w0_email_delivered, 0) AS email_ctr, g.w1_email_clicks * 1.0 / NULLIF(g.w1_email_delivered, 0) AS email_ctr_previous
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_email_clicks ELSE 0 END) AS w0_email_clicks, SUM(CASE WHEN a.w = 1 THEN a.m_email_clicks ELSE 0 END) AS w1_email_clicks, SUM(CASE WHEN a.w = 0 THEN a.m_email_delivered ELSE 0 END) AS w0_email_delivered, SUM(CASE WHEN a.w = 1 THEN a.m_email_delivered ELSE 0 END) AS w1_email_delivered
FROM (
SELECT 0 AS w, SUM(CASE WHEN f.channel = 'Email' THEN f.clicks ELSE 0 END) AS m_email_clicks, SUM(CASE WHEN f.channel = 'Email' THEN f.impressions ELSE 0 END) AS m_email_delivered
FROM ad_spend f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_day >= ?3 AND f.local_day < ?4
UNION ALL
SELECT 1 AS w, SUM(CASE WHEN f.channel = 'Email' THEN f.clicks ELSE 0 END) AS m_email_clicks, SUM(CASE WHEN f.channel = 'Email' THEN f.impressions ELSE 0 END) AS m_email_delivered
FROM ad_spend f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_day >= ?5 AND f.local_day < ?6
) a
) g;
-- ["tenant","site",{"first_day":0},{"end_day":0},{"first_day":1},{"end_day":1}]
SELECT g.w0_email_clicks * 1.0 / NULLIF(g.w0_email_delivered, 0) AS email_ctr, g.w1_email_clicks * 1.0 / NULLIF(g.w1_email_delivered, 0) AS email_ctr_previous
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_email_clicks ELSE 0 END) AS w0_email_clicks, SUM(CASE WHEN a.w = 1 THEN a.m_email_clicks ELSE 0 END) AS w1_email_clicks, SUM(CASE WHEN a.w = 0 THEN a.m_email_delivered ELSE 0 END) AS w0_email_delivered, SUM(CASE WHEN a.w = 1 THEN a.m_email_delivered ELSE 0 END) AS w1_email_delivered
FROM (
SELECT 0 AS w, SUM(CASE WHEN f.channel = 'Email' THEN f.clicks ELSE 0 END) AS m_email_clicks, SUM(CASE WHEN f.channel = 'Email' THEN f.impressions ELSE 0 END) AS m_email_delivered
FROM ad_spend_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_day >= {p3:Int64} AND f.local_day < {p4:Int64}
UNION ALL
SELECT 1 AS w, SUM(CASE WHEN f.channel = 'Email' THEN f.clicks ELSE 0 END) AS m_email_clicks, SUM(CASE WHEN f.channel = 'Email' THEN f.impressions ELSE 0 END) AS m_email_delivered
FROM ad_spend_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_day >= {p5:Int64} AND f.local_day < {p6:Int64}
) a
) g;

-- orders: How many orders were there in the last 30 days?
-- Orders: count of purchase events, one per order id. 30 whole days in the site's time zone, the last of them yesterday.
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

-- aov: What is the average order value in the last 30 days?
-- Average order value: revenue / orders. 30 whole days in the site's time zone, the last of them yesterday.
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"first_hour":1},{"end_hour":1}]
SELECT g.w0_revenue * 1.0 / NULLIF(g.w0_orders, 0) AS aov, g.w1_revenue * 1.0 / NULLIF(g.w1_orders, 0) AS aov_previous
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 1 THEN a.m_revenue ELSE 0 END) AS w1_revenue, SUM(CASE WHEN a.w = 0 THEN a.m_orders ELSE 0 END) AS w0_orders, SUM(CASE WHEN a.w = 1 THEN a.m_orders ELSE 0 END) AS w1_orders
FROM (
SELECT 0 AS w, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue, COUNT(*) AS m_orders
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
UNION ALL
SELECT 1 AS w, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue, COUNT(*) AS m_orders
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?6 AND f.local_hour < ?7 AND f.bot = 0
) a
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"first_hour":1},{"end_hour":1}]
SELECT g.w0_revenue * 1.0 / NULLIF(g.w0_orders, 0) AS aov, g.w1_revenue * 1.0 / NULLIF(g.w1_orders, 0) AS aov_previous
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 1 THEN a.m_revenue ELSE 0 END) AS w1_revenue, SUM(CASE WHEN a.w = 0 THEN a.m_orders ELSE 0 END) AS w0_orders, SUM(CASE WHEN a.w = 1 THEN a.m_orders ELSE 0 END) AS w1_orders
FROM (
SELECT 0 AS w, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue, COUNT(*) AS m_orders
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
UNION ALL
SELECT 1 AS w, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue, COUNT(*) AS m_orders
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p6:Int64} AND f.local_hour < {p7:Int64} AND f.bot = 0
) a
) g;

-- conversion_rate: What is the conversion rate in the last 30 days?
-- Conversion rate: orders / sessions. 30 whole days in the site's time zone, the last of them yesterday.
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

-- sessions: How many sessions were there in the last 30 days?
-- Sessions: count of sessions. 30 whole days in the site's time zone, the last of them yesterday.
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

-- net_revenue: What is the net revenue in the last 30 days?
-- Net revenue: revenue − refunds. 30 whole days in the site's time zone, the last of them yesterday.
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"first_hour":1},{"end_hour":1}]
SELECT COALESCE(g.w0_revenue, 0) - COALESCE(g.w0_refunds, 0) AS net_revenue, COALESCE(g.w1_revenue, 0) - COALESCE(g.w1_refunds, 0) AS net_revenue_previous
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 1 THEN a.m_revenue ELSE 0 END) AS w1_revenue, SUM(CASE WHEN a.w = 0 THEN a.m_refunds ELSE 0 END) AS w0_refunds, SUM(CASE WHEN a.w = 1 THEN a.m_refunds ELSE 0 END) AS w1_refunds
FROM (
SELECT 0 AS w, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue, 0 AS m_refunds
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
UNION ALL
SELECT 0 AS w, 0 AS m_revenue, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_refunds
FROM events f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0 AND f.event = 'refund'
UNION ALL
SELECT 1 AS w, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue, 0 AS m_refunds
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?6 AND f.local_hour < ?7 AND f.bot = 0
UNION ALL
SELECT 1 AS w, 0 AS m_revenue, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_refunds
FROM events f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?6 AND f.local_hour < ?7 AND f.bot = 0 AND f.event = 'refund'
) a
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"first_hour":1},{"end_hour":1}]
SELECT COALESCE(g.w0_revenue, 0) - COALESCE(g.w0_refunds, 0) AS net_revenue, COALESCE(g.w1_revenue, 0) - COALESCE(g.w1_refunds, 0) AS net_revenue_previous
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 1 THEN a.m_revenue ELSE 0 END) AS w1_revenue, SUM(CASE WHEN a.w = 0 THEN a.m_refunds ELSE 0 END) AS w0_refunds, SUM(CASE WHEN a.w = 1 THEN a.m_refunds ELSE 0 END) AS w1_refunds
FROM (
SELECT 0 AS w, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue, 0 AS m_refunds
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
UNION ALL
SELECT 0 AS w, 0 AS m_revenue, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_refunds
FROM events_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0 AND f.event = 'refund'
UNION ALL
SELECT 1 AS w, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue, 0 AS m_refunds
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p6:Int64} AND f.local_hour < {p7:Int64} AND f.bot = 0
UNION ALL
SELECT 1 AS w, 0 AS m_revenue, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_refunds
FROM events_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p6:Int64} AND f.local_hour < {p7:Int64} AND f.bot = 0 AND f.event = 'refund'
) a
) g;

-- new_customers: How many new customers were there in the last 30 days?
-- New customers: count of visitors by the time of their first order. 30 whole days in the site's time zone, the last of them yesterday.
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

-- spend: What is the ad spend in the last 30 days?
-- Ad spend: sum of ad spend in the site's currency. 30 whole days in the site's time zone, the last of them yesterday.
-- ["tenant","site","currency",{"first_day":0},{"end_day":0},{"first_day":1},{"end_day":1}]
SELECT COALESCE(g.w0_spend, 0) AS spend, COALESCE(g.w1_spend, 0) AS spend_previous
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_spend ELSE 0 END) AS w0_spend, SUM(CASE WHEN a.w = 1 THEN a.m_spend ELSE 0 END) AS w1_spend
FROM (
SELECT 0 AS w, SUM(CASE WHEN f.currency = ?3 THEN f.spend_minor ELSE 0 END) AS m_spend
FROM ad_spend f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_day >= ?4 AND f.local_day < ?5
UNION ALL
SELECT 1 AS w, SUM(CASE WHEN f.currency = ?3 THEN f.spend_minor ELSE 0 END) AS m_spend
FROM ad_spend f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_day >= ?6 AND f.local_day < ?7
) a
) g;
-- ["tenant","site","currency",{"first_day":0},{"end_day":0},{"first_day":1},{"end_day":1}]
SELECT COALESCE(g.w0_spend, 0) AS spend, COALESCE(g.w1_spend, 0) AS spend_previous
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_spend ELSE 0 END) AS w0_spend, SUM(CASE WHEN a.w = 1 THEN a.m_spend ELSE 0 END) AS w1_spend
FROM (
SELECT 0 AS w, SUM(CASE WHEN f.currency = {p3:String} THEN f.spend_minor ELSE 0 END) AS m_spend
FROM ad_spend_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_day >= {p4:Int64} AND f.local_day < {p5:Int64}
UNION ALL
SELECT 1 AS w, SUM(CASE WHEN f.currency = {p3:String} THEN f.spend_minor ELSE 0 END) AS m_spend
FROM ad_spend_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_day >= {p6:Int64} AND f.local_day < {p7:Int64}
) a
) g;

-- roas: What is the ROAS in the last 30 days?
-- Return on ad spend: revenue / spend. 30 whole days in the site's time zone, the last of them yesterday.
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"first_day":0},{"end_day":0},{"first_hour":1},{"end_hour":1},{"first_day":1},{"end_day":1}]
SELECT g.w0_revenue * 1.0 / NULLIF(g.w0_spend, 0) AS roas, g.w1_revenue * 1.0 / NULLIF(g.w1_spend, 0) AS roas_previous
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 1 THEN a.m_revenue ELSE 0 END) AS w1_revenue, SUM(CASE WHEN a.w = 0 THEN a.m_spend ELSE 0 END) AS w0_spend, SUM(CASE WHEN a.w = 1 THEN a.m_spend ELSE 0 END) AS w1_spend
FROM (
SELECT 0 AS w, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue, 0 AS m_spend
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
UNION ALL
SELECT 0 AS w, 0 AS m_revenue, SUM(CASE WHEN f.currency = ?3 THEN f.spend_minor ELSE 0 END) AS m_spend
FROM ad_spend f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_day >= ?6 AND f.local_day < ?7
UNION ALL
SELECT 1 AS w, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue, 0 AS m_spend
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?8 AND f.local_hour < ?9 AND f.bot = 0
UNION ALL
SELECT 1 AS w, 0 AS m_revenue, SUM(CASE WHEN f.currency = ?3 THEN f.spend_minor ELSE 0 END) AS m_spend
FROM ad_spend f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_day >= ?10 AND f.local_day < ?11
) a
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"first_day":0},{"end_day":0},{"first_hour":1},{"end_hour":1},{"first_day":1},{"end_day":1}]
SELECT g.w0_revenue * 1.0 / NULLIF(g.w0_spend, 0) AS roas, g.w1_revenue * 1.0 / NULLIF(g.w1_spend, 0) AS roas_previous
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 1 THEN a.m_revenue ELSE 0 END) AS w1_revenue, SUM(CASE WHEN a.w = 0 THEN a.m_spend ELSE 0 END) AS w0_spend, SUM(CASE WHEN a.w = 1 THEN a.m_spend ELSE 0 END) AS w1_spend
FROM (
SELECT 0 AS w, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue, 0 AS m_spend
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
UNION ALL
SELECT 0 AS w, 0 AS m_revenue, SUM(CASE WHEN f.currency = {p3:String} THEN f.spend_minor ELSE 0 END) AS m_spend
FROM ad_spend_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_day >= {p6:Int64} AND f.local_day < {p7:Int64}
UNION ALL
SELECT 1 AS w, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue, 0 AS m_spend
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p8:Int64} AND f.local_hour < {p9:Int64} AND f.bot = 0
UNION ALL
SELECT 1 AS w, 0 AS m_revenue, SUM(CASE WHEN f.currency = {p3:String} THEN f.spend_minor ELSE 0 END) AS m_spend
FROM ad_spend_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_day >= {p10:Int64} AND f.local_day < {p11:Int64}
) a
) g;

-- cpa: What is the cost per order in the last 30 days?
-- Cost per order: spend / orders. 30 whole days in the site's time zone, the last of them yesterday.
-- ["tenant","site",{"first_hour":0},{"end_hour":0},"currency",{"first_day":0},{"end_day":0},{"first_hour":1},{"end_hour":1},{"first_day":1},{"end_day":1}]
SELECT g.w0_spend * 1.0 / NULLIF(g.w0_orders, 0) AS cpa, g.w1_spend * 1.0 / NULLIF(g.w1_orders, 0) AS cpa_previous
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_spend ELSE 0 END) AS w0_spend, SUM(CASE WHEN a.w = 1 THEN a.m_spend ELSE 0 END) AS w1_spend, SUM(CASE WHEN a.w = 0 THEN a.m_orders ELSE 0 END) AS w0_orders, SUM(CASE WHEN a.w = 1 THEN a.m_orders ELSE 0 END) AS w1_orders
FROM (
SELECT 0 AS w, 0 AS m_spend, COUNT(*) AS m_orders
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0
UNION ALL
SELECT 0 AS w, SUM(CASE WHEN f.currency = ?5 THEN f.spend_minor ELSE 0 END) AS m_spend, 0 AS m_orders
FROM ad_spend f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_day >= ?6 AND f.local_day < ?7
UNION ALL
SELECT 1 AS w, 0 AS m_spend, COUNT(*) AS m_orders
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?8 AND f.local_hour < ?9 AND f.bot = 0
UNION ALL
SELECT 1 AS w, SUM(CASE WHEN f.currency = ?5 THEN f.spend_minor ELSE 0 END) AS m_spend, 0 AS m_orders
FROM ad_spend f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_day >= ?10 AND f.local_day < ?11
) a
) g;
-- ["tenant","site",{"first_hour":0},{"end_hour":0},"currency",{"first_day":0},{"end_day":0},{"first_hour":1},{"end_hour":1},{"first_day":1},{"end_day":1}]
SELECT g.w0_spend * 1.0 / NULLIF(g.w0_orders, 0) AS cpa, g.w1_spend * 1.0 / NULLIF(g.w1_orders, 0) AS cpa_previous
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_spend ELSE 0 END) AS w0_spend, SUM(CASE WHEN a.w = 1 THEN a.m_spend ELSE 0 END) AS w1_spend, SUM(CASE WHEN a.w = 0 THEN a.m_orders ELSE 0 END) AS w0_orders, SUM(CASE WHEN a.w = 1 THEN a.m_orders ELSE 0 END) AS w1_orders
FROM (
SELECT 0 AS w, 0 AS m_spend, COUNT(*) AS m_orders
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0
UNION ALL
SELECT 0 AS w, SUM(CASE WHEN f.currency = {p5:String} THEN f.spend_minor ELSE 0 END) AS m_spend, 0 AS m_orders
FROM ad_spend_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_day >= {p6:Int64} AND f.local_day < {p7:Int64}
UNION ALL
SELECT 1 AS w, 0 AS m_spend, COUNT(*) AS m_orders
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p8:Int64} AND f.local_hour < {p9:Int64} AND f.bot = 0
UNION ALL
SELECT 1 AS w, SUM(CASE WHEN f.currency = {p5:String} THEN f.spend_minor ELSE 0 END) AS m_spend, 0 AS m_orders
FROM ad_spend_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_day >= {p10:Int64} AND f.local_day < {p11:Int64}
) a
) g;

-- ctr: What is the CTR in the last 30 days?
-- Click-through rate: clicks / impressions. 30 whole days in the site's time zone, the last of them yesterday.
-- ["tenant","site",{"first_day":0},{"end_day":0},{"first_day":1},{"end_day":1}]
SELECT g.w0_clicks * 1.0 / NULLIF(g.w0_impressions, 0) AS ctr, g.w1_clicks * 1.0 / NULLIF(g.w1_impressions, 0) AS ctr_previous
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_clicks ELSE 0 END) AS w0_clicks, SUM(CASE WHEN a.w = 1 THEN a.m_clicks ELSE 0 END) AS w1_clicks, SUM(CASE WHEN a.w = 0 THEN a.m_impressions ELSE 0 END) AS w0_impressions, SUM(CASE WHEN a.w = 1 THEN a.m_impressions ELSE 0 END) AS w1_impressions
FROM (
SELECT 0 AS w, SUM(f.clicks) AS m_clicks, SUM(f.impressions) AS m_impressions
FROM ad_spend f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_day >= ?3 AND f.local_day < ?4
UNION ALL
SELECT 1 AS w, SUM(f.clicks) AS m_clicks, SUM(f.impressions) AS m_impressions
FROM ad_spend f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_day >= ?5 AND f.local_day < ?6
) a
) g;
-- ["tenant","site",{"first_day":0},{"end_day":0},{"first_day":1},{"end_day":1}]
SELECT g.w0_clicks * 1.0 / NULLIF(g.w0_impressions, 0) AS ctr, g.w1_clicks * 1.0 / NULLIF(g.w1_impressions, 0) AS ctr_previous
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_clicks ELSE 0 END) AS w0_clicks, SUM(CASE WHEN a.w = 1 THEN a.m_clicks ELSE 0 END) AS w1_clicks, SUM(CASE WHEN a.w = 0 THEN a.m_impressions ELSE 0 END) AS w0_impressions, SUM(CASE WHEN a.w = 1 THEN a.m_impressions ELSE 0 END) AS w1_impressions
FROM (
SELECT 0 AS w, SUM(f.clicks) AS m_clicks, SUM(f.impressions) AS m_impressions
FROM ad_spend_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_day >= {p3:Int64} AND f.local_day < {p4:Int64}
UNION ALL
SELECT 1 AS w, SUM(f.clicks) AS m_clicks, SUM(f.impressions) AS m_impressions
FROM ad_spend_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_day >= {p5:Int64} AND f.local_day < {p6:Int64}
) a
) g;

-- campaign_revenue: What is the revenue from all campaigns in the last 30 days?
-- Revenue: sum of the value of purchase events in the site's currency, one per order id. Only visits with a campaign count, and the orders made in them. 30 whole days in the site's time zone, the last of them yesterday.
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"first_hour":1},{"end_hour":1}]
SELECT COALESCE(g.w0_revenue, 0) AS revenue, COALESCE(g.w1_revenue, 0) AS revenue_previous
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 1 THEN a.m_revenue ELSE 0 END) AS w1_revenue
FROM (
SELECT 0 AS w, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0 AND COALESCE(s.campaign, '') <> ''
UNION ALL
SELECT 1 AS w, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?6 AND f.local_hour < ?7 AND f.bot = 0 AND COALESCE(s.campaign, '') <> ''
) a
) g;
-- ["tenant","site","currency",{"first_hour":0},{"end_hour":0},{"first_hour":1},{"end_hour":1}]
SELECT COALESCE(g.w0_revenue, 0) AS revenue, COALESCE(g.w1_revenue, 0) AS revenue_previous
FROM (
SELECT SUM(CASE WHEN a.w = 0 THEN a.m_revenue ELSE 0 END) AS w0_revenue, SUM(CASE WHEN a.w = 1 THEN a.m_revenue ELSE 0 END) AS w1_revenue
FROM (
SELECT 0 AS w, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN (SELECT id, campaign FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0 AND COALESCE(s.campaign, '') <> ''
UNION ALL
SELECT 1 AS w, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue
FROM orders f
LEFT JOIN (SELECT id, campaign FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p6:Int64} AND f.local_hour < {p7:Int64} AND f.bot = 0 AND COALESCE(s.campaign, '') <> ''
) a
) g;

-- revenue_yesterday: What was the revenue yesterday?
-- Revenue: sum of the value of purchase events in the site's currency, one per order id. The day is the site's.
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

