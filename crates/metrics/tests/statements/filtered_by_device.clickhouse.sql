-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Integer(492360)
-- 4: Integer(493344)
-- 5: Text("mobile")
SELECT f.country AS dim0, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND f.device = {p5:String}
GROUP BY dim0;

-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Integer(492360)
-- 4: Integer(493344)
-- 5: Text("mobile")
SELECT COALESCE(s.country, '') AS dim0, COUNT(*) AS m_orders
FROM orders f
LEFT JOIN (SELECT id, country, device FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p3:Int64} AND f.local_hour < {p4:Int64} AND COALESCE(s.device, '') = {p5:String}
GROUP BY dim0;

-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Text("EUR")
-- 4: Integer(492360)
-- 5: Integer(493344)
-- 6: Text("mobile")
SELECT COALESCE(s.country, '') AS dim0, SUM(CASE WHEN f.currency = {p3:String} THEN f.value_minor ELSE 0 END) AS m_refunds
FROM events_current f
LEFT JOIN (SELECT id, country, device FROM sessions WHERE tenant_id = {p1:String} AND site = {p2:String}) s ON s.id = f.session_id
WHERE f.tenant_id = {p1:String} AND f.site = {p2:String} AND f.local_hour >= {p4:Int64} AND f.local_hour < {p5:Int64} AND f.event = 'refund' AND COALESCE(s.device, '') = {p6:String}
GROUP BY dim0;
