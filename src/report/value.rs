//! The value every renderer reads.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::profile::ProfileReport;
use super::{FixReport, ImportSummary};
use crate::finding::{Gap, RepoPath, RuleId};
use crate::rules::RuleInfo;
use crate::triage::{BaselineEntry, DeviationUse, Triaged};

/// A count of how many there were and how many of them were analysed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FileCounts {
    /// How many there were.
    pub total: u64,
    /// How many of them were analysed without a gap.
    pub analysed: u64,
}

/// What was reviewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportedChange {
    /// `staged`, `range`, `base`, `tree` or `folder`.
    pub source: String,
    /// Base revision as a hex object name, where there is one.
    pub base: Option<String>,
    /// Head revision as a hex object name, where there is one.
    pub head: Option<String>,
    /// `new`, `added`, `function`, `file` or `all`.
    pub scope: String,
}

/// What of the change was looked at, for those who compare reviews with each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// Added and modified lines of each reviewed file; empty where there is no base.
    pub changed_lines: BTreeMap<RepoPath, u64>,
    /// The rules that ran to the end, by file; those that compare with the base are not among them.
    pub ran: BTreeMap<RepoPath, Arc<BTreeSet<RuleId>>>,
    /// Rules that compare with the base.
    pub comparing: BTreeSet<RuleId>,
    /// Functions that were not read because the change cannot reach them, by file.
    pub unread: BTreeMap<RepoPath, Vec<String>>,
    /// Names of the reviewed blobs of files with findings.
    pub blobs: BTreeMap<RepoPath, String>,
}

/// A duration of one phase of the run, in microseconds of wall time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phase {
    /// Its name.
    pub name: &'static str,
    /// Microseconds.
    pub micros: u64,
}

/// Files left out on purpose, by reason, with up to a few names to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Why, in words (`vendor register header`, `C++ is not analysed`, `submodule`, ...).
    pub reason: String,
    /// How many.
    pub count: u64,
    /// The first of them, for showing.
    pub examples: Vec<String>,
}

/// Something the reader of the report should know that is no finding and no gap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// One sentence.
    pub text: String,
}

/// The result of one review.
#[derive(Debug, Clone)]
pub struct Report {
    /// Version of scrubin.
    pub version: String,
    /// Hex digest over all active rules.
    pub ruleset_digest: String,
    /// What was reviewed.
    pub change: ReportedChange,
    /// Every finding with its verdict, sorted by path, span, rule.
    pub findings: Vec<Triaged>,
    /// Every deviation that was read, and what it did.
    pub deviations: Vec<DeviationUse>,
    /// Baseline entries whose finding is gone.
    pub absent: Vec<BaselineEntry>,
    /// What could not be analysed, sorted.
    pub gaps: Vec<Gap>,
    /// What was left out on purpose.
    pub skipped: Vec<Skipped>,
    /// Remarks.
    pub notices: Vec<Notice>,
    /// What the device profile does to this review.
    pub profile: ProfileReport,
    /// Reviewed files: total in scope, and those analysed.
    pub files: FileCounts,
    /// Functions: in changed files (all files with `--all`), and those fully analysed.
    pub functions: FileCounts,
    /// Further functions of changed files, which the change cannot reach and a hook does not read.
    pub unreached_functions: u64,
    /// What of the change was looked at.
    pub reach: Reach,
    /// Lines of the analysed files.
    pub lines: u64,
    /// The rules that produced findings, plus all active ones where the renderer wants them.
    pub rules: BTreeMap<RuleId, RuleInfo>,
    /// Rules whose lesson the author of the change has met before, often enough that a reminder will do.
    pub familiar: BTreeSet<RuleId>,
    /// How many rules were active.
    pub rules_active: u64,
    /// Phases of the run, for `--stats`.
    pub phases: Vec<Phase>,
    /// GitHub's hash ([`super::line_hashes`]) of the first line of findings, by file and 1-based
    /// line; wanted by SARIF alone, which makes do without.
    pub line_hashes: BTreeMap<(RepoPath, u32), String>,
    /// What became of the edits that rules offer; `None` where nobody asked for them.
    pub fixes: Option<FixReport>,
    /// What became of the results of other tools.
    pub imports: Vec<ImportSummary>,
    /// Whether a changed file inside the scope could not be analysed at all (exit code 2).
    pub incomplete: bool,
}

impl Report {
    /// Whether the gate is closed: some finding blocks.
    pub fn blocks(&self) -> bool {
        self.findings.iter().any(|triaged| triaged.blocks)
    }

    /// Findings by verdict word; the values add up to the number of findings.
    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        let mut counts: BTreeMap<&'static str, u64> = [
            "report",
            "outside-change",
            "known",
            "deviated",
            "below-threshold",
            "soup-list",
        ]
        .into_iter()
        .map(|word| (word, 0))
        .collect();
        for triaged in &self.findings {
            *counts.entry(triaged.verdict.as_str()).or_default() += 1;
        }
        counts
    }
}
