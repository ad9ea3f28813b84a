//! A finding as a SARIF result.

use serde_json::{Map, Value, json};

use crate::finding::{self, Fix, FixSafety, SourceLine};
use crate::rules::RuleInfo;
use crate::triage::{BaselineState, Triaged, Verdict};

use super::super::{Report, line_hashes, page, visible, words};
use super::log::{
    ArtifactChange, ArtifactLocation, CodeFlow, FixPart, Location, LogicalLocation, Message,
    Region, Replacement, ResultPart, Suppression, ThreadFlow, ThreadFlowLocation,
};
use super::rule;

/// Locations GitHub shows per result; it refuses more than 1,000.
const LOCATION_LIMIT: usize = 100;

/// Bytes of source text per snippet; generated code has lines of a megabyte.
const SNIPPET_LIMIT: usize = 4_000;

/// Builds the result of a listed finding.
pub(super) fn result<'a>(
    report: &Report,
    triaged: &'a Triaged,
    info: Option<&RuleInfo>,
    rule_index: usize,
) -> ResultPart<'a> {
    let finding = &triaged.finding;
    let place = Region {
        snippet: covered(&finding.location, &finding.lines).map(|text| Message::text(&text)),
        ..region(&finding.location)
    };
    let context = context(&finding.lines).filter(|context| {
        // SARIF 3.29.5: the context is a proper superset of the region.
        context.start_line <= place.start_line && context.end_line >= place.end_line
    });
    let mut location = Location::at(&finding.location.path, Some(place));
    location.physical_location.context_region = context;
    if let Some(function) = &finding.function {
        location.logical_locations.push(LogicalLocation {
            name: function.clone(),
            kind: "function",
        });
    }
    ResultPart {
        rule_id: finding.rule.as_str(),
        rule_index,
        level: rule::level(finding.severity),
        message: message(&finding.message),
        locations: vec![location],
        partial_fingerprints: fingerprints(report, triaged),
        baseline_state: triaged.state.map(BaselineState::as_str),
        suppressions: suppressions(&triaged.verdict),
        related_locations: finding
            .related
            .iter()
            .take(LOCATION_LIMIT)
            .enumerate()
            .map(|(index, related)| Location {
                id: Some(index + 1),
                ..remark(&related.location, &related.message)
            })
            .collect(),
        code_flows: code_flows(finding),
        fixes: finding.fix.iter().map(fix).collect(),
        properties: properties(triaged, info),
    }
}

fn properties(triaged: &Triaged, info: Option<&RuleInfo>) -> Value {
    let finding = &triaged.finding;
    let mut properties = json!({
            "slug": info.map_or("", |rule| rule.slug.as_str()),
            "cwe": info.map(page::cwe_ids).unwrap_or_default(),
            "lesson": info.map_or("", |rule| rule.lesson.as_str()),
            "precision": finding.precision.as_str(),
            "status": finding.status.as_str(),
            "verdict": triaged.verdict.as_str(),
            "blocks": triaged.blocks,
            "onChangedLine": triaged.on_changed_line,
    });
    if let (Some(origin), Some(map)) = (&finding.origin, properties.as_object_mut()) {
        map.insert("tool".to_owned(), json!(origin.titled()));
    }
    properties
}

/// A sentence about strangers' code.
fn message(text: &str) -> Message {
    Message::text(&plain_text(&words::full_sentence(text)))
}

/// Text that holds no link of SARIF's (`[words](target)`, 3.11.6) and nothing invisible. `a[0](1)`
/// is ordinary C, so the brackets are escaped where a link would begin.
pub(super) fn plain_text(text: &str) -> String {
    let shown = visible::line(text);
    if shown.contains("](") {
        shown.replace('[', "\\[").replace(']', "\\]")
    } else {
        shown.into_owned()
    }
}

/// Ours, which no moved line changes, and the one GitHub matches alerts by.
fn fingerprints(report: &Report, triaged: &Triaged) -> Value {
    let location = &triaged.finding.location;
    let key = (location.path.clone(), location.start.line);
    let line_hash = match report.line_hashes.get(&key) {
        Some(hash) => hash.clone(),
        None => hash_of_shown(&triaged.finding.lines),
    };
    let mut map = Map::new();
    map.insert("primaryLocationLineHash".to_owned(), line_hash.into());
    map.insert("scrubin/v1".to_owned(), triaged.fingerprint.value().into());
    Value::Object(map)
}

