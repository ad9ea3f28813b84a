//! Edits of bytes: which of them fit together, what they make of a text, where places move. Pure.

use crate::finding::Span;

/// Replaces the bytes of a span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The bytes to replace.
    pub span: Span,
    /// What to put there.
    pub text: Vec<u8>,
}

/// Whether two edits cannot stand side by side: they share bytes, or begin at the same one.
pub fn clash(left: Span, right: Span) -> bool {
    left.start == right.start || (left.start < right.end && right.start < left.end)
}

/// The text after the edits, which must be sorted and must not clash; `None` where they do not fit.
pub fn apply(text: &[u8], edits: &[Edit]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        let (start, end) = (edit.span.start as usize, edit.span.end as usize);
        out.extend_from_slice(text.get(at..start)?);
        text.get(start..end)?;
        out.extend_from_slice(&edit.text);
        at = end;
    }
    out.extend_from_slice(text.get(at..)?);
    Some(out)
}

/// Where a span of the text before the edits is afterwards. One that an edit touches becomes what
/// stands there now, as far as it was touched; the flag says so.
pub fn moved(span: Span, edits: &[Edit]) -> (Span, bool) {
    let mut shift: i64 = 0;
    let (mut start, mut end) = (i64::from(span.start), i64::from(span.end));
    let mut is_touched = false;
    for edit in edits {
        let length = i64::try_from(edit.text.len()).unwrap_or(i64::MAX);
        let grown = length - i64::from(edit.span.end.saturating_sub(edit.span.start));
        if edit.span.end <= span.start {
            shift += grown;
        } else if edit.span.start >= span.end {
            break;
        } else {
            is_touched = true;
            let from = i64::from(edit.span.start.min(span.start));
            let to = i64::from(edit.span.end.max(span.end)) + grown;
            start = start.min(from);
            end = end.max(to).max(start + length);
        }
    }
    let offset = |at: i64| u32::try_from((at + shift).max(0)).unwrap_or(u32::MAX);
    (Span::new(offset(start), offset(end)), is_touched)
}

/// The replacement with the line ends of the place where it goes.
pub fn with_line_ends(replacement: &str, text: &[u8], at: Span) -> Vec<u8> {
    let plain = replacement.replace("\r\n", "\n");
    let next = |from: usize| {
        let rest = text.get(from..).unwrap_or_default();
        memchr::memchr(b'\n', rest).map(|step| from + step)
    };
    let before = text.get(..at.start as usize).unwrap_or_default();
    let line_end = next(at.start as usize).or_else(|| memchr::memrchr(b'\n', before));
    let is_crlf = line_end
        .and_then(|end| end.checked_sub(1))
        .is_some_and(|end| text.get(end) == Some(&b'\r'));
    if is_crlf {
        plain.replace('\n', "\r\n").into_bytes()
    } else {
        plain.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn edit(start: u32, end: u32, text: &str) -> Edit {
        Edit {
            span: Span::new(start, end),
            text: text.as_bytes().to_vec(),
        }
    }

    #[test]
    fn edits_are_applied_in_order() {
        let edits = [edit(0, 1, "xyz"), edit(2, 2, "+"), edit(4, 5, "")];
        assert_eq!(apply(b"abcde", &edits).unwrap(), b"xyzb+cd");
        assert_eq!(apply(b"abc", &[edit(2, 9, "")]), None, "past the end");
        assert_eq!(
            apply(b"abc", &[edit(1, 2, ""), edit(0, 1, "")]),
            None,
            "not in order"
        );
        assert_eq!(apply(b"", &[]).unwrap(), b"");
    }

    #[test]
    fn edits_that_share_bytes_clash() {
        assert!(clash(Span::new(0, 4), Span::new(3, 5)));
        assert!(clash(Span::new(2, 2), Span::new(2, 5)));
        assert!(clash(Span::new(0, 9), Span::new(3, 5)));
        assert!(!clash(Span::new(0, 3), Span::new(3, 5)));
    }

    #[test]
    fn places_move_with_the_text() {
        let edits = [edit(2, 4, "12345"), edit(8, 9, "")];
        assert_eq!(moved(Span::new(0, 2), &edits), (Span::new(0, 2), false));
        assert_eq!(moved(Span::new(5, 7), &edits), (Span::new(8, 10), false));
        assert_eq!(moved(Span::new(9, 10), &edits), (Span::new(11, 12), false));
        // An inner edit stretches what is around it; an outer one swallows what is inside.
        assert_eq!(moved(Span::new(1, 6), &edits), (Span::new(1, 9), true));
        assert_eq!(moved(Span::new(3, 4), &edits), (Span::new(2, 7), true));
    }

    #[test]
    fn line_ends_are_those_of_the_place() {
        let text = b"a\r\nb\r\nc";
        let crlf = |at| with_line_ends("x\ny\r\nz", text, Span::new(at, at));
        assert_eq!(crlf(0), b"x\r\ny\r\nz");
        assert_eq!(crlf(6), b"x\r\ny\r\nz", "the last line has no end");
        assert_eq!(with_line_ends("x\r\ny", b"a\nb", Span::new(0, 1)), b"x\ny");
    }
}
