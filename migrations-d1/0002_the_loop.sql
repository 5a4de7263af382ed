-- Campaigns, channels, approvals, agents and questions: everything between a plan and what came of it.
-- Conventions as in 0001. A JSON column holds one document of the crate named beside it and is read whole.

-- ── control ──────────────────────────────────────────────────────────────────────────────────────────────────────

CREATE TABLE invitations (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants(id),
  email TEXT NOT NULL COLLATE NOCASE,
  role TEXT NOT NULL,
  token_hash TEXT NOT NULL UNIQUE,              -- SHA-256 of the token in the link, hex; the token itself is not kept
  invited_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  accepted_at INTEGER,
  revoked_at INTEGER
) WITHOUT ROWID;
CREATE INDEX invitations_by_tenant ON invitations (tenant_id, created_at DESC);

CREATE TABLE api_keys (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants(id),
  name TEXT NOT NULL,
  role TEXT NOT NULL,                           -- what the key may do at most
  scopes TEXT NOT NULL,                         -- JSON list of permissions; the key may do what both allow
  prefix TEXT NOT NULL,                         -- the key's first characters, to tell keys apart
  secret_hash TEXT NOT NULL UNIQUE,             -- SHA-256 of the key, hex: keys are random, so no slow hash is needed
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  last_used_at INTEGER,
  revoked_at INTEGER
) WITHOUT ROWID;
CREATE INDEX api_keys_by_tenant ON api_keys (tenant_id, created_at DESC);

-- What a creating request answered, so that sending it again creates nothing.
CREATE TABLE idempotency_keys (
  tenant_id TEXT NOT NULL,
  key TEXT NOT NULL,
  actor TEXT NOT NULL,
  request_hash TEXT NOT NULL,                   -- SHA-256 of method, path with query, media type and body, hex
  status INTEGER,                               -- NULL while the first request runs
  headers TEXT NOT NULL DEFAULT '{}',
  body_sealed TEXT NOT NULL DEFAULT '',         -- sealed by the vault: answers hold keys and links that are shown once
  created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, actor, key)
) WITHOUT ROWID;
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (tenant_id, created_at);

-- Failed sign-ins of the last minutes, known addresses and unknown ones alike (crate control, `sign_in`). Before anybody
-- is signed in there is no tenant, so this table has none.
CREATE TABLE sign_in_failures (
  address_hash TEXT NOT NULL,                   -- SHA-256 of the address, hex
  at INTEGER NOT NULL,
  id TEXT NOT NULL,
  PRIMARY KEY (address_hash, at, id)
) WITHOUT ROWID;
CREATE INDEX sign_in_failures_by_age ON sign_in_failures (at);

-- The audit log becomes a chain: each entry's hash covers the hash of the one before (crate control, `audit`).
-- Entries from before the chain keep an empty hash.
ALTER TABLE audit_logs RENAME TO audit_logs_before_chain;
DROP INDEX audit_logs_by_tenant;
CREATE TABLE audit_logs (
  tenant_id TEXT NOT NULL,
  number INTEGER NOT NULL,                      -- 1-based within the tenant, without gaps
  id TEXT NOT NULL UNIQUE,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  entity TEXT NOT NULL,
  before_json TEXT NOT NULL DEFAULT '',
  after_json TEXT NOT NULL DEFAULT '',
  at INTEGER NOT NULL,
  hash TEXT NOT NULL,
  PRIMARY KEY (tenant_id, number)
) WITHOUT ROWID;
INSERT INTO audit_logs (tenant_id, number, id, actor, action, entity, before_json, after_json, at, hash)
SELECT tenant_id, row_number() OVER (PARTITION BY tenant_id ORDER BY at, id), id, actor, action, entity, before_json,
       after_json, at, ''
