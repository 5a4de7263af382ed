-- 1: Text("t1")
-- 2: Text("EUR")
-- 3: Text("shop")
-- 4: Integer(492360)
-- 5: Integer(493344)
SELECT e.event AS event, COUNT(*) AS events, COUNT(DISTINCT e.visitor) AS visitors, SUM(CASE WHEN e.currency = ?2 THEN e.value_minor ELSE 0 END) AS value
FROM events e
WHERE e.tenant_id = ?1 AND e.site = ?3 AND e.local_hour >= ?4 AND e.local_hour < ?5 AND e.bot = 0
GROUP BY e.event
ORDER BY events DESC, event LIMIT 200;
