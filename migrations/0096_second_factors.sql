-- Second factors are credentials: of the kind 'totp' (`secret` is wrapped, `counter` is the last step that was used), and of the kind
-- 'recovery_codes' (one row a person, `secret` is a JSON array of hashes).

-- Browsers in which a person is not asked for one again. The key begins with the person, so that no index is needed.
CREATE TABLE trusted_browsers (
    user_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    id           TEXT NOT NULL,
    hash         TEXT NOT NULL,
    user_agent   TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    PRIMARY KEY (user_id, id)
) STRICT, WITHOUT ROWID;

-- Trust ends whenever what a person proves who they are with changes, whoever changes it.
CREATE TRIGGER trust_ends_with_a_new_factor AFTER INSERT ON credentials WHEN new.kind IN ('password', 'passkey', 'totp') BEGIN
    DELETE FROM trusted_browsers WHERE user_id = new.user_id;
END;
CREATE TRIGGER trust_ends_with_a_factor AFTER DELETE ON credentials WHEN old.kind IN ('password', 'passkey', 'totp') BEGIN
    DELETE FROM trusted_browsers WHERE user_id = old.user_id;
END;
CREATE TRIGGER trust_ends_with_a_password AFTER UPDATE OF secret ON credentials WHEN new.kind = 'password' BEGIN
    DELETE FROM trusted_browsers WHERE user_id = new.user_id;
END;

-- Whether a session began in one of them, with one factor alone.
ALTER TABLE sessions ADD COLUMN trusted INTEGER NOT NULL DEFAULT 0;
