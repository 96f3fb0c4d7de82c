//! What the forms of the console about people who are to come are: a person who is made, an invitation. Each is a body of the admin API.

use serde_json::{Map, Value};

use crate::oidc::{error::OAuthError, params::Params};

/// The body of `POST /admin/api/users`.
///
/// # Errors
/// `invalid_request` for a field that comes twice, and without an address where the link goes there.
pub fn person(form: &Params) -> Result<Vec<u8>, OAuthError> {
    body(form, &["username", "name", "email"])
}

/// The body of `POST /admin/api/invitations`.
///
/// # Errors
/// As [`person`].
pub fn invitation(form: &Params) -> Result<Vec<u8>, OAuthError> {
    body(form, &["email", "note"])
}

/// Whether the link is to go by mail.
pub fn by_mail(form: &Params) -> bool {
    form.text("way") == "mail"
}

/// Fields that are left empty are left out.
fn body(form: &Params, names: &[&str]) -> Result<Vec<u8>, OAuthError> {
    let mut body = Map::new();
    for name in names {
        match form.single(name)?.unwrap_or_default().trim() {
            "" => {}
            text => _ = body.insert((*name).to_owned(), text.into()),
        }
    }
    if by_mail(form) && !body.contains_key("email") {
        return Err(OAuthError::invalid_request("email is missing: the link is to go there"));
    }
    Ok(Value::Object(body).to_string().into_bytes())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_form_about_somebody_who_is_to_come_is_a_body_of_the_admin_api() {
        let of = |make: fn(&Params) -> Result<Vec<u8>, OAuthError>, form: &str| {
            let body = make(&Params::parse(form).unwrap()).ok()?;
            Some(serde_json::from_slice::<Value>(&body).unwrap())
        };
        assert_eq!(
            of(person, "username=+ada+&name=&email=ada@acme.org&note=x&way=link"),
            Some(json!({ "username": "ada", "email": "ada@acme.org" }))
        );
        assert_eq!(
            of(invitation, "email=ada@acme.org&note=From+Sales&way=mail"),
            Some(json!({ "email": "ada@acme.org", "note": "From Sales" }))
        );
        assert_eq!(of(invitation, "email=&note="), Some(json!({})));
        assert_eq!(of(invitation, "email=+&way=mail"), None);
        assert_eq!(of(person, "username=a&username=b"), None);
    }
}
