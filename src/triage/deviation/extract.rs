//! Finds the comments that may hold a deviation, and the lines each of them speaks for.

use crate::finding::{Finding, Location, RepoPath, SourceLine, Span};
use crate::syntax::LineTable;
use crate::triage::scope::last_line;

/// Lines shown with a finding about a comment.
const SHOWN_LINES: u32 = 12;

/// A comment that names scrubin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Where it is, delimiters included.
    pub location: Location,
    /// Its text, delimiters included; invalid UTF-8 replaced.
    pub text: String,
    /// The lines (1-based) it speaks for: its own where code stands beside it; otherwise the next
    /// line that is no comment, none if that line is blank.
    pub covers: Vec<u32>,
    /// Whether code stands on its line.
    pub beside_code: bool,
    /// The lines it covers (at most 12), for showing.
    pub lines: Vec<SourceLine>,
}

impl Comment {
    /// Whether the comment speaks for the finding: for one whose first line it covers, and beside
    /// code also for one whose last line it is, so that it may stand behind the `;` of a long
    /// statement.
    pub(crate) fn speaks_for(&self, finding: &Finding) -> bool {
        self.covers.contains(&finding.location.start.line)
            || (self.beside_code && self.covers.contains(&last_line(finding)))
    }
}

/// The comments among `spans` (in the order of the file) that name scrubin.
pub fn find_comments(
    path: &RepoPath,
    text: &[u8],
    lines: &LineTable,
    spans: &[Span],
) -> Vec<Comment> {
    // Almost no file names scrubin: one pass over the bytes and done.
    if name_at(text).is_none() {
        return Vec::new();
    }
    spans
        .iter()
        .enumerate()
        .filter(|(_, span)| name_at(span.of(text)).is_some())
        .map(|(index, span)| {
            let following = spans.get(index + 1..).unwrap_or_default();
            comment(path, text, lines, *span, following)
        })
        .collect()
}

/// The comments that name scrubin in a file without a syntax tree (`Cargo.toml`, Kconfig, CMake,
/// device trees): from `#`, `//`, `/*` or `;` to the end of the line.
pub fn find_comments_in_plain_text(path: &RepoPath, text: &[u8]) -> Vec<Comment> {
    if name_at(text).is_none() {
        return Vec::new();
    }
    let lines = LineTable::new(text);
    let spans: Vec<Span> = (1..=lines.count(text))
        .filter_map(|number| line_comment(lines.span(number, text), text))
        .collect();
    find_comments(path, text, &lines, &spans)
}

/// Where the bytes name scrubin, written small, large or with a large first letter.
fn name_at(bytes: &[u8]) -> Option<usize> {
    let small = memchr::memmem::find(bytes, b"crubin");
    let large = memchr::memmem::find(bytes, b"CRUBIN");
    small.into_iter().chain(large).min()
}

/// The comment of a line: the whole line where it begins with a comment sign, else what follows
/// the last sign before the word.
fn line_comment(line: Span, text: &[u8]) -> Option<Span> {
    let bytes = line.of(text);
    let blank = bytes
        .iter()
        .take_while(|byte| byte.is_ascii_whitespace())
        .count();
    let body = bytes.get(blank..).unwrap_or_default();
    let length = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    if [&b"#"[..], b"//", b"/*", b";"]
        .iter()
        .any(|sign| body.starts_with(sign))
    {
        return Some(Span::new(line.start + length(blank), line.end));
    }
    let word = name_at(bytes)?;
    let before = bytes.get(..word)?;
    let signs = [
        memchr::memrchr(b'#', before),
        memchr::memrchr(b';', before),
        memchr::memmem::rfind(before, b"//"),
        memchr::memmem::rfind(before, b"/*"),
    ];
    let sign = signs.into_iter().flatten().max()?;
    Some(Span::new(line.start + length(sign), line.end))
}

fn comment(
    path: &RepoPath,
    text: &[u8],
    lines: &LineTable,
    span: Span,
    following: &[Span],
) -> Comment {
    let first = lines.line(span.start);
    // A line comment of some grammars ends with its newline, which begins no further line of it.
    let last = lines.line(span.end.saturating_sub(1).max(span.start));
    let before = Span::new(lines.span(first, text).start, span.start).of(text);
    let after = Span::new(span.end, lines.span(last, text).end).of(text);
    let beside_code = !is_blank(before) || !is_blank(after);
    let covers = if beside_code {
        let mut covers = vec![first];
        if last != first {
            covers.push(last);
        }
        covers
    } else {
        next_code_line(text, lines, last, following)
            .into_iter()
            .collect()
    };
    let shown = first..=last.min(first.saturating_add(SHOWN_LINES - 1));
    Comment {
        location: Location {
            path: path.clone(),
            span,
            start: lines.position(span.start, text),
            end: lines.position(span.end, text),
        },
        text: String::from_utf8_lossy(span.of(text)).into_owned(),
        covers,
        beside_code,
        lines: shown
            .map(|number| SourceLine {
                number,
                text: String::from_utf8_lossy(lines.span(number, text).of(text)).into_owned(),
            })
            .collect(),
    }
}

