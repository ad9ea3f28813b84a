//! What is wrong with a repair although the rule is silent: it does less than the code before, or hides
//! the weakness instead of removing it.

use std::collections::BTreeSet;

use super::Exercise;
use super::shape::{Call, Shape, closing};
use super::tokens::{Kind, Token};

/// Comments that ask tools to look away.
const LOOK_AWAY: [&str; 6] = [
    "scrubin:",
    "nolint",
    "nosemgrep",
    "cppcheck-suppress",
    "nosec",
    "coverity[",
];

/// Words that begin or end a cast of C, beside names that end in `_t`.
const TYPES: &[&str] = &[
    "void", "char", "short", "int", "long", "float", "double", "signed", "unsigned", "bool",
    "_Bool", "const", "volatile", "struct", "enum", "union",
];

/// Everything that can be said against it, in sentences; nothing where it is fine.
pub(super) fn complaints(exercise: &Exercise, answer: &str) -> Vec<String> {
    let language = exercise.language.as_str();
    if !matches!(language, "c" | "rust") {
        return of_settings(exercise, answer);
    }
    let (before, after) = (
        Shape::of(&exercise.code, language),
        Shape::of(answer, language),
    );
    let guard = exercise
        .guard
        .as_deref()
        .map(|code| Shape::of(code, language));
    let case = Case {
        before,
        after,
        guard,
        line: exercise.line,
        language,
    };
    if case.texts(&case.before) == case.texts(&case.after) {
        return vec!["nothing changed but blanks and comments".to_owned()];
    }
    let mut all = case.hidden();
    all.extend(case.signatures());
    all.extend(case.lost_calls());
    all.extend(case.lost_writes());
    all.extend(case.emptied_calls());
    all.extend(case.unreachable());
    all.extend(case.no_guard());
    all
}

/// Settings: every line that the repair need not touch has to stay.
fn of_settings(exercise: &Exercise, answer: &str) -> Vec<String> {
    let lines = |text: &str| -> BTreeSet<String> {
        text.lines()
            .map(|line| line.split('#').next().unwrap_or_default().trim().to_owned())
            .filter(|line| !line.is_empty())
            .collect()
    };
    let (before, after) = (lines(&exercise.code), lines(answer));
    if before == after {
        return vec!["nothing changed but blanks and comments".to_owned()];
    }
    let guard = exercise.guard.as_deref().map(lines);
    let marked = exercise.code.lines().nth(exercise.line.saturating_sub(1));
    let is_wanted = |line: &&String| match &guard {
        Some(guard) => guard.contains(*line),
        None => Some(line.as_str()) != marked.map(str::trim),
    };
    let lost = before
        .iter()
        .filter(is_wanted)
        .find(|line| !after.contains(*line));
    lost.map(|line| format!("`{line}` is gone, and nothing was wrong with it"))
        .into_iter()
        .collect()
}

struct Case<'c> {
    before: Shape<'c>,
    after: Shape<'c>,
    guard: Option<Shape<'c>>,
    line: usize,
    language: &'c str,
}

