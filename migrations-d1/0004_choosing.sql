-- A sign-in that reaches several accounts waits until somebody has chosen one: `channels.status` is then `choosing`,
-- `account_id` is '' and `credentials_sealed` holds the accounts, too.

ALTER TABLE channels ADD COLUMN choices TEXT NOT NULL DEFAULT ''; -- JSON list of {id, name, currency, time_zone, refusal}
