//! Which rows of the audit an operator wants.

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
    pub event: Option<Event>,
    /// At this time or later.
    pub since: Option<UnixTime>,
    /// Before this time.
    pub until: Option<UnixTime>,
    /// Older than the row of this id: where a page ended.
    pub before: Option<i64>,
}

impl<'a> AuditFilter<'a> {
    /// The parameters of a filter, and `limit`.
    const KNOWN: [&'static str; 7] = ["user", "client", "event", "since", "until", "before", "limit"];

    /// # Errors
    /// `invalid_request`, also for a parameter that is no filter: it would be taken for one that holds for all rows.
    pub fn parse(params: &'a Params) -> Result<Self, OAuthError> {
        params.refuse_unknown(&Self::KNOWN)?;
        let known =
            |name| Event::parse(name).ok_or_else(|| OAuthError::invalid_request("event is not one that is known"));
        Ok(Self {
            user_id: params.single("user")?,
            client_id: params.single("client")?,
            event: params.single("event")?.map(known).transpose()?,
            since: params.number("since")?.map(UnixTime),
            until: params.number("until")?.map(UnixTime),
            before: params.number("before")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_what_the_parameters_name_and_nothing_else() {
        let params = Params::parse("user=u&event=sign_in&since=5&before=7&limit=3").unwrap();
        let filter = AuditFilter::parse(&params).unwrap();
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
            "before=4294967296",
            "usr=u",
            "user=u&user=v",
        ] {
            assert!(AuditFilter::parse(&Params::parse(wrong).unwrap()).is_err(), "{wrong}");
        }
    }
}
