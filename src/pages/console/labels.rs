//! What forms call the members that the API names where it says what is wrong.

use askama::Template;

use super::{ConsoleFrame, problems::ENGLISH};
use crate::{pages::layout, routes::Endpoint};

/// What is wrong with what was typed.
#[derive(Template)]
#[template(path = "console/problem.html")]
struct Problem<'a> {
    label: Option<&'static str>,
    text: &'a str,
    /// That of the text, where it is another than that of the page.
    language: Option<&'static str>,
}

impl ConsoleFrame<'_> {
    /// What is wrong, as HTML: in the language of the page, or in English where that has no words for it.
    pub(super) fn problem(&self, problem: &str) -> String {
        let (label, text) = self.labelled(problem);
        let translated = self.translated(text);
        layout::html(&Problem {
            label,
            text: translated.as_deref().unwrap_or(text),
            language: translated.is_none().then_some(ENGLISH),
        })
    }

    /// What is wrong, in English: behind the label of the field that it is about, where it begins with the name of one.
    fn labelled<'t>(&self, problem: &'t str) -> (Option<&'static str>, &'t str) {
        let is_name = |c: char| c.is_ascii_lowercase() || c == '_';
        let rest = problem.trim_start_matches(is_name);
        let name = problem.strip_suffix(rest).unwrap_or_default();
        match self.label_of(name) {
            Some(label) => (Some(label), rest.trim_start_matches([':', ' ', '.'])),
            None => (None, problem),
        }
    }

    fn label_of(&self, member: &str) -> Option<&'static str> {
        let all = self.all_texts();
        let (shared, apps, apis, webhooks) = (
            &all.console,
            &all.console_apps,
            &all.console_apis,
            &all.console_webhooks,
        );
        Some(match member {
            "username" => shared.username,
            "email" => shared.email,
            "name" | "client_name" => apps.name,
            "note" | "notes" => apps.notes,
            "redirect_uris" => apps.redirect_uris,
            "post_logout_redirect_uris" => apps.after_sign_out,
            "allowed_groups" => shared.groups,
            "logo" | "logo_uri" => apps.logo,
            "scope" => apps.scope,
            "resource" => apis.of_api,
            "role" => all.console_groups.role,
            "client_id" => all.console_groups.app,
            "apps" => apis.apps,
            "token_signing_alg" => apis.alg,
            "roles_claim" => apps.roles_claim,
            "access_token_lifetime" if self.section == Endpoint::ConsoleApis => apis.lifetime,
            "access_token_lifetime" => apps.access_token,
            "id_token_lifetime" => apps.id_token,
            "refresh_token_lifetime" => apps.refresh_token,
            "launch_uri" => apps.launch,
            "accent_color" => apps.accent,
            "identifier" => apis.identifier,
            "scopes" if self.section == Endpoint::ConsoleApis => apis.scopes,
            "scopes" => all.console_system.scopes,
            "days" => all.console_system.days_valid,
            "url" => webhooks.url,
            "events" => webhooks.events,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::ConsoleFrame;
    use crate::{pages::Language, routes::Endpoint};

    #[test]
    fn what_is_wrong_is_said_behind_the_label_of_the_field() {
        let frame = |section| ConsoleFrame::bare(Language::De, section);
        let of = |problem| frame(Endpoint::ConsoleApps).labelled(problem);
        assert_eq!(of("redirect_uris must be x"), (Some("Rücksprungadressen"), "must be x"));
        assert_eq!(of("the username is taken"), (None, "the username is taken"));
        assert_eq!(of("scopes: twice"), (Some("Scopes"), "twice"));
        assert_eq!(of("username"), (Some("Benutzername"), ""));
        assert_eq!(of("scopes.a:b needs x"), (Some("Scopes"), "a:b needs x"));
        for other in ["", "Name", "\u{e9}name", "there is nobody"] {
            assert_eq!(of(other), (None, other));
        }
        let (of_api, _) = frame(Endpoint::ConsoleApis).labelled("scopes must be x");
        assert_ne!(of_api, Some("Scopes"));
    }
}
