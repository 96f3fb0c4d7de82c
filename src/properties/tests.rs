//! Runs every property over the inputs that are kept, and over changes of these: cut, joined, with bytes of their own grammar.

use std::{fs, panic::catch_unwind, path::PathBuf};

use fastrand::Rng;

use super::{ALL, check};

/// How many changes of each input are tried.
const CHANGES: usize = 40;

/// What grammars are made of.
const BITS: [&str; 24] = [
    "\"", "\\", "{", "}", "[", "]", ":", ",", ";", "=", "&", "%", "%00", ".", "/", "//", "?", "#", " ", "\u{3164}",
    "\u{ff0e}", "null", "0x7f", "\n",
];

fn inputs(name: &str) -> Vec<Vec<u8>> {
    let folder = PathBuf::from("fuzz/inputs").join(name);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| fs::read(path).unwrap()).collect()
}

#[test]
fn every_property_holds_for_its_inputs_and_changes_of_them() {
    let mut rng = Rng::with_seed(7);
    let mut broken = Vec::new();
    for (name, property) in ALL {
        let inputs = inputs(name);
        assert!(!inputs.is_empty(), "fuzz/inputs/{name} has no input");
        for input in &inputs {
            let others = (0..CHANGES).map(|_| changed(input, rng.choice(&inputs).unwrap(), &mut rng.fork()));
            let all = std::iter::once(input.clone()).chain(others);
            broken.extend(
                all.filter(|input| catch_unwind(|| property(input)).is_err())
                    .map(|input| format!("{name}: {:?}", String::from_utf8_lossy(&input))),
            );
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// The input with some of its bytes cut, repeated, exchanged or replaced by those of another input or of a grammar.
fn changed(input: &[u8], other: &[u8], rng: &mut Rng) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..rng.usize(1..4) {
        let at = rng.usize(..=bytes.len());
        let to = rng.usize(at..=bytes.len().min(at + 8));
        let insert: Vec<u8> = match rng.u8(..5) {
            0 => Vec::new(),
            1 => rng.choice(BITS).unwrap().as_bytes().to_vec(),
            2 => vec![rng.u8(..)],
            3 => bytes[at..to].repeat(2),
            _ => {
                let from = rng.usize(..=other.len());
                other[from..rng.usize(from..=other.len())].to_vec()
            }
        };
        bytes.splice(at..to, insert);
    }
    bytes
}

#[test]
fn each_folder_of_inputs_is_of_a_property() {
    for folder in fs::read_dir("fuzz/inputs").unwrap() {
        let name = folder.unwrap().file_name().into_string().unwrap();
        assert!(check(&name, b""), "fuzz/inputs/{name} is of no property");
    }
}
