//! Workflow commands: lines that GitHub Actions turns into annotations.

use std::collections::BTreeSet;

use crate::finding::{Gap, Severity};
use crate::triage::Triaged;

use super::visible;
use super::{Report, words};

/// Annotations of one kind that GitHub shows per step; further ones it drops without a word.
pub const SHOWN_PER_KIND: usize = 10;

/// Characters of an annotation's title that GitHub takes.
const TITLE_LIMIT: usize = 255;

/// Renders reported findings as `::error`, `::warning` and `::notice` commands, gaps as
/// `::warning`, notices and a closing summary as `::notice`.
///
/// Blocking findings come first. What exceeds [`SHOWN_PER_KIND`] follows as plain lines of the log
/// and is counted in the summary. Every line ends with a line feed.
pub fn render(report: &Report) -> String {
    render_beside(report, &BTreeSet::new())
}

/// As [`render`], beside review comments: findings whose fingerprint (`KEY:ORDINAL`) is in
/// `commented` are shown at their line already, so they are plain lines of the log.
pub fn render_beside(report: &Report, commented: &BTreeSet<String>) -> String {
    let mut findings: Vec<&Triaged> = words::reported(report).collect();
    findings.sort_by_key(|triaged| (!triaged.blocks, std::cmp::Reverse(triaged.finding.severity)));

    let mut errors = Kind::new("error", SHOWN_PER_KIND);
    let mut warnings = Kind::new("warning", SHOWN_PER_KIND);
    // One notice is kept for the summary.
    let mut notices = Kind::new("notice", SHOWN_PER_KIND - 1);
    for triaged in findings {
        let kind = match triaged.finding.severity {
            Severity::Error => &mut errors,
            Severity::Warning => &mut warnings,
            Severity::Info => &mut notices,
        };
        let annotation = finding(report, triaged);
        if commented.contains(&triaged.fingerprint.value()) {
            kind.commented.push(annotation.plain);
        } else {
            kind.push(annotation);
        }
    }
    // Whole files first: a gap that fails the review must not hide behind the limit.
    let mut gaps: Vec<&Gap> = report.gaps.iter().collect();
    gaps.sort_by_key(|gap| !gap.kind.is_failure());
    for gap in gaps {
        warnings.push(gap_annotation(gap));
    }
    for remark in report.remarks() {
        notices.push(Annotation {
            properties: vec![("title", "scrubin".to_owned())],
            message: visible::line(&remark).into_owned(),
            plain: visible::line(&remark).into_owned(),
        });
    }
    for skipped in &report.skipped {
        let text = format!(
            "{} skipped: {}",
            words::count(skipped.count, "file"),
            skipped.reason
        );
        notices.push(Annotation {
            properties: vec![("title", "scrubin".to_owned())],
            message: visible::line(&text).into_owned(),
            plain: visible::line(&text).into_owned(),
        });
    }

    let mut out = String::new();
    let mut hidden = 0;
    for kind in [&errors, &warnings, &notices] {
        hidden += kind.write(&mut out);
    }
    out.push_str("::notice title=scrubin::");
    out.push_str(&data(&summary(report, hidden)));
    out.push('\n');
    out
}

/// The closing sentence.
fn summary(report: &Report, hidden: u64) -> String {
    let mut text = format!(
        "{}, {}, {}",
        words::files_line(report),
        words::functions_line(report),
        words::findings_line(report)
    );
    let unreported = words::unreported_line(report);
    if !unreported.is_empty() {
        text.push_str(&format!("; not shown: {unreported}"));
    }
    if report.incomplete {
        text.push_str("; a changed file could not be analysed");
    }
    if hidden > 0 {
        text.push_str(&format!(
            "; {hidden} more only in the log: GitHub shows {SHOWN_PER_KIND} of a kind"
        ));
    }
    text
}

/// One command before it is written.
struct Annotation {
    /// Name and raw value, in the order they are written.
    properties: Vec<(&'static str, String)>,
    message: String,
    /// What the log says when GitHub would drop the command.
    plain: String,
}

/// The commands of one kind.
struct Kind {
    command: &'static str,
    limit: usize,
    annotations: Vec<Annotation>,
    /// Plain lines of findings that have a comment.
    commented: Vec<String>,
}

impl Kind {
    fn new(command: &'static str, limit: usize) -> Self {
        Self {
            command,
            limit,
            annotations: Vec::new(),
            commented: Vec::new(),
        }
    }

    fn push(&mut self, annotation: Annotation) {
        self.annotations.push(annotation);
    }

