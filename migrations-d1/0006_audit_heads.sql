-- Where each tenant's audit log ends, kept beside it: a log whose last entries were cut off shows that they are missing.
-- Written by the append itself, so that the two cannot part; it only ever moves on.

CREATE TABLE audit_heads (
  tenant_id TEXT PRIMARY KEY,
  number INTEGER NOT NULL,                      -- of the last entry, which is how many there are
  hash TEXT NOT NULL                            -- its hash; '' for one from before the chain
) WITHOUT ROWID;
INSERT INTO audit_heads (tenant_id, number, hash)
SELECT tenant_id, number, hash FROM audit_logs l
WHERE number = (SELECT MAX(number) FROM audit_logs m WHERE m.tenant_id = l.tenant_id);
CREATE TRIGGER audit_logs_move_head AFTER INSERT ON audit_logs
BEGIN INSERT INTO audit_heads (tenant_id, number, hash) VALUES (NEW.tenant_id, NEW.number, NEW.hash)
  ON CONFLICT (tenant_id) DO UPDATE SET number = excluded.number, hash = excluded.hash; END;
CREATE TRIGGER audit_heads_keep_rows BEFORE DELETE ON audit_heads
BEGIN SELECT RAISE(ABORT, 'the end of the audit log is not forgotten'); END;
CREATE TRIGGER audit_heads_move_on BEFORE UPDATE ON audit_heads WHEN NEW.number <= OLD.number OR NEW.tenant_id <> OLD.tenant_id
BEGIN SELECT RAISE(ABORT, 'the end of the audit log only moves on'); END;
