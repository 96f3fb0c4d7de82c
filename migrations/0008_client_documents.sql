-- Clients that describe themselves by a document at the URL that is their client_id: until when it need not be fetched
-- again. NULL for registered clients.
ALTER TABLE clients ADD COLUMN document_fresh_until INTEGER;
CREATE INDEX clients_by_document_age ON clients (document_fresh_until) WHERE document_fresh_until IS NOT NULL;
