//! Lines of an export: what one deployment, or a converter from another provider, says of groups, apps and people, and another takes.
//!
//! Each line stands for itself, and the same one again changes nothing: an import that broke off begins anew. A line adds what is not
//! there, and never changes what is.

mod app;
mod credential;
mod cursor;
mod members;
mod webhook;

use serde_json::{Map, Value};

use self::members::Members;
pub use self::{
    app::{MovedApi, MovedApp, MovedConsent},
    credential::{Credential, CredentialKind},
    cursor::{Part, Place},
    members::{ID_RULE, check_place, is_id},
    webhook::MovedWebhook,
};
use super::{
    api_key::{Area, KeyScope},
    body,
    operator_role::{OperatorRole, OperatorRoles},
    role::{Holder, RoleOfHolder},
};
use crate::{
    account::{
        email,
        group::{Group, Label, MOST_OF_PERSON},
        user::{User, Username},
    },
    config::{Config, SecondFactor},
    oidc::{
        claims::{self, ATTRIBUTES, GROUPS, StandardClaims, merged},
        error::OAuthError,
        subject::SubjectSalt,
    },
    secret::random_text,
    time::UnixTime,
};

/// The most lines of one request.
pub const MOST_LINES: usize = 100;

/// The most versions of terms that somebody has accepted.
const MOST_TERMS: usize = 200;

/// What lines are about: each takes the scope of its own ([`Line::needs`]).
pub const IMPORTED: [Area; 6] = [
    Area::People,
    Area::Apps,
    Area::Apis,
    Area::Groups,
    Area::Operators,
    Area::Webhooks,
];

/// Where lines come from, and where they go.
pub struct Moved<'a> {
    /// The fingerprints of the root keys there, by their numbers.
    pub roots_there: &'a Map<String, Value>,
    pub config: &'a Config,
    pub now: UnixTime,
}

/// The body of an import: `{"roots": {"1": "..."}, "lines": [...]}`.
pub struct Import {
    pub roots: Map<String, Value>,
    pub lines: Vec<Value>,
}

impl Import {
    /// # Errors
    /// `invalid_request`.
    pub fn parse(body: &[u8]) -> Result<Self, OAuthError> {
        let wrong = || {
            OAuthError::invalid_request(format!(
                "the body must be an object with lines, a list of 1 to {MOST_LINES} lines of an export, and perhaps roots, those of its first line"
            ))
        };
        let mut members = body::members(body, &["roots", "lines"])?;
        let roots = match members.remove("roots") {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(roots)) => roots,
            Some(_) => return Err(wrong()),
        };
        match members.remove("lines") {
            Some(Value::Array(lines)) if (1..=MOST_LINES).contains(&lines.len()) => Ok(Self { roots, lines }),
            _ => Err(wrong()),
        }
    }
}

/// What a line says.
pub enum Line {
    Group(Group),
    App(Box<MovedApp>),
    Api(Box<MovedApi>),
    Webhook(Box<MovedWebhook>),
    Person(Box<User>),
    /// Which terms a person has accepted, and when.
    Terms {
        user_id: String,
        accepted: Vec<(String, UnixTime)>,
    },
    Credential(Box<Credential>),
    Memberships {
        user_id: String,
        group_ids: Vec<String>,
    },
    Role {
        client_id: String,
        given: RoleOfHolder,
    },
    Operator {
        user_id: String,
        roles: OperatorRoles,
    },
    Consent(Box<MovedConsent>),
    /// It is about the export itself.
    Nothing,
}

impl Line {
    /// Reads a line. `salt` is that of a person who has none.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(line: &Value, salt: [u8; 32], moved: &Moved<'_>) -> Result<Self, String> {
        let object = line.as_object().ok_or("a line must be a JSON object")?;
        let line = Members::of(object);
        let read = match line.needed("kind")? {
            "group" => Self::Group(read_group(&line, moved)?),
            "app" => Self::App(Box::new(MovedApp::read(&line, moved)?)),
            "api" => Self::Api(Box::new(MovedApi::read(&line, moved)?)),
            "webhook" => Self::Webhook(Box::new(MovedWebhook::read(&line, moved)?)),
            "person" => Self::Person(Box::new(read_person(&line, salt, moved)?)),
            "terms" => read_terms(&line, moved.now)?,
            "credential" => Self::Credential(Box::new(Credential::read(&line, moved)?)),
            "memberships" => read_memberships(&line)?,
            "role" => read_role(&line)?,
            "operator" => read_operator(&line)?,
            "consent" => Self::Consent(Box::new(MovedConsent::read(&line, moved.now)?)),
            "deployment" | "next" | "end" => return Ok(Self::Nothing),
            _ => {
                let kinds = Part::ALL.map(Part::as_str).join(", ");
                return Err(format!("kind must be one of {kinds}"));
            }
        };
        line.finish()?;
        Ok(read)
    }

    /// What it takes to import such a line; `None` for what does nothing.
    pub fn needs(&self) -> Option<KeyScope> {
        let area = match self {
            Self::Nothing => return None,
            Self::Person(_) | Self::Terms { .. } | Self::Credential(_) | Self::Consent(_) => Area::People,
            Self::Group(_) | Self::Memberships { .. } | Self::Role { .. } => Area::Groups,
            Self::App(_) => Area::Apps,
            Self::Api(_) => Area::Apis,
            Self::Webhook(_) => Area::Webhooks,
            Self::Operator { .. } => Area::Operators,
        };
        Some(KeyScope { area, writes: true })
    }

    /// The person whose account it changes: nobody changes that of an operator who may do more.
    pub fn changes_account(&self) -> Option<&str> {
        match self {
            Self::Person(user) => Some(&user.id),
            Self::Credential(credential) => Some(&credential.user_id),
            Self::Consent(consent) => Some(&consent.user_id),
            Self::Operator { user_id, .. } | Self::Terms { user_id, .. } => Some(user_id),
            _ => None,
        }
    }
}

