-- Links with which somebody makes an account, each once. The key has the expiry in it, so that no index is needed to tidy up. One that
-- was used is gone: the audit has who it became.
CREATE TABLE invitations (
    expires_at     INTEGER NOT NULL,
    id             TEXT NOT NULL,
    secret         TEXT NOT NULL,                         -- keyed hash of what the link has
    email          TEXT,                                  -- the address that the account gets; NULL: any
    email_verified INTEGER NOT NULL DEFAULT 0,            -- whether the link shows that the address is theirs
    first          INTEGER NOT NULL DEFAULT 0,            -- good only while there is nobody
    note           TEXT,                                  -- the operator's own words
    created_at     INTEGER NOT NULL,
    PRIMARY KEY (expires_at, id)
) STRICT, WITHOUT ROWID;
