-- The person who made a key at the console, or the app that did with an access token, beside `made_by`, the key. They are not bound to it: a key
-- outlives whoever made it, and an operator who looks through the keys sees of whom it is.
ALTER TABLE api_keys ADD COLUMN made_by_user TEXT;
ALTER TABLE api_keys ADD COLUMN made_by_client TEXT;
