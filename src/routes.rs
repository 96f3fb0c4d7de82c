//! Every path of Limen, once. The router and discovery both read this table.

mod path;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

pub use self::path::{Segments, audience_of_unknown, find, page_meant, path_and_query};

/// The HTTP methods that Limen answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // The names say it.
pub enum Method {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
    Options,
}

impl Method {
    /// The method by its name on the wire; `None` for one that Limen never answers.
    pub fn parse(name: &str) -> Option<Self> {
        [
            Self::Get,
            Self::Head,
            Self::Post,
            Self::Put,
            Self::Patch,
            Self::Delete,
            Self::Options,
        ]
        .into_iter()
        .find(|method| method.as_str() == name)
    }

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
        }
    }
}

/// Who calls an endpoint: it decides the form of errors and whether CORS is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Programs: JSON errors, CORS open.
    Machine,
    /// Operators' programs: JSON errors, CORS closed.
    Operator,
    /// People in a browser: pages, CORS closed.
    Browser,
}

/// One endpoint, whatever the method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // The names say it.
pub enum Endpoint {
    Home,
    Discovery,
    AuthorizationServerMetadata,
    Jwks,
    ProtectedResource,
    ProtectedResourceBelow,
    WebFinger,
    AdminApiKeys,
    AdminApiKey,
    AdminWebhooks,
    AdminWebhook,
    AdminWebhookSecret,
    AdminWebhookTest,
    AdminStatus,
    AdminHealth,
    AdminSettings,
    OpenApi,
    Authorize,
    AuthorizeResume,
    Login,
    SecondFactor,
    FinishSignIn,
    FirstPerson,
    MailCode,
    SignUp,
    Consent,
    Account,
    SelectAccount,
    Logout,
    LogoutConfirm,
    CheckSession,
    AccountProfile,
    AccountEmail,
    AccountPassword,
    AccountPasskeys,
    AccountSecondFactors,
    AccountNewCodeApp,
    OfferPasskey,
    SetUp,
    Recover,
    RecoveryLink,
    UndoEmail,
    AccountBrowsers,
    AccountApps,
    AccountActivity,
    AccountData,
    AccountDownload,
    AccountDeletion,
    AccountDeleted,
    ChangePassword,
    Token,
    Userinfo,
    Introspect,
    Revoke,
    PushedAuthorizationRequest,
    DeviceAuthorization,
    BackchannelAuthentication,
    AccountRequests,
    Device,
    Register,
    RegisteredClient,
    RenewSecret,
    AdminUsers,
    AdminUser,
    AdminUserGrant,
    AdminUserGrants,
    AdminUserSessions,
    AdminUserSession,
    AdminUserNewPassword,
    AdminUserUnlocking,
    AdminGlobalTokenRevocation,
    AdminUserPasskeys,
    AdminUserPasskey,
    AdminUserSecondFactors,
    AdminUserSecondFactor,
    AdminUserSetUpLink,
    AdminInvitations,
    AdminInvitation,
    AdminUserGroups,
    AdminApis,
    AdminApi,
    AdminApiSecret,
    AdminGroups,
    AdminGroup,
    AdminGroupMembers,
    AdminGroupMember,
    AdminClients,
    AdminClientApproval,
    AdminUnusedClients,
    AdminClient,
    AdminClientLogo,
    AdminClientLogoFetch,
    AdminClientRoles,
    AdminClientSecrets,
    AdminClientSecret,
    AdminOperators,
    AdminOperator,
    AdminKeys,
    AdminKeyRetirement,
    AdminKeyRotation,
    AdminAudit,
    AdminAuditExport,
    AdminExport,
    AdminImport,
    AdminBulk,
    AdminMails,
    AdminMailTest,
    AdminMail,
    AdminMailRetry,
    Console,
    ConsolePeople,
    ConsolePerson,
    ConsoleApps,
    ConsoleNewApp,
    ConsoleApp,
    ConsoleTokenPreview,
    ConsoleSelfRegistered,
    ConsoleAppSecrets,
    ConsoleAppLook,
    ConsoleApis,
    ConsoleNewApi,
    ConsoleApi,
    ConsoleGroups,
    ConsoleGroup,
    ConsoleAudit,
    ConsoleAuditExport,
    ConsoleMail,
    ConsolePersonAttributes,
    ConsoleGroupAttributes,
    ConsoleAppRoles,
    ConsoleLook,
    ConsoleWebhooks,
    ConsoleWebhook,
    ConsoleSystem,
    DevelopmentMails,
    DevelopmentMail,
    Stylesheet,
    Logo,
    AppLogo,
    AppAccent,
    PasskeyScript,
    PasskeyEndpoints,
    RelatedOrigins,
}

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

