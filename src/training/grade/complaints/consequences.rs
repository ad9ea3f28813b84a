//! Repairs that ask and do nothing with the answer, ask what is always the same, or go on with a made-up value.

use std::collections::BTreeSet;

use super::super::shape::{Call, Function, Shape, closing};
use super::super::tokens::{Kind, Token};
use super::Case;

/// Signs that compare.
const COMPARISONS: [&str; 6] = ["<", ">", "<=", ">=", "==", "!="];

/// What ends an operand of a comparison.
const ENDS: [&str; 12] = ["(", ")", "[", "]", "{", "}", ";", ",", "&&", "||", "?", "="];

/// Calls of Rust that put some value in the place of one that is missing.
const DEFAULTS: [&str; 5] = [
    "unwrap_or",
    "unwrap_or_default",
    "unwrap_or_else",
    "min",
    "clamp",
];

/// How the names of calls begin that go on with what is left of a number.
const CUTS: [&str; 2] = ["wrapping_", "overflowing_"];

impl<'c> Case<'c> {
    /// Questions whose block is empty.
    pub(super) fn empty_blocks(&self) -> Vec<String> {
        let allowed = self
            .guard
            .iter()
            .chain([&self.before])
            .map(|shape| empty_blocks(&shape.text.tokens).len())
            .max()
            .unwrap_or(0);
        let now = empty_blocks(&self.after.text.tokens);
        if now.len() <= allowed {
            return Vec::new();
        }
        now.iter()
            .map(|line| format!("the question in line {line} changes nothing: its block is empty"))
            .collect()
    }

    /// Comparisons of something with itself.
    pub(super) fn self_comparisons(&self) -> Vec<String> {
        let before = self_comparisons(&self.before.text.tokens).len();
        let now = self_comparisons(&self.after.text.tokens);
        if now.len() <= before {
            return Vec::new();
        }
        now.into_iter()
            .map(|(line, text)| {
                format!(
                    "line {line}: `{text}` is compared with itself, and comes out the same always"
                )
            })
            .collect()
    }

    /// Values that nobody sent, where a right repair refuses.
    pub(super) fn made_up_values(&self) -> Vec<String> {
        let (Some(guard), "rust") = (&self.guard, self.language) else {
            return Vec::new();
        };
        let exits = |shape: &Shape<'c>| -> usize {
            shape.functions.iter().map(|one| exits(shape, one)).sum()
        };
        if exits(guard) <= exits(&self.before) {
            return Vec::new();
        }
        let made_up = |shape: &Shape<'c>| made_up(&shape.text.tokens);
        let allowed: BTreeSet<String> = made_up(guard)
            .into_iter()
            .chain(made_up(&self.before))
            .map(|(_, name)| name)
            .collect();
        made_up(&self.after)
            .into_iter()
            .filter(|(_, name)| !allowed.contains(name))
            .map(|(line, name)| {
                format!("line {line}: `{name}` goes on with a value that is not the one that came; it has to be refused")
            })
            .collect()
    }

    /// Bounds that are larger than what they are to protect.
    pub(super) fn large_bounds(&self) -> Vec<String> {
        if self.language != "c" {
            return Vec::new();
        }
        let mut all = Vec::new();
        for call in self.marked_calls() {
            let Some((name, room)) = target(call)
                .and_then(|name| array_size(&self.before, name).map(|room| (name, room)))
            else {
                continue;
            };
            let old: BTreeSet<u64> = numbers_in_bounds(&self.before, name)
                .into_iter()
                .map(|(_, number)| number)
                .collect();
            let now = numbers_in_bounds(&self.after, name);
            all.extend(
                now.into_iter()
                    .filter(|(_, number)| *number > room && !old.contains(number))
                    .map(|(line, number)| {
                        format!(
                            "line {line}: {number} is more than `{name}` holds, which is {room}"
                        )
                    }),
            );
        }
        all.sort();
        all.dedup();
        all
    }
}

/// How often a function leaves early.
fn exits(shape: &Shape<'_>, function: &Function<'_>) -> usize {
    let tokens = shape.text.tokens.get(function.body.clone());
    let leaves = |token: &&Token<'_>| {
        ["return", "?", "Err", "None"]
            .iter()
            .any(|text| token.is(text))
    };
    tokens.unwrap_or_default().iter().filter(leaves).count()
}

