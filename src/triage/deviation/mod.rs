//! Reasoned, dated permissions to break a rule, and the findings about them.
//!
//! A deviation stands in a comment beside the code or in `deviations.toml`. One without a reason,
//! past its date, of an unknown rule or beside code that has nothing to excuse is itself a
//! finding: a permission nobody can account for is worse than none. Only a deviation with a reason
//! and a date that has not passed hides anything.

mod apply;
mod comment;
mod defect;
mod extract;
mod file;
mod rules;

use chrono::NaiveDate;

use crate::finding::Location;

pub(super) use apply::{Applied, apply};
pub use comment::{DeviationSyntaxError, SyntaxProblem, parse_deviation_comment};
pub(super) use defect::{Defect, defects};
pub use extract::{Comment, find_comments, find_comments_in_plain_text};
pub use file::{DeviationFile, FileDeviation};
pub use rules::{active_rules, rules};

/// A permission as its author wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Deviation {
    /// Codes or slugs. Empty in an entry of `deviations.toml` means every rule.
    pub rules: Vec<String>,
    /// Why it is safe here. Without one the deviation hides nothing.
    pub reason: Option<String>,
    /// Last day it holds.
    pub until: Option<NaiveDate>,
    /// Ticket or risk-file id.
    pub ticket: Option<String>,
    /// Who agreed.
    pub approved_by: Option<String>,
}

/// What a deviation did in this run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeviationState {
    /// It excuses findings.
    Used,
    /// Its rules ran and found nothing to excuse.
    Unused,
    /// It excused nothing, and not all of its rules ran everywhere it holds.
    Unchecked,
    /// Its date has passed; it excuses nothing.
    Expired,
    /// It has no reason; it excuses nothing.
    WithoutReason,
    /// None of its rules exists.
    UnknownRule,
    /// What it stands for is an error, which the profile lets only a second person excuse.
    NotPermitted,
}

impl DeviationState {
    /// The word used in every output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Used => "used",
            Self::Unused => "unused",
            Self::Unchecked => "unchecked",
            Self::Expired => "expired",
            Self::WithoutReason => "without-reason",
            Self::UnknownRule => "unknown-rule",
            Self::NotPermitted => "not-permitted",
        }
    }
}

/// A deviation that was read in this run, for lists and records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviationUse {
    /// The comment, or the entry in `deviations.toml`.
    pub location: Location,
    /// What it says.
    pub deviation: Deviation,
    /// What it did.
    pub state: DeviationState,
    /// Findings it excuses, whatever their verdict.
    pub excused: u32,
}
