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
mod person;
mod register;
mod rules;

use chrono::NaiveDate;

use crate::finding::Location;

pub(super) use apply::{Applied, apply};
pub use comment::{DeviationSyntaxError, SyntaxProblem, parse_deviation_comment};
pub(super) use defect::{Defect, defects};
pub use extract::{Comment, find_comments, find_comments_in_plain_text};
pub use file::{DeviationFile, FileDeviation};
pub use person::is_same;
pub use register::{Category, Kind, Permit, Recategorised, Register};
pub use rules::{active_rules, rules};

/// Whether a text is at least one sentence that another person can judge: four words at least, or twelve
/// letters of a script that writes no blanks between words.
pub fn is_sentence(text: &str) -> bool {
    let is_word = |word: &&str| {
        word.chars()
            .filter(|letter| letter.is_alphanumeric())
            .count()
            > 1
    };
    let is_letter = |letter: &char| letter.is_alphabetic() && !letter.is_ascii();
    text.split_whitespace().filter(is_word).count() >= 4
        || text.chars().filter(is_letter).count() >= 12
}

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
    /// What an entry of the register says beside that.
    pub register: Register,
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
    /// What it stands for may not be excused by it: for want of a second person, because its rule is
    /// mandatory, or because its permit does not reach so far.
    NotPermitted,
    /// Another entry took its place; it excuses nothing.
    Superseded,
}

impl DeviationState {
    /// Every state.
    pub const ALL: [Self; 8] = [
        Self::Used,
        Self::Unused,
        Self::Unchecked,
        Self::Expired,
        Self::WithoutReason,
        Self::UnknownRule,
        Self::NotPermitted,
        Self::Superseded,
    ];

    /// Whether it excuses findings, or would where they are.
    pub fn is_in_force(self) -> bool {
        matches!(self, Self::Used | Self::Unchecked)
    }

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
            Self::Superseded => "superseded",
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
    /// Of those it gives the reason for (the first deviation that speaks for a finding does):
    /// `KEY:ORDINAL`.
    pub fingerprints: Vec<String>,
    /// Path patterns and fingerprint of an entry of `deviations.toml`; none of a comment.
    pub scope: Option<DeviationScope>,
}

/// What an entry of `deviations.toml` holds for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeviationScope {
    /// Path patterns; empty means all files.
    pub paths: Vec<String>,
    /// The one finding, or all equal ones of a function.
    pub fingerprint: Option<String>,
}
