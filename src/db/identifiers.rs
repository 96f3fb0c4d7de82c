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

/// Holds where the username of a person, as it is compared, is nobody else's id, also but for the capital letters of one that an operator
/// gave. Those of Limen's own making (22 characters) are chosen by nobody, and not compared without theirs.
pub(super) fn username_is_no_id(user: &User) -> Statement {
    let folded = user.username.folded();
    Statement::new(
        "NOT EXISTS (SELECT 1 FROM users o WHERE o.id = ? AND o.id <> ?)
         AND NOT EXISTS (SELECT 1 FROM users o WHERE lower(o.id) = ? AND o.id <> lower(o.id) AND length(o.id) <> 22 AND o.id <> ?)",
    )
    .bind(&folded)
    .bind(&user.id)
    .bind(&folded)
    .bind(&user.id)
}
