//! An app, and what people allowed it, as lines have them.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};

use super::{
    Moved,
    credential::{digest, is_hash},
    members::{Members, is_document, is_id, missing},
};
use crate::{
    account::group::Label,
    admin::{api, client_changes},
    oidc::{
        authorization_details::AuthorizationDetails,
        client::{
            SecretAtRest,
            client_metadata::ClientMetadata,
            registration,
            self_service::RegisteredBy,
            stored_secret::{AboutSecret, MOST},
            terms::Terms,
        },
        declared_api::DeclaredApi,
        resource_indicator::Targets,
        scope::Scope,
    },
    secret::{ClientSecret, Hash, WrappedSecret},
    time::UnixTime,
};

/// The most entries of a list of a consent.
const MOST_ALLOWED: usize = 1_000;

/// The fewest and the most characters of a secret that an app had elsewhere.
const SECRET: std::ops::RangeInclusive<usize> = 16..=512;

/// An app, with what is stored of its secrets: of those alone that were made under a root key that is here, too.
pub struct MovedApp {
    pub client_id: String,
    /// As it is registered here.
    pub metadata: ClientMetadata,
    /// Whether it had scopes of the admin API from somebody who may give them.
    pub wants_to_administer: bool,
    /// The secret itself, as another provider wrote it down.
    pub plain_secret: Option<ClientSecret>,
    pub current: Option<SecretAtRest>,
    /// The one before the last renewal, where it still works.
    pub previous: Option<(SecretAtRest, UnixTime)>,
    /// Those that an operator added.
    pub more: Vec<SecretAtRest>,
    pub registration_token_hash: Option<Hash>,
    pub issued_at: UnixTime,
    pub registered_openly: bool,
    /// Whether a document at its id describes it.
    pub is_document: bool,
    /// What operators noted about it.
    pub notes: Option<String>,
    /// The file of its logo, whatever it is.
    pub logo: Option<Vec<u8>>,
}

/// An API that operators declared.
pub struct MovedApi {
    pub id: String,
    pub api: DeclaredApi,
    /// The hash of its own secret, under a root key that is here, too.
    pub secret: Option<Hash>,
    /// Whether it had one that is worth nothing here.
    pub needs_secret: bool,
    pub created_at: UnixTime,
    pub updated_at: UnixTime,
}

/// What a person allowed an app.
pub struct MovedConsent {
    pub id: String,
    pub user_id: String,
    pub client_id: String,
    pub scope: Scope,
    pub claims: Vec<String>,
    pub resources: Targets,
    pub details: AuthorizationDetails,
    pub asked: bool,
    pub created_at: UnixTime,
    pub updated_at: UnixTime,
    pub last_used_at: Option<UnixTime>,
}

impl MovedApp {
    pub(super) fn read(line: &Members<'_>, moved: &Moved<'_>) -> Result<Self, String> {
        let client_id = line.own_app_id()?;
        let described = line.flag("document")?;
        if described != is_document(&client_id) {
            return Err("document is true of an app whose id is an https address, and of no other".to_owned());
        }
        let stored = line.object("metadata")?.ok_or_else(|| missing("metadata"))?;
        let stored: ClientMetadata = serde_json::from_value(Value::Object(stored.clone()))
            .map_err(|error| format!("metadata cannot be read: {error}"))?;
        // Judged as if an operator registered it.
        let terms = Terms::of(moved.config, RegisteredBy::Operator, None);
        let mut metadata = registration::merge_patch(&stored, b"{}", &terms)
            .map_err(|error| format!("metadata: {}", error.description))?;
        metadata.any_api_scope = stored.any_api_scope;
        metadata.any_secret_method = stored.any_secret_method;
        metadata.look = stored.look.moved();
        metadata.came_openly = stored.came_openly;
        metadata.waits = stored.waits && metadata.rules.disabled;
        let plain_secret = line.text("secret")?;
        let is_plain =
            |secret: &str| SECRET.contains(&secret.len()) && secret.bytes().all(|byte| byte.is_ascii_graphic());
        if !plain_secret.is_none_or(is_plain) {
            let (least, most) = (SECRET.start(), SECRET.end());
            return Err(format!(
                "secret must be {least} to {most} characters of ASCII that can be seen"
            ));
        }
        let notes = line.value("notes").map(|value| {
            value
                .as_str()
                .ok_or_else(|| "must be a text".to_owned())
                .and_then(client_changes::notes)
        });
        let notes = notes.transpose().map_err(|why| format!("notes {why}"))?;
        let logo = line
            .value("logo")
            .map(|value| value.as_str().and_then(|text| STANDARD.decode(text).ok()));
        if logo == Some(None) || described && logo.is_some() {
            return Err("logo must be a file in base64, and of no app that a document describes".to_owned());
        }
        let details = line.object("secret_details")?;
        let about = |name: &str, id: &str| {
            let known = details.and_then(|details| details.get(name)?.as_object());
            about(id, known.unwrap_or(&Map::new()), moved.now)
        };
        let current = secret(line, moved, ["secret_hash", "wrapped_secret"], || about("main", "1"))?;
        let previous = secret(line, moved, ["previous_secret_hash", "previous_wrapped_secret"], || {
            about("previous", "0")
        })?;
        let until = line.number("previous_secret_expires_at")?.map(UnixTime);
        let more = details.and_then(|details| details.get("more")?.as_object());
        let more = more.into_iter().flatten().take(MOST);
        Ok(Self {
            client_id,
            wants_to_administer: stored.may_administer,
            plain_secret: plain_secret.map(|secret| ClientSecret::presented(secret.to_owned())),
            current,
            previous: previous.zip(until.filter(|until| *until > moved.now)),
            more: more.filter_map(|(id, known)| one_of_more(id, known, moved)).collect(),
            registration_token_hash: hash(line, moved, "registration_token_hash")?,
            issued_at: line.past("issued_at", moved.now)?.unwrap_or(moved.now),
            registered_openly: line.flag("registered_openly")?,
            is_document: described,
            notes,
            logo: logo.flatten(),
            metadata,
        })
    }
}

