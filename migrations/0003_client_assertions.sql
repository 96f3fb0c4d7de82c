-- Client assertions (RFC 7523). client_secret_jwt needs the secret itself: it is kept under AES-256-GCM, beside its hash.
ALTER TABLE clients ADD COLUMN wrapped_secret TEXT;          -- `<root version>.<base64url(iv || ciphertext)>`
ALTER TABLE clients ADD COLUMN previous_wrapped_secret TEXT;

-- What counts once: a row for each assertion that was taken. Of the requests that bring the same one, the row belongs to the
-- first.
CREATE TABLE replay (
    key        TEXT PRIMARY KEY,                             -- a digest of what must not come again
    claim      TEXT NOT NULL,                                -- of the request that brought it
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX replay_by_expiry ON replay (expires_at);
