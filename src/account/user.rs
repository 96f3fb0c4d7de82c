//! A person with an account.

use serde_json::{Map, Value};

use super::{email, name};
use crate::{
    config::{AttributeKind, Attributes, PersonMay},
    oidc::{
        claims::{ATTRIBUTES, GROUPS, StandardClaims},
        claims_request::{ClaimsRequest, Target},
        client::{
            Client,
            app_rules::{Memberships, Telling},
            own_claim::{Place, USERNAME},
        },
        scope::Scope,
        subject::{SubjectSalt, subject},
    },
    time::UnixTime,
};

/// A person with an account.
#[derive(Clone, Debug)]
pub struct User {
    /// The public `sub`.
    pub id: String,
    /// What keeps their pairwise identifiers apart.
    pub subject_salt: SubjectSalt,
    /// To sign in with; unique in any spelling.
    pub username: Username,
    /// What is known about them.
    pub claims: StandardClaims,
    /// Since when they may not sign in.
    pub disabled_at: Option<UnixTime>,
    /// When the account was made.
    pub created_at: UnixTime,
    /// When a claim last changed.
    pub updated_at: UnixTime,
    /// Their groups and roles, where these were read for an app.
    pub memberships: Memberships,
}

/// An app that is told of somebody, and what is kept of people here.
#[derive(Clone, Copy)]
pub struct ToldApp<'a> {
    pub client: &'a Client,
    pub attributes: &'a Attributes,
}

/// A name to sign in with, in small letters (RFC 8265 section 3.3). It has no `@`, so that it never equals somebody's e-mail
/// address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Username(String);

/// What stands in a username beside letters and digits.
const SIGNS: &str = "._-+";

/// The most characters of a username.
const LONGEST: usize = 64;

impl Username {
    /// Takes a name as somebody typed it.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(typed: &str) -> Result<Self, &'static str> {
        let prepared = name::prepare(typed);
        if prepared.chars().count() <= LONGEST && name::is_name(&prepared, SIGNS) {
            Ok(Self(prepared))
        } else {
            Err("must be 1 to 64 letters of one script, digits, dots, dashes, underscores or plus signs")
        }
    }

    /// Takes a name out of storage.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A name of before names were stored in small letters, as it is stored now.
    pub fn prepared(&self) -> String {
        name::prepare(&self.0)
    }

    /// The text by which names are compared.
    pub fn folded(&self) -> String {
        name::fold(&self.prepared())
    }
}

/// The text by which a name to sign in with is found and counted, as somebody typed it: a username or an e-mail address.
pub fn fold_login(typed: &str) -> String {
    if typed.contains('@') {
        email::fold(typed)
    } else {
        name::fold(&name::prepare(typed))
    }
}

/// The most bytes of attributes and own claims, all together. A token of Limen's that is longer than 16 kB would be refused by Limen itself,
/// and most of that is for groups and roles.
fn room_for_attributes(place: Place) -> usize {
    match place {
        Place::Userinfo => 32_768,
        Place::IdToken | Place::AccessToken => 3_072,
    }
}

impl User {
    /// What to call them on a page.
    pub fn display_name(&self) -> &str {
        self.claims.text("name").unwrap_or(self.username.as_str())
    }

    /// What they are called, and what stands before and after the `@` of their address: words that a password may not be made of.
    pub fn names(&self) -> Vec<&str> {
        let called = ["name", "given_name", "family_name", "nickname"];
        let words = called.iter().filter_map(|claim| self.claims.text(claim));
        let address = self.claims.text("email").into_iter();
        [self.username.as_str()]
            .into_iter()
            .chain(words.flat_map(str::split_whitespace))
            .chain(address.flat_map(|address| [address].into_iter().chain(address.split('@'))))
            .collect()
    }

    /// Their address, if somebody has shown that they read its mails, or an operator says so.
    pub fn confirmed_email(&self) -> Option<&str> {
        let verified = self.claims.as_map().get("email_verified") == Some(&Value::Bool(true));
        self.claims.text("email").filter(|_| verified)
    }

    /// The same person, who has just shown that they read the mails of `address`.
    ///
    /// # Errors
    /// Says what is wrong with the address.
    pub fn with_confirmed_email(&self, address: &str, now: UnixTime) -> Result<Self, String> {
        let change = [("email", Value::from(address)), ("email_verified", Value::Bool(true))];
        let change = change.map(|(name, value)| (name.to_owned(), value));
        Ok(Self {
            claims: self.claims.with(&Map::from_iter(change))?,
            updated_at: now,
            ..self.clone()
        })
    }

    /// The text by which their e-mail address is compared.
    pub fn email_folded(&self) -> Option<String> {
        self.claims.text("email").map(email::fold)
    }

    /// The `sub` by which `client` knows them.
    pub fn sub_at(&self, client: &Client) -> String {
        subject(client, &self.id, &self.subject_salt)
    }

    /// What an app, which may know `scope` and what it `asked` for one by one, is told of them at `target`, less `sub`. Roles at
    /// the app itself need no more than `openid`: they are the operator's word on what the person may do there.
    pub fn told_to(
        &self,
        told_app: ToldApp<'_>,
        asked: &ClaimsRequest,
        scope: &Scope,
        target: Target,
    ) -> Map<String, Value> {
        let rules = &told_app.client.metadata.rules;
        let mut known = self.known_claims();
        if let Some(groups) = self.memberships.groups_as(rules) {
            known.insert(GROUPS.to_owned(), groups);
        }
        let mut told = asked.released(&known, scope, target);
        let telling = Telling {
            groups: told.remove(GROUPS).is_some(),
            roles: scope.contains("openid"),
            in_token: target == Target::IdToken,
        };
        let place = match target {
            Target::IdToken => Place::IdToken,
            Target::Userinfo => Place::Userinfo,
        };
        self.tell_attributes(told_app, Some(scope), place, &mut told);
        self.memberships.tell(rules, telling, &mut told);
        told
    }