/// GitHub's hash over the lines the finding carries: what can be said without the file.
fn hash_of_shown(lines: &[SourceLine]) -> String {
    let text: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    line_hashes(text.join("\n").as_bytes())
        .into_iter()
        .next()
        .unwrap_or_default()
}

fn suppressions(verdict: &Verdict) -> Vec<Suppression> {
    match verdict {
        Verdict::Deviated { reason, ticket } => {
            let mut justification = reason.clone();
            if let Some(ticket) = ticket {
                justification.push_str(&format!(" ({ticket})"));
            }
            vec![Suppression {
                kind: "inSource",
                status: "accepted",
                justification,
            }]
        }
        Verdict::Known => vec![Suppression {
            kind: "external",
            status: "accepted",
            justification: "In the baseline file: there when scrubin was adopted.".to_owned(),
        }],
        Verdict::Report
        | Verdict::OutsideChange
        | Verdict::BelowThreshold
        | Verdict::SoupList
        | Verdict::Fixed => Vec::new(),
    }
}

/// The path from source to sink.
fn code_flows(finding: &finding::Finding) -> Vec<CodeFlow> {
    if finding.trace.is_empty() {
        return Vec::new();
    }
    // A long path keeps its ends: where the data comes from and what it does.
    let steps = finding.trace.len();
    let head = LOCATION_LIMIT / 2;
    let kept = finding
        .trace
        .iter()
        .enumerate()
        .filter(|(index, _)| *index < head || index + head >= steps)
        .map(|(_, step)| ThreadFlowLocation {
            location: remark(&step.location, &step.message),
        })
        .collect();
    vec![CodeFlow {
        thread_flows: vec![ThreadFlow { locations: kept }],
    }]
}

fn remark(place: &finding::Location, text: &str) -> Location {
    let mut location = Location::at(&place.path, Some(region(place)));
    location.message = Some(message(text));
    location
}

fn fix(fix: &Fix) -> FixPart {
    let description = match fix.safety {
        FixSafety::Safe => "Keeps the meaning of correct code.",
        FixSafety::Suggested => "A possible edit; check that it fits.",
    };
    FixPart {
        description: Message::text(description),
        artifact_changes: vec![ArtifactChange {
            artifact_location: ArtifactLocation::of(&fix.location.path),
            replacements: vec![Replacement {
                deleted_region: region(&fix.location),
                inserted_content: Message::text(&fix.replacement),
            }],
        }],
    }
}

/// Lines and columns; an end before its start, which SARIF forbids, becomes the start.
fn region(place: &finding::Location) -> Region {
    let start = at_least_one(place.start);
    let end = at_least_one(place.end).max(start);
    Region {
        start_line: start.0,
        start_column: Some(start.1),
        end_line: Some(end.0),
        end_column: Some(end.1),
        snippet: None,
    }
}

/// The text of a place, if all of its lines are known.
fn covered(place: &finding::Location, lines: &[SourceLine]) -> Option<String> {
    let (start, end) = (place.start, place.end);
    let first = lines.iter().position(|line| line.number == start.line)?;
    let last = lines.iter().position(|line| line.number == end.line)?;
    let mut out = String::new();
    for line in lines.get(first..=last)? {
        let from = if line.number == start.line {
            start.column
        } else {
            1
        };
        let to = if line.number == end.line {
            end.column
        } else {
            u32::MAX
        };
        if line.number != start.line {
            out.push('\n');
        }
        let skip = from.saturating_sub(1) as usize;
        let take = to.saturating_sub(from.max(1)) as usize;
        out.extend(line.text.chars().skip(skip).take(take));
    }
    (!out.is_empty() && out.len() <= SNIPPET_LIMIT).then_some(out)
}

/// The whole lines around the region, with their text.
fn context(lines: &[SourceLine]) -> Option<Region> {
    let (first, last) = (lines.first()?, lines.last()?);
    let text: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    let text = text.join("\n");
    Some(Region {
        start_line: first.number.max(1),
        end_line: Some(last.number.max(first.number).max(1)),
        start_column: None,
        end_column: None,
        snippet: (text.len() <= SNIPPET_LIMIT).then(|| Message::text(&text)),
    })
}

/// Line and column, neither of them zero.
fn at_least_one(position: finding::Position) -> (u32, u32) {
    (position.line.max(1), position.column.max(1))
}
