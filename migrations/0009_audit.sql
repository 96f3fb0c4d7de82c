-- What happened that matters to security, one row an event (src/audit.rs). Rows refer to people and clients by id alone and
-- outlive them. The newest row has the greatest id.
CREATE TABLE audit (
    id         INTEGER PRIMARY KEY,
    at         INTEGER NOT NULL,
    event      TEXT NOT NULL,                             -- src/audit.rs; the names are stable
    outcome    TEXT NOT NULL CHECK (outcome IN ('success', 'failure')),
    actor      TEXT NOT NULL CHECK (actor IN ('person', 'client', 'operator', 'system', 'anybody')),
    user_id    TEXT,                                      -- whom it is about
    client_id  TEXT,                                      -- with which client
    session_id TEXT,
    network    TEXT,                                      -- of the caller, truncated: never a whole address
    request_id TEXT NOT NULL,                             -- as in the log and in the answer
    detail     TEXT                                       -- a small JSON object
) STRICT;
CREATE INDEX audit_by_time ON audit (at);
CREATE INDEX audit_by_user ON audit (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX audit_by_client ON audit (client_id) WHERE client_id IS NOT NULL;
CREATE INDEX audit_of_anybody ON audit (id) WHERE actor = 'anybody';
