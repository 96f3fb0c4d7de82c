-- What the operator keeps of a group, and by it of its people: a JSON object by the names in `ATTRIBUTES`, of at most 8 kB. That of a person
-- is in `users.claims`, as the member `attributes`.
ALTER TABLE groups ADD COLUMN attributes TEXT;
