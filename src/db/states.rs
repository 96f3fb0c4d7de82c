//! The states of single things that operators change: a change under a condition (RFC 9110 section 13.1.1) happens only while the thing is in
//! the state that was compared, which is decided in the transaction of the change.

use serde::Deserialize;

use super::{Query, Statement};

/// A kind of thing, by its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // The names say it.
pub enum Kind {
    User,
    Client,
    Group,
    Api,
    Webhook,
}

impl Kind {
    fn table(self) -> &'static str {
        match self {
            Self::User => "users",
            Self::Client => "clients",
            Self::Group => "groups",
            Self::Api => "apis",
            Self::Webhook => "webhooks",
        }
    }

    fn columns(self) -> &'static str {
        match self {
            Self::User => {
                "username, email, claims, disabled_at, updated_at,
                 (SELECT secret FROM credentials c WHERE c.user_id = users.id AND c.kind = 'password')"
            }
            Self::Client => "version, notes",
            Self::Group => "name, second_factor_required, attributes, updated_at",
            Self::Api => "version, secret_made_at",
            // Not how it does: that changes with each delivery.
            Self::Webhook => "name, url, events, enabled, generation, updated_at",
        }
    }

    /// Whether a statement changes things of this kind.
    pub fn is_changed_by(self, statement: &Statement) -> bool {
        let table = self.table();
        ["UPDATE ", "UPDATE OR IGNORE ", "DELETE FROM "]
            .iter()
            .any(|verb| (statement.sql().strip_prefix(verb)).is_some_and(|rest| rest.starts_with(&format!("{table} "))))
    }
}

/// The state of a thing, as a text. `None` where there is no such thing.
pub fn find(kind: Kind, id: &str) -> Query<Option<String>> {
    #[derive(Deserialize)]
    struct Row {
        state: String,
    }
    select(kind, id).read_by(|rows| Ok(rows.first::<Row>()?.map(|row| row.state)))
}

/// Fails, and with it the batch that it is in, where the thing is not in that state any more.
pub fn demand(kind: Kind, id: &str, state: Option<&String>) -> Statement {
    Statement::new("SELECT json(IIF((")
        .append(select(kind, id))
        .append(Statement::new(") IS ?, '1', 'changed'))").bind(state))
}

fn select(kind: Kind, id: &str) -> Statement {
    let (columns, table) = (kind.columns(), kind.table());
    Statement::new(format!(
        "SELECT json_array({columns}) AS state FROM {table} WHERE id = ?"
    ))
    .bind(id)
}
