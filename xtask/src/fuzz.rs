//! Lets a fuzzer look for inputs that break what `src/properties` says of Limen's parsers.

use std::fs;
use std::path::PathBuf;

use crate::child;
use crate::failure::{Context, Failure, Result};
use crate::project;
use crate::setup::{self, cargo_tools};
use crate::step::step;

pub const HELP: &str = "
Usage: cargo xtask fuzz [property] [--seconds N]

Runs every property of src/properties, or only the one named, for N seconds each (10, if you do not say) on inputs that
a fuzzer makes of those under fuzz/inputs. An input that breaks a property is kept there: `cargo xtask test native` fails
on it until it is fixed. What else the fuzzer finds worth keeping goes to target/fuzz, where the next run begins.

It is not part of the tests, which run the properties on the inputs that are kept and on changes of them.
";

const SECONDS: u32 = 10;

/// Longer inputs make a fuzzer slow and find little.
const LONGEST_INPUT: &str = "-max_len=4096";

/// A property that takes so long for one input is broken, too.
const SLOWEST_INPUT: &str = "-timeout=10";

pub fn run(arguments: &[String]) -> Result<()> {
    let (chosen, seconds) = parse(arguments)?;
    let properties = properties(chosen.as_deref())?;
    let lock = project::lock()?;
    setup::for_building()?;
    step(&cargo_tools::title(&cargo_tools::FUZZER)?, || {
        cargo_tools::install(&cargo_tools::FUZZER)
    })?;
    step("The fuzzer", || {
        cargo_fuzz("fuzz-build", &["build", "-s", "none", "property"], None)
    })?;
    drop(lock);
    let mut broken = Vec::new();
    for property in properties {
        let outcome = step(&format!("Fuzzing: {property}"), || fuzz(&property, seconds));
        if let Err(failure) = outcome {
            println!("\n{failure}\n");
            broken.push(property);
        }
    }
    match broken.is_empty() {
        true => Ok(()),
        false => Err(Failure::new(format!("Broken: {}.", broken.join(", ")))),
    }
}

fn fuzz(property: &str, seconds: u32) -> Result<String> {
    let found = project::root().join("target/fuzz").join(property);
    let kept = project::root().join("fuzz/inputs").join(property);
    fs::create_dir_all(&found).context(|| format!("Could not create {}", found.display()))?;
    let (found, kept) = (found.display().to_string(), kept.display().to_string());
    let time = format!("-max_total_time={seconds}");
    let artifacts = format!("-artifact_prefix={kept}/");
    let words = [
        "run",
        "-s",
        "none",
        "property",
        &found,
        &kept,
        "--",
        &time,
        LONGEST_INPUT,
        SLOWEST_INPUT,
        &artifacts,
    ];
    cargo_fuzz("fuzz-run", &words, Some(property))
}

fn cargo_fuzz(log: &str, words: &[&str], property: Option<&str>) -> Result<String> {
    let mut fuzzer = project::command(cargo_tools::program("cargo-fuzz")?)?;
    fuzzer.args(words).env("LIMEN_PROPERTY", property.unwrap_or_default());
    let output = child::run(log, &mut fuzzer)?.successful()?;
    let runs = output.lines().rev().find_map(|line| line.strip_prefix("Done "));
    Ok(runs.unwrap_or("built").to_owned())
}

/// The properties have a folder of inputs each.
fn properties(chosen: Option<&str>) -> Result<Vec<String>> {
    let folder = project::root().join("fuzz/inputs");
    let entries = fs::read_dir(&folder).context(|| format!("Could not read {}", folder.display()))?;
    let folders: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    let mut names: Vec<String> = folders
        .iter()
        .filter_map(|folder| Some(folder.file_name()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    let Some(chosen) = chosen else { return Ok(names) };
    match names.iter().any(|name| name == chosen) {
        true => Ok(vec![chosen.to_owned()]),
        false => Err(Failure::new(format!("There is no property `{chosen}`."))
            .advice(format!("Choose one of: {}.", names.join(", ")))),
    }
}

fn parse(arguments: &[String]) -> Result<(Option<String>, u32)> {
    let unknown = |argument: &str| Failure::new(format!("`{argument}` is not known here.")).advice(HELP.trim());
    let (mut property, mut seconds) = (None, SECONDS);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--seconds" => {
                let number = rest
                    .next()
                    .and_then(|number| number.parse().ok())
                    .filter(|number| *number > 0);
                seconds = number.ok_or_else(|| Failure::new("--seconds needs a number, such as 60."))?;
            }
            name if name.starts_with('-') || property.is_some() => return Err(unknown(name)),
            name => property = Some(name.to_owned()),
        }
    }
    Ok((property, seconds))
}
