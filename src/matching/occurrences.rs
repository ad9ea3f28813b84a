//! Where the names of a file stand: a statement that mentions a bound metavariable can only be one
//! that holds a name of what it is bound to.

use std::hash::Hasher as _;

use rustc_hash::{FxHashMap, FxHasher};
use smallvec::SmallVec;

use super::env::Env;
use super::matcher::Matcher;
use super::pattern::{BasePat, LayerPat, MetaId, Pat, Root, TypePat};
use super::view::{self, Item};
use crate::syntax::{Field, Kind, NodeId, SourceFile};

/// All names of a file. Names are known by a hash: two that share one are taken for each other,
/// which only rules out less.
#[derive(Debug, Default)]
pub(super) struct Occurrences {
    /// Sorted by name, then by place.
    nodes: Vec<NodeId>,
    /// Where the nodes of each name are among them.
    ranges: FxHashMap<u64, (u32, u32)>,
}

impl Occurrences {
    pub(super) fn new(file: &SourceFile<'_>) -> Self {
        let tree = &file.tree;
        let mut found: Vec<(u64, NodeId)> = tree
            .subtree(tree.root())
            .filter(|&node| view::is_name(tree.kind(node)))
            .map(|node| (hash(tree.text(node, file.text)), node))
            .collect();
        found.sort_unstable();
        let mut ranges = FxHashMap::default();
        let mut start = 0;
        for same in found.chunk_by(|(one, _), (other, _)| one == other) {
            let end = start + u32::try_from(same.len()).unwrap_or(u32::MAX);
            if let Some((name, _)) = same.first() {
                ranges.insert(*name, (start, end));
            }
            start = end;
        }
        let nodes = found.into_iter().map(|(_, node)| node).collect();
        Self { nodes, ranges }
    }

    /// The nodes with this name in `first..end`, in order.
    pub(super) fn within(&self, name: u64, first: NodeId, end: NodeId) -> &[NodeId] {
        let Some(&(from, to)) = self.ranges.get(&name) else {
            return &[];
        };
        let nodes = self.nodes.get(from as usize..to as usize);
        let nodes = nodes.unwrap_or_default();
        let start = nodes.partition_point(|&node| node < first);
        let rest = nodes.get(start..).unwrap_or_default();
        let stop = rest.partition_point(|&node| node < end);
        rest.get(..stop).unwrap_or_default()
    }

    /// Whether a node with this name is in `first..end`.
    pub(super) fn has_within(&self, name: u64, first: NodeId, end: NodeId) -> bool {
        let Some(&(from, to)) = self.ranges.get(&name) else {
            return false;
        };
        let nodes = self.nodes.get(from as usize..to as usize);
        let nodes = nodes.unwrap_or_default();
        let start = nodes.partition_point(|&node| node < first);
        nodes.get(start).is_some_and(|&node| node < end)
    }
}

/// What a name is known by.
pub(super) fn hash(name: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(name);
    hasher.finish()
}

/// A name that every match of a pattern holds.
#[derive(Debug, Clone, Copy)]
struct Mention {
    name: u64,
    /// Whether it is declared there.
    is_declared: bool,
}

/// The names that matches of `pats` hold because of what `env` binds.
#[derive(Debug, Default)]
pub(super) struct Mentions(SmallVec<[Mention; 4]>);

