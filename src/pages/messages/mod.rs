//! The texts of the pages, and which language a person gets.
//!
//! Each language is a file, `en.yaml` and its like, which `codegen/messages.rs` makes into a [`Texts`]. A new file is a new language, with
//! nothing to do elsewhere; the build stops when it lacks a message.

mod account;
mod console;
mod language;
mod mail;

pub use account::*;
pub use console::*;
pub use mail::*;

include!(concat!(env!("OUT_DIR"), "/messages.rs"));

/// A sentence with one gap, written `{}`.
#[derive(Clone, Copy, Debug)]
pub struct Phrase(&'static str);

impl Phrase {
    /// What stands before the gap.
    pub fn before(self) -> &'static str {
        self.0.split_once("{}").map_or(self.0, |(before, _)| before)
    }

    /// What stands after the gap.
    pub fn after(self) -> &'static str {
        self.0.split_once("{}").map_or("", |(_, after)| after)
    }

    /// The sentence with `text` in the gap; the sentence alone, where it has none.
    pub fn fill(self, text: &str) -> String {
        match self.0.split_once("{}") {
            Some((before, after)) => [before, text, after].concat(),
            None => self.0.to_owned(),
        }
    }
}

/// A sentence about a number of things: English, German and the like have two forms of it.
#[derive(Clone, Copy, Debug)]
pub struct Plural {
    one: Phrase,
    other: Phrase,
}

impl Plural {
    /// The sentence for `count` things.
    pub fn fill(self, count: i64) -> String {
        let phrase = if count == 1 { self.one } else { self.other };
        phrase.fill(&count.to_string())
    }
}

/// All texts of one language.
#[allow(missing_docs)] // The names say it.
pub struct Texts {
    pub common: CommonTexts,
    pub brand: BrandTexts,
    pub login: LoginTexts,
    pub recover: RecoverTexts,
    pub sign_up: SignUpTexts,
    pub finish: FinishTexts,
    pub first: FirstTexts,
    pub consent: ConsentTexts,
    pub closed: ClosedTexts,
    pub device: DeviceTexts,
    pub backchannel: BackchannelTexts,
    pub scopes: ScopeTexts,
    pub claims: ClaimTexts,
    pub api: ApiTexts,
    pub form_post: FormPostTexts,
    pub hand_over: HandOverTexts,
    pub select_account: SelectAccountTexts,
    pub logout: LogoutTexts,
    pub error_page: ErrorPageTexts,
    pub errors: ErrorTexts,
    pub account: AccountTexts,
    pub overview: OverviewTexts,
    pub profile: ProfileTexts,
    pub email: EmailTexts,
    pub mail_code: MailCodeTexts,
    pub undo: UndoTexts,
    pub password: PasswordTexts,
    pub passkeys: PasskeyTexts,
    pub offer: OfferTexts,
    pub set_up: SetUpTexts,
    pub second: SecondTexts,
    pub browsers: BrowserTexts,
    pub apps: AppTexts,
    pub activity: ActivityTexts,
    pub events: EventTexts,
    pub data: DataTexts,
    pub deletion: DeletionTexts,
    pub notices: NoticeTexts,
    pub mails: MailTexts,
    pub console: ConsoleTexts,
    pub console_notices: ConsoleNoticeTexts,
    pub console_apps: ConsoleAppTexts,
    pub console_apis: ConsoleApiTexts,
    pub console_groups: ConsoleGroupTexts,
    pub console_system: ConsoleSystemTexts,
    pub console_webhooks: ConsoleWebhookTexts,
    pub console_look: ConsoleLookTexts,
    pub console_more: ConsoleMoreTexts,
    pub time: TimeTexts,
}

/// Texts of several pages.
#[allow(missing_docs)] // The names say it.
pub struct CommonTexts {
    /// The title of a page with an error in it; the gap is the title without.
    pub error_title: Phrase,
    /// In place of a name that is empty or cannot be seen.
    pub nameless_app: &'static str,
    /// In place of a name that there is not; the gap is a host.
    pub nameless_app_at: Phrase,
    /// For screen readers, after a link.
    pub opens_new_tab: &'static str,
    /// On a button.
    pub show_password: &'static str,
    /// What the language calls itself.
    pub language: &'static str,
}

/// Links of the deployment's own, at the foot of every page.
#[allow(missing_docs)] // The names say it.
pub struct BrandTexts {
    pub privacy: &'static str,
    pub terms: &'static str,
    pub help: &'static str,
}

