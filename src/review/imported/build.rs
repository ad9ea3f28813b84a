//! One result of another tool → a finding in the reviewed text.

use super::Imports;
use crate::finding::{
    Finding, Location, Origin, Position, Precision, Related, RepoPath, RuleStatus, SourceLine,
    Span, Step,
};
use crate::import::{ForeignPlace, ForeignResult, Imported, Mention, Region};
use crate::matching::normal_tokens;
use crate::syntax::LineTable;
use crate::triage::FunctionSpan;

/// Source lines kept with a finding.
const MAX_LINES: u32 = 12;

/// A file with its lines.
pub(super) struct Text<'t> {
    pub(super) path: &'t RepoPath,
    bytes: &'t [u8],
    lines: LineTable,
}

impl<'t> Text<'t> {
    pub(super) fn new(path: &'t RepoPath, bytes: &'t [u8]) -> Self {
        Self {
            path,
            bytes,
            lines: LineTable::new(bytes),
        }
    }

    /// The bytes of a region; `None` where the file has no such line. A region that does not say
    /// where it ends is what is left of its line.
    fn span(&self, region: &Region) -> Option<Span> {
        if region.line.is_none()
            && let Some(offset) = region.offset
        {
            if offset as usize >= self.bytes.len() {
                return None;
            }
            let line = self.line_span(self.lines.line(offset));
            let end = match region.length {
                Some(length) if length > 0 => offset.saturating_add(length).min(self.length()),
                _ => line.end.max(offset),
            };
            return Some(Span::new(offset, end));
        }
        // A result on a file as a whole is about its first line.
        let first = region.line.unwrap_or(1);
        let count = self.lines.count(self.bytes);
        if first > count.max(1) {
            return None;
        }
        let start = match region.column {
            Some(column) => self.byte(first, column, region.is_utf16),
            None => self.code_span(first).start,
        };
        let last = region.end_line.unwrap_or(first).clamp(first, count.max(1));
        let end = match region.end_column {
            Some(column) => self.byte(last, column, region.is_utf16),
            None => self.code_span(last).end,
        };
        // Tools that know one place alone write it as both ends.
        let end = if end <= start {
            self.code_span(last).end.max(start)
        } else {
            end
        };
        Some(Span::new(start, end))
    }

    fn length(&self) -> u32 {
        u32::try_from(self.bytes.len()).unwrap_or(u32::MAX)
    }

    fn line_span(&self, line: u32) -> Span {
        self.lines.span(line, self.bytes)
    }

    /// A line without the blanks at its ends.
    fn code_span(&self, line: u32) -> Span {
        let span = self.line_span(line);
        let text = span.of(self.bytes);
        let lead = text.len() - text.trim_ascii_start().len();
        let trail = text.len() - text.trim_ascii_end().len();
        let short = |length: usize| u32::try_from(length).unwrap_or(0);
        let start = span.start.saturating_add(short(lead)).min(span.end);
        Span::new(start, span.end.saturating_sub(short(trail)).max(start))
    }

    /// The byte of a 1-based column, at most the end of the line.
    fn byte(&self, line: u32, column: u32, is_utf16: bool) -> u32 {
        let span = self.line_span(line);
        let text = String::from_utf8_lossy(span.of(self.bytes));
        let mut left = column.saturating_sub(1) as usize;
        let mut at = span.start;
        for c in text.chars() {
            let width = if is_utf16 { c.len_utf16() } else { 1 };
            if left < width {
                break;
            }
            left -= width;
            // An invalid byte shows as one character of three bytes.
            let bytes = if c == char::REPLACEMENT_CHARACTER {
                1
            } else {
                c.len_utf8()
            };
            at = at.saturating_add(u32::try_from(bytes).unwrap_or(1));
        }
        at.min(span.end)
    }

    fn location(&self, span: Span) -> Location {
        Location {
            path: self.path.clone(),
            span,
            start: self.lines.position(span.start, self.bytes),
            end: self.lines.position(span.end, self.bytes),
        }
    }

    /// What a finding's identity is made of: the text of its region, where the tool gives one, else
    /// its whole lines.
    fn tokens(&self, span: Span, region: &Region) -> String {
        let is_exact = region.column.is_some() && region.end_column > region.column
            || region.length.is_some_and(|length| length > 1);
        if is_exact {
            return normal_tokens(span.of(self.bytes));
        }
        let (first, last) = (self.lines.line(span.start), self.lines.line(span.end));
        let whole = Span::new(self.line_span(first).start, self.line_span(last).end);
        normal_tokens(whole.of(self.bytes))
    }
}

/// The finding; `None` where the file has no such line.
pub(super) fn finding(
    text: &Text<'_>,
    imports: &Imports,
    imported: &Imported,
    result: &ForeignResult,
    functions: &[FunctionSpan],
) -> Option<Finding> {
    let place = result.place.as_ref()?;
    let span = text.span(&place.region)?;
    let location = text.location(span);
    let last = location
        .end
        .line
        .min(location.start.line.saturating_add(MAX_LINES - 1));
    let lines = (location.start.line..=last)
        .map(|number| SourceLine {
            number,
            text: String::from_utf8_lossy(text.line_span(number).of(text.bytes)).into_owned(),
        })
        .collect();
    let line = location.start.line;
    let function = functions
        .iter()
        .filter(|function| function.first_line <= line && line <= function.last_line)
        .min_by_key(|function| function.last_line - function.first_line);
    let elsewhere = |mention: &Mention| -> Location { locate(text, imports, &mention.place) };
    Some(Finding {
        rule: result.rule.clone(),
        severity: result.severity,
        precision: Precision::Medium,
        status: RuleStatus::Stable,
        message: result.message.clone(),
        related: result
            .related
            .iter()
            .map(|mention| Related {
                location: elsewhere(mention),
                message: mention.message.clone(),
            })
            .collect(),
        trace: result
            .trace
            .iter()
            .map(|mention| Step {
                location: elsewhere(mention),
                message: mention.message.clone(),
            })
            .collect(),
        function: function.map(|function| function.name.clone()),
        lines,
        fix: None,
        tokens: text.tokens(span, &place.region),
        location,
        origin: Some(Box::new(Origin {
            tool: imported.tool.name.clone(),
            version: imported.tool.version.clone(),
            suppressed: result.suppressed.clone(),
        })),
    })
}

/// A further place of a result: exact in the same file, by its numbers in another one.
fn locate(text: &Text<'_>, imports: &Imports, place: &ForeignPlace) -> Location {
    let paths = imports.paths(place);
    let is_here = paths
        .iter()
        .any(|path| path.as_bytes() == text.path.as_bytes());
    if is_here && let Some(span) = text.span(&place.region) {
        return text.location(span);
    }
    let named = place.paths.first().map_or("", String::as_str);
    let path = paths.first().map_or(named, String::as_str);
    let region = place.region;
    let start = Position {
        line: region.line.unwrap_or(1),
        column: region.column.unwrap_or(1),
    };
    Location {
        path: RepoPath::from(path),
        span: Span::default(),
        start,
        end: Position {
            line: region.end_line.unwrap_or(start.line).max(start.line),
            column: region.end_column.unwrap_or(start.column),
        },
    }
}
