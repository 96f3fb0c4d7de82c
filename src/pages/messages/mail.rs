//! Texts of mails.

use super::Phrase;

/// Texts of mails.
#[allow(missing_docs)] // The names say it.
pub struct MailTexts {
    /// The last line of each; the gap is a host.
    pub footer: Phrase,
    pub test: MailText,
    pub recovery: MailText,
    pub password_changed: MailText,
    pub sign_up: MailText,
}

/// Texts of one mail.
pub struct MailText {
    /// The gap is the name of the deployment.
    pub subject: Phrase,
    /// What it is about; the gap is the name of the account, in the middle of a sentence.
    pub text: Phrase,
    /// What its link is called. A dash where it has none.
    pub link: &'static str,
    /// What to do otherwise.
    pub otherwise: &'static str,
}
