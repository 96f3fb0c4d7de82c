//! Converts docs/openapi.yaml to the JSON that Limen serves, so that the document is written once.

use std::{env, error::Error, fs, path::PathBuf};

use serde_json::{Map, Number, Value};
use yaml_rust2::{Yaml, YamlLoader};

const DOCUMENT: &str = "docs/openapi.yaml";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={DOCUMENT}");
    println!("cargo::rerun-if-changed=build.rs");
    let text = fs::read_to_string(DOCUMENT)?;
    let documents = YamlLoader::load_from_str(&text).map_err(|error| format!("{DOCUMENT}: {error}"))?;
    let [document] = documents.as_slice() else {
        return Err(format!("{DOCUMENT} must hold one document").into());
    };
    let json = to_json(document).map_err(|problem| format!("{DOCUMENT}: {problem}"))?;
    let target = PathBuf::from(env::var("OUT_DIR")?).join("openapi.json");
    fs::write(target, json.to_string())?;
    Ok(())
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
