//! People with browsers: who comes by, who is asked who they are, who is at home on the pages of their account.

pub mod account_access;
pub mod described;
pub mod folding;
pub mod new_password;
pub mod operator;
pub mod passkeys;
pub mod password_check;
pub mod sign_in;
