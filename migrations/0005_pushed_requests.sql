-- Pushed authorization requests (RFC 9126): each begins one authorization, and is then gone.
CREATE TABLE pushed_requests (
    hash       TEXT PRIMARY KEY,                             -- of the reference in its request_uri
    client_id  TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    query      TEXT NOT NULL,                                -- the parameters that count
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX pushed_requests_by_client ON pushed_requests (client_id);
CREATE INDEX pushed_requests_by_expiry ON pushed_requests (expires_at);
