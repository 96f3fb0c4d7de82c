//! The texts of the pages of a person's own account.

use super::{Phrase, Plural};

/// Texts of several pages of the account.
#[allow(missing_docs)] // The names say it.
pub struct AccountTexts {
    pub title: &'static str,
    pub sign_out: &'static str,
    pub saved_elsewhere: &'static str,
    pub check_fields: &'static str,
    pub current_password: &'static str,
    pub current_password_why: &'static str,
    pub passkey_instead: &'static str,
    pub passkey_first: &'static str,
    pub sign_in_first: &'static str,
    pub wrong_password: &'static str,
    pub wait_a_minute: &'static str,
    pub wait_minutes: Phrase,
    pub save: &'static str,
    pub cancel: &'static str,
}

/// Texts of the first page of the account.
#[allow(missing_docs)] // The names say it.
pub struct OverviewTexts {
    pub signed_in_as: Phrase,
    pub profile: &'static str,
    pub email_verified: Phrase,
    pub email_unverified: Phrase,
    pub email_none: &'static str,
    pub password: Phrase,
    pub browsers: Plural,
    pub apps: Plural,
    pub apps_none: &'static str,
    pub passkeys: Plural,
    pub passkeys_none: &'static str,
    pub codes: Plural,
    pub codes_none: &'static str,
    pub recovery_codes: Plural,
    pub trusted: Plural,
    pub security: &'static str,
    pub here_password: Phrase,
    pub here_two: Phrase,
    pub here_passkey: Phrase,
    pub show_more: &'static str,
    pub rest: &'static str,
    pub activity: &'static str,
    pub data: &'static str,
}

/// Texts of the page for what is known about a person.
#[allow(missing_docs)] // The names say it.
pub struct ProfileTexts {
    pub title: &'static str,
    pub about: &'static str,
    pub names: &'static str,
    pub about_you: &'static str,
    pub on_the_web: &'static str,
    pub contact: &'static str,
    pub too_much: &'static str,
    /// Of what the operator keeps: a legend, what is below it, a problem, hints, and what is read in place of a tick.
    pub own: &'static str,
    pub own_about: &'static str,
    pub own_wrong: &'static str,
    pub own_list: &'static str,
    pub own_number: &'static str,
    pub own_yes: &'static str,
    pub fixed: &'static str,
    pub groups: &'static str,
    pub groups_about: &'static str,
    pub name: &'static str,
    pub given_name: &'static str,
    pub middle_name: &'static str,
    pub family_name: &'static str,
    pub nickname: &'static str,
    pub gender: &'static str,
    pub birthdate: &'static str,
    pub birthdate_hint: &'static str,
    pub locale: &'static str,
    pub zoneinfo: &'static str,
    pub zoneinfo_hint: &'static str,
    pub profile: &'static str,
    pub picture: &'static str,
    pub picture_hint: &'static str,
    pub website: &'static str,
    pub phone_number: &'static str,
    pub phone_number_hint: &'static str,
    pub street_address: &'static str,
    pub postal_code: &'static str,
    pub locality: &'static str,
    pub region: &'static str,
    pub country: &'static str,
    pub missing: &'static str,
    pub too_long: &'static str,
    pub not_a_url: &'static str,
    pub not_a_date: &'static str,
    pub not_a_phone_number: &'static str,
    pub not_a_time_zone: &'static str,
    pub not_a_locale: &'static str,
}

/// Texts of the page for the e-mail address.
#[allow(missing_docs)] // The names say it.
pub struct EmailTexts {
    pub title: &'static str,
    pub current: Phrase,
    pub none: &'static str,
    pub new: &'static str,
    pub about: &'static str,
    pub submit: &'static str,
    pub not_an_address: &'static str,
    pub taken: &'static str,
    pub fixed: &'static str,
    /// In place of `about`, where mails are sent.
    pub about_confirmed: &'static str,
    pub unconfirmed: &'static str,
    pub confirm: &'static str,
    pub later: &'static str,
}

/// Texts of the page for the password.
#[allow(missing_docs)] // The names say it.
pub struct PasswordTexts {
    pub title: &'static str,
    pub about: &'static str,
    pub new: &'static str,
    pub new_hint: &'static str,
    pub repeat: &'static str,
    pub submit: &'static str,
    pub too_short: &'static str,
    pub too_long: &'static str,
    pub has_controls: &'static str,
    pub common: &'static str,
    pub personal: &'static str,
    pub leaked: &'static str,
    pub same: &'static str,
    pub not_the_same: &'static str,
    pub missing: &'static str,
}

