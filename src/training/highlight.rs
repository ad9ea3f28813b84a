//! Which parts of a line of example code are comments, texts, numbers and keywords. Enough for colour;
//! nothing is decided by it.

/// What a part of a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Names, operators, blanks.
    Plain,
    /// A comment.
    Comment,
    /// A string or character.
    Text,
    /// A number.
    Number,
    /// A word of the language.
    Keyword,
}

const C: &[&str] = &[
    "auto", "bool", "break", "case", "char", "const", "continue", "default", "do", "double",
    "else", "enum", "extern", "false", "float", "for", "goto", "if", "inline", "int", "long",
    "register", "return", "short", "signed", "sizeof", "static", "struct", "switch", "true",
    "typedef", "union", "unsigned", "void", "volatile", "while", "NULL",
];

const RUST: &[&str] = &[
    "as", "async", "await", "break", "const", "continue", "crate", "dyn", "else", "enum", "extern",
    "false", "fn", "for", "if", "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub",
    "ref", "return", "self", "Self", "static", "struct", "super", "trait", "true", "type",
    "unsafe", "use", "where", "while",
];

/// Takes the lines of a block apart. Comments may go over several lines.
pub(super) fn lines<'c>(code: &'c str, language: &str) -> Vec<Vec<(Kind, &'c str)>> {
    let (keywords, is_code) = match language {
        "c" => (C, true),
        "rust" => (RUST, true),
        _ => (&[][..], false),
    };
    let mut in_comment = false;
    code.lines()
        .map(|line| {
            let mut parts = Vec::new();
            let mut rest = line;
            while !rest.is_empty() {
                let (kind, length) = if is_code {
                    first(rest, keywords, &mut in_comment)
                } else {
                    other(rest)
                };
                let (part, more) = rest.split_at(length);
                parts.push((kind, part));
                rest = more;
            }
            parts
        })
        .collect()
}

/// Kind and length in bytes of the first part of a line of a configuration file.
fn other(text: &str) -> (Kind, usize) {
    if text.starts_with('#') {
        return (Kind::Comment, text.len());
    }
    if text.starts_with('"') {
        return (Kind::Text, quoted(text, '"'));
    }
    let end = text.find(['"', '#']).filter(|at| *at > 0);
    (Kind::Plain, end.unwrap_or(text.len()))
}

/// Kind and length in bytes of the first part; never zero.
fn first(text: &str, keywords: &[&str], in_comment: &mut bool) -> (Kind, usize) {
    if *in_comment || text.starts_with("/*") {
        let from = if *in_comment { 0 } else { 2 };
        let end = text.get(from..).and_then(|rest| rest.find("*/"));
        *in_comment = end.is_none();
        return (Kind::Comment, end.map_or(text.len(), |at| from + at + 2));
    }
    if text.starts_with("//") {
        return (Kind::Comment, text.len());
    }
    if text.starts_with('"') {
        return (Kind::Text, quoted(text, '"'));
    }
    if text.starts_with('\'') {
        let mut inner = text.chars().skip(1);
        // A lifetime has no second quote behind its first letter.
        return match (inner.next(), inner.next()) {
            (Some('\\'), _) | (Some(_), Some('\'')) => (Kind::Text, quoted(text, '\'')),
            _ => (Kind::Plain, 1),
        };
    }
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    let end = |test: &dyn Fn(char) -> bool| {
        text.find(|character| !test(character))
            .unwrap_or(text.len())
    };
    let Some(start) = text.chars().next() else {
        return (Kind::Plain, text.len());
    };
    if start.is_ascii_digit() {
        return (
            Kind::Number,
            end(&|character| is_word(character) || character == '.').max(1),
        );
    }
    if is_word(start) {
        let length = end(&is_word);
        let word = text.get(..length).unwrap_or_default();
        let kind = if keywords.contains(&word) {
            Kind::Keyword
        } else {
            Kind::Plain
        };
        return (kind, length);
    }
    (Kind::Plain, start.len_utf8())
}

/// Length of a quoted text with its quotes; to the end of the text where it is not closed.
pub(in crate::training) fn quoted(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        if is_escaped {
            is_escaped = false;
        } else if character == '\\' {
            is_escaped = true;
        } else if character == quote {
            return at + character.len_utf8();
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(code: &str, language: &str) -> Vec<String> {
        lines(code, language)
            .into_iter()
            .flatten()
            .filter(|(kind, _)| *kind != Kind::Plain)
            .map(|(kind, text)| format!("{kind:?} {text}"))
            .collect()
    }

    #[test]
    fn parts_are_told_apart() {
        assert_eq!(
            shown(
                "if (n > 0x10) { s = \"a\\\"b\"; } /* one\ntwo */ int c = 'x'; // end",
                "c"
            ),
            [
                "Keyword if",
                "Number 0x10",
                "Text \"a\\\"b\"",
                "Comment /* one",
                "Comment two */",
                "Keyword int",
                "Text 'x'",
                "Comment // end"
            ]
        );
        assert_eq!(shown("fn f<'a>(x: &'a str) {}", "rust"), ["Keyword fn"]);
        assert_eq!(
            shown("a = \"1\" # why", "toml"),
            ["Text \"1\"", "Comment # why"]
        );
    }

    #[test]
    fn nothing_is_lost() {
        for code in ["'", "\"open", "/* open", "é 'ü' \u{1F600}1", "#", "\\"] {
            for language in ["c", "rust", "toml"] {
                let again: String = lines(code, language)
                    .into_iter()
                    .flatten()
                    .map(|(_, text)| text)
                    .collect();
                assert_eq!(again, code);
            }
        }
    }
}