    /// Writes commands up to the limit and the rest as plain lines; returns the number of those.
    fn write(&self, out: &mut String) -> u64 {
        let mut hidden = 0;
        for (index, annotation) in self.annotations.iter().enumerate() {
            if index < self.limit {
                let properties: Vec<String> = annotation
                    .properties
                    .iter()
                    .map(|(name, value)| format!("{name}={}", property(value)))
                    .collect();
                out.push_str(&format!(
                    "::{} {}::{}\n",
                    self.command,
                    properties.join(","),
                    data(&annotation.message)
                ));
            } else {
                hidden += 1;
                self.write_plain(out, &annotation.plain);
            }
        }
        for plain in &self.commented {
            self.write_plain(out, plain);
        }
        hidden
    }
}

impl Kind {
    fn write_plain(&self, out: &mut String, plain: &str) {
        let plain = visible::without_commands(plain);
        out.push_str(&format!("  {}: {plain}\n", self.command));
    }
}

fn finding(report: &Report, triaged: &Triaged) -> Annotation {
    let finding = &triaged.finding;
    let location = &finding.location;
    let rule = report.rules.get(&finding.rule);
    let mut properties = vec![
        (
            "file",
            visible::line(&location.path.to_string()).into_owned(),
        ),
        ("line", location.start.line.to_string()),
    ];
    if location.end.line > location.start.line {
        properties.push(("endLine", location.end.line.to_string()));
    } else {
        // GitHub ignores columns where the range spans lines.
        properties.push(("col", location.start.column.to_string()));
        if location.end.column > location.start.column {
            // Ours is one past the last character, GitHub's is the last.
            properties.push(("endColumn", (location.end.column - 1).to_string()));
        }
    }
    let mut title = finding.rule.to_string();
    if let Some(rule) = rule.filter(|rule| !rule.slug.is_empty()) {
        title.push(' ');
        title.push_str(&rule.slug);
    }
    let title = visible::line(&title).chars().take(TITLE_LIMIT).collect();
    properties.push(("title", title));

    let effect = visible::line(&finding.message);
    let mut message = words::full_sentence(&effect);
    if let Some(rule) = rule {
        let why = words::sentences(&visible::line(&rule.why), 1);
        let fix = words::sentences(&visible::line(&rule.how_to_fix), 2);
        if !why.is_empty() {
            message.push_str(&format!("\nwhy: {why}"));
        }
        if !fix.is_empty() {
            message.push_str(&format!("\nfix: {fix}"));
        }
    }
    message.push_str(&match &finding.origin {
        None => format!("\nscrubin explain {}", finding.rule),
        Some(origin) => format!("\nreported by {}", visible::line(&origin.titled())),
    });
    let plain = format!(
        "{}:{}: {effect} [{}]",
        visible::line(&location.path.to_string()),
        location.start.line,
        finding.rule
    );
    Annotation {
        properties,
        message,
        plain,
    }
}

fn gap_annotation(gap: &Gap) -> Annotation {
    let mut properties = vec![("file", visible::line(&gap.path.to_string()).into_owned())];
    if let Some((first, last)) = gap.lines {
        properties.push(("line", first.to_string()));
        if last > first {
            properties.push(("endLine", last.to_string()));
        }
    }
    properties.push(("title", format!("not analysed ({})", gap.kind.as_str())));
    let mut message = words::full_sentence(&visible::line(&gap.detail));
    if let Some(function) = &gap.function {
        message.push_str(&format!(" Function: {}.", visible::line(function)));
    }
    let plain = format!(
        "not analysed: {} ({})",
        visible::line(&words::gap_place(gap)),
        gap.kind.as_str()
    );
    Annotation {
        properties,
        message,
        plain,
    }
}

/// Escapes the message of a command as the runner expects it.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Escapes the value of a property: as the message, and the separators as well.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::triage::Verdict;

    #[test]
    fn commands_of_a_full_report() {
        insta::assert_snapshot!(render(&sample::full()));
    }

    #[test]
    fn nothing_reviewed_is_said() {
        assert_eq!(
            render(&sample::empty()),
            "::notice title=scrubin::0 files reviewed, 0 of 0 functions analysed, no findings\n"
        );
    }

    #[test]
    fn hostile_text_makes_no_further_commands() {
        let text = render(&sample::hostile());
        insta::assert_snapshot!(text);
        assert!(!text.chars().any(|c| c != '\n' && visible::is_hidden(c)));
    }

    #[test]
    fn the_rest_is_in_the_log_and_counted() {
        let mut report = sample::full();
        report.gaps.clear();
        report.findings = (1..=25)
            .map(|line| {
                let mut finding = sample::finding("src/a.c", line, "##[error]x", 1, 3);
                finding.message = "##[add-mask]x".to_owned();
                sample::triaged(finding, Verdict::Report)
            })
            .collect();
        let text = render(&report);
        let errors = text.lines().filter(|line| line.starts_with("::error "));
        assert_eq!(errors.count(), SHOWN_PER_KIND);
        assert!(text.contains("15 more only in the log"));
        for line in 1..=25 {
            let command = format!("line={line},");
            let plain = format!("src/a.c:{line}: ");
            assert!(text.contains(&command) || text.contains(&plain), "{line}");
        }
        for line in text.lines().filter(|line| !line.starts_with("::")) {
            assert!(!line.contains("##["), "{line}");
        }
    }

    #[test]
    fn what_has_a_comment_is_no_annotation() {
        let report = sample::full();
        let commented = BTreeSet::from([report.findings[0].fingerprint.value()]);
        let text = render_beside(&report, &commented);
        let errors = text.lines().filter(|line| line.starts_with("::error "));
        assert_eq!(errors.count(), 1);
        assert!(text.contains("  error: src/ble.c:42: "), "{text}");
        assert!(!text.contains("more only in the log"));
    }

    #[test]
    fn escaping_follows_the_runner() {
        assert_eq!(property("a%b\r\n:,"), "a%25b%0D%0A%3A%2C");
        assert_eq!(data("a%b\r\n:,"), "a%25b%0D%0A:,");
    }
}
