-- Codes that were asked for by mail, each good in the browser that asked alone. There is a row for whatever name or address somebody
-- typed, so that the page knows nothing more where an account has it. The code is not stored: it is a MAC of the mail's id, made
-- when the mail is sent and when the code is tried.
CREATE TABLE mail_codes (
    browser     TEXT NOT NULL,                             -- a keyed hash of the browser's name
    kind        TEXT NOT NULL,                             -- 'sign_in', 'sign_up' or 'address'
    folded      TEXT NOT NULL,                             -- what was typed, as it is compared
    typed       TEXT NOT NULL,
    destination TEXT NOT NULL,                             -- where the sign-in leads, as the query of a page
    user_id     TEXT REFERENCES users (id) ON DELETE CASCADE,
    mail_id     TEXT,                                      -- of the mail with the code; NULL: none was sent, and no code is right
    root        INTEGER,                                   -- which root key the code comes from
    tries       INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    PRIMARY KEY (browser, kind, folded)
) STRICT, WITHOUT ROWID;
CREATE INDEX mail_codes_by_user ON mail_codes (user_id);

-- A code that went to an address is of no use once its person has another.
CREATE TRIGGER codes_end_with_an_address AFTER UPDATE OF email ON users WHEN new.email IS NOT old.email BEGIN
    DELETE FROM mail_codes WHERE user_id = new.id AND kind = 'sign_in';
END;

-- An address that was changed may be taken back for a week by a link in a mail to it: a credential of the kind 'email_undo', whose name
-- is that address. Who changes the address again takes back none of these.
