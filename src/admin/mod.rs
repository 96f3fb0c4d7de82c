//! What operators may ask for and change. Pure, like `account`.

pub mod audit_filter;
pub mod invitation;
pub mod paging;
pub mod user;
