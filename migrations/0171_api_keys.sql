-- Keys with which programs call the admin API. What a key made goes with it.
CREATE TABLE api_keys (
    id           TEXT PRIMARY KEY,
    hash         TEXT NOT NULL,                           -- keyed hash of what its holder presents
    name         TEXT NOT NULL,
    name_folded  TEXT NOT NULL,                           -- the text by which names are compared
    scopes       TEXT NOT NULL,                           -- a JSON array
    made_by      TEXT REFERENCES api_keys (id) ON DELETE CASCADE,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    last_used_at INTEGER                                  -- to the hour
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX api_keys_by_hash ON api_keys (hash);
CREATE UNIQUE INDEX api_keys_by_name ON api_keys (name_folded);
CREATE INDEX api_keys_by_maker ON api_keys (made_by);

-- Which operator: the name of a key, or the app that acted as one. NULL: the holder of the admin token, or no operator's doing.
ALTER TABLE audit ADD COLUMN operator TEXT;
