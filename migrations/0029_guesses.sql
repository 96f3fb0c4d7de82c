-- Counters are found by their key, so the table is that index: a counter that begins or ends is two rows written, not three.
-- `rowid` is for a Worker of before, which may still run for a moment and deletes by it.
CREATE TABLE counters (
    key        TEXT PRIMARY KEY,
    failures   INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    rowid      TEXT AS (key) VIRTUAL
) STRICT, WITHOUT ROWID;
INSERT INTO counters (key, failures, expires_at) SELECT key, failures, expires_at FROM throttles;
DROP TABLE throttles;
ALTER TABLE counters RENAME TO throttles;
CREATE INDEX throttles_by_expiry ON throttles (expires_at);

-- Rows about an account are limited account by account (src/db/audit.rs), the others together.
DROP INDEX audit_of_anybody;
CREATE INDEX audit_of_nobody ON audit (id) WHERE actor = 'anybody' AND user_id IS NULL;
