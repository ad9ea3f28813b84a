//! Words and sentences that several renderers share.

use std::collections::BTreeMap;

use crate::finding::{Gap, Severity};
use crate::rules::RuleInfo;
use crate::triage::{Triaged, Verdict};

use super::Report;

/// `1 file`, `2 files`, `1,234 files`.
pub(crate) fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", thousands(number))
}

/// A number with a comma between its groups of three digits.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The first `limit` sentences of a text on one line; all of it where there are fewer.
///
/// A sentence ends with `.`, `!` or `?` before white space.
pub(crate) fn sentences(text: &str, limit: usize) -> String {
    let mut out = String::new();
    let mut seen = 0;
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
        // `e.g.` and `i.e.` end no sentence.
        if word.ends_with(['.', '!', '?']) && !matches!(word, "e.g." | "i.e." | "cf." | "vs.") {
            seen += 1;
            if seen == limit {
                break;
            }
        }
    }
    out
}

/// The text with a full stop, unless it ends a sentence already.
pub(crate) fn full_sentence(text: &str) -> String {
    let text = text.trim_end();
    if text.ends_with(['.', '!', '?']) {
        text.to_owned()
    } else {
        format!("{text}.")
    }
}

/// Findings with verdict `Report`, in the report's order.
pub(crate) fn reported(report: &Report) -> impl Iterator<Item = &Triaged> {
    report
        .findings
        .iter()
        .filter(|triaged| triaged.verdict == Verdict::Report)
}

/// Reported findings by severity: errors, warnings, infos.
pub(crate) fn by_severity(report: &Report) -> [(Severity, u64); 3] {
    [Severity::Error, Severity::Warning, Severity::Info].map(|severity| {
        let number = reported(report)
            .filter(|triaged| triaged.finding.severity == severity)
            .count();
        (severity, number as u64)
    })
}

/// `3 findings: 1 error, 2 warnings`, or `no findings`.
pub fn findings_line(report: &Report) -> String {
    let parts = by_severity(report);
    let total: u64 = parts.iter().map(|(_, number)| number).sum();
    if total == 0 {
        return "no findings".to_owned();
    }
    let parts: Vec<String> = parts
        .iter()
        .filter(|(_, number)| *number > 0)
        .map(|(severity, number)| {
            let noun = match severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Info => "note",
            };
            count(*number, noun)
        })
        .collect();
    format!("{}: {}", count(total, "finding"), parts.join(", "))
}

/// The findings that are counted only: `4 known, 2 deviated`; empty where there are none.
pub(crate) fn unreported_line(report: &Report) -> String {
    let counts = report.counts();
    [
        ("known", "known"),
        ("deviated", "deviated"),
        ("outside-change", "outside the change"),
        ("below-threshold", "below the threshold"),
        ("soup-list", "for the SOUP risk list"),
        ("fixed", "repaired in the work tree"),
    ]
    .iter()
    .filter_map(|(verdict, words)| {
        let number = counts.get(verdict).copied().unwrap_or_default();
        (number > 0).then(|| format!("{} {words}", thousands(number)))
    })
    .collect::<Vec<_>>()
    .join(", ")
}

/// `5 files reviewed`, `4 of 5 files reviewed`, `0 files reviewed`.
pub(crate) fn files_line(report: &Report) -> String {
    let files = report.files;
    if files.analysed == files.total {
        format!("{} reviewed", count(files.total, "file"))
    } else {
        format!(
            "{} of {} reviewed",
            thousands(files.analysed),
            count(files.total, "file")
        )
    }
}

/// `37 of 38 functions analysed`, and how many the change cannot reach.
pub(crate) fn functions_line(report: &Report) -> String {
    let analysed = format!(
        "{} of {} analysed",
        thousands(report.functions.analysed),
        count(report.functions.total, "function")
    );
    match report.unreached_functions {
        0 => analysed,
        others => format!(
            "{analysed} ({} out of the change's reach)",
            thousands(others)
        ),
    }
}

/// Wall time of all phases, in microseconds.
pub(crate) fn micros(report: &Report) -> u64 {
    report.phases.iter().map(|phase| phase.micros).sum()
}

/// Gaps by the word of their kind.
pub(crate) fn gap_counts(report: &Report) -> BTreeMap<&'static str, u64> {
    let mut counts = BTreeMap::new();
    for gap in &report.gaps {
        *counts.entry(gap.kind.as_str()).or_default() += 1;
    }
    counts
}

/// `src/a.c`, `src/a.c:7` or `src/a.c:7-9`.
pub(crate) fn gap_place(gap: &Gap) -> String {
    match gap.lines {
        None => gap.path.to_string(),
        Some((first, last)) if first == last => format!("{}:{first}", gap.path),
        Some((first, last)) => format!("{}:{first}-{last}", gap.path),
    }
}

/// The slug of a rule, or its id where it has none.
pub(crate) fn name(rule: &RuleInfo) -> &str {
    if rule.slug.is_empty() {
        rule.id.as_str()
    } else {
        &rule.slug
    }
}

/// Breaks a text between words so that no line is longer than `width` characters, where words
/// permit.
pub(crate) fn wrap(text: &str, width: usize) -> String {
    let width = width.max(20);
    let mut out = String::with_capacity(text.len() + 8);
    let mut used = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width {
            out.push('\n');
            used = 0;
        } else if used > 0 {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += length;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(count(1, "file"), "1 file");
        assert_eq!(count(0, "file"), "0 files");
        assert_eq!(count(1_234_567, "line"), "1,234,567 lines");
    }

    #[test]
    fn sentences_are_cut_and_joined() {
        let text = "The pump\nstops. A frame, e.g. one of BLE, is longer! Third?";
        assert_eq!(sentences(text, 1), "The pump stops.");
        assert_eq!(
            sentences(text, 2),
            "The pump stops. A frame, e.g. one of BLE, is longer!"
        );
        assert_eq!(sentences("no stop", 2), "no stop");
        assert_eq!(full_sentence("no stop"), "no stop.");
        assert_eq!(full_sentence("Stop!"), "Stop!");
    }

    #[test]
    fn wrapping_keeps_words() {
        assert_eq!(
            wrap("aaaa bbbb cccc dddd eeee ffff", 20),
            "aaaa bbbb cccc dddd\neeee ffff"
        );
        assert_eq!(wrap("", 20), "");
    }
}
