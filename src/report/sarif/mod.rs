//! The report as SARIF 2.1.0, for code scanning and for the quality file. What is written, and why,
//! is described in `docs/sarif.md`.

mod log;
mod result;
mod rule;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::finding::{Gap, GapKind, RuleId};
use crate::rules::RuleInfo;
use crate::triage::Verdict;

use self::log::{
    Automation, Descriptor, Driver, Invocation, Location, Log, Message, Notification, Reference,
    Region, Run, Tool, VersionControl,
};
use super::{Report, visible, words};

/// Where the format is defined.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Name of the folder that all paths are relative to: the repository root, outside git the current
/// folder.
const ROOT: &str = "SRCROOT";

/// What the report does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SarifOptions {
    /// GitHub's category: runs of the same category replace each other.
    pub category: String,
    /// Address of the repository, for `versionControlProvenance`.
    pub repository_uri: Option<String>,
    /// Address under which the pages of the built-in rules are published; `/SLUG` is appended.
    pub page_base: Option<String>,
}

impl Default for SarifOptions {
    fn default() -> Self {
        Self {
            category: "scrubin".to_owned(),
            repository_uri: None,
            page_base: None,
        }
    }
}

/// Renders the report; ends with a line feed. Same report, same bytes.
///
/// Results are the findings with verdict `Report`, `Deviated` (suppressed, with the reason) and
/// `Known` (suppressed, `unchanged`); the others are counted in `run.properties`.
pub fn render(report: &Report, options: &SarifOptions) -> String {
    // The document holds strings, numbers and lists alone, whose serialization cannot fail.
    let text = serde_json::to_string_pretty(&log(report, options)).unwrap_or_default();
    let mut text = visible::json(text);
    text.push('\n');
    text
}

fn log<'a>(report: &'a Report, options: &'a SarifOptions) -> Log<'a> {
    let listed: Vec<_> = report
        .findings
        .iter()
        .filter(|triaged| {
            matches!(
                triaged.verdict,
                Verdict::Report | Verdict::Known | Verdict::Deviated { .. }
            )
        })
        .collect();
    // Rules that have results, and no others: a page per rule is most of the file.
    let used: BTreeSet<&RuleId> = listed.iter().map(|triaged| &triaged.finding.rule).collect();
    let indices: BTreeMap<&RuleId, usize> = used
        .iter()
        .enumerate()
        .map(|(index, id)| (*id, index))
        .collect();
    let rules = used
        .iter()
        .map(|id| match report.rules.get(id) {
            Some(info) => rule::descriptor(info, options.page_base.as_deref()),
            None => rule::unknown(id),
        })
        .collect();
    let info = |id: &RuleId| -> Option<&'a RuleInfo> { report.rules.get(id) };
    Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: vec![Run {
            tool: Tool {
                driver: driver(report, rules),
            },
            automation_details: Automation {
                id: format!("{}/", options.category.trim_end_matches('/')),
            },
            invocations: vec![Invocation {
                execution_successful: !report.incomplete,
                notifications: report.gaps.iter().map(notification).collect(),
            }],
            version_control_provenance: provenance(report, options),
            original_uri_base_ids: json!({
                ROOT: {"description": {"text": "The root of the repository."}}
            }),
            column_kind: "unicodeCodePoints",
            results: listed
                .iter()
                .map(|triaged| {
                    let id = &triaged.finding.rule;
                    let index = indices.get(id).copied().unwrap_or_default();
                    result::result(report, triaged, info(id), index)
                })
                .collect(),
            properties: properties(report),
        }],
    }
}

fn driver(report: &Report, rules: Vec<Descriptor>) -> Driver<'_> {
    let kinds: BTreeSet<GapKind> = report.gaps.iter().map(|gap| gap.kind).collect();
    Driver {
        name: "scrubin",
        organization: "scrubin",
        version: &report.version,
        semantic_version: &report.version,
        information_uri: env!("CARGO_PKG_REPOSITORY"),
        full_description: Message::text(concat!(env!("CARGO_PKG_DESCRIPTION"), ".")),
        rules,
        notifications: kinds.into_iter().map(gap_descriptor).collect(),
    }
}

fn gap_id(kind: GapKind) -> String {
    format!("gap-{}", kind.as_str())
}

/// Names the kind of a notification.
fn gap_descriptor(kind: GapKind) -> Descriptor {
    let what = match kind {
        GapKind::Syntax => "The parser could not read a part of a file.",
        GapKind::InactiveArm => "An arm of `#if` that was not chosen was not analysed.",
        GapKind::Depth => "A part of a file is nested too deeply to be analysed.",
        GapKind::Encoding => "A file is not text scrubin can read.",
        GapKind::Size => "A file is larger than the limit.",
        GapKind::Bound => "The analysis of a file reached a counted bound.",
        GapKind::Crash => "A defect of scrubin stopped the analysis of a file.",
        GapKind::Unreadable => "The content of a file could not be read.",
        GapKind::Vendor => "A vendor register header was left out.",
        GapKind::Language => "A file of a language scrubin does not analyse was left out.",
        GapKind::LfsPointer => "A file is a Git LFS pointer; its content was not there.",
    };
    let help = format!("{what} What it holds was not reviewed; the message says what to do.");
    Descriptor {
        // GitHub asks for both on every descriptor.
        full_description: Some(Message::text(what)),
        help: Some(Message::text(&help)),
        ..Descriptor::named(gap_id(kind), rule::pascal_case(&gap_id(kind)), what)
    }
}

/// A gap as a notification with its place.
fn notification(gap: &Gap) -> Notification {
    let level = match gap.kind {
        GapKind::InactiveArm | GapKind::Vendor => "note",
        kind if kind.is_failure() => "error",
        _ => "warning",
    };
    let mut text = words::full_sentence(&gap.detail);
    if let Some(function) = &gap.function {
        text.push_str(&format!(" Function: {function}."));
    }
    let region = gap.lines.map(|(first, last)| Region {
        start_line: first.max(1),
        end_line: Some(last.max(first).max(1)),
        ..Region::default()
    });
    Notification {
        descriptor: Reference {
            id: gap_id(gap.kind),
        },
        level,
        message: Message::text(&result::plain_text(&text)),
        locations: vec![Location::at(&gap.path, region)],
    }
}

/// The revision that was reviewed, where it and the repository's address are known.
fn provenance<'a>(report: &'a Report, options: &'a SarifOptions) -> Vec<VersionControl<'a>> {
    let (Some(uri), Some(head)) = (&options.repository_uri, &report.change.head) else {
        return Vec::new();
    };
    vec![VersionControl {
        repository_uri: uri,
        revision_id: head,
    }]
}

/// What SARIF has no field for.
fn properties(report: &Report) -> Value {
    json!({
        "counts": report.counts(),
        "gaps": words::gap_counts(report),
        "skipped": report.skipped.iter()
            .map(|skipped| json!({"reason": skipped.reason, "count": skipped.count}))
            .collect::<Vec<_>>(),
        "notices": report.notices.iter().map(|notice| &notice.text).collect::<Vec<_>>(),
        "profile": report.profile.part(),
        "change": {
            "source": report.change.source,
            "scope": report.change.scope,
            "base": report.change.base,
            "head": report.change.head,
        },
        "files": {"total": report.files.total, "analysed": report.files.analysed},
        "functions": {"total": report.functions.total, "analysed": report.functions.analysed},
        "rulesetDigest": report.ruleset_digest,
        "rulesActive": report.rules_active,
    })
}

#[cfg(test)]
mod tests;
