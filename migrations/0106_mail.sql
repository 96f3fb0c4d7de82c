-- Mails: a row is written in the batch of the event that it tells of, and sent after the answer or by a later run. Nothing that is
-- secret stands in it: a code or a link in a mail is a MAC of the row's id, made when the mail is sent. A mail that was sent stays
-- for a day, so that mails can be counted; one that was given up stays for a month, for the operator.
CREATE TABLE mail_outbox (
    id         TEXT PRIMARY KEY,                          -- 128 random bits
    user_id    TEXT REFERENCES users (id) ON DELETE CASCADE,
    kind       TEXT NOT NULL,                             -- a kind that a Worker does not know waits
    address    TEXT NOT NULL,
    folded     TEXT NOT NULL,                             -- the address as it is compared
    language   TEXT NOT NULL,
    facts      TEXT NOT NULL,                             -- what the mail says beside its text, as JSON
    root       INTEGER NOT NULL,                          -- which root key its secrets come from
    attempts   INTEGER NOT NULL,
    due_at     INTEGER,                                   -- when to try, or to try again; NULL: sent, or given up
    sent_at    INTEGER,
    problem    TEXT,                                      -- why the last attempt failed
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL                           -- nobody has any use for it after that
) STRICT, WITHOUT ROWID;
CREATE INDEX mail_outbox_by_due ON mail_outbox (due_at) WHERE due_at IS NOT NULL;
-- For the limits of a person, of an address, and of the deployment.
CREATE INDEX mail_outbox_by_user ON mail_outbox (user_id, created_at);
CREATE INDEX mail_outbox_by_address ON mail_outbox (folded, created_at);
CREATE INDEX mail_outbox_by_time ON mail_outbox (created_at);
