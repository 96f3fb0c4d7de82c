-- What a client registered for ping or push mode (CIBA) is still to be told, and what that takes: the auth_req_id and the token by which the
-- client knows Limen, sealed under a key of Limen's.
ALTER TABLE pushed_requests ADD COLUMN notify TEXT;                     -- NULL where nobody is told

CREATE TABLE backchannel_outbox (
    hash       TEXT NOT NULL PRIMARY KEY,                               -- of the auth_req_id
    client_id  TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    notify     TEXT NOT NULL,
    outcome    TEXT NOT NULL,                                           -- 'answered' or 'turned_down'
    attempts   INTEGER NOT NULL DEFAULT 0,
    due_at     INTEGER NOT NULL,
    expires_at INTEGER NOT NULL                                         -- when the auth_req_id expires
) STRICT, WITHOUT ROWID;

CREATE INDEX backchannel_outbox_by_client ON backchannel_outbox (client_id);
CREATE INDEX backchannel_outbox_due ON backchannel_outbox (due_at);
