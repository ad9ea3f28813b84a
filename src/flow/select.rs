//! Which functions of a C file a change can matter for, and which others have to be seen for that.
//!
//! A hook has milliseconds. What the engine says of a function hangs on the function, on those it
//! calls, on its callers, and on every function that uses one of its globals; the rest of the file
//! cannot change it. A change outside functions may change anything, and selects nothing: then the
//! whole file is analysed.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use crate::finding::Span;
use crate::syntax::{Outline, OutlinedFunction, SourceFile};

/// How deep calls are followed: as deep as the interpreter does.
const DEPTH: usize = 3;

/// One run of changed lines, each side with the same meaning wherever it stands
/// ([`crate::syntax::is_self_contained`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Touched {
    /// Bytes of the head; empty where lines were only taken away.
    pub span: Span,
    /// Bytes of the base that are gone, if any are.
    pub gone: Option<Span>,
}

/// Functions by their index in some list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// Functions of which something is said: the changed ones, those that call them or that they
    /// call, and those that share globals with them.
    pub asked: Vec<bool>,
    /// Functions that are lowered: those, and what they hang on.
    pub seen: Vec<bool>,
}

/// Selects among the functions of the head for these changes; `None` if all count.
pub fn select(head: &Outline, base: &Outline, touched: &[Touched]) -> Option<Selection> {
    let mut changed = vec![false; head.functions.len()];
    let mut gone: Vec<u64> = Vec::new();
    for one in touched {
        let now = head.body_around(one.span).filter(|now| !now.defines);
        if let Some(lines) = one.gone {
            gone.extend(base.words_in(lines));
            let before = base.body_around(lines).filter(|before| !before.defines);
            match (now, before) {
                (Some(now), Some(before)) if now.names == before.names => {}
                // Blank lines and comments.
                _ if !base.touches_item(lines) => {}
                _ => return None,
            }
        }
        if now.is_none() && head.touches_other(one.span) {
            return None;
        }
        mark(head, one.span, &mut changed);
    }
    let names = Names::of(head);
    let mut core = changed.clone();
    for _ in 0..DEPTH {
        let before = core.clone();
        names.add_callers(&before, &mut core);
    }
    let mut near = changed;
    names.add_callees(&mut near);
    let mut asked = core;
    names.add_callees(&mut asked);
    names.add_users_of_globals(&near, &gone, &mut asked);
    let mut seen = asked.clone();
    names.add_callees(&mut seen);
    let known = seen.clone();
    names.add_callers(&asked, &mut seen);
    names.add_users_of_globals(&known, &[], &mut seen);
    Some(Selection { asked, seen })
}

impl Selection {
    /// The insides of the bodies that nothing has to be known of, by first byte.
    pub fn unseen_bodies(&self, outline: &Outline) -> Vec<Span> {
        let functions = outline.functions.iter().zip(&self.seen);
        functions
            .filter(|(function, seen)| !**seen && !function.defines)
            .map(|(function, _)| Span::new(function.body.start + 1, function.body.end - 1))
            .filter(|span| span.start < span.end)
            .collect()
    }

    /// The same selection among the functions of the parsed file. What the outline does not know as
    /// a function is asked of as the function around it, or as a changed one.
    #[must_use]
    pub fn among(&self, outline: &Outline, file: &SourceFile<'_>) -> Self {
        let mut found = Self {
            asked: Vec::with_capacity(file.functions.len()),
            seen: Vec::with_capacity(file.functions.len()),
        };
        for function in &file.functions {
            let body = file.tree.span(function.body);
            let is_behind = |one: &OutlinedFunction| one.body.end <= body.start;
            let at = outline.functions.partition_point(is_behind);
            let around = outline.functions.get(at);
            let is_known = around.is_some_and(|around| around.body.contains(body));
            let told = |of: &[bool]| !is_known || of.get(at) != Some(&false);
            found.asked.push(told(&self.asked));
            found.seen.push(told(&self.seen));
        }
        found
    }
}

/// Marks the functions that changed bytes lie in.
fn mark(outline: &Outline, span: Span, changed: &mut [bool]) {
    for (function, slot) in outline.functions.iter().zip(changed.iter_mut()) {
        let overlaps = function.span.start < span.end && span.start < function.span.end;
        let is_within = function.span.start <= span.start && span.end <= function.span.end;
        *slot |= overlaps || is_within;
    }
}

/// Sorted hashes of names.
#[derive(Debug, Clone, Default)]
struct Mentioned(Vec<u64>);

impl Mentioned {
    fn has(&self, name: u64) -> bool {
        self.0.binary_search(&name).is_ok()
    }

    fn any_of(&self, names: &BTreeSet<u64>) -> bool {
        names.iter().any(|name| self.has(*name))
    }
}

/// Hashes of the names that functions, macros and globals of a file mention.
struct Names {
    /// Of each function, those of what its macros and globals mention included.
    mentioned: Vec<Mentioned>,
    /// Functions of a name.
    functions: FxHashMap<u64, Vec<usize>>,
    /// Names of objects of the file, sorted.
    globals: Mentioned,
    /// What macros and objects of a name mention.
    items: FxHashMap<u64, Vec<u64>>,
}

