//! The pages for devices without a browser (RFC 8628 section 3.3): where a person types the code that one shows, and what came of it.

use askama::Template;

use super::{
    asker::Asker,
    layout::page,
    messages::{DeviceTexts, Language},
    qr::Qr,
};
use crate::{oidc::fetcher::Fetcher, routes::Endpoint};

/// Asks for the code that a device shows. One that came in a link is filled in, to be compared.
#[derive(Template)]
#[template(path = "device.html")]
pub struct DevicePage<'a> {
    /// The language of the page.
    pub language: Language,
    /// Comes back as `csrf`.
    pub csrf: &'a str,
    /// The code that the person typed, or that came in a link.
    pub user_code: Option<&'a str>,
    /// That link, for another device of the person's.
    pub link: Option<&'a str>,
    /// What is wrong with the code.
    pub problem: Option<DeviceProblem>,
}

/// What is wrong with a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceProblem {
    /// No device waits with it.
    Wrong,
    /// Too many were typed that were none.
    TooMany {
        /// Until more may be, rounded up.
        minutes: i64,
    },
}

/// What came of the request of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceOutcome {
    /// It gets what it asked for.
    Connected,
    /// The person said no.
    Refused,
    /// It took too long, or was answered before.
    Over,
    /// It cannot be answered as it is.
    Failed,
}

/// Tells what came of it, also of the request of an app that asked without the person's browser.
#[derive(Template)]
#[template(path = "device_done.html")]
pub struct DeviceDonePage<'a> {
    /// The language of the page.
    pub language: Language,
    /// The name of the app.
    pub client_name: &'a str,
    /// What came of it.
    pub outcome: DeviceOutcome,
    /// Who fetches the answer.
    pub fetcher: Fetcher,
}

impl DeviceOutcome {
    /// The status of the page.
    pub fn status(self) -> u16 {
        match self {
            Self::Connected | Self::Refused => 200,
            Self::Over | Self::Failed => 400,
        }
    }
}

impl DevicePage<'_> {
    page!(device: DeviceTexts);

    fn action(&self) -> &'static str {
        Endpoint::Device.path()
    }

    fn title(&self) -> String {
        match self.problem {
            Some(_) => self.texts().common.error_title.fill(self.device().heading),
            None => self.device().heading.to_owned(),
        }
    }

    fn problem_text(&self) -> Option<String> {
        let login = &self.texts().login;
        Some(match self.problem? {
            DeviceProblem::Wrong => self.device().wrong.to_owned(),
            DeviceProblem::TooMany { minutes } if minutes > 1 => login.wait_minutes.fill(&minutes.to_string()),
            DeviceProblem::TooMany { .. } => login.wait_a_minute.to_owned(),
        })
    }

    fn about(&self) -> &'static str {
        match self.link {
            Some(_) => self.device().compare,
            None => self.device().about,
        }
    }

    fn qr(&self) -> Option<Qr> {
        Qr::of(self.link?)
    }
}

impl DeviceDonePage<'_> {
    page!(device: DeviceTexts);

    fn name(&self) -> String {
        Asker::new(self.client_name, None, self.language).name
    }

    /// The heading, where that does not name the app, and what is below it.
    fn heading_and_text(&self) -> (Option<&'static str>, &'static str) {
        if self.fetcher == Fetcher::Backchannel {
            let texts = &self.texts().backchannel;
            return match self.outcome {
                DeviceOutcome::Connected => (Some(texts.allowed), texts.allowed_about),
                DeviceOutcome::Refused => (Some(self.device().refused), texts.refused_about),
                DeviceOutcome::Over => (Some(texts.over), texts.over_about),
                DeviceOutcome::Failed => (Some(self.device().failed), texts.failed_about),
            };
        }
        let texts = self.device();
        match self.outcome {
            DeviceOutcome::Connected => (None, texts.connected_about),
            DeviceOutcome::Refused => (Some(texts.refused), texts.refused_about),
            DeviceOutcome::Over => (Some(texts.over), texts.over_about),
            DeviceOutcome::Failed => (Some(texts.failed), texts.failed_about),
        }
    }

    fn title(&self) -> String {
        match self.heading_and_text().0 {
            Some(heading) => heading.to_owned(),
            None => self.device().connected.fill(&self.name()),
        }
    }
}
