-- 1: Text("t1")
-- 2: Text("EUR")
-- 3: Text("shop")
-- 4: Integer(492360)
-- 5: Integer(493344)
SELECT e.event AS event, COUNT(*) AS events, COUNT(DISTINCT e.visitor) AS visitors, SUM(CASE WHEN e.currency = {p2:String} THEN e.value_minor ELSE 0 END) AS value
FROM events_current e
WHERE e.tenant_id = {p1:String} AND e.site = {p3:String} AND e.local_hour >= {p4:Int64} AND e.local_hour < {p5:Int64} AND e.bot = 0
GROUP BY e.event
ORDER BY events DESC, event LIMIT 200;
