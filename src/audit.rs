//! What is written down of events that matter to security. Names are stable: operators search by them, and pages put them
//! into words.

use serde::Serialize;
use serde_json::Value;

use crate::time::UnixTime;

/// When and where an event happens.
pub trait Occasion {
    /// When.
    fn now(&self) -> UnixTime;
    /// The network that the request came from, as [`network`] gives it. `None` for the periodic run.
    fn network(&self) -> Option<&str>;
    /// Which operator acts, by the name of their key. `None` for the admin token.
    fn operator(&self) -> Option<&str> {
        None
    }
    /// Which person acts as an operator, by their id.
    fn operator_user_id(&self) -> Option<&str> {
        None
    }
    /// The request, by the id that stands in the log.
    fn request_id(&self) -> &str;
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // The names say it.
pub enum Event {
    SignIn,
    SignInFailed,
    /// Too many attempts; further ones are not looked at, and not written down.
    Throttled,
    SignOut,
    /// A session was ended from elsewhere: by its person, an operator, or a change of the password.
    SessionEnded,
    ConsentGiven,
    /// An app got a token of a person by an assertion of an issuer that the operator trusts.
    AssertionAccepted,
    ConsentRefused,
    ConsentRemoved,
    CodeReplayed,
    RefreshTokenReused,
    TokenRevoked,
    ClientRegistered,
    ClientChanged,
    ClientDeleted,
    ClientSecretRenewed,
    ClientSecretAdded,
    ClientSecretRemoved,
    RegistrationRefused,
    KeyCreated,
    KeyRetired,
    KeyRevoked,
    /// A signing key was wrapped under another root.
    KeyRewrapped,
    UserCreated,
    UserChanged,
    UserDisabled,
    UserEnabled,
    UserDeleted,
    /// Somebody made themselves an account.
    SignedUp,
    /// An operator made a link with which somebody makes an account.
    InvitationMade,
    InvitationRevoked,
    /// An operator made a key with which a program calls the admin API.
    ApiKeyMade,
    ApiKeyRevoked,
    /// An operator made a webhook.
    WebhookMade,
    WebhookChanged,
    WebhookDeleted,
    WebhookSecretRenewed,
    WebhookTested,
    /// A webhook has failed for so long that nothing is sent to it any more.
    WebhookGivenUp,
    /// A person became an operator, has other roles as one, or is none any more.
    OperatorRolesChanged,
    PasswordChanged,
    PasskeyAdded,
    PasskeyRemoved,
    /// An app with one-time codes was set up.
    CodeAppAdded,
    CodeAppRemoved,
    /// Recovery codes were made, in place of those before.
    RecoveryCodesMade,
    RecoveryCodesRemoved,
    RecoveryCodeUsed,
    /// A browser in which a person is not asked for a second factor again.
    BrowserTrusted,
    BrowserTrustEnded,
    /// An operator made a link with which somebody sets up how they sign in.
    SetUpLinkMade,
    SetUpLinkUsed,
    SetUpLinkRevoked,
    /// A person accepted the terms.
    TermsAccepted,
    /// An operator has a person choose another password.
    NewPasswordRequired,
    /// An operator had guesses at an account forgotten.
    Unlocked,
    /// Somebody asked for a way back in by mail.
    RecoveryAsked,
    RecoveryUsed,
    GroupCreated,
    GroupChanged,
    GroupDeleted,
    GroupMemberAdded,
    GroupMemberRemoved,
    /// An operator declared an API.
    ApiCreated,
    ApiChanged,
    ApiDeleted,
    /// An API got a secret with which it asks about tokens, or another one.
    ApiSecretRenewed,
    RoleGiven,
    RoleTaken,
    /// An app is not for the person who came from it.
    AppRefused,
    /// Somebody asked for a code by mail to sign in with.
    MailCodeAsked,
    /// An operator tried whether mails arrive.
    MailTested,
    MailRetried,
    MailDeleted,
    /// A person changed what is known about them.
    ProfileChanged,
    /// A person gave themselves another e-mail address, which is a name to sign in with.
    EmailChanged,
    /// A person showed that they read the mails of their address.
    EmailConfirmed,
    /// A change of the address was undone from the address before.
    EmailRestored,
    /// Somebody else confirmed the address that a person had without having confirmed it.
    EmailReleased,
    /// A person took a copy of what is stored about them.
    DataExported,
    /// An operator read a page of an export of the deployment.
    Exported,
    /// An operator imported lines of an export.
    Imported,
    /// A person deleted their own account.
    AccountDeleted,
    /// A client did not prove itself.
    ClientRefused,
    /// A request to `/authorize` cannot be answered as it is: a mistake of the app's developer.
    AuthorizationRefused,
    /// An operator's call came with a wrong token, or with a key that may not do this.
    OperatorRefused,
    /// There were more events of strangers than are written down.
    Flooded,
}

/// Whether what was tried came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)] // The names say it.
pub enum Outcome {
    Success,
    Failure,
}

/// Whose doing it was. A person acts on their own account, a client with itself: their ids are those of the [`Entry`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // The names say it.
pub enum Actor {
    Person,
    Client,
    Operator,
    /// Limen itself.
    System,
    /// Somebody who has not shown who they are.
    Anybody,
}

impl Event {
    /// All events.
    pub const ALL: &'static [Self] = &[
        Self::SignIn,
        Self::SignInFailed,
        Self::Throttled,
        Self::SignOut,
        Self::SessionEnded,
        Self::ConsentGiven,
        Self::AssertionAccepted,
        Self::ConsentRefused,
        Self::ConsentRemoved,
        Self::CodeReplayed,
        Self::RefreshTokenReused,
        Self::TokenRevoked,
        Self::ClientRegistered,
        Self::ClientChanged,
        Self::ClientDeleted,
        Self::ClientSecretRenewed,
        Self::ClientSecretAdded,
        Self::ClientSecretRemoved,
        Self::RegistrationRefused,
        Self::KeyCreated,
        Self::KeyRetired,
        Self::KeyRevoked,
        Self::KeyRewrapped,
        Self::UserCreated,
        Self::UserChanged,
        Self::UserDisabled,
        Self::UserEnabled,
        Self::UserDeleted,
        Self::SignedUp,
        Self::InvitationMade,
        Self::InvitationRevoked,
        Self::ApiKeyMade,
        Self::ApiKeyRevoked,
        Self::WebhookMade,
        Self::WebhookChanged,
        Self::WebhookDeleted,
        Self::WebhookSecretRenewed,
        Self::WebhookTested,
        Self::WebhookGivenUp,
        Self::OperatorRolesChanged,
        Self::PasswordChanged,
        Self::PasskeyAdded,
        Self::PasskeyRemoved,
        Self::CodeAppAdded,
        Self::CodeAppRemoved,
        Self::RecoveryCodesMade,
        Self::RecoveryCodesRemoved,
        Self::RecoveryCodeUsed,
        Self::BrowserTrusted,
        Self::BrowserTrustEnded,
        Self::SetUpLinkMade,
        Self::SetUpLinkUsed,
        Self::SetUpLinkRevoked,
        Self::TermsAccepted,
        Self::NewPasswordRequired,
        Self::Unlocked,
        Self::RecoveryAsked,
        Self::RecoveryUsed,
        Self::GroupCreated,
        Self::GroupChanged,
        Self::GroupDeleted,
        Self::GroupMemberAdded,
        Self::GroupMemberRemoved,
        Self::ApiCreated,
        Self::ApiChanged,
        Self::ApiDeleted,
        Self::ApiSecretRenewed,
        Self::RoleGiven,
        Self::RoleTaken,
        Self::AppRefused,
        Self::MailCodeAsked,
        Self::MailTested,
        Self::MailRetried,
        Self::MailDeleted,
        Self::ProfileChanged,
        Self::EmailChanged,
        Self::EmailConfirmed,
        Self::EmailRestored,
        Self::EmailReleased,
        Self::DataExported,
        Self::Exported,
        Self::Imported,
        Self::AccountDeleted,
        Self::ClientRefused,
        Self::AuthorizationRefused,
        Self::OperatorRefused,
        Self::Flooded,
    ];

