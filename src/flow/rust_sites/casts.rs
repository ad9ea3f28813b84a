//! `as` between numbers and between pointers.

use super::Sites;
use super::items::last_name;
use super::ty::{Int, Span128, Ty};
use crate::flow::defect::Defect;
use crate::syntax::{Field, Kind, NodeId};

/// Methods and functions that read or write at any address.
const UNALIGNED: &[&str] = &[
    "read_unaligned",
    "write_unaligned",
    "unaligned_volatile_load",
    "unaligned_volatile_store",
    "copy_nonoverlapping_bytes",
];

/// `rust-cast-truncates`, `rust-cast-loses-sign`, `rust-cast-wraps`, `rust-cast-raises-alignment`.
pub(super) fn check(sites: &Sites<'_, '_>, node: NodeId, out: &mut Vec<Defect>) {
    match sites.kind(node) {
        Kind::TYPE_CAST_EXPRESSION => {
            let (Some(value), Some(ty)) = (
                sites.child(node, Field::VALUE),
                sites.child(node, Field::TYPE),
            ) else {
                return;
            };
            let from = sites.types.of(value);
            let to = match (sites.text(ty), sites.types.written(ty)) {
                ("_", _) => wanted_of(sites, node),
                (_, ty) => ty,
            };
            numbers(sites, node, (value, &from), &to, out);
            if let (Ty::Pointer(_, from), Ty::Pointer(_, to)) = (&from, &to) {
                alignment(sites, node, (from, to), out);
            }
        }
        Kind::CALL_EXPRESSION => {
            let Some((receiver, "cast")) = super::panics::method_of(sites, node) else {
                return;
            };
            let pair = (sites.types.of(receiver), sites.types.of(node));
            if let (Ty::Pointer(_, from), Ty::Pointer(_, to)) = &pair {
                alignment(sites, node, (from, to), out);
            }
        }
        _ => {}
    }
}

/// The type that the place of an expression asks for: of a `let` with a type.
pub(super) fn wanted_of(sites: &Sites<'_, '_>, node: NodeId) -> Ty {
    let tree = &sites.file().tree;
    match tree.parent(node) {
        Some(above) if tree.kind(above) == Kind::LET_DECLARATION => sites
            .child(above, Field::TYPE)
            .map_or(Ty::Unknown, |ty| sites.types.written(ty)),
        _ => Ty::Unknown,
    }
}

fn numbers(
    sites: &Sites<'_, '_>,
    node: NodeId,
    (value, from): (NodeId, &Ty),
    to: &Ty,
    out: &mut Vec<Defect>,
) {
    let text = sites.text(value);
    let from_name = name_of(from);
    let to_name = name_of(to);
    let names = [
        ("$VALUE", text),
        ("$FROM", from_name.as_str()),
        ("$TO", to_name.as_str()),
    ];
    let report = |analysis: &'static str, out: &mut Vec<Defect>| {
        sites.report(analysis, node, &names, out);
    };
    match (from, to) {
        // A float below zero becomes 0, and one that is too large the largest.
        (Ty::Float(_), Ty::Int(_)) => report("rust-cast-truncates", out),
        (Ty::Float(64), Ty::Float(32)) => report("rust-cast-truncates", out),
        (Ty::Int(_) | Ty::Integer | Ty::Named(..), Ty::Int(to)) => {
            let enumerated = sites.types.enum_values(from);
            let from = match (from, enumerated) {
                (Ty::Int(int), _) => *int,
                // Only a literal is written without a type that nothing tells.
                (Ty::Integer, _) => return,
                (_, Some(values)) => {
                    // A variant by its name is a constant.
                    let is_variable = sites.kind(value) != Kind::SCOPED_IDENTIFIER;
                    if is_variable && !values.is_within(narrowest(*to)) {
                        report("rust-cast-truncates", out);
                    }
                    return;
                }
                _ => return,
            };
            integers(sites, value, (from, *to), &report, out);
        }
        _ => {}
    }
}

/// All values of a type on the narrowest target that is likely: 32 bits.
fn narrowest(int: Int) -> Span128 {
    Span128::of(Int {
        bits: match int.is_size {
            true => 32,
            false => int.bits,
        },
        ..int
    })
}

