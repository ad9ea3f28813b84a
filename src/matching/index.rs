//! Where in a file the names and kinds of nodes are: one linear pass that serves all rules.

use std::cell::OnceCell;

use rustc_hash::FxHashMap;

use super::features::Feature;
use super::occurrences::Occurrences;
use super::rust::{self, Import};
use super::texts::{Texts, TextsHeld};
use super::types::Declarations;
use super::view::{self, Item};
use crate::syntax::{Kind, NodeId, SourceFile};

/// Number of a [`Feature`] in one engine.
pub(super) type FeatureId = u32;

/// Named kinds lie below this number.
const NAMED_KINDS: u16 = 320;

/// Operators and other tokens have kinds from here.
const FIRST_TOKEN: u16 = 1024;

/// Kinds with a feature: the named ones, then the tokens. Both grammars have fewer of either.
const KINDS: u32 = 320 + 480;

/// The feature of a kind; `None` for kinds that no rule can ask for.
#[inline]
fn of_kind(kind: Kind) -> Option<FeatureId> {
    match kind.0 {
        number if number < NAMED_KINDS => Some(u32::from(number)),
        number => {
            let id = u32::from(number.checked_sub(FIRST_TOKEN)?) + u32::from(NAMED_KINDS);
            (id < KINDS).then_some(id)
        }
    }
}

/// All names that the rules of an engine ask for.
#[derive(Debug, Default)]
pub(super) struct NameTable {
    ids: FxHashMap<Vec<u8>, FeatureId>,
    /// Per first byte: lengths that occur, modulo 64. Spares most look-ups.
    lengths: Lengths,
    texts: Texts,
}

#[derive(Debug, Clone)]
struct Lengths([u64; 256]);

impl Default for Lengths {
    fn default() -> Self {
        Self([0; 256])
    }
}

/// Slot and bit of a name in [`Lengths`].
#[inline]
fn length_bit(name: &[u8]) -> (usize, u64) {
    let first = name.first().copied().unwrap_or_default();
    (usize::from(first), 1 << (name.len() % 64))
}

impl NameTable {
    /// The feature of `name`, taken up if it is new.
    pub(super) fn intern(&mut self, name: &str) -> FeatureId {
        if let Some(&id) = self.ids.get(name.as_bytes()) {
            return id;
        }
        let id = self.next();
        self.ids.insert(name.as_bytes().to_vec(), id);
        let (slot, bit) = length_bit(name.as_bytes());
        if let Some(lengths) = self.lengths.0.get_mut(slot) {
            *lengths |= bit;
        }
        id
    }

    fn next(&self) -> FeatureId {
        u32::try_from(self.features()).unwrap_or(u32::MAX)
    }

    /// The texts that `text` holds.
    pub(super) fn texts_held(&self, text: &[u8], is_code: bool) -> TextsHeld {
        self.texts.held(text, is_code)
    }

    /// The feature, where it is known and a file can be asked for it.
    pub(super) fn find(&self, feature: &Feature) -> Option<FeatureId> {
        match feature {
            Feature::Name(name) => self.get(name.as_bytes()),
            Feature::Kind(kind) => of_kind(*kind),
            Feature::Text(text) => self.texts.find(text),
        }
    }

    /// The feature, taken up if it is a new name; `None` where a file cannot be asked for it.
    pub(super) fn feature(&mut self, feature: &Feature, of_code: bool) -> Option<FeatureId> {
        match feature {
            Feature::Name(name) => Some(self.intern(name)),
            Feature::Kind(kind) => of_kind(*kind),
            Feature::Text(text) => {
                let new = self.next();
                Some(self.texts.intern(text, new, of_code))
            }
        }
    }

