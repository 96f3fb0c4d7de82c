//! Files of Authelia: the users of its file backend (`users`: `displayname`, `password`, `email`, `groups`, `disabled`; "File", in its
//! documentation under Configuration, First Factor), and its configuration with the apps (`identity_providers.oidc.clients`; "OpenID Connect
//! 1.0 Clients"). Secrets of apps are hashes there.

use serde_json::{Map, Value, json};

use super::people::{People, Person, digest};
use super::registration::App;
use super::{Converted, flag, hashes, list, members, text, texts};
use crate::yaml::{self, Node};

pub fn convert(files: &[String], to: &mut Converted) -> Result<(), String> {
    let mut people = People::default();
    for file in files {
        let document = yaml::parse(file)?;
        let clients = document
            .get("identity_providers")
            .and_then(|node| node.get("oidc")?.get("clients"));
        if let Some(clients) = clients {
            for client in list(&json!({ "clients": clients.json() }), "clients") {
                app(client, &format!("line {}", clients.line), to);
            }
        }
        let users = document.get("users");
        for (name, user) in users.map(Node::members).unwrap_or_default() {
            person(name, user, &mut people, to);
        }
        if clients.is_none() && users.is_none() {
            return Err("A file has neither users nor identity_providers.oidc.clients".to_owned());
        }
    }
    Ok(())
}

fn person(name: &str, user: &Node, people: &mut People, to: &mut Converted) {
    let (place, user) = (format!("line {}", user.line), user.json());
    let address = user.get("address").map(|address| {
        let part = |there: &str, here: &str| text(address, there).map(|value| (here.to_owned(), Value::from(value)));
        let parts = [
            ("street_address", "street_address"),
            ("locality", "locality"),
            ("region", "region"),
            ("postal_code", "postal_code"),
            ("country", "country"),
        ];
        parts
            .into_iter()
            .filter_map(|(there, here)| part(there, here))
            .collect::<Map<_, _>>()
    });
    let claims = members([
        ("name", json!(text(&user, "displayname"))),
        ("given_name", json!(text(&user, "given_name"))),
        ("family_name", json!(text(&user, "family_name"))),
        ("middle_name", json!(text(&user, "middle_name"))),
        ("nickname", json!(text(&user, "nickname"))),
        ("gender", json!(text(&user, "gender"))),
        ("birthdate", json!(text(&user, "birthdate"))),
        ("website", json!(text(&user, "website"))),
        ("zoneinfo", json!(text(&user, "zoneinfo"))),
        ("locale", json!(text(&user, "locale"))),
        ("phone_number", json!(text(&user, "phone_number"))),
        (
            "address",
            address
                .filter(|address| !address.is_empty())
                .map_or(Value::Null, Value::Object),
        ),
    ]);
    let person = Person {
        // Authelia makes the `sub` up and keeps it in its own database: apps meet a new one.
        id: format!("authelia-{}", digest(name)),
        username: Some(name.to_owned()),
        email: text(&user, "email").map(str::to_owned),
        // Whoever wrote the file says so.
        email_verified: true,
        claims,
        disabled: flag(&user, "disabled").unwrap_or_default(),
        created_at: None,
        groups: texts(&user, "groups"),
    };
    let Some(id) = people.add(person, &place, to) else {
        return;
    };
    let hash = text(&user, "password").map(|hash| hash.strip_prefix("{CRYPT}").unwrap_or(hash));
    match hash {
        Some(hash) if hashes::is_known(hash) => {
            to.add(
                place,
                json!({ "kind": "credential", "user": id, "type": "password", "secret": hash }),
            );
        }
        Some(_) => to.leave(
            place,
            name,
            "the hash of its password is of a form that is not known here (SHA-crypt is not taken)",
        ),
        None => to.leave(place, name, "it has no password"),
    }
}

