//! What a profile may say.

use serde_json::json;

use super::*;
use crate::config::editable_claims;

fn claims(value: Value) -> StandardClaims {
    StandardClaims::parse(value.as_object().unwrap()).unwrap()
}

fn all() -> Vec<String> {
    editable_claims().into_iter().map(str::to_owned).collect()
}

fn ask(before: Value, form: &[(&str, &'static str)]) -> Result<Value, Vec<(ProfileField, FieldProblem)>> {
    let entered = |name: &str| {
        form.iter()
            .find(|(field, _)| *field == name)
            .map_or("", |(_, text)| text)
    };
    changes(&claims(before), &all(), entered).map(Value::Object)
}

#[test]
fn what_is_entered_replaces_what_was_known_and_what_is_emptied_goes() {
    let before = json!({"name": "Ada", "nickname": "A", "email": "a@acme.org"});
    assert_eq!(
        ask(
            before,
            &[("name", " Ada\tLovelace\r\n "), ("website", "https://ada.example/")]
        ),
        Ok(json!({"name": "Ada Lovelace", "nickname": null, "website": "https://ada.example/"}))
    );
    assert_eq!(ask(json!({"name": "Ada"}), &[("name", "Ada")]), Ok(json!({})));
}

#[test]
fn an_address_is_changed_by_its_parts_and_keeps_what_has_no_field() {
    let before = json!({"address": {"formatted": "12 St James's Square", "country": "GB"}});
    let form = [
        ("street_address", "12 St James's Square\r\n\r\n 2nd floor"),
        ("country", "GB"),
    ];
    assert_eq!(
        ask(before.clone(), &form),
        Ok(json!({"address": {"street_address": "12 St James's Square\n2nd floor", "country": "GB"}}))
    );
    assert_eq!(ask(before.clone(), &[("country", "GB")]), Ok(json!({})));
    assert_eq!(ask(before, &[]), Ok(json!({"address": null})));
}

#[test]
fn what_policy_does_not_allow_is_not_looked_at() {
    let entered = |name: &str| if name == "gender" { "x" } else { "javascript:alert(1)" };
    let changed = changes(
        &claims(json!({"website": "https://a.example/"})),
        &["gender".to_owned()],
        entered,
    );
    assert_eq!(changed.map(Value::Object), Ok(json!({"gender": "x"})));
}

#[test]
fn every_field_that_is_wrong_is_named_with_what_is_wrong() {
    for (wrong, problem, texts) in [
        (
            ProfileField::Website,
            FieldProblem::NotAUrl,
            vec!["ada.example", "javascript:alert(1)", "https://"],
        ),
        (
            ProfileField::Birthdate,
            FieldProblem::NotADate,
            vec![
                "1815-13-10",
                "10.12.1815",
                "1815-12",
                "+815-12-10",
                "\u{661}\u{662}\u{663}\u{664}",
            ],
        ),
        (
            ProfileField::PhoneNumber,
            FieldProblem::NotAPhoneNumber,
            vec!["020 7946 0958", "+44", "+44 20 7946 0958 ext", "+1234567890123456"],
        ),
        (
            ProfileField::Zoneinfo,
            FieldProblem::NotATimeZone,
            vec!["Paris", "Europe/", "../etc", "Europe Paris"],
        ),
        (
            ProfileField::Locale,
            FieldProblem::NotALocale,
            vec!["e", "english language", "en-", "12"],
        ),
    ] {
        for text in texts {
            let refused = changes(&claims(json!({})), &all(), |field| {
                if field == wrong.as_str() { text } else { "" }
            });
            assert_eq!(refused, Err(vec![(wrong, problem)]), "{text}");
        }
    }
    let long = "a".repeat(201);
    let refused = changes(
        &claims(json!({})),
        &all(),
        |field| if field == "name" { &long } else { "" },
    );
    assert_eq!(refused, Err(vec![(ProfileField::Name, FieldProblem::TooLong)]));
}

#[test]
fn usual_values_are_right() {
    for (name, texts) in [
        ("birthdate", vec!["1815-12-10", "1815", "0000-12-10"]),
        ("phone_number", vec!["+44 20 7946 0958", "+1 (604) 555-1234"]),
        (
            "zoneinfo",
            vec!["Europe/Paris", "America/Argentina/Buenos_Aires", "Etc/GMT+1", "UTC"],
        ),
        ("locale", vec!["en", "de-CH", "zh-Hant-TW", "en_GB"]),
    ] {
        for text in texts {
            assert!(
                changes(&claims(json!({})), &all(), |field| if field == name {
                    text
                } else {
                    ""
                })
                .is_ok(),
                "{text}"
            );
        }
    }
}

#[test]
fn every_field_is_of_a_standard_claim() {
    for field in ProfileField::ALL {
        assert!(crate::oidc::claims::find(field.claim()).is_some(), "{}", field.as_str());
    }
}
