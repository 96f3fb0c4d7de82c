-- Letters of all scripts are compared by what they look like (src/account/name), so names with other letters than those of ASCII
-- are folded once more. Until then they are found by the exact spelling.
UPDATE users SET folded_at = NULL WHERE username GLOB '*[^ -~]*' OR COALESCE(email, '') GLOB '*[^ -~]*';

-- The oldest account keeps a name that several have.
DROP INDEX users_to_fold;
CREATE INDEX users_to_fold ON users (created_at) WHERE folded_at IS NOT updated_at;
