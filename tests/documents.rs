//! What the Markdown files say leads somewhere: every relative link to a file and a heading that are there, every source file, and every command of
//! wrangler to the merged settings of the operator.

#![allow(clippy::unwrap_used)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Component, Path, PathBuf},
};

/// Folders with documents, each with what is in those below.
const FOLDERS: [&str; 4] = ["docs", "examples", "tests", "fuzz"];

/// A document by its path, with the lines that are not in a block of code.
struct Document {
    text: String,
    prose: Vec<(usize, String)>,
}

fn documents() -> BTreeMap<PathBuf, Document> {
    let mut found: Vec<PathBuf> = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"]
        .map(PathBuf::from)
        .to_vec();
    for folder in FOLDERS {
        collect(Path::new(folder), &mut found);
    }
    found.into_iter().map(|path| (path.clone(), read(&path))).collect()
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && name != "node_modules" && name != "target" {
            collect(&path, found);
        } else if name.ends_with(".md") {
            found.push(path);
        }
    }
}

fn read(path: &Path) -> Document {
    let text = fs::read_to_string(path).unwrap();
    let mut in_code = false;
    let mut prose = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if !in_code {
            prose.push((number + 1, line.to_owned()));
        }
    }
    Document { text, prose }
}

/// The anchors of the headings, as they are made where Markdown is shown.
fn anchors(document: &Document) -> BTreeSet<String> {
    let headings = document.prose.iter().filter_map(|(_, line)| {
        let title = line.trim_start_matches('#').strip_prefix(' ')?;
        line.starts_with('#').then_some(title)
    });
    headings.map(anchor).collect()
}

fn anchor(title: &str) -> String {
    let kept = title
        .trim()
        .chars()
        .filter(|letter| letter.is_alphanumeric() || "-_ ".contains(*letter));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

/// Where links lead, without those to other hosts.
fn links(line: &str) -> impl Iterator<Item = &str> {
    let targets = line.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    targets
        .map(|(target, _)| target)
        .filter(|target| !target.contains(':') && !target.contains(' '))
}

/// `a/b/../c` as `a/c`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            part => plain.push(part),
        }
    }
    plain
}

#[test]
fn every_relative_link_leads_to_a_file_and_a_heading() {
    let documents = documents();
    let mut dead = Vec::new();
    let mut count = 0;
    for (path, document) in &documents {
        for (number, line) in &document.prose {
            for target in links(line) {
                count += 1;
                let (file, heading) = target.split_once('#').unwrap_or((target, ""));
                let leads_to = match file {
                    "" => path.clone(),
                    file => plain(&path.parent().unwrap().join(file)),
                };
                let has_heading = match documents.get(&leads_to) {
                    Some(other) => heading.is_empty() || anchors(other).contains(heading),
                    None => true,
                };
                if !leads_to.exists() || !has_heading {
                    dead.push(format!("{}:{number}: {target}", path.display()));
                }
            }
        }
    }
    assert!(count > 200, "{count} links");
    assert!(dead.is_empty(), "links that lead nowhere: {dead:#?}");
}

/// Without `--config` wrangler reads wrangler.toml alone: another Worker, account or database, and the example `ISSUER`.
#[test]
fn commands_of_wrangler_read_the_merged_settings() {
    const TOUCHING: [&str; 7] = ["d1", "deploy", "kv", "rollback", "secret", "tail", "versions"];
    let mut plain = Vec::new();
    let mut count = 0;
    for (path, document) in documents() {
        for (number, line) in document.text.lines().enumerate() {
            let in_code = line.split('`').enumerate();
            // A line of a block of code is a command; elsewhere commands stand between backticks.
            let commands: Vec<_> = match line.contains('`') {
                true => in_code.filter(|(at, _)| at % 2 == 1).map(|(_, text)| text).collect(),
                false => vec![line],
            };
            for command in commands {
                let Some((_, words)) = command.split_once("npx wrangler ") else {
                    continue;
                };
                if TOUCHING.iter().any(|word| words.split(' ').next() == Some(word)) {
                    count += 1;
                    if !words.contains("--config wrangler.deploy.toml") {
                        plain.push(format!("{}:{}: {command}", path.display(), number + 1));
                    }
                }
            }
        }
    }
    assert!(count > 20, "{count} commands");
    assert!(plain.is_empty(), "without --config wrangler.deploy.toml: {plain:#?}");
}

/// What a document names as an example of what somebody might add.
const EXAMPLES: [&str; 1] = ["src/edge/endpoints/admin/tokens.rs"];

#[test]
fn every_file_of_the_project_that_a_document_names_is_there() {
    let is_path = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte))
    };
    let mut named = 0;
    let mut missing = Vec::new();
    for (path, document) in documents() {
        for (number, line) in &document.prose {
            let quoted = line.split('`').skip(1).step_by(2);
            for file in quoted.filter(|text| text.starts_with("src/") && is_path(text) && !EXAMPLES.contains(text)) {
                named += 1;
                if !Path::new(file).exists() {
                    missing.push(format!("{}:{number}: {file}", path.display()));
                }
            }
        }
    }
    assert!(named > 100, "{named}");
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}
