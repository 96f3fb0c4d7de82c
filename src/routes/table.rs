//! Every path of Limen, once. The router and discovery both read this table.

use super::{
    Audience::{self, Browser, Machine, Operator},
    Endpoint::{self, self as E},
    Method::{self, Delete, Get, Patch, Post, Put},
};

/// A row of the route table.
pub struct Route {
    /// Which endpoint answers.
    pub endpoint: Endpoint,
    /// The path below the issuer; `{name}` stands for one segment, `{+name}` for all that follows, as it was sent
    /// (RFC 6570 section 3.2.3).
    pub path: &'static str,
    /// The methods with a meaning of their own. HEAD goes with a GET that has no effect, OPTIONS with all.
    pub methods: &'static [Method],
    /// Who calls.
    pub audience: Audience,
}

/// The table.
#[rustfmt::skip]
pub const ROUTES: &[Route] = &[
    // Metadata of the provider, for programs.
    route(E::Discovery, "/.well-known/openid-configuration", &[Get], Machine),
    route(E::AuthorizationServerMetadata, "/.well-known/oauth-authorization-server", &[Get], Machine),
    route(E::Jwks, "/.well-known/jwks.json", &[Get], Machine),
    route(E::ProtectedResource, "/.well-known/oauth-protected-resource", &[Get], Machine),
    route(E::ProtectedResourceBelow, "/.well-known/oauth-protected-resource/{+resource}", &[Get], Machine),
    route(E::WebFinger, "/.well-known/webfinger", &[Get], Machine),
    route(E::OpenApi, "/openapi.json", &[Get], Machine),
    route(E::PasskeyEndpoints, "/.well-known/passkey-endpoints", &[Get], Machine),
    route(E::RelatedOrigins, "/.well-known/webauthn", &[Get], Machine),

    // The protocols.
    route(E::Token, "/token", &[Post], Machine),
    route(E::Userinfo, "/userinfo", &[Get, Post], Machine),
    route(E::Introspect, "/introspect", &[Post], Machine),
    route(E::Revoke, "/revoke", &[Post], Machine),
    route(E::PushedAuthorizationRequest, "/par", &[Post], Machine),
    route(E::DeviceAuthorization, "/device_authorization", &[Post], Machine),
    route(E::BackchannelAuthentication, "/backchannel_authentication", &[Post], Machine),
    route(E::Register, "/register", &[Post], Machine),
    route(E::RegisteredClient, "/register/{client_id}", &[Get, Put, Patch, Delete], Machine),
    route(E::RenewSecret, "/register/{client_id}/renew_secret", &[Post], Machine),

    // Sign-in, and what apps lead people to.
    route(E::Home, "/", &[Get], Browser),
    route(E::Authorize, "/authorize", &[Get, Post], Browser),
    route(E::AuthorizeResume, "/authorize/resume", &[Get], Browser),
    route(E::Login, "/login", &[Get, Post], Browser),
    route(E::SecondFactor, "/login/second", &[Get, Post], Browser),
    route(E::FinishSignIn, "/login/finish", &[Get, Post], Browser),
    route(E::MailCode, "/login/code", &[Get, Post], Browser),
    route(E::SignUp, "/signup", &[Get, Post], Browser),
    route(E::Consent, "/consent", &[Get, Post], Browser),
    route(E::Device, "/device", &[Get, Post], Browser),
    route(E::SelectAccount, "/select_account", &[Get, Post], Browser),
    route(E::Logout, "/logout", &[Get, Post], Browser),
    route(E::LogoutConfirm, "/logout/confirm", &[Post], Browser),
    route(E::CheckSession, "/check_session", &[Get], Browser),
    route(E::OfferPasskey, "/passkeys/offer", &[Get, Post], Browser),
    route(E::FirstPerson, "/setup/first", &[Get, Post], Browser),
    route(E::SetUp, "/setup", &[Get, Post], Browser),
    route(E::Recover, "/recover", &[Get, Post], Browser),
    route(E::RecoveryLink, "/recover/link", &[Get, Post], Browser),
    route(E::UndoEmail, "/recover/email", &[Get, Post], Browser),

    // People's own account.
    route(E::Account, "/account", &[Get], Browser),
    route(E::AccountProfile, "/account/profile", &[Get, Post], Browser),
    route(E::AccountEmail, "/account/email", &[Get, Post], Browser),
    route(E::AccountPassword, "/account/password", &[Get, Post], Browser),
    route(E::AccountPasskeys, "/account/passkeys", &[Get, Post], Browser),
    route(E::AccountSecondFactors, "/account/second_factors", &[Get, Post], Browser),
    route(E::AccountNewCodeApp, "/account/second_factors/new", &[Get, Post], Browser),
    route(E::AccountBrowsers, "/account/browsers", &[Get, Post], Browser),
    route(E::AccountApps, "/account/apps", &[Get, Post], Browser),
    route(E::AccountActivity, "/account/activity", &[Get], Browser),
    route(E::AccountData, "/account/data", &[Get], Browser),
    route(E::AccountDownload, "/account/data/download", &[Get], Browser),
    route(E::AccountDeletion, "/account/delete", &[Get, Post], Browser),
    route(E::AccountDeleted, "/account/deleted", &[Get], Browser),
    route(E::ChangePassword, "/.well-known/change-password", &[Get], Browser),
    route(E::AccountRequests, "/account/requests", &[Get, Post], Browser),

    // The API of operators.
    route(E::AdminUsers, "/admin/api/users", &[Get, Post], Operator),
    route(E::AdminUser, "/admin/api/users/{user_id}", &[Get, Patch, Delete], Operator),
    route(E::AdminUserGrants, "/admin/api/users/{user_id}/grants", &[Get], Operator),
    route(E::AdminUserSessions, "/admin/api/users/{user_id}/sessions", &[Get, Delete], Operator),
    route(E::AdminUserSession, "/admin/api/users/{user_id}/sessions/{session_id}", &[Delete], Operator),
    route(E::AdminUserNewPassword, "/admin/api/users/{user_id}/require_new_password", &[Post], Operator),
    route(E::AdminUserUnlocking, "/admin/api/users/{user_id}/unlock", &[Post], Operator),
    route(E::AdminGlobalTokenRevocation, "/admin/api/global_token_revocation", &[Post], Operator),
    route(E::AdminUserGrant, "/admin/api/users/{user_id}/grants/{client_id}", &[Delete], Operator),
    route(E::AdminUserPasskeys, "/admin/api/users/{user_id}/passkeys", &[Get], Operator),
    route(E::AdminUserPasskey, "/admin/api/users/{user_id}/passkeys/{passkey_id}", &[Delete], Operator),
    route(E::AdminUserSecondFactors, "/admin/api/users/{user_id}/second_factors", &[Get], Operator),
    route(E::AdminUserSecondFactor, "/admin/api/users/{user_id}/second_factors/{factor_id}", &[Delete], Operator),
    route(E::AdminUserSetUpLink, "/admin/api/users/{user_id}/setup_link", &[Post, Delete], Operator),
    route(E::AdminInvitations, "/admin/api/invitations", &[Get, Post], Operator),
    route(E::AdminInvitation, "/admin/api/invitations/{invitation_id}", &[Delete], Operator),
    route(E::AdminUserGroups, "/admin/api/users/{user_id}/groups", &[Get, Post], Operator),
    route(E::AdminApis, "/admin/api/apis", &[Get, Post], Operator),
    route(E::AdminApi, "/admin/api/apis/{api_id}", &[Get, Patch, Delete], Operator),
    route(E::AdminApiSecret, "/admin/api/apis/{api_id}/renew_secret", &[Post], Operator),
    route(E::AdminGroups, "/admin/api/groups", &[Get, Post], Operator),
    route(E::AdminGroup, "/admin/api/groups/{group_id}", &[Get, Patch, Delete], Operator),
    route(E::AdminGroupMembers, "/admin/api/groups/{group_id}/members", &[Get, Post], Operator),
    route(E::AdminGroupMember, "/admin/api/groups/{group_id}/members/{user_id}", &[Put, Delete], Operator),
    route(E::AdminClients, "/admin/api/clients", &[Get], Operator),
    route(E::AdminClientApproval, "/admin/api/clients/approval", &[Post], Operator),
    route(E::AdminUnusedClients, "/admin/api/clients/unused", &[Get, Post], Operator),
    route(E::AdminClient, "/admin/api/clients/{client_id}", &[Get, Patch], Operator),
    route(E::AdminClientLogo, "/admin/api/clients/{client_id}/logo", &[Put, Delete], Operator),
    route(E::AdminClientLogoFetch, "/admin/api/clients/{client_id}/logo/fetch", &[Post], Operator),
    route(E::AdminClientRoles, "/admin/api/clients/{client_id}/roles", &[Get, Post], Operator),
    route(E::AdminClientSecrets, "/admin/api/clients/{client_id}/secrets", &[Get, Post], Operator),
    route(E::AdminClientSecret, "/admin/api/clients/{client_id}/secrets/{secret_id}", &[Delete], Operator),
    route(E::AdminOperators, "/admin/api/operators", &[Get], Operator),
    route(E::AdminOperator, "/admin/api/operators/{user_id}", &[Put, Delete], Operator),
    route(E::AdminKeys, "/admin/api/keys", &[Get], Operator),
    route(E::AdminKeyRetirement, "/admin/api/keys/{kid}/retire", &[Post], Operator),
    route(E::AdminKeyRotation, "/admin/api/keys/{kid}/revoke", &[Post], Operator),
    route(E::AdminApiKeys, "/admin/api/api_keys", &[Get, Post], Operator),
    route(E::AdminApiKey, "/admin/api/api_keys/{key_id}", &[Delete], Operator),
    route(E::AdminWebhooks, "/admin/api/webhooks", &[Get, Post], Operator),
    route(E::AdminWebhook, "/admin/api/webhooks/{webhook_id}", &[Get, Patch, Delete], Operator),
    route(E::AdminWebhookSecret, "/admin/api/webhooks/{webhook_id}/renew_secret", &[Post], Operator),
    route(E::AdminWebhookTest, "/admin/api/webhooks/{webhook_id}/test", &[Post], Operator),
    route(E::AdminStatus, "/admin/api/status", &[Get], Operator),
    route(E::AdminHealth, "/admin/api/health", &[Get], Operator),
    route(E::AdminSettings, "/admin/api/settings", &[Get], Operator),
    route(E::AdminAudit, "/admin/api/audit", &[Get], Operator),
    route(E::AdminAuditExport, "/admin/api/audit/export", &[Get], Operator),
    route(E::AdminExport, "/admin/api/export", &[Get], Operator),
    route(E::AdminImport, "/admin/api/import", &[Post], Operator),
    route(E::AdminBulk, "/admin/api/bulk", &[Post], Operator),
    route(E::AdminMails, "/admin/api/mail", &[Get], Operator),
    route(E::AdminMailTest, "/admin/api/mail/test", &[Post], Operator),
    route(E::AdminMail, "/admin/api/mail/{mail_id}", &[Delete], Operator),
    route(E::AdminMailRetry, "/admin/api/mail/{mail_id}/retry", &[Post], Operator),

    // The console.
    route(E::Console, "/admin", &[Get], Browser),
    route(E::ConsolePeople, "/admin/people", &[Get], Browser),
    route(E::ConsoleNewPerson, "/admin/people/new", &[Get, Post], Browser),
    route(E::ConsoleInvitations, "/admin/people/invitations", &[Get, Post], Browser),
    route(E::ConsolePerson, "/admin/people/{user_id}", &[Get, Post], Browser),
    route(E::ConsoleApps, "/admin/apps", &[Get], Browser),
    route(E::ConsoleNewApp, "/admin/apps/new", &[Get, Post], Browser),
    route(E::ConsoleSelfRegistered, "/admin/apps/registered", &[Get, Post], Browser),
    route(E::ConsoleApp, "/admin/apps/{client_id}", &[Get, Post], Browser),
    route(E::ConsoleTokenPreview, "/admin/apps/{client_id}/preview", &[Get], Browser),
    route(E::ConsoleAppSecrets, "/admin/apps/{client_id}/secrets", &[Get, Post], Browser),
    route(E::ConsoleAppLook, "/admin/apps/{client_id}/look", &[Get, Post], Browser),
    route(E::ConsoleApis, "/admin/apis", &[Get], Browser),
    route(E::ConsoleNewApi, "/admin/apis/new", &[Get, Post], Browser),
    route(E::ConsoleApi, "/admin/apis/{api_id}", &[Get, Post], Browser),
    route(E::ConsoleGroups, "/admin/groups", &[Get, Post], Browser),
    route(E::ConsoleGroup, "/admin/groups/{group_id}", &[Get, Post], Browser),
    route(E::ConsoleAudit, "/admin/audit", &[Get], Browser),
    route(E::ConsoleAuditExport, "/admin/audit/export", &[Get], Browser),
    route(E::ConsoleMail, "/admin/mail", &[Get, Post], Browser),
    route(E::ConsolePersonAttributes, "/admin/people/{user_id}/attributes", &[Get, Post], Browser),
    route(E::ConsolePersonProfile, "/admin/people/{user_id}/profile", &[Get, Post], Browser),
    route(E::ConsoleGroupAttributes, "/admin/groups/{group_id}/attributes", &[Get, Post], Browser),
    route(E::ConsoleAppRoles, "/admin/apps/{client_id}/roles", &[Get, Post], Browser),
    route(E::ConsoleLook, "/admin/look", &[Get], Browser),
    route(E::ConsoleWebhooks, "/admin/webhooks", &[Get, Post], Browser),
    route(E::ConsoleWebhook, "/admin/webhooks/{webhook_id}", &[Get, Post], Browser),
    route(E::ConsoleSystem, "/admin/system", &[Get, Post], Browser),

    // What pages are made of, and the mails of a server in development.
    route(E::DevelopmentMails, "/dev/mail", &[Get], Browser),
    route(E::DevelopmentMail, "/dev/mail/{mail_id}", &[Get], Browser),
    route(E::Stylesheet, "/assets/limen.css", &[Get], Browser),
    route(E::Logo, "/assets/logo", &[Get], Browser),
    route(E::AppLogo, "/assets/apps/logo/{digest}", &[Get], Browser),
    route(E::AppAccent, "/assets/apps/accent/{colors}", &[Get], Browser),
    route(E::PasskeyScript, "/assets/passkey.js", &[Get], Browser),
];

