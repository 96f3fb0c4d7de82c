//! The consent page: what an app would get, asked before it gets it (OIDC Core section 3.1.2.4).

use std::borrow::Cow;

use askama::Template;

use super::{
    asker::{Asker, Marks, ReturnTo},
    layout::page,
    link::WebLink,
    messages::{ConsentTexts, Language},
    moment::Moment,
    text::{LONGEST_HOST, visible, visible_name},
};
use crate::{
    config::{Api, Attributes},
    oidc::{
        authorization_details::{InWords, Line},
        scope::Scope,
    },
    routes::Endpoint,
    web::landing::Landing,
};

/// Asks the person who is signed in whether an app may have what it asks for.
#[derive(Template)]
#[template(path = "consent.html")]
pub struct ConsentPage<'a> {
    /// The language of the page.
    pub language: Language,
    /// The name of the app that asks.
    pub client_name: &'a str,
    /// Its home page. Anything but a web address is not shown; so with the other two.
    pub client_uri: Option<&'a str>,
    /// Its logo and its color.
    pub marks: Marks,
    /// Its privacy policy.
    pub policy_uri: Option<&'a str>,
    /// Its terms of service.
    pub tos_uri: Option<&'a str>,
    /// Where the person is sent afterwards.
    pub return_to: Landing,
    /// Of an app that nobody registered: the host of the document that describes it, all that is certain of it.
    pub document_host: Option<&'a str>,
    /// Whether the person is sent to a program on their own device, which may be any.
    pub to_this_device: bool,
    /// The device that asks, where one does.
    pub device: Option<&'a AskingDevice>,
    /// What is told of an app that asks without the person's browser.
    pub asking: Option<&'a AskingApp>,
    /// Who is signed in.
    pub account: &'a str,
    /// What the app asks for.
    pub items: Vec<ConsentItem>,
    /// What it was allowed earlier.
    pub already: Vec<ConsentItem>,
    /// Which authorization request this belongs to; comes back as `interaction`.
    pub interaction: &'a str,
    /// Comes back as `csrf`.
    pub csrf: &'a str,
    /// What the person saw; comes back as `shown`, so that nothing else can be allowed by it.
    pub asked_for: &'a str,
}

/// A device that asks, and waits for the answer.
#[derive(Clone, Debug)]
pub struct AskingDevice {
    /// The code that it shows.
    pub user_code: String,
    /// The network that it asked from, where that is known.
    pub network: String,
    /// Whether the person is in that network, too.
    pub is_near: bool,
    /// What it asked with, and on which system, where these are known by name: a device may say anything.
    pub program: (Option<&'static str>, Option<&'static str>),
}

/// An app that asks without the person's browser, and waits for the answer.
#[derive(Clone, Debug)]
pub struct AskingApp {
    /// What it shows them, too; empty where it sent nothing.
    pub binding_message: String,
    /// The network that it asked from, where that is known.
    pub network: String,
    /// When it asked.
    pub at: Moment,
}

/// One thing that an app asks for.
#[derive(Clone, Debug)]
pub struct ConsentItem {
    /// In a few plain words.
    pub title: Cow<'static, str>,
    /// What it means.
    pub detail: Cow<'static, str>,
    /// The scope token itself, where Limen has no words for it; the identifier of an API.
    pub token: Option<String>,
    /// Whether the app did not ask for it before. Shown only beside what was allowed earlier.
    pub new: bool,
    /// What it is in particular: names and values, which are the app's words.
    pub lines: Vec<Line>,
}

impl ConsentItem {
    /// The words for a scope token.
    pub fn for_scope(token: &str, language: Language) -> Self {
        let texts = &language.texts().scopes;
        let known = match token {
            "openid" => Some(&texts.openid),
            "profile" => Some(&texts.profile),
            "email" => Some(&texts.email),
            "address" => Some(&texts.address),
            "phone" => Some(&texts.phone),
            "groups" => Some(&texts.groups),
            "offline_access" => Some(&texts.offline_access),
            _ => None,
        };
        let words = known.unwrap_or(&texts.custom);
        let token = known.is_none().then(|| token.to_owned());
        Self {
            title: words.title.into(),
            detail: words.detail.into(),
            token,
            new: false,
            lines: Vec::new(),
        }
    }

