//! The report as JSON, for programs. The format is described in `docs/json.md`.

mod further;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::finding::{Fix, FixSafety, Gap, Location};
use crate::rules::RuleInfo;
use crate::triage::{BaselineState, Triaged, Verdict};

use self::further::{FixRecordPart, FixSummaryPart, ImportPart};
use super::profile::ProfilePart;
use super::{FileCounts, Report, page, visible, words};

/// Version of the format. Grows when a field changes its meaning or goes away, not when one is
/// added.
pub const VERSION: u32 = 1;

/// Name of the format.
pub const SCHEMA: &str = "scrubin-report";

/// What to put in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct JsonOptions {
    /// Adds `stats`. Its times differ from run to run.
    pub stats: bool,
    /// Lists the findings outside the change and below the threshold as well, not only their
    /// number.
    pub all_verdicts: bool,
}

/// Renders the report; ends with a line feed. Same report, same bytes.
pub fn render(report: &Report, options: JsonOptions) -> String {
    // The document holds strings, numbers and lists alone, whose serialization cannot fail.
    let text = serde_json::to_string_pretty(&document(report, options)).unwrap_or_default();
    let mut text = visible::json(text);
    text.push('\n');
    text
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    schema: &'static str,
    tool: ToolPart<'a>,
    change: ChangePart<'a>,
    findings: Vec<FindingPart<'a>>,
    gaps: Vec<GapPart<'a>>,
    skipped: Vec<SkippedPart<'a>>,
    notices: Vec<&'a str>,
    profile: ProfilePart<'a>,
    counts: BTreeMap<&'static str, u64>,
    by_severity: BTreeMap<&'static str, u64>,
    blocking: u64,
    incomplete: bool,
    files: CountsPart,
    functions: FunctionsPart,
    /// What became of edits, where somebody asked for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    fixes: Option<Vec<FixRecordPart<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix_summary: Option<FixSummaryPart>,
    /// What became of the results of other tools.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    imports: Vec<ImportPart<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stats: Option<StatsPart>,
}

#[derive(Serialize)]
struct ToolPart<'a> {
    name: &'static str,
    version: &'a str,
    ruleset_digest: &'a str,
    rules_active: u64,
}

#[derive(Serialize)]
struct ChangePart<'a> {
    source: &'a str,
    scope: &'a str,
    base: Option<&'a str>,
    head: Option<&'a str>,
}

#[derive(Serialize)]
struct FindingPart<'a> {
    rule: &'a str,
    slug: &'a str,
    severity: &'static str,
    precision: &'static str,
    status: &'static str,
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    deviation: Option<DeviationPart<'a>>,
    state: Option<&'static str>,
    blocks: bool,
    on_changed_line: bool,
    message: &'a str,
    #[serde(flatten)]
    place: PlacePart,
    function: Option<&'a str>,
    /// The other tool that found it.
    #[serde(skip_serializing_if = "Option::is_none")]
    tool: Option<OriginPart<'a>>,
    fingerprint: FingerprintPart<'a>,
    cwe: Vec<String>,
    lesson: &'a str,
    why: &'a str,
    #[serde(rename = "how-to-fix")]
    how_to_fix: &'a str,
    fix: Option<FixPart<'a>>,
    related: Vec<NotePart<'a>>,
    trace: Vec<NotePart<'a>>,
    lines: Vec<LinePart<'a>>,
}

#[derive(Serialize)]
struct OriginPart<'a> {
    name: &'a str,
    version: &'a str,
}

#[derive(Serialize)]
struct DeviationPart<'a> {
    reason: &'a str,
    ticket: Option<&'a str>,
}

#[derive(Serialize)]
struct PlacePart {
    path: String,
    uri: String,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
}

#[derive(Serialize)]
struct FingerprintPart<'a> {
    v1: String,
    key: &'a str,
    ordinal: u32,
    moved_key: &'a str,
}

#[derive(Serialize)]
struct FixPart<'a> {
    #[serde(flatten)]
    place: PlacePart,
    replacement: &'a str,
    safety: &'static str,
}

#[derive(Serialize)]
struct NotePart<'a> {
    #[serde(flatten)]
    place: PlacePart,
    message: &'a str,
}

#[derive(Serialize)]
struct LinePart<'a> {
    number: u32,
    text: &'a str,
}

#[derive(Serialize)]
struct GapPart<'a> {
    path: String,
    uri: String,
    kind: &'static str,
    line: Option<u32>,
    end_line: Option<u32>,
    function: Option<&'a str>,
    fails_review: bool,
    detail: &'a str,
}

