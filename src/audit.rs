//! What is written down of events that matter to security. Names are stable: operators search by them, and pages put them
//! into words.

use serde_json::Value;

use crate::{named::named, time::UnixTime};

/// When and where an event happens.
pub trait Occasion {
    /// When.
    fn now(&self) -> UnixTime;
    /// The network that the request came from, as [`crate::network`] gives it. `None` for the periodic run.
    fn network(&self) -> Option<&str>;
    /// The key or app with which an operator acts. `None` for the admin token and for people.
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

named! {
    /// What happened, by the name that is stored and searched for.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    #[allow(missing_docs)] // The names say it.
    pub enum Event {
        SignIn = "sign_in",
        SignInFailed = "sign_in_failed",
        /// Too many attempts; further ones are not looked at, and not written down.
        Throttled = "throttled",
        SignOut = "sign_out",
        /// A session was ended from elsewhere: by its person, an operator, or a change of the password.
        SessionEnded = "session_ended",
        ConsentGiven = "consent_given",
        /// An app got a token of a person by an assertion of an issuer that the operator trusts.
        AssertionAccepted = "assertion_accepted",
        ConsentRefused = "consent_refused",
        ConsentRemoved = "consent_removed",
        CodeReplayed = "code_replayed",
        RefreshTokenReused = "refresh_token_reused",
        TokenRevoked = "token_revoked",
        ClientRegistered = "client_registered",
        ClientChanged = "client_changed",
        ClientDeleted = "client_deleted",
        ClientSecretRenewed = "client_secret_renewed",
        ClientSecretAdded = "client_secret_added",
        ClientSecretRemoved = "client_secret_removed",
        RegistrationRefused = "registration_refused",
        KeyCreated = "key_created",
        KeyRetired = "key_retired",
        KeyRevoked = "key_revoked",
        /// A signing key was wrapped under another root.
        KeyRewrapped = "key_rewrapped",
        UserCreated = "user_created",
        UserChanged = "user_changed",
        UserDisabled = "user_disabled",
        UserEnabled = "user_enabled",
        UserDeleted = "user_deleted",
        /// Somebody made themselves an account.
        SignedUp = "signed_up",
        /// An operator made a link with which somebody makes an account.
        InvitationMade = "invitation_made",
        InvitationRevoked = "invitation_revoked",
        /// An operator made a key with which a program calls the admin API.
        ApiKeyMade = "api_key_made",
        ApiKeyRevoked = "api_key_revoked",
        /// An operator made a webhook.
        WebhookMade = "webhook_made",
        WebhookChanged = "webhook_changed",
        WebhookDeleted = "webhook_deleted",
        WebhookSecretRenewed = "webhook_secret_renewed",
        WebhookTested = "webhook_tested",
        /// A webhook has failed for so long that nothing is sent to it any more.
        WebhookGivenUp = "webhook_given_up",
        /// A person became an operator, has other roles as one, or is none any more.
        OperatorRolesChanged = "operator_roles_changed",
        PasswordChanged = "password_changed",
        PasskeyAdded = "passkey_added",
        PasskeyRemoved = "passkey_removed",
        /// An app with one-time codes was set up.
        CodeAppAdded = "code_app_added",
        CodeAppRemoved = "code_app_removed",
        /// Recovery codes were made, in place of those before.
        RecoveryCodesMade = "recovery_codes_made",
        RecoveryCodesRemoved = "recovery_codes_removed",
        RecoveryCodeUsed = "recovery_code_used",
        /// A browser in which a person is not asked for a second factor again.
        BrowserTrusted = "browser_trusted",
        BrowserTrustEnded = "browser_trust_ended",
        /// An operator made a link with which somebody sets up how they sign in.
        SetUpLinkMade = "set_up_link_made",
        SetUpLinkUsed = "set_up_link_used",
        SetUpLinkRevoked = "set_up_link_revoked",
        /// A person accepted the terms.
        TermsAccepted = "terms_accepted",
        /// An operator has a person choose another password.
        NewPasswordRequired = "new_password_required",
        /// An operator had guesses at an account forgotten.
        Unlocked = "unlocked",
        /// Somebody asked for a way back in by mail.
        RecoveryAsked = "recovery_asked",
        RecoveryUsed = "recovery_used",
        GroupCreated = "group_created",
        GroupChanged = "group_changed",
        GroupDeleted = "group_deleted",
        GroupMemberAdded = "group_member_added",
        GroupMemberRemoved = "group_member_removed",
        /// An operator declared an API.
        ApiCreated = "api_created",
        ApiChanged = "api_changed",
        ApiDeleted = "api_deleted",
        /// An API got a secret with which it asks about tokens, or another one.
        ApiSecretRenewed = "api_secret_renewed",
        RoleGiven = "role_given",
        RoleTaken = "role_taken",
        /// An app is not for the person who came from it.
        AppRefused = "app_refused",
        /// Somebody asked for a code by mail to sign in with.
        MailCodeAsked = "mail_code_asked",
        /// An operator tried whether mails arrive.
        MailTested = "mail_tested",
        MailRetried = "mail_retried",
        MailDeleted = "mail_deleted",
        /// A person changed what is known about them.
        ProfileChanged = "profile_changed",
        /// A person gave themselves another e-mail address, which is a name to sign in with.
        EmailChanged = "email_changed",
        /// A person showed that they read the mails of their address.
        EmailConfirmed = "email_confirmed",
        /// A change of the address was undone from the address before.
        EmailRestored = "email_restored",
        /// Somebody else confirmed the address that a person had without having confirmed it.
        EmailReleased = "email_released",
        /// A person took a copy of what is stored about them.
        DataExported = "data_exported",
        /// An operator read a page of an export of the deployment.
        Exported = "exported",
        /// An operator imported lines of an export.
        Imported = "imported",
        /// A person deleted their own account.
        AccountDeleted = "account_deleted",
        /// A client did not prove itself.
        ClientRefused = "client_refused",
        /// A request to `/authorize` cannot be answered as it is: a mistake of the app's developer.
        AuthorizationRefused = "authorization_refused",
        /// An operator's call came with a wrong token, or with a key that may not do this.
        OperatorRefused = "operator_refused",
        /// There were more events of strangers than are written down.
        Flooded = "flooded",
    }
}

named! {
    /// Whether what was tried came about.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    #[allow(missing_docs)] // The names say it.
    pub enum Outcome {
        Success = "success",
        Failure = "failure",
    }
}

named! {
    /// Whose doing it was. A person acts on their own account, a client with itself: their ids are those of the [`Entry`].
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    #[allow(missing_docs)] // The names say it.
    pub enum Actor {
        Person = "person",
        Client = "client",
        Operator = "operator",
        /// Limen itself.
        System = "system",
        /// Somebody who has not shown who they are.
        Anybody = "anybody",
    }
}

impl Event {
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
}
