//! `/admin/people/{user_id}/profile`: the username, name and address of a person, for those who may change them.

use crate::{
    account::user::User,
    admin::{
        console_form::{self, profile as form_of},
        user::UserChanges,
    },
    db::users,
    edge::{
        http::{
            failure::{MachineFailure, PageFailure, Problem},
            request::Incoming,
        },
        people::{
            console_access::Console,
            operations::{
                change::{self, Changed},
                people,
            },
        },
        platform::{apart::apart, context::Context},
    },
    oidc::params::Params,
    pages::console::{ConsoleNotice, ConsoleProfilePage, Part},
    reply::Reply,
    routes::{self, Call, Endpoint, Method},
};

const CHANGE: Call = (Endpoint::AdminUser, Method::Patch);

/// `GET /admin/people/{user_id}/profile`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let console = Console::open(request, &[(Endpoint::AdminUser, Method::Get)], context).await?;
    let user = context.db.read(users::find(request.segment(0))).await?;
    let user = user.ok_or(Problem::NotFound)?;
    let is_beyond = super::is_beyond(&user.id, &console, context).await?;
    Ok(page(&user, is_beyond, &console, None))
}

fn page(user: &User, is_beyond: bool, console: &Console, typed: Option<(&Params, &str)>) -> Reply {
    let changes = console.may(CHANGE) && !is_beyond;
    let form = typed.map(|(form, _)| form);
    let text = |name, kept| form.map_or(kept, |form| form.text(name));
    let version = user.updated_at.seconds().to_string();
    let html = ConsoleProfilePage {
        part: Part {
            frame: console.frame(Endpoint::ConsolePeople),
            action: console.path(),
            back: &routes::with_segment(Endpoint::ConsolePerson, &user.id),
            name: user.display_name(),
            confirm: (changes && !console.signed_in_just_now).then(|| console.confirm()),
            may_change: changes && console.signed_in_just_now,
            problem: typed.map(|(_, problem)| problem),
        },
        shown: text("shown", &version),
        username: text("username", user.username.as_str()),
        name: text("name", user.claims.text("name").unwrap_or_default()),
        email: text("email", user.claims.text("email").unwrap_or_default()),
        is_confirmed: match form {
            Some(form) => form.text("email_verified") == "yes",
            None => user.confirmed_email().is_some(),
        },
    }
    .to_html();
    console.page(if typed.is_some() { 400 } else { 200 }, html)
}

/// `POST /admin/people/{user_id}/profile`: changes what the form says otherwise than it is.
pub async fn submit(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let (console, form) = Console::submit(request, context).await?;
    console.require(CHANGE, context)?;
    let user = context.db.read(users::find(request.segment(0))).await?;
    let user = user.ok_or(Problem::NotFound)?;
    if super::is_beyond(&user.id, &console, context).await? {
        return Err(super::refuse_beyond(&user.id, &console, context));
    }
    match apart(save(&user, &form, context)).await {
        Ok(true) => Ok(console.done(ConsoleNotice::Saved, context)),
        Ok(false) => Ok(console.done(ConsoleNotice::NothingDone, context)),
        Err(failure) => {
            let problem = super::explain(failure)?;
            Ok(page(&user, false, &console, Some((&form, &problem))))
        }
    }
}

/// Whether there was anything to change.
async fn save(user: &User, form: &Params, context: &Context) -> Result<bool, MachineFailure> {
    let shown = form.single("shown")?.ok_or_else(console_form::unknown)?;
    if shown != user.updated_at.seconds().to_string() {
        return Err(super::changed_elsewhere());
    }
    let Some(body) = form_of::changes(form, user)? else {
        return Ok(false);
    };
    match change::person(&user.id, &UserChanges::parse(&body)?, context).await? {
        Changed::Done(_) => Ok(true),
        Changed::Nobody => Err(MachineFailure::no_such("user")),
        Changed::Taken => Err(people::taken()),
    }
}
