//! `cargo xtask import --dry-run`: what an import would send, and what would become of it, without asking a deployment.

use std::collections::BTreeMap;

use serde_json::Value;

use super::formats::{Converted, Left};
use super::judge;
use crate::terminal;

/// What would be sent, and what would not.
pub fn show(converted: &Converted, into: Option<&str>) {
    let refused = judge::refusals(converted);
    print!("{}", summary(converted, refused.len(), into));
    let all: [&[Left]; 3] = [&converted.left, &refused, &converted.changed];
    for left in all.into_iter().flatten() {
        eprintln!(
            "{}",
            terminal::line(&format!("{}: {}: {}", left.place, left.what, left.why))
        );
    }
}

/// How many lines there are of each kind. Nothing of what they say: they have hashes of passwords, and some have secrets.
fn summary(converted: &Converted, refused: usize, into: Option<&str>) -> String {
    let mut counts = BTreeMap::<String, u64>::new();
    for (_, line) in &converted.lines {
        let kind = line.get("kind").and_then(Value::as_str).unwrap_or("of no kind");
        // The first and the last line of an export say something of the whole.
        if !matches!(kind, "deployment" | "end") {
            *counts.entry(terminal::line(kind)).or_default() += 1;
        }
    }
    let into = into.map_or_else(String::new, |into| format!(" to {}", terminal::line(into)));
    let mut text = format!("Nothing is sent. Without --dry-run these lines would be{into}:\n\n");
    for (kind, count) in &counts {
        text.push_str(&format!("  {kind:<14}{count:>10}\n"));
    }
    text.push_str(&format!(
        "\n{} lines, of which {refused} would be refused; {} things of the files cannot be taken, {} become otherwise. What is there already is not looked at.\n",
        counts.values().sum::<u64>(),
        converted.left.len(),
        converted.changed.len()
    ));
    text
}

#[cfg(test)]
mod tests {
    use super::super::formats::{self, Format};
    use super::super::import::own_lines;
    use super::*;

    #[test]
    fn what_would_be_sent_is_counted_and_no_secret_is_told() {
        let text = "{\"kind\":\"deployment\",\"issuer\":\"https://id.acme.org\"}\n\
             {\"kind\":\"person\",\"id\":\"u\",\"subject_salt\":\"SALT\"}\n\
             {\"kind\":\"credential\",\"user\":\"u\",\"type\":\"password\",\"secret\":\"$argon2id$HASH\"}\n\
             {\"kind\":\"credential\",\"user\":\"u\",\"type\":\"totp\",\"secret\":\"1.SEALED\"}\n\
             {\"kind\":\"app\\u001b[2J\",\"secret\":\"PLAIN\"}\n\
             {\"kind\":\"end\"}\n\
             no JSON\n";
        let told = summary(&own_lines(&[text.to_owned()]), 3, Some("https://new.acme.org"));
        for part in [
            "to https://new.acme.org:",
            "  credential             2\n",
            "  person                 1\n",
            "4 lines, of which 3 would be refused; 1 things",
        ] {
            assert!(told.contains(part), "{told}");
        }
        let secrets = ["SALT", "HASH", "SEALED", "PLAIN", "\u{1b}"];
        assert!(secrets.iter().all(|secret| !told.contains(secret)), "{told}");
    }

    #[test]
    fn what_a_deployment_would_refuse_is_told_before_for_every_format() {
        for (format, file, place, what) in [
            (
                Format::Csv,
                "email,name\nada@acme.org,Ada\nnot-an-address,X\n",
                "line 3",
                "person csv-",
            ),
            (
                Format::Auth0,
                r#"[{"user_id":"auth0|1","email":"a b@acme.org"}]"#,
                "[0]",
                "person auth0|1",
            ),
            (
                Format::Cognito,
                r#"{"Users":[{"Username":"u","Attributes":[{"Name":"sub","Value":"s"},{"Name":"email","Value":"u@acme"}]}]}"#,
                "Users[0]",
                "person s",
            ),
            (
                Format::Firebase,
                r#"{"users":[{"localId":"x","email":"@acme.org"}]}"#,
                "users[0]",
                "person x",
            ),
            (
                Format::Authelia,
                "users:\n  ada:\n    email: 'none'\n",
                "line 3",
                "person authelia-",
            ),
            (
                Format::Keycloak,
                r#"{"users":[{"id":"k","username":"k","email":"k"}]}"#,
                "users[0]",
                "person k",
            ),
            (
                Format::PocketId,
                r#"{"tables":{"users":[{"id":"p","username":"p","email":"p,q@acme.org"}]}}"#,
                "users[0]",
                "person p",
            ),
        ] {
            let converted = formats::convert(format, &[file.to_owned()]).unwrap();
            let refused = judge::refusals(&converted);
            let first = refused.first().unwrap();
            assert_eq!((refused.len(), first.place.as_str()), (1, place), "{refused:?}");
            assert!(
                first.what.starts_with(what) && first.why.starts_with("email must be"),
                "{refused:?}"
            );
        }
    }
}
