-- Whether the person was asked for what a grant allows. 0: the app has it because it handed in an assertion of another issuer
-- (RFC 7523), and the row keeps those tokens alive; where the person is asked, it counts as no consent.
ALTER TABLE grants ADD COLUMN asked INTEGER NOT NULL DEFAULT 1;

-- Such tokens have no refresh token, and an app may get many of them: they must not push out a refresh token that lives.
DROP TRIGGER token_families_have_a_limit;
CREATE TRIGGER token_families_have_a_limit AFTER INSERT ON token_families
BEGIN
    DELETE FROM token_families WHERE id IN (
        SELECT id FROM token_families WHERE grant_id = NEW.grant_id AND id <> NEW.id
        ORDER BY expires_at > NEW.turned_at DESC, refreshable DESC, turned_at DESC LIMIT -1 OFFSET 99);
END;
