//! What an operator does to a person at the console. Each is a call of the admin API, and needs what that call needs.

use super::{asked, unknown};
use crate::{
    admin::operator_role::{OperatorRole, OperatorRoles},
    oidc::{error::OAuthError, params::Params},
    routes::{Call, Endpoint, Method},
};

/// Something that a form of the console asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PersonAction<'a> {
    Lock,
    Open,
    ForgetGuesses,
    SignOut,
    RequireNewPassword,
    MakeLink,
    RevokeLink,
    /// By the id of the session.
    EndSession(&'a str),
    /// By the id of its row.
    RemovePasskey(&'a str),
    /// By the id of its row.
    RemoveFactor(&'a str),
    /// By the id of the app.
    RevokeGrant(&'a str),
    /// By the id of the group.
    LeaveGroup(&'a str),
    /// These, in place of those that the page showed.
    SetRoles(OperatorRoles, OperatorRoles),
}

impl<'a> PersonAction<'a> {
    /// Reads `do`, or the id of what it is about under the name of what is done to it.
    ///
    /// # Errors
    /// `invalid_request` for a form that asks for nothing, or for several things.
    pub fn parse(form: &'a Params) -> Result<Self, OAuthError> {
        let names = [
            "end_session",
            "remove_passkey",
            "remove_factor",
            "revoke_grant",
            "leave_group",
        ];
        Ok(match asked(form, &names)? {
            ("end_session", id) => Self::EndSession(id),
            ("remove_passkey", id) => Self::RemovePasskey(id),
            ("remove_factor", id) => Self::RemoveFactor(id),
            ("revoke_grant", id) => Self::RevokeGrant(id),
            ("leave_group", id) => Self::LeaveGroup(id),
            (_, "lock") => Self::Lock,
            (_, "open") => Self::Open,
            (_, "forget") => Self::ForgetGuesses,
            (_, "sign_out") => Self::SignOut,
            (_, "new_password") => Self::RequireNewPassword,
            (_, "link") => Self::MakeLink,
            (_, "revoke_link") => Self::RevokeLink,
            (_, "roles") => {
                let roles: Option<Vec<_>> = form.all("role").map(OperatorRole::parse).collect();
                // Empty for somebody without roles, which is as if it was not sent.
                let shown = form.single("shown")?.unwrap_or_default();
                Self::SetRoles(
                    OperatorRoles::of(roles.ok_or_else(unknown)?),
                    OperatorRoles::stored(shown.split(' ')),
                )
            }
            _ => return Err(unknown()),
        })
    }

    /// The call of the admin API that does the same.
    pub fn call(&self) -> Call {
        match self {
            Self::Lock | Self::Open => (Endpoint::AdminUser, Method::Patch),
            Self::ForgetGuesses => (Endpoint::AdminUserUnlocking, Method::Post),
            Self::SignOut => (Endpoint::AdminUserSessions, Method::Delete),
            Self::RequireNewPassword => (Endpoint::AdminUserNewPassword, Method::Post),
            Self::MakeLink => (Endpoint::AdminUserSetUpLink, Method::Post),
            Self::RevokeLink => (Endpoint::AdminUserSetUpLink, Method::Delete),
            Self::EndSession(_) => (Endpoint::AdminUserSession, Method::Delete),
            Self::RemovePasskey(_) => (Endpoint::AdminUserPasskey, Method::Delete),
            Self::RemoveFactor(_) => (Endpoint::AdminUserSecondFactor, Method::Delete),
            Self::RevokeGrant(_) => (Endpoint::AdminUserGrant, Method::Delete),
            Self::LeaveGroup(_) => (Endpoint::AdminGroupMember, Method::Delete),
            Self::SetRoles(roles, _) if roles.is_empty() => (Endpoint::AdminOperator, Method::Delete),
            Self::SetRoles(..) => (Endpoint::AdminOperator, Method::Put),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{admin::api_key::KeyScope, routes::ROUTES};

    fn parse(form: &str) -> Option<Call> {
        let params = Params::parse(form).unwrap();
        PersonAction::parse(&params).ok().map(|action| action.call())
    }

    #[test]
    fn a_form_asks_for_one_thing() {
        assert_eq!(parse("do=lock"), Some((Endpoint::AdminUser, Method::Patch)));
        assert_eq!(
            parse("end_session=s"),
            Some((Endpoint::AdminUserSession, Method::Delete))
        );
        assert_eq!(
            parse("do=roles&shown=people+apps"),
            Some((Endpoint::AdminOperator, Method::Delete))
        );
        assert_eq!(
            parse("do=roles&shown=&role=owner&role=apps"),
            Some((Endpoint::AdminOperator, Method::Put))
        );
        for wrong in [
            "",
            "do=",
            "do=delete",
            "do=lock&do=lock",
            "do=lock&end_session=s",
            "end_session=s&remove_passkey=p",
            "end_session=s&end_session=t",
            "do=roles&shown=&role=emperor",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn each_is_a_call_of_the_admin_api_that_needs_a_scope_to_change() {
        for form in [
            "do=lock",
            "do=open",
            "do=forget",
            "do=sign_out",
            "do=new_password",
            "do=link",
            "do=revoke_link",
            "do=roles&shown=people",
            "do=roles&shown=&role=people",
            "end_session=s",
            "remove_passkey=p",
            "remove_factor=f",
            "revoke_grant=c",
            "leave_group=g",
        ] {
            let (endpoint, method) = parse(form).unwrap();
            let route = ROUTES.iter().find(|route| route.endpoint == endpoint).unwrap();
            assert!(route.methods.contains(&method), "{form}");
            let needed = KeyScope::needed(route.path, method).unwrap();
            assert!(needed.writes, "{form}");
        }
    }
}