use Audience::{Browser, Machine, Operator};
use Endpoint as E;
use Method::{Delete, Get, Patch, Post, Put};

/// The table.
pub const ROUTES: &[Route] = &[
    route(E::Home, "/", &[Get], Browser),
    route(E::Discovery, "/.well-known/openid-configuration", &[Get], Machine),
    route(
        E::AuthorizationServerMetadata,
        "/.well-known/oauth-authorization-server",
        &[Get],
        Machine,
    ),
    route(E::Jwks, "/.well-known/jwks.json", &[Get], Machine),
    route(
        E::ProtectedResource,
        "/.well-known/oauth-protected-resource",
        &[Get],
        Machine,
    ),
    route(
        E::ProtectedResourceBelow,
        "/.well-known/oauth-protected-resource/{+resource}",
        &[Get],
        Machine,
    ),
    route(E::WebFinger, "/.well-known/webfinger", &[Get], Machine),
    route(E::OpenApi, "/openapi.json", &[Get], Machine),
    route(E::Authorize, "/authorize", &[Get, Post], Browser),
    route(E::AuthorizeResume, "/authorize/resume", &[Get], Browser),
    route(E::Login, "/login", &[Get, Post], Browser),
    route(E::SecondFactor, "/login/second", &[Get, Post], Browser),
    route(E::FinishSignIn, "/login/finish", &[Get, Post], Browser),
    route(E::MailCode, "/login/code", &[Get, Post], Browser),
    route(E::SignUp, "/signup", &[Get, Post], Browser),
    route(E::Consent, "/consent", &[Get, Post], Browser),
    route(E::Account, "/account", &[Get], Browser),
    route(E::SelectAccount, "/select_account", &[Get, Post], Browser),
    route(E::Logout, "/logout", &[Get, Post], Browser),
    route(E::LogoutConfirm, "/logout/confirm", &[Post], Browser),
    route(E::CheckSession, "/check_session", &[Get], Browser),
    route(E::AccountProfile, "/account/profile", &[Get, Post], Browser),
    route(E::AccountEmail, "/account/email", &[Get, Post], Browser),
    route(E::AccountPassword, "/account/password", &[Get, Post], Browser),
    route(E::AccountPasskeys, "/account/passkeys", &[Get, Post], Browser),
    route(
        E::AccountSecondFactors,
        "/account/second_factors",
        &[Get, Post],
        Browser,
    ),
    route(
        E::AccountNewCodeApp,
        "/account/second_factors/new",
        &[Get, Post],
        Browser,
    ),
    route(E::OfferPasskey, "/passkeys/offer", &[Get, Post], Browser),
    route(E::FirstPerson, "/setup/first", &[Get, Post], Browser),
    route(E::SetUp, "/setup", &[Get, Post], Browser),
    route(E::Recover, "/recover", &[Get, Post], Browser),
    route(E::RecoveryLink, "/recover/link", &[Get, Post], Browser),
    route(E::UndoEmail, "/recover/email", &[Get, Post], Browser),
    route(E::AccountBrowsers, "/account/browsers", &[Get, Post], Browser),
    route(E::AccountApps, "/account/apps", &[Get, Post], Browser),
    route(E::AccountActivity, "/account/activity", &[Get], Browser),
    route(E::AccountData, "/account/data", &[Get], Browser),
    route(E::AccountDownload, "/account/data/download", &[Get], Browser),
    route(E::AccountDeletion, "/account/delete", &[Get, Post], Browser),
    route(E::AccountDeleted, "/account/deleted", &[Get], Browser),
    route(E::ChangePassword, "/.well-known/change-password", &[Get], Browser),
    route(E::Token, "/token", &[Post], Machine),
    route(E::Userinfo, "/userinfo", &[Get, Post], Machine),
    route(E::Introspect, "/introspect", &[Post], Machine),
    route(E::Revoke, "/revoke", &[Post], Machine),
    route(E::PushedAuthorizationRequest, "/par", &[Post], Machine),
    route(E::DeviceAuthorization, "/device_authorization", &[Post], Machine),
    route(
        E::BackchannelAuthentication,
        "/backchannel_authentication",
        &[Post],
        Machine,
    ),
    route(E::AccountRequests, "/account/requests", &[Get, Post], Browser),
    route(E::Device, "/device", &[Get, Post], Browser),
    route(E::Register, "/register", &[Post], Machine),
    route(
        E::RegisteredClient,
        "/register/{client_id}",
        &[Get, Put, Patch, Delete],
        Machine,
    ),
    route(E::RenewSecret, "/register/{client_id}/renew_secret", &[Post], Machine),
    route(E::AdminUsers, "/admin/api/users", &[Get, Post], Operator),
    route(
        E::AdminUser,
        "/admin/api/users/{user_id}",
        &[Get, Patch, Delete],
        Operator,
    ),
    route(
        E::AdminUserGrants,
        "/admin/api/users/{user_id}/grants",
        &[Get],
        Operator,
    ),
    route(
        E::AdminUserSessions,
        "/admin/api/users/{user_id}/sessions",
        &[Get, Delete],
        Operator,
    ),
    route(
        E::AdminUserSession,
        "/admin/api/users/{user_id}/sessions/{session_id}",
        &[Delete],
        Operator,
    ),
    route(
        E::AdminUserNewPassword,
        "/admin/api/users/{user_id}/require_new_password",
        &[Post],
        Operator,
    ),
    route(
        E::AdminUserUnlocking,
        "/admin/api/users/{user_id}/unlock",
        &[Post],
        Operator,
    ),
    route(
        E::AdminGlobalTokenRevocation,
        "/admin/api/global_token_revocation",
        &[Post],
        Operator,
    ),
    route(
        E::AdminUserGrant,
        "/admin/api/users/{user_id}/grants/{client_id}",
        &[Delete],
        Operator,
    ),
    route(
        E::AdminUserPasskeys,
        "/admin/api/users/{user_id}/passkeys",
        &[Get],
        Operator,
    ),
    route(
        E::AdminUserPasskey,
        "/admin/api/users/{user_id}/passkeys/{passkey_id}",
        &[Delete],
        Operator,
    ),
    route(
        E::AdminUserSecondFactors,
        "/admin/api/users/{user_id}/second_factors",
        &[Get],
        Operator,
    ),
    route(
        E::AdminUserSecondFactor,
        "/admin/api/users/{user_id}/second_factors/{factor_id}",
        &[Delete],
        Operator,
    ),
    route(
        E::AdminUserSetUpLink,
        "/admin/api/users/{user_id}/setup_link",
        &[Post, Delete],
        Operator,
    ),
    route(E::AdminInvitations, "/admin/api/invitations", &[Get, Post], Operator),
    route(
        E::AdminInvitation,
        "/admin/api/invitations/{invitation_id}",
        &[Delete],
        Operator,
    ),
    route(
        E::AdminUserGroups,
        "/admin/api/users/{user_id}/groups",
        &[Get, Post],
        Operator,
    ),
    route(E::AdminApis, "/admin/api/apis", &[Get, Post], Operator),
    route(E::AdminApi, "/admin/api/apis/{api_id}", &[Get, Patch, Delete], Operator),
    route(
        E::AdminApiSecret,
        "/admin/api/apis/{api_id}/renew_secret",
        &[Post],
        Operator,
    ),
    route(E::AdminGroups, "/admin/api/groups", &[Get, Post], Operator),
    route(
        E::AdminGroup,
        "/admin/api/groups/{group_id}",
        &[Get, Patch, Delete],
        Operator,
    ),
    route(
        E::AdminGroupMembers,
        "/admin/api/groups/{group_id}/members",
        &[Get, Post],
        Operator,
    ),
    route(
        E::AdminGroupMember,
        "/admin/api/groups/{group_id}/members/{user_id}",
        &[Put, Delete],
        Operator,
    ),
    route(E::AdminClients, "/admin/api/clients", &[Get], Operator),
    route(E::AdminClientApproval, "/admin/api/clients/approval", &[Post], Operator),
    route(
        E::AdminUnusedClients,
        "/admin/api/clients/unused",
        &[Get, Post],
        Operator,
    ),
    route(
        E::AdminClient,
        "/admin/api/clients/{client_id}",
        &[Get, Patch],
        Operator,
    ),
    route(
        E::AdminClientLogo,
        "/admin/api/clients/{client_id}/logo",
        &[Put, Delete],
        Operator,
    ),
    route(
        E::AdminClientLogoFetch,
        "/admin/api/clients/{client_id}/logo/fetch",
        &[Post],
        Operator,
    ),
    route(
        E::AdminClientRoles,
        "/admin/api/clients/{client_id}/roles",
        &[Get, Post],
        Operator,
    ),
    route(
        E::AdminClientSecrets,
        "/admin/api/clients/{client_id}/secrets",
        &[Get, Post],
        Operator,
    ),
    route(
        E::AdminClientSecret,
        "/admin/api/clients/{client_id}/secrets/{secret_id}",
        &[Delete],
        Operator,
    ),
    route(E::AdminOperators, "/admin/api/operators", &[Get], Operator),
    route(
        E::AdminOperator,
        "/admin/api/operators/{user_id}",
        &[Put, Delete],
        Operator,
    ),
    route(E::AdminKeys, "/admin/api/keys", &[Get], Operator),
    route(E::AdminKeyRetirement, "/admin/api/keys/{kid}/retire", &[Post], Operator),
    route(E::AdminKeyRotation, "/admin/api/keys/{kid}/revoke", &[Post], Operator),
    route(E::AdminApiKeys, "/admin/api/api_keys", &[Get, Post], Operator),
    route(E::AdminApiKey, "/admin/api/api_keys/{key_id}", &[Delete], Operator),
    route(E::AdminWebhooks, "/admin/api/webhooks", &[Get, Post], Operator),
    route(
        E::AdminWebhook,
        "/admin/api/webhooks/{webhook_id}",
        &[Get, Patch, Delete],
        Operator,
    ),
    route(
        E::AdminWebhookSecret,
        "/admin/api/webhooks/{webhook_id}/renew_secret",
        &[Post],
        Operator,
    ),
    route(
        E::AdminWebhookTest,
        "/admin/api/webhooks/{webhook_id}/test",
        &[Post],
        Operator,
    ),
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
    route(E::Console, "/admin", &[Get], Browser),
    route(E::ConsolePeople, "/admin/people", &[Get], Browser),
    route(E::ConsolePerson, "/admin/people/{user_id}", &[Get, Post], Browser),
    route(E::ConsoleApps, "/admin/apps", &[Get], Browser),
    route(E::ConsoleNewApp, "/admin/apps/new", &[Get, Post], Browser),
    route(
        E::ConsoleSelfRegistered,
        "/admin/apps/registered",
        &[Get, Post],
        Browser,
    ),
    route(E::ConsoleApp, "/admin/apps/{client_id}", &[Get, Post], Browser),
    route(
        E::ConsoleTokenPreview,
        "/admin/apps/{client_id}/preview",
        &[Get],
        Browser,
    ),
    route(
        E::ConsoleAppSecrets,
        "/admin/apps/{client_id}/secrets",
        &[Get, Post],
        Browser,
    ),
    route(E::ConsoleAppLook, "/admin/apps/{client_id}/look", &[Get, Post], Browser),
    route(E::ConsoleApis, "/admin/apis", &[Get], Browser),
    route(E::ConsoleNewApi, "/admin/apis/new", &[Get, Post], Browser),
    route(E::ConsoleApi, "/admin/apis/{api_id}", &[Get, Post], Browser),
    route(E::ConsoleGroups, "/admin/groups", &[Get, Post], Browser),
    route(E::ConsoleGroup, "/admin/groups/{group_id}", &[Get, Post], Browser),
    route(E::ConsoleAudit, "/admin/audit", &[Get], Browser),
    route(E::ConsoleAuditExport, "/admin/audit/export", &[Get], Browser),
    route(E::ConsoleMail, "/admin/mail", &[Get, Post], Browser),
    route(
        E::ConsolePersonAttributes,
        "/admin/people/{user_id}/attributes",
        &[Get, Post],
        Browser,
    ),
    route(
        E::ConsoleGroupAttributes,
        "/admin/groups/{group_id}/attributes",
        &[Get, Post],
        Browser,
    ),
    route(
        E::ConsoleAppRoles,
        "/admin/apps/{client_id}/roles",
        &[Get, Post],
        Browser,
    ),
    route(E::ConsoleLook, "/admin/look", &[Get], Browser),
    route(E::ConsoleWebhooks, "/admin/webhooks", &[Get, Post], Browser),
    route(E::ConsoleWebhook, "/admin/webhooks/{webhook_id}", &[Get, Post], Browser),
    route(E::ConsoleSystem, "/admin/system", &[Get, Post], Browser),
    route(E::DevelopmentMails, "/dev/mail", &[Get], Browser),
    route(E::DevelopmentMail, "/dev/mail/{mail_id}", &[Get], Browser),
    route(E::Stylesheet, "/assets/limen.css", &[Get], Browser),
    route(E::Logo, "/assets/logo", &[Get], Browser),
    route(E::AppLogo, "/assets/apps/logo/{digest}", &[Get], Browser),
    route(E::AppAccent, "/assets/apps/accent/{colors}", &[Get], Browser),
    route(E::PasskeyScript, "/assets/passkey.js", &[Get], Browser),
    route(E::PasskeyEndpoints, "/.well-known/passkey-endpoints", &[Get], Machine),
    route(E::RelatedOrigins, "/.well-known/webauthn", &[Get], Machine),
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

/// The pages of the account that a sign-in may lead to, each by the name that asks for it.
const ACCOUNT_PAGES: &[(&str, Endpoint)] = &[
    ("overview", E::Account),
    ("profile", E::AccountProfile),
    ("email", E::AccountEmail),
    ("password", E::AccountPassword),
    ("passkeys", E::AccountPasskeys),
    ("second_factors", E::AccountSecondFactors),
    ("browsers", E::AccountBrowsers),
    ("apps", E::AccountApps),
    ("requests", E::AccountRequests),
    ("activity", E::AccountActivity),
    ("data", E::AccountData),
    ("delete", E::AccountDeletion),
];

/// The page of the account that goes by `name`.
pub fn account_page(name: &str) -> Option<(&'static str, Endpoint)> {
    ACCOUNT_PAGES.iter().copied().find(|(known, _)| *known == name)
}

/// The name of a page of the account; that of the first, where it has none.
pub fn account_page_name(page: Endpoint) -> &'static str {
    let named = ACCOUNT_PAGES.iter().find(|(_, known)| *known == page);
    named.map_or("overview", |(name, _)| name)
}

