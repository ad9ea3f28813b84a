//! Which expressions find the same in the bytes of a text as in its characters.
//!
//! One of bytes has no Unicode in it, which is most of what an expression takes to compile, and one character
//! beyond ASCII in a comment does not keep it from the fast automaton, as `\b` of Unicode does.

use fancy_regex::Expr;

/// Whether that is so for an expression and its tree: no character beyond ASCII is named, and what matches
/// such a character matches any number of them. `.{4}` counts characters, `.*` does not.
pub(super) fn finds_the_same(text: &str, tree: &Expr) -> bool {
    names_only_ascii(text) && is_same(tree, false)
}

/// Whether no character beyond ASCII is named, nor a class of some of them.
fn names_only_ascii(text: &str) -> bool {
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if !byte.is_ascii() {
            return false;
        }
        if byte != b'\\' {
            continue;
        }
        let is_plain = match rest.next() {
            Some(b'x') => matches!(rest.next(), Some(b'0'..=b'6')),
            Some(escaped) => !b"uUpPXNoR".contains(&escaped),
            None => false,
        };
        if !is_plain {
            return false;
        }
    }
    // `[:^ascii:]` and the like.
    !text.contains("[:")
}

/// `is_repeated`: as often as the text has it, with nothing else in between.
fn is_same(expr: &Expr, is_repeated: bool) -> bool {
    match expr {
        Expr::Empty | Expr::Assertion(_) | Expr::KeepOut | Expr::Backref { .. } => true,
        Expr::Literal { val, .. } => val.is_ascii(),
        Expr::Any { .. } => is_repeated,
        Expr::Delegate { inner, .. } => is_repeated || is_class_of_ascii(inner),
        Expr::Concat(parts) => {
            let mut consuming = parts.iter().filter(|part| !is_without_bytes(part));
            let is_alone = consuming.next().is_some() && consuming.next().is_none();
            parts
                .iter()
                .all(|part| is_same(part, is_repeated && is_alone && !is_without_bytes(part)))
        }
        Expr::Alt(parts) => parts.iter().all(|part| is_same(part, is_repeated)),
        Expr::Group(inner) => is_same(inner, false),
        Expr::AtomicGroup(inner) | Expr::LookAround(inner, _) => is_same(inner, false),
        Expr::Repeat {
            child,
            lo,
            hi,
            greedy,
        } => {
            // `.+?` may be a single one.
            let is_any_number = *hi == usize::MAX && (*lo == 0 || *lo == 1 && *greedy);
            is_same(child, is_any_number)
        }
        _ => false,
    }
}

fn is_without_bytes(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Empty | Expr::Assertion(_) | Expr::KeepOut | Expr::LookAround(..)
    )
}

/// Whether a class has no character beyond ASCII in it.
fn is_class_of_ascii(class: &str) -> bool {
    class.starts_with('[')
        && !class.contains("[^")
        && ![r"\W", r"\S", r"\D"]
            .iter()
            .any(|escaped| class.contains(escaped))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::super::regex::ascii;
    use super::*;

    fn is_of_bytes(expression: &str) -> bool {
        let text = ascii(expression);
        finds_the_same(&text, &Expr::parse_tree(&text).unwrap().expr)
    }

    #[test]
    fn what_counts_characters_is_not_of_bytes() {
        for same in [
            r"\bkey\b",
            r"[^\x22]+",
            r"a\\u",
            r"(?m)^[ \t]*#define\s+(\w+)[^\r\n]*$",
            r"(?:(?!//).)*x",
            r"(\w+) = \1",
        ] {
            assert!(is_of_bytes(same), "{same}");
        }
        for other in [
            r".{3}",
            r"'[^'\\]'",
            r".",
            r".+?",
            r"\W",
            r"(?:\\.)*",
            r"\x{202e}",
            r"[^\x00-\x7f]",
            r"\p{Greek}",
            "\u{e9}",
            r"\u202e",
            r"[[:^ascii:]]",
            r"\R",
        ] {
            assert!(!is_of_bytes(other), "{other}");
        }
    }

    proptest! {
        /// Both kinds find the same places, whatever the text.
        #[test]
        fn both_find_the_same(text in "[ab=\"#\u{e9}\u{2028}\u{1f600} \n]{0,30}") {
            for expression in [
                r"(?m)^[^=]*=",
                r"#[^\n]*a\b",
                r"b(?:(?!a).)*a",
                r"(?s)a.*b",
                "\"[^\"]*\"",
                r"\ba.*?=",
            ] {
                prop_assert!(is_of_bytes(expression));
                let of = |mode| {
                    let regex = fancy_regex::RegexBuilder::new(expression).bytes_mode(mode).build().unwrap();
                    let found: Vec<_> = regex
                        .find_iter(text.as_bytes())
                        .map(|found| found.map(|found| (found.start(), found.end())).unwrap())
                        .collect();
                    found
                };
                // A letter beyond ASCII is none to `\b` of bytes.
                if !expression.contains(r"\b") {
                    prop_assert_eq!(of(fancy_regex::BytesMode::Ascii), of(fancy_regex::BytesMode::Unicode));
                }
                for (start, end) in of(fancy_regex::BytesMode::Ascii) {
                    prop_assert!(text.get(start..end).is_some());
                }
            }
        }
    }
}
