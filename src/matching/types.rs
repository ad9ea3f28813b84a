//! Which type a C name has at a place: declarations of the file, innermost scope first.

use rustc_hash::FxHashMap;

use super::view::{self, Layer};
use crate::finding::Span;
use crate::syntax::{Field, Kind, Language, NodeId, SourceFile, Tree};

/// One declared name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Declaration {
    /// Bytes in which the name means this: from the declarator to the end of its block.
    scope: Span,
    /// The declaration or parameter.
    pub(super) node: NodeId,
    /// The declarator that holds the name.
    pub(super) declarator: NodeId,
}

/// All declared variables, parameters and functions of a file by name.
#[derive(Debug, Default)]
pub(super) struct Declarations {
    by_name: FxHashMap<Vec<u8>, Vec<Declaration>>,
}

impl Declarations {
    pub(super) fn new(file: &SourceFile<'_>) -> Self {
        let mut found = Self::default();
        if file.language != Language::C {
            return found;
        }
        let tree = &file.tree;
        for node in tree.subtree(tree.root()) {
            if !matches!(
                tree.kind(node),
                Kind::DECLARATION | Kind::PARAMETER_DECLARATION | Kind::FUNCTION_DEFINITION
            ) {
                continue;
            }
            let end = scope_end(tree, node);
            for declarator in tree
                .children(node)
                .filter(|&part| tree.field(part) == Field::DECLARATOR)
            {
                if let Some(name) = view::declared(tree, declarator).name {
                    let scope = Span::new(tree.span(name).start, end);
                    found
                        .by_name
                        .entry(tree.text(name, file.text).to_vec())
                        .or_default()
                        .push(Declaration {
                            scope,
                            node,
                            declarator,
                        });
                }
            }
        }
        found
    }

    /// The declaration that `name` refers to at byte `at`: the last one whose scope holds it.
    pub(super) fn lookup(&self, name: &[u8], at: u32) -> Option<Declaration> {
        self.by_name
            .get(name)?
            .iter()
            .rev()
            .find(|declaration| declaration.scope.start <= at && at < declaration.scope.end)
            .copied()
    }
}

/// Where the scope of something declared at `node` ends.
fn scope_end(tree: &Tree, node: NodeId) -> u32 {
    for above in tree.ancestors(node) {
        match tree.kind(above) {
            Kind::COMPOUND_STATEMENT | Kind::FOR_STATEMENT | Kind::FUNCTION_DEFINITION => {
                // A function's own name is declared outside of it.
                return tree.span(above).end;
            }
            Kind::TRANSLATION_UNIT => return u32::MAX,
            _ => {}
        }
    }
    u32::MAX
}

/// Type of an expression without looking anything up: literals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Literal {
    Int,
    Float,
    Text,
    Null,
}

/// What kind of literal the node is, arithmetic on whole-number literals included.
pub(super) fn literal(tree: &Tree, node: NodeId, source: &[u8]) -> Option<Literal> {
    let node = view::strip(tree, node);
    match tree.kind(node) {
        Kind::NUMBER_LITERAL | Kind::INTEGER_LITERAL => {
            if view::number(tree.text(node, source)).is_some() {
                Some(Literal::Int)
            } else {
                Some(Literal::Float)
            }
        }
        Kind::STRING_LITERAL | Kind::CONCATENATED_STRING => Some(Literal::Text),
        Kind::NULL => Some(Literal::Null),
        Kind::BINARY_EXPRESSION => {
            let operator = tree.text(tree.child(node, Field::OPERATOR)?, source);
            let left = literal(tree, tree.child(node, Field::LEFT)?, source)?;
            let right = literal(tree, tree.child(node, Field::RIGHT)?, source)?;
            (matches!(operator, b"+" | b"-") && left == Literal::Int && right == Literal::Int)
                .then_some(Literal::Int)
        }
        _ => None,
    }
}

/// Type layers of a declarator, functions' own parameters included.
pub(super) fn layers(tree: &Tree, declarator: NodeId) -> smallvec::SmallVec<[Layer; 3]> {
    view::declared(tree, declarator).layers
}
