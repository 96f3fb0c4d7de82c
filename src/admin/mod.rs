//! What operators may ask for and change. Pure, like `account`.

pub mod audit_filter;
pub mod invitation;
mod body;
pub mod group;
pub mod paging;
pub mod user;
