-- Whoever is signed in, or has an app, can store some rows as often as they like. Beyond the most, the oldest or the one that
-- was least used goes. The triggers see every way to get a row, so that no endpoint has to think of it. docs/storage.md has
-- the limits of all tables.

-- Codes of a person for an app: they live for a minute.
CREATE TRIGGER codes_have_a_limit AFTER INSERT ON codes
BEGIN
    DELETE FROM codes WHERE rowid IN (
        SELECT rowid FROM codes WHERE grant_id = NEW.grant_id ORDER BY rowid DESC LIMIT -1 OFFSET 30);
END;

-- Lines of tokens of a person at an app.
CREATE TRIGGER token_families_have_a_limit AFTER INSERT ON token_families
BEGIN
    DELETE FROM token_families WHERE rowid IN (
        SELECT rowid FROM token_families WHERE grant_id = NEW.grant_id ORDER BY turned_at DESC, rowid DESC LIMIT -1 OFFSET 100);
END;

-- Apps that a person allows something.
CREATE TRIGGER grants_have_a_limit AFTER INSERT ON grants
BEGIN
    DELETE FROM grants WHERE id <> NEW.id AND rowid IN (
        SELECT rowid FROM grants WHERE user_id = NEW.user_id
        ORDER BY COALESCE(last_used_at, updated_at) DESC, rowid DESC LIMIT -1 OFFSET 300);
END;

-- Apps that know a session.
CREATE TRIGGER session_clients_have_a_limit AFTER INSERT ON session_clients
BEGIN
    DELETE FROM session_clients WHERE rowid IN (
        SELECT rowid FROM session_clients WHERE session_id = NEW.session_id ORDER BY last_at DESC, rowid DESC LIMIT -1 OFFSET 600);
END;

-- Notices of a person's logouts that wait for an app.
CREATE TRIGGER logout_outbox_has_a_limit AFTER INSERT ON logout_outbox
BEGIN
    DELETE FROM logout_outbox WHERE rowid IN (
        SELECT rowid FROM logout_outbox WHERE client_id = NEW.client_id AND user_id = NEW.user_id
        ORDER BY rowid DESC LIMIT -1 OFFSET 200);
END;

-- Requests that a client pushed.
CREATE TRIGGER pushed_requests_have_a_limit AFTER INSERT ON pushed_requests
BEGIN
    DELETE FROM pushed_requests WHERE rowid IN (
        SELECT rowid FROM pushed_requests WHERE client_id = NEW.client_id ORDER BY rowid DESC LIMIT -1 OFFSET 1000);
END;
