//! Report and surroundings → record.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::profile::{self, Profile, SafetyClass};
use crate::config::{Config, FailOn};
use crate::finding::{Precision, Severity, Step};
use crate::report::{Report, page};
use crate::triage::{DeviationUse, Triaged, Verdict};

use super::record::{
    ChangePart, ChecklistPart, ConfigurationPart, CoveragePart, Disposition, FindingPart,
    FixedPart, GapPart, GatePart, GateResult, PeoplePart, ProjectPart, ReviewRecord, RulesetPart,
    SCHEMA_VERSION, SkippedPart, StepPart, ToolPart,
};
use super::verify::rules_digest;

/// What the run went by, which its report does not say.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// `CODE VERSION SEVERITY PRECISION` of each active rule, sorted.
    pub rules: Vec<String>,
    /// Digest of the built-in rules alone.
    pub builtin: String,
    /// Codes of the rules that are not built in, sorted.
    pub own: Vec<String>,
    /// Whether the configuration is one that an argument named.
    pub is_given: bool,
    /// By what arguments make the review weaker than the repository's own configuration.
    pub weaker: Vec<String>,
    /// From which severity on a finding closes the gate.
    pub fail_on: FailOn,
    /// Lowest precision that is reported.
    pub precision: Option<Precision>,
    /// Lowest severity that is reported.
    pub severity: Option<Severity>,
    /// The strictest safety class among the reviewed files, by the profile.
    pub class: Option<SafetyClass>,
    /// The files of the change.
    pub files: BTreeSet<String>,
}

/// What the report does not say.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// From the configuration.
    pub project: ProjectPart,
    /// Where that came from.
    pub configuration: ConfigurationPart,
    /// From the profile.
    pub checklist: Vec<ChecklistPart>,
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
    /// What the run went by.
    pub terms: Terms,
}

/// What the configuration says of the product.
pub fn project(config: &Config, report: &Report, terms: &Terms) -> ProjectPart {
    let record = &config.record;
    let of_profile = |profile: &Profile| profile.device.clone();
    let class = record.safety_class.or(terms.class);
    ProjectPart {
        name: record.project.clone(),
        device: record
            .device
            .clone()
            .or_else(|| config.profile.as_ref().and_then(of_profile)),
        item: record.item.clone(),
        safety_class: class.map(|class| class.as_str().to_owned()),
        profile_sha256: (!config.path().is_empty())
            .then(|| super::envelope::sha256(config.text().as_bytes())),
        level: report.profile.level.map(str::to_owned),
    }
}

/// Where the settings came from, and by what they are weaker than those of the repository.
pub fn configuration(config: &Config, terms: &Terms) -> ConfigurationPart {
    let is_there = !config.path().is_empty();
    let origin = match (terms.is_given, is_there) {
        (true, _) => "argument",
        (false, true) => "repository",
        (false, false) => "defaults",
    };
    ConfigurationPart {
        origin: origin.to_owned(),
        path: is_there.then(|| config.path().to_owned()),
        sha256: is_there.then(|| super::envelope::sha256(config.text().as_bytes())),
        weaker: terms.weaker.clone(),
    }
}

/// What a person has to look at for this change.
pub fn checklist(config: &Config, class: Option<SafetyClass>) -> Vec<ChecklistPart> {
    let class = config.record.safety_class.or(class);
    profile::checklist(config.profile.as_ref(), class)
        .into_iter()
        .map(|check| ChecklistPart {
            key: check.key.to_owned(),
            text: check.text.to_owned(),
            because: check.when.words().to_owned(),
        })
        .collect()
}

/// Makes the record of a review; its number, name and predecessor are given by the log it goes into.
pub fn build(report: &Report, context: Context) -> ReviewRecord {
    let decided = decisions(report);
    let terms = context.terms;
    let mut configuration = context.configuration;
    configuration
        .weaker
        .extend(report.profile.lowered_by_change());
    ReviewRecord {
        schema: SCHEMA_VERSION,
        id: String::new(),
        sequence: 0,
        previous: None,
        project: context.project,
        configuration,
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
            id: match terms.own.is_empty() {
                true => "built-in".to_owned(),
                false => "built-in and own".to_owned(),
            },
            version: report.version.clone(),
            builtin: terms.builtin,
            own: terms.own,
            digest: report.ruleset_digest.clone(),
            rules_sha256: rules_digest(&terms.rules),
            rules: terms.rules.into(),
        },
        coverage: coverage(report),
        findings: report
            .findings
            .iter()
            .filter(|triaged| is_recorded(triaged))
            .map(|triaged| finding(triaged, report, &decided))
            .collect(),
        fixed: Vec::new(),
        gate: GatePart {
            result: result_of(report),
            blocking: report.findings.iter().filter(|one| one.blocks).count() as u64,
            fail_on: terms.fail_on.as_str().to_owned(),
            precision: terms
                .precision
                .unwrap_or(Precision::High)
                .as_str()
                .to_owned(),
            severity: terms.severity.unwrap_or(Severity::Info).as_str().to_owned(),
        },
        checklist: context.checklist,
        notices: report
            .notices
            .iter()
            .map(|notice| notice.text.clone())
            .collect(),
    }
}

