//! What is wrong with a new password, in the words of the pages.

use crate::{account::password::Unfit, pages::NewPasswordProblem};

pub fn problem_of(unfit: Unfit) -> NewPasswordProblem {
    match unfit {
        Unfit::TooShort => NewPasswordProblem::TooShort,
        Unfit::TooLong => NewPasswordProblem::TooLong,
        Unfit::HasControls => NewPasswordProblem::HasControls,
    }
}
