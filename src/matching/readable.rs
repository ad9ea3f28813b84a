//! The text of a file as regular expressions see it.

use crate::finding::Span;

/// UTF-8 without what no expression reckons with: a byte order mark, and the carriage return of a
/// line's end. Invalid bytes are `?`.
#[derive(Debug, Default)]
pub(super) struct Readable {
    text: String,
    /// Bytes of the file that are left out, sorted.
    left_out: Vec<u32>,
    /// Where each of them would stand in `text`.
    gaps: Vec<u32>,
}

impl Readable {
    pub(super) fn new(bytes: &[u8]) -> Self {
        let text = same_length(bytes);
        let mut left_out: Vec<u32> = Vec::new();
        if text.starts_with('\u{feff}') {
            left_out.extend(0..3);
        }
        left_out.extend(
            memchr::memmem::find_iter(text.as_bytes(), b"\r\n")
                .filter_map(|at| u32::try_from(at).ok()),
        );
        if left_out.is_empty() {
            return Self {
                text,
                ..Self::default()
            };
        }
        let mut kept = String::with_capacity(text.len() - left_out.len());
        let mut from = 0;
        for &at in &left_out {
            // Within a byte order mark there is nothing between two of them.
            kept.push_str(text.get(from..at as usize).unwrap_or_default());
            from = at as usize + 1;
        }
        kept.push_str(text.get(from..).unwrap_or_default());
        let gaps = (0..).zip(&left_out).map(|(before, at)| at - before);
        Self {
            text: kept,
            gaps: gaps.collect(),
            left_out,
        }
    }

    /// The whole text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// What stands at a place of the file, and where that begins in the whole text.
    pub(super) fn at(&self, span: Span) -> (&str, usize) {
        let here = |at: u32| {
            let before = self.left_out.partition_point(|&left_out| left_out < at);
            at as usize - before
        };
        let (start, end) = (here(span.start), here(span.end));
        // An expression over single bytes may end within a character.
        let text = &self.text;
        let first = (0..=start).rev().find(|&at| text.is_char_boundary(at));
        let last = (end..=text.len()).find(|&at| text.is_char_boundary(at));
        let first = first.unwrap_or(start);
        let text = text.get(first..last.unwrap_or(end)).unwrap_or_default();
        (text, first)
    }

    /// The place in the file of a part of the whole text.
    pub(super) fn place(&self, start: usize, end: usize) -> Span {
        let small = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let (start, end) = (small(start), small(end));
        let before = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let first = before(self.gaps.partition_point(|&gap| gap <= start));
        let last = before(self.gaps.partition_point(|&gap| gap < end));
        let start = start.saturating_add(first);
        Span::new(start, end.saturating_add(last).max(start))
    }
}

/// The text as UTF-8 of the same length: invalid bytes become `?`.
fn same_length(text: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(text) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        out.push_str(chunk.valid());
        out.extend(std::iter::repeat_n('?', chunk.invalid().len()));
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn placed(file: &str, part: &str) -> Span {
        let readable = Readable::new(file.as_bytes());
        let at = readable.text().find(part).unwrap();
        readable.place(at, at + part.len())
    }

    #[test]
    fn line_ends_and_the_mark_at_the_start_are_left_out() {
        let file = "\u{feff}a=n\r\nb\rc\r\n";
        assert_eq!(Readable::new(file.as_bytes()).text(), "a=n\nb\rc\n");
        assert_eq!(placed(file, "a=n"), Span::new(3, 6));
        assert_eq!(placed(file, "n\nb"), Span::new(5, 9));
        assert_eq!(placed(file, "b\rc"), Span::new(8, 11));
        let readable = Readable::new(file.as_bytes());
        assert_eq!(readable.at(Span::new(5, 9)), ("n\nb", 2));
        assert_eq!(readable.place(3, 3), Span::new(7, 7));
        assert_eq!(Readable::new(b"a\xffb\n").text(), "a?b\n");
    }

    #[test]
    fn a_place_within_a_character_is_widened_to_it() {
        let readable = Readable::new("a\u{e9}b".as_bytes());
        assert_eq!(readable.at(Span::new(0, 2)), ("a\u{e9}", 0));
        assert_eq!(readable.at(Span::new(2, 4)), ("\u{e9}b", 1));
    }

    proptest! {
        /// What is found at a place of the file is what stands there, line ends aside.
        #[test]
        fn places_hold_what_was_found(file in "(\u{feff})?([ab\u{e9}]|\r|\n|\r\n){0,24}", from in 0_usize..24, len in 1_usize..6) {
            let readable = Readable::new(file.as_bytes());
            let Some(part) = readable.text().get(from..from + len) else { return Ok(()) };
            let span = readable.place(from, from + len);
            let there = &file[span.start as usize..span.end as usize];
            prop_assert_eq!(there.replace("\r\n", "\n"), part);
            prop_assert_eq!(readable.at(span), (part, from));
        }
    }
}
