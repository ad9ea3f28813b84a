//! What a piece of code does, as far as its tokens tell: functions, calls, writes, conditions.

use std::collections::{BTreeMap, BTreeSet};

use super::tokens::{Kind, Token, Tokens, tokens};

/// Words before a bracket that are no calls.
const NO_CALLS: &[&str] = &[
    "if",
    "while",
    "for",
    "switch",
    "return",
    "sizeof",
    "match",
    "fn",
    "else",
    "_Alignof",
    "in",
    "let",
    "loop",
    "__attribute__",
    "defined",
    "_Static_assert",
    "static_assert",
    "typeof",
    "as",
];

/// Signs of a decision.
const DECISIONS: &[&str] = &[
    "if", "while", "for", "switch", "match", "?", "<", ">", "<=", ">=", "==", "!=", "&&", "||", "!",
];

/// Signs that give a value to what stands on their left.
const ASSIGNMENTS: &[&str] = &[
    "=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>=",
];

/// A call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call<'t> {
    pub(super) name: &'t str,
    pub(super) line: usize,
    /// Tokens of each argument.
    pub(super) arguments: Vec<Vec<&'t str>>,
}

impl<'t> Call<'t> {
    /// The name that an argument begins with: `tag` of `&tag[0]`.
    pub(super) fn base(&self, argument: usize) -> Option<&'t str> {
        self.arguments.get(argument)?.iter().copied().find(|text| {
            text.starts_with(|first: char| first.is_alphabetic() || first == '_') && *text != "mut"
        })
    }
}

/// A function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Function<'t> {
    pub(super) name: &'t str,
    /// Its parameters, tokens of each.
    pub(super) parameters: Vec<Vec<&'t str>>,
    /// Its tokens, as a range of those of the file.
    pub(super) body: std::ops::Range<usize>,
}

/// A piece of code.
#[derive(Debug, Clone, Default)]
pub(super) struct Shape<'t> {
    pub(super) text: Tokens<'t>,
    pub(super) functions: Vec<Function<'t>>,
    pub(super) calls: Vec<Call<'t>>,
    /// Names that are given a value after their declaration, also in part.
    pub(super) writes: BTreeSet<&'t str>,
}

impl<'t> Shape<'t> {
    pub(super) fn of(code: &'t str, language: &str) -> Self {
        let text = tokens(code, language);
        let functions = functions(&text.tokens, language);
        let in_bodies = |at: usize| functions.iter().any(|one| one.body.contains(&at));
        let calls = (0..text.tokens.len())
            .filter(|at| in_bodies(*at))
            .filter_map(|at| call(&text.tokens, at))
            .collect();
        let writes = (0..text.tokens.len())
            .filter(|at| in_bodies(*at))
            .filter_map(|at| written(&text.tokens, at))
            .collect();
        Self {
            text,
            functions,
            calls,
            writes,
        }
    }

    pub(super) fn function(&self, name: &str) -> Option<&Function<'t>> {
        self.functions.iter().find(|one| one.name == name)
    }

    /// How often each function is called.
    pub(super) fn called(&self) -> BTreeMap<&'t str, usize> {
        let mut counts = BTreeMap::new();
        for call in &self.calls {
            *counts.entry(call.name).or_default() += 1;
        }
        counts
    }

    /// What a function does, in the order of its text: the names that it calls or gives a value, each with
    /// how many signs of a decision stand before it.
    pub(super) fn effects(&self, function: &Function<'t>) -> Vec<(&'t str, usize)> {
        let mut effects = Vec::new();
        let mut decisions = 0;
        for at in function.body.clone() {
            let Some(token) = self.text.tokens.get(at) else {
                break;
            };
            decisions += usize::from(DECISIONS.iter().any(|sign| token.is(sign)));
            let called = call(&self.text.tokens, at).map(|call| call.name);
            let name = called.or_else(|| written(&self.text.tokens, at));
            // `Ok` and its like make a value and do nothing.
            let name = name.filter(|name| !name.starts_with(char::is_uppercase));
            effects.extend(name.map(|name| (name, decisions)));
        }
        effects
    }

    /// How many signs of a decision there are in a range of tokens.
    pub(super) fn decisions(&self, range: std::ops::Range<usize>) -> usize {
        let tokens = self.text.tokens.get(range).unwrap_or_default();
        tokens
            .iter()
            .filter(|token| DECISIONS.iter().any(|sign| token.is(sign)))
            .count()
    }

    /// How often each token stands there, comments and directives left out.
    pub(super) fn bag(&self) -> BTreeMap<&'t str, usize> {
        let mut bag = BTreeMap::new();
        for token in &self.text.tokens {
            *bag.entry(token.text).or_default() += 1;
        }
        bag
    }
}

