//! From a path to its endpoint.
//!
//! The engine compiles a function whole when it is first called. An `async fn` that awaits all endpoints by name would take all
//! of their code into its own, and the first request of an isolate would wait for it: so each endpoint's future stands in a box
//! of its own, known by its trait alone.

mod bulk;
mod conditions;
mod repeats;

use std::pin::Pin;

use super::{
    authorization::mistake,
    endpoints::{
        account,
        admin::{
            access, api_keys, apis, audit, client, client_secrets, clients, group_members, groups, invitations, keys,
            mail, moving, operators, passkeys, roles, second_factors, status, users, webhooks,
        },
        console::{self, attributes::Kept},
        development,
        logout::{check_session, rp_initiated},
        oauth::{
            app_looks, authorize, backchannel_authentication, backchannel_requests, device, device_authorization,
            introspect, par, revoke, token, userinfo, well_known,
        },
        registration::{register, registered_client},
        sign_in::{
            consent, finish_sign_in, first_person, login, mail_code, offer_passkey, recover, second_factor,
            select_account, set_up, sign_up, undo_email,
        },
    },
    http::{
        browser::Browser,
        failure::{MachineFailure, PageFailure, Problem},
        refusals,
        request::Incoming,
    },
    people::operator,
    platform::{apart::apart, context::Context},
};
use crate::{
    account::set_up::LinkKind,
    audit::Event,
    oidc::{
        error::{ErrorCode, OAuthError},
        protected_resource,
    },
    pages::Language,
    reply::{Body, Reply},
    routes::{self, Audience, Endpoint, Method, Route},
};

/// An answer to `request` at `route`, whatever goes wrong.
pub async fn answer(route: &Route, request: &mut Incoming, context: &Context) -> Reply {
    if request.method == Method::Options {
        return Reply {
            allow: Some(route.allow()),
            ..Reply::new(204, Body::Empty)
        };
    }
    if !route.answers(request.method) {
        return method_not_allowed(route, request, context);
    }
    if route.audience == Audience::Operator
        && let Err(failure) = apart(operator::require(route, request, context)).await
    {
        return machine_reply(Err(failure), request, context);
    }
    if takes_no_parameters(route.endpoint, request.method)
        && let Err(error) = request.query_params().and_then(|params| params.refuse_unknown(&[]))
    {
        return machine_reply(Err(error.into()), request, context);
    }
    answer_admitted(route, request, context).await
}

/// Whether an endpoint of operators reads nothing of the query: a parameter there means something to whoever wrote it, so it is refused by name.
/// Those that read some refuse the others themselves.
fn takes_no_parameters(endpoint: Endpoint, method: Method) -> bool {
    match endpoint {
        Endpoint::AdminUsers => method == Method::Post,
        Endpoint::AdminUser
        | Endpoint::AdminGroup
        | Endpoint::AdminUserGrants
        | Endpoint::AdminUserGroups
        | Endpoint::AdminUserPasskeys
        | Endpoint::AdminUserSecondFactors
        | Endpoint::AdminUserSessions
        | Endpoint::AdminHealth
        | Endpoint::AdminKeys
        | Endpoint::AdminSettings
        | Endpoint::AdminStatus => matches!(method, Method::Get | Method::Head),
        _ => false,
    }
}

/// The answer to a request that may be made.
async fn answer_admitted(route: &Route, request: &mut Incoming, context: &Context) -> Reply {
    match run(route, request, context).await {
        Outcome::Page(Ok(reply)) => reply,
        Outcome::Page(Err(failure)) => {
            let language = language(request, context);
            let failure = match route.endpoint {
                Endpoint::Authorize | Endpoint::Logout | Endpoint::LogoutConfirm => {
                    apart(mistake::explain(failure, request, language, context)).await
                }
                _ => failure,
            };
            failure.into_reply(context, language)
        }
        Outcome::Machine(outcome) => {
            let reply = machine_reply(outcome, request, context);
            conditions::tagged(route, request.method, reply)
        }
    }
}