/// Texts of the sign-in page.
#[allow(missing_docs)] // The names say it.
pub struct LoginTexts {
    pub sign_in: &'static str,
    /// The heading when somebody is signed in already.
    pub confirm: &'static str,
    /// What is below that heading.
    pub confirm_why: &'static str,
    /// Stands above the name of the app.
    pub to_continue_to: &'static str,
    /// In its place where the person wants to see their account.
    pub to_your_account: &'static str,
    /// In the title then.
    pub your_account: &'static str,
    pub username: &'static str,
    pub password: &'static str,
    pub submit: &'static str,
    pub cancel: &'static str,
    /// Where people may make accounts: a question, and the link that answers it.
    pub no_account: &'static str,
    pub sign_up: &'static str,
    /// The gap is the name of the app.
    pub never_sees: Phrase,
    /// To who was sent to make an account where nobody can.
    pub no_sign_up: &'static str,
    pub wrong_credentials: &'static str,
    pub passkey: &'static str,
    pub passkey_refused: &'static str,
    pub other_person: &'static str,
    pub asks_for_passkey: &'static str,
    pub passkey_failed: &'static str,
    pub no_script: &'static str,
    pub missing: &'static str,
    pub wait_a_minute: &'static str,
    /// The gap is a number above 1.
    pub wait_minutes: Phrase,
    pub expired: &'static str,
}

/// Texts of the page for people who cannot sign in.
#[allow(missing_docs)] // The names say it.
pub struct RecoverTexts {
    pub heading: &'static str,
    pub about: &'static str,
    pub submit: &'static str,
    pub missing: &'static str,
    pub sent_heading: &'static str,
    /// The gap is what the person typed.
    pub sent: Phrase,
    pub nothing_came: &'static str,
    pub second: &'static str,
    pub no_mail: &'static str,
    pub by_code: &'static str,
    pub codes: &'static str,
    pub passkey: &'static str,
    /// A link follows.
    pub contact: &'static str,
    pub back: &'static str,
    /// Leads from a link that does not work to this page.
    pub again: &'static str,
}

/// Texts of the page on which a person makes an account.
#[allow(missing_docs)] // The names say it.
pub struct SignUpTexts {
    pub heading: &'static str,
    pub optional: &'static str,
    pub email: &'static str,
    pub username: &'static str,
    pub username_rule: &'static str,
    pub password: &'static str,
    /// The gap is a number.
    pub password_rule: Phrase,
    pub submit: &'static str,
    pub have_account: &'static str,
    pub bad_email: &'static str,
    pub bad_username: &'static str,
    pub taken: &'static str,
    /// Where accounts are for addresses of certain domains. The gap is a list of these.
    pub address_rule: Phrase,
    pub address_elsewhere: Phrase,
    /// The button, where the address is confirmed first.
    pub next: &'static str,
}

/// Texts of the page for what is still to be done to sign in, and of terms wherever they are accepted.
#[allow(missing_docs)] // The names say it.
pub struct FinishTexts {
    pub heading: &'static str,
    pub terms_about: &'static str,
    /// The gap is a link with the text below.
    pub terms_accept: Phrase,
    pub terms_link: &'static str,
    pub terms_missing: &'static str,
    pub password_about: &'static str,
    pub submit: &'static str,
}

/// Texts of the page for the first account of a deployment.
#[allow(missing_docs)] // The names say it.
pub struct FirstTexts {
    pub heading: &'static str,
    pub about: &'static str,
    pub wrong: &'static str,
}

/// Texts of the consent page.
#[allow(missing_docs)] // The names say it.
pub struct ConsentTexts {
    /// The gap is the name of the app.
    pub heading: Phrase,
    pub signed_in_as: &'static str,
    pub switch: &'static str,
    pub what_you_allow: &'static str,
    pub new: &'static str,
    pub already: &'static str,
    /// Of an app that nobody registered; the gap is the host that vouches for it.
    pub document_host: Phrase,
    /// The gap is a host or a scheme.
    pub destination: Phrase,
    /// The same for an app on the person's device, by its scheme.
    pub destination_app: Phrase,
    /// When that is a program on the person's own device.
    pub this_device: &'static str,
    /// The gap is the name of the app; likewise the next.
    pub policy: Phrase,
    pub tos: Phrase,
    pub approve: &'static str,
    pub deny: &'static str,
}

