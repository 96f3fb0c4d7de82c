//! `/account` and the pages below it: what a person sees and decides of their own account.

pub mod overview;
