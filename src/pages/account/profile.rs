//! The page for what is known about a person (OIDC Core section 5.1).

use std::collections::BTreeMap;

use askama::Template;
use serde_json::Value;

use super::Frame;
use crate::{
    account::{group, profile::attribute_as_entered},
    config::{AttributeKind, ProfileField},
    pages::{
        fields::{self, FieldState, ShownField},
        messages::ProfileTexts,
    },
};

/// What is known, as fields to fill in.
#[derive(Template)]
#[template(path = "account/profile.html")]
pub struct ProfilePage<'a> {
    /// What the pages of the account share.
    pub frame: Frame<'a>,
    /// How the fields stand.
    pub fields: BTreeMap<ProfileField, FieldState>,
    /// What the operator keeps of the person.
    pub own: Vec<OwnField>,
    /// What was in the way of all that was entered.
    pub trouble: Option<ProfileTrouble>,
    /// The groups that the person is in.
    pub memberships: &'a [group::Group],
}

/// What can be in the way of a whole form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProfileTrouble {
    /// The account was changed while the page stood open.
    ChangedElsewhere,
    /// What was entered is too long together.
    TooMuch,
}

/// What the operator keeps of a person under one name.
#[derive(Clone, Debug)]
pub struct OwnField {
    pub(in crate::pages) id: String,
    pub(in crate::pages) title: String,
    pub(in crate::pages) kind: AttributeKind,
    pub(in crate::pages) value: String,
    pub(in crate::pages) editable: bool,
    pub(in crate::pages) wrong: bool,
}

impl OwnField {
    /// As it is.
    pub fn new(id: String, title: &str, kind: AttributeKind, value: Option<&Value>) -> Self {
        Self {
            id,
            title: title.to_owned(),
            kind,
            value: attribute_as_entered(value),
            editable: false,
            wrong: false,
        }
    }

    /// The same, for the person to edit or not, with what they typed and whether that is wrong.
    #[must_use]
    pub fn editable(self, editable: bool, typed: Option<(String, bool)>) -> Self {
        match typed.filter(|_| editable) {
            Some((value, wrong)) => Self {
                value,
                wrong,
                editable,
                ..self
            },
            None => Self { editable, ..self },
        }
    }

    pub(in crate::pages) fn is_flag(&self) -> bool {
        self.kind == AttributeKind::Flag
    }

    pub(in crate::pages) fn is_list(&self) -> bool {
        self.kind == AttributeKind::List
    }

    pub(in crate::pages) fn hint(&self, texts: &ProfileTexts) -> Option<&'static str> {
        match self.kind {
            AttributeKind::List => Some(texts.own_list),
            AttributeKind::Number => Some(texts.own_number),
            AttributeKind::Text | AttributeKind::Flag => None,
        }
    }
}

/// The fields that stand together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Topic {
    Names,
    AboutYou,
    OnTheWeb,
    Contact,
}

fn topic(field: ProfileField) -> Topic {
    use ProfileField as Field;
    match field {
        Field::Name | Field::GivenName | Field::MiddleName | Field::FamilyName | Field::Nickname => Topic::Names,
        Field::Gender | Field::Birthdate | Field::Locale | Field::Zoneinfo => Topic::AboutYou,
        Field::Picture | Field::Profile | Field::Website => Topic::OnTheWeb,
        Field::PhoneNumber
        | Field::StreetAddress
        | Field::PostalCode
        | Field::Locality
        | Field::Region
        | Field::Country => Topic::Contact,
    }
}

struct Group<'a> {
    legend: &'static str,
    fields: Vec<ShownField<'a>>,
}

impl ProfilePage<'_> {
    super::shell::account_page!();

    fn title(&self) -> String {
        self.frame.title(self.has_problem())
    }

    fn profile(&self) -> &'static ProfileTexts {
        &self.frame.texts().profile
    }

    fn has_problem(&self) -> bool {
        let is_wrong = self.fields.values().any(|field| field.problem.is_some());
        self.trouble.is_some() || is_wrong || self.own.iter().any(|field| field.wrong)
    }

    /// What the page says of the whole form.
    fn trouble_text(&self) -> Option<&'static str> {
        self.trouble.map(|trouble| match trouble {
            ProfileTrouble::ChangedElsewhere => self.frame.texts().account.saved_elsewhere,
            ProfileTrouble::TooMuch => self.profile().too_much,
        })
    }

    /// What the person may edit of what the operator keeps of them.
    fn editable_own(&self) -> Vec<&OwnField> {
        self.own.iter().filter(|field| field.editable).collect()
    }

    /// What they see of it and may not.
    fn fixed_own(&self) -> Vec<&OwnField> {
        let fixed = self
            .own
            .iter()
            .filter(|field| !field.editable && !field.value.is_empty());
        fixed.collect()
    }

    fn wrong_own(&self) -> Vec<&OwnField> {
        self.own.iter().filter(|field| field.wrong).collect()
    }

    /// The fields that can be changed, group by group.
    fn groups(&self) -> Vec<Group<'_>> {
        let groups = self.all_groups(|field| field.editable).into_iter();
        groups.filter(|group| !group.fields.is_empty()).collect()
    }

    /// What is known and cannot be changed here.
    fn fixed(&self) -> Vec<ShownField<'_>> {
        let groups = self.all_groups(|field| !field.editable && !field.value.is_empty());
        groups.into_iter().flat_map(|group| group.fields).collect()
    }

    /// The fields that are wrong.
    fn wrong(&self) -> Vec<ShownField<'_>> {
        let groups = self.all_groups(|field| field.problem.is_some());
        groups.into_iter().flat_map(|group| group.fields).collect()
    }

    fn all_groups(&self, wanted: impl Fn(&FieldState) -> bool) -> [Group<'_>; 4] {
        let texts = self.profile();
        let group = |legend, of| Group {
            legend,
            fields: self
                .fields
                .iter()
                .filter(|(field, state)| topic(**field) == of && wanted(state))
                .map(|(field, state)| fields::shown(*field, state, None, self.frame.language))
                .collect(),
        };
        [
            group(texts.names, Topic::Names),
            group(texts.about_you, Topic::AboutYou),
            group(texts.on_the_web, Topic::OnTheWeb),
            group(texts.contact, Topic::Contact),
        ]
    }
}
