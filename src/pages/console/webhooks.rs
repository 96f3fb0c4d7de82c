//! The list of webhooks, and the page of one.

use askama::Template;

use super::{
    ConsoleFrame, ShownChoice, is_about,
    things::{Act, Acts, Thing, Things},
};
use crate::{
    admin::webhook::State,
    pages::{
        messages::ConsoleWebhookTexts,
        moment::Moment,
        text::{visible, visible_name},
    },
    routes::Endpoint,
};

/// Shows webhooks, and makes one.
#[derive(Template)]
#[template(path = "console/webhooks.html")]
pub struct ConsoleWebhooksPage<'a> {
    /// What the pages of the console share.
    pub frame: ConsoleFrame<'a>,
    /// Where the operator confirms who they are, where they have to.
    pub confirm: Option<String>,
    pub webhooks: Vec<ShownWebhook>,
    /// Whether a form makes one.
    pub may_add: bool,
    /// What was typed: a name, an address and names of events.
    pub typed: [&'a str; 3],
    /// Whether Security Event Tokens are wanted, and of which app.
    pub of_tokens: (bool, &'a str),
    /// The apps to choose from by name, where there are few.
    pub apps: Vec<ShownChoice>,
    /// What is wrong with it, in English.
    pub problem: Option<&'a str>,
}

/// Shows a webhook, and what can be done to it.
#[derive(Template)]
#[template(path = "console/webhook.html")]
pub struct ConsoleWebhookPage<'a> {
    /// What the pages of the console share.
    pub frame: ConsoleFrame<'a>,
    /// Where the operator confirms who they are, where they have to.
    pub confirm: Option<String>,
    pub webhook: ShownWebhook,
    /// What the form is made of.
    pub shown: &'a str,
    pub may_change: bool,
    /// What stands in the form: a name, an address and names of events.
    pub typed: [&'a str; 3],
    /// What is wrong with what was typed, or with a test, in English.
    pub problem: Option<&'a str>,
    /// Whether that is about a test.
    pub was_tested: bool,
}

/// A webhook.
#[derive(Clone, Debug)]
pub struct ShownWebhook {
    /// Where its page is.
    pub href: String,
    pub name: String,
    pub url: String,
    /// Whether it is sent Security Event Tokens, and of which app.
    pub of_tokens: bool,
    pub client_id: Option<String>,
    /// Names of events; none for all.
    pub events: Vec<String>,
    pub state: State,
    /// Whether it did not take a test just now.
    pub refuses_tests: bool,
    pub taken: Option<Moment>,
    pub failing_since: Option<Moment>,
    /// Why it fails, in English.
    pub problem: Option<String>,
    pub next_attempt: Option<Moment>,
    pub passed_over: i64,
}

impl ShownWebhook {
    /// What is known of it, as a thing of a list.
    fn thing(&self, title: &str, frame: &ConsoleFrame<'_>) -> Thing {
        let texts = &frame.all_texts().console_webhooks;
        let state = match self.state {
            // A test is no delivery: of one that was sent nothing else it is not known whether it works.
            State::Well if self.taken.is_none() => Some(texts.none_yet),
            // Beside a test that was not taken just now, all is not well.
            State::Well if self.refuses_tests => None,
            State::Well => Some(texts.well),
            State::Off => Some(texts.off),
            State::Failing => Some(texts.fails),
            State::GivenUp => Some(texts.given_up),
        };
        let fails = matches!(self.state, State::Failing | State::GivenUp);
        let thing = state.into_iter().fold(Thing::new(title).code(&self.url), Thing::words);
        let thing = match self.of_tokens {
            true => thing.words(texts.as_set),
            false => thing,
        };
        let thing = self.client_id.as_deref().into_iter().fold(thing, Thing::code);
        let thing = match self.events.as_slice() {
            [] => thing.words(texts.all_events),
            names => thing.code(&names.join(" ")),
        };
        let thing = thing.when(texts.taken, self.taken.as_ref());
        let thing = match fails {
            true => thing.when(texts.fails_since, self.failing_since.as_ref()),
            false => thing,
        };
        let problem = self.problem.as_deref().filter(|_| fails);
        let thing = match (problem, problem.and_then(|problem| frame.translated(problem))) {
            (_, Some(words)) => thing.words(&words),
            (Some(problem), None) => thing.code(problem),
            (None, None) => thing,
        };
        let thing = thing.date(texts.next_attempt, self.next_attempt.as_ref());
        match self.passed_over {
            0 => thing,
            count => thing.words(&texts.passed_over.fill(count)),
        }
    }
}

impl ConsoleWebhooksPage<'_> {
    super::shell::console_page!();

    fn title(&self) -> String {
        self.frame.title_with(self.texts().webhooks, self.problem)
    }

    fn texts(&self) -> &'static ConsoleWebhookTexts {
        &self.frame.all_texts().console_webhooks
    }

    fn action(&self) -> &'static str {
        Endpoint::ConsoleWebhooks.path()
    }

    fn is_about(&self, field: &str) -> bool {
        is_about(self.problem, field)
    }

    fn shown_webhooks(&self) -> Things<'_> {
        let listed = |webhook: &ShownWebhook| webhook.thing(&webhook.name, &self.frame).at(Some(webhook.href.clone()));
        Things {
            frame: self.frame,
            action: self.action(),
            things: self.webhooks.iter().map(listed).collect(),
        }
    }
}

impl ConsoleWebhookPage<'_> {
    super::shell::console_page!();

    fn title(&self) -> String {
        self.frame.title_with(&self.shown_name(), self.problem)
    }

    fn texts(&self) -> &'static ConsoleWebhookTexts {
        &self.frame.all_texts().console_webhooks
    }

    fn action(&self) -> &str {
        &self.webhook.href
    }

    fn shown_name(&self) -> String {
        visible_name(&self.webhook.name)
    }

    fn is_about(&self, field: &str) -> bool {
        !self.was_tested && is_about(self.problem, field)
    }

    /// What became of a test.
    fn not_taken(&self) -> Option<String> {
        let problem = self.problem.filter(|_| self.was_tested)?;
        Some(
            self.texts()
                .not_taken
                .fill(&visible(&self.frame.in_words(problem), 2_000)),
        )
    }

    fn known(&self) -> Things<'_> {
        Things {
            frame: self.frame,
            action: self.action(),
            things: vec![self.webhook.thing(self.texts().webhooks, &self.frame)],
        }
    }

    fn acts(&self) -> Acts<'_> {
        let texts = self.texts();
        let switch_on = || Act::named("switch_on", texts.switch_on, texts.switch_on_why);
        let switch_off = || Act::named("switch_off", texts.switch_off, texts.switch_off_why);
        let switches = match self.webhook.state {
            State::Off => vec![switch_on()],
            State::GivenUp => vec![switch_on(), switch_off()],
            State::Well | State::Failing => vec![switch_off()],
        };
        let test = Act::named("test", texts.test, texts.test_why);
        // What is signed with keys has no secret.
        let renew = match self.webhook.of_tokens {
            true => Vec::new(),
            false => vec![
                Act::named("renew_secret", texts.renew, texts.renew_why),
                Act::named("renew_at_once", texts.renew_at_once, texts.renew_at_once_why),
            ],
        };
        let delete = Act::delete(texts.delete, texts.delete_why);
        Acts {
            frame: self.frame,
            problem: self.problem,
            action: self.action(),
            version: String::new(),
            acts: [test]
                .into_iter()
                .chain(switches)
                .chain(renew)
                .chain([delete])
                .collect(),
        }
    }
}
