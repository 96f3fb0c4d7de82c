//! `/admin/people/{user_id}`: one person, and what an operator may do to their account.

use crate::{
    account::{group::Group, set_up::LinkKind, user::User, user_agent::UserAgent},
    admin::{
        api_key::{Area, KeyScope},
        audit_filter::AuditFilter,
        console_form::person::PersonAction,
        operator_role::{OperatorRole, OperatorRoles},
        user::UserChanges,
    },
    db::{
        Batch,
        audit_log::{self, Recorded},
        credentials::{self, Ways},
        grants::{self, OwnGrant},
        groups, operators, passwords,
        sessions::{self, OwnSession},
        users,
    },
    edge::{
        http::{
            failure::{PageFailure, Problem, StepFailure},
            request::Incoming,
        },
        people::{
            console_access::Console,
            operations::{
                access,
                change::{self, Changed},
                members, ways_in,
            },
            operator_roles::{self, RolesOutcome},
        },
        platform::{apart::apart, context::Context},
    },
    fault::Fault,
    oidc::client::own_claim::as_text,
    pages::{
        Language, Moment, app_name,
        console::{
            ConsoleNotice, OnceHeading, OncePage, PersonPage, ShownFactor, ShownGrant, ShownGroup, ShownRole,
            ShownSession,
        },
    },
    reply::Reply,
    routes::{self, Endpoint, Method},
    time::UnixTime,
};

/// How many events are shown.
const EVENTS: i64 = 20;

const SECTION: Endpoint = Endpoint::ConsolePeople;

/// All that is known of a person.
struct Known {
    user: User,
    ways: Ways,
    must_change_password: bool,
    sessions: Vec<OwnSession>,
    groups: Vec<Group>,
    grants: Vec<OwnGrant>,
    roles: OperatorRoles,
    events: Vec<Recorded>,
}

/// `GET /admin/people/{user_id}`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let console = Console::open(request, &[(Endpoint::AdminUser, Method::Get)], context).await?;
    let known = apart(find(request.segment(0), context)).await?;
    let known = known.ok_or(Problem::NotFound)?;
    let html = apart(async { page(known, &console, &request.path, context) }).await;
    Ok(console.page(200, html))
}

async fn find(user_id: &str, context: &Context) -> Result<Option<Known>, Fault> {
    let events = AuditFilter {
        user_id: Some(user_id),
        ..AuditFilter::default()
    };
    let mut batch = Batch::default();
    let user = batch.add(users::find(user_id));
    let ways = batch.add(credentials::list_of(user_id));
    let must_change = batch.add(passwords::must_change(user_id));
    let list = sessions::list_of(user_id, &context.config.lifetimes, context.now);
    let sessions = batch.add(list);
    let groups = batch.add(groups::list_of(user_id));
    let grants = batch.add(grants::list_of(user_id, context.now));
    let operator = batch.add(operators::find(user_id));
    let events = batch.add(audit_log::list(&events, EVENTS));
    let rows = context.db.run(batch).await?;
    let Some(user) = rows.read(user)? else {
        return Ok(None);
    };
    Ok(Some(Known {
        user,
        ways: rows.read(ways)?,
        must_change_password: rows.read(must_change)?,
        sessions: rows.read(sessions)?,
        groups: rows.read(groups)?,
        grants: rows.read(grants)?,
        roles: rows.read(operator)?.map(|operator| operator.roles).unwrap_or_default(),
        events: rows.read(events)?,
    }))
}

/// What the operator keeps of the person, by themselves or by their groups.
fn attributes(known: &Known, language: Language, context: &Context) -> Vec<(String, String)> {
    let kept = &context.config.attributes;
    let mut user = known.user.clone();
    user.memberships.attributes = known.groups.iter().map(|group| group.attributes.clone()).collect();
    let values = user.attributes(kept).into_iter();
    values
        .filter_map(|(name, value)| {
            Some((
                kept.find(&name)?.title(&name, language.tag()).to_owned(),
                as_text(&value),
            ))
        })
        .collect()
}

