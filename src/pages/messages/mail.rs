//! Texts of mails.

use super::Phrase;

/// Texts of mails.
#[allow(missing_docs)] // The names say it.
pub struct MailTexts {
    /// The last line of each; the gap is a host.
    pub footer: Phrase,
    pub test: MailText,
    pub recovery: MailText,
    pub confirm_address: MailText,
    pub sign_in_code: MailText,
    pub address_in_use: MailText,
    pub address_changed: MailText,
    /// Where it came by a change that can still be undone: it undoes nothing itself.
    pub address_left: MailText,
    pub password_changed: MailText,
    pub new_browser: MailText,
    pub new_country: MailText,
    pub account_changed: MailText,
    pub device_connected: MailText,
    pub app_asks: MailText,
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

/// Texts about codes that come by mail.
#[allow(missing_docs)] // The names say it.
pub struct MailCodeTexts {
    pub label: &'static str,
    pub hint: &'static str,
    /// The gap is an address.
    pub sent: Phrase,
    pub nothing_came: &'static str,
    pub wrong: &'static str,
    pub missing: &'static str,
    pub submit: &'static str,
    pub again: &'static str,
    pub forget: &'static str,
    /// The gap is what the person typed as their name.
    pub sent_to_account: Phrase,
    /// The heading behind a link; the gap is the same.
    pub confirm: Phrase,
    pub sign_in: &'static str,
    /// On the sign-in page.
    pub ask: &'static str,
}

/// Texts of the page on which a change of address is undone.
#[allow(missing_docs)] // The names say it.
pub struct UndoTexts {
    pub heading: &'static str,
    /// The gap is a username.
    pub changed: Phrase,
    /// The gap is an address.
    pub about: Phrase,
    pub kept: &'static str,
    pub submit: &'static str,
    pub taken: &'static str,
}
