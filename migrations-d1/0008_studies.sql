-- What takes minutes to compute: asked for, computed piece by piece in a Study object, its answer kept here.

CREATE TABLE studies (
  id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  site TEXT NOT NULL,
  kind TEXT NOT NULL,                           -- customers, mix
  status TEXT NOT NULL,                         -- running, done, failed
  question TEXT NOT NULL,                       -- JSON, as its kind's question
  progress REAL NOT NULL DEFAULT 0,             -- 0 to 1
  detail TEXT NOT NULL DEFAULT '',              -- what it is at, or why it failed
  answer TEXT NOT NULL DEFAULT '',              -- JSON, once done
  requested_by TEXT NOT NULL,
  requested_at INTEGER NOT NULL,
  touched_at INTEGER NOT NULL,                  -- when its object last told of it
  ended_at INTEGER,
  PRIMARY KEY (tenant_id, id)
) WITHOUT ROWID;
CREATE INDEX studies_by_kind ON studies (tenant_id, site, kind, requested_at);
CREATE UNIQUE INDEX studies_running ON studies (tenant_id, site, kind) WHERE status = 'running';
CREATE INDEX studies_forgotten ON studies (touched_at) WHERE status = 'running';
