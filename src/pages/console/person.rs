//! The page of one person.

use askama::Template;

use super::{
    ConsoleFrame, ShownEvent,
    audit::Events,
    things::{Act, Acts, Thing, Things},
};
use crate::{
    admin::operator_role::OperatorRole,
    pages::{
        messages::{ConsoleTexts, Texts},
        moment::Moment,
        text::visible_name,
    },
};

/// Shows what is known of a person, and what an operator may do to their account.
#[derive(Template)]
#[template(path = "console/person.html")]
pub struct PersonPage<'a> {
    /// What the pages of the console share.
    pub frame: ConsoleFrame<'a>,
    /// Where the forms lead.
    pub action: &'a str,
    /// Where the operator confirms who they are, where they have to.
    pub confirm: Option<String>,
    /// What the person is called.
    pub name: &'a str,
    pub id: &'a str,
    pub username: &'a str,
    /// Their address, and whether it is confirmed.
    pub email: Option<(&'a str, bool)>,
    /// What the operator keeps of them: what it is called, and what it is.
    pub own: Vec<(String, String)>,
    /// Where their name and address are changed.
    pub profile: String,
    /// Where that is changed, where anything is kept.
    pub attributes: Option<String>,
    pub created: Moment,
    pub locked: Option<Moment>,
    /// Whether it is the operator's own account.
    pub is_own: bool,
    /// Whether the person may do more than the operator.
    pub is_beyond: bool,
    /// Whether forms change how the person signs in, and where.
    pub may_change: bool,
    /// Whether a form changes their roles.
    pub may_set_roles: bool,
    pub has_password: bool,
    pub must_change_password: bool,
    pub passkeys: Vec<ShownFactor>,
    /// Apps with one-time codes.
    pub apps: Vec<ShownFactor>,
    /// Their id, and how many are left.
    pub recovery_codes: Option<(String, i64)>,
    pub sessions: Vec<ShownSession>,
    pub groups: Vec<ShownGroup>,
    /// Whether they are taken out of groups here.
    pub may_leave: bool,
    pub grants: Vec<ShownGrant>,
    pub roles: Vec<ShownRole>,
    /// What happened, where the operator may see that.
    pub events: Option<Vec<ShownEvent>>,
}

/// A passkey, or an app with one-time codes.
#[derive(Clone, Debug)]
pub struct ShownFactor {
    /// Comes back.
    pub id: String,
    pub name: Option<String>,
    pub added: Moment,
    pub last_used: Option<Moment>,
}

/// Where somebody is signed in.
#[derive(Clone, Debug)]
pub struct ShownSession {
    /// Comes back.
    pub id: String,
    pub browser: Option<&'static str>,
    pub system: Option<&'static str>,
    pub signed_in: Moment,
    pub last_seen: Moment,
}

/// What somebody allowed an app.
#[derive(Clone, Debug)]
pub struct ShownGrant {
    /// Comes back.
    pub client_id: String,
    pub name: String,
    pub since: Moment,
    pub last_used: Option<Moment>,
}

/// A group that somebody is in.
#[derive(Clone, Debug)]
pub struct ShownGroup {
    /// Comes back.
    pub id: String,
    pub name: String,
    /// Where its page is, for those who may see that.
    pub href: Option<String>,
}

/// A role, and whether the person has it.
#[derive(Clone, Copy, Debug)]
pub struct ShownRole {
    pub role: OperatorRole,
    pub is_theirs: bool,
}

