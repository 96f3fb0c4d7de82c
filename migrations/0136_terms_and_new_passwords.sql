-- Which terms a person has accepted, and when.
CREATE TABLE accepted_terms (
    user_id     TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    version     TEXT NOT NULL,
    accepted_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, version)
) STRICT, WITHOUT ROWID;

-- Whether the person has to choose another password when they next sign in with it.
ALTER TABLE credentials ADD COLUMN must_change INTEGER NOT NULL DEFAULT 0;

-- What has still to be done before a session counts: 1 to accept the terms, 2 to choose another password, 3 both.
ALTER TABLE sessions ADD COLUMN waits_for INTEGER NOT NULL DEFAULT 0;
