-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Integer(492360)
-- 4: Integer(493344)
-- 5: Text("EUR")
-- 6: Text("anna")
-- 7: Integer(7)
-- 8: Text("x")
WITH visits AS (
SELECT COALESCE(NULLIF(i.person, ''), 'v:' || s.visitor) AS person, s.visitor AS visitor, s.id AS id, s.started_at AS started_at, s.ended_at AS ended_at, s.events AS events, s.channel AS channel, s.country AS country, s.device AS device
FROM sessions s
LEFT JOIN identities i ON i.tenant_id = ?1 AND i.site = ?2 AND i.key = 'v:' || s.visitor
WHERE s.tenant_id = ?1 AND s.site = ?2 AND s.local_hour >= ?3 AND s.local_hour < ?4 AND s.bot = 0),
ranked AS (
SELECT v.*, ROW_NUMBER() OVER (PARTITION BY v.person ORDER BY v.started_at, v.id) AS nth, ROW_NUMBER() OVER (PARTITION BY v.person ORDER BY v.started_at DESC, v.id DESC) AS nth_last
FROM visits v),
persons AS (
SELECT r.person AS person, COUNT(DISTINCT r.visitor) AS visitors, MIN(r.started_at) AS first_seen, MAX(r.ended_at) AS last_seen, COUNT(*) AS sessions, SUM(r.events) AS all_events, MAX(CASE WHEN r.nth = 1 THEN r.channel ELSE '' END) AS first_channel, MAX(CASE WHEN r.nth_last = 1 THEN r.channel ELSE '' END) AS last_channel, MAX(CASE WHEN r.nth_last = 1 THEN r.country ELSE '' END) AS last_country, MAX(CASE WHEN r.nth_last = 1 THEN r.device ELSE '' END) AS last_device
FROM ranked r
GROUP BY r.person),
bought AS (
SELECT a.person AS person, COUNT(*) AS orders, SUM(a.worth) AS total FROM (
SELECT COALESCE(NULLIF(i.person, ''), 'v:' || o.visitor) AS person, CASE WHEN o.currency = ?5 THEN o.value_minor ELSE 0 END AS worth
FROM orders o
LEFT JOIN identities i ON i.tenant_id = ?1 AND i.site = ?2 AND i.key = 'v:' || o.visitor
WHERE o.tenant_id = ?1 AND o.site = ?2 AND o.local_hour >= ?3 AND o.local_hour < ?4 AND o.bot = 0) a
GROUP BY a.person),
users AS (
SELECT k.person AS person, MIN(SUBSTR(k.key, 3)) AS user_id FROM identities k
WHERE k.tenant_id = ?1 AND k.site = ?2 AND SUBSTR(k.key, 1, 2) = 'u:'
GROUP BY k.person)
SELECT p.person AS person, p.visitors AS visitors, COALESCE(u.user_id, '') AS user_id, p.first_seen AS first_seen, p.last_seen AS last_seen, p.sessions AS sessions, p.all_events AS events, COALESCE(b.orders, 0) AS orders, COALESCE(b.total, 0) AS value, p.first_channel AS first_channel, p.last_channel AS last_channel, p.last_country AS country, p.last_device AS device
FROM persons p LEFT JOIN bought b ON b.person = p.person LEFT JOIN users u ON u.person = p.person
WHERE (INSTR(LOWER(p.person), LOWER(?6)) > 0 OR INSTR(LOWER(COALESCE(u.user_id, '')), LOWER(?6)) > 0) AND (p.last_seen < ?7 OR (p.last_seen = ?7 AND p.person < ?8))
ORDER BY last_seen DESC, person DESC LIMIT 50;
