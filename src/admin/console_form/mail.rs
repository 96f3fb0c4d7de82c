//! What the form about mails asks for.

use super::{asked, unknown};
use crate::{
    oidc::{error::OAuthError, params::Params},
    routes::{Call, Endpoint, Method},
};

/// What is done to a mail.
#[derive(Debug, PartialEq, Eq)]
pub enum MailAction<'a> {
    Retry(&'a str),
    Delete(&'a str),
}

impl<'a> MailAction<'a> {
    /// # Errors
    /// `invalid_request`.
    pub fn parse(form: &'a Params) -> Result<Self, OAuthError> {
        match asked(form, &["retry", "delete"])? {
            ("retry", id) => Ok(Self::Retry(id)),
            ("delete", id) => Ok(Self::Delete(id)),
            _ => Err(unknown()),
        }
    }

    /// The call of the admin API that does the same.
    pub fn call(&self) -> Call {
        match self {
            Self::Retry(_) => (Endpoint::AdminMailRetry, Method::Post),
            Self::Delete(_) => (Endpoint::AdminMail, Method::Delete),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::api_key::{Area, KeyScope};

    #[test]
    fn what_is_done_to_mails_needs_the_scope_of_the_call() {
        let params = |form| Params::parse(form).unwrap();
        for form in ["retry=m", "delete=m"] {
            let (endpoint, method) = MailAction::parse(&params(form)).unwrap().call();
            let needed = KeyScope::needed(endpoint.path(), method).unwrap();
            assert_eq!((needed.area, needed.writes), (Area::Mail, true), "{form}");
        }
        assert!(MailAction::parse(&params("do=delete")).is_err());
    }
}
