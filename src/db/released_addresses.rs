//! Addresses that people lose to those who have confirmed them.

use super::{Statement, audit, users::KEEPS_ADDRESS};
use crate::audit::{Actor, Entry, Event, Occasion};

/// Takes an address that `user_id` has confirmed from whoever has it without having confirmed it, and is no operator, where `condition`
/// holds, and writes that down about them. It goes where the address is given at once: nobody loses one for nothing.
pub fn release(
    (folded, user_id): (&str, &str),
    condition: impl Fn() -> Statement,
    on: &impl Occasion,
) -> [Statement; 2] {
    let held = format!("u.email_folded = ? AND u.id <> ? AND NOT {KEEPS_ADDRESS}");
    let losing = Statement::new(format!(
        "SELECT u.id AS user_id, NULL AS client_id, NULL AS session_id FROM users u WHERE {held}"
    ));
    let entry = Entry::new(Event::EmailReleased, Actor::System);
    let release = Statement::new(format!(
        "UPDATE users AS u SET email = NULL, email_folded = NULL, claims = json_remove(u.claims, '$.email', '$.email_verified'),
            updated_at = ?, folded_at = ?
         WHERE {held}"
    ));
    [
        audit::record_each(&entry, losing.bind(folded).bind(user_id).and(condition()), on),
        release
            .bind(on.now())
            .bind(on.now())
            .bind(folded)
            .bind(user_id)
            .and(condition()),
    ]
}
