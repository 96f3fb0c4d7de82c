//! Lists of people with commas between the values (RFC 4180) and a first line of names: `email` or `username`, and what else there is.

use super::people::{People, Person, digest};
use super::{Converted, Entry, of_same_names, seconds};

/// What columns may be called. Claims have the names that they have in OpenID Connect.
const CLAIMS: [&str; 12] = [
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "phone_number",
];
const OTHERS: [&str; 8] = [
    "id",
    "username",
    "email",
    "email_verified",
    "password_hash",
    "disabled",
    "created_at",
    "groups",
];

pub fn convert(files: &[String], to: &mut Converted) -> Result<(), String> {
    let mut people = People::default();
    for file in files {
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(file.as_bytes());
        let columns: Vec<String> = {
            let headers = reader
                .headers()
                .map_err(|error| format!("The first line cannot be read: {error}"))?;
            headers.iter().map(|name| name.to_lowercase()).collect()
        };
        let known: Vec<_> = OTHERS.iter().chain(&CLAIMS).copied().collect();
        if let Some(unknown) = columns.iter().find(|name| !known.contains(&name.as_str())) {
            let plain = match unknown.as_str() {
                "password" => " Passwords themselves are not taken, hashes are.",
                _ => "",
            };
            let known = known.join(", ");
            return Err(format!("The column {unknown} is none that is known: {known}.{plain}"));
        }
        if !columns.iter().any(|name| name == "email" || name == "username") {
            return Err("There is neither a column email nor a column username".to_owned());
        }
        for record in reader.records() {
            let line = |position: Option<&csv::Position>| format!("line {}", position.map_or(0, csv::Position::line));
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    to.leave(line(error.position()), "a line", error.to_string());
                    continue;
                }
            };
            let place = line(record.position());
            let (values, wanted) = (record.len(), columns.len());
            if values != wanted {
                let why = format!("it has {values} values, and there are {wanted} columns");
                to.leave(place, "a line", why);
                continue;
            }
            let value = |name: &str| {
                let at = columns.iter().position(|column| column == name)?;
                record.get(at).filter(|value| !value.is_empty())
            };
            person(&value, &place, &mut people, to);
        }
    }
    Ok(())
}

fn person<'a>(value: &dyn Fn(&str) -> Option<&'a str>, place: &str, people: &mut People, to: &mut Converted) {
    let (email, username) = (value("email"), value("username"));
    let Some(what) = email.or(username) else {
        to.leave(place, "a line", "it has neither an email nor a username");
        return;
    };
    let mut entry = Entry::new(place, what, to);
    let yes =
        |name: &str| value(name).is_some_and(|value| matches!(value.to_lowercase().as_str(), "true" | "yes" | "1"));
    let created_at = value("created_at").and_then(|at| at.parse().ok().or_else(|| seconds(at)));
    if value("created_at").is_some() && created_at.is_none() {
        entry.leave("created_at is neither seconds since 1970 nor a moment such as 2024-03-01T09:30:00Z");
    }
    let groups = value("groups").unwrap_or_default().split(';').map(str::trim);
    let person = Person {
        // The same list again makes the same ids.
        id: value("id").map_or_else(|| made_of(what), str::to_owned),
        username,
        email,
        email_verified: yes("email_verified"),
        claims: of_same_names(&CLAIMS, value),
        disabled: yes("disabled"),
        created_at,
        groups: groups.filter(|name| !name.is_empty()).map(str::to_owned).collect(),
    };
    if let (Some(id), Some(hash)) = (people.add(person, &mut entry), value("password_hash")) {
        entry.add_password(&id, hash, "password_hash is of a form that is not known here");
    }
}

/// An id of a name, which is the same each time.
fn made_of(name: &str) -> String {
    format!("csv-{}", digest(&name.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::super::{Format, convert};

    fn converted(text: &str) -> super::Converted {
        convert(Format::Csv, &[text.to_owned()]).unwrap()
    }

    #[test]
    fn people_come_by_their_columns_and_wrong_lines_are_named() {
        const LIST: &str = "Email,name,email_verified,password_hash,groups,created_at\n\
             ada@acme.org,\"Lovelace, Ada\",true,$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy,staff; writers,2024-03-01T09:30:00Z\n\
             bob@acme.org,Bob,no,5f4dcc3b5aa765d61d8327deb882cf99,,1700000000\n\
             ,Nobody,,,,\n\
             eve@acme.org,Eve\n";
        let to = converted(LIST);
        let of = |kind: &str| to.lines.iter().filter(|(_, line)| line["kind"] == kind).count();
        assert_eq!(
            (of("person"), of("group"), of("credential"), of("memberships")),
            (2, 2, 1, 1)
        );
        let (place, ada) = to.lines.iter().find(|(_, line)| line["kind"] == "person").unwrap();
        assert_eq!(
            (place.as_str(), ada["claims"]["name"].as_str()),
            ("line 2", Some("Lovelace, Ada"))
        );
        assert_eq!(ada["created_at"], 1_709_285_400);
        let places: Vec<_> = to.left.iter().map(|left| left.place.as_str()).collect();
        assert_eq!(places, ["line 3", "line 4", "line 5"]);
        let ids = |to: &super::Converted| to.lines.iter().map(|(_, line)| line["id"].clone()).collect::<Vec<_>>();
        assert_eq!(ids(&to), ids(&converted(LIST)), "the same list makes the same ids");
    }

    #[test]
    fn a_column_that_means_nothing_is_refused_by_name() {
        for (text, why) in [
            ("email,password\na@b.org,x\n", "password"),
            ("email,shoe\n", "shoe"),
            ("name\nAda\n", "neither"),
        ] {
            let refused = convert(Format::Csv, &[text.to_owned()]).unwrap_err();
            assert!(refused.contains(why), "{refused}");
        }
    }
}
