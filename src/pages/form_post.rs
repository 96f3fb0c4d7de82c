//! OAuth 2.0 Form Post Response Mode: the answer to a client as a form that the browser sends there.
//!
//! "the Authorization Response parameters are encoded as HTML form values that are auto-submitted in the User Agent"
//! (section 2). Without JavaScript the person presses the button.

use askama::Template;

use super::{
    layout::page,
    link::WebLink,
    messages::{Language, Texts},
};

/// Carries an authorization response to the client.
#[derive(Template)]
#[template(path = "form_post.html")]
pub struct FormPostPage<'a> {
    /// The language of the page.
    pub language: Language,
    /// The client's redirect URI. A form can be sent to a web address only; for any other there is no form.
    pub action: &'a str,
    /// The parameters of the response.
    pub fields: &'a [(&'a str, &'a str)],
    /// The nonce that the page's Content-Security-Policy allows.
    pub nonce: &'a str,
}

impl FormPostPage<'_> {
    page!();

    fn texts(&self) -> &'static Texts {
        self.language.texts()
    }

    fn destination(&self) -> Option<WebLink> {
        WebLink::parse(self.action)
    }
}
