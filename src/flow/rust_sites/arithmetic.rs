//! Operators that may overflow, divide by zero, or surprise below zero.

use super::Sites;
use super::range::apply;
use super::ty::{Span128, Ty};
use crate::flow::defect::Defect;
use crate::syntax::{Field, Kind, NodeId};

/// Methods that divide and panic where the divisor is zero.
const DIVIDING: &[&str] = &[
    "div_euclid",
    "rem_euclid",
    "saturating_div",
    "wrapping_div",
    "wrapping_rem",
    "wrapping_div_euclid",
    "wrapping_rem_euclid",
    "overflowing_div",
    "overflowing_rem",
    "div_ceil",
    "next_multiple_of",
    "is_multiple_of",
];

/// `rust-arithmetic-may-overflow`, `rust-signed-remainder`, `rust-float-equality`.
pub(super) fn check(sites: &Sites<'_, '_>, node: NodeId, out: &mut Vec<Defect>) {
    match sites.kind(node) {
        Kind::BINARY_EXPRESSION | Kind::COMPOUND_ASSIGNMENT_EXPR => {
            let (Some(left), Some(sign), Some(right)) = (
                sites.child(node, Field::LEFT),
                sites.child(node, Field::OPERATOR),
                sites.child(node, Field::RIGHT),
            ) else {
                return;
            };
            let sign = sites.text(sign);
            match sign {
                "==" | "!=" => equality(sites, node, left, right, out),
                "<=" | ">=" => {}
                _ => operator(sites, node, (left, sign.trim_end_matches('='), right), out),
            }
        }
        Kind::UNARY_EXPRESSION if sites.text(node).starts_with('-') => negation(sites, node, out),
        Kind::CALL_EXPRESSION => division(sites, node, out),
        _ => {}
    }
}

fn operator(
    sites: &Sites<'_, '_>,
    node: NodeId,
    (left, sign, right): (NodeId, &str, NodeId),
    out: &mut Vec<Defect>,
) {
    if !matches!(sign, "+" | "-" | "*" | "/" | "%" | "<<" | ">>") || sites.is_compile_time(node) {
        return;
    }
    let (one, other) = (sites.types.of(left), sites.types.of(right));
    if sign == "%" {
        remainder(sites, node, (left, &one), (right, &other), out);
    }
    if is_harmless(&one) || is_harmless(&other) {
        return;
    }
    if matches!(sign, "/" | "%")
        && is_never_zero(&other)
        && one.int().is_none_or(|int| !int.is_signed)
    {
        return;
    }
    let (a, b) = (sites.types.range(left), sites.types.range(right));
    // A constant of another file is no zero either: the compiler would refuse it.
    if matches!(sign, "/" | "%")
        && b.and_then(Span128::value).is_none()
        && is_constant_name(sites, right)
    {
        return;
    }
    // What the compiler computes it also checks.
    if let (Some(a), Some(b)) = (a, b)
        && a.value().is_some()
        && b.value().is_some()
        && sites.kind(node) == Kind::BINARY_EXPRESSION
    {
        return;
    }
    if !may_fail(sites, node, (sign, &one, &other), (a, b)) {
        return;
    }
    let names = [
        ("$OP", sign),
        ("$LEFT", sites.text(left)),
        ("$RIGHT", sites.text(right)),
    ];
    sites.report("rust-arithmetic-may-overflow", node, &names, out);
}

