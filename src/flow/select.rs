//! Which functions of a C file a change can matter for, and which others have to be seen for that.
//!
//! A hook has milliseconds. What the engine says of a function hangs on the function, on those it
//! calls, on its callers, and on every function that uses one of its globals; the rest of the file
//! cannot change it. A change outside functions may change anything, and selects nothing: then the
//! whole file is analysed.

use std::hash::Hasher as _;

use rustc_hash::{FxHashMap, FxHasher};

use crate::finding::Span;
use crate::syntax::{Field, Kind, NodeId, SourceFile};

/// How deep calls are followed: as deep as the interpreter does.
const DEPTH: usize = 3;

/// How deep macros and first values of globals are read for the names in them.
const ITEM_DEPTH: usize = 4;

/// Changed bytes of the head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Touched {
    /// Bytes of the changed lines; empty where lines were only taken away.
    pub span: Span,
    /// Whether lines of the base are gone.
    pub removes: bool,
}

/// Functions by their index in [`SourceFile::functions`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// Functions of which something is said: the changed ones and their callers.
    pub asked: Vec<bool>,
    /// Functions that are lowered: those, and what they hang on.
    pub seen: Vec<bool>,
}

/// Selects the functions for these changes; `None` if all count.
pub fn select(file: &SourceFile<'_>, touched: &[Touched]) -> Option<Selection> {
    let mut changed = vec![false; file.functions.len()];
    let mut beyond: Vec<Span> = Vec::new();
    for one in touched {
        if !mark(file, *one, &mut changed) {
            if one.removes {
                return None;
            }
            beyond.push(one.span);
        }
    }
    if reaches_outside(file, &mut beyond) {
        return None;
    }
    let names = Names::of(file);
    let mut asked = changed.clone();
    names.add_callers(&changed, &mut asked);
    let mut core = asked.clone();
    for _ in 0..DEPTH {
        let before = core.clone();
        for callee in names.functions_named_in(&before) {
            if let Some(slot) = core.get_mut(callee) {
                *slot = true;
            }
        }
    }
    let mut seen = core.clone();
    names.add_callers(&asked, &mut seen);
    names.add_users_of_globals(&core, &mut seen);
    Some(Selection { asked, seen })
}

/// Marks the functions that a change lies in; whether it lies in the body of one.
fn mark(file: &SourceFile<'_>, touched: Touched, changed: &mut [bool]) -> bool {
    let span = touched.span;
    let mut is_inside_one = false;
    for (function, slot) in file.functions.iter().zip(changed.iter_mut()) {
        let body = file.tree.span(function.body);
        // Both braces count as the body's; a head is known to other functions.
        is_inside_one |= body.start < span.start && span.end < body.end;
        let overlaps = function.span.start < span.end && span.start < function.span.end;
        let is_within = function.span.start <= span.start && span.end <= function.span.end;
        *slot |= overlaps || is_within;
    }
    is_inside_one
}

/// Whether some added text is neither in a function nor blank nor a comment. One pass over the
/// leaves, whatever the number of spans.
fn reaches_outside(file: &SourceFile<'_>, added: &mut [Span]) -> bool {
    if added.is_empty() {
        return false;
    }
    added.sort_unstable_by_key(|span| span.start);
    let mut rest = added.iter().peekable();
    let tree = &file.tree;
    tree.subtree(tree.root()).any(|node| {
        let leaf = tree.span(node);
        if !tree.is_leaf(node) || leaf.start >= leaf.end {
            return false;
        }
        while rest.next_if(|span| span.end <= leaf.start).is_some() {}
        rest.peek().is_some_and(|span| span.start < leaf.end) && !lies_in_function(file, leaf)
    })
}

fn lies_in_function(file: &SourceFile<'_>, leaf: Span) -> bool {
    let at = file
        .functions
        .partition_point(|function| function.span.end <= leaf.start);
    file.functions
        .get(at)
        .is_some_and(|function| function.span.contains(leaf))
}

/// Hashes of the names that functions, macros and globals of a file mention.
struct Names {
    /// Of each function, those of what its macros and globals mention included.
    mentioned: Vec<Vec<u64>>,
    /// Functions of a name.
    functions: FxHashMap<u64, Vec<usize>>,
    /// Names of objects of the file.
    globals: Vec<u64>,
}

impl Names {
    fn of(file: &SourceFile<'_>) -> Self {
        let tree = &file.tree;
        let mut mentioned: Vec<Vec<u64>> = vec![Vec::new(); file.functions.len()];
        let mut functions: FxHashMap<u64, Vec<usize>> = FxHashMap::default();
        for (index, function) in file.functions.iter().enumerate() {
            functions
                .entry(hash(function.name.as_bytes()))
                .or_default()
                .push(index);
            let names = tree
                .subtree(function.node)
                .filter(|node| tree.kind(*node) == Kind::IDENTIFIER)
                .map(|node| hash(tree.text(node, file.text)));
            if let Some(slot) = mentioned.get_mut(index) {
                slot.extend(names);
            }
        }
        let (items, mut globals) = items(file);
        globals.retain(|name| !functions.contains_key(name));
        globals.sort_unstable();
        globals.dedup();
        for names in &mut mentioned {
            names.sort_unstable();
            names.dedup();
            let mut new = names.clone();
            for _ in 0..ITEM_DEPTH {
                let more = new.iter().filter_map(|name| items.get(name)).flatten();
                let mut more: Vec<u64> = more.copied().collect();
                more.sort_unstable();
                more.dedup();
                more.retain(|name| names.binary_search(name).is_err());
                if more.is_empty() {
                    break;
                }
                names.extend(&more);
                names.sort_unstable();
                new = more;
            }
        }
        Self {
            mentioned,
            functions,
            globals,
        }
    }

