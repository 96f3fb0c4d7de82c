//! People and groups of other providers: ids and names as Limen can have them, and the same again each time.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::Entry;

/// A person as another provider has them.
#[derive(Debug, Default)]
pub struct Person<'a> {
    /// What apps know them by.
    pub id: String,
    pub username: Option<&'a str>,
    pub email: Option<&'a str>,
    pub email_verified: bool,
    /// Other claims of OpenID Connect.
    pub claims: Map<String, Value>,
    pub disabled: bool,
    pub created_at: Option<i64>,
    /// The names of their groups.
    pub groups: Vec<String>,
}

/// People, and which names are given away.
#[derive(Default)]
pub struct People {
    /// Where each of them is, by their ids.
    ids: BTreeMap<String, String>,
    usernames: BTreeSet<String>,
    /// The ids of groups by their names.
    groups: BTreeMap<String, String>,
}

impl People {
    /// Adds a person with their groups, and says by which id they are known; none where they cannot be taken.
    pub fn add(&mut self, person: Person, entry: &mut Entry) -> Option<String> {
        let had = person.username.or(person.email).unwrap_or(&person.id);
        let mut entry = entry.called(had);
        let Some(id) = id_of(&person.id) else {
            entry.leave("its id has signs that ids of people cannot have here");
            return None;
        };
        if let Some(place) = self.ids.get(&id) {
            entry.leave(format!("{place} is the same person: what that says of them is taken"));
            return None;
        }
        let Some(username) = self.username_of(&person) else {
            entry.leave("no username can be made of its name or address");
            return None;
        };
        let expected = match person.username {
            Some(name) => name.to_lowercase(),
            None => local_part(had).to_lowercase(),
        };
        self.ids.insert(id.clone(), entry.place().to_owned());
        if username != expected {
            entry.change(format!(
                "is called {username} here: others cannot have that name, or others have it"
            ));
        }
        let mut claims = person.claims;
        if let Some(email) = person.email {
            claims.insert("email".to_owned(), email.into());
            claims.insert("email_verified".to_owned(), person.email_verified.into());
        }
        let mut line = json!({ "kind": "person", "id": id, "username": username, "claims": claims });
        if let Some(at) = person.created_at {
            line["created_at"] = at.into();
            line["updated_at"] = at.into();
        }
        if person.disabled {
            // When is not told: since the beginning.
            line["disabled_at"] = person.created_at.unwrap_or_default().into();
        }
        entry.add(line);
        let groups = person.groups.iter();
        let groups: Vec<_> = groups.map(|name| self.group(name, None, &mut entry)).collect();
        if !groups.is_empty() {
            entry.add(json!({ "kind": "memberships", "user": id, "groups": groups }));
        }
        Some(id)
    }

    /// The id of a group, which is added where it is new. `id` is the one that it has elsewhere.
    pub fn group(&mut self, name: &str, id: Option<&str>, entry: &mut Entry) -> String {
        if let Some(known) = self.groups.get(name) {
            return known.clone();
        }
        let id = id.and_then(id_of).unwrap_or_else(|| id_of_group(name));
        self.groups.insert(name.to_owned(), id.clone());
        // Limen's groups have no parents: the path is the name, without the slash that it begins with.
        let path = name.trim_start_matches('/');
        let label: String = path.chars().take(100).collect();
        if label != path {
            let why = format!("is called {label} here: the name of a group has 100 characters at most");
            entry.called(name).change(why);
        }
        entry.add(json!({ "kind": "group", "id": id, "name": label }));
        id
    }

    /// A username: what they had, or what their address begins with. People sign in by their address as well.
    fn username_of(&mut self, person: &Person) -> Option<String> {
        let of_address = person.email.map(local_part);
        let named = person.username.map(local_part);
        let base = [named, of_address, Some(person.id.as_str())]
            .into_iter()
            .flatten()
            .find_map(plain_username)?;
        let username = free(&base, |name| self.usernames.contains(name));
        self.usernames.insert(username.clone());
        Some(username)
    }
}

/// What an address begins with.
fn local_part(address: &str) -> &str {
    address.split('@').next().unwrap_or_default()
}

/// An id that Limen can take: what apps know people by stays the same.
pub fn id_of(id: &str) -> Option<String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_|".contains(&byte);
    ((1..=64).contains(&id.len()) && id.bytes().all(is_plain)).then(|| id.to_owned())
}

/// The id of a group by its name, also in the next import: what names become that differ in their signs alone differs.
fn id_of_group(name: &str) -> String {
    let plain: String = name
        .trim_start_matches('/')
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '_' {
                c.to_ascii_lowercase()
            } else {
                '-'
            }
        })
        .take(30)
        .collect();
    format!("group-{plain}-{}", digest(name))
}

