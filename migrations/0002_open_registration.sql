-- Clients that anybody registered, with REGISTRATION=open: those that nobody ever used are deleted after a while.
ALTER TABLE clients ADD COLUMN registered_openly INTEGER NOT NULL DEFAULT 0;
CREATE INDEX clients_open_by_age ON clients (issued_at) WHERE registered_openly = 1;
