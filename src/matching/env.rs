//! What metavariables are bound to, and when two pieces of code are the same.

use smallvec::SmallVec;

use super::pattern::MetaId;
use crate::finding::Span;
use crate::syntax::{Kind, NodeId, SourceFile};

/// What a metavariable stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bound {
    /// The bytes.
    pub(super) span: Span,
    /// The node, where it is exactly one.
    pub(super) node: Option<NodeId>,
}

/// Bindings of one match, in the order they were made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Env {
    bindings: SmallVec<[(MetaId, Bound); 4]>,
    /// One past the last byte matched so far in a statement list.
    pub(super) reached: u32,
}

/// All ways in which something matched. Empty: it did not.
pub(super) type Envs = SmallVec<[Env; 1]>;

impl Env {
    /// What `id` is bound to.
    pub(super) fn get(&self, id: MetaId) -> Option<Bound> {
        self.bindings
            .iter()
            .find(|(bound, _)| *bound == id)
            .map(|(_, value)| *value)
    }

    /// Whether nothing is bound.
    pub(super) fn is_empty(&self) -> bool {
        self.bindings.is_empty()
    }

    /// All bindings.
    pub(super) fn iter(&self) -> impl Iterator<Item = (MetaId, Bound)> + '_ {
        self.bindings.iter().copied()
    }

    /// Adds or replaces a binding without a comparison.
    pub(super) fn set(&mut self, id: MetaId, value: Bound) {
        match self.bindings.iter_mut().find(|(bound, _)| *bound == id) {
            Some(slot) => slot.1 = value,
            None => self.bindings.push((id, value)),
        }
    }

    /// The bindings with one more.
    pub(super) fn with(&self, id: MetaId, value: Bound) -> Self {
        let mut env = self.clone();
        env.bindings.push((id, value));
        env
    }

    /// Whether every metavariable that both bind is bound to the same code.
    pub(super) fn agrees(&self, other: &Self, file: &SourceFile<'_>) -> bool {
        self.bindings
            .iter()
            .all(|(id, value)| match other.get(*id) {
                Some(bound) => same_code(file, *value, bound),
                None => true,
            })
    }

    /// `self` and what only `other` binds.
    pub(super) fn merged(&self, other: &Self) -> Self {
        let mut env = self.clone();
        for (id, value) in &other.bindings {
            if env.get(*id).is_none() {
                env.bindings.push((*id, *value));
            }
        }
        env
    }
}

/// Adds further ways. Mostly there were none before, and nothing is copied one by one.
#[inline]
pub(super) fn add(envs: &mut Envs, more: Envs) {
    if envs.is_empty() {
        *envs = more;
    } else {
        envs.extend(more);
    }
}

/// The result with exactly one way.
pub(super) fn one(env: Env) -> Envs {
    let mut envs = Envs::new();
    envs.push(env);
    envs
}

/// Whether two pieces of code are the same but for white space, comments and parentheses.
pub(super) fn same_code(file: &SourceFile<'_>, a: Bound, b: Bound) -> bool {
    if a.span == b.span {
        return true;
    }
    match (a.node, b.node) {
        (Some(a), Some(b)) => same_nodes(file, a, b),
        _ => same_text(a.span.of(file.text), b.span.of(file.text)),
    }
}

/// Compares two subtrees leaf by leaf.
fn same_nodes(file: &SourceFile<'_>, a: NodeId, b: NodeId) -> bool {
    let (text_a, text_b) = (file.tree.text(a, file.text), file.tree.text(b, file.text));
    if text_a == text_b {
        return true;
    }
    if file.tree.is_leaf(a) && file.tree.is_leaf(b) {
        return false;
    }
    let leaves = |node: NodeId| {
        file.tree.subtree(node).filter(move |&n| {
            file.tree.is_leaf(n) && file.tree.kind(n) != Kind::PARENTHESIZED_EXPRESSION
        })
    };
    let mut left = leaves(a);
    let mut right = leaves(b);
    loop {
        match (left.next(), right.next()) {
            (None, None) => return shape(file, a) == shape(file, b),
            (Some(x), Some(y)) => {
                if file.tree.text(x, file.text) != file.tree.text(y, file.text) {
                    return false;
                }
            }
            _ => return false,
        }
    }
}

/// Kinds of the inner nodes in order, parentheses left out.
fn shape(file: &SourceFile<'_>, node: NodeId) -> Vec<Kind> {
    file.tree
        .subtree(node)
        .filter(|&n| !file.tree.is_leaf(n))
        .map(|n| file.tree.kind(n))
        .filter(|&kind| kind != Kind::PARENTHESIZED_EXPRESSION)
        .collect()
}

/// Compares texts without their white space.
fn same_text(a: &[u8], b: &[u8]) -> bool {
    let solid = |byte: &&u8| !byte.is_ascii_whitespace();
    a.iter().filter(solid).eq(b.iter().filter(solid))
}
