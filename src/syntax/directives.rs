//! Preprocessor lines of a C file: where they are, which `#if` groups they form, and the groups
//! that are dead in C (`#if 0`, `__cplusplus`, `__ASSEMBLER__`).

use memchr::{memchr, memchr2, memchr3, memmem};

use super::tokens::{line_of_code_ends, skip_string};
use crate::finding::Span;

/// What a preprocessor line does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    /// `#if`, `#ifdef`, `#ifndef`.
    Open,
    /// `#elif`, `#elifdef`, `#elifndef`.
    Elif,
    /// `#else`.
    Else,
    /// `#endif`.
    End,
    /// Any other directive.
    Other,
}

/// A preprocessor line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Directive {
    pub(super) word: Word,
    /// From the first byte of the line to the end of the last continuation line, its `\n` left out.
    pub(super) span: Span,
    /// For [`Word::Open`]: what is known of the condition in C.
    pub(super) truth: Truth,
}

/// What is known of a condition without evaluating macros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Truth {
    /// Never holds in C.
    False,
    /// Always holds in C.
    True,
    /// Depends on the build.
    Open,
}

/// What C never sees of a text: groups such as `#if 0` and those for the assembler. In order.
pub fn unseen_groups(text: &[u8]) -> Vec<Span> {
    let (mut directives, mut dead) = (Vec::new(), Vec::new());
    scan(text, &mut directives);
    dead_spans(&directives, &mut dead);
    dead
}

/// Finds the preprocessor lines. Comments and strings are skipped, so that a `#` inside them does
/// not count.
pub(super) fn scan(text: &[u8], found: &mut Vec<Directive>) {
    found.clear();
    let mut at = 0;
    while let Some(step) = text
        .get(at..)
        .and_then(|rest| memchr3(b'#', b'/', b'"', rest))
    {
        let here = at + step;
        at = match text.get(here) {
            Some(b'/') => match text.get(here + 1) {
                Some(b'*') => comment_end(text, here + 2),
                Some(b'/') => line_of_code_ends(text, here),
                _ => here + 1,
            },
            Some(b'"') => {
                // `'"'` is a character, not the begin of a string.
                if here > 0
                    && text.get(here - 1) == Some(&b'\'')
                    && text.get(here + 1) == Some(&b'\'')
                    || text.get(here.saturating_sub(2)..here) == Some(b"'\\")
                {
                    here + 1
                } else {
                    skip_string(text, here)
                }
            }
            _ => match line_start(text, here) {
                Some(start) => {
                    let end = directive_end(text, here);
                    found.push(directive(text, start, here, end));
                    end
                }
                None => here + 1,
            },
        };
    }
}

/// One past the `*/` of a block comment whose inside begins at `from`.
pub(super) fn comment_end(text: &[u8], from: usize) -> usize {
    text.get(from..)
        .and_then(|rest| memmem::find(rest, b"*/"))
        .map_or(text.len(), |step| from + step + 2)
}

/// Start of the line if only blanks stand before `hash`.
fn line_start(text: &[u8], hash: usize) -> Option<usize> {
    let mut start = hash;
    loop {
        match start.checked_sub(1).and_then(|before| text.get(before)) {
            None | Some(b'\n') => return Some(start),
            Some(b' ' | b'\t' | b'\r' | 0x0c) => start -= 1,
            Some(_) => return None,
        }
    }
}

/// End of a directive: the first `\n` that is neither escaped nor inside a block comment.
fn directive_end(text: &[u8], hash: usize) -> usize {
    let mut at = hash;
    let mut end = line_of_code_ends(text, at);
    while let Some(step) = text.get(at..end).and_then(|line| memchr2(b'/', b'"', line)) {
        let here = at + step;
        at = match (text.get(here), text.get(here + 1)) {
            (Some(b'"'), _) => skip_string(text, here),
            (_, Some(b'/')) => return end,
            (_, Some(b'*')) => comment_end(text, here + 2),
            _ => here + 1,
        };
        if at > end {
            end = line_of_code_ends(text, at);
        }
    }
    end
}

