-- Resource indicators (RFC 8707): the APIs that were allowed, or that tokens are for. JSON arrays of identifiers; none named: [].
ALTER TABLE grants ADD COLUMN resources TEXT NOT NULL DEFAULT '[]';
ALTER TABLE codes ADD COLUMN resources TEXT NOT NULL DEFAULT '[]';
ALTER TABLE token_families ADD COLUMN resources TEXT NOT NULL DEFAULT '[]';
