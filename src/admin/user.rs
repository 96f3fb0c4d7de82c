//! A person, as operators see and change them.

use serde_json::{Map, Value};

use super::moving::{ID_RULE, check_place, is_id};
use crate::{
    account::{
        email,
        password::imported,
        user::{User, Username},
    },
    audit::Event,
    config::Attributes,
    oidc::{
        claims::{self, ATTRIBUTES, GROUPS, StandardClaims},
        error::OAuthError,
        params,
        subject::may_be_pairwise,
    },
    time::UnixTime,
    web::json,
};

/// The password that an operator wants a person to have.
pub enum WantedPassword {
    /// `password`.
    Typed(String),
    /// `password_hash`, made elsewhere.
    Hash(String),
}

/// What an operator wants a person to be like.
pub struct UserChanges {
    username: Option<Username>,
    pub password: Option<WantedPassword>,
    disabled: Option<bool>,
    claims: Map<String, Value>,
    /// The names of the members, for the audit.
    pub names: Vec<String>,
}

/// The members of a user that are no claims. Those that Limen sets itself may be sent back, and count for nothing.
const OWN_MEMBERS: [&str; 11] = [
    "id",
    "username",
    "password",
    "password_hash",
    "disabled",
    "sub",
    "created_at",
    "updated_at",
    "accepted_terms",
    "new_password_required",
    ATTRIBUTES,
];

impl UserChanges {
    /// # Errors
    /// `invalid_request`.
    pub fn parse(body: &[u8]) -> Result<Self, OAuthError> {
        let wrong = "the body must be a JSON object whose members differ in name";
        let object: Map<String, Value> = json::parse(body).ok_or_else(|| OAuthError::invalid_request(wrong))?;
        let refuse = |what: &str, why: &str| OAuthError::invalid_request(format!("{what} {why}"));
        let text = |name: &str| match object.get(name) {
            None => Ok(None),
            Some(Value::Null) if name == "email" => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(refuse(name, "must be a string")),
        };
        let email = text("email")?.map(|text| email::parse(&text)).transpose();
        let email = email.map_err(|why| refuse("email", why))?;
        let username = text("username")?.map(|text| Username::parse(&text)).transpose();
        let password = match (text("password")?, text("password_hash")?) {
            (Some(_), Some(_)) => return Err(refuse("password", "and password_hash exclude each other")),
            (Some(typed), None) => Some(WantedPassword::Typed(typed)),
            (None, Some(hash)) => {
                let hash = imported::parse(&hash).ok_or_else(|| refuse("password_hash", imported::FORMS))?;
                Some(WantedPassword::Hash(hash))
            }
            (None, None) => None,
        };
        let disabled = match object.get("disabled") {
            None => None,
            Some(Value::Bool(disabled)) => Some(*disabled),
            Some(_) => return Err(refuse("disabled", "must be true or false")),
        };
        if let Some(name) = object.keys().find(|name| !is_member(name)) {
            return Err(OAuthError::invalid_request(match params::is_word(name) {
                true => format!("{name} is no member of a user"),
                false => "there is a member that users do not have".to_owned(),
            }));
        }
        let names = object.keys().filter(|name| name.len() <= 32).take(32);
        Ok(Self {
            username: username.map_err(|why| refuse("username", why))?,
            password,
            disabled,
            names: names.cloned().collect(),
            claims: match email {
                // As it is stored: the domain in small letters.
                Some(email) => object.into_iter().chain([("email".to_owned(), email.into())]).collect(),
                None => object,
            },
        })
    }

    /// That a person is locked, or is so no longer, and nothing else.
    pub fn disabled(disabled: bool) -> Self {
        Self {
            username: None,
            password: None,
            disabled: Some(disabled),
            claims: Map::new(),
            names: vec!["disabled".to_owned()],
        }
    }