/// Whose GET has no effect: nothing is written, used up or fetched from others. HEAD is answered for these alone: link checkers
/// and mail scanners send it, and expect that nothing happens.
const WITHOUT_EFFECT: &[Endpoint] = &[
    E::Home,
    E::Discovery,
    E::AuthorizationServerMetadata,
    E::Jwks,
    E::ProtectedResource,
    E::ProtectedResourceBelow,
    E::WebFinger,
    E::OpenApi,
    E::CheckSession,
    E::AccountDeleted,
    E::ChangePassword,
    E::Stylesheet,
    E::Logo,
    E::AppLogo,
    E::AppAccent,
    E::PasskeyScript,
    E::PasskeyEndpoints,
    E::RelatedOrigins,
];

const fn route(endpoint: Endpoint, path: &'static str, methods: &'static [Method], audience: Audience) -> Route {
    Route {
        endpoint,
        path,
        methods,
        audience,
    }
}

impl Route {
    /// The value of the `Allow` header (RFC 9110 section 10.2.1).
    pub fn allow(&self) -> String {
        let mut names: Vec<_> = self.methods.iter().map(|method| method.as_str()).collect();
        if self.answers(Method::Head) {
            names.push("HEAD");
        }
        names.push("OPTIONS");
        names.join(", ")
    }

    /// Whether the endpoint itself answers `method`.
    pub fn answers(&self, method: Method) -> bool {
        match method {
            Method::Head => WITHOUT_EFFECT.contains(&self.endpoint),
            _ => self.methods.contains(&method),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes::find;

    #[test]
    fn every_endpoint_stands_once() {
        for route in ROUTES {
            assert_eq!(
                ROUTES.iter().filter(|other| other.endpoint == route.endpoint).count(),
                1
            );
            assert_eq!(ROUTES.iter().filter(|other| other.path == route.path).count(), 1);
        }
    }

    #[test]
    fn head_goes_with_a_get_that_has_no_effect() {
        for route in ROUTES {
            let head = route.answers(Method::Head);
            assert!(!head || route.answers(Method::Get), "{}", route.path);
            assert_eq!(route.allow().contains("HEAD"), head, "{}", route.path);
        }
        let answers = |path: &str| find(path).unwrap().0.answers(Method::Head);
        assert!(answers("/.well-known/openid-configuration"));
        for path in [
            "/authorize",
            "/authorize/resume",
            "/logout",
            "/account/data/download",
            "/userinfo",
        ] {
            assert!(!answers(path), "{path}");
        }
    }
}