impl<'c> Case<'c> {
    fn texts(&self, shape: &Shape<'c>) -> Vec<&'c str> {
        let directives = shape.text.directives.iter();
        let tokens = shape.text.tokens.iter().map(|token| token.text);
        directives.copied().chain(tokens).collect()
    }

    /// Comments, preprocessor lines and attributes that take code out of sight.
    fn hidden(&self) -> Vec<String> {
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

    /// Functions and their parameters are what others call.
    fn signatures(&self) -> Vec<String> {
        let mut all = Vec::new();
        for function in &self.before.functions {
            let of_guard = self
                .guard
                .as_ref()
                .and_then(|guard| guard.function(function.name));
            let Some(now) = self.after.function(function.name) else {
                if self.guard.is_none() || of_guard.is_some() {
                    all.push(format!("`{}` is gone; others call it", function.name));
                }
                continue;
            };
            let keeps = |wanted: &[Vec<&str>]| now.parameters.starts_with(wanted);
            let is_kept = keeps(&function.parameters)
                || of_guard.is_some_and(|guard| keeps(&guard.parameters));
            if !is_kept {
                all.push(format!(
                    "the parameters of `{}` changed: the weakness moved to its callers",
                    function.name
                ));
            }
        }
        all
    }

    /// Calls in the line of the weakness.
    fn marked_calls(&self) -> impl Iterator<Item = &Call<'c>> {
        self.before
            .calls
            .iter()
            .filter(|call| call.line == self.line)
    }

    /// Calls that are gone although a right repair keeps them, or that nothing took the place of.
    fn lost_calls(&self) -> Vec<String> {
        let (before, after) = (self.before.called(), self.after.called());
        let guard = self.guard.as_ref().map(Shape::called);
        let marked: BTreeSet<&str> = self.marked_calls().map(|call| call.name).collect();
        let mut lost: Vec<String> = Vec::new();
        for (name, count) in &before {
            let wanted = match &guard {
                Some(guard) => guard.get(name).copied().unwrap_or(0).min(*count),
                None => *count,
            };
            let now = after.get(name).copied().unwrap_or(0);
            // What stands in the line of the weakness counts one by one.
            let is_lost = if marked.contains(name) {
                now < wanted
            } else {
                now == 0 && wanted > 0
            };
            let may_be_replaced = guard.is_none() && marked.contains(name);
            if is_lost && !may_be_replaced {
                lost.push(format!(
                    "`{name}` is called no more: the code does less than before"
                ));
            }
        }
        for call in &self.before.calls {
            let is_replaced_in_guard = guard.as_ref().map_or(call.line == self.line, |guard| {
                !guard.contains_key(call.name)
            });
            let (false, true) = (after.contains_key(call.name), is_replaced_in_guard) else {
                continue;
            };
            // Where it wrote, something has to write now.
            let Some(target) = call.base(0) else {
                continue;
            };
            let is_written = self.after.writes.contains(target)
                || self.after.calls.iter().any(|other| {
                    (0..other.arguments.len()).any(|at| other.base(at) == Some(target))
                })
                || self.is_method_target(target);
            let is_needed = self
                .guard
                .as_ref()
                .is_none_or(|guard| guard.bag().contains_key(target));
            if is_needed && !is_written {
                lost.push(format!(
                    "`{}` is gone, and nothing does its work on `{target}`",
                    call.name
                ));
            }
        }
        lost.dedup();
        lost
    }

    /// `target.method(...)`.
    fn is_method_target(&self, target: &str) -> bool {
        let tokens = &self.after.text.tokens;
        tokens.windows(2).any(|pair| match pair {
            [name, dot] => name.is(target) && dot.is("."),
            _ => false,
        })
    }

    fn lost_writes(&self) -> Vec<String> {
        let is_kept = |name: &&&str| {
            self.guard
                .as_ref()
                .is_none_or(|guard| guard.writes.contains(**name))
        };
        let before = self.before.writes.iter().filter(is_kept);
        before
            .filter(|name| !self.after.writes.contains(**name))
            .filter(|name| {
                !self
                    .after
                    .calls
                    .iter()
                    .any(|call| call.base(0) == Some(**name))
            })
            .map(|name| {
                format!("`{name}` is given no value any more: the code does less than before")
            })
            .collect()
    }

    /// Calls that are still there and do nothing, because a number took the place of what said how much.
    fn emptied_calls(&self) -> Vec<String> {
        let is_number = |argument: &Vec<&str>| matches!(argument.as_slice(), [only] if only.starts_with(|first: char| first.is_ascii_digit()));
        let number_at = |shape: &Shape<'c>, name: &str, at: usize| {
            let mut calls = shape.calls.iter().filter(|call| call.name == name);
            calls.any(|call| call.arguments.get(at).is_some_and(is_number))
        };
        let mut all = Vec::new();
        for call in &self.after.calls {
            let is_old = self.before.calls.iter().any(|old| old.name == call.name);
            let emptied = (0..call.arguments.len()).find(|at| {
                call.arguments.get(*at).is_some_and(is_number)
                    && !number_at(&self.before, call.name, *at)
                    && !self
                        .guard
                        .as_ref()
                        .is_some_and(|guard| number_at(guard, call.name, *at))
            });
            if let (true, Some(at)) = (is_old, emptied) {
                all.push(format!(
                    "argument {} of `{}` is a fixed number now, whatever comes in",
                    at + 1,
                    call.name
                ));
            }
        }
        all.dedup();
        all
    }

