//! docs/conformance.md names nothing that is not there: each file exists, and each test has its name.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;

/// A row of a table: section, requirement, code, tests.
fn rows(document: &str) -> Vec<[&str; 4]> {
    document
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| section") && !line.starts_with("| ---"))
        .map(|line| {
            let cells: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
            cells.try_into().unwrap_or_else(|_| panic!("four cells in: {line}"))
        })
        .collect()
}

/// The parts of a cell that stand between backticks.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

#[test]
fn every_file_and_test_of_the_tables_exists() {
    let document = fs::read_to_string("docs/conformance.md").unwrap();
    let rows = rows(&document);
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
            if !text.contains(name) {
                missing.push(format!("tests/worker/{file}: {name}"));
            }
        }
    }
    assert!(
        missing.is_empty(),
        "docs/conformance.md names what is not there: {missing:#?}"
    );
}
