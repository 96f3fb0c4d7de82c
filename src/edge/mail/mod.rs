//! Mails on their way out: written down with what they tell of, sent after the answer, and again by the periodic run.

mod carrier;
pub mod letters;
pub mod outbox;
