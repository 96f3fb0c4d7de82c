//! What a deployment would refuse of lines, as far as they say so themselves: a dry run asks none. What only the deployment knows (who is
//! there, its settings), and names in other than Latin letters, are left to it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::formats::{Converted, Left};
use super::report::name_of;
use crate::web::host::is_domain;

/// What an address and a username have beside letters and digits.
const OF_ADDRESS: &str = ".!#$'*+-/=?^_{}~";
const OF_USERNAME: &str = "._-+";

const LONGEST_ADDRESS: usize = 254;
const LONGEST_LOCAL_PART: usize = 64;
const LONGEST_USERNAME: usize = 64;

/// Words that stand in the place of an id in the addresses of the console and the admin API.
const OF_PEOPLE: [&str; 2] = ["new", "invitations"];
const OF_APPS: [&str; 4] = ["new", "registered", "unused", "approval"];

/// What lines before have made, with where each is.
#[derive(Default)]
struct Made<'a> {
    /// By kind and id.
    things: BTreeMap<(&'a str, &'a str), (&'a str, &'a Value)>,
    /// By the text by which they are compared.
    usernames: BTreeMap<String, &'a str>,
    addresses: BTreeMap<String, &'a str>,
    /// The ids of people, in small letters.
    ids: BTreeMap<String, &'a str>,
}

/// The lines that would be refused, or would change nothing, and why.
pub fn refusals(converted: &Converted) -> Vec<Left> {
    let mut made = Made::default();
    let mut refused = Vec::new();
    for (place, line) in &converted.lines {
        if let Err(why) = made.take(place, line) {
            let kind = text(line, "kind").unwrap_or("line");
            let what = format!("{kind} {}", name_of(line));
            refused.push(Left {
                place: place.clone(),
                what,
                why,
            });
        }
    }
    refused
}

impl<'a> Made<'a> {
    /// Notes what a line makes.
    ///
    /// # Errors
    /// Why it would make nothing.
    fn take(&mut self, place: &'a str, line: &'a Value) -> Result<(), String> {
        let kind = text(line, "kind").unwrap_or_default();
        let id = text(line, "id").unwrap_or_default();
        match kind {
            "group" | "app" | "person" => {
                match self.things.get(&(kind, id)) {
                    Some((_, before)) if *before == line => return Ok(()),
                    Some((where_else, _)) => return Err(format!("differs from {where_else}, which has the same id")),
                    None => {}
                }
                match kind {
                    "person" => self.person(place, id, line)?,
                    "app" => app(id)?,
                    _ => {}
                }
                self.things.insert((kind, id), (place, line));
                Ok(())
            }
            "credential" | "memberships" | "terms" | "operator" | "role" | "consent" => self.refers(line),
            _ => Ok(()),
        }
    }

    fn person(&mut self, place: &'a str, id: &str, line: &Value) -> Result<(), String> {
        let email = line.pointer("/claims/email").and_then(Value::as_str);
        if email.is_some_and(|email| !may_be_address(email)) {
            return Err("email must be an e-mail address".to_owned());
        }
        if OF_PEOPLE.contains(&id) {
            return Err(format!(
                "id cannot be {id}: the address of something else here has that word in its place"
            ));
        }
        let username = text(line, "username").unwrap_or_default();
        if !may_be_username(username) {
            return Err(
                "username must be 1 to 64 letters of one script, digits, dots, dashes, underscores or plus signs"
                    .to_owned(),
            );
        }
        let (username, email) = (username.to_lowercase(), email.map(str::to_lowercase));
        let small_id = id.to_lowercase();
        let of_app = self.things.get(&("app", id)).map(|(place, _)| *place);
        let others = [
            ("username", self.usernames.get(&username).copied()),
            (
                "username",
                self.ids.get(&username).copied().filter(|_| username != small_id),
            ),
            ("id", self.usernames.get(&small_id).copied()),
            ("id", of_app),
            (
                "address",
                email.as_ref().and_then(|email| self.addresses.get(email).copied()),
            ),
        ];
        if let Some((what, where_else)) = others.into_iter().find_map(|(what, at)| Some((what, at?))) {
            return Err(format!("its {what} is that of {where_else}"));
        }
        self.usernames.insert(username, place);
        self.ids.insert(small_id, place);
        if let Some(email) = email {
            self.addresses.insert(email, place);
        }
        Ok(())
    }

    /// Whether what a line is about is in lines before.
    fn refers(&self, line: &Value) -> Result<(), String> {
        let groups = line.get("groups").and_then(Value::as_array).into_iter().flatten();
        let named = [("user", "person"), ("app", "app"), ("group", "group")]
            .into_iter()
            .filter_map(|(member, of)| Some((of, text(line, member)?)))
            .chain(groups.filter_map(|group| Some(("group", group.as_str()?))));
        for (of, id) in named {
            if !self.things.contains_key(&(of, id)) {
                return Err(format!(
                    "the {of} {id} is none of those that can be taken: refused unless it is there already"
                ));
            }
        }
        Ok(())
    }
}

fn app(id: &str) -> Result<(), String> {
    let of_api = id.strip_prefix("api_").is_some_and(|rest| rest.len() == 22);
    match of_api || OF_APPS.contains(&id) {
        true => Err(format!("id cannot be {id}: that means something else here")),
        false => Ok(()),
    }
}

fn text<'a>(line: &'a Value, name: &str) -> Option<&'a str> {
    line.get(name).and_then(Value::as_str)
}

