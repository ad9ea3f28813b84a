//! What triage says of a finding.

use serde::{Deserialize, Serialize};

use crate::finding::Finding;

/// Why a finding is or is not reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Verdict {
    /// Reported; counts for the gate.
    Report,
    /// Outside the scope: not new, or not in the changed lines, function or file.
    OutsideChange,
    /// In the baseline file.
    Known,
    /// Permitted by a deviation with this reason.
    Deviated {
        /// The reason its author gave.
        reason: String,
        /// Ticket or risk-file id, if given.
        ticket: Option<String>,
    },
    /// Below the severity or precision threshold.
    BelowThreshold,
    /// Repaired in the work tree after the review, because somebody asked for it.
    Fixed,
    /// New in software of others: for the list of its risks, not for whoever made the change.
    SoupList,
}

impl Verdict {
    /// The word used in counts and JSON.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::OutsideChange => "outside-change",
            Self::Known => "known",
            Self::Deviated { .. } => "deviated",
            Self::BelowThreshold => "below-threshold",
            Self::Fixed => "fixed",
            Self::SoupList => "soup-list",
        }
    }
}

/// Stable identity of a finding: no line, no offset inside.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Fingerprint {
    /// Hex SHA-256 of rule id, path after renames, enclosing function and normalised tokens.
    pub key: String,
    /// 0-based number among findings of the same key, in file order.
    pub ordinal: u32,
    /// The same hash without the path: follows moved code.
    pub moved_key: String,
}

impl Fingerprint {
    /// The value other systems store: `KEY:ORDINAL`.
    pub fn value(&self) -> String {
        format!("{}:{}", self.key, self.ordinal)
    }
}

/// SARIF's state of a finding against the base or baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BaselineState {
    /// Not there before.
    New,
    /// There before.
    Unchanged,
}

impl BaselineState {
    /// SARIF's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Unchanged => "unchanged",
        }
    }
}

/// A finding with its identity and verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Triaged {
    /// The finding.
    pub finding: Finding,
    /// Its identity.
    pub fingerprint: Fingerprint,
    /// Why it is or is not reported.
    pub verdict: Verdict,
    /// Whether it was there before; `None` where there is nothing to compare with.
    pub state: Option<BaselineState>,
    /// Whether it lies on a line the change added or modified.
    pub on_changed_line: bool,
    /// Whether it counts for the gate: reported, at or above `fail-on`, and not experimental.
    pub blocks: bool,
}
