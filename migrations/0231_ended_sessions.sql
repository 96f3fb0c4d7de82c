-- By which names apps knew sessions that have ended: a session takes what says so along, and a webhook of an app tells of its end later.
-- Rows are written for apps alone that have a webhook.
CREATE TABLE ended_sessions (
    client_id  TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    session_id TEXT NOT NULL,
    known_as   TEXT NOT NULL,                             -- as in session_clients: what the app's `sid` was made from
    ended_at   INTEGER NOT NULL,
    PRIMARY KEY (client_id, session_id, known_as)
) STRICT, WITHOUT ROWID;
CREATE INDEX ended_sessions_by_time ON ended_sessions (ended_at);

-- How often in a row the event that comes next was refused: failures of another kind do not count.
ALTER TABLE webhooks ADD COLUMN refusals INTEGER NOT NULL DEFAULT 0;
