//! The real binary on real repositories: few tests, each one of the promises a user relies on.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

#[path = "e2e/acceptance.rs"]
mod acceptance;
#[path = "e2e/audit.rs"]
mod audit;
#[path = "e2e/config_files.rs"]
mod config_files;
#[path = "e2e/controls.rs"]
mod controls;
#[path = "e2e/coverage.rs"]
mod coverage;
#[path = "e2e/deviations.rs"]
mod deviations;
#[path = "e2e/edits.rs"]
mod edits;
#[path = "e2e/example_code.rs"]
mod example_code;
#[path = "e2e/failures.rs"]
mod failures;
#[path = "e2e/history.rs"]
mod history;
#[path = "e2e/hook.rs"]
mod hook;
#[path = "e2e/import.rs"]
mod import;
#[path = "e2e/index.rs"]
mod index;
#[path = "e2e/profile.rs"]
mod profile;
#[path = "e2e/quality.rs"]
mod quality;
#[path = "e2e/reach.rs"]
mod reach;
#[path = "e2e/record.rs"]
mod record;
#[path = "e2e/record_checks.rs"]
mod record_checks;
#[path = "e2e/release.rs"]
mod release;
#[path = "e2e/repository.rs"]
mod repository;
#[path = "e2e/review.rs"]
mod review;
#[path = "e2e/rule_mutations.rs"]
mod rule_mutations;
#[path = "e2e/rules.rs"]
mod rules;
#[path = "e2e/selftest.rs"]
mod selftest;
#[path = "e2e/training.rs"]
mod training;

const BAD: &str = "#include <string.h>\n\nvoid on_frame(const char *name)\n{\n    char tag[8];\n    strcpy(tag, name);\n    use(tag);\n}\n";
const GOOD: &str = "int clamp(int v)\n{\n    return v < 0 ? 0 : v;\n}\n";

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).expect("the report is JSON")
}
