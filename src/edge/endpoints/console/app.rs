//! `/admin/apps/{client_id}` and its preview: one app, what an operator decides about it, and what its tokens would say.

use serde_json::Value;

use crate::{
    account::{group::Group, token_preview::TokenPreview},
    admin::{
        app_form::{self, AppAction, LIFETIMES},
        client_filter::Provenance,
    },
    db::{
        Batch,
        apis::{self as stored_apis, StoredApi},
        clients::{self, ClientRecord},
        groups, users,
    },
    edge::{
        clients::{
            apis,
            issued_credentials::Issued,
            registration::{self, Renewed},
        },
        http::{
            failure::{MachineFailure, PageFailure, Problem},
            request::Incoming,
        },
        people::console_access::{Console, ConsoleRequest},
        platform::{apart::apart, context::Context},
    },
    oidc::{
        authorization::Mint,
        client::{client_metadata::GrantType, registration as messages, self_service::RegisteredBy, terms::Terms},
        error::OAuthError,
        params::{Params, RESOURCE},
        resource_indicator::Targets,
        scope::Scope,
    },
    pages::{
        Moment, app_name,
        console::{ConsoleAppPage, ConsoleNotice, ListedApi, OnceHeading, OncePage, ShownChoice, TokenPreviewPage},
    },
    reply::Reply,
    routes::{Endpoint, Method},
};

const SECTION: Endpoint = Endpoint::ConsoleApps;

/// Whoever may change apps here may do it as the operator.
const BY: RegisteredBy = RegisteredBy::Operator;

/// The most groups that are shown to choose from.
const GROUPS: i64 = 200;

/// The most APIs that are shown.
const APIS: i64 = 50;

/// What the preview asks for where nothing is typed.
const USUAL_SCOPE: &str = "openid profile email groups";

