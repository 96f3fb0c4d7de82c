-- What Limen last fetched from an address that a client named, whichever client it was: the address is asked at most twice a
-- minute, by one request at a time, and what it answered, good or bad, counts for all others that want it.
CREATE TABLE fetches (
    target          TEXT PRIMARY KEY,                         -- a keyed hash of the URL
    claim           TEXT NOT NULL,                            -- of the request that asked last
    asked_at        INTEGER NOT NULL,
    asked_before_at INTEGER NOT NULL,                         -- when it was asked before that
    answer          TEXT,                                     -- as JSON; NULL while it is awaited
    expires_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX fetches_by_expiry ON fetches (expires_at);
