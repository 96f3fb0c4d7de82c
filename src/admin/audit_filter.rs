//! Which rows of the audit an operator wants.

use super::paging::Page;
use crate::{
    audit::Event,
    oidc::{error::OAuthError, params::Params},
    time::UnixTime,
};

/// Which rows are wanted. What is `None` does not matter.
#[derive(Debug, Default)]
pub struct AuditFilter<'a> {
    pub user_id: Option<&'a str>,
    pub client_id: Option<&'a str>,
    /// The name of the key with which an operator acted.
    pub operator: Option<&'a str>,
    /// The id of the person who acted as an operator.
    pub operator_user_id: Option<&'a str>,
    pub event: Option<Event>,
    /// At this time or later.
    pub since: Option<UnixTime>,
    /// Before this time.
    pub until: Option<UnixTime>,
    /// Older than the row of this id: where the page before ended.
    pub before: Option<i64>,
}

impl<'a> AuditFilter<'a> {
    /// Its parameters, beside those of a page.
    const KNOWN: [&'static str; 7] = ["user", "client", "operator", "operator_user", "event", "since", "until"];

    /// Reads the filter, and which page of what it finds is wanted.
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn parse(params: &'a Params) -> Result<(Self, Page<'a>), OAuthError> {
        let page = Page::parse(params, &Self::KNOWN)?;
        let known =
            |name| Event::parse(name).ok_or_else(|| OAuthError::invalid_request("event is not one that is known"));
        let filter = Self {
            user_id: params.single("user")?,
            client_id: params.single("client")?,
            operator: params.single("operator")?,
            operator_user_id: params.single("operator_user")?,
            event: params.single("event")?.map(known).transpose()?,
            since: params.number("since")?.map(UnixTime),
            until: params.number("until")?.map(UnixTime),
            before: page.after(row_id)?,
        };
        Ok((filter, page))
    }
}

/// The rows of an export, which goes on from the last row of the one before.
#[derive(Debug, Default)]
pub struct Export {
    /// Newer than the row of this id.
    pub after: Option<i64>,
    /// At this time or later.
    pub since: Option<UnixTime>,
}

impl Export {
    /// # Errors
    /// `invalid_request`.
    pub fn parse(params: &Params) -> Result<Self, OAuthError> {
        params.refuse_unknown(&["after", "since"])?;
        Ok(Self {
            after: params.number("after")?,
            since: params.number("since")?.map(UnixTime),
        })
    }
}

fn row_id(text: &str) -> Option<i64> {
    text.parse::<u32>().ok().map(i64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_what_the_parameters_name_and_nothing_else() {
        let params = Params::parse("user=u&event=sign_in&since=5&after=7&limit=3").unwrap();
        let (filter, page) = AuditFilter::parse(&params).unwrap();
        assert_eq!(page.limit, 3);
        assert_eq!((filter.user_id, filter.client_id), (Some("u"), None));
        assert_eq!(filter.event, Some(Event::SignIn));
        assert_eq!(
            (filter.since, filter.until, filter.before),
            (Some(UnixTime(5)), None, Some(7))
        );
        for wrong in [
            "event=x",
            "since=-1",
            "until=x",
            "after=4294967296",
            "before=7",
            "usr=u",
            "user=u&user=v",
        ] {
            assert!(AuditFilter::parse(&Params::parse(wrong).unwrap()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_export_goes_on_from_a_row_or_a_time() {
        let export = |query| Export::parse(&Params::parse(query).unwrap());
        let both = export("after=7&since=5").unwrap();
        assert_eq!((both.after, both.since), (Some(7), Some(UnixTime(5))));
        assert!(export("").is_ok() && export("limit=9").is_err() && export("after=x").is_err());
    }
}
