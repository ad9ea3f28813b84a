//! C and Rust as words, numbers, texts and signs; comments and preprocessor lines apart.

use crate::training::highlight::quoted;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// A name or keyword.
    Word,
    /// A number.
    Number,
    /// A string or character with its quotes.
    Text,
    /// One operator or bracket.
    Sign,
}

/// A token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind,
    pub(super) text: &'t str,
    /// Byte offset in the text.
    pub(super) start: usize,
    /// 1-based.
    pub(super) line: usize,
}

impl Token<'_> {
    pub(super) fn is(&self, text: &str) -> bool {
        self.text == text && self.kind != Kind::Text
    }

    pub(super) fn is_word(&self) -> bool {
        self.kind == Kind::Word
    }
}

/// A text taken apart.
#[derive(Debug, Clone, Default)]
pub(super) struct Tokens<'t> {
    pub(super) tokens: Vec<Token<'t>>,
    pub(super) comments: Vec<&'t str>,
    /// Preprocessor lines, continued ones in one piece.
    pub(super) directives: Vec<&'t str>,
}

/// Operators of more than one character, longest first.
const SIGNS: [&str; 25] = [
    "<<=", ">>=", "...", "..=", "->", "=>", "::", "==", "!=", "<=", ">=", "&&", "||", "++", "--",
    "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<", ">>",
];

/// Takes a text apart.
pub(super) fn tokens<'t>(text: &'t str, language: &str) -> Tokens<'t> {
    let mut out = Tokens::default();
    let (mut at, mut line) = (0, 1);
    let mut is_line_start = true;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let first = rest.chars().next().unwrap_or(' ');
        let length = if first.is_whitespace() {
            first.len_utf8()
        } else if rest.starts_with("//") {
            let length = rest.find('\n').unwrap_or(rest.len());
            out.comments.extend(rest.get(..length));
            length
        } else if rest.starts_with("/*") {
            let length = rest.find("*/").map_or(rest.len(), |end| end + 2);
            out.comments.extend(rest.get(..length));
            length
        } else if first == '#' && is_line_start && language == "c" {
            let length = directive(rest);
            out.directives.extend(rest.get(..length));
            length
        } else {
            let (kind, length) = token(rest, first);
            out.tokens.extend(rest.get(..length).map(|text| Token {
                kind,
                text,
                start: at,
                line,
            }));
            length
        };
        let taken = rest.get(..length).unwrap_or(rest);
        line += taken.matches('\n').count();
        is_line_start = taken.contains('\n') || (is_line_start && first.is_whitespace());
        at += length.max(1);
    }
    out
}

/// Length of a preprocessor line with those it goes on in.
fn directive(text: &str) -> usize {
    let mut length = 0;
    for line in text.split_inclusive('\n') {
        length += line.len();
        if !line.trim_end().ends_with('\\') {
            return length - line.len() + line.trim_end_matches('\n').len();
        }
    }
    text.len()
}

/// Kind and length in bytes of the first token.
fn token(text: &str, first: char) -> (Kind, usize) {
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    let word = |from: usize| {
        text.get(from..)
            .and_then(|rest| rest.find(|character| !is_word(character)))
            .map_or(text.len(), |end| from + end)
    };
    if first.is_ascii_digit() {
        return (Kind::Number, word(0));
    }
    if is_word(first) {
        return (Kind::Word, word(0));
    }
    if first == '"' {
        return (Kind::Text, quoted(text, '"'));
    }
    if first == '\'' {
        let mut after = text.chars().skip(1);
        return match (after.next(), after.next()) {
            (Some('\\'), _) | (Some(_), Some('\'')) => (Kind::Text, quoted(text, '\'')),
            // A lifetime.
            _ => (Kind::Word, word(1)),
        };
    }
    let sign = SIGNS.iter().find(|sign| text.starts_with(**sign));
    (Kind::Sign, sign.map_or(first.len_utf8(), |sign| sign.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, language: &str, expected: &[&str]) {
        let found: Vec<&str> = tokens(text, language)
            .tokens
            .iter()
            .map(|one| one.text)
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn texts_are_taken_apart() {
        check(
            "a->b[0x1Fu] <<= 'x'; // c\n/* d */ \"e\\\"f\"",
            "c",
            &[
                "a",
                "->",
                "b",
                "[",
                "0x1Fu",
                "]",
                "<<=",
                "'x'",
                ";",
                "\"e\\\"f\"",
            ],
        );
        check(
            "fn f<'a>(x: &'a u8) {}",
            "rust",
            &[
                "fn", "f", "<", "'a", ">", "(", "x", ":", "&", "'a", "u8", ")", "{", "}",
            ],
        );
        check("", "c", &[]);
    }

    #[test]
    fn preprocessor_lines_and_comments_stand_apart() {
        let all = tokens("  #define A \\\n  b\nint c; /* x\n*/ int d;\n#[test]", "c");
        assert_eq!(all.directives, ["#define A \\\n  b", "#[test]"]);
        assert_eq!(all.comments, ["/* x\n*/"]);
        assert_eq!(all.tokens.iter().map(|one| one.line).max(), Some(4));
        assert!(tokens("#[test]", "rust").directives.is_empty());
        // Not closed.
        assert_eq!(tokens("/* x", "c").comments, ["/* x"]);
        assert_eq!(tokens("\"x", "c").tokens.len(), 1);
    }
}
