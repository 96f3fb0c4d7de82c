//! People with browsers: who comes by, who is asked who they are, who is at home on the pages of their account.

pub mod attempt;
pub mod guest;
pub mod new_password;
pub mod resident;
pub mod visitor;