    /// Whose username and claims a new person gets.
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn for_new(&self) -> Result<(Username, StandardClaims), OAuthError> {
        let username = self.username.clone();
        let username = username.ok_or_else(|| OAuthError::invalid_request("username is missing"))?;
        let claims = StandardClaims::parse(&self.claims).map_err(OAuthError::invalid_request)?;
        Ok((username, claims))
    }

    /// The id that a new person shall have, where it is said.
    ///
    /// # Errors
    /// `invalid_request`, also for a member that Limen sets itself: to take it and drop it would be to say yes and do no; and for what
    /// may be somebody's pairwise subject.
    pub fn id_for_new(&self) -> Result<Option<String>, OAuthError> {
        let own = [
            "sub",
            "created_at",
            "updated_at",
            "accepted_terms",
            "new_password_required",
        ];
        if let Some(name) = own.into_iter().find(|name| self.claims.contains_key(*name)) {
            let why = format!("{name} is set by Limen: leave it out for a new person");
            return Err(OAuthError::invalid_request(why));
        }
        match self.claims.get("id") {
            None => Ok(None),
            Some(Value::String(id)) if may_be_pairwise(id) => Err(OAuthError::invalid_request(
                "id has the form of a pairwise subject (32 bytes as base64url), by which apps may know somebody: leave id out, or give another",
            )),
            Some(Value::String(id)) if is_id(id) => match check_place("{user_id}", id) {
                Ok(()) => Ok(Some(id.clone())),
                Err(why) => Err(OAuthError::invalid_request(why)),
            },
            Some(_) => Err(OAuthError::invalid_request(format!("id {ID_RULE}"))),
        }
    }

    /// Since when a new person is disabled.
    pub fn disabled_from(&self, now: UnixTime) -> Option<UnixTime> {
        self.disabled.unwrap_or_default().then_some(now)
    }

    /// The person as they are afterwards.
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn apply(&self, read: &User, now: UnixTime) -> Result<User, OAuthError> {
        let mut user = read.clone();
        user.claims = user.claims.with(&self.claims).map_err(OAuthError::invalid_request)?;
        user.username = self.username.clone().unwrap_or(user.username);
        user.updated_at = now;
        user.disabled_at = match self.disabled {
            Some(true) => user.disabled_at.or(Some(now)),
            Some(false) => None,
            None => user.disabled_at,
        };
        Ok(user)
    }

    /// Whether the attributes that it names are those that there are, and of their types.
    ///
    /// # Errors
    /// `invalid_request`, naming what there is.
    pub fn check_attributes(&self, known: &Attributes) -> Result<(), OAuthError> {
        match self.claims.get(ATTRIBUTES) {
            None | Some(Value::Null) => Ok(()),
            Some(Value::Object(changes)) => known.check(changes).map_err(OAuthError::invalid_request),
            Some(_) => Err(OAuthError::invalid_request("attributes must be an object")),
        }
    }

    /// Whether the person is signed out everywhere: they are disabled, or somebody else has set their password.
    pub fn signs_out(&self, changed: &User) -> bool {
        changed.disabled_at.is_some() || self.password.is_some()
    }
}

/// What the audit calls the change of a person.
pub fn event_of_change(read: &User, changed: &User) -> Event {
    match (read.disabled_at, changed.disabled_at) {
        (None, Some(_)) => Event::UserDisabled,
        (Some(_), None) => Event::UserEnabled,
        _ => Event::UserChanged,
    }
}

/// A person as JSON.
pub fn describe(user: &User) -> Value {
    let mut described = user.claims.as_map().clone();
    let mut put = |name: &str, value: Value| _ = described.insert(name.to_owned(), value);
    put("id", user.id.as_str().into());
    put("username", user.username.as_str().into());
    put("disabled", user.disabled_at.is_some().into());
    put("created_at", user.created_at.seconds().into());
    put("updated_at", user.updated_at.seconds().into());
    Value::Object(described)
}

