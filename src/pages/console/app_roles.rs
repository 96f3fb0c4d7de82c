//! The roles that people have at an app by themselves.

use askama::Template;

use super::{
    Part,
    things::{Act, Thing, Things},
};
use crate::pages::messages::{ConsoleGroupTexts, ConsoleMoreTexts};

/// Shows who has a role at an app, by themselves or by a group, and gives and takes roles of single people.
#[derive(Template)]
#[template(path = "console/app_roles.html")]
pub struct ConsoleAppRolesPage<'a> {
    /// What is around it.
    pub part: Part<'a>,
    pub roles: Vec<RoleOfOne>,
    /// Where programs change the app, if it is not told of roles.
    pub untold: Option<String>,
    /// Where more are.
    pub next: Option<String>,
    /// What was typed: a login and a role.
    pub typed: (&'a str, &'a str),
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
    /// The page as HTML.
    pub fn to_html(&self) -> String {
        self.part.around(self.texts().roles, self.part.problem, self)
    }

    fn texts(&self) -> &'static ConsoleMoreTexts {
        &self.part.frame.all_texts().console_more
    }

    fn claim_text(&self) -> &'static str {
        self.part.frame.all_texts().console_apps.roles_claim
    }

    fn group_texts(&self) -> &'static ConsoleGroupTexts {
        &self.part.frame.all_texts().console_groups
    }

    fn next_text(&self) -> &'static str {
        self.part.frame.texts().next
    }

    fn shown_roles(&self) -> Things<'_> {
        let role = |role: &RoleOfOne| {
            let take = |user_id: &String| {
                let value = format!("{user_id} {}", role.role);
                Act::of("take_role", &value, self.group_texts().take, self.texts().take_why)
            };
            let thing = Thing::new(&role.name).at(role.href.clone()).words(&role.role);
            match &role.user_id {
                Some(user_id) => thing.act(self.part.may_change.then(|| take(user_id))),
                None => thing.words(self.texts().by_group),
            }
        };
        Things {
            frame: self.part.frame,
            action: self.part.action,
            things: self.roles.iter().map(role).collect(),
        }
    }
}
