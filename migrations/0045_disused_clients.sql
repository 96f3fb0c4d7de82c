-- A client that anybody can bring about is kept while somebody allows it something, or once the operator has changed it.
-- Otherwise it goes some time after it last proved who it is, and earlier where it never did. `unused_since` is NULL while it is
-- kept; else it is when the time began, and `last_used_at` says whether that was a use.
ALTER TABLE clients ADD COLUMN last_used_at INTEGER;

-- Clients that were used before, and that nobody allows anything. What the operator changed has not always left a trace
-- (migrations/0024_unused_clients.sql), so those that were changed stay.
UPDATE clients SET unused_since = unixepoch(), last_used_at = unixepoch()
WHERE unused_since IS NULL AND (document_fresh_until IS NOT NULL OR registered_openly = 1 AND updated_at = issued_at)
  AND NOT EXISTS (SELECT 1 FROM grants WHERE client_id = clients.id);

-- The time begins when the last consent goes. What the operator changed is no longer registered openly.
CREATE TRIGGER clients_disused AFTER DELETE ON grants
BEGIN
    UPDATE clients SET unused_since = unixepoch(), last_used_at = unixepoch()
    WHERE id = OLD.client_id AND unused_since IS NULL AND (document_fresh_until IS NOT NULL OR registered_openly = 1)
      AND NOT EXISTS (SELECT 1 FROM grants WHERE client_id = OLD.client_id);
END;

-- Anybody can push for a public client, so its limit is one a network (src/account/throttle.rs): with one for the client, a
-- few networks could push out what others have pushed.
DROP TRIGGER pushed_requests_have_a_limit;
CREATE TRIGGER pushed_requests_have_a_limit AFTER INSERT ON pushed_requests
WHEN (SELECT auth_method FROM clients WHERE id = NEW.client_id) <> 'none'
BEGIN
    DELETE FROM pushed_requests WHERE rowid IN (
        SELECT rowid FROM pushed_requests WHERE client_id = NEW.client_id ORDER BY rowid DESC LIMIT -1 OFFSET 1000);
END;
