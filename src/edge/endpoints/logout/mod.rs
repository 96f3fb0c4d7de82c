//! Sign-out, and the frame that watches a session.

pub mod check_session;
pub mod rp_initiated;