FROM audit_logs_before_chain;
DROP TABLE audit_logs_before_chain;
CREATE INDEX audit_logs_by_time ON audit_logs (tenant_id, at DESC);
CREATE INDEX audit_logs_by_entity ON audit_logs (tenant_id, entity, number DESC);
CREATE TRIGGER audit_logs_keep_rows BEFORE DELETE ON audit_logs
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_logs_keep_values BEFORE UPDATE ON audit_logs
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

-- ── channels ─────────────────────────────────────────────────────────────────────────────────────────────────────

CREATE TABLE channels (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants(id),
  site TEXT NOT NULL,
  type TEXT NOT NULL,                           -- sandbox | meta | google_ads | klaviyo
  name TEXT NOT NULL,
  account_id TEXT NOT NULL,
  currency TEXT NOT NULL,
  time_zone TEXT NOT NULL DEFAULT 'UTC',
  status TEXT NOT NULL,                         -- connected | needs_reauth | failing | disconnected
  credentials_sealed TEXT NOT NULL,             -- JSON `connector::Credentials`, sealed by the vault
  credentials_expire_at INTEGER,
  last_error TEXT NOT NULL DEFAULT '',          -- in words, for people
  last_error_at INTEGER,
  last_sync_at INTEGER,
  synced_through_day INTEGER,                   -- the last local day whose insights are stored
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX channels_by_account ON channels (tenant_id, site, type, account_id);

-- A sign-in at a provider that has begun; `state` comes back in the redirect and works once.
CREATE TABLE oauth_states (
  state TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  site TEXT NOT NULL,
  type TEXT NOT NULL,
  verifier_sealed TEXT NOT NULL,                -- PKCE code verifier (RFC 7636), sealed
  redirect_uri TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) WITHOUT ROWID;

-- What is ours at a provider: one row a campaign, ad set or ad that was created there.
CREATE TABLE remote_objects (
  tenant_id TEXT NOT NULL,
  channel_id TEXT NOT NULL,
  kind TEXT NOT NULL,                           -- campaign | budget | ad_set | ad | creative | template | image
  local_id TEXT NOT NULL,
  campaign_id TEXT NOT NULL,
  external_id TEXT NOT NULL,
  name TEXT NOT NULL,
  status TEXT NOT NULL,                         -- paused | active | removed
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, channel_id, kind, local_id)
) WITHOUT ROWID;
CREATE INDEX remote_objects_by_campaign ON remote_objects (tenant_id, campaign_id);
CREATE INDEX remote_objects_by_external_id ON remote_objects (tenant_id, channel_id, external_id);

-- What providers report, a row an object and day. Spend is kept in micros as providers report it; `ad_spend` has the
-- site's minor units.
CREATE TABLE channel_insights (
  tenant_id TEXT NOT NULL,
  site TEXT NOT NULL,
  channel_id TEXT NOT NULL,
  local_day INTEGER NOT NULL,
  level TEXT NOT NULL,                          -- campaign | ad_set | ad
  external_id TEXT NOT NULL,
  name TEXT NOT NULL,
  campaign_id TEXT NOT NULL DEFAULT '',         -- ours, '' for what was not made here
  ad_set_id TEXT NOT NULL DEFAULT '',
  ad_id TEXT NOT NULL DEFAULT '',
  impressions INTEGER NOT NULL,                 -- e-mail: delivered
  clicks INTEGER NOT NULL,
  opens INTEGER NOT NULL DEFAULT 0,             -- e-mail only
  spend_micros INTEGER NOT NULL,
  currency TEXT NOT NULL,
  conversions REAL NOT NULL,                    -- as the provider claims them
  conversion_value_micros INTEGER NOT NULL,
  pulled_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, channel_id, local_day, level, external_id)
) WITHOUT ROWID;
CREATE INDEX channel_insights_by_ad ON channel_insights (tenant_id, ad_id, local_day) WHERE ad_id <> '';
CREATE INDEX channel_insights_by_campaign ON channel_insights (tenant_id, campaign_id, level, local_day);

