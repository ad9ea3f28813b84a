//! Arithmetic that panics in debug builds and wraps in release ones.

use super::super::defect::Defect;
use super::super::ir::{
    Base, BinaryOp, Callee, Operand, Projection, Rvalue, StatementKind, TypeId, UnaryOp,
};
use super::Report;
use super::body::{At, Body, Definition};
use super::facts::overlaps;
use crate::finding::Span;

/// `rust-unchecked-length-arithmetic`, `rust-unchecked-length-arithmetic`, `rust-wrapping-arithmetic`,
/// `rust-wrapping-arithmetic`, `rust-quotient-underflow`, `rust-wrapping-arithmetic`,
/// `rust-wrapping-arithmetic`, `rust-predictable-id`.
pub(super) fn check(body: &Body<'_>, out: &mut Vec<Defect>) {
    for (at, statement) in body.statements() {
        let StatementKind::Assign { target, value } = &statement.kind else {
            continue;
        };
        let span = statement.span;
        match value {
            Rvalue::Binary(BinaryOp::Sub, left, right) => {
                subtraction(body, at, (left, right), target.ty, span, out);
            }
            Rvalue::Binary(BinaryOp::Rem, left, right) => ring(body, left, right, span, out),
            Rvalue::Binary(BinaryOp::Mul, left, right) => {
                narrow(body, at, target, (left, right), span, out);
                generator(body, (left, right), target.ty, span, out);
            }
            Rvalue::Binary(BinaryOp::Add, left, right) => {
                predictable(body, left, right, span, out);
            }
            Rvalue::Unary(UnaryOp::Negate, value) => {
                negation(body, at, value, target.ty, span, out);
            }
            _ => {}
        }
    }
}

fn is_unsigned(body: &Body<'_>, ty: TypeId) -> bool {
    matches!(body.unit.types.int(ty), Some((bits, false)) if bits > 1)
}

fn subtraction(
    body: &Body<'_>,
    at: At,
    (left, right): (&Operand, &Operand),
    ty: TypeId,
    span: Span,
    out: &mut Vec<Defect>,
) {
    if signed_counters(body, left, right, ty) {
        Report::new(body, "rust-wrapping-arithmetic", span)
            .operand("$A", left)
            .operand("$B", right)
            .step(span, "the signed difference of wrapping counters overflows")
            .push(out);
        return;
    }
    if wide_shift(body, at, left, right) {
        Report::new(body, "rust-wrapping-arithmetic", span)
            .operand("$VALUE", left)
            .step(span, "the shift overflows when the width is the whole word")
            .push(out);
        return;
    }
    if !is_unsigned(body, ty) {
        return;
    }
    if let (Some(number), Some(Definition::Value(Rvalue::Binary(BinaryOp::Div, a, b)))) =
        (body.number(right), body.origin(left))
        && number == 1
        && body.number(a).is_none()
        && !body.is_fixed(b)
        && !is_ordered(body, at, left, right)
    {
        Report::new(body, "rust-quotient-underflow", span)
            .operand("$VALUE", left)
            .step(span, "the quotient may be 0")
            .push(out);
        return;
    }
    if body.is_constant(left) || is_ordered(body, at, left, right) {
        return;
    }
    // `ptr + k - 1` with `k` from `1..n`.
    let least = body.number(right).zip(body.minimum(left));
    if least.is_some_and(|(less, least)| least >= less) {
        return;
    }
    let Some(source) = body.message_source(left) else {
        return;
    };
    if is_ordered_by_check(body, left, right) || callers_order(body, left) {
        return;
    }
    Report::new(body, "rust-unchecked-length-arithmetic", span)
        .operand("$A", left)
        .operand("$B", right)
        .from(Some(source))
        .step(span, "reduced; nothing says that it is large enough")
        .push(out);
}

/// `(1 << bits()) - 1` where a function or parameter gives the number of bits.
fn wide_shift(body: &Body<'_>, at: At, left: &Operand, right: &Operand) -> bool {
    let Some(Definition::Value(Rvalue::Binary(BinaryOp::Shl, one, bits))) =
        body.definition_of(left)
    else {
        return false;
    };
    if body.number(right) != Some(1) || body.number(one) != Some(1) || body.is_constant(bits) {
        return false;
    }
    let from_call = match body.origin(bits) {
        Some(Definition::Call(callee, arguments)) => {
            arguments.is_empty() && matches!(body.callee_name(callee), "bits" | "width" | "size")
        }
        _ => false,
    };
    from_call && !body.is_mentioned(bits, at.block)
}

