-- A person who signs in to an app more than 30 times within the minute of a code, as tests of load do, lost codes that the app had yet to
-- redeem: those that were used counted, too, and in one second none is older. So each kind has 30 of its own, the used ones for as long as
-- they show that a code is sent again.
DROP TRIGGER codes_have_a_limit;
CREATE TRIGGER codes_have_a_limit AFTER INSERT ON codes
BEGIN
    DELETE FROM codes WHERE hash IN (
        SELECT hash FROM codes WHERE grant_id = NEW.grant_id AND hash <> NEW.hash AND used_at IS NULL
        ORDER BY issued_at DESC LIMIT -1 OFFSET 29);
    DELETE FROM codes WHERE hash IN (
        SELECT hash FROM codes WHERE grant_id = NEW.grant_id AND used_at IS NOT NULL
        ORDER BY used_at DESC LIMIT -1 OFFSET 30);
END;
