//! The list of groups, and the page of one.

use askama::Template;

use super::{
    ConsoleFrame,
    things::{Act, Acts, Thing, Things},
};
use crate::{
    pages::{
        messages::{ConsoleGroupTexts, ConsoleTexts},
        moment::Moment,
        text::visible_name,
    },
    routes::Endpoint,
};

/// Shows groups, some at a time, and makes one.
#[derive(Template)]
#[template(path = "console/groups.html")]
pub struct ConsoleGroupsPage<'a> {
    /// What the pages of the console share.
    pub frame: ConsoleFrame<'a>,
    /// Where the operator confirms who they are, where they have to.
    pub confirm: Option<String>,
    /// What was searched for.
    pub search: &'a str,
    pub groups: Vec<ListedGroup>,
    /// Where the next page is.
    pub next: Option<String>,
    /// Whether a form makes one.
    pub may_add: bool,
    /// The name that was typed, and what is wrong with it, in English.
    pub name: &'a str,
    pub problem: Option<&'a str>,
}

/// A group in a list.
#[derive(Clone, Debug)]
pub struct ListedGroup {
    /// Where its page is.
    pub href: String,
    pub name: String,
    pub needs_factor: bool,
}

/// Shows a group, its people, and the roles that these have by it.
#[derive(Template)]
#[template(path = "console/group.html")]
pub struct ConsoleGroupPage<'a> {
    /// What the pages of the console share.
    pub frame: ConsoleFrame<'a>,
    /// Where the forms lead.
    pub action: &'a str,
    /// Where the operator confirms who they are, where they have to.
    pub confirm: Option<String>,
    pub name: &'a str,
    pub id: &'a str,
    pub created: Moment,
    pub needs_factor: bool,
    /// Where is what the operator keeps of it, where anything is kept.
    pub attributes: Option<String>,
    /// What the form of the settings is made of.
    pub shown: &'a str,
    /// Whether there are second factors here.
    pub has_factors: bool,
    /// Whether forms change it, and who is in it.
    pub may_change: bool,
    pub may_add: bool,
    /// Who is in it, for those who may see people.
    pub members: Option<Vec<ShownMember>>,
    /// Where more of them are.
    pub next: Option<String>,
    pub roles: Vec<RoleAtApp>,
    /// Whether it has more than these.
    pub has_more_roles: bool,
    /// The apps to choose from by name, where there are few.
    pub apps: Vec<RoleAtApp>,
    /// What is wrong with what was typed, in English.
    pub problem: Option<&'a str>,
    /// The field that this is about.
    pub wrong: &'static str,
    /// What was typed: a name of the group, a login, an app and a role.
    pub typed: [&'a str; 4],
}

/// Somebody in a group.
#[derive(Clone, Debug)]
pub struct ShownMember {
    /// Where their page is.
    pub href: String,
    /// Comes back.
    pub id: String,
    pub name: String,
    pub username: String,
}

/// A role that a group has at an app.
#[derive(Clone, Debug)]
pub struct RoleAtApp {
    /// Comes back with the role.
    pub client_id: String,
    pub app: String,
    pub role: String,
    /// Whether the app is told of roles.
    pub is_told: bool,
    /// Where the page of the app is, for those who may see that.
    pub href: Option<String>,
}

impl ConsoleGroupsPage<'_> {
    super::shell::console_page!();

    fn title(&self) -> String {
        self.frame.title_with(self.shared().groups, self.problem)
    }

    fn texts(&self) -> &'static ConsoleGroupTexts {
        &self.frame.all_texts().console_groups
    }

    fn shared(&self) -> &'static ConsoleTexts {
        self.frame.texts()
    }

    fn action(&self) -> &'static str {
        Endpoint::ConsoleGroups.path()
    }

    fn text(&self, text: &str) -> String {
        visible_name(text)
    }
}

impl ConsoleGroupPage<'_> {
    super::shell::console_page!();

    fn title(&self) -> String {
        self.frame.title_with(&self.shown_name(), self.problem)
    }

    fn texts(&self) -> &'static ConsoleGroupTexts {
        &self.frame.all_texts().console_groups
    }

    fn shared(&self) -> &'static ConsoleTexts {
        self.frame.texts()
    }

    fn shown_name(&self) -> String {
        visible_name(self.name)
    }

    fn acts(&self) -> Acts<'_> {
        let texts = self.texts();
        Acts {
            frame: self.frame,
            problem: self.problem,
            action: self.action,
            version: String::new(),
            acts: vec![Act::delete(texts.delete, texts.delete_why)],
        }
    }

    fn shown_members(&self) -> Option<Things<'_>> {
        let texts = self.texts();
        let member = |member: &ShownMember| {
            let remove = || Act::of("remove", &member.id, texts.remove, texts.remove_why);
            Thing::new(&member.name)
                .at(Some(member.href.clone()))
                .words(&member.username)
                .act(self.may_change.then(remove))
        };
        let members = self.members.as_ref()?;
        Some(self.things(members.iter().map(member).collect()))
    }

    fn shown_roles(&self) -> Things<'_> {
        let texts = self.texts();
        let role = |role: &RoleAtApp| {
            let value = format!("{} {}", role.client_id, role.role);
            let take = || Act::of("take_role", &value, texts.take, texts.take_why);
            let thing = Thing::new(&role.role).at(role.href.clone()).words(&role.app);
            let thing = match role.is_told {
                true => thing,
                false => thing.words(texts.untold_why),
            };
            thing.act(self.may_change.then(take))
        };
        self.things(self.roles.iter().map(role).collect())
    }

    fn things(&self, things: Vec<Thing>) -> Things<'_> {
        Things {
            frame: self.frame,
            action: self.action,
            things,
        }
    }

    /// How an app to choose is shown.
    fn choice(&self, app: &RoleAtApp) -> String {
        let shown = format!("{} ({})", visible_name(&app.app), app.client_id);
        match app.is_told {
            true => shown,
            false => self.texts().untold.fill(&shown),
        }
    }

    fn typed(&self, n: usize) -> &str {
        self.typed.get(n).copied().unwrap_or_default()
    }
}
