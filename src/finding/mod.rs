//! The vocabulary every other module speaks: what was found, where, and what could not be read.
//!
//! Plain data, no behaviour beyond parsing and printing of its own parts. Offsets are bytes into
//! the original file and half-open; lines are 1-based; columns are 1-based Unicode scalars.

mod gap;
mod hex;
mod location;
mod rule_id;

use serde::{Deserialize, Serialize};

pub use gap::{Gap, GapKind};
pub use hex::hex;
pub use location::{Location, Position, RepoPath, Span};
pub use rule_id::{RuleId, RuleIdError};

/// Harm if the finding is true (SARIF level). Ordered: `Info < Warning < Error`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A note; never blocks.
    Info,
    /// Worth a look; blocks only with `--fail-on warning`.
    Warning,
    /// Blocks the commit or the merge.
    Error,
}

impl Severity {
    /// The lower-case word used in every output and argument.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Chance that a finding of the rule is true. Ordered: `Low < Medium < High`.
///
/// `High` means that more than 85 % of the findings on unseen firmware are expected to be right,
/// `Medium` 60 to 85 %, `Low` less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// Less than 60 % right.
    Low,
    /// 60 to 85 % right.
    Medium,
    /// More than 85 % right.
    High,
}

impl Precision {
    /// The lower-case word used in every output and argument.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// How far a rule has come. Experimental rules never block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RuleStatus {
    /// Reported, never blocks.
    Experimental,
    /// Blocks according to its severity.
    Stable,
    /// Still runs; the page names its successor.
    Deprecated,
}

impl RuleStatus {
    /// The lower-case word used in every output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Experimental => "experimental",
            Self::Stable => "stable",
            Self::Deprecated => "deprecated",
        }
    }
}

/// Whether an edit may be applied without asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FixSafety {
    /// Keeps the meaning of correct code; may be applied unasked.
    Safe,
    /// A person accepts it.
    Suggested,
}

/// Replaces the bytes of `location` by `replacement`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// The bytes to replace.
    pub location: Location,
    /// What to put there.
    pub replacement: String,
    /// Whether a person has to accept it.
    pub safety: FixSafety,
}

/// One step of the path from source to sink (SARIF: thread flow location). Empty for pattern rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Where the step happens.
    pub location: Location,
    /// What happens there, in one sentence.
    pub message: String,
}

/// A further place that belongs to the finding, with its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// Where it is.
    pub location: Location,
    /// Why it is named.
    pub message: String,
}

/// One line of the file under review, shown with a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceLine {
    /// 1-based line number.
    pub number: u32,
    /// The line without its end-of-line bytes; invalid UTF-8 replaced.
    pub text: String,
}

/// The tool that a finding is from, if not scrubin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Its short name, in lower case.
    pub tool: String,
    /// Its version; empty where it is not known.
    pub version: String,
    /// Why the finding is suppressed in the tool's own way.
    pub suppressed: Option<String>,
}

impl Origin {
    /// `cppcheck 2.17.1`, or the name alone.
    pub fn titled(&self) -> String {
        if self.version.is_empty() {
            self.tool.clone()
        } else {
            format!("{} {}", self.tool, self.version)
        }
    }
}

/// One rule at one primary location (SARIF: result), before triage gives it a verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule's permanent code, or the id of a user's rule.
    pub rule: RuleId,
    /// The rule's severity after configuration.
    pub severity: Severity,
    /// The rule's expected precision.
    pub precision: Precision,
    /// Experimental findings never block.
    pub status: RuleStatus,
    /// The effect in one sentence, metavariables replaced by the author's code.
    pub message: String,
    /// Where the defect is.
    pub location: Location,
    /// Further places.
    pub related: Vec<Related>,
    /// Path from source to sink; empty for pattern rules.
    pub trace: Vec<Step>,
    /// Name of the enclosing function, if any.
    pub function: Option<String>,
    /// The lines `location` covers (at most 12), for showing.
    pub lines: Vec<SourceLine>,
    /// An edit that removes the finding, if the rule has one.
    pub fix: Option<Fix>,
    /// Normalised tokens of the matched node: comments dropped, one space between tokens. Input of
    /// the fingerprint.
    pub tokens: String,
    /// The other tool that found it; `None` = scrubin itself.
    pub origin: Option<Box<Origin>>,
}
