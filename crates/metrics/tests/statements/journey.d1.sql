-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Text("v:anna")
SELECT k.key AS key FROM identities k
WHERE k.tenant_id = ?1 AND k.site = ?2 AND k.person = ?3
ORDER BY key;

-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Text("v:anna")
-- 4: Text("anna")
-- 5: Text("EUR")
SELECT COUNT(*) AS orders, SUM(CASE WHEN o.currency = ?5 THEN o.value_minor ELSE 0 END) AS value
FROM (SELECT SUBSTR(k.key, 3) AS visitor FROM identities k WHERE k.tenant_id = ?1 AND k.site = ?2 AND k.person = ?3 AND SUBSTR(k.key, 1, 2) = 'v:' UNION SELECT ?4 AS visitor) v CROSS JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.visitor = v.visitor
CROSS JOIN orders o ON o.tenant_id = ?1 AND +o.site = ?2 AND o.session_id = s.id
WHERE o.bot = 0;

-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Text("u:7")
-- 4: Integer(7)
-- 5: Text("x")
SELECT s.id AS id, s.visitor AS visitor, s.started_at AS started_at, s.ended_at AS ended_at, s.channel AS channel, s.source AS source, s.medium AS medium, s.campaign AS campaign, s.country AS country, s.device AS device, s.browser AS browser, s.os AS os
FROM (SELECT SUBSTR(k.key, 3) AS visitor FROM identities k WHERE k.tenant_id = ?1 AND k.site = ?2 AND k.person = ?3 AND SUBSTR(k.key, 1, 2) = 'v:') v CROSS JOIN sessions s INDEXED BY sessions_by_visitor ON s.tenant_id = ?1 AND s.site = ?2 AND s.visitor = v.visitor AND (s.started_at < ?4 OR (s.started_at = ?4 AND s.id < ?5))
ORDER BY started_at DESC, id DESC LIMIT 20;

-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Text("[\"s1\"]")
SELECT e.session_id AS session_id, e.id AS id, e.t AS t, e.event AS event, e.path AS path, e.url AS url, e.value_minor AS value, e.currency AS currency, e.touch AS touch, e.touch_number AS touch_number, e.channel AS channel, e.source AS source, e.props AS props
FROM events e
WHERE e.tenant_id = ?1 AND e.site = ?2 AND e.session_id IN (SELECT value FROM json_each(?3))
ORDER BY t, id LIMIT 500;