/// Whether a test on the way here tells that `left` is not below `right`.
fn is_ordered(body: &Body<'_>, at: At, left: &Operand, right: &Operand) -> bool {
    let (large, small) = (body.parts(left), body.parts(right));
    // `a - (a & 3)`, `a - a / 2`.
    if overlaps(&large, &small) {
        return true;
    }
    let number = body.number(right);
    body.facts(at.block).iter().any(|fact| match fact.op {
        BinaryOp::Lt | BinaryOp::Le => {
            overlaps(&fact.right, &large)
                && (number.is_some() || overlaps(&fact.left, &small) || fact.left_number.is_none())
        }
        BinaryOp::Eq => overlaps(&fact.left, &large) || overlaps(&fact.right, &large),
        BinaryOp::Ne => {
            number == Some(1)
                && ((overlaps(&fact.left, &large) && fact.right_number == Some(0))
                    || (overlaps(&fact.right, &large) && fact.left_number == Some(0)))
        }
        _ => false,
    }) || is_raised(body, left)
}

/// `bytes[0] - 2` in a private function whose callers all look at `bytes[0]` first.
fn callers_order(body: &Body<'_>, left: &Operand) -> bool {
    let Operand::Copy(place) = left else {
        return false;
    };
    let mut place = place;
    for _ in 0..4 {
        let Base::Local(local) = place.base else {
            return false;
        };
        if body.is_parameter(local) {
            let steps = place.path.clone();
            if !steps.iter().all(|step| match step {
                Projection::Index(index) => body.number(index).is_some(),
                _ => true,
            }) {
                return false;
            }
            return body.callers_rule_out(local, &|caller, at, argument, _| {
                let Operand::Copy(passed) = argument else {
                    return false;
                };
                let mut element = passed.clone();
                element.path.extend(steps.iter().cloned());
                element.ty = place.ty;
                caller.is_bounded_below(&Operand::Copy(element), at.block)
            });
        }
        match body.definition(local) {
            Some(Definition::Value(
                Rvalue::Use(Operand::Copy(inner))
                | Rvalue::Cast {
                    value: Operand::Copy(inner),
                    ..
                },
            )) => place = inner,
            _ => return false,
        }
    }
    false
}

/// `packet.total_len() - packet.header_len()`: the file's length check compares the two.
fn is_ordered_by_check(body: &Body<'_>, left: &Operand, right: &Operand) -> bool {
    let (Some(large), Some(small)) = (accessor(body, left), accessor(body, right)) else {
        return false;
    };
    body.unit
        .functions
        .iter()
        .filter(|function| matches!(body.name(function.name), "check_len" | "new_checked"))
        .any(|function| {
            let other = Body::new(body.file, body.unit, function, body.known);
            other
                .statements()
                .any(|(_, statement)| match &statement.kind {
                    StatementKind::Assign {
                        value: Rvalue::Binary(op, a, b),
                        ..
                    } if op.is_comparison() => {
                        let names = [accessor(&other, a), accessor(&other, b)];
                        names.contains(&Some(large)) && names.contains(&Some(small))
                    }
                    _ => false,
                })
        })
}

/// The method without arguments that a value comes from.
fn accessor(body: &Body<'_>, operand: &Operand) -> Option<super::super::ir::Symbol> {
    match body.origin(operand) {
        Some(Definition::Call(Callee::Method(name), [_])) => Some(*name),
        _ => None,
    }
}

/// `x.max(k)`, `x + k`, `x | k`: something keeps it up.
fn is_raised(body: &Body<'_>, operand: &Operand) -> bool {
    match body.origin(operand) {
        Some(Definition::Call(callee, _)) => matches!(
            body.callee_name(callee),
            "max" | "clamp" | "next_multiple_of" | "next_power_of_two" | "len"
        ),
        Some(Definition::Value(Rvalue::Binary(op, left, right))) => {
            matches!(op, BinaryOp::Add | BinaryOp::Or)
                && (body.number(left).is_some() || body.number(right).is_some())
        }
        _ => false,
    }
}

