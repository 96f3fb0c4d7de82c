//! What a form of the console asks for. Each thing is a call of the admin API, and needs what that call needs.

pub mod api;
pub mod app;
mod day;
pub mod group;
pub mod mail;
pub mod new_person;
pub mod person;
pub mod profile;
pub mod system;
pub mod webhook;

pub use day::day;

use crate::oidc::{error::OAuthError, params::Params};

/// The one thing that a form asks for: `do` and what is done; or what is done, which is one of `names`, and the id of what it is done to.
///
/// # Errors
/// `invalid_request` for a form that asks for nothing, or for several things.
pub fn asked<'a>(form: &'a Params, names: &[&'static str]) -> Result<(&'static str, &'a str), OAuthError> {
    let mut found = None;
    for name in ["do"].iter().chain(names) {
        let Some(value) = form.single(name)? else { continue };
        if found.replace((*name, value)).is_some() {
            return Err(unknown());
        }
    }
    found.ok_or_else(unknown)
}

/// What the form is about is no longer as the page showed it.
pub fn changed() -> OAuthError {
    OAuthError::invalid_request("it was changed since this page was opened; open it again")
}

/// What is said where a form is to delete something, and nobody has ticked that they are sure.
pub const UNSURE: &str = "nothing was deleted: tick that you are sure";

/// Whether somebody who wants to delete something has ticked that they are sure.
///
/// # Errors
/// `invalid_request` with [`UNSURE`].
pub fn require_sure(form: &Params) -> Result<(), OAuthError> {
    match form.single("sure")? {
        Some("yes") => Ok(()),
        _ => Err(OAuthError::invalid_request(UNSURE)),
    }
}

/// The form asks for nothing that there is.
pub fn unknown() -> OAuthError {
    OAuthError::invalid_request("the form must ask for one thing that there is")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_deletes_something_is_sure() {
        let of = |form: &str| require_sure(&Params::parse(form).unwrap());
        assert_eq!(of("do=delete&sure=yes"), Ok(()));
        for form in ["do=delete", "sure=", "sure=no"] {
            assert_eq!(of(form).unwrap_err().description, UNSURE, "{form}");
        }
        assert!(of("sure=yes&sure=yes").is_err());
    }

    #[test]
    fn a_form_asks_for_one_thing() {
        let of = |form: &str| {
            let params = Params::parse(form).unwrap();
            asked(&params, &["remove"])
                .map(|(name, value)| format!("{name} {value}"))
                .ok()
        };
        assert_eq!(of("do=save&x=y").as_deref(), Some("do save"));
        assert_eq!(of("remove=7").as_deref(), Some("remove 7"));
        for wrong in ["", "x=y", "do=a&remove=b", "do=a&do=b", "remove=a&remove=b"] {
            assert_eq!(of(wrong), None, "{wrong}");
        }
    }
}
