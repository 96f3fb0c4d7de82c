-- When an app last got tokens by a person's consent: what the account page calls "last used". Rows of token_families go
-- when they expire; this stays. The triggers see every way to get tokens, so that no endpoint has to think of it.
ALTER TABLE grants ADD COLUMN last_used_at INTEGER;

UPDATE grants SET last_used_at = (SELECT MAX(turned_at) FROM token_families WHERE grant_id = grants.id);

CREATE TRIGGER grants_used AFTER INSERT ON token_families
BEGIN
    UPDATE grants SET last_used_at = NEW.turned_at WHERE id = NEW.grant_id;
END;

CREATE TRIGGER grants_used_again AFTER UPDATE OF turned_at ON token_families
BEGIN
    UPDATE grants SET last_used_at = NEW.turned_at WHERE id = NEW.grant_id;
END;
