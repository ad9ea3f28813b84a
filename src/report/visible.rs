//! Makes hostile text harmless to look at: characters that move the cursor, reverse the reading
//! direction or show nothing at all become visible escapes.
//!
//! Code under review and its paths are written by strangers; a bidirectional override in a comment
//! can make a reviewed line read as something else (CVE-2021-42574).

use std::borrow::Cow;
use std::fmt::Write as _;

/// Columns a tab takes in shown code. Fixed, as in rustc: terminals differ in their tab stops, and
/// the underline has to stay under its code.
const TAB: &str = "    ";

/// Whether a character must not reach a screen as it is: control characters, bidirectional
/// controls, zero-width and other characters without a glyph. Tab and line feed count as well.
pub(crate) fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            // Soft hyphen, combining grapheme joiner, Arabic letter mark.
            '\u{ad}' | '\u{34f}' | '\u{61c}'
            // Fillers that take room and show nothing.
            | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}'
            | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            // Zero-width space to right-to-left mark; line and paragraph separator; embeddings and
            // overrides.
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            // Word joiner, invisible operators, isolates, deprecated format characters.
            | '\u{2060}'..='\u{206f}'
            // Variation selectors but the one that emoji use.
            | '\u{fe00}'..='\u{fe0e}'
            // Byte order mark, interlinear annotation.
            | '\u{feff}' | '\u{fff0}'..='\u{fffb}'
            // Tags and the supplementary variation selectors.
            | '\u{e0000}'..='\u{e0fff}')
}

/// Writes a hidden character as an escape: `\x1b` for ASCII, `\u{202e}` beyond.
fn push_escape(out: &mut String, character: char) {
    let code = u32::from(character);
    // Writing to a String cannot fail.
    let _ = if code < 0x80 {
        write!(out, "\\x{code:02x}")
    } else {
        write!(out, "\\u{{{code:x}}}")
    };
}

/// One line of text with hidden characters shown as escapes; tabs and line ends as one space.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '\r' if rest.peek() == Some(&'\n') => {}
            '\t' | '\n' => out.push(' '),
            hidden if is_hidden(hidden) => push_escape(&mut out, hidden),
            plain => out.push(plain),
        }
    }
    Cow::Owned(out)
}

/// A text in whose lines the runner of a CI job finds no `##[command]`, which it reads anywhere in a
/// line of the log. The commands at the front of a line (`::command`) are another matter.
pub(crate) fn without_commands(text: &str) -> String {
    text.replace("##[", "## [")
}

/// Several lines of code: line feeds stay, tabs become four spaces, the rest as in [`line`].
pub(crate) fn code(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '\r' if rest.peek() == Some(&'\n') => {}
            '\n' => out.push('\n'),
            '\t' => out.push_str(TAB),
            hidden if is_hidden(hidden) => push_escape(&mut out, hidden),
            plain => out.push(plain),
        }
    }
    out
}

/// A code line ready for showing, which remembers where each of its characters went.
#[derive(Debug, Clone, Default)]
pub(crate) struct ShownLine {
    /// The text to show.
    pub(crate) text: String,
    /// Byte offset in `text` of each character of the original, plus one past the last.
    offsets: Vec<usize>,
}

impl ShownLine {
    /// Shows at most `width` characters of the line, around the 1-based column `focus`; what was
    /// cut on either side is marked `…`.
    pub(crate) fn new(original: &str, focus: u32, width: usize) -> Self {
        let total = original.chars().count();
        let focus = (focus as usize).saturating_sub(1).min(total);
        let (first, last) = if total <= width {
            (0, total)
        } else {
            // A quarter of the room before the focus: code is read from there on.
            let first = focus.saturating_sub(width / 4).min(total - width);
            (first, first + width)
        };
        let mut text = String::with_capacity(original.len().min(width * 4) + 8);
        let mut offsets = Vec::with_capacity(total + 1);
        for (index, character) in original.chars().enumerate() {
            if index == first && first > 0 {
                text.push('…');
            }
            offsets.push(text.len());
            if index < first || index >= last {
                continue;
            }
            match character {
                '\t' => text.push_str(TAB),
                hidden if is_hidden(hidden) => push_escape(&mut text, hidden),
                plain => text.push(plain),
            }
        }
        offsets.push(text.len());
        if last < total {
            text.push('…');
        }
        Self { text, offsets }
    }

    /// Byte offset in the shown text of a 1-based column of the original; past its end: the end.
    pub(crate) fn offset(&self, column: u32) -> usize {
        let index = (column as usize).saturating_sub(1);
        self.offsets
            .get(index)
            .or(self.offsets.last())
            .copied()
            .unwrap_or_default()
    }
}

/// Escapes hidden characters beyond ASCII in finished JSON text as `\uXXXX`. Lossless: JSON holds
/// such characters only inside strings, and readers decode the escape.
pub(crate) fn json(text: String) -> String {
    if !text.chars().any(|c| !c.is_ascii() && is_hidden(c)) && !text.contains('\u{7f}') {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 64);
    let mut units = [0_u16; 2];
    for character in text.chars() {
        if character == '\u{7f}' || (!character.is_ascii() && is_hidden(character)) {
            for unit in character.encode_utf16(&mut units) {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(character);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::*;

    #[test]
    fn plain_text_is_borrowed() {
        assert!(matches!(
            line("memcpy(d, s, n); // grün ⚠️"),
            Cow::Borrowed(_)
        ));
    }

    #[test]
    fn hidden_characters_become_escapes() {
        assert_eq!(
            line("a\u{1b}[31mb\u{202e}c\u{200b}d"),
            "a\\x1b[31mb\\u{202e}c\\u{200b}d"
        );
        assert_eq!(line("one\r\ntwo\tthree"), "one two three");
        assert_eq!(code("\ta\r\n\u{85}b"), "    a\n\\u{85}b");
        assert_eq!(line("\u{e0041}\u{feff}\u{7f}"), "\\u{e0041}\\u{feff}\\x7f");
    }

    #[test]
    fn the_runner_finds_no_commands_in_a_line() {
        assert_eq!(
            without_commands("a ##[error]b ###[x"),
            "a ## [error]b ### [x"
        );
    }

    #[test]
    fn columns_follow_the_escapes() {
        let shown = ShownLine::new("\tx\u{202e}y", 2, 100);
        assert_eq!(shown.text, "    x\\u{202e}y");
        assert_eq!(shown.offset(1), 0);
        assert_eq!(shown.offset(2), 4);
        assert_eq!(shown.text.get(shown.offset(4)..), Some("y"));
        assert_eq!(shown.offset(5), shown.text.len());
        assert_eq!(shown.offset(99), shown.text.len());
    }

    #[test]
    fn long_lines_are_cut_around_the_focus() {
        let original = format!("{}HERE{}", "a".repeat(1000), "b".repeat(1000));
        let shown = ShownLine::new(&original, 1001, 40);
        assert_eq!(shown.text.chars().count(), 42);
        let from = shown.offset(1001);
        assert_eq!(shown.text.get(from..from + 4), Some("HERE"));
        assert!(shown.text.starts_with('…') && shown.text.ends_with('…'));
        assert!(shown.offset(1) < shown.offset(1001));
    }

    #[test]
    fn json_stays_the_same_value() {
        let value = serde_json::json!({"a": "x\u{202e}y\u{e0041}\u{7f}z\n"});
        let text = json(value.to_string());
        assert!(text.is_ascii());
        let back: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(back, value);
    }
}
