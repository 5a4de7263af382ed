-- Incrementality tests: a channel kept from some regions, or switched off for a while, and what that showed.

CREATE TABLE holdouts (
  id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  site TEXT NOT NULL,
  name TEXT NOT NULL,
  channel TEXT NOT NULL,                        -- channel group that is switched off
  kind TEXT NOT NULL,                           -- region, time
  first_day INTEGER NOT NULL,                   -- of the test, days since 1970 on the site's wall clock
  last_day INTEGER NOT NULL,                    -- included
  design TEXT NOT NULL,                         -- JSON: regions, outcome, spend; crate study's `holdouts::Design`
  status TEXT NOT NULL DEFAULT 'open',          -- open, done, stopped
  readout TEXT NOT NULL DEFAULT '',             -- JSON, once done: crate study's `holdouts::Readout`
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  ended_by TEXT,
  ended_at INTEGER,
  PRIMARY KEY (tenant_id, id)
) WITHOUT ROWID;
CREATE INDEX holdouts_by_day ON holdouts (tenant_id, site, first_day);