fn directive(text: &[u8], start: usize, hash: usize, end: usize) -> Directive {
    let body = text
        .get(hash + 1..end)
        .unwrap_or_default()
        .trim_ascii_start();
    let length = body
        .iter()
        .take_while(|byte| byte.is_ascii_alphabetic())
        .count();
    let (name, condition) = body.split_at_checked(length).unwrap_or_default();
    let word = match name {
        b"if" | b"ifdef" | b"ifndef" => Word::Open,
        b"elif" | b"elifdef" | b"elifndef" => Word::Elif,
        b"else" => Word::Else,
        b"endif" => Word::End,
        _ => Word::Other,
    };
    let truth = match name {
        b"if" => truth(condition),
        b"ifdef" if is_never_c(first_word(condition)) => Truth::False,
        b"ifndef" if is_never_c(first_word(condition)) => Truth::True,
        _ => Truth::Open,
    };
    let span = Span::new(offset(start), offset(end));
    Directive { word, span, truth }
}

/// What C says to the condition of an `#if`.
fn truth(condition: &[u8]) -> Truth {
    let condition = condition.trim_ascii();
    let (negated, rest) = match condition.strip_prefix(b"!") {
        Some(rest) => (true, rest.trim_ascii_start()),
        None => (false, condition),
    };
    let mut word = first_word(rest);
    if word == b"0" {
        let alone = rest.get(1..).unwrap_or_default().trim_ascii_start();
        return match alone.first() {
            None | Some(b'/') if !negated => Truth::False,
            Some(b'&') if !negated => Truth::False,
            _ => Truth::Open,
        };
    }
    let defined = word == b"defined";
    let mut behind = rest.get(word.len()..).unwrap_or_default();
    if defined {
        let inner = behind.trim_ascii_start();
        let inner = inner.strip_prefix(b"(").unwrap_or(inner).trim_ascii_start();
        word = first_word(inner);
        behind = inner
            .get(word.len()..)
            .unwrap_or_default()
            .trim_ascii_start();
        behind = behind.strip_prefix(b")").unwrap_or(behind);
    }
    if !is_never_c(word) {
        return Truth::Open;
    }
    // `||` leaves it open; `&&` cannot make a false condition true, nor keep a true one.
    let behind = behind.trim_ascii_start();
    let or = memmem::find(behind, b"||").is_some();
    let compared = !defined && matches!(behind.first(), Some(b'<' | b'=' | b'!'));
    match (negated, or, compared) {
        (false, false, false) => Truth::False,
        (true, _, _) if behind.is_empty() || behind.starts_with(b"/") => Truth::True,
        _ => Truth::Open,
    }
}

/// Names that are defined where the text is read as C++ or by the assembler, and never as C.
pub fn is_never_c(word: &[u8]) -> bool {
    matches!(
        word,
        b"__cplusplus"
            | b"__ASSEMBLER__"
            | b"__ASSEMBLY__"
            | b"__ASSEMBLY"
            | b"_ASMLANGUAGE"
            | b"__IAR_SYSTEMS_ASM__"
            | b"__LINKER__"
    )
}

fn first_word(text: &[u8]) -> &[u8] {
    let text = text.trim_ascii_start();
    let length = text
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_')
        .count();
    text.get(..length).unwrap_or_default()
}

/// Spans that C never sees: the dead arms of groups with a known condition, and the directives
/// around the arm that is left. Sorted, none inside another.
pub(super) fn dead_spans(directives: &[Directive], dead: &mut Vec<Span>) {
    struct Group {
        truth: Truth,
        opening: Span,
        /// The `#else`, unless an `#elif` came before it.
        other: Option<Span>,
        elif: bool,
        /// Spans found before the group.
        before: usize,
    }
    dead.clear();
    let mut open: Vec<Group> = Vec::new();
    for directive in directives {
        let span = directive.span;
        match directive.word {
            Word::Open => open.push(Group {
                truth: directive.truth,
                opening: span,
                other: None,
                elif: false,
                before: dead.len(),
            }),
            Word::Elif => {
                if let Some(group) = open.last_mut() {
                    // `#if 0 … #elif X`: the condition of the `#elif` stays with its directive.
                    if group.truth == Truth::False && !group.elif {
                        dead.truncate(group.before);
                        dead.push(Span::new(group.opening.end, span.start));
                    }
                    group.elif = true;
                }
            }
            Word::Else => {
                if let Some(group) = open.last_mut() {
                    if group.truth == Truth::False && !group.elif && group.other.is_none() {
                        dead.truncate(group.before);
                        dead.push(Span::new(group.opening.start, span.end));
                    } else if group.truth == Truth::True {
                        group.before = dead.len();
                    }
                    group.other = Some(span);
                }
            }
            Word::End => {
                let Some(group) = open.pop() else { continue };
                match (group.truth, group.other) {
                    (Truth::Open, _) => {}
                    _ if group.elif => {}
                    (Truth::False, None) => {
                        dead.truncate(group.before);
                        dead.push(Span::new(group.opening.start, span.end));
                    }
                    (Truth::False, Some(_)) => dead.push(span),
                    (Truth::True, other) => {
                        if other.is_some() {
                            dead.truncate(group.before);
                        }
                        let from = other.map_or(span.start, |other| other.start);
                        dead.push(Span::new(from, span.end));
                        dead.push(group.opening);
                    }
                }
            }
            Word::Other => {}
        }
    }
    dead.sort_unstable();
}

