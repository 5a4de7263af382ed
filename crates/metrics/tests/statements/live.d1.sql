-- 1: Text("t1")
-- 2: Text("shop")
SELECT e.seq AS seq, e.id AS id, e.event AS event, e.t AS t, e.received_at AS received_at, e.visitor AS visitor, e.path AS path, e.source AS source, e.channel AS channel, e.country AS country, e.device AS device, e.browser AS browser, e.value_minor AS value, e.currency AS currency, e.bot AS bot
FROM events e INDEXED BY events_by_hour
WHERE e.tenant_id = ?1 AND e.site = ?2
ORDER BY e.local_hour DESC, e.seq DESC LIMIT 30;

-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Integer(41)
SELECT e.seq AS seq, e.id AS id, e.event AS event, e.t AS t, e.received_at AS received_at, e.visitor AS visitor, e.path AS path, e.source AS source, e.channel AS channel, e.country AS country, e.device AS device, e.browser AS browser, e.value_minor AS value, e.currency AS currency, e.bot AS bot
FROM events e
WHERE e.seq > ?3 AND +e.tenant_id = ?1 AND +e.site = ?2
ORDER BY e.seq LIMIT 100;

SELECT COALESCE(MAX(seq), 0) AS seq FROM events;

-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Integer(492540)
-- 4: Integer(1773140400000)
SELECT COUNT(DISTINCT e.visitor) AS visitors, COUNT(*) AS events FROM events e
WHERE e.tenant_id = ?1 AND e.site = ?2 AND e.local_hour >= ?3 AND e.t >= ?4 AND e.bot = 0;

-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Text("EUR")
-- 4: Integer(492528)
SELECT COUNT(*) AS orders, SUM(CASE WHEN o.currency = ?3 THEN o.value_minor ELSE 0 END) AS revenue FROM orders o
WHERE o.tenant_id = ?1 AND o.site = ?2 AND o.local_hour >= ?4 AND o.bot = 0;
