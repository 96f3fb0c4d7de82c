-- DPoP (RFC 9449). What a code or a family of tokens is bound to, as the `cnf` claim says it: {"jkt":"..."}.
ALTER TABLE codes ADD COLUMN binding TEXT;
ALTER TABLE token_families ADD COLUMN binding TEXT;

-- Proofs that were used, by the minute in which they can be forgotten: those that have to be looked at, and those that can go, lie
-- side by side, so that no index is needed.
CREATE TABLE dpop_proofs (
    expires_at INTEGER NOT NULL,                             -- a whole minute
    key        TEXT NOT NULL,                                -- a digest of the thumbprint of the key and `jti`
    PRIMARY KEY (expires_at, key)
) STRICT, WITHOUT ROWID;

-- Each proof takes two old ones along, so that however many are used, only those of the last minutes are there. A proof is stored
-- at most four minutes ahead: those that go have been out of use for six minutes at least.
CREATE TRIGGER dpop_proofs_have_a_limit AFTER INSERT ON dpop_proofs
BEGIN
    DELETE FROM dpop_proofs WHERE (expires_at, key) IN (
        SELECT expires_at, key FROM dpop_proofs WHERE expires_at < NEW.expires_at - 600 ORDER BY expires_at LIMIT 2);
END;
