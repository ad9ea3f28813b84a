//! `unsafe` blocks that hold more than one thing to vouch for, and loops that never end.

use super::Sites;
use super::items::last_name;
use super::ty::Ty;
use crate::flow::defect::Defect;
use crate::syntax::{Field, Kind, NodeId};

/// Unsafe functions of the library by their last name.
const LIBRARY: &[&str] = &[
    "transmute",
    "transmute_copy",
    "zeroed",
    "uninitialized",
    "from_utf8_unchecked",
    "from_u32_unchecked",
    "from_raw_parts",
    "from_raw_parts_mut",
    "from_raw",
    "new_unchecked",
    "read_volatile",
    "write_volatile",
    "read_unaligned",
    "write_unaligned",
    "copy_nonoverlapping",
    "unreachable_unchecked",
    "write_bytes",
    "drop_in_place",
    "steal",
    "assume_init",
];

/// Unsafe methods of the library.
const METHODS: &[&str] = &[
    "get_unchecked",
    "get_unchecked_mut",
    "unwrap_unchecked",
    "assume_init",
    "assume_init_ref",
    "assume_init_mut",
    "set_len",
    "unchecked_add",
    "unchecked_sub",
    "unchecked_mul",
    "read_volatile",
    "write_volatile",
    "read_unaligned",
    "write_unaligned",
    "copy_to_nonoverlapping",
    "copy_from_nonoverlapping",
    "offset_from",
    "drop_in_place",
    "as_bytes_mut",
    "get_unchecked_raw",
];

/// Unsafe methods of raw pointers.
const OF_POINTERS: &[&str] = &[
    "add",
    "sub",
    "offset",
    "read",
    "write",
    "as_ref",
    "as_mut",
    "replace",
    "swap",
    "copy_to",
    "copy_from",
    "byte_add",
    "byte_sub",
    "as_uninit_ref",
];

/// `rust-several-unsafe-operations`, `rust-endless-loop`.
pub(super) fn check(sites: &Sites<'_, '_>, node: NodeId, out: &mut Vec<Defect>) {
    match sites.kind(node) {
        Kind::UNSAFE_BLOCK => {
            let count = operations(sites, node);
            if count > 1 {
                let count = count.to_string();
                let names = [("$COUNT", count.as_str())];
                sites.report("rust-several-unsafe-operations", node, &names, out);
            }
        }
        Kind::LOOP_EXPRESSION => endless(sites, node, out),
        _ => {}
    }
}

/// How many unsafe operations a block holds; those of inner `unsafe` blocks are theirs.
fn operations(sites: &Sites<'_, '_>, block: NodeId) -> usize {
    let tree = &sites.file().tree;
    let mut count = 0;
    let mut at = NodeId(block.0 + 1);
    while at < tree.end(block) {
        let next = NodeId(at.0 + 1);
        match tree.kind(at) {
            // Items of their own, and what stands in an inner block.
            Kind::UNSAFE_BLOCK | Kind::FUNCTION_ITEM => {
                at = tree.end(at);
                continue;
            }
            Kind::MACRO_INVOCATION => {
                count += in_macro(sites, at);
                at = tree.end(at);
                continue;
            }
            // A raw pointer to a place reads nothing: only what leads to the place may be unsafe.
            Kind::REFERENCE_EXPRESSION if super::infer::is_raw_reference(sites.text(at)) => {
                if let Some(value) = tree.child(at, Field::VALUE) {
                    at = first_of_place(sites, value);
                    continue;
                }
            }
            _ => count += usize::from(is_operation(sites, at)),
        }
        at = next;
    }
    count
}

/// The first node of a place expression in which something is done: past the place itself, and past
/// fields that only say where.
fn first_of_place(sites: &Sites<'_, '_>, place: NodeId) -> NodeId {
    let tree = &sites.file().tree;
    match tree.kind(place) {
        // `&raw mut *p` and `&raw mut STATIC` are the pointers themselves.
        Kind::UNARY_EXPRESSION | Kind::IDENTIFIER | Kind::SCOPED_IDENTIFIER => {
            match tree.kind(place) {
                Kind::UNARY_EXPRESSION => {
                    tree.children(place).last().unwrap_or(NodeId(place.0 + 1))
                }
                _ => tree.end(place),
            }
        }
        Kind::FIELD_EXPRESSION => {
            let mut at = place;
            // A field behind a reference is reached by reading it.
            while tree.kind(at) == Kind::FIELD_EXPRESSION {
                let Some(value) = tree.child(at, Field::VALUE) else {
                    break;
                };
                if at != place && matches!(sites.types.of(at), Ty::Reference(..)) {
                    return at;
                }
                at = value;
            }
            at
        }
        _ => place,
    }
}

