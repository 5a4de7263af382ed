-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Integer(492360)
-- 4: Integer(493344)
SELECT COUNT(*) AS m_sessions, COUNT(DISTINCT f.visitor) AS m_visitors, SUM(f.pageviews) AS m_pageviews, SUM(CASE WHEN f.pageviews = 1 AND f.orders = 0 THEN 1 ELSE 0 END) AS m_bounces
FROM sessions f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0;

-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Text("EUR")
-- 4: Integer(492360)
-- 5: Integer(493344)
SELECT SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_revenue, COUNT(*) AS m_orders, COUNT(DISTINCT f.visitor) AS m_customers
FROM orders f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0;

-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Text("EUR")
-- 4: Integer(492360)
-- 5: Integer(493344)
SELECT SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_refunds
FROM events f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0 AND f.event = 'refund';

-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Integer(492360)
-- 4: Integer(493344)
SELECT SUM(c.events) AS m_events
FROM (
SELECT f.local_hour, f.events FROM event_hourly f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND NOT EXISTS (SELECT 1 FROM dirty_hours d WHERE d.tenant_id = f.tenant_id AND d.site = f.site AND d.local_hour = f.local_hour) AND f.bot = 0
UNION ALL
SELECT f.local_hour, 1 AS events FROM dirty_hours d JOIN events f ON f.tenant_id = d.tenant_id AND f.site = d.site AND f.local_hour = d.local_hour
WHERE d.tenant_id = ?1 AND d.site = ?2 AND d.local_hour >= ?3 AND d.local_hour < ?4 AND f.bot = 0
) c;

-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Integer(492360)
-- 4: Integer(493344)
SELECT COUNT(*) AS m_touches
FROM touchpoints f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0;

-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Text("EUR")
-- 4: Integer(20515)
-- 5: Integer(20556)
SELECT SUM(CASE WHEN f.currency = ?3 THEN f.spend_minor ELSE 0 END) AS m_spend, SUM(f.impressions) AS m_impressions, SUM(f.clicks) AS m_clicks, SUM(CASE WHEN f.channel = 'Email' THEN f.impressions ELSE 0 END) AS m_email_delivered, SUM(CASE WHEN f.channel = 'Email' THEN f.clicks ELSE 0 END) AS m_email_clicks
FROM ad_spend f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_day >= ?4 AND f.local_day < ?5;

-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Integer(492360)
-- 4: Integer(493344)
SELECT COUNT(*) AS m_new_customers
FROM (SELECT o.tenant_id AS tenant_id, o.site AS site, o.visitor AS visitor, MIN(o.local_hour) AS local_hour, MAX(o.bot) AS bot FROM orders o GROUP BY o.tenant_id, o.site, o.visitor) f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.bot = 0;
