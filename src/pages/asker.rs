//! The app on whose behalf a page asks.

use std::borrow::Cow;

use super::{
    link::WebLink,
    messages::{ConsentTexts, Language, Phrase},
    text::{LONGEST_HOST, monogram, visible, visible_name},
};
use crate::{
    oidc::client::{app_look::AppLook, client_metadata::ClientMetadata},
    web::landing::Landing,
};

/// What an app is called: by its name, or else by where it is.
pub fn app_name<'a>(client_id: &str, metadata: &'a ClientMetadata, language: Language) -> Cow<'a, str> {
    let texts = &language.texts().common;
    match metadata.client_name.best_for(&[language.tag()]) {
        Some(name) => name.into(),
        None => match metadata.home_host(client_id) {
            Some(host) => texts.nameless_app_at.fill(&host).into(),
            None => texts.nameless_app.into(),
        },
    }
}

/// The logo and the color of an app, as paths at Limen: pages load nothing from other hosts.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    /// Where its logo is.
    pub logo: Option<String>,
    /// Where the style sheet with its color is.
    pub accent: Option<String>,
}

impl Marks {
    /// Those that the operator gave it.
    pub fn of(look: &AppLook) -> Self {
        Self {
            logo: look.logo_path(),
            accent: look.accent_path(),
        }
    }
}

/// What a page shows of an app.
pub(super) struct Asker {
    /// Its name, fit to be read.
    pub(super) name: String,
    /// The letter that stands for it.
    pub(super) monogram: String,
    /// The picture that stands for it, where there is one.
    pub(super) logo: Option<String>,
    /// Its home page.
    pub(super) home: Option<WebLink>,
    /// Where the person is sent afterwards, where they are: anybody can call an app anything, but not move this.
    pub(super) return_to: Option<ReturnTo>,
}

/// Where a person is sent, fit to be read.
pub(super) struct ReturnTo {
    pub(super) shown: String,
    is_app: bool,
}

impl ReturnTo {
    /// Nowhere, where a device waits.
    pub(super) fn new(landing: &Landing) -> Option<Self> {
        let (text, is_app) = match landing {
            Landing::Host(host) => (host, false),
            Landing::App(scheme) => (scheme, true),
            Landing::Device => return None,
        };
        Some(Self {
            shown: visible(text, LONGEST_HOST),
            is_app,
        })
    }

    /// Whether it is a program on the person's device: the browser stays on the page that opened it.
    pub(super) fn is_app(&self) -> bool {
        self.is_app
    }

    /// The sentence around it.
    pub(super) fn sentence<'a>(&self, texts: &'a ConsentTexts) -> &'a Phrase {
        match self.is_app {
            true => &texts.destination_app,
            false => &texts.destination,
        }
    }
}

impl Asker {
    /// From what the app registered.
    pub(super) fn new(client_name: &str, client_uri: Option<&str>, language: Language) -> Self {
        let mut name = visible_name(client_name);
        if name.is_empty() {
            name = language.texts().common.nameless_app.to_owned();
        }
        Self {
            monogram: monogram(&name),
            logo: None,
            home: client_uri.and_then(WebLink::parse),
            return_to: None,
            name,
        }
    }

    /// The same with its logo, where it has one.
    pub(super) fn marked(self, logo: Option<&String>) -> Self {
        Self {
            logo: logo.cloned(),
            ..self
        }
    }

    /// The same before a page from which the person is sent to `destination`.
    pub(super) fn returning_to(self, landing: &Landing) -> Self {
        Self {
            return_to: ReturnTo::new(landing),
            ..self
        }
    }
}
