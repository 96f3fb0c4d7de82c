//! Where an export goes on: one kind of lines after the other, each in the order of its keys.

use super::super::paging::Page;
use crate::{
    named::named,
    oidc::{error::OAuthError, params::Params},
};

named! {
    /// The parts of an export by the `kind` of their lines, in the order in which an import can take them: what a line refers to came
    /// before it. Webhooks are last, so that they do not tell of the rest.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    #[allow(missing_docs)] // The names say it.
    pub enum Part {
        Groups = "group",
        Apps = "app",
        Apis = "api",
        People = "person",
        Credentials = "credential",
        Terms = "terms",
        Memberships = "memberships",
        Roles = "role",
        Operators = "operator",
        Consents = "consent",
        Webhooks = "webhook",
    }
}

impl Part {
    /// The part behind it.
    fn next(self) -> Option<Self> {
        Self::ALL.into_iter().skip_while(|part| *part != self).nth(1)
    }
}

/// The most apps of a page: each may have a logo.
const MOST_APPS: i64 = 20;

/// What to export next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place<'a> {
    /// What is said of the export as a whole.
    Head,
    /// Lines of a part, behind the one of this key; the empty one comes before all.
    Behind(Part, &'a str),
}

impl<'a> Place<'a> {
    /// Reads `after` and `limit`.
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn parse(params: &'a Params) -> Result<(Self, i64), OAuthError> {
        let page = Page::parse(params, &[])?;
        let read = |text: &'a str| {
            let (kind, key) = text.split_once(':')?;
            let part = Part::parse(kind)?;
            Some(Self::Behind(part, key))
        };
        let place = page.after(read)?.unwrap_or(Self::Head);
        let most = match place {
            Self::Behind(Part::Apps, _) => MOST_APPS,
            _ => page.limit,
        };
        Ok((place, page.limit.min(most)))
    }

    /// The text of the place behind this one, from where on there may be more. `last` is the key of the last line of a page that was full.
    pub fn next(self, last: Option<&str>) -> Option<String> {
        let (part, key) = match (self, last) {
            (Self::Head, _) => (Part::Groups, ""),
            (Self::Behind(part, _), Some(last)) => (part, last),
            (Self::Behind(part, _), None) => (part.next()?, ""),
        };
        Some(format!("{}:{key}", part.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_goes_from_part_to_part_and_ends() {
        let (mut at, mut kinds) = (String::new(), Vec::new());
        loop {
            let query = format!("limit=2&after={}", at.replace(':', "%3A"));
            let params = Params::parse(if at.is_empty() { "limit=2" } else { &query }).unwrap();
            let (place, limit) = Place::parse(&params).unwrap();
            assert_eq!(limit, 2);
            if let Place::Behind(part, key) = place {
                assert_eq!(key, "");
                kinds.push(part);
            }
            match place.next(None) {
                Some(next) => at = next,
                None => break,
            }
        }
        assert_eq!(kinds, Part::ALL);
    }

    #[test]
    fn a_full_page_goes_on_behind_its_last_line_whatever_its_key() {
        let params = Params::parse("after=app:https%3A%2F%2Fa.org%2Fc%3Fd").unwrap();
        let (place, limit) = Place::parse(&params).unwrap();
        assert_eq!(
            (place, limit),
            (Place::Behind(Part::Apps, "https://a.org/c?d"), MOST_APPS)
        );
        assert_eq!(place.next(Some("x:y")).as_deref(), Some("app:x:y"));
        assert_eq!(place.next(None).as_deref(), Some("api:"));
        for wrong in ["after=app", "after=x:", "after=:", "before=1", "limit=0"] {
            assert!(Place::parse(&Params::parse(wrong).unwrap()).is_err(), "{wrong}");
        }
    }
}
