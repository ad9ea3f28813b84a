//! What a file declares: fields, results, constants, variants, aliases, imports under other names.

use std::cell::Cell;
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::reader::Reader;
use super::ty::Ty;
use crate::syntax::{Field, Kind, NodeId, SourceFile};

/// A function as its head says it.
#[derive(Debug, Clone)]
pub(super) struct Head {
    /// The function.
    node: NodeId,
    pub(super) result: Ty,
    /// Names of its type parameters.
    pub(super) parameters: Vec<Rc<str>>,
    pub(super) is_unsafe: bool,
    /// Whether a reader is told that the result must be used.
    pub(super) must_use: bool,
}

/// What a `struct`, `union` or `enum` says.
#[derive(Debug, Clone, Default)]
pub(super) struct Record {
    /// Fields by name or number.
    pub(super) fields: Vec<(Rc<str>, Ty)>,
    pub(super) is_union: bool,
    /// Numbers of the variants of an enum without payloads.
    pub(super) variants: Option<Vec<i128>>,
    pub(super) is_enum: bool,
    /// Whether `repr` fixes its layout.
    pub(super) has_layout: bool,
    pub(super) must_use: bool,
}

/// The declarations of a file.
#[derive(Debug, Default)]
pub(super) struct Items {
    pub(super) records: FxHashMap<Rc<str>, Record>,
    pub(super) aliases: FxHashMap<Rc<str>, NodeId>,
    pub(super) consts: FxHashMap<Rc<str>, Vec<NodeId>>,
    pub(super) statics: FxHashMap<Rc<str>, (Ty, bool)>,
    /// Functions outside of `impl` and `trait`, by name.
    pub(super) functions: FxHashMap<Rc<str>, Vec<Head>>,
    /// Functions of a type or trait, by its name and theirs.
    pub(super) methods: FxHashMap<(Rc<str>, Rc<str>), Head>,
    /// Methods by name alone.
    pub(super) method_names: FxHashMap<Rc<str>, Vec<Head>>,
    /// Types with an `impl Index<..>`, and the type of the index.
    pub(super) indexed_by: FxHashMap<Rc<str>, Ty>,
    /// `use a::b as c`: `c` → `a::b`.
    pub(super) renamed: FxHashMap<Rc<str>, Rc<str>>,
    /// Macros of the file.
    pub(super) macros: FxHashSet<Rc<str>>,
    /// How deep the reading of types and constants is nested.
    pub(super) depth: Cell<u32>,
}

pub(super) fn text<'s>(file: &SourceFile<'s>, node: NodeId) -> &'s str {
    std::str::from_utf8(file.tree.text(node, file.text)).unwrap_or_default()
}

impl Items {
    /// Reads all items of the file.
    pub(super) fn of(file: &SourceFile<'_>) -> Self {
        let mut items = Self::default();
        let tree = &file.tree;
        let all = || tree.subtree(tree.root());
        for node in all() {
            items.declare(file, node);
        }
        for node in all() {
            items.define(file, node);
        }
        items
    }

    fn declare(&mut self, file: &SourceFile<'_>, node: NodeId) {
        let tree = &file.tree;
        let name = || tree.child(node, Field::NAME).map(|name| text(file, name));
        match tree.kind(node) {
            Kind::TYPE_ITEM => {
                let is_associated = tree
                    .ancestors(node)
                    .any(|above| matches!(tree.kind(above), Kind::IMPL_ITEM | Kind::TRAIT_ITEM));
                if let (Some(name), Some(ty), false) =
                    (name(), tree.child(node, Field::TYPE), is_associated)
                {
                    self.aliases.insert(name.into(), ty);
                }
            }
            Kind::CONST_ITEM => {
                if let Some(name) = name() {
                    self.consts.entry(name.into()).or_default().push(node);
                }
            }
            Kind::MACRO_DEFINITION => {
                if let Some(name) = name() {
                    self.macros.insert(name.into());
                }
            }
            Kind::USE_AS_CLAUSE => {
                let parts = (
                    tree.child(node, Field::PATH),
                    tree.child(node, Field::ALIAS),
                );
                if let (Some(path), Some(alias)) = parts {
                    self.renamed
                        .insert(text(file, alias).into(), text(file, path).into());
                }
            }
            Kind::STRUCT_ITEM | Kind::UNION_ITEM | Kind::ENUM_ITEM => {
                if let Some(name) = name() {
                    self.records.entry(name.into()).or_default();
                }
            }
            _ => {}
        }
    }

