//! `/admin/system`: how the deployment is, its signing keys, and the keys of the admin API.

use super::typed::Typed;
use crate::{
    admin::{
        api_key::{self, ApiKey, Area, KeyScope},
        console_form::system::{self as system_form, SystemAction},
        operator::OperatorPerson,
    },
    db::{Batch, api_keys, operators, signing_keys},
    edge::{
        http::{
            failure::{PageFailure, Problem},
            request::Incoming,
        },
        keys::signer,
        people::{console_access::Console, operations},
        platform::{apart::apart, context::Context},
    },
    oidc::{jose::provider_key::ProviderKey, params::Params},
    pages::console::{ConsoleNotice, ConsoleSystemPage, ListedOperator, OnceHeading, OncePage, ShownApiKey, ShownKey},
    reply::Reply,
    routes::{self, Call, Endpoint, Method},
};

const SECTION: Endpoint = Endpoint::ConsoleSystem;

/// The most API keys and operators: all there are.
const ALL: i64 = 200;

const ROTATE: Call = (Endpoint::AdminKeyRetirement, Method::Post);
const MAKE_KEY: Call = (Endpoint::AdminApiKeys, Method::Post);

/// `GET /admin/system`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let console = Console::open(request, &[], context).await?;
    if !console.sees(SECTION) {
        console.require((Endpoint::AdminSettings, Method::Get), context)?;
    }
    apart(page(&console, Typed::default(), context)).await
}

/// The page, as far as the operator may see it; with the form that was sent, and what is wrong with it.
async fn page(console: &Console, typed: Typed<'_>, context: &Context) -> Result<Reply, PageFailure> {
    let sees = |endpoint| console.may((endpoint, Method::Get));
    let mut batch = Batch::default();
    let keys = batch.add_if(sees(Endpoint::AdminKeys).then(signing_keys::all));
    let programs = batch.add_if(sees(Endpoint::AdminApiKeys).then(|| api_keys::list("", ALL)));
    let people = batch.add_if(sees(Endpoint::AdminOperators).then(|| operators::list("", ALL)));
    let rows = context.db.run(batch).await?;
    let (keys, programs, people) = (rows.read_if(keys)?, rows.read_if(programs)?, rows.read_if(people)?);
    let sees_people = sees(Endpoint::AdminUser);
    let makes_keys = console.signed_in_just_now && console.may(MAKE_KEY);
    let html = ConsoleSystemPage {
        frame: console.frame(SECTION),
        confirm: console.confirm_for(&[ROTATE, MAKE_KEY]),
        keys: keys.map(|keys| keys.iter().map(|key| shown_key(key, console, context)).collect()),
        may_change_keys: console.signed_in_just_now && console.may(ROTATE),
        api_keys: programs.map(|keys| keys.iter().map(|key| shown_program(key, console)).collect()),
        scopes: if makes_keys { scopes(typed.form()) } else { Vec::new() },
        operators: people.map(|people| people.iter().map(|person| listed(person, sees_people)).collect()),
        settings: sees(Endpoint::AdminSettings).then(|| context.settings()),
        problem: typed.problem(),
        typed: (typed.text("name"), typed.text("days")),
    }
    .to_html();
    Ok(console.page(typed.status(), html))
}

fn shown_key(key: &ProviderKey, console: &Console, context: &Context) -> ShownKey {
    let moment = |at| console.moment(at);
    ShownKey {
        kid: key.kid.clone(),
        alg: key.alg.as_str(),
        state: key.schedule.state(context.now),
        published: moment(key.schedule.publish_at),
        signs_from: moment(key.schedule.activate_at),
        retires: key.schedule.retire_at.map(moment),
        removed: key.schedule.remove_at.map(moment),
        revoked: key.schedule.revoked_at.map(moment),
    }
}

