//! Repairs that ask nothing, or ask too late.

use super::super::shape::{Function, Shape, closing};
use super::super::tokens::{Kind, Token};
use super::Case;

/// Types of 64 bits.
const WIDE: [&str; 4] = ["uint64_t", "int64_t", "u64", "i64"];

/// Calls of Rust that end the program where something is wrong, or check nothing at all.
const STOPS: [&str; 9] = [
    "panic",
    "unwrap",
    "expect",
    "unreachable",
    "todo",
    "unimplemented",
    "unwrap_unchecked",
    "get_unchecked",
    "transmute",
];

/// Words that begin or end a cast of C, beside names that end in `_t`.
const TYPES: &[&str] = &[
    "void", "char", "short", "int", "long", "float", "double", "signed", "unsigned", "bool",
    "_Bool", "const", "volatile", "struct", "enum", "union",
];

impl<'c> Case<'c> {
    /// Questions that were asked before, and that a right repair asks as well.
    pub(super) fn lost_questions(&self) -> Vec<String> {
        let mut all = Vec::new();
        for function in &self.before.functions {
            let (Some(after), guard) = self.now_and_guard(function.name) else {
                continue;
            };
            let asked =
                |shape: &Shape<'c>, function: &Function<'c>| shape.decisions(function.body.clone());
            let wanted = asked(&self.before, function);
            let wanted = guard.map_or(wanted, |(shape, function)| {
                wanted.min(asked(shape, function))
            });
            if asked(&self.after, after) < wanted {
                all.push(format!(
                    "`{}` asks less than before: a question is gone",
                    function.name
                ));
            }
        }
        all
    }

    /// A function of the same name after the repair, and in a right one.
    fn now_and_guard(
        &self,
        name: &str,
    ) -> (Option<&Function<'c>>, Option<(&Shape<'c>, &Function<'c>)>) {
        let guard = self.guard.as_ref();
        let of_guard = guard.and_then(|shape| Some((shape, shape.function(name)?)));
        (self.after.function(name), of_guard)
    }

    /// What is done before it was asked, or in another order, although a right repair keeps both.
    pub(super) fn order(&self) -> Vec<String> {
        let mut all = Vec::new();
        for function in &self.before.functions {
            let (Some(after), guard) = self.now_and_guard(function.name) else {
                continue;
            };
            let before = self.before.effects(function);
            let after = self.after.effects(after);
            let guard = match (&self.guard, guard) {
                (Some(_), None) => continue,
                (_, guard) => {
                    guard.map_or_else(|| before.clone(), |(shape, one)| shape.effects(one))
                }
            };
            let questions = |effects: &[(&str, usize)], name: &str| {
                effects.iter().find(|one| one.0 == name).map(|one| one.1)
            };
            let place = |effects: &[(&str, usize)], name: &str| {
                let mut places = effects.iter().enumerate().filter(|(_, one)| one.0 == name);
                match (places.next(), places.next()) {
                    (Some((at, _)), None) => Some(at),
                    _ => None,
                }
            };
            for (at, (name, asked)) in before.iter().enumerate() {
                if let (Some(in_guard), Some(now)) =
                    (questions(&guard, name), questions(&after, name))
                    && now < in_guard.min(*asked)
                {
                    all.push(format!("`{name}` comes before the question that guards it"));
                }
                for (other, _) in before.iter().skip(at + 1) {
                    let is_before = |effects: &[(&str, usize)]| {
                        Some(place(effects, name)? < place(effects, other)?)
                    };
                    if is_before(&before) == Some(true)
                        && is_before(&guard) == Some(true)
                        && is_before(&after) == Some(false)
                    {
                        all.push(format!("`{other}` comes before `{name}` now"));
                    }
                }
            }
        }
        all.sort();
        all.dedup();
        all
    }

