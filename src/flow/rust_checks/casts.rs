//! Lengths that are cut off, counters that are too narrow.

use super::super::defect::Defect;
use super::super::ir::{
    Base, BinaryOp, Callee, LocalKind, Operand, Place, Rvalue, StatementKind, Terminator, Type,
    TypeId,
};
use super::Report;
use super::body::{At, Body, Definition};
use super::sources::is_length_name;
use crate::finding::Span;

/// `rust-narrow-length`, `rust-length-cut`.
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
            length_cut(body, at, (value, target.base, *to), statement.span, out);
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

/// `data.len() as u8` of a slice that the caller chose, which nothing limits.
fn length_cut(
    body: &Body<'_>,
    at: At,
    (value, target, to): (&Operand, Base, TypeId),
    span: Span,
    out: &mut Vec<Defect>,
) {
    let Some((_, limit)) = body.unit.types.int_range(to) else {
        return;
    };
    let Some((of, less)) = length_of_parameter(body, value) else {
        return;
    };
    let slice = Operand::Copy(of.clone());
    let own = body.place_key(of);
    let is_tested = body.is_bounded_above(value, at.block)
        || super::lengths::is_length_tested(body, &slice, at)
        || body.is_clamped(value);
    if is_tested
        || fits_array(body, of, limit.saturating_add(less))
        || asserts(body, at, own)
        || wraps_exactly(body, target, to)
        || is_refused(body, target, own)
    {
        return;
    }
    if let Some(parameter) = body.plain_parameter(&slice)
        && body.callers_rule_out(parameter, &|caller, at, argument, _| {
            caller
                .most_elements(argument)
                .is_some_and(|most| most <= limit.saturating_add(less))
                || super::lengths::is_length_tested(caller, argument, at)
        })
    {
        return;
    }
    Report::new(body, "rust-length-cut", span)
        .operand("$VALUE", value)
        .step(span, "cut to its low bits; nothing limits the length")
        .push(out);
}

/// The slice or text parameter whose length a number is, and what was taken off it.
fn length_of_parameter<'b>(body: &Body<'b>, value: &'b Operand) -> Option<(&'b Place, i128)> {
    let (of, less) = match body.origin(value)? {
        Definition::Value(Rvalue::Len(of)) => (of, 0),
        Definition::Value(Rvalue::Binary(op @ (BinaryOp::Add | BinaryOp::Sub), left, right)) => {
            let length = |operand: &Operand| match body.origin(operand) {
                Some(Definition::Value(Rvalue::Len(of))) => Some(of),
                _ => None,
            };
            match (length(left), length(right)) {
                (Some(of), None) => {
                    let more = body.number(right).unwrap_or(0);
                    let less = match op {
                        BinaryOp::Sub => more,
                        _ => -more,
                    };
                    (of, less)
                }
                (None, Some(of)) if *op == BinaryOp::Add => (of, -body.number(left).unwrap_or(0)),
                _ => return None,
            }
        }
        _ => return None,
    };
    let parameter = body.plain_parameter(&Operand::Copy(of.clone()))?;
    let declared = body.function.local(parameter)?;
    let is_array = matches!(
        body.unit.types.get(body.behind_pointers(declared.ty)),
        Type::Array { .. }
    );
    (!is_array && body.name(declared.name) != "self").then_some((of, less))
}

/// Whether the function cuts an array of at most that size to the same length: more would panic.
fn fits_array(body: &Body<'_>, of: &Place, limit: i128) -> bool {
    let own = body.place_key(of);
    body.statements().any(|(_, statement)| {
        let StatementKind::Call {
            callee, arguments, ..
        } = &statement.kind
        else {
            return false;
        };
        let [base, _, end] = arguments.as_slice() else {
            return false;
        };
        body.callee_name(callee) == "index_range"
            && matches!(body.origin(end), Some(Definition::Value(Rvalue::Len(of))) if body.place_key(of) == own)
            && body.most_elements(base).is_some_and(|most| most <= limit)
    })
}

/// `assert_consecutive(pins)` before.
fn asserts(body: &Body<'_>, at: At, own: u64) -> bool {
    body.statements().any(|(other, statement)| {
        let is_before = match other.block == at.block {
            true => other.index < at.index,
            false => body.graph().dominates(other.block, at.block),
        };
        matches!(&statement.kind, StatementKind::Call { callee, arguments, .. }
            if is_before
                && body.callee_name(callee).starts_with("assert")
                && arguments.iter().any(|one| body.key(one) == own))
    })
}

/// Whether the cut value is only added to, or taken off, a number that wraps at the same width.
fn wraps_exactly(body: &Body<'_>, target: Base, to: TypeId) -> bool {
    let is_cut = |operand: &Operand| matches!(operand, Operand::Copy(place) if place.path.is_empty() && place.base == target);
    let mut uses = 0;
    let mut exact = 0;
    for (_, statement) in body.statements() {
        match &statement.kind {
            StatementKind::Call {
                callee, arguments, ..
            } => {
                let Some(index) = arguments.iter().position(is_cut) else {
                    continue;
                };
                uses += 1;
                let is_wrapping =
                    matches!(body.callee_name(callee), "wrapping_add" | "wrapping_sub");
                let of = arguments
                    .first()
                    .map_or(TypeId::UNKNOWN, |one| body.type_of(one));
                exact +=
                    usize::from(is_wrapping && index == 1 && (of == to || of == TypeId::UNKNOWN));
            }
            StatementKind::Assign { value, .. } => {
                let used = match value {
                    Rvalue::Use(value) | Rvalue::Unary(_, value) | Rvalue::Cast { value, .. } => {
                        is_cut(value)
                    }
                    Rvalue::Binary(_, left, right) => is_cut(left) || is_cut(right),
                    Rvalue::Aggregate(parts) => parts.iter().any(|(_, part)| is_cut(part)),
                    _ => false,
                };
                uses += usize::from(used);
            }
            _ => {}
        }
    }
    uses > 0 && uses == exact
}

/// `Self::new(Header::new(id, data.len() as u8), data)` in a function that can fail: the constructor gets
/// the whole slice as well, and says no to one that is too long.
fn is_refused(body: &Body<'_>, target: Base, own: u64) -> bool {
    if !body.can_fail() {
        return false;
    }
    let mut held = vec![target];
    for (_, statement) in body.statements() {
        let holds = |operand: &Operand| matches!(operand, Operand::Copy(place) if held.contains(&place.base));
        match &statement.kind {
            StatementKind::Call {
                callee,
                arguments,
                target,
                ..
            } if arguments.iter().any(holds) => {
                let is_constructor = matches!(
                    body.callee_name(callee),
                    "new" | "try_new" | "try_from" | "new_checked" | "from_slice" | "create"
                );
                if is_constructor && arguments.iter().any(|one| body.key(one) == own) {
                    return true;
                }
                held.extend(target.as_ref().map(|target| target.base));
            }
            StatementKind::Assign {
                target,
                value: Rvalue::Use(value),
            } if holds(value) => held.push(target.base),
            _ => {}
        }
    }
    false
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
