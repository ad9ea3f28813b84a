//! What is wrong with a repair although the rule is silent: it does less than the code before, or hides
//! the weakness instead of removing it.

mod consequences;
mod hiding;
mod questions;

use std::collections::BTreeSet;

use super::Exercise;
use super::shape::{Call, Shape};

/// What its shape says of a repair.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// Everything that can be said against it, in sentences; nothing where it is fine.
    pub(super) wrong: Vec<String>,
    /// What nobody can tell who sees this code alone.
    pub(super) out_of_sight: Vec<String>,
}

/// Looks at the shape of a repair.
pub(super) fn complaints(exercise: &Exercise, answer: &str) -> Said {
    let language = exercise.language.as_str();
    if !matches!(language, "c" | "rust") {
        return Said {
            wrong: of_settings(exercise, answer),
            ..Said::default()
        };
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
        return Said {
            wrong: vec!["nothing changed but blanks and comments".to_owned()],
            ..Said::default()
        };
    }
    let mut all = case.hidden();
    all.extend(case.indirect_calls());
    all.extend(case.signatures());
    all.extend(case.lost_calls());
    all.extend(case.lost_writes());
    all.extend(case.emptied_calls());
    all.extend(case.unreachable());
    all.extend(case.lost_questions());
    all.extend(case.order());
    all.extend(case.stops());
    all.extend(case.short_tests());
    all.extend(case.no_guard());
    all.extend(case.empty_blocks());
    all.extend(case.self_comparisons());
    all.extend(case.made_up_values());
    all.extend(case.large_bounds());
    Said {
        wrong: all,
        out_of_sight: case.unknown_calls(),
    }
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
            // Where it worked, something has to work now, as in a right repair.
            let Some(target) = call.base(0) else {
                continue;
            };
            let before = works_on(&self.before, target);
            let wanted = match &self.guard {
                Some(guard) => before.min(works_on(guard, target)),
                None => before,
            };
            if works_on(&self.after, target) < wanted {
                lost.push(format!(
                    "`{}` is gone, and nothing does its work on `{target}`",
                    call.name
                ));
            }
        }
        lost.dedup();
        lost
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
}

/// How often a piece of code calls something on a name, looks at an element of it, or gives it a value.
fn works_on(shape: &Shape<'_>, target: &str) -> usize {
    let uses = shape.text.tokens.windows(2).filter(|pair| match pair {
        [name, sign] => name.is(target) && (sign.is(".") || sign.is("[")),
        _ => false,
    });
    let is_argument =
        |call: &&Call<'_>| (0..call.arguments.len()).any(|at| call.base(at) == Some(target));
    uses.count()
        + usize::from(shape.writes.contains(target))
        + shape.calls.iter().filter(is_argument).count()
}
