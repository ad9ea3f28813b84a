//! The thresholds, and what closes the gate.

use super::{Settings, Verdict};
use crate::config::Ruling;
use crate::finding::{Finding, RepoPath, RuleStatus};

/// Whether the finding would be shown, were it new and not excused.
pub fn is_shown(finding: &Finding, settings: &Settings) -> bool {
    let ruling = settings.policy.ruling(&finding.location.path);
    !is_below_threshold(finding, ruling, settings)
}

/// Whether the finding's rule is below the severity or precision that is shown, or says nothing of
/// files like this one.
pub(super) fn is_below_threshold(
    finding: &Finding,
    ruling: Option<Ruling<'_>>,
    settings: &Settings,
) -> bool {
    // Other tools go by a threshold of their own, and by no rule of the profile.
    let foreign = finding
        .origin
        .as_ref()
        .map(|_| finding.precision < settings.imported_precision);
    let Some(ruling) = ruling else {
        let is_doubtful = foreign.unwrap_or(finding.precision < settings.precision);
        return finding.severity < settings.severity || is_doubtful;
    };
    let terms = ruling.terms;
    let own = || !terms.shows(&finding.rule, finding.severity, finding.precision);
    finding.severity < terms.severity.unwrap_or(settings.severity)
        || foreign.unwrap_or_else(own)
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