#[derive(Serialize)]
struct SkippedPart<'a> {
    reason: &'a str,
    count: u64,
    examples: &'a [String],
}

#[derive(Serialize)]
struct CountsPart {
    total: u64,
    analysed: u64,
}

#[derive(Serialize)]
struct FunctionsPart {
    #[serde(flatten)]
    counts: CountsPart,
    #[serde(skip_serializing_if = "is_zero")]
    unreached: u64,
}

#[derive(Serialize)]
struct StatsPart {
    files: CountsPart,
    functions: FunctionsPart,
    lines: u64,
    /// In the order they ran; a list, because names may come twice.
    phases: Vec<PhasePart>,
    micros: u64,
}

#[derive(Serialize)]
struct PhasePart {
    name: &'static str,
    micros: u64,
}

fn document(report: &Report, options: JsonOptions) -> Document<'_> {
    let listed = |triaged: &&Triaged| {
        options.all_verdicts
            || matches!(
                triaged.verdict,
                Verdict::Report | Verdict::Deviated { .. } | Verdict::Known | Verdict::SoupList
            )
    };
    Document {
        version: VERSION,
        schema: SCHEMA,
        tool: ToolPart {
            name: "scrubin",
            version: &report.version,
            ruleset_digest: &report.ruleset_digest,
            rules_active: report.rules_active,
        },
        change: ChangePart {
            source: &report.change.source,
            scope: &report.change.scope,
            base: report.change.base.as_deref(),
            head: report.change.head.as_deref(),
        },
        findings: report
            .findings
            .iter()
            .filter(listed)
            .map(|triaged| finding(triaged, report.rules.get(&triaged.finding.rule)))
            .collect(),
        gaps: report.gaps.iter().map(gap).collect(),
        skipped: report
            .skipped
            .iter()
            .map(|skipped| SkippedPart {
                reason: &skipped.reason,
                count: skipped.count,
                examples: &skipped.examples,
            })
            .collect(),
        notices: report
            .notices
            .iter()
            .map(|notice| notice.text.as_str())
            .collect(),
        profile: report.profile.part(),
        counts: report.counts(),
        by_severity: words::by_severity(report)
            .into_iter()
            .map(|(severity, number)| (severity.as_str(), number))
            .collect(),
        blocking: report.findings.iter().filter(|t| t.blocks).count() as u64,
        incomplete: report.incomplete,
        files: counts(report.files),
        functions: functions(report),
        fixes: report.fixes.as_ref().map(|fixes| {
            let records = fixes.records.iter();
            records.map(further::fix_record).collect()
        }),
        fix_summary: report.fixes.as_ref().map(further::fix_summary),
        imports: report.imports.iter().map(further::import).collect(),
        stats: options.stats.then(|| stats(report)),
    }
}

fn safety(safety: FixSafety) -> &'static str {
    match safety {
        FixSafety::Safe => "safe",
        FixSafety::Suggested => "suggested",
    }
}

fn finding<'a>(triaged: &'a Triaged, rule: Option<&'a RuleInfo>) -> FindingPart<'a> {
    let finding = &triaged.finding;
    FindingPart {
        rule: finding.rule.as_str(),
        slug: rule.map_or("", |rule| &rule.slug),
        severity: finding.severity.as_str(),
        precision: finding.precision.as_str(),
        status: finding.status.as_str(),
        verdict: triaged.verdict.as_str(),
        deviation: match &triaged.verdict {
            Verdict::Deviated { reason, ticket } => Some(DeviationPart {
                reason,
                ticket: ticket.as_deref(),
            }),
            _ => None,
        },
        state: triaged.state.map(BaselineState::as_str),
        blocks: triaged.blocks,
        on_changed_line: triaged.on_changed_line,
        message: &finding.message,
        place: place(&finding.location),
        function: finding.function.as_deref(),
        tool: finding.origin.as_ref().map(|origin| OriginPart {
            name: &origin.tool,
            version: &origin.version,
        }),
        fingerprint: FingerprintPart {
            v1: triaged.fingerprint.value(),
            key: &triaged.fingerprint.key,
            ordinal: triaged.fingerprint.ordinal,
            moved_key: &triaged.fingerprint.moved_key,
        },
        cwe: rule.map(page::cwe_ids).unwrap_or_default(),
        lesson: rule.map_or("", |rule| &rule.lesson),
        why: rule.map_or("", |rule| &rule.why),
        how_to_fix: rule.map_or("", |rule| &rule.how_to_fix),
        fix: finding.fix.as_ref().map(fix),
        related: finding
            .related
            .iter()
            .map(|related| note(&related.location, &related.message))
            .collect(),
        trace: finding
            .trace
            .iter()
            .map(|step| note(&step.location, &step.message))
            .collect(),
        lines: finding
            .lines
            .iter()
            .map(|line| LinePart {
                number: line.number,
                text: &line.text,
            })
            .collect(),
    }
}

