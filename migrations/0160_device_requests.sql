-- A request of a device (RFC 8628) is a pushed request that a person finds by its user code, and whose authorization code is the device code
-- itself. It stays when it is turned down, so that the device is told.
ALTER TABLE pushed_requests ADD COLUMN user_code TEXT;                  -- a keyed hash; NULL where no device asked
ALTER TABLE pushed_requests ADD COLUMN turned_down_at INTEGER;

-- Costs nothing for the requests that no device made.
CREATE UNIQUE INDEX pushed_requests_by_user_code ON pushed_requests (user_code) WHERE user_code IS NOT NULL;
