//! What a self-test says of the program that ran it: every known-answer case with what was expected and
//! what came, on which machine, with which tables. Made by `scrubin selftest`, kept by the quality system.

mod page;
mod sealed;
mod trace;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use page::{html, json, listed, markdown, terminal};
pub use sealed::{Attached, SealError, Unsealed, seal, unseal};
pub use trace::traceability;

/// The version of the format of a report.
pub const VALIDATION_SCHEMA: &str = "1.0.0";

/// What a case is about. The order is that of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CaseGroup {
    /// The tables in the program are those of its build.
    Integrity,
    /// Examples of rules.
    Rule,
    /// Broken cases, which must fail.
    Mutant,
    /// Parser, patterns and flow, apart from any built-in rule.
    Engine,
    /// The identity of findings.
    Fingerprint,
    /// Verdicts and exit codes.
    Gate,
    /// What cannot be reviewed is no pass.
    FailClosed,
    /// Signed records of reviews.
    Record,
}

impl CaseGroup {
    /// Every group.
    pub const ALL: [Self; 8] = [
        Self::Integrity,
        Self::Rule,
        Self::Mutant,
        Self::Engine,
        Self::Fingerprint,
        Self::Gate,
        Self::FailClosed,
        Self::Record,
    ];

    /// The first part of the ids of its cases.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Integrity => "integrity",
            Self::Rule => "rule",
            Self::Mutant => "mutant",
            Self::Engine => "engine",
            Self::Fingerprint => "fingerprint",
            Self::Gate => "gate",
            Self::FailClosed => "fail-closed",
            Self::Record => "record",
        }
    }

    /// What its cases show.
    pub fn about(self) -> &'static str {
        match self {
            Self::Integrity => "the tables inside the program are those of its build",
            Self::Rule => "every example of every rule",
            Self::Mutant => "broken cases: each must fail, so that the others mean something",
            Self::Engine => {
                "parser, patterns and flow on known texts, apart from the built-in rules"
            }
            Self::Fingerprint => "known code has its known fingerprint, moved code keeps it",
            Self::Gate => "each verdict gives its exit code, in the real program",
            Self::FailClosed => "what could not be reviewed is never a pass",
            Self::Record => "signed records are found as written, changed ones are found out",
        }
    }
}

/// A case that was run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Permanent name, `GROUP/...`.
    pub id: String,
    /// What it is about.
    pub group: CaseGroup,
    /// The requirements it shows, by their numbers in `docs/validation/requirements.md`.
    pub requirements: Vec<String>,
    /// What was tried, in one sentence.
    pub what: String,
    /// What had to come.
    pub expected: String,
    /// What came.
    pub actual: String,
    /// Whether that is what had to come.
    pub holds: bool,
}

impl Case {
    /// A case that holds if what came is what had to come. `id` begins with the word of its group.
    pub fn compared(
        group: CaseGroup,
        id: String,
        requirements: &[&str],
        what: &str,
        (expected, actual): (&str, &str),
    ) -> Self {
        Self {
            id,
            group,
            requirements: requirements.iter().map(|one| (*one).to_owned()).collect(),
            what: what.to_owned(),
            expected: expected.to_owned(),
            actual: actual.to_owned(),
            holds: expected == actual,
        }
    }
}

/// A table inside the program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableDigest {
    /// What it holds.
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its SHA-256 when the program was built.
    pub built: String,
    /// Its SHA-256 now.
    pub found: String,
}

impl TableDigest {
    /// Whether it is as it was built.
    pub fn is_intact(&self) -> bool {
        self.built == self.found
    }
}

/// The program that was tested.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestedTool {
    /// Version.
    pub version: String,
    /// SHA-256 of the program's file.
    pub binary_sha256: String,
    /// Names and versions of the grammars.
    pub grammars: Vec<String>,
    /// Cargo features it was built with.
    pub features: Vec<String>,
    /// Digest over the rules that were loaded.
    pub ruleset_digest: String,
    /// How many rules those are.
    pub rules: u64,
    /// Rule files that were added to the built-in ones.
    pub further_rules: Vec<String>,
}