fn fix(fix: &Fix) -> FixPart<'_> {
    FixPart {
        place: place(&fix.location),
        replacement: &fix.replacement,
        safety: safety(fix.safety),
    }
}

fn note<'a>(location: &Location, message: &'a str) -> NotePart<'a> {
    NotePart {
        place: place(location),
        message,
    }
}

fn place(location: &Location) -> PlacePart {
    PlacePart {
        path: location.path.to_string(),
        uri: location.path.to_uri(),
        line: location.start.line,
        column: location.start.column,
        end_line: location.end.line,
        end_column: location.end.column,
    }
}

fn gap(gap: &Gap) -> GapPart<'_> {
    GapPart {
        path: gap.path.to_string(),
        uri: gap.path.to_uri(),
        kind: gap.kind.as_str(),
        line: gap.lines.map(|(first, _)| first),
        end_line: gap.lines.map(|(_, last)| last),
        function: gap.function.as_deref(),
        fails_review: gap.kind.is_failure(),
        detail: &gap.detail,
    }
}

fn counts(counts: FileCounts) -> CountsPart {
    CountsPart {
        total: counts.total,
        analysed: counts.analysed,
    }
}

fn functions(report: &Report) -> FunctionsPart {
    FunctionsPart {
        counts: counts(report.functions),
        unreached: report.unreached_functions,
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

fn stats(report: &Report) -> StatsPart {
    StatsPart {
        files: counts(report.files),
        functions: functions(report),
        lines: report.lines,
        phases: report
            .phases
            .iter()
            .map(|phase| PhasePart {
                name: phase.name,
                micros: phase.micros,
            })
            .collect(),
        micros: words::micros(report),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use serde_json::Value;

    use super::super::{Phase, sample};
    use super::*;

    fn value(report: &Report, options: JsonOptions) -> Value {
        serde_json::from_str(&render(report, options)).unwrap()
    }

    #[test]
    fn a_full_report() {
        insta::assert_snapshot!(render(&sample::full(), JsonOptions::default()));
    }

    #[test]
    fn reported_deviated_and_known_are_listed_the_rest_counted() {
        let json = value(&sample::full(), JsonOptions::default());
        assert_eq!(json["findings"].as_array().unwrap().len(), 5);
        assert_eq!(json["counts"]["outside-change"], 1);
        assert_eq!(json["counts"]["below-threshold"], 1);
        let all = JsonOptions {
            all_verdicts: true,
            ..JsonOptions::default()
        };
        assert_eq!(
            value(&sample::full(), all)["findings"]
                .as_array()
                .unwrap()
                .len(),
            7
        );
    }

    #[test]
    fn stats_are_an_option() {
        let mut report = sample::full();
        report.phases = vec![
            Phase {
                name: "parse",
                micros: 40,
            },
            Phase {
                name: "match",
                micros: 2,
            },
        ];
        assert!(
            value(&report, JsonOptions::default())
                .get("stats")
                .is_none()
        );
        let json = value(
            &report,
            JsonOptions {
                stats: true,
                ..JsonOptions::default()
            },
        );
        assert_eq!(json["stats"]["files"]["total"], 5);
        assert_eq!(json["stats"]["files"]["analysed"], 4);
        assert_eq!(json["stats"]["functions"]["total"], 38);
        assert_eq!(json["stats"]["phases"][1]["name"], "match");
        assert_eq!(json["stats"]["micros"], 42);
    }

    #[test]
    fn hostile_text_survives_as_data_and_is_safe_to_print() {
        let report = sample::hostile();
        let text = render(&report, JsonOptions::default());
        assert!(!text.chars().any(|c| c != '\n' && visible::is_hidden(c)));
        let json: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            json["findings"][0]["message"].as_str().unwrap(),
            report.findings.first().unwrap().finding.message
        );
        assert!(
            json["findings"][0]["uri"]
                .as_str()
                .unwrap()
                .contains("%FF%3A%2C%25%0A")
        );
    }
}
