-- What operators made with an `Idempotency-Key`, so that a request that is sent again makes nothing again. No answer is kept: what was made is
-- read anew, and what is shown once is not shown again.
CREATE TABLE idempotency_keys (
    hash       TEXT NOT NULL PRIMARY KEY,                 -- of who sent it, to where, and the key
    body       TEXT NOT NULL,                             -- keyed hash of the body
    made       TEXT,                                      -- the id of what was made. NULL: it is being made, or nobody knows
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
