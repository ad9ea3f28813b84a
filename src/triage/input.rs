//! What triage is told: the findings of each file and the settings of the run.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::NaiveDate;

use super::baseline::Baseline;
use super::changed_lines::ChangedLines;
use super::deviation::{self, Comment, DeviationFile};
use crate::config::{FailOn, Globs, Policy, RuleNames, Scope};
use crate::finding::{Finding, Precision, RepoPath, RuleId, Severity};
use crate::rules::RuleInfo;

/// A function of the head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionSpan {
    /// Its name, as in [`Finding::function`].
    pub name: String,
    /// First line, 1-based.
    pub first_line: u32,
    /// Last line, 1-based.
    pub last_line: u32,
}

/// The findings of one file of the change, and what is needed to judge them.
#[derive(Debug, Clone)]
pub struct FileFindings {
    /// Path in the head; of a deleted file, its path in the base.
    pub path: RepoPath,
    /// Path in the base where the file was renamed (not where it was copied: a copy is new code).
    pub base_path: Option<RepoPath>,
    /// Findings in the head.
    pub head: Vec<Finding>,
    /// Findings in the base; `None` where the base was not analysed or does not exist. Their
    /// locations may carry the path of the base.
    pub base: Option<Vec<Finding>>,
    /// Lines the change added or modified.
    pub changed: ChangedLines,
    /// Functions of the head. Needed for scope `function`, and to tell moved and renamed functions
    /// from copied ones in files whose base was analysed.
    pub functions: Vec<FunctionSpan>,
    /// Comments that may hold deviations.
    pub comments: Vec<Comment>,
    /// Whether the file does not exist in the base.
    pub is_new_file: bool,
    /// The rules that ran on the head to the end. Empty for a file that could not be analysed:
    /// silence about a finding then proves nothing.
    pub ran: Arc<BTreeSet<RuleId>>,
}

impl FileFindings {
    /// The innermost function that holds the line (1-based).
    pub(super) fn function_at(&self, line: u32) -> Option<&FunctionSpan> {
        self.functions
            .iter()
            .filter(|function| function.first_line <= line && line <= function.last_line)
            .min_by_key(|function| function.last_line - function.first_line)
    }
}

/// What is reported, what blocks, and what is excused.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Which findings are reported.
    pub scope: Scope,
    /// Findings below this precision are below the threshold.
    pub precision: Precision,
    /// Findings of other tools below this precision are below the threshold.
    pub imported_precision: Precision,
    /// Findings below this severity are below the threshold.
    pub severity: Severity,
    /// What closes the gate.
    pub fail_on: FailOn,
    /// Today's date (UTC), for deviations with an end.
    pub today: NaiveDate,
    /// All rules there are, whether they run or not.
    pub names: RuleNames,
    /// The rules about deviations themselves that are active, severities after configuration.
    pub deviation_rules: Vec<RuleInfo>,
    /// The content of `deviations.toml`.
    pub deviations: Option<DeviationFile>,
    /// Whether only entries of `deviations.toml` with an id excuse anything.
    pub wants_records: bool,
    /// Whether an entry of `deviations.toml` that is over, approved in the future, or known to match nothing is
    /// reported whatever changed: in every review but that of what somebody is about to commit.
    pub register_closes: bool,
    /// Paths that the change deleted or moved away from: an entry of `deviations.toml` that names one matches
    /// nothing any more.
    pub gone: BTreeSet<RepoPath>,
    /// The content of the baseline file.
    pub baseline: Option<Baseline>,
    /// Test code: reported, never blocks.
    pub test_paths: Globs,
    /// What holds where; a file it says something of does not go by the thresholds above.
    pub policy: Policy,
    /// Whether every file of the repository is among the files: only then can an entry of
    /// `deviations.toml` or of the baseline be called unused or absent.
    pub whole_tree: bool,
}

impl Settings {
    /// The defaults of `scrubin check` on that day, with no rule known by name.
    pub fn new(today: NaiveDate) -> Self {
        Self {
            scope: Scope::New,
            precision: Precision::High,
            imported_precision: Precision::Medium,
            severity: Severity::Info,
            fail_on: FailOn::Error,
            today,
            names: RuleNames::default(),
            deviation_rules: deviation::rules(),
            deviations: None,
            wants_records: false,
            register_closes: false,
            gone: BTreeSet::new(),
            baseline: None,
            test_paths: Globs::default(),
            policy: Policy::default(),
            whole_tree: false,
        }
    }
}
