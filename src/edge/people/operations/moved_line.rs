//! What a line of an export adds to D1 when it comes in.

use crate::{
    audit::Entry,
    db::{Query, Statement, moved_rows::Standing},
};

/// The statements of a line: what adds, what is written down of it, and how it stands to what is there.
pub(super) struct MovedLine<'a> {
    pub add: Query<bool>,
    pub entry: Entry<'a>,
    pub then: Option<Statement>,
    pub standing: Query<Standing>,
    pub needs_secret: bool,
    /// Whether it is off until an operator switches it on.
    pub is_off: bool,
}
