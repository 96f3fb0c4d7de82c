//! docs/conformance.md names nothing that is not there: each file exists, and each test has its name. Each module of the OpenID
//! Foundation's suite is named by a test, and each such test stands in the table.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;

/// What comes before the table of the suite's modules, and the table.
fn parts() -> (String, String) {
    let document = fs::read_to_string("docs/conformance.md").unwrap();
    let (sections, suite) = document
        .split_once("## The OpenID Foundation's conformance suite")
        .unwrap();
    // How to run it is for people.
    let (suite, _) = suite.split_once("\n## ").unwrap();
    (sections.to_owned(), suite.to_owned())
}

/// The rows of tables of `N` columns, without their heads.
fn rows<const N: usize>(document: &str) -> Vec<[&str; N]> {
    document
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| ---"))
        .filter(|line| !line.starts_with("| section") && !line.starts_with("| about"))
        .map(|line| {
            let cells: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
            cells.try_into().unwrap_or_else(|_| panic!("{N} cells in: {line}"))
        })
        .collect()
}

/// The parts of a cell that stand between backticks.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

#[test]
fn every_file_and_test_of_the_tables_exists() {
    let (sections, _) = parts();
    let rows = rows::<4>(&sections);
    assert!(rows.len() > 50, "{} rows", rows.len());
    let mut missing = Vec::new();
    for [section, requirement, code, tests] in rows {
        assert!(
            !section.is_empty() && !requirement.is_empty(),
            "{section} {requirement}"
        );
        assert!(
            quoted(code).count() > 0 && quoted(tests).count() > 0,
            "{section}: {requirement}"
        );
        missing.extend(
            quoted(code)
                .filter(|file| fs::metadata(file).is_err())
                .map(str::to_owned),
        );
        for test in tests.split("; ") {
            let (file, name) = test.trim_start_matches('`').split_once("` ").unwrap();
            let text = fs::read_to_string(format!("tests/worker/{file}")).unwrap_or_default();
            if !names_a_test(&text, name) {
                missing.push(format!("tests/worker/{file}: {name}"));
            }
        }
    }
    assert!(
        missing.is_empty(),
        "docs/conformance.md names what is not there: {missing:#?}"
    );
}

/// Whether `name` stands in `text` as the name of a test, or a part of one: in a string, and in no comment.
fn names_a_test(text: &str, name: &str) -> bool {
    let is_comment = |line: &&str| line.starts_with("//") || line.starts_with('*') || line.starts_with("/*");
    text.lines()
        .map(str::trim_start)
        .filter(|line| !is_comment(line))
        .filter_map(|line| line.split_once(name))
        .any(|(before, _)| ['"', '`'].iter().any(|quote| before.matches(*quote).count() % 2 == 1))
}

#[test]
fn a_comment_and_code_name_no_test() {
    assert!(names_a_test("  test(\"is refused\", async () => {", "is refused"));
    assert!(names_a_test(
        "  test(`${path}: is refused, too`, async () => {",
        "is refused"
    ));
    assert!(!names_a_test("// \"is refused\"", "is refused"));
    assert!(!names_a_test(" * `is refused`", "is refused"));
    assert!(!names_a_test("const refused = is refused;", "is refused"));
}

/// The modules of the suite that a text names.
fn modules(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || "-_".contains(c)))
        .filter(|word| word.starts_with("oidcc-") && word.len() > "oidcc-".len() && !word.ends_with('-'))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_module_of_the_suite_has_a_test_of_its_name() {
    let (_, suite) = parts();
    let mut listed = BTreeSet::new();
    for [_, names, file] in rows::<3>(&suite) {
        let file = format!("tests/worker/{}", file.trim_matches('`'));
        let tested = modules(&fs::read_to_string(&file).unwrap());
        for module in quoted(names).map(str::to_owned) {
            assert!(tested.contains(&module), "{file} has no test of {module}");
            assert!(listed.insert(module.clone()), "{module} stands there twice");
        }
    }
    let of_the_suite = 77;
    assert_eq!(listed.len(), of_the_suite, "as many as the suite's plans have");
    for entry in fs::read_dir("tests/worker/conformance").unwrap() {
        let path = entry.unwrap().path();
        let unlisted: Vec<_> = modules(&fs::read_to_string(&path).unwrap())
            .difference(&listed)
            .cloned()
            .collect();
        assert!(
            unlisted.is_empty(),
            "{} tests what is not listed: {unlisted:?}",
            path.display()
        );
    }
}
