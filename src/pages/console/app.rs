//! The page of one app, and what its tokens would say.

use askama::Template;

use super::{
    ConsoleFrame,
    apis::ListedApi,
    is_about,
    things::{Act, Acts, Things},
};
use crate::{
    admin::client_filter::Provenance,
    pages::{
        messages::{AppTexts, ConsoleApiTexts, ConsoleAppTexts},
        moment::Moment,
        text::{visible, visible_name},
    },
};

/// Shows how an app is registered, and what an operator may decide.
#[derive(Template)]
#[template(path = "console/app.html")]
pub struct ConsoleAppPage<'a> {
    /// What the pages of the console share.
    pub frame: ConsoleFrame<'a>,
    /// Where the forms lead.
    pub action: &'a str,
    /// Where the operator confirms who they are, where they have to.
    pub confirm: Option<String>,
    pub name: &'a str,
    pub client_id: &'a str,
    pub registered_by: Provenance,
    pub registered: Moment,
    pub last_used: Option<Moment>,
    pub method: &'a str,
    pub grants: Vec<&'a str>,
    pub scope: Option<String>,
    /// Whether people sign in to it.
    pub has_people: bool,
    pub has_secret: bool,
    /// The name that it registered; what is typed instead, where that is wrong.
    pub typed_name: &'a str,
    pub redirect_uris: &'a str,
    /// Where it may be gone back to after a sign-out, likewise.
    pub after_sign_out: String,
    /// The claim in which it is told roles, likewise.
    pub roles_claim: String,
    pub is_off: bool,
    /// When people are asked what it may have, by the word of its registration.
    pub consent: &'a str,
    /// The groups that may be chosen, for those who may see groups.
    pub groups: Option<Vec<ShownChoice>>,
    /// How strongly people have to sign in to it, by `acr`.
    pub acr: &'a str,
    /// What it was read as: a change of something else is not undone.
    pub version: i64,
    /// What it is now.
    pub version_now: i64,
    /// The name of each lifetime, and its seconds.
    pub lifetimes: Vec<(&'static str, String)>,
    /// Whether a form changes it.
    pub may_change: bool,
    /// What is wrong with what was typed, in English.
    pub problem: Option<&'a str>,
    /// Where roles of people are, where the operator may see these.
    pub roles: Option<String>,
    /// The declared APIs that it may ask for, for those who may see APIs.
    pub apis: Option<Vec<ListedApi>>,
    /// Where its tokens are shown, where the operator may see people.
    pub preview: Option<String>,
    /// Where its secrets are, where it has any.
    pub secrets: Option<String>,
    /// Where its logo, its color and its notes are.
    pub look: String,
}

/// Something to choose: a group of an app, or an app.
#[derive(Clone, Debug)]
pub struct ShownChoice {
    pub id: String,
    pub name: String,
    /// Of a group whether its people may use the app.
    pub is_allowed: bool,
}

impl ShownChoice {
    /// The name, without what is not seen.
    pub(super) fn shown_name(&self) -> String {
        visible_name(&self.name)
    }
}

/// Shows what tokens would say.
#[derive(Template)]
#[template(path = "console/preview.html")]
pub struct TokenPreviewPage<'a> {
    /// What the pages of the console share.
    pub frame: ConsoleFrame<'a>,
    /// Where the form leads.
    pub action: &'a str,
    /// Where the page of the app is.
    pub back: &'a str,
    pub name: &'a str,
    /// What was typed.
    pub person: &'a str,
    pub scope: &'a str,
    /// The API that its access token is for, if it is for one.
    pub api: &'a str,
    /// What is wrong with the scope or the API, in English.
    pub problem: Option<&'a str>,
    /// Who was found: their username, and their id.
    pub found: Option<(&'a str, &'a str)>,
    /// The documents, each by its name, where somebody was found.
    pub documents: Option<Vec<(&'static str, String)>>,
    /// Whether nobody was found.
    pub is_nobody: bool,
    /// Whether the app is not open to the person.
    pub is_closed: bool,
}

