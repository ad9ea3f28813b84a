//! Functions of a file, in the order of their first bytes.

use super::kind::{Field, Kind};
use super::language::Language;
use super::lines::LineTable;
use super::rewrite::Rewritten;
use super::tree::{NodeId, Tree};
use crate::finding::Span;

/// A function with a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// The name as a person would say it; a macro's name with its first argument where a macro
    /// heads the function (`ISR(TIMER0_vect)`), empty where none could be read.
    pub name: String,
    /// Bytes from the first specifier or attribute of the definition to the end of the body.
    pub span: Span,
    /// The definition.
    pub node: NodeId,
    /// The body's block.
    pub body: NodeId,
    /// 1-based line of the first byte.
    pub first_line: u32,
    /// 1-based line of the last byte.
    pub last_line: u32,
    /// Whether a part of it was not understood (ERROR or MISSING node, nesting too deep). A rule
    /// that argues from absence stays silent here.
    pub has_error: bool,
    /// Index of the function it is nested in, if any (Rust).
    pub outer: Option<u32>,
}

/// Finds the functions with one scan over the kinds.
pub(super) fn functions(
    language: Language,
    tree: &Tree,
    text: &[u8],
    lines: &LineTable,
    rewritten: &Rewritten,
) -> Vec<Function> {
    let definition = match language {
        Language::C => Kind::FUNCTION_DEFINITION,
        Language::Rust => Kind::FUNCTION_ITEM,
    };
    let mut found: Vec<Function> = Vec::new();
    for (index, _) in tree
        .kinds
        .iter()
        .enumerate()
        .filter(|(_, kind)| **kind == definition)
    {
        let node = NodeId(u32::try_from(index).unwrap_or(u32::MAX));
        let Some(body) = tree.child(node, Field::BODY) else {
            continue;
        };
        let span = tree.span(node);
        let mut outer = found.len().checked_sub(1);
        while let Some(function) = outer.and_then(|index| found.get(index)) {
            if tree.is_within(node, function.node) {
                break;
            }
            outer = function.outer.map(|index| index as usize);
        }
        let name = match language {
            Language::C => c_name(tree, node, text, rewritten),
            Language::Rust => tree
                .child(node, Field::NAME)
                .map_or(&[][..], |name| tree.text(name, text))
                .into(),
        };
        found.push(Function {
            name: String::from_utf8_lossy(&name).into_owned(),
            span,
            node,
            body,
            first_line: lines.line(span.start),
            last_line: lines.line(span.end.saturating_sub(1).max(span.start)),
            has_error: false,
            outer: outer.and_then(|index| u32::try_from(index).ok()),
        });
    }
    found
}

/// Name of a C function behind pointers, parentheses and macros.
fn c_name<'t>(
    tree: &Tree,
    node: NodeId,
    text: &'t [u8],
    rewritten: &Rewritten,
) -> std::borrow::Cow<'t, [u8]> {
    let start = tree.span(node).start;
    if let Ok(found) = rewritten
        .functions
        .binary_search_by_key(&start, |(name, _)| name.start)
        && let Some((name, args)) = rewritten.functions.get(found)
    {
        return macro_name(name.of(text), args.of(text)).into();
    }
    let Some(mut at) = tree.child(node, Field::DECLARATOR) else {
        return (&[][..]).into();
    };
    let mut called = false;
    loop {
        let inner = tree.child(at, Field::DECLARATOR);
        match tree.kind(at) {
            Kind::IDENTIFIER | Kind::FIELD_IDENTIFIER | Kind::TYPE_IDENTIFIER => {
                let name = tree.text(at, text);
                if called {
                    return name.into();
                }
                // `ISR(vector) {` read as a declarator in parentheses behind a type.
                let before = tree.child(node, Field::TYPE);
                let head = before.map_or(&[][..], |before| tree.text(before, text));
                return [head, b"(", name, b")"].concat().into();
            }
            Kind::FUNCTION_DECLARATOR => {
                called = true;
                // `NAME(x)(int a) {`: the macro makes the name.
                if let Some(inner) = inner
                    && tree.kind(inner) == Kind::FUNCTION_DECLARATOR
                {
                    return tree.text(inner, text).into();
                }
            }
            _ => {}
        }
        let next = inner.or_else(|| {
            tree.children(at)
                .find(|&child| tree.kind(child) != Kind::MS_CALL_MODIFIER)
        });
        match next {
            Some(next) => at = next,
            None => return (&[][..]).into(),
        }
    }
}

/// `ISR` and `(vector, flags)` → `ISR(vector)`.
fn macro_name(name: &[u8], args: &[u8]) -> Vec<u8> {
    let first = args
        .trim_ascii()
        .strip_prefix(b"(")
        .unwrap_or_default()
        .split(|byte| matches!(byte, b',' | b')'))
        .next()
        .unwrap_or_default()
        .trim_ascii();
    if first.is_empty() {
        name.to_vec()
    } else {
        [name, b"(", first, b")"].concat()
    }
}

/// Index of the innermost function around a byte.
pub(super) fn function_at(functions: &[Function], offset: u32) -> Option<usize> {
    let mut at = functions
        .partition_point(|function| function.span.start <= offset)
        .checked_sub(1);
    while let Some(function) = at.and_then(|index| functions.get(index)) {
        if offset < function.span.end {
            return at;
        }
        at = function.outer.map(|index| index as usize);
    }
    None
}

/// Marks every function around a node as not wholly understood; gives the innermost.
pub(super) fn mark(functions: &mut [Function], tree: &Tree, node: NodeId) -> Option<usize> {
    let mut at = functions
        .partition_point(|function| function.node <= node)
        .checked_sub(1);
    let mut innermost = None;
    while let Some(function) = at.and_then(|index| functions.get_mut(index)) {
        if tree.is_within(node, function.node) {
            innermost = innermost.or(at);
            function.has_error = true;
        }
        at = function.outer.map(|index| index as usize);
    }
    innermost
}
