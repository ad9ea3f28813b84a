//! Texts of a rule that name metavariables: messages and fixes.

use std::cell::Cell;
use std::collections::BTreeSet;

use super::program::Program;
use crate::rules::{Condition, Formula};

/// Replaces `$X` by what it is bound to; longest names first, unbound ones stay.
pub(super) fn interpolate(
    template: &str,
    metas: &[String],
    bound: &dyn Fn(usize) -> Option<String>,
) -> String {
    if !template.contains('$') {
        return template.to_owned();
    }
    let mut out = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some(at) = rest.find('$') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let name_end = from
            .char_indices()
            .skip(1)
            .find(|(_, c)| !(c.is_alphanumeric() || matches!(c, '_' | '.')))
            .map_or(from.len(), |(at, _)| at);
        let best = metas
            .iter()
            .enumerate()
            .filter(|(_, name)| {
                from.get(..name_end)
                    .is_some_and(|text| text.starts_with(name.as_str()))
            })
            .max_by_key(|(_, name)| name.len());
        let replaced = best.and_then(|(id, name)| Some((name.len(), bound(id)?)));
        match replaced {
            Some((length, text)) => {
                out.push_str(&text);
                rest = from.get(length..).unwrap_or_default();
            }
            None => {
                out.push('$');
                rest = from.get(1..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    out
}

/// What a match is replaced by; `None` where the rule has no fix, or none for this match: a part of
/// the rule that did not take part would have bound what the fix names.
pub(super) fn fix_text(
    program: &Program,
    matched: &[u8],
    metas: &[String],
    bound: &dyn Fn(usize) -> Option<String>,
) -> Option<String> {
    if let Some(template) = &program.fix {
        let is_whole = Cell::new(true);
        let noting = |id: usize| {
            let text = bound(id);
            is_whole.set(is_whole.get() && text.is_some());
            text
        };
        let text = interpolate(template, metas, &noting);
        return is_whole.get().then_some(text);
    }
    let (regex, replacement, count) = program.fix_regex.as_ref()?;
    let matched = std::str::from_utf8(matched).ok()?;
    // Semgrep writes groups as `\1`, the regex crates as `${1}`.
    let mut template = String::with_capacity(replacement.len());
    let mut characters = replacement.chars().peekable();
    while let Some(c) = characters.next() {
        match (c, characters.peek().copied()) {
            ('\\', Some(digit)) if digit.is_ascii_digit() => {
                characters.next();
                template.push_str(&format!("${{{digit}}}"));
            }
            ('$', _) => template.push_str("$$"),
            _ => template.push(c),
        }
    }
    let limit = count.map_or(0, |count| count as usize);
    let replaced = regex
        .get()?
        .try_replacen(matched, limit, template.as_str())
        .ok()?;
    // A match that the expression does not fit has no edit.
    (replaced != matched).then(|| replaced.into_owned())
}

/// The first metavariable of a text that no part of the formulas binds.
pub(super) fn unbound(template: &str, formulas: &[&Formula]) -> Option<String> {
    let mut bound = BTreeSet::new();
    for formula in formulas {
        add_bound(formula, &mut bound);
    }
    // It stands for anything and is bound to nothing.
    bound.remove("$_");
    let is_bound = |name: &String| bound.iter().any(|known| name.starts_with(known.as_str()));
    metavariables(template).find(|name| !is_bound(name))
}

/// What matches of a formula bind. What must not match binds nothing.
fn add_bound(formula: &Formula, bound: &mut BTreeSet<String>) {
    match formula {
        Formula::Pattern(text) => bound.extend(metavariables(&text.text)),
        Formula::Regex(text) => bound.extend(groups(&text.text)),
        Formula::Either(formulas) => {
            for formula in formulas {
                add_bound(formula, bound);
            }
        }
        Formula::All(all) => {
            for formula in all.positives.iter().chain(&all.insides) {
                add_bound(formula, bound);
            }
            for condition in &all.conditions {
                match condition {
                    Condition::Regex { regex, .. } => bound.extend(groups(&regex.text)),
                    Condition::Pattern { formula, .. } => add_bound(formula, bound),
                    Condition::Comparison { .. } | Condition::Analysis { .. } => {}
                }
            }
        }
    }
}

/// `$NAME` and `$...NAME` in a text.
fn metavariables(text: &str) -> impl Iterator<Item = String> {
    text.match_indices('$').filter_map(|(at, _)| {
        let from = text.get(at + 1..)?;
        let (dots, from) = match from.strip_prefix("...") {
            Some(from) => ("...", from),
            None => ("", from),
        };
        let name: String = from
            .chars()
            .take_while(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || *c == '_')
            .collect();
        let is_name = name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_');
        is_name.then(|| format!("${dots}{name}"))
    })
}

/// The metavariables that the named groups of a regular expression bind.
fn groups(regex: &str) -> impl Iterator<Item = String> {
    regex.split("(?").skip(1).filter_map(|group| {
        let group = group.strip_prefix('P').unwrap_or(group);
        let (name, _) = group.strip_prefix('<')?.split_once('>')?;
        Some(format!("${name}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metavariables_of_a_text_are_told_from_other_dollars() {
        let names: Vec<String> = metavariables("f($X, $...ARGS, $_, $LEN2) $ $1 $x $$Y").collect();
        assert_eq!(names, ["$X", "$...ARGS", "$_", "$LEN2", "$Y"]);
        let names: Vec<String> = groups("(?<A>x)(?P<B>y)(?:z)(?<=w)(c)").collect();
        assert_eq!(names, ["$A", "$B"]);
    }
}
