-- Fewer rows written: a table is ordered by its key (WITHOUT ROWID), and an index that only the hourly tidying read goes. That walks
-- along the keys instead, a few thousand a run (src/db/housekeeping.rs): a row read costs a thousandth of a row written.
--
-- `rowid` is for a Worker of before, which may still run for a moment and deletes by it.

DROP INDEX codes_by_expiry;
DROP INDEX token_families_by_expiry;
DROP INDEX throttles_by_expiry;

-- A session's `id` is looked for among those of its person, so that it needs no index: a trigger does what a reference did.
CREATE TABLE new_session_clients (
    session_id TEXT NOT NULL,
    client_id  TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    known_as   TEXT NOT NULL,
    first_at   INTEGER NOT NULL,
    last_at    INTEGER NOT NULL,
    rowid      TEXT AS (session_id || ' ' || client_id || ' ' || known_as) VIRTUAL,
    PRIMARY KEY (session_id, client_id, known_as)
) STRICT, WITHOUT ROWID;
INSERT INTO new_session_clients (session_id, client_id, known_as, first_at, last_at)
SELECT session_id, client_id, known_as, first_at, last_at FROM session_clients;
DROP TABLE session_clients;

CREATE TABLE new_sessions (
    hash         TEXT PRIMARY KEY,                         -- of the cookie
    id           TEXT NOT NULL,                            -- for reference; worth nothing as a credential
    user_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    auth_time    INTEGER NOT NULL,
    acr          TEXT NOT NULL,
    amr          TEXT NOT NULL,                            -- RFC 8176, as a JSON array
    user_agent   TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    rowid        TEXT AS (hash) VIRTUAL
) STRICT, WITHOUT ROWID;
INSERT INTO new_sessions (hash, id, user_id, auth_time, acr, amr, user_agent, created_at, last_seen_at, expires_at)
SELECT hash, id, user_id, auth_time, acr, amr, user_agent, created_at, last_seen_at, expires_at FROM sessions;
DROP TABLE sessions;

ALTER TABLE new_session_clients RENAME TO session_clients;
ALTER TABLE new_sessions RENAME TO sessions;
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX session_clients_by_client ON session_clients (client_id);

CREATE TRIGGER session_clients_go_with_their_session AFTER DELETE ON sessions
BEGIN
    DELETE FROM session_clients WHERE session_id = OLD.id;
END;
CREATE TRIGGER session_clients_have_a_limit AFTER INSERT ON session_clients
BEGIN
    DELETE FROM session_clients WHERE session_id = NEW.session_id AND (client_id, known_as) IN (
        SELECT client_id, known_as FROM session_clients
        WHERE session_id = NEW.session_id AND (client_id, known_as) <> (NEW.client_id, NEW.known_as)
        ORDER BY last_at DESC LIMIT -1 OFFSET 599);
END;

-- Single access tokens that were revoked: they go when they have expired, also those of a client that is gone.
CREATE TABLE new_revoked_tokens (
    jti        TEXT NOT NULL,
    client_id  TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    rowid      TEXT AS (jti || ' ' || client_id) VIRTUAL,
    PRIMARY KEY (jti, client_id)
) STRICT, WITHOUT ROWID;
INSERT INTO new_revoked_tokens (jti, client_id, expires_at) SELECT jti, client_id, expires_at FROM revoked_tokens;
DROP TABLE revoked_tokens;
ALTER TABLE new_revoked_tokens RENAME TO revoked_tokens;

CREATE TABLE new_replay (
    key        TEXT PRIMARY KEY,                           -- a digest of what must not come again
    claim      TEXT NOT NULL,                              -- empty; an older version tells requests apart by it
    expires_at INTEGER NOT NULL,
    rowid      TEXT AS (key) VIRTUAL
) STRICT, WITHOUT ROWID;
INSERT INTO new_replay (key, claim, expires_at) SELECT key, claim, expires_at FROM replay;
DROP TABLE replay;
ALTER TABLE new_replay RENAME TO replay;

-- Each client sweeps what it pushed itself, so one index serves its limit, the sweep and the cascade.
CREATE TABLE new_pushed_requests (
    hash       TEXT PRIMARY KEY,                           -- of the reference in its request_uri
    client_id  TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    query      TEXT NOT NULL,                              -- the parameters that count
    expires_at INTEGER NOT NULL,
    rowid      TEXT AS (hash) VIRTUAL
) STRICT, WITHOUT ROWID;
INSERT INTO new_pushed_requests (hash, client_id, query, expires_at) SELECT hash, client_id, query, expires_at FROM pushed_requests;
DROP TABLE pushed_requests;
ALTER TABLE new_pushed_requests RENAME TO pushed_requests;
CREATE INDEX pushed_requests_by_client ON pushed_requests (client_id, expires_at);

CREATE TRIGGER pushed_requests_have_a_limit AFTER INSERT ON pushed_requests
WHEN (SELECT auth_method FROM clients WHERE id = NEW.client_id) <> 'none'
BEGIN
    DELETE FROM pushed_requests WHERE hash IN (
        SELECT hash FROM pushed_requests WHERE client_id = NEW.client_id AND hash <> NEW.hash
        ORDER BY expires_at DESC LIMIT -1 OFFSET 999);
END;

-- The audit is read in the order of its ids, a few thousand rows at a time, and times are found there by halves (src/db/audit.rs).
-- Only kinds of events that are rare have an index: the others are near wherever one looks.
DROP INDEX audit_by_event;
DROP INDEX audit_by_client;
CREATE INDEX audit_of_rare_kinds ON audit (event)
WHERE event NOT IN ('sign_in', 'sign_out', 'session_ended', 'consent_given', 'token_revoked');
