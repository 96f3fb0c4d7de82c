-- Webhooks: addresses that events of the audit are sent to. None has a row of its own: a webhook walks along the audit, whose ids rise
-- with time, and `position` is the last one that it is done with. Its secret comes from a root key and is not stored.
CREATE TABLE webhooks (
    id             TEXT PRIMARY KEY,
    name           TEXT NOT NULL,
    url            TEXT NOT NULL,
    format         TEXT NOT NULL,                         -- 'events', or one that a Worker does not know: then it sends nothing
    client_id      TEXT REFERENCES clients (id) ON DELETE CASCADE, -- the app that it belongs to, which knows people by its own names
    events         TEXT,                                  -- a JSON array of names; NULL: all
    enabled        INTEGER NOT NULL,
    generation     INTEGER NOT NULL,                      -- which secret; each new one is one more
    root           INTEGER NOT NULL,                      -- which root key it comes from
    previous_root  INTEGER,                               -- the same of the secret before
    previous_until INTEGER,                               -- until when that one signs, too
    position       INTEGER NOT NULL,
    due_at         INTEGER,                               -- not before then is it sent to; NULL: not at all
    lease          TEXT,                                  -- the run that sends
    failures       INTEGER NOT NULL,                      -- in a row
    failing_since  INTEGER,
    given_up_at    INTEGER,
    problem        TEXT,                                  -- of the last failure
    passed_over    INTEGER NOT NULL,                      -- how many events were given up
    delivered_at   INTEGER,
    tested_at      INTEGER,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX webhooks_by_client ON webhooks (client_id);