fn is_operation(sites: &Sites<'_, '_>, node: NodeId) -> bool {
    let tree = &sites.file().tree;
    match tree.kind(node) {
        Kind::CALL_EXPRESSION => is_unsafe_call(sites, node),
        Kind::UNARY_EXPRESSION if sites.text(node).starts_with('*') => tree
            .children(node)
            .last()
            .is_some_and(|inner| matches!(sites.types.of(inner), Ty::Pointer(..))),
        Kind::IDENTIFIER => {
            let is_use = !tree.parent(node).is_some_and(|above| {
                matches!(
                    tree.kind(above),
                    Kind::USE_DECLARATION | Kind::SCOPED_IDENTIFIER | Kind::LET_DECLARATION
                )
            });
            let is_shared = sites
                .types
                .items
                .statics
                .get(sites.text(node))
                .is_some_and(|(_, is_mut)| *is_mut);
            is_use && is_shared && sites.types.scopes.find(sites.text(node), node).is_none()
        }
        Kind::FIELD_EXPRESSION => {
            let is_union = |value: NodeId| {
                let ty = sites.types.of(value);
                ty.name().is_some_and(|name| {
                    let record = sites.types.items.records.get(name);
                    record.is_some_and(|record| record.is_union)
                })
            };
            // Writing a field of a union is safe.
            let is_written = tree.parent(node).is_some_and(|above| {
                tree.kind(above) == Kind::ASSIGNMENT_EXPRESSION
                    && sites.child(above, Field::LEFT) == Some(node)
            });
            !is_written && sites.child(node, Field::VALUE).is_some_and(is_union)
        }
        _ => false,
    }
}

fn is_unsafe_call(sites: &Sites<'_, '_>, call: NodeId) -> bool {
    if let Some(head) = sites.types.callee(call) {
        return head.is_unsafe;
    }
    if let Some((receiver, name)) = super::panics::method_of(sites, call) {
        return METHODS.contains(&name)
            || (OF_POINTERS.contains(&name)
                && matches!(sites.types.of(receiver), Ty::Pointer(..)));
    }
    let Some(function) = sites.child(call, Field::FUNCTION) else {
        return false;
    };
    if *sites.types.of(function).peeled() == Ty::Function(true) {
        return true;
    }
    let text = sites.text(function);
    let name = last_name(sites.file(), function);
    LIBRARY.contains(&name)
        || (text.contains("ptr::") && matches!(name, "read" | "write" | "copy" | "replace"))
        || is_unsafe_constant(sites, function)
}

/// `T::INIT()` where the file declares `const INIT: unsafe fn()`.
fn is_unsafe_constant(sites: &Sites<'_, '_>, function: NodeId) -> bool {
    let tree = &sites.file().tree;
    let name = last_name(sites.file(), function);
    match sites.types.items.constant(sites.file(), name, function) {
        Some(only) => tree
            .child(only, Field::TYPE)
            .is_some_and(|ty| sites.types.written(ty) == Ty::Function(true)),
        _ => false,
    }
}

/// Unsafe operations in the tokens of a macro call: `asm!` is one, of others each argument.
fn in_macro(sites: &Sites<'_, '_>, node: NodeId) -> usize {
    let tree = &sites.file().tree;
    let name = sites
        .child(node, Field::MACRO)
        .map_or("", |name| last_name(sites.file(), name));
    if matches!(name, "asm" | "naked_asm" | "global_asm") {
        return 1;
    }
    let mut found = 0;
    for token in tree.subtree(node) {
        if tree.kind(token) != Kind::IDENTIFIER {
            continue;
        }
        let is_call = sites
            .next(token)
            .is_some_and(|next| tree.kind(next) == Kind::TOKEN_TREE);
        let text = sites.text(token);
        let is_unsafe = sites
            .types
            .items
            .function(sites.file(), text, token)
            .is_some_and(|head| head.is_unsafe)
            || LIBRARY.contains(&text);
        found += usize::from(is_call && is_unsafe);
    }
    found
}

