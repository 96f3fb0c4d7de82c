//! What a person may change of what is known about them (OIDC Core section 5.1), as the fields of a form.

use serde_json::{Map, Value};
use url::Url;

use super::name::nfc;
use crate::{
    config::{Attribute, AttributeKind, Attributes, PersonMay, ProfileField},
    oidc::{claims::StandardClaims, client::own_claim::as_text},
    readable::{is_readable, without_invisible},
    web::{host::has_plain_authority, json},
};

/// The most characters of a field.
const LONGEST: usize = 200;

/// What kind of text a field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    /// Of several lines.
    Lines,
    Url,
    /// "ISO 8601-1 YYYY-MM-DD format. The year MAY be 0000 ... To represent only the year, YYYY format is allowed."
    Date,
    /// "E.164 is RECOMMENDED as the format of this Claim".
    Phone,
    /// "From IANA Time Zone Database".
    Zone,
    /// "This is typically an ISO 639 Alpha-2 language code in lowercase and an ISO 3166-1 Alpha-2 country code in uppercase,
    /// separated by a dash."
    Locale,
}

/// What is wrong with what somebody entered in a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // The names say it.
pub enum FieldProblem {
    Missing,
    TooLong,
    NotAUrl,
    NotADate,
    NotAPhoneNumber,
    NotATimeZone,
    NotALocale,
}

/// What is known in a field.
pub fn value(field: ProfileField, claims: &StandardClaims) -> &str {
    let claim = claims.as_map().get(field.claim());
    let value = match field.is_in_address() {
        true => claim.and_then(|address| address.get(field.as_str())),
        false => claim,
    };
    value.and_then(Value::as_str).unwrap_or_default()
}

/// Whether people may change a field.
pub fn is_editable(field: ProfileField, editable_claims: &[String]) -> bool {
    editable_claims.iter().any(|name| name == field.claim())
}

fn kind(field: ProfileField) -> Kind {
    match field {
        ProfileField::Name
        | ProfileField::GivenName
        | ProfileField::MiddleName
        | ProfileField::FamilyName
        | ProfileField::Nickname
        | ProfileField::Gender
        | ProfileField::PostalCode
        | ProfileField::Locality
        | ProfileField::Region
        | ProfileField::Country => Kind::Text,
        ProfileField::StreetAddress => Kind::Lines,
        ProfileField::Birthdate => Kind::Date,
        ProfileField::Locale => Kind::Locale,
        ProfileField::Zoneinfo => Kind::Zone,
        ProfileField::Profile | ProfileField::Picture | ProfileField::Website => Kind::Url,
        ProfileField::PhoneNumber => Kind::Phone,
    }
}

fn check(text: &str, kind: Kind) -> Result<(), FieldProblem> {
    if text.chars().count() > LONGEST {
        return Err(FieldProblem::TooLong);
    }
    let is = |holds: bool, wrong: FieldProblem| if holds { Ok(()) } else { Err(wrong) };
    match kind {
        Kind::Text | Kind::Lines => Ok(()),
        Kind::Url => is(is_web_address(text), FieldProblem::NotAUrl),
        Kind::Date => is(is_date(text), FieldProblem::NotADate),
        Kind::Phone => is(is_phone_number(text), FieldProblem::NotAPhoneNumber),
        Kind::Zone => is(is_zone(text), FieldProblem::NotATimeZone),
        Kind::Locale => is(is_locale(text), FieldProblem::NotALocale),
    }
}

/// What a form says of the attributes that people may edit: the changes, and the names of those whose value is not of its type. A flag
/// that is not ticked is only said where it was.
pub fn attribute_changes<'a>(
    claims: &StandardClaims,
    known: &Attributes,
    entered: impl Fn(&str) -> &'a str,
) -> (Map<String, Value>, Vec<String>) {
    let editable = known.iter().filter(|(_, own)| own.person == PersonMay::Edit);
    changes_of_attributes(|name| claims.own(name).cloned(), editable, entered)
}

/// The same for a form with these attributes, whose values are those of `before`.
pub fn changes_of_attributes<'a, 'k>(
    before: impl Fn(&str) -> Option<Value>,
    attributes: impl Iterator<Item = (&'k str, &'k Attribute)>,
    entered: impl Fn(&str) -> &'a str,
) -> (Map<String, Value>, Vec<String>) {
    let (mut changes, mut wrong) = (Map::new(), Vec::new());
    for (name, attribute) in attributes {
        let text = entered(&field_of(name));
        let before = before(name);
        // What the operator wrote in a form that people do not is left alone by those who do not touch it.
        if before.is_some() && text.lines().eq(attribute_as_entered(before.as_ref()).lines()) {
            continue;
        }
        let text = text.trim();
        let value = match attribute.kind {
            AttributeKind::Flag if text.is_empty() && before.is_none() => Value::Null,
            AttributeKind::Flag => Value::Bool(!text.is_empty()),
            _ if text.is_empty() => Value::Null,
            AttributeKind::Text => Some(without_invisible(text))
                .filter(|text| is_readable(text))
                .map_or(Value::Null, Value::from),
            AttributeKind::Number => json::parse(text).filter(Value::is_number).unwrap_or_default(),
            AttributeKind::List => text.lines().map(str::trim).filter(|line| !line.is_empty()).collect(),
        };
        let is_good = attribute.kind.admits(&value) || value.is_null() && text.is_empty();
        if !is_good {
            wrong.push(name.to_owned());
        } else if before.unwrap_or_default() != value {
            changes.insert(name.to_owned(), value);
        }
    }
    (changes, wrong)
}