impl MovedApi {
    pub(super) fn read(line: &Members<'_>, moved: &Moved<'_>) -> Result<Self, String> {
        let mut members = line.object("settings")?.cloned().ok_or_else(|| missing("settings"))?;
        members.insert("identifier".to_owned(), line.needed("identifier")?.into());
        let secret = hash(line, moved, "secret_hash")?;
        Ok(Self {
            id: line.own_id("{api_id}")?,
            api: api::read_new(&members, moved.config)?,
            needs_secret: secret.is_none() && line.text("secret_hash")?.is_some(),
            secret,
            created_at: line.past("created_at", moved.now)?.unwrap_or(moved.now),
            updated_at: line.past("updated_at", moved.now)?.unwrap_or(moved.now),
        })
    }
}

/// A keyed hash, where it was made under a root key that is here, too.
fn hash(line: &Members<'_>, moved: &Moved<'_>, name: &'static str) -> Result<Option<Hash>, String> {
    match line.text(name)? {
        Some(text) if !is_hash(text) => Err(format!("{name} must be as it was exported")),
        text => Ok(text
            .filter(|text| moved.has_root_of(text))
            .map(|text| Hash::stored(text.to_owned()))),
    }
}

/// A secret by the names of its hash and of itself, sealed.
fn secret(
    line: &Members<'_>,
    moved: &Moved<'_>,
    [hash_name, wrapped]: [&'static str; 2],
    about: impl FnOnce() -> AboutSecret,
) -> Result<Option<SecretAtRest>, String> {
    let wrapped = line.text(wrapped)?.filter(|text| moved.has_root_of(text));
    let at_rest = |hash| SecretAtRest {
        hash,
        wrapped: wrapped.map(|text| WrappedSecret::stored(text.to_owned())),
        about: about(),
    };
    Ok(hash(line, moved, hash_name)?.map(at_rest))
}

/// One of those that an operator added; none where it is worth nothing here.
fn one_of_more(id: &str, known: &Value, moved: &Moved<'_>) -> Option<SecretAtRest> {
    let text = |name: &str| known.get(name)?.as_str().filter(|text| moved.has_root_of(text));
    let hash = text("hash").filter(|hash| is_hash(hash) && is_id(id))?;
    Some(SecretAtRest {
        hash: Hash::stored(hash.to_owned()),
        wrapped: text("wrapped").map(|text| WrappedSecret::stored(text.to_owned())),
        about: about(id, known.as_object()?, moved.now),
    })
}

/// What is known of a secret, as far as it is as Limen writes it.
fn about(id: &str, known: &Map<String, Value>, now: UnixTime) -> AboutSecret {
    let text = |name: &str| known.get(name).and_then(Value::as_str);
    let time = |name: &str| {
        known
            .get(name)
            .and_then(Value::as_i64)
            .filter(|at| *at >= 0)
            .map(UnixTime)
    };
    AboutSecret {
        id: text("id").filter(|id| is_id(id)).unwrap_or(id).to_owned(),
        name: text("name").and_then(Label::parse).map(|name| name.as_str().to_owned()),
        made_at: time("made_at").map(|at| at.min(now)),
        ends_at: time("ends_at"),
        used_at: None,
    }
}

impl MovedConsent {
    pub(super) fn read(line: &Members<'_>, now: UnixTime) -> Result<Self, String> {
        let scope = line.texts("scope", MOST_ALLOWED)?;
        if scope
            .iter()
            .any(|token| token.contains(' ') || Scope::parse(token).is_err())
        {
            return Err("scope must be a list of scopes".to_owned());
        }
        let (user_id, client_id) = (line.id("user")?, line.app_id("app")?);
        let id = match line.text("id")? {
            Some(_) => line.id("id")?,
            None => digest(&["consent", &user_id, &client_id]),
        };
        let texts = |name| Ok::<_, String>(Value::from(line.texts(name, MOST_ALLOWED)?));
        let wrong = |name: &str| format!("{name} must be as it was exported");
        Ok(Self {
            id,
            user_id,
            client_id,
            scope: scope.iter().map(String::as_str).collect(),
            claims: line.texts("claims", MOST_ALLOWED)?,
            resources: serde_json::from_value(texts("resources")?).map_err(|_| wrong("resources"))?,
            details: serde_json::from_value(texts("details")?).map_err(|_| wrong("details"))?,
            asked: line.flag("asked")?,
            created_at: line.past("created_at", now)?.unwrap_or(now),
            updated_at: line.past("updated_at", now)?.unwrap_or(now),
            last_used_at: line.past("last_used_at", now)?,
        })
    }
}
