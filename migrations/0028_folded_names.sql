-- Names are compared as text that the Worker folds (src/account/name, src/account/email.rs): SQLite knows the case of ASCII alone.
-- `folded_at` is the `updated_at` of when the folded names were written. Where they differ, the names are still to be folded: the
-- periodic run does that for rows with other letters, and for rows of an older Worker, which may still run for a moment.
ALTER TABLE users ADD COLUMN username_folded TEXT;
ALTER TABLE users ADD COLUMN email_folded TEXT;
ALTER TABLE users ADD COLUMN folded_at INTEGER;

UPDATE users SET username = lower(username), username_folded = lower(username), email_folded = lower(email), folded_at = updated_at
WHERE username NOT GLOB '*[^ -~]*' AND COALESCE(email, '') NOT GLOB '*[^ -~]*';

CREATE UNIQUE INDEX users_by_folded_username ON users (username_folded) WHERE username_folded IS NOT NULL;
CREATE UNIQUE INDEX users_by_folded_email ON users (email_folded) WHERE email_folded IS NOT NULL;
CREATE INDEX users_to_fold ON users (id) WHERE folded_at IS NOT updated_at;
