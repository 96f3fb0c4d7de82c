//! The pages of the console, for operators who are people.

mod apis;
mod app;
mod app_look;
mod app_roles;
mod app_secrets;
mod apps;
mod attributes;
mod audit;
mod groups;
mod labels;
mod look;
mod new_person;
mod once;
mod overview;
mod part;
mod people;
mod person;
mod problems;
mod profile;
mod self_registered;
mod shell;
mod system;
mod things;
mod webhooks;

pub use apis::{ConsoleApiPage, ConsoleApisPage, KnownApi, ListedApi, NamedApp};
pub use app::{ConsoleAppPage, ShownChoice, TokenPreviewPage};
pub use app_look::AppLookPage;
pub use app_roles::{ConsoleAppRolesPage, RoleOfOne};
pub use app_secrets::{AppSecretsPage, ShownSecret};
pub use apps::{ConsoleAppsPage, ListedApp, NewAppPage};
pub use attributes::ConsoleAttributesPage;
pub use audit::{ConsoleAuditPage, NamedPage, ShownEvent, ShownOperator};
pub use groups::{ConsoleGroupPage, ConsoleGroupsPage, ListedGroup, RoleAtApp, ShownMember};
pub use look::{ConsoleLookPage, OF_LOOK};
pub use new_person::{InvitationsPage, NewPersonPage, ShownInvitation};
pub use once::{OnceHeading, OncePage};
pub use overview::{Attention, Bar, ConsoleOverviewPage, Numbers};
pub use part::Part;
pub use people::{PeoplePage, ShownPerson};
pub use person::{PersonPage, ShownFactor, ShownGrant, ShownGroup, ShownRole, ShownSession};
pub use profile::ConsoleProfilePage;
pub use self_registered::{SelfRegisteredPage, WaitingApp};
pub use system::{ConsoleMailPage, ConsoleSystemPage, ListedOperator, ShownApiKey, ShownKey, ShownMail};
pub use webhooks::{ConsoleWebhookPage, ConsoleWebhooksPage, ShownWebhook};

use super::{
    messages::{ConsoleTexts, Language, Texts},
    text::visible_name,
};
use crate::{admin::operator_role::OperatorRole, named::named, routes::Endpoint};

/// What every page of the console shows besides its own.
#[derive(Clone, Copy)]
pub struct ConsoleFrame<'a> {
    /// The language of the page.
    pub language: Language,
    /// Which part of the console it belongs to.
    pub section: Endpoint,
    /// What the operator is called.
    pub operator: &'a str,
    /// Comes back as `csrf` from every form.
    pub csrf: &'a str,
    /// That of the script, on a page that has one.
    pub nonce: &'a str,
    /// What was just done.
    pub notice: Option<ConsoleNotice>,
    /// The parts of the console that they may see.
    pub sections: &'a [Endpoint],
}

#[cfg(test)]
impl ConsoleFrame<'static> {
    /// Nobody's, for tests of what it says.
    fn bare(language: Language, section: Endpoint) -> Self {
        Self {
            language,
            section,
            operator: "",
            csrf: "",
            nonce: "",
            notice: None,
            sections: &[],
        }
    }
}

/// The parts of the console, in order. The first is for every operator.
pub const SECTIONS: [Endpoint; 9] = [
    Endpoint::Console,
    Endpoint::ConsolePeople,
    Endpoint::ConsoleGroups,
    Endpoint::ConsoleApps,
    Endpoint::ConsoleApis,
    Endpoint::ConsoleAudit,
    Endpoint::ConsoleMail,
    Endpoint::ConsoleWebhooks,
    Endpoint::ConsoleSystem,
];

named! {
    /// What was done, told on the page that follows, whose URL has the name.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    #[allow(missing_docs)] // The names say it.
    pub enum ConsoleNotice {
        Locked = "locked",
        Opened = "opened",
        GuessesForgotten = "forgotten",
        SignedOut = "signed_out",
        LinkRevoked = "link_revoked",
        NewPasswordRequired = "new_password",
        Removed = "removed",
        GrantRevoked = "revoked",
        RolesSaved = "roles",
        Saved = "saved",
        Added = "added",
        Deleted = "deleted",
        KeyRotated = "key_rotated",
        KeyRevoked = "key_revoked",
        MailTried = "mail_tried",
        WebhookTested = "webhook_tested",
        Mailed = "mailed",
        /// What was to be changed is not there.
        NothingDone = "nothing",
    }
}

