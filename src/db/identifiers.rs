//! Conditions for ids that come from elsewhere. The id of a person and that of an app are one name space, since each is a `sub`
//! (RFC 9700 section 4.15), and a hint finds people by ids and usernames: so none is what somebody else is known by.

use super::Statement;
use crate::account::user::User;

/// Holds where no app has the id of a person who is about to come, and nobody is called so. One who is there already comes to nothing
/// by their id itself.
pub(super) fn is_free_for_person(user: &User) -> Statement {
    let folded = user.id.to_ascii_lowercase();
    Statement::new(
        "NOT EXISTS (SELECT 1 FROM clients c WHERE c.id = ?)
         AND NOT EXISTS (SELECT 1 FROM users o WHERE o.username_folded = ? OR o.username = ?)",
    )
    .bind(&user.id)
    .bind(&folded)
    .bind(&folded)
}

/// Holds where nobody has the id of an app.
pub(super) fn is_free_for_app(client_id: &str) -> Statement {
    Statement::new("NOT EXISTS (SELECT 1 FROM users o WHERE o.id = ?)").bind(client_id)
}

/// Holds where the username of a person, as it is compared, is nobody else's id. Ids have capital letters, and are not compared
/// without: a hint that means two people so names nobody.
pub(super) fn username_is_no_id(user: &User) -> Statement {
    Statement::new("NOT EXISTS (SELECT 1 FROM users o WHERE o.id = ? AND o.id <> ?)")
        .bind(&user.username.folded())
        .bind(&user.id)
}
