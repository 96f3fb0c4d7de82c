-- Operators list the newest people first, and those who are disabled. The first costs a row for each account that is made, the second one
-- for each that is disabled.
CREATE INDEX users_by_age ON users (created_at, id);
CREATE INDEX users_disabled ON users (id) WHERE disabled_at IS NOT NULL;