impl Matcher<'_> {
    /// The names that every match of the pattern holds, as far as bindings tell.
    pub(super) fn mentions(&self, pat: &Pat, env: &Env) -> Mentions {
        let mut found = Mentions::default();
        if !env.is_empty() {
            self.push_mentions(pat, env, &mut found);
        }
        found
    }

    /// The same of a whole pattern.
    pub(super) fn mentions_of(&self, root: &Root, env: &Env) -> Mentions {
        let mut found = Mentions::default();
        if !env.is_empty() {
            match root {
                Root::Expr(pat) | Root::Stmt(pat) => self.push_mentions(pat, env, &mut found),
                Root::Stmts(pats) => {
                    for pat in pats {
                        self.push_mentions(pat, env, &mut found);
                    }
                }
            }
        }
        found
    }

    /// Whether the subtree holds all these names.
    pub(super) fn node_holds(&self, node: NodeId, mentions: &Mentions) -> bool {
        self.range_holds(node, self.file.tree.end(node), mentions)
    }

    fn push_mentions(&self, pat: &Pat, env: &Env, found: &mut Mentions) {
        if self.is_exhaustive {
            return;
        }
        metas(pat, &mut |id, is_declared| {
            let node = env.get(id).and_then(|bound| bound.node);
            // A constant is the same under another name, or without one.
            let node = node.filter(|&node| !self.is_constant(node));
            if let Some(name) = node.and_then(|node| self.name_in(node)) {
                found.0.push(Mention { name, is_declared });
            }
        });
    }

    /// The first name in a subtree.
    fn name_in(&self, node: NodeId) -> Option<u64> {
        let tree = &self.file.tree;
        tree.subtree(node)
            .take(8)
            .find(|&inner| view::is_name(tree.kind(inner)))
            .map(|inner| hash(self.text(inner)))
    }

    /// Whether the statements hold all these names.
    pub(super) fn hold(&self, items: &[Item], mentions: &Mentions) -> bool {
        let (Some(first), Some(last)) = (items.first(), items.last()) else {
            return mentions.0.is_empty();
        };
        self.range_holds(first.node, self.file.tree.end(last.node), mentions)
    }

    /// Whether the statement holds all these names.
    pub(super) fn item_holds(&self, item: Item, mentions: &Mentions) -> bool {
        self.range_holds(item.node, self.file.tree.end(item.node), mentions)
    }

    fn range_holds(&self, first: NodeId, end: NodeId, mentions: &Mentions) -> bool {
        mentions.0.iter().all(|mention| {
            let places = self.index.occurrences(self.file);
            if !mention.is_declared {
                return places.has_within(mention.name, first, end);
            }
            let places = places.within(mention.name, first, end);
            places.iter().any(|&node| self.is_declared_at(node))
        })
    }

    /// Whether a name in C stands where a declarator has it.
    fn is_declared_at(&self, node: NodeId) -> bool {
        let tree = &self.file.tree;
        let Some(parent) = tree.parent(node) else {
            return true;
        };
        match tree.kind(parent) {
            Kind::POINTER_DECLARATOR
            | Kind::FUNCTION_DECLARATOR
            | Kind::PARENTHESIZED_DECLARATOR
            | Kind::ATTRIBUTED_DECLARATOR => true,
            Kind::ARRAY_DECLARATOR => tree.field(node) != Field::SIZE,
            Kind::INIT_DECLARATOR => tree.field(node) != Field::VALUE,
            Kind::DECLARATION | Kind::FIELD_DECLARATION => tree.field(node) == Field::DECLARATOR,
            _ => false,
        }
    }
}

/// Calls `visit` for the metavariables that every match binds; with `true` where it is what a C
/// declaration declares.
fn metas(pat: &Pat, visit: &mut dyn FnMut(MetaId, bool)) {
    let mut all = |pats: &[Pat]| pats.iter().for_each(|pat| metas(pat, visit));
    match pat {
        Pat::Meta(id) => visit(*id, false),
        Pat::Deep(inner) | Pat::Deref(inner) | Pat::ExprStmt(inner) => metas(inner, visit),
        Pat::Return(Some(inner)) => metas(inner, visit),
        Pat::Call(function, arguments) => {
            all(arguments);
            metas(function, visit);
        }
        Pat::Assign(left, right) | Pat::Binary(_, left, right) | Pat::Field(left, right) => {
            metas(left, visit);
            metas(right, visit);
        }
        Pat::Node(_, parts) | Pat::Block(parts) => all(parts),
        Pat::If(condition, then, otherwise) => {
            metas(condition, visit);
            metas(then, visit);
            if let Some(otherwise) = otherwise {
                metas(otherwise, visit);
            }
        }
        Pat::For(header, body) => {
            header
                .iter()
                .flatten()
                .chain([body.as_ref()])
                .for_each(|part| metas(part, visit));
        }
        Pat::Switch(condition, _) => metas(condition, visit),
        Pat::Function(function) => {
            all(&function.body);
            all(&function.parameters);
            metas(&function.name, visit);
        }
        // A parameter may have no name.
        Pat::Param(Some(_), Some(name)) if **name != Pat::Any => metas(name, visit),
        Pat::Var(var) => {
            match &var.name {
                Pat::Meta(id) => visit(*id, true),
                name => metas(name, visit),
            }
            of_type(&var.of_type, visit);
            if let Some(value) = &var.value {
                metas(value, visit);
            }
        }
        _ => {}
    }
}

fn of_type(pat: &TypePat, visit: &mut dyn FnMut(MetaId, bool)) {
    if let BasePat::Meta(id) = pat.base {
        visit(id, false);
    }
    for layer in &pat.layers {
        if let LayerPat::Array(Some(size)) = layer {
            metas(size, visit);
        }
    }
}
