//! The tables that the build wrote into the program, held against the digests it wrote beside them.

use sha2::{Digest as _, Sha256};

use super::super::ruleset::{self, hex};
use crate::evidence::validation::{Case, CaseGroup, TableDigest};
use crate::training;

/// Name and SHA-256 of each table, a line each, written by the build script.
const DIGESTS: &str = include_str!(concat!(env!("OUT_DIR"), "/tables.sha256"));

/// The tables by the names that the build script gives them.
fn tables() -> [(&'static str, &'static [u8]); 6] {
    [
        ("rules", ruleset::BUNDLE),
        ("sources", ruleset::SOURCES),
        ("lessons", training::lesson::TEXTS),
        ("precision", training::measured::VERDICTS.as_bytes()),
        ("record-schema", crate::evidence::SCHEMA.as_bytes()),
        ("controls", crate::evidence::controls::MAP.as_bytes()),
    ]
}

/// Digests of all tables now, beside those of the build.
pub(super) fn digests() -> Vec<TableDigest> {
    tables()
        .into_iter()
        .map(|(name, bytes)| TableDigest {
            name: name.to_owned(),
            bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            built: built(name).to_owned(),
            found: hex(&Sha256::digest(bytes)),
        })
        .collect()
}

/// The digest of a table as the build wrote it; empty for one it does not know.
fn built(name: &str) -> &'static str {
    DIGESTS
        .lines()
        .filter_map(|line| line.split_once(' '))
        .find(|(known, _)| *known == name)
        .map_or("", |(_, digest)| digest)
}

/// The tables as cases, and two that show that a changed one is refused.
pub(super) fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = digests()
        .into_iter()
        .map(|table| {
            let what = format!("the table of {} is the one of the build", table.name);
            case(&table.name, &what, &table.built, &table.found)
        })
        .collect();
    let refused = |bytes: Vec<u8>| match ruleset::read(Box::leak(bytes.into_boxed_slice())) {
        Ok(_) => "accepted".to_owned(),
        Err(_) => "refused".to_owned(),
    };
    let mut changed = ruleset::BUNDLE.to_vec();
    let middle = changed.len() / 2;
    if let Some(byte) = changed.get_mut(middle) {
        *byte ^= 1;
    }
    let what = "a table of rules in which one bit differs is read";
    cases.push(case("changed-rules", what, "refused", &refused(changed)));
    let mut cut = ruleset::BUNDLE.to_vec();
    cut.truncate(cut.len().saturating_sub(1));
    let what = "a table of rules without its last byte is read";
    cases.push(case("cut-rules", what, "refused", &refused(cut)));
    cases
}

fn case(name: &str, what: &str, expected: &str, actual: &str) -> Case {
    Case {
        id: format!("integrity/{name}"),
        group: CaseGroup::Integrity,
        requirements: vec!["R-65".to_owned()],
        what: what.to_owned(),
        expected: expected.to_owned(),
        actual: actual.to_owned(),
        holds: expected == actual && !expected.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_is_the_one_of_the_build_and_a_changed_one_is_refused() {
        let cases = cases();
        assert_eq!(cases.len(), 8);
        for case in cases {
            assert!(case.holds, "{case:?}");
        }
    }

    #[test]
    fn a_table_that_the_build_does_not_know_does_not_hold() {
        assert_eq!(built("nothing"), "");
        assert!(!case("nothing", "", "", "").holds);
    }
}
