//! The page for what is known about a person (OIDC Core section 5.1).

use std::collections::BTreeMap;

use askama::Template;

use super::Frame;
use crate::{
    config::ProfileField,
    pages::{layout::page, messages::ProfileTexts},
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
}

/// How a field stands.
#[derive(Clone, Debug)]
pub struct FieldState {
    /// What is in it.
    pub value: String,
    /// Whether the person may change it.
    pub editable: bool,
    /// What is wrong with it.
    pub problem: Option<FieldProblem>,
}

/// What is wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // The names say it.
pub enum FieldProblem {
    TooLong,
    NotAUrl,
    NotADate,
    NotAPhoneNumber,
    NotATimeZone,
    NotALocale,
}

/// How a field is asked for: its type and what a browser may fill in (HTML, section "Autofill").
struct Input {
    name: &'static str,
    kind: &'static str,
    autocomplete: &'static str,
    /// Whether it takes a line of its own.
    wide: bool,
}

fn input(field: ProfileField) -> Input {
    use ProfileField as Field;
    let (kind, autocomplete) = match field {
        Field::Name => ("text", "name"),
        Field::GivenName => ("text", "given-name"),
        Field::MiddleName => ("text", "additional-name"),
        Field::FamilyName => ("text", "family-name"),
        Field::Nickname => ("text", "nickname"),
        Field::Gender => ("text", "sex"),
        Field::Birthdate => ("text", "bday"),
        Field::Locale => ("text", "language"),
        Field::Zoneinfo => ("text", "off"),
        Field::Picture => ("url", "photo"),
        Field::Profile | Field::Website => ("url", "url"),
        Field::PhoneNumber => ("tel", "tel"),
        Field::StreetAddress => ("lines", "street-address"),
        Field::PostalCode => ("text", "postal-code"),
        Field::Locality => ("text", "address-level2"),
        Field::Region => ("text", "address-level1"),
        Field::Country => ("text", "country-name"),
    };
    let wide = matches!(
        field,
        Field::Name | Field::Picture | Field::PhoneNumber | Field::StreetAddress
    );
    Input {
        name: field.name(),
        kind,
        autocomplete,
        wide,
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

struct Shown<'a> {
    input: Input,
    label: &'static str,
    hint: Option<&'static str>,
    value: &'a str,
    problem: Option<&'static str>,
}

impl Shown<'_> {
    /// The ids of what explains the field.
    fn described_by(&self) -> String {
        let hint = self.hint.map(|_| format!("{}-hint", self.input.name));
        let problem = self.problem.map(|_| format!("{}-problem", self.input.name));
        let ids: Vec<_> = [hint, problem].into_iter().flatten().collect();
        ids.join(" ")
    }
}

struct Group<'a> {
    legend: &'static str,
    fields: Vec<Shown<'a>>,
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
    fn fixed(&self) -> Vec<Shown<'_>> {
        let groups = self.all_groups(|field| !field.editable && !field.value.is_empty());
        groups.into_iter().flat_map(|group| group.fields).collect()
    }

    /// The fields that are wrong.
    fn wrong(&self) -> Vec<Shown<'_>> {
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
                .map(|(field, state)| self.shown(*field, state))
                .collect(),
        };
        [
            group(texts.names, Topic::Names),
            group(texts.about_you, Topic::AboutYou),
            group(texts.on_the_web, Topic::OnTheWeb),
            group(texts.contact, Topic::Contact),
        ]
    }

    fn shown<'a>(&self, field: ProfileField, state: &'a FieldState) -> Shown<'a> {
        let texts = self.profile();
        let (label, hint) = words(texts, field);
        let problem = state.problem.map(|problem| match problem {
            FieldProblem::TooLong => texts.too_long,
            FieldProblem::NotAUrl => texts.not_a_url,
            FieldProblem::NotADate => texts.not_a_date,
            FieldProblem::NotAPhoneNumber => texts.not_a_phone_number,
            FieldProblem::NotATimeZone => texts.not_a_time_zone,
            FieldProblem::NotALocale => texts.not_a_locale,
        });
        Shown {
            input: input(field),
            label,
            hint,
            value: &state.value,
            problem,
        }
    }
}

/// The label of a field and the hint below it.
fn words(texts: &'static ProfileTexts, field: ProfileField) -> (&'static str, Option<&'static str>) {
    use ProfileField as Field;
    match field {
        Field::Name => (texts.name, None),
        Field::GivenName => (texts.given_name, None),
        Field::MiddleName => (texts.middle_name, None),
        Field::FamilyName => (texts.family_name, None),
        Field::Nickname => (texts.nickname, None),
        Field::Gender => (texts.gender, None),
        Field::Birthdate => (texts.birthdate, Some(texts.birthdate_hint)),
        Field::Locale => (texts.locale, Some(texts.locale_hint)),
        Field::Zoneinfo => (texts.zoneinfo, Some(texts.zoneinfo_hint)),
        Field::Profile => (texts.profile, None),
        Field::Picture => (texts.picture, Some(texts.picture_hint)),
        Field::Website => (texts.website, None),
        Field::PhoneNumber => (texts.phone_number, Some(texts.phone_number_hint)),
        Field::StreetAddress => (texts.street_address, None),
        Field::PostalCode => (texts.postal_code, None),
        Field::Locality => (texts.locality, None),
        Field::Region => (texts.region, None),
        Field::Country => (texts.country, None),
    }
}