    /// The name, as it is stored and searched for.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::SignInFailed => "sign_in_failed",
            Self::Throttled => "throttled",
            Self::SignOut => "sign_out",
            Self::SessionEnded => "session_ended",
            Self::ConsentGiven => "consent_given",
            Self::AssertionAccepted => "assertion_accepted",
            Self::ConsentRefused => "consent_refused",
            Self::ConsentRemoved => "consent_removed",
            Self::CodeReplayed => "code_replayed",
            Self::RefreshTokenReused => "refresh_token_reused",
            Self::TokenRevoked => "token_revoked",
            Self::ClientRegistered => "client_registered",
            Self::ClientChanged => "client_changed",
            Self::ClientDeleted => "client_deleted",
            Self::ClientSecretRenewed => "client_secret_renewed",
            Self::ClientSecretAdded => "client_secret_added",
            Self::ClientSecretRemoved => "client_secret_removed",
            Self::RegistrationRefused => "registration_refused",
            Self::KeyCreated => "key_created",
            Self::KeyRetired => "key_retired",
            Self::KeyRevoked => "key_revoked",
            Self::KeyRewrapped => "key_rewrapped",
            Self::UserCreated => "user_created",
            Self::UserChanged => "user_changed",
            Self::UserDisabled => "user_disabled",
            Self::UserEnabled => "user_enabled",
            Self::UserDeleted => "user_deleted",
            Self::SignedUp => "signed_up",
            Self::InvitationMade => "invitation_made",
            Self::InvitationRevoked => "invitation_revoked",
            Self::ApiKeyMade => "api_key_made",
            Self::ApiKeyRevoked => "api_key_revoked",
            Self::WebhookMade => "webhook_made",
            Self::WebhookChanged => "webhook_changed",
            Self::WebhookDeleted => "webhook_deleted",
            Self::WebhookSecretRenewed => "webhook_secret_renewed",
            Self::WebhookTested => "webhook_tested",
            Self::WebhookGivenUp => "webhook_given_up",
            Self::OperatorRolesChanged => "operator_roles_changed",
            Self::PasswordChanged => "password_changed",
            Self::PasskeyAdded => "passkey_added",
            Self::PasskeyRemoved => "passkey_removed",
            Self::CodeAppAdded => "code_app_added",
            Self::CodeAppRemoved => "code_app_removed",
            Self::RecoveryCodesMade => "recovery_codes_made",
            Self::RecoveryCodesRemoved => "recovery_codes_removed",
            Self::RecoveryCodeUsed => "recovery_code_used",
            Self::BrowserTrusted => "browser_trusted",
            Self::BrowserTrustEnded => "browser_trust_ended",
            Self::SetUpLinkMade => "set_up_link_made",
            Self::SetUpLinkUsed => "set_up_link_used",
            Self::SetUpLinkRevoked => "set_up_link_revoked",
            Self::TermsAccepted => "terms_accepted",
            Self::NewPasswordRequired => "new_password_required",
            Self::Unlocked => "unlocked",
            Self::RecoveryAsked => "recovery_asked",
            Self::RecoveryUsed => "recovery_used",
            Self::GroupCreated => "group_created",
            Self::GroupChanged => "group_changed",
            Self::GroupDeleted => "group_deleted",
            Self::GroupMemberAdded => "group_member_added",
            Self::GroupMemberRemoved => "group_member_removed",
            Self::ApiCreated => "api_created",
            Self::ApiChanged => "api_changed",
            Self::ApiDeleted => "api_deleted",
            Self::ApiSecretRenewed => "api_secret_renewed",
            Self::RoleGiven => "role_given",
            Self::RoleTaken => "role_taken",
            Self::AppRefused => "app_refused",
            Self::MailCodeAsked => "mail_code_asked",
            Self::MailTested => "mail_tested",
            Self::MailRetried => "mail_retried",
            Self::MailDeleted => "mail_deleted",
            Self::ProfileChanged => "profile_changed",
            Self::EmailChanged => "email_changed",
            Self::EmailConfirmed => "email_confirmed",
            Self::EmailRestored => "email_restored",
            Self::EmailReleased => "email_released",
            Self::DataExported => "data_exported",
            Self::Exported => "exported",
            Self::Imported => "imported",
            Self::AccountDeleted => "account_deleted",
            Self::ClientRefused => "client_refused",
            Self::AuthorizationRefused => "authorization_refused",
            Self::OperatorRefused => "operator_refused",
            Self::Flooded => "flooded",
        }
    }

    /// The event of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|event| event.as_str() == name)
    }

    /// How the event ended; each is of one kind.
    pub fn outcome(self) -> Outcome {
        match self {
            Self::SignInFailed
            | Self::Throttled
            | Self::ConsentRefused
            | Self::CodeReplayed
            | Self::RefreshTokenReused
            | Self::RegistrationRefused
            | Self::ClientRefused
            | Self::AuthorizationRefused
            | Self::AppRefused
            | Self::OperatorRefused
            | Self::WebhookGivenUp
            | Self::Flooded => Outcome::Failure,
            _ => Outcome::Success,
        }
    }
}