/// Texts of the page of passkeys.
#[allow(missing_docs)] // The names say it.
pub struct PasskeyTexts {
    pub title: &'static str,
    pub about: &'static str,
    pub none: &'static str,
    pub nameless: &'static str,
    pub synced: &'static str,
    pub added: Phrase,
    pub last_used: Phrase,
    pub never_used: &'static str,
    pub change: &'static str,
    pub name: &'static str,
    pub name_hint: &'static str,
    pub rename: &'static str,
    pub remove: &'static str,
    pub add: &'static str,
    pub confirm_why: &'static str,
    pub failed: &'static str,
    pub refused: &'static str,
    pub known: &'static str,
    pub too_many: &'static str,
    pub expired: &'static str,
    pub only_way: &'static str,
    pub no_script: &'static str,
    pub unsupported: &'static str,
}

/// Texts of the page that offers a passkey.
#[allow(missing_docs)] // The names say it.
pub struct OfferTexts {
    pub heading: &'static str,
    pub about: &'static str,
    pub submit: &'static str,
    pub not_now: &'static str,
    pub needed_heading: &'static str,
    pub needed: &'static str,
}

/// Texts of the page to set up how one signs in.
#[allow(missing_docs)] // The names say it.
pub struct SetUpTexts {
    pub heading: &'static str,
    /// The heading for somebody who followed the link of a mail.
    pub recovery_heading: &'static str,
    pub everywhere: &'static str,
    pub account: Phrase,
    pub password_heading: &'static str,
    pub password_submit: &'static str,
}

/// Texts of the pages for a second factor, on the way in and at the account.
#[allow(missing_docs)] // The names say it.
pub struct SecondTexts {
    pub title: &'static str,
    pub heading: &'static str,
    pub about: &'static str,
    pub code: &'static str,
    pub code_hint: &'static str,
    pub submit: &'static str,
    pub trust: &'static str,
    pub use_recovery: &'static str,
    pub recovery_code: &'static str,
    pub recovery_hint: &'static str,
    pub recovery_submit: &'static str,
    pub passkey_about: &'static str,
    pub passkey_only: &'static str,
    pub start_again: &'static str,
    pub decline: &'static str,
    pub wrong_code: &'static str,
    pub wrong_recovery: &'static str,
    pub missing: &'static str,
    pub set_up_heading: &'static str,
    pub set_up_why: &'static str,
    pub step_scan: &'static str,
    pub qr_label: &'static str,
    pub open_app: &'static str,
    pub key: &'static str,
    pub step_code: &'static str,
    pub app_name: &'static str,
    pub app_name_hint: &'static str,
    pub confirm: &'static str,
    pub set_up_expired: &'static str,
    pub too_many: &'static str,
    pub codes_heading: &'static str,
    pub codes_about: &'static str,
    pub codes_go_on: &'static str,
    pub account_about: &'static str,
    pub apps_heading: &'static str,
    pub none: &'static str,
    pub nameless: &'static str,
    pub add: &'static str,
    pub recovery_heading: &'static str,
    pub left: Plural,
    pub renew: &'static str,
    pub renew_about: &'static str,
    pub browsers_heading: &'static str,
    pub browsers_about: &'static str,
    pub ask_again: &'static str,
    pub last_one: &'static str,
    pub confirm_why: &'static str,
}

/// Texts of the page of signed-in browsers.
#[allow(missing_docs)] // The names say it.
pub struct BrowserTexts {
    pub title: &'static str,
    pub about: &'static str,
    pub this_one: &'static str,
    pub unknown: &'static str,
    pub on_system: Phrase,
    pub signed_in: Phrase,
    pub last_seen: Phrase,
    pub sign_out: &'static str,
    pub sign_out_others: &'static str,
}

/// Texts of the page of apps with access.
#[allow(missing_docs)] // The names say it.
pub struct AppTexts {
    pub title: &'static str,
    pub about: &'static str,
    pub none: &'static str,
    pub since: Phrase,
    pub last_used: Phrase,
    pub never_used: &'static str,
    pub may: &'static str,
    pub let_in: &'static str,
    pub open: &'static str,
    pub remove: &'static str,
}

