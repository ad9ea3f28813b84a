//! What only some reports hold: edits, and the results of other tools.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::{FixRecord, FixReport, ImportSummary, Places};
use super::{FixPart, place, safety};

#[derive(Serialize)]
pub(super) struct FixRecordPart<'a> {
    rule: &'a str,
    fingerprint: &'a str,
    status: &'static str,
    reason: Option<&'a str>,
    round: u32,
    #[serde(flatten)]
    edit: FixPart<'a>,
}

#[derive(Serialize)]
pub(super) struct FixSummaryPart {
    dry_run: bool,
    files: u64,
    counts: BTreeMap<&'static str, u64>,
    /// Invalid UTF-8 replaced.
    diff: String,
}

#[derive(Serialize)]
pub(super) struct ImportPart<'a> {
    file: &'a str,
    tool: &'a str,
    version: &'a str,
    results: u64,
    findings: u64,
    found_by_us: u64,
    found_by_others: u64,
    repeated: u64,
    passed: u64,
    disabled: u64,
    not_reviewed: PlacesPart<'a>,
    not_here: PlacesPart<'a>,
    no_line: PlacesPart<'a>,
    no_place: u64,
    unreasoned: u64,
    unexcused: u64,
    unfinished: Option<&'a str>,
}

#[derive(Serialize)]
struct PlacesPart<'a> {
    count: u64,
    examples: &'a [String],
}

pub(super) fn fix_record(record: &FixRecord) -> FixRecordPart<'_> {
    FixRecordPart {
        rule: record.rule.as_str(),
        fingerprint: &record.fingerprint,
        status: record.status.as_str(),
        reason: record.reason.as_deref(),
        round: record.round,
        edit: FixPart {
            place: place(&record.location),
            replacement: &record.replacement,
            safety: safety(record.safety),
        },
    }
}

pub(super) fn fix_summary(fixes: &FixReport) -> FixSummaryPart {
    FixSummaryPart {
        dry_run: fixes.is_dry_run,
        files: fixes.files,
        counts: fixes.counts(),
        diff: String::from_utf8_lossy(&fixes.diff).into_owned(),
    }
}

pub(super) fn import(summary: &ImportSummary) -> ImportPart<'_> {
    fn part(places: &Places) -> PlacesPart<'_> {
        PlacesPart {
            count: places.count,
            examples: &places.examples,
        }
    }
    ImportPart {
        file: &summary.file,
        tool: &summary.tool,
        version: &summary.version,
        results: summary.results,
        findings: summary.findings,
        found_by_us: summary.found_by_us,
        found_by_others: summary.found_by_others,
        repeated: summary.repeated,
        passed: summary.passed,
        disabled: summary.disabled,
        not_reviewed: part(&summary.not_reviewed),
        not_here: part(&summary.not_here),
        no_line: part(&summary.no_line),
        no_place: summary.no_place,
        unreasoned: summary.unreasoned,
        unexcused: summary.unexcused,
        unfinished: summary.unfinished.as_deref(),
    }
}
