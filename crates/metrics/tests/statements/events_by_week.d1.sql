-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Integer(492360)
-- 4: Integer(493344)
-- 5: Text("signup")
SELECT (((c.local_hour / 24) + 3) / 7) AS bucket, SUM(c.events) AS m_events
FROM (
SELECT f.local_hour, f.events FROM event_hourly f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND NOT EXISTS (SELECT 1 FROM dirty_hours d WHERE d.tenant_id = f.tenant_id AND d.site = f.site AND d.local_hour = f.local_hour) AND f.bot = 0 AND f.event = ?5
UNION ALL
SELECT f.local_hour, 1 AS events FROM dirty_hours d JOIN events f ON f.tenant_id = d.tenant_id AND f.site = d.site AND f.local_hour = d.local_hour
WHERE d.tenant_id = ?1 AND d.site = ?2 AND d.local_hour >= ?3 AND d.local_hour < ?4 AND f.bot = 0 AND f.event = ?5
) c
GROUP BY bucket;
