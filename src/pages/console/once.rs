//! Something that is shown once: a link, the secret of an app, an API key.

use askama::Template;

use super::ConsoleFrame;
use crate::{
    admin::app_lines::Lines,
    pages::{messages::ConsoleAppTexts, moment::Moment, text::visible_name},
};

/// Shows what nobody is shown again.
#[derive(Template)]
#[template(path = "console/once.html")]
pub struct OncePage<'a> {
    /// What the pages of the console share.
    pub frame: ConsoleFrame<'a>,
    pub heading: OnceHeading,
    /// What it belongs to.
    pub name: &'a str,
    /// Where the page of that is.
    pub back: &'a str,
    /// The link, the secret or the key. Some apps have none.
    pub secret: Option<&'a str>,
    /// Until when it works.
    pub until: Option<Moment>,
    /// Of an app: the issuer and the id of the client.
    pub client: Option<(&'a str, &'a str)>,
    /// Of a new app.
    pub lines: Vec<Lines>,
    /// Where a sign-in begins, to try it.
    pub test: Option<String>,
}

/// What is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // The names say it.
pub enum OnceHeading {
    Link,
    Invitation,
    NewApp,
    NewSecret,
    ApiKey,
    WebhookSecret,
}

impl<'a> OncePage<'a> {
    /// The page as HTML.
    pub fn to_html(&self) -> String {
        self.frame.around(self.title(), self, true)
    }

    /// Shows `secret`, and nothing else.
    pub fn new(
        frame: ConsoleFrame<'a>,
        heading: OnceHeading,
        (name, back): (&'a str, &'a str),
        secret: Option<&'a str>,
    ) -> Self {
        Self {
            frame,
            heading,
            name,
            back,
            secret,
            until: None,
            client: None,
            lines: Vec::new(),
            test: None,
        }
    }

    fn texts(&self) -> &'static ConsoleAppTexts {
        &self.frame.all_texts().console_apps
    }

    fn heading(&self) -> &'static str {
        match self.heading {
            OnceHeading::Link => self.frame.texts().link,
            OnceHeading::Invitation => self.frame.people_texts().invite,
            OnceHeading::NewApp => self.texts().made,
            OnceHeading::NewSecret => self.texts().new_secret,
            OnceHeading::ApiKey => self.frame.all_texts().console_system.new_key,
            OnceHeading::WebhookSecret => self.frame.all_texts().console_webhooks.new_secret,
        }
    }

    fn title(&self) -> String {
        self.frame.title(self.heading())
    }

    fn notice(&self) -> &'static str {
        match self.heading {
            OnceHeading::Link | OnceHeading::Invitation => self.frame.texts().link_made,
            OnceHeading::ApiKey => self.frame.all_texts().console_system.new_key_once,
            OnceHeading::WebhookSecret => self.frame.all_texts().console_webhooks.new_secret_once,
            OnceHeading::NewApp | OnceHeading::NewSecret => self.texts().secret_once,
        }
    }

    fn secret_label(&self) -> &'static str {
        match self.heading {
            OnceHeading::NewApp | OnceHeading::NewSecret => self.texts().secret,
            _ => self.heading(),
        }
    }

    fn shown_until(&self) -> Option<String> {
        let until = self.until.as_ref()?.exact();
        Some(match self.heading {
            OnceHeading::Link | OnceHeading::Invitation => self.frame.texts().link_until.fill(&until),
            _ => format!("{}: {until}", self.frame.all_texts().console_system.expires),
        })
    }

    fn shown_name(&self) -> String {
        match self.name {
            // An invitation for anybody.
            "" => self.frame.people_texts().anybody.to_owned(),
            name => visible_name(name),
        }
    }

    fn library(&self, lines: &Lines) -> &'static str {
        lines.library.unwrap_or(self.texts().any_library)
    }
}