/// A text of 22 letters, digits, `-` and `_` that stands for another, and for no other.
pub fn digest(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(digest.iter().copied().take(16).collect::<Vec<_>>())
}

/// A name in letters, digits and signs that usernames have here, in small letters.
fn plain_username(name: &str) -> Option<String> {
    let plain: String = name
        .to_lowercase()
        .chars()
        .map(|c| match c.is_alphanumeric() || "._-+".contains(c) {
            true => c,
            false => '-',
        })
        .take(60)
        .collect();
    plain.chars().any(char::is_alphanumeric).then_some(plain)
}

/// The first of `base`, `base-2`, `base-3` and so on that is not taken.
fn free(base: &str, taken: impl Fn(&String) -> bool) -> String {
    let numbered = (2..).map(|n| format!("{base}-{n}"));
    let mut all = std::iter::once(base.to_owned()).chain(numbered);
    // There are more numbers than names.
    all.find(|name| !taken(name)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::Converted;
    use super::*;

    #[test]
    fn a_name_that_is_cut_or_given_away_is_reported() {
        let (mut people, mut to) = (People::default(), Converted::default());
        for (id, name) in [("1", "Ada"), ("2", "ada@acme.org"), ("3", "bob@acme.org"), ("4", "eve")] {
            let person = Person {
                id: id.to_owned(),
                username: Some(name),
                ..Person::default()
            };
            assert!(people.add(person, &mut Entry::new(id, id, &mut to)).is_some());
        }
        let changed: Vec<_> = to.changed.iter().map(|changed| changed.what.as_str()).collect();
        assert_eq!(changed, ["ada@acme.org", "bob@acme.org"]);
        assert!(to.changed[0].why.starts_with("is called ada-2 here"));
        people.group(&"x".repeat(100), None, &mut Entry::new("5", "a group", &mut to));
        assert_eq!(to.changed.len(), 2);
        people.group(&"y".repeat(101), None, &mut Entry::new("6", "a group", &mut to));
        assert_eq!((to.changed[2].place.as_str(), to.left.len()), ("6", 0));
    }

    #[test]
    fn who_is_twice_in_the_files_comes_once_and_is_not_called_otherwise() {
        let (mut people, mut to) = (People::default(), Converted::default());
        for place in ["line 2", "line 3"] {
            let person = Person {
                id: "1".to_owned(),
                username: Some("ada"),
                ..Person::default()
            };
            people.add(person, &mut Entry::new(place, "ada", &mut to));
        }
        assert_eq!((to.lines.len(), to.changed.len()), (1, 0));
        assert_eq!(
            (to.left[0].place.as_str(), to.left[0].why.as_str()),
            ("line 3", "line 2 is the same person: what that says of them is taken")
        );
    }

    #[test]
    fn ids_of_what_has_none_differ_where_the_names_do() {
        let ids: BTreeSet<_> = ["/Staff", "Staff!", "Staff?", "staff"].map(id_of_group).into();
        assert_eq!(ids.len(), 4);
        assert!(ids.iter().all(|id| id_of(id).is_some()));
        assert!(id_of(&id_of_group(&"x".repeat(200))).is_some());
        assert_eq!(digest("j.doe").len(), 22);
    }

    #[test]
    fn usernames_are_made_of_addresses_and_differ() {
        let mut people = People::default();
        let mut to = Converted::default();
        for (id, email) in [("1", "Ada@acme.org"), ("2", "ada@other.org"), ("3", "o'brien@acme.org")] {
            let person = Person {
                id: id.to_owned(),
                email: Some(email),
                groups: vec!["/Staff/Writers".to_owned()],
                ..Person::default()
            };
            assert!(people.add(person, &mut Entry::new(id, id, &mut to)).is_some());
        }
        let of = |kind: &str, name: &str| -> Vec<_> {
            let lines = to
                .lines
                .iter()
                .map(|(_, line)| line)
                .filter(|line| line["kind"] == kind);
            lines
                .map(|line| line[name].as_str().unwrap_or_default().to_owned())
                .collect()
        };
        assert_eq!(of("person", "username"), ["ada", "ada-2", "o-brien"]);
        assert_eq!(of("group", "name"), ["Staff/Writers"], "one group");
        assert_eq!(of("group", "id"), [id_of_group("/Staff/Writers")]);
        let changed: Vec<_> = to.changed.iter().map(|changed| changed.what.as_str()).collect();
        assert_eq!(
            changed,
            ["ada@other.org", "o'brien@acme.org"],
            "whose names are others here"
        );
        let odd = Person {
            id: "a b".to_owned(),
            ..Person::default()
        };
        let mut to = Converted::default();
        assert!(people.add(odd, &mut Entry::new("4", "4", &mut to)).is_none());
    }
}