    fn functions_named_in<'n>(&'n self, of: &'n [bool]) -> impl Iterator<Item = usize> + 'n {
        let named = self.mentioned.iter().zip(of).filter(|(_, is_in)| **is_in);
        named
            .flat_map(|(names, _)| names)
            .filter_map(|name| self.functions.get(name))
            .flatten()
            .copied()
    }

    /// Adds every function that names one of `of`.
    fn add_callers(&self, of: &[bool], to: &mut [bool]) {
        let is_one = |index: &usize| of.get(*index) == Some(&true);
        for (names, slot) in self.mentioned.iter().zip(to) {
            *slot = *slot
                || names.iter().any(|name| {
                    self.functions
                        .get(name)
                        .is_some_and(|all| all.iter().any(is_one))
                });
        }
    }

    /// Adds every function that names an object which one of `of` names too.
    fn add_users_of_globals(&self, of: &[bool], to: &mut [bool]) {
        let named = self.mentioned.iter().zip(of).filter(|(_, is_in)| **is_in);
        let mut used: Vec<u64> = named
            .flat_map(|(names, _)| names)
            .filter(|name| self.globals.binary_search(name).is_ok())
            .copied()
            .collect();
        used.sort_unstable();
        used.dedup();
        for (names, slot) in self.mentioned.iter().zip(to) {
            *slot = *slot || names.iter().any(|name| used.binary_search(name).is_ok());
        }
    }
}

/// What macros and declared objects of the file mention, and the names of the objects.
fn items(file: &SourceFile<'_>) -> (FxHashMap<u64, Vec<u64>>, Vec<u64>) {
    let tree = &file.tree;
    let mut items: FxHashMap<u64, Vec<u64>> = FxHashMap::default();
    let mut globals = Vec::new();
    let mut node = tree.root();
    let end = tree.end(node);
    while node < end {
        let next = match tree.kind(node) {
            Kind::FUNCTION_DEFINITION => tree.end(node),
            Kind::PREPROC_DEF | Kind::PREPROC_FUNCTION_DEF => {
                if let Some(name) = tree.child(node, Field::NAME)
                    && let Some(value) = tree.child(node, Field::VALUE)
                {
                    let slot = items.entry(hash(tree.text(name, file.text))).or_default();
                    slot.extend(words(tree.text(value, file.text)).map(hash));
                }
                tree.end(node)
            }
            Kind::DECLARATION => {
                let names: Vec<u64> = tree
                    .subtree(node)
                    .filter(|inner| tree.kind(*inner) == Kind::IDENTIFIER)
                    .map(|inner| hash(tree.text(inner, file.text)))
                    .collect();
                // Of several names the first ones are declared; which, does not matter here.
                for name in &names {
                    items.entry(*name).or_default().extend(&names);
                }
                globals.extend(names);
                tree.end(node)
            }
            _ => NodeId(node.0 + 1),
        };
        node = next;
    }
    (items, globals)
}

/// Words of a text that may be names.
fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80))
        .filter(|word| word.first().is_some_and(|first| !first.is_ascii_digit()))
}

fn hash(name: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(name);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::syntax::{Language, Limits, MacroTable, Parser};

    const CODE: &str = "\
#define LOG(x) write_log(x)
static int level;
static int other;
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
";

    /// Names asked and names seen for a change of that text.
    fn told(changed: &str, removes: bool) -> Option<(String, String)> {
        let mut parser = Parser::new(Limits::default());
        let file = parser
            .parse(Language::C, CODE.as_bytes(), &MacroTable::new())
            .unwrap();
        let start = CODE.find(changed).unwrap() as u32;
        let span = Span {
            start,
            end: start + changed.len() as u32,
        };
        let selection = select(&file, &[Touched { span, removes }])?;
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
        assert_eq!(told("n + 1", true), both("leaf middle", "leaf middle top"));
        assert_eq!(
            told("level++", true),
            both("uses_level", "start uses_level")
        );
        assert_eq!(told("+ other", true), both("top", "leaf middle top far"));
    }

    #[test]
    fn names_in_macros_and_in_first_values_count() {
        assert_eq!(told("LOG(n)", false), both("loner", "write_log loner"));
        assert_eq!(
            told("ops.start()", false),
            both("by_table", "start uses_level by_table")
        );
    }

    #[test]
    fn an_added_function_is_looked_at_alone() {
        let line = "int leaf(int n) { return n + 1; }\n";
        assert_eq!(told(line, false), both("leaf middle", "leaf middle top"));
    }

    #[test]
    fn what_lies_outside_functions_may_change_anything() {
        assert_eq!(told("static int other;\n", false), None);
        assert_eq!(told("#define LOG(x)", false), None);
        // A changed head is known to callers.
        assert_eq!(told("int middle(int n)", true), None);
    }

    #[test]
    fn no_change_selects_no_function() {
        let mut parser = Parser::new(Limits::default());
        let file = parser
            .parse(Language::C, CODE.as_bytes(), &MacroTable::new())
            .unwrap();
        let selection = select(&file, &[]).unwrap();
        assert!(!selection.seen.contains(&true));
    }
}
