-- Limen's tables. Times are seconds since 1970; lists and objects are JSON text; hashes are keyed (src/secret.rs).
-- What belongs to a person or a client goes with it: every reference cascades, so one DELETE leaves nothing behind.

CREATE TABLE clients (
    id                         TEXT PRIMARY KEY,
    version                    INTEGER NOT NULL,          -- rises with every change
    metadata                   TEXT NOT NULL,             -- RFC 7591 section 2, as JSON
    auth_method                TEXT NOT NULL,             -- token_endpoint_auth_method, for conditions in SQL
    secret_hash                TEXT,
    previous_secret_hash       TEXT,
    previous_secret_expires_at INTEGER,
    registration_token_hash    TEXT,
    issued_at                  INTEGER NOT NULL,
    updated_at                 INTEGER NOT NULL
) STRICT;

CREATE TABLE users (
    id          TEXT PRIMARY KEY,                         -- the public `sub`
    username    TEXT NOT NULL COLLATE NOCASE,
    email       TEXT COLLATE NOCASE,                      -- as in claims, to sign in with
    claims      TEXT NOT NULL,                            -- OIDC Core section 5.1, without sub
    disabled_at INTEGER,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX users_by_username ON users (username);
CREATE UNIQUE INDEX users_by_email ON users (email) WHERE email IS NOT NULL;

-- What a person proves who they are with.
CREATE TABLE credentials (
    id         TEXT PRIMARY KEY,
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind       TEXT NOT NULL CHECK (kind IN ('password')),
    secret     TEXT NOT NULL,                             -- password: an argon2id PHC string
    created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX credentials_one_password ON credentials (user_id) WHERE kind = 'password';

-- A sign-on session of one browser.
CREATE TABLE sessions (
    hash         TEXT PRIMARY KEY,                        -- of the cookie
    id           TEXT NOT NULL,                           -- for reference; worth nothing as a credential
    user_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    auth_time    INTEGER NOT NULL,
    acr          TEXT NOT NULL,
    amr          TEXT NOT NULL,                           -- RFC 8176, as a JSON array
    user_agent   TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX sessions_by_id ON sessions (id);
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- A person's consent to a client: the thing that is revoked.
CREATE TABLE grants (
    id         TEXT PRIMARY KEY,
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client_id  TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    scope      TEXT NOT NULL,                             -- a JSON array
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX grants_by_user_and_client ON grants (user_id, client_id);
CREATE INDEX grants_by_client ON grants (client_id);

-- Authorization codes (RFC 6749 section 4.1.2).
CREATE TABLE codes (
    hash           TEXT PRIMARY KEY,
    client_id      TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    user_id        TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    grant_id       TEXT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    session_id     TEXT NOT NULL,
    redirect_uri   TEXT NOT NULL,
    scope          TEXT NOT NULL,
    nonce          TEXT,
    code_challenge TEXT,                                  -- RFC 7636, always S256
    refreshable    INTEGER NOT NULL,                      -- whether a refresh token comes of it
    auth_time      INTEGER NOT NULL,
    acr            TEXT NOT NULL,
    amr            TEXT NOT NULL,
    issued_at      INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL,
    used_at        INTEGER,
    family_id      TEXT                                   -- of the tokens that came of it
) STRICT;
CREATE INDEX codes_by_grant ON codes (grant_id);
CREATE INDEX codes_by_client ON codes (client_id);
CREATE INDEX codes_by_user ON codes (user_id);
CREATE INDEX codes_by_expiry ON codes (expires_at);

-- The tokens that came of one authorization. Its access tokens live no longer than the row; its refresh token is a MAC
-- over the row's id and generation. To revoke is to delete.
CREATE TABLE token_families (
    id          TEXT PRIMARY KEY,
    client_id   TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    user_id     TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    grant_id    TEXT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    session_id  TEXT NOT NULL,
    scope       TEXT NOT NULL,
    refreshable INTEGER NOT NULL,
    generation  INTEGER NOT NULL,                         -- of the refresh token that is valid now
    turned_at   INTEGER NOT NULL,                         -- when it became so
    auth_time   INTEGER NOT NULL,
    acr         TEXT NOT NULL,
    amr         TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX token_families_by_grant ON token_families (grant_id);
CREATE INDEX token_families_by_client ON token_families (client_id);
CREATE INDEX token_families_by_user ON token_families (user_id);
CREATE INDEX token_families_by_expiry ON token_families (expires_at);

-- Single access tokens that were revoked before their time (RFC 7009).
CREATE TABLE revoked_tokens (
    client_id  TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    jti        TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (client_id, jti)
) STRICT;
CREATE INDEX revoked_tokens_by_expiry ON revoked_tokens (expires_at);

-- Signing keys. Their states follow from the clock (src/oidc/signing_key.rs).
CREATE TABLE signing_keys (
    kid         TEXT PRIMARY KEY,                         -- RFC 7638 thumbprint
    alg         TEXT NOT NULL,
    public_jwk  TEXT NOT NULL,
    wrapped_key TEXT NOT NULL,                            -- PKCS#8 under AES-256-GCM: base64url(iv || ciphertext)
    kek_version INTEGER NOT NULL,
    publish_at  INTEGER NOT NULL,
    activate_at INTEGER NOT NULL,
    retire_at   INTEGER,                                  -- when its successor takes over; none yet: NULL
    remove_at   INTEGER,                                  -- when no token of it can be alive
    revoked_at  INTEGER
) STRICT;
CREATE INDEX signing_keys_by_alg ON signing_keys (alg, activate_at);

-- Attempts: failed sign-ins by the account, or by a keyed hash of the address or of a name that nobody has; registrations
-- by a keyed hash of the address.
CREATE TABLE throttles (
    key        TEXT PRIMARY KEY,
    failures   INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX throttles_by_expiry ON throttles (expires_at);

-- Who may do a periodic chore now.
CREATE TABLE leases (
    name       TEXT PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT;