/// `loop` without a way out in a function that says it returns.
fn endless(sites: &Sites<'_, '_>, node: NodeId, out: &mut Vec<Defect>) {
    let tree = &sites.file().tree;
    let around = tree.ancestors(node).find(|&above| {
        matches!(
            tree.kind(above),
            Kind::FUNCTION_ITEM | Kind::CLOSURE_EXPRESSION | Kind::ASYNC_BLOCK | Kind::GEN_BLOCK
        )
    });
    let Some(around) = around else {
        return;
    };
    let never = |result: Option<NodeId>| result.is_some_and(|ty| tree.kind(ty) == Kind::NEVER_TYPE);
    let is_told = match tree.kind(around) {
        // What polls it decides when it ends.
        Kind::ASYNC_BLOCK | Kind::GEN_BLOCK => {
            let above = tree.parent(around);
            above.is_none_or(|above| tree.kind(above) != Kind::AWAIT_EXPRESSION)
        }
        Kind::FUNCTION_ITEM if is_entry(sites, around) => true,
        _ => never(sites.child(around, Field::RETURN_TYPE)),
    };
    let label = tree
        .children(node)
        .find(|&part| tree.kind(part) == Kind::LABEL)
        .map(|part| sites.text(part));
    if is_told || leaves(sites, node, label) {
        return;
    }
    sites.report("rust-endless-loop", node, &[], out);
}

/// A task or an entry point: nothing stands behind its call.
fn is_entry(sites: &Sites<'_, '_>, function: NodeId) -> bool {
    let name = sites
        .child(function, Field::NAME)
        .map(|name| sites.text(name));
    name == Some("main")
        || super::items::attributes(sites.file(), function).any(|text| {
            text.split(|c: char| !(c.is_alphanumeric() || c == '_'))
                .any(|word| matches!(word, "main" | "task" | "entry" | "init" | "exception"))
        })
}

/// Whether something in the loop leaves it.
fn leaves(sites: &Sites<'_, '_>, looped: NodeId, label: Option<&str>) -> bool {
    let tree = &sites.file().tree;
    let mut at = NodeId(looped.0 + 1);
    let end = tree.end(looped);
    // Loops inside, by where they end: their own `break` stays inside.
    let mut inner: Vec<(NodeId, Option<&str>)> = Vec::new();
    while at < end {
        inner.retain(|(until, _)| at < *until);
        match tree.kind(at) {
            Kind::FUNCTION_ITEM | Kind::CLOSURE_EXPRESSION | Kind::ASYNC_BLOCK => {
                at = tree.end(at);
                continue;
            }
            Kind::LOOP_EXPRESSION | Kind::WHILE_EXPRESSION | Kind::FOR_EXPRESSION => {
                let own = tree
                    .children(at)
                    .find(|&part| tree.kind(part) == Kind::LABEL)
                    .map(|part| sites.text(part));
                inner.push((tree.end(at), own));
            }
            Kind::RETURN_EXPRESSION | Kind::TRY_EXPRESSION | Kind::YIELD_EXPRESSION => return true,
            Kind::BREAK_EXPRESSION | Kind::CONTINUE_EXPRESSION => {
                let is_break = tree.kind(at) == Kind::BREAK_EXPRESSION;
                let target = tree
                    .children(at)
                    .find(|&part| tree.kind(part) == Kind::LABEL)
                    .map(|part| sites.text(part));
                let leaves = match target {
                    None => is_break && inner.is_empty(),
                    Some(target) => {
                        let stays = inner
                            .iter()
                            .any(|(_, own)| own.is_some_and(|own| same(own, target)));
                        let is_own = label.is_some_and(|label| same(label, target));
                        !stays && (is_break || !is_own)
                    }
                };
                if leaves {
                    return true;
                }
            }
            Kind::CALL_EXPRESSION => {
                let text = sites
                    .child(at, Field::FUNCTION)
                    .map_or("", |function| sites.text(function));
                let diverges = sites
                    .types
                    .callee(at)
                    .is_some_and(|head| head.result == Ty::Never);
                if diverges || text.ends_with("process::exit") || text.ends_with("process::abort") {
                    return true;
                }
            }
            Kind::MACRO_INVOCATION => {
                // A macro of the file, or one that panics, may leave.
                let name = sites
                    .child(at, Field::MACRO)
                    .map_or("", |name| last_name(sites.file(), name));
                let is_known = matches!(
                    name,
                    "println"
                        | "print"
                        | "eprintln"
                        | "format"
                        | "write"
                        | "writeln"
                        | "matches"
                        | "vec"
                        | "info"
                        | "debug"
                        | "trace"
                        | "warn"
                        | "error"
                        | "defmt"
                );
                if !is_known {
                    return true;
                }
            }
            _ => {}
        }
        at = NodeId(at.0 + 1);
    }
    false
}

/// `'outer:` and `'outer` are one label.
fn same(one: &str, other: &str) -> bool {
    let bare = |text: &str| text.trim_end_matches(':').trim().to_owned();
    bare(one) == bare(other)
}
