//! The identity of a finding: what it is and where it belongs, not on which line it stands.
//!
//! Key = hex SHA-256 over a version tag, rule id, path, enclosing function and normalised tokens.
//! Each part is written with its length in front, so that no two lists of parts give the same
//! bytes. Edits elsewhere, new lines above, other indentation and other comments leave the key as
//! it is; another path, function, rule or wording of the matched code changes it.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::Fingerprint;
use crate::finding::{Finding, RepoPath, hex};

/// Version of the recipe. Part of the hash, so keys of different recipes never meet.
pub const VERSION: &str = "v1";

/// The key of a finding as if its file were called `path` in the head; `None` leaves the path out
/// (the key that follows moved code).
pub fn key(finding: &Finding, path: Option<&RepoPath>) -> String {
    let function = finding.function.as_deref().map(str::as_bytes);
    hash([
        Some(finding.rule.as_str().as_bytes()),
        path.map(RepoPath::as_bytes),
        function,
        Some(finding.tokens.as_bytes()),
    ])
}

/// The fingerprints of all findings of one file, which has to be sorted by place. `path` is the
/// path in the head, for findings of the base too, so that a rename changes nothing.
pub fn fingerprints<'f>(
    findings: impl IntoIterator<Item = &'f Finding>,
    path: &RepoPath,
) -> Vec<Fingerprint> {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    findings
        .into_iter()
        .map(|finding| {
            let key = key(finding, Some(path));
            let next = seen.entry(key.clone()).or_default();
            let ordinal = *next;
            *next += 1;
            let moved_key = self::key(finding, None);
            Fingerprint {
                key,
                ordinal,
                moved_key,
            }
        })
        .collect()
}

/// Hashes the parts; a missing part differs from an empty one.
fn hash(parts: [Option<&[u8]>; 4]) -> String {
    let mut hasher = Sha256::new();
    hasher.update(VERSION.as_bytes());
    for part in parts {
        match part {
            Some(bytes) => {
                hasher.update([1]);
                hasher.update((bytes.len() as u64).to_be_bytes());
                hasher.update(bytes);
            }
            None => hasher.update([0]),
        }
    }
    hex(&hasher.finalize())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use proptest::prelude::*;

    use super::super::samples::finding;
    use super::*;

    #[test]
    fn the_recipe_is_fixed() {
        // Written down, not computed: a change here makes every stored fingerprint worthless.
        let sample = finding("C-LEN-014", "src/a.c", 3, Some("f"), "memcpy ( d , s , n )");
        let path = RepoPath::from("src/a.c");
        assert_eq!(
            key(&sample, Some(&path)),
            "bfb00ec2b8069d2a48b0ecfd20d19781d244017dc911228cedb69bd393526c9d"
        );
        assert_ne!(key(&sample, Some(&path)), key(&sample, None));
    }

    #[test]
    fn parts_cannot_flow_into_each_other() {
        let path = RepoPath::from("a.c");
        let key_of = |function: Option<&str>, tokens: &str| {
            key(&finding("R", "a.c", 1, function, tokens), Some(&path))
        };
        assert_ne!(key_of(Some("ab"), "c"), key_of(Some("a"), "bc"));
        assert_ne!(key_of(Some(""), "x"), key_of(None, "x"));
        assert_ne!(key_of(None, "x"), key_of(None, "x "));
    }

    #[test]
    fn equal_findings_are_numbered_in_the_order_of_the_file() {
        let path = RepoPath::from("a.c");
        let findings = [
            finding("R", "a.c", 1, None, "x"),
            finding("R", "a.c", 2, None, "y"),
            finding("R", "a.c", 3, None, "x"),
        ];
        let prints = fingerprints(&findings, &path);
        assert_eq!(prints[0].key, prints[2].key);
        let ordinals: Vec<u32> = prints.iter().map(|print| print.ordinal).collect();
        assert_eq!(ordinals, [0, 0, 1]);
        assert_eq!(prints[2].value(), format!("{}:1", prints[2].key));
    }

    proptest! {
        #[test]
        fn edits_elsewhere_change_nothing(
            spots in prop::collection::vec((0_u32..40, 0_usize..3), 0..8),
            shift in 0_u32..1_000,
            base_path in "[a-z]{1,6}\\.c",
        ) {
            let path = RepoPath::from("src/a.c");
            let at = |line: u32, which: usize, file: &str| {
                finding("R", file, line, [None, Some("f"), Some("g")][which], "memcpy ( d )")
            };
            let before: Vec<Finding> =
                spots.iter().map(|&(line, which)| at(line, which, &base_path)).collect();
            let after: Vec<Finding> =
                spots.iter().map(|&(line, which)| at(line + shift, which, "src/a.c")).collect();
            prop_assert_eq!(fingerprints(&before, &path), fingerprints(&after, &path));
        }

        #[test]
        fn other_parts_give_other_keys(
            left in ("[A-Z]{1,3}", prop::option::of("[a-z]{0,3}"), "[a-z ]{0,4}"),
            right in ("[A-Z]{1,3}", prop::option::of("[a-z]{0,3}"), "[a-z ]{0,4}"),
        ) {
            let path = RepoPath::from("a.c");
            let key_of = |(rule, function, tokens): &(String, Option<String>, String)| {
                key(&finding(rule, "a.c", 1, function.as_deref(), tokens), Some(&path))
            };
            prop_assert_eq!(left == right, key_of(&left) == key_of(&right));
        }
    }
}
