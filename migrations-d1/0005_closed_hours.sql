-- Hours and sessions whose events were removed at the end of the site's term are closed: their figures are what was
-- counted while all of their events were there, and are not counted anew from the few that are left.

CREATE TABLE closed_hours (
  tenant_id TEXT NOT NULL,
  site TEXT NOT NULL,
  local_hour INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, site, local_hour)
) WITHOUT ROWID;
ALTER TABLE sessions ADD COLUMN closed INTEGER NOT NULL DEFAULT 0;

-- What was removed before there was this mark: more was counted than is there.
INSERT INTO closed_hours (tenant_id, site, local_hour)
SELECT h.tenant_id, h.site, h.local_hour FROM event_hourly h
WHERE NOT EXISTS (SELECT 1 FROM dirty_hours d
  WHERE d.tenant_id = h.tenant_id AND d.site = h.site AND d.local_hour = h.local_hour)
GROUP BY h.tenant_id, h.site, h.local_hour
HAVING SUM(h.events) > (SELECT COUNT(*) FROM events e
  WHERE e.tenant_id = h.tenant_id AND e.site = h.site AND e.local_hour = h.local_hour);
UPDATE sessions SET closed = 1 WHERE events > (SELECT COUNT(*) FROM events e
  WHERE e.tenant_id = sessions.tenant_id AND e.session_id = sessions.id);
