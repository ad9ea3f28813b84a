//! Where the names and the kinds of nodes of one file are: one linear pass that serves all rules.

use std::cell::OnceCell;

use rustc_hash::FxHashMap;

use super::rust::{self, Import};
use super::types::Declarations;
use super::view::{self, Item};
use crate::syntax::{Kind, NodeId, SourceFile};

/// Index of one of the names that some rule anchors on.
pub(super) type NameId = u16;

/// All names that the rules of an engine anchor on.
#[derive(Debug, Clone, Default)]
pub(super) struct NameTable {
    ids: FxHashMap<Vec<u8>, NameId>,
    /// Per first byte: lengths that occur, modulo 64. Spares most look-ups.
    lengths: Lengths,
}

#[derive(Debug, Clone)]
struct Lengths([u64; 256]);

impl Default for Lengths {
    fn default() -> Self {
        Self([0; 256])
    }
}

/// Slot and bit of a name in [`Lengths`].
fn length_bit(name: &[u8]) -> (usize, u64) {
    let first = name.first().copied().unwrap_or_default();
    (usize::from(first), 1 << (name.len() % 64))
}

impl NameTable {
    /// The id of `name`, taken up if it is new. Past 65,535 names all share the last id, which only
    /// makes the prefilter coarser.
    pub(super) fn intern(&mut self, name: &str) -> NameId {
        if let Some(&id) = self.ids.get(name.as_bytes()) {
            return id;
        }
        let id = NameId::try_from(self.ids.len()).unwrap_or(NameId::MAX);
        self.ids.insert(name.as_bytes().to_vec(), id);
        let (slot, bit) = length_bit(name.as_bytes());
        if let Some(lengths) = self.lengths.0.get_mut(slot) {
            *lengths |= bit;
        }
        id
    }

    pub(super) fn get(&self, name: &[u8]) -> Option<NameId> {
        let (slot, bit) = length_bit(name);
        if self
            .lengths
            .0
            .get(slot)
            .is_none_or(|lengths| lengths & bit == 0)
        {
            return None;
        }
        self.ids.get(name).copied()
    }

    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }
}

/// A statement list of the file and its elements.
#[derive(Debug, Clone)]
pub(super) struct StatementList {
    pub(super) node: NodeId,
    pub(super) items: Vec<Item>,
}

/// Nodes in groups: one array for all groups, and where each begins.
#[derive(Debug, Default)]
struct Groups {
    starts: Vec<u32>,
    nodes: Vec<NodeId>,
}

impl Groups {
    /// Sorts pairs of group and node by group; nodes of a group keep their order.
    fn new(groups: usize, pairs: impl Iterator<Item = (u16, NodeId)> + Clone) -> Self {
        let mut starts = vec![0_u32; groups + 2];
        for (group, _) in pairs.clone() {
            if let Some(count) = starts.get_mut(usize::from(group) + 2) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut nodes = vec![NodeId(0); sum as usize];
        // Entry g + 1 runs from the beginning of group g to its end, where group g + 1 begins.
        for (group, node) in pairs {
            if let Some(next) = starts.get_mut(usize::from(group) + 1)
                && let Some(slot) = nodes.get_mut(*next as usize)
            {
                *slot = node;
                *next += 1;
            }
        }
        Self { starts, nodes }
    }

    fn of(&self, group: usize) -> &[NodeId] {
        match (self.starts.get(group), self.starts.get(group + 1)) {
            (Some(&start), Some(&end)) => self
                .nodes
                .get(start as usize..end as usize)
                .unwrap_or_default(),
            _ => &[],
        }
    }
}

/// What one pass over a file found. Positions are in preorder.
pub(super) struct FileIndex {
    /// Nodes whose text is the name, per [`NameId`].
    by_name: Groups,
    /// Nodes of each kind with a constant, made at the first call.
    by_kind: OnceCell<Groups>,
    lists: OnceCell<Vec<StatementList>>,
    declarations: OnceCell<Declarations>,
    imports: OnceCell<Vec<Import>>,
}

/// Kinds below this number are listed.
const LISTED_KINDS: usize = 320;

impl FileIndex {
    /// Indexes a file.
    pub(super) fn new(file: &SourceFile<'_>, names: &NameTable) -> Self {
        let tree = &file.tree;
        let mut named: Vec<(NameId, NodeId)> = Vec::with_capacity(64);
        for node in tree.subtree(tree.root()) {
            if view::is_indexed_name(tree.kind(node))
                && let Some(id) = names.get(tree.text(node, file.text))
            {
                named.push((id, node));
            }
        }
        Self {
            by_name: Groups::new(names.len(), named.iter().copied()),
            by_kind: OnceCell::new(),
            lists: OnceCell::new(),
            declarations: OnceCell::new(),
            imports: OnceCell::new(),
        }
    }

    /// Whether the file holds the name at all.
    pub(super) fn has(&self, name: NameId) -> bool {
        !self.named(name).is_empty()
    }

    /// Nodes that are the name.
    pub(super) fn named(&self, name: NameId) -> &[NodeId] {
        self.by_name.of(usize::from(name))
    }

    /// Nodes of a kind, identifiers excepted.
    pub(super) fn of_kind(&self, file: &SourceFile<'_>, kind: Kind) -> &[NodeId] {
        let groups = self.by_kind.get_or_init(|| {
            let tree = &file.tree;
            let count = u32::try_from(tree.len()).unwrap_or(u32::MAX);
            let pairs = (0..count)
                .map(|node| (tree.kind(NodeId(node)).0, NodeId(node)))
                .filter(|&(kind, _)| {
                    !view::is_indexed_name(Kind(kind)) && usize::from(kind) < LISTED_KINDS
                });
            Groups::new(LISTED_KINDS, pairs)
        });
        groups.of(usize::from(kind.0))
    }

    /// All statement lists of the file, made at the first call.
    pub(super) fn lists(&self, file: &SourceFile<'_>) -> &[StatementList] {
        self.lists.get_or_init(|| {
            let tree = &file.tree;
            tree.subtree(tree.root())
                .filter(|&node| {
                    let transparent = tree.kind(node) == Kind::DECLARATION_LIST
                        && tree
                            .parent(node)
                            .is_some_and(|above| tree.kind(above) == Kind::LINKAGE_SPECIFICATION);
                    view::is_list(tree.kind(node)) && !transparent
                })
                .map(|node| StatementList {
                    node,
                    items: view::items(tree, node),
                })
                .collect()
        })
    }

    /// The statement list that the node is.
    pub(super) fn list_at(&self, file: &SourceFile<'_>, node: NodeId) -> Option<&StatementList> {
        let lists = self.lists(file);
        let at = lists.binary_search_by_key(&node, |list| list.node).ok()?;
        lists.get(at)
    }

    /// Declared types of the file's names, made at the first call.
    pub(super) fn declarations(&self, file: &SourceFile<'_>) -> &Declarations {
        self.declarations.get_or_init(|| Declarations::new(file))
    }

    /// Names that `use` declarations bring in, made at the first call.
    pub(super) fn imports(&self, file: &SourceFile<'_>) -> &[Import] {
        self.imports.get_or_init(|| rust::imports(file))
    }
}