fn shown_program(key: &ApiKey, console: &Console) -> ShownApiKey {
    let moment = |at| console.moment(at);
    ShownApiKey {
        id: key.id.clone(),
        name: key.name.as_str().to_owned(),
        scopes: api_key::names(&key.scopes),
        maker: maker(key, console),
        expires: moment(key.expires_at),
        last_used: key.last_used_at.map(moment),
    }
}

/// Who made a key, and where their page is for those who may see it. What is not known any more goes by its id.
fn maker(key: &ApiKey, console: &Console) -> Option<(String, Option<String>)> {
    let at = |listed, page, id: &Option<String>| {
        let id = id.as_ref().filter(|_| console.may((listed, Method::Get)))?;
        Some(routes::with_segment(page, id))
    };
    let href = at(Endpoint::AdminUser, Endpoint::ConsolePerson, &key.made_by_user);
    let of_app = || at(Endpoint::AdminClients, Endpoint::ConsoleApp, &key.made_by_client);
    let href = href.or_else(|| of_app().filter(|_| key.made_by_user.is_none()));
    let id = key
        .made_by
        .as_ref()
        .or(key.made_by_user.as_ref())
        .or(key.made_by_client.as_ref())?;
    let is_known = key.maker.is_some();
    Some((key.maker.as_ref().unwrap_or(id).clone(), href.filter(|_| is_known)))
}

fn listed(person: &OperatorPerson, sees_people: bool) -> ListedOperator {
    ListedOperator {
        href: sees_people.then(|| routes::with_segment(Endpoint::ConsolePerson, &person.user_id)),
        username: person.username.clone(),
        roles: person.roles.iter().collect(),
    }
}

/// What a key may be for, to read an area or to change it, and whether that is chosen.
fn scopes(form: Option<&Params>) -> Vec<(KeyScope, bool)> {
    let is_chosen = |scope: KeyScope| {
        let name = scope.name();
        form.is_some_and(|form| form.all("scope").any(|chosen| chosen == name))
    };
    let both = |area: Area| [false, true].map(|writes| KeyScope { area, writes });
    let all = Area::ALL.into_iter().flat_map(both);
    let all = all.filter(|scope| !scope.writes || scope.area.can_change());
    all.map(|scope| (scope, is_chosen(scope))).collect()
}

/// `POST /admin/system`: one thing that [`SystemAction`] knows.
pub async fn submit(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let (console, form) = Console::submit(request, context).await?;
    let action = SystemAction::parse(&form).map_err(Problem::BadRequest)?;
    console.require(action.call(), context)?;
    let (done, notice) = match action {
        SystemAction::Rotate(kid) => (apart(signer::retire(kid, context)).await?, ConsoleNotice::KeyRotated),
        SystemAction::Revoke(kid) => (apart(signer::revoke(kid, context)).await?, ConsoleNotice::KeyRevoked),
        SystemAction::EndApiKey(id) => {
            let ended = apart(operations::api_keys::revoke(id, context)).await?;
            (ended, ConsoleNotice::Removed)
        }
        SystemAction::MakeApiKey => return apart(make_key(&console, &form, context)).await,
    };
    Ok(console.done(if done { notice } else { ConsoleNotice::NothingDone }, context))
}

async fn make_key(console: &Console, form: &Params, context: &Context) -> Result<Reply, PageFailure> {
    let made = match system_form::wanted_key(form) {
        Ok(wanted) => operations::api_keys::make(wanted, &console.operator, context).await,
        Err(error) => Err(error.into()),
    };
    let (key, text) = match made {
        Ok(made) => made,
        Err(failure) => {
            let problem = super::explain(failure)?;
            return page(console, Typed::refused(form, &problem), context).await;
        }
    };
    Ok(console.once(&OncePage {
        until: Some(console.moment(key.expires_at)),
        ..OncePage::new(
            console.frame(SECTION),
            OnceHeading::ApiKey,
            (key.name.as_str(), SECTION.path()),
            Some(&text),
        )
    }))
}
