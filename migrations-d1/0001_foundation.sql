-- The embedded warehouse and the control plane's first tables.
-- Money is integer minor units beside an ISO 4217 code; instants are UTC milliseconds; `local_hour` counts hours
-- since 1970-01-01T00:00 on the site's own wall clock, so days, weeks and months are integer arithmetic.
-- Every table opens with its tenant. Text columns are '' rather than NULL where both engines group by them.

CREATE TABLE tenants (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  plan TEXT NOT NULL DEFAULT 'free',
  created_at INTEGER NOT NULL
);

CREATE TABLE users (
  id TEXT PRIMARY KEY,
  email TEXT NOT NULL UNIQUE COLLATE NOCASE,
  name TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'active',
  created_at INTEGER NOT NULL
);

CREATE TABLE memberships (
  tenant_id TEXT NOT NULL REFERENCES tenants(id),
  user_id TEXT NOT NULL REFERENCES users(id),
  role TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, user_id)
) WITHOUT ROWID;
CREATE INDEX memberships_by_user ON memberships (user_id);

-- `key` is public (it stands in the pixel's script tag) and unique over all tenants: it is how a hit finds its tenant.
CREATE TABLE sites (
  key TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants(id),
  name TEXT NOT NULL,
  currency TEXT NOT NULL,
  time_zone TEXT NOT NULL DEFAULT 'UTC',
  origins TEXT NOT NULL DEFAULT '[]',           -- JSON list of allowed origins; ["*"] allows any
  session_timeout_ms INTEGER NOT NULL DEFAULT 1800000,
  lookback_days INTEGER NOT NULL DEFAULT 30,
  retention_days INTEGER NOT NULL DEFAULT 400,
  secret_sealed TEXT NOT NULL,                  -- the signing secret, sealed by the vault
  created_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX sites_by_tenant ON sites (tenant_id);

-- One row an event: the struct `event::Event`, column for field. The rowid is the live feed's cursor.
CREATE TABLE events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id TEXT NOT NULL,
  id TEXT NOT NULL,
  site TEXT NOT NULL,
  visitor TEXT NOT NULL,
  anonymous_id TEXT NOT NULL DEFAULT '',
  user_id TEXT NOT NULL DEFAULT '',
  event TEXT NOT NULL,
  t INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  local_hour INTEGER NOT NULL,
  origin TEXT NOT NULL,                         -- browser | server
  url TEXT NOT NULL DEFAULT '',
  host TEXT NOT NULL DEFAULT '',
  path TEXT NOT NULL DEFAULT '',
  referrer TEXT NOT NULL DEFAULT '',
  source TEXT NOT NULL DEFAULT '',
  medium TEXT NOT NULL DEFAULT '',
  campaign TEXT NOT NULL DEFAULT '',
  term TEXT NOT NULL DEFAULT '',
  content TEXT NOT NULL DEFAULT '',
  click_id_kind TEXT NOT NULL DEFAULT '',
  click_id TEXT NOT NULL DEFAULT '',
  channel TEXT NOT NULL DEFAULT '',
  value_minor INTEGER NOT NULL DEFAULT 0,
  currency TEXT NOT NULL DEFAULT '',
  order_id TEXT NOT NULL DEFAULT '',
  country TEXT NOT NULL DEFAULT '',
  region TEXT NOT NULL DEFAULT '',
  device TEXT NOT NULL DEFAULT '',
  browser TEXT NOT NULL DEFAULT '',
  os TEXT NOT NULL DEFAULT '',
  bot INTEGER NOT NULL DEFAULT 0,
  consent TEXT NOT NULL DEFAULT '',
  flags TEXT NOT NULL DEFAULT '',
  props TEXT NOT NULL DEFAULT '{}',
  session_id TEXT NOT NULL,
  touch INTEGER NOT NULL DEFAULT 0,             -- 1: this event is a touchpoint
  touch_number INTEGER NOT NULL DEFAULT 0,      -- 1-based among the visitor's touchpoints; 0: none
  revision INTEGER NOT NULL DEFAULT 1,          -- of the session assignment: the higher one wins
  raw_key TEXT NOT NULL                         -- the R2 raw-log object that carries this event, exactly one
);
CREATE UNIQUE INDEX events_by_id ON events (tenant_id, id);
CREATE INDEX events_by_hour ON events (tenant_id, site, local_hour);
CREATE INDEX events_by_name ON events (tenant_id, site, event, local_hour);
CREATE INDEX events_by_session ON events (tenant_id, session_id);
CREATE INDEX events_by_raw_key ON events (tenant_id, raw_key);
CREATE INDEX touchpoints_by_visitor ON events (tenant_id, site, visitor, t) WHERE touch = 1;

-- One row a session, always recomputed from `events`, never counted up.
CREATE TABLE sessions (
  tenant_id TEXT NOT NULL,
  id TEXT NOT NULL,
  site TEXT NOT NULL,
  visitor TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL,
  local_hour INTEGER NOT NULL,
  events INTEGER NOT NULL,
  pageviews INTEGER NOT NULL,
  orders INTEGER NOT NULL,
  entry_path TEXT NOT NULL,
  exit_path TEXT NOT NULL,
  channel TEXT NOT NULL,
  source TEXT NOT NULL,
  medium TEXT NOT NULL,
  campaign TEXT NOT NULL,
  country TEXT NOT NULL,
  device TEXT NOT NULL,
  browser TEXT NOT NULL,
  os TEXT NOT NULL,
  bot INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, id)
) WITHOUT ROWID;
CREATE INDEX sessions_by_hour ON sessions (tenant_id, site, local_hour);
CREATE INDEX sessions_by_visitor ON sessions (tenant_id, site, visitor, started_at);

