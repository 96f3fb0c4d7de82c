-- Pairwise subject identifiers (OIDC Core section 8.1).
ALTER TABLE users ADD COLUMN subject_salt TEXT NOT NULL DEFAULT '';
UPDATE users SET subject_salt = lower(hex(randomblob(32)));

-- The Worker draws a salt for each new person. One of before this migration, which may still run for a moment, does not.
CREATE TRIGGER users_have_a_subject_salt AFTER INSERT ON users WHEN NEW.subject_salt = ''
BEGIN
    UPDATE users SET subject_salt = lower(hex(randomblob(32))) WHERE id = NEW.id;
END;

-- A notice outlives the session, and perhaps the person.
ALTER TABLE logout_outbox ADD COLUMN subject_salt TEXT NOT NULL DEFAULT '';
