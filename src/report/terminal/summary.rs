//! What stands below the findings: gaps, skipped files, notices, the sum.

use crate::finding::{Gap, GapKind};

use super::super::paint::Paint;
use super::super::{FixRecord, FixStatus, Report, visible, words};
use super::TerminalOptions;

/// Gaps that are listed one by one; the others are counted.
const GAPS_SHOWN: usize = 10;

/// Edits of each kind that are listed one by one; the others are counted.
const FIXES_SHOWN: usize = 20;

/// Appends everything below the findings.
pub(super) fn write(out: &mut String, report: &Report, options: TerminalOptions) {
    let paint = Paint { on: options.color };
    let before = out.len();
    gaps(out, report, &paint);
    fixes(out, report, &paint);
    for skipped in &report.skipped {
        let mut text = format!(
            "{} skipped: {}",
            words::count(skipped.count, "file"),
            visible::line(&skipped.reason)
        );
        if !skipped.examples.is_empty() {
            let names: Vec<_> = skipped.examples.iter().map(|n| visible::line(n)).collect();
            let more = if skipped.count > names.len() as u64 {
                ", ..."
            } else {
                ""
            };
            text.push_str(&format!(" ({}{more})", names.join(", ")));
        }
        line(out, &paint.bold("note"), &text);
    }
    for remark in report.remarks() {
        line(out, &paint.bold("note"), &visible::line(&remark));
    }
    if out.len() > before {
        out.push('\n');
    }
    sum(out, report, options, &paint);
}

fn line(out: &mut String, label: &str, text: &str) {
    out.push_str(&format!("{label}: {text}\n"));
}

/// Lists gaps, those that fail the review first and as errors. Arms of `#if` that were not chosen
/// are counted only: ordinary firmware has one in every file.
fn gaps(out: &mut String, report: &Report, paint: &Paint) {
    let mut listed: Vec<&Gap> = report
        .gaps
        .iter()
        .filter(|gap| gap.kind != GapKind::InactiveArm)
        .collect();
    listed.sort_by_key(|gap| !gap.kind.is_failure());
    for gap in listed.iter().take(GAPS_SHOWN) {
        let label = if gap.kind.is_failure() && report.incomplete {
            paint.red("error")
        } else {
            paint.yellow("warning")
        };
        let place = words::gap_place(gap);
        let function = gap
            .function
            .as_ref()
            .map(|name| format!(" in `{}`", visible::line(name)))
            .unwrap_or_default();
        let text = format!(
            "not analysed: {}{function} ({}): {}",
            visible::line(&place),
            gap.kind.as_str(),
            visible::line(&gap.detail)
        );
        line(out, &label, &text);
    }
    let more = listed.len().saturating_sub(GAPS_SHOWN);
    if more > 0 {
        let kinds: Vec<String> = words::gap_counts(report)
            .into_iter()
            .filter(|(kind, _)| *kind != GapKind::InactiveArm.as_str())
            .map(|(kind, number)| format!("{} {kind}", words::thousands(number)))
            .collect();
        let text = format!(
            "{} more not analysed (in all: {}); `--format json` lists them",
            words::count(more as u64, "place"),
            kinds.join(", ")
        );
        line(out, &paint.yellow("warning"), &text);
    }
    let arms = report.gaps.len() - listed.len();
    if arms > 0 {
        let text = format!(
            "{} of `#if` not analysed: another arm was chosen",
            words::count(arms as u64, "arm")
        );
        line(out, &paint.bold("note"), &text);
    }
}

/// Lists the edits that were decided; those that wait stand beside their findings.
fn fixes(out: &mut String, report: &Report, paint: &Paint) {
    let Some(fixes) = &report.fixes else {
        return;
    };
    for (status, shown) in [
        (FixStatus::Applied, paint.green("applied")),
        (FixStatus::WouldApply, paint.green("would apply")),
        (FixStatus::Settled, paint.green("settled")),
        (FixStatus::Declined, paint.bold("declined")),
        (FixStatus::Refused, paint.yellow("refused")),
    ] {
        let of_status: Vec<&FixRecord> = fixes
            .records
            .iter()
            .filter(|record| record.status == status)
            .collect();
        for record in of_status.iter().take(FIXES_SHOWN) {
            let place = &record.location;
            let mut text = format!(
                "{}:{}:{}: {}",
                visible::line(&place.path.to_string()),
                place.start.line,
                place.start.column,
                record.rule
            );
            match &record.reason {
                Some(reason) => text.push_str(&format!(": {}", visible::line(reason))),
                None => text.push_str(&format!(": `{}`", visible::line(&record.replacement))),
            }
            line(out, &shown, &text);
        }
        let more = of_status.len().saturating_sub(FIXES_SHOWN);
        if more > 0 {
            let text = format!(
                "{}; `--format json` lists them",
                words::count(more as u64, "more edit")
            );
            line(out, &shown, &text);
        }
    }
}

/// The last lines: files, functions, findings, time.
fn sum(out: &mut String, report: &Report, options: TerminalOptions, paint: &Paint) {
    let mut facts = vec![words::files_line(report), words::functions_line(report)];
    if report.lines > 0 {
        facts.push(words::count(report.lines, "line"));
    }
    if !report.phases.is_empty() {
        facts.push(format!("{:.3} s", words::micros(report) as f64 / 1e6));
    }
    let label = if report.blocks() || report.incomplete {
        paint.red("scrubin")
    } else {
        paint.green("scrubin")
    };
    line(out, &label, &facts.join(", "));

    let mut text = words::findings_line(report);
    let blocking = report.findings.iter().filter(|t| t.blocks).count() as u64;
    if blocking > 0 {
        let verb = if blocking == 1 { "blocks" } else { "block" };
        text.push_str(&format!("; {} {verb}", words::thousands(blocking)));
    }
    let unreported = words::unreported_line(report);
    if !unreported.is_empty() {
        text.push_str(&format!("; not shown: {unreported}"));
    }
    out.push_str(&format!("         {text}\n"));
    if report.incomplete {
        out.push_str("         a changed file could not be analysed: the review is incomplete\n");
    }
    if options.stats {
        for phase in &report.phases {
            let millis = phase.micros as f64 / 1e3;
            out.push_str(&format!("         {:<12} {millis:>10.3} ms\n", phase.name));
        }
    }
}
