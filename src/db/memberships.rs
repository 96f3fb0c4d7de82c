//! What of a person's groups and roles is read along with them, in the statement that reads them.

use super::Statement;

/// What of a person's groups and roles is read along with them, for an app.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Along {
    pub groups: bool,
    pub roles: bool,
    /// What their groups give them.
    pub attributes: bool,
}

/// The app for which roles are read.
#[derive(Clone, Copy)]
pub enum App<'a> {
    /// The one that a column names.
    Column(&'static str),
    Id(&'a str),
}

/// Holds for an authorization in the columns `scope` and `claims` of `table` that may ask for groups: whoever asks has this text in
/// either. Then what the client is told is decided in Rust.
pub(super) fn asks_for_groups(table: &str) -> String {
    format!("instr({table}.scope || {table}.claims, '\"groups\"') > 0")
}

impl Along {
    /// The columns behind those of a person `u`; groups only where `when` holds.
    pub(super) fn columns(self, app: App<'_>, when: &str) -> Statement {
        let mut columns = Statement::new("");
        if self.groups {
            columns = columns.append(Statement::new(format!(
                ", CASE WHEN {when} THEN (SELECT json_group_array(json_array(id, name)) FROM (
                    SELECT mg.id, mg.name FROM group_members gm JOIN groups mg ON mg.id = gm.group_id
                    WHERE gm.user_id = u.id ORDER BY mg.name_folded)) END AS member_of"
            )));
        }
        if self.attributes {
            columns = columns.append(Statement::new(
                ", (SELECT json_group_array(json(attributes)) FROM (
                    SELECT mg.attributes FROM group_members gm JOIN groups mg ON mg.id = gm.group_id
                    WHERE gm.user_id = u.id AND mg.attributes IS NOT NULL ORDER BY mg.name_folded LIMIT 100)) AS of_groups",
            ));
        }
        if self.roles {
            let here = || match app {
                App::Column(name) => Statement::new(name),
                App::Id(client_id) => Statement::new("?").bind(client_id),
            };
            columns = columns
                .append(Statement::new(
                    ", (SELECT json_group_array(role) FROM (
                        SELECT ar.role FROM app_roles ar WHERE ar.user_id = u.id AND ar.client_id = ",
                ))
                .append(here())
                .append(Statement::new(
                    " UNION SELECT ar.role FROM group_members gm CROSS JOIN app_roles ar ON ar.group_id = gm.group_id
                      WHERE gm.user_id = u.id AND ar.client_id = ",
                ))
                .append(here())
                .append(Statement::new(")) AS roles_there"));
        }
        columns
    }
}