impl Names {
    fn of(outline: &Outline) -> Self {
        let mut functions: FxHashMap<u64, Vec<usize>> = FxHashMap::default();
        for (index, function) in outline.functions.iter().enumerate() {
            for name in &function.names {
                functions.entry(*name).or_default().push(index);
            }
        }
        let mut names = Self {
            mentioned: Vec::new(),
            items: items(outline),
            globals: Mentioned::default(),
            functions,
        };
        let objects = outline.declarations.iter().flat_map(|item| &item.objects);
        let objects = objects.filter(|name| !names.functions.contains_key(name));
        names.globals = sorted(objects.copied());
        let of = |function: &OutlinedFunction| names.closure(outline.words_in(function.span));
        names.mentioned = outline.functions.iter().map(of).collect();
        names
    }

    /// The words, and what the macros, objects and types among them mention.
    fn closure(&self, words: impl Iterator<Item = u64>) -> Mentioned {
        let mut names = sorted(words);
        let mut new = names.clone();
        loop {
            let more = new.0.iter().filter_map(|name| self.items.get(name));
            let more = more.flatten().filter(|name| !names.has(**name));
            let more = sorted(more.copied());
            if more.0.is_empty() {
                break;
            }
            names.0.extend(&more.0);
            names.0.sort_unstable();
            new = more;
        }
        names
    }

    /// Adds what `of` calls, as deep as calls are followed.
    fn add_callees(&self, of: &mut [bool]) {
        for _ in 0..DEPTH {
            let before = of.to_vec();
            for callee in self.functions_named_in(&before) {
                if let Some(slot) = of.get_mut(callee) {
                    *slot = true;
                }
            }
        }
    }

    fn functions_named_in<'n>(&'n self, of: &'n [bool]) -> impl Iterator<Item = usize> + 'n {
        let named = self.mentioned.iter().zip(of).filter(|(_, is_in)| **is_in);
        named
            .flat_map(|(names, _)| &names.0)
            .filter_map(|name| self.functions.get(name))
            .flatten()
            .copied()
    }

    /// Adds every function that names one of `of`.
    fn add_callers(&self, of: &[bool], to: &mut [bool]) {
        let is_one = |index: &usize| of.get(*index) == Some(&true);
        for (names, slot) in self.mentioned.iter().zip(to) {
            *slot = *slot
                || names.0.iter().any(|name| {
                    self.functions
                        .get(name)
                        .is_some_and(|all| all.iter().any(is_one))
                });
        }
    }

    /// Adds every function that names an object which one of `of` names too, or which is among `more`.
    fn add_users_of_globals(&self, of: &[bool], more: &[u64], to: &mut [bool]) {
        let named = self.mentioned.iter().zip(of).filter(|(_, is_in)| **is_in);
        let used = named.flat_map(|(names, _)| &names.0).chain(more);
        let used: BTreeSet<u64> = used
            .filter(|name| self.globals.has(**name))
            .copied()
            .collect();
        for (names, slot) in self.mentioned.iter().zip(to) {
            *slot = *slot || names.any_of(&used);
        }
    }
}

fn sorted(names: impl Iterator<Item = u64>) -> Mentioned {
    let mut names: Vec<u64> = names.collect();
    names.sort_unstable();
    names.dedup();
    Mentioned(names)
}

