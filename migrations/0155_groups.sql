-- Groups of people, which operators make. `name_folded` is the text by which names are compared (src/account/group.rs).
CREATE TABLE groups (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX groups_by_name ON groups (name_folded);

-- Read by person whenever an app is told their groups, and by group where its members are listed or it is deleted.
CREATE TABLE group_members (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    group_id TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    PRIMARY KEY (user_id, group_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX group_members_by_group ON group_members (group_id, user_id);