/// An attribute as its field shows it: a list line by line, a flag that is set as some text.
pub fn attribute_as_entered(value: Option<&Value>) -> String {
    match value {
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n"),
        Some(Value::Bool(false)) | None => String::new(),
        Some(value) => as_text(value),
    }
}

/// The name of the field for an attribute.
pub fn field_of(name: &str) -> String {
    format!("attribute_{name}")
}

/// The changes to the claims that a form asks for, as [`StandardClaims::with`] takes them. Fields that the person may not
/// change are not looked at. An empty field removes what was there.
///
/// # Errors
/// Every field that is wrong, and how.
pub fn changes<'a>(
    claims: &StandardClaims,
    editable: &[String],
    entered: impl Fn(&str) -> &'a str,
) -> Result<Map<String, Value>, Vec<(ProfileField, FieldProblem)>> {
    let fields = ProfileField::ALL.into_iter();
    let fields: Vec<_> = fields.filter(|field| is_editable(*field, editable)).collect();
    changes_of(claims, &fields, &entered)
}

/// The same for a form with these fields.
///
/// # Errors
/// Every field that is wrong, and how.
pub fn changes_of<'a>(
    claims: &StandardClaims,
    fields: &[ProfileField],
    entered: &dyn Fn(&str) -> &'a str,
) -> Result<Map<String, Value>, Vec<(ProfileField, FieldProblem)>> {
    let (mut changes, mut wrong) = (Map::new(), Vec::new());
    let known = claims.as_map().get("address").and_then(Value::as_object);
    let mut address = known.cloned().unwrap_or_default();
    for field in fields.iter().copied() {
        let (name, kind) = (field.as_str(), kind(field));
        let text = tidy(entered(name), kind);
        if text == value(field, claims) {
            continue;
        }
        if let (false, Err(problem)) = (text.is_empty(), check(&text, kind)) {
            wrong.push((field, problem));
        }
        let value = if text.is_empty() { Value::Null } else { text.into() };
        if !field.is_in_address() {
            changes.insert(name.to_owned(), value);
            continue;
        }
        // The whole as one text, which says something else now.
        address.remove("formatted");
        match value {
            Value::Null => address.remove(name),
            value => address.insert(name.to_owned(), value),
        };
    }
    if known != Some(&address) && !(known.is_none() && address.is_empty()) {
        let value = if address.is_empty() {
            Value::Null
        } else {
            address.into()
        };
        changes.insert("address".to_owned(), value);
    }
    if wrong.is_empty() { Ok(changes) } else { Err(wrong) }
}

/// One line without control characters and what cannot be seen, or several.
fn tidy(text: &str, kind: Kind) -> String {
    let lines = text.lines().map(|line| {
        let line = line.replace(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'), " ");
        nfc(&without_invisible(&line)).trim().to_owned()
    });
    let lines: Vec<_> = lines.filter(|line| is_readable(line)).collect();
    lines.join(if kind == Kind::Lines { "\n" } else { " " })
}

fn is_web_address(text: &str) -> bool {
    has_plain_authority(text)
        && Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

fn is_date(text: &str) -> bool {
    let numbers: Option<Vec<u32>> = text.split('-').map(digits).collect();
    match (numbers.as_deref(), text.len()) {
        (Some([_]), 4) => true,
        (Some([_, month, day]), 10) => (1..=12).contains(month) && (1..=31).contains(day),
        _ => false,
    }
}

fn digits(text: &str) -> Option<u32> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}

fn is_phone_number(text: &str) -> bool {
    let count = text.bytes().filter(u8::is_ascii_digit).count();
    let plain = text
        .bytes()
        .skip(1)
        .all(|byte| byte.is_ascii_digit() || b" -.()/".contains(&byte));
    text.starts_with('+') && plain && (6..=15).contains(&count)
}

fn is_zone(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_+-/".contains(&byte);
    text.bytes().all(plain) && (text.contains('/') || text == "UTC") && !text.starts_with('/') && !text.ends_with('/')
}

fn is_locale(text: &str) -> bool {
    let mut parts = text.split(['-', '_']);
    let language = parts.next().unwrap_or_default();
    let is_language = (2..=3).contains(&language.len()) && language.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_part = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_language && parts.all(is_part)
}

#[cfg(test)]
mod tests;
