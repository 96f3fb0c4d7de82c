//! Files of Amazon Cognito: `aws cognito-idp list-users` (`Users` with `Username`, `Attributes`, `Enabled`, `UserStatus`, `UserCreateDate`),
//! `list-users-in-group` under the name of the group, and apps as `describe-user-pool-client` gives them (`UserPoolClient` with `ClientId`,
//! `ClientSecret`, `CallbackURLs`, `LogoutURLs`, `AllowedOAuthFlows`). From the "Amazon Cognito User Pools API Reference", ListUsers and
//! DescribeUserPoolClient. Cognito gives nobody the hashes of passwords.

use serde_json::Value;

use super::people::{People, Person};
use super::registration::App;
use super::{Converted, Entry, entry, flag, json as parse, list, of_same_names, seconds, text, texts};

/// Attributes that are called as claims of OpenID Connect.
const CLAIMS: [&str; 13] = [
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "picture",
    "profile",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "phone_number",
];

pub fn convert(files: &[String], to: &mut Converted) -> Result<(), String> {
    let mut people = People::default();
    for file in files {
        let document = parse(file)?;
        if let Some(client) = document.get("UserPoolClient") {
            app(client, "UserPoolClient", to);
        } else if document.get("Users").is_some() {
            for (n, user) in list(&document, "Users").iter().enumerate() {
                person(user, format!("Users[{n}]"), &mut people, to);
            }
        } else {
            return Err("A file has neither Users nor a UserPoolClient".to_owned());
        }
    }
    Ok(())
}

fn person(user: &Value, place: String, people: &mut People, to: &mut Converted) {
    let attribute = |name: &str| {
        let held = list(user, "Attributes")
            .iter()
            .find(|held| text(held, "Name") == Some(name));
        held.and_then(|held| text(held, "Value"))
    };
    let username = text(user, "Username").unwrap_or_default();
    let mut entry = Entry::new(place, attribute("email").unwrap_or(username), to);
    // Of pools where people sign in by their address the username is the `sub`.
    let sub = attribute("sub").unwrap_or(username);
    let mut claims = of_same_names(&CLAIMS, attribute);
    if claims.contains_key("phone_number") {
        let is_verified = attribute("phone_number_verified") == Some("true");
        claims.insert("phone_number_verified".to_owned(), is_verified.into());
    }
    let created = user.get("UserCreateDate");
    let person = Person {
        id: sub.to_owned(),
        username: Some(username).filter(|name| *name != sub),
        email: attribute("email"),
        email_verified: attribute("email_verified") == Some("true"),
        claims,
        disabled: flag(user, "Enabled") == Some(false),
        created_at: created.and_then(|at| at.as_str().map_or(at.as_f64().map(|at| at as i64), seconds)),
        groups: Vec::new(),
    };
    if people.add(person, &mut entry).is_none() {
        return;
    }
    entry.leave("Cognito gives no password hashes: they set a password up by a link, or sign in by mail or passkey");
    let names = list(user, "Attributes").iter().filter_map(|held| text(held, "Name"));
    for name in names.filter(|name| name.contains(':')) {
        entry.leave(entry::attribute(name));
    }
    if attribute("identities").is_some() {
        entry.leave("a sign-in by another provider: people sign in at Limen itself");
    }
}

fn app(client: &Value, place: &str, to: &mut Converted) {
    let name = text(client, "ClientName").unwrap_or_default();
    let mut entry = Entry::new(place, name, to);
    let mut grants = Vec::new();
    for flow in texts(client, "AllowedOAuthFlows") {
        match flow.as_str() {
            "code" => grants.push("authorization_code".to_owned()),
            "client_credentials" => grants.push(flow),
            other => entry.leave(format!(
                "the {other} flow is not for new apps: use authorization_code with PKCE"
            )),
        }
    }
    if grants.iter().any(|grant| grant == "authorization_code") {
        grants.push("refresh_token".to_owned());
    }
    let scopes = texts(client, "AllowedOAuthScopes").into_iter();
    for scope in scopes.filter(|scope| scope.contains('/') || scope.starts_with("aws.")) {
        entry.leave(format!("the scope {scope} is of an API: name it in RESOURCES"));
    }
    let secret = text(client, "ClientSecret");
    let app = App {
        id: text(client, "ClientId").unwrap_or_default(),
        name,
        redirect_uris: texts(client, "CallbackURLs"),
        post_logout_redirect_uris: texts(client, "LogoutURLs"),
        grant_types: grants,
        is_public: secret.is_none(),
        secret,
        ..App::default()
    };
    app.add(&mut entry);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{Format, convert};

    #[test]
    fn users_keep_their_sub_and_are_named_for_their_passwords() {
        let file = json!({ "Users": [{
            "Username": "8f3c1b1e-5a44-4a39-9d43-0f5a3a1a7c11",
            "Attributes": [
                { "Name": "sub", "Value": "8f3c1b1e-5a44-4a39-9d43-0f5a3a1a7c11" }, { "Name": "email", "Value": "ada@acme.org" },
                { "Name": "email_verified", "Value": "true" }, { "Name": "custom:plan", "Value": "gold" }],
            "UserCreateDate": "2023-05-01T10:00:00.000000+02:00", "Enabled": true, "UserStatus": "CONFIRMED" }] });
        let to = convert(Format::Cognito, &[file.to_string()]).unwrap();
        assert_eq!(
            to.lines[0].1,
            json!({ "kind": "person", "id": "8f3c1b1e-5a44-4a39-9d43-0f5a3a1a7c11", "username": "ada", "created_at": 1_682_928_000,
                    "updated_at": 1_682_928_000, "claims": { "email": "ada@acme.org", "email_verified": true } })
        );
        assert_eq!(to.left.len(), 2, "{:?}", to.left);
    }

    #[test]
    fn an_app_client_keeps_its_secret() {
        let file = json!({ "UserPoolClient": { "ClientName": "Notes", "ClientId": "1example23456789", "ClientSecret": "9example8example7example6example",
            "CallbackURLs": ["https://notes.acme.org/cb"], "AllowedOAuthFlows": ["code", "implicit"], "AllowedOAuthScopes": ["openid", "api/read"] } });
        let to = convert(Format::Cognito, &[file.to_string()]).unwrap();
        assert_eq!(to.lines[0].1["secret"], "9example8example7example6example");
        assert_eq!(
            to.lines[0].1["metadata"]["grant_types"],
            json!(["authorization_code", "refresh_token"])
        );
        assert_eq!(to.left.len(), 2, "{:?}", to.left);
        assert!(convert(Format::Cognito, &["{}".to_owned()]).is_err());
    }
}
