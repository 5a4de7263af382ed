-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Integer(492360)
-- 4: Integer(493344)
-- 5: Text("mobile")
SELECT f.country AS dim0, COUNT(*) AS m_sessions
FROM sessions f
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND f.device = ?5
GROUP BY dim0;

-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Integer(492360)
-- 4: Integer(493344)
-- 5: Text("mobile")
SELECT COALESCE(s.country, '') AS dim0, COUNT(*) AS m_orders
FROM orders f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?3 AND f.local_hour < ?4 AND COALESCE(s.device, '') = ?5
GROUP BY dim0;

-- 1: Text("t1")
-- 2: Text("shop")
-- 3: Text("EUR")
-- 4: Integer(492360)
-- 5: Integer(493344)
-- 6: Text("mobile")
SELECT COALESCE(s.country, '') AS dim0, SUM(CASE WHEN f.currency = ?3 THEN f.value_minor ELSE 0 END) AS m_refunds
FROM events f
LEFT JOIN sessions s ON s.tenant_id = ?1 AND s.site = ?2 AND s.id = f.session_id
WHERE f.tenant_id = ?1 AND f.site = ?2 AND f.local_hour >= ?4 AND f.local_hour < ?5 AND f.event = 'refund' AND COALESCE(s.device, '') = ?6
GROUP BY dim0;
