-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Integer(492360)
-- 4: Integer(493344)
-- 5: Text("EUR")
-- 6: Integer(491638)
-- 7: Text("spring")
-- 8: Text("Email")
-- 9: Integer(2592000000)
-- 10: Text("anna")
-- 11: Integer(1772492400000)
WITH purchases AS MATERIALIZED (
SELECT o.id AS id, o.order_id AS order_id, o.t AS t, o.visitor AS visitor, COALESCE(NULLIF(i.person, ''), 'v:' || o.visitor) AS person, CASE WHEN o.currency = ?5 THEN o.value_minor ELSE 0 END AS value_minor
FROM orders o
LEFT JOIN identities i ON i.tenant_id = ?1 AND i.site = ?2 AND i.key = 'v:' || o.visitor
WHERE o.tenant_id = ?1 AND o.site = ?2 AND o.local_hour >= ?3 AND o.local_hour < ?4 AND o.bot = 0),
touched AS MATERIALIZED (
SELECT COALESCE(NULLIF(i.person, ''), 'v:' || t.visitor) AS person, t.visitor AS visitor, t.t AS t, t.channel AS channel, t.campaign AS campaign
FROM touchpoints t
LEFT JOIN identities i ON i.tenant_id = ?1 AND i.site = ?2 AND i.key = 'v:' || t.visitor
WHERE t.tenant_id = ?1 AND t.site = ?2 AND t.local_hour >= ?6 AND t.local_hour < ?4 AND t.bot = 0),
reached AS (
SELECT x.id AS id, x.t AS t, x.kind AS kind, MAX(x.mark0) OVER so_far AS last0, MAX(x.mark1) OVER so_far AS last1
FROM (
SELECT p.id AS id, p.person AS person, p.t AS t, 1 AS kind, 0 AS mark0, 0 AS mark1 FROM purchases p
UNION ALL
SELECT '' AS id, h.person AS person, h.t AS t, 0 AS kind, CASE WHEN h.campaign = ?7 THEN h.t ELSE 0 END AS mark0, CASE WHEN h.channel = ?8 THEN h.t ELSE 0 END AS mark1 FROM touched h
) x
WINDOW so_far AS (PARTITION BY x.person ORDER BY x.t, x.kind ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW))
SELECT c.id AS id, c.order_id AS order_id, c.t AS t, c.person AS person, c.visitor AS visitor, c.value_minor AS value_minor
FROM (
SELECT q.id AS id, q.order_id AS order_id, q.t AS t, q.person AS person, q.visitor AS visitor, q.value_minor AS value_minor FROM purchases q
WHERE q.id IN (SELECT r.id FROM reached r WHERE r.kind = 1 AND r.last0 >= r.t - ?9 AND r.last1 >= r.t - ?9)
UNION ALL
SELECT '' AS id, '' AS order_id, MAX(h.t) AS t, h.person AS person, MIN(h.visitor) AS visitor, 0 AS value_minor FROM touched h
WHERE h.t >= ?11 AND h.person NOT IN (SELECT person FROM purchases)
GROUP BY h.person
HAVING MAX(CASE WHEN h.campaign = ?7 THEN 1 ELSE 0 END) = 1 AND MAX(CASE WHEN h.channel = ?8 THEN 1 ELSE 0 END) = 1
) c
WHERE (INSTR(LOWER(c.person), LOWER(?10)) > 0 OR INSTR(LOWER(c.visitor), LOWER(?10)) > 0 OR INSTR(LOWER(c.order_id), LOWER(?10)) > 0)
ORDER BY t DESC, person DESC, id DESC LIMIT 50;
