//! The report for a person at a terminal, in the look of rustc's diagnostics.
//!
//! The only file that names `annotate-snippets`: its interface still changes between releases.

mod summary;

use std::collections::BTreeSet;
use std::ops::Range;

use annotate_snippets::{
    AnnotationKind, Group, Level, Origin, Patch, Renderer, Snippet, renderer::DecorStyle,
};

use crate::finding::{Finding, Fix, FixSafety, Location, RuleStatus, Severity};
use crate::rules::RuleInfo;
use crate::triage::Triaged;

use super::visible::{self, ShownLine};
use super::{Report, page, words};

/// Columns beside a code line: its number, the bar, the marks of a cut.
const MARGIN: usize = 12;

/// How to render for a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TerminalOptions {
    /// Whether to write ANSI colour sequences.
    pub color: bool,
    /// Columns of the terminal; less than 40 counts as 40.
    pub width: usize,
    /// Adds the times of the phases.
    pub stats: bool,
}

impl Default for TerminalOptions {
    fn default() -> Self {
        Self {
            color: false,
            width: 100,
            stats: false,
        }
    }
}

/// Renders reported findings, gaps, skipped files, notices and a summary; ends with a line feed.
///
/// Every reported finding shows its `path:line` and its rule code, with and without colour. Nothing
/// that the code under review contains can reach the terminal as a control sequence.
pub fn render(report: &Report, options: TerminalOptions) -> String {
    let options = TerminalOptions {
        width: options.width.max(40),
        ..options
    };
    let renderer = if options.color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let renderer = renderer
        .decor_style(DecorStyle::Ascii)
        .term_width(options.width);
    let mut out = String::new();
    // A rule is explained once; a second finding of it only names the page, and so does the first of
    // somebody who knows it.
    let mut explained = BTreeSet::new();
    for triaged in words::reported(report) {
        let rule = report.rules.get(&triaged.finding.rule);
        let is_familiar = report.familiar.contains(&triaged.finding.rule);
        let first = explained.insert(&triaged.finding.rule) && !is_familiar;
        let shown = Shown::new(&triaged.finding, options.width);
        let lesson = rule
            .filter(|_| is_familiar)
            .map(|rule| rule.lesson.as_str());
        let groups = shown.groups(triaged, rule, (first, lesson), options.width);
        out.push_str(&shown.with_true_origin(&renderer.render(&groups)));
        out.push_str("\n\n");
    }
    summary::write(&mut out, report, options);
    out
}

/// What a finding shows of its file, ready for drawing.
struct Shown<'a> {
    finding: &'a Finding,
    path: String,
    message: String,
    /// The code lines joined by line feeds; empty where the finding has none.
    source: String,
    /// 1-based number of the first line of `source`.
    first_line: u32,
    /// The lines of `source` with their column maps and the offset each starts at.
    lines: Vec<(usize, ShownLine)>,
}

impl<'a> Shown<'a> {
    fn new(finding: &'a Finding, width: usize) -> Self {
        let mut source = String::new();
        let mut lines = Vec::with_capacity(finding.lines.len());
        for line in &finding.lines {
            let focus = if line.number == finding.location.start.line {
                finding.location.start.column
            } else {
                1
            };
            if !lines.is_empty() {
                source.push('\n');
            }
            let shown = ShownLine::new(&line.text, focus, width.saturating_sub(MARGIN));
            let at = source.len();
            source.push_str(&shown.text);
            lines.push((at, shown));
        }
        Self {
            finding,
            path: visible::line(&finding.location.path.to_string()).into_owned(),
            message: visible::line(&finding.message).into_owned(),
            source,
            first_line: finding.lines.first().map_or(1, |line| line.number),
            lines,
        }
    }

    /// Byte offset in `source` of a line and column of the file; the nearest end where the place
    /// lies outside.
    fn offset(&self, line: u32, column: u32) -> usize {
        let Some(index) = line.checked_sub(self.first_line) else {
            return 0;
        };
        match self.lines.get(index as usize) {
            Some((at, shown)) => at + shown.offset(column),
            None => self.source.len(),
        }
    }

    /// The bytes of `source` that a place covers.
    fn range(&self, place: &Location) -> Range<usize> {
        let start = self.offset(place.start.line, place.start.column);
        let end = self.offset(place.end.line, place.end.column);
        start..end.max(start)
    }

    /// Whether all lines of a place are shown.
    fn covers(&self, place: &Location) -> bool {
        let last = u64::from(self.first_line) + self.lines.len() as u64;
        place.path == self.finding.location.path
            && place.start.line >= self.first_line
            && u64::from(place.end.line) < last
    }

    /// Puts the finding's own line and column into the second line of a drawing (`--> PATH:1:2`):
    /// the renderer counts in the shown text, where tabs and escapes are wider.
    fn with_true_origin(&self, drawing: &str) -> String {
        let start = self.finding.location.start;
        let mut out = String::with_capacity(drawing.len() + 8);
        for (index, line) in drawing.split_inclusive('\n').enumerate() {
            let place = (index == 1).then(|| line.rfind(&self.path)).flatten();
            match place {
                None => out.push_str(line),
                Some(at) => {
                    let (before, after) = line.split_at(at + self.path.len());
                    let rest = after.trim_start_matches(|c: char| c == ':' || c.is_ascii_digit());
                    out.push_str(&format!("{before}:{}:{}{rest}", start.line, start.column));
                }
            }
        }
        out
    }

