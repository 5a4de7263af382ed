-- A pull of figures goes on where it was: after a wait, in another process, after a crash.

ALTER TABLE sync_runs ADD COLUMN position TEXT NOT NULL DEFAULT '';     -- JSON `connector::pull::Pull`, '' before the first page
ALTER TABLE sync_runs ADD COLUMN lease_until INTEGER NOT NULL DEFAULT 0; -- UTC ms until which one consumer is at it alone
