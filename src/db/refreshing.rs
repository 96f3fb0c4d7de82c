//! A refresh token's use: its family goes on by one generation, or ends where an old token comes back (RFC 9700 section 4.14.2).

use serde::Deserialize;

use super::{
    Query, Rows, Statement, audit,
    authorization::{self, AuthorizationRow, Life},
    memberships::{App, asks_for_groups},
    scope_to_json,
    token_conditions::TokenConditions,
    token_families::{ALIVE, IDS},
    users,
};
use crate::{
    account::user::User,
    audit::{Actor, Entry, Event, Occasion},
    fault::Fault,
    oidc::{
        authorization::Authorization,
        scope::Scope,
        token::refresh_grant::{RefreshToken, Standing},
    },
};

/// A request to refresh, as statements.
pub struct Refreshing<'a> {
    pub conditions: TokenConditions<'a>,
    pub token: &'a RefreshToken,
    /// What the client asks for, where it does.
    pub scope: Option<&'a Scope>,
}

/// A family, as it stood before it was refreshed.
#[derive(Deserialize)]
pub struct FoundFamily {
    family_id: String,
    pub standing: Standing,
    #[serde(flatten)]
    pub life: Life,
    #[serde(flatten)]
    row: AuthorizationRow,
}

impl FoundFamily {
    /// What was authorized, by the person whom the client knows as `sub`.
    pub fn into_authorization(self, sub: String) -> Result<Authorization, Fault> {
        // Without `nonce`: "it SHOULD NOT have a nonce Claim" (Core section 12.2).
        self.row.into_authorization(self.family_id, sub)
    }
}

fn read_found(rows: &Rows) -> Result<Option<(FoundFamily, User)>, Fault> {
    #[derive(Deserialize)]
    struct Row {
        #[serde(flatten)]
        family: FoundFamily,
        #[serde(flatten)]
        user: users::Row,
    }
    let Some(row) = rows.first::<Row>()? else {
        return Ok(None);
    };
    Ok(Some((row.family, row.user.into_user()?)))
}