fn app(client: &Value, place: &str, to: &mut Converted) {
    let id = text(client, "client_id")
        .or_else(|| text(client, "id"))
        .unwrap_or_default();
    let name = text(client, "client_name").unwrap_or(id);
    let is_public = flag(client, "public").unwrap_or_default();
    let secret = text(client, "client_secret").or_else(|| text(client, "secret"));
    // "$plaintext$" marks one that is no hash.
    let plain = secret.and_then(|secret| secret.strip_prefix("$plaintext$"));
    if plain.is_none() && !is_public {
        to.leave(place, name, "its secret is a hash there: it needs a new one");
    }
    let mut grants = texts(client, "grant_types");
    if grants.is_empty() {
        grants.push("authorization_code".to_owned());
    }
    if grants.iter().any(|grant| grant == "implicit") {
        grants.retain(|grant| grant != "implicit");
        to.leave(
            place,
            name,
            "the implicit flow is not for new apps: use authorization_code with PKCE",
        );
    }
    if let Some(policy) =
        text(client, "authorization_policy").filter(|policy| !matches!(*policy, "one_factor" | "two_factor"))
    {
        to.leave(
            place,
            name,
            format!("the policy {policy}: say which groups may use the app, in allowed_groups"),
        );
    }
    let is_two = text(client, "authorization_policy") == Some("two_factor");
    let consent = text(client, "consent_mode");
    let app = App {
        id: id.to_owned(),
        name: name.to_owned(),
        redirect_uris: texts(client, "redirect_uris"),
        post_logout_redirect_uris: Vec::new(),
        grant_types: grants,
        is_public,
        secret: plain.map(str::to_owned),
        metadata: members([
            ("default_acr_values", if is_two { json!(["mfa"]) } else { Value::Null }),
            (
                "consent",
                if consent == Some("implicit") {
                    json!("never")
                } else {
                    Value::Null
                },
            ),
        ]),
    };
    app.add(place, to);
}

#[cfg(test)]
mod tests {
    use super::super::{Format, convert};
    use super::*;

    const USERS: &str = "users:\n  john:\n    disabled: false\n    displayname: 'John Doe'\n    password: '$argon2id$v=19$m=65536,t=3,p=4$Hjc8e7WYcBFcJmEDUOsS9A$ozM7RyZR1EyDR8cuyVpDDfmLrGPGFgo5E2NNqRumui4'\n    email: 'john.doe@authelia.com'\n    groups:\n      - 'admins'\n      - 'dev'\n  harry:\n    displayname: 'Harry Potter'\n    password: '$6$rounds=50000$BpLnfgDsc2WD8F2q$abc'\n    email: 'harry@authelia.com'\n";

    const CONFIGURATION: &str = "theme: dark\nidentity_providers:\n  oidc:\n    clients:\n      - client_id: 'grafana'\n        client_name: 'Grafana'\n        client_secret: '$pbkdf2-sha512$310000$c8p78n7pUMln0jzvd4aK4Q$JNRBzwAo0ek5qKn50cFzzvE9RXV88h1wJn5KGiHrD0YKtZaR'\n        public: false\n        authorization_policy: 'two_factor'\n        redirect_uris:\n          - 'https://grafana.acme.org/login/generic_oauth'\n        scopes: ['openid', 'profile']\n";

    #[test]
    fn users_and_clients_move() {
        let to = convert(Format::Authelia, &[USERS.to_owned(), CONFIGURATION.to_owned()]).unwrap();
        let kinds: Vec<_> = to
            .lines
            .iter()
            .map(|(place, line)| format!("{} {place}", line["kind"].as_str().unwrap()))
            .collect();
        assert_eq!(
            kinds,
            [
                "group line 3",
                "group line 3",
                "app line 15",
                "person line 3",
                "person line 11",
                "credential line 3",
                "memberships line 3"
            ]
            .map(|kind| kind.replace("line 15", "line 5"))
        );
        let john = &to.lines[3].1;
        assert_eq!(
            (&john["username"], &john["claims"]["name"]),
            (&json!("john"), &json!("John Doe"))
        );
        assert_eq!(to.lines[2].1["metadata"]["default_acr_values"], json!(["mfa"]));
        assert_eq!(to.left.len(), 2, "{:?}", to.left);
        assert!(convert(Format::Authelia, &["theme: dark\n".to_owned()]).is_err());
    }
}