/// 1-based lines of `if (...) { }`, also with nothing but `(void)x;` inside, and without an `else`.
fn empty_blocks(tokens: &[Token<'_>]) -> Vec<usize> {
    let is_at = |at: usize, text: &str| tokens.get(at).is_some_and(|token| token.is(text));
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate().filter(|(_, one)| one.is("if")) {
        let open = (at + 1..tokens.len()).find(|at| is_at(*at, "{") || is_at(*at, ";"));
        let Some(open) = open else { continue };
        // `if (x);`, and not the end of `if (x) return;`.
        if is_at(open, ";") {
            let after = closing(tokens, at + 1);
            if after.is_some_and(|close| close + 1 == open) {
                found.push(token.line);
            }
            continue;
        }
        let Some(close) = closing(tokens, open) else {
            continue;
        };
        let inside = tokens.get(open + 1..close).unwrap_or_default();
        let mut statements = inside.split(|token| token.is(";"));
        let is_nothing = statements.all(|statement| {
            let texts: Vec<&str> = statement.iter().map(|token| token.text).collect();
            texts.is_empty() || texts.starts_with(&["(", "void", ")"]) && texts.len() == 4
        });
        if is_nothing && !is_at(close + 1, "else") {
            found.push(token.line);
        }
    }
    found
}

/// 1-based line and text of operands that are compared with themselves, or with themselves and a number.
fn self_comparisons(tokens: &[Token<'_>]) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, sign) in tokens.iter().enumerate() {
        if sign.kind != Kind::Sign || !COMPARISONS.contains(&sign.text) {
            continue;
        }
        let (left, right) = (left_of(tokens, at), right_of(tokens, at));
        let (short, long) = if left.len() <= right.len() {
            (left, right)
        } else {
            (right, left)
        };
        let more = long.strip_prefix(short.as_slice());
        let is_number = |text: &&str| text.starts_with(|first: char| first.is_ascii_digit());
        let is_same = match more {
            Some([]) => true,
            // What a call gives does not wrap; `n + 1 < n` is how a wrap is found.
            Some([sign, rest @ ..]) => {
                ["+", "-"].contains(sign)
                    && short.contains(&"(")
                    && !rest.is_empty()
                    && rest.iter().all(is_number)
            }
            None => false,
        };
        if is_same && !short.is_empty() && !short.iter().all(is_number) {
            found.push((sign.line, short.concat()));
        }
    }
    found
}

/// The operand before a sign, without its brackets.
fn left_of<'t>(tokens: &[Token<'t>], sign: usize) -> Vec<&'t str> {
    let mut depth = 0_usize;
    let mut operand = Vec::new();
    for token in tokens.iter().take(sign).rev() {
        match token.text {
            ")" | "]" => depth += 1,
            "(" | "[" if depth > 0 => depth -= 1,
            text if depth == 0 && is_end(text) => break,
            _ => {}
        }
        operand.push(token.text);
    }
    operand.reverse();
    without_outer(operand)
}

/// The operand behind a sign, without its brackets.
fn right_of<'t>(tokens: &[Token<'t>], sign: usize) -> Vec<&'t str> {
    let mut depth = 0_usize;
    let mut operand = Vec::new();
    for token in tokens.iter().skip(sign + 1) {
        match token.text {
            "(" | "[" => depth += 1,
            ")" | "]" if depth > 0 => depth -= 1,
            text if depth == 0 && is_end(text) => break,
            _ => {}
        }
        operand.push(token.text);
    }
    without_outer(operand)
}

fn is_end(text: &str) -> bool {
    ENDS.contains(&text) || COMPARISONS.contains(&text) || ["return", "if", "while"].contains(&text)
}

/// `a + 1` of `(a + 1)`; `(a) + (b)` stays.
fn without_outer(mut operand: Vec<&str>) -> Vec<&str> {
    while let [first, inner @ .., last] = operand.as_slice()
        && *first == "("
        && *last == ")"
        && is_balanced(inner)
    {
        operand = inner.to_vec();
    }
    operand
}

/// Whether every bracket that closes was opened before.
fn is_balanced(texts: &[&str]) -> bool {
    let mut depth = 0_usize;
    for text in texts {
        match *text {
            "(" => depth += 1,
            ")" => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return false,
            },
            _ => {}
        }
    }
    depth == 0
}

/// 1-based line and name of calls that put another value in the place of one; not where the statement
/// compares it, which may refuse it after all.
fn made_up(tokens: &[Token<'_>]) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate().filter(|(_, one)| one.is_word()) {
        let is_call = tokens.get(at + 1).is_some_and(|next| next.is("("));
        let is_cut = CUTS.iter().any(|start| token.text.starts_with(start));
        let is_default = DEFAULTS.contains(&token.text) && !is_in_comparison(tokens, at);
        if is_call && (is_cut || is_default) || token.is("catch_unwind") {
            found.push((token.line, token.text.to_owned()));
        }
    }
    for (at, three) in tokens.windows(3).enumerate() {
        let [before, sign, number] = three else {
            continue;
        };
        let is_value = before.is(")") || before.is_word() && !before.is("return");
        let is_mask = (sign.is("&") || sign.is("%")) && is_value && !is_in_comparison(tokens, at);
        // `Err(_) => 0`, `None => 0`, `else { 0 }`
        let is_arm = sign.is("=>") && (before.is(")") || before.is("None") || before.is("_"));
        let is_else = before.is("else") && sign.is("{");
        if number.kind == Kind::Number && (is_mask || is_arm || is_else) {
            found.push((sign.line, format!("{} {}", sign.text, number.text)));
        }
    }
    found
}

