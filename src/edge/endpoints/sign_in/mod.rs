//! Pages on the way to an answer: sign-in, sign-up, choice of an account, consent.

pub mod consent;
pub mod finish_sign_in;
pub mod first_person;
pub mod login;
pub mod mail_code;
pub mod offer_passkey;
pub mod recover;
pub mod second_factor;
mod second_factor_request;
pub mod select_account;
pub mod set_up;
pub mod sign_up;
pub mod undo_email;
