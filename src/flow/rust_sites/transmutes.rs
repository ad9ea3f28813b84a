//! `transmute` by what is made of what.

use super::Sites;
use super::items::last_name;
use super::ty::Ty;
use crate::flow::defect::Defect;
use crate::syntax::{Field, Kind, NodeId};

/// Collections whose memory depends on their elements.
const COLLECTIONS: &[&str] = &[
    "Vec",
    "VecDeque",
    "BinaryHeap",
    "BTreeSet",
    "BTreeMap",
    "HashSet",
    "HashMap",
];

/// `rust-transmute-pointer-to-reference`, `rust-transmute-between-pointers`,
/// `rust-transmute-null-to-function`, `rust-transmute-collection`, `rust-transmute-unspecified-layout`.
pub(super) fn check(sites: &Sites<'_, '_>, node: NodeId, out: &mut Vec<Defect>) {
    if sites.kind(node) != Kind::CALL_EXPRESSION {
        return;
    }
    let tree = &sites.file().tree;
    let (Some(function), Some(list)) = (
        sites.child(node, Field::FUNCTION),
        sites.child(node, Field::ARGUMENTS),
    ) else {
        return;
    };
    if last_name(sites.file(), function) != "transmute" || sites.is_compile_time(node) {
        return;
    }
    let Some(argument) = tree.children(list).next() else {
        return;
    };
    let generics: Vec<NodeId> = sites
        .child(function, Field::TYPE_ARGUMENTS)
        .into_iter()
        .flat_map(|list| tree.children(list))
        .filter(|&one| tree.kind(one) != Kind::LIFETIME)
        .collect();
    let written = |index: usize| {
        generics
            .get(index)
            .filter(|&&one| sites.text(one) != "_")
            .map(|&one| sites.types.written(one))
    };
    let from = written(0).unwrap_or_else(|| sites.types.of(argument));
    let to = written(1).unwrap_or_else(|| wanted(sites, node));
    let from = unwrapped(sites, from);
    let analysis = match (&from, &to) {
        (_, Ty::Function(_)) if is_null(sites, argument, 6) => "rust-transmute-null-to-function",
        (Ty::Pointer(..), Ty::Reference(..)) => "rust-transmute-pointer-to-reference",
        (Ty::Pointer(is_mut, one), Ty::Pointer(wants_mut, other))
            if is_mut != wants_mut || differ(one, other) =>
        {
            "rust-transmute-between-pointers"
        }
        (Ty::Reference(_, one), Ty::Reference(_, other)) if differ(one, other) => {
            match is_layout_mixed(sites, one, other) {
                true => "rust-transmute-unspecified-layout",
                false => "rust-transmute-between-pointers",
            }
        }
        (Ty::Named(one, of), Ty::Named(other, to)) if one == other && is_collection(one) => {
            match of
                .iter()
                .zip(to.iter())
                .any(|(a, b)| have_other_memory(a, b))
            {
                true => "rust-transmute-collection",
                false => return,
            }
        }
        (one, other) if is_layout_mixed(sites, one, other) => "rust-transmute-unspecified-layout",
        _ => return,
    };
    sites.report(analysis, node, &[], out);
}

fn is_collection(name: &str) -> bool {
    COLLECTIONS.contains(&name)
}

/// Whether both types are known and are not the same; lifetimes do not count.
fn differ(one: &Ty, other: &Ty) -> bool {
    fn is_told(ty: &Ty) -> bool {
        match ty {
            Ty::Unknown => false,
            Ty::Reference(_, to) | Ty::Pointer(_, to) | Ty::Slice(to) | Ty::Array(to, _) => {
                is_told(to)
            }
            Ty::Named(_, arguments) => arguments.iter().all(is_told),
            _ => true,
        }
    }
    if let (Ty::Named(one, a), Ty::Named(other, b)) = (one, other)
        && one == other
        && (a.is_empty() || b.is_empty())
    {
        // Arguments that are not written on one side.
        return a.is_empty() != b.is_empty();
    }
    is_told(one) && is_told(other) && one != other
}

/// Whether elements of the one type cannot stand in the memory of the other.
fn have_other_memory(one: &Ty, other: &Ty) -> bool {
    let sizes = (one.size(), other.size());
    let aligned = (one.alignment(), other.alignment());
    matches!(sizes, (Some(a), Some(b)) if a != b) || matches!(aligned, (Some(a), Some(b)) if a != b)
}

/// A record of the file that holds nothing but one pointer counts as that pointer.
fn unwrapped(sites: &Sites<'_, '_>, ty: Ty) -> Ty {
    if let Ty::Named(name, _) = &ty
        && let Some(record) = sites.types.items.records.get(name)
        && let [(_, inner @ (Ty::Pointer(..) | Ty::Reference(..)))] = record.fields.as_slice()
    {
        return inner.clone();
    }
    ty
}