/// Whether the statement that a token stands in compares something.
fn is_in_comparison(tokens: &[Token<'_>], at: usize) -> bool {
    let is_edge = |token: &Token<'_>| [";", "{", "}"].iter().any(|sign| token.is(sign));
    let start = (0..at)
        .rev()
        .find(|at| tokens.get(*at).is_some_and(is_edge))
        .map_or(0, |edge| edge + 1);
    let end = (at..tokens.len())
        .find(|at| tokens.get(*at).is_some_and(is_edge))
        .unwrap_or(tokens.len());
    let statement = tokens.get(start..end).unwrap_or_default();
    let mut generic = 0_usize;
    let mut before: Option<&Token<'_>> = None;
    for token in statement {
        match token.text {
            "<" if generic > 0 || before.is_some_and(|one| one.is("::")) => generic += 1,
            ">" if generic > 0 => generic -= 1,
            text if token.kind == Kind::Sign && COMPARISONS.contains(&text) => return true,
            _ => {}
        }
        before = Some(token);
    }
    false
}

/// `name` of `bed->name`, `&tag[1]`: what a call writes to.
fn target<'t>(call: &Call<'t>) -> Option<&'t str> {
    let first = call.arguments.first()?;
    let is_name =
        |text: &&&str| text.starts_with(|first: char| first.is_alphabetic() || first == '_');
    let outside = first
        .iter()
        .take_while(|text| **text != "[" && **text != "+");
    outside.filter(is_name).last().copied()
}

/// The number that an array of that name is declared with.
fn array_size(shape: &Shape<'_>, name: &str) -> Option<u64> {
    shape.text.tokens.windows(5).find_map(|five| match five {
        [before, array, open, number, close]
            if before.is_word() && array.is(name) && open.is("[") && close.is("]") =>
        {
            number_of(number)
        }
        _ => None,
    })
}

fn number_of(token: &Token<'_>) -> Option<u64> {
    let digits = token.text.trim_end_matches(['u', 'U', 'l', 'L']);
    (token.kind == Kind::Number).then(|| digits.parse().ok())?
}

/// 1-based line and value of numbers that a length is compared with, and of those that a call on that name
/// is given.
fn numbers_in_bounds(shape: &Shape<'_>, name: &str) -> Vec<(usize, u64)> {
    let tokens = &shape.text.tokens;
    let mut found: Vec<(usize, u64)> = tokens
        .windows(2)
        .filter_map(|pair| match pair {
            [sign, number] if ["<", ">", "<=", ">="].iter().any(|text| sign.is(text)) => {
                Some((number.line, number_of(number)?))
            }
            _ => None,
        })
        .collect();
    for call in shape.calls.iter().filter(|call| target(call) == Some(name)) {
        for argument in call.arguments.iter().skip(1) {
            if let [only] = argument.as_slice()
                && let Ok(number) = only.trim_end_matches(['u', 'U', 'l', 'L']).parse()
            {
                found.push((call.line, number));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::super::tokens::tokens;
    use super::*;

    #[test]
    fn a_block_without_a_statement_is_empty() {
        let lines = |code: &str| empty_blocks(&tokens(code, "c").tokens);
        for code in [
            "if (a > b) { }",
            "if (a) { /* no */ }",
            "if (a) { (void)a; }",
            "if (f(a));",
            "if (a) { ; }",
        ] {
            assert_eq!(lines(code), [1], "{code}");
        }
        for code in [
            "if (a) { return; }",
            "if (a) return;",
            "if (a) { } else { f(); }",
            "if (a) { f(); }",
            "if",
            "if (",
        ] {
            assert!(lines(code).is_empty(), "{code}");
        }
    }

    #[test]
    fn what_is_compared_with_itself_is_seen() {
        let found = |code: &str| self_comparisons(&tokens(code, "c").tokens);
        for code in [
            "if (strlen(s) >= strlen(s) + 1) {",
            "if (n > n)",
            "while (x && (size(n) + 1u) < size(n))",
            "return a->n == a->n;",
        ] {
            assert_eq!(found(code).len(), 1, "{code}");
        }
        for code in [
            "if (strlen(s) >= sizeof(d))",
            "if (n > n - m)",
            "if (at + size < at) {",
            "if (n + 1u < n) {",
            "if (n > 1)",
            "1 < 2",
            "<",
        ] {
            assert!(found(code).is_empty(), "{code}");
        }
    }

    #[test]
    fn a_value_in_the_place_of_another_is_made_up_unless_it_is_compared() {
        let found = |code: &str| made_up(&tokens(code, "rust").tokens).len();
        for code in [
            "let a = t.parse::<u32>().unwrap_or(0);",
            "let a = n.min(255) as u8;",
            "let a = (n & 0xFF) as u8;",
            "let a = n.wrapping_add(1) > 3;",
            "let a = len() % 256;",
            "let a = match n.parse() { Ok(a) => a, Err(_) => 0 };",
            "let a = if let Ok(a) = n.parse() { a } else { 0 };",
        ] {
            assert_eq!(found(code), 1, "{code}");
        }
        for code in [
            "if at.checked_add(n).unwrap_or(u32::MAX) > AREA {",
            "let a = f(&1);",
            "let min = 3;",
        ] {
            assert_eq!(found(code), 0, "{code}");
        }
    }
}