/// Whether the operator may panic or wrap, as far as its operands show.
fn may_fail(
    sites: &Sites<'_, '_>,
    node: NodeId,
    (sign, one, other): (&str, &Ty, &Ty),
    (a, b): (Option<Span128>, Option<Span128>),
) -> bool {
    let int = match (one.peeled(), other.peeled()) {
        (Ty::Int(int), _) => Some(*int),
        (_, Ty::Int(int)) if !matches!(sign, "<<" | ">>") => Some(*int),
        (Ty::Integer, Ty::Integer) => Some(super::ty::Int::I32),
        _ => None,
    };
    match sign {
        "<<" | ">>" => {
            let bits = int.map_or(32, super::ty::Int::least_bits);
            let is_number = matches!(one.peeled(), Ty::Int(_) | Ty::Integer);
            let is_free = matches!(one.peeled(), Ty::Unknown);
            match b {
                // A constant is the compiler's matter.
                Some(b) if b.value().is_some() => is_known_record(one),
                Some(b) => (is_number || is_free) && (b.low < 0 || b.high >= i128::from(bits)),
                None => is_number || is_known_record(one),
            }
        }
        "/" | "%" => match b {
            Some(b) if b.contains(0) => true,
            // The least value divided by -1 does not fit.
            Some(b) => {
                let is_least = |a: Span128| int.is_none_or(|int| a.low <= Span128::of(int).low);
                int.is_some_and(|int| int.is_signed) && b.contains(-1) && a.is_none_or(is_least)
            }
            None => true,
        },
        _ => {
            let neutral =
                |values: Option<Span128>, of: i128| values.and_then(Span128::value) == Some(of);
            let is_neutral = match sign {
                "+" => neutral(a, 0) || neutral(b, 0),
                "-" => neutral(b, 0),
                _ => neutral(a, 0) || neutral(b, 0) || neutral(a, 1) || neutral(b, 1),
            };
            if is_neutral {
                return false;
            }
            let result = match sites.kind(node) {
                Kind::BINARY_EXPRESSION => sites.types.of(node),
                _ => one.clone(),
            };
            let fitting = match result.peeled() {
                Ty::Int(int) => Some(Span128::of(*int)),
                Ty::Integer => Some(Span128::of(super::ty::Int::I32)),
                _ => None,
            };
            match (a, b, fitting) {
                (Some(a), Some(b), Some(fitting)) => {
                    !apply(sign, a, b).is_some_and(|values| values.is_within(fitting))
                }
                _ => true,
            }
        }
    }
}

/// `LIMIT`, `limits::LIMIT`, `Self::LIMIT`.
fn is_constant_name(sites: &Sites<'_, '_>, node: NodeId) -> bool {
    let is_path = matches!(sites.kind(node), Kind::IDENTIFIER | Kind::SCOPED_IDENTIFIER);
    let name = super::items::last_name(sites.file(), node);
    is_path
        && name.len() > 1
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && !name.contains(|c: char| c.is_ascii_lowercase())
}

/// A type by its name: its operators may do anything.
fn is_known_record(ty: &Ty) -> bool {
    matches!(ty.peeled(), Ty::Named(..))
}

/// Floats, texts and numbers that wrap or saturate by their type.
fn is_harmless(ty: &Ty) -> bool {
    match ty.peeled() {
        Ty::Float(bits) => !matches!(bits, 16 | 128),
        Ty::Str | Ty::Pointer(..) | Ty::Bool | Ty::Char => true,
        Ty::Named(name, _) => matches!(
            &**name,
            "String" | "Wrapping" | "Saturating" | "HashSet" | "BTreeSet"
        ),
        _ => false,
    }
}

fn is_never_zero(ty: &Ty) -> bool {
    ty.name().is_some_and(|name| name.starts_with("NonZero"))
}

fn negation(sites: &Sites<'_, '_>, node: NodeId, out: &mut Vec<Defect>) {
    let tree = &sites.file().tree;
    let Some(inner) = tree.children(node).last() else {
        return;
    };
    let ty = sites.types.of(inner);
    if is_harmless(&ty) || sites.is_compile_time(node) {
        return;
    }
    let values = sites.types.range(inner);
    let is_safe = match (values, ty.peeled()) {
        (Some(values), _) if values.value().is_some() => true,
        (Some(values), Ty::Int(int)) => values.low > Span128::of(*int).low,
        (Some(_), _) => true,
        (None, ty) => !matches!(ty, Ty::Named(..)),
    };
    if !is_safe {
        let names = [("$OP", "-"), ("$LEFT", ""), ("$RIGHT", sites.text(inner))];
        sites.report("rust-arithmetic-may-overflow", node, &names, out);
    }
}

