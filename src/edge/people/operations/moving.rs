//! Lines of an export are written, and come in: each adds what is not there, and changes nothing that is.

use serde_json::{Map, Value, json};

use super::{apis, moved_app, moved_line::MovedLine};
use crate::{
    account::totp::TotpSecret,
    admin::{
        api_key::{Area, KeyScope},
        moving::{Credential, CredentialKind, Import, Line, Moved, MovedApi, Part, Place},
        operator::{Operator, OperatorPerson},
        operator_role::OperatorRoles,
    },
    audit::{Actor, Entry, Event},
    db::{
        self, Answer, Batch, Handle, Query,
        apis::StoredApi,
        audit, groups,
        moved_rows::{self, Standing},
        moving, operators,
        second_factors::StoredApp,
        users, webhooks,
    },
    edge::{
        clients::apis as known_apis,
        people::{folding, operator, second_factor},
        platform::{context::Context, random},
    },
    fault::Fault,
    oidc::{error::OAuthError, subject::may_be_pairwise},
    secret::WrappedSecret,
};

/// The most apps of a request whose `sector_identifier_uri` is fetched: each may take five seconds.
const MOST_FETCHED: usize = 10;

/// How many operators are looked up at once: as many as there can be.
const ALL_OPERATORS: i64 = 200;

/// A page of an export, a line of JSON each. The last line says where the next page begins, or that there is none.
///
/// # Errors
/// A fault.
pub async fn export(place: Place<'_>, limit: i64, context: &Context) -> Result<String, Fault> {
    let (part, after) = match place {
        Place::Head => ("deployment", ""),
        Place::Behind(part, after) => (part.as_str(), after),
    };
    let entry = Entry::new(Event::Exported, Actor::Operator).detail(json!({ "kind": part, "after": after }));
    let mut batch = Batch::default();
    let exported = match place {
        Place::Head => None,
        Place::Behind(part, after) => Some(batch.add(moving::export(part, after, limit))),
    };
    batch.push(audit::record(&entry, context));
    let exported = context.db.run(batch).await?.read_if(exported)?.unwrap_or_default();
    let mut lines = match place {
        Place::Head => format!("{}\n", head(context)),
        Place::Behind(..) => String::new(),
    };
    for one in &exported {
        lines.push_str(&one.line);
        lines.push('\n');
    }
    let last = exported.last().filter(|_| exported.len() as i64 == limit);
    let end = match place.next(last.map(|last| last.key.as_str())) {
        Some(next) => json!({ "kind": "next", "after": next }),
        None => json!({ "kind": "end" }),
    };
    lines.push_str(&format!("{end}\n"));
    Ok(lines)
}

/// What is said of an export as a whole. What keyed hashes and sealed secrets in it are worth elsewhere shows in the fingerprints.
fn head(context: &Context) -> Value {
    let roots = &context.config.roots;
    let fingerprints = roots
        .versions()
        .filter_map(|version| Some((version.to_string(), roots.fingerprint(version)?.into())));
    json!({
        "kind": "deployment",
        "format": 1,
        "issuer": context.config.issuer.as_str(),
        "exported_at": context.now,
        "roots": fingerprints.collect::<Map<_, _>>(),
        "settings": context.settings(),
    })
}

/// What became of a line.
enum Outcome {
    Refused(String),
    /// It has nothing to add.
    Nothing,
    Rows {
        added: Handle<bool>,
        standing: Handle<Standing>,
        /// Whether it is something whose secret did not come along.
        needs_secret: bool,
        /// Whether it is off until an operator switches it on.
        is_off: bool,
    },
}

