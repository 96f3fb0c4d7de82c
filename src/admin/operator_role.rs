//! The roles of people who are operators. A role is a set of the scopes that API keys have, so that one rule judges both.

use serde_json::Value;

use super::{
    api_key::{self, Area, KeyScope},
    body,
};
use crate::{named::named, oidc::error::OAuthError};

named! {
    /// A role of an operator, by the name that is stored.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    pub enum OperatorRole {
        /// Everything.
        Owner = "owner",
        /// People, and who is in which group.
        People = "people",
        /// Apps, and what is needed to set them up.
        Apps = "apps",
        /// Who did what, and who may do what.
        Auditor = "auditor",
        /// Everything, without changing any of it.
        ReadOnly = "read_only",
    }
}

/// The roles of one person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OperatorRoles(Vec<OperatorRole>);

impl OperatorRole {
    /// The areas that it may change, and those that it may only read.
    fn areas(self) -> (&'static [Area], &'static [Area]) {
        match self {
            Self::Owner => (&Area::ALL, &[]),
            Self::People => (&[Area::People, Area::Groups], &[Area::Audit, Area::Mail]),
            Self::Apps => (&[Area::Apps, Area::Apis], &[Area::Groups, Area::Keys, Area::Settings]),
            Self::Auditor => (
                &[],
                &[
                    Area::Audit,
                    Area::Keys,
                    Area::Settings,
                    Area::ApiKeys,
                    Area::Operators,
                    Area::Webhooks,
                ],
            ),
            Self::ReadOnly => (&[], &Area::ALL),
        }
    }

    fn scopes(self) -> impl Iterator<Item = KeyScope> {
        let (changes, reads) = self.areas();
        let changes = changes.iter().map(|area| KeyScope {
            area: *area,
            writes: area.can_change(),
        });
        changes.chain(reads.iter().map(|area| KeyScope {
            area: *area,
            writes: false,
        }))
    }
}

impl OperatorRoles {
    /// Reads `{"roles": ["people", ...]}`.
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn parse(body: &[u8]) -> Result<Self, OAuthError> {
        let members = body::members(body, &["roles"])?;
        let wrong = || {
            let all = OperatorRole::ALL.map(OperatorRole::as_str).join(" ");
            OAuthError::invalid_request(format!("roles must be a list of some of {all}"))
        };
        let list = members.get("roles").and_then(Value::as_array).ok_or_else(wrong)?;
        let roles: Option<Vec<_>> = list.iter().map(|name| OperatorRole::parse(name.as_str()?)).collect();
        let roles = roles.filter(|roles| !roles.is_empty()).ok_or_else(wrong)?;
        Ok(Self::of(roles))
    }

    /// Those of whoever begins a deployment.
    pub fn owner() -> Self {
        Self::of([OperatorRole::Owner])
    }

    /// These, each once, in their order.
    pub fn of(roles: impl IntoIterator<Item = OperatorRole>) -> Self {
        let mut roles: Vec<_> = roles.into_iter().collect();
        roles.sort_unstable();
        roles.dedup();
        Self(roles)
    }

