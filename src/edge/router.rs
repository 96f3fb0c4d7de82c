//! From a path to its endpoint.
//!
//! The engine compiles a function whole when it is first called. An `async fn` that awaits all endpoints by name would take all
//! of their code into its own, and the first request of an isolate would wait for it: so each endpoint's future stands in a box
//! of its own, known by its trait alone.

use std::pin::Pin;

use super::{
    authorization::mistake,
    endpoints::{
        account,
        admin::{access, audit, keys, passkeys, status, users},
        logout::{check_session, rp_initiated},
        oauth::{authorize, introspect, par, revoke, token, userinfo, well_known},
        registration::{register, registered_client},
        sign_in::{consent, login, offer_passkey, select_account, set_up, sign_up},
    },
    http::{
        browser::Browser,
        failure::{MachineFailure, PageFailure, Problem},
        refusals,
        request::Incoming,
    },
    platform::context::Context,
};
use crate::{
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
    match route.audience {
        Audience::Browser => {
            let outcome = match page(route.endpoint, request, context).await {
                // Nothing has happened. The copy of the client is up to date now.
                Err(PageFailure::ClientChanged) => page(route.endpoint, request, context).await,
                outcome => outcome,
            };
            match outcome {
                Ok(reply) => reply,
                Err(failure) => {
                    let language = language(request, context);
                    let failure = match route.endpoint {
                        Endpoint::Authorize => mistake::explain(failure, request, language, context).await,
                        _ => failure,
                    };
                    failure.into_reply(context, language)
                }
            }
        }
        Audience::Machine | Audience::Operator => {
            let outcome = match machine(route.endpoint, request, context).await {
                // Nothing has happened. What is remembered of the client is up to date now.
                Err(MachineFailure::ClientChanged) => machine(route.endpoint, request, context).await,
                outcome => outcome,
            };
            if let Err(MachineFailure::OAuth(error)) = &outcome
                && error.code == ErrorCode::InvalidClient
            {
                let facts = [("reason", error.description.as_ref())];
                refusals::note(Event::ClientRefused, context.claimed().as_deref(), &facts, context);
            }
            let reply = outcome.unwrap_or_else(|failure| failure.into_reply(context));
            match reply.challenge {
                Some(_) => {
                    reply.naming_resource(&protected_resource::metadata_url(&request.path, &context.config.issuer))
                }
                None => reply,
            }
        }
    }
}

/// The answer where there is no route: a page for browsers, which say that they read HTML, and JSON for programs.
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

/// An endpoint at work.
type Answer<'a, E> = Pin<Box<dyn Future<Output = Result<Reply, E>> + 'a>>;

fn page<'a>(endpoint: Endpoint, request: &'a mut Incoming, context: &'a Context) -> Answer<'a, PageFailure> {
    let is_post = request.method == Method::Post;
    match endpoint {
        Endpoint::Home => Box::pin(async { Ok(Reply::see_other(Endpoint::Account.path().to_owned())) }),
        Endpoint::Authorize => Box::pin(authorize::authorize(request, context)),
        Endpoint::AuthorizeResume => Box::pin(authorize::resume(request, context)),
        Endpoint::Login if is_post => Box::pin(login::submit(request, context)),
        Endpoint::Login => Box::pin(login::show(request, context)),
        Endpoint::SignUp if is_post => Box::pin(sign_up::submit(request, context)),
        Endpoint::SignUp => Box::pin(sign_up::show(request, context)),
        Endpoint::Consent if is_post => Box::pin(consent::submit(request, context)),
        Endpoint::Consent => Box::pin(consent::show(request, context)),
        Endpoint::Account => Box::pin(account::overview::show(request, context)),
        Endpoint::SelectAccount if is_post => Box::pin(select_account::submit(request, context)),
        Endpoint::SelectAccount => Box::pin(select_account::show(request, context)),
        Endpoint::Logout => Box::pin(rp_initiated::logout(request, context)),
        Endpoint::CheckSession => Box::pin(async { check_session::check_session(context) }),
        Endpoint::LogoutConfirm => Box::pin(rp_initiated::confirm(request, context)),
        Endpoint::AccountProfile if is_post => Box::pin(account::profile::submit(request, context)),
        Endpoint::AccountProfile => Box::pin(account::profile::show(request, context)),
        Endpoint::AccountEmail if is_post => Box::pin(account::email::submit(request, context)),
        Endpoint::AccountEmail => Box::pin(account::email::show(request, context)),
        Endpoint::AccountPassword if is_post => Box::pin(account::password::submit(request, context)),
        Endpoint::AccountPassword => Box::pin(account::password::show(request, context)),
        Endpoint::AccountPasskeys if is_post => Box::pin(account::passkeys::submit(request, context)),
        Endpoint::AccountPasskeys => Box::pin(account::passkeys::show(request, context)),
        Endpoint::OfferPasskey if is_post => Box::pin(offer_passkey::submit(request, context)),
        Endpoint::OfferPasskey => Box::pin(offer_passkey::show(request, context)),
        Endpoint::SetUp if is_post => Box::pin(set_up::submit(request, context)),
        Endpoint::SetUp => Box::pin(set_up::show(request, context)),
        Endpoint::AccountBrowsers if is_post => Box::pin(account::browsers::submit(request, context)),
        Endpoint::AccountBrowsers => Box::pin(account::browsers::show(request, context)),
        Endpoint::AccountApps if is_post => Box::pin(account::apps::submit(request, context)),
        Endpoint::AccountApps => Box::pin(account::apps::show(request, context)),
        Endpoint::AccountActivity => Box::pin(account::activity::show(request, context)),
        Endpoint::AccountData => Box::pin(account::data::show(request, context)),
        Endpoint::AccountDownload => Box::pin(account::data::download(request, context)),
        Endpoint::AccountDeletion if is_post => Box::pin(account::deletion::submit(request, context)),
        Endpoint::AccountDeletion => Box::pin(account::deletion::show(request, context)),
        Endpoint::AccountDeleted => Box::pin(async { Ok(account::deletion::farewell(request, context)) }),
        Endpoint::ChangePassword => Box::pin(async { Ok(account::overview::change_password(context)) }),
        Endpoint::Stylesheet => Box::pin(async { Ok(well_known::stylesheet()) }),
        Endpoint::PasskeyScript => Box::pin(async { Ok(well_known::passkey_script()) }),
        _ => Box::pin(async { Err(Problem::NotFound.into()) }),
    }
}

