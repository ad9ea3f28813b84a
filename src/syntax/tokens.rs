//! A rough lexer of C for the pre-pass: words, strings, single punctuation bytes, whole
//! preprocessor lines. Comments and blanks are left out.

use memchr::memchr;

use super::directives::{Directive, comment_end, offset};
use crate::finding::Span;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// Identifier, keyword or number.
    Word,
    /// String or character literal.
    Literal,
    /// A preprocessor line.
    Directive,
    /// One byte of punctuation.
    Punct(u8),
}

/// A token and its bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) span: Span,
}

impl Token {
    /// Whether it is that punctuation byte.
    pub(super) fn is(&self, byte: u8) -> bool {
        self.kind == TokenKind::Punct(byte)
    }
}

/// Splits `text` into tokens. `directives` are its preprocessor lines in order; the ones that were
/// blanked since are skipped.
pub(super) fn tokenize(text: &[u8], directives: &[Directive], tokens: &mut Vec<Token>) {
    tokens.clear();
    let mut lines = directives.iter().peekable();
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let start = at;
        let kind = match byte {
            b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c | b'\\' => {
                at += 1;
                continue;
            }
            b'/' if text.get(at + 1) == Some(&b'*') => {
                at = comment_end(text, at + 2);
                continue;
            }
            b'/' if text.get(at + 1) == Some(&b'/') => {
                at = line_of_code_ends(text, at);
                continue;
            }
            b'#' => {
                while lines
                    .next_if(|line| (line.span.end as usize) <= at)
                    .is_some()
                {}
                match lines.peek() {
                    Some(line) if line.span.start as usize <= at => {
                        at = line.span.end as usize;
                        TokenKind::Directive
                    }
                    _ => {
                        at += 1;
                        TokenKind::Punct(byte)
                    }
                }
            }
            b'"' => {
                at = skip_string(text, at);
                TokenKind::Literal
            }
            b'\'' => {
                at = skip_quoted(text, at, b'\'');
                TokenKind::Literal
            }
            _ if is_word(byte) => {
                at += text
                    .get(at..)
                    .unwrap_or_default()
                    .iter()
                    .take_while(|byte| is_word(**byte))
                    .count();
                TokenKind::Word
            }
            _ => {
                at += 1;
                TokenKind::Punct(byte)
            }
        };
        let span = Span::new(offset(start), offset(at));
        tokens.push(Token { kind, span });
    }
}

/// Whether the byte belongs to an identifier or number; bytes of UTF-8 do.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

/// One past a string that begins at `from`; an unterminated one ends with its line.
pub(super) fn skip_string(text: &[u8], from: usize) -> usize {
    skip_quoted(text, from, b'"')
}

fn skip_quoted(text: &[u8], from: usize, quote: u8) -> usize {
    let mut at = from + 1;
    while let Some(step) = text
        .get(at..)
        .and_then(|rest| memchr::memchr3(quote, b'\\', b'\n', rest))
    {
        at += step;
        match text.get(at) {
            Some(b'\\') => at += 2 + usize::from(text.get(at + 1..at + 3) == Some(b"\r\n")),
            Some(b'\n') => return at,
            _ => return at + 1,
        }
    }
    text.len()
}

/// Offset of the first `\n` after `from` that no backslash escapes, or the end of the text.
pub fn line_of_code_ends(text: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(step) = text.get(at..).and_then(|rest| memchr(b'\n', rest)) {
        let end = at + step;
        let line = text.get(from..end).unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.last() != Some(&b'\\') {
            return end;
        }
        at = end + 1;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::super::directives::scan;
    use super::*;

    #[test]
    fn tokens_of_every_kind() {
        let text = b"#if A \\\n B\nx1 += 'q' /* ' */ \"a\\\"b\"; // \"\n#endif\n\"open\nend #";
        let mut directives = Vec::new();
        let mut tokens = Vec::new();
        scan(text, &mut directives);
        tokenize(text, &directives, &mut tokens);
        let seen: Vec<_> = tokens
            .iter()
            .map(|token| String::from_utf8_lossy(token.span.of(text)).into_owned())
            .collect();
        assert_eq!(
            seen,
            [
                "#if A \\\n B",
                "x1",
                "+",
                "=",
                "'q'",
                "\"a\\\"b\"",
                ";",
                "#endif",
                "\"open",
                "end",
                "#"
            ]
        );
    }
}
