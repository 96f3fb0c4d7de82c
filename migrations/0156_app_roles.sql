-- The roles that people have at an app, by themselves or by a group. One of `group_id` and `user_id` is there.
CREATE TABLE app_roles (
    id INTEGER PRIMARY KEY,
    client_id TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    group_id TEXT REFERENCES groups (id) ON DELETE CASCADE,
    user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
    CHECK ((group_id IS NULL) <> (user_id IS NULL))
) STRICT;
CREATE INDEX app_roles_by_client ON app_roles (client_id);
CREATE UNIQUE INDEX app_roles_by_group ON app_roles (group_id, client_id, role);
CREATE UNIQUE INDEX app_roles_by_user ON app_roles (user_id, client_id, role);
