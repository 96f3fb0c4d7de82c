//! `/login/second`: the second factor of somebody who has shown their password, or an app with one-time codes that they set up first.

use serde_json::json;

use super::second_factor_request::{Begun, Counted, Loaded, SecondFactorRequest, SentCode};
use crate::{
    account::{sign_in::Next, totp::TotpSecret, trusted_browser::Trust},
    audit::{Actor, Entry, Event},
    config::{Notices, Way},
    db::{
        audit,
        credential_owner::{FactorChange, Owner},
        credentials,
        second_factors::{self, NewApp},
    },
    edge::{
        http::{
            failure::{PageFailure, Problem},
            request::Incoming,
        },
        mail::outbox,
        people::{
            new_session::{AccompanyingStatements, Trusting},
            second_factor::{self, Counters, Typed},
            sign_in::SignInRequest,
        },
        platform::{context::Context, random},
    },
    fault::Fault,
    pages::{Csp, SecondProblem, content_security_policy},
    reply::Reply,
    routes::Endpoint,
    secret::{OpaqueToken, Purpose},
};

/// `GET /login/second`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let params = request.query_params().map_err(Problem::BadRequest)?;
    let sign_in = SignInRequest::receive(request, &params, context).await?;
    match SecondFactorRequest::load(sign_in, &params, None, context).await? {
        Loaded::Elsewhere(reply) => Ok(reply),
        Loaded::Here(second, _) => Ok(second.page(200, None, context)?),
    }
}

/// `POST /login/second`: `code` or `recovery_code`; `secret` and `code` to set up an app; `cancel`, or `decline` what an app can do
/// without.
pub async fn submit(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let params = request.form().await?;
    let sign_in = SignInRequest::receive(request, &params, context).await?;
    let (second, attempt) = match SecondFactorRequest::load(sign_in, &params, Some(request), context).await? {
        Loaded::Elsewhere(reply) => return Ok(reply),
        Loaded::Here(second, attempt) => (second, attempt),
    };
    let field = |name| params.text(name);
    if !field("cancel").is_empty()
        && let Some(reply) = second.sign_in.given_up(context).await?
    {
        return Ok(reply);
    }
    if !field("decline").is_empty()
        && second.may_decline(context)
        && let Some(reply) = second.sign_in.declined(context)?
    {
        return Ok(reply);
    }
    if second.next == Next::SetUp {
        return second.set_up(field("secret"), field("code"), request, context).await;
    }
    match attempt {
        SentCode::None => Ok(second.page(400, Some(SecondProblem::Missing), context)?),
        SentCode::TooMany { wait, is_first } => {
            if is_first {
                second_factor::refuse_more(&second.user.id, context).await?;
            }
            let minutes = wait.minutes_begun();
            let page = second.page(429, Some(SecondProblem::TooManyAttempts { minutes }), context)?;
            Ok(page.retried_after(wait))
        }
        SentCode::Counted(counted) => {
            let typed = match (field("code"), field("recovery_code")) {
                (code, "") => Typed::Code(code.trim()),
                (_, code) => Typed::RecoveryCode(code.trim()),
            };
            let trust = field("trust") == "yes";
            second.try_code((typed, counted), trust, request, context).await
        }
    }
}