/// Runs the endpoint, if the request's conditions hold.
async fn run(route: &Route, request: &mut Incoming, context: &Context) -> Outcome {
    // Most requests have neither, and pay for neither.
    let condition = match conditions::named_by(route, request) {
        None => None,
        Some(named) => match apart(conditions::compare(route, named, request, context)).await {
            Ok(condition) => Some(condition),
            Err(outcome) => return outcome,
        },
    };
    let repeatable = match repeats::key_of(route, request) {
        None => None,
        Some(key) => match apart(repeats::begin(route, key, request, context)).await {
            Ok(repeatable) => repeatable,
            Err(outcome) => return outcome,
        },
    };
    let mut outcome = handler(route.endpoint, request, context).run().await;
    if outcome.is_client_changed() {
        // Nothing has happened. What is known of the client is up to date now.
        outcome = handler(route.endpoint, request, context).run().await;
    }
    if outcome.is_fault() && context.db.roles_have_changed().await {
        outcome = match outcome {
            Outcome::Page(_) => Outcome::Page(Err(Problem::NotForYou.into())),
            Outcome::Machine(_) => Outcome::Machine(Err(operator::roles_changed())),
        };
    }
    if let Some(repeatable) = repeatable {
        apart(repeatable.end(&outcome, context)).await;
    }
    match condition {
        Some(condition) => apart(condition.judge(outcome, context)).await,
        None => outcome,
    }
}

fn machine_reply(outcome: Result<Reply, MachineFailure>, request: &Incoming, context: &Context) -> Reply {
    if let Err(MachineFailure::OAuth(error)) = &outcome
        && error.code == ErrorCode::InvalidClient
    {
        let facts = [("reason", error.description.as_ref())];
        refusals::note(Event::ClientRefused, context.claimed().as_deref(), &facts, context);
    }
    let reply = outcome.unwrap_or_else(|failure| failure.into_reply(context));
    match reply.challenge {
        Some(_) => {
            let named = reply.naming_resource(&protected_resource::metadata_url(&request.path, &context.config.issuer));
            match protected_resource::takes_tokens(&request.path, &context.config) {
                true => named.offering_dpop(),
                false => named,
            }
        }
        None => reply,
    }
}

/// The answer where there is no route: a page for browsers, which say that they read HTML, and JSON for programs.
#[cold]
#[inline(never)]
pub fn not_found(request: &Incoming, context: &Context) -> Reply {
    let audience = routes::audience_of_unknown(&request.path);
    if request.method == Method::Options && audience == Audience::Machine {
        return Reply {
            allow: Some("GET, OPTIONS".to_owned()),
            ..Reply::new(204, Body::Empty)
        };
    }
    if let (Method::Get, Some(page)) = (request.method, routes::page_meant(&request.path)) {
        return Reply::see_other(match request.query.as_str() {
            "" => page.to_owned(),
            query => format!("{page}?{query}"),
        });
    }
    if audience != Audience::Browser || !request.reads_html() {
        let error = OAuthError::invalid_request("there is nothing at this address");
        return MachineFailure::status(404, error).into_reply(context);
    }
    PageFailure::from(Problem::NotFound).into_reply(context, language(request, context))
}

/// The answer to a method that the endpoint, or Limen, does not know.
#[cold]
#[inline(never)]
pub fn method_not_allowed(route: &Route, request: &Incoming, context: &Context) -> Reply {
    let reply = match route.audience {
        Audience::Browser => {
            PageFailure::from(Problem::MethodNotAllowed).into_reply(context, language(request, context))
        }
        Audience::Machine | Audience::Operator => {
            let error = OAuthError::invalid_request("the method is not allowed here");
            MachineFailure::status(405, error).into_reply(context)
        }
    };
    Reply {
        allow: Some(route.allow()),
        ..reply
    }
}

