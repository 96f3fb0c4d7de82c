//! The endpoints of Limen: their names, their paths and who calls them.

mod call;
mod path;
mod sign_in_page;
mod table;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

pub use self::{
    path::{Segments, audience_of_unknown, find, is_place, page_meant, path_and_query},
    sign_in_page::{SignInPage, account_page, account_page_name, sign_in_to},
    table::{ROUTES, Route},
};

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
    ConsoleNewPerson,
    ConsoleInvitations,
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
    ConsolePersonProfile,
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

/// A call of an endpoint: which, and by what method.
pub type Call = (Endpoint, Method);

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
        let below = self.path().strip_prefix(Self::Console.path());
        below.is_some_and(|rest| !rest.starts_with("/api/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_of_the_console_are_those_that_are_called_so() {
        for Route { endpoint, path, .. } in ROUTES {
            assert_eq!(
                endpoint.is_of_console(),
                format!("{endpoint:?}").starts_with("Console"),
                "{path}"
            );
        }
    }
}
