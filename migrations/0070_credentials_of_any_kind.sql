-- What a person proves who they are with may be of any kind, several of one, but for passwords. The table is ordered by its key
-- (WITHOUT ROWID), so that a new row is one index less to write.
CREATE TABLE new_credentials (
    id         TEXT PRIMARY KEY,
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind       TEXT NOT NULL,                             -- a kind that a Worker does not know counts for nothing
    secret     TEXT NOT NULL,                             -- password: an argon2id PHC string
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO new_credentials (id, user_id, kind, secret, created_at) SELECT id, user_id, kind, secret, created_at FROM credentials;
DROP TABLE credentials;
ALTER TABLE new_credentials RENAME TO credentials;

CREATE UNIQUE INDEX credentials_one_password ON credentials (user_id) WHERE kind = 'password';
CREATE INDEX credentials_by_user ON credentials (user_id);
