-- How a shop orders: what its stock is judged by when nothing else is asked for.

CREATE TABLE stock_settings (
  tenant_id TEXT NOT NULL,
  site TEXT NOT NULL,
  terms TEXT NOT NULL,                          -- JSON, as study::stock::Terms
  updated_by TEXT NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, site)
) WITHOUT ROWID;
