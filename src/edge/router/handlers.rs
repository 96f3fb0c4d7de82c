//! What answers at each endpoint.
//!
//! The engine compiles a function whole when it is first called. An `async fn` that awaits all endpoints by name would take all
//! of their code into its own, and the first request of an isolate would wait for it: so each endpoint's future stands in a box
//! of its own, known by its trait alone.

use std::pin::Pin;

use super::{Outcome, bulk};
use crate::{
    account::set_up::LinkKind,
    edge::{
        endpoints::{
            account,
            admin::{
                access, api_keys, apis, audit, client, client_secrets, clients, group_members, groups, invitations,
                keys, mail, moving, operators, passkeys, roles, second_factors, status, users, webhooks,
            },
            console::{
                self,
                attributes::{self, Kept},
            },
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
            failure::{MachineFailure, PageFailure},
            request::Incoming,
        },
        platform::context::Context,
    },
    reply::Reply,
    routes::{Endpoint, Method},
};

/// An endpoint at work: one for people, which fails with a page, or one for programs, which fails with JSON.
pub(super) enum Handler<'a> {
    Page(Answer<'a, PageFailure>),
    Machine(Answer<'a, MachineFailure>),
}

type Answer<'a, E> = Pin<Box<dyn Future<Output = Result<Reply, E>> + 'a>>;

impl Handler<'_> {
    pub(super) async fn run(self) -> Outcome {
        match self {
            Self::Page(answer) => Outcome::Page(answer.await),
            Self::Machine(answer) => Outcome::Machine(answer.await),
        }
    }
}

fn page<'a>(answer: impl Future<Output = Result<Reply, PageFailure>> + 'a) -> Handler<'a> {
    Handler::Page(Box::pin(answer))
}

fn machine<'a>(answer: impl Future<Output = Result<Reply, MachineFailure>> + 'a) -> Handler<'a> {
    Handler::Machine(Box::pin(answer))
}

