-- Rich authorization requests (RFC 9396): what was allowed, and what codes and tokens are for, in JSON arrays of JSON texts with sorted members.
-- An older Worker writes none, and reads none.
ALTER TABLE grants ADD COLUMN details TEXT NOT NULL DEFAULT '[]';
ALTER TABLE codes ADD COLUMN details TEXT NOT NULL DEFAULT '[]';
ALTER TABLE token_families ADD COLUMN details TEXT NOT NULL DEFAULT '[]';
