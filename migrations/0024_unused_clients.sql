-- Since when a client that anybody can bring about has been unused; NULL once it was used, or where only the operator could
-- bring it about. Use is: somebody consents to it, it authenticates, the operator changes it. Only unused clients are swept.
ALTER TABLE clients ADD COLUMN unused_since INTEGER;
CREATE INDEX clients_unused ON clients (unused_since) WHERE unused_since IS NOT NULL;

-- What a client of before this migration did has not always left a trace, so it is given the whole time once more.
UPDATE clients SET unused_since = unixepoch()
WHERE (document_fresh_until IS NOT NULL OR registered_openly = 1 AND updated_at = issued_at)
  AND metadata NOT LIKE '%client_credentials%'
  AND NOT EXISTS (SELECT 1 FROM grants WHERE client_id = clients.id);

CREATE TRIGGER clients_used AFTER INSERT ON grants
BEGIN
    UPDATE clients SET unused_since = NULL WHERE id = NEW.client_id AND unused_since IS NOT NULL;
END;

-- They had one reader: the sweeping, which goes by the column above now.
DROP INDEX clients_open_by_age;
DROP INDEX clients_by_document_age;
