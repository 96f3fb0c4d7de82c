//! Where mails are sent, a code shows that somebody reads the mails of their address before there is an account.

use serde_json::json;

use super::{Entrance, Newcomer};
use crate::{
    account::{email, user::User},
    admin::operator_role::OperatorRoles,
    audit::{Actor, Entry, Event},
    db::{
        Statement, accepted_terms, audit, invitations,
        mail_codes::{self, CodeKey, NewCode},
        operators, released_addresses, users,
    },
    edge::{
        http::{failure::PageFailure, request::Incoming},
        people::{
            mail_code::{self, AskedAddress, Verdict},
            new_session::AccompanyingStatements,
        },
        platform::context::Context,
    },
    mail::CodeKind,
    pages::{SignUpProblem, Typed},
    reply::Reply,
};

impl Newcomer<'_> {
    /// What makes the account, with its `way_in`, before its session, and uses up what let its person in. Without a way in of its
    /// own, its person signs in by mail. The id of `user` must be new.
    pub(super) fn accompanying(
        &self,
        user: &User,
        way_in: Option<Vec<Statement>>,
        code: Option<&(CodeKey, String)>,
        context: &Context,
    ) -> AccompanyingStatements {
        let (invitation, now) = (self.entrance.id(), context.now);
        let entry = Entry {
            client_id: self.sign_in.destination.client_id(),
            detail: invitation.map(|id| json!({ "invitation": id.to_string() })),
            ..Entry::new(Event::SignedUp, Actor::Person).user(&user.id)
        };
        let is_right = || code.map_or_else(Statement::always, |(key, mail_id)| key.exists(mail_id, now));
        let mut with = AccompanyingStatements {
            is_no_news: true,
            ..AccompanyingStatements::default()
        };
        if let (Some(_), Some(folded)) = (user.confirmed_email(), user.email_folded()) {
            // Whoever else has not confirmed it does not keep it, unless they are an operator.
            let lets_in = || match &self.entrance {
                Entrance::Invited { shown, .. } => invitations::lets_in(shown, user.confirmed_email(), now),
                _ => Statement::always(),
            };
            let may = || lets_in().and(is_right()).and(users::are_free(user));
            with.before
                .extend(released_addresses::release((&folded, &user.id), may, context));
        }
        with.before.push(match &self.entrance {
            Entrance::Invited { shown, .. } => users::insert_invited(user, shown, is_right(), now).into(),
            _ => users::insert_where(user, is_right()).into(),
        });
        let terms = context.config.sign_up.terms.as_ref();
        let by_mail = way_in.is_none();
        with.before.extend(way_in.into_iter().flatten());
        with.before.push(audit::record_if_changed(&entry, context));
        with.before
            .extend(terms.map(|terms| accepted_terms::accept_if_changed(&user.id, &terms.version, now)));
        if !by_mail {
            // Where somebody has the passkey already, or its challenge was answered, there is no way into the new account.
            with.after.push(users::delete_without_credentials(user));
        }
        if let Some(id) = invitation {
            let owner = Entry::new(Event::OperatorRolesChanged, Actor::System)
                .user(&user.id)
                .detail(json!({ "roles": OperatorRoles::owner().names(), "invitation": id.to_string() }));
            with.after.extend([
                operators::begin_with_first(id, &user.id, now),
                audit::record_if_changed(&owner, context),
                invitations::use_up(id, &user.id),
            ]);
        }
        with.after
            .extend(code.map(|(key, mail_id)| mail_codes::use_up(key, mail_id, &user.id, now).into()));
        if by_mail {
            // The last of these uses up what has shown that they read the mails, and only if the account is there.
            with.before.append(&mut with.after);
        }
        with
    }

    /// Sends a code to the address that somebody typed, after the answer: neither that nor its time tells whether somebody has it.
    pub(super) async fn ask_for_code(
        &self,
        user: &User,
        typed: Typed<'_>,
        request: &Incoming,
        context: &Context,
    ) -> Result<Reply, PageFailure> {
        let address = user.claims.text("email").unwrap_or_default();
        let key = mail_code::key(&self.sign_in.browser, CodeKind::SignUp, &email::fold(address), context);
        let new = NewCode {
            typed: address,
            destination: "",
            user_id: None,
        };
        if let Some(wait) = mail_code::begin((&key, &new), request, context).await? {
            let minutes = wait.minutes_begun();
            let problem = Some(SignUpProblem::TooManyAttempts { minutes });
            return Ok(self.page((429, problem), typed, &[], context)?.retried_after(wait));
        }
        let asked = AskedAddress {
            key,
            address: address.to_owned(),
            user_id: None,
            language: self.sign_in.language(),
        };
        asked.send_later(context);
        let sent = Typed {
            code_sent: Some(true),
            ..typed
        };
        Ok(self.page((200, None), sent, &[], context)?)
    }

    /// The code that shows that somebody reads the mails of the address that they typed.
    pub(super) async fn confirmed(
        &self,
        user: &User,
        code: &str,
        request: &Incoming,
        context: &Context,
    ) -> Result<Result<(CodeKey, String), SignUpProblem>, PageFailure> {
        if code.is_empty() {
            return Ok(Err(SignUpProblem::NoCode));
        }
        let folded = user.email_folded().unwrap_or_default();
        let key = mail_code::key(&self.sign_in.browser, CodeKind::SignUp, &folded, context);
        Ok(match mail_code::try_code(&key, code, request, context).await? {
            // Other addresses are compared as the same.
            Verdict::Right(tried) if Some(tried.typed.as_str()) == user.claims.text("email") => {
                Ok((key, tried.mail_id))
            }
            Verdict::Right(_) | Verdict::Wrong => Err(SignUpProblem::WrongCode),
            Verdict::TooMany { wait } => Err(SignUpProblem::TooManyAttempts {
                minutes: wait.minutes_begun(),
            }),
        })
    }
}
