//! The review record: what one gate run was about, what it looked at, what it found, and who decided
//! what. The fields follow what auditors ask of a software review record (IEC 62304 8.2.3, ISO 13485
//! 4.2.5 and 7.3.5).

use serde::{Deserialize, Serialize};

/// One gate run. Times are RFC 3339 in UTC, digests SHA-256 in lower-case hex, commits and trees git
/// object names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReviewRecord {
    /// Version of this format.
    pub schema: u32,
    /// Name of the record, unique in its log: head commit and number.
    pub id: String,
    /// 1-based number in its log.
    pub sequence: u64,
    /// SHA-256 of the line of the record before it; none for the first.
    pub previous: Option<String>,
    /// What the software is for.
    pub project: ProjectPart,
    /// What was reviewed.
    pub change: ChangePart,
    /// Who wrote, reviewed and approved it.
    pub people: PeoplePart,
    /// When the run began.
    pub started: String,
    /// When it ended.
    pub ended: String,
    /// The tool.
    pub tool: ToolPart,
    /// The rules it ran with.
    pub ruleset: RulesetPart,
    /// What was and what was not analysed.
    pub coverage: CoveragePart,
    /// Every finding of the change, and every excused or already known one.
    pub findings: Vec<FindingPart>,
    /// The result.
    pub gate: GatePart,
    /// Remarks of the review, such as lowered severities.
    pub notices: Vec<String>,
}

/// From `[record]` in `scrubin.toml`; empty where nobody said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProjectPart {
    /// Name of the project.
    pub name: Option<String>,
    /// The device.
    pub device: Option<String>,
    /// The software item (IEC 62304 3.25).
    pub item: Option<String>,
    /// Software safety class (IEC 62304 4.3): A, B or C.
    pub safety_class: Option<String>,
    /// SHA-256 of the configuration file.
    pub profile_sha256: Option<String>,
    /// Security level of the device profile.
    pub level: Option<String>,
}

/// What was reviewed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangePart {
    /// Address of the repository without credentials.
    pub repository: Option<String>,
    /// `staged`, `range`, `base`, `tree` or `folder`.
    pub source: String,
    /// `new`, `added`, `function`, `file` or `all`.
    pub scope: String,
    /// Commit the change starts from.
    pub base: Option<String>,
    /// Commit that was reviewed; the subject of the statement.
    pub head: Option<String>,
    /// Tree of that commit, or of the index where a staged change was reviewed.
    pub tree: Option<String>,
    /// `git patch-id --stable` of the change, which survives a rebase.
    pub patch_id: Option<String>,
    /// Branch.
    pub branch: Option<String>,
    /// Number of the pull request.
    pub pull_request: Option<u64>,
}

/// Names with addresses, as git and GitHub give them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeoplePart {
    /// Author of the head commit.
    pub author: Option<String>,
    /// Its committer.
    pub committer: Option<String>,
    /// Who looked at it.
    pub reviewers: Vec<String>,
    /// Who approved it.
    pub approver: Option<String>,
    /// Whether author and approver are two people; none where there is no approver.
    pub author_is_not_approver: Option<bool>,
}

/// The tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolPart {
    /// `scrubin`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of the program file.
    pub binary_sha256: Option<String>,
    /// Grammars and their versions, such as `tree-sitter-c 0.24.2`.
    pub grammars: Vec<String>,
}

/// The rules of the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RulesetPart {
    /// Digest over all active rules, as reports and `selftest` give it.
    pub digest: String,
    /// SHA-256 over `rules`, each line ended by a line feed.
    pub rules_sha256: String,
    /// `CODE VERSION SEVERITY PRECISION` for each active rule, sorted; the severity is the one of this project.
    pub rules: Vec<String>,
}

/// Why something was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SkippedPart {
    /// The reason in words.
    pub reason: String,
    /// Number of files.
    pub count: u64,
}

/// Something that was not understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GapPart {
    /// The file.
    pub path: String,
    /// 1-based line, where there is one.
    pub line: Option<u32>,
    /// What kind of gap.
    pub kind: String,
}

/// What was analysed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoveragePart {
    /// Files in scope.
    pub files: u64,
    /// Those analysed without a gap.
    pub files_analysed: u64,
    /// Functions in changed files.
    pub functions: u64,
    /// Those analysed completely.
    pub functions_analysed: u64,
    /// Further functions that the change cannot reach.
    pub functions_unreached: u64,
    /// Lines of the analysed files.
    pub lines: u64,
    /// Files left out on purpose.
    pub skipped: Vec<SkippedPart>,
    /// What could not be analysed.
    pub gaps: Vec<GapPart>,
}

