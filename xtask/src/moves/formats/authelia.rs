//! Files of Authelia: the users of its file backend (`users`: `displayname`, `password`, `email`, `groups`, `disabled`; "File", in its
//! documentation under Configuration, First Factor), and its configuration with the apps (`identity_providers.oidc.clients`; "OpenID Connect
//! 1.0 Clients"). Secrets of apps are hashes there.

use serde_json::{Value, json};

use super::entry::{IMPLICIT, SECRET_IS_A_HASH};
use super::people::{People, Person, digest};
use super::registration::App;
use super::{Converted, Entry, flag, list, members, of_same_names, text, texts};
use crate::yaml::{self, Node};

/// Claims that are called there as in OpenID Connect.
const CLAIMS: [&str; 10] = [
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "gender",
    "birthdate",
    "website",
    "zoneinfo",
    "locale",
    "phone_number",
];

/// The parts of an address.
const ADDRESS: [&str; 5] = ["street_address", "locality", "region", "postal_code", "country"];

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
    let mut entry = Entry::new(format!("line {}", user.line), name, to);
    let user = user.json();
    let address = user.get("address");
    let address = address.map(|address| of_same_names(&ADDRESS, |name| text(address, name)));
    let mut claims = of_same_names(&CLAIMS, |name| text(&user, name));
    claims.extend(members([
        ("name", json!(text(&user, "displayname"))),
        ("address", json!(address.filter(|address| !address.is_empty()))),
    ]));
    let person = Person {
        // Authelia makes the `sub` up and keeps it in its own database: apps meet a new one.
        id: format!("authelia-{}", digest(name)),
        username: Some(name),
        email: text(&user, "email"),
        // Whoever wrote the file says so.
        email_verified: true,
        claims,
        disabled: flag(&user, "disabled").unwrap_or_default(),
        created_at: None,
        groups: texts(&user, "groups"),
    };
    let Some(id) = people.add(person, &mut entry) else {
        return;
    };
    let hash = text(&user, "password").map(|hash| hash.strip_prefix("{CRYPT}").unwrap_or(hash));
    let why_not = "the hash of its password is of a form that is not known here (SHA-crypt is not taken)";
    match hash {
        Some(hash) => entry.add_password(&id, hash, why_not),
        None => entry.leave("it has no password"),
    }
}

fn app(client: &Value, place: &str, to: &mut Converted) {
    let id = text(client, "client_id")
        .or_else(|| text(client, "id"))
        .unwrap_or_default();
    let name = text(client, "client_name").unwrap_or(id);
    let mut entry = Entry::new(place, name, to);
    let is_public = flag(client, "public").unwrap_or_default();
    let secret = text(client, "client_secret").or_else(|| text(client, "secret"));
    // "$plaintext$" marks one that is no hash.
    let plain = secret.and_then(|secret| secret.strip_prefix("$plaintext$"));
    if plain.is_none() && !is_public {
        entry.leave(SECRET_IS_A_HASH);
    }
    let mut grants = texts(client, "grant_types");
    if grants.is_empty() {
        grants.push("authorization_code".to_owned());
    }
    if grants.iter().any(|grant| grant == "implicit") {
        grants.retain(|grant| grant != "implicit");
        entry.leave(IMPLICIT);
    }
    let policy = text(client, "authorization_policy");
    if let Some(policy) = policy.filter(|policy| !matches!(*policy, "one_factor" | "two_factor")) {
        entry.leave(format!(
            "the policy {policy}: say which groups may use the app, in allowed_groups"
        ));
    }
    let is_two = policy == Some("two_factor");
    let is_implicit = text(client, "consent_mode") == Some("implicit");
    let app = App {
        id,
        name,
        redirect_uris: texts(client, "redirect_uris"),
        post_logout_redirect_uris: Vec::new(),
        grant_types: grants,
        is_public,
        secret: plain,
        metadata: members([
            ("default_acr_values", json!(is_two.then_some(["mfa"]))),
            ("consent", json!(is_implicit.then_some("never"))),
        ]),
    };
    app.add(&mut entry);
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
