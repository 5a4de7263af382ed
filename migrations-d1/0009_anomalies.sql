-- Days on which a figure was not as usual, and when each site was last looked at.

CREATE TABLE anomalies (
  id TEXT NOT NULL,                             -- of the site, the metric and the day: found again it is the same
  tenant_id TEXT NOT NULL,
  site TEXT NOT NULL,
  metric TEXT NOT NULL,                         -- id of the catalog
  unit TEXT NOT NULL,                           -- money, count, ratio, percent
  currency TEXT NOT NULL,                       -- ISO 4217, of amounts
  local_day INTEGER NOT NULL,                   -- the first unusual day, days since 1970 on the site's wall clock
  days INTEGER NOT NULL,                        -- unusual days in a row
  value REAL NOT NULL,                          -- in the metric's unit, as the next three
  expected REAL NOT NULL,
  lower REAL NOT NULL,
  upper REAL NOT NULL,
  score REAL NOT NULL,                          -- robust standard deviations from the usual
  words TEXT NOT NULL,
  shift TEXT NOT NULL,                          -- JSON: the change of level, or null
  moved TEXT NOT NULL,                          -- JSON: which channel, source, campaign, device moved it
  around TEXT NOT NULL,                         -- JSON: the days before and after, with their usual range
  status TEXT NOT NULL DEFAULT 'open',          -- open, dismissed
  found_at INTEGER NOT NULL,
  dismissed_by TEXT,
  dismissed_at INTEGER,
  PRIMARY KEY (tenant_id, id)
) WITHOUT ROWID;
CREATE INDEX anomalies_by_day ON anomalies (tenant_id, site, local_day);

CREATE TABLE anomaly_looks (
  tenant_id TEXT NOT NULL,
  site TEXT NOT NULL,
  look TEXT NOT NULL,                           -- JSON: what was looked at, and how often it was unusual
  PRIMARY KEY (tenant_id, site)
) WITHOUT ROWID;