    fn groups(
        &'a self,
        triaged: &Triaged,
        rule: Option<&RuleInfo>,
        known: (bool, Option<&str>),
        width: usize,
    ) -> Vec<Group<'a>> {
        let finding = self.finding;
        let level = match finding.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Info => Level::INFO,
        };
        let title = level
            .primary_title(self.message.as_str())
            .id(finding.rule.as_str());
        let mut group = if self.lines.is_empty() {
            title.element(Origin::path(self.path.as_str()).line(1).char_column(1))
        } else {
            title.element(
                Snippet::source(self.source.as_str())
                    .path(self.path.as_str())
                    .line_start(self.first_line as usize)
                    .annotation(AnnotationKind::Primary.span(self.range(&finding.location))),
            )
        };
        for (name, text) in self.notes(triaged, rule, known) {
            // ` = name: ` and the column of line numbers.
            let indent = name.len() + 12;
            let text = words::wrap(&text, width.saturating_sub(indent));
            group = group.element(Level::NOTE.with_name(name).message(text));
        }
        let mut groups = vec![group];
        groups.extend(finding.fix.as_ref().map(|fix| self.suggestion(fix)));
        groups
    }

    /// The notes under the code: name and text.
    fn notes(
        &self,
        triaged: &Triaged,
        rule: Option<&RuleInfo>,
        (first, lesson): (bool, Option<&str>),
    ) -> Vec<(&'static str, String)> {
        let finding = self.finding;
        let mut notes = Vec::new();
        for (number, step) in finding.trace.iter().enumerate() {
            let text = format!(
                "{}. {}: {}",
                number + 1,
                place(&step.location),
                step.message
            );
            notes.push(("trace", text));
        }
        for related in &finding.related {
            let text = format!("{}: {}", place(&related.location), related.message);
            notes.push(("see", text));
        }
        if let Some(rule) = rule {
            if first {
                notes.push(("why", words::sentences(&rule.why, 2)));
            }
            let length = if first { usize::MAX } else { 1 };
            notes.push(("fix", words::sentences(&rule.how_to_fix, length)));
        }
        if finding.status == RuleStatus::Experimental {
            notes.push(("note", "an experimental rule: it does not block".to_owned()));
        } else if !triaged.on_changed_line {
            let text = "the change causes this finding on a line it does not touch";
            notes.push(("note", text.to_owned()));
        }
        if let Some(lesson) = lesson {
            let text =
                format!("you have met this before; five minutes on it: `scrubin learn {lesson}`");
            notes.push(("lesson", text));
        }
        notes.push(("rule", rule_note(finding, rule)));
        notes
            .into_iter()
            .map(|(name, text)| (name, visible::line(&text).into_owned()))
            .filter(|(_, text)| !text.is_empty())
            .collect()
    }

    /// The edit a rule suggests, drawn into the code where its lines are shown.
    fn suggestion(&self, fix: &Fix) -> Group<'a> {
        let title = match fix.safety {
            FixSafety::Safe => "this edit keeps the meaning of correct code",
            FixSafety::Suggested => "a possible edit; check that it fits",
        };
        let replacement = visible::code(&fix.replacement);
        let title = Level::HELP.secondary_title(title);
        if self.covers(&fix.location) {
            let snippet = Snippet::source(self.source.clone())
                .line_start(self.first_line as usize)
                .patch(Patch::new(self.range(&fix.location), replacement));
            return title.element(snippet);
        }
        let text = format!("{}: {replacement}", place(&fix.location));
        title.element(Level::NOTE.with_name("write").message(text))
    }
}

/// `path:line:column`, safe to print.
fn place(location: &Location) -> String {
    format!(
        "{}:{}:{}",
        visible::line(&location.path.to_string()),
        location.start.line,
        location.start.column
    )
}

/// `C-LEN-014 source-sized-copy (CWE-806), more: scrubin explain C-LEN-014`.
fn rule_note(finding: &Finding, rule: Option<&RuleInfo>) -> String {
    let id = &finding.rule;
    let mut text = id.to_string();
    if let Some(rule) = rule {
        if !rule.slug.is_empty() {
            text.push(' ');
            text.push_str(&rule.slug);
        }
        let cwe = page::cwe_ids(rule);
        if !cwe.is_empty() {
            text.push_str(&format!(" ({})", cwe.join(", ")));
        }
    }
    let Some(origin) = &finding.origin else {
        return format!("{text}, more: `scrubin explain {id}`");
    };
    text.push_str(&format!(", reported by {}", origin.titled()));
    for page in rule.iter().flat_map(|rule| &rule.references) {
        text.push_str(&format!(", more: {page}"));
    }
    text
}

#[cfg(test)]
mod tests;
