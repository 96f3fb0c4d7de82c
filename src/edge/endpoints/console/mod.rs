//! `/admin` and the pages below it, for operators who are people. What a page does is done by the functions that the admin API calls,
//! and needs the same scopes.

pub mod overview;
pub mod people;
pub mod person;