/// Texts of the page of what happened.
#[allow(missing_docs)] // The names say it.
pub struct ActivityTexts {
    pub title: &'static str,
    pub about: &'static str,
    pub none: &'static str,
    pub older: &'static str,
    pub with_app: Phrase,
    pub from_network: Phrase,
    pub times: Phrase,
    pub by_operator: &'static str,
}

/// What happened, in a few words each.
#[allow(missing_docs)] // The names say it.
pub struct EventTexts {
    pub sign_in: &'static str,
    pub sign_in_failed: &'static str,
    pub throttled: &'static str,
    pub sign_out: &'static str,
    pub session_ended: &'static str,
    pub consent_given: &'static str,
    pub assertion_accepted: &'static str,
    pub consent_refused: &'static str,
    pub consent_removed: &'static str,
    pub code_replayed: &'static str,
    pub refresh_token_reused: &'static str,
    pub token_revoked: &'static str,
    pub user_created: &'static str,
    pub user_changed: &'static str,
    pub user_disabled: &'static str,
    pub user_enabled: &'static str,
    pub signed_up: &'static str,
    pub password_changed: &'static str,
    pub passkey_added: &'static str,
    pub passkey_removed: &'static str,
    pub code_app_added: &'static str,
    pub code_app_removed: &'static str,
    pub recovery_codes_made: &'static str,
    pub recovery_codes_removed: &'static str,
    pub recovery_code_used: &'static str,
    pub browser_trusted: &'static str,
    pub browser_trust_ended: &'static str,
    pub set_up_link_made: &'static str,
    pub set_up_link_used: &'static str,
    pub set_up_link_revoked: &'static str,
    pub terms_accepted: &'static str,
    pub new_password_required: &'static str,
    pub unlocked: &'static str,
    pub recovery_asked: &'static str,
    pub recovery_used: &'static str,
    pub mail_code_asked: &'static str,
    pub profile_changed: &'static str,
    pub email_changed: &'static str,
    pub email_confirmed: &'static str,
    pub email_restored: &'static str,
    pub email_released: &'static str,
    pub data_exported: &'static str,
    pub group_member_added: &'static str,
    pub group_member_removed: &'static str,
    pub role_given: &'static str,
    pub role_taken: &'static str,
    pub app_refused: &'static str,
    pub other: &'static str,
}

/// Texts of the page for a copy and the deletion.
#[allow(missing_docs)] // The names say it.
pub struct DataTexts {
    pub title: &'static str,
    pub copy: &'static str,
    pub copy_about: &'static str,
    pub download: &'static str,
    pub deletion: &'static str,
    pub deletion_about: &'static str,
    pub delete: &'static str,
    /// The gap is a version.
    pub terms: Phrase,
}

/// Texts of the page that deletes an account.
#[allow(missing_docs)] // The names say it.
pub struct DeletionTexts {
    pub title: &'static str,
    pub about: &'static str,
    pub profile: &'static str,
    pub browsers: &'static str,
    pub apps: &'static str,
    pub confirm: &'static str,
    pub unconfirmed: &'static str,
    pub submit: &'static str,
    pub done_title: &'static str,
    pub done: &'static str,
}

/// What was done, after it was.
#[allow(missing_docs)] // The names say it.
pub struct NoticeTexts {
    pub profile_saved: &'static str,
    pub email_changed: &'static str,
    pub email_confirmed: &'static str,
    pub password_changed: &'static str,
    pub signed_out: &'static str,
    pub others_signed_out: &'static str,
    pub access_removed: &'static str,
    pub passkey_added: &'static str,
    pub passkey_renamed: &'static str,
    pub passkey_removed: &'static str,
    pub code_app_added: &'static str,
    pub code_app_renamed: &'static str,
    pub code_app_removed: &'static str,
    pub trust_ended: &'static str,
    pub request_denied: &'static str,
    pub request_over: &'static str,
}

/// When something was.
#[allow(missing_docs)] // The names say it.
pub struct TimeTexts {
    pub just_now: &'static str,
    pub minutes: Plural,
    pub hours: Plural,
    pub days: Plural,
    pub date: &'static str,
    pub months: [&'static str; 12],
}