/// `GET /admin/apps/{client_id}`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let console = ConsoleRequest::at(request, context)?.enter(context).await?;
    console.require((Endpoint::AdminClients, Method::Get), context)?;
    apart(page(&console, request.segment(0), None, context)).await
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
    apart(page(&console, client_id, Some((&form, &problem)), context)).await
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
            let changes = app_form::changes(form, has_people(&record))?;
            change(console, record, &changes, context).await
        }
        AppAction::SwitchOff => change(console, record, br#"{"disabled":true}"#, context).await,
        AppAction::SwitchOn => change(console, record, br#"{"disabled":false}"#, context).await,
        AppAction::RenewSecret => renew_secret(console, record, context).await,
        AppAction::Delete => {
            let notice = match registration::delete(&record, console.registering_party(), context).await? {
                true => ConsoleNotice::Deleted,
                false => ConsoleNotice::NothingDone,
            };
            Ok(console.signed_in.done_at(SECTION.path(), notice.name(), context))
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
        overlap: Some(app_form::OVERLAP),
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
    let html = OncePage {
        frame: console.frame(SECTION),
        heading: OnceHeading::NewSecret,
        name: &app_name(&client.client_id, &client.metadata, console.signed_in.language),
        back: &super::apps::path_of(&client.client_id),
        secret: issued.secret(),
        until: None,
        client: Some((context.config.issuer.as_str(), &client.client_id)),
        lines: Vec::new(),
        test: None,
    }
    .to_html();
    console.page(200, html)
}

fn has_people(record: &ClientRecord) -> bool {
    let grants = &record.client.metadata.grant_types;
    grants.iter().any(|grant| *grant != GrantType::ClientCredentials)
}

/// The page, as far as the operator may see it; with the form that was sent, and what is wrong with it.
async fn page(
    console: &Console,
    client_id: &str,
    typed: Option<(&Params, &str)>,
    context: &Context,
) -> Result<Reply, PageFailure> {
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
    let html = html(console, &record, (groups.as_deref(), open), typed, context);
    Ok(console.page(if typed.is_some() { 400 } else { 200 }, html))
}

fn html(
    console: &Console,
    record: &ClientRecord,
    (groups, apis): (Option<&[Group]>, Option<Vec<ListedApi>>),
    typed: Option<(&Params, &str)>,
    context: &Context,
) -> String {
    let client = &record.client;
    let metadata = &client.metadata;
    let language = console.signed_in.language;
    let moment = |at| Moment::new(at, context.now, language);
    let told = metadata.told();
    let text = |name: &str| told.get(name).and_then(Value::as_str).unwrap_or_default();
    let grants = told.get("grant_types").and_then(Value::as_array);
    // What was typed, where it was to be saved.
    let form = typed.map(|(form, _)| form).filter(|form| form.text("do") == "save");
    let addresses: Vec<_> = metadata.redirect_uris.iter().map(|address| address.as_str()).collect();
    let addresses = addresses.join("\n");
    let lifetime = |name: &'static str| {
        let own = told.get(name).map(Value::to_string).unwrap_or_default();
        (name, form.map_or(own, |form| form.text(name).to_owned()))
    };
    let is_described = client.is_described_by_document();
    let changes = console.may(AppAction::Save.call()) && !is_described;
    let sees_people = console.may((Endpoint::AdminUser, Method::Get));
    let action = super::apps::path_of(&client.client_id);
    let version = form.and_then(|form| form.text("version").parse().ok());
    ConsoleAppPage {
        frame: console.frame(SECTION),
        action: &action,
        confirm: (changes && !console.is_sure).then(|| console.confirm()),
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
        is_off: metadata.rules.disabled,
        never_ask: match form {
            Some(form) => !form.text("never_ask").is_empty(),
            None => text("consent") == "never",
        },
        groups: groups.map(|groups| choices(groups, &metadata.rules.allowed_groups, form)),
        acr: form.map_or(app_form::strength(&metadata.default_acr_values), |form| {
            form.text("acr")
        }),
        version: version.unwrap_or(client.version),
        version_now: client.version,
        lifetimes: LIFETIMES.map(lifetime).into(),
        may_change: changes && console.is_sure,
        problem: typed.map(|(_, problem)| problem),
        roles: super::app_roles::are_seen(console).then(|| format!("{action}/roles")),
        apis,
        preview: (sees_people && has_people(record)).then(|| format!("{action}/preview")),
        look: super::app_look::path_of(&client.client_id),
        secrets: record
            .secret
            .as_ref()
            .map(|_| super::app_secrets::path_of(&client.client_id)),
    }
    .to_html()
}

/// A declared API, with the scopes that the app may ask for there.
fn open_api(stored: &StoredApi, client_id: &str, context: &Context) -> ListedApi {
    let api = stored.api.for_app(client_id, &context.config.attributes);
    ListedApi {
        href: Some(super::apis::path_of(&stored.id)),
        name: api.name.clone(),
        identifier: api.identifier.clone(),
        scopes: api.scopes().collect::<Vec<_>>().join(" "),
        problem: None,
    }
}

/// The groups that may be chosen for an app: those that are shown, and those that it has.
fn choices(groups: &[Group], allowed: &[String], form: Option<&Params>) -> Vec<ShownChoice> {
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

/// `GET /admin/apps/{client_id}/preview?person=&scope=`: what tokens would say. None is made.
pub async fn preview(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let console = ConsoleRequest::at(request, context)?.enter(context).await?;
    console.require((Endpoint::AdminClients, Method::Get), context)?;
    console.require((Endpoint::AdminUser, Method::Get), context)?;
    let params = request.query_params().map_err(Problem::BadRequest)?;
    params
        .refuse_unknown(&["person", "scope", "api"])
        .map_err(Problem::BadRequest)?;
    let single = |name| params.single(name).map_err(Problem::BadRequest);
    let person = single("person")?.unwrap_or_default().trim();
    let scope = single("scope")?.unwrap_or(USUAL_SCOPE);
    let api = single("api")?.unwrap_or_default().trim();
    let client_id = request.segment(0);
    apis::know_all([api].into_iter(), client_id, context).await?;
    let mut batch = Batch::default();
    let record = batch.add(clients::find(client_id));
    let found = batch.add(users::find_at(person, client_id, context.config.mail.is_some()));
    let rows = context.db.run(batch).await?;
    let client = rows.read(record)?.ok_or(Problem::NotFound)?.client;
    let user = rows.read(found)?;
    let mint = Mint {
        config: &context.config,
        now: context.now,
        binding: None,
    };
    let named = super::params_of((!api.is_empty()).then_some((RESOURCE, api)))?;
    let told = Scope::parse(scope).and_then(|asked| {
        let targets = Targets::parse(&named, &context.config)?;
        let of = |user| TokenPreview::of(user, &client, (&asked, &targets), &mint);
        user.as_ref().map(of).transpose()
    });
    let (told, problem) = match told {
        Ok(told) => (told, None),
        Err(error) => (None, Some(error.description)),
    };
    let written = |document: &Value| serde_json::to_string_pretty(document).unwrap_or_default();
    let documents = told.map(|told| {
        let id_token = told.id_token.as_ref().map(|document| ("id_token", written(document)));
        let rest = [
            ("access_token", written(&told.access_token)),
            ("userinfo", written(&told.userinfo)),
            ("introspection", written(&told.introspection)),
        ];
        id_token.into_iter().chain(rest).collect()
    });
    let html = TokenPreviewPage {
        frame: console.frame(SECTION),
        action: &request.path,
        back: &super::apps::path_of(client_id),
        name: &app_name(client_id, &client.metadata, console.signed_in.language),
        person,
        scope,
        api,
        problem: problem.as_deref(),
        found: user.as_ref().map(|user| (user.username.as_str(), user.id.as_str())),
        is_nobody: user.is_none() && !person.is_empty(),
        is_closed: user.as_ref().is_some_and(|user| !user.may_use(&client)),
        documents,
    }
    .to_html();
    Ok(console.page(if problem.is_some() { 400 } else { 200 }, html))
}
