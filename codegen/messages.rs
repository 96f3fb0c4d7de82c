//! Makes Rust of the message files in `src/pages/messages`, one a language. English is the pattern: a file that lacks one of
//! its messages, has one more, or has other gaps, stops the build with a line for each.

use std::{fs, path::Path};

use serde_json::{Map, Value};

use crate::yaml;

const FOLDER: &str = "src/pages/messages";

/// The language that the others are measured by, and that whoever asks for none of them gets.
const PATTERN: &str = "en";

/// The code of all languages.
///
/// # Errors
/// Every problem of every file.
pub fn compile() -> Result<String, Vec<String>> {
    let folder = Path::new(FOLDER);
    println!("cargo::rerun-if-changed={FOLDER}");
    let mut tags = tags(folder).map_err(|error| vec![format!("{FOLDER}: {error}")])?;
    tags.sort_by_key(|tag| (tag != PATTERN, tag.clone()));
    let (mut languages, mut problems) = (Vec::new(), Vec::new());
    for tag in tags {
        println!("cargo::rerun-if-changed={FOLDER}/{tag}.yaml");
        match yaml::read(&folder.join(format!("{tag}.yaml"))) {
            Ok(Value::Object(table)) => languages.push((tag, table)),
            Ok(_) => problems.push(format!("{FOLDER}/{tag}.yaml: must hold names and texts")),
            Err(problem) => problems.push(problem),
        }
    }
    if let Some(((_, pattern), others)) = languages.split_first() {
        for (tag, table) in others {
            compare(pattern, table, &format!("{FOLDER}/{tag}.yaml: "), &mut problems);
        }
    }
    if problems.is_empty() {
        Ok(code(&languages))
    } else {
        Err(problems)
    }
}

fn tags(folder: &Path) -> std::io::Result<Vec<String>> {
    let mut tags = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|kind| kind == "yaml") {
            tags.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
        }
    }
    Ok(tags)
}

/// Notes what `table` has otherwise than `pattern`. `place` names the file, and the tables around.
fn compare(pattern: &Map<String, Value>, table: &Map<String, Value>, place: &str, problems: &mut Vec<String>) {
    for key in table.keys().filter(|key| !pattern.contains_key(*key)) {
        problems.push(format!("{place}{key} is not in {PATTERN}.yaml"));
    }
    for (key, wanted) in pattern {
        match (wanted, table.get(key)) {
            (_, None) => problems.push(format!("{place}{key} is missing")),
            (Value::Object(wanted), Some(Value::Object(given))) => {
                compare(wanted, given, &format!("{place}{key}."), problems);
            }
            (Value::Array(wanted), Some(Value::Array(given))) if wanted.len() == given.len() => {}
            (Value::String(wanted), Some(Value::String(given))) => {
                if given.trim().is_empty() {
                    problems.push(format!("{place}{key} is empty"));
                }
                if wanted.matches("{}").count() != given.matches("{}").count() {
                    problems.push(format!("{place}{key} must have as many gaps {{}} as in {PATTERN}.yaml"));
                }
            }
            _ => problems.push(format!("{place}{key} must be of the same kind as in {PATTERN}.yaml")),
        }
    }
}

/// The enum `Language` and the texts of each, as the types in `src/pages/messages/mod.rs` have them.
fn code(languages: &[(String, Map<String, Value>)]) -> String {
    let variant = |tag: &str| camel(&tag.replace('-', "_"));
    let list = |make: &dyn Fn(&str) -> String| languages.iter().map(|(tag, _)| make(tag)).collect::<String>();
    let variants = list(&|tag| {
        let default = if tag == PATTERN { "#[default] " } else { "" };
        format!("{default}{}, ", variant(tag))
    });
    let all = list(&|tag| format!("Self::{}, ", variant(tag)));
    let tags = list(&|tag| format!("Self::{} => {tag:?}, ", variant(tag)));
    let texts = list(&|tag| format!("Self::{} => &{}, ", variant(tag), tag.replace('-', "_").to_uppercase()));
    let count = languages.len();
    let mut code = format!(
        "/// A language that Limen speaks.
         #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
         #[allow(missing_docs)]
         pub enum Language {{ {variants} }}
         impl Language {{
             /// All of them.
             pub const ALL: [Self; {count}] = [{all}];
             /// The tag (BCP 47), as in `lang` and in the metadata value `ui_locales_supported`.
             pub fn tag(self) -> &'static str {{ match self {{ {tags} }} }}
             pub(in crate::pages) fn texts(self) -> &'static Texts {{ match self {{ {texts} }} }}
         }}\n"
    );
    for (tag, table) in languages {
        let name = tag.replace('-', "_").to_uppercase();
        code.push_str(&format!(
            "static {name}: Texts = {};\n",
            record("Texts", table, "Texts")
        ));
    }
    code
}

/// A table as a value of the type `name`: `[login]` is a `LoginTexts`, `[errors.not_found]` an `ErrorText`, and what has `one`
/// and `other` is a `Plural`.
fn record(name: &str, table: &Map<String, Value>, suffix: &str) -> String {
    let is_plural = table.contains_key("one") && table.contains_key("other");
    let fields = table.iter().map(|(key, value)| {
        let value = match value {
            Value::Object(inner) if inner.contains_key("one") => record("Plural", inner, ""),
            Value::Object(inner) => {
                let around = if suffix == "Texts" { key.as_str() } else { "" };
                let kind = match around {
                    "" => name.replace("Texts", "Text"),
                    around => format!("{}Texts", camel(around.trim_end_matches('s'))),
                };
                record(&kind, inner, "Text")
            }
            Value::Array(items) => {
                let items: Vec<_> = items
                    .iter()
                    .map(|item| format!("{:?}", item.as_str().unwrap_or_default()))
                    .collect();
                format!("[{}]", items.join(", "))
            }
            Value::String(text) if is_plural || text.contains("{}") => format!("Phrase({text:?})"),
            other => format!("{:?}", other.as_str().unwrap_or_default()),
        };
        format!("{key}: {value}, ")
    });
    let fields: String = fields.collect();
    let name = if is_plural { "Plural" } else { name };
    format!("{name} {{ {fields} }}")
}

fn camel(text: &str) -> String {
    text.split('_')
        .map(|word| {
            word.chars()
                .take(1)
                .flat_map(char::to_uppercase)
                .chain(word.chars().skip(1))
                .collect::<String>()
        })
        .collect()
}
