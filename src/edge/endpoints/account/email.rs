//! `/account/email`: the e-mail address, which is also a name to sign in with. To change it takes the password.

use serde_json::{Map, Value};

use crate::{
    account::{email, throttle, user::User},
    audit::Event,
    db::{Batch, audit, users},
    edge::{
        http::{
            failure::{PageFailure, Problem},
            request::Incoming,
        },
        people::{
            account_access::{Confirmation, SignedInBrowser},
            folding,
        },
        platform::context::Context,
    },
    fault::Fault,
    oidc::error::OAuthError,
    pages::account::{EmailPage, EmailProblem, Notice, PasswordCheck},
    reply::Reply,
    routes::Endpoint,
    secret::Purpose,
    time::Lifetime,
};

const PAGE: Endpoint = Endpoint::AccountEmail;

/// `GET /account/email`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let signed_in = SignedInBrowser::enter(PAGE, request, context).await?;
    Ok(signed_in.page(200, html(&signed_in, "", None, context)))
}

/// `POST /account/email`.
pub async fn submit(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let (signed_in, form) = SignedInBrowser::submit(PAGE, request, context).await?;
    if !is_editable(context) {
        return Err(Problem::NotFound.into());
    }
    let field = |name| form.text(name);
    let typed = field("email").trim();
    let refuse =
        |status, problem| Ok::<_, PageFailure>(signed_in.page(status, html(&signed_in, typed, Some(problem), context)));
    let Ok(email) = email::parse(typed) else {
        return refuse(400, EmailProblem::NotAnAddress);
    };
    let forgiving = match signed_in.confirm(field("current_password"), context).await? {
        Confirmation::Given(forgiving) => forgiving,
        Confirmation::Refused(refusal) => {
            let html = html(&signed_in, typed, Some(EmailProblem::Password(refusal.check)), context);
            return Ok(refusal.page(&signed_in, html));
        }
    };
    let user = signed_in.user();
    if let Some(wait) = count(user, context).await? {
        // The password was right, whatever else is not.
        context.db.execute(forgiving).await?;
        let minutes = wait.minutes_begun();
        let page = refuse(429, EmailProblem::Password(PasswordCheck::TooMany { minutes }))?;
        return Ok(page.retried_after(wait));
    }
    let mut changed = user.clone();
    // What was verified is the old address: `with` takes that back.
    let change = Map::from_iter([("email".to_owned(), Value::from(email.as_str()))]);
    let told = |problem| Problem::BadRequest(OAuthError::invalid_request(problem));
    changed.claims = user.claims.with(&change).map_err(told)?;
    changed.updated_at = context.now;
    let entry = signed_in.entry(Event::EmailChanged);
    let mut batch = Batch::default();
    let rival = batch.add(users::find_rival(&changed, user));
    let saved = batch.add(users::update_own(&changed, user, &signed_in.session_hash));
    batch.push(audit::record_if_changed(&entry, context));
    batch.extend(forgiving);
    let rows = context.db.run(batch).await?;
    match (rows.read(saved)?, rows.read(rival)?) {
        (true, _) => Ok(signed_in.done(PAGE, Notice::EmailChanged, context)),
        (false, true) => refuse(409, EmailProblem::Taken),
        (false, false) => refuse(409, EmailProblem::ChangedElsewhere),
    }
}

/// Counts an address that a person wants, and makes sure that it is compared with all others. How long to wait, where there were
/// too many: nobody shall find out here who has an account.
async fn count(user: &User, context: &Context) -> Result<Option<Lifetime>, Fault> {
    let key = context.config.roots.current(Purpose::Throttle);
    let counter = throttle::of_email_changes(&key, &user.id);
    folding::count_attempt(&counter, context).await
}

fn html(signed_in: &SignedInBrowser, entered: &str, problem: Option<EmailProblem>, context: &Context) -> String {
    EmailPage {
        frame: signed_in.frame(PAGE),
        username: signed_in.user().username.as_str(),
        current: signed_in.user().claims.text("email"),
        editable: is_editable(context),
        entered,
        problem,
    }
    .to_html()
}

fn is_editable(context: &Context) -> bool {
    context.config.editable_claims.iter().any(|name| name == "email")
}