    fn define(&mut self, file: &SourceFile<'_>, node: NodeId) {
        let tree = &file.tree;
        let Some(name) = tree.child(node, Field::NAME).map(|name| text(file, name)) else {
            if tree.kind(node) == Kind::IMPL_ITEM {
                self.define_index(file, node);
            }
            return;
        };
        match tree.kind(node) {
            Kind::STRUCT_ITEM | Kind::UNION_ITEM | Kind::ENUM_ITEM => {
                let record = self.record(file, node);
                self.records.insert(name.into(), record);
            }
            Kind::STATIC_ITEM => {
                let ty = tree
                    .child(node, Field::TYPE)
                    .map_or(Ty::Unknown, |ty| self.reader(file).ty(ty, None));
                let is_mut = tree
                    .children(node)
                    .any(|child| tree.kind(child) == Kind::MUTABLE_SPECIFIER);
                self.statics.insert(name.into(), (ty, is_mut));
            }
            Kind::FUNCTION_ITEM | Kind::FUNCTION_SIGNATURE_ITEM => {
                let owner = owner(file, node);
                let head = self.head(file, node, owner.as_deref());
                match owner {
                    Some(owner) => {
                        self.method_names
                            .entry(name.into())
                            .or_default()
                            .push(head.clone());
                        // A type's own method is called before that of a trait.
                        let is_of_trait = tree
                            .ancestors(node)
                            .find(|&above| tree.kind(above) == Kind::IMPL_ITEM)
                            .is_some_and(|above| tree.child(above, Field::TRAIT).is_some());
                        let key = (owner, name.into());
                        match is_of_trait {
                            true => {
                                self.methods.entry(key).or_insert(head);
                            }
                            false => {
                                self.methods.insert(key, head);
                            }
                        }
                    }
                    None => self.functions.entry(name.into()).or_default().push(head),
                }
            }
            _ => {}
        }
    }

    fn define_index(&mut self, file: &SourceFile<'_>, node: NodeId) {
        let tree = &file.tree;
        let (Some(of), Some(ty)) = (
            tree.child(node, Field::TRAIT),
            tree.child(node, Field::TYPE),
        ) else {
            return;
        };
        let reader = self.reader(file);
        let by = match reader.ty(of, None) {
            Ty::Named(name, arguments) if &*name == "Index" => arguments.first().cloned(),
            _ => None,
        };
        let own = reader.ty(ty, None);
        if let (Some(by), Some(own)) = (by, own.name()) {
            self.indexed_by.insert(own.into(), by);
        }
    }

    /// The head of the function that a name at `at` stands for.
    pub(super) fn function(&self, file: &SourceFile<'_>, name: &str, at: NodeId) -> Option<&Head> {
        let all = self.functions.get(name)?;
        let nodes: Vec<NodeId> = all.iter().map(|head| head.node).collect();
        match seen_from(file, &nodes, at) {
            Some(node) => all.iter().find(|head| head.node == node),
            None => None,
        }
    }

    /// The constant that a name at `at` stands for.
    pub(super) fn constant(&self, file: &SourceFile<'_>, name: &str, at: NodeId) -> Option<NodeId> {
        seen_from(file, self.consts.get(name)?, at)
    }

    pub(super) fn reader<'f, 's>(&'f self, file: &'f SourceFile<'s>) -> Reader<'f, 's> {
        Reader { file, items: self }
    }

    fn head(&self, file: &SourceFile<'_>, node: NodeId, own: Option<&str>) -> Head {
        let tree = &file.tree;
        let result = tree
            .child(node, Field::RETURN_TYPE)
            .map_or_else(Ty::unit, |ty| self.reader(file).ty(ty, own));
        Head {
            node,
            result,
            parameters: type_parameters(file, node),
            is_unsafe: has_modifier(file, node, "unsafe"),
            must_use: attributes(file, node).any(|text| text.contains("must_use")),
        }
    }

    fn record(&self, file: &SourceFile<'_>, node: NodeId) -> Record {
        let tree = &file.tree;
        let layouts = ["repr(C", "repr(transparent", "repr(simd", "repr(align"];
        let mut record = Record {
            is_union: tree.kind(node) == Kind::UNION_ITEM,
            is_enum: tree.kind(node) == Kind::ENUM_ITEM,
            has_layout: attributes(file, node).any(|text| {
                let bare: String = text.split_whitespace().collect();
                layouts.iter().any(|layout| bare.contains(layout))
            }),
            must_use: attributes(file, node).any(|text| text.contains("must_use")),
            ..Record::default()
        };
        let Some(body) = tree.child(node, Field::BODY) else {
            return record;
        };
        if record.is_enum {
            record.variants = self.variants(file, body);
            return record;
        }
        let is_ordered = tree.kind(body) == Kind::ORDERED_FIELD_DECLARATION_LIST;
        for child in tree.children(body) {
            let (name, ty): (Rc<str>, NodeId) = if is_ordered {
                if tree.field(child) != Field::TYPE {
                    continue;
                }
                (record.fields.len().to_string().into(), child)
            } else {
                let (Some(name), Some(ty)) = (
                    tree.child(child, Field::NAME),
                    tree.child(child, Field::TYPE),
                ) else {
                    continue;
                };
                (text(file, name).into(), ty)
            };
            let ty = self.reader(file).ty(ty, None);
            record.fields.push((name, ty));
        }
        record
    }

