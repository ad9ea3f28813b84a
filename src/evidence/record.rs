//! The review record: what one gate run was about, what it looked at, what it found, and who decided
//! what. The fields follow what auditors ask of a software review record (IEC 62304 8.2.3, ISO 13485
//! 4.2.5 and 7.3.5).

use std::sync::Arc;

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
    /// The settings it went by.
    pub configuration: ConfigurationPart,
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
    /// What the record before it of the same pull request or branch reported, and is gone.
    pub fixed: Vec<FixedPart>,
    /// The result.
    pub gate: GatePart,
    /// What no tool checks, as the device profile asks for it; a sign-off answers it.
    pub checklist: Vec<ChecklistPart>,
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
    /// SHA-256 of `scrubin.toml` at the root, which holds the device profile.
    pub profile_sha256: Option<String>,
    /// Security level of the device profile.
    pub level: Option<String>,
}

/// Where the settings of the run came from. The thresholds in force stand in [`GatePart`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigurationPart {
    /// `repository`: what the reviewed commit holds; `argument`: a file that was named; `defaults`: there is none.
    pub origin: String,
    /// The file.
    pub path: Option<String>,
    /// SHA-256 of its text.
    pub sha256: Option<String>,
    /// By what arguments, or the reviewed change itself, made the review weaker than the repository's own
    /// configuration asks, in sentences.
    pub weaker: Vec<String>,
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
    /// All who had a hand in the commits of the change: authors, committers, `Co-authored-by`.
    pub authors: Vec<String>,
    /// Who looked at it.
    pub reviewers: Vec<String>,
    /// Who approved it.
    pub approver: Option<String>,
    /// Whether the approver is none of the authors; none where there is no approver.
    pub author_is_not_approver: Option<bool>,
    /// Who says so of reviewers and approver: `github`, `trailers` of the commits, `arguments`.
    pub said_by: Option<String>,
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
    /// `built-in`, or `built-in and own`.
    pub id: String,
    /// Version of the program that the built-in rules came with.
    pub version: String,
    /// Digest of the built-in rules alone, as `selftest` gives it.
    pub builtin: String,
    /// Codes of the rules that are not built in, sorted.
    pub own: Vec<String>,
    /// Digest over all active rules, as reports and `selftest` give it.
    pub digest: String,
    /// SHA-256 over `rules`, each line ended by a line feed.
    pub rules_sha256: String,
    /// `CODE VERSION SEVERITY PRECISION` for each active rule, sorted; the severity is the one of this project.
    pub rules: RuleLines,
}

/// The lines of a ruleset, held once by all records that share them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleLines(Arc<Vec<String>>);

impl From<Vec<String>> for RuleLines {
    fn from(lines: Vec<String>) -> Self {
        Self(Arc::new(lines))
    }
}

impl std::ops::Deref for RuleLines {
    type Target = [String];

    fn deref(&self) -> &[String] {
        &self.0
    }
}

impl Serialize for RuleLines {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.as_slice().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for RuleLines {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self::from)
    }
}

/// Why something was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SkippedPart {
    /// The reason in words.
    pub reason: String,
    /// Number of files.
    pub count: u64,
    /// The first of them.
    pub examples: Vec<String>,
}

/// Something that was not understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GapPart {
    /// The file.
    pub path: String,
    /// 1-based first line; none where the whole file is meant.
    pub line: Option<u32>,
    /// 1-based last line.
    pub last_line: Option<u32>,
    /// The function it lies in.
    pub function: Option<String>,
    /// What kind of gap.
    pub kind: String,
    /// Why, in a sentence.
    pub why: String,
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
    /// 1-based column, in characters.
    pub column: u32,
    /// The function around it.
    pub function: Option<String>,
    /// The path from where a value comes from to where it does harm; empty where a pattern was found.
    pub trace: Vec<StepPart>,
    /// `new` with this change or there before (`unchanged`); none where there is nothing to compare with.
    pub state: Option<String>,
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

/// A step of the path of a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepPart {
    /// The file.
    pub path: String,
    /// 1-based line.
    pub line: u32,
    /// 1-based column, in characters.
    pub column: u32,
    /// What happens there.
    pub what: String,
}

/// A decision about a finding. Names and dates are as those who decided wrote them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disposition {
    /// `deviation`, `false-positive`, `accepted-risk`, `deferred`, `baseline`, or `tool` where another tool
    /// was told to leave it alone.
    pub kind: String,
    /// Id of the deviation, where it has one.
    pub id: Option<String>,
    /// Where the decision stands, as `PATH:LINE`.
    pub place: Option<String>,
    /// The reason given.
    pub reason: String,
    /// Ticket.
    pub ticket: Option<String>,
    /// Entry in the risk file.
    pub risk_file: Option<String>,
    /// The deviation permit it is one use of.
    pub permit: Option<String>,
    /// Who asked for it.
    pub author: Option<String>,
    /// Who agreed.
    pub approver: Option<String>,
    /// The day it was decided, as `2027-06-30`.
    pub decided: Option<String>,
    /// Last day it holds.
    pub until: Option<String>,
}

/// A finding that was reported before and is gone: the disposition "fixed in commit", the commit being the
/// head of the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FixedPart {
    /// Identity of the finding.
    pub fingerprint: String,
    /// Code of the rule.
    pub rule: String,
    /// The file.
    pub path: String,
    /// The record that reported it.
    pub record: String,
}

/// A question of the checklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChecklistPart {
    /// Its name.
    pub key: String,
    /// What a person confirms.
    pub text: String,
    /// The fact of the profile that asks for it.
    pub because: String,
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
    /// `error`, `warning` or `never`: from which severity on a finding closes it.
    pub fail_on: String,
    /// Lowest precision that was reported.
    pub precision: String,
    /// Lowest severity that was reported.
    pub severity: String,
}

/// The version of the format that this program writes and reads.
pub(super) const SCHEMA_VERSION: u32 = 1;
