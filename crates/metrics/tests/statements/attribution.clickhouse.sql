-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Integer(492360)
-- 4: Integer(493344)
-- 5: Text("EUR")
-- 6: Integer(7)
-- 7: Text("x")
SELECT o.id AS id, o.order_id AS order_id, o.t AS t, o.visitor AS visitor, COALESCE(NULLIF(i.person, ''), 'v:' || o.visitor) AS person, CASE WHEN o.currency = {p5:String} THEN o.value_minor ELSE 0 END AS value_minor
FROM orders o
LEFT JOIN (SELECT key, person FROM identities_current WHERE tenant_id = {p1:String} AND site = {p2:String}) i ON i.key = 'v:' || o.visitor
WHERE o.tenant_id = {p1:String} AND o.site = {p2:String} AND o.local_hour >= {p3:Int64} AND o.local_hour < {p4:Int64} AND o.bot = 0 AND (o.t > {p6:Int64} OR (o.t = {p6:Int64} AND o.id > {p7:String}))
ORDER BY t, id LIMIT 500;

-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Integer(492360)
-- 4: Integer(493344)
-- 5: Integer(1769900400000)
-- 6: Integer(1776031200000)
WITH buyers AS (SELECT DISTINCT o.visitor AS visitor, COALESCE(NULLIF(i.person, ''), 'v:' || o.visitor) AS person
FROM orders o
LEFT JOIN (SELECT key, person FROM identities_current WHERE tenant_id = {p1:String} AND site = {p2:String}) i ON i.key = 'v:' || o.visitor
WHERE o.tenant_id = {p1:String} AND o.site = {p2:String} AND o.local_hour >= {p3:Int64} AND o.local_hour < {p4:Int64} AND o.bot = 0),
members AS (SELECT visitor, person FROM buyers
UNION DISTINCT
SELECT SUBSTR(k.key, 3) AS visitor, k.person AS person FROM identities_current k
WHERE k.tenant_id = {p1:String} AND k.site = {p2:String} AND k.person IN (SELECT person FROM buyers) AND SUBSTR(k.key, 1, 2) = 'v:')
SELECT v.person AS person, t.id AS id, t.t AS t, t.touch_number AS number, t.channel AS channel, t.source AS source, t.medium AS medium, t.campaign AS campaign
FROM members v JOIN touchpoints t ON t.visitor = v.visitor
WHERE t.tenant_id = {p1:String} AND t.site = {p2:String} AND t.t >= {p5:Int64} AND t.t < {p6:Int64} AND t.bot = 0
ORDER BY person, t, id LIMIT 500;

-- 1: Text("t1")
-- 2: Text("[\"v:a'b\",\"u:2\"]")
-- 3: Text("shop")
-- 4: Integer(1772492400000)
-- 5: Integer(1776031200000)
WITH chosen AS (SELECT arrayJoin(JSONExtract({p2:String}, 'Array(String)')) AS person),
members AS (SELECT SUBSTR(person, 3) AS visitor, person FROM chosen WHERE SUBSTR(person, 1, 2) = 'v:'
UNION DISTINCT
SELECT SUBSTR(k.key, 3) AS visitor, k.person AS person FROM identities_current k
WHERE k.tenant_id = {p1:String} AND k.site = {p3:String} AND k.person IN (SELECT person FROM chosen) AND SUBSTR(k.key, 1, 2) = 'v:')
SELECT v.person AS person, t.id AS id, t.t AS t, t.touch_number AS number, t.channel AS channel, t.source AS source, t.medium AS medium, t.campaign AS campaign, t.url AS url, t.referrer AS referrer, t.session_id AS session_id
FROM members v JOIN touchpoints t ON t.visitor = v.visitor
WHERE t.tenant_id = {p1:String} AND t.site = {p3:String} AND t.t >= {p4:Int64} AND t.t < {p5:Int64} AND t.bot = 0
ORDER BY person, t, id LIMIT 500;
