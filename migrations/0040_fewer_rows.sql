-- Every index of a table is a row written with each change, a TEXT primary key beside a rowid too. Codes and tokens are now ordered
-- by their keys (WITHOUT ROWID), and keep those indexes that have a reader: what ends with a session, a person or a client is
-- found by the consent that it hangs on, since a person has few of those. Codes and tokens go with their consent, and consents
-- with their person and client, so one reference is enough.
--
-- `rowid` is for a Worker of before, which may still run for a moment and deletes by it.

CREATE TABLE new_codes (
    hash           TEXT PRIMARY KEY,
    client_id      TEXT NOT NULL,
    user_id        TEXT NOT NULL,
    grant_id       TEXT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    session_id     TEXT NOT NULL,
    redirect_uri   TEXT NOT NULL,
    scope          TEXT NOT NULL,
    claims         TEXT NOT NULL DEFAULT '{}',             -- what is asked for beside the scopes, as JSON
    resources      TEXT NOT NULL DEFAULT '[]',
    nonce          TEXT,
    code_challenge TEXT,                                   -- RFC 7636, always S256
    refreshable    INTEGER NOT NULL,                       -- whether a refresh token comes of it
    auth_time      INTEGER NOT NULL,
    acr            TEXT NOT NULL,
    amr            TEXT NOT NULL,
    issued_at      INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL,
    used_at        INTEGER,
    family_id      TEXT,                                   -- of the tokens that came of it
    rowid          TEXT AS (hash) VIRTUAL
) STRICT, WITHOUT ROWID;
INSERT INTO new_codes (hash, client_id, user_id, grant_id, session_id, redirect_uri, scope, claims, resources, nonce, code_challenge,
                       refreshable, auth_time, acr, amr, issued_at, expires_at, used_at, family_id)
SELECT hash, client_id, user_id, grant_id, session_id, redirect_uri, scope, claims, resources, nonce, code_challenge,
       refreshable, auth_time, acr, amr, issued_at, expires_at, used_at, family_id FROM codes;

CREATE TABLE new_token_families (
    id          TEXT PRIMARY KEY,
    client_id   TEXT NOT NULL,
    user_id     TEXT NOT NULL,
    grant_id    TEXT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    session_id  TEXT NOT NULL,
    scope       TEXT NOT NULL,
    claims      TEXT NOT NULL DEFAULT '{}',
    resources   TEXT NOT NULL DEFAULT '[]',
    refreshable INTEGER NOT NULL,
    generation  INTEGER NOT NULL,                          -- of the refresh token that is valid now
    turned_at   INTEGER NOT NULL,                          -- when it became so
    auth_time   INTEGER NOT NULL,
    acr         TEXT NOT NULL,
    amr         TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    rowid       TEXT AS (id) VIRTUAL
) STRICT, WITHOUT ROWID;
INSERT INTO new_token_families (id, client_id, user_id, grant_id, session_id, scope, claims, resources, refreshable, generation,
                                turned_at, auth_time, acr, amr, created_at, expires_at)
SELECT id, client_id, user_id, grant_id, session_id, scope, claims, resources, refreshable, generation,
       turned_at, auth_time, acr, amr, created_at, expires_at FROM token_families;

DROP TABLE codes;
DROP TABLE token_families;
ALTER TABLE new_codes RENAME TO codes;
ALTER TABLE new_token_families RENAME TO token_families;

CREATE INDEX codes_by_grant ON codes (grant_id);
CREATE INDEX codes_by_expiry ON codes (expires_at);
CREATE INDEX token_families_by_grant ON token_families (grant_id);
CREATE INDEX token_families_by_expiry ON token_families (expires_at);

CREATE TRIGGER grants_used AFTER INSERT ON token_families
BEGIN
    UPDATE grants SET last_used_at = NEW.turned_at WHERE id = NEW.grant_id;
END;
CREATE TRIGGER grants_used_again AFTER UPDATE OF turned_at ON token_families
BEGIN
    UPDATE grants SET last_used_at = NEW.turned_at WHERE id = NEW.grant_id;
END;

-- Those of migration 0037, which went with their tables.
CREATE TRIGGER codes_have_a_limit AFTER INSERT ON codes
BEGIN
    DELETE FROM codes WHERE hash IN (
        SELECT hash FROM codes WHERE grant_id = NEW.grant_id AND hash <> NEW.hash ORDER BY issued_at DESC LIMIT -1 OFFSET 29);
END;
CREATE TRIGGER token_families_have_a_limit AFTER INSERT ON token_families
BEGIN
    DELETE FROM token_families WHERE id IN (
        SELECT id FROM token_families WHERE grant_id = NEW.grant_id AND id <> NEW.id ORDER BY turned_at DESC LIMIT -1 OFFSET 99);
END;
