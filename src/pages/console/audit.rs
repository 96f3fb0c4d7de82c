//! The audit, and its events on other pages.

use askama::Template;

use super::{ConsoleFrame, ShownChoice};
use crate::{
    pages::{
        messages::{ConsoleSystemTexts, ConsoleTexts, Phrase},
        moment::Moment,
        text::{visible, visible_name},
    },
    routes::Endpoint,
};

/// Shows events, the newest first.
#[derive(Template)]
#[template(path = "console/audit.html")]
pub struct ConsoleAuditPage<'a> {
    /// What the pages of the console share.
    pub frame: ConsoleFrame<'a>,
    /// The names of all events, and which one is wanted.
    pub names: Vec<&'static str>,
    pub event: &'a str,
    /// Names or ids that are wanted.
    pub user: &'a str,
    pub client: &'a str,
    pub operator_user: &'a str,
    /// The apps to choose from by name, where there are few.
    pub apps: Vec<ShownChoice>,
    /// The first and the last day that are wanted.
    pub from: &'a str,
    pub to: &'a str,
    pub events: Vec<ShownEvent>,
    /// What was typed as somebody, and nobody has as a name or id.
    pub nobody: Option<&'a str>,
    /// Where older ones are.
    pub next: Option<String>,
}

/// Which operator did something. A program may be called like a person.
#[derive(Clone, Debug)]
pub enum ShownOperator {
    Person(NamedPage),
    /// By an API key, or an app.
    Program(String),
    /// By the admin token, which is nobody's.
    AdminToken,
}

/// What somebody or something is called, and where its page is, for those who may see that.
#[derive(Clone, Debug)]
pub struct NamedPage {
    /// Empty where that is not known.
    pub name: String,
    pub id: String,
    pub href: Option<String>,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub struct ShownEvent {
    /// Its name among the events that are written down.
    pub event: String,
    pub at: Moment,
    /// `success`, or how else it went.
    pub outcome: String,
    /// Of what kind whoever did it is.
    pub actor: String,
    /// Which operator did it.
    pub operator: Option<ShownOperator>,
    /// Whom it is about, where the page is not about them.
    pub person: Option<NamedPage>,
    pub app: Option<NamedPage>,
    pub network: Option<String>,
    /// What else there is to say, as JSON.
    pub detail: Option<String>,
}

/// Events as pages show them, in one place.
#[derive(Template)]
#[template(path = "console/events.html")]
pub(super) struct Events<'a> {
    pub frame: ConsoleFrame<'a>,
    pub events: &'a [ShownEvent],
}

/// Something that an event tells beside its name and its time.
struct Circumstance {
    /// What it is. A name may say anything.
    label: &'static str,
    before: &'static str,
    name: String,
    /// Beside a name that several may have.
    id: Option<String>,
    href: Option<String>,
    after: &'static str,
}

impl Circumstance {
    fn new(name: &str, href: Option<&String>) -> Self {
        Self {
            label: "",
            before: "",
            name: visible_name(name),
            id: None,
            href: href.cloned(),
            after: "",
        }
    }

    /// What has a page is called by its name, or by its id where that shows nothing.
    fn named(page: &NamedPage) -> Self {
        let name = match visible_name(&page.name).is_empty() {
            true => &page.id,
            false => &page.name,
        };
        Self::new(name, page.href.as_ref())
    }

    fn labelled(self, label: &'static str) -> Self {
        Self { label, ..self }
    }

    fn within(self, phrase: Phrase) -> Self {
        Self {
            before: phrase.before(),
            after: phrase.after(),
            ..self
        }
    }
}

impl ShownEvent {
    /// What else there is to say of it.
    fn circumstances(&self, frame: &ConsoleFrame<'_>) -> Vec<Circumstance> {
        let texts = frame.texts();
        let system = &frame.all_texts().console_system;
        let by = self.operator.as_ref().map(|operator| match operator {
            ShownOperator::Person(person) => Circumstance::named(person).within(texts.by),
            ShownOperator::Program(name) => Circumstance::new(name, None).within(texts.by_program),
            ShownOperator::AdminToken => Circumstance::new(texts.by_token, None),
        });
        let network = self.network.as_deref().map(|network| Circumstance::new(network, None));
        let app = |page: &NamedPage| Circumstance {
            id: Some(visible(&page.id, 2_000)),
            ..Circumstance::named(page).labelled(system.app)
        };
        let person = |page| Circumstance::named(page).labelled(texts.username);
        let all = [
            self.person.as_ref().map(person),
            by,
            self.app.as_ref().map(app),
            network,
        ];
        all.into_iter().flatten().collect()
    }

    /// Who acted, where it is neither the person nor an operator, who is named.
    fn other_actor(&self) -> Option<&str> {
        Some(self.actor.as_str()).filter(|actor| !matches!(*actor, "person" | "operator"))
    }

    /// How it went, where it did not succeed.
    fn other_outcome(&self) -> Option<&str> {
        Some(self.outcome.as_str()).filter(|outcome| *outcome != "success")
    }

    fn shown_detail(&self) -> Option<String> {
        self.detail.as_deref().map(|detail| visible(detail, 2_000))
    }
}

impl ConsoleAuditPage<'_> {
    super::shell::console_page!();

    fn title(&self) -> String {
        self.frame.title(self.texts().audit)
    }

    fn texts(&self) -> &'static ConsoleSystemTexts {
        &self.frame.all_texts().console_system
    }

    fn shared(&self) -> &'static ConsoleTexts {
        self.frame.texts()
    }

    fn action(&self) -> &'static str {
        Endpoint::ConsoleAudit.path()
    }

    fn export(&self) -> &'static str {
        Endpoint::ConsoleAuditExport.path()
    }

    fn is_wanted(&self, name: &str) -> bool {
        name == self.event
    }

    fn shown_nobody(&self) -> Option<String> {
        Some(visible_name(self.nobody?))
    }

    fn shown_events(&self) -> Events<'_> {
        Events {
            frame: self.frame,
            events: &self.events,
        }
    }
}