impl Outcome {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
        }
    }
}

impl Actor {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Client => "client",
            Self::Operator => "operator",
            Self::System => "system",
            Self::Anybody => "anybody",
        }
    }
}

/// An event to write down. It never holds a secret, a name that somebody typed, or a whole address: what is typed into the
/// field for the name is a password now and then.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// What happened.
    pub event: Event,
    /// Whose doing it was.
    pub actor: Actor,
    /// Whom it is about.
    pub user_id: Option<&'a str>,
    /// With which client.
    pub client_id: Option<&'a str>,
    /// In which session, by its id.
    pub session_id: Option<&'a str>,
    /// What else there is to say, in a small object.
    pub detail: Option<Value>,
}

impl<'a> Entry<'a> {
    /// An event that is `actor`'s doing.
    pub fn new(event: Event, actor: Actor) -> Self {
        Self {
            event,
            actor,
            user_id: None,
            client_id: None,
            session_id: None,
            detail: None,
        }
    }

    /// About a person.
    pub fn user(self, user_id: &'a str) -> Self {
        Self {
            user_id: Some(user_id),
            ..self
        }
    }

    /// With a client.
    pub fn client(self, client_id: &'a str) -> Self {
        Self {
            client_id: Some(client_id),
            ..self
        }
    }

    /// In a session.
    pub fn session(self, session_id: &'a str) -> Self {
        Self {
            session_id: Some(session_id),
            ..self
        }
    }

    /// With more to say.
    pub fn detail(self, detail: Value) -> Self {
        Self {
            detail: Some(detail),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_document_of_the_api_has_every_event() {
        let document = std::fs::read_to_string("docs/openapi.yaml").unwrap();
        let named = document.split("    AuditEventName:\n").nth(1).unwrap_or_default();
        let named: Vec<_> = named
            .lines()
            .skip(2)
            .map_while(|line| line.strip_prefix("        - "))
            .collect();
        for event in Event::ALL {
            assert!(named.contains(&event.as_str()), "{}", event.as_str());
        }
    }

    #[test]
    fn every_event_has_a_name_of_its_own() {
        let names: BTreeSet<_> = Event::ALL.iter().map(|event| event.as_str()).collect();
        assert_eq!(names.len(), Event::ALL.len());
        for event in Event::ALL {
            assert_eq!(Event::parse(event.as_str()), Some(*event));
        }
        assert_eq!(Event::parse("SignIn"), None);
    }
}