/// The page, as far as the operator may see it.
fn page(known: Known, console: &Console, path: &str, context: &Context) -> String {
    let user = &known.user;
    let sees = |endpoint| console.may((endpoint, Method::Get));
    let is_own = console.signed_in.user().id == user.id;
    let is_beyond = console.operator.covers(&known.roles).is_err();
    let wants = |call| console.may(call) && !is_own && !is_beyond;
    let (changes, sets_roles) = (
        wants(PersonAction::SignOut.call()),
        wants((Endpoint::AdminOperator, Method::Put)),
    );
    let leaves = console.may(PersonAction::LeaveGroup("").call()) && !is_own && !known.groups.is_empty();
    let language = console.signed_in.language;
    let moment = |at| console.moment(at);
    let factor = |id: &str, name: Option<&str>, created_at, last_used_at: Option<UnixTime>| ShownFactor {
        id: id.to_owned(),
        name: name.map(str::to_owned),
        added: moment(created_at),
        last_used: last_used_at.map(moment),
    };
    PersonPage {
        frame: console.frame(SECTION),
        action: path,
        confirm: ((changes || sets_roles || leaves) && !console.signed_in_just_now).then(|| console.confirm()),
        name: user.display_name(),
        id: &user.id,
        username: user.username.as_str(),
        email: user
            .claims
            .text("email")
            .map(|email| (email, user.confirmed_email().is_some())),
        own: attributes(&known, language, context),
        profile: routes::with_segment(Endpoint::ConsolePersonProfile, &user.id),
        attributes: (!context.config.attributes.is_empty())
            .then(|| routes::with_segment(Endpoint::ConsolePersonAttributes, &user.id)),
        created: moment(user.created_at),
        locked: user.disabled_at.map(moment),
        is_own,
        is_beyond,
        may_change: changes && console.signed_in_just_now,
        may_set_roles: sets_roles && console.signed_in_just_now,
        has_password: known.ways.password_set_at.is_some(),
        must_change_password: known.must_change_password,
        passkeys: known
            .ways
            .passkeys
            .iter()
            .map(|own| factor(&own.row_id, own.name.as_deref(), own.created_at, own.last_used_at))
            .collect(),
        apps: known
            .ways
            .apps
            .iter()
            .map(|own| factor(&own.row_id, own.name.as_deref(), own.created_at, own.last_used_at))
            .collect(),
        recovery_codes: known.ways.recovery_codes.map(|codes| (codes.row_id, codes.left)),
        sessions: known
            .sessions
            .into_iter()
            .map(|session| shown_session(session, moment))
            .collect(),
        groups: known.groups.iter().map(|group| shown_group(group, console)).collect(),
        may_leave: leaves && console.signed_in_just_now,
        grants: known
            .grants
            .into_iter()
            .map(|grant| ShownGrant {
                name: app_name(&grant.client_id, &grant.metadata, language).into_owned(),
                since: moment(grant.created_at),
                last_used: grant.last_used_at.map(moment),
                client_id: grant.client_id,
            })
            .collect(),
        roles: match sees(Endpoint::AdminOperators) {
            true => shown_roles(&known.roles),
            false => Vec::new(),
        },
        events: sees(Endpoint::AdminAudit).then(|| {
            known
                .events
                .into_iter()
                .map(|event| super::shown_event(event, false, console))
                .collect()
        }),
    }
    .to_html()
}

fn shown_session(session: OwnSession, moment: impl Fn(UnixTime) -> Moment) -> ShownSession {
    let agent = UserAgent::parse(&session.user_agent);
    ShownSession {
        id: session.id,
        browser: agent.browser,
        system: agent.system,
        signed_in: moment(UnixTime(session.created_at)),
        last_seen: moment(UnixTime(session.last_seen_at)),
    }
}

fn shown_group(group: &Group, console: &Console) -> ShownGroup {
    let sees_groups = console.may((Endpoint::AdminGroups, Method::Get));
    ShownGroup {
        href: sees_groups.then(|| routes::with_segment(Endpoint::ConsoleGroup, &group.id)),
        id: group.id.clone(),
        name: group.name.as_str().to_owned(),
    }
}

fn shown_roles(theirs: &OperatorRoles) -> Vec<ShownRole> {
    let shown = |role| ShownRole {
        role,
        is_theirs: theirs.iter().any(|own| own == role),
    };
    OperatorRole::ALL.map(shown).into()
}

/// `POST /admin/people/{user_id}`: one thing that [`PersonAction`] knows.
pub async fn submit(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let (console, form) = Console::submit(request, context).await?;
    let action = PersonAction::parse(&form).map_err(Problem::BadRequest)?;
    let user_id = request.segment(0);
    let call = action.call();
    console.require(call, context)?;
    if console.signed_in.user().id == user_id {
        return Err(Problem::NotForYou.into());
    }
    let needed = KeyScope::needed(call.0.path(), call.1);
    if needed.is_some_and(|scope| scope.area == Area::People)
        && console.operator.may_change(user_id, context).await?.is_err()
    {
        return Err(Problem::NotForYou.into());
    }
    if action == PersonAction::MakeLink {
        return apart(make_link(&console, user_id, &request.path, context)).await;
    }
    let notice = apart(act(&console, action, user_id, context)).await?;
    Ok(console.done(notice, context))
}

