//! Where a node stands: in the file, or in the body of a macro.

use super::macro_body::Definition;
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
    /// The bytes its nodes stand for in the file, if they stand elsewhere.
    pub(super) span: Option<Span>,
    /// The use of the macro whose body this is.
    pub(super) expansion: Option<Expansion<'a>>,
}

/// One use of a macro.
pub(super) struct Expansion<'a> {
    pub(super) definition: &'a Definition,
    /// The tree it is used in.
    pub(super) parent: u32,
    /// Names of its parameters.
    pub(super) parameters: &'a [Box<[u8]>],
    /// The last parameter stands for all arguments that are left.
    pub(super) is_variadic: bool,
    /// What they stand for.
    pub(super) arguments: Vec<At>,
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
            Some(source) => source.span.unwrap_or_else(|| source.tree.span(at.node)),
            None => Span::default(),
        }
    }

    /// The text of an expression's operator.
    pub(super) fn operator(&self, at: At) -> &'a [u8] {
        self.child(at, Field::OPERATOR)
            .map_or(&[], |operator| self.text(operator))
    }
}
