//! What files never name, held by reading them. Which modules may import which is for `imports.rs`.

#![allow(clippy::unwrap_used)] // A test that cannot read the source shall fail.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Files below a path, and what they never name.
const RULES: &[(&str, &[&str])] = &[
    (
        "src/oidc",
        &["worker::", "SELECT ", "async fn", "getrandom", "SystemTime"],
    ),
    (
        "src/account",
        &["worker::", "SELECT ", "async fn", "getrandom", "SystemTime"],
    ),
    (
        "src/admin",
        &["worker::", "SELECT ", "async fn", "getrandom", "SystemTime"],
    ),
    (
        "src/pages",
        &["worker::", "SELECT ", "async fn", "getrandom", "SystemTime"],
    ),
    ("src/config", &["worker::"]),
    ("src/secret.rs", &["worker::"]),
    ("src/time.rs", &["worker::", "crate::"]),
    ("src/web", &["worker::"]),
    ("src/routes.rs", &["worker::", "crate::"]),
    ("src/routes", &["worker::", "crate::"]),
    ("src/audit.rs", &["worker::"]),
    ("src/fault.rs", &["worker::", "crate::"]),
    ("src/openapi.rs", &["worker::", "crate::"]),
    ("src/reply.rs", &["worker::"]),
    ("codegen", &["worker::", "std::net"]),
    ("src/edge/keys/crypto", &["endpoints::", "Statement::new"]),
    ("src/edge/clients", &["endpoints::", "Statement::new"]),
    ("src/edge/people", &["endpoints::", "Statement::new", "worker::"]),
    ("src/edge/platform", &["endpoints::", "Statement::new"]),
    ("src/db", &["worker::", "async fn", "getrandom", "SystemTime"]),
    ("src/edge/keys/signer.rs", &["endpoints::"]),
    // Endpoints of one folder may share a file of it.
    (
        "src/edge/endpoints",
        &[
            "endpoints::",
            "Statement::new",
            "wasm_bindgen",
            "worker::",
            "headers_mut",
            "SELECT ",
        ],
    ),
];

/// What stands in one place only.
const ONCE: &[(&str, &str)] = &[
    ("Statement::new(", "src/db"),
    ("ResponseInit", "src/edge/http/respond"),
    ("Date::now()", "src/edge/platform/clock.rs"),
    ("getrandom::fill", "src/edge/platform/random.rs"),
    ("\"/authorize", "src/routes/table.rs"),
    ("\"/token\"", "src/routes/table.rs"),
];

fn sources(root: &Path) -> Vec<PathBuf> {
    if root.is_file() {
        return vec![root.to_owned()];
    }
    let entries = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let rust = files
        .into_iter()
        .filter(|path| path.extension().is_some_and(|kind| kind == "rs"));
    rust.chain(folders.iter().flat_map(|folder| sources(folder))).collect()
}

/// The code of a file, without comments and tests.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let before_tests = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    before_tests.lines().filter(is_code).collect::<Vec<_>>().join("\n")
}

fn is_test(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "tests") || path.file_name().is_some_and(|name| name == "tests.rs")
}

#[test]
fn no_file_names_what_its_layer_must_not() {
    for (root, forbidden) in RULES {
        let files = sources(Path::new(root));
        assert!(!files.is_empty(), "{root} has moved");
        for path in files.iter().filter(|path| !is_test(path)) {
            let code = code(path);
            for name in *forbidden {
                assert!(!code.contains(name), "{} names {name}", path.display());
            }
        }
    }
}

#[test]
fn what_belongs_in_one_place_stands_there_alone() {
    for (name, place) in ONCE {
        let holders: Vec<_> = sources(Path::new("src"))
            .into_iter()
            .filter(|path| !is_test(path) && code(path).contains(name))
            .collect();
        assert!(!holders.is_empty(), "{name} has moved");
        for path in holders {
            assert!(
                path.starts_with(place),
                "{} holds {name}, which belongs in {place}",
                path.display()
            );
        }
    }
}

/// Who reads JSON without refusing a name that stands twice: what Limen or its platform wrote, or what both ways are compared on.
const READ_OWN_JSON: [&str; 5] = [
    "src/web/json.rs",
    "src/db",
    "src/edge/platform/kv.rs",
    "src/edge/keys/crypto/mod.rs",
    "src/properties",
];

#[test]
fn json_from_outside_is_read_in_one_way() {
    for path in sources(Path::new("src")).iter().filter(|path| !is_test(path)) {
        let code = code(path);
        let reads = ["from_slice", "from_str", "from_reader"]
            .iter()
            .any(|how| code.contains(&format!("serde_json::{how}")));
        assert!(
            !reads || READ_OWN_JSON.iter().any(|place| path.starts_with(place)),
            "{} reads JSON by serde_json, and not by crate::web::json",
            path.display()
        );
    }
}

#[test]
fn every_file_says_in_its_first_line_what_it_is_for() {
    for path in sources(Path::new("src")).iter().filter(|path| !is_test(path)) {
        let text = fs::read_to_string(path).unwrap();
        assert!(text.starts_with("//! "), "{} does not", path.display());
    }
}

/// Names that explain nothing to somebody new.
const UNCLEAR: [&str; 12] = [
    "attempt",
    "basis",
    "caller",
    "flow",
    "guest",
    "hints",
    "issue",
    "jwts",
    "readers",
    "registrar",
    "resident",
    "visitor",
];

#[test]
fn no_module_or_type_has_a_name_that_explains_nothing() {
    for path in sources(Path::new("src")) {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
        assert!(!UNCLEAR.contains(&stem.as_str()), "{}", path.display());
        for line in code(&path).lines() {
            let words: Vec<_> = line.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
            for pair in words.windows(2) {
                let [kind, name] = pair else { continue };
                let is_named = matches!(*kind, "struct" | "enum" | "trait" | "mod" | "type");
                let is_unclear = UNCLEAR.contains(&name.to_lowercase().as_str());
                assert!(!(is_named && is_unclear), "{}: {line}", path.display());
            }
        }
    }
}