CREATE TABLE sync_runs (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  channel_id TEXT NOT NULL,
  from_day INTEGER NOT NULL,
  to_day INTEGER NOT NULL,
  status TEXT NOT NULL,                         -- queued | running | done | failed
  rows INTEGER NOT NULL DEFAULT 0,
  failures INTEGER NOT NULL DEFAULT 0,          -- times it broke off and was tried again
  detail TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  finished_at INTEGER
) WITHOUT ROWID;
CREATE INDEX sync_runs_by_channel ON sync_runs (tenant_id, channel_id, created_at DESC);

-- ── campaigns ────────────────────────────────────────────────────────────────────────────────────────────────────

CREATE TABLE brand_guidelines (
  tenant_id TEXT NOT NULL,
  site TEXT NOT NULL,
  version INTEGER NOT NULL,
  guidelines TEXT NOT NULL,                     -- JSON `campaign::Brand`
  updated_by TEXT NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, site)
) WITHOUT ROWID;

CREATE TABLE ad_assets (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  site TEXT NOT NULL,
  type TEXT NOT NULL,                           -- image
  title TEXT NOT NULL,
  text TEXT NOT NULL DEFAULT '',                -- alternative text
  object_key TEXT NOT NULL,
  media_type TEXT NOT NULL,                     -- as sniffed from the bytes
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  tags TEXT NOT NULL DEFAULT '[]',
  policy_flags TEXT NOT NULL DEFAULT '[]',
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  deleted_at INTEGER
) WITHOUT ROWID;
CREATE INDEX ad_assets_by_site ON ad_assets (tenant_id, site, created_at DESC);