/// Overwrites bytes with blanks; line ends stay, so that lines keep their numbers.
pub(super) fn blank(text: &mut [u8], span: Span) {
    let Some(bytes) = text.get_mut(span.start as usize..span.end as usize) else {
        return;
    };
    let mut rest = bytes;
    while !rest.is_empty() {
        let length = memchr(b'\n', rest).unwrap_or(rest.len());
        let (line, behind) = rest.split_at_mut(length);
        line.fill(b' ');
        rest = behind.get_mut(1..).unwrap_or_default();
    }
}

/// Files are limited to far less than 4 GiB, so this never saturates.
pub(super) fn offset(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests stop at the first surprise")]

    use super::*;

    /// Blanks the dead spans of `text`.
    fn masked(text: &str) -> String {
        let mut directives = Vec::new();
        let mut dead = Vec::new();
        scan(text.as_bytes(), &mut directives);
        dead_spans(&directives, &mut dead);
        let mut bytes = text.as_bytes().to_vec();
        for span in dead {
            blank(&mut bytes, span);
        }
        assert_eq!(bytes.len(), text.len());
        let text = String::from_utf8(bytes).unwrap();
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        lines.join("\n")
    }

    #[test]
    fn cplusplus_goes_and_its_else_stays() {
        assert_eq!(
            masked("#ifdef __cplusplus\nextern \"C\" {\n#else\nint a;\n#endif\nint b;"),
            "\n\n\nint a;\n\nint b;"
        );
        assert_eq!(
            masked("#ifdef __ASSEMBLER__\n#define A 1\n#else\nint a;\n#endif\nint b;"),
            "\n\n\nint a;\n\nint b;"
        );
        assert_eq!(
            masked("#if !defined(__cplusplus)\nint a;\n#else\nint b;\n#endif"),
            "\nint a;\n\n\n"
        );
        assert_eq!(masked("#if defined(__cplusplus) && X\na\n#endif"), "\n\n");
        let kept = "#if defined(__cplusplus) || X\na\n#endif";
        assert_eq!(masked(kept), kept);
    }

    #[test]
    fn if_zero_goes_with_everything_inside() {
        assert_eq!(
            masked("#if 0 /* why */\n#ifdef A\ndon't\n#else\n#endif\n#endif\nint b;"),
            "\n\n\n\n\n\nint b;"
        );
        assert_eq!(
            masked("#if 0\na\n#elif B\nb\n#endif"),
            "#if 0\n\n#elif B\nb\n#endif"
        );
    }

    #[test]
    fn comments_strings_and_continuations_hide_directives() {
        let text =
            "/*\n#if 0\n*/\nchar *a = \"\\\n#if 0\n\"; char q = '\"';\n#define X \\\n#if 0\nint a;";
        assert_eq!(masked(text), text);
        assert_eq!(
            masked("#if 0 /* long\ncomment */\nint a;\n#endif"),
            "\n\n\n"
        );
    }

    #[test]
    fn groups_that_never_close_change_nothing() {
        assert_eq!(masked("#if 0\nint a;"), "#if 0\nint a;");
        assert_eq!(masked("#endif\n#else\nint a;"), "#endif\n#else\nint a;");
    }
}