/// The index of the bracket that closes the one at `open`.
pub(super) fn closing(tokens: &[Token<'_>], open: usize) -> Option<usize> {
    if !["(", "[", "{"].iter().any(|sign| is_at(tokens, open, sign)) {
        return None;
    }
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        if token.kind != Kind::Sign {
            continue;
        }
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

fn is_at(tokens: &[Token<'_>], at: usize, text: &str) -> bool {
    tokens.get(at).is_some_and(|token| token.is(text))
}

fn functions<'t>(tokens: &[Token<'t>], language: &str) -> Vec<Function<'t>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let function = if language == "rust" {
            rust_function(tokens, at)
        } else {
            c_function(tokens, at)
        };
        match function {
            Some(function) => {
                at = function.body.end.max(at + 1);
                found.push(function);
            }
            // Initialisers and structures of C are passed over whole.
            None if language != "rust" && is_at(tokens, at, "{") => {
                at = closing(tokens, at).unwrap_or(at) + 1;
            }
            None => at += 1,
        }
    }
    found
}

/// `NAME ( ... ) {` outside of everything else.
fn c_function<'t>(tokens: &[Token<'t>], at: usize) -> Option<Function<'t>> {
    let name = tokens.get(at).filter(|token| token.is_word())?;
    if NO_CALLS.contains(&name.text) || !is_at(tokens, at + 1, "(") {
        return None;
    }
    let close = closing(tokens, at + 1)?;
    if !is_at(tokens, close + 1, "{") {
        return None;
    }
    let end = closing(tokens, close + 1)?;
    Some(Function {
        name: name.text,
        parameters: arguments(tokens, at + 1, close),
        body: close + 1..end + 1,
    })
}

/// `fn NAME ... ( ... ) ... {`
fn rust_function<'t>(tokens: &[Token<'t>], at: usize) -> Option<Function<'t>> {
    if !is_at(tokens, at, "fn") {
        return None;
    }
    let name = tokens.get(at + 1).filter(|token| token.is_word())?;
    let find = |from: usize, signs: &[&str]| {
        (from..tokens.len()).find(|at| signs.iter().any(|sign| is_at(tokens, *at, sign)))
    };
    let open = find(at + 2, &["("])?;
    let close = closing(tokens, open)?;
    let brace = find(close + 1, &["{", ";"]).filter(|at| is_at(tokens, *at, "{"))?;
    let end = closing(tokens, brace)?;
    Some(Function {
        name: name.text,
        parameters: arguments(tokens, open, close),
        body: brace..end + 1,
    })
}

/// What stands between commas of a bracket.
fn arguments<'t>(tokens: &[Token<'t>], open: usize, close: usize) -> Vec<Vec<&'t str>> {
    let mut all: Vec<Vec<&str>> = Vec::new();
    let mut depth = 0_usize;
    for token in tokens.iter().take(close).skip(open + 1) {
        if token.kind == Kind::Sign {
            match token.text {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth = depth.saturating_sub(1),
                "," if depth == 0 => {
                    all.push(Vec::new());
                    continue;
                }
                _ => {}
            }
        }
        match all.last_mut() {
            Some(last) => last.push(token.text),
            None => all.push(vec![token.text]),
        }
    }
    all
}

/// The call whose name stands there.
fn call<'t>(tokens: &[Token<'t>], at: usize) -> Option<Call<'t>> {
    let name = tokens.get(at).filter(|token| token.is_word())?;
    let is_macro = is_at(tokens, at + 1, "!");
    let open = match turbofish(tokens, at + 1) {
        Some(after) => after,
        None => at + 1 + usize::from(is_macro),
    };
    let is_defined = at > 0 && is_at(tokens, at - 1, "fn");
    if NO_CALLS.contains(&name.text) || is_defined || !is_at(tokens, open, "(") {
        return None;
    }
    let close = closing(tokens, open)?;
    Some(Call {
        name: name.text,
        line: name.line,
        arguments: arguments(tokens, open, close),
    })
}