CREATE TABLE campaigns (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  site TEXT NOT NULL,
  name TEXT NOT NULL,
  objective TEXT NOT NULL,
  status TEXT NOT NULL,                         -- crate campaign, `Status`
  version INTEGER NOT NULL,                     -- the ETag; every edit and change of status raises it
  currency TEXT NOT NULL,
  budget_daily INTEGER NOT NULL,                -- minor units, the sum over the ad sets
  budget_total INTEGER,                         -- minor units
  start_at INTEGER,
  end_at INTEGER,
  landing_url TEXT NOT NULL,
  utm_campaign TEXT NOT NULL,
  detail TEXT NOT NULL DEFAULT '',              -- why it failed or was rejected, in words
  approval_id TEXT NOT NULL DEFAULT '',         -- the approval in force, '' for none
  live_snapshot_id TEXT NOT NULL DEFAULT '',    -- what was last live
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX campaigns_by_site ON campaigns (tenant_id, site, updated_at DESC);
CREATE INDEX campaigns_by_status ON campaigns (tenant_id, status, start_at);

CREATE TABLE ad_sets (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  campaign_id TEXT NOT NULL REFERENCES campaigns(id),
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  channel_id TEXT NOT NULL,
  audience_json TEXT NOT NULL,                  -- `campaign::Audience`
  placements_json TEXT NOT NULL DEFAULT '[]',
  bid_strategy TEXT NOT NULL,
  budget_daily INTEGER NOT NULL,                -- minor units
  status TEXT NOT NULL                          -- active | paused: what is wanted, not what the provider says
) WITHOUT ROWID;
CREATE INDEX ad_sets_by_campaign ON ad_sets (tenant_id, campaign_id, position);

CREATE TABLE ads (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  campaign_id TEXT NOT NULL REFERENCES campaigns(id),
  ad_set_id TEXT NOT NULL REFERENCES ad_sets(id),
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  creative_json TEXT NOT NULL,                  -- `campaign::Creative`
  status TEXT NOT NULL,                         -- active | paused
  policy_flags TEXT NOT NULL DEFAULT '[]'       -- JSON list of `campaign::Finding`
) WITHOUT ROWID;
CREATE INDEX ads_by_campaign ON ads (tenant_id, campaign_id, position);

-- A campaign's document as it was at one moment, with its hash; never changed.
CREATE TABLE campaign_snapshots (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  campaign_id TEXT NOT NULL,
  hash TEXT NOT NULL,
  document TEXT NOT NULL,                       -- JSON `campaign::Document`
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX campaign_snapshots_by_campaign ON campaign_snapshots (tenant_id, campaign_id, created_at DESC);

-- The one approval path: whatever spends or publishes rests on a row here.
CREATE TABLE approvals (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  site TEXT NOT NULL,
  kind TEXT NOT NULL,                           -- campaign | change (of budgets or of what runs in a live campaign)
  campaign_id TEXT NOT NULL,
  snapshot_id TEXT NOT NULL,                    -- what would be live
  snapshot_hash TEXT NOT NULL,
  base_snapshot_id TEXT NOT NULL DEFAULT '',    -- what is live, '' for nothing
  diff TEXT NOT NULL,                           -- JSON `campaign::Diff`, per channel
  title TEXT NOT NULL,
  reason TEXT NOT NULL DEFAULT '',
  status TEXT NOT NULL,                         -- pending | approved | rejected | void
  requested_by TEXT NOT NULL,                   -- a user, `key:<id>` or `agent:<name>`
  run_id TEXT NOT NULL DEFAULT '',              -- the agent run that proposed it
  requested_at INTEGER NOT NULL,
  decided_by TEXT NOT NULL DEFAULT '',          -- a user, or `policy` where the tenant's limits allow acting
  decided_at INTEGER,
  comment TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE INDEX approvals_by_status ON approvals (tenant_id, status, requested_at DESC);
CREATE INDEX approvals_by_campaign ON approvals (tenant_id, campaign_id, requested_at DESC);

-- Work for a campaign's Publication object: the row is the truth, the call to the object only a nudge.
CREATE TABLE publications (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  site TEXT NOT NULL,
  campaign_id TEXT NOT NULL,
  action TEXT NOT NULL,                         -- publish | change | pause | resume | end | rollback
  snapshot_id TEXT NOT NULL,
  approval_id TEXT NOT NULL DEFAULT '',         -- required for everything that can raise spend
  status TEXT NOT NULL,                         -- queued | running | done | failed
  progress TEXT NOT NULL DEFAULT '[]',          -- JSON list of {channel_id, step, of, text}
  detail TEXT NOT NULL DEFAULT '',
  requested_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  finished_at INTEGER
) WITHOUT ROWID;
CREATE INDEX publications_by_campaign ON publications (tenant_id, campaign_id, created_at DESC);
CREATE INDEX publications_open ON publications (tenant_id, status, created_at) WHERE status IN ('queued', 'running');

-- A tenant's limits on spending and on what agents may do by themselves.
CREATE TABLE guardrails (
  tenant_id TEXT PRIMARY KEY REFERENCES tenants(id),
  version INTEGER NOT NULL,
  spending_stopped INTEGER NOT NULL DEFAULT 0,  -- the kill switch
  stopped_reason TEXT NOT NULL DEFAULT '',
  daily_cap INTEGER,                            -- minor units over all campaigns; NULL: none
  campaign_daily_cap INTEGER,                   -- minor units a campaign
  currency TEXT NOT NULL,
  autonomy TEXT NOT NULL DEFAULT 'propose',     -- observe | propose | act
  act_budget_change REAL NOT NULL DEFAULT 0.2,  -- largest change of a budget an agent makes by itself, a fraction
  model_tokens_daily INTEGER NOT NULL DEFAULT 1000000,
  updated_by TEXT NOT NULL,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE calendar_entries (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  site TEXT NOT NULL,
  campaign_id TEXT NOT NULL DEFAULT '',
  kind TEXT NOT NULL,                           -- launch | pause | end (carried out by cron) | note
  title TEXT NOT NULL,
  at INTEGER NOT NULL,
  status TEXT NOT NULL,                         -- planned | done | failed | cancelled
  detail TEXT NOT NULL DEFAULT '',
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX calendar_entries_by_time ON calendar_entries (tenant_id, site, at);
CREATE INDEX calendar_entries_due ON calendar_entries (status, at);

-- ── agents ───────────────────────────────────────────────────────────────────────────────────────────────────────

ALTER TABLE agent_runs ADD COLUMN campaign_id TEXT NOT NULL DEFAULT '';
ALTER TABLE agent_runs ADD COLUMN context_id TEXT NOT NULL DEFAULT '';   -- groups the runs of one conversation
ALTER TABLE agent_runs ADD COLUMN model TEXT NOT NULL DEFAULT '';
ALTER TABLE agent_runs ADD COLUMN tokens_in INTEGER NOT NULL DEFAULT 0;
ALTER TABLE agent_runs ADD COLUMN tokens_out INTEGER NOT NULL DEFAULT 0;
ALTER TABLE agent_runs ADD COLUMN cost_micros INTEGER NOT NULL DEFAULT 0; -- millionths of a US dollar
ALTER TABLE agent_runs ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
CREATE INDEX agent_runs_by_campaign ON agent_runs (tenant_id, campaign_id, created_at DESC) WHERE campaign_id <> '';

-- What a run said and did, in order; the Run object writes it when a step is complete.
CREATE TABLE agent_run_events (
  tenant_id TEXT NOT NULL,
  run_id TEXT NOT NULL,
  number INTEGER NOT NULL,                      -- 1-based
  type TEXT NOT NULL,
  data TEXT NOT NULL,                           -- JSON `agent::RunEvent`
  at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, run_id, number)
) WITHOUT ROWID;

CREATE TABLE agent_proposals (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  site TEXT NOT NULL,
  run_id TEXT NOT NULL,
  campaign_id TEXT NOT NULL DEFAULT '',
  kind TEXT NOT NULL,                           -- campaign | creatives | flags | budgets | rotation | report
  title TEXT NOT NULL,
  payload TEXT NOT NULL,                        -- JSON `agent::Proposal`
  status TEXT NOT NULL,                         -- open | accepted | dismissed
  approval_id TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  decided_by TEXT NOT NULL DEFAULT '',
  decided_at INTEGER
) WITHOUT ROWID;
CREATE INDEX agent_proposals_by_run ON agent_proposals (tenant_id, run_id);
CREATE INDEX agent_proposals_by_status ON agent_proposals (tenant_id, status, created_at DESC);

-- Messages that failed for good, for a person to look at and send again.
CREATE TABLE dead_letters (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  queue TEXT NOT NULL,
  message TEXT NOT NULL,
  reason TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  failed_at INTEGER NOT NULL,
  status TEXT NOT NULL DEFAULT 'open',          -- open | replayed | dismissed
  decided_by TEXT NOT NULL DEFAULT '',
  decided_at INTEGER
) WITHOUT ROWID;
CREATE INDEX dead_letters_by_status ON dead_letters (tenant_id, status, failed_at DESC);

-- What a model answered to exactly this request; and what models cost, a row a day.
CREATE TABLE model_cache (
  tenant_id TEXT NOT NULL,
  key TEXT NOT NULL,                            -- SHA-256 of the request, hex
  answer TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, key)
) WITHOUT ROWID;
CREATE TABLE model_usage (
  tenant_id TEXT NOT NULL,
  day INTEGER NOT NULL,                         -- UTC days since 1970-01-01
  model TEXT NOT NULL,
  calls INTEGER NOT NULL,
  tokens_in INTEGER NOT NULL,
  tokens_out INTEGER NOT NULL,
  cost_micros INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, day, model)
) WITHOUT ROWID;

CREATE TABLE experiments (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  site TEXT NOT NULL,
  key TEXT NOT NULL,                            -- what a page asks for
  campaign_id TEXT NOT NULL DEFAULT '',
  name TEXT NOT NULL,
  hypothesis TEXT NOT NULL DEFAULT '',
  metric TEXT NOT NULL,                         -- the event that counts as a reward
  surface TEXT NOT NULL,                        -- site | email
  bandit_cfg_json TEXT NOT NULL,                -- `bandit::Config`
  status TEXT NOT NULL,                         -- draft | running | decided | stopped
  winner TEXT NOT NULL DEFAULT '',
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  ended_at INTEGER
) WITHOUT ROWID;
CREATE UNIQUE INDEX experiments_by_key ON experiments (tenant_id, site, key);
CREATE INDEX experiments_running ON experiments (tenant_id, site, status);

CREATE TABLE experiment_variants (
  tenant_id TEXT NOT NULL,
  experiment_id TEXT NOT NULL,
  key TEXT NOT NULL,
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  payload TEXT NOT NULL DEFAULT '{}',           -- JSON handed to the page
  status TEXT NOT NULL,                         -- active | paused | winner
  exposures INTEGER NOT NULL DEFAULT 0,         -- visitors, as of `updated_at`; the Bandit object has the live figures
  rewards INTEGER NOT NULL DEFAULT 0,
  probability_best REAL,
  expected_loss REAL,
  detail TEXT NOT NULL DEFAULT '',
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, experiment_id, key)
) WITHOUT ROWID;

-- ── questions ────────────────────────────────────────────────────────────────────────────────────────────────────

-- SQL made ahead: at load and when the catalog's schema version changes.
CREATE TABLE kpi_queries (
  tenant_id TEXT NOT NULL,
  site TEXT NOT NULL,
  id TEXT NOT NULL,
  position INTEGER NOT NULL,
  title TEXT NOT NULL,
  question TEXT NOT NULL,
  definition TEXT NOT NULL,
  unit TEXT NOT NULL,
  dialect TEXT NOT NULL,                        -- d1 | clickhouse
  sql TEXT NOT NULL,
  window TEXT NOT NULL,                         -- JSON: which days, relative to today
  schema_version TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, site, id)
) WITHOUT ROWID;

