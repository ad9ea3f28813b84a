//! The thresholds, and what closes the gate.

use super::{Settings, Verdict};
use crate::config::Ruling;
use crate::finding::{Finding, RepoPath, RuleStatus};

/// Whether the finding's rule is below the severity or precision that is shown, or says nothing of
/// files like this one.
pub(super) fn is_below_threshold(
    finding: &Finding,
    ruling: Option<Ruling<'_>>,
    settings: &Settings,
) -> bool {
    let Some(ruling) = ruling else {
        return finding.severity < settings.severity || finding.precision < settings.precision;
    };
    let terms = ruling.terms;
    finding.severity < terms.severity.unwrap_or(settings.severity)
        || !terms.shows(&finding.rule, finding.severity, finding.precision)
        || ruling.is_silent(&finding.rule)
}

/// Whether the finding closes the gate: reported, severe enough, no experiment, no test code.
pub(super) fn blocks(
    finding: &Finding,
    path: &RepoPath,
    verdict: &Verdict,
    settings: &Settings,
) -> bool {
    let ruling = settings.policy.ruling(path);
    let fail_on = ruling.and_then(|ruling| ruling.terms.fail_on);
    *verdict == Verdict::Report
        && finding.status != RuleStatus::Experimental
        && fail_on.unwrap_or(settings.fail_on).blocks(finding.severity)
        && !settings.test_paths.is_match(path)
        && !ruling.is_some_and(|ruling| ruling.is_test())
}
