-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Integer(492360)
-- 4: Integer(493344)
-- 5: Text("signup")
SELECT intDiv((intDiv(f.local_hour, 24) + 3), 7) AS bucket, COUNT(*) AS m_events
FROM events_current f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.bot = 0 AND f.event = {p5:String}
GROUP BY bucket;
