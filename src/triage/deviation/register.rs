//! What a register of deviations holds beside the permission itself, in the manner of MISRA
//! Compliance:2020: records with approval and risk, permits that several records use, categories.

use chrono::NaiveDate;

use crate::config::Globs;
use crate::finding::{Location, Severity, SourceLine};

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Kind {
    /// The finding is right, and the code may stay.
    #[default]
    Deviation,
    /// The finding is wrong: a request for a test case of the rule.
    FalsePositive,
    /// The finding is right, and its risk is accepted in the risk file.
    AcceptedRisk,
    /// It will be repaired until a day.
    Deferred,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 4] = [
        Self::Deviation,
        Self::FalsePositive,
        Self::AcceptedRisk,
        Self::Deferred,
    ];

    /// The word in the file and in every output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deviation => "deviation",
            Self::FalsePositive => "false-positive",
            Self::AcceptedRisk => "accepted-risk",
            Self::Deferred => "deferred",
        }
    }

    /// The kind of that name.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// What an entry of the register says beside rules, reason, end and ticket. A comment says none of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Register {
    /// Its name, unique in the file. An entry with one is a deviation record, and has to be complete.
    pub id: Option<String>,
    /// What was decided.
    pub kind: Kind,
    /// Numbers of rules of other standards.
    pub external: Vec<String>,
    /// The use-case it stands for, in words.
    pub use_case: Option<String>,
    /// What can happen, and how likely and how bad it is.
    pub risk: Option<String>,
    /// What is done against it.
    pub mitigation: Option<String>,
    /// How that was verified.
    pub verification: Option<String>,
    /// Entry in the risk file.
    pub risk_file: Option<String>,
    /// The permit it is one use of.
    pub permit: Option<String>,
    /// Who asks for it.
    pub author: Option<String>,
    /// The day it was written.
    pub created: Option<NaiveDate>,
    /// The day somebody agreed.
    pub approved: Option<NaiveDate>,
    /// The entry that took its place; it excuses nothing then.
    pub superseded_by: Option<String>,
}

/// A use-case that was approved once, for deviations to cite (`[[permit]]`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permit {
    /// Its name, unique in the file.
    pub id: String,
    /// Codes or slugs of the rules that may be deviated from.
    pub rules: Vec<String>,
    /// The files it holds for; empty means all.
    pub paths: Globs,
    /// The use-case in words.
    pub use_case: String,
    /// What has to be true of the code.
    pub conditions: Vec<String>,
    /// Why that is safe.
    pub reason: String,
    /// What can happen.
    pub risk: Option<String>,
    /// What is done against it.
    pub mitigation: Option<String>,
    /// How that was verified.
    pub verification: Option<String>,
    /// Who asked for it.
    pub author: String,
    /// Who agreed, another person.
    pub approved_by: String,
    /// The day they did.
    pub approved: NaiveDate,
    /// Last day it holds.
    pub until: Option<NaiveDate>,
    /// Where it stands.
    pub location: Location,
    /// Its first line, for showing.
    pub lines: Vec<SourceLine>,
}

/// How strictly a rule is to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Category {
    /// Kept where it can be.
    Advisory,
    /// Kept, unless a deviation was approved.
    Required,
    /// Kept always: there is no deviation from it.
    Mandatory,
}

impl Category {
    /// The word in the file and in every output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Advisory => "advisory",
            Self::Required => "required",
            Self::Mandatory => "mandatory",
        }
    }

    /// The category of a rule that nobody re-categorised.
    pub fn of_severity(severity: Severity) -> Self {
        match severity {
            Severity::Error => Self::Required,
            _ => Self::Advisory,
        }
    }
}

/// Rules that a project raised to another category (`[[category]]`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recategorised {
    /// Codes or slugs.
    pub rules: Vec<String>,
    /// The category.
    pub category: Category,
    /// Why.
    pub reason: String,
    /// Where it stands.
    pub location: Location,
    /// Its first line, for showing.
    pub lines: Vec<SourceLine>,
}
