-- The claims parameter (OIDC Core section 5.5).
ALTER TABLE grants ADD COLUMN claims TEXT NOT NULL DEFAULT '[]';            -- names of claims that were allowed, as a JSON array
ALTER TABLE codes ADD COLUMN claims TEXT NOT NULL DEFAULT '{}';             -- what is asked for beside the scopes, as JSON
ALTER TABLE token_families ADD COLUMN claims TEXT NOT NULL DEFAULT '{}';
