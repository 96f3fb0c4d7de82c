//! `/login`: username or e-mail address, and password.

use crate::{
    config::SignUp,
    edge::{
        http::{
            failure::{PageFailure, Problem},
            request::Incoming,
        },
        people::{
            password_check::{self, Verdict},
            sign_in::{Along, Destination, Guest},
        },
        platform::context::Context,
    },
    oidc::authorize::Prompt,
    pages::{LoginPage, LoginProblem},
    reply::Reply,
};

/// What a form of this page is bound to.
const FORM: &[&str] = &["login"];

/// `GET /login`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let params = request.query_params().map_err(Problem::BadRequest)?;
    let mut guest = Guest::receive(request, &params, context).await?;
    if let Some(reply) = guest.goes_on(context) {
        return Ok(reply);
    }
    let cookie = guest.visitor.settle(context)?;
    let hint = guest.destination.login_hint().to_owned();
    let page = guest.page(200, &hint, guest.wants_what_nobody_can(context), context);
    Ok(page.with_cookie(cookie))
}

/// `POST /login`.
pub async fn submit(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let params = request.form().await?;
    let field = |name| params.single(name).ok().flatten().unwrap_or_default();
    let guest = Guest::submitting(request, &params, FORM, context).await?;
    if let Some(reply) = guest.turned_down(&params, context).await? {
        return Ok(reply);
    }
    let (login, password) = (field("username").trim(), field("password"));
    if login.is_empty() || password.is_empty() {
        return Ok(guest.page(400, login, Some(LoginProblem::Missing), context));
    }
    match password_check::sign_in((login, password), &guest.visitor, &request.address(), context).await? {
        Verdict::Passed {
            user_id,
            password_hash,
            forgiving,
        } => {
            let forgiven = Along {
                after: forgiving,
                ..Along::default()
            };
            let signed_in = guest
                .sign_in((user_id, &password_hash), forgiven, request, context)
                .await?;
            Ok(signed_in.unwrap_or_else(|| guest.page(400, "", Some(LoginProblem::WrongCredentials), context)))
        }
        Verdict::Failed => Ok(guest.page(400, login, Some(LoginProblem::WrongCredentials), context)),
        Verdict::TooMany { wait } => {
            let minutes = (wait.seconds() + 59) / 60;
            let page = guest.page(429, login, Some(LoginProblem::TooManyAttempts { minutes }), context);
            Ok(Reply {
                retry_after: Some(wait),
                ..page
            })
        }
    }
}

impl Guest {
    /// What is said to who was sent to make an account, where nobody can.
    fn wants_what_nobody_can(&self, context: &Context) -> Option<LoginProblem> {
        let Destination::Request { flow, .. } = &self.destination else {
            return None;
        };
        let wants = context.config.sign_up == SignUp::Off && Prompt::asks_for_account(&flow.params);
        wants.then_some(LoginProblem::NoSignUp)
    }

    fn page(&self, status: u16, username: &str, problem: Option<LoginProblem>, context: &Context) -> Reply {
        let session = self.session.as_ref().filter(|_| !self.wants_another);
        let signed_in = session.map(|session| session.user.username.as_str());
        let language = self.language();
        let html = LoginPage {
            language,
            purpose: self.purpose(language),
            sign_up: self.sign_up_address(context),
            csrf: &self.visitor.csrf(FORM, context),
            username: if username.is_empty() {
                signed_in.unwrap_or_default()
            } else {
                username
            },
            problem,
            reauthenticate: signed_in.is_some(),
        }
        .to_html();
        Reply::page(status, html, self.page_policy())
    }
}
