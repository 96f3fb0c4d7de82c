-- Whether the people of a group must show a second factor.
ALTER TABLE groups ADD COLUMN second_factor_required INTEGER NOT NULL DEFAULT 0;
