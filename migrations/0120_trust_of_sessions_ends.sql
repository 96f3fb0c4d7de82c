-- A session that stands on the trust in its browser stands on nothing once that trust has ended. Which of a person's it was is not
-- stored, so all of them show a second factor again where one is required.
CREATE TRIGGER sessions_without_trust AFTER DELETE ON trusted_browsers BEGIN
    UPDATE sessions SET trusted = 0 WHERE user_id = old.user_id AND trusted = 1;
END;