    /// The words for every token of `scope`: the standard ones in their usual order, then the others. Those of `apis`, which it is for, have the
    /// words that the operator gave them, at each API that has it.
    pub fn for_scopes(scope: &Scope, apis: &[&Api], attributes: &Attributes, language: Language) -> Vec<Self> {
        let standard = Scope::ABOUT_PEOPLE.into_iter().filter(|token| scope.contains(token));
        let custom = scope.iter().filter(|token| !Scope::ABOUT_PEOPLE.contains(token));
        let mut items = Vec::new();
        for token in standard.chain(custom) {
            let before = items.len();
            let words = apis.iter().filter_map(|api| Some((api, api.scopes.get(token)?)));
            items.extend(words.map(|(api, words)| {
                Self {
                    title: words.title.find(language.tag()).unwrap_or(token).to_owned().into(),
                    detail: match words.description.find(language.tag()) {
                        Some(description) => format!("{}: {description}", api.name),
                        None => api.name.clone(),
                    }
                    .into(),
                    token: Some(token.to_owned()),
                    new: false,
                    lines: Vec::new(),
                }
            }));
            if items.len() == before {
                let of_person = Self::for_attributes(token, attributes, language);
                items.push(of_person.unwrap_or_else(|| Self::for_scope(token, language)));
            }
        }
        items
    }
}

impl ConsentItem {
    /// The words for a scope that asks for what the operator keeps of people.
    fn for_attributes(token: &str, attributes: &Attributes, language: Language) -> Option<Self> {
        let titles = attributes.of_scope(token);
        let titles: Vec<_> = titles
            .map(|(name, attribute)| attribute.title(name, language.tag()))
            .collect();
        let texts = &language.texts().claims;
        (!titles.is_empty()).then(|| Self {
            title: texts.title.into(),
            detail: texts.detail.fill(&titles.join(", ")).into(),
            token: Some(token.to_owned()),
            lines: Vec::new(),
            new: false,
        })
    }

    /// The words for single claims of OIDC Core section 5.1, all of them one item; none where there are none.
    pub fn for_claims(claims: &[&str], language: Language) -> Option<Self> {
        let texts = &language.texts().claims;
        let words: Vec<_> = claims.iter().filter_map(|claim| texts.word(claim)).collect();
        (!words.is_empty()).then(|| Self {
            title: texts.title.into(),
            detail: texts.detail.fill(&words.join(", ")).into(),
            token: None,
            new: false,
            lines: Vec::new(),
        })
    }
}

impl ConsentItem {
    /// The words for an API that tokens are for.
    pub fn for_api(api: &Api, language: Language) -> Self {
        let texts = &language.texts().api;
        Self {
            title: texts.title.fill(&api.name).into(),
            detail: texts.detail.into(),
            token: Some(api.identifier.clone()),
            new: false,
            lines: Vec::new(),
        }
    }
}

impl ConsentItem {
    /// One of the details that an app asks for: the operator's title for its type, and all that it says.
    pub fn for_detail(said: InWords) -> Self {
        let line = |line: Line| Line {
            name: visible(&line.name, LONGEST_DETAIL),
            value: visible(&line.value, LONGEST_DETAIL),
            ..line
        };
        Self {
            title: said.title.into(),
            detail: "".into(),
            token: None,
            new: false,
            lines: said.lines.into_iter().map(line).collect(),
        }
    }
}

/// More than the details of a request can have.
const LONGEST_DETAIL: usize = 8_192;

impl ConsentPage<'_> {
    page!(consent: ConsentTexts);

    fn action(&self) -> &'static str {
        Endpoint::Consent.path()
    }

    fn asker(&self) -> Asker {
        Asker::new(self.client_name, self.client_uri, self.language).marked(self.marks.logo.as_ref())
    }

    fn policy(&self) -> Option<WebLink> {
        self.policy_uri.and_then(WebLink::parse)
    }

    fn tos(&self) -> Option<WebLink> {
        self.tos_uri.and_then(WebLink::parse)
    }

    fn title(&self) -> String {
        self.consent().heading.fill(&self.asker().name)
    }

    fn shown_account(&self) -> String {
        visible_name(self.account)
    }

    fn destination(&self) -> Option<ReturnTo> {
        ReturnTo::new(&self.return_to)
    }

    fn program(&self, device: &AskingDevice) -> Option<String> {
        let (browser, system) = device.program;
        let name = || self.texts().browsers.name(browser, system);
        browser.or(system).map(|_| name())
    }

    fn nearness(&self, device: &AskingDevice) -> &'static str {
        match device.is_near {
            true => self.texts().device.near,
            false => self.texts().device.far,
        }
    }

    fn shown_document_host(&self) -> Option<String> {
        self.document_host.map(|host| visible(host, LONGEST_HOST))
    }

    /// The warning beside the destination. Whoever registered an app that is sent to the device answers for it.
    fn warns_of_device(&self) -> bool {
        self.to_this_device && self.document_host.is_some()
    }

    /// The mark on what is new; without anything old it would only be noise.
    fn badge(&self) -> Option<&'static str> {
        (!self.already.is_empty()).then_some(self.consent().new)
    }
}