impl SecondFactorRequest {
    async fn try_code(
        &self,
        (typed, _): (Typed<'_>, Counted),
        trust: bool,
        request: &Incoming,
        context: &Context,
    ) -> Result<Reply, PageFailure> {
        let (user_id, shown) = (&self.user.id, self.shown());
        let allowed = match typed {
            Typed::Code(_) => shown.codes,
            Typed::RecoveryCode(_) => shown.recovery_codes,
        };
        let using = match allowed {
            true => second_factor::check(typed, (user_id, &self.factors), context).await?,
            false => None,
        };
        let used = Entry::new(Event::RecoveryCodeUsed, Actor::Person)
            .user(user_id)
            .detail(json!({ "left": self.factors.recovery_codes - 1 }));
        let events = match typed {
            Typed::Code(_) => Vec::new(),
            Typed::RecoveryCode(_) => vec![audit::record_if_changed(&used, context)],
        };
        if let Some(using) = using {
            let counters = Counters::of(user_id, &self.sign_in.browser, request, context);
            let notice = match typed {
                Typed::Code(_) => None,
                Typed::RecoveryCode(_) => {
                    let (event, language) = (Event::RecoveryCodeUsed, self.sign_in.language());
                    let row_id = second_factors::recovery_row(user_id);
                    outbox::Notice::of_change(Notices::Recovery, event, user_id, language)
                        .write(credentials::was_used(&row_id, context.now), context)?
                }
            };
            let with = AccompanyingStatements {
                before: vec![using],
                events,
                after: counters.forgive().into_iter().chain(notice).collect(),
                may_offer_passkey: self.can_have_passkey && context.config.sign_in.has(Way::Passkey),
                trust: match trust && !matches!(self.begun, Begun::Session { .. }) {
                    true => Some(Trusting::New(self.new_trust(context)?)),
                    false => None,
                },
                answer: None,
                is_no_news: matches!(self.begun, Begun::Mail { .. }),
            };
            if let Some(reply) = self.finish(with, request, context).await? {
                return Ok(reply);
            }
        }
        second_factor::refuse(user_id, typed, context).await?;
        let problem = match typed {
            Typed::Code(_) => SecondProblem::WrongCode,
            Typed::RecoveryCode(_) => SecondProblem::WrongRecoveryCode,
        };
        Ok(self.page(400, Some(problem), context)?)
    }

    /// Adds the app that a code confirms, signs its person in, and shows them their recovery codes.
    async fn set_up(
        &self,
        sealed: &str,
        code: &str,
        request: &Incoming,
        context: &Context,
    ) -> Result<Reply, PageFailure> {
        let user_id = &self.user.id;
        let key = context.config.roots.current(Purpose::Totp);
        let owner = self.sign_in.browser.owner_of_secret(user_id);
        let Some(secret) = TotpSecret::open_from_form(sealed, &key, &owner, context.now) else {
            return Ok(self.page(400, Some(SecondProblem::Expired), context)?);
        };
        let Some(step) = secret.step_of(code, context.now) else {
            let problem = if code.trim().is_empty() {
                SecondProblem::Missing
            } else {
                SecondProblem::WrongCode
            };
            return Ok(self.set_up_page((400, Some(problem)), &secret, context)?);
        };
        let row_id = second_factor::row_id(&secret, context);
        let new = NewApp {
            row_id: &row_id,
            wrapped: &second_factor::wrap(&secret, user_id, &row_id, context).await?,
            name: None,
            step,
        };
        let owner = match &self.begun {
            Begun::Password { password_hash, .. } => Owner::WithPasswordAlone {
                user_id,
                password_hash,
                passkeys_count: context.config.sign_in.has(Way::Passkey),
            },
            Begun::Mail { address, .. } => Owner::WithAddressAlone {
                user_id,
                address,
                passkeys_count: context.config.sign_in.has(Way::Passkey),
            },
            Begun::Session { hash, .. } => Owner::Changing(FactorChange::by(hash, &context.config)),
        };
        let (codes, hashes) = second_factor::new_recovery_codes(user_id, context)?;
        let notice = outbox::Notice::of_change(Notices::Factors, Event::CodeAppAdded, user_id, self.sign_in.language());
        let notice = notice.write(credentials::came(user_id, "totp", context.now), context)?;
        let added = Entry::new(Event::CodeAppAdded, Actor::Person).user(user_id);
        // A session that waits for nothing is led on from there.
        let go_on = self.sign_in.address_of(Endpoint::FinishSignIn);
        let html = second_factor::recovery_codes_page(&codes, &go_on, self.sign_in.language());
        let with = AccompanyingStatements {
            before: vec![second_factors::add_app(&new, &owner, context.now).into()],
            events: vec![audit::record_if_changed(&added, context)],
            after: [second_factors::add_recovery_codes(user_id, &row_id, &hashes, context.now).into()]
                .into_iter()
                .chain(notice)
                .collect(),
            answer: Some(Reply::page(200, html, content_security_policy(Csp::default()))),
            ..AccompanyingStatements::default()
        };
        match self.finish(with, request, context).await? {
            Some(reply) => Ok(reply),
            // Another tab was quicker.
            None => Ok(Reply::see_other(self.sign_in.address_of(Endpoint::Login))),
        }
    }

    fn new_trust(&self, context: &Context) -> Result<Trust, Fault> {
        let secret = OpaqueToken::new(&context.config.roots, random::bytes()?);
        Ok(Trust::new(&self.user.id, random::id()?, secret))
    }
}
