-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Text("[\"Email\",\"\"]")
-- 4: Integer(492360)
-- 5: Integer(493344)
SELECT toInt64(toYear(toDate32(intDiv(f.local_hour, 24)))) * 12 + toMonth(toDate32(intDiv(f.local_hour, 24))) - 23641 AS bucket, CASE WHEN f.channel IN (SELECT arrayJoin(JSONExtract({p3:String}, 'Array(String)'))) THEN f.channel ELSE 'Other' END AS dim0, COUNT(*) AS m_sessions, COUNT(DISTINCT f.visitor) AS m_visitors, SUM(f.pageviews) AS m_pageviews, SUM(CASE WHEN f.pageviews = 1 AND f.orders = 0 THEN 1 ELSE 0 END) AS m_bounces
FROM sessions f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
GROUP BY bucket, dim0;

-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Text("[\"Email\",\"\"]")
-- 4: Text("EUR")
-- 5: Integer(492360)
-- 6: Integer(493344)
SELECT toInt64(toYear(toDate32(intDiv(f.local_hour, 24)))) * 12 + toMonth(toDate32(intDiv(f.local_hour, 24))) - 23641 AS bucket, CASE WHEN COALESCE(s.channel, '') IN (SELECT arrayJoin(JSONExtract({p3:String}, 'Array(String)'))) THEN COALESCE(s.channel, '') ELSE 'Other' END AS dim0, SUM(CASE WHEN f.currency = {p4:String} THEN f.value_minor ELSE 0 END) AS m_revenue, COUNT(*) AS m_orders, COUNT(DISTINCT f.visitor) AS m_customers
FROM orders f
LEFT JOIN (SELECT id, channel FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p5:Int64} AND f.local_hour < {p6:Int64} AND f.bot = 0
GROUP BY bucket, dim0;

-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Text("[\"Email\",\"\"]")
-- 4: Text("EUR")
-- 5: Integer(492360)
-- 6: Integer(493344)
SELECT toInt64(toYear(toDate32(intDiv(f.local_hour, 24)))) * 12 + toMonth(toDate32(intDiv(f.local_hour, 24))) - 23641 AS bucket, CASE WHEN COALESCE(s.channel, '') IN (SELECT arrayJoin(JSONExtract({p3:String}, 'Array(String)'))) THEN COALESCE(s.channel, '') ELSE 'Other' END AS dim0, SUM(CASE WHEN f.currency = {p4:String} THEN f.value_minor ELSE 0 END) AS m_refunds
FROM events_current f
LEFT JOIN (SELECT id, channel FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p5:Int64} AND f.local_hour < {p6:Int64} AND f.bot = 0 AND f.event = 'refund'
GROUP BY bucket, dim0;

-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Text("[\"Email\",\"\"]")
-- 4: Integer(492360)
-- 5: Integer(493344)
SELECT toInt64(toYear(toDate32(intDiv(f.local_hour, 24)))) * 12 + toMonth(toDate32(intDiv(f.local_hour, 24))) - 23641 AS bucket, CASE WHEN COALESCE(s.channel, '') IN (SELECT arrayJoin(JSONExtract({p3:String}, 'Array(String)'))) THEN COALESCE(s.channel, '') ELSE 'Other' END AS dim0, COUNT(*) AS m_events
FROM events_current f
LEFT JOIN (SELECT id, channel FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
GROUP BY bucket, dim0;

-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Text("[\"Email\",\"\"]")
-- 4: Integer(492360)
-- 5: Integer(493344)
SELECT toInt64(toYear(toDate32(intDiv(f.local_hour, 24)))) * 12 + toMonth(toDate32(intDiv(f.local_hour, 24))) - 23641 AS bucket, CASE WHEN f.channel IN (SELECT arrayJoin(JSONExtract({p3:String}, 'Array(String)'))) THEN f.channel ELSE 'Other' END AS dim0, COUNT(*) AS m_touches
FROM touchpoints f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.bot = 0
GROUP BY bucket, dim0;

-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Text("[\"Email\",\"\"]")
-- 4: Text("EUR")
-- 5: Integer(20515)
-- 6: Integer(20556)
SELECT toInt64(toYear(toDate32(f.local_day))) * 12 + toMonth(toDate32(f.local_day)) - 23641 AS bucket, CASE WHEN f.channel IN (SELECT arrayJoin(JSONExtract({p3:String}, 'Array(String)'))) THEN f.channel ELSE 'Other' END AS dim0, SUM(CASE WHEN f.currency = {p4:String} THEN f.spend_minor ELSE 0 END) AS m_spend, SUM(f.impressions) AS m_impressions, SUM(f.clicks) AS m_clicks, SUM(CASE WHEN f.channel = 'Email' THEN f.impressions ELSE 0 END) AS m_email_delivered, SUM(CASE WHEN f.channel = 'Email' THEN f.clicks ELSE 0 END) AS m_email_clicks
FROM ad_spend_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_day >= {p5:Int64} AND f.local_day < {p6:Int64}
GROUP BY bucket, dim0;
