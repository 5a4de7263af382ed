-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Text("[\"Email\",\"\"]")
-- 4: Integer(492360)
-- 5: Integer(493344)
SELECT CAST(strftime('%Y', (f.local_hour / 24) * 86400, 'unixepoch') AS INTEGER) * 12 + CAST(strftime('%m', (f.local_hour / 24) * 86400, 'unixepoch') AS INTEGER) - 23641 AS bucket, CASE WHEN f.channel IN (SELECT value FROM json_each(?3)) THEN f.channel ELSE 'Other' END AS dim0, COUNT(*) AS m_sessions, COUNT(DISTINCT f.visitor) AS m_visitors, SUM(f.pageviews) AS m_pageviews, SUM(CASE WHEN f.pageviews = 1 AND f.orders = 0 THEN 1 ELSE 0 END) AS m_bounces
FROM sessions f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
GROUP BY bucket, dim0;

-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Text("[\"Email\",\"\"]")
-- 4: Text("EUR")
-- 5: Integer(492360)
-- 6: Integer(493344)
SELECT CAST(strftime('%Y', (f.local_hour / 24) * 86400, 'unixepoch') AS INTEGER) * 12 + CAST(strftime('%m', (f.local_hour / 24) * 86400, 'unixepoch') AS INTEGER) - 23641 AS bucket, CASE WHEN COALESCE(s.channel, '') IN (SELECT value FROM json_each(?3)) THEN COALESCE(s.channel, '') ELSE 'Other' END AS dim0, SUM(CASE WHEN f.currency = ?4 THEN f.value_minor ELSE 0 END) AS m_revenue, COUNT(*) AS m_orders, COUNT(DISTINCT f.visitor) AS m_customers
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?5 AND f.local_hour < ?6 AND f.bot = 0
GROUP BY bucket, dim0;

-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Text("[\"Email\",\"\"]")
-- 4: Text("EUR")
-- 5: Integer(492360)
-- 6: Integer(493344)
SELECT CAST(strftime('%Y', (f.local_hour / 24) * 86400, 'unixepoch') AS INTEGER) * 12 + CAST(strftime('%m', (f.local_hour / 24) * 86400, 'unixepoch') AS INTEGER) - 23641 AS bucket, CASE WHEN COALESCE(s.channel, '') IN (SELECT value FROM json_each(?3)) THEN COALESCE(s.channel, '') ELSE 'Other' END AS dim0, SUM(CASE WHEN f.currency = ?4 THEN f.value_minor ELSE 0 END) AS m_refunds
FROM events f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?5 AND f.local_hour < ?6 AND f.bot = 0 AND f.event = 'refund'
GROUP BY bucket, dim0;

-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Text("[\"Email\",\"\"]")
-- 4: Integer(492360)
-- 5: Integer(493344)
SELECT CAST(strftime('%Y', (f.local_hour / 24) * 86400, 'unixepoch') AS INTEGER) * 12 + CAST(strftime('%m', (f.local_hour / 24) * 86400, 'unixepoch') AS INTEGER) - 23641 AS bucket, CASE WHEN COALESCE(s.channel, '') IN (SELECT value FROM json_each(?3)) THEN COALESCE(s.channel, '') ELSE 'Other' END AS dim0, COUNT(*) AS m_events
FROM events f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
GROUP BY bucket, dim0;

-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Text("[\"Email\",\"\"]")
-- 4: Integer(492360)
-- 5: Integer(493344)
SELECT CAST(strftime('%Y', (f.local_hour / 24) * 86400, 'unixepoch') AS INTEGER) * 12 + CAST(strftime('%m', (f.local_hour / 24) * 86400, 'unixepoch') AS INTEGER) - 23641 AS bucket, CASE WHEN f.channel IN (SELECT value FROM json_each(?3)) THEN f.channel ELSE 'Other' END AS dim0, COUNT(*) AS m_touches
FROM touchpoints f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.bot = 0
GROUP BY bucket, dim0;

-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Text("[\"Email\",\"\"]")
-- 4: Text("EUR")
-- 5: Integer(20515)
-- 6: Integer(20556)
SELECT CAST(strftime('%Y', f.local_day * 86400, 'unixepoch') AS INTEGER) * 12 + CAST(strftime('%m', f.local_day * 86400, 'unixepoch') AS INTEGER) - 23641 AS bucket, CASE WHEN f.channel IN (SELECT value FROM json_each(?3)) THEN f.channel ELSE 'Other' END AS dim0, SUM(CASE WHEN f.currency = ?4 THEN f.spend_minor ELSE 0 END) AS m_spend, SUM(f.impressions) AS m_impressions, SUM(f.clicks) AS m_clicks, SUM(CASE WHEN f.channel = 'Email' THEN f.impressions ELSE 0 END) AS m_email_delivered, SUM(CASE WHEN f.channel = 'Email' THEN f.clicks ELSE 0 END) AS m_email_clicks
FROM ad_spend f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_day >= ?5 AND f.local_day < ?6
GROUP BY bucket, dim0;
