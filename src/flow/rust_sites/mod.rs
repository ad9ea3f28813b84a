//! Analyses of Rust that report a construct wherever it stands: what a team forbids rather than what
//! data is known to reach.
//!
//! They read the tree, with the types and constants that the file tells. An expression that bounds itself (a
//! mask, a remainder, a widening cast), or that a variable with one value or a test on the way bounds, is none
//! of them. Code for tests is left out, and so is what the compiler computes (constants, array
//! lengths, `const` blocks) where a panic stops the build and not the device.

mod arithmetic;
mod calls;
mod casts;
mod functions;
mod indexing;
mod infer;
mod items;
mod methods;
mod panics;
mod range;
mod reader;
mod scopes;
#[cfg(test)]
mod tests;
mod transmutes;
mod ty;
mod unsafe_code;
mod variable_range;
mod variables;

use self::infer::Types;
use self::items::Items;
use self::scopes::Scopes;
use super::defect::Defect;
use super::test_code;
use crate::finding::Span;
use crate::syntax::{Field, Kind, NodeId, SourceFile};

/// A check of one node.
type Check = fn(&Sites<'_, '_>, NodeId, &mut Vec<Defect>);

/// The checks; each looks at the kinds of nodes it knows.
const CHECKS: &[Check] = &[
    panics::check,
    indexing::check,
    arithmetic::check,
    casts::check,
    functions::check,
    unsafe_code::check,
    transmutes::check,
    calls::check,
];

/// Runs every analysis of this module; defects are in the order of the file.
pub(super) fn run(file: &SourceFile<'_>) -> Vec<Defect> {
    let items = Items::of(file);
    let scopes = Scopes::of(file);
    let sites = Sites {
        types: Types::new(file, &items, &scopes),
        tests: test_code::spans(file),
    };
    let mut out = Vec::new();
    let tree = &file.tree;
    for node in tree.subtree(tree.root()) {
        let before = out.len();
        for check in CHECKS {
            check(&sites, node, &mut out);
        }
        if out.len() > before && sites.is_for_tests(node) {
            out.truncate(before);
        }
    }
    out
}

/// A file under these analyses.
struct Sites<'f, 's> {
    types: Types<'f, 's>,
    tests: Vec<Span>,
}

impl<'f, 's> Sites<'f, 's> {
    fn file(&self) -> &'f SourceFile<'s> {
        self.types.file
    }

    fn kind(&self, node: NodeId) -> Kind {
        self.file().tree.kind(node)
    }

    fn text(&self, node: NodeId) -> &'s str {
        self.types.text(node)
    }

    fn child(&self, node: NodeId, field: Field) -> Option<NodeId> {
        self.file().tree.child(node, field)
    }

    fn is_for_tests(&self, node: NodeId) -> bool {
        let span = self.file().tree.span(node);
        self.tests.iter().any(|test| test.contains(span))
    }

    /// Whether the compiler computes it: what panics there stops the build.
    fn is_compile_time(&self, node: NodeId) -> bool {
        let tree = &self.file().tree;
        let mut below = node;
        for above in tree.ancestors(node) {
            match tree.kind(above) {
                Kind::FUNCTION_ITEM | Kind::CLOSURE_EXPRESSION => return false,
                Kind::CONST_ITEM
                | Kind::STATIC_ITEM
                | Kind::CONST_BLOCK
                | Kind::ARRAY_TYPE
                | Kind::ENUM_VARIANT
                | Kind::TYPE_ARGUMENTS => return true,
                Kind::ARRAY_EXPRESSION if tree.field(below) == Field::LENGTH => return true,
                _ => {}
            }
            below = above;
        }
        false
    }

    /// The innermost function around a node.
    fn function(&self, node: NodeId) -> Option<NodeId> {
        let tree = &self.file().tree;
        tree.ancestors(node)
            .find(|&above| tree.kind(above) == Kind::FUNCTION_ITEM)
    }

    /// The sibling behind a node.
    fn next(&self, node: NodeId) -> Option<NodeId> {
        let tree = &self.file().tree;
        let after = tree.end(node);
        let above = tree.parent(node)?;
        (after < tree.end(above)).then_some(after)
    }

    fn report(
        &self,
        analysis: &'static str,
        node: NodeId,
        names: &[(&'static str, &str)],
        out: &mut Vec<Defect>,
    ) {
        let span = self.file().tree.span(node);
        let mut all = vec![("$EXPR", short(self.text(node)))];
        all.extend(names.iter().map(|(name, text)| (*name, short(text))));
        out.push(Defect {
            analysis,
            span,
            names: all,
            trace: Vec::new(),
            related: Vec::new(),
            far: Vec::new(),
        });
    }
}

/// One line of at most 40 characters.
fn short(text: &str) -> String {
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= 40 {
        return line;
    }
    line.chars().take(39).chain(['…']).collect()
}