/// Whether a problem, in English, is about the field of that name, with which it begins.
fn is_about(problem: Option<&str>, field: &str) -> bool {
    problem.is_some_and(|problem| problem.starts_with(field))
}

/// A link of the navigation.
struct Step {
    href: &'static str,
    label: &'static str,
    current: bool,
}

impl ConsoleFrame<'_> {
    fn all_texts(&self) -> &'static Texts {
        self.language.texts()
    }

    fn texts(&self) -> &'static ConsoleTexts {
        &self.all_texts().console
    }

    fn shown_person(&self) -> String {
        visible_name(self.operator)
    }

    fn title(&self, heading: &str) -> String {
        format!("{heading} \u{2013} {}", self.texts().title)
    }

    /// An error comes first in the title: it is what a screen reader says first.
    fn title_with(&self, heading: &str, problem: Option<&str>) -> String {
        let title = self.title(heading);
        match problem {
            Some(_) => self.all_texts().common.error_title.fill(&title),
            None => title,
        }
    }

    fn skip_text(&self) -> &'static str {
        self.all_texts().common.skip
    }

    fn menu_text(&self) -> &'static str {
        self.texts().title
    }

    fn label(&self, section: Endpoint) -> &'static str {
        let (texts, more) = (self.texts(), &self.all_texts().console_system);
        match section {
            Endpoint::ConsolePeople => texts.people,
            Endpoint::ConsoleGroups => texts.groups,
            Endpoint::ConsoleApps => texts.apps,
            Endpoint::ConsoleApis => self.all_texts().console_apis.apis,
            Endpoint::ConsoleAudit => more.audit,
            Endpoint::ConsoleMail => more.mail,
            Endpoint::ConsoleWebhooks => self.all_texts().console_webhooks.webhooks,
            Endpoint::ConsoleSystem => more.system,
            Endpoint::Account => texts.account,
            _ => texts.overview,
        }
    }

    /// What the part of the console is called that the page belongs to.
    fn section_text(&self) -> &'static str {
        self.label(self.section)
    }

    fn navigation(&self) -> impl Iterator<Item = Step> {
        let all = self.sections.iter().chain(&[Endpoint::Account]);
        all.map(|section| Step {
            href: section.path(),
            label: self.label(*section),
            current: *section == self.section,
        })
    }

    fn sign_out(&self) -> &'static str {
        Endpoint::Logout.path()
    }

    fn sign_out_text(&self) -> &'static str {
        self.all_texts().account.sign_out
    }

    fn notice_text(&self) -> Option<&'static str> {
        let texts = &self.all_texts().console_notices;
        self.notice.map(|notice| match notice {
            ConsoleNotice::Locked => texts.locked,
            ConsoleNotice::Opened => texts.opened,
            ConsoleNotice::GuessesForgotten => texts.forgotten,
            ConsoleNotice::SignedOut => texts.signed_out,
            ConsoleNotice::LinkRevoked => texts.link_revoked,
            ConsoleNotice::NewPasswordRequired => texts.new_password,
            ConsoleNotice::Removed => texts.removed,
            ConsoleNotice::GrantRevoked => texts.revoked,
            ConsoleNotice::RolesSaved => texts.roles,
            ConsoleNotice::Saved => texts.saved,
            ConsoleNotice::Added => texts.added,
            ConsoleNotice::Deleted => texts.deleted,
            ConsoleNotice::KeyRotated => texts.key_rotated,
            ConsoleNotice::KeyRevoked => texts.key_revoked,
            ConsoleNotice::MailTried => texts.mail_tried,
            ConsoleNotice::WebhookTested => texts.webhook_tested,
            ConsoleNotice::Mailed => texts.mailed,
            ConsoleNotice::NothingDone => texts.nothing,
        })
    }

    fn role(&self, role: OperatorRole) -> &'static str {
        let texts = self.texts();
        match role {
            OperatorRole::Owner => texts.owner,
            OperatorRole::People => texts.people_role,
            OperatorRole::Apps => texts.apps_role,
            OperatorRole::Auditor => texts.auditor,
            OperatorRole::ReadOnly => texts.read_only,
        }
    }
}
