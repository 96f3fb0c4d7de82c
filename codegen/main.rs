//! Runs before the compiler: makes Rust and JSON of files that are written for people.

mod letters;
mod messages;
mod yaml;

use std::{env, error::Error, fs, path::PathBuf};

/// The document that Limen serves as JSON, so that it is written once.
const OPENAPI: &str = "docs/openapi.yaml";

fn main() -> Result<(), Box<dyn Error>> {
    // File by file: `cargo xtask build` looks at what is named here, and not into folders.
    for file in [
        OPENAPI,
        "codegen/letters.rs",
        "codegen/main.rs",
        "codegen/messages.rs",
        "codegen/yaml.rs",
    ] {
        println!("cargo::rerun-if-changed={file}");
    }
    let target = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(target.join("openapi.json"), yaml::read(OPENAPI.as_ref())?.to_string())?;
    fs::write(target.join("letters.rs"), letters::compile())?;
    match messages::compile() {
        Ok(code) => fs::write(target.join("messages.rs"), code)?,
        Err(problems) => problems.iter().for_each(|problem| println!("cargo::error={problem}")),
    }
    Ok(())
}
