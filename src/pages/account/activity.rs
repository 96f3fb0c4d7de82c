//! The page of what happened to an account.

use askama::Template;

use super::Frame;
use crate::pages::{
    messages::{ActivityTexts, EventTexts},
    moment::Moment,
    text::{visible, visible_name},
};

/// Shows what happened, the newest first.
#[derive(Template)]
#[template(path = "account/activity.html")]
pub struct ActivityPage<'a> {
    /// What the pages of the account share.
    pub frame: Frame<'a>,
    /// What happened.
    pub happenings: Vec<Happening>,
    /// Where older ones are.
    pub older: Option<String>,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub struct Happening {
    /// Its name among the events that are written down.
    pub event: String,
    /// When.
    pub at: Moment,
    /// With which app.
    pub app: Option<String>,
    /// From which network.
    pub network: Option<String>,
    /// Whether it was an operator's doing.
    pub by_operator: bool,
    /// How often it happened, where one entry stands for several.
    pub times: i64,
}

impl EventTexts {
    /// The words for an event of that name.
    pub fn of(&self, event: &str) -> &'static str {
        match event {
            "sign_in" => self.sign_in,
            "sign_in_failed" => self.sign_in_failed,
            "throttled" => self.throttled,
            "sign_out" => self.sign_out,
            "session_ended" => self.session_ended,
            "consent_given" => self.consent_given,
            "assertion_accepted" => self.assertion_accepted,
            "consent_refused" => self.consent_refused,
            "consent_removed" => self.consent_removed,
            "code_replayed" => self.code_replayed,
            "refresh_token_reused" => self.refresh_token_reused,
            "token_revoked" => self.token_revoked,
            "user_created" => self.user_created,
            "user_changed" => self.user_changed,
            "user_disabled" => self.user_disabled,
            "user_enabled" => self.user_enabled,
            "signed_up" => self.signed_up,
            "password_changed" => self.password_changed,
            "passkey_added" => self.passkey_added,
            "passkey_removed" => self.passkey_removed,
            "code_app_added" => self.code_app_added,
            "code_app_removed" => self.code_app_removed,
            "recovery_codes_made" => self.recovery_codes_made,
            "recovery_codes_removed" => self.recovery_codes_removed,
            "recovery_code_used" => self.recovery_code_used,
            "browser_trusted" => self.browser_trusted,
            "browser_trust_ended" => self.browser_trust_ended,
            "set_up_link_made" => self.set_up_link_made,
            "set_up_link_used" => self.set_up_link_used,
            "set_up_link_revoked" => self.set_up_link_revoked,
            "terms_accepted" => self.terms_accepted,
            "new_password_required" => self.new_password_required,
            "unlocked" => self.unlocked,
            "recovery_asked" => self.recovery_asked,
            "mail_code_asked" => self.mail_code_asked,
            "recovery_used" => self.recovery_used,
            "profile_changed" => self.profile_changed,
            "email_changed" => self.email_changed,
            "email_confirmed" => self.email_confirmed,
            "email_restored" => self.email_restored,
            "email_released" => self.email_released,
            "data_exported" => self.data_exported,
            "group_member_added" => self.group_member_added,
            "group_member_removed" => self.group_member_removed,
            "role_given" => self.role_given,
            "role_taken" => self.role_taken,
            "app_refused" => self.app_refused,
            _ => self.other,
        }
    }
}

impl ActivityPage<'_> {
    super::shell::account_page!();

    fn title(&self) -> String {
        self.frame.title(false)
    }

    fn texts(&self) -> &'static ActivityTexts {
        &self.frame.texts().activity
    }

    fn words(&self, happening: &Happening) -> &'static str {
        self.frame.texts().events.of(&happening.event)
    }

    /// What else there is to say, a part each.
    fn circumstances(&self, happening: &Happening) -> Vec<String> {
        let texts = self.texts();
        let app = happening
            .app
            .as_deref()
            .map(|app| texts.with_app.fill(&visible_name(app)));
        let network = happening
            .network
            .as_deref()
            .map(|network| texts.from_network.fill(&visible(network, 60)));
        let operator = happening.by_operator.then(|| texts.by_operator.to_owned());
        let times = (happening.times > 1).then(|| texts.times.fill(&happening.times.to_string()));
        [times, operator, app, network].into_iter().flatten().collect()
    }
}
