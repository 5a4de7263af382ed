-- What the default model credits each touchpoint with, order by order, at the site's look-back: for questions in SQL and
-- for the report, where it asks for just that. Always replaced, never counted up (crate warehouse, `credits`).

CREATE TABLE attributions (
  tenant_id TEXT NOT NULL,
  site TEXT NOT NULL,
  order_event TEXT NOT NULL,                    -- the purchase event
  touch_event TEXT NOT NULL,                    -- the touchpoint; '' where none led to the order
  place INTEGER NOT NULL,                       -- 1-based among the order's rows
  order_id TEXT NOT NULL,
  visitor TEXT NOT NULL,                        -- of the order
  person TEXT NOT NULL,
  session_id TEXT NOT NULL,                     -- of the touchpoint
  t INTEGER NOT NULL,                           -- of the order
  local_hour INTEGER NOT NULL,                  -- of the order
  channel TEXT NOT NULL,                        -- of the touchpoint, and so on
  source TEXT NOT NULL,
  medium TEXT NOT NULL,
  campaign TEXT NOT NULL,
  model TEXT NOT NULL,
  window_days INTEGER NOT NULL,
  share REAL NOT NULL,                          -- of the order; an order's shares sum to 1
  value_minor INTEGER NOT NULL,                 -- an order's values sum to its value
  currency TEXT NOT NULL,                       -- the site's; an order in another is worth 0
  PRIMARY KEY (tenant_id, order_event, touch_event)
) WITHOUT ROWID;
CREATE INDEX attributions_by_hour ON attributions (tenant_id, site, local_hour);
CREATE INDEX attributions_by_visitor ON attributions (tenant_id, site, visitor);
CREATE INDEX attributions_by_person ON attributions (tenant_id, site, person);
CREATE INDEX purchases_by_visitor ON events (tenant_id, site, visitor, t) WHERE event = 'purchase';

-- Whose credits may have changed since they were settled. Marked in the transaction of the change.
CREATE TABLE unsettled (
  tenant_id TEXT NOT NULL,
  site TEXT NOT NULL,
  visitor TEXT NOT NULL,
  marks INTEGER NOT NULL DEFAULT 1,             -- times marked: a mark made while settling stays
  PRIMARY KEY (tenant_id, site, visitor)
) WITHOUT ROWID;
-- Of two that settle at once the second finds the turn gone.
CREATE TABLE settlements (
  tenant_id TEXT NOT NULL,
  site TEXT NOT NULL,
  turn INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, site)
) WITHOUT ROWID;

INSERT INTO unsettled (tenant_id, site, visitor) SELECT DISTINCT tenant_id, site, visitor FROM orders;