fn integers(
    sites: &Sites<'_, '_>,
    value: NodeId,
    (from, to): (Int, Int),
    report: &dyn Fn(&'static str, &mut Vec<Defect>),
    out: &mut Vec<Defect>,
) {
    let is_literal = matches!(
        sites.kind(value),
        Kind::INTEGER_LITERAL | Kind::NEGATIVE_LITERAL
    );
    let values = match sites.types.range(value) {
        Some(values) => values,
        None => Span128::of(from),
    };
    // A literal with a suffix stands for its type.
    let by_type = match is_literal {
        true => Span128::of(from),
        false => values,
    };
    let cuts = match (from.is_size, to.is_size) {
        (false, false) | (true, true) => to.bits < from.bits,
        (true, false) => to.bits <= 32,
        (false, true) => from.bits >= 64,
    };
    let all = narrowest(to);
    let magnitude = Span128 {
        low: match to.is_signed {
            true => all.low,
            // Whether the sign is lost is told apart.
            false => -all.high - 1,
        },
        high: match to.is_signed && !from.is_signed {
            // Whether the top bit becomes a sign is told apart.
            true => all.high.saturating_mul(2).saturating_add(1),
            false => all.high,
        },
    };
    if cuts && !by_type.is_within(magnitude) {
        report("rust-cast-truncates", out);
    }
    if from.is_signed && !to.is_signed && values.low < 0 {
        report("rust-cast-loses-sign", out);
    }
    let keeps_bits = match (from.is_size, to.is_size) {
        (false, false) => from.bits == to.bits,
        (true, true) => true,
        (true, false) => to.bits >= 16 && to.bits <= 64,
        (false, true) => from.bits >= 16 && from.bits <= 64,
    };
    let top = match to.is_size {
        true => i128::from(i16::MAX),
        false => Span128::of(to).high,
    };
    if !from.is_signed && to.is_signed && keeps_bits && by_type.high > top {
        report("rust-cast-wraps", out);
    }
}

/// A type as a person writes it, where it is a number.
fn name_of(ty: &Ty) -> String {
    match ty {
        Ty::Int(int) => {
            let sign = match int.is_signed {
                true => 'i',
                false => 'u',
            };
            match int.is_size {
                true => format!("{sign}size"),
                false => format!("{sign}{}", int.bits),
            }
        }
        Ty::Float(0) => "f64".to_owned(),
        Ty::Float(bits) => format!("f{bits}"),
        Ty::Named(name, _) => name.to_string(),
        _ => "integer".to_owned(),
    }
}

/// A pointer to something that asks for a higher alignment.
fn alignment(sites: &Sites<'_, '_>, node: NodeId, (from, to): (&Ty, &Ty), out: &mut Vec<Defect>) {
    let (Some(least), Some(asked)) = (from.alignment(), to.alignment()) else {
        return;
    };
    if asked > least && !is_read_unaligned(sites, node) && !is_variable_unaligned(sites, node) {
        sites.report("rust-cast-raises-alignment", node, &[], out);
    }
}

/// `let words = bytes.as_ptr() as *const u32;` of which every use reads at any address.
fn is_variable_unaligned(sites: &Sites<'_, '_>, node: NodeId) -> bool {
    let tree = &sites.file().tree;
    let Some(above) = tree.parent(node) else {
        return false;
    };
    if tree.kind(above) != Kind::LET_DECLARATION {
        return false;
    }
    let Some(pattern) = sites.child(above, Field::PATTERN) else {
        return false;
    };
    let name = sites.text(pattern);
    let end = match tree.parent(above) {
        Some(block) => tree.end(block),
        None => return false,
    };
    let uses = sites.types.scopes.uses(name, tree.end(above), end);
    sites.kind(pattern) == Kind::IDENTIFIER
        && !uses.is_empty()
        && uses.iter().all(|&one| is_read_unaligned(sites, one))
}

fn is_read_unaligned(sites: &Sites<'_, '_>, node: NodeId) -> bool {
    let tree = &sites.file().tree;
    let mut at = node;
    for _ in 0..8 {
        let Some(above) = tree.parent(at) else {
            return false;
        };
        match tree.kind(above) {
            Kind::PARENTHESIZED_EXPRESSION | Kind::ARGUMENTS => at = above,
            Kind::FIELD_EXPRESSION => {
                let name = sites
                    .child(above, Field::FIELD)
                    .map(|name| sites.text(name));
                match name {
                    // The pointer moves on.
                    Some("add" | "sub" | "offset" | "wrapping_add") => match tree.parent(above) {
                        Some(call) if tree.kind(call) == Kind::CALL_EXPRESSION => at = call,
                        _ => return false,
                    },
                    name => return name.is_some_and(|name| UNALIGNED.contains(&name)),
                }
            }
            Kind::CALL_EXPRESSION => {
                return sites
                    .child(above, Field::FUNCTION)
                    .is_some_and(|name| UNALIGNED.contains(&last_name(sites.file(), name)));
            }
            _ => return false,
        }
    }
    false
}
