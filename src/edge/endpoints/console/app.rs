//! `/admin/apps/{client_id}`: one app, and what an operator decides about it.

use serde_json::Value;

use super::typed::Typed;
use crate::{
    account::group::Group,
    admin::{
        client_filter::Provenance,
        console_form::{
            self,
            app::{self, AppAction, LIFETIMES},
        },
    },
    db::{
        Batch,
        apis::{self as stored_apis, StoredApi},
        clients::{self, ClientRecord},
        groups,
    },
    edge::{
        clients::{
            issued_credentials::Issued,
            registration::{self, Renewed},
        },
        http::{
            failure::{MachineFailure, PageFailure, Problem},
            request::Incoming,
        },
        people::console_access::Console,
        platform::{apart::apart, context::Context},
    },
    oidc::{
        client::{
            client_metadata::GrantType, redirect_uri::RedirectUri, registration as messages,
            self_service::RegisteredBy, terms::Terms,
        },
        error::OAuthError,
        params::Params,
        scope::Scope,
    },
    pages::{
        app_name,
        console::{ConsoleAppPage, ConsoleNotice, ListedApi, OnceHeading, OncePage, ShownChoice},
    },
    reply::Reply,
    routes::{self, Endpoint, Method},
};

const SECTION: Endpoint = Endpoint::ConsoleApps;

/// Whoever may change apps here may do it as the operator.
const BY: RegisteredBy = RegisteredBy::Operator;

/// The most groups that are shown to choose from.
pub(super) const GROUPS: i64 = 200;

/// The most APIs that are shown.
const APIS: i64 = 50;

/// `GET /admin/apps/{client_id}`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let console = Console::open(request, &[(Endpoint::AdminClients, Method::Get)], context).await?;
    apart(page(&console, request.segment(0), Typed::default(), context)).await
}

/// `POST /admin/apps/{client_id}`: one thing that [`AppAction`] knows.
pub async fn submit(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let (console, form) = Console::submit(request, context).await?;
    let action = AppAction::parse(&form).map_err(Problem::BadRequest)?;
    console.require(action.call(), context)?;
    let client_id = request.segment(0);
    let record = context.db.read(clients::find(client_id)).await?;
    let record = record.ok_or(Problem::NotFound)?;
    let failure = match apart(act(&console, action, record, &form, context)).await {
        Ok(reply) => return Ok(reply),
        Err(failure) => failure,
    };
    // The app as it is, with what was typed.
    let problem = super::explain(failure)?;
    apart(page(&console, client_id, Typed::refused(&form, &problem), context)).await
}