/// The index behind `::<...>`, where that stands there.
fn turbofish(tokens: &[Token<'_>], at: usize) -> Option<usize> {
    if !is_at(tokens, at, "::") || !is_at(tokens, at + 1, "<") {
        return None;
    }
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate().skip(at + 1) {
        match token.text {
            "<" => depth += 1,
            ">" => depth = depth.saturating_sub(1),
            ">>" => depth = depth.saturating_sub(2),
            ";" | "{" => return None,
            _ => {}
        }
        if depth == 0 {
            return Some(index + 1);
        }
    }
    None
}

/// The name that is given a value by the assignment that stands there; not that of a declaration.
fn written<'t>(tokens: &[Token<'t>], at: usize) -> Option<&'t str> {
    let sign = tokens.get(at)?;
    if sign.kind != Kind::Sign || !ASSIGNMENTS.contains(&sign.text) {
        return None;
    }
    let mut from = at.checked_sub(1)?;
    loop {
        if is_at(tokens, from, "]") || is_at(tokens, from, ")") {
            // To the bracket that opens.
            let close = from;
            from = (0..close)
                .rev()
                .find(|open| closing(tokens, *open) == Some(close))?;
            from = from.checked_sub(1)?;
            continue;
        }
        let name = tokens.get(from).filter(|token| token.is_word())?;
        let before = from.checked_sub(1);
        match before.and_then(|before| tokens.get(before)) {
            Some(sign) if sign.is(".") || sign.is("->") => from = before?.checked_sub(1)?,
            // A declaration: a type stands before it.
            Some(token) if token.is_word() && !token.is("return") && !token.is("else") => {
                return None;
            }
            Some(star) if star.is("*") => {
                let is_type = before?
                    .checked_sub(1)
                    .and_then(|at| tokens.get(at))
                    .is_some_and(Token::is_word);
                return (!is_type).then_some(name.text);
            }
            _ => return Some(name.text),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, reason = "tests")]

    use super::*;

    const C: &str = "extern int log_it(int v);\nstruct s { int a; };\nstatic int table[] = { 1, 2 };\n\
        int f(const uint8_t *d, size_t n)\n{\n    char tag[8];\n    int k = 0;\n    tag[k] = 1;\n    s.x->y = *d;\n    *p = 2;\n\
        if (n > sizeof(tag)) { return log_it(-1); }\n    memcpy(&tag[1], d, (size_t)n);\n    return k;\n}\n";

    #[test]
    fn a_function_is_told_by_what_it_does() {
        let shape = Shape::of(C, "c");
        assert_eq!(shape.functions.len(), 1);
        let function = &shape.functions[0];
        assert_eq!(function.name, "f");
        assert_eq!(function.parameters[1], ["size_t", "n"]);
        let names: Vec<&str> = shape.calls.iter().map(|call| call.name).collect();
        assert_eq!(names, ["log_it", "memcpy"]);
        assert_eq!(shape.calls[1].base(0), Some("tag"));
        assert_eq!(shape.calls[1].arguments[2], ["(", "size_t", ")", "n"]);
        let writes: Vec<&str> = shape.writes.iter().copied().collect();
        assert_eq!(writes, ["p", "s", "tag"]);
        assert_eq!(shape.decisions(function.body.clone()), 2);
    }

    #[test]
    fn functions_of_rust_stand_anywhere() {
        let code = "impl A {\n    pub fn get(&self, at: usize) -> Option<u8> {\n        let v = self.data.get(at)?;\n        self.n += 1;\n        assert!(at < 3);\n        Some(*v)\n    }\n}\ntrait T { fn x(); }\n";
        let shape = Shape::of(code, "rust");
        let names: Vec<&str> = shape.functions.iter().map(|one| one.name).collect();
        assert_eq!(names, ["get"]);
        let calls: Vec<&str> = shape.calls.iter().map(|call| call.name).collect();
        assert_eq!(calls, ["get", "assert", "Some"]);
        assert!(shape.writes.contains("self"), "{:?}", shape.writes);
    }

    #[test]
    fn what_is_cut_off_is_no_function() {
        for code in ["int f(", "int f() {", "fn", "fn f", "= 3", "] = 3", ") {"] {
            assert!(Shape::of(code, "c").functions.is_empty());
            assert!(Shape::of(code, "rust").functions.is_empty());
        }
    }
}