/// `n.wrapping_div(d)`: wraps, but still panics at zero.
fn division(sites: &Sites<'_, '_>, node: NodeId, out: &mut Vec<Defect>) {
    let Some((receiver, name)) = super::panics::method_of(sites, node) else {
        return;
    };
    if !DIVIDING.contains(&name) || sites.is_compile_time(node) {
        return;
    }
    let tree = &sites.file().tree;
    let argument = sites
        .child(node, Field::ARGUMENTS)
        .and_then(|list| tree.children(list).next());
    let Some(argument) = argument else {
        return;
    };
    let (of, by) = (sites.types.of(receiver), sites.types.of(argument));
    if is_harmless(&of) || is_never_zero(&by) || name == "is_multiple_of" {
        return;
    }
    if sites
        .types
        .range(argument)
        .is_none_or(|values| values.contains(0))
    {
        let names = [
            ("$OP", name),
            ("$LEFT", sites.text(receiver)),
            ("$RIGHT", sites.text(argument)),
        ];
        sites.report("rust-arithmetic-may-overflow", node, &names, out);
    }
}

/// `a % b` of numbers that may have different signs.
fn remainder(
    sites: &Sites<'_, '_>,
    node: NodeId,
    (left, one): (NodeId, &Ty),
    (right, other): (NodeId, &Ty),
    out: &mut Vec<Defect>,
) {
    let is_signed = |ty: &Ty| match ty.peeled() {
        Ty::Int(int) => int.is_signed,
        Ty::Float(_) => true,
        _ => false,
    };
    let both_literal = matches!((one, other), (Ty::Integer, Ty::Integer));
    let is_one_signed = is_signed(one) || is_signed(other) || both_literal;
    if !is_one_signed || is_compared_with_zero(sites, node) {
        return;
    }
    // Constants of one sign give what a person expects.
    let sign = |part: NodeId, ty: &Ty| match ty.peeled() {
        Ty::Float(_) => float_sign(sites, part),
        // `(index as i32) % width`: an index of memory is far from the sign.
        _ if is_cast_of_unsigned(sites, part) => Some(false),
        _ => match sites.types.range(part) {
            Some(values) if values.value().is_some() || !both_literal => {
                match (values.low >= 0, values.high < 0) {
                    (true, _) => Some(false),
                    (_, true) => Some(true),
                    _ => None,
                }
            }
            _ => None,
        },
    };
    let signs = (sign(left, one), sign(right, other));
    if let (Some(a), Some(b)) = signs
        && a == b
    {
        return;
    }
    let names = [("$LEFT", sites.text(left)), ("$RIGHT", sites.text(right))];
    sites.report("rust-signed-remainder", node, &names, out);
}

fn is_cast_of_unsigned(sites: &Sites<'_, '_>, node: NodeId) -> bool {
    let tree = &sites.file().tree;
    match sites.kind(node) {
        Kind::PARENTHESIZED_EXPRESSION => tree
            .children(node)
            .next()
            .is_some_and(|inner| is_cast_of_unsigned(sites, inner)),
        Kind::TYPE_CAST_EXPRESSION => sites
            .child(node, Field::VALUE)
            .is_some_and(|value| matches!(sites.types.of(value).int(), Some(int) if int.is_size && !int.is_signed)),
        _ => false,
    }
}

/// Whether a floating-point literal, or a sum of some, is negative.
fn float_sign(sites: &Sites<'_, '_>, node: NodeId) -> Option<bool> {
    float(sites, node, 8).map(|value| value < 0.0)
}