/// `(a as i8) - (b as i8)` of unsigned values as wide.
fn signed_counters(body: &Body<'_>, left: &Operand, right: &Operand, ty: TypeId) -> bool {
    let Some((bits, true)) = body.unit.types.int(ty) else {
        return false;
    };
    // Wider ones are counts more often than sequence numbers.
    if bits > 16 {
        return false;
    }
    let from_unsigned = |operand: &Operand| match body.definition_of(operand) {
        Some(Definition::Value(Rvalue::Cast {
            value, is_explicit, ..
        })) => {
            let inner = body.unit.types.int(body.type_of(value));
            *is_explicit
                && body.number(value).is_none()
                && match inner {
                    Some((from, is_signed)) => !is_signed && from >= bits,
                    // A number whose type the file does not tell: a loaded atomic.
                    None => bits <= 16,
                }
        }
        _ => false,
    };
    from_unsigned(left) && from_unsigned(right)
}

/// `(write - read) % count` of unsigned indices.
fn ring(body: &Body<'_>, left: &Operand, right: &Operand, span: Span, out: &mut Vec<Defect>) {
    let Some(Definition::Value(Rvalue::Binary(BinaryOp::Sub, a, b))) = body.definition_of(left)
    else {
        return;
    };
    let is_signed =
        |operand: &Operand| matches!(body.unit.types.int(body.type_of(operand)), Some((_, true)));
    let is_variable =
        |operand: &Operand| matches!(operand, Operand::Copy(_)) && body.number(operand).is_none();
    // Two indices of one ring.
    let is_pair = match (a, b) {
        (Operand::Copy(a), Operand::Copy(b)) => {
            a.base == b.base
                && matches!(a.path.last(), Some(Projection::Field(_)))
                && matches!(b.path.last(), Some(Projection::Field(_)))
        }
        _ => false,
    };
    if !is_pair {
        return;
    }
    // `a + n - b` keeps the difference above zero.
    let is_sum = matches!(
        body.origin(a),
        Some(Definition::Value(Rvalue::Binary(BinaryOp::Add, ..)))
    );
    if is_sum || !is_variable(a) || !is_variable(b) || [a, b, right].iter().any(|o| is_signed(o)) {
        return;
    }
    if !is_unsigned(body, body.type_of(a)) && !is_unsigned(body, body.type_of(right)) {
        return;
    }
    Report::new(body, "rust-wrapping-arithmetic", span)
        .operand("$A", a)
        .operand("$B", b)
        .step(span, "below zero as soon as the first index has wrapped")
        .push(out);
}

/// `(length * 8) as usize` where the product is of bytes.
fn narrow(
    body: &Body<'_>,
    at: At,
    target: &super::super::ir::Place,
    (left, right): (&Operand, &Operand),
    span: Span,
    out: &mut Vec<Defect>,
) {
    let Some((bits @ (8 | 16), false)) = body.unit.types.int(target.ty) else {
        return;
    };
    let (factor, number) = match (body.number(left), body.number(right)) {
        (None, Some(number)) => (left, number),
        (Some(number), None) => (right, number),
        _ => return,
    };
    let most = body.maximum(factor).unwrap_or(i128::MAX);
    let limit = (1_i128 << bits) - 1;
    if number < 2 || most.saturating_mul(number) <= limit {
        return;
    }
    if body.is_bounded_above(factor, at.block) || !is_widened(body, target.base) {
        return;
    }
    let is_outside = body.message_source(factor).is_some()
        || matches!(factor, Operand::Copy(place) if place.path.is_empty()
            && matches!(place.base, Base::Local(local) if body.is_parameter(local)));
    if !is_outside {
        return;
    }
    Report::new(body, "rust-unchecked-length-arithmetic", span)
        .operand("$VALUE", factor)
        .text("$BITS", bits.to_string())
        .from(body.message_source(factor))
        .step(
            span,
            format!("computed in {bits} bits and made wider only afterwards"),
        )
        .push(out);
}