async fn act(
    console: &Console,
    action: AppAction,
    record: ClientRecord,
    form: &Params,
    context: &Context,
) -> Result<Reply, MachineFailure> {
    if record.client.is_described_by_document() && action != AppAction::Delete {
        let why = "the document at its client_id describes the app, so it cannot be changed here";
        return Err(OAuthError::invalid_request(why).into());
    }
    // A second new secret would end the one that the app still uses.
    registration::check_shown(&record, form.single("version")?.unwrap_or_default())?;
    match action {
        AppAction::Save => {
            let changes = app::changes(form, has_people(&record))?;
            change(console, record, &changes, context).await
        }
        AppAction::SwitchOff => change(console, record, br#"{"disabled":true}"#, context).await,
        AppAction::SwitchOn => change(console, record, br#"{"disabled":false}"#, context).await,
        AppAction::RenewSecret => renew_secret(console, record, context).await,
        AppAction::Delete => {
            console_form::require_sure(form)?;
            let notice = match registration::delete(&record, console.registering_party(), context).await? {
                true => ConsoleNotice::Deleted,
                false => ConsoleNotice::NothingDone,
            };
            Ok(console.signed_in.done_at(SECTION.path(), notice.as_str(), context))
        }
    }
}

async fn change(
    console: &Console,
    record: ClientRecord,
    changes: &[u8],
    context: &Context,
) -> Result<Reply, MachineFailure> {
    let terms = Terms::of(&context.config, BY, Some(&registration::before(&record, context)));
    let metadata = messages::merge_patch(&record.client.metadata, changes, &terms)?;
    let changed = registration::change(record, metadata, console.registering_party(), context).await?;
    Ok(match changed {
        Some((record, issued)) if issued.secret().is_some() => told_once(console, &record, &issued, context),
        Some(_) => console.done(ConsoleNotice::Saved, context),
        None => console.done(ConsoleNotice::NothingDone, context),
    })
}

async fn renew_secret(console: &Console, record: ClientRecord, context: &Context) -> Result<Reply, MachineFailure> {
    let renewal = messages::RenewalRequest {
        overlap: Some(app::OVERLAP),
        ends_others: false,
    };
    let renewed = registration::renew_secret(record, &renewal, console.registering_party(), context).await?;
    let Renewed::Stored(Some(stored)) = renewed else {
        return Ok(console.done(ConsoleNotice::NothingDone, context));
    };
    let (record, issued) = *stored;
    Ok(told_once(console, &record, &issued, context))
}

/// The page with a new secret, which is told this once.
fn told_once(console: &Console, record: &ClientRecord, issued: &Issued, context: &Context) -> Reply {
    let client = &record.client;
    console.once(&OncePage {
        client: Some((context.config.issuer.as_str(), &client.client_id)),
        ..OncePage::new(
            console.frame(SECTION),
            OnceHeading::NewSecret,
            (
                &app_name(&client.client_id, &client.metadata, console.signed_in.language),
                &routes::with_segment(Endpoint::ConsoleApp, &client.client_id),
            ),
            issued.secret(),
        )
    })
}

fn has_people(record: &ClientRecord) -> bool {
    let grants = &record.client.metadata.grant_types;
    grants.iter().any(|grant| *grant != GrantType::ClientCredentials)
}

/// The page, as far as the operator may see it; with the form that was sent, and what is wrong with it.
async fn page(console: &Console, client_id: &str, typed: Typed<'_>, context: &Context) -> Result<Reply, PageFailure> {
    let sees_groups = console.may((Endpoint::AdminGroups, Method::Get));
    let mut batch = Batch::default();
    let record = batch.add(clients::find(client_id));
    let groups = batch.add_if(sees_groups.then(|| groups::list("", "", GROUPS)));
    let sees_apis = console.may((Endpoint::AdminApis, Method::Get));
    let open = batch.add_if(sees_apis.then(|| stored_apis::list_open(client_id, APIS)));
    let rows = context.db.run(batch).await?;
    let record = rows.read(record)?.ok_or(Problem::NotFound)?;
    let groups = rows.read_if(groups)?;
    let open = rows.read_if(open)?;
    let open = open.map(|open| open.iter().map(|stored| open_api(stored, client_id, context)).collect());
    let html = html(console, &record, (groups.as_deref(), open), typed);
    Ok(console.page(typed.status(), html))
}

fn html(
    console: &Console,
    record: &ClientRecord,
    (groups, apis): (Option<&[Group]>, Option<Vec<ListedApi>>),
    typed: Typed<'_>,
) -> String {
    let client = &record.client;
    let metadata = &client.metadata;
    let language = console.signed_in.language;
    let moment = |at| console.moment(at);
    let told = metadata.to_public_json();
    let text = |name: &str| told.get(name).and_then(Value::as_str).unwrap_or_default();
    let grants = told.get("grant_types").and_then(Value::as_array);
    // What was typed, where it was to be saved.
    let form = typed.of("save");
    let lines = |addresses: &[RedirectUri]| addresses.iter().map(RedirectUri::as_str).collect::<Vec<_>>().join("\n");
    let addresses = lines(&metadata.redirect_uris);
    let lifetime = |name: &'static str| {
        let own = told.get(name).map(Value::to_string).unwrap_or_default();
        (name, form.map_or(own, |form| form.text(name).to_owned()))
    };
    let is_described = client.is_described_by_document();
    let changes = console.may(AppAction::Save.call()) && !is_described;
    let sees_people = console.may((Endpoint::AdminUser, Method::Get));
    let action = routes::with_segment(Endpoint::ConsoleApp, &client.client_id);
    let version = form.and_then(|form| form.text("version").parse().ok());
    ConsoleAppPage {
        frame: console.frame(SECTION),
        action: &action,
        confirm: (changes && !console.signed_in_just_now).then(|| console.confirm()),
        name: &app_name(&client.client_id, metadata, language),
        client_id: &client.client_id,
        registered_by: Provenance::of(is_described, record.came_openly()),
        registered: moment(client.issued_at),
        last_used: record.last_used_at.map(moment),
        method: text("token_endpoint_auth_method"),
        grants: grants
            .iter()
            .flat_map(|list| list.iter())
            .filter_map(Value::as_str)
            .collect(),
        scope: metadata.scope.as_ref().map(Scope::to_string),
        has_people: has_people(record),
        has_secret: record.secret.is_some(),
        typed_name: form.map_or(text("client_name"), |form| form.text("client_name")),
        redirect_uris: form.map_or(addresses.as_str(), |form| form.text("redirect_uris")),
        after_sign_out: form.map_or_else(
            || lines(&metadata.post_logout_redirect_uris),
            |form| form.text("post_logout_redirect_uris").to_owned(),
        ),
        roles_claim: form.map_or_else(
            || app::claim_path_in_words(told.get("roles_claim")),
            |form| form.text("roles_claim").to_owned(),
        ),
        is_off: metadata.rules.disabled,
        consent: form.map_or(metadata.rules.consent.as_str(), |form| form.text("consent")),
        groups: groups.map(|groups| choices(groups, &metadata.rules.allowed_groups, form)),
        acr: form.map_or(metadata.rules.required_acr.acr(), |form| form.text("acr")),
        version: version.unwrap_or(client.version),
        version_now: client.version,
        lifetimes: LIFETIMES.map(lifetime).into(),
        may_change: changes && console.signed_in_just_now,
        problem: typed.problem(),
        roles: super::app_roles::are_seen(console)
            .then(|| routes::with_segment(Endpoint::ConsoleAppRoles, &client.client_id)),
        apis,
        preview: (sees_people && has_people(record))
            .then(|| routes::with_segment(Endpoint::ConsoleTokenPreview, &client.client_id)),
        look: routes::with_segment(Endpoint::ConsoleAppLook, &client.client_id),
        secrets: record
            .secret
            .as_ref()
            .map(|_| routes::with_segment(Endpoint::ConsoleAppSecrets, &client.client_id)),
    }
    .to_html()
}

/// A declared API, with the scopes that the app may ask for there.
fn open_api(stored: &StoredApi, client_id: &str, context: &Context) -> ListedApi {
    let api = stored.api.for_app(client_id, &context.config.attributes);
    ListedApi {
        href: Some(routes::with_segment(Endpoint::ConsoleApi, &stored.id)),
        name: api.name.clone(),
        identifier: api.identifier.clone(),
        scopes: api.scopes().collect::<Vec<_>>().join(" "),
        problem: None,
    }
}

/// The groups that may be chosen, for an app or a person: those that are shown, and those that it has.
pub(super) fn choices(groups: &[Group], allowed: &[String], form: Option<&Params>) -> Vec<ShownChoice> {
    let is_allowed = |id: &String| match form {
        Some(form) => form.all("group").any(|chosen| chosen == id),
        None => allowed.contains(id),
    };
    let shown = groups.iter().map(|group| (&group.id, group.name.as_str()));
    let beyond = allowed.iter().filter(|id| !groups.iter().any(|group| group.id == **id));
    let all = shown.chain(beyond.map(|id| (id, id.as_str())));
    all.map(|(id, name)| ShownChoice {
        id: id.clone(),
        name: name.to_owned(),
        is_allowed: is_allowed(id),
    })
    .collect()
}
