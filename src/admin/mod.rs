//! What operators may ask for and change. Pure, like `account`.

pub mod access_token;
pub mod api;
pub mod api_key;
pub mod app_lines;
pub mod audit_filter;
mod body;
pub mod bulk;
pub mod client_approval;
pub mod client_changes;
pub mod client_filter;
pub mod client_secret;
pub mod console_form;
pub mod group;
pub mod happened;
pub mod health;
pub mod invitation;
pub mod moving;
pub mod operator;
pub mod operator_role;
pub mod paging;
pub mod people_filter;
pub mod role;
pub mod security_event;
pub mod subject_id;
pub mod user;
pub mod webhook;
pub mod webhook_delivery;