/// Whether the value, perhaps after adding to it, is cast to a wider type.
fn is_widened(body: &Body<'_>, base: Base) -> bool {
    let mut bases = vec![base];
    for _ in 0..3 {
        let mut next = Vec::new();
        for (_, statement) in body.statements() {
            let StatementKind::Assign { target, value } = &statement.kind else {
                continue;
            };
            let uses = |operand: &Operand| matches!(operand, Operand::Copy(place) if place.path.is_empty() && bases.contains(&place.base));
            match value {
                Rvalue::Cast { value, to, .. } if uses(value) => {
                    let wide = body.unit.types.int(*to).map_or(0, |int| int.0);
                    let narrow = body
                        .unit
                        .types
                        .int(body.type_of(value))
                        .map_or(128, |int| int.0);
                    if wide > narrow {
                        return true;
                    }
                }
                Rvalue::Use(value) if uses(value) => next.push(target.base),
                Rvalue::Binary(BinaryOp::Add | BinaryOp::Sub, left, right)
                    if uses(left) || uses(right) =>
                {
                    next.push(target.base);
                }
                _ => {}
            }
        }
        bases = next;
    }
    false
}

/// `state * 0xbb2efcec3c39611d`: a generator that means to wrap.
fn generator(
    body: &Body<'_>,
    (left, right): (&Operand, &Operand),
    ty: TypeId,
    span: Span,
    out: &mut Vec<Defect>,
) {
    let Some((bits @ (32 | 64), false)) = body.unit.types.int(ty) else {
        return;
    };
    let (state, number) = match (body.number(left), body.number(right)) {
        (None, Some(number)) => (left, number),
        (Some(number), None) => (right, number),
        _ => return,
    };
    // Larger than the square root by far, and odd: no unit conversion is.
    let is_multiplier = number % 2 == 1 && number >= 1_i128 << (bits / 2 + 4);
    let is_field = matches!(state, Operand::Copy(place)
        if place.path.iter().any(|step| matches!(step, Projection::Field(_))))
        || is_unsigned(body, body.type_of(state));
    if !is_multiplier || !is_field {
        return;
    }
    Report::new(body, "rust-wrapping-arithmetic", span)
        .operand("$VALUE", state)
        .step(
            span,
            "the product is larger than its type for nearly every value",
        )
        .push(out);
}

/// `-x` of a signed number from a message: the smallest one has no negative.
fn negation(
    body: &Body<'_>,
    at: At,
    value: &Operand,
    ty: TypeId,
    span: Span,
    out: &mut Vec<Defect>,
) {
    let is_signed = matches!(body.unit.types.int(ty), Some((_, true)));
    let Some(source) = body.message_source(value) else {
        return;
    };
    // What is negated is signed; a field of unknown type may be a float, a newtype's number is not.
    let is_newtype = ty == TypeId::UNKNOWN
        && matches!(value, Operand::Copy(place)
            if matches!(place.path.last(), Some(Projection::Field(name)) if body.name(*name) == "0"));
    if !is_signed && !is_newtype {
        return;
    }
    if body.is_mentioned(value, at.block) {
        return;
    }
    // A narrower number made wider always has a negative.
    if let Some(Definition::Value(Rvalue::Cast { value, to, .. })) = body.definition_of(value)
        && body.is_widening(value, *to)
        && body.unit.types.int(body.type_of(value)).map(|int| int.0)
            < body.unit.types.int(*to).map(|int| int.0)
    {
        return;
    }
    Report::new(body, "rust-unchecked-length-arithmetic", span)
        .text("$A", "0")
        .operand("$B", value)
        .from(Some(source))
        .step(span, "negated; the smallest number has no negative")
        .push(out);
}

/// `transaction_id + 1`.
fn predictable(
    body: &Body<'_>,
    left: &Operand,
    right: &Operand,
    span: Span,
    out: &mut Vec<Defect>,
) {
    let Operand::Copy(place) = left else { return };
    let Some(Projection::Field(name)) = place.path.last() else {
        return;
    };
    let is_id = matches!(
        body.name(*name),
        "transaction_id" | "xid" | "txid" | "tx_id" | "query_id" | "next_transaction_id"
    );
    if !is_id || body.number(right).is_none() {
        return;
    }
    Report::new(body, "rust-predictable-id", span)
        .operand("$VALUE", left)
        .step(span, "the next one can be guessed")
        .push(out);
}