fn language(request: &Incoming, context: &Context) -> Language {
    Browser::of(request, context).language(request.query_params().ok().as_ref())
}

/// An endpoint at work: one for people, which fails with a page, or one for programs, which fails with JSON.
enum Handler<'a> {
    Page(Answer<'a, PageFailure>),
    Machine(Answer<'a, MachineFailure>),
}

type Answer<'a, E> = Pin<Box<dyn Future<Output = Result<Reply, E>> + 'a>>;

/// What became of it.
enum Outcome {
    Page(Result<Reply, PageFailure>),
    Machine(Result<Reply, MachineFailure>),
}

impl Handler<'_> {
    async fn run(self) -> Outcome {
        match self {
            Self::Page(answer) => Outcome::Page(answer.await),
            Self::Machine(answer) => Outcome::Machine(answer.await),
        }
    }
}

impl Outcome {
    fn is_fault(&self) -> bool {
        matches!(
            self,
            Self::Page(Err(PageFailure::Fault(_))) | Self::Machine(Err(MachineFailure::Fault(_)))
        )
    }

    fn is_client_changed(&self) -> bool {
        matches!(
            self,
            Self::Page(Err(PageFailure::ClientChanged)) | Self::Machine(Err(MachineFailure::ClientChanged))
        )
    }
}

fn page<'a>(answer: impl Future<Output = Result<Reply, PageFailure>> + 'a) -> Handler<'a> {
    Handler::Page(Box::pin(answer))
}

fn machine<'a>(answer: impl Future<Output = Result<Reply, MachineFailure>> + 'a) -> Handler<'a> {
    Handler::Machine(Box::pin(answer))
}

