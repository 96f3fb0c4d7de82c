-- Several secrets of one app. What is known of each (name, when it was made, until when it works), and those that an operator added: an
-- object with `main`, `previous` and, by their ids, `more`, whose hashes are in it. NULL: nothing is known, and there are no more.
ALTER TABLE clients ADD COLUMN secret_details TEXT;
-- When each was last used, to the day, by its id. In a column of its own, since a use must not wait for a change, nor undo one.
ALTER TABLE clients ADD COLUMN secret_uses TEXT;