/// Takes lines in, and says of each what became of it.
///
/// # Errors
/// A fault: then none of them was taken.
pub async fn import(import: &Import, by: &Operator, context: &Context) -> Result<Vec<Value>, Fault> {
    folding::all(context).await?;
    let moved = Moved {
        roots_there: &import.roots,
        config: &context.config,
        now: context.now,
    };
    let mut lines = Vec::with_capacity(import.lines.len());
    for value in &import.lines {
        lines.push((value, Line::read(value, random::bytes()?, &moved)));
    }
    let powers = Powers::read(lines.iter().filter_map(|(_, line)| line.as_ref().ok()), context).await?;
    let mut batch = Batch::default();
    let (mut outcomes, mut kinds) = (Vec::new(), Map::new());
    let (mut is_beyond, mut fetched) = (false, 0);
    for (value, line) in lines {
        if let Ok(line) = &line
            && let Err(beyond) = judge(line, by, &powers)
        {
            is_beyond = true;
            outcomes.push(Outcome::Refused(beyond));
            continue;
        }
        if let Ok(Line::App(app)) = &line
            && app.metadata.sector_identifier_uri.is_some()
        {
            fetched += 1;
            if fetched > MOST_FETCHED {
                let why = format!(
                    "it is one of more than {MOST_FETCHED} apps of a request whose sector_identifier_uri is fetched: send it with the next"
                );
                outcomes.push(Outcome::Refused(why));
                continue;
            }
        }
        count(value, &mut kinds);
        let added = match line {
            Ok(line) => add(line, by, &mut batch, context).await?,
            Err(why) => Outcome::Refused(why),
        };
        outcomes.push(added);
    }
    let entry = Entry::new(Event::Imported, Actor::Operator).detail(json!({ "lines": kinds }));
    batch.push(audit::record(&entry, context));
    let answer = context.db.run(batch).await?;
    known_apis::forget();
    if is_beyond {
        operator::record(Actor::Operator, None, context);
    }
    outcomes.into_iter().map(|outcome| describe(outcome, &answer)).collect()
}

/// How many lines of each kind came.
fn count(line: &Value, kinds: &mut Map<String, Value>) {
    let kind = line.get("kind").and_then(Value::as_str);
    if let Some(kind) = kind.and_then(Part::parse).map(Part::as_str) {
        let before = kinds.get(kind).and_then(Value::as_u64).unwrap_or_default();
        kinds.insert(kind.to_owned(), (before + 1).into());
    }
}

/// What ids stand for here already, beyond what a line says.
struct Powers {
    operators: Vec<OperatorPerson>,
    /// Ids of people who were operators, and are deleted.
    former_operators: Vec<String>,
    /// Ids of apps that are not here, and that a declared API names.
    named_by_apis: Vec<String>,
    /// Ids of apps that `TRUSTED_ISSUERS` names.
    trusted: Vec<String>,
}

impl Powers {
    async fn read(lines: impl Iterator<Item = &Line>, context: &Context) -> Result<Self, Fault> {
        let (mut people, mut apps) = (Vec::new(), Vec::new());
        for line in lines {
            match line {
                Line::Person(user) => people.push(user.id.as_str()),
                Line::App(app) => apps.push(app.client_id.as_str()),
                _ => {}
            }
        }
        let trusted = apps.iter().filter(|id| context.config.trusted_issuers.names(id));
        let trusted = trusted.map(|id| (*id).to_owned()).collect();
        let mut batch = Batch::default();
        let operators = batch.add(operators::list("", ALL_OPERATORS));
        let former = batch.add(moving::former_operators(&json!(people).to_string()));
        let named = batch.add(moving::named_by_apis(&json!(apps).to_string()));
        let answer = context.db.run(batch).await?;
        Ok(Self {
            operators: answer.read(operators)?,
            former_operators: answer.read(former)?,
            named_by_apis: answer.read(named)?,
            trusted,
        })
    }

    /// Whether an operator may bring that id back: others rely on it. A deleted operator is in the audit and at apps by theirs; an app may do
    /// what is said of its id elsewhere; and what looks like a pairwise subject may be that of anybody, which nothing is stored under.
    fn let_return(&self, line: &Line, by: &Operator) -> Result<(), String> {
        let every_scope = |why: &str| {
            by.covers(&OperatorRoles::owner())
                .map_err(|error| format!("{why}: {}", error.description))
        };
        let id = match line {
            Line::Person(user) => user.id.as_str(),
            Line::App(app) => app.client_id.as_str(),
            _ => return Ok(()),
        };
        if may_be_pairwise(id) {
            every_scope("the id has the form of a pairwise subject, and may be the one by which apps know somebody")?;
        }
        match line {
            Line::Person(user) if self.former_operators.contains(&user.id) => {
                every_scope("the id is that of an operator who was deleted, whom apps and the audit know by it")
            }
            Line::App(app) if self.trusted.contains(&app.client_id) => every_scope("TRUSTED_ISSUERS names the id"),
            Line::App(app) if self.named_by_apis.contains(&app.client_id) => {
                let declares = KeyScope {
                    area: Area::Apis,
                    writes: true,
                };
                by.may(Some(declares)).map_err(|error| {
                    format!(
                        "a declared API names the id, so the app may do what it says: {}",
                        error.description
                    )
                })
            }
            _ => Ok(()),
        }
    }
}

