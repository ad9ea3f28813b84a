//! No panic on any input: the body of every fuzz target runs on its seeds and on 2,000 mutations of
//! them. The mutations are the same in every run.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use scrubin::fuzz_bodies;

const MUTATIONS: usize = 2_000;
/// Largest mutated input in bytes: seeds grow by duplication.
const LARGEST: usize = 16 * 1024;

type Body = fn(&[u8]);
const BODIES: &[(&str, Body)] = &[
    #[cfg(feature = "service")]
    ("comment_command", fuzz_bodies::comment_command),
    ("deviation_comment", fuzz_bodies::deviation_comment),
    ("deviation_file", fuzz_bodies::deviation_file),
    ("flow_c", fuzz_bodies::flow_c),
    ("flow_rust", fuzz_bodies::flow_rust),
    ("record_log", fuzz_bodies::record_log),
    ("report_of_a_tool", fuzz_bodies::report_of_a_tool),
    ("rule_file", fuzz_bodies::rule_file),
    ("syntax_c", fuzz_bodies::syntax_c),
    ("syntax_rust", fuzz_bodies::syntax_rust),
    ("unified_diff", fuzz_bodies::unified_diff),
    #[cfg(feature = "service")]
    ("webhook_event", fuzz_bodies::webhook_event),
];

/// Targets that builds without the service do not have.
const OF_THE_SERVICE: [&str; 2] = ["comment_command", "webhook_event"];

/// Texts that the parsers treat specially.
const TOKENS: &[&[u8]] = &[
    b"(",
    b")",
    b"{",
    b"}",
    b"[",
    b"]",
    b"<",
    b">",
    b"\"",
    b"'",
    b"\\",
    b"\n",
    b"\r\n",
    b"\0",
    b"\xff",
    b"\xe2\x82",
    b"/*",
    b"*/",
    b"//",
    b"#if 0\n",
    b"#else\n",
    b"#endif\n",
    b"#define X(",
    b"\\\n",
    b"...",
    b"$X",
    b"$...A",
    b"<... ",
    b": |\n",
    b"- ",
    b"&a",
    b"*a",
    b"@@ -1,0 +1 @@",
    b"--- ",
    b"4294967295",
    b"-1",
    b"r#\"",
    b"'a",
    b"??/",
    b"scrubin: allow(",
    b"reason = ",
    b"until = 2027-06-30",
    b"[[deviation]]\n",
    b"[[permit]]\n",
    b"id = \"DEV-1\"\n",
];

fn fuzz_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = fuzz_folder().join("seeds").join(target);
    let mut paths: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "{target} has no seeds");
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// A small generator of our own (xorshift64*): the same numbers on every machine and release.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32;
        usize::try_from(high).unwrap() % limit.max(1)
    }

    /// A range inside `length` bytes, mostly short.
    fn range(&mut self, length: usize) -> std::ops::Range<usize> {
        let start = self.below(length + 1);
        let longest = if self.below(8) == 0 { length } else { 24 };
        let end = (start + self.below(longest + 1)).min(length);
        start..end
    }
}

fn mutate(input: &mut Vec<u8>, other: &[u8], numbers: &mut Numbers) {
    let place = numbers.below(input.len() + 1);
    match numbers.below(7) {
        0 if place < input.len() => input[place] ^= 1 << numbers.below(8),
        1 => drop(input.drain(numbers.range(input.len()))),
        2 => {
            let copy = input[numbers.range(input.len())].to_vec();
            let times = 1 + numbers.below(4) * numbers.below(20);
            drop(input.splice(place..place, copy.repeat(times)));
        }
        3 => {
            let part = other[numbers.range(other.len())].to_vec();
            drop(input.splice(place..place, part));
        }
        4 => input.truncate(place),
        5 => {
            let byte = u8::try_from(numbers.below(256)).unwrap();
            input.insert(place, byte);
        }
        _ => {
            let token = TOKENS[numbers.below(TOKENS.len())];
            let end = (place + numbers.below(token.len() + 1)).min(input.len());
            drop(input.splice(place..end, token.iter().copied()));
        }
    }
    input.truncate(LARGEST);
}

fn run(target: &str, body: Body, what: &str, input: &[u8]) {
    if catch_unwind(AssertUnwindSafe(|| body(input))).is_err() {
        panic!("{target} panics on {what}:\n{}", input.escape_ascii());
    }
}

fn seeds_and_mutations(target: &str) {
    let body = BODIES.iter().find(|(name, _)| *name == target).unwrap().1;
    let seeds = seeds(target);
    for (number, seed) in seeds.iter().enumerate() {
        run(target, body, &format!("seed {number}"), seed);
    }
    let mut numbers = Numbers(0x5C2B_B1A5_0000_0001);
    for number in 0..MUTATIONS {
        let mut input = seeds[number % seeds.len()].clone();
        let other = &seeds[numbers.below(seeds.len())];
        for _ in 0..=numbers.below(4) {
            mutate(&mut input, other, &mut numbers);
        }
        run(target, body, &format!("mutation {number}"), &input);
    }
}

#[cfg(feature = "service")]
#[test]
fn comment_command() {
    seeds_and_mutations("comment_command");
}

#[test]
fn deviation_comment() {
    seeds_and_mutations("deviation_comment");
}

#[test]
fn deviation_file() {
    seeds_and_mutations("deviation_file");
}

#[test]
fn flow_c() {
    seeds_and_mutations("flow_c");
}

#[test]
fn flow_rust() {
    seeds_and_mutations("flow_rust");
}

#[test]
fn record_log() {
    seeds_and_mutations("record_log");
}

#[test]
fn report_of_a_tool() {
    seeds_and_mutations("report_of_a_tool");
}

#[test]
fn rule_file() {
    seeds_and_mutations("rule_file");
}

#[test]
fn syntax_c() {
    seeds_and_mutations("syntax_c");
}

#[test]
fn syntax_rust() {
    seeds_and_mutations("syntax_rust");
}

#[test]
fn unified_diff() {
    seeds_and_mutations("unified_diff");
}

#[cfg(feature = "service")]
#[test]
fn webhook_event() {
    seeds_and_mutations("webhook_event");
}

#[test]
fn every_target_has_a_body_seeds_and_a_test() {
    let mut bodies: BTreeSet<String> = BODIES.iter().map(|(name, _)| (*name).to_owned()).collect();
    bodies.extend(OF_THE_SERVICE.map(str::to_owned));
    let stems = |folder: &str| -> BTreeSet<String> {
        let entries = fs::read_dir(fuzz_folder().join(folder)).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        paths
            .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
            .collect()
    };
    assert_eq!(stems("fuzz_targets"), bodies);
    assert_eq!(stems("seeds"), bodies);
    let manifest = fs::read_to_string(fuzz_folder().join("Cargo.toml")).unwrap();
    let this_file = include_str!("mutations.rs");
    for name in &bodies {
        assert!(
            manifest.contains(&format!("name = \"{name}\"")),
            "fuzz/Cargo.toml: {name}"
        );
        assert!(
            this_file.contains(&format!("fn {name}()")),
            "no test runs {name}"
        );
        let target =
            fs::read_to_string(fuzz_folder().join(format!("fuzz_targets/{name}.rs"))).unwrap();
        assert!(
            target.contains(&format!("fuzz_bodies::{name}(")),
            "{name} runs another body"
        );
    }
}
