//! `unsafe impl` of `Send` and `Sync`.

use rustc_hash::FxHashMap;

use super::super::defect::{Defect, Note};
use crate::finding::Span;
use crate::syntax::{Field, Kind, NodeId, SourceFile};

/// `rust-generic-send`: a type that owns a `T` is sent although nothing says that `T` may be.
pub(super) fn check(file: &SourceFile<'_>, tests: &[Span], out: &mut Vec<Defect>) {
    let tree = &file.tree;
    let mut structs = None;
    for index in 0..u32::try_from(tree.len()).unwrap_or(u32::MAX) {
        let node = NodeId(index);
        if tree.kind(node) != Kind::IMPL_ITEM || tests.iter().any(|s| s.contains(tree.span(node))) {
            continue;
        }
        let text =
            |node: NodeId| std::str::from_utf8(tree.text(node, file.text)).unwrap_or_default();
        let (Some(name), Some(ty), Some(parameters)) = (
            tree.child(node, Field::TRAIT),
            tree.child(node, Field::TYPE),
            tree.child(node, Field::TYPE_PARAMETERS),
        ) else {
            continue;
        };
        let which = text(name);
        if !matches!(which, "Send" | "Sync") || text(node).contains("impl !") {
            continue;
        }
        let bounds = tree
            .children(node)
            .find(|&child| tree.kind(child) == Kind::WHERE_CLAUSE)
            .map_or("", text);
        if text(parameters).contains("Send")
            || text(parameters).contains("Sync")
            || bounds.contains("Send")
            || bounds.contains("Sync")
        {
            continue;
        }
        let generics: Vec<&str> = tree
            .children(parameters)
            .filter(|&child| tree.kind(child) == Kind::TYPE_PARAMETER)
            .filter_map(|child| tree.child(child, Field::NAME))
            .map(text)
            .collect();
        let owner = match tree.kind(ty) {
            Kind::GENERIC_TYPE => tree.child(ty, Field::TYPE).map_or("", text),
            _ => continue,
        };
        let structs = structs.get_or_insert_with(|| structs_by_name(file));
        let Some(owned) = structs
            .get(owner)
            .and_then(|&item| owned_parameter(file, item, &generics))
        else {
            continue;
        };
        let span = tree.span(node);
        out.push(Defect {
            analysis: "rust-generic-send",
            span,
            names: vec![
                ("$TYPE", owner.to_owned()),
                ("$TRAIT", which.to_owned()),
                ("$T", owned.0),
            ],
            trace: vec![
                Note {
                    span: owned.1,
                    message: "holds a value of a type the user chooses".to_owned(),
                },
                Note {
                    span,
                    message: format!("declared {which} for every such type"),
                },
            ],
            related: Vec::new(),
            far: Vec::new(),
        });
    }
}

/// The first struct of each name.
fn structs_by_name<'s>(file: &SourceFile<'s>) -> FxHashMap<&'s str, NodeId> {
    let tree = &file.tree;
    let mut found = FxHashMap::default();
    for node in tree.subtree(tree.root()) {
        if tree.kind(node) == Kind::STRUCT_ITEM
            && let Some(name) = tree.child(node, Field::NAME)
        {
            let text = std::str::from_utf8(tree.text(name, file.text)).unwrap_or_default();
            found.entry(text).or_insert(node);
        }
    }
    found
}

/// A type parameter that the struct holds by value, or through its associated types.
fn owned_parameter(
    file: &SourceFile<'_>,
    item: NodeId,
    generics: &[&str],
) -> Option<(String, Span)> {
    let tree = &file.tree;
    let text = |node: NodeId| std::str::from_utf8(tree.text(node, file.text)).unwrap_or_default();
    let body = tree.child(item, Field::BODY)?;
    // The struct's own names of its parameters stand in the same order.
    let own: Vec<&str> = tree
        .child(item, Field::TYPE_PARAMETERS)
        .map(|list| {
            tree.children(list)
                .filter(|&child| tree.kind(child) == Kind::TYPE_PARAMETER)
                .filter_map(|child| tree.child(child, Field::NAME))
                .map(text)
                .collect()
        })
        .unwrap_or_default();
    if own.len() != generics.len() {
        return None;
    }
    for field in tree.children(body) {
        let ty = match tree.field(field) == Field::TYPE {
            true => Some(field),
            false => tree.child(field, Field::TYPE),
        };
        let Some(ty) = ty else { continue };
        let direct = match tree.kind(ty) {
            Kind::TYPE_IDENTIFIER => text(ty),
            Kind::GENERIC_TYPE => {
                let outer = tree.child(ty, Field::TYPE).map_or("", text);
                // Other cells and wrappers have rules of their own.
                if !matches!(
                    outer,
                    "Option" | "UnsafeCell" | "Cell" | "RefCell" | "MaybeUninit"
                ) {
                    continue;
                }
                tree.child(ty, Field::TYPE_ARGUMENTS)
                    .and_then(|list| tree.children(list).next())
                    .map_or("", text)
            }
            _ => continue,
        };
        if own.contains(&direct) {
            return Some((direct.to_owned(), tree.span(field)));
        }
    }
    None
}
