//! The first page of the account: who is signed in, and the way to everything else.

use askama::Template;

use super::Frame;
use crate::{
    oidc::proven::Strength,
    pages::{
        moment::Moment,
        text::{visible, visible_address},
    },
    routes::{self, Endpoint},
};

/// Says who is signed in, and leads to the other pages.
#[derive(Template)]
#[template(path = "account/overview.html")]
pub struct OverviewPage<'a> {
    /// What the pages of the account share.
    pub frame: Frame<'a>,
    /// The name to sign in with.
    pub username: &'a str,
    /// The e-mail address, and whether it is verified.
    pub email: Option<(&'a str, bool)>,
    /// What the person has, in numbers.
    pub numbers: Numbers,
    /// When the password was last set.
    pub password_set: Option<Moment>,
    /// Other browsers in which the person is signed in, those last used first.
    pub recent: Vec<RecentBrowser>,
    /// How strongly they signed in here, and when.
    pub shown: Strength,
    /// When that was.
    pub signed_in: Moment,
    /// Whether they have more to show.
    pub can_show_more: bool,
    /// How many apps ask without their browser.
    pub asking: i64,
}

/// What a person has.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs)] // The names say it.
pub struct Numbers {
    pub passkeys: i64,
    /// Apps with one-time codes.
    pub codes: i64,
    pub recovery_codes: i64,
    /// Browsers in which no code is asked for.
    pub trusted: i64,
    /// Browsers in which they are signed in.
    pub browsers: i64,
    /// Apps that have access.
    pub apps: i64,
}

/// A browser in which somebody is signed in.
#[derive(Clone, Debug)]
pub struct RecentBrowser {
    /// What it is called.
    pub browser: Option<&'static str>,
    /// The system that it runs on.
    pub system: Option<&'static str>,
    /// When it was last used.
    pub last_seen: Moment,
}

struct Card {
    href: &'static str,
    title: &'static str,
    summary: String,
}

impl OverviewPage<'_> {
    super::shell::account_page!();

    fn title(&self) -> String {
        self.frame.title(false)
    }

    fn card(&self, page: Endpoint, summary: String) -> Option<Card> {
        let card = Card {
            href: page.path(),
            title: self.frame.label(page),
            summary,
        };
        self.frame.offered.has_page(page).then_some(card)
    }

    /// What waits for an answer.
    fn waiting(&self) -> Vec<Card> {
        let summary = self.frame.texts().backchannel.waiting.fill(self.asking);
        let card = self.card(Endpoint::AccountRequests, summary);
        card.into_iter().filter(|_| self.asking > 0).collect()
    }

    /// How the person signs in, and where they are signed in.
    fn security(&self) -> Vec<Card> {
        let (texts, numbers) = (&self.frame.texts().overview, self.numbers);
        let set = self
            .password_set
            .as_ref()
            .map(|moment| texts.password.fill(moment.words()));
        let passkeys = match numbers.passkeys {
            0 => texts.passkeys_none.to_owned(),
            count => texts.passkeys.fill(count),
        };
        let mut codes = match numbers.codes {
            0 => texts.codes_none.to_owned(),
            count => format!(
                "{}, {}",
                texts.codes.fill(count),
                texts.recovery_codes.fill(numbers.recovery_codes)
            ),
        };
        if numbers.trusted > 0 {
            codes = format!("{codes}, {}", texts.trusted.fill(numbers.trusted));
        }
        let names = &self.frame.texts().browsers;
        let recent = self.recent.iter().map(|recent| {
            let name = names.name(recent.browser, recent.system);
            format!(" {name}: {}.", recent.last_seen.words())
        });
        let browsers: String = [texts.browsers.fill(numbers.browsers)]
            .into_iter()
            .chain(recent)
            .collect();
        [
            self.card(Endpoint::AccountPassword, set.unwrap_or_default()),
            self.card(Endpoint::AccountPasskeys, passkeys),
            self.card(Endpoint::AccountSecondFactors, codes),
            self.card(Endpoint::AccountBrowsers, browsers),
            self.card(Endpoint::AccountActivity, texts.activity.to_owned()),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// The rest of the account.
    fn rest(&self) -> Vec<Card> {
        let texts = &self.frame.texts().overview;
        let email = match self.email {
            None => texts.email_none.to_owned(),
            Some((email, true)) => texts.email_verified.fill(&visible_address(email)),
            Some((email, false)) => texts.email_unverified.fill(&visible_address(email)),
        };
        let apps = match self.numbers.apps {
            0 => texts.apps_none.to_owned(),
            count => texts.apps.fill(count),
        };
        [
            self.card(Endpoint::AccountProfile, texts.profile.to_owned()),
            self.card(Endpoint::AccountEmail, email),
            self.card(Endpoint::AccountApps, apps),
            self.card(Endpoint::AccountData, texts.data.to_owned()),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// How the person signed in here.
    fn here(&self) -> String {
        let texts = &self.frame.texts().overview;
        let how = match self.shown {
            Strength::OneFactor => texts.here_password,
            Strength::TwoFactors => texts.here_two,
            Strength::PhishingResistant => texts.here_passkey,
        };
        how.fill(self.signed_in.words())
    }

    /// Where they show more.
    fn show_more(&self) -> String {
        let page = routes::account_page_name(Endpoint::Account);
        format!("{}?page={page}", Endpoint::SecondFactor.path())
    }

    fn shown_username(&self) -> String {
        visible(self.username, 80)
    }
}
