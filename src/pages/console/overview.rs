//! The first page of the console.

use askama::Template;

use super::ConsoleFrame;
use crate::{
    admin::operator_role::OperatorRoles,
    pages::{
        messages::ConsoleTexts,
        moment::{Moment, day_of},
    },
    routes::Endpoint,
};

/// Shows what an operator should look after, and how much there is.
#[derive(Template)]
#[template(path = "console/overview.html")]
pub struct ConsoleOverviewPage<'a> {
    /// What the pages of the console share.
    pub frame: ConsoleFrame<'a>,
    /// What the operator may do.
    pub roles: OperatorRoles,
    /// What needs attention, where they may see that.
    pub attention: Option<Vec<Attention>>,
    /// How much there is.
    pub numbers: Numbers,
    /// The sign-ins of the last days, the last day first, where they may see these.
    pub days: Option<Vec<Bar>>,
    /// Whether earlier days are left out.
    pub cut_short: bool,
}

/// Something that needs attention.
#[derive(Clone, Debug)]
pub enum Attention {
    /// The periodic run, and when it last ended well.
    Cron(Option<Moment>),
    /// Algorithms without a key.
    Keys(String),
    /// KV does not answer.
    Kv,
    /// Mails wait, since then.
    MailStuck(Moment),
    /// So many mails were given up.
    MailsFailed(i64),
    /// These webhooks fail.
    Webhooks(String),
    /// What is wrong with the deployment, in English.
    Deployment(&'static str),
}

/// How much there is, where the operator may see it; and whether there is more.
#[derive(Clone, Copy, Debug, Default)]
pub struct Numbers {
    /// Accounts.
    pub people: Option<(i64, bool)>,
    /// Clients.
    pub apps: Option<(i64, bool)>,
}

/// The sign-ins of a day.
#[derive(Clone, Copy, Debug)]
pub struct Bar {
    /// Days since 1970, in UTC.
    pub day: i64,
    /// How many there were.
    pub succeeded: i64,
    /// How many were refused.
    pub failed: i64,
}

/// A bar, in the units of the drawing.
struct Drawn {
    x: usize,
    y: i64,
    height: i64,
}

/// The height of the drawing.
const HEIGHT: i64 = 60;

/// From one bar to the next.
const STEP: usize = 10;

impl ConsoleOverviewPage<'_> {
    super::shell::console_page!();

    fn title(&self) -> String {
        self.frame.title(self.frame.texts().overview)
    }

    fn texts(&self) -> &'static ConsoleTexts {
        self.frame.texts()
    }

    fn role_names(&self) -> Vec<&'static str> {
        self.roles.iter().map(|role| self.frame.role(role)).collect()
    }

    fn people(&self) -> &'static str {
        Endpoint::ConsolePeople.path()
    }

    fn apps(&self) -> &'static str {
        Endpoint::ConsoleApps.path()
    }

    fn number(&self, (count, more): &(i64, bool)) -> String {
        match *more {
            true => self.texts().more_than.fill(&count.to_string()),
            false => count.to_string(),
        }
    }

    fn date(&self, bar: &Bar) -> String {
        day_of(bar.day)
    }

    fn chart_label(&self, days: &[Bar]) -> String {
        self.texts().chart.fill(&days.len().to_string())
    }

    fn width(&self, days: &[Bar]) -> usize {
        days.len() * STEP
    }

    /// The bars, from left to right in the order of time.
    fn bars(&self, days: &[Bar]) -> Vec<Drawn> {
        let most = days.iter().map(|bar| bar.succeeded).max().unwrap_or_default().max(1);
        let drawn = |(index, bar): (usize, &Bar)| {
            // A day with a single one is seen.
            let height = (bar.succeeded * HEIGHT / most).max(i64::from(bar.succeeded > 0));
            Drawn {
                x: index * STEP + 1,
                y: HEIGHT - height,
                height,
            }
        };
        days.iter().rev().enumerate().map(drawn).collect()
    }

    /// Whether what is wrong is told in English.
    fn is_english(&self, attention: &Attention) -> bool {
        matches!(attention, Attention::Deployment(_))
    }

    fn words(&self, attention: &Attention) -> String {
        let texts = self.texts();
        match attention {
            Attention::Cron(Some(moment)) => texts.cron_late.fill(moment.words()),
            Attention::Cron(None) => texts.cron_never.to_owned(),
            Attention::Keys(algorithms) => texts.keys_missing.fill(algorithms),
            Attention::Kv => texts.kv_ill.to_owned(),
            Attention::MailStuck(moment) => texts.mail_stuck.fill(moment.words()),
            Attention::MailsFailed(count) => texts.mails_failed.fill(*count),
            Attention::Webhooks(names) => self.frame.all_texts().console_webhooks.failing.fill(names),
            Attention::Deployment(text) => (*text).to_owned(),
        }
    }
}
