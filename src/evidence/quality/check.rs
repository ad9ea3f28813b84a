//! Whether what was done about a weakness worked.

use serde::Serialize;

/// What became of the check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// Its day has not come.
    Pending,
    /// The weakness was not found again in the days before it, in which changes were reviewed.
    Effective,
    /// It was.
    NotEffective,
    /// Nothing was reviewed in those days, so nothing could be found.
    NotLookedAt,
}

impl Check {
    /// What `found_since` findings, and whether anything was `reviewed`, say; `is_due`: its day has come.
    pub(super) fn of(found_since: u64, reviewed: bool, is_due: bool) -> Self {
        match (found_since, is_due, reviewed) {
            (0, false, _) => Self::Pending,
            (0, true, true) => Self::Effective,
            (0, true, false) => Self::NotLookedAt,
            _ => Self::NotEffective,
        }
    }

    /// The words that pages use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Effective => "effective: not found again",
            Self::NotEffective => "not effective: found again",
            Self::NotLookedAt => "not known: nothing was reviewed in these days",
        }
    }
}