impl ConsoleAppPage<'_> {
    super::shell::console_page!();

    /// Whether what is wrong is about the field of that name.
    fn is_about(&self, field: &str) -> bool {
        is_about(self.problem, field)
    }

    fn title(&self) -> String {
        self.frame.title_with(&self.shown_name(), self.problem)
    }

    fn texts(&self) -> &'static ConsoleAppTexts {
        self.frame.app_texts()
    }

    fn api_texts(&self) -> &'static ConsoleApiTexts {
        &self.frame.all_texts().console_apis
    }

    fn shown_apis(&self) -> Option<Things<'_>> {
        let apis = self.apis.as_ref()?;
        Some(Things {
            frame: self.frame,
            action: self.action,
            things: apis.iter().map(ListedApi::thing).collect(),
        })
    }

    /// What is done to the app besides.
    fn acts(&self) -> Acts<'_> {
        let texts = self.texts();
        let switch = match self.is_off {
            true => Act::named("on", texts.switch_on, texts.switch_on_why),
            false => Act::named("off", texts.switch_off, texts.switch_off_why),
        };
        let renew = self
            .has_secret
            .then(|| Act::named("renew", texts.renew, texts.renew_why));
        let delete = Act::delete(texts.delete, texts.delete_why);
        Acts {
            frame: self.frame,
            problem: self.problem,
            action: self.action,
            version: self.version_now.to_string(),
            acts: [Some(switch), renew, Some(delete)].into_iter().flatten().collect(),
        }
    }

    fn selections(&self) -> [Selection; 2] {
        let texts = self.texts();
        let strengths = [
            ("", texts.any_strength),
            ("mfa", texts.two_factors),
            ("phr", texts.phishing_resistant),
        ];
        let consents = [
            ("", texts.ask_once),
            ("always", texts.ask_always),
            ("never", texts.never_ask),
        ];
        [
            Selection::new("acr", texts.strength, strengths, self.acr),
            Selection::new("consent", texts.consent, consents, self.consent),
        ]
    }

    fn account_texts(&self) -> &'static AppTexts {
        &self.frame.all_texts().apps
    }

    fn shown_name(&self) -> String {
        visible_name(self.name)
    }

    fn text(&self, text: &str) -> String {
        visible(text, 2_000)
    }

    fn is_described(&self) -> bool {
        self.registered_by == Provenance::Document
    }

    fn by(&self) -> &'static str {
        self.frame.provenance(&self.registered_by)
    }

    fn addresses_after_sign_out(&self) -> std::str::Lines<'_> {
        self.after_sign_out.lines()
    }

    fn addresses(&self) -> std::str::Lines<'_> {
        self.redirect_uris.lines()
    }

    fn allowed(&self) -> Vec<String> {
        let allowed = self.groups.iter().flatten().filter(|group| group.is_allowed);
        allowed.map(|group| visible_name(&group.name)).collect()
    }

    fn lifetime(&self, name: &str) -> &'static str {
        let texts = self.texts();
        match name {
            "access_token_lifetime" => texts.access_token,
            "id_token_lifetime" => texts.id_token,
            _ => texts.refresh_token,
        }
    }
}

impl TokenPreviewPage<'_> {
    super::shell::console_page!();

    fn api_label(&self) -> &'static str {
        self.frame.all_texts().console_apis.of_api
    }

    fn title(&self) -> String {
        self.frame.title_with(self.texts().preview, self.problem)
    }

    fn texts(&self) -> &'static ConsoleAppTexts {
        self.frame.app_texts()
    }

    fn shown_name(&self) -> String {
        visible_name(self.name)
    }

    fn document(&self, name: &str) -> &'static str {
        match name {
            "id_token" => self.texts().id_token,
            "access_token" => self.texts().access_token,
            "userinfo" => "UserInfo",
            _ => self.texts().introspection,
        }
    }

    fn shown_username(&self, username: &str) -> String {
        visible_name(username)
    }
}

/// A field of which one of several values is chosen.
struct Selection {
    name: &'static str,
    label: &'static str,
    /// Each value, what it is called, and whether it is the one.
    choices: [(&'static str, &'static str, bool); 3],
}

impl Selection {
    /// Without such a value the empty one is chosen.
    fn new(name: &'static str, label: &'static str, of: [(&'static str, &'static str); 3], value: &str) -> Self {
        let is_there = of.iter().any(|(own, _)| *own == value);
        let choices = of.map(|(own, text)| (own, text, own == value || (own.is_empty() && !is_there)));
        Self { name, label, choices }
    }
}
