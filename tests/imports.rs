//! The order of the folders, held by reading every `use`: none imports what stands above it.

#![allow(clippy::unwrap_used)] // A test that cannot read the source shall fail.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// What stands in `src`, from the ground up. A module imports only those before it.
const FLOORS: &[&str] = &[
    "time",
    "named",
    "memory",
    "fault",
    "cookie",
    "readable",
    "network",
    "country",
    "routes",
    "secret",
    "web",
    "config",
    "audit",
    "oidc",
    "openapi",
    "account",
    "admin",
    "mail",
    "reply",
    "metrics",
    "pages",
    "properties",
    "db",
    "edge",
];

/// What stands in `src/edge`, from the ground up.
const EDGE: &[&str] = &[
    "platform",
    "http",
    "keys",
    "clients",
    "mail",
    "tokens",
    "sessions",
    "authorization",
    "people",
    "endpoints",
    "chores",
    "router",
    "mod",
];

/// What stands below and is not imported all the same.
const NEVER: &[(&str, &[&str])] = &[
    ("db", &["pages"]),
    ("reply", &["account"]),
    ("edge::platform", &["pages", "account"]),
    ("edge::keys", &["pages", "account"]),
    ("edge::clients", &["pages"]),
];

#[test]
fn nobody_imports_what_is_none_of_their_business() {
    let mut judged = BTreeSet::new();
    for file in sources(Path::new("src")) {
        let module = module(&file);
        let name = module.join("::");
        let text = fs::read_to_string(&file).unwrap();
        for (room, others) in NEVER
            .iter()
            .filter(|(room, _)| name.starts_with(room) && !is_test(&file))
        {
            judged.insert(room);
            let code = before_tests(&text);
            for path in imports(code, &module) {
                let is_theirs = path.first().is_some_and(|first| others.contains(&first.as_str()));
                assert!(!is_theirs, "{} imports {}", file.display(), path.join("::"));
            }
        }
    }
    assert_eq!(judged.len(), NEVER.len(), "a room has moved");
}

#[test]
fn no_module_imports_one_above_it() {
    check(Path::new("src"), &[], FLOORS);
}

#[test]
fn no_folder_of_the_edge_imports_one_above_it() {
    check(Path::new("src/edge"), &["edge"], EDGE);
}

/// The most rooms at the top of `src/edge`, floors that they stand on, and arrows between them, so that somebody new can keep the
/// whole in mind.
const MOST_ROOMS: usize = 13;
const MOST_FLOORS: usize = 10;
const MOST_ARROWS: usize = 54;

#[test]
fn the_edge_can_be_kept_in_mind() {
    let mut arrows = BTreeSet::new();
    for file in sources(Path::new("src/edge")) {
        let module = module(&file);
        let room = module.get(1).map_or("mod", String::as_str).to_owned();
        for path in imports(&fs::read_to_string(&file).unwrap(), &module) {
            let target = path
                .get(1)
                .filter(|_| path.first().is_some_and(|first| first == "edge"));
            let target = target.filter(|target| **target != room && EDGE.contains(&target.as_str()));
            arrows.extend(target.map(|target| (room.clone(), target.clone())));
        }
    }
    let mut floors: BTreeMap<&str, usize> = BTreeMap::new();
    for room in EDGE {
        let below = arrows.iter().filter(|(from, _)| from == room);
        let below = below.filter_map(|(_, to)| floors.get(to.as_str())).max();
        floors.insert(room, below.map_or(1, |below| below + 1));
    }
    let highest = floors.values().max().copied().unwrap_or_default();
    assert!(EDGE.len() <= MOST_ROOMS, "{} rooms", EDGE.len());
    assert!(highest <= MOST_FLOORS, "{highest} floors");
    assert!(arrows.len() <= MOST_ARROWS, "{} arrows", arrows.len());
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let files: BTreeMap<Vec<String>, PathBuf> = sources(Path::new("src"))
        .into_iter()
        .filter(|file| !is_test(file))
        .map(|file| (module(&file), file))
        .collect();
    let mut arrows: BTreeMap<&Vec<String>, BTreeSet<&Vec<String>>> = BTreeMap::new();
    for (module, file) in &files {
        let text = fs::read_to_string(file).unwrap();
        let code = before_tests(&text);
        let targets = imports(code, module).into_iter().filter_map(|path| {
            let known = (1..=path.len()).rev().find_map(|len| files.get_key_value(&path[..len]));
            // A folder and what is in it are one.
            known
                .map(|(target, _)| target)
                .filter(|target| !target.starts_with(module) && !module.starts_with(target))
        });
        arrows.insert(module, targets.collect());
    }
    // What imports nothing that is left goes, and what nothing imports, until only circles are left.
    loop {
        let before = arrows.len();
        let left: BTreeSet<_> = arrows.keys().copied().collect();
        arrows.retain(|_, targets| targets.iter().any(|target| left.contains(target)));
        let imported: BTreeSet<_> = arrows.values().flatten().copied().collect();
        arrows.retain(|module, _| imported.contains(module));
        if arrows.len() == before {
            break;
        }
    }
    let left: Vec<_> = arrows.keys().map(|module| module.join("::")).collect();
    assert!(left.is_empty(), "a circle is among {}", left.join(", "));
}

