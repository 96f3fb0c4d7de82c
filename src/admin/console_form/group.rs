//! What the forms about groups ask for.

use serde_json::json;

use super::{asked, require_sure, unknown};
use crate::{
    account::group::Group,
    admin::{
        group::WantedGroup,
        role::{Holder, RoleOfHolder},
    },
    config::{Attributes, SecondFactor},
    oidc::{error::OAuthError, params::Params},
    routes::{Call, Endpoint, Method},
};

/// What is done to a group.
#[derive(Debug)]
pub enum GroupAction<'a> {
    Delete,
    Change(GroupChange<'a>),
}

/// What of a group is changed.
#[derive(Debug)]
pub enum GroupChange<'a> {
    /// Another name, and whether its people need a second factor.
    Save(WantedGroup, SeenGroup<'a>),
    /// Somebody by their username or address.
    Add(&'a str),
    /// By the id of the person.
    Remove(&'a str),
    /// At the app of that id.
    GiveRole(&'a str, RoleOfHolder),
    TakeRole(&'a str, RoleOfHolder),
}

impl<'a> GroupAction<'a> {
    /// Reads a form about the group of that id.
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn parse(form: &'a Params, group_id: &str, policy: SecondFactor) -> Result<Self, OAuthError> {
        let role = |text: &str| RoleOfHolder::parse(text, Holder::Group(group_id.to_owned()));
        Ok(Self::Change(match asked(form, &["remove", "take_role"])? {
            ("do", "save") => GroupChange::Save(wanted_group(form, policy)?, SeenGroup::of(form)?),
            ("do", "delete") => return require_sure(form).map(|()| Self::Delete),
            ("do", "add") => GroupChange::Add(form.single("login")?.unwrap_or_default().trim()),
            ("do", "give_role") => GroupChange::GiveRole(
                form.single("app")?.unwrap_or_default().trim(),
                role(form.single("role")?.unwrap_or_default())?,
            ),
            ("remove", user_id) => GroupChange::Remove(user_id),
            ("take_role", both) => {
                let (client_id, name) = both.split_once(' ').ok_or_else(unknown)?;
                GroupChange::TakeRole(client_id, role(name)?)
            }
            _ => return Err(unknown()),
        }))
    }

    /// The call of the admin API that does the same.
    pub fn call(form: &Params) -> Result<Call, OAuthError> {
        Ok(match asked(form, &["remove", "take_role"])? {
            ("do", "save") => (Endpoint::AdminGroup, Method::Patch),
            ("do", "delete") => (Endpoint::AdminGroup, Method::Delete),
            ("do", "add") => (Endpoint::AdminGroupMember, Method::Put),
            ("remove", _) => (Endpoint::AdminGroupMember, Method::Delete),
            ("do", "give_role") | ("take_role", _) => (Endpoint::AdminClientRoles, Method::Post),
            _ => return Err(unknown()),
        })
    }
}

/// What the form about a group was made of: what somebody else has decided since is not taken back unseen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeenGroup<'a> {
    pub name: &'a str,
    pub second_factor_required: bool,
}

impl<'a> SeenGroup<'a> {
    fn of(form: &'a Params) -> Result<Self, OAuthError> {
        let shown = form.single("shown")?.and_then(|shown| shown.split_once(' '));
        let (factor, name) = shown.ok_or_else(unknown)?;
        Ok(Self {
            name,
            second_factor_required: factor == "yes",
        })
    }

    /// As the form carries it.
    pub fn to_field(self) -> String {
        let factor = if self.second_factor_required { "yes" } else { "no" };
        format!("{factor} {}", self.name)
    }
}

impl<'a> From<&'a Group> for SeenGroup<'a> {
    fn from(group: &'a Group) -> Self {
        Self {
            name: group.name.as_str(),
            second_factor_required: group.second_factor_required,
        }
    }
}

/// The name of a new group.
///
/// # Errors
/// `invalid_request`.
pub fn new_group(form: &Params, policy: SecondFactor) -> Result<WantedGroup, OAuthError> {
    let name = form.single("name")?.unwrap_or_default().trim();
    WantedGroup::parse(
        json!({ "name": name }).to_string().as_bytes(),
        policy,
        &Attributes::default(),
    )
}

/// The settings of a group. A box that is not ticked is not sent.
fn wanted_group(form: &Params, policy: SecondFactor) -> Result<WantedGroup, OAuthError> {
    let name = form.single("name")?.unwrap_or_default().trim();
    let body = match policy {
        // The form has no such box.
        SecondFactor::Off => json!({ "name": name }),
        _ => json!({ "name": name, "second_factor_required": form.single("factor")?.is_some() }),
    };
    WantedGroup::parse(body.to_string().as_bytes(), policy, &Attributes::default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::api_key::{Area, KeyScope};

    fn params(form: &str) -> Params {
        Params::parse(form).unwrap()
    }

    #[test]
    fn what_is_done_to_groups_needs_the_scope_of_the_call() {
        for form in [
            "do=save",
            "do=delete",
            "do=add",
            "remove=u",
            "do=give_role",
            "take_role=c r",
        ] {
            let (endpoint, method) = GroupAction::call(&params(form)).unwrap();
            let needed = KeyScope::needed(endpoint.path(), method).unwrap();
            assert_eq!((needed.area, needed.writes), (Area::Groups, true), "{form}");
        }
        assert!(GroupAction::call(&params("do=x")).is_err());
    }

    #[test]
    fn a_form_about_a_group_says_what_the_api_takes() {
        let of = |form: &str| format!("{:?}", GroupAction::parse(&params(form), "g", SecondFactor::Optional));
        assert!(of("do=save&name=+Staff+&factor=yes&shown=no+Old").contains("second_factor_required: Some(true)"));
        assert!(of("do=save&name=Staff&shown=yes+The+staff").contains("second_factor_required: Some(false)"));
        assert!(of("take_role=c Grafana Admin").contains("Grafana Admin"));
        for wrong in [
            "do=save&name=",
            "do=save&name=Staff",
            "do=save&name=Staff&shown=yes",
            "take_role=c",
            "take_role=c ",
            "do=give_role&app=c&role=",
            "do=save&name=a&name=b",
        ] {
            assert!(of(wrong).starts_with("Err"), "{wrong}");
        }
        let shown = SeenGroup {
            name: "The staff",
            second_factor_required: true,
        };
        let form = params("do=save&name=Staff&shown=yes+The+staff");
        assert_eq!(SeenGroup::of(&form).unwrap(), shown);
        assert_eq!(shown.to_field(), "yes The staff");
        let off = GroupAction::parse(&form, "g", SecondFactor::Off);
        let kept = matches!(
            off,
            Ok(GroupAction::Change(GroupChange::Save(
                WantedGroup {
                    attributes: None,
                    second_factor_required: None,
                    ..
                },
                _
            )))
        );
        assert!(kept, "what cannot be shown is not changed");
    }
}
