//! The page for what is known about a person (OIDC Core section 5.1).

use std::collections::BTreeMap;

use askama::Template;

use super::Frame;
use crate::{
    account::group,
    config::ProfileField,
    pages::{
        fields::{self, FieldState, ShownField},
        layout::page,
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
    /// Whether the account was changed while the page stood open.
    pub changed_elsewhere: bool,
    /// The groups that the person is in.
    pub memberships: &'a [group::Group],
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
    page!();

    fn title(&self) -> String {
        self.frame.title(self.has_problem())
    }

    fn profile(&self) -> &'static ProfileTexts {
        &self.frame.texts().profile
    }

    fn has_problem(&self) -> bool {
        self.changed_elsewhere || self.fields.values().any(|field| field.problem.is_some())
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