    /// Calls of Rust that end the program, or ask for no check.
    pub(super) fn stops(&self) -> Vec<String> {
        if self.language != "rust" {
            return Vec::new();
        }
        let count = |shape: &Shape<'c>, name: &str| shape.called().get(name).copied().unwrap_or(0);
        let sum = |shape: &Shape<'c>| -> usize { STOPS.iter().map(|one| count(shape, one)).sum() };
        let before = sum(&self.before);
        // Where a right repair does without them, an old one in another form is one too many.
        let allowed = match &self.guard {
            Some(guard) => sum(guard),
            None => before.saturating_sub(usize::from(self.is_stop_marked())),
        };
        if sum(&self.after) <= allowed {
            return Vec::new();
        }
        STOPS
            .iter()
            .filter(|name| {
                let of_guard = self.guard.as_ref().map_or(0, |guard| count(guard, name));
                count(&self.after, name) > of_guard
            })
            .map(|name| format!("`{name}` stops the device, or trusts what nobody checked"))
            .collect()
    }

    /// Whether the weakness is such a call.
    fn is_stop_marked(&self) -> bool {
        self.marked_calls().any(|call| STOPS.contains(&call.name))
    }

    /// Constant places in a slice of Rust that the test of its length does not cover.
    pub(super) fn short_tests(&self) -> Vec<String> {
        if self.language != "rust" {
            return Vec::new();
        }
        let mut all = Vec::new();
        for function in &self.after.functions {
            let tokens = self
                .after
                .text
                .tokens
                .get(function.body.clone())
                .unwrap_or_default();
            for (at, name) in tokens.iter().enumerate().filter(|(_, one)| one.is_word()) {
                let Some(index) = constant_index(tokens, at) else {
                    continue;
                };
                let asked = (0..tokens.len())
                    .filter(|at| tokens.get(*at).is_some_and(|one| one.is(name.text)))
                    .filter_map(|at| length_test(tokens, at))
                    .max();
                if let Some(asked) = asked.filter(|asked| index >= *asked) {
                    all.push(format!(
                        "`{}[{index}]` needs {} bytes, and the test asks for {asked}",
                        name.text,
                        index + 1
                    ));
                }
            }
        }
        all.dedup();
        all
    }

    /// A repair without a guard: only casts, only another name, or the same call somewhere else.
    pub(super) fn no_guard(&self) -> Vec<String> {
        let plain = |shape: &Shape<'c>| without_casts(&shape.text.tokens, self.language);
        let before = plain(&self.before);
        let guard_is_cast = self
            .guard
            .as_ref()
            .is_some_and(|guard| plain(guard) == before);
        // A sum in a wider type may be the repair; the rule tells.
        let widens = |shape: &Shape<'c>| {
            let bag = shape.bag();
            WIDE.iter()
                .map(|word| bag.get(word).copied().unwrap_or(0))
                .sum::<usize>()
        };
        let is_wider = widens(&self.after) > widens(&self.before);
        if !guard_is_cast && !is_wider && plain(&self.after) == before {
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
        let has_new_type = added
            .iter()
            .any(|text| is_type(text) && !bag_before.contains_key(*text));
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
        if only_names && has_new_name && !has_new_type && !calls_more && !is_like_guard {
            return vec!["another name for the same value asks nothing".to_owned()];
        }
        Vec::new()
    }
}

/// `7` of `name[7]`.
fn constant_index(tokens: &[Token<'_>], at: usize) -> Option<usize> {
    match tokens.get(at + 1..at + 4)? {
        [open, index, close] if open.is("[") && close.is("]") => index.text.parse().ok(),
        _ => None,
    }
}

/// The length that `name.len() < 4` or `name.is_empty()` asks for.
fn length_test(tokens: &[Token<'_>], at: usize) -> Option<usize> {
    let is_method = |method: &str| {
        let rest = tokens.get(at + 1..at + 5)?;
        let texts: Vec<&str> = rest.iter().map(|one| one.text).collect();
        (texts == [".", method, "(", ")"]).then_some(())
    };
    if is_method("is_empty").is_some() {
        return Some(1);
    }
    is_method("len")?;
    let number: usize = tokens.get(at + 6)?.text.parse().ok()?;
    match tokens.get(at + 5)?.text {
        "<" => Some(number),
        "<=" => number.checked_add(1),
        _ => None,
    }
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
