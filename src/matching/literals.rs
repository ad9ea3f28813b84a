//! Texts that every match of a regular expression holds, read off its syntax.

use fancy_regex::{Assertion, Expr, LookAround};

/// Shortest text worth a search, in bytes.
const SHORTEST: usize = 2;

/// Texts in so many files that looking for them decides nothing.
const EVERYWHERE: &[&str] = &[
    "#define", "#if", "#if ", "0x", "://", "case", "char", "config_", "const", "default", "define",
    "disable", "else", "for", "image", "include", "int", "mac", "return", "sig", "static",
    "struct", "switch", "unsigned", "void", "while",
];

/// Whether looking for the text decides nothing.
pub(super) fn is_everywhere(text: &str) -> bool {
    EVERYWHERE.contains(&text)
}

/// Whether the expression ends with `(?s:.*)\z`, whatever alternative of it matches.
pub(super) fn ends_with_all(expression: &Expr) -> bool {
    let Expr::Concat(parts) = expression else {
        return false;
    };
    let [
        ..,
        Expr::Repeat {
            child,
            lo: 0,
            hi: usize::MAX,
            greedy: true,
        },
        Expr::Assertion(Assertion::EndText),
    ] = parts.as_slice()
    else {
        return false;
    };
    matches!(**child, Expr::Any { newline: true, .. })
}

/// Splits an expression `\A(?:^(?!a)(?!b)c)` into the anchored expressions that must not match, and the one
/// that must; `None` for any other form.
pub(super) fn leading_nots(anchored: &str) -> Option<(Vec<String>, String)> {
    let mut rest = anchored.strip_prefix(r"\A(?:")?.strip_suffix(')')?;
    // A `]` that comes first in a class is no end of it.
    let is_odd = rest.contains("[]") || rest.contains("[^]");
    if is_odd || alternatives_at(rest, 0) {
        return None;
    }
    let flags = if rest.starts_with("(?i)") { "(?i)" } else { "" };
    rest = rest.strip_prefix(flags)?;
    rest = rest.strip_prefix('^').unwrap_or(rest);
    let mut nots = Vec::new();
    while let Some(behind) = rest.strip_prefix("(?!") {
        let end = closing(behind)?;
        nots.push(format!(r"\A(?:{flags}{})", behind.get(..end)?));
        rest = behind.get(end + 1..)?;
    }
    (!nots.is_empty()).then(|| (nots, format!(r"\A(?:{flags}{rest})")))
}

/// Where the bracket closes that opened before the expression.
fn closing(expression: &str) -> Option<usize> {
    marks(expression)
        .find(|(_, mark, depth)| *mark == ')' && *depth < 0)
        .map(|(at, _, _)| at)
}

/// Whether a `|` stands at this depth of brackets.
fn alternatives_at(expression: &str, at: i32) -> bool {
    marks(expression).any(|(_, mark, depth)| mark == '|' && depth == at)
}

/// Brackets and bars outside of classes and escapes, with the depth behind them.
fn marks(expression: &str) -> impl Iterator<Item = (usize, char, i32)> + '_ {
    let mut depth = 0;
    let mut in_class = false;
    let mut escaped = false;
    expression.char_indices().filter_map(move |(at, mark)| {
        if std::mem::take(&mut escaped) {
            return None;
        }
        match mark {
            '\\' => escaped = true,
            '[' => in_class = true,
            ']' => in_class = false,
            '(' if !in_class => depth += 1,
            ')' if !in_class => depth -= 1,
            _ => {}
        }
        let counts = !in_class && matches!(mark, '(' | ')' | '|');
        counts.then_some((at, mark, depth))
    })
}

/// Most alternatives that are kept.
const MOST: usize = 80;

/// Lower-case texts of which every match holds at least one, in any case; `None` where there are no
/// such texts.
pub(super) fn needed(expr: &Expr) -> Option<Vec<String>> {
    // Lines of a file may end in `\r\n`, so that only what stands within one can be looked for.
    let longest_line = |text: String| {
        let lines = text.split('\n');
        lines.max_by_key(|line| line.len()).map(str::to_owned)
    };
    let found: Vec<String> = texts(expr)
        .best()?
        .into_iter()
        .filter_map(longest_line)
        .collect();
    let is_useful = found.len() <= MOST
        && found
            .iter()
            .all(|text| text.len() >= SHORTEST && text.is_ascii());
    is_useful.then_some(found)
}

