//! The thresholds, and what closes the gate.

use super::{Settings, Verdict};
use crate::finding::{Finding, RepoPath, RuleStatus};

/// Whether the finding's rule is below the severity or precision that is shown.
pub fn is_below_threshold(finding: &Finding, settings: &Settings) -> bool {
    let precision = match finding.origin {
        Some(_) => settings.imported_precision,
        None => settings.precision,
    };
    finding.severity < settings.severity || finding.precision < precision
}

/// Whether the finding closes the gate: reported, severe enough, no experiment, no test code.
pub(super) fn blocks(
    finding: &Finding,
    path: &RepoPath,
    verdict: &Verdict,
    settings: &Settings,
) -> bool {
    *verdict == Verdict::Report
        && finding.status != RuleStatus::Experimental
        && settings.fail_on.blocks(finding.severity)
        && !settings.test_paths.is_match(path)
}
