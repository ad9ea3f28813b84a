//! Which names of `#if` conditions count as not defined.
//!
//! Of the groups inside functions one arm each is lowered. Names count as defined, so that groups on
//! one name choose alike, unless that would leave out more code of the file than it keeps: a name
//! that is only ever asked for with `#ifndef` stands for a rare build, and the code around it for
//! the usual one.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::syntax::{Field, Kind, NodeId, Tree};

/// Nesting of a condition that is read.
const DEPTH: u32 = 32;

/// Names of a file's `#if` conditions.
pub(super) struct Asked<'a> {
    /// Under which more code of functions stands where they are not defined.
    pub(super) absent: FxHashSet<&'a [u8]>,
    /// Others, whose value some `#if` needs not to be 0.
    pub(super) needed: FxHashSet<&'a [u8]>,
}

impl<'a> Asked<'a> {
    /// Reads all groups of a file.
    pub(super) fn new(tree: &'a Tree, text: &'a [u8]) -> Self {
        // For each name: nodes of code that need it less those that need its absence.
        let mut weights: FxHashMap<&'a [u8], i64> = FxHashMap::default();
        let mut needed: FxHashSet<&'a [u8]> = FxHashSet::default();
        for node in tree.subtree(tree.root()) {
            let mut names = Vec::new();
            match tree.kind(node) {
                Kind::PREPROC_IFDEF | Kind::PREPROC_ELIFDEF => {
                    let head = tree.text(node, text).get(1..).unwrap_or_default();
                    let head = head.trim_ascii_start();
                    let is_needed = !(head.starts_with(b"ifndef") || head.starts_with(b"elifndef"));
                    if let Some(name) = tree.child(node, Field::NAME) {
                        names.push((tree.text(name, text), is_needed));
                    }
                }
                Kind::PREPROC_IF | Kind::PREPROC_ELIF => {
                    if let Some(condition) = tree.child(node, Field::CONDITION) {
                        asked(tree, text, condition, true, 0, &mut names);
                    }
                    let wanted = names.iter().filter(|(_, is_needed)| *is_needed);
                    needed.extend(wanted.map(|(name, _)| *name));
                }
                _ => continue,
            }
            if !is_inside_function(tree, node) {
                continue;
            }
            let (own, other) = code_of(tree, node);
            for (name, is_needed) in names {
                let weight = weights.entry(name).or_default();
                *weight += if is_needed { own - other } else { other - own };
            }
        }
        let absent: FxHashSet<&'a [u8]> = weights
            .into_iter()
            .filter(|(_, weight)| *weight < 0)
            .map(|(name, _)| name)
            .collect();
        needed.retain(|name| !absent.contains(name));
        Self { absent, needed }
    }
}

fn is_inside_function(tree: &Tree, node: NodeId) -> bool {
    tree.ancestors(node)
        .any(|around| tree.kind(around) == Kind::FUNCTION_DEFINITION)
}

/// Nodes of code in an arm, and in the arms after it.
fn code_of(tree: &Tree, node: NodeId) -> (i64, i64) {
    let (mut own, mut other) = (0, 0);
    for child in tree.children(node) {
        let size = i64::from(tree.size(child));
        match tree.field(child) {
            Field::NONE => own += size,
            Field::ALTERNATIVE => other += size,
            _ => {}
        }
    }
    (own, other)
}

/// The names that a condition asks for, and whether it needs them or their absence. Names that are
/// compared with a value choose between variants, and say nothing of being defined.
fn asked<'a>(
    tree: &'a Tree,
    text: &'a [u8],
    node: NodeId,
    is_needed: bool,
    depth: u32,
    names: &mut Vec<(&'a [u8], bool)>,
) {
    if depth > DEPTH {
        return;
    }
    let operator = || {
        tree.child(node, Field::OPERATOR)
            .map_or(&[][..], |operator| tree.text(operator, text))
    };
    let is_needed = match tree.kind(node) {
        Kind::IDENTIFIER => {
            names.push((tree.text(node, text), is_needed));
            return;
        }
        Kind::UNARY_EXPRESSION if operator() == b"!" => !is_needed,
        Kind::BINARY_EXPRESSION if !matches!(operator(), b"&&" | b"||") => return,
        Kind::CALL_EXPRESSION | Kind::UNARY_EXPRESSION => return,
        _ => is_needed,
    };
    for child in tree.children(node) {
        asked(tree, text, child, is_needed, depth + 1, names);
    }
}