/// Whether what stands in a text in ASCII are letters, digits and `signs`, and something beside signs is there.
fn is_plain(text: &str, signs: &str) -> bool {
    let is_known = |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || signs.contains(c);
    text.chars().all(is_known) && text.chars().any(|c| !signs.contains(c))
}

fn may_be_username(username: &str) -> bool {
    is_plain(username, OF_USERNAME) && username.chars().count() <= LONGEST_USERNAME
}

fn may_be_address(address: &str) -> bool {
    let Some((local, domain)) = address.split_once('@') else {
        return false;
    };
    if local.is_empty() || !is_plain(local, OF_ADDRESS) || local.split('.').any(str::is_empty) {
        return false;
    }
    // Letters of double width become usual ones.
    if domain.chars().any(|c| c >= '\u{2000}') {
        return true;
    }
    is_domain(domain) && (!local.is_ascii() || local.len() <= LONGEST_LOCAL_PART && address.len() <= LONGEST_ADDRESS)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(lines: &[Value]) -> Vec<(String, String)> {
        let mut converted = Converted::default();
        for (n, line) in lines.iter().enumerate() {
            converted.add(format!("line {}", n + 1), line.clone());
        }
        let refusals = refusals(&converted).into_iter();
        refusals.map(|left| (left.place, left.why)).collect()
    }

    fn person(id: &str, username: &str, email: &str) -> Value {
        json!({ "kind": "person", "id": id, "username": username, "claims": { "email": email } })
    }

    #[test]
    fn what_the_lines_themselves_say_is_told_before_anything_is_sent() {
        let ada = person("1", "ada", "ada@acme.org");
        let lines = [
            json!({ "kind": "group", "id": "g", "name": "Staff" }),
            json!({ "kind": "app", "id": "registered", "metadata": {} }),
            json!({ "kind": "app", "id": "notes", "metadata": {} }),
            ada.clone(),
            person("2", "bob", "not-an-address"),
            person("3", "a b", "c@acme.org"),
            person("4", "Ada", "d@acme.org"),
            person("5", "eve", "ADA@acme.org"),
            person("6", "notes", "e@acme.org"),
            person("notes", "f", "f@acme.org"),
            person("new", "g", "g@acme.org"),
            person("1", "ada", "other@acme.org"),
            ada,
            person("7", "7", "h@acme.org"),
            person("8", "1", "i@acme.org"),
            json!({ "kind": "credential", "user": "1", "type": "password", "secret": "x" }),
            json!({ "kind": "credential", "user": "2", "type": "password", "secret": "x" }),
            json!({ "kind": "memberships", "user": "1", "groups": ["g", "h"] }),
            json!({ "kind": "role", "app": "notes", "role": "r", "group": "g" }),
            json!({ "kind": "role", "app": "api", "role": "r", "user": "1" }),
        ];
        let refused = refused(&lines);
        let told: Vec<_> = refused
            .iter()
            .map(|(place, why)| (place.trim_start_matches("line "), why.as_str()))
            .collect();
        for (n, (place, beginning)) in [
            ("2", "id cannot be registered"),
            ("5", "email must be an e-mail address"),
            ("6", "username must be"),
            ("7", "its username is that of line 4"),
            ("8", "its address is that of line 4"),
            ("10", "its id is that of line 9"),
            ("11", "id cannot be new"),
            ("12", "differs from line 4"),
            ("15", "its username is that of line 4"),
            ("17", "the person 2 is none of those"),
            ("18", "the group h is none of those"),
            ("20", "the app api is none of those"),
        ]
        .into_iter()
        .enumerate()
        {
            assert!(
                told.get(n)
                    .is_some_and(|(at, why)| *at == place && why.starts_with(beginning)),
                "{place} {beginning}: {told:?}"
            );
        }
        assert_eq!(told.len(), 12, "{told:?}");
    }

    /// The samples of the Worker's own tests of addresses (src/account/email.rs), less those that only it can judge.
    #[test]
    fn addresses_are_judged_as_the_worker_judges_them() {
        for address in [
            "a@b.org",
            "Ada.Lovelace+x@Mail.Example.ORG",
            "o'brien@b-c.co",
            "j\u{fc}rgen@b.example",
            "a@xn--bcher-kva.example",
            "7_a@7.museum",
            "\u{ff21}@b\u{ff0e}org",
        ] {
            assert!(may_be_address(address), "{address}");
        }
        for wrong in [
            "",
            "a",
            "@b.org",
            "a@b",
            "a@.org",
            "a@b.",
            "a@b..org",
            "a@b.org.",
            "a@",
            ".a@b.org",
            "a.@b.org",
            "a..b@b.org",
            "a b@c.org",
            "a@b@c.org",
            "a@b.org,c@d.org",
            "<a@b.org>",
            "A <a@b.org>",
            "a&b@c.org",
            "\"a b\"@c.org",
            "a%b@c.org",
            "a@127.0.0.1",
            "a@b_c.org",
            "a@-b.org",
            "a@b-.org",
            "a@b.org\n",
            "a@gm\u{430}il.com",
            "a@b\u{fc}cher.example",
        ] {
            assert!(!may_be_address(wrong), "{wrong:?}");
        }
        assert!(!may_be_address(&format!("{}@b.org", "a".repeat(65))));
        assert!(!may_be_address(&format!("a@{}org", "abcdefgh.".repeat(30))));
    }
}
