-- The logos of apps, in a table of their own: what every request of an app reads stays small. Which one is shown is in the client's metadata,
-- by its digest, which is also its address.
CREATE TABLE client_logos (
    client_id  TEXT PRIMARY KEY REFERENCES clients (id) ON DELETE CASCADE,
    digest     TEXT NOT NULL,                             -- SHA-256 as base64url
    media_type TEXT NOT NULL,
    content    TEXT NOT NULL,                             -- the file as base64, of at most 64 KB
    size       INTEGER NOT NULL,                          -- of the file, in bytes
    openly     INTEGER NOT NULL,                          -- whether nobody had to be asked for it
    stored_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX client_logos_by_digest ON client_logos (digest);
-- Those that nobody had to be asked for have a limit.
CREATE INDEX client_logos_of_strangers ON client_logos (client_id) WHERE openly = 1;

-- What operators write down about an app: told to operators alone.
ALTER TABLE clients ADD COLUMN notes TEXT;

-- Those that wait for an operator are found among many that do not.
CREATE INDEX clients_waiting ON clients (id) WHERE json_extract(metadata, '$.limen_waits') = 1;
