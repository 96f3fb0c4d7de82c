//! Makes Rust of the message files in `src/pages/messages`, one a language. English is the pattern: the types of the texts are
//! made of it, and a file that lacks one of its messages, has one more, or has other gaps, stops the build with a line for each.
//! A text that no page shows is a field that nothing reads, which the compiler warns of.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::{Map, Value};

use crate::yaml;

const FOLDER: &str = "src/pages/messages";

/// The language that the others are measured by, and that whoever asks for none of them gets.
const PATTERN: &str = "en";

/// The type of all texts of a language.
const ALL: &str = "Texts";

/// The section whose texts are found by what they are in the pattern. Of the pattern it is a list; of the others one text, a line each, in
/// the same order, which is smaller.
const SOUGHT: &str = "problems";

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
    let mut types = BTreeMap::new();
    if let Some(((_, pattern), others)) = languages.split_first() {
        let place = format!("{FOLDER}/{PATTERN}.yaml: ");
        declare(ALL, pattern, &place, &mut types, &mut problems);
        for (tag, table) in others {
            compare(pattern, table, &format!("{FOLDER}/{tag}.yaml: "), &mut problems);
        }
    }
    if problems.is_empty() {
        let types = types.into_values().collect::<String>();
        Ok(types + &code(&languages))
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

/// Adds the declaration of the type `kind` of a table to `types`, and those of the tables in it.
fn declare(
    kind: &str,
    table: &Map<String, Value>,
    place: &str,
    types: &mut BTreeMap<String, String>,
    problems: &mut Vec<String>,
) {
    let mut code = format!("/// Texts, as the message files have them.\npub struct {kind} {{\n");
    for (key, value) in table {
        let inner = type_of(key, value, kind);
        code.push_str(&format!("    pub {key}: {inner},\n"));
        if let Value::Object(table) = value
            && inner != "Plural"
            && key != SOUGHT
        {
            declare(&inner, table, &format!("{place}{key}."), types, problems);
        }
    }
    code.push_str("}\n");
    if *types.entry(kind.to_owned()).or_insert_with(|| code.clone()) != code {
        let table = place.trim_end_matches('.');
        problems.push(format!(
            "{table} must hold the same texts, with gaps in the same, as the first of its kind"
        ));
    }
}

/// The type of a text, or of a table, by the type of the table that it is in: `login` is a `LoginTexts`, `errors.not_found` an
/// `ErrorText`, what has `one` and `other` a `Plural`, and what has a gap a `Phrase`.
fn type_of(key: &str, value: &Value, around: &str) -> String {
    match value {
        _ if key == SOUGHT => "&'static str".to_owned(),
        Value::Object(table) if table.contains_key("one") => "Plural".to_owned(),
        Value::Object(_) if around == ALL => format!("{}{ALL}", camel(key.trim_end_matches('s'))),
        Value::Object(_) => around.replace(ALL, "Text"),
        Value::Array(items) => format!("[&'static str; {}]", items.len()),
        Value::String(text) if around == "Plural" || text.contains("{}") => "Phrase".to_owned(),
        _ => "&'static str".to_owned(),
    }
}

/// The enum `Language`, and the texts of each.
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
             pub(in crate::pages) fn texts(self) -> &'static {ALL} {{ match self {{ {texts} }} }}
         }}\n"
    );
    let pattern = languages.iter().find(|(tag, _)| tag == PATTERN);
    let sought = pattern.and_then(|(_, table)| table.get(SOUGHT));
    let sought = sought.map(sought_lines).unwrap_or_default();
    code.push_str(&format!(
        "/// The texts of the section `{SOUGHT}`, as they are in the pattern.
         pub(in crate::pages) static {}: [&str; {}] = {sought:?};\n",
        SOUGHT.to_uppercase(),
        sought.len(),
    ));
    for (tag, table) in languages {
        let name = tag.replace('-', "_").to_uppercase();
        let mut table = table.clone();
        if let Some(texts) = table.get_mut(SOUGHT) {
            let lines = if tag == PATTERN {
                Vec::new()
            } else {
                sought_lines(texts)
            };
            *texts = lines.join("\n").into();
        }
        code.push_str(&format!("static {name}: {ALL} = {};\n", record(ALL, &table)));
    }
    code
}

/// The texts of the section that is sought in, in the order of their names.
fn sought_lines(section: &Value) -> Vec<&str> {
    let mut texts: Vec<_> = section.as_object().into_iter().flatten().collect();
    texts.sort_by_key(|(key, _)| *key);
    texts.into_iter().filter_map(|(_, text)| text.as_str()).collect()
}

/// A table as a value of the type `kind`.
fn record(kind: &str, table: &Map<String, Value>) -> String {
    let fields = table.iter().map(|(key, value)| {
        let kind = type_of(key, value, kind);
        format!("{key}: {}, ", expression(&kind, value))
    });
    format!("{kind} {{ {} }}", fields.collect::<String>())
}

/// A text, or a table of them, as a value of the type `kind`.
fn expression(kind: &str, value: &Value) -> String {
    match value {
        Value::Object(table) => record(kind, table),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| expression("", item)).collect();
            format!("[{}]", items.join(", "))
        }
        text if kind == "Phrase" => format!("Phrase({})", expression("", text)),
        text => format!("{:?}", text.as_str().unwrap_or_default()),
    }
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