impl Refreshing<'_> {
    /// How the family stands to the request: the first thing that keeps it from being refreshed, or whether its token is the
    /// `current` one or a `retried` one. It is the condition of all that acts, and the reason that is told.
    fn standing(&self) -> Statement {
        let conditions = &self.conditions;
        let generation = self.token.generation;
        Statement::new(
            "CASE
                WHEN client_id <> ? OR generation < ? THEN 'foreign'",
        )
        .bind(conditions.client_id)
        .bind(generation)
        // A token that was given out before the family was bound, and has a successor: somebody else has it.
        .append(conditions.case_of_binding(
            "token_families",
            Statement::new("CASE WHEN bound_since > ? THEN 'reused' ELSE 'binding' END").bind(generation),
        ))
        .append(self.case_of_reuse())
        .append(Statement::new(" WHEN NOT (refreshable = 1 AND "))
        .append(Statement::new(ALIVE))
        .bind(conditions.now)
        .bind(conditions.now - conditions.lifetimes.refresh_token_idle)
        .append(Statement::new(") THEN 'ended'"))
        .append(self.case_of_scope())
        .append(conditions.cases_of_targets("token_families"))
        .append(conditions.case_of_details("token_families"))
        .append(conditions.cases_of_readiness("token_families"))
        .append(conditions.case_of_person("token_families"))
        .append(Statement::new(" WHEN generation = ? THEN 'current' ELSE 'retried' END"))
        .bind(generation)
    }

    /// The case in which the token has a successor, and is no retry: of what does not rotate there is none.
    fn case_of_reuse(&self) -> Statement {
        let (conditions, generation) = (&self.conditions, self.token.generation);
        if !conditions.ready.rotates {
            return Statement::new(" WHEN generation > ? THEN 'reused'").bind(generation);
        }
        Statement::new(
            " WHEN generation > ? OR (generation = ? AND turned_at < ? - COALESCE((
                         SELECT json_extract(metadata, '$.refresh_grace') FROM clients WHERE clients.id = token_families.client_id), ?))
                     THEN 'reused'",
        )
        .bind(generation + 1)
        .bind(generation + 1)
        .bind(conditions.now)
        .bind(conditions.lifetimes.refresh_grace.seconds())
    }

    /// The case in which a scope is wanted that was not granted.
    fn case_of_scope(&self) -> Statement {
        let Some(scope) = self.scope else {
            return Statement::new("");
        };
        Statement::new(
            " WHEN EXISTS (SELECT value FROM json_each(?) EXCEPT SELECT value FROM json_each(token_families.scope)) THEN 'scope'",
        )
        .bind(&scope_to_json(scope))
    }

    /// The family as it stands, and its person.
    pub fn find(&self) -> Query<Option<(FoundFamily, User)>> {
        let columns = authorization::columns("token_families");
        let along = self.conditions.ready.along;
        Statement::new(format!("SELECT token_families.id AS family_id, turned_at, expires_at, {columns}, {}", users::COLUMNS))
            .append(along.columns(App::Column("token_families.client_id"), &asks_for_groups("token_families")))
            .append(Statement::new(", "))
            .append(self.standing())
            .append(Statement::new(
                " AS standing FROM token_families JOIN users u ON u.id = token_families.user_id WHERE token_families.id = ?",
            ))
            .bind(&self.token.family_id)
            .read_by(read_found)
    }

    /// The part of a statement that picks the family, if the client proves itself and it stands like that.
    fn whose_standing_is(&self, standing: &'static str) -> Statement {
        Statement::new("id = ? AND ")
            .bind(&self.token.family_id)
            .append(self.conditions.proof.condition())
            .append(Statement::new(" AND ? = "))
            .bind(standing)
            .append(self.standing())
    }

    /// Rotates the family to its next generation, if the token is of the present one and nothing keeps it from being refreshed.
    /// Of any number of parallel requests one does. Where tokens do not rotate, only the time of their last use is kept. The family of
    /// a public client is bound by the first proof that comes with its token: "the refresh token MUST be bound to the respective public
    /// key" (RFC 9449 section 5).
    pub fn rotate(&self) -> Statement {
        Statement::new(
            "UPDATE token_families SET generation = generation + ?, turned_at = ?,
                    bound_since = CASE WHEN binding IS NULL THEN generation + 1 ELSE bound_since END,
                    binding = COALESCE(binding, CASE (SELECT auth_method FROM clients WHERE clients.id = client_id) WHEN 'none' THEN ? END)
             WHERE ",
        )
        .bind(i64::from(self.conditions.ready.rotates))
        .bind(self.conditions.now)
        .bind(self.conditions.binding)
        .append(self.whose_standing_is("current"))
    }

    /// Holds where the next token is given out: [`Refreshing::rotate`], before in the batch, made it, or a request before; or the
    /// token goes on.
    pub fn succeeded(&self) -> Statement {
        let either = |standing| {
            Statement::new("EXISTS (SELECT 1 FROM token_families WHERE ")
                .append(self.whose_standing_is(standing))
                .append(Statement::new(")"))
        };
        match self.conditions.ready.rotates {
            true => either("retried"),
            false => Statement::new("(")
                .append(either("current"))
                .append(Statement::new(" OR "))
                .append(either("retried"))
                .append(Statement::new(")")),
        }
    }

    /// Ends the family, if the token is an older one than a retry can bring.
    pub fn end_if_reused(&self) -> Statement {
        Statement::new("DELETE FROM token_families WHERE ").append(self.whose_standing_is("reused"))
    }

    /// Writes down that [`Refreshing::end_if_reused`], which comes next, ends the family.
    pub fn record_reuse(&self, on: &impl Occasion) -> Statement {
        let entry = Entry::new(Event::RefreshTokenReused, Actor::Client);
        let family = Statement::new(format!("{IDS} WHERE ")).append(self.whose_standing_is("reused"));
        audit::record_each(&entry, family, on)
    }
}
