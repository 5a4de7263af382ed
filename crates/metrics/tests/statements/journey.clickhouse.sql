-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Text("v:anna")
SELECT k.key AS key FROM identities_current k
WHERE k.tenant_id = {p1:String} AND k.site = {p2:String} AND k.person = {p3:String}
ORDER BY key;

-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Text("v:anna")
-- 4: Text("anna")
-- 5: Text("EUR")
SELECT COUNT(*) AS orders, SUM(CASE WHEN o.currency = {p5:String} THEN o.value_minor ELSE 0 END) AS value
FROM (SELECT SUBSTR(k.key, 3) AS visitor FROM identities_current k WHERE k.tenant_id = {p1:String} AND k.site = {p2:String} AND k.person = {p3:String} AND SUBSTR(k.key, 1, 2) = 'v:' UNION DISTINCT SELECT {p4:String} AS visitor) v JOIN sessions s ON s.tenant_id = {p1:String} AND s.site = {p2:String} AND s.visitor = v.visitor
JOIN orders o ON o.tenant_id = {p1:String} AND +o.site = {p2:String} AND o.session_id = s.id
WHERE o.bot = 0;

-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Text("u:7")
-- 4: Integer(7)
-- 5: Text("x")
SELECT s.id AS id, s.visitor AS visitor, s.started_at AS started_at, s.ended_at AS ended_at, s.channel AS channel, s.source AS source, s.medium AS medium, s.campaign AS campaign, s.country AS country, s.device AS device, s.browser AS browser, s.os AS os
FROM (SELECT SUBSTR(k.key, 3) AS visitor FROM identities_current k WHERE k.tenant_id = {p1:String} AND k.site = {p2:String} AND k.person = {p3:String} AND SUBSTR(k.key, 1, 2) = 'v:') v JOIN sessions s ON s.tenant_id = {p1:String} AND s.site = {p2:String} AND s.visitor = v.visitor AND (s.started_at < {p4:Int64} OR (s.started_at = {p4:Int64} AND s.id < {p5:String}))
ORDER BY started_at DESC, id DESC LIMIT 20;

-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Text("[\"s1\"]")
SELECT e.session_id AS session_id, e.id AS id, e.t AS t, e.event AS event, e.path AS path, e.url AS url, e.value_minor AS value, e.currency AS currency, e.touch AS touch, e.touch_number AS touch_number, e.channel AS channel, e.source AS source, e.props AS props
FROM events_current e
WHERE e.tenant_id = {p1:String} AND e.site = {p2:String} AND e.session_id IN (SELECT arrayJoin(JSONExtract({p3:String}, 'Array(String)')))
ORDER BY t, id LIMIT 500;
