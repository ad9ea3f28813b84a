//! Where a node stands: in the file, or in the body of a macro.

use super::unit::Lowerer;
use crate::finding::Span;
use crate::syntax::{Children, Field, Kind, NodeId, Tree};

/// A node of one of the trees at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct At {
    /// Index of the tree in [`Lowerer::sources`]; 0 is the file.
    pub(super) source: u32,
    /// The node.
    pub(super) node: NodeId,
}

/// A tree with its text.
pub(super) struct Source<'a> {
    pub(super) tree: &'a Tree,
    pub(super) text: &'a [u8],
    /// The use of the macro whose body this is.
    pub(super) expansion: Option<Expansion<'a>>,
}

/// One use of a macro.
pub(super) struct Expansion<'a> {
    /// Its bytes in the file.
    pub(super) span: Span,
    /// Names of its parameters.
    pub(super) parameters: &'a [Box<[u8]>],
    /// What they stand for.
    pub(super) arguments: Vec<At>,
    /// Macros around it.
    pub(super) depth: u32,
}

/// The children of a node.
pub(super) struct ChildrenAt<'a> {
    source: u32,
    children: Children<'a>,
}

impl Iterator for ChildrenAt<'_> {
    type Item = At;

    fn next(&mut self) -> Option<At> {
        self.children.next().map(|node| At {
            source: self.source,
            node,
        })
    }
}

impl<'a> Lowerer<'a> {
    /// A node of the file.
    pub(super) fn in_file(node: NodeId) -> At {
        At { source: 0, node }
    }

    pub(super) fn tree(&self, at: At) -> &'a Tree {
        self.sources
            .get(at.source as usize)
            .map_or(self.file_tree, |source| source.tree)
    }

    pub(super) fn kind(&self, at: At) -> Kind {
        self.tree(at).kind(at.node)
    }

    pub(super) fn field(&self, at: At) -> Field {
        self.tree(at).field(at.node)
    }

    /// The first child with that role.
    pub(super) fn child(&self, at: At, field: Field) -> Option<At> {
        let node = self.tree(at).child(at.node, field)?;
        Some(At { node, ..at })
    }

    pub(super) fn children(&self, at: At) -> ChildrenAt<'a> {
        ChildrenAt {
            source: at.source,
            children: self.tree(at).children(at.node),
        }
    }

    /// The first child that is not an operator or made up by the parser.
    pub(super) fn only_child(&self, at: At) -> Option<At> {
        self.children(at)
            .find(|&child| self.kind(child) != Kind::MISSING)
    }

    pub(super) fn text(&self, at: At) -> &'a [u8] {
        self.sources
            .get(at.source as usize)
            .map_or(&[], |source| source.tree.span(at.node).of(source.text))
    }

    /// The node's bytes in the file; of a node in a macro's body those of the macro's use.
    pub(super) fn span(&self, at: At) -> Span {
        match self.sources.get(at.source as usize) {
            Some(source) => match &source.expansion {
                Some(expansion) => expansion.span,
                None => source.tree.span(at.node),
            },
            None => Span::default(),
        }
    }

    /// The text of an expression's operator.
    pub(super) fn operator(&self, at: At) -> &'a [u8] {
        self.child(at, Field::OPERATOR)
            .map_or(&[], |operator| self.text(operator))
    }

    /// The node behind parentheses.
    pub(super) fn inner(&self, mut at: At) -> At {
        while self.kind(at) == Kind::PARENTHESIZED_EXPRESSION {
            match self.only_child(at) {
                Some(child) if self.kind(child) != Kind::COMPOUND_STATEMENT => at = child,
                _ => break,
            }
        }
        at
    }
}