/// The machine that the self-test ran on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Platform {
    /// Operating system (`linux`, `macos`, `windows`).
    pub system: String,
    /// Processor (`x86_64`, `aarch64`).
    pub processor: String,
    /// Threads that the system gives.
    pub threads: u64,
    /// What git says of its version; `None` where there is no git.
    pub git: Option<String>,
}

/// The result of a self-test.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValidationReport {
    /// [`VALIDATION_SCHEMA`].
    pub schema: String,
    /// What was tested.
    pub tool: TestedTool,
    /// Its tables.
    pub tables: Vec<TableDigest>,
    /// Where.
    pub platform: Platform,
    /// When it began, UTC, RFC 3339.
    pub started: String,
    /// When it ended.
    pub ended: String,
    /// Every case that was run, by group and id.
    pub cases: Vec<Case>,
}

impl ValidationReport {
    /// Cases and those of them that do not hold, by group; groups without a case are there too.
    pub fn totals(&self) -> BTreeMap<CaseGroup, (usize, usize)> {
        let mut totals: BTreeMap<CaseGroup, (usize, usize)> =
            CaseGroup::ALL.map(|group| (group, (0, 0))).into();
        for case in &self.cases {
            let (all, failed) = totals.entry(case.group).or_default();
            *all += 1;
            *failed += usize::from(!case.holds);
        }
        totals
    }

    /// The cases that do not hold.
    pub fn failures(&self) -> impl Iterator<Item = &Case> {
        self.cases.iter().filter(|case| !case.holds)
    }

    /// Whether every case holds, and there is one.
    pub fn passes(&self) -> bool {
        !self.cases.is_empty() && self.cases.iter().all(|case| case.holds)
    }
}

#[cfg(test)]
pub(crate) mod samples {
    use super::*;

    /// A report with a case that holds and one that does not.
    pub(crate) fn report() -> ValidationReport {
        let case = |group: CaseGroup, name: &str, actual: &str| Case {
            id: format!("{}/{name}", group.as_str()),
            group,
            requirements: vec!["R-40".to_owned()],
            what: "a `<b>` text | of a case".to_owned(),
            expected: "exit code 1".to_owned(),
            actual: actual.to_owned(),
            holds: actual == "exit code 1",
        };
        ValidationReport {
            schema: VALIDATION_SCHEMA.to_owned(),
            tool: TestedTool {
                version: "0.1.0".to_owned(),
                binary_sha256: "ab".repeat(32),
                grammars: vec!["tree-sitter-c 0.24.2".to_owned()],
                features: Vec::new(),
                ruleset_digest: "cd".repeat(32),
                rules: 272,
                further_rules: vec!["mine.yaml".to_owned()],
            },
            tables: vec![TableDigest {
                name: "rules".to_owned(),
                bytes: 3,
                built: "00".to_owned(),
                found: "01".to_owned(),
            }],
            platform: Platform {
                system: "linux".to_owned(),
                processor: "x86_64".to_owned(),
                threads: 2,
                git: None,
            },
            started: "2026-11-30T04:00:00Z".to_owned(),
            ended: "2026-11-30T04:00:02Z".to_owned(),
            cases: vec![
                case(CaseGroup::Gate, "error", "exit code 1"),
                case(CaseGroup::FailClosed, "odd", "exit code 0"),
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_add_up_and_a_report_without_cases_is_no_pass() {
        let report = samples::report();
        let totals = report.totals();
        assert_eq!(totals.values().map(|(all, _)| all).sum::<usize>(), 2);
        assert_eq!(totals.get(&CaseGroup::FailClosed), Some(&(1, 1)));
        assert_eq!(totals.get(&CaseGroup::Rule), Some(&(0, 0)));
        assert!(!report.passes() && report.failures().count() == 1);
        assert!(!ValidationReport::default().passes());
    }

    #[test]
    fn ids_of_groups_are_those_of_serialization() {
        for group in CaseGroup::ALL {
            assert_eq!(
                serde_json::to_value(group).ok(),
                Some(serde_json::json!(group.as_str()))
            );
        }
    }
}
