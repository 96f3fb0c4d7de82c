//! YAML as the JSON that it says.

use std::{fs, path::Path};

use serde_json::{Map, Number, Value};
use yaml_rust2::{Yaml, YamlLoader};

/// Reads a file that holds one document.
///
/// # Errors
/// Says what is wrong, and where.
pub fn read(path: &Path) -> Result<Value, String> {
    let told = |problem: String| format!("{}: {problem}", path.display());
    let text = fs::read_to_string(path).map_err(|error| told(error.to_string()))?;
    let documents = YamlLoader::load_from_str(&text).map_err(|error| told(error.to_string()))?;
    match documents.as_slice() {
        [document] => to_json(document).map_err(told),
        _ => Err(told("must hold one document".to_owned())),
    }
}

/// The JSON of a YAML node. Anchors are resolved by the parser; what JSON does not know is refused.
fn to_json(node: &Yaml) -> Result<Value, String> {
    match node {
        Yaml::Null => Ok(Value::Null),
        Yaml::Boolean(flag) => Ok(Value::Bool(*flag)),
        Yaml::Integer(number) => Ok(Value::from(*number)),
        Yaml::Real(text) => {
            let number = text.parse().ok().and_then(Number::from_f64);
            number
                .map(Value::Number)
                .ok_or_else(|| format!("{text} is no JSON number"))
        }
        Yaml::String(text) => Ok(Value::String(text.clone())),
        Yaml::Array(items) => items.iter().map(to_json).collect(),
        Yaml::Hash(members) => {
            let members = members.iter().map(|(name, value)| {
                let name = name.as_str().ok_or_else(|| format!("{name:?} must be in quotes"))?;
                Ok((name.to_owned(), to_json(value)?))
            });
            members.collect::<Result<Map<_, _>, String>>().map(Value::Object)
        }
        Yaml::Alias(_) | Yaml::BadValue => Err("an alias that names nothing".to_owned()),
    }
}
