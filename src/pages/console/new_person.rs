//! The form that adds a person, and the list of invitations.

use askama::Template;

use super::{
    ConsoleFrame, ShownChoice, is_about,
    things::{Act, Thing, Things},
};
use crate::{
    pages::{
        messages::{ConsolePeopleTexts, ConsoleTexts},
        moment::Moment,
        text::{visible_address, visible_name},
    },
    routes::Endpoint,
};

/// Asks who is to be added.
#[derive(Template)]
#[template(path = "console/new_person.html")]
pub struct NewPersonPage<'a> {
    /// What the pages of the console share.
    pub frame: ConsoleFrame<'a>,
    /// Where the operator confirms who they are, where they have to.
    pub confirm: Option<String>,
    /// The groups to choose from.
    pub groups: Vec<ShownChoice>,
    /// Whether mails are sent, and the link shall go by one.
    pub sends_mails: bool,
    pub by_mail: bool,
    /// What was typed: username, name and address.
    pub typed: [&'a str; 3],
    /// What is wrong with it, in English.
    pub problem: Option<&'a str>,
}

/// Shows invitations that work, some at a time, and makes one.
#[derive(Template)]
#[template(path = "console/invitations.html")]
pub struct InvitationsPage<'a> {
    /// What the pages of the console share.
    pub frame: ConsoleFrame<'a>,
    /// Where the operator confirms who they are, where they have to.
    pub confirm: Option<String>,
    pub invitations: Vec<ShownInvitation>,
    /// Where the next page is.
    pub next: Option<String>,
    /// Whether forms make one and take one back.
    pub may_change: bool,
    /// Whether nobody makes an account by one.
    pub is_off: bool,
    /// Whether mails are sent, and the link shall go by one.
    pub sends_mails: bool,
    pub by_mail: bool,
    /// What was typed: an address and a note.
    pub typed: [&'a str; 2],
    /// What is wrong with it, in English.
    pub problem: Option<&'a str>,
}

/// An invitation in a list.
#[derive(Clone, Debug)]
pub struct ShownInvitation {
    /// Comes back.
    pub id: String,
    pub email: Option<String>,
    pub note: Option<String>,
    pub made: Moment,
    pub expires: Moment,
}

impl ConsoleFrame<'_> {
    pub(super) fn people_texts(&self) -> &'static ConsolePeopleTexts {
        &self.all_texts().console_people
    }

    /// The fields that say who a person is: their names, what they are called, and what stands in them.
    pub(super) fn person_fields<'t>(
        &self,
        [username, name, email]: [&'t str; 3],
    ) -> [(&'static str, &'static str, &'t str); 3] {
        let texts = self.texts();
        [
            ("username", texts.username, username),
            ("name", self.app_texts().name, name),
            ("email", texts.email, email),
        ]
    }

    /// An address, and whether it is confirmed.
    pub(super) fn shown_email(&self, email: &str, confirmed: bool) -> String {
        match confirmed {
            true => visible_address(email),
            false => self.texts().email_unconfirmed.fill(&visible_address(email)),
        }
    }
}

impl NewPersonPage<'_> {
    super::shell::console_page!();

    fn title(&self) -> String {
        self.frame.title_with(self.texts().add, self.problem)
    }

    fn texts(&self) -> &'static ConsolePeopleTexts {
        self.frame.people_texts()
    }

    fn shared(&self) -> &'static ConsoleTexts {
        self.frame.texts()
    }

    fn action(&self) -> &'static str {
        Endpoint::ConsoleNewPerson.path()
    }

    fn fields(&self) -> [(&'static str, &'static str, &str); 3] {
        self.frame.person_fields(self.typed)
    }

    fn is_about(&self, field: &str) -> bool {
        is_about(self.problem, field)
    }

    fn text(&self, text: &str) -> String {
        visible_name(text)
    }
}

impl InvitationsPage<'_> {
    super::shell::console_page!();

    fn title(&self) -> String {
        self.frame.title_with(self.texts().invitations, self.problem)
    }

    fn texts(&self) -> &'static ConsolePeopleTexts {
        self.frame.people_texts()
    }

    fn shared(&self) -> &'static ConsoleTexts {
        self.frame.texts()
    }

    fn action(&self) -> &'static str {
        Endpoint::ConsoleInvitations.path()
    }

    fn is_about(&self, field: &str) -> bool {
        is_about(self.problem, field)
    }

    fn notes(&self) -> &'static str {
        self.frame.app_texts().notes
    }

    fn shown(&self) -> Things<'_> {
        let (texts, shared, all) = (self.texts(), self.shared(), self.frame.all_texts());
        let shown = |invitation: &ShownInvitation| {
            let take_back = || Act::of("take_back", &invitation.id, texts.take_back, shared.revoke_link_why);
            let thing = Thing::new(invitation.email.as_deref().unwrap_or(texts.anybody));
            let thing = invitation.note.as_deref().into_iter().fold(thing, Thing::words);
            thing
                .date(all.console_groups.made, Some(&invitation.made))
                .date(all.console_system.expires, Some(&invitation.expires))
                .act(self.may_change.then(take_back))
        };
        Things {
            frame: self.frame,
            action: self.action(),
            things: self.invitations.iter().map(shown).collect(),
        }
    }
}
