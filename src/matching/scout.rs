//! A first look with a simpler expression: what it does not find, the whole one does not find either.
//!
//! Lookaround makes an expression slow to compile and to search, and most texts that hold a word of it
//! have no match. So each expression has a looser one without lookaround, made when the rule is read.
//! It runs as a lazy automaton in one direction, the least there is to build.

use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};

use fancy_regex::{Assertion, Expr};
use regex_automata::Input;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_syntax::ParserBuilder;

/// Largest automaton that is built of one expression, in bytes.
const NFA_MAX: usize = 1 << 20;

/// The looser expression, ready to search.
#[derive(Debug)]
pub(super) struct Scout {
    automaton: DFA,
    /// What earlier searches found out about the automaton.
    cache: Mutex<Option<Cache>>,
}

impl Scout {
    /// A scout for an expression made by [`loose`].
    pub(super) fn new(loose: &str) -> Option<Self> {
        // Bytes are characters: see `one_byte_each`.
        let parsed = ParserBuilder::new()
            .unicode(false)
            .utf8(false)
            .build()
            .parse(loose)
            .ok()?;
        let states = thompson::Compiler::new()
            .configure(
                thompson::Config::new()
                    .which_captures(WhichCaptures::None)
                    .utf8(false)
                    .nfa_size_limit(Some(NFA_MAX)),
            )
            .build_from_hir(&parsed)
            .ok()?;
        let automaton = DFA::builder().build_from_nfa(states).ok()?;
        let cache = Mutex::new(None);
        Some(Self { automaton, cache })
    }

    /// Whether the text may hold a match of an expression over characters.
    pub(super) fn may_match(&self, text: &str) -> bool {
        one_byte_each(text).is_none_or(|bytes| self.may_match_bytes(&bytes))
    }

    /// Whether the text may hold a match of an expression over bytes.
    pub(super) fn may_match_bytes(&self, text: &[u8]) -> bool {
        let kept = || self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept().take();
        let mut cache = known.unwrap_or_else(|| self.automaton.create_cache());
        let input = Input::new(text).earliest(true);
        // An automaton that grew past its limits may have missed one.
        let found = self.automaton.try_search_fwd(&mut cache, &input);
        *kept() = Some(cache);
        found.map_or(true, |found| found.is_some())
    }
}

/// The text with one byte for each character: itself where it is ASCII. No loose expression tells other
/// characters apart, so each of them is as good as any other. `None` where the text has one of the two that
/// ASCII letters match where case does not count (the Kelvin sign and the long s).
fn one_byte_each(text: &str) -> Option<Cow<'_, [u8]>> {
    if text.is_ascii() {
        return Some(Cow::Borrowed(text.as_bytes()));
    }
    let byte = |character: char| match character {
        '\u{212a}' | '\u{17f}' => None,
        _ if character.is_ascii() => u8::try_from(character).ok(),
        _ => Some(0xff),
    };
    text.chars()
        .map(byte)
        .collect::<Option<Vec<u8>>>()
        .map(Cow::Owned)
}

/// An expression that matches wherever `expr` does, without lookaround and back-references; `None` where
/// there is none. Its classes are those of ASCII: see [`super::regex::ascii`].
pub(super) fn loose(expr: &Expr) -> Option<String> {
    let loose = loosened(expr)?;
    let mut text = String::new();
    loose.to_str(&mut text, 0);
    Scout::new(&text).map(|_| text)
}

/// Whether the expression has what only a search with steps back can do.
pub(super) fn has_lookaround(expr: &Expr) -> bool {
    matches!(expr, Expr::LookAround(..) | Expr::AtomicGroup(_))
        || expr.children_iter().any(has_lookaround)
}

fn loosened(expr: &Expr) -> Option<Expr> {
    let all = |parts: &[Expr]| parts.iter().map(loosened).collect::<Option<Vec<_>>>();
    Some(match expr {
        // In a class these are Unicode's to the whole expression.
        Expr::Delegate { inner, .. }
            if [r"\W", r"\S", r"\D"]
                .iter()
                .any(|class| inner.contains(class)) =>
        {
            return None;
        }
        Expr::Any { .. } | Expr::Delegate { .. } => expr.clone(),
        Expr::Literal { val, .. } if val.is_ascii() => expr.clone(),
        Expr::Assertion(
            Assertion::StartText
            | Assertion::EndText
            | Assertion::StartLine { .. }
            | Assertion::EndLine { .. },
        ) => expr.clone(),
        // What matches no bytes only rules matches out.
        Expr::Empty | Expr::Assertion(_) | Expr::LookAround(..) | Expr::KeepOut => Expr::Empty,
        Expr::Concat(parts) => Expr::Concat(all(parts)?),
        Expr::Alt(parts) => Expr::Alt(all(parts)?),
        Expr::Group(inner) => Expr::Group(loosened(inner)?.into()),
        Expr::AtomicGroup(inner) => Expr::Group(loosened(inner)?.into()),
        Expr::Repeat {
            child,
            lo,
            hi,
            greedy,
        } => Expr::Repeat {
            child: Box::new(loosened(child)?),
            lo: *lo,
            hi: *hi,
            greedy: *greedy,
        },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::super::regex::ascii;
    use super::*;

    fn scout(expression: &str) -> Option<Scout> {
        let tree = Expr::parse_tree(&ascii(expression)).unwrap();
        Scout::new(&loose(&tree.expr)?)
    }

    #[test]
    fn what_the_scout_misses_has_no_match() {
        let expressions = [
            r"(?m)^[ \t]*#define[ \t]+(?!\w*test)\w*(?:key|SECRET)\b",
            r"(?<=[{,\s])\.(?:io_caps\s*=\s*NONE|lesc\s*=\s*0)\b",
            r"(?m)^[^\n#]*\K-fno-stack-protector(?:-all)?\b",
            r"(?i)a(?>bc|b)c{2,3}$",
            r"(?s)x.*?(?!y)z",
            r"",
            r"(?m)^$",
            r"(?i)x(?=.)[^a]z|bsk",
            r"(?=.)c[^a-z]o",
        ];
        let texts = [
            "#define KEY_SECRET 1\n",
            "  #define test_key 1\n",
            "#define other 1\n",
            "a = { .lesc = 0 };",
            "cflags -fno-stack-protector-all\n# -fno-stack-protector\n",
            "ABCCC",
            "xxyz",
            "x\nz",
            "",
            "\n\n",
            "größe\n#define größe_SECRET 1\nxäz",
            "aB\u{17f}\u{212a}C",
            "c\u{17f}o",
        ];
        for expression in expressions {
            let full = fancy_regex::Regex::new(&ascii(expression)).unwrap();
            let scout = scout(expression).unwrap();
            for text in texts {
                let is_match = full.is_match(text).unwrap();
                assert!(
                    scout.may_match(text) || !is_match,
                    "{expression} on {text:?}"
                );
            }
        }
        let scout = scout(expressions[0]).unwrap();
        assert!(scout.may_match(texts[1]), "lookaround is left out");
        assert!(!scout.may_match(texts[2]));
        assert!(!scout.may_match("größe"));
    }

    #[test]
    fn what_cannot_be_loosened_has_no_scout() {
        assert!(scout(r"(a|b)\1").is_none());
        assert!(scout("größe").is_none());
        // Whether `ä` is such a letter, bytes cannot say.
        assert!(scout(r"x[^\W\d](?=y)").is_none());
        assert!(scout(r"x[^\S\r\n](?=y)").is_none());
    }
}