    /// What an access token of an app for `scope` tells of them, beside what every one has.
    pub fn told_in_access_token(&self, told_app: ToldApp<'_>, scope: &Scope) -> Map<String, Value> {
        let mut told = Map::new();
        let rules = &told_app.client.metadata.rules;
        let by_scope = Some(scope).filter(|_| rules.access_token_claims);
        self.tell_attributes(told_app, by_scope, Place::AccessToken, &mut told);
        if rules.access_token_claims {
            let telling = Telling {
                groups: scope.contains(GROUPS),
                roles: true,
                in_token: true,
            };
            self.memberships.tell(rules, telling, &mut told);
        }
        told.extend(rules.may_act());
        told
    }

    /// Adds what the operator keeps of them, as far as `scope` asks for it, and the claims of the app's own. Groups and roles come
    /// after it, and stand where both would.
    fn tell_attributes(
        &self,
        told_app: ToldApp<'_>,
        scope: Option<&Scope>,
        place: Place,
        told: &mut Map<String, Value>,
    ) {
        let own_claims = &told_app.client.metadata.rules.own_claims;
        if told_app.attributes.is_empty() && own_claims.is_empty() {
            return;
        }
        let mut room = room_for_attributes(place);
        let mut has_room = |value: &Value| {
            let left = room.checked_sub(value.to_string().len());
            room = left.unwrap_or(room);
            left.is_some()
        };
        let mut values = self.attributes(told_app.attributes);
        values.insert(USERNAME.to_owned(), self.username.as_str().into());
        let mut computed = Vec::new();
        // An app that registered itself may have named a scope while an API had it.
        let scope = scope.filter(|_| !told_app.client.metadata.any_api_scope);
        // What operators decide has room first: nobody pushes it out by filling what they may edit themselves.
        for by_person in [false, true] {
            for (name, value) in &values {
                let attribute = told_app.attributes.find(name);
                let attribute = attribute.filter(|found| (found.person == PersonMay::Edit) == by_person);
                if let (Some(scope), Some(asks)) = (scope, attribute.and_then(|attribute| attribute.scope.as_ref()))
                    && scope.contains(asks)
                    && has_room(value)
                {
                    told.insert(name.clone(), value.clone());
                }
            }
            for claim in own_claims.iter().filter(|_| !by_person) {
                let value = claim.value_at(place, &values);
                computed.extend(value.filter(&mut has_room).map(|value| (claim, value)));
            }
        }
        // An own claim counts for more than an attribute of its name.
        for (claim, value) in computed {
            claim.place(value, told);
        }
    }

    /// What the operator keeps of them, as far as it is of what there is and of its type: their own, or else that of the first of
    /// their groups that has it. Lists of groups are joined.
    pub fn attributes(&self, known: &Attributes) -> Map<String, Value> {
        let value = |name: &str, kind: AttributeKind| {
            let of_groups = || self.memberships.attributes.iter().filter_map(|own| own.get(name));
            let admitted = |value: &&Value| kind.admits(value);
            if let Some(own) = self.claims.own(name).filter(admitted) {
                return Some(own.clone());
            }
            if kind != AttributeKind::List {
                return of_groups().find(admitted).cloned();
            }
            let mut joined: Vec<Value> = Vec::new();
            for one in of_groups().filter(admitted).filter_map(Value::as_array).flatten() {
                if !joined.contains(one) {
                    joined.push(one.clone());
                }
            }
            (!joined.is_empty()).then_some(Value::Array(joined))
        };
        let all = known.iter();
        all.filter_map(|(name, attribute)| Some((name.to_owned(), value(name, attribute.kind)?)))
            .collect()
    }

    /// All that a client can be told of them, less `sub` and groups (OIDC Core section 5.1).
    fn known_claims(&self) -> Map<String, Value> {
        let mut known = self.claims.as_map().clone();
        known.remove(ATTRIBUTES);
        let username = || Value::from(self.username.as_str());
        known.entry("preferred_username").or_insert_with(username);
        // Programs take a missing word on it for a fault, and some for a yes.
        for (claim, verified) in [("email", "email_verified"), ("phone_number", "phone_number_verified")] {
            if known.contains_key(claim) {
                known.entry(verified).or_insert(Value::Bool(false));
            }
        }
        known.insert("updated_at".to_owned(), self.updated_at.seconds().into());
        known
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_username_is_no_email_address() {
        for name in ["alice", "a.b-c_d+e", "j\u{fc}rgen", "+", "7"] {
            assert_eq!(Username::parse(name).is_ok(), name != "+", "{name}");
        }
        for name in [
            "",
            "a@b.org",
            "a b",
            "a\0",
            "<b>",
            "alice\u{3164}",
            "\u{430}lice",
            &"a".repeat(65),
        ] {
            assert!(Username::parse(name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_username_is_shown_as_it_is_compared() {
        let name = Username::parse("J\u{dc}RGEN").unwrap();
        assert_eq!((name.as_str(), name.folded().as_str()), ("j\u{fc}rgen", "j\u{fc}rgen"));
        assert_eq!(fold_login("ju\u{308}rgen"), name.folded());
        assert_eq!(fold_login("Ada@B.org"), fold_login("ada@b.ORG"));
    }
}