fn is_member(name: &str) -> bool {
    let base = name.split('#').next().unwrap_or_default();
    // Groups are changed elsewhere, and are not taken here as if they were.
    OWN_MEMBERS.contains(&name) || (claims::find(base).is_some() && base != GROUPS)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::oidc::subject::SubjectSalt;

    fn parse(body: &Value) -> Result<UserChanges, OAuthError> {
        UserChanges::parse(body.to_string().as_bytes())
    }

    fn ada() -> User {
        User {
            id: "u".to_owned(),
            subject_salt: SubjectSalt::new([1; 32]),
            username: Username::parse("ada").unwrap(),
            claims: StandardClaims::parse(json!({ "name": "Ada", "nickname": "Countess" }).as_object().unwrap())
                .unwrap(),
            disabled_at: None,
            created_at: UnixTime(1),
            updated_at: UnixTime(2),
            memberships: Default::default(),
        }
    }

    #[test]
    fn a_change_touches_what_it_names() {
        let changes = parse(&json!({ "nickname": null, "email": "Ada@ACME.org", "disabled": true })).unwrap();
        let changed = changes.apply(&ada(), UnixTime(9)).unwrap();
        let described = describe(&changed);
        assert_eq!(
            described,
            json!({
                "id": "u", "username": "ada", "disabled": true, "created_at": 1, "updated_at": 9,
                "name": "Ada", "email": "Ada@acme.org",
            })
        );
        assert_eq!(changed.disabled_at, Some(UnixTime(9)));
        assert!(changes.signs_out(&changed));
        assert_eq!(changes.names, ["disabled", "email", "nickname"]);
    }

    #[test]
    fn whoever_is_disabled_stays_so_since_then_until_they_are_enabled() {
        let disabled = User {
            disabled_at: Some(UnixTime(5)),
            ..ada()
        };
        let again = parse(&json!({ "disabled": true }))
            .unwrap()
            .apply(&disabled, UnixTime(9))
            .unwrap();
        assert_eq!(again.disabled_at, Some(UnixTime(5)));
        assert_eq!(event_of_change(&disabled, &again), Event::UserChanged);
        let enabled = parse(&json!({ "disabled": false }))
            .unwrap()
            .apply(&disabled, UnixTime(9))
            .unwrap();
        assert_eq!(event_of_change(&disabled, &enabled), Event::UserEnabled);
        assert_eq!(event_of_change(&enabled, &disabled), Event::UserDisabled);
    }

    #[test]
    fn what_no_user_has_is_refused() {
        for wrong in [
            json!([]),
            json!({ "username": 1 }),
            json!({ "username": "a b" }),
            json!({ "disabled": "yes" }),
            json!({ "email": "x" }),
            json!({ "password": null }),
            json!({ "password": "a", "password_hash": "b" }),
            json!({ "password_hash": "plain" }),
            json!({ "colour": "blue" }),
            json!({ "<b>": "blue" }),
        ] {
            assert!(parse(&wrong).is_err(), "{wrong}");
        }
        assert!(parse(&json!({ "id": "x", "sub": "x", "name#fr": "Ada" })).is_ok());
        let id = |body: Value| parse(&body).unwrap().id_for_new();
        assert_eq!(id(json!({ "id": "auth0|5f7c" })), Ok(Some("auth0|5f7c".to_owned())));
        assert_eq!(id(json!({ "username": "ada" })), Ok(None));
        for wrong in [
            json!({ "id": "a.b" }),
            json!({ "id": "invitations" }),
            json!({ "id": "A".repeat(43) }),
            json!({ "id": 7 }),
            json!({ "sub": "x" }),
            json!({ "updated_at": 1 }),
        ] {
            assert!(id(wrong.clone()).is_err(), "{wrong}");
        }
        assert!(
            parse(&json!({ "name": "Ada" })).unwrap().for_new().is_err(),
            "no username"
        );
    }
}