impl PersonPage<'_> {
    super::shell::console_page!();

    fn title(&self) -> String {
        self.frame.title(&self.shown_name())
    }

    fn texts(&self) -> &'static ConsoleTexts {
        self.frame.texts()
    }

    fn all(&self) -> &'static Texts {
        self.frame.all_texts()
    }

    fn shown_name(&self) -> String {
        match visible_name(self.name) {
            name if name.is_empty() => visible_name(self.username),
            name => name,
        }
    }

    fn shown_email(&self) -> Option<String> {
        self.email
            .map(|(email, confirmed)| self.frame.shown_email(email, confirmed))
    }

    /// What is done to the account itself.
    fn acts(&self) -> Acts<'_> {
        let texts = self.texts();
        let first = match self.locked {
            Some(_) => Act::named("open", texts.open, texts.open_why),
            None => Act::named("lock", texts.lock, texts.lock_why),
        };
        let password = Act::named("new_password", texts.new_password, texts.new_password_why);
        let acts = [
            Some(first),
            Some(Act::named("sign_out", texts.sign_out, texts.sign_out_why)),
            Some(Act::named("link", texts.link, texts.link_why)),
            Some(Act::named("revoke_link", texts.revoke_link, texts.revoke_link_why)),
            self.has_password.then_some(password),
            Some(Act::named("forget", texts.forget, texts.forget_why)),
        ];
        Acts {
            frame: self.frame,
            problem: None,
            action: self.action,
            version: String::new(),
            acts: acts.into_iter().flatten().collect(),
        }
    }

    fn things(&self, things: Vec<Thing>) -> Things<'_> {
        Things {
            frame: self.frame,
            action: self.action,
            things,
        }
    }

    /// How they sign in.
    fn ways(&self) -> Things<'_> {
        let (texts, shared) = (self.texts(), &self.all().passkeys);
        let remove = |name, id: &str| {
            let act = || Act::of(name, id, shared.remove, texts.remove_why);
            self.may_change.then(act)
        };
        let factor = |factor: &ShownFactor, kind: &str, name| {
            let own = factor.name.as_deref().map(visible_name);
            let title = match own.filter(|name| !name.is_empty()) {
                Some(name) => format!("{kind}: {name}"),
                None => kind.to_owned(),
            };
            let thing = Thing::new(&title).when(shared.last_used, factor.last_used.as_ref());
            let thing = thing.when(shared.added, Some(&factor.added));
            thing.act(remove(name, &factor.id))
        };
        let mut things = Vec::new();
        if self.has_password {
            let password = Thing::new(texts.password);
            things.push(match self.must_change_password {
                true => password.words(texts.password_to_change),
                false => password,
            });
        }
        let passkeys = self.passkeys.iter();
        things.extend(passkeys.map(|own| factor(own, shared.nameless, "remove_passkey")));
        let apps = self.apps.iter();
        things.extend(apps.map(|own| factor(own, self.all().second.nameless, "remove_factor")));
        if let Some((id, left)) = &self.recovery_codes {
            let codes = Thing::new(&self.all().overview.recovery_codes.fill(*left));
            things.push(codes.act(remove("remove_factor", id)));
        }
        self.things(things)
    }

    /// Where they are signed in.
    fn shown_sessions(&self) -> Things<'_> {
        let texts = &self.all().browsers;
        let session = |session: &ShownSession| {
            let end = || Act::of("end_session", &session.id, texts.sign_out, self.texts().end_session_why);
            Thing::new(&texts.name(session.browser, session.system))
                .when(texts.last_seen, Some(&session.last_seen))
                .when(texts.signed_in, Some(&session.signed_in))
                .act(self.may_change.then(end))
        };
        self.things(self.sessions.iter().map(session).collect())
    }

    /// Which apps they allowed what.
    fn shown_grants(&self) -> Things<'_> {
        let texts = &self.all().apps;
        let grant = |grant: &ShownGrant| {
            let revoke = || Act::of("revoke_grant", &grant.client_id, texts.remove, self.texts().revoke_why);
            Thing::new(&grant.name)
                .when(texts.last_used, grant.last_used.as_ref())
                .when(texts.since, Some(&grant.since))
                .act(self.may_change.then(revoke))
        };
        self.things(self.grants.iter().map(grant).collect())
    }

    fn shown_groups(&self) -> Things<'_> {
        let texts = &self.all().console_groups;
        let group = |group: &ShownGroup| {
            let leave = || Act::of("leave_group", &group.id, texts.remove, texts.remove_why);
            Thing::new(&group.name)
                .at(group.href.clone())
                .act(self.may_leave.then(leave))
        };
        self.things(self.groups.iter().map(group).collect())
    }

    /// The roles that the form was made of.
    fn shown(&self) -> String {
        let theirs = self.roles.iter().filter(|shown| shown.is_theirs);
        theirs.map(|shown| shown.role.as_str()).collect::<Vec<_>>().join(" ")
    }

    fn role(&self, shown: &ShownRole) -> &'static str {
        self.frame.role(shown.role)
    }

    fn text(&self, text: &str) -> String {
        visible_name(text)
    }

    fn happenings(&self) -> Option<Events<'_>> {
        let events = self.events.as_deref()?;
        Some(Events {
            frame: self.frame,
            events,
        })
    }
}