/// The text of a file before its tests.
fn before_tests(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default()
}

fn is_test(file: &Path) -> bool {
    file.components().any(|part| part.as_os_str() == "tests") || file.file_name().is_some_and(|name| name == "tests.rs")
}

/// Checks what is in `folder`, the module `parent`, against the order of its `floors`.
fn check(folder: &Path, parent: &[&str], floors: &[&str]) {
    let mut wrong = Vec::new();
    for file in sources(folder) {
        let module = module(&file);
        let name = module.get(parent.len()).map_or("mod", String::as_str);
        if module.is_empty() || file == Path::new("src/lib.rs") {
            continue;
        }
        let floor = floors.iter().position(|floor| *floor == name);
        let Some(floor) = floor else {
            wrong.push(format!("{} has no place", file.display()));
            continue;
        };
        for path in imports(&fs::read_to_string(&file).unwrap(), &module) {
            let is_inside = path.iter().zip(parent).all(|(segment, wanted)| segment == wanted);
            let target = path.get(parent.len()).filter(|_| is_inside);
            let above = target.and_then(|target| floors.iter().position(|floor| floor == target));
            if above.is_some_and(|above| above > floor) {
                wrong.push(format!("{} imports {}", file.display(), path.join("::")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The Rust files below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let rust = files
        .into_iter()
        .filter(|path| path.extension().is_some_and(|kind| kind == "rs"));
    rust.chain(folders.iter().flat_map(|folder| sources(folder))).collect()
}

/// `src/a/b.rs` and `src/a/b/mod.rs` are the module `a::b`.
fn module(file: &Path) -> Vec<String> {
    let below = file.strip_prefix("src").unwrap().with_extension("");
    let segments = below.iter().map(|segment| segment.to_string_lossy().into_owned());
    segments.filter(|segment| segment != "mod").collect()
}

/// The paths that the `use`s of a module name, from the root of the crate.
fn imports(text: &str, module: &[String]) -> Vec<Vec<String>> {
    let code: Vec<_> = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect();
    let code = code.join("\n");
    let starts = code.match_indices("use ").filter(|(at, _)| {
        let line = code[..*at].rsplit('\n').next().unwrap_or_default().trim_start();
        line.is_empty() || (line.starts_with("pub") && line.ends_with(' '))
    });
    let mut found = Vec::new();
    for (at, word) in starts {
        let is_indented = code[..at].rsplit('\n').next().is_some_and(|line| line.starts_with(' '));
        let tree = code[at + word.len()..].split(';').next().unwrap_or_default();
        for path in leaves(tree) {
            // What is indented stands in a module inside the file.
            let inside = module.len() + usize::from(is_indented);
            found.extend(absolute(&path, module, inside));
        }
    }
    found
}

/// The paths of a tree such as `a::{b, c::{d, e}}`.
fn leaves(tree: &str) -> Vec<Vec<String>> {
    let tree = tree.trim();
    let Some((head, rest)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap_or_default();
        return vec![path.split("::").map(|segment| segment.trim().to_owned()).collect()];
    };
    let inside = rest.trim_end().strip_suffix('}').unwrap_or(rest);
    let head: Vec<_> = head
        .split("::")
        .map(str::trim)
        .filter(|segment| !segment.is_empty())
        .collect();
    let mut depth = 0;
    let parts = inside.split(|c: char| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        c == ',' && depth == 0
    });
    let whole = parts.filter(|part| !part.trim().is_empty()).flat_map(leaves);
    whole
        .map(|path| head.iter().map(|segment| (*segment).to_owned()).chain(path).collect())
        .collect()
}

/// A path from the root of the crate; `None` for one of another crate.
fn absolute(path: &[String], module: &[String], depth: usize) -> Option<Vec<String>> {
    let supers = path.iter().take_while(|segment| *segment == "super").count();
    let rest = path.iter().skip(supers.max(1));
    let base = match path.first()?.as_str() {
        "crate" => 0,
        "self" => module.len(),
        "super" => depth.checked_sub(supers)?,
        _ => return None,
    };
    Some(module.iter().take(base).chain(rest).cloned().collect())
}

#[test]
fn nested_trees_are_read_to_their_leaves() {
    let text = "use crate::{a::{b, c::{d, self}}, e as f};\npub use super::g;\n    use super::*;\n";
    let module = ["x".to_owned(), "y".to_owned()];
    let found: Vec<_> = imports(text, &module).iter().map(|path| path.join("::")).collect();
    assert_eq!(found, ["a::b", "a::c::d", "a::c::self", "e", "x::g", "x::y::*"]);
}
