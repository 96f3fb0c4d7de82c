//! The page of what happened to an account.

use askama::Template;

use super::Frame;
use crate::pages::{
    layout::page,
    messages::ActivityTexts,
    moment::Moment,
    text::{LONGEST_NAME, visible},
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

impl ActivityPage<'_> {
    page!();

    fn title(&self) -> String {
        self.frame.title(false)
    }

    fn texts(&self) -> &'static ActivityTexts {
        &self.frame.texts().activity
    }

    fn words(&self, happening: &Happening) -> &'static str {
        let texts = &self.frame.texts().events;
        match happening.event.as_str() {
            "sign_in" => texts.sign_in,
            "sign_in_failed" => texts.sign_in_failed,
            "throttled" => texts.throttled,
            "sign_out" => texts.sign_out,
            "session_ended" => texts.session_ended,
            "consent_given" => texts.consent_given,
            "consent_refused" => texts.consent_refused,
            "consent_removed" => texts.consent_removed,
            "code_replayed" => texts.code_replayed,
            "refresh_token_reused" => texts.refresh_token_reused,
            "token_revoked" => texts.token_revoked,
            "user_created" => texts.user_created,
            "user_changed" => texts.user_changed,
            "user_disabled" => texts.user_disabled,
            "user_enabled" => texts.user_enabled,
            "signed_up" => texts.signed_up,
            "password_changed" => texts.password_changed,
            "passkey_added" => texts.passkey_added,
            "passkey_removed" => texts.passkey_removed,
            "code_app_added" => texts.code_app_added,
            "code_app_removed" => texts.code_app_removed,
            "recovery_codes_made" => texts.recovery_codes_made,
            "recovery_codes_removed" => texts.recovery_codes_removed,
            "recovery_code_used" => texts.recovery_code_used,
            "browser_trusted" => texts.browser_trusted,
            "browser_trust_ended" => texts.browser_trust_ended,
            "set_up_link_made" => texts.set_up_link_made,
            "set_up_link_used" => texts.set_up_link_used,
            "set_up_link_revoked" => texts.set_up_link_revoked,
            "terms_accepted" => texts.terms_accepted,
            "new_password_required" => texts.new_password_required,
            "unlocked" => texts.unlocked,
            "recovery_asked" => texts.recovery_asked,
            "recovery_used" => texts.recovery_used,
            "profile_changed" => texts.profile_changed,
            "email_changed" => texts.email_changed,
            "email_confirmed" => texts.email_confirmed,
            "email_restored" => texts.email_restored,
            "email_released" => texts.email_released,
            "data_exported" => texts.data_exported,
            "group_member_added" => texts.group_member_added,
            "group_member_removed" => texts.group_member_removed,
            "role_given" => texts.role_given,
            "role_taken" => texts.role_taken,
            "app_refused" => texts.app_refused,
            _ => texts.other,
        }
    }

    /// What else there is to say, a part each.
    fn circumstances(&self, happening: &Happening) -> Vec<String> {
        let texts = self.texts();
        let app = happening
            .app
            .as_deref()
            .map(|app| texts.with_app.fill(&visible(app, LONGEST_NAME)));
        let network = happening
            .network
            .as_deref()
            .map(|network| texts.from_network.fill(&visible(network, 60)));
        let operator = happening.by_operator.then(|| texts.by_operator.to_owned());
        let times = (happening.times > 1).then(|| texts.times.fill(&happening.times.to_string()));
        [times, operator, app, network].into_iter().flatten().collect()
    }
}
