-- A family can be bound after it began, by the first proof that comes with a refresh token (RFC 9449). The generation of the first token
-- that was given out bound: those before were bearer tokens.
ALTER TABLE token_families ADD COLUMN bound_since INTEGER NOT NULL DEFAULT 0;
