-- 1: Text("t1")
-- 2: Text("EUR")
-- 3: Text("shop")
-- 4: Integer(492360)
-- 5: Integer(493344)
SELECT o.country AS region, intDiv(o.local_hour, 24) AS day, COUNT(*) AS orders, SUM(CASE WHEN o.currency = {p2:String} THEN o.value_minor ELSE 0 END) AS value_minor
FROM orders o
WHERE o.tenant_id = {p1:String} AND o.site = {p3:String} AND o.local_hour >= {p4:Int64} AND o.local_hour < {p5:Int64} AND o.bot = 0 AND o.country <> ''
GROUP BY 1, 2
ORDER BY 1, 2;

-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Integer(492360)
-- 4: Integer(493344)
-- 5: Text("EUR")
-- 6: Integer(7)
-- 7: Text("x")
SELECT o.id AS id, o.t AS t, COALESCE(NULLIF(i.person, ''), 'v:' || o.visitor) AS person, CASE WHEN o.currency = {p5:String} THEN o.value_minor ELSE 0 END AS value_minor, (o.country || '/' || e.region) AS region
FROM orders o
JOIN (SELECT id, region FROM events_current WHERE tenant_id = {p1:String} AND site = {p2:String} AND event = 'purchase') e ON e.id = o.id
LEFT JOIN (SELECT key, person FROM identities_current WHERE tenant_id = {p1:String} AND site = {p2:String}) i ON i.key = 'v:' || o.visitor
WHERE o.tenant_id = {p1:String} AND o.site = {p2:String} AND o.local_hour >= {p3:Int64} AND o.local_hour < {p4:Int64} AND o.bot = 0 AND o.country <> '' AND e.region <> '' AND (o.t > {p6:Int64} OR (o.t = {p6:Int64} AND o.id > {p7:String}))
ORDER BY t, id LIMIT 500;
