//! What is known about a person, as fields of a form (OIDC Core section 5.1): on the page of their profile, and where they make an
//! account.

use super::messages::{Language, ProfileTexts};
use crate::{account::profile::FieldProblem, config::ProfileField};

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

/// How a field is asked for: its type and what a browser may fill in (HTML, section "Autofill").
pub(super) struct Input {
    pub name: &'static str,
    pub kind: &'static str,
    pub autocomplete: &'static str,
    /// Whether it takes a line of its own.
    pub wide: bool,
}

fn input(field: ProfileField, value: &str) -> Input {
    use ProfileField as Field;
    let (kind, autocomplete) = match field {
        Field::Name => ("text", "name"),
        Field::GivenName => ("text", "given-name"),
        Field::MiddleName => ("text", "additional-name"),
        Field::FamilyName => ("text", "family-name"),
        Field::Nickname => ("text", "nickname"),
        Field::Gender => ("text", "sex"),
        // A year alone, or a day of no year, is nothing that a browser's picker can show.
        Field::Birthdate if value.is_empty() || value.len() == 10 && !value.starts_with("0000") => ("date", "bday"),
        Field::Birthdate => ("text", "bday"),
        Field::Locale => ("language", "language"),
        Field::Zoneinfo => ("zone", "off"),
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
        name: field.as_str(),
        kind,
        autocomplete,
        wide,
    }
}

/// A field as a form has it.
pub(super) struct ShownField<'a> {
    pub input: Input,
    pub label: &'static str,
    pub hint: Option<&'static str>,
    pub value: &'a str,
    pub problem: Option<&'static str>,
    /// Whether it must be filled in, where the form says so of each.
    pub required: Option<bool>,
}

impl ShownField<'_> {
    /// The ids of what explains the field.
    pub fn described_by(&self) -> String {
        let hint = self.hint.map(|_| format!("{}-hint", self.input.name));
        let problem = self.problem.map(|_| format!("{}-problem", self.input.name));
        let ids: Vec<_> = [hint, problem].into_iter().flatten().collect();
        ids.join(" ")
    }

    pub fn is_optional(&self) -> bool {
        self.required == Some(false)
    }

    pub fn is_required(&self) -> bool {
        self.required == Some(true)
    }

    /// The languages to choose from: those that Limen speaks, and the one that is there.
    pub fn languages(&self) -> Vec<(&str, &str, bool)> {
        let spoken = Language::ALL.map(|language| {
            let tag = language.tag();
            (tag, language.texts().common.language, tag == self.value)
        });
        let is_other = !self.value.is_empty() && spoken.iter().all(|(.., chosen)| !chosen);
        let other = is_other.then_some((self.value, self.value, true));
        other.into_iter().chain(spoken).collect()
    }
}

/// A field as a page in `language` shows it.
pub(super) fn shown<'a>(
    field: ProfileField,
    state: &'a FieldState,
    required: Option<bool>,
    language: Language,
) -> ShownField<'a> {
    let texts = &language.texts().profile;
    let (label, hint) = words(texts, field);
    let input = input(field, &state.value);
    let problem = state.problem.map(|problem| match problem {
        FieldProblem::Missing => texts.missing,
        FieldProblem::TooLong => texts.too_long,
        FieldProblem::NotAUrl => texts.not_a_url,
        FieldProblem::NotADate => texts.not_a_date,
        FieldProblem::NotAPhoneNumber => texts.not_a_phone_number,
        FieldProblem::NotATimeZone => texts.not_a_time_zone,
        FieldProblem::NotALocale => texts.not_a_locale,
    });
    ShownField {
        // The picker explains itself.
        hint: hint.filter(|_| !matches!(input.kind, "date" | "language")),
        input,
        label,
        value: &state.value,
        problem,
        required,
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
        Field::Locale => (texts.locale, None),
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
