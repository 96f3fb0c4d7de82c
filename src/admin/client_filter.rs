//! Which apps an operator wants to see.

use super::{paging::Page, people_filter::flag};
use crate::{
    named::named,
    oidc::{client::client_metadata::GrantType, error::OAuthError, params::Params},
};

/// Which apps are wanted. What is `None` does not matter.
#[derive(Debug, Default)]
pub struct ClientFilter<'a> {
    pub client_id: Option<&'a str>,
    /// What their name has in it, or their id begins with; letters of ASCII are small.
    pub search: Option<String>,
    /// A grant type that they may use.
    pub grant: Option<&'a str>,
    pub registered_by: Option<Provenance>,
    pub disabled: Option<bool>,
    /// Whether it waits for the approval of an operator.
    pub waiting: Option<bool>,
    /// The id that the page before ended with.
    pub after: &'a str,
}

named! {
    /// How an app came to be known.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Provenance {
        /// An operator registered it, or has changed it.
        Operator = "operator",
        /// It registered itself.
        Itself = "itself",
        /// The document at its `client_id` describes it.
        Document = "document",
    }
}

impl Provenance {
    /// Of an app that a document describes, or that nobody had to be asked for, or else of an operator's.
    pub fn of(is_described: bool, registered_openly: bool) -> Self {
        match (is_described, registered_openly) {
            (true, _) => Self::Document,
            (false, true) => Self::Itself,
            (false, false) => Self::Operator,
        }
    }
}

impl<'a> ClientFilter<'a> {
    const KNOWN: [&'static str; 6] = ["client_id", "search", "grant", "registered_by", "disabled", "waiting"];

    /// Reads the filter, and which page of what it finds is wanted.
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn parse(params: &'a Params) -> Result<(Self, Page<'a>), OAuthError> {
        let page = Page::parse(params, &Self::KNOWN)?;
        let grant = |text: &'a str| {
            let known = GrantType::parse(text).map(|_| text);
            known.ok_or_else(|| OAuthError::invalid_request("grant is not one that there is"))
        };
        let provenance = |text: &str| {
            let known = Provenance::parse(text);
            known.ok_or_else(|| OAuthError::invalid_request("registered_by must be operator, itself or document"))
        };
        Ok((
            Self {
                client_id: params.single("client_id")?,
                search: params.single("search")?.map(str::to_ascii_lowercase),
                grant: params.single("grant")?.map(grant).transpose()?,
                registered_by: params.single("registered_by")?.map(provenance).transpose()?,
                disabled: flag(params, "disabled")?,
                waiting: flag(params, "waiting")?,
                after: page.after_text()?,
            },
            page,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_what_the_parameters_name_and_nothing_else() {
        let params = Params::parse("search=Notes&grant=client_credentials&registered_by=itself&limit=7").unwrap();
        let (filter, page) = ClientFilter::parse(&params).unwrap();
        assert_eq!((filter.search.as_deref(), page.limit), (Some("notes"), 7));
        assert_eq!(filter.registered_by, Some(Provenance::Itself));
        for wrong in [
            "grant=x",
            "registered_by=me",
            "disabled=1",
            "name=x",
            "search=a&search=b",
        ] {
            assert!(ClientFilter::parse(&Params::parse(wrong).unwrap()).is_err(), "{wrong}");
        }
    }
}