/// Texts of the pages for devices without a browser.
#[allow(missing_docs)] // The names say it.
pub struct DeviceTexts {
    pub heading: &'static str,
    pub about: &'static str,
    /// In its place where the code came in a link.
    pub compare: &'static str,
    pub code: &'static str,
    pub code_hint: &'static str,
    pub submit: &'static str,
    /// Above the QR code.
    pub other: &'static str,
    pub qr_label: &'static str,
    pub wrong: &'static str,
    /// The heading of what is known of the device, at consent.
    pub asks: &'static str,
    pub shows: &'static str,
    pub program: &'static str,
    pub network: &'static str,
    /// Behind the network: whether the person is in it.
    pub near: &'static str,
    pub far: &'static str,
    pub warning: &'static str,
    /// The gap is the name of the app.
    pub connected: Phrase,
    pub connected_about: &'static str,
    pub refused: &'static str,
    pub refused_about: &'static str,
    pub over: &'static str,
    pub over_about: &'static str,
    pub failed: &'static str,
    pub failed_about: &'static str,
}

/// Texts of what apps ask without the person's browser.
#[allow(missing_docs)] // The names say it.
pub struct BackchannelTexts {
    /// Of the page of the account.
    pub title: &'static str,
    pub about: &'static str,
    pub none: &'static str,
    /// On the first page of the account.
    pub waiting: Plural,
    /// The gap is the name of the app.
    pub heading: Phrase,
    pub review: &'static str,
    pub deny: &'static str,
    /// The heading of what is known of the request, at consent.
    pub asks: &'static str,
    pub message: &'static str,
    pub at: &'static str,
    pub network: &'static str,
    pub warning: &'static str,
    pub allowed: &'static str,
    pub allowed_about: &'static str,
    pub refused_about: &'static str,
    pub over: &'static str,
    pub over_about: &'static str,
    pub failed_about: &'static str,
}

/// Texts of the page that is shown in place of consent where an app is not for the person.
#[allow(missing_docs)] // The names say it.
pub struct ClosedTexts {
    /// The gap is the name of the app.
    pub heading: Phrase,
    pub about: &'static str,
    /// The contact follows.
    pub contact: &'static str,
    /// Where none is known.
    pub ask: &'static str,
    /// The gap is the name of the app.
    pub back: Phrase,
}

/// What a scope lets an app do.
#[allow(missing_docs)] // The names say it.
pub struct ScopeText {
    pub title: &'static str,
    pub detail: &'static str,
}

/// What each scope lets an app do.
#[allow(missing_docs)] // The names say it.
pub struct ScopeTexts {
    pub openid: ScopeText,
    pub profile: ScopeText,
    pub email: ScopeText,
    pub address: ScopeText,
    pub phone: ScopeText,
    pub groups: ScopeText,
    pub offline_access: ScopeText,
    /// A scope that Limen does not know; its token follows.
    pub custom: ScopeText,
}

/// Words for an API that an app gets tokens for.
pub struct ApiTexts {
    /// The gap is its name.
    pub title: Phrase,
    /// Its identifier follows.
    pub detail: &'static str,
}

/// Words for claims that are asked for one by one.
#[allow(missing_docs)] // The names say it.
pub struct ClaimTexts {
    pub title: &'static str,
    /// The gap is a list of the words below.
    pub detail: Phrase,
    pub name: &'static str,
    pub given_name: &'static str,
    pub family_name: &'static str,
    pub middle_name: &'static str,
    pub nickname: &'static str,
    pub preferred_username: &'static str,
    pub profile: &'static str,
    pub picture: &'static str,
    pub website: &'static str,
    pub gender: &'static str,
    pub birthdate: &'static str,
    pub zoneinfo: &'static str,
    pub locale: &'static str,
    pub email: &'static str,
    pub email_verified: &'static str,
    pub address: &'static str,
    pub phone_number: &'static str,
    pub phone_number_verified: &'static str,
    pub updated_at: &'static str,
    pub groups: &'static str,
}

impl ClaimTexts {
    /// The words for a claim of OIDC Core section 5.1.
    pub fn word(&self, claim: &str) -> Option<&'static str> {
        Some(match claim {
            "name" => self.name,
            "given_name" => self.given_name,
            "family_name" => self.family_name,
            "middle_name" => self.middle_name,
            "nickname" => self.nickname,
            "preferred_username" => self.preferred_username,
            "profile" => self.profile,
            "picture" => self.picture,
            "website" => self.website,
            "gender" => self.gender,
            "birthdate" => self.birthdate,
            "zoneinfo" => self.zoneinfo,
            "locale" => self.locale,
            "email" => self.email,
            "email_verified" => self.email_verified,
            "address" => self.address,
            "phone_number" => self.phone_number,
            "phone_number_verified" => self.phone_number_verified,
            "updated_at" => self.updated_at,
            "groups" => self.groups,
            _ => return None,
        })
    }
}

