-- The large warehouse: the same logical tables as migrations-d1, column for column, filled by JSONEachRow inserts.
--
-- Every table takes the same row any number of times: a replacing engine keeps the highest version of each key. The
-- replacement happens in the background, so readers use the *_current views, which finish it while reading.
-- One statement ends at each semicolon that closes a line; there is no other semicolon in this file.

-- Keyed by what makes an event one event. The month of `t` never changes, so a row's versions share a partition.
CREATE TABLE IF NOT EXISTS events (
  tenant_id LowCardinality(String),
  id String,
  site LowCardinality(String),
  visitor String,
  anonymous_id String DEFAULT '',
  user_id String DEFAULT '',
  event LowCardinality(String),
  t Int64,
  received_at Int64,
  local_hour Int64,
  origin LowCardinality(String),
  url String DEFAULT '',
  host LowCardinality(String) DEFAULT '',
  path String DEFAULT '',
  referrer String DEFAULT '',
  source LowCardinality(String) DEFAULT '',
  medium LowCardinality(String) DEFAULT '',
  campaign String DEFAULT '',
  term String DEFAULT '',
  content String DEFAULT '',
  click_id_kind LowCardinality(String) DEFAULT '',
  click_id String DEFAULT '',
  channel LowCardinality(String) DEFAULT '',
  value_minor Int64 DEFAULT 0,
  currency LowCardinality(String) DEFAULT '',
  order_id String DEFAULT '',
  country LowCardinality(String) DEFAULT '',
  region LowCardinality(String) DEFAULT '',
  device LowCardinality(String) DEFAULT '',
  browser LowCardinality(String) DEFAULT '',
  os LowCardinality(String) DEFAULT '',
  bot UInt8 DEFAULT 0,
  consent LowCardinality(String) DEFAULT '',
  flags String DEFAULT '',
  props String DEFAULT '{}',
  session_id String,
  touch UInt8 DEFAULT 0,
  touch_number UInt32 DEFAULT 0,
  revision UInt32 DEFAULT 1,
  raw_key String DEFAULT ''
)
ENGINE = ReplacingMergeTree(revision)
PARTITION BY toYYYYMM(fromUnixTimestamp64Milli(t, 'UTC'))
ORDER BY (tenant_id, site, id)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE VIEW IF NOT EXISTS events_current AS
SELECT * FROM events FINAL;

-- A key may move to another person: the row with the higher version wins.
CREATE TABLE IF NOT EXISTS identities (
  tenant_id LowCardinality(String),
  site LowCardinality(String),
  key String,
  person String,
  version UInt64 DEFAULT 0
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant_id, site, key);

CREATE VIEW IF NOT EXISTS identities_current AS
SELECT tenant_id, site, key, person FROM identities FINAL;

-- A later import of the same day and campaign replaces the earlier one: `version` is the time of the import, UTC ms.
CREATE TABLE IF NOT EXISTS ad_spend (
  tenant_id LowCardinality(String),
  site LowCardinality(String),
  local_day Int64,
  channel LowCardinality(String),
  source LowCardinality(String),
  medium LowCardinality(String),
  campaign String,
  impressions Int64,
  clicks Int64,
  spend_minor Int64,
  currency LowCardinality(String),
  import_id String,
  version UInt64 DEFAULT 0
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant_id, site, local_day, source, medium, campaign);

CREATE VIEW IF NOT EXISTS ad_spend_current AS
SELECT * FROM ad_spend FINAL;

CREATE VIEW IF NOT EXISTS touchpoints AS
SELECT tenant_id, site, id, visitor, session_id, t, local_hour, touch_number, channel, source, medium, campaign,
       term, content, click_id_kind, url, referrer, bot
FROM events_current WHERE touch = 1;

-- Purchases, one row an order id: the earliest event that names it. Events without an order id are orders of their own.
CREATE VIEW IF NOT EXISTS orders AS
SELECT tenant_id, site, tupleElement(first, 'id') AS id, tupleElement(first, 'order_id') AS order_id,
       tupleElement(first, 'visitor') AS visitor, tupleElement(first, 'user_id') AS user_id,
       tupleElement(first, 'session_id') AS session_id, tupleElement(first, 't') AS t,
       tupleElement(first, 'local_hour') AS local_hour, tupleElement(first, 'value_minor') AS value_minor,
       tupleElement(first, 'currency') AS currency, tupleElement(first, 'bot') AS bot,
       tupleElement(first, 'channel') AS channel, tupleElement(first, 'source') AS source,
       tupleElement(first, 'medium') AS medium, tupleElement(first, 'campaign') AS campaign,
       tupleElement(first, 'country') AS country, tupleElement(first, 'device') AS device,
       tupleElement(first, 'browser') AS browser, tupleElement(first, 'os') AS os
FROM (
  SELECT tenant_id, site,
         argMin(CAST((e.id, e.order_id, e.visitor, e.user_id, e.session_id, e.t, e.local_hour, e.value_minor, e.currency,
                      e.bot, e.channel, e.source, e.medium, e.campaign, e.country, e.device, e.browser, e.os),
                     'Tuple(id String, order_id String, visitor String, user_id String, session_id String, t Int64,
                            local_hour Int64, value_minor Int64, currency String, bot UInt8, channel String,
                            source String, medium String, campaign String, country String, device String,
                            browser String, os String)'),
                (e.t, e.id)) AS first
  FROM events_current e
  WHERE e.event = 'purchase'
  GROUP BY tenant_id, site, if(e.order_id = '', ('event', e.id), ('order', e.order_id))
);

-- Visits, computed from their events: acquisition, place and device from the first touch (else from the first event),
-- pages from the first and last event that has a path, orders without repeats of the same order id.
CREATE VIEW IF NOT EXISTS sessions AS
SELECT v.tenant_id AS tenant_id, v.id AS id, v.site AS site, v.visitor AS visitor, v.started_at AS started_at,
       v.ended_at AS ended_at, v.local_hour AS local_hour, v.events AS events, v.pageviews AS pageviews,
       toInt64(b.orders) AS orders, v.entry_path AS entry_path, v.exit_path AS exit_path, v.channel AS channel,
       v.source AS source, v.medium AS medium, v.campaign AS campaign, v.country AS country, v.device AS device,
       v.browser AS browser, v.os AS os, v.bot AS bot
FROM (
  SELECT tenant_id, site, session_id AS id,
         min(e.visitor) AS visitor,
         min(e.t) AS started_at,
         max(e.t) AS ended_at,
         min(e.local_hour) AS local_hour,
         toInt64(count()) AS events,
         toInt64(countIf(e.event = 'pageview')) AS pageviews,
         argMin(e.path, (e.path = '', e.at)) AS entry_path,
         argMax(e.path, (e.path <> '', e.at)) AS exit_path,
         argMin(e.channel, e.lead) AS channel,
         argMin(e.source, e.lead) AS source,
         argMin(e.medium, e.lead) AS medium,
         argMin(e.campaign, e.lead) AS campaign,
         argMin(e.country, e.lead) AS country,
         argMin(e.device, e.lead) AS device,
         argMin(e.browser, e.lead) AS browser,
         argMin(e.os, e.lead) AS os,
         max(e.bot) AS bot
  FROM (SELECT *, (t, id) AS at, (1 - touch, t, id) AS lead FROM events_current) e
  GROUP BY tenant_id, site, session_id
) v
LEFT JOIN (
  SELECT tenant_id, site, session_id, count() AS orders FROM orders GROUP BY tenant_id, site, session_id
) b ON b.tenant_id = v.tenant_id AND b.site = v.site AND b.session_id = v.id;
