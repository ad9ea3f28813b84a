//! Report and surroundings → record.

use crate::report::{Report, page};
use crate::triage::{Triaged, Verdict};

use super::record::{
    ChangePart, CoveragePart, Disposition, FindingPart, GapPart, GatePart, GateResult, PeoplePart,
    ProjectPart, ReviewRecord, RulesetPart, SCHEMA_VERSION, SkippedPart, ToolPart,
};
use super::verify::rules_digest;

/// What the report does not say.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// From the configuration.
    pub project: ProjectPart,
    /// Address of the repository without credentials.
    pub repository: Option<String>,
    /// Tree of the head, or of the index.
    pub tree: Option<String>,
    /// `git patch-id --stable` of the change.
    pub patch_id: Option<String>,
    /// Branch.
    pub branch: Option<String>,
    /// Number of the pull request.
    pub pull_request: Option<u64>,
    /// Who wrote, reviewed and approved.
    pub people: PeoplePart,
    /// RFC 3339 in UTC.
    pub started: String,
    /// RFC 3339 in UTC.
    pub ended: String,
    /// SHA-256 of the program file.
    pub binary_sha256: Option<String>,
    /// `NAME VERSION` of each grammar.
    pub grammars: Vec<String>,
    /// `CODE VERSION SEVERITY PRECISION` of each active rule, sorted.
    pub rules: Vec<String>,
}

/// Makes the record of a review; its number, name and predecessor are given by the log it goes into.
pub fn build(report: &Report, context: Context) -> ReviewRecord {
    ReviewRecord {
        schema: SCHEMA_VERSION,
        id: String::new(),
        sequence: 0,
        previous: None,
        project: context.project,
        change: ChangePart {
            repository: context.repository,
            source: report.change.source.clone(),
            scope: report.change.scope.clone(),
            base: report.change.base.clone(),
            head: report.change.head.clone(),
            tree: context.tree,
            patch_id: context.patch_id,
            branch: context.branch,
            pull_request: context.pull_request,
        },
        people: context.people,
        started: context.started,
        ended: context.ended,
        tool: ToolPart {
            name: "scrubin".to_owned(),
            version: report.version.clone(),
            binary_sha256: context.binary_sha256,
            grammars: context.grammars,
        },
        ruleset: RulesetPart {
            digest: report.ruleset_digest.clone(),
            rules_sha256: rules_digest(&context.rules),
            rules: context.rules,
        },
        coverage: coverage(report),
        findings: report
            .findings
            .iter()
            .filter(|triaged| is_recorded(triaged))
            .map(|triaged| finding(triaged, report))
            .collect(),
        gate: GatePart {
            result: if report.incomplete {
                GateResult::Incomplete
            } else if report.blocks() {
                GateResult::Fail
            } else {
                GateResult::Pass
            },
            blocking: report.findings.iter().filter(|one| one.blocks).count() as u64,
        },
        notices: report
            .notices
            .iter()
            .map(|notice| notice.text.clone())
            .collect(),
    }
}

/// What the change brought in or somebody decided about; old findings outside of it are no part of
/// the review.
fn is_recorded(triaged: &Triaged) -> bool {
    matches!(
        triaged.verdict,
        Verdict::Report | Verdict::Known | Verdict::SoupList | Verdict::Deviated { .. }
    )
}

fn finding(triaged: &Triaged, report: &Report) -> FindingPart {
    let finding = &triaged.finding;
    let rule = report.rules.get(&finding.rule);
    FindingPart {
        fingerprint: triaged.fingerprint.value(),
        rule: finding.rule.to_string(),
        rule_version: rule.map(|rule| rule.version.clone()).unwrap_or_default(),
        cwe: rule.map(page::cwe_ids).unwrap_or_default(),
        path: finding.location.path.to_string(),
        line: finding.location.start.line,
        severity: finding.severity.as_str().to_owned(),
        precision: finding.precision.as_str().to_owned(),
        verdict: triaged.verdict.as_str().to_owned(),
        blocks: triaged.blocks,
        disposition: match &triaged.verdict {
            Verdict::Deviated { reason, ticket } => Some(Disposition {
                kind: "deviation".to_owned(),
                reason: reason.clone(),
                ticket: ticket.clone(),
            }),
            Verdict::Known => Some(Disposition {
                kind: "baseline".to_owned(),
                reason: "accepted at adoption".to_owned(),
                ticket: None,
            }),
            _ => None,
        },
    }
}

fn coverage(report: &Report) -> CoveragePart {
    CoveragePart {
        files: report.files.total,
        files_analysed: report.files.analysed,
        functions: report.functions.total,
        functions_analysed: report.functions.analysed,
        functions_unreached: report.unreached_functions,
        lines: report.lines,
        skipped: report
            .skipped
            .iter()
            .map(|skipped| SkippedPart {
                reason: skipped.reason.clone(),
                count: skipped.count,
            })
            .collect(),
        gaps: report
            .gaps
            .iter()
            .map(|gap| GapPart {
                path: gap.path.to_string(),
                line: gap.lines.map(|(first, _)| first),
                kind: gap.kind.as_str().to_owned(),
            })
            .collect(),
    }
}
