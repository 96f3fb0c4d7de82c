//! The roles that people have at an app by themselves.

use askama::Template;

use super::{
    ConsoleFrame,
    things::{Act, Thing, Things},
};
use crate::pages::{
    layout::page,
    messages::{ConsoleGroupTexts, ConsoleMoreTexts},
    text::{LONGEST_NAME, visible},
};

/// Shows who has a role at an app, by themselves or by a group, and gives and takes roles of single people.
#[derive(Template)]
#[template(path = "console/app_roles.html")]
pub struct ConsoleAppRolesPage<'a> {
    /// What the pages of the console share.
    pub frame: ConsoleFrame<'a>,
    /// Where the forms lead.
    pub action: &'a str,
    /// Where the page of the app is, and what it is called.
    pub back: &'a str,
    pub name: &'a str,
    /// Where the operator confirms who they are, where they have to.
    pub confirm: Option<String>,
    pub may_change: bool,
    pub roles: Vec<RoleOfOne>,
    /// Where more are.
    pub next: Option<String>,
    /// What was typed: a login and a role.
    pub typed: (&'a str, &'a str),
    /// What is wrong with it, in English.
    pub problem: Option<&'a str>,
}

/// A role that somebody or a group has.
#[derive(Clone, Debug)]
pub struct RoleOfOne {
    /// Comes back with the role, of a person.
    pub user_id: Option<String>,
    /// A username, or the name of a group.
    pub name: String,
    pub role: String,
    /// Where their page is, for those who may see it.
    pub href: Option<String>,
}

impl ConsoleAppRolesPage<'_> {
    page!();

    fn title(&self) -> String {
        self.frame.title_with(self.texts().roles, self.problem)
    }

    fn texts(&self) -> &'static ConsoleMoreTexts {
        &self.frame.all_texts().console_more
    }

    fn group_texts(&self) -> &'static ConsoleGroupTexts {
        &self.frame.all_texts().console_groups
    }

    fn next_text(&self) -> &'static str {
        self.frame.texts().next
    }

    fn shown_name(&self) -> String {
        visible(self.name, LONGEST_NAME)
    }

    fn shown_roles(&self) -> Things<'_> {
        let role = |role: &RoleOfOne| {
            let take = |user_id: &String| {
                let value = format!("{user_id} {}", role.role);
                Act::of("take_role", &value, self.group_texts().take, self.texts().take_why)
            };
            let thing = Thing::new(&role.name).at(role.href.clone()).words(&role.role);
            match &role.user_id {
                Some(user_id) => thing.act(self.may_change.then(|| take(user_id))),
                None => thing.words(self.texts().by_group),
            }
        };
        Things {
            frame: self.frame,
            action: self.action,
            things: self.roles.iter().map(role).collect(),
        }
    }
}
