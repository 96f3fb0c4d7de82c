//! How sessions end, and who is notified.

pub mod ending;
pub mod notices;
pub mod webhooks;
