//! The flat tree: tree-sitter's concrete tree as parallel arrays in preorder, comments and
//! punctuation left out.

use super::kind::{Field, Kind};
use crate::finding::Span;

/// Index of a node in a [`Tree`]; the root is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// A syntax tree in preorder. All arrays have one entry per node.
///
/// A node's children follow it directly; `size` (nodes of the subtree, itself included) leads to
/// the next sibling. Reading outside the arrays gives an empty ERROR node, never a panic.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    pub(super) kinds: Vec<Kind>,
    pub(super) fields: Vec<Field>,
    pub(super) spans: Vec<Span>,
    pub(super) parents: Vec<u32>,
    pub(super) sizes: Vec<u32>,
    /// Comments in the order of the file.
    pub(super) comments: Vec<Span>,
}

impl Tree {
    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.kinds.len()
    }

    /// Whether there is not even a root.
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// The root, for an empty file too.
    pub fn root(&self) -> NodeId {
        NodeId(0)
    }

    /// What the node is.
    #[inline]
    pub fn kind(&self, node: NodeId) -> Kind {
        self.kinds
            .get(node.0 as usize)
            .copied()
            .unwrap_or(Kind::ERROR)
    }

    /// The node's role in its parent.
    #[inline]
    pub fn field(&self, node: NodeId) -> Field {
        self.fields
            .get(node.0 as usize)
            .copied()
            .unwrap_or(Field::NONE)
    }

    /// The node's bytes in the original file.
    #[inline]
    pub fn span(&self, node: NodeId) -> Span {
        self.spans.get(node.0 as usize).copied().unwrap_or_default()
    }

    /// The node's text.
    #[inline]
    pub fn text<'t>(&self, node: NodeId, source: &'t [u8]) -> &'t [u8] {
        self.span(node).of(source)
    }

    /// Nodes of the subtree, the node itself included.
    #[inline]
    pub fn size(&self, node: NodeId) -> u32 {
        self.sizes.get(node.0 as usize).copied().unwrap_or(1).max(1)
    }

    /// The parent; `None` for the root.
    #[inline]
    pub fn parent(&self, node: NodeId) -> Option<NodeId> {
        match self.parents.get(node.0 as usize) {
            Some(&parent) if node.0 != 0 => Some(NodeId(parent)),
            _ => None,
        }
    }

    /// The node's ancestors from the parent to the root.
    pub fn ancestors(&self, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        std::iter::successors(self.parent(node), |&above| self.parent(above))
    }

    /// One past the last node of the subtree.
    #[inline]
    pub fn end(&self, node: NodeId) -> NodeId {
        NodeId(node.0.saturating_add(self.size(node)))
    }

    /// Whether `node` lies in the subtree of `ancestor` (a node lies in its own).
    #[inline]
    pub fn is_within(&self, node: NodeId, ancestor: NodeId) -> bool {
        ancestor <= node && node < self.end(ancestor)
    }

    /// The direct children in order.
    #[inline]
    pub fn children(&self, node: NodeId) -> Children<'_> {
        Children {
            tree: self,
            next: NodeId(node.0.saturating_add(1)),
            end: self.end(node),
        }
    }

    /// The first child with that role.
    #[inline]
    pub fn child(&self, node: NodeId, field: Field) -> Option<NodeId> {
        self.children(node)
            .find(|&child| self.field(child) == field)
    }

    /// Whether the node has no children.
    #[inline]
    pub fn is_leaf(&self, node: NodeId) -> bool {
        self.size(node) == 1
    }

    /// Nodes whose bytes hold all of `span`, outermost first; of several children that do, the first.
    pub fn covering(&self, span: Span) -> Vec<NodeId> {
        // Starts never decrease in preorder, so the last node that starts in time lies in the
        // innermost one that covers the span.
        let after = self
            .spans
            .partition_point(|other| other.start <= span.start);
        let mut node = NodeId(u32::try_from(after.saturating_sub(1)).unwrap_or(u32::MAX));
        let mut found = Vec::with_capacity(24);
        loop {
            let own = self.span(node);
            if own.contains(span) && own.end > own.start {
                found.push(node);
            }
            match self.parent(node) {
                Some(above) => node = above,
                None => break,
            }
        }
        if found.last() != Some(&self.root()) {
            found.push(self.root());
        }
        found.reverse();
        found
    }

    /// All nodes of the subtree in preorder, the node itself first.
    pub fn subtree(&self, node: NodeId) -> impl Iterator<Item = NodeId> + use<> {
        (node.0..self.end(node).0).map(NodeId)
    }

    /// Comments in the order of the file.
    pub fn comments(&self) -> &[Span] {
        &self.comments
    }

    /// Empties the tree and keeps its memory.
    pub(super) fn clear(&mut self) {
        self.kinds.clear();
        self.fields.clear();
        self.spans.clear();
        self.parents.clear();
        self.sizes.clear();
        self.comments.clear();
    }
}

/// Iterator over a node's direct children.
#[derive(Debug, Clone)]
pub struct Children<'t> {
    tree: &'t Tree,
    next: NodeId,
    end: NodeId,
}

impl Iterator for Children<'_> {
    type Item = NodeId;

    #[inline]
    fn next(&mut self) -> Option<NodeId> {
        if self.next >= self.end {
            return None;
        }
        let child = self.next;
        self.next = self.tree.end(child);
        Some(child)
    }
}
