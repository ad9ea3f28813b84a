//! Lengths that are cut off, counters that are too narrow.

use super::super::defect::Defect;
use super::super::ir::{
    Base, BinaryOp, Callee, LocalKind, Operand, Rvalue, StatementKind, Terminator,
};
use super::Report;
use super::body::{At, Body, Definition};
use super::sources::is_length_name;
use crate::finding::Span;

/// `rust-narrow-length`, `rust-narrow-length`.
pub(super) fn check(body: &Body<'_>, out: &mut Vec<Defect>) {
    for (at, statement) in body.statements() {
        if let StatementKind::Assign {
            target,
            value:
                Rvalue::Cast {
                    value,
                    to,
                    is_explicit: true,
                },
        } = &statement.kind
        {
            let bits = match body.unit.types.int(*to) {
                Some((bits @ (8 | 16), _)) => bits,
                _ => continue,
            };
            truncation(body, at, (value, target.base, bits), statement.span, out);
        }
    }
    counters(body, out);
}

fn truncation(
    body: &Body<'_>,
    at: At,
    (value, target, bits): (&Operand, Base, u8),
    span: Span,
    out: &mut Vec<Defect>,
) {
    let limit = (1_i128 << bits) - 1;
    if body.maximum(value).is_some_and(|most| most <= limit)
        || body.is_clamped(value)
        || body.is_constant(value)
    {
        return;
    }
    let is_product = matches!(
        body.origin(value),
        Some(Definition::Value(Rvalue::Binary(BinaryOp::Mul, left, right)))
            if body.number(left).is_none() && body.number(right).is_none()
                && (is_length(body, left) || is_length(body, right))
    );
    // A product needs a limit of its own: one of a factor says nothing of it.
    let is_limited = match (is_product, value) {
        (true, Operand::Copy(place)) => {
            let own = [body.place_key(place)];
            body.facts(at.block).iter().any(|fact| {
                super::facts::overlaps(&fact.left, &own)
                    || super::facts::overlaps(&fact.right, &own)
            })
        }
        _ => body.is_bounded_above(value, at.block),
    };
    if is_limited {
        return;
    }
    let is_reduced = is_length(body, value) && is_reduced_later(body, target);
    if !is_product && !is_reduced {
        return;
    }
    let why = match is_product {
        true => "the product is cut to its low bits",
        false => "cut to its low bits, and reduced only afterwards",
    };
    Report::new(body, "rust-narrow-length", span)
        .operand("$VALUE", value)
        .text("$BITS", bits.to_string())
        .step(span, why)
        .push(out);
}

/// A length by what it is or by its name.
fn is_length(body: &Body<'_>, operand: &Operand) -> bool {
    let by_name = |text: &str| is_length_name(text);
    match body.origin(operand) {
        Some(Definition::Value(Rvalue::Len(_))) => return true,
        Some(Definition::Call(callee @ Callee::Method(_), [_])) => {
            return by_name(body.callee_name(callee));
        }
        _ => {}
    }
    match operand {
        Operand::Copy(place) => match place.base {
            Base::Local(local) if place.path.is_empty() => body
                .function
                .local(local)
                .is_some_and(|local| by_name(body.name(local.name))),
            _ => false,
        },
        _ => false,
    }
}

/// `x -= 2` on the variable the cast was given to.
fn is_reduced_later(body: &Body<'_>, temporary: Base) -> bool {
    let mut names = vec![temporary];
    for (_, statement) in body.statements() {
        if let StatementKind::Assign {
            target,
            value: Rvalue::Use(Operand::Copy(from)),
        } = &statement.kind
            && from.path.is_empty()
            && target.path.is_empty()
            && names.contains(&from.base)
        {
            names.push(target.base);
        }
    }
    body.statements().any(|(at, statement)| {
        let StatementKind::Assign {
            value: Rvalue::Binary(BinaryOp::Sub, Operand::Copy(left), right),
            ..
        } = &statement.kind
        else {
            return false;
        };
        // `len as u8 - 1` written as one is how registers count; a variable is a length.
        let is_variable = matches!(left.base, Base::Local(local)
            if body.function.local(local).is_some_and(|l| l.kind == LocalKind::Variable));
        left.path.is_empty()
            && is_variable
            && names.contains(&left.base)
            && body.number(right).is_some()
            && !body.is_mentioned(&Operand::Copy(left.clone()), at.block)
    })
}

/// `while (i as usize) < data.len()` with `i: u8` that the loop advances.
fn counters(body: &Body<'_>, out: &mut Vec<Defect>) {
    for block in &body.function.blocks {
        let Terminator::Branch { condition, .. } = &block.terminator else {
            continue;
        };
        let Some(Definition::Value(Rvalue::Binary(op, left, right))) =
            body.definition_of(condition)
        else {
            continue;
        };
        let (small, large) = match op {
            BinaryOp::Lt | BinaryOp::Le => (left, right),
            BinaryOp::Gt | BinaryOp::Ge => (right, left),
            _ => continue,
        };
        let Some(Definition::Value(Rvalue::Cast { value, to, .. })) = body.definition_of(small)
        else {
            continue;
        };
        let (Some((narrow, false)), Some((wide, _))) = (
            body.unit.types.int(body.type_of(value)),
            body.unit.types.int(*to),
        ) else {
            continue;
        };
        let limit = (1_i128 << narrow.min(100)) - 1;
        if narrow >= wide
            || narrow > 16
            || body.is_constant(large)
            || body.maximum(large).is_some_and(|most| most <= limit)
        {
            continue;
        }
        let Operand::Copy(counter) = value else {
            continue;
        };
        if !counter.path.is_empty() || !is_advanced(body, counter.base) {
            continue;
        }
        Report::new(body, "rust-narrow-length", block.span)
            .operand("$VALUE", value)
            .operand("$VALUE", large)
            .text("$BITS", narrow.to_string())
            .step(
                block.span,
                "the counter wraps or panics before it gets there",
            )
            .push(out);
    }
}

fn is_advanced(body: &Body<'_>, counter: Base) -> bool {
    body.statements().any(|(_, statement)| {
        matches!(&statement.kind, StatementKind::Assign {
            value: Rvalue::Binary(BinaryOp::Add, Operand::Copy(left), _),
            ..
        } if left.path.is_empty() && left.base == counter)
    })
}
