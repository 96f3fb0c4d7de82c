//! The page for what is known about a person (OIDC Core section 5.1).

use std::collections::BTreeMap;

use askama::Template;

use super::Frame;
use crate::pages::{layout, messages::ProfileTexts};

/// What is known, as fields to fill in.
#[derive(Template)]
#[template(path = "account/profile.html")]
pub struct ProfilePage<'a> {
    /// What the pages of the account share.
    pub frame: Frame<'a>,
    /// The fields by their names.
    pub fields: BTreeMap<&'static str, FieldState>,
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

const fn input(name: &'static str, kind: &'static str, autocomplete: &'static str) -> Input {
    Input {
        name,
        kind,
        autocomplete,
        wide: false,
    }
}

const fn wide(name: &'static str, kind: &'static str, autocomplete: &'static str) -> Input {
    Input {
        wide: true,
        ..input(name, kind, autocomplete)
    }
}

const NAMES: &[Input] = &[
    wide("name", "text", "name"),
    input("given_name", "text", "given-name"),
    input("middle_name", "text", "additional-name"),
    input("family_name", "text", "family-name"),
    input("nickname", "text", "nickname"),
];

const ABOUT_YOU: &[Input] = &[
    input("gender", "text", "sex"),
    input("birthdate", "text", "bday"),
    input("locale", "text", "language"),
    input("zoneinfo", "text", "off"),
];

const ON_THE_WEB: &[Input] = &[
    wide("picture", "url", "photo"),
    input("profile", "url", "url"),
    input("website", "url", "url"),
];

const CONTACT: &[Input] = &[
    wide("phone_number", "tel", "tel"),
    wide("street_address", "lines", "street-address"),
    input("postal_code", "text", "postal-code"),
    input("locality", "text", "address-level2"),
    input("region", "text", "address-level1"),
    input("country", "text", "country-name"),
];

struct Shown<'a> {
    input: &'static Input,
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
    /// The page as HTML.
    pub fn to_html(&self) -> String {
        layout::html(self)
    }

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
        let group = |legend, inputs: &'static [Input]| Group {
            legend,
            fields: inputs
                .iter()
                .filter_map(|input| Some((input, self.fields.get(input.name)?)))
                .filter(|(_, state)| wanted(state))
                .map(|(input, state)| self.shown(input, state))
                .collect(),
        };
        [
            group(texts.names, NAMES),
            group(texts.about_you, ABOUT_YOU),
            group(texts.on_the_web, ON_THE_WEB),
            group(texts.contact, CONTACT),
        ]
    }

    fn shown<'a>(&self, input: &'static Input, state: &'a FieldState) -> Shown<'a> {
        let texts = self.profile();
        let (label, hint) = words(texts, input.name);
        let problem = state.problem.map(|problem| match problem {
            FieldProblem::TooLong => texts.too_long,
            FieldProblem::NotAUrl => texts.not_a_url,
            FieldProblem::NotADate => texts.not_a_date,
            FieldProblem::NotAPhoneNumber => texts.not_a_phone_number,
            FieldProblem::NotATimeZone => texts.not_a_time_zone,
            FieldProblem::NotALocale => texts.not_a_locale,
        });
        Shown {
            input,
            label,
            hint,
            value: &state.value,
            problem,
        }
    }
}

/// The label of a field and the hint below it.
fn words(texts: &'static ProfileTexts, name: &str) -> (&'static str, Option<&'static str>) {
    match name {
        "name" => (texts.name, None),
        "given_name" => (texts.given_name, None),
        "middle_name" => (texts.middle_name, None),
        "family_name" => (texts.family_name, None),
        "nickname" => (texts.nickname, None),
        "gender" => (texts.gender, None),
        "birthdate" => (texts.birthdate, Some(texts.birthdate_hint)),
        "locale" => (texts.locale, Some(texts.locale_hint)),
        "zoneinfo" => (texts.zoneinfo, Some(texts.zoneinfo_hint)),
        "profile" => (texts.profile, None),
        "picture" => (texts.picture, Some(texts.picture_hint)),
        "website" => (texts.website, None),
        "phone_number" => (texts.phone_number, Some(texts.phone_number_hint)),
        "street_address" => (texts.street_address, None),
        "postal_code" => (texts.postal_code, None),
        "locality" => (texts.locality, None),
        "region" => (texts.region, None),
        "country" => (texts.country, None),
        _ => ("", None),
    }
}