    #[inline]
    pub(super) fn get(&self, name: &[u8]) -> Option<FeatureId> {
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

    fn features(&self) -> usize {
        (self.ids.len() + self.texts.len()).saturating_add(KINDS as usize)
    }
}

/// A statement list of the file and its elements.
#[derive(Debug, Clone)]
pub(super) struct StatementList {
    pub(super) node: NodeId,
    items: OnceCell<Vec<Item>>,
}

impl StatementList {
    /// Its elements, made at the first call.
    pub(super) fn items(&self, file: &SourceFile<'_>) -> &[Item] {
        self.items
            .get_or_init(|| view::items(&file.tree, self.node))
    }
}

/// Nodes in groups: one array for all groups, and where each begins.
#[derive(Debug, Default)]
struct Groups {
    starts: Vec<u32>,
    nodes: Vec<NodeId>,
}

impl Groups {
    /// Sorts pairs of group and node by group; nodes of a group keep their order.
    fn new(groups: usize, pairs: &[(FeatureId, NodeId)]) -> Self {
        let mut starts = vec![0_u32; groups + 2];
        for (group, _) in pairs {
            if let Some(count) = starts.get_mut(*group as usize + 2) {
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
        for &(group, node) in pairs {
            if let Some(next) = starts.get_mut(group as usize + 1)
                && let Some(slot) = nodes.get_mut(*next as usize)
            {
                *slot = node;
                *next += 1;
            }
        }
        Self { starts, nodes }
    }

    #[inline]
    fn of(&self, group: FeatureId) -> &[NodeId] {
        let group = group as usize;
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
    /// Nodes with each feature: of each kind (plain names excepted), and with each name.
    by_feature: Groups,
    /// A bit for each feature that the file holds: what is asked most.
    held: Vec<u64>,
    lists: OnceCell<Vec<StatementList>>,
    declarations: OnceCell<Declarations>,
    imports: OnceCell<Vec<Import>>,
    occurrences: OnceCell<Occurrences>,
}

impl FileIndex {
    /// Indexes a file.
    pub(super) fn new(file: &SourceFile<'_>, names: &NameTable, texts: &TextsHeld) -> Self {
        let tree = &file.tree;
        let mut pairs: Vec<(FeatureId, NodeId)> = Vec::with_capacity(tree.len());
        for node in tree.subtree(tree.root()) {
            let kind = tree.kind(node);
            if view::is_name(kind) {
                if let Some(id) = names.get(tree.text(node, file.text)) {
                    pairs.push((id, node));
                }
                if matches!(
                    kind,
                    Kind::IDENTIFIER | Kind::FIELD_IDENTIFIER | Kind::TYPE_IDENTIFIER
                ) {
                    continue;
                }
            }
            if let Some(id) = of_kind(kind) {
                pairs.push((id, node));
            }
        }
        pairs.extend(texts.ids().iter().map(|&text| (text, tree.root())));
        let mut held = vec![0_u64; names.features() / 64 + 1];
        for (feature, _) in &pairs {
            if let Some(bits) = held.get_mut(*feature as usize / 64) {
                *bits |= 1 << (feature % 64);
            }
        }
        Self {
            by_feature: Groups::new(names.features(), &pairs),
            held,
            lists: OnceCell::new(),
            declarations: OnceCell::new(),
            imports: OnceCell::new(),
            occurrences: OnceCell::new(),
        }
    }

    /// Whether the file holds the feature at all.
    #[inline]
    pub(super) fn has(&self, feature: FeatureId) -> bool {
        let bits = self.held.get(feature as usize / 64);
        bits.is_some_and(|bits| bits >> (feature % 64) & 1 == 1)
    }

    /// Nodes with the feature.
    #[inline]
    pub(super) fn nodes(&self, feature: FeatureId) -> &[NodeId] {
        self.by_feature.of(feature)
    }

    /// Nodes of a kind, plain names excepted.
    pub(super) fn of_kind(&self, kind: Kind) -> &[NodeId] {
        of_kind(kind).map_or(&[], |feature| self.nodes(feature))
    }

    /// Whether a node with the feature lies in `first..end`.
    #[inline]
    pub(super) fn has_within(&self, feature: FeatureId, first: NodeId, end: NodeId) -> bool {
        let nodes = self.nodes(feature);
        let at = nodes.partition_point(|&node| node < first);
        nodes.get(at).is_some_and(|&node| node < end)
    }

    /// All statement lists of the file, made at the first call.
    pub(super) fn lists(&self, file: &SourceFile<'_>) -> &[StatementList] {
        self.lists.get_or_init(|| {
            let tree = &file.tree;
            let mut nodes: Vec<NodeId> = view::LIST_KINDS
                .iter()
                .flat_map(|&kind| self.of_kind(kind))
                .copied()
                .filter(|&node| {
                    let transparent = tree.kind(node) == Kind::DECLARATION_LIST
                        && tree
                            .parent(node)
                            .is_some_and(|above| tree.kind(above) == Kind::LINKAGE_SPECIFICATION);
                    !transparent
                })
                .collect();
            nodes.sort_unstable();
            nodes
                .into_iter()
                .map(|node| StatementList {
                    node,
                    items: OnceCell::new(),
                })
                .collect()
        })
    }

    /// The elements of the statement list that the node is.
    pub(super) fn items_at(&self, file: &SourceFile<'_>, node: NodeId) -> Option<&[Item]> {
        let lists = self.lists(file);
        let at = lists.binary_search_by_key(&node, |list| list.node).ok()?;
        lists.get(at).map(|list| list.items(file))
    }

    /// Declared types of the file's names, made at the first call.
    pub(super) fn declarations(&self, file: &SourceFile<'_>) -> &Declarations {
        self.declarations.get_or_init(|| Declarations::new(file))
    }

    /// Where all names stand, made at the first call.
    pub(super) fn occurrences(&self, file: &SourceFile<'_>) -> &Occurrences {
        self.occurrences.get_or_init(|| Occurrences::new(file))
    }

    /// Names that `use` declarations bring in, made at the first call.
    pub(super) fn imports(&self, file: &SourceFile<'_>) -> &[Import] {
        self.imports.get_or_init(|| rust::imports(file))
    }
}