/// What macros and objects of a name mention.
fn items(outline: &Outline) -> FxHashMap<u64, Vec<u64>> {
    let mut items: FxHashMap<u64, Vec<u64>> = FxHashMap::default();
    for one in &outline.macros {
        // Its own name and the word `define` lead nowhere.
        let body = outline.words_in(one.span);
        items.entry(one.name).or_default().extend(body);
    }
    for item in &outline.declarations {
        let words: Vec<u64> = outline.words_in(item.span).collect();
        for object in &item.objects {
            items.entry(*object).or_default().extend(&words);
        }
    }
    items
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::syntax::{Language, Limits, MacroTable, Parser};

    const CODE: &str = "\
#define LOG(x) write_log(x)
#define SIZE 8
static int level;
static int other;
static char page[SIZE];
static const struct ops ops = { .start = start };
static void write_log(int x) { (void)x; }
static void start(void) { level = 1; }
int leaf(int n) { return n + 1; }
int middle(int n) { return leaf(n); }
int top(int n) { return middle(n) + other; }
void uses_level(void) { level++; }
void loner(int n) { LOG(n); }
void by_table(void) { ops.start(); }
void far(void) { other = 2; }
void fill(void) { page[0] = 1; }
";

    /// Names asked and names seen for a change of that text, which replaces a copy of itself or is new.
    fn told(changed: &str, replaces: bool) -> Option<(String, String)> {
        let base = match replaces {
            true => CODE.to_owned(),
            false => CODE.replacen(changed, "", 1),
        };
        told_of(&base, CODE, changed)
    }

    fn told_of(base: &str, code: &str, changed: &str) -> Option<(String, String)> {
        let mut parser = Parser::new(Limits::default());
        let start = code.find(changed).unwrap() as u32;
        let span = Span {
            start,
            end: start + changed.len() as u32,
        };
        let outline = parser.outline(code.as_bytes()).unwrap();
        let gone = (base.len() == code.len()).then_some(span);
        let before = parser.outline(base.as_bytes()).unwrap();
        let selection = select(&outline, &before, &[Touched { span, gone }])?;
        let unseen = selection.unseen_bodies(&outline);
        let file = parser
            .parse_without(Language::C, code.as_bytes(), &unseen, &MacroTable::new())
            .unwrap();
        let selection = selection.among(&outline, &file);
        for (function, seen) in file.functions.iter().zip(&selection.seen) {
            assert_ne!(file.is_left_out(function.span), *seen, "{}", function.name);
        }
        let named = |of: &[bool]| {
            let names = file.functions.iter().zip(of).filter(|(_, is_in)| **is_in);
            let names: Vec<&str> = names.map(|(function, _)| function.name.as_str()).collect();
            names.join(" ")
        };
        Some((named(&selection.asked), named(&selection.seen)))
    }

    fn both(asked: &str, seen: &str) -> Option<(String, String)> {
        Some((asked.to_owned(), seen.to_owned()))
    }

    #[test]
    fn a_function_brings_callers_callees_and_users_of_its_globals() {
        let all = "leaf middle top";
        assert_eq!(told("n + 1", true), both(all, "leaf middle top far"));
        let users = both("start uses_level", "start uses_level by_table");
        assert_eq!(told("level++", true), users);
        let four = "leaf middle top far";
        assert_eq!(told("+ other", true), both(four, four));
    }

    #[test]
    fn names_in_macros_and_in_first_values_count() {
        let two = "write_log loner";
        assert_eq!(told("LOG(n)", false), both(two, two));
        let three = "start uses_level by_table";
        assert_eq!(told("ops.start()", false), both(three, three));
    }

    #[test]
    fn names_that_are_gone_count() {
        let base = CODE.replace(
            "void loner(int n) { LOG(n); }",
            "void loner(int n) { level ; }",
        );
        let told = told_of(&base, CODE, "LOG(n)");
        assert_eq!(told.unwrap().0, "write_log start uses_level loner");
    }

    #[test]
    fn an_added_function_is_looked_at_with_its_callers() {
        let line = "int leaf(int n) { return n + 1; }\n";
        assert_eq!(told(line, false).unwrap().0, "leaf middle top");
        let line = "void loner(int n) { LOG(n); }\n";
        assert_eq!(told(line, false).unwrap().0, "write_log loner");
    }

    #[test]
    fn what_lies_outside_functions_may_change_anything() {
        assert_eq!(told("static int other;\n", false), None);
        assert_eq!(told("#define SIZE 8\n", false), None);
        // A changed head is known to callers.
        assert_eq!(told("int middle(int n)", true), None);
        // What goes takes the end of one function and the head of the next along.
        let base = CODE.replace(
            "{ other = 2; }",
            "{ other = 2; } void more(void) { other = 3; }",
        );
        let gone = "; } void more(void) { other = 3";
        let mut parser = Parser::new(Limits::default());
        let (before, now) = (
            base.find(gone).unwrap(),
            CODE.find("; }\nvoid fill").unwrap(),
        );
        let span = |start: usize, length: usize| Span::new(start as u32, (start + length) as u32);
        let touched = Touched {
            span: span(now, 0),
            gone: Some(span(before, gone.len())),
        };
        let [base, head] =
            [base.as_str(), CODE].map(|text| parser.outline(text.as_bytes()).unwrap());
        assert_eq!(select(&head, &base, &[touched]), None);
    }

    #[test]
    fn a_body_that_defines_is_read() {
        let code = "int a(void) {\n#define N 3\nreturn N; }\nint b(void) { return 1; }\nint c(void) { return 2; }\n";
        let mut parser = Parser::new(Limits::default());
        let outline = parser.outline(code.as_bytes()).unwrap();
        let at = code.find("return 2").unwrap() as u32;
        let touched = |at: u32| Touched {
            span: Span::new(at, at + 1),
            gone: Some(Span::new(at, at + 1)),
        };
        let selection = select(&outline, &outline, &[touched(at)]).unwrap();
        let unseen = selection.unseen_bodies(&outline);
        let texts: Vec<&[u8]> = unseen.iter().map(|span| span.of(code.as_bytes())).collect();
        assert_eq!(texts, [b" return 1; "]);
        // A change of such a body may change the rest.
        assert_eq!(select(&outline, &outline, &[touched(30)]), None);
    }

    #[test]
    fn no_change_selects_no_function() {
        let outline = Parser::new(Limits::default())
            .outline(CODE.as_bytes())
            .unwrap();
        let selection = select(&outline, &outline, &[]).unwrap();
        assert!(!selection.seen.contains(&true));
    }
}
