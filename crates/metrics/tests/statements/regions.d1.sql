-- 1: Text("t1")
-- 2: Text("EUR")
-- 3: Text("shop")
-- 4: Integer(492360)
-- 5: Integer(493344)
SELECT o.country AS region, (o.local_hour / 24) AS day, COUNT(*) AS orders, SUM(CASE WHEN o.currency = ?2 THEN o.value_minor ELSE 0 END) AS value_minor
FROM orders o
WHERE o.tenant_id = ?1 AND o.site = ?3 AND o.local_hour >= ?4 AND o.local_hour < ?5 AND o.bot = 0 AND o.country <> ''
GROUP BY 1, 2
ORDER BY 1, 2;

-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Integer(492360)
-- 4: Integer(493344)
-- 5: Text("EUR")
-- 6: Integer(7)
-- 7: Text("x")
SELECT o.id AS id, o.t AS t, COALESCE(NULLIF(i.person, ''), 'v:' || o.visitor) AS person, CASE WHEN o.currency = ?5 THEN o.value_minor ELSE 0 END AS value_minor, (o.country || '/' || e.region) AS region
FROM orders o
CROSS JOIN events e ON e.tenant_id = ?1 AND e.id = o.id
LEFT JOIN identities i ON i.tenant_id = ?1 AND i.site = ?2 AND i.key = 'v:' || o.visitor
WHERE o.tenant_id = ?1 AND o.site = ?2 AND o.local_hour >= ?3 AND o.local_hour < ?4 AND o.bot = 0 AND o.country <> '' AND e.region <> '' AND (o.t > ?6 OR (o.t = ?6 AND o.id > ?7))
ORDER BY t, id LIMIT 500;
