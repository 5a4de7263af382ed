-- Everybody's touchpoints of a span of time, for models that learn from those who did not buy: read by time, so that what
-- lies before the span is not read.

CREATE INDEX touchpoints_by_time ON events (tenant_id, site, t, id) WHERE touch = 1;
