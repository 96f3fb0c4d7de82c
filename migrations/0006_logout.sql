-- Which client knows a session, so that logout knows whom to tell. A sign-in of the same person takes over what its
-- predecessor in that browser had: `known_as` is the session that the client's `sid` was made from.
CREATE TABLE session_clients (
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    client_id  TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    known_as   TEXT NOT NULL,
    first_at   INTEGER NOT NULL,
    last_at    INTEGER NOT NULL,
    PRIMARY KEY (session_id, client_id, known_as)
) STRICT;
CREATE INDEX session_clients_by_client ON session_clients (client_id);

-- What back-channel logout still has to tell clients. A row is written in the batch that ends the session and deleted
-- when the client has heard of it. The person may be gone by then, hence no reference.
CREATE TABLE logout_outbox (
    id         TEXT PRIMARY KEY,                          -- the `jti` of its logout token
    client_id  TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    user_id    TEXT NOT NULL,
    session_id TEXT NOT NULL,                             -- what the client's `sid` was made from
    attempts   INTEGER NOT NULL,
    due_at     INTEGER NOT NULL,                          -- when to try, or to try again
    lease      TEXT,                                      -- of the run that tries
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX logout_outbox_by_due ON logout_outbox (due_at);
CREATE INDEX logout_outbox_by_client ON logout_outbox (client_id);

-- Codes and tokens that end with their session.
CREATE INDEX codes_by_session ON codes (session_id);
CREATE INDEX token_families_by_session ON token_families (session_id);
