//! docs/storage.md says of every table of the migrations who can make a row, what limits it and what deletes it.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::{collections::BTreeSet, fs};

/// The tables that the migrations make, without those that they drop again.
fn tables() -> BTreeSet<String> {
    let mut files: Vec<_> = fs::read_dir("migrations")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let mut tables = BTreeSet::new();
    for file in files {
        let sql = fs::read_to_string(file).unwrap();
        for line in sql.lines().filter(|line| !line.trim_start().starts_with("--")) {
            let words: Vec<_> = line.split_whitespace().collect();
            match words.as_slice() {
                ["CREATE", "TABLE", name, ..] => {
                    tables.insert(name.trim_end_matches('(').to_owned());
                }
                ["DROP", "TABLE", name, ..] => {
                    tables.remove(name.trim_end_matches(';'));
                }
                ["ALTER", "TABLE", old, "RENAME", "TO", new, ..] => {
                    tables.remove(*old);
                    tables.insert(new.trim_end_matches(';').to_owned());
                }
                _ => {}
            }
        }
    }
    tables
}

#[test]
fn every_table_has_its_row_and_every_row_its_table() {
    let document = fs::read_to_string("docs/storage.md").unwrap();
    let mut described = BTreeSet::new();
    for line in document.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [table, who, limit, end] = cells.as_slice() else {
            panic!("four cells in: {line}");
        };
        assert!(!who.is_empty() && !limit.is_empty() && !end.is_empty(), "{line}");
        assert!(described.insert(table.trim_matches('`').to_owned()), "{table} twice");
    }
    assert_eq!(described, tables());
}