    /// Numbers of the variants; `None` where one has a payload or a number nobody can tell.
    fn variants(&self, file: &SourceFile<'_>, body: NodeId) -> Option<Vec<i128>> {
        let tree = &file.tree;
        let mut numbers = Vec::new();
        let mut next = 0_i128;
        for variant in tree.children(body) {
            if tree.kind(variant) != Kind::ENUM_VARIANT {
                continue;
            }
            if tree.child(variant, Field::BODY).is_some() {
                return None;
            }
            if let Some(value) = tree.child(variant, Field::VALUE) {
                next = self.reader(file).constant(value)?;
            }
            numbers.push(next);
            next = next.saturating_add(1);
        }
        Some(numbers)
    }
}

/// The name of the type or trait whose `impl` or definition a function, or a node in one, stands in.
pub(super) fn owner(file: &SourceFile<'_>, node: NodeId) -> Option<Rc<str>> {
    let tree = &file.tree;
    let mut is_in_function = tree.kind(node) == Kind::FUNCTION_ITEM;
    for above in tree.ancestors(node) {
        let name = match tree.kind(above) {
            // A function in a function has no `self` of the outer one.
            Kind::FUNCTION_ITEM if is_in_function => return None,
            Kind::FUNCTION_ITEM => {
                is_in_function = true;
                continue;
            }
            Kind::MOD_ITEM => return None,
            Kind::IMPL_ITEM => tree.child(above, Field::TYPE)?,
            Kind::TRAIT_ITEM => tree.child(above, Field::NAME)?,
            _ => continue,
        };
        return Some(last_name(file, name).into());
    }
    None
}

/// Of several declarations of one name the one that is seen from `at`: in the innermost block or
/// module around it. Where none is around it, the only one there is.
pub(super) fn seen_from(file: &SourceFile<'_>, all: &[NodeId], at: NodeId) -> Option<NodeId> {
    let tree = &file.tree;
    let around = |&one: &NodeId| {
        let scope = tree.parent(one)?;
        tree.is_within(at, scope).then_some((scope, one))
    };
    match all {
        [only] => Some(*only),
        several => several.iter().filter_map(around).max().map(|(_, one)| one),
    }
}

/// The last name of a type or path without its arguments.
pub(super) fn last_name<'s>(file: &SourceFile<'s>, node: NodeId) -> &'s str {
    let tree = &file.tree;
    let mut at = node;
    for _ in 0..6 {
        let inner = match tree.kind(at) {
            Kind::GENERIC_TYPE | Kind::REFERENCE_TYPE | Kind::GENERIC_TYPE_WITH_TURBOFISH => {
                tree.child(at, Field::TYPE)
            }
            Kind::SCOPED_TYPE_IDENTIFIER | Kind::SCOPED_IDENTIFIER => tree.child(at, Field::NAME),
            Kind::GENERIC_FUNCTION => tree.child(at, Field::FUNCTION),
            _ => break,
        };
        match inner {
            Some(inner) => at = inner,
            None => break,
        }
    }
    text(file, at)
}

/// Whether a function has the modifier (`unsafe`, `extern`, `const`, `async`).
pub(super) fn has_modifier(file: &SourceFile<'_>, function: NodeId, word: &str) -> bool {
    let tree = &file.tree;
    tree.children(function)
        .filter(|&child| tree.kind(child) == Kind::FUNCTION_MODIFIERS)
        .any(|child| text(file, child).split_whitespace().any(|one| one == word))
}

/// Texts of the attributes in front of an item, the nearest first.
pub(super) fn attributes<'f, 's>(
    file: &'f SourceFile<'s>,
    node: NodeId,
) -> impl Iterator<Item = &'s str> + use<'f, 's> {
    let tree = &file.tree;
    std::iter::successors(previous(file, node), |&one| previous(file, one))
        .take_while(|&one| tree.kind(one) == Kind::ATTRIBUTE_ITEM)
        .map(|one| text(file, one))
}

/// The sibling before a node.
pub(super) fn previous(file: &SourceFile<'_>, node: NodeId) -> Option<NodeId> {
    let tree = &file.tree;
    let above = tree.parent(node)?;
    let mut at = NodeId(node.0.checked_sub(1)?);
    while at != above {
        match tree.parent(at) {
            Some(parent) if parent == above => return Some(at),
            Some(parent) => at = parent,
            None => break,
        }
    }
    None
}

/// Names of the type parameters of a function or type.
fn type_parameters(file: &SourceFile<'_>, node: NodeId) -> Vec<Rc<str>> {
    let tree = &file.tree;
    tree.child(node, Field::TYPE_PARAMETERS)
        .into_iter()
        .flat_map(|list| tree.children(list))
        .filter(|&one| tree.kind(one) == Kind::TYPE_PARAMETER)
        .filter_map(|one| tree.child(one, Field::NAME))
        .map(|name| text(file, name).into())
        .collect()
}
