//! Code that is out of sight: behind comments to the tool, preprocessor lines and jumps.

use std::collections::BTreeSet;

use super::super::shape::Shape;
use super::super::tokens::Token;
use super::Case;
use crate::flow;

/// Comments that ask tools to look away.
const LOOK_AWAY: [&str; 6] = [
    "scrubin:",
    "nolint",
    "nosemgrep",
    "cppcheck-suppress",
    "nosec",
    "coverity[",
];

impl<'c> Case<'c> {
    /// Comments, preprocessor lines and attributes that take code out of sight.
    pub(super) fn hidden(&self) -> Vec<String> {
        let mut all = Vec::new();
        let asks = |shape: &Shape<'c>| {
            let is_asking = |comment: &&&str| {
                let comment = comment.to_lowercase();
                LOOK_AWAY.iter().any(|word| comment.contains(word))
            };
            shape.text.comments.iter().filter(is_asking).count()
        };
        if asks(&self.after) > asks(&self.before) {
            all.push("a comment that asks the tool to look away repairs nothing".to_owned());
        }
        let conditional = |shape: &Shape<'c>| {
            let words = ["if", "ifdef", "ifndef", "elif", "pragma", "undef"];
            let is_one = |line: &&&str| words.contains(&directive_word(line));
            shape.text.directives.iter().filter(is_one).count()
        };
        let allowed = self
            .guard
            .as_ref()
            .map_or(0, conditional)
            .max(conditional(&self.before));
        if conditional(&self.after) > allowed {
            all.push("code that is compiled out is not repaired".to_owned());
        }
        let used: BTreeSet<&str> = self.before.calls.iter().map(|call| call.name).collect();
        let redefined = self.after.text.directives.iter().find(|line| {
            let is_old = self.before.text.directives.contains(line);
            !is_old
                && directive_word(line) == "define"
                && defines(line).is_some_and(|name| used.contains(name))
        });
        if let Some(line) = redefined.and_then(|line| defines(line)) {
            all.push(format!(
                "`{line}` is a macro now, and does what it did no more"
            ));
        }
        let count = |shape: &Shape<'c>, word: &str| shape.bag().get(word).copied().unwrap_or(0);
        if self.language == "rust"
            && ["cfg", "cfg_attr", "test"]
                .iter()
                .any(|word| count(&self.after, word) > count(&self.before, word))
        {
            all.push("code that is compiled out is not repaired".to_owned());
        }
        all
    }

    /// Calls that went out of sight: through a pointer, or into a macro.
    pub(super) fn indirect_calls(&self) -> Vec<String> {
        let mut all = Vec::new();
        let as_value = |shape: &Shape<'c>, name: &str| {
            let pairs = shape.text.tokens.windows(2);
            pairs
                .filter(|pair| {
                    matches!(pair, [word, next] if word.is(name) && !next.is("(") && !next.is("!"))
                })
                .count()
        };
        let marked: BTreeSet<&str> = self.marked_calls().map(|call| call.name).collect();
        for name in &marked {
            if as_value(&self.after, name) > as_value(&self.before, name) {
                all.push(format!(
                    "`{name}` is called through a pointer: that hides the call and changes nothing"
                ));
            }
            let is_inside = |line: &&&str| {
                let words = line.split(|one: char| !(one.is_alphanumeric() || one == '_'));
                directive_word(line) == "define" && words.skip(3).any(|word| word == *name)
            };
            let count = |shape: &Shape<'c>| shape.text.directives.iter().filter(is_inside).count();
            if count(&self.after) > count(&self.before) {
                all.push(format!(
                    "`{name}` moved into a macro: that hides the call and changes nothing"
                ));
            }
        }
        all
    }

    /// New functions that do the work of the line of the weakness, and whose code is not here.
    pub(super) fn unknown_calls(&self) -> Vec<String> {
        if self.language != "c" {
            return Vec::new();
        }
        let of_line: BTreeSet<&str> = self
            .marked_calls()
            .flat_map(|call| (0..call.arguments.len()).filter_map(|at| call.base(at)))
            .collect();
        let (before, after) = (self.before.called(), self.after.called());
        let is_gone = self
            .marked_calls()
            .any(|call| after.get(call.name) < before.get(call.name));
        if !is_gone {
            return Vec::new();
        }
        let is_known = |name: &str| {
            before.contains_key(name)
                || self.after.function(name).is_some()
                || flow::is_library_function(name)
                || self
                    .guard
                    .as_ref()
                    .is_some_and(|guard| guard.called().contains_key(name))
        };
        let works = |call: &&super::Call<'c>| {
            (0..call.arguments.len())
                .filter_map(|at| call.base(at))
                .any(|name| of_line.contains(name))
        };
        let unknown: BTreeSet<&str> = self
            .after
            .calls
            .iter()
            .filter(|call| !is_known(call.name))
            .filter(works)
            .map(|call| call.name)
            .collect();
        unknown
            .iter()
            .map(|name| format!("what `{name}` does, whose code is not here"))
            .collect()
    }

    /// Statements that nothing reaches.
    pub(super) fn unreachable(&self) -> Vec<String> {
        let (before, after) = (
            dead_statements(&self.before.text.tokens),
            dead_statements(&self.after.text.tokens),
        );
        if after.len() <= before.len() {
            return Vec::new();
        }
        let line = after.first().copied().unwrap_or_default();
        vec![format!("line {line} is never reached")]
    }
}