/// A page of Limen's own that a sign-in may lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInPage {
    /// What asks for it: the name of a page of the account, or the path of a page of the console.
    pub name: String,
    /// Which page it is.
    pub page: Endpoint,
    /// Its path.
    pub path: String,
}

impl SignInPage {
    /// The page that `name` asks for. Nothing else can come of a name: there is no address in it.
    pub fn parse(name: &str) -> Option<Self> {
        if let Some((_, page)) = account_page(name) {
            return Some(Self {
                name: name.to_owned(),
                page,
                path: page.path().to_owned(),
            });
        }
        let is_plain = name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"/-_.~%".contains(&byte));
        let path = format!("/{name}");
        let (route, _) = find(&path).filter(|(route, _)| is_plain && route.endpoint.is_of_console())?;
        Some(Self {
            name: name.to_owned(),
            page: route.endpoint,
            path,
        })
    }

    /// The address of `endpoint` on the way to it.
    pub fn at(&self, endpoint: Endpoint) -> String {
        format!("{}?page={}", endpoint.path(), self.name.replace('%', "%25"))
    }
}

/// What stands in a segment of a path as it is (RFC 3986 section 2.3).
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The path of an endpoint whose path has one value in it, with that value.
pub fn with_segment(endpoint: Endpoint, value: &str) -> String {
    let path = endpoint.path();
    let value = utf8_percent_encode(value, UNRESERVED).to_string();
    match (path.find('{'), path.find('}')) {
        (Some(start), Some(end)) => [&path[..start], &value, &path[end + 1..]].concat(),
        _ => path.to_owned(),
    }
}

