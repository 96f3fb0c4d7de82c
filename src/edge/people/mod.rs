//! People: who signs in, who is at the pages of their account, who is the operator.

pub mod account_access;
pub mod console_access;
pub mod described;
pub mod folding;
pub mod guesses;
pub mod mail_code;
pub mod new_password;
pub mod new_session;
pub mod operations;
pub mod operator;
pub mod operator_roles;
mod operator_token;
pub mod passkeys;
pub mod password_check;
pub mod second_factor;
pub mod sign_in;
