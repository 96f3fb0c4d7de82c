//! The first page of the account: who is signed in, and the way to everything else.

use askama::Template;

use super::Frame;
use crate::{
    pages::{layout::page, moment::Moment, text::visible},
    routes::Endpoint,
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
    /// How many passkeys the person has.
    pub passkeys: i64,
    /// How many apps with one-time codes they have.
    pub codes: i64,
    /// When the password was last set.
    pub password_set: Option<Moment>,
    /// In how many browsers the person is signed in.
    pub browsers: i64,
    /// How many apps have access.
    pub apps: i64,
}

struct Card {
    page: Endpoint,
    href: &'static str,
    title: &'static str,
    summary: String,
}

impl OverviewPage<'_> {
    page!();

    fn title(&self) -> String {
        self.frame.title(false)
    }

    fn cards(&self) -> Vec<Card> {
        let texts = &self.frame.texts().overview;
        let card = |page: Endpoint, summary: String| Card {
            page,
            href: page.path(),
            title: self.frame.label(page),
            summary,
        };
        let email = match self.email {
            None => texts.email_none.to_owned(),
            Some((email, true)) => texts.email_verified.fill(&visible(email, 254)),
            Some((email, false)) => texts.email_unverified.fill(&visible(email, 254)),
        };
        let set = self
            .password_set
            .as_ref()
            .map(|moment| texts.password.fill(moment.words()));
        let apps = match self.apps {
            0 => texts.apps_none.to_owned(),
            count => texts.apps.fill(count),
        };
        let passkeys = match self.passkeys {
            0 => texts.passkeys_none.to_owned(),
            count => texts.passkeys.fill(count),
        };
        let codes = match self.codes {
            0 => texts.codes_none.to_owned(),
            count => texts.codes.fill(count),
        };
        let mut cards = vec![
            card(Endpoint::AccountProfile, texts.profile.to_owned()),
            card(Endpoint::AccountEmail, email),
            card(Endpoint::AccountPassword, set.unwrap_or_default()),
            card(Endpoint::AccountPasskeys, passkeys),
            card(Endpoint::AccountSecondFactors, codes),
            card(Endpoint::AccountBrowsers, texts.browsers.fill(self.browsers)),
            card(Endpoint::AccountApps, apps),
            card(Endpoint::AccountActivity, texts.activity.to_owned()),
            card(Endpoint::AccountData, texts.data.to_owned()),
        ];
        cards.retain(|card| self.frame.ways.have(card.page));
        cards
    }

    fn shown_username(&self) -> String {
        visible(self.username, 80)
    }
}