/// One that has no handler does not compile. The order is that of the route table.
pub(super) fn handler<'a>(endpoint: Endpoint, request: &'a mut Incoming, context: &'a Context) -> Handler<'a> {
    let method = request.method;
    let is_post = method == Method::Post;
    /// A page with a form: `show`, and `submit` where it is posted.
    macro_rules! form {
        ($($page:ident)::+) => {
            match is_post {
                true => page($($page)::+::submit(request, context)),
                false => page($($page)::+::show(request, context)),
            }
        };
    }
    match endpoint {
        // Metadata of the provider, for programs.
        Endpoint::Discovery | Endpoint::AuthorizationServerMetadata => {
            machine(async { Ok(well_known::metadata(context)) })
        }
        Endpoint::Jwks => machine(well_known::keys(request, context)),
        Endpoint::ProtectedResource | Endpoint::ProtectedResourceBelow => {
            machine(async { well_known::protected_resource(request, context) })
        }
        Endpoint::WebFinger => machine(async { well_known::web_finger(request, context) }),
        Endpoint::OpenApi => machine(async { Ok(well_known::openapi()) }),
        Endpoint::PasskeyEndpoints => machine(async { well_known::passkey_endpoints(context) }),
        Endpoint::RelatedOrigins => machine(async { well_known::related_origins(context) }),

        // The protocols.
        Endpoint::Token => machine(token::token(request, context)),
        Endpoint::Userinfo => machine(userinfo::userinfo(request, context)),
        Endpoint::Introspect => machine(introspect::introspect(request, context)),
        Endpoint::Revoke => machine(revoke::revoke(request, context)),
        Endpoint::PushedAuthorizationRequest => machine(par::push(request, context)),
        Endpoint::DeviceAuthorization => machine(device_authorization::ask(request, context)),
        Endpoint::BackchannelAuthentication => machine(backchannel_authentication::ask(request, context)),
        Endpoint::Register => machine(register::register(request, context)),
        Endpoint::RegisteredClient if method == Method::Put => machine(registered_client::replace(request, context)),
        Endpoint::RegisteredClient if method == Method::Patch => machine(registered_client::patch(request, context)),
        Endpoint::RegisteredClient if method == Method::Delete => machine(registered_client::delete(request, context)),
        Endpoint::RegisteredClient => machine(registered_client::show(request, context)),
        Endpoint::RenewSecret => machine(registered_client::renew_secret(request, context)),

        // Sign-in, and what apps lead people to.
        Endpoint::Home => page(async { Ok(Reply::see_other(Endpoint::Account.path().to_owned())) }),
        Endpoint::Authorize => page(authorize::authorize(request, context)),
        Endpoint::AuthorizeResume => page(authorize::resume(request, context)),
        Endpoint::Login => form!(login),
        Endpoint::SecondFactor => form!(second_factor),
        Endpoint::FinishSignIn => form!(finish_sign_in),
        Endpoint::MailCode => form!(mail_code),
        Endpoint::SignUp => form!(sign_up),
        Endpoint::Consent => form!(consent),
        Endpoint::Device => form!(device),
        Endpoint::SelectAccount => form!(select_account),
        Endpoint::Logout => page(rp_initiated::logout(request, context)),
        Endpoint::LogoutConfirm => page(rp_initiated::confirm(request, context)),
        Endpoint::CheckSession => page(async { check_session::check_session(context) }),
        Endpoint::OfferPasskey => form!(offer_passkey),
        Endpoint::FirstPerson => form!(first_person),
        Endpoint::SetUp if is_post => page(set_up::submit(LinkKind::SetUp, request, context)),
        Endpoint::SetUp => page(set_up::show(LinkKind::SetUp, request, context)),
        Endpoint::Recover => form!(recover),
        Endpoint::RecoveryLink if is_post => page(set_up::submit(LinkKind::Recovery, request, context)),
        Endpoint::RecoveryLink => page(set_up::show(LinkKind::Recovery, request, context)),
        Endpoint::UndoEmail => form!(undo_email),

        // People's own account.
        Endpoint::Account => page(account::overview::show(request, context)),
        Endpoint::AccountProfile => form!(account::profile),
        Endpoint::AccountEmail => form!(account::email),
        Endpoint::AccountPassword => form!(account::password),
        Endpoint::AccountPasskeys => form!(account::passkeys),
        Endpoint::AccountSecondFactors => form!(account::second_factors),
        Endpoint::AccountNewCodeApp => form!(account::new_code_app),
        Endpoint::AccountBrowsers => form!(account::browsers),
        Endpoint::AccountApps => form!(account::apps),
        Endpoint::AccountActivity => page(account::activity::show(request, context)),
        Endpoint::AccountData => page(account::data::show(request, context)),
        Endpoint::AccountDownload => page(account::data::download(request, context)),
        Endpoint::AccountDeletion => form!(account::deletion),
        Endpoint::AccountDeleted => page(async { Ok(account::deletion::farewell(request, context)) }),
        Endpoint::ChangePassword => page(async { Ok(account::overview::change_password(context)) }),
        Endpoint::AccountRequests => form!(backchannel_requests),

        // The API of operators.
        Endpoint::AdminUsers if method == Method::Post => machine(users::create(request, context)),
        Endpoint::AdminUsers => machine(users::list(request, context)),
        Endpoint::AdminUser if method == Method::Patch => machine(users::change(request, context)),
        Endpoint::AdminUser if method == Method::Delete => machine(users::delete(request, context)),
        Endpoint::AdminUser => machine(users::show(request, context)),
        Endpoint::AdminUserGrants => machine(access::grants(request, context)),
        Endpoint::AdminUserSessions if method == Method::Delete => machine(access::end_sessions(request, context)),
        Endpoint::AdminUserSessions => machine(access::sessions(request, context)),
        Endpoint::AdminUserSession => machine(access::end_session(request, context)),
        Endpoint::AdminUserNewPassword => machine(access::require_new_password(request, context)),
        Endpoint::AdminUserUnlocking => machine(access::unlock(request, context)),
        Endpoint::AdminGlobalTokenRevocation => machine(access::revoke_everything(request, context)),
        Endpoint::AdminUserGrant => machine(users::revoke_grant(request, context)),
        Endpoint::AdminUserPasskeys => machine(passkeys::list(request, context)),
        Endpoint::AdminUserPasskey => machine(passkeys::remove(request, context)),
        Endpoint::AdminUserSecondFactors => machine(second_factors::list(request, context)),
        Endpoint::AdminUserSecondFactor => machine(second_factors::remove(request, context)),
        Endpoint::AdminUserSetUpLink if method == Method::Delete => {
            machine(passkeys::revoke_set_up_link(request, context))
        }
        Endpoint::AdminUserSetUpLink => machine(passkeys::make_set_up_link(request, context)),
        Endpoint::AdminInvitations if is_post => machine(invitations::make(request, context)),
        Endpoint::AdminInvitations => machine(invitations::list(request, context)),
        Endpoint::AdminInvitation => machine(invitations::revoke(request, context)),
        Endpoint::AdminUserGroups if is_post => machine(group_members::change_of_person(request, context)),
        Endpoint::AdminUserGroups => machine(group_members::of_person(request, context)),
        Endpoint::AdminApis if is_post => machine(apis::create(request, context)),
        Endpoint::AdminApis => machine(apis::list(request, context)),
        Endpoint::AdminApi if method == Method::Patch => machine(apis::change(request, context)),
        Endpoint::AdminApi if method == Method::Delete => machine(apis::delete(request, context)),
        Endpoint::AdminApi => machine(apis::show(request, context)),
        Endpoint::AdminApiSecret => machine(apis::renew_secret(request, context)),
        Endpoint::AdminGroups if is_post => machine(groups::create(request, context)),
        Endpoint::AdminGroups => machine(groups::list(request, context)),
        Endpoint::AdminGroup if method == Method::Patch => machine(groups::change(request, context)),
        Endpoint::AdminGroup if method == Method::Delete => machine(groups::delete(request, context)),
        Endpoint::AdminGroup => machine(groups::show(request, context)),
        Endpoint::AdminGroupMembers if is_post => machine(group_members::change(request, context)),
        Endpoint::AdminGroupMembers => machine(group_members::list(request, context)),
        Endpoint::AdminGroupMember if method == Method::Put => machine(group_members::add(request, context)),
        Endpoint::AdminGroupMember => machine(group_members::remove(request, context)),
        Endpoint::AdminClients => machine(clients::list(request, context)),
        Endpoint::AdminClientApproval => machine(clients::judge(request, context)),
        Endpoint::AdminUnusedClients if is_post => machine(clients::clean_up(request, context)),
        Endpoint::AdminUnusedClients => machine(clients::count_unused(request, context)),
        Endpoint::AdminClient if method == Method::Patch => machine(client::change(request, context)),
        Endpoint::AdminClient => machine(client::show(request, context)),
        Endpoint::AdminClientLogo if method == Method::Put => machine(client::put_logo(request, context)),
        Endpoint::AdminClientLogo => machine(client::remove_logo(request, context)),
        Endpoint::AdminClientLogoFetch => machine(client::fetch_logo(request, context)),
        Endpoint::AdminClientRoles if is_post => machine(roles::change(request, context)),
        Endpoint::AdminClientRoles => machine(roles::list(request, context)),
        Endpoint::AdminClientSecrets if is_post => machine(client_secrets::add(request, context)),
        Endpoint::AdminClientSecrets => machine(client_secrets::list(request, context)),
        Endpoint::AdminClientSecret => machine(client_secrets::remove(request, context)),
        Endpoint::AdminOperators => machine(operators::list(request, context)),
        Endpoint::AdminOperator if method == Method::Put => machine(operators::set(request, context)),
        Endpoint::AdminOperator => machine(operators::remove(request, context)),
        Endpoint::AdminKeys => machine(keys::list(context)),
        Endpoint::AdminKeyRetirement => machine(keys::retire(request, context)),
        Endpoint::AdminKeyRotation => machine(keys::revoke(request, context)),
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
        Endpoint::AdminAudit => machine(audit::list(request, context)),
        Endpoint::AdminAuditExport => machine(audit::export(request, context)),
        Endpoint::AdminExport => machine(moving::export(request, context)),
        Endpoint::AdminImport => machine(moving::import(request, context)),
        Endpoint::AdminBulk => machine(bulk::run(request, context)),
        Endpoint::AdminMails => machine(mail::list(request, context)),
        Endpoint::AdminMailTest => machine(mail::test(request, context)),
        Endpoint::AdminMail => machine(mail::delete(request, context)),
        Endpoint::AdminMailRetry => machine(mail::retry(request, context)),

        // The console.
        Endpoint::Console => page(console::overview::show(request, context)),
        Endpoint::ConsolePeople => page(console::people::show(request, context)),
        Endpoint::ConsoleNewPerson => form!(console::new_person),
        Endpoint::ConsoleInvitations => form!(console::invitations),
        Endpoint::ConsolePerson => form!(console::person),
        Endpoint::ConsoleApps => page(console::apps::show(request, context)),
        Endpoint::ConsoleNewApp if is_post => page(console::apps::submit_new(request, context)),
        Endpoint::ConsoleNewApp => page(console::apps::show_new(request, context)),
        Endpoint::ConsoleSelfRegistered => form!(console::self_registered),
        Endpoint::ConsoleApp => form!(console::app),
        Endpoint::ConsoleTokenPreview => page(console::token_preview::show(request, context)),
        Endpoint::ConsoleAppSecrets => form!(console::app_secrets),
        Endpoint::ConsoleAppLook => form!(console::app_look),
        Endpoint::ConsoleApis => page(console::apis::show(request, context)),
        Endpoint::ConsoleNewApi if is_post => page(console::apis::submit_new(request, context)),
        Endpoint::ConsoleNewApi => page(console::apis::show_new(request, context)),
        Endpoint::ConsoleApi => form!(console::api),
        Endpoint::ConsoleGroups if is_post => page(console::groups::submit_new(request, context)),
        Endpoint::ConsoleGroups => page(console::groups::list(request, context)),
        Endpoint::ConsoleGroup => form!(console::group),
        Endpoint::ConsoleAudit => page(console::audit::show(request, context)),
        Endpoint::ConsoleAuditExport => page(console::audit::export(request, context)),
        Endpoint::ConsoleMail => form!(console::mail),
        Endpoint::ConsolePersonAttributes if is_post => page(attributes::submit(Kept::OfPerson, request, context)),
        Endpoint::ConsolePersonAttributes => page(attributes::show(Kept::OfPerson, request, context)),
        Endpoint::ConsolePersonProfile => form!(console::profile),
        Endpoint::ConsoleGroupAttributes if is_post => page(attributes::submit(Kept::OfGroup, request, context)),
        Endpoint::ConsoleGroupAttributes => page(attributes::show(Kept::OfGroup, request, context)),
        Endpoint::ConsoleAppRoles => form!(console::app_roles),
        Endpoint::ConsoleLook => page(console::look::show(request, context)),
        Endpoint::ConsoleWebhooks if is_post => page(console::webhooks::submit_new(request, context)),
        Endpoint::ConsoleWebhooks => page(console::webhooks::list(request, context)),
        Endpoint::ConsoleWebhook => form!(console::webhook),
        Endpoint::ConsoleSystem => form!(console::system),

        // What pages are made of, and the mails of a server in development.
        Endpoint::DevelopmentMails => page(development::list(context)),
        Endpoint::DevelopmentMail => page(development::show(request, context)),
        Endpoint::Stylesheet => page(async { Ok(well_known::stylesheet(request, context)) }),
        Endpoint::Logo => page(async { well_known::logo(request, context) }),
        Endpoint::AppLogo => page(app_looks::logo(request, context)),
        Endpoint::AppAccent => page(async { app_looks::accent(request) }),
        Endpoint::PasskeyScript => page(async { Ok(well_known::passkey_script(request)) }),
    }
}
