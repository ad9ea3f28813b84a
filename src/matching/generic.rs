//! Generic mode: patterns over the words and signs of any text.
//!
//! As in Semgrep's generic mode, white space does not count, a metavariable is one word, and `...`
//! spans a limited number of lines and stays within brackets.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::compile::{MetaNames, PatternError};
use super::env::{Bound, Env};
use super::pattern::MetaId;
use crate::finding::Span;

/// Lines an ellipsis may span by default.
const ELLIPSIS_LINES: u32 = 10;

/// A compiled generic pattern.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenericPattern {
    parts: Vec<Part>,
    lines: u32,
}

/// One element of a generic pattern.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Part {
    Word(String),
    Sign(u8),
    Meta(MetaId),
    Any,
    Dots,
    MetaDots(MetaId),
}

/// A word or a sign of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Token {
    span: Span,
    /// 0-based line.
    line: u32,
    /// For an opening bracket: index one past its closing one (of the tokens).
    skip: u32,
    is_close: bool,
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

impl GenericPattern {
    /// Compiles a pattern.
    pub(super) fn new(
        text: &str,
        lines: Option<u32>,
        metas: &mut MetaNames,
    ) -> Result<Self, PatternError> {
        let bytes = text.trim().as_bytes();
        let mut parts = Vec::new();
        let mut at = 0;
        let meta_name = |from: usize| {
            let rest = bytes.get(from..).unwrap_or_default();
            let end = rest
                .iter()
                .position(|&b| !(b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_'))
                .unwrap_or(rest.len());
            String::from_utf8_lossy(rest.get(..end).unwrap_or_default()).into_owned()
        };
        while let Some(&byte) = bytes.get(at) {
            let rest = bytes.get(at..).unwrap_or_default();
            if rest.starts_with(b"$...") && !meta_name(at + 4).is_empty() {
                let name = meta_name(at + 4);
                at += 4 + name.len();
                parts.push(Part::MetaDots(metas.intern(&format!("$...{name}"))?));
            } else if rest.starts_with(b"...") {
                at += 3;
                parts.push(Part::Dots);
            } else if byte == b'$' && !meta_name(at + 1).is_empty() {
                let name = meta_name(at + 1);
                at += 1 + name.len();
                parts.push(if name == "_" {
                    Part::Any
                } else {
                    Part::Meta(metas.intern(&format!("${name}"))?)
                });
            } else if byte.is_ascii_whitespace() {
                at += 1;
            } else if is_word(byte) {
                let end = rest.iter().position(|&b| !is_word(b)).unwrap_or(rest.len());
                let word = rest.get(..end).unwrap_or_default();
                parts.push(Part::Word(String::from_utf8_lossy(word).into_owned()));
                at += end;
            } else {
                parts.push(Part::Sign(byte));
                at += 1;
            }
        }
        while parts.first() == Some(&Part::Dots) {
            parts.remove(0);
        }
        while parts.last() == Some(&Part::Dots) {
            parts.pop();
        }
        if parts.is_empty() {
            return Err(PatternError::Empty);
        }
        Ok(Self {
            parts,
            lines: lines.unwrap_or(ELLIPSIS_LINES),
        })
    }

    /// All matches in `text`, leftmost first, one for each start.
    pub(super) fn find(&self, text: &[u8], offset: u32) -> Vec<(Span, Env)> {
        let tokens = tokens(text);
        let mut found = Vec::new();
        for start in 0..tokens.len() {
            let mut steps = 100_000_u32;
            if let Some((end, env)) = self.match_at(
                &self.parts,
                &tokens,
                start,
                &Env::default(),
                text,
                &mut steps,
            ) && end > start
                && let (Some(first), Some(last)) = (tokens.get(start), tokens.get(end - 1))
            {
                let span = Span::new(first.span.start + offset, last.span.end + offset);
                found.push((span, shifted(&env, offset)));
            }
        }
        found
    }

    fn match_at(
        &self,
        parts: &[Part],
        tokens: &[Token],
        at: usize,
        env: &Env,
        text: &[u8],
        steps: &mut u32,
    ) -> Option<(usize, Env)> {
        *steps = steps.checked_sub(1)?;
        let Some((first, rest)) = parts.split_first() else {
            return Some((at, env.clone()));
        };
        if let Part::Dots | Part::MetaDots(_) = first {
            let start_line = tokens
                .get(at.saturating_sub(1))
                .map_or(0, |token| token.line);
            let mut end = at;
            loop {
                let bound = match first {
                    Part::MetaDots(id) => {
                        let span = match (
                            tokens.get(at),
                            end.checked_sub(1).and_then(|e| tokens.get(e)),
                        ) {
                            (Some(a), Some(b)) if end > at => Span::new(a.span.start, b.span.end),
                            _ => Span::default(),
                        };
                        let mut env = env.clone();
                        env.set(*id, Bound { span, node: None });
                        env
                    }
                    _ => env.clone(),
                };
                if let Some(done) = self.match_at(rest, tokens, end, &bound, text, steps) {
                    return Some(done);
                }
                let token = tokens.get(end)?;
                if token.is_close || token.line > start_line + self.lines {
                    return None;
                }
                end = if token.skip > 0 {
                    token.skip as usize
                } else {
                    end + 1
                };
            }
        }
        let token = tokens.get(at)?;
        let word = token.span.of(text);
        let next = match first {
            Part::Word(wanted) => (word == wanted.as_bytes()).then(|| env.clone()),
            Part::Sign(wanted) => (word == [*wanted]).then(|| env.clone()),
            Part::Any => word
                .first()
                .is_some_and(|&b| is_word(b))
                .then(|| env.clone()),
            Part::Meta(id) => {
                let is_one = word.first().is_some_and(|&b| is_word(b));
                match env.get(*id) {
                    _ if !is_one => None,
                    Some(old) => (old.span.of(text) == word).then(|| env.clone()),
                    None => {
                        let mut env = env.clone();
                        env.set(
                            *id,
                            Bound {
                                span: token.span,
                                node: None,
                            },
                        );
                        Some(env)
                    }
                }
            }
            Part::Dots | Part::MetaDots(_) => None,
        }?;
        self.match_at(rest, tokens, at + 1, &next, text, steps)
    }
}

/// Bindings with their spans moved by `offset`.
fn shifted(env: &Env, offset: u32) -> Env {
    let mut moved = Env::default();
    for (id, bound) in env.iter() {
        let span = Span::new(bound.span.start + offset, bound.span.end + offset);
        moved.set(id, Bound { span, node: None });
    }
    moved
}

/// Words and signs of a text, brackets paired.
fn tokens(text: &[u8]) -> Vec<Token> {
    let mut found: Vec<Token> = Vec::with_capacity(text.len() / 4);
    let mut open: SmallVec<[(u8, usize); 16]> = SmallVec::new();
    let (mut at, mut line) = (0_usize, 0_u32);
    let small = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
    while let Some(&byte) = text.get(at) {
        if byte == b'\n' {
            line += 1;
        }
        if byte.is_ascii_whitespace() {
            at += 1;
            continue;
        }
        let start = at;
        at += 1;
        if is_word(byte) {
            while text.get(at).is_some_and(|&b| is_word(b)) {
                at += 1;
            }
        }
        let span = Span::new(small(start), small(at));
        let mut is_close = false;
        match byte {
            b'(' => open.push((b')', found.len())),
            b'[' => open.push((b']', found.len())),
            b'{' => open.push((b'}', found.len())),
            b')' | b']' | b'}' => {
                is_close = true;
                if let Some(&(wanted, opener)) = open.last()
                    && wanted == byte
                {
                    open.pop();
                    let end = small(found.len() + 1);
                    if let Some(token) = found.get_mut(opener) {
                        token.skip = end;
                    }
                }
            }
            _ => {}
        }
        found.push(Token {
            span,
            line,
            skip: 0,
            is_close,
        });
    }
    found
}
