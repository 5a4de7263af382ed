-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Integer(492360)
-- 4: Integer(493344)
SELECT COUNT(*) AS m_sessions, COUNT(DISTINCT f.visitor) AS m_visitors, SUM(f.pageviews) AS m_pageviews, SUM(CASE WHEN f.pageviews = 1 AND f.orders = 0 THEN 1 ELSE 0 END) AS m_bounces
FROM sessions f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0;

-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Text("EUR")
-- 4: Integer(492360)
-- 5: Integer(493344)
SELECT SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_revenue, COUNT(*) AS m_orders, COUNT(DISTINCT f.visitor) AS m_customers
FROM orders f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0;

-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Text("EUR")
-- 4: Integer(492360)
-- 5: Integer(493344)
SELECT SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_refunds
FROM events_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0 AND f.event = 'refund';

-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Integer(492360)
-- 4: Integer(493344)
SELECT COUNT(*) AS m_events
FROM events_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0;

-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Integer(492360)
-- 4: Integer(493344)
SELECT COUNT(*) AS m_touches
FROM touchpoints f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0;

-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Text("EUR")
-- 4: Integer(20515)
-- 5: Integer(20556)
SELECT SUM(CASE WHEN f.currency = {p3:String} THEN f.spend_minor ELSE 0 END) AS m_spend, SUM(f.impressions) AS m_impressions, SUM(f.clicks) AS m_clicks, SUM(CASE WHEN f.channel = 'Email' THEN f.impressions ELSE 0 END) AS m_email_delivered, SUM(CASE WHEN f.channel = 'Email' THEN f.clicks ELSE 0 END) AS m_email_clicks
FROM ad_spend_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_day >= {p4:Int64} AND f.local_day < {p5:Int64};

-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Integer(492360)
-- 4: Integer(493344)
SELECT COUNT(*) AS m_new_customers
FROM (SELECT o.tenant_id AS tenant_id, o.site AS site, o.visitor AS visitor, MIN(o.local_hour) AS local_hour, MAX(o.bot) AS bot FROM orders o GROUP BY o.tenant_id, o.site, o.visitor) f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0;