fn read_group(line: &Members<'_>, moved: &Moved<'_>) -> Result<Group, String> {
    let known = &moved.config.attributes;
    let changes = line.object("attributes")?.cloned().unwrap_or_default();
    known.check(&changes)?;
    let second_factor_required = line.flag("second_factor_required")?;
    if second_factor_required && moved.config.second_factor == SecondFactor::Off {
        return Err("second_factor_required is true, and SECOND_FACTOR is off here".to_owned());
    }
    Ok(Group {
        id: line.own_id("{group_id}")?,
        name: Label::parse(line.needed("name")?).ok_or_else(|| format!("name {}", Label::RULE))?,
        second_factor_required,
        attributes: merged(&Map::new(), &changes)?,
        created_at: line.past("created_at", moved.now)?.unwrap_or(moved.now),
        updated_at: line.past("updated_at", moved.now)?.unwrap_or(moved.now),
    })
}

fn read_person(line: &Members<'_>, salt: [u8; 32], moved: &Moved<'_>) -> Result<User, String> {
    let mut object = line.object("claims")?.cloned().unwrap_or_default();
    // Groups are told elsewhere.
    let is_known = |name: &String| {
        let base = name.split('#').next().unwrap_or_default();
        name == ATTRIBUTES || (claims::find(base).is_some() && base != GROUPS && base != "sub")
    };
    if object.keys().any(|name| !is_known(name)) {
        return Err("claims has a member that is no claim of a person".to_owned());
    }
    if let Some(Value::String(typed)) = object.get("email") {
        let address = email::parse(typed).map_err(|why| format!("email {why}"))?;
        object.insert("email".to_owned(), address.into());
    }
    if let Some(own) = object.get(ATTRIBUTES) {
        let own = own.as_object().ok_or("attributes must be an object")?;
        moved.config.attributes.check(own)?;
    }
    let subject_salt = match line.text("subject_salt")? {
        Some(text) if is_id(text) => text.to_owned(),
        Some(_) => return Err("subject_salt must be as it was exported".to_owned()),
        None => random_text(salt),
    };
    Ok(User {
        id: line.own_id("{user_id}")?,
        subject_salt: SubjectSalt::stored(subject_salt),
        username: Username::parse(line.needed("username")?).map_err(|why| format!("username {why}"))?,
        claims: StandardClaims::parse(&object)?,
        disabled_at: line.past("disabled_at", moved.now)?,
        created_at: line.past("created_at", moved.now)?.unwrap_or(moved.now),
        updated_at: line.past("updated_at", moved.now)?.unwrap_or(moved.now),
        memberships: Default::default(),
    })
}

fn read_terms(line: &Members<'_>, now: UnixTime) -> Result<Line, String> {
    let wrong = || format!("accepted must be a list of at most {MOST_TERMS} objects of a version and accepted_at");
    let list = line.value("accepted").and_then(Value::as_array);
    let list = list.filter(|list| list.len() <= MOST_TERMS).ok_or_else(wrong)?;
    let accepted = |value: &Value| {
        let version = value
            .get("version")?
            .as_str()
            .filter(|version| (1..=200).contains(&version.len()))?;
        let at = value.get("accepted_at")?.as_i64().filter(|at| *at >= 0)?;
        Some((version.to_owned(), UnixTime(at).min(now)))
    };
    Ok(Line::Terms {
        user_id: line.id("user")?,
        accepted: list.iter().map(accepted).collect::<Option<_>>().ok_or_else(wrong)?,
    })
}

fn read_memberships(line: &Members<'_>) -> Result<Line, String> {
    let group_ids = line.texts("groups", MOST_OF_PERSON as usize)?;
    match group_ids.iter().all(|id| is_id(id)) {
        true => Ok(Line::Memberships {
            user_id: line.id("user")?,
            group_ids,
        }),
        false => Err("groups must be a list of ids of groups".to_owned()),
    }
}

fn read_role(line: &Members<'_>) -> Result<Line, String> {
    let holder = match (line.text("group")?, line.text("user")?) {
        (Some(_), None) => Holder::Group(line.id("group")?),
        (None, Some(_)) => Holder::User(line.id("user")?),
        _ => return Err("a role is of either a group or a user".to_owned()),
    };
    Ok(Line::Role {
        client_id: line.app_id("app")?,
        given: RoleOfHolder {
            role: Label::parse(line.needed("role")?).ok_or_else(|| format!("role {}", Label::RULE))?,
            holder,
        },
    })
}

fn read_operator(line: &Members<'_>) -> Result<Line, String> {
    let names = line.texts("roles", OperatorRole::ALL.len())?;
    let roles: Option<Vec<_>> = names.iter().map(|name| OperatorRole::parse(name)).collect();
    let roles = roles.filter(|roles| !roles.is_empty());
    Ok(Line::Operator {
        user_id: line.id("user")?,
        roles: OperatorRoles::of(roles.ok_or("roles must be a list of roles of operators")?),
    })
}