/// What the report says of the gate.
pub fn result_of(report: &Report) -> GateResult {
    if report.incomplete {
        GateResult::Incomplete
    } else if report.blocks() {
        GateResult::Fail
    } else {
        GateResult::Pass
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

/// The deviation that gave the reason for a finding, by the finding's fingerprint.
fn decisions(report: &Report) -> BTreeMap<&str, &DeviationUse> {
    let mut decided = BTreeMap::new();
    for one in &report.deviations {
        for fingerprint in &one.fingerprints {
            decided.entry(fingerprint.as_str()).or_insert(one);
        }
    }
    decided
}

fn finding(
    triaged: &Triaged,
    report: &Report,
    decided: &BTreeMap<&str, &DeviationUse>,
) -> FindingPart {
    let finding = &triaged.finding;
    let rule = report.rules.get(&finding.rule);
    let fingerprint = triaged.fingerprint.value();
    FindingPart {
        rule: finding.rule.to_string(),
        rule_version: rule.map(|rule| rule.version.clone()).unwrap_or_default(),
        cwe: rule.map(page::cwe_ids).unwrap_or_default(),
        path: finding.location.path.to_string(),
        line: finding.location.start.line,
        column: finding.location.start.column,
        function: finding.function.clone(),
        trace: finding.trace.iter().map(step).collect(),
        state: triaged.state.map(|state| state.as_str().to_owned()),
        severity: finding.severity.as_str().to_owned(),
        precision: finding.precision.as_str().to_owned(),
        verdict: triaged.verdict.as_str().to_owned(),
        blocks: triaged.blocks,
        disposition: disposition(&triaged.verdict, decided.get(fingerprint.as_str()).copied()),
        fingerprint,
    }
}

fn step(step: &Step) -> StepPart {
    StepPart {
        path: step.location.path.to_string(),
        line: step.location.start.line,
        column: step.location.start.column,
        what: step.message.clone(),
    }
}

fn disposition(verdict: &Verdict, by: Option<&DeviationUse>) -> Option<Disposition> {
    match (verdict, by) {
        (Verdict::Deviated { .. }, Some(one)) => Some(of_deviation(one)),
        // No deviation of ours: another tool was told to be silent.
        (Verdict::Deviated { reason, ticket }, None) => Some(Disposition {
            kind: "tool".to_owned(),
            reason: reason.clone(),
            ticket: ticket.clone(),
            ..Disposition::default()
        }),
        (Verdict::Known, _) => Some(Disposition {
            kind: "baseline".to_owned(),
            reason: "accepted at adoption".to_owned(),
            ..Disposition::default()
        }),
        _ => None,
    }
}

fn of_deviation(one: &DeviationUse) -> Disposition {
    let deviation = &one.deviation;
    let day = |day: Option<chrono::NaiveDate>| day.map(|day| day.to_string());
    let register = &deviation.register;
    Disposition {
        kind: register.kind.as_str().to_owned(),
        id: register.id.clone(),
        place: Some(format!("{}:{}", one.location.path, one.location.start.line)),
        reason: deviation.reason.clone().unwrap_or_default(),
        ticket: deviation.ticket.clone(),
        risk_file: register.risk_file.clone(),
        permit: register.permit.clone(),
        author: register.author.clone(),
        approver: deviation.approved_by.clone(),
        decided: day(register.approved.or(register.created)),
        until: day(deviation.until),
    }
}

/// What an earlier record of the same change reported and this review does not find any more, in files
/// that it read whole.
pub fn fixed_since(earlier: &ReviewRecord, report: &Report, terms: &Terms) -> Vec<FixedPart> {
    let found: BTreeSet<String> = report
        .findings
        .iter()
        .map(|one| one.fingerprint.value())
        .collect();
    let unread: BTreeSet<String> = report.gaps.iter().map(|gap| gap.path.to_string()).collect();
    earlier
        .findings
        .iter()
        .filter(|finding| finding.verdict == Verdict::Report.as_str())
        .filter(|finding| !found.contains(&finding.fingerprint))
        .filter(|finding| terms.files.contains(&finding.path) && !unread.contains(&finding.path))
        .map(|finding| FixedPart {
            fingerprint: finding.fingerprint.clone(),
            rule: finding.rule.clone(),
            path: finding.path.clone(),
            record: earlier.id.clone(),
        })
        .collect()
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
                examples: skipped.examples.clone(),
            })
            .collect(),
        gaps: report
            .gaps
            .iter()
            .map(|gap| GapPart {
                path: gap.path.to_string(),
                line: gap.lines.map(|(first, _)| first),
                last_line: gap.lines.map(|(_, last)| last),
                function: gap.function.clone(),
                kind: gap.kind.as_str().to_owned(),
                why: gap.detail.clone(),
            })
            .collect(),
    }
}
