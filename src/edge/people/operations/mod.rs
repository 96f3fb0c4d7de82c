//! What operators do and see: endpoints of the admin API read JSON, pages of the console read forms, and both end here.

pub mod access;
pub mod change;
pub mod status;
pub mod ways_in;