/// Whether an operator may import such a line. Nobody gives more than they have, and nobody changes the account of an operator who may do
/// more.
fn judge(line: &Line, by: &Operator, powers: &Powers) -> Result<(), String> {
    let Some(needed) = line.needs() else { return Ok(()) };
    let lacks = |error: OAuthError| error.description.into_owned();
    by.may(Some(needed)).map_err(lacks)?;
    let account = line.changes_account();
    if let Some(other) = powers
        .operators
        .iter()
        .find(|other| Some(other.user_id.as_str()) == account)
    {
        by.may_change_account(&other.roles)?;
    }
    powers.let_return(line, by)?;
    match line {
        Line::Operator { roles, .. } => by.covers(roles).map_err(lacks),
        // They would be ways into accounts that are there, of which nobody is told. A webhook may come with a secret that its receiver knows, or
        // with the one before: whoever renews that is shown the other.
        Line::Credential(_) | Line::Consent(_) | Line::Webhook(_) => by.covers(&OperatorRoles::owner()).map_err(lacks),
        _ => Ok(()),
    }
}

/// Adds the statements of a line to the batch.
async fn add(line: Line, by: &Operator, batch: &mut Batch, context: &Context) -> Result<Outcome, Fault> {
    let entry = |event| Entry::new(event, Actor::Operator);
    let usual = |add, entry, standing| MovedLine {
        add,
        entry,
        then: None,
        standing,
        needs_secret: false,
        is_off: false,
    };
    let mut detail = Map::new();
    let rows = match &line {
        Line::Nothing => return Ok(Outcome::Nothing),
        Line::Group(group) => {
            detail.insert("group".to_owned(), group.id.as_str().into());
            detail.insert("name".to_owned(), group.name.as_str().into());
            usual(
                groups::insert(group),
                entry(Event::GroupCreated),
                moved_rows::group(group),
            )
        }
        Line::App(app) => match moved_app::add(app, by, context).await? {
            Ok(rows) => rows,
            Err(why) => return Ok(Outcome::Refused(why)),
        },
        Line::Api(api) => add_api(api, context).await?,
        Line::Webhook(moved) => MovedLine {
            needs_secret: moved.needs_secret,
            is_off: true,
            ..usual(
                webhooks::insert(&moved.webhook),
                entry(Event::WebhookMade).detail(moved.webhook.named_for_audit()),
                moved_rows::webhook(moved),
            )
        },
        Line::Person(user) => usual(
            users::insert(user),
            entry(Event::UserCreated).user(&user.id),
            moved_rows::person(user),
        ),
        Line::Terms { user_id, accepted } => usual(
            moved_rows::add_terms(user_id, accepted),
            entry(Event::TermsAccepted).user(user_id),
            moved_rows::somebody(user_id),
        ),
        Line::Credential(credential) => match add_credential(credential, context).await? {
            Ok((event, add, standing)) => usual(add, entry(event).user(&credential.user_id), standing),
            Err(why) => return Ok(Outcome::Refused(why)),
        },
        Line::Memberships { user_id, group_ids } => {
            detail.insert("groups".to_owned(), json!(group_ids));
            usual(
                moved_rows::add_memberships(user_id, group_ids),
                entry(Event::GroupMemberAdded).user(user_id),
                moved_rows::memberships(user_id, group_ids),
            )
        }
        Line::Role { client_id, given } => {
            detail.insert("roles".to_owned(), json!([given.role.as_str()]));
            usual(
                moved_rows::add_role(client_id, given),
                entry(Event::RoleGiven).client(client_id),
                moved_rows::role(client_id, given),
            )
        }
        Line::Operator { user_id, roles } => {
            detail.insert("roles".to_owned(), json!(roles.names()));
            MovedLine {
                then: Some(operators::end_set_up_link(user_id, context.now)),
                ..usual(
                    operators::set(user_id, roles, None, by.person(), context.now),
                    entry(Event::OperatorRolesChanged).user(user_id),
                    moved_rows::operator(user_id, roles),
                )
            }
        }
        Line::Consent(consent) => usual(
            moved_rows::add_consent(consent),
            entry(Event::ConsentGiven)
                .user(&consent.user_id)
                .client(&consent.client_id),
            moved_rows::consent(consent),
        ),
    };
    if let Some(Value::Object(own)) = &rows.entry.detail {
        detail.extend(own.clone());
    }
    detail.insert("imported".to_owned(), true.into());
    let added = batch.add(rows.add);
    batch.push(audit::record_if_changed(&rows.entry.detail(detail.into()), context));
    batch.extend(rows.then);
    Ok(Outcome::Rows {
        added,
        standing: batch.add(rows.standing),
        needs_secret: rows.needs_secret,
        is_off: rows.is_off,
    })
}

