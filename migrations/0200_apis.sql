-- APIs that operators declared, beside those of the variable RESOURCES (src/oidc/declared_api.rs). `lookup_key` is the identifier as URL parsers
-- write it, by which requests find it; `settings` a JSON object that says who may ask for it, among more. The secrets are those with which the
-- API asks about tokens: the one before works until its time.
CREATE TABLE apis (
    id TEXT PRIMARY KEY,
    identifier TEXT NOT NULL,
    lookup_key TEXT NOT NULL,
    settings TEXT NOT NULL,
    version INTEGER NOT NULL,
    secret_hash TEXT,
    secret_made_at INTEGER,
    previous_secret_hash TEXT,
    previous_secret_until INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX apis_by_identifier ON apis (identifier);
CREATE UNIQUE INDEX apis_by_lookup_key ON apis (lookup_key);