/// Stand for the start and the end of the text.
const START: char = '\u{2}';
const END: char = '\u{3}';

/// Most texts of an expression that are compared one by one.
const MOST_WHOLE: usize = 200;

/// The texts that match from start to end, if the expression matches nothing else, and whether their
/// case counts.
pub(super) fn whole(expr: &Expr) -> Option<(Vec<String>, bool)> {
    let mut case = None;
    let mut texts = Vec::new();
    for text in alternatives(expr, &mut case)? {
        let text = text.trim_start_matches(START).strip_suffix(END)?;
        if text.contains([START, END]) || !text.is_ascii() {
            return None;
        }
        texts.push(text.to_owned());
    }
    Some((texts, case != Some(true)))
}

/// All texts of an expression that has finitely many; `case` becomes whether it ignores case.
fn alternatives(expr: &Expr, case: &mut Option<bool>) -> Option<Vec<String>> {
    Some(match expr {
        Expr::Literal { val, casei } => {
            if *case.get_or_insert(*casei) != *casei {
                return None;
            }
            vec![val.clone()]
        }
        Expr::Empty => vec![String::new()],
        Expr::Assertion(Assertion::StartText) => vec![START.to_string()],
        Expr::Assertion(Assertion::EndText) => vec![END.to_string()],
        Expr::Concat(parts) => {
            let mut all = vec![String::new()];
            for part in parts {
                let set = alternatives(part, case)?;
                if all.len() * set.len() > MOST_WHOLE {
                    return None;
                }
                all = all
                    .iter()
                    .flat_map(|start| set.iter().map(move |end| format!("{start}{end}")))
                    .collect();
            }
            all
        }
        Expr::Alt(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(alternatives(part, case)?);
            }
            if all.len() > MOST_WHOLE {
                return None;
            }
            all
        }
        Expr::Group(inner) => alternatives(inner, case)?,
        Expr::Repeat {
            child,
            lo: 0,
            hi: 1,
            ..
        } => {
            let mut all = alternatives(child, case)?;
            all.push(String::new());
            all
        }
        _ => return None,
    })
}

/// What is known of the texts that a part matches.
enum Texts {
    /// It matches exactly these.
    Exactly(Vec<String>),
    /// Whatever it matches holds one of these.
    Holding(Vec<String>),
    Unknown,
}

impl Texts {
    fn best(self) -> Option<Vec<String>> {
        match self {
            Self::Exactly(set) | Self::Holding(set) => Some(without_longer(set)),
            Self::Unknown => None,
        }
    }
}

fn texts(expr: &Expr) -> Texts {
    match expr {
        Expr::Literal { val, .. } => Texts::Exactly(vec![val.to_ascii_lowercase()]),
        // Zero bytes wide: what stands around it is adjacent.
        Expr::Assertion(_) | Expr::Empty | Expr::KeepOut => Texts::Exactly(vec![String::new()]),
        Expr::Concat(parts) => {
            let mut best: Option<Vec<String>> = None;
            // Everything that the parts since the last unknown one can be together.
            let mut run = vec![String::new()];
            let mut is_whole = true;
            for part in parts {
                match texts(part) {
                    Texts::Exactly(set) if set.len() * run.len() <= MOST => {
                        run = run
                            .iter()
                            .flat_map(|start| set.iter().map(move |end| format!("{start}{end}")))
                            .collect();
                    }
                    Texts::Exactly(set) => {
                        best = better(best, std::mem::replace(&mut run, set));
                        is_whole = false;
                    }
                    other => {
                        is_whole = false;
                        best = better(best, std::mem::replace(&mut run, vec![String::new()]));
                        if let Texts::Holding(set) = other {
                            best = better(best, set);
                        }
                    }
                }
            }
            if is_whole {
                return Texts::Exactly(run);
            }
            best = better(best, run);
            best.map_or(Texts::Unknown, Texts::Holding)
        }
        Expr::Alt(parts) => {
            let (mut all, mut is_exact) = (Vec::new(), true);
            for part in parts {
                match texts(part) {
                    Texts::Exactly(set) => all.extend(set),
                    Texts::Holding(set) => {
                        all.extend(set);
                        is_exact = false;
                    }
                    Texts::Unknown => return Texts::Unknown,
                }
            }
            if is_exact {
                Texts::Exactly(all)
            } else {
                Texts::Holding(all)
            }
        }
        Expr::Group(inner) => texts(inner),
        Expr::AtomicGroup(inner) => texts(inner),
        Expr::LookAround(inner, LookAround::LookAhead | LookAround::LookBehind) => {
            texts(inner).best().map_or(Texts::Unknown, Texts::Holding)
        }
        Expr::Repeat { child, lo, hi, .. } => match (lo, hi) {
            (0, 1) => match texts(child) {
                Texts::Exactly(mut set) => {
                    set.push(String::new());
                    Texts::Exactly(set)
                }
                _ => Texts::Unknown,
            },
            (1, 1) => texts(child),
            (0, _) => Texts::Unknown,
            _ => texts(child).best().map_or(Texts::Unknown, Texts::Holding),
        },
        _ => Texts::Unknown,
    }
}

