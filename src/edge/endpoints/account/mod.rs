//! `/account` and the pages below it: what a person sees and decides of their own account.

pub mod activity;
pub mod apps;
pub mod browsers;
pub mod data;
pub mod deletion;
pub mod email;
pub mod new_code_app;
pub mod overview;
pub mod passkeys;
pub mod password;
pub mod profile;
pub mod second_factors;