/// The first line after `last` that is no comment; `None` where it is blank or there is none.
fn next_code_line(text: &[u8], lines: &LineTable, last: u32, following: &[Span]) -> Option<u32> {
    let mut number = last + 1;
    let mut following = following.iter();
    while number <= lines.count(text) {
        let line = lines.span(number, text);
        let blank = line
            .of(text)
            .iter()
            .take_while(|byte| byte.is_ascii_whitespace())
            .count();
        let start = line.start + u32::try_from(blank).unwrap_or(u32::MAX);
        if start >= line.end {
            return None;
        }
        // Spans come in the order of the file, so each is looked at once.
        let Some(comment) = following.find(|span| span.start >= start) else {
            return Some(number);
        };
        if comment.start != start {
            return Some(number);
        }
        let comment_last = lines.line(comment.end.saturating_sub(1).max(comment.start));
        let rest = Span::new(comment.end, lines.span(comment_last, text).end).of(text);
        if !is_blank(rest) {
            return Some(comment_last);
        }
        number = comment_last + 1;
    }
    None
}

fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_whitespace)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, reason = "tests")]
    use super::*;

    /// Comments of C, found the simple way.
    fn spans(text: &str) -> Vec<Span> {
        let mut spans = Vec::new();
        let mut at = 0;
        while let Some(found) = text[at..]
            .find("//")
            .into_iter()
            .chain(text[at..].find("/*"))
            .min()
        {
            let start = at + found;
            let rest = &text[start..];
            let length = if rest.starts_with("//") {
                rest.find('\n').unwrap_or(rest.len())
            } else {
                rest.find("*/").map_or(rest.len(), |end| end + 2)
            };
            at = start + length;
            spans.push(Span::new(start as u32, at as u32));
        }
        spans
    }

    fn comments(text: &str) -> Vec<Comment> {
        let lines = LineTable::new(text.as_bytes());
        find_comments(
            &RepoPath::from("a.c"),
            text.as_bytes(),
            &lines,
            &spans(text),
        )
    }

    fn covers(text: &str) -> Vec<Vec<u32>> {
        comments(text).into_iter().map(|one| one.covers).collect()
    }

    #[test]
    fn a_comment_beside_code_covers_its_line() {
        assert_eq!(covers("a();\nb(); // scrubin: x\nc();\n"), [vec![2]]);
        assert_eq!(covers("a();\n/* scrubin: x */ b();\nc();\n"), [vec![2]]);
        assert_eq!(covers("b(); /* scrubin:\n x */ c();\n"), [vec![1, 2]]);
        assert!(comments("b(); // scrubin: x")[0].beside_code);
    }

    #[test]
    fn a_comment_alone_covers_the_next_line_that_is_no_comment() {
        assert_eq!(covers("a();\n  // scrubin: x\nb();\n"), [vec![3]]);
        assert_eq!(
            covers("// scrubin: x\n// more\n/* and\n more */\n b();\n"),
            [vec![5]]
        );
        assert_eq!(covers("// scrubin: x\n/* c */ b();\n"), [vec![2]]);
        assert_eq!(covers("// scrubin: x\nb(); // c\n"), [vec![2]]);
        assert_eq!(covers("// scrubin: x\r\nb();\r\n"), [vec![2]]);
        assert!(!comments("// scrubin: x\nb();")[0].beside_code);
    }

    #[test]
    fn a_comment_with_nothing_below_covers_nothing() {
        assert_eq!(covers("// scrubin: x\n\nb();\n"), [Vec::<u32>::new()]);
        assert_eq!(covers("// scrubin: x"), [Vec::<u32>::new()]);
        assert_eq!(covers("// scrubin: x\n// y\n"), [Vec::<u32>::new()]);
    }

    #[test]
    fn a_line_after_the_last_comment_of_the_file_is_covered() {
        assert_eq!(covers("// scrubin: x\nb();\nc();\n"), [vec![2]]);
    }

    #[test]
    fn only_comments_that_name_scrubin_are_kept() {
        assert!(comments("// nothing\na();\n").is_empty());
        assert!(comments("char *s = \"scrubin: allow(x)\";\n").is_empty());
        assert_eq!(comments("a(); // SCRUBIN: x\n// no\n").len(), 1);
    }

    #[test]
    fn the_place_and_the_lines_are_those_of_the_file() {
        let one = &comments("a();\nß(); /* scrubin:\n x */\n")[0];
        assert_eq!((one.location.start.line, one.location.start.column), (2, 6));
        assert_eq!((one.location.end.line, one.location.end.column), (3, 6));
        assert_eq!(one.text, "/* scrubin:\n x */");
        let numbers: Vec<u32> = one.lines.iter().map(|line| line.number).collect();
        assert_eq!(numbers, [2, 3]);
        assert_eq!(one.lines[1].text, " x */");
    }

    #[test]
    fn text_files_have_line_comments_of_several_kinds() {
        let text = "[dependencies]\n\
                    a = { git = \"https://x\" } # scrubin: 1\n\
                    # scrubin: 2\n# more\nb = 1\n\
                    // scrubin: 3\nc\n\
                    ; scrubin: 4\nd\n\
                    scrubin: no comment\n";
        let found = find_comments_in_plain_text(&RepoPath::from("Cargo.toml"), text.as_bytes());
        let covers: Vec<_> = found.iter().map(|one| one.covers.clone()).collect();
        assert_eq!(covers, [vec![2], vec![5], vec![7], vec![9]]);
        assert_eq!(found[0].text, "# scrubin: 1");
        assert_eq!(found[1].text, "# scrubin: 2");
    }

    #[test]
    fn odd_spans_make_no_panic() {
        let text = b"// scrubin \xff";
        let lines = LineTable::new(text);
        let odd = [Span::new(0, 12), Span::new(5, 99), Span::new(12, 3)];
        assert_eq!(
            find_comments(&RepoPath::from("a.c"), text, &lines, &odd).len(),
            1
        );
    }
}
