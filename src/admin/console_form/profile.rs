//! What a form of the console says of a person's username, name and address, as a change of the admin API.

use serde_json::{Map, Value};

use crate::{
    account::user::User,
    oidc::{error::OAuthError, params::Params},
};

/// The body of `PATCH /admin/api/users/{user_id}`: what the form says otherwise than it is. A name or address that is left empty is
/// taken away, and a new address is one that nobody has confirmed. Nothing, where all is as it is.
///
/// # Errors
/// `invalid_request` for a field that comes twice.
pub fn changes(form: &Params, user: &User) -> Result<Option<Vec<u8>>, OAuthError> {
    let mut body = Map::new();
    let kept = |name: &str| match name {
        "username" => user.username.as_str(),
        _ => user.claims.text(name).unwrap_or_default(),
    };
    for name in ["username", "name", "email"] {
        let typed = form.single(name)?.unwrap_or_default().trim();
        if typed != kept(name) {
            let value = match typed {
                "" if name != "username" => Value::Null,
                typed => typed.into(),
            };
            body.insert(name.to_owned(), value);
        }
    }
    // The tick is about the address that the page showed.
    let is_confirmed = form.single("email_verified")? == Some("yes");
    let is_same_address = !body.contains_key("email") && !kept("email").is_empty();
    if is_same_address && is_confirmed != user.confirmed_email().is_some() {
        body.insert("email_verified".to_owned(), is_confirmed.into());
    }
    Ok((!body.is_empty()).then(|| Value::Object(body).to_string().into_bytes()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        account::user::Username,
        oidc::{claims::StandardClaims, subject::SubjectSalt},
        time::UnixTime,
    };

    #[test]
    fn a_form_says_what_is_to_be_otherwise() {
        let claims = json!({ "name": "Ada", "email": "ada@acme.org", "email_verified": true });
        let ada = User {
            id: "u".to_owned(),
            subject_salt: SubjectSalt::new([1; 32]),
            username: Username::parse("ada").unwrap(),
            claims: StandardClaims::parse(claims.as_object().unwrap()).unwrap(),
            disabled_at: None,
            created_at: UnixTime(1),
            updated_at: UnixTime(2),
            memberships: Default::default(),
        };
        let of = |form: &str| {
            let body = changes(&Params::parse(form).unwrap(), &ada).ok()?;
            Some(body.map(|body| serde_json::from_slice::<Value>(&body).unwrap()))
        };
        let as_it_is = "username=ada&name=Ada&email=ada@acme.org&email_verified=yes";
        assert_eq!(of(as_it_is), Some(None));
        assert_eq!(
            of("username=+grace&name=&email=ada@acme.org&email_verified=yes"),
            Some(Some(json!({ "username": "grace", "name": null })))
        );
        assert_eq!(
            of("username=ada&name=Ada&email=a@acme.org&email_verified=yes"),
            Some(Some(json!({ "email": "a@acme.org" })))
        );
        assert_eq!(
            of("username=ada&name=Ada&email=ada@acme.org"),
            Some(Some(json!({ "email_verified": false })))
        );
        assert_eq!(
            of("username=&name=Ada&email=&email_verified=yes"),
            Some(Some(json!({ "username": "", "email": null })))
        );
        assert_eq!(of(&format!("{as_it_is}&name=Eve")), None);
    }
}