    /// Statements that nothing reaches.
    fn unreachable(&self) -> Vec<String> {
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

    /// A repair without a guard: only casts, only another name, or the same call somewhere else.
    fn no_guard(&self) -> Vec<String> {
        let plain = |shape: &Shape<'c>| without_casts(&shape.text.tokens, self.language);
        let before = plain(&self.before);
        let guard_is_cast = self
            .guard
            .as_ref()
            .is_some_and(|guard| plain(guard) == before);
        if !guard_is_cast && plain(&self.after) == before {
            return vec!["a cast asks nothing: the value is cut, not checked".to_owned()];
        }
        let whole = |shape: &Shape<'c>| shape.decisions(0..shape.text.tokens.len());
        if whole(&self.after) > whole(&self.before) {
            return Vec::new();
        }
        let old = self.before.called();
        let new_functions = self
            .after
            .functions
            .iter()
            .filter(|one| self.before.function(one.name).is_none());
        for function in new_functions {
            let inside = self
                .after
                .text
                .tokens
                .get(function.body.clone())
                .unwrap_or_default();
            let moved = self
                .marked_calls()
                .find(|call| inside.iter().any(|token| token.is(call.name)));
            if let Some(call) = moved {
                return vec![format!(
                    "`{}` moved to `{}` without a question before it",
                    call.name, function.name
                )];
            }
        }
        let (bag_before, bag_after) = (self.before.bag(), self.after.bag());
        let added: Vec<&str> = bag_after
            .iter()
            .filter(|(text, count)| bag_before.get(*text).is_none_or(|old| old < *count))
            .map(|(text, _)| *text)
            .collect();
        let calls_more = self
            .after
            .called()
            .keys()
            .any(|name| !old.contains_key(name));
        let is_name = |text: &&&str| {
            text.starts_with(|first: char| first.is_alphabetic() || first == '_')
                && !is_type(text)
                && !bag_before.contains_key(**text)
        };
        let only_names = added.iter().all(|text| {
            is_type(text)
                || bag_before.contains_key(text)
                    && text.starts_with(|first: char| first.is_alphabetic() || first == '_')
                    && !["sizeof", "return", "goto", "break", "static"].contains(text)
                || is_name(&text)
                || ["(", ")", "*", "=", ";", ",", "&", "let", "mut", "[", "]"].contains(text)
        });
        let has_new_name = added.iter().any(|text| is_name(&text));
        let is_like_guard = self.guard.as_ref().is_some_and(|guard| {
            let bag = guard.bag();
            added
                .iter()
                .filter(|text| is_name(text))
                .all(|text| bag.contains_key(text))
        });
        if only_names && has_new_name && !calls_more && !is_like_guard {
            return vec!["another name for the same value asks nothing".to_owned()];
        }
        Vec::new()
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

fn is_type(text: &str) -> bool {
    TYPES.contains(&text)
        || text.ends_with("_t")
        || [
            "u8", "u16", "u32", "u64", "usize", "i8", "i16", "i32", "i64", "isize",
        ]
        .contains(&text)
}

/// The tokens without casts: `(type *)` of C, `as type` of Rust, and brackets that a cast needs.
fn without_casts<'t>(all: &[Token<'t>], language: &str) -> Vec<&'t str> {
    let mut out = Vec::with_capacity(all.len());
    let mut at = 0;
    while let Some(token) = all.get(at) {
        if language == "rust" && token.is("as") {
            at += 2;
            continue;
        }
        if language == "c" && token.is("(") && is_cast(all, at) {
            at = closing(all, at).unwrap_or(at) + 1;
            continue;
        }
        if !(token.is("(") || token.is(")")) {
            out.push(token.text);
        }
        at += 1;
    }
    out
}

/// Whether the bracket holds a type alone and stands before a value.
fn is_cast(all: &[Token<'_>], open: usize) -> bool {
    let Some(close) = closing(all, open) else {
        return false;
    };
    let inside = all.get(open + 1..close).unwrap_or_default();
    let is_call = open
        .checked_sub(1)
        .and_then(|before| all.get(before))
        .is_some_and(|before| before.is_word() && !before.is("return"));
    let has_value = all.get(close + 1).is_some_and(|next| {
        next.kind != Kind::Sign || ["(", "*", "&", "-", "~"].contains(&next.text)
    });
    !inside.is_empty()
        && inside
            .iter()
            .all(|token| is_type(token.text) || token.is("*"))
        && !is_call
        && has_value
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
