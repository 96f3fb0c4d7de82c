-- A request of an app that asks a certain person without their browser (CIBA) is a pushed request that this person finds at their account,
-- and whose authorization code is the auth_req_id itself. It stays when it is turned down, so that the app is told.
ALTER TABLE pushed_requests ADD COLUMN user_id TEXT;                    -- who is asked; NULL where nobody in particular is

-- Costs nothing for the requests of others.
CREATE INDEX pushed_requests_by_user ON pushed_requests (user_id) WHERE user_id IS NOT NULL;

-- In place of a foreign key, which would need an index of all requests.
CREATE TRIGGER users_take_their_requests_along AFTER DELETE ON users
BEGIN
    DELETE FROM pushed_requests WHERE user_id = OLD.id;
END;