async fn add_api<'a>(moved: &MovedApi, context: &Context) -> Result<MovedLine<'a>, Fault> {
    let stored = StoredApi {
        id: moved.id.clone(),
        version: 1,
        api: moved.api.clone(),
        problem: None,
        secret_made_at: moved.secret.is_some().then_some(moved.updated_at),
        previous_secret_until: None,
        created_at: moved.created_at,
        updated_at: moved.updated_at,
    };
    apis::publish_key(&stored.api.settings, context).await?;
    Ok(MovedLine {
        add: db::apis::insert(&stored, moved.secret.as_ref()),
        entry: apis::done_to(&stored, Event::ApiCreated, None),
        then: None,
        standing: moved_rows::api(&stored),
        needs_secret: moved.needs_secret,
        is_off: false,
    })
}

async fn add_credential(
    credential: &Credential,
    context: &Context,
) -> Result<Result<(Event, Query<bool>, Query<Standing>), String>, Fault> {
    let mut credential = credential.clone();
    let (event, secret) = match &credential.kind {
        CredentialKind::Password(hash) => (Event::PasswordChanged, hash.clone()),
        CredentialKind::Passkey(passkey) => (Event::PasskeyAdded, passkey.clone()),
        CredentialKind::RecoveryCodes(hashes) => (Event::RecoveryCodesMade, hashes.clone()),
        CredentialKind::SealedTotp(sealed) => {
            let app = StoredApp {
                row_id: credential.row_id.clone(),
                wrapped: WrappedSecret::stored(sealed.clone()),
            };
            // What does not open here would fail each sign-in.
            let opened = second_factor::open(&app, &credential.user_id, context).await;
            if !matches!(opened, Ok(Some(_))) {
                return Ok(Err("secret does not open for this person and id".to_owned()));
            }
            (Event::CodeAppAdded, sealed.clone())
        }
        CredentialKind::PlainTotp(bytes) => {
            let secret = TotpSecret::new(*bytes);
            credential.row_id = second_factor::row_id(&secret, context);
            let sealed = second_factor::wrap(&secret, &credential.user_id, &credential.row_id, context).await?;
            (Event::CodeAppAdded, sealed.as_str().to_owned())
        }
    };
    Ok(Ok((
        event,
        moved_rows::add_credential(&credential, &secret),
        moved_rows::credential(&credential, &secret),
    )))
}

fn describe(outcome: Outcome, answer: &Answer) -> Result<Value, Fault> {
    let refused = |why: &str| json!({ "outcome": "refused", "why": why });
    Ok(match outcome {
        Outcome::Refused(why) => refused(&why),
        Outcome::Nothing => json!({ "outcome": "unchanged" }),
        Outcome::Rows {
            added,
            standing,
            needs_secret,
            is_off,
        } => match (answer.read(added)?, answer.read(standing)?) {
            (true, _) => {
                let said = [("needs_secret", needs_secret), ("switched_off", is_off)];
                let said = said.into_iter().filter(|(_, holds)| *holds);
                let said = said.map(|(name, _)| (name.to_owned(), Value::from(true)));
                said.chain([("outcome".to_owned(), "added".into())]).collect()
            }
            (false, Standing::Same) => json!({ "outcome": "unchanged" }),
            (false, Standing::Other) => json!({ "outcome": "different" }),
            (false, Standing::Taken) => {
                refused("its id, a name, an address or a credential of it is somebody else's here")
            }
            (false, Standing::Missing) => refused("what it refers to is not here"),
            (false, Standing::Full) => refused("there are as many of its kind here as there may be"),
            (false, Standing::Blank) => {
                refused("a role of its app can have no blank: it is told in a text (roles_format)")
            }
        },
    })
}
