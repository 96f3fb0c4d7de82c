//! Pages for people: pure functions from a view model to HTML. No I/O, no clock, no request in sight.
//!
//! Every page works without JavaScript, has no inline style and no asset of another host. Templates stand in `html/`
//! (askama escapes what they print), texts in `messages/`, the looks in `limen.css`. A view model becomes a page with
//! `to_html`; [`content_security_policy`] makes the header that belongs to it.

pub mod account;
mod asker;
mod brand;
mod check_session;
mod closed;
mod consent;
pub mod console;
mod csp;
mod development;
mod device;
mod error;
mod fields;
mod finish_sign_in;
mod first_person;
mod form_post;
mod hand_over;
mod layout;
mod letter;
mod link;
mod login;
mod logout;
mod mail_code;
mod messages;
mod mistake;
mod moment;
mod offer_passkey;
mod passkey;
mod problem;
mod qr;
mod recover;
mod second_factor;
mod select_account;
mod set_up;
mod sign_up;
mod style;
#[cfg(test)]
mod tests;
mod text;
mod undo_email;

pub use asker::{Marks, app_name};
pub use brand::{Look, accent_rules};
pub use check_session::CheckSessionPage;
pub use closed::ClosedPage;
pub use consent::{AskingApp, AskingDevice, ConsentItem, ConsentPage};
pub use csp::{Csp, CspSource, FormAction, content_security_policy, framed_script_policy};
pub use development::{DevelopmentMail, DevelopmentMailsPage};
pub use device::{DeviceDonePage, DeviceOutcome, DevicePage, DeviceProblem};
pub use error::{ErrorPage, Fact};
pub use fields::FieldState;
pub use finish_sign_in::{FinishProblem, FinishSignInPage};
pub use first_person::{FirstPersonPage, FirstPersonProblem};
pub use form_post::FormPostPage;
pub use hand_over::HandOverPage;
pub use letter::Letter;
pub use login::{LoginPage, LoginProblem, LoginPurpose};
pub use logout::{LogoutPage, SignOut, SignedOutPage};
pub use mail_code::{MailCodePage, MailCodeProblem};
pub use messages::Language;
pub use mistake::Mistake;
pub use moment::Moment;
pub use offer_passkey::OfferPasskeyPage;
pub use passkey::{PASSKEY_SCRIPT, PASSKEY_SCRIPT_VERSION, PasskeyRequest};
pub use problem::{Problem, unavailable};
pub use recover::{RecoverPage, RecoverState};
pub use second_factor::{Carried, RecoveryCodesPage, SecondFactorPage, SecondProblem, SetUpCodeAppPage, ShownSecret};
pub use select_account::{AccountChoice, SelectAccountPage};
pub use set_up::{SetUpPage, SetUpProblem};
pub use sign_up::{NewPasswordProblem, SignUpPage, SignUpProblem, Typed};
pub use undo_email::UndoEmailPage;