/// A text that holds another one of the set needs no search of its own.
fn without_longer(mut set: Vec<String>) -> Vec<String> {
    set.sort_unstable();
    set.dedup();
    let all = set.clone();
    set.retain(|text| {
        !all.iter()
            .any(|other| other != text && text.contains(other.as_str()))
    });
    set
}

/// The set that rules out more: longer texts, then fewer of them.
fn better(a: Option<Vec<String>>, b: Vec<String>) -> Option<Vec<String>> {
    let b = without_longer(b);
    let value = |set: &[String]| {
        let length = |text: &String| if is_everywhere(text) { 1 } else { text.len() };
        let shortest = set.iter().map(length).min().unwrap_or_default();
        (shortest.min(6), std::cmp::Reverse(set.len()), shortest)
    };
    match a {
        Some(a) if value(&a) >= value(&b) => Some(a),
        a if b.iter().any(String::is_empty) => a,
        _ => Some(b),
    }
}

/// Whether `text` holds `literal` (lower case) in any case.
pub(super) fn contains(text: &[u8], literal: &[u8]) -> bool {
    let Some((&first, rest)) = literal.split_first() else {
        return true;
    };
    memchr::memchr2_iter(first, first.to_ascii_uppercase(), text).any(|at| {
        text.get(at + 1..at + 1 + rest.len())
            .is_some_and(|found| found.eq_ignore_ascii_case(rest))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn of(regex: &str) -> Vec<String> {
        needed(&Expr::parse_tree(regex).unwrap().expr).unwrap_or_default()
    }

    #[test]
    fn texts_that_every_match_holds() {
        assert_eq!(
            of(r"(?i)^\w*(?:KEY|passw(?:or)?d)\w*$"),
            ["key", "passwd", "password"]
        );
        assert_eq!(of(r"#[ \t]*define[ \t]+FOO"), ["foo"]);
        assert_eq!(of(r"a(?:bc)?de+f"), ["abcd", "ad"]);
        assert_eq!(of(r"\bunsafe\s*\{"), ["unsafe"]);
        assert!(of(r"^(?!s_|g_)\w+$").is_empty());
        assert!(of(r"(?:key)?\w+").is_empty());
        assert!(of(r"key|\w+").is_empty());
        assert_eq!(of(r"(?=.*needle).*"), ["needle"]);
    }

    #[test]
    fn expressions_that_match_a_few_texts_alone() {
        let of = |regex: &str| whole(&Expr::parse_tree(regex).unwrap().expr);
        let texts = |all: &[&str]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(
            of(r"\A(?:^(a|bc?)$)"),
            Some((texts(&["a", "bc", "b"]), true))
        );
        assert_eq!(
            of(r"\A(?:(?i)^u(8|16)$)"),
            Some((texts(&["u8", "u16"]), false))
        );
        assert_eq!(of(r"\A(?:^a|b$)"), None);
        assert_eq!(of(r"\A(?:^\w+$)"), None);
        assert_eq!(of(r"\A(?:^a)"), None);
    }

    #[test]
    fn containment_ignores_case() {
        assert!(contains(b"my_Key", b"key"));
        assert!(!contains(b"my_ke", b"key"));
        assert!(contains(b"KKEY", b"key"));
    }
}
