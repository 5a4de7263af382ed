-- How each variant of an experiment stood at the end of each day: what its readout draws.

CREATE TABLE experiment_snapshots (
  tenant_id TEXT NOT NULL,
  experiment_id TEXT NOT NULL,
  day INTEGER NOT NULL,                         -- UTC days since 1970-01-01
  variant TEXT NOT NULL,
  status TEXT NOT NULL,
  exposures INTEGER NOT NULL,
  rewards INTEGER NOT NULL,
  trials REAL NOT NULL,                         -- exposures, corrected for conversions that are still to come
  probability_best REAL,                        -- among the variants shown; NULL for one that is not
  expected_loss REAL,
  share REAL NOT NULL,                          -- of the visitors who come next
  taken_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, experiment_id, day, variant)
) WITHOUT ROWID;