-- Purchases and refunds, one row an order id (the earliest purchase event that names it).
CREATE VIEW orders AS
SELECT tenant_id, site, id, order_id, visitor, user_id, session_id, t, local_hour, value_minor, currency, bot,
       channel, source, medium, campaign, country, device, browser, os
FROM events e
WHERE event = 'purchase' AND NOT EXISTS (
  SELECT 1 FROM order_duplicates d WHERE d.tenant_id = e.tenant_id AND d.event_id = e.id);

-- Purchase events that repeat an order already known (the pixel and the server both told of it).
CREATE TABLE order_duplicates (
  tenant_id TEXT NOT NULL,
  event_id TEXT NOT NULL,
  order_id TEXT NOT NULL,
  PRIMARY KEY (tenant_id, event_id)
) WITHOUT ROWID;
CREATE INDEX events_by_order ON events (tenant_id, order_id) WHERE order_id <> '';

CREATE VIEW touchpoints AS
SELECT tenant_id, site, id, visitor, session_id, t, local_hour, touch_number, channel, source, medium, campaign,
       term, content, click_id_kind, url, referrer, bot
FROM events WHERE touch = 1;

-- Which visitors are one person: every key of a person points to the smallest key among them.
-- Keys are 'v:<visitor>', 'a:<anonymous id>', 'u:<user id>'.
CREATE TABLE identities (
  tenant_id TEXT NOT NULL,
  site TEXT NOT NULL,
  key TEXT NOT NULL,
  person TEXT NOT NULL,
  PRIMARY KEY (tenant_id, site, key)
) WITHOUT ROWID;
CREATE INDEX identities_by_person ON identities (tenant_id, site, person);

CREATE TABLE ad_spend (
  tenant_id TEXT NOT NULL,
  site TEXT NOT NULL,
  local_day INTEGER NOT NULL,                   -- days since 1970-01-01 in the site's time zone
  channel TEXT NOT NULL,
  source TEXT NOT NULL,
  medium TEXT NOT NULL,
  campaign TEXT NOT NULL,
  impressions INTEGER NOT NULL,
  clicks INTEGER NOT NULL,
  spend_minor INTEGER NOT NULL,
  currency TEXT NOT NULL,
  import_id TEXT NOT NULL,
  PRIMARY KEY (tenant_id, site, local_day, source, medium, campaign)
) WITHOUT ROWID;

-- Counts an hour, rewritten whole from `events` while the hour is dirty; a reader takes a dirty hour from `events`.
CREATE TABLE event_hourly (
  tenant_id TEXT NOT NULL,
  site TEXT NOT NULL,
  local_hour INTEGER NOT NULL,
  event TEXT NOT NULL,
  bot INTEGER NOT NULL,
  events INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, site, local_hour, event, bot)
) WITHOUT ROWID;
CREATE TABLE dirty_hours (
  tenant_id TEXT NOT NULL,
  site TEXT NOT NULL,
  local_hour INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, site, local_hour)
) WITHOUT ROWID;

CREATE TABLE events_inbox (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  site TEXT NOT NULL,
  source TEXT NOT NULL,                         -- collect | connector | import
  field TEXT NOT NULL,
  reason TEXT NOT NULL,
  payload TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  status TEXT NOT NULL DEFAULT 'open',          -- open | replayed | dismissed
  processed_at INTEGER
) WITHOUT ROWID;
CREATE INDEX events_inbox_by_tenant ON events_inbox (tenant_id, status, received_at DESC);

CREATE TABLE imports (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  site TEXT NOT NULL,
  kind TEXT NOT NULL,                           -- ad_spend
  file_name TEXT NOT NULL,
  object_key TEXT NOT NULL,
  status TEXT NOT NULL,                         -- queued | running | done | failed
  rows_total INTEGER NOT NULL DEFAULT 0,
  rows_loaded INTEGER NOT NULL DEFAULT 0,
  rows_rejected INTEGER NOT NULL DEFAULT 0,
  detail TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  finished_at INTEGER
) WITHOUT ROWID;
CREATE INDEX imports_by_tenant ON imports (tenant_id, created_at DESC);
CREATE TABLE import_errors (
  tenant_id TEXT NOT NULL,
  import_id TEXT NOT NULL,
  row INTEGER NOT NULL,
  field TEXT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (tenant_id, import_id, row, field)
) WITHOUT ROWID;

CREATE TABLE agent_runs (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  site TEXT NOT NULL,
  agent TEXT NOT NULL,
  input TEXT NOT NULL,
  output TEXT NOT NULL DEFAULT '',
  status TEXT NOT NULL,                         -- queued | running | succeeded | failed
  detail TEXT NOT NULL DEFAULT '',
  requested_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  ended_at INTEGER
) WITHOUT ROWID;
CREATE INDEX agent_runs_by_tenant ON agent_runs (tenant_id, created_at DESC);

CREATE TABLE audit_logs (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  entity TEXT NOT NULL,
  before_json TEXT NOT NULL DEFAULT '',
  after_json TEXT NOT NULL DEFAULT '',
  at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX audit_logs_by_tenant ON audit_logs (tenant_id, at DESC);