fn machine<'a>(endpoint: Endpoint, request: &'a mut Incoming, context: &'a Context) -> Answer<'a, MachineFailure> {
    match (endpoint, request.method) {
        (Endpoint::Discovery | Endpoint::AuthorizationServerMetadata, _) => {
            Box::pin(async { Ok(well_known::metadata(context)) })
        }
        (Endpoint::Jwks, _) => Box::pin(well_known::keys(request, context)),
        (Endpoint::ProtectedResource | Endpoint::ProtectedResourceBelow, _) => {
            Box::pin(async { well_known::protected_resource(request, context) })
        }
        (Endpoint::WebFinger, _) => Box::pin(async { well_known::web_finger(request, context) }),
        (Endpoint::AdminStatus, _) => Box::pin(status::show(request, context)),
        (Endpoint::OpenApi, _) => Box::pin(async { Ok(well_known::openapi()) }),
        (Endpoint::Token, _) => Box::pin(token::token(request, context)),
        (Endpoint::Userinfo, _) => Box::pin(userinfo::userinfo(request, context)),
        (Endpoint::Introspect, _) => Box::pin(introspect::introspect(request, context)),
        (Endpoint::Revoke, _) => Box::pin(revoke::revoke(request, context)),
        (Endpoint::PushedAuthorizationRequest, _) => Box::pin(par::push(request, context)),
        (Endpoint::Register, _) => Box::pin(register::register(request, context)),
        (Endpoint::RegisteredClient, Method::Put) => Box::pin(registered_client::replace(request, context)),
        (Endpoint::RegisteredClient, Method::Patch) => Box::pin(registered_client::patch(request, context)),
        (Endpoint::RegisteredClient, Method::Delete) => Box::pin(registered_client::delete(request, context)),
        (Endpoint::RegisteredClient, _) => Box::pin(registered_client::show(request, context)),
        (Endpoint::RenewSecret, _) => Box::pin(registered_client::renew_secret(request, context)),
        (Endpoint::AdminUsers, Method::Post) => Box::pin(users::create(request, context)),
        (Endpoint::AdminUsers, _) => Box::pin(users::list(request, context)),
        (Endpoint::AdminUser, Method::Patch) => Box::pin(users::change(request, context)),
        (Endpoint::AdminUser, Method::Delete) => Box::pin(users::delete(request, context)),
        (Endpoint::AdminUser, _) => Box::pin(users::show(request, context)),
        (Endpoint::AdminUserGrants, _) => Box::pin(access::grants(request, context)),
        (Endpoint::AdminUserSessions, Method::Delete) => Box::pin(access::end_sessions(request, context)),
        (Endpoint::AdminUserSessions, _) => Box::pin(access::sessions(request, context)),
        (Endpoint::AdminUserGrant, _) => Box::pin(users::revoke_grant(request, context)),
        (Endpoint::AdminUserPasskeys, _) => Box::pin(passkeys::list(request, context)),
        (Endpoint::AdminUserPasskey, _) => Box::pin(passkeys::remove(request, context)),
        (Endpoint::AdminUserSetUpLink, _) => Box::pin(passkeys::make_set_up_link(request, context)),
        (Endpoint::PasskeyEndpoints, _) => Box::pin(async { well_known::passkey_endpoints(context) }),
        (Endpoint::RelatedOrigins, _) => Box::pin(async { well_known::related_origins(context) }),
        (Endpoint::AdminAudit, _) => Box::pin(audit::list(request, context)),
        (Endpoint::AdminKeys, _) => Box::pin(keys::list(request, context)),
        (Endpoint::AdminKeyRetirement, _) => Box::pin(keys::retire(request, context)),
        (Endpoint::AdminKeyRotation, _) => Box::pin(keys::revoke(request, context)),
        _ => Box::pin(async {
            Err(MachineFailure::status(
                404,
                OAuthError::invalid_request("there is nothing here"),
            ))
        }),
    }
}
