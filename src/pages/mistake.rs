//! What the developer of an app is shown of their mistake: the app, the parameter with the value that came, what was expected; and in
//! development a command that fixes it.

use serde_json::{Value, json};

use super::{Fact, Language, app_name};
use crate::{
    config::{Issuer, PrivateHttp},
    oidc::{
        client::{
            Client, client_id_document,
            redirect_uri::{ApplicationType, RedirectUri},
        },
        logout::LogoutRefusal,
        params::Params,
        return_address::PageError,
        token::id_token_hint::IdTokenHint,
    },
    routes::Endpoint,
};

/// A request that nobody can be sent back from.
pub struct Mistake<'a> {
    /// What was sent.
    pub params: &'a Params,
    /// The app, where it is known.
    pub client: Option<&'a Client>,
    /// Limen: with http it is in development.
    pub issuer: &'a Issuer,
    /// The language of the page.
    pub language: Language,
}

/// The most characters of a value that came.
const LONGEST_VALUE: usize = 400;

/// The most characters of an ID token: enough to recognise it.
const LONGEST_TOKEN: usize = 24;

impl Mistake<'_> {
    /// At the authorization endpoint.
    pub fn of_authorization(&self, error: PageError) -> Vec<Fact> {
        let (name, expected) = match error {
            PageError::NoClient => ("client_id", "one client_id".to_owned()),
            PageError::UnknownClient => ("client_id", self.known_client()),
            PageError::WaitingClient => ("client_id", "a client that an operator has approved".to_owned()),
            PageError::NoRedirectUri => ("redirect_uri", "one redirect_uri".to_owned()),
            PageError::UnregisteredRedirectUri => {
                let fix = self.registering_redirect_uri();
                return self.facts(self.came("redirect_uri"), self.registered("redirect_uris"), fix);
            }
            PageError::Malformed => {
                let length = self.value("state").map_or(0, |state| state.len());
                let came = Some(format!("state, of {length} bytes"));
                return self.facts(came, "a state of at most 12000 bytes".to_owned(), None);
            }
        };
        let fix = self.registering_client().filter(|_| error == PageError::UnknownClient);
        self.facts(self.came(name), expected, fix)
    }

    /// At the end session endpoint.
    pub fn of_logout(&self, refusal: LogoutRefusal) -> Vec<Fact> {
        match refusal {
            LogoutRefusal::Malformed => self.facts(self.repeated(), "each parameter once".to_owned(), None),
            LogoutRefusal::BadHint => self.facts(self.hint(), self.good_hint(), None),
            LogoutRefusal::UnknownClient => self.facts(self.came("client_id"), self.known_client(), None),
            LogoutRefusal::NoClient => {
                let expected = "client_id or id_token_hint beside it, which say whose address it is";
                self.facts(self.came("post_logout_redirect_uri"), expected.to_owned(), None)
            }
            LogoutRefusal::UnregisteredUri => {
                let came = self.came("post_logout_redirect_uri");
                let fix = self.registering_logout_uri();
                self.facts(came, self.registered("post_logout_redirect_uris"), fix)
            }
        }
    }

    /// In the document that describes an app: what is wrong is the error.
    pub fn of_document(&self) -> Vec<Fact> {
        let expected = "a JSON document at that address which describes the app (draft-ietf-oauth-client-id-metadata-document), \
                        of an app that this server allows";
        self.facts(self.came("client_id"), expected.to_owned(), None)
    }

    fn facts(&self, came: Option<String>, expected: String, fix: Option<String>) -> Vec<Fact> {
        let facts = [
            self.app(),
            came.map(Fact::Came),
            Some(Fact::Expected(expected)),
            fix.map(Fact::Fix),
        ];
        facts.into_iter().flatten().collect()
    }

    fn app(&self) -> Option<Fact> {
        let client = self.client?;
        Some(Fact::App(
            app_name(&client.client_id, &client.metadata, self.language).into_owned(),
        ))
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.params.all(name).next()
    }

    fn came(&self, name: &str) -> Option<String> {
        Some(format!("{name} = {}", shortened(self.value(name)?, LONGEST_VALUE)))
    }

    fn repeated(&self) -> Option<String> {
        let names = [
            "id_token_hint",
            "client_id",
            "logout_hint",
            "post_logout_redirect_uri",
            "state",
        ];
        let twice = names.into_iter().find(|name| self.params.all(name).nth(1).is_some())?;
        Some(format!("{twice}, {} times", self.params.all(twice).count()))
    }

    /// The hint, and what it says of itself: not of its person.
    fn hint(&self) -> Option<String> {
        let text = self.value("id_token_hint")?;
        let mut came = format!("id_token_hint = {}", shortened(text, LONGEST_TOKEN));
        if let Ok(hint) = IdTokenHint::parse(text) {
            came.push_str(&format!(", with iss = {}, aud = {}", hint.issuer(), hint.audience()));
        }
        if let Some(client_id) = self.value("client_id") {
            came.push_str(&format!("; client_id = {client_id}"));
        }
        Some(shortened(&came, LONGEST_VALUE))
    }

    fn good_hint(&self) -> String {
        let issuer = self.issuer.as_str();
        format!(
            "an ID token that {issuer} gave to this app (its aud is the client_id); that it has expired does not matter"
        )
    }

    fn known_client(&self) -> String {
        let register = Endpoint::Register.path();
        format!("the client_id of an app that is registered here: register it at {register}, or check for slips")
    }

    fn registered(&self, member: &str) -> String {
        match self.client.filter(|client| client.is_described_by_document()) {
            Some(client) => format!("one of the {member} in {}, letter by letter", client.client_id),
            None => format!(
                "one of the {member} that the app registered, letter by letter: register this one too, or send one of those"
            ),
        }
    }

    /// A command that registers the address that came, where it can be registered.
    fn registering_redirect_uri(&self) -> Option<String> {
        let client = self.client?;
        let came = self.value("redirect_uri")?;
        let mut uris: Vec<_> = client.metadata.redirect_uris.iter().map(RedirectUri::as_str).collect();
        uris.push(came);
        let body = match (client.metadata.application_type, application_of(came)?) {
            (ApplicationType::Web, ApplicationType::Native) => {
                json!({ "redirect_uris": uris, "application_type": "native" })
            }
            _ => json!({ "redirect_uris": uris }),
        };
        self.changing(client, &body)
    }

    fn registering_logout_uri(&self) -> Option<String> {
        let client = self.client?;
        let came = self.value("post_logout_redirect_uri")?;
        application_of(came)?;
        let registered = client.metadata.post_logout_redirect_uris.iter();
        let mut uris: Vec<_> = registered.map(RedirectUri::as_str).collect();
        uris.push(came);
        self.changing(client, &json!({ "post_logout_redirect_uris": uris }))
    }

    fn changing(&self, client: &Client, body: &Value) -> Option<String> {
        if client.is_described_by_document() {
            return None;
        }
        let path = Endpoint::RegisteredClient
            .path()
            .replace("{client_id}", &client.client_id);
        self.command("PATCH", &path, body)
    }

    /// A command that registers an app with the address that came.
    fn registering_client(&self) -> Option<String> {
        if self.value("client_id").is_some_and(client_id_document::is_url) {
            return None;
        }
        let uri = self.value("redirect_uri")?;
        application_of(uri)?;
        self.command("POST", Endpoint::Register.path(), &json!({ "redirect_uris": [uri] }))
    }

    /// A command to paste, in development.
    fn command(&self, method: &str, path: &str, body: &Value) -> Option<String> {
        if self.issuer.is_https() {
            return None;
        }
        let body = body.to_string().replace('\'', "'\\''");
        let url = self.issuer.url(path);
        Some(format!(
            "curl -X {method} {url} -H \"Authorization: Bearer $ADMIN_TOKEN\" -H 'Content-Type: application/json' -d '{body}'"
        ))
    }
}

/// What an app has to be to have an address; `None` where nobody can.
fn application_of(uri: &str) -> Option<ApplicationType> {
    [ApplicationType::Web, ApplicationType::Native]
        .into_iter()
        .find(|application| RedirectUri::register(uri, *application, PrivateHttp::InsecureAllowed).is_ok())
}

fn shortened(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => {
            let start = text.get(..end).unwrap_or_default();
            format!("{start}\u{2026} ({} characters)", text.chars().count())
        }
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