/// Texts of the page that carries an answer to an app.
#[allow(missing_docs)] // The names say it.
pub struct FormPostTexts {
    pub heading: &'static str,
    /// The gap is the host of the app.
    pub destination: Phrase,
    pub submit: &'static str,
    /// When there is nothing that a form can be sent to.
    pub nowhere: &'static str,
}

/// Texts of the page that leads back to an app.
#[allow(missing_docs)] // The names say it.
pub struct HandOverTexts {
    /// The gap is a host.
    pub destination: Phrase,
    /// The gap is the scheme of an app on the person's device.
    pub destination_app: Phrase,
    pub open: &'static str,
    pub close: &'static str,
}

/// Texts of the page that lets a person choose an account.
#[allow(missing_docs)] // The names say it.
pub struct SelectAccountTexts {
    pub heading: &'static str,
    pub another: &'static str,
}

/// Texts of the pages around signing out.
#[allow(missing_docs)] // The names say it.
pub struct LogoutTexts {
    pub heading: &'static str,
    /// The gap is the name of the app.
    pub asked: Phrase,
    /// The app that asks means somebody else, or an earlier sign-in.
    pub meant_another: &'static str,
    pub submit: &'static str,
    pub all: &'static str,
    pub stay: &'static str,
    pub leaving: &'static str,
    pub leaving_detail: &'static str,
    pub signed_out: &'static str,
    pub signed_out_detail: &'static str,
    pub nobody_detail: &'static str,
    pub still_signed_in: &'static str,
    pub still_signed_in_detail: &'static str,
    /// The gap is the name of the app.
    pub back: Phrase,
    /// Leads from an error to a page that signs out.
    pub anyway: &'static str,
}

/// The words around an error.
#[allow(missing_docs)] // The names say it.
pub struct ErrorPageTexts {
    /// What the developer of an app is shown: the app, what it sent, what was expected, and a command that fixes it.
    pub app: &'static str,
    pub came: &'static str,
    pub expected: &'static str,
    pub fix: &'static str,
    pub code: &'static str,
    pub request_id: &'static str,
}

/// What an error page says.
#[allow(missing_docs)] // The names say it.
pub struct ErrorText {
    pub title: &'static str,
    pub what_happened: &'static str,
    pub what_to_do: &'static str,
}

/// The errors that people may meet.
pub struct ErrorTexts {
    /// 404.
    pub not_found: ErrorText,
    /// 403: the page is for operators with a role.
    pub not_for_you: ErrorText,
    /// 405.
    pub method_not_allowed: ErrorText,
    /// 400: the app sent a request that cannot be understood.
    pub bad_request: ErrorText,
    /// 400: no client has this `client_id`.
    pub unknown_client: ErrorText,
    /// 400: an operator has yet to approve the client.
    pub waiting_client: ErrorText,
    /// 400: the client did not register this `redirect_uri`.
    pub unregistered_redirect: ErrorText,
    /// 400: a request to sign out cannot be trusted.
    pub bad_logout: ErrorText,
    /// 400: the client did not register this `post_logout_redirect_uri`.
    pub unregistered_logout_redirect: ErrorText,
    /// 400: the sign-in was finished, given up or too old.
    pub interaction_over: ErrorText,
    /// 403: the form did not come from a page of Limen, or without its cookie.
    pub foreign_form: ErrorText,
    /// 403: the form was shown under another sign-in.
    pub old_form: ErrorText,
    /// 400: a link to set up how somebody signs in does not work.
    pub set_up_over: ErrorText,
    /// 400: a link that came by mail does not work.
    pub recovery_over: ErrorText,
    /// 400: a link to make an account does not work.
    pub invitation_over: ErrorText,
    /// 400: neither does one that undoes a change of address.
    pub undo_over: ErrorText,
    /// 400: a code by mail was asked for in another browser.
    pub code_elsewhere: ErrorText,
    /// 429.
    pub too_many_requests: ErrorText,
    /// 503.
    pub unavailable: ErrorText,
}
