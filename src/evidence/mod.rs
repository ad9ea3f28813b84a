//! What is left of a review for an auditor: a signed record of every gate run, chained to the one
//! before it, and the checks that find any later change.
//!
//! A log is a file of lines. Each line is a DSSE envelope (secure-systems-lab/dsse, v1) around an
//! in-toto statement (in-toto attestation framework, Statement v1) whose subject is the head commit;
//! the last line is a checkpoint, which says how many records there are, so that a missing end shows.

mod build;
mod chain;
mod competence;
pub mod controls;
mod coverage;
mod entry;
mod envelope;
mod keys;
mod log;
mod page;
mod people;
pub mod quality;
mod record;
mod register;
mod register_page;
mod release;
mod release_page;
#[cfg(test)]
pub(crate) mod samples;
mod sheet_page;
mod sheets;
mod signers;
mod statement;
pub mod validation;
mod verify;

pub use build::{Context, Terms, build, checklist, configuration, fixed_since, project, result_of};
pub use chain::{ChainEnd, Link, link};
pub use competence::{open_matrix, seal_matrix};
pub use coverage::{Commit, Coverage, Covered, History, Lack, State, bases_of};
pub use entry::{About, Answer, Confirmed, Entry, Override, Said, SignOff, SignOffError, sign_off};
pub use envelope::EnvelopeError;
pub use keys::{KeyError, SigningKey, VerifyingKey};
pub use log::{Appended, LogError, Undo, append, entries_of, review_before};
pub use page::{
    Reviewed, opened as override_page, review as review_page, sign_off as sign_off_page,
};
pub use people::{Reviewers, people};
pub use record::{
    ChangePart, ChecklistPart, ConfigurationPart, CoveragePart, Disposition, FindingPart,
    FixedPart, GapPart, GatePart, GateResult, PeoplePart, ProjectPart, ReviewRecord, RuleLines,
    RulesetPart, SkippedPart, StepPart, ToolPart,
};
pub use register::{CategoryRow, Excused, Filter, PermitRow, Register, Row, register};
pub use register_page::{register_page, register_table};
pub use release::{
    Anomaly, CommitRow, LogRow, OverrideRow, Release, RulesetRow, Sources, Totals, release,
};
pub use release_page::{release_page, release_table};
pub use sheet_page::sheet_page;
pub use signers::verifying_keys;
pub use verify::{
    Expected, Line, Problem, Signed, Verified, VerifiedRecord, lines_of, read_line, verify,
    verify_line, verify_lines,
};

/// Version of the form of all entries.
pub const FORM: u32 = record::SCHEMA_VERSION;

/// The JSON schema of the predicate, published in `docs/schema/`.
pub static SCHEMA: &str = include_str!("../../docs/schema/review-record-v1.json");

/// The JSON schema of a sign-off.
pub const SIGN_OFF_SCHEMA: &str = include_str!("../../docs/schema/checklist-sign-off-v1.json");

/// The JSON schema of an override.
pub const OVERRIDE_SCHEMA: &str = include_str!("../../docs/schema/gate-override-v1.json");

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
    fn the_schemas_name_every_field_of_the_entries() {
        let read = |text: &str| -> serde_json::Value { serde_json::from_str(text).unwrap() };
        let record = samples::record("aa");
        let value = serde_json::to_value(&record).unwrap();
        same(&read(SCHEMA), &value, "record");
        let said = Said {
            all: true,
            ..Said::default()
        };
        let answered = sign_off(&record, samples::about(), said).unwrap();
        let value = serde_json::to_value(answered).unwrap();
        same(&read(SIGN_OFF_SCHEMA), &value, "sign-off");
        let value = serde_json::to_value(samples::opened(samples::about())).unwrap();
        same(&read(OVERRIDE_SCHEMA), &value, "override");
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