-- A question in words and the SQL it became.
CREATE TABLE question_cache (
  tenant_id TEXT NOT NULL,
  site TEXT NOT NULL,
  hash TEXT NOT NULL,                           -- SHA-256 of the normalised question, hex
  question TEXT NOT NULL,                       -- normalised
  sql TEXT NOT NULL,
  plan TEXT NOT NULL,                           -- JSON: title, definitions, chart, columns
  origin TEXT NOT NULL,                         -- load | grammar | model
  schema_version TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  last_used_at INTEGER NOT NULL,
  hits INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, site, hash)
) WITHOUT ROWID;
CREATE TABLE question_feedback (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  site TEXT NOT NULL,
  hash TEXT NOT NULL,
  verdict TEXT NOT NULL,                        -- up | down
  comment TEXT NOT NULL DEFAULT '',
  by_user TEXT NOT NULL,
  at INTEGER NOT NULL
) WITHOUT ROWID;

-- ── the shop's own books (Shopify exports) ───────────────────────────────────────────────────────────────────────

CREATE TABLE shop_products (
  tenant_id TEXT NOT NULL,
  site TEXT NOT NULL,
  handle TEXT NOT NULL,
  title TEXT NOT NULL,
  vendor TEXT NOT NULL DEFAULT '',
  category TEXT NOT NULL DEFAULT '',
  tags TEXT NOT NULL DEFAULT '[]',
  status TEXT NOT NULL DEFAULT '',
  image_url TEXT NOT NULL DEFAULT '',
  import_id TEXT NOT NULL,
  PRIMARY KEY (tenant_id, site, handle)
) WITHOUT ROWID;
CREATE TABLE shop_variants (
  tenant_id TEXT NOT NULL,
  site TEXT NOT NULL,
  handle TEXT NOT NULL,
  position INTEGER NOT NULL,
  sku TEXT NOT NULL DEFAULT '',
  options TEXT NOT NULL DEFAULT '{}',
  price INTEGER,                                -- minor units of the site's currency
  compare_at_price INTEGER,
  cost INTEGER,
  stock INTEGER,
  PRIMARY KEY (tenant_id, site, handle, position)
) WITHOUT ROWID;
CREATE INDEX shop_variants_by_sku ON shop_variants (tenant_id, site, sku);
CREATE TABLE shop_customers (
  tenant_id TEXT NOT NULL,
  site TEXT NOT NULL,
  id TEXT NOT NULL,                             -- the shop's customer id, else SHA-256 of the e-mail address
  email_hash TEXT NOT NULL DEFAULT '',          -- SHA-256 of the lower-cased address, hex
  country TEXT NOT NULL DEFAULT '',
  region TEXT NOT NULL DEFAULT '',
  city TEXT NOT NULL DEFAULT '',
  accepts_email INTEGER NOT NULL DEFAULT 0,
  accepts_sms INTEGER NOT NULL DEFAULT 0,
  orders INTEGER NOT NULL DEFAULT 0,            -- as the export says
  spent INTEGER NOT NULL DEFAULT 0,             -- minor units, as the export says
  tags TEXT NOT NULL DEFAULT '[]',
  import_id TEXT NOT NULL,
  PRIMARY KEY (tenant_id, site, id)
) WITHOUT ROWID;
CREATE TABLE shop_orders (
  tenant_id TEXT NOT NULL,
  site TEXT NOT NULL,
  name TEXT NOT NULL,                           -- `#1001`: the key of an order in an export
  id TEXT NOT NULL DEFAULT '',
  customer_hash TEXT NOT NULL DEFAULT '',       -- SHA-256 of the lower-cased address; '' for a guest without one
  financial_status TEXT NOT NULL,
  fulfillment_status TEXT NOT NULL DEFAULT '',
  currency TEXT NOT NULL,
  subtotal INTEGER NOT NULL,
  shipping INTEGER NOT NULL,
  taxes INTEGER NOT NULL,
  total INTEGER NOT NULL,
  discount INTEGER NOT NULL,
  refunded INTEGER NOT NULL,
  discount_code TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  paid_at INTEGER,
  cancelled_at INTEGER,
  country TEXT NOT NULL DEFAULT '',
  source TEXT NOT NULL DEFAULT '',              -- the export's own `Source`: web, pos, …
  utm_source TEXT NOT NULL DEFAULT '',
  utm_medium TEXT NOT NULL DEFAULT '',
  utm_campaign TEXT NOT NULL DEFAULT '',
  local_day INTEGER NOT NULL,
  import_id TEXT NOT NULL,
  PRIMARY KEY (tenant_id, site, name)
) WITHOUT ROWID;
CREATE INDEX shop_orders_by_day ON shop_orders (tenant_id, site, local_day);
CREATE TABLE shop_order_lines (
  tenant_id TEXT NOT NULL,
  site TEXT NOT NULL,
  order_name TEXT NOT NULL,
  line INTEGER NOT NULL,                        -- 1-based within the order
  product TEXT NOT NULL,
  sku TEXT NOT NULL DEFAULT '',
  quantity INTEGER NOT NULL,
  price INTEGER NOT NULL,
  discount INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, site, order_name, line)
) WITHOUT ROWID;
ALTER TABLE imports ADD COLUMN bytes_total INTEGER NOT NULL DEFAULT 0;
ALTER TABLE imports ADD COLUMN bytes_done INTEGER NOT NULL DEFAULT 0;    -- where a resumed import goes on
ALTER TABLE imports ADD COLUMN lines_done INTEGER NOT NULL DEFAULT 1;    -- the line that stands there