fn float(sites: &Sites<'_, '_>, node: NodeId, depth: u32) -> Option<f64> {
    let depth = depth.checked_sub(1)?;
    let tree = &sites.file().tree;
    match sites.kind(node) {
        Kind::FLOAT_LITERAL | Kind::INTEGER_LITERAL => {
            let text: String = sites.text(node).chars().filter(|c| *c != '_').collect();
            let digits = text.split('f').next()?;
            digits.parse().ok()
        }
        Kind::PARENTHESIZED_EXPRESSION => float(sites, tree.children(node).next()?, depth),
        Kind::REFERENCE_EXPRESSION => float(sites, sites.child(node, Field::VALUE)?, depth),
        Kind::TYPE_CAST_EXPRESSION => float(sites, sites.child(node, Field::VALUE)?, depth),
        Kind::IDENTIFIER | Kind::SCOPED_IDENTIFIER => {
            let name = super::items::last_name(sites.file(), node);
            let only = sites.types.items.constant(sites.file(), name, node)?;
            float(sites, sites.child(only, Field::VALUE)?, depth)
        }
        Kind::NEGATIVE_LITERAL | Kind::UNARY_EXPRESSION if sites.text(node).starts_with('-') => {
            float(sites, tree.children(node).last()?, depth).map(|value| -value)
        }
        Kind::BINARY_EXPRESSION => {
            let left = float(sites, sites.child(node, Field::LEFT)?, depth)?;
            let right = float(sites, sites.child(node, Field::RIGHT)?, depth)?;
            match sites.text(sites.child(node, Field::OPERATOR)?) {
                "+" => Some(left + right),
                "-" => Some(left - right),
                "*" => Some(left * right),
                _ => None,
            }
        }
        _ => None,
    }
}

/// `a % b == 0` asks whether `b` divides `a`, whatever the signs.
fn is_compared_with_zero(sites: &Sites<'_, '_>, node: NodeId) -> bool {
    let tree = &sites.file().tree;
    let mut at = node;
    while let Some(above) = tree.parent(at) {
        match tree.kind(above) {
            Kind::PARENTHESIZED_EXPRESSION => at = above,
            Kind::BINARY_EXPRESSION => {
                let sign = sites
                    .child(above, Field::OPERATOR)
                    .map(|sign| sites.text(sign));
                let is_zero = |side: NodeId| {
                    matches!(sites.text(side), "0" | "0.0")
                        || sites.types.range(side).and_then(Span128::value) == Some(0)
                        || float(sites, side, 4) == Some(0.0)
                };
                let other = [Field::LEFT, Field::RIGHT]
                    .into_iter()
                    .filter_map(|side| sites.child(above, side))
                    .find(|&side| side != at);
                return matches!(sign, Some("==" | "!=")) && other.is_some_and(is_zero);
            }
            _ => return false,
        }
    }
    false
}

/// `a == b` of floating-point numbers.
fn equality(
    sites: &Sites<'_, '_>,
    node: NodeId,
    left: NodeId,
    right: NodeId,
    out: &mut Vec<Defect>,
) {
    let is_float = |ty: &Ty| match ty.peeled() {
        Ty::Float(_) => true,
        Ty::Array(of, _) | Ty::Slice(of) => of.is_float(),
        _ => false,
    };
    let (one, other) = (sites.types.of(left), sites.types.of(right));
    let has_float = is_float(&one) && (is_float(&other) || !other.is_known())
        || is_float(&other) && !one.is_known();
    // Zero, infinity and a sign are exact.
    let is_exact = |side: NodeId| {
        let text = sites.text(side);
        float(sites, side, 8).is_some_and(|value| value == 0.0)
            || ["INFINITY", "signum()", "signum())"]
                .iter()
                .any(|end| text.ends_with(end))
    };
    let name = sites
        .function(node)
        .and_then(|function| sites.child(function, Field::NAME))
        .map(|name| sites.text(name));
    let is_comparison = name.is_some_and(|name| {
        matches!(name, "eq" | "ne") || name.starts_with("eq_") || name.ends_with("_eq")
    });
    if has_float
        && !is_exact(left)
        && !is_exact(right)
        && !is_comparison
        && !sites.is_compile_time(node)
    {
        sites.report("rust-float-equality", node, &[], out);
    }
}
