-- Ids that operators gave, without their capital letters: usernames are compared so, and nobody is called as another's id. Those of Limen's own
-- making have 22 characters and are chosen by nobody, so they stay out: a row for an id that is given with capital letters, and none for others.
CREATE INDEX users_by_folded_id ON users (lower(id)) WHERE id <> lower(id) AND length(id) <> 22;