async fn act(
    console: &Console,
    action: PersonAction<'_>,
    user_id: &str,
    context: &Context,
) -> Result<ConsoleNotice, PageFailure> {
    let (done, notice) = match action {
        PersonAction::Lock => (set_disabled(user_id, true, context).await?, ConsoleNotice::Locked),
        PersonAction::Open => (set_disabled(user_id, false, context).await?, ConsoleNotice::Opened),
        PersonAction::ForgetGuesses => (
            access::forget_guesses(user_id, context).await?,
            ConsoleNotice::GuessesForgotten,
        ),
        PersonAction::SignOut => (access::end_sessions(user_id, context).await?, ConsoleNotice::SignedOut),
        PersonAction::EndSession(session_id) => (
            access::end_session(user_id, session_id, context).await?,
            ConsoleNotice::SignedOut,
        ),
        PersonAction::RequireNewPassword => (
            access::require_new_password(user_id, context).await?,
            ConsoleNotice::NewPasswordRequired,
        ),
        PersonAction::RevokeLink => (
            ways_in::revoke_set_up_link(user_id, context).await?,
            ConsoleNotice::LinkRevoked,
        ),
        PersonAction::RemovePasskey(row_id) => (
            ways_in::remove_passkey(user_id, row_id, context).await?,
            ConsoleNotice::Removed,
        ),
        PersonAction::RemoveFactor(row_id) => (
            ways_in::remove_second_factor(user_id, row_id, context).await?,
            ConsoleNotice::Removed,
        ),
        PersonAction::RevokeGrant(client_id) => (
            access::revoke_grant(user_id, client_id, context).await?,
            ConsoleNotice::GrantRevoked,
        ),
        PersonAction::LeaveGroup(group_id) => {
            let left = apart(members::Change::remove_one(user_id, group_id, context)).await;
            return match left {
                Ok(false) => Ok(ConsoleNotice::NothingDone),
                left => super::notice_of(left.map(drop), ConsoleNotice::Removed),
            };
        }
        PersonAction::SetRoles(roles, shown) => (
            set_roles(console, user_id, (&roles, &shown), context).await?,
            ConsoleNotice::RolesSaved,
        ),
        // It has a page of its own.
        PersonAction::MakeLink => (false, ConsoleNotice::NothingDone),
    };
    Ok(if done { notice } else { ConsoleNotice::NothingDone })
}

async fn set_disabled(user_id: &str, disabled: bool, context: &Context) -> Result<bool, PageFailure> {
    match change::person(user_id, &UserChanges::disabled(disabled), context).await {
        Ok(Changed::Done(_)) => Ok(true),
        Ok(Changed::Nobody | Changed::Taken) => Ok(false),
        Err(StepFailure::Client(error)) => Err(Problem::BadRequest(error).into()),
        Err(StepFailure::Fault(fault)) => Err(fault.into()),
    }
}

async fn set_roles(
    console: &Console,
    user_id: &str,
    (roles, shown): (&OperatorRoles, &OperatorRoles),
    context: &Context,
) -> Result<bool, PageFailure> {
    let outcome = match roles.is_empty() {
        true => operator_roles::remove(user_id, &console.operator, Some(shown), context).await?,
        false => operator_roles::set(user_id, (roles, Some(shown)), &console.operator, context).await?,
    };
    match outcome {
        RolesOutcome::Done => Ok(true),
        RolesOutcome::Nobody | RolesOutcome::Conflict => Ok(false),
        RolesOutcome::Beyond(_) => Err(Problem::NotForYou.into()),
    }
}

async fn make_link(console: &Console, user_id: &str, path: &str, context: &Context) -> Result<Reply, PageFailure> {
    let user = context.db.read(users::find(user_id)).await?;
    let link = ways_in::make_set_up_link(user_id, LinkKind::SetUp.lifetime(), None, context).await?;
    let (user, link) = user.zip(link).ok_or(Problem::NotFound)?;
    let what = (OnceHeading::Link, user.display_name(), path);
    Ok(link_page(console, what, (&link.url, link.expires_at)))
}

/// Shows a link, for this once.
pub(super) fn link_page(
    console: &Console,
    (heading, name, back): (OnceHeading, &str, &str),
    (url, until): (&str, UnixTime),
) -> Reply {
    console.once(&OncePage {
        until: Some(console.moment(until)),
        ..OncePage::new(console.frame(SECTION), heading, (name, back), Some(url))
    })
}