/// What answers at each endpoint: one that has no handler does not compile.
fn handler<'a>(endpoint: Endpoint, request: &'a mut Incoming, context: &'a Context) -> Handler<'a> {
    let method = request.method;
    let is_post = method == Method::Post;
    match endpoint {
        Endpoint::Home => page(async { Ok(Reply::see_other(Endpoint::Account.path().to_owned())) }),
        Endpoint::Authorize => page(authorize::authorize(request, context)),
        Endpoint::AuthorizeResume => page(authorize::resume(request, context)),
        Endpoint::Login if is_post => page(login::submit(request, context)),
        Endpoint::Login => page(login::show(request, context)),
        Endpoint::MailCode if is_post => page(mail_code::submit(request, context)),
        Endpoint::MailCode => page(mail_code::show(request, context)),
        Endpoint::SignUp if is_post => page(sign_up::submit(request, context)),
        Endpoint::SignUp => page(sign_up::show(request, context)),
        Endpoint::Consent if is_post => page(consent::submit(request, context)),
        Endpoint::Consent => page(consent::show(request, context)),
        Endpoint::Device if is_post => page(device::submit(request, context)),
        Endpoint::Device => page(device::show(request, context)),
        Endpoint::Account => page(account::overview::show(request, context)),
        Endpoint::SelectAccount if is_post => page(select_account::submit(request, context)),
        Endpoint::SelectAccount => page(select_account::show(request, context)),
        Endpoint::Logout => page(rp_initiated::logout(request, context)),
        Endpoint::CheckSession => page(async { check_session::check_session(context) }),
        Endpoint::LogoutConfirm => page(rp_initiated::confirm(request, context)),
        Endpoint::AccountProfile if is_post => page(account::profile::submit(request, context)),
        Endpoint::AccountProfile => page(account::profile::show(request, context)),
        Endpoint::AccountEmail if is_post => page(account::email::submit(request, context)),
        Endpoint::AccountEmail => page(account::email::show(request, context)),
        Endpoint::AccountPassword if is_post => page(account::password::submit(request, context)),
        Endpoint::AccountPassword => page(account::password::show(request, context)),
        Endpoint::AccountPasskeys if is_post => page(account::passkeys::submit(request, context)),
        Endpoint::AccountPasskeys => page(account::passkeys::show(request, context)),
        Endpoint::AccountSecondFactors if is_post => page(account::second_factors::submit(request, context)),
        Endpoint::AccountSecondFactors => page(account::second_factors::show(request, context)),
        Endpoint::AccountNewCodeApp if is_post => page(account::new_code_app::submit(request, context)),
        Endpoint::AccountNewCodeApp => page(account::new_code_app::show(request, context)),
        Endpoint::SecondFactor if is_post => page(second_factor::submit(request, context)),
        Endpoint::SecondFactor => page(second_factor::show(request, context)),
        Endpoint::FirstPerson if is_post => page(first_person::submit(request, context)),
        Endpoint::FirstPerson => page(first_person::show(request, context)),
        Endpoint::FinishSignIn if is_post => page(finish_sign_in::submit(request, context)),
        Endpoint::FinishSignIn => page(finish_sign_in::show(request, context)),
        Endpoint::OfferPasskey if is_post => page(offer_passkey::submit(request, context)),
        Endpoint::OfferPasskey => page(offer_passkey::show(request, context)),
        Endpoint::SetUp if is_post => page(set_up::submit(LinkKind::SetUp, request, context)),
        Endpoint::SetUp => page(set_up::show(LinkKind::SetUp, request, context)),
        Endpoint::Recover if is_post => page(recover::submit(request, context)),
        Endpoint::Recover => page(recover::show(request, context)),
        Endpoint::RecoveryLink if is_post => page(set_up::submit(LinkKind::Recovery, request, context)),
        Endpoint::RecoveryLink => page(set_up::show(LinkKind::Recovery, request, context)),
        Endpoint::UndoEmail if is_post => page(undo_email::submit(request, context)),
        Endpoint::UndoEmail => page(undo_email::show(request, context)),
        Endpoint::AccountBrowsers if is_post => page(account::browsers::submit(request, context)),
        Endpoint::AccountBrowsers => page(account::browsers::show(request, context)),
        Endpoint::AccountApps if is_post => page(account::apps::submit(request, context)),
        Endpoint::AccountApps => page(account::apps::show(request, context)),
        Endpoint::AccountActivity => page(account::activity::show(request, context)),
        Endpoint::AccountData => page(account::data::show(request, context)),
        Endpoint::AccountDownload => page(account::data::download(request, context)),
        Endpoint::AccountDeletion if is_post => page(account::deletion::submit(request, context)),
        Endpoint::AccountDeletion => page(account::deletion::show(request, context)),
        Endpoint::AccountDeleted => page(async { Ok(account::deletion::farewell(request, context)) }),
        Endpoint::ChangePassword => page(async { Ok(account::overview::change_password(context)) }),
        Endpoint::Stylesheet => page(async { Ok(well_known::stylesheet(request, context)) }),
        Endpoint::Logo => page(async { well_known::logo(request, context) }),
        Endpoint::AppLogo => page(app_looks::logo(request, context)),
        Endpoint::AppAccent => page(async { app_looks::accent(request) }),
        Endpoint::PasskeyScript => page(async { Ok(well_known::passkey_script(request)) }),

        Endpoint::Discovery | Endpoint::AuthorizationServerMetadata => {
            machine(async { Ok(well_known::metadata(context)) })
        }
        Endpoint::Jwks => machine(well_known::keys(request, context)),
        Endpoint::ProtectedResource | Endpoint::ProtectedResourceBelow => {
            machine(async { well_known::protected_resource(request, context) })
        }
        Endpoint::WebFinger => machine(async { well_known::web_finger(request, context) }),
        Endpoint::AdminApiKeys if is_post => machine(api_keys::make(request, context)),
        Endpoint::AdminApiKeys => machine(api_keys::list(request, context)),
        Endpoint::AdminApiKey => machine(api_keys::revoke(request, context)),
        Endpoint::AdminWebhooks if is_post => machine(webhooks::make(request, context)),
        Endpoint::AdminWebhooks => machine(webhooks::list(request, context)),
        Endpoint::AdminWebhook if method == Method::Patch => machine(webhooks::change(request, context)),
        Endpoint::AdminWebhook if method == Method::Delete => machine(webhooks::delete(request, context)),
        Endpoint::AdminWebhook => machine(webhooks::show(request, context)),
        Endpoint::AdminWebhookSecret => machine(webhooks::renew_secret(request, context)),
        Endpoint::AdminWebhookTest => machine(webhooks::test(request, context)),
        Endpoint::AdminStatus => machine(status::show(context)),
        Endpoint::AdminHealth => machine(status::health(context)),
        Endpoint::AdminSettings => machine(status::settings(context)),
        Endpoint::OpenApi => machine(async { Ok(well_known::openapi()) }),
        Endpoint::Token => machine(token::token(request, context)),
        Endpoint::Userinfo => machine(userinfo::userinfo(request, context)),
        Endpoint::Introspect => machine(introspect::introspect(request, context)),
        Endpoint::Revoke => machine(revoke::revoke(request, context)),
        Endpoint::PushedAuthorizationRequest => machine(par::push(request, context)),
        Endpoint::DeviceAuthorization => machine(device_authorization::ask(request, context)),
        Endpoint::BackchannelAuthentication => machine(backchannel_authentication::ask(request, context)),
        Endpoint::AccountRequests if is_post => page(backchannel_requests::submit(request, context)),
        Endpoint::AccountRequests => page(backchannel_requests::show(request, context)),
        Endpoint::Register => machine(register::register(request, context)),
        Endpoint::RegisteredClient if method == Method::Put => machine(registered_client::replace(request, context)),
        Endpoint::RegisteredClient if method == Method::Patch => machine(registered_client::patch(request, context)),
        Endpoint::RegisteredClient if method == Method::Delete => machine(registered_client::delete(request, context)),
        Endpoint::RegisteredClient => machine(registered_client::show(request, context)),
        Endpoint::RenewSecret => machine(registered_client::renew_secret(request, context)),
        Endpoint::AdminUsers if method == Method::Post => machine(users::create(request, context)),
        Endpoint::AdminUsers => machine(users::list(request, context)),
        Endpoint::AdminUser if method == Method::Patch => machine(users::change(request, context)),
        Endpoint::AdminUser if method == Method::Delete => machine(users::delete(request, context)),
        Endpoint::AdminUser => machine(users::show(request, context)),
        Endpoint::AdminUserGrants => machine(access::grants(request, context)),
        Endpoint::AdminUserSessions if method == Method::Delete => machine(access::end_sessions(request, context)),
        Endpoint::AdminUserSessions => machine(access::sessions(request, context)),
        Endpoint::AdminUserSession => machine(access::end_session(request, context)),
        Endpoint::AdminUserGrant => machine(users::revoke_grant(request, context)),
        Endpoint::AdminUserPasskeys => machine(passkeys::list(request, context)),
        Endpoint::AdminUserPasskey => machine(passkeys::remove(request, context)),
        Endpoint::AdminUserSecondFactors => machine(second_factors::list(request, context)),
        Endpoint::AdminUserSecondFactor => machine(second_factors::remove(request, context)),
        Endpoint::AdminInvitations if is_post => machine(invitations::make(request, context)),
        Endpoint::AdminInvitations => machine(invitations::list(request, context)),
        Endpoint::AdminInvitation => machine(invitations::revoke(request, context)),
        Endpoint::AdminUserNewPassword => machine(access::require_new_password(request, context)),
        Endpoint::AdminUserUnlocking => machine(access::unlock(request, context)),
        Endpoint::AdminGlobalTokenRevocation => machine(access::revoke_everything(request, context)),
        Endpoint::AdminUserSetUpLink if method == Method::Delete => {
            machine(passkeys::revoke_set_up_link(request, context))
        }
        Endpoint::AdminUserSetUpLink => machine(passkeys::make_set_up_link(request, context)),
        Endpoint::AdminUserGroups if is_post => machine(group_members::change_of_person(request, context)),
        Endpoint::AdminUserGroups => machine(group_members::of_person(request, context)),
        Endpoint::AdminGroups if is_post => machine(groups::create(request, context)),
        Endpoint::AdminGroups => machine(groups::list(request, context)),
        Endpoint::AdminGroup if method == Method::Patch => machine(groups::change(request, context)),
        Endpoint::AdminGroup if method == Method::Delete => machine(groups::delete(request, context)),
        Endpoint::AdminGroup => machine(groups::show(request, context)),
        Endpoint::AdminGroupMembers if is_post => machine(group_members::change(request, context)),
        Endpoint::AdminGroupMembers => machine(group_members::list(request, context)),
        Endpoint::AdminGroupMember if method == Method::Put => machine(group_members::add(request, context)),
        Endpoint::AdminGroupMember => machine(group_members::remove(request, context)),
        Endpoint::AdminApis if is_post => machine(apis::create(request, context)),
        Endpoint::AdminApis => machine(apis::list(request, context)),
        Endpoint::AdminApiSecret => machine(apis::renew_secret(request, context)),
        Endpoint::AdminApi if method == Method::Patch => machine(apis::change(request, context)),
        Endpoint::AdminApi if method == Method::Delete => machine(apis::delete(request, context)),
        Endpoint::AdminApi => machine(apis::show(request, context)),
        Endpoint::AdminClients => machine(clients::list(request, context)),
        Endpoint::AdminClientRoles if is_post => machine(roles::change(request, context)),
        Endpoint::AdminClientRoles => machine(roles::list(request, context)),
        Endpoint::AdminClientApproval => machine(clients::judge(request, context)),
        Endpoint::AdminUnusedClients if is_post => machine(clients::clean_up(request, context)),
        Endpoint::AdminUnusedClients => machine(clients::count_unused(request, context)),
        Endpoint::AdminClient if method == Method::Patch => machine(client::change(request, context)),
        Endpoint::AdminClient => machine(client::show(request, context)),
        Endpoint::AdminClientLogo if method == Method::Put => machine(client::put_logo(request, context)),
        Endpoint::AdminClientLogo => machine(client::remove_logo(request, context)),
        Endpoint::AdminClientLogoFetch => machine(client::fetch_logo(request, context)),
        Endpoint::AdminClientSecrets if is_post => machine(client_secrets::add(request, context)),
        Endpoint::AdminClientSecrets => machine(client_secrets::list(request, context)),
        Endpoint::AdminClientSecret => machine(client_secrets::remove(request, context)),
        Endpoint::AdminOperators => machine(operators::list(request, context)),
        Endpoint::AdminOperator if method == Method::Put => machine(operators::set(request, context)),
        Endpoint::AdminOperator => machine(operators::remove(request, context)),
        Endpoint::PasskeyEndpoints => machine(async { well_known::passkey_endpoints(context) }),
        Endpoint::RelatedOrigins => machine(async { well_known::related_origins(context) }),
        Endpoint::AdminMails => machine(mail::list(request, context)),
        Endpoint::AdminMailTest => machine(mail::test(request, context)),
        Endpoint::AdminMail => machine(mail::delete(request, context)),
        Endpoint::AdminMailRetry => machine(mail::retry(request, context)),
        Endpoint::Console => page(console::overview::show(request, context)),
        Endpoint::ConsolePeople => page(console::people::show(request, context)),
        Endpoint::ConsoleApps => page(console::apps::show(request, context)),
        Endpoint::ConsoleNewApp if is_post => page(console::apps::submit_new(request, context)),
        Endpoint::ConsoleNewApp => page(console::apps::show_new(request, context)),
        Endpoint::ConsoleApp if is_post => page(console::app::submit(request, context)),
        Endpoint::ConsoleApp => page(console::app::show(request, context)),
        Endpoint::ConsoleSelfRegistered if is_post => page(console::self_registered::submit(request, context)),
        Endpoint::ConsoleSelfRegistered => page(console::self_registered::show(request, context)),
        Endpoint::ConsoleAppLook if is_post => page(console::app_look::submit(request, context)),
        Endpoint::ConsoleAppLook => page(console::app_look::show(request, context)),
        Endpoint::ConsoleAppSecrets if is_post => page(console::app_secrets::submit(request, context)),
        Endpoint::ConsoleAppSecrets => page(console::app_secrets::show(request, context)),
        Endpoint::ConsoleApis => page(console::apis::show(request, context)),
        Endpoint::ConsoleNewApi if is_post => page(console::apis::submit_new(request, context)),
        Endpoint::ConsoleNewApi => page(console::apis::show_new(request, context)),
        Endpoint::ConsoleApi if is_post => page(console::api::submit(request, context)),
        Endpoint::ConsoleApi => page(console::api::show(request, context)),
        Endpoint::ConsoleGroups if is_post => page(console::groups::submit_new(request, context)),
        Endpoint::ConsoleGroups => page(console::groups::list(request, context)),
        Endpoint::ConsoleGroup if is_post => page(console::groups::submit(request, context)),
        Endpoint::ConsoleGroup => page(console::groups::show(request, context)),
        Endpoint::ConsoleAudit => page(console::audit::show(request, context)),
        Endpoint::ConsoleAuditExport => page(console::audit::export(request, context)),
        Endpoint::ConsoleMail if is_post => page(console::mail::submit(request, context)),
        Endpoint::ConsoleMail => page(console::mail::show(request, context)),
        Endpoint::ConsoleAppRoles if is_post => page(console::app_roles::submit(request, context)),
        Endpoint::ConsoleAppRoles => page(console::app_roles::show(request, context)),
        Endpoint::ConsolePersonAttributes | Endpoint::ConsoleGroupAttributes => {
            let kept = match endpoint {
                Endpoint::ConsoleGroupAttributes => Kept::OfGroup,
                _ => Kept::OfPerson,
            };
            match is_post {
                true => page(console::attributes::submit(kept, request, context)),
                false => page(console::attributes::show(kept, request, context)),
            }
        }
        Endpoint::ConsoleLook => page(console::look::show(request, context)),
        Endpoint::ConsoleWebhooks if is_post => page(console::webhooks::submit_new(request, context)),
        Endpoint::ConsoleWebhooks => page(console::webhooks::list(request, context)),
        Endpoint::ConsoleWebhook if is_post => page(console::webhooks::submit(request, context)),
        Endpoint::ConsoleWebhook => page(console::webhooks::show(request, context)),
        Endpoint::ConsoleSystem if is_post => page(console::system::submit(request, context)),
        Endpoint::ConsoleSystem => page(console::system::show(request, context)),
        Endpoint::ConsoleTokenPreview => page(console::token_preview::show(request, context)),
        Endpoint::ConsolePerson if is_post => page(console::person::submit(request, context)),
        Endpoint::ConsolePerson => page(console::person::show(request, context)),
        Endpoint::DevelopmentMails => page(development::list(context)),
        Endpoint::DevelopmentMail => page(development::show(request, context)),
        Endpoint::AdminAudit => machine(audit::list(request, context)),
        Endpoint::AdminAuditExport => machine(audit::export(request, context)),
        Endpoint::AdminExport => machine(moving::export(request, context)),
        Endpoint::AdminImport => machine(moving::import(request, context)),
        Endpoint::AdminBulk => machine(bulk::run(request, context)),
        Endpoint::AdminKeys => machine(keys::list(context)),
        Endpoint::AdminKeyRetirement => machine(keys::retire(request, context)),
        Endpoint::AdminKeyRotation => machine(keys::revoke(request, context)),
    }
}
