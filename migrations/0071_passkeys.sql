-- Passkeys: credentials of the kind 'passkey'. The id of such a row is a digest of the credential id, and `secret` has what is fixed
-- of it, as JSON (src/account/passkey): credential id, public key, what made it.
ALTER TABLE credentials ADD COLUMN name TEXT;                          -- what its person calls it
ALTER TABLE credentials ADD COLUMN counter INTEGER NOT NULL DEFAULT 0; -- the signature counter of when it was last used
ALTER TABLE credentials ADD COLUMN backed_up INTEGER NOT NULL DEFAULT 0;
ALTER TABLE credentials ADD COLUMN last_used_at INTEGER;

-- Challenges that were answered, each once. One that was not is a MAC and no row. The key has the expiry in it, so that no index is
-- needed to tidy up.
CREATE TABLE challenges (
    expires_at INTEGER NOT NULL,
    id         TEXT NOT NULL,
    PRIMARY KEY (expires_at, id)
) STRICT, WITHOUT ROWID;

-- When a person was last asked whether they want a passkey.
ALTER TABLE users ADD COLUMN passkey_offered_at INTEGER;
