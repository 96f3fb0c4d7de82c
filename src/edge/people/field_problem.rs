//! What pages say of a field of the profile that is wrong.

use crate::{account::profile::Wrong, pages::FieldProblem};

pub fn of(wrong: Wrong) -> FieldProblem {
    match wrong {
        Wrong::Missing => FieldProblem::Missing,
        Wrong::TooLong => FieldProblem::TooLong,
        Wrong::NotAUrl => FieldProblem::NotAUrl,
        Wrong::NotADate => FieldProblem::NotADate,
        Wrong::NotAPhoneNumber => FieldProblem::NotAPhoneNumber,
        Wrong::NotATimeZone => FieldProblem::NotATimeZone,
        Wrong::NotALocale => FieldProblem::NotALocale,
    }
}
