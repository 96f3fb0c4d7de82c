//! docs/clients.md and docs/clients/ against tests/clients: what a recipe shows is what the tests run.

#![allow(clippy::unwrap_used)] // A test that cannot read its files shall fail.

use std::{
    fs,
    path::{Path, PathBuf},
};

const OVERVIEW: &str = "docs/clients.md";
const APPS: &str = "tests/clients";

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(path).unwrap()
}

fn entries(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn pages() -> Vec<PathBuf> {
    let mut pages = entries("docs/clients");
    pages.push(OVERVIEW.into());
    pages
}

/// The folders of apps that are run.
fn apps() -> Vec<PathBuf> {
    let mut apps = entries(APPS);
    apps.retain(|path| path.is_dir() && !path.ends_with("node_modules") && !path.ends_with("support"));
    apps
}

/// A code block below `<!-- FILE -->`, and that file.
struct Snippet {
    file: String,
    text: String,
}

fn snippets(page: &str) -> Vec<Snippet> {
    let mut found = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let comment = line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->"));
        let Some(file) = comment.filter(|file| file.starts_with(APPS)) else {
            continue;
        };
        assert!(
            lines.next().is_some_and(|fence| fence.starts_with("```")),
            "no code block follows {line}"
        );
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        found.push(Snippet {
            file: file.to_owned(),
            text: block.join("\n"),
        });
    }
    found
}

/// The lines without what indents all of them, and without what ends the line.
fn dedented(text: &str) -> String {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let filled = text.lines().filter(|line| !line.trim().is_empty());
    let common = filled.map(indent).min().unwrap_or_default();
    let lines = text
        .lines()
        .map(|line| line.get(common..).unwrap_or_default().trim_end());
    lines.collect::<Vec<_>>().join("\n")
}

/// Whether `text` stands in `file` line by line, indented or not.
fn has(file: &str, text: &str) -> bool {
    let (wanted, lines) = (dedented(text), file.lines().collect::<Vec<_>>());
    let height = wanted.lines().count();
    lines
        .windows(height)
        .any(|window| dedented(&window.join("\n")) == wanted)
}

#[test]
fn what_a_recipe_shows_is_in_the_app_that_the_tests_run() {
    let mut wrong = Vec::new();
    for page in pages() {
        for Snippet { file, text } in snippets(&read(&page)) {
            let shown = text.lines().next().unwrap_or_default();
            match fs::read_to_string(&file) {
                Ok(app) if !text.is_empty() && has(&app, &text) => {}
                _ => wrong.push(format!("{}: {file} has not: {shown}", page.display())),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_registration_that_the_tests_use_is_shown_whole() {
    let shown: Vec<Snippet> = pages().iter().flat_map(|page| snippets(&read(page))).collect();
    for app in apps() {
        let mut registrations = entries(&app.to_string_lossy());
        registrations.retain(|file| {
            let name = file.file_name().unwrap().to_string_lossy();
            name.starts_with("registration") && name.ends_with(".json")
        });
        assert!(!registrations.is_empty(), "{} has no registration.json", app.display());
        for file in registrations {
            let whole = read(&file);
            let is_shown = |snippet: &&Snippet| Path::new(&snippet.file) == file && snippet.text == whole.trim_end();
            assert!(shown.iter().any(|snippet| is_shown(&snippet)), "{}", file.display());
        }
    }
}

#[test]
fn the_overview_names_the_versions_that_are_run() {
    let overview = read(OVERVIEW).to_lowercase();
    for (name, version) in versions() {
        let is_named = overview.contains(&format!(" {name} "));
        let is_right = overview.contains(&format!(" {name} {version}"));
        assert!(!is_named || is_right, "{OVERVIEW} should name {name} {version}");
    }
}

/// Names in small letters and versions of what package managers install for the apps.
fn versions() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for line in read(format!("{APPS}/requirements.txt")).lines() {
        found.extend(
            line.split_once("==")
                .map(|(name, version)| (name.to_lowercase(), version.to_owned())),
        );
    }
    for folder in apps().into_iter().chain([APPS.into()]) {
        let Ok(text) = fs::read_to_string(folder.join("package.json")) else {
            continue;
        };
        let package: serde_json::Value = serde_json::from_str(&text).unwrap();
        for (name, version) in package.get("dependencies").unwrap().as_object().unwrap() {
            found.push((name.to_lowercase(), version.as_str().unwrap().to_owned()));
        }
    }
    found
}
