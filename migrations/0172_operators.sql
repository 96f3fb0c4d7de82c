-- People who are operators. A row goes with its person.
CREATE TABLE operators (
    user_id    TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    roles      TEXT NOT NULL,                             -- a JSON array
    granted_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Which person acted as an operator. NULL: a key, an app, the holder of the admin token, or no operator's doing.
ALTER TABLE audit ADD COLUMN operator_user_id TEXT;