/// A finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindingPart {
    /// Identity that survives moved lines.
    pub fingerprint: String,
    /// Code of the rule.
    pub rule: String,
    /// Version of the rule.
    pub rule_version: String,
    /// Weaknesses by number.
    pub cwe: Vec<String>,
    /// The file.
    pub path: String,
    /// 1-based line.
    pub line: u32,
    /// Severity in this project.
    pub severity: String,
    /// Precision of the rule.
    pub precision: String,
    /// `report`, `known`, `soup-list` or `deviated`.
    pub verdict: String,
    /// Whether it closed the gate.
    pub blocks: bool,
    /// What was decided of it.
    pub disposition: Option<Disposition>,
}

/// A decision about a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disposition {
    /// `deviation` or `baseline`.
    pub kind: String,
    /// The reason given.
    pub reason: String,
    /// Ticket or risk-file entry.
    pub ticket: Option<String>,
}

/// The result of the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GateResult {
    /// Open.
    Pass,
    /// Closed by findings.
    Fail,
    /// Something in scope could not be reviewed.
    Incomplete,
}

impl GateResult {
    /// `pass`, `fail`, `incomplete`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Incomplete => "incomplete",
        }
    }
}

/// The gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatePart {
    /// The result.
    pub result: GateResult,
    /// Number of findings that close it.
    pub blocking: u64,
}

/// The version of the format that this program writes and reads.
pub(super) const SCHEMA_VERSION: u32 = 1;

#[cfg(test)]
pub(super) mod samples {
    use super::super::verify::rules_digest;
    use super::*;

    /// A record about a commit.
    pub(in super::super) fn record(head: &str) -> ReviewRecord {
        let rules = vec![
            "C-LEN-014 1.0.1 error high".to_owned(),
            "C-STR-001 1.0.0 error high".to_owned(),
        ];
        ReviewRecord {
            schema: SCHEMA_VERSION,
            id: String::new(),
            sequence: 0,
            previous: None,
            project: ProjectPart {
                name: Some("Pump".to_owned()),
                safety_class: Some("C".to_owned()),
                ..ProjectPart::default()
            },
            change: ChangePart {
                repository: Some("https://git.example/pump".to_owned()),
                source: "range".to_owned(),
                scope: "new".to_owned(),
                base: Some("b".repeat(40)),
                head: Some(head.to_owned()),
                ..ChangePart::default()
            },
            people: PeoplePart {
                author: Some("A <a@example.org>".to_owned()),
                ..PeoplePart::default()
            },
            started: "2026-11-30T08:00:00Z".to_owned(),
            ended: "2026-11-30T08:00:01Z".to_owned(),
            tool: ToolPart {
                name: "scrubin".to_owned(),
                version: "1.2.3".to_owned(),
                binary_sha256: None,
                grammars: vec!["tree-sitter-c 0.24.2".to_owned()],
            },
            ruleset: RulesetPart {
                digest: "feed".to_owned(),
                rules_sha256: rules_digest(&rules),
                rules,
            },
            coverage: CoveragePart {
                files: 2,
                files_analysed: 1,
                functions: 7,
                functions_analysed: 6,
                gaps: vec![GapPart {
                    path: "src/a.c".to_owned(),
                    line: Some(3),
                    kind: "syntax".to_owned(),
                }],
                ..CoveragePart::default()
            },
            findings: vec![FindingPart {
                fingerprint: "v1:0011".to_owned(),
                rule: "C-LEN-014".to_owned(),
                rule_version: "1.0.1".to_owned(),
                cwe: vec!["CWE-806".to_owned()],
                path: "src/<b>.c".to_owned(),
                line: 43,
                severity: "error".to_owned(),
                precision: "high".to_owned(),
                verdict: "deviated".to_owned(),
                blocks: false,
                disposition: Some(Disposition {
                    kind: "deviation".to_owned(),
                    reason: "length checked in parse_hdr".to_owned(),
                    ticket: Some("RISK-41".to_owned()),
                }),
            }],
            gate: GatePart {
                result: GateResult::Pass,
                blocking: 0,
            },
            notices: Vec::new(),
        }
    }
}
