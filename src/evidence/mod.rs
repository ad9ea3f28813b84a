//! What is left of a review for an auditor: a signed record of every gate run, chained to the one
//! before it, and the checks that find any later change.
//!
//! A log is a file of lines. Each line is a DSSE envelope (secure-systems-lab/dsse, v1) around an
//! in-toto statement (in-toto attestation framework, Statement v1) whose subject is the head commit;
//! the last line is a checkpoint, which says how many records there are, so that a missing end shows.

mod build;
mod envelope;
mod keys;
mod log;
mod page;
mod record;
mod statement;
pub mod validation;
mod verify;

pub use build::{Context, build};
pub use envelope::EnvelopeError;
pub use keys::{KeyError, SigningKey, VerifyingKey, verifying_keys};
pub use log::{LogError, append};
pub use page::{html, markdown};
pub use record::{
    ChangePart, CoveragePart, Disposition, FindingPart, GapPart, GatePart, GateResult, PeoplePart,
    ProjectPart, ReviewRecord, RulesetPart, SkippedPart, ToolPart,
};
pub use verify::{Expected, Problem, Verified, VerifiedRecord, verify};

/// The JSON schema of the predicate, published in `docs/schema/`.
pub static SCHEMA: &str = include_str!("../../docs/schema/review-record-v1.json");

/// Names and versions of the grammars, as the records give them; a test compares with `Cargo.toml`.
pub const GRAMMARS: [&str; 2] = ["tree-sitter-c 0.24.2", "tree-sitter-rust 0.24.2"];

/// SHA-256 of a file's bytes in lower-case hex.
pub fn file_digest(bytes: &[u8]) -> Option<String> {
    (!bytes.is_empty()).then(|| envelope::sha256(bytes))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn the_grammars_are_those_that_are_built_in() {
        let manifest = include_str!("../../Cargo.toml");
        for grammar in GRAMMARS {
            let (name, version) = grammar.split_once(' ').unwrap();
            assert!(
                manifest.contains(&format!("{name} = \"={version}\"")),
                "{grammar}"
            );
        }
    }

    #[test]
    fn the_schema_names_every_field_of_a_record() {
        let schema: serde_json::Value = serde_json::from_str(SCHEMA).unwrap();
        let record = serde_json::to_value(record::samples::record("aa")).unwrap();
        same(&schema, &record, "record");
    }

    /// Compares the keys of an object with the properties its schema requires, all the way down.
    fn same(schema: &serde_json::Value, value: &serde_json::Value, at: &str) {
        use serde_json::Value;
        let schema = match schema.get("anyOf").and_then(Value::as_array) {
            Some(any) => any
                .iter()
                .find(|one| one.get("properties").is_some())
                .unwrap_or(schema),
            None => schema,
        };
        match value {
            Value::Object(fields) => {
                let properties = schema.get("properties").and_then(Value::as_object).unwrap();
                let required = schema.get("required").and_then(Value::as_array).unwrap();
                let names: Vec<&String> = fields.keys().collect();
                let mut known: Vec<&String> = properties.keys().collect();
                known.sort();
                assert_eq!(names, known, "{at}");
                assert_eq!(required.len(), known.len(), "{at}");
                for (name, value) in fields {
                    same(
                        properties.get(name).unwrap(),
                        value,
                        &format!("{at}.{name}"),
                    );
                }
            }
            Value::Array(items) => {
                for item in items {
                    same(schema.get("items").unwrap(), item, &format!("{at}[]"));
                }
            }
            _ => {}
        }
    }
}
