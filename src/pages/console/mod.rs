//! The pages of the console, for operators who are people.

mod overview;
mod people;
mod person;

pub use overview::{Attention, Bar, ConsoleOverviewPage, Numbers};
pub use people::{PeoplePage, ShownPerson};
pub use person::{
    NewLinkPage, PersonPage, ShownEvent, ShownFactor, ShownGrant, ShownOperator, ShownRole, ShownSession,
};

use super::{
    messages::{ConsoleTexts, Language, Texts},
    text::{LONGEST_NAME, visible},
};
use crate::{admin::operator_role::OperatorRole, routes::Endpoint};

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
    /// What was just done.
    pub notice: Option<ConsoleNotice>,
    /// Whether they may see people.
    pub sees_people: bool,
}

/// What was done, told on the page that follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // The names say it.
pub enum ConsoleNotice {
    Locked,
    Opened,
    GuessesForgotten,
    SignedOut,
    LinkRevoked,
    NewPasswordRequired,
    Removed,
    GrantRevoked,
    RolesSaved,
    /// What was to be changed is not there.
    NothingDone,
}

impl ConsoleNotice {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Locked,
        Self::Opened,
        Self::GuessesForgotten,
        Self::SignedOut,
        Self::LinkRevoked,
        Self::NewPasswordRequired,
        Self::Removed,
        Self::GrantRevoked,
        Self::RolesSaved,
        Self::NothingDone,
    ];

    /// The name in a URL.
    pub fn name(self) -> &'static str {
        match self {
            Self::Locked => "locked",
            Self::Opened => "opened",
            Self::GuessesForgotten => "forgotten",
            Self::SignedOut => "signed_out",
            Self::LinkRevoked => "link_revoked",
            Self::NewPasswordRequired => "new_password",
            Self::Removed => "removed",
            Self::GrantRevoked => "revoked",
            Self::RolesSaved => "roles",
            Self::NothingDone => "nothing",
        }
    }

    /// The notice of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|notice| notice.name() == name)
    }
}

/// A link of the navigation.
struct Section {
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

    fn shown_operator(&self) -> String {
        visible(self.operator, LONGEST_NAME)
    }

    fn title(&self, heading: &str) -> String {
        format!("{heading} \u{2013} {}", self.texts().title)
    }

    fn sections(&self) -> impl Iterator<Item = Section> {
        let texts = self.texts();
        let people = self.sees_people.then_some((Endpoint::ConsolePeople, texts.people));
        let all = [
            Some((Endpoint::Console, texts.overview)),
            people,
            Some((Endpoint::Account, texts.account)),
        ];
        let section = self.section;
        all.into_iter().flatten().map(move |(endpoint, label)| Section {
            href: endpoint.path(),
            label,
            current: endpoint == section,
        })
    }

    fn sign_out(&self) -> &'static str {
        Endpoint::Logout.path()
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