    /// Takes them out of storage. A role that this version does not know, of a newer one that was here before, gives nothing.
    pub fn stored<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self::of(names.into_iter().filter_map(OperatorRole::parse))
    }

    /// Their names.
    pub fn names(&self) -> Vec<&'static str> {
        self.0.iter().map(|role| role.as_str()).collect()
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = OperatorRole> {
        self.0.iter().copied()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What they let somebody do.
    pub fn scopes(&self) -> Vec<KeyScope> {
        let mut scopes: Vec<_> = self.iter().flat_map(OperatorRole::scopes).collect();
        scopes.sort_unstable();
        scopes.dedup();
        scopes
    }

    /// Whether whoever has `scopes` may do all that these roles let somebody do. Nobody gives, takes or gets around more than they have.
    ///
    /// # Errors
    /// `insufficient_scope`, naming what is lacking.
    pub fn check_within(&self, scopes: &[KeyScope]) -> Result<(), OAuthError> {
        self.scopes()
            .into_iter()
            .try_for_each(|scope| api_key::judge(scopes, Some(scope)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        oidc::error::ErrorCode,
        routes::{Endpoint, Method},
    };

    fn roles(names: &[&str]) -> OperatorRoles {
        OperatorRoles::stored(names.iter().copied())
    }

    fn may(role: &str, name: &str) -> bool {
        api_key::judge(&roles(&[role]).scopes(), Some(KeyScope::parse(name).unwrap())).is_ok()
    }

    #[test]
    fn each_role_may_do_this_and_nothing_else() {
        let all: Vec<_> = Area::ALL
            .into_iter()
            .flat_map(|area| [false, true].map(|writes| KeyScope { area, writes }))
            .filter(|scope| !scope.writes || scope.area.can_change())
            .map(KeyScope::name)
            .collect();
        let of = |role: &str| -> Vec<_> { all.iter().filter(|name| may(role, name)).map(String::as_str).collect() };
        assert_eq!(of("owner"), all);
        assert_eq!(
            of("people"),
            [
                "people:read",
                "people:write",
                "groups:read",
                "groups:write",
                "audit:read",
                "mail:read"
            ]
        );
        assert_eq!(
            of("apps"),
            [
                "apps:read",
                "apps:write",
                "apis:read",
                "apis:write",
                "groups:read",
                "keys:read",
                "settings:read"
            ]
        );
        assert_eq!(
            of("auditor"),
            [
                "audit:read",
                "keys:read",
                "settings:read",
                "api_keys:read",
                "operators:read",
                "webhooks:read"
            ]
        );
        let reads: Vec<_> = all.iter().filter(|name| name.ends_with(":read")).collect();
        assert_eq!(of("read_only"), reads);
    }

    #[test]
    fn nobody_gives_more_than_they_have() {
        let granter = roles(&["people"]).scopes();
        assert!(roles(&["people"]).check_within(&granter).is_ok());
        for beyond in ["owner", "apps", "auditor", "read_only"] {
            let refused = roles(&["people", beyond]).check_within(&granter).unwrap_err();
            assert_eq!(refused.code, ErrorCode::InsufficientScope, "{beyond}");
        }
        let owner = roles(&["owner"]).scopes();
        assert!(
            OperatorRole::ALL
                .into_iter()
                .all(|role| OperatorRoles::of([role]).check_within(&owner).is_ok())
        );
    }

    #[test]
    fn several_roles_add_up() {
        let both = roles(&["apps", "people"]).scopes();
        let lets = |path: Endpoint, method| api_key::judge(&both, KeyScope::needed(path.path(), method)).is_ok();
        assert!(lets(Endpoint::AdminUser, Method::Patch) && lets(Endpoint::AdminClients, Method::Get));
        assert!(!lets(Endpoint::AdminOperator, Method::Put) && !lets(Endpoint::AdminApiKeys, Method::Get));
        assert!(api_key::judge(&both, None).is_err());
    }

    #[test]
    fn what_is_no_list_of_roles_is_refused() {
        let parse = |body: Value| OperatorRoles::parse(body.to_string().as_bytes());
        let parsed = parse(json!({ "roles": ["read_only", "people", "people"] })).unwrap();
        assert_eq!(parsed.names(), ["people", "read_only"]);
        for wrong in [
            json!([]),
            json!({}),
            json!({ "roles": [] }),
            json!({ "roles": "owner" }),
            json!({ "roles": ["Owner"] }),
            json!({ "roles": ["owner", 1] }),
            json!({ "roles": ["owner"], "until": 1 }),
        ] {
            assert!(parse(wrong.clone()).is_err(), "{wrong}");
        }
        assert_eq!(roles(&["owner", "emperor"]).names(), ["owner"]);
        assert!(roles(&["emperor"]).scopes().is_empty());
    }
}