/// The type that the place of an expression asks for: `let` with a type, or the function's result.
fn wanted(sites: &Sites<'_, '_>, node: NodeId) -> Ty {
    let tree = &sites.file().tree;
    let mut at = node;
    while let Some(above) = tree.parent(at) {
        match tree.kind(above) {
            Kind::LET_DECLARATION => {
                return sites
                    .child(above, Field::TYPE)
                    .map_or(Ty::Unknown, |ty| sites.types.written(ty));
            }
            Kind::FUNCTION_ITEM | Kind::CLOSURE_EXPRESSION => {
                return sites
                    .child(above, Field::RETURN_TYPE)
                    .map_or(Ty::Unknown, |ty| sites.types.written(ty));
            }
            Kind::BLOCK => {
                if tree.children(above).last() != Some(at) {
                    return Ty::Unknown;
                }
            }
            // A block or `match` at the end of a function is its result, without a semicolon.
            Kind::EXPRESSION_STATEMENT => {
                if sites.text(above).ends_with(';') {
                    return Ty::Unknown;
                }
            }
            Kind::MATCH_ARM => {
                if sites.child(above, Field::VALUE) != Some(at) {
                    return Ty::Unknown;
                }
            }
            Kind::UNSAFE_BLOCK
            | Kind::MATCH_BLOCK
            | Kind::MATCH_EXPRESSION
            | Kind::IF_EXPRESSION
            | Kind::ELSE_CLAUSE
            | Kind::PARENTHESIZED_EXPRESSION
            | Kind::RETURN_EXPRESSION => {}
            _ => return Ty::Unknown,
        }
        at = above;
    }
    Ty::Unknown
}

/// `0 as *const T`, `ptr::null()`, a constant that is one of these.
fn is_null(sites: &Sites<'_, '_>, node: NodeId, depth: u32) -> bool {
    let tree = &sites.file().tree;
    let Some(depth) = depth.checked_sub(1) else {
        return false;
    };
    match tree.kind(node) {
        Kind::TYPE_CAST_EXPRESSION => sites
            .child(node, Field::VALUE)
            .is_some_and(|value| sites.text(value) == "0" || is_null(sites, value, depth)),
        Kind::PARENTHESIZED_EXPRESSION => tree
            .children(node)
            .next()
            .is_some_and(|inner| is_null(sites, inner, depth)),
        Kind::CALL_EXPRESSION => sites.child(node, Field::FUNCTION).is_some_and(|function| {
            matches!(last_name(sites.file(), function), "null" | "null_mut")
        }),
        Kind::IDENTIFIER | Kind::SCOPED_IDENTIFIER => {
            let name = last_name(sites.file(), node);
            match sites.types.items.constant(sites.file(), name, node) {
                Some(only) => sites
                    .child(only, Field::VALUE)
                    .is_some_and(|value| is_null(sites, value, depth)),
                _ => false,
            }
        }
        _ => false,
    }
}

/// Whether one of two different types is a record of the file whose fields the compiler may order
/// as it likes.
fn is_layout_mixed(sites: &Sites<'_, '_>, one: &Ty, other: &Ty) -> bool {
    let (one, other) = (core_of(sites, one), core_of(sites, other));
    let is_free = |ty: &Ty| match ty {
        Ty::Named(name, _) => sites.types.items.records.get(name).is_some_and(|record| {
            !record.is_enum && !record.is_union && !record.has_layout && record.fields.len() > 1
        }),
        _ => false,
    };
    // An empty type stands for "anything" behind a pointer.
    let is_record = |ty: &Ty| match ty {
        Ty::Named(name, _) => sites
            .types
            .items
            .records
            .get(name)
            .is_some_and(|record| !record.fields.is_empty()),
        _ => false,
    };
    // `T` and `U` may be the same.
    let is_open = |ty: &Ty| match ty {
        Ty::Named(_, arguments) => arguments
            .iter()
            .any(|one| one.name().is_some_and(|name| name.len() == 1)),
        _ => false,
    };
    if is_open(&one) || is_open(&other) {
        return false;
    }
    (is_free(&one) && is_record(&other) || is_free(&other) && is_record(&one)) && one != other
}

/// The fields that take room.
fn sized_fields(record: &super::items::Record) -> impl Iterator<Item = &(std::rc::Rc<str>, Ty)> {
    record.fields.iter().filter(|(_, ty)| {
        !matches!(ty, Ty::Named(name, _) if matches!(&**name, "PhantomData" | "PhantomPinned"))
    })
}

/// The type that decides the layout: past references, boxes and records of one field.
fn core_of(sites: &Sites<'_, '_>, ty: &Ty) -> Ty {
    let mut at = ty.clone();
    for _ in 0..6 {
        let inner = match &at {
            Ty::Reference(_, to) | Ty::Pointer(_, to) => (**to).clone(),
            Ty::Named(name, arguments) if &**name == "Box" => {
                arguments.first().cloned().unwrap_or(Ty::Unknown)
            }
            Ty::Named(name, arguments) => match sites.types.items.records.get(name) {
                Some(record) if sized_fields(record).count() == 1 => {
                    match sized_fields(record).next() {
                        Some((_, Ty::Named(parameter, _)))
                            if parameter.len() <= 2 && arguments.len() == 1 =>
                        {
                            arguments.first().cloned().unwrap_or(Ty::Unknown)
                        }
                        Some((_, inner)) => inner.clone(),
                        None => break,
                    }
                }
                _ => break,
            },
            _ => break,
        };
        at = inner;
    }
    at
}
