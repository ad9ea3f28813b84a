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
        id
    }

    pub(super) fn get(&self, name: &[u8]) -> Option<NameId> {
        self.ids.get(name).copied()
    }

    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }
}

/// A statement list of the file and its elements.
#[derive(Debug, Clone)]
pub(super) struct StatementList {
    pub(super) items: Vec<Item>,
}

/// What one pass over a file found. Positions are in preorder.
pub(super) struct FileIndex {
    /// Nodes whose text is the name, per [`NameId`].
    by_name: Vec<Vec<NodeId>>,
    /// Nodes of each kind with a constant.
    by_kind: Vec<Vec<NodeId>>,
    lists: OnceCell<Vec<StatementList>>,
    declarations: OnceCell<Declarations>,
    imports: OnceCell<Vec<Import>>,
}

/// Kinds below this number are listed.
const LISTED_KINDS: usize = 320;

impl FileIndex {
    /// Indexes a file.
    pub(super) fn new(file: &SourceFile<'_>, names: &NameTable) -> Self {
        let mut by_name = vec![Vec::new(); names.len()];
        let mut by_kind = vec![Vec::new(); LISTED_KINDS];
        let tree = &file.tree;
        for node in tree.subtree(tree.root()) {
            let kind = tree.kind(node);
            if view::is_indexed_name(kind) {
                if let Some(id) = names.get(tree.text(node, file.text))
                    && let Some(list) = by_name.get_mut(usize::from(id))
                {
                    list.push(node);
                }
            } else if let Some(list) = by_kind.get_mut(usize::from(kind.0)) {
                list.push(node);
            }
        }
        Self {
            by_name,
            by_kind,
            lists: OnceCell::new(),
            declarations: OnceCell::new(),
            imports: OnceCell::new(),
        }
    }

    /// Whether the file holds the name at all.
    pub(super) fn has(&self, name: NameId) -> bool {
        self.by_name
            .get(usize::from(name))
            .is_some_and(|nodes| !nodes.is_empty())
    }

    /// Nodes that are the name.
    pub(super) fn named(&self, name: NameId) -> &[NodeId] {
        self.by_name
            .get(usize::from(name))
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    /// Nodes of a kind, identifiers excepted.
    pub(super) fn of_kind(&self, kind: Kind) -> &[NodeId] {
        self.by_kind
            .get(usize::from(kind.0))
            .map(Vec::as_slice)
            .unwrap_or_default()
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
                    items: view::items(tree, node),
                })
                .collect()
        })
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
