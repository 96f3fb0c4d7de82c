-- Of the lines of tokens of a person at an app, those that have ended go first: they stay for a day, and must not push out a
-- refresh token that lives.
DROP TRIGGER token_families_have_a_limit;
CREATE TRIGGER token_families_have_a_limit AFTER INSERT ON token_families
BEGIN
    DELETE FROM token_families WHERE id IN (
        SELECT id FROM token_families WHERE grant_id = NEW.grant_id AND id <> NEW.id
        ORDER BY expires_at > NEW.turned_at DESC, turned_at DESC LIMIT -1 OFFSET 99);
END;