/// The address of the page to sign in on the way to a page of the account.
pub fn sign_in_to(page: Endpoint) -> String {
    format!("{}?page={}", Endpoint::Login.path(), account_page_name(page))
}

const fn route(endpoint: Endpoint, path: &'static str, methods: &'static [Method], audience: Audience) -> Route {
    Route {
        endpoint,
        path,
        methods,
        audience,
    }
}

impl Endpoint {
    /// The path below the issuer.
    pub fn path(self) -> &'static str {
        ROUTES
            .iter()
            .find(|route| route.endpoint == self)
            .map_or("", |route| route.path)
    }

    /// Whether it is a page for operators.
    pub fn is_of_console(self) -> bool {
        matches!(
            self,
            Self::Console
                | Self::ConsolePeople
                | Self::ConsolePerson
                | Self::ConsoleApps
                | Self::ConsoleNewApp
                | Self::ConsoleApp
                | Self::ConsoleTokenPreview
                | Self::ConsoleSelfRegistered
                | Self::ConsoleAppSecrets
                | Self::ConsoleAppLook
                | Self::ConsoleApis
                | Self::ConsoleNewApi
                | Self::ConsoleApi
                | Self::ConsoleGroups
                | Self::ConsoleGroup
                | Self::ConsoleAudit
                | Self::ConsoleAuditExport
                | Self::ConsoleMail
                | Self::ConsolePersonAttributes
                | Self::ConsoleGroupAttributes
                | Self::ConsoleAppRoles
                | Self::ConsoleLook
                | Self::ConsoleWebhooks
                | Self::ConsoleWebhook
                | Self::ConsoleSystem
        )
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
    fn a_sign_in_leads_to_pages_of_limens_own_alone() {
        let path = |name: &str| SignInPage::parse(name).map(|page| page.path);
        assert_eq!(path("browsers").as_deref(), Some("/account/browsers"));
        assert_eq!(path("admin").as_deref(), Some("/admin"));
        assert_eq!(path("admin/people/a-B_9").as_deref(), Some("/admin/people/a-B_9"));
        let encoded = SignInPage::parse("admin/people/a%2Fb").unwrap();
        assert_eq!(encoded.at(Endpoint::Login), "/login?page=admin/people/a%252Fb");
        for name in [
            "",
            "/admin",
            "admin/",
            "admin?x",
            "admin#x",
            "admin/people/a b",
            "admin/people/a\r\nb",
            "admin/api/users",
            "account",
            "token",
            "logout",
            "/evil.example",
            "https://evil.example",
            "admin/people/\\evil.example",
        ] {
            assert_eq!(path(name), None, "{name:?}");
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