/// `ifdef` of `# ifdef X`.
fn directive_word(line: &str) -> &str {
    let rest = line.trim_start_matches('#').trim_start();
    let end = rest.find(|character: char| !character.is_alphabetic());
    rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()
}

/// `X` of `#define X(a) b`.
fn defines(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("define")?;
    let rest = rest.trim_start();
    let end = rest.find(|character: char| !(character.is_alphanumeric() || character == '_'));
    rest.get(..end.unwrap_or(rest.len()))
}

/// 1-based lines of statements that follow a jump in the same block, and of blocks behind a condition that
/// never holds.
fn dead_statements(all: &[Token<'_>]) -> Vec<usize> {
    let mut dead = Vec::new();
    for (at, token) in all.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| all.get(before));
        let jumps = ["return", "break", "continue", "goto"]
            .iter()
            .any(|word| token.is(word));
        let is_alone =
            before.is_none_or(|before| [";", "{", "}"].iter().any(|sign| before.is(sign)));
        if jumps && is_alone {
            let end = (at..all.len()).find(|at| all.get(*at).is_some_and(|token| token.is(";")));
            let next = end.and_then(|end| all.get(end + 1));
            let after = end.and_then(|end| all.get(end + 2));
            let is_label = after.is_some_and(|after| after.is(":"));
            let ends = ["}", "case", "default"];
            if let Some(next) = next
                && !ends.iter().any(|word| next.is(word))
                && !is_label
            {
                dead.push(next.line);
            }
        }
        if never_holds(all, at) {
            dead.push(token.line);
        }
    }
    dead
}

/// `if (0)`, `while (false)`, `if false`; not the `while (0)` of a `do` block.
fn never_holds(all: &[Token<'_>], at: usize) -> bool {
    let is_at = |at: usize, texts: &[&str]| {
        all.get(at)
            .is_some_and(|token| texts.iter().any(|text| token.is(text)))
    };
    let is_do = at
        .checked_sub(1)
        .is_some_and(|before| is_at(before, &["}"]));
    let nothing = ["0", "0u", "0U", "false"];
    let is_plain = is_at(at + 1, &nothing) && is_at(at + 2, &["{"]);
    let is_bracketed = is_at(at + 1, &["("]) && is_at(at + 2, &nothing) && is_at(at + 3, &[")"]);
    let is_and = is_at(at, &["&&"]) && is_at(at + 1, &nothing);
    (is_at(at, &["if"]) && (is_plain || is_bracketed))
        || (is_at(at, &["while"]) && !is_do && (is_plain || is_bracketed))
        || is_and
}
